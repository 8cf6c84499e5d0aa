//! What differs between two trees of files, without what only a stamp moved.
//!
//! ```text
//! Side, Side            -> Pair      byte for byte: most files are out here
//! Pair + stamps of each -> Report    which files were added, removed, moved or changed, and where
//! Report                -> unified   lines that `git apply` takes, or words for people
//!                       -> objects   what became of views, fields, explores, tiles, models of dbt's
//! ```
//!
//! A stamp comes as the [`TreePatch`](storyline_stamp::TreePatch) that takes it out; who finds it, and
//! where the files come from, is not known here.
//!
//! [`objects`] tells the same report view by view, field by field.
//!
//! [`names`] tells what files provide and use by name, and what of that a tree lacks.
//!
//! [`noise`] tells of many such pairs, the commits of a history, which of them look like a stamp that was
//! put in or taken out by hand.

mod align;
mod impact;
mod lines;
pub mod names;
pub mod noise;
pub mod objects;
mod pair;
mod preview;
mod quote;
pub mod render;
mod report;
mod side;
mod unified;

pub use align::{Row, marks, rows};
pub use impact::impact;
pub use lines::Hunk;
pub use pair::{Options, Pair};
pub use preview::{Impact, Preview, Standing};
pub use report::{Content, FileChange, Report, Stand, Status};
pub use side::{Entry, Kind, Side};
pub use unified::{Emit, Role, unified};
