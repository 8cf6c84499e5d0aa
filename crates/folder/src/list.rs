//! The listing of a folder: handles all the way down, so that no link is followed on the way.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, DirEntry, Metadata};
use storyline_stamp::{Entry, EntryKind};
use storyline_text::RelPath;

use crate::error::FolderError;
use crate::journal::OUTSIDE_GIT;
use crate::names::{GIT, from_os, join};

/// What stands in a folder.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Files, links and nested repositories, sorted by path.
    pub(crate) entries: Vec<Entry>,
    /// The files among them that their owner may execute, sorted by path.
    pub(crate) executable: Vec<RelPath>,
    /// Folders with nothing in them, sorted by path.
    pub(crate) empty: Vec<RelPath>,
    /// Pipes, sockets, devices, and names that no project can hold.
    pub(crate) skipped: usize,
}

/// A folder that is still to be listed. Its parent stays open as long as one of its folders waits,
/// so that the number of open handles grows with the depth and not with the size of the tree.
struct Waiting {
    parent: Arc<Dir>,
    name: OsString,
    path: RelPath,
}

impl Listing {
    /// Lists everything below `root` but the repository's own folder and our journal.
    pub(crate) fn of(root: &Dir, shown: &Path) -> Result<Self, FolderError> {
        let mut listing = Self::default();
        let mut waiting = Vec::new();
        let top = root.try_clone();
        top.and_then(|top| listing.folder(&Arc::new(top), None, &mut waiting))
            .map_err(|source| FolderError::Open {
                path: shown.into(),
                source,
            })?;
        while let Some(Waiting { parent, name, path }) = waiting.pop() {
            let dir = parent.open_dir_nofollow(&name);
            dir.and_then(|dir| listing.folder(&Arc::new(dir), Some(&path), &mut waiting))
                .map_err(|source| FolderError::Io { path, source })?;
        }
        listing.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        listing.executable.sort_unstable();
        listing.empty.sort_unstable();
        Ok(listing)
    }

    /// Lists one folder; `path` is `None` for the root.
    fn folder(
        &mut self,
        dir: &Arc<Dir>,
        path: Option<&RelPath>,
        waiting: &mut Vec<Waiting>,
    ) -> io::Result<()> {
        let children: Vec<DirEntry> = dir.entries()?.collect::<io::Result<_>>()?;
        if let Some(path) = path {
            if children.iter().any(|child| child.file_name() == GIT) {
                self.push(path.clone(), EntryKind::Submodule, 0);
                return Ok(());
            }
            if children.is_empty() {
                self.empty.push(path.clone());
            }
        }
        for child in children {
            let name = child.file_name();
            let is_folder = child.file_type()?.is_dir();
            if path.is_none() && (name == GIT || (name == OUTSIDE_GIT && is_folder)) {
                continue;
            }
            let parent = path.map_or(&b""[..], RelPath::as_bytes);
            let inside = from_os(&name).and_then(|n| RelPath::new(&join(parent, &n)).ok());
            match inside {
                None => self.skipped += 1,
                Some(inside) if is_folder => waiting.push(Waiting {
                    parent: Arc::clone(dir),
                    name,
                    path: inside,
                }),
                Some(inside) => self.leaf(&child, inside)?,
            }
        }
        Ok(())
    }

    fn leaf(&mut self, child: &DirEntry, path: RelPath) -> io::Result<()> {
        let kind = child.file_type()?;
        if kind.is_symlink() {
            self.push(path, EntryKind::Symlink, 0);
        } else if kind.is_file() {
            match child.metadata() {
                Ok(metadata) => {
                    if is_executable(&metadata) {
                        self.executable.push(path.clone());
                    }
                    self.push(path, EntryKind::File, metadata.len());
                }
                // Gone since the folder was read: as if it had gone before.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        } else {
            self.skipped += 1;
        }
        Ok(())
    }

    fn push(&mut self, path: RelPath, kind: EntryKind, size: u64) {
        self.entries.push(Entry { path, kind, size });
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    cap_std::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

/// Elsewhere a file's mode does not tell.
#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
