//! The abstract tree that is stamped: a folder today, a Git tree later.

use std::borrow::Cow;

use storyline_text::{Patch, RelPath};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file: the only kind that defines models, is edited or renamed.
    File,
    /// A symbolic link: keeps name and target, is never followed.
    Symlink,
    /// A Git submodule (or a nested repository): passes through untouched.
    Submodule,
}

/// One path of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Where it is.
    pub path: RelPath,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of a regular file, 0 otherwise.
    pub size: u64,
}

/// Why a file of a tree could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {reason}")]
pub struct ReadError {
    /// The file.
    pub path: RelPath,
    /// What the system said.
    pub reason: String,
}

/// A tree of files that can be listed and read. Implementations read each file at most once per
/// call and follow no links.
pub trait FileSet: Sync {
    /// Every path, sorted by bytes.
    fn entries(&self) -> &[Entry];

    /// The bytes of a regular file among [`FileSet::entries`].
    ///
    /// # Errors
    /// When the file is gone, unreadable or no longer a regular file.
    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError>;
}

/// What happens to one file: its bytes, its path, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is now.
    pub from: RelPath,
    /// Where it will be; the same as `from` when only bytes change.
    pub to: RelPath,
    /// The bytes that the change was planned on; whoever carries it out compares them first.
    pub before: Vec<u8>,
    /// The edits; empty when only the path changes.
    pub patch: Patch,
}

impl Change {
    /// The bytes afterwards.
    pub fn after(&self) -> Vec<u8> {
        self.patch
            .apply(&self.before)
            .expect("the patch was made for `before`")
    }
}

/// The changes of a whole tree, sorted by `from`; what is not named stays as it is. All `to` paths
/// are distinct, and none is a path that stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreePatch {
    /// One entry a changed file.
    pub changes: Vec<Change>,
}
