//! Stamping part by part, for whoever keeps what is known of a tree's parts: Git's trees and blobs
//! have names of their own, so what was found out about one is true wherever it stands again.
//!
//! ```text
//! Outline   what the paths of a folder say       Reading   which files are read, and as what
//! Said      what one file says                   Gist      what the files of a folder say together
//! Stamper   what becomes of each file and path, decided from the whole tree's outline and gist
//! words     the short way to write a file where names are single words
//! ```
//!
//! The decisions are those of [`plan`](crate::plan()), made in another order. Reasons are not told here:
//! where a tree does not fit ([`Unfit`]), planning it as a whole says why.

mod codec;
mod outline;
mod reading;
mod stamper;
mod words;

pub(crate) use reading::Definition;

pub use crate::write::Source;
pub use outline::Outline;
pub use reading::{Class, Gist, Parsed, Reading, Said};
pub use stamper::{NewName, Stamper, Written};

/// Why a tree cannot be stamped part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// [`plan`](crate::plan()) would refuse it too.
    #[error("the tree is refused")]
    Refused,
    /// It has to be looked at as a whole: [`plan`](crate::plan()) decides.
    #[error("the tree has to be planned as a whole")]
    Undecided,
}
