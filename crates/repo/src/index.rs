//! What is staged: the files of the next commit.

use std::path::Path;

use git2::Delta;
use storyline_text::RelPath;

use crate::error::RepoError;
use crate::id::ObjectId;
use crate::repository::Repository;
use crate::tree::EntryKind;

/// The side of a conflict that was here before the other came.
pub(crate) const OURS: u16 = 2;

/// A path of the index.
pub(crate) struct Staged {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
    /// Bytes of the file in the working tree when it was staged.
    pub(crate) size: u64,
    /// 0, or which side of a conflict it is: 1 is the base, 3 is theirs.
    pub(crate) side: u16,
}

impl Repository {
    /// Files that are staged and not as in the commit that is checked out, in `index` where it is another
    /// file than the usual one. Those that the next commit takes away are left out.
    ///
    /// # Errors
    /// When the index or that commit cannot be read.
    pub fn staged_changes(&self, index: Option<&Path>) -> Result<Vec<RelPath>, RepoError> {
        let git = self.git();
        let look = || {
            let head = git.head().and_then(|head| head.peel_to_tree()).ok();
            let index = self.index(index)?;
            let changes = git.diff_tree_to_index(head.as_ref(), Some(&index), None)?;
            let present = changes
                .deltas()
                .filter(|delta| delta.status() != Delta::Deleted);
            let paths =
                present.filter_map(|delta| RelPath::new(delta.new_file().path_bytes()?).ok());
            Ok(paths.collect())
        };
        look().map_err(|error: git2::Error| self.broken(&error))
    }

    fn index(&self, index: Option<&Path>) -> Result<git2::Index, git2::Error> {
        match index {
            Some(index) => git2::Index::open(index),
            None => self.git().index(),
        }
    }

    /// All that is staged, in `index` where it is another file than the usual one.
    pub(crate) fn staged(&self, index: Option<&Path>) -> Result<Vec<Staged>, RepoError> {
        let index = self.index(index).map_err(|error| self.broken(&error))?;
        let staged = index.iter().map(|entry| Staged {
            kind: kind(entry.mode),
            id: ObjectId::from_git(entry.id),
            size: entry.file_size.into(),
            side: (entry.flags >> 12) & 3,
            path: entry.path,
        });
        Ok(staged.collect())
    }
}

/// Git's index knows no other modes.
fn kind(mode: u32) -> EntryKind {
    match mode {
        0o100_755 => EntryKind::Executable,
        0o120_000 => EntryKind::Symlink,
        0o160_000 => EntryKind::Submodule,
        _ => EntryKind::File,
    }
}
