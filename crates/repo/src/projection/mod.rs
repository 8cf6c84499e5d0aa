//! Projection: the environment's commit that belongs to a canonical one, and the inverse.
//!
//! A projection is a function of the commit: the manifest is read from the very tree that is stamped,
//! and nothing else counts. So every machine computes the same ids, and what was computed before only
//! saves time.
//!
//! ```text
//! history     commits, parents first       `tree` and `parent` lines change, nothing is printed anew
//! manifests   the manifest of a tree       none, a broken one, one without the environment: opaque
//! files       what they say, and what new names make of them
//! forest      trees, many at once          part by part, with what is known of each part
//! trees       folders in their places      read once in a while, known by numbers
//! recognise   what was projected elsewhere
//! whole       a tree that needs it         planned like a folder
//! workspace   trees without a history      for those who compare them, or make new ones (edit)
//! ```
//!
//! Whatever is made is taken back at once and compared with what it was made of.

mod edit;
mod files;
mod folder;
mod forest;
mod history;
mod manifests;
mod numbers;
mod paths;
mod recognise;
mod trees;
mod whole;
mod workspace;

use storyline_text::Diagnostic;

use crate::id::ObjectId;
use crate::object_error::ObjectError;

pub use history::Projector;
pub use workspace::{Differences, Leaf, Workspace};

/// Why a commit is projected with its tree as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opaque {
    /// Its tree holds no manifest.
    NoManifest,
    /// Its manifest cannot be read.
    BrokenManifest,
    /// Its manifest does not know the environment.
    NoEnvironment,
    /// Its tree is refused: `stamp` or `unstamp` says why. Or it would not come back.
    Refused,
    /// Its tree is not as Git writes trees.
    OddTree,
}

impl Opaque {
    const ALL: [Self; 5] = [
        Self::NoManifest,
        Self::BrokenManifest,
        Self::NoEnvironment,
        Self::Refused,
        Self::OddTree,
    ];

    /// A number above zero that stands for it in the memo.
    fn code(self) -> u8 {
        let at = Self::ALL.iter().position(|why| *why == self);
        at.map_or(0, |at| at as u8 + 1)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code.checked_sub(1)?)).copied()
    }
}

/// A commit that is projected with its tree as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpaqueCommit {
    /// The commit that was to be projected.
    pub id: ObjectId,
    /// Why.
    pub why: Opaque,
}

/// Why a history cannot be projected.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// An object is missing or broken, or cannot be written.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A tree is refused, so that it would be projected as it is, and yet looks as if it had been
    /// projected from another one.
    #[error("commit {commit} could be the projection of two commits")]
    Ambiguous {
        /// The commit.
        commit: ObjectId,
    },
    /// What was made of a commit does not give it back. This is a mistake of ours.
    #[error("the projection of commit {commit} does not come back")]
    NotReversible {
        /// The commit.
        commit: ObjectId,
    },
}

impl ProjectionError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Object(error) => error.diagnostic(),
            Self::Ambiguous { commit } => Diagnostic::error("ambiguous-commit", title).help(format!(
                "its tree is refused in one form and accepted in the other: names of an environment were \
                 committed where they do not belong. `git show {commit}` shows which; that commit has to \
                 be taken out of the history"
            )),
            Self::NotReversible { commit } => Diagnostic::error("not-reversible", title).help(format!(
                "nothing was moved. Please report this, with what `git cat-file -p {commit}` shows"
            )),
        }
    }
}
