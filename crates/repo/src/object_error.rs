//! Why an object could not be had or kept.

use std::io;
use std::path::PathBuf;

use storyline_text::{Diagnostic, Visible};

use crate::commit::MalformedCommit;
use crate::id::{CollisionAttack, Kind, ObjectId};
use crate::tree::MalformedTree;

/// An object that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The repository does not have it.
    #[error("the repository lacks object {id}{}", place(.path.as_deref()))]
    Missing {
        /// Its name.
        id: ObjectId,
        /// Where a tree has it, when that is known.
        path: Option<Vec<u8>>,
        /// Whether the repository is a partial clone, which gets objects when they are asked for.
        partial: bool,
    },
    /// Its bytes cannot be had.
    #[error("object {id} cannot be read: {}", Visible(reason.as_bytes()))]
    Unreadable {
        /// Its name.
        id: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// It is something else.
    #[error("object {id} is a {found}, not a {expected}")]
    WrongKind {
        /// Its name.
        id: ObjectId,
        /// What was asked for.
        expected: Kind,
        /// What it is.
        found: Kind,
    },
    /// Its bytes are no commit.
    #[error("object {id} is a broken commit: {reason}")]
    Commit {
        /// Its name.
        id: ObjectId,
        /// What is wrong with it.
        reason: MalformedCommit,
    },
    /// Its bytes are no tree.
    #[error("object {id} is a broken tree: {reason}")]
    Tree {
        /// Its name.
        id: ObjectId,
        /// What is wrong with it.
        reason: MalformedTree,
    },
    /// A tree holds a path that leaves its folder, or that no system can have.
    #[error("a tree holds the path {}: {reason}", Visible(path))]
    Path {
        /// The path.
        path: Vec<u8>,
        /// What is wrong with it.
        reason: String,
    },
    /// Its history was cut off when the repository was cloned.
    #[error("the repository is shallow: it lacks what came before commit {id}")]
    Shallow {
        /// The commit without its parents.
        id: ObjectId,
    },
    /// Nobody has bytes like these by chance.
    #[error(transparent)]
    Collision(#[from] CollisionAttack),
    /// The system refused to write.
    #[error("cannot write {}: {source}", Visible(path.as_os_str().as_encoded_bytes()))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn place(path: Option<&[u8]>) -> String {
    path.map_or_else(String::new, |path| format!(" ({})", Visible(path)))
}

impl ObjectError {
    /// The same, with the path at which a tree has the object.
    #[must_use]
    pub fn at(mut self, place: &[u8]) -> Self {
        if let Self::Missing { path, .. } = &mut self {
            path.get_or_insert_with(|| place.into());
        }
        self
    }

    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Missing {
                id, partial: true, ..
            } => Diagnostic::error("object-missing", title).help(format!(
                "this is a partial clone: `git cat-file -e {id}` fetches it, `git fetch --refetch \
                 --no-filter` everything"
            )),
            Self::Missing { id, .. } => Diagnostic::error("object-missing", title).help(format!(
                "`git fetch origin {id}` gets it where it still is; `git fsck` lists what is missing"
            )),
            Self::Shallow { .. } => Diagnostic::error("repository-shallow", title)
                .help("`git fetch --unshallow` gets the rest"),
            Self::Collision(_) => Diagnostic::error("object-collision", title)
                .help("find out where the file came from; nothing was written"),
            Self::Write { .. } => Diagnostic::error("object-not-written", title)
                .help("mend what the system says; no branch was changed"),
            Self::Unreadable { .. }
            | Self::WrongKind { .. }
            | Self::Commit { .. }
            | Self::Tree { .. }
            | Self::Path { .. } => Diagnostic::error("object-broken", title)
                .help("`git fsck` says more; a fresh clone has what the remote has"),
        }
    }
}
