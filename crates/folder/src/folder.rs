//! An open project folder, and how it is read.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use storyline_stamp::{Entry, EntryKind, FileSet, ReadError, TreePatch};
use storyline_text::RelPath;

use crate::apply::{self, Applied};
use crate::create;
use crate::error::{ApplyError, ExportError, FolderError};
use crate::export::{self, Exported};
use crate::gate::{Gate, Occupied};
use crate::journal::{OUTSIDE_GIT, Place};
use crate::list::Listing;
use crate::names::{from_os, to_os};
use crate::tree::open_regular;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 256 << 20;

/// The most bytes of one project that are read; files that nobody asks for do not count.
pub const MAX_PROJECT: u64 = 1 << 30;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) file: u64,
    pub(crate) project: u64,
}

/// A project folder: its listing, and a handle of its root that all reads go through.
#[derive(Debug)]
pub struct Folder {
    pub(crate) root: Dir,
    pub(crate) path: PathBuf,
    pub(crate) listing: Listing,
    gate: Gate,
    limits: Limits,
    /// Which entries count in `total` already: reading a file twice is no larger project.
    counted: Vec<AtomicBool>,
    total: AtomicU64,
}

impl Folder {
    /// Opens and lists the folder at `path`. Left out are the root's `.git` (folder or file), our
    /// own journal, and what is neither file, link nor folder ([`Folder::skipped`]). A nested folder
    /// that holds `.git` is one [`EntryKind::Submodule`].
    ///
    /// As long as it is open, nobody changes the folder in place but by [`Folder::apply`] on it.
    ///
    /// # Errors
    /// When the folder, or one inside it, cannot be listed, or a command is changing it now or was
    /// killed there since the last [`recover`](crate::recover).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FolderError> {
        let limits = Limits {
            file: MAX_FILE,
            project: MAX_PROJECT,
        };
        Self::open_with(path.as_ref(), limits)
    }

    pub(crate) fn open_with(path: &Path, limits: Limits) -> Result<Self, FolderError> {
        let (path, root) = open_root(path)?;
        let busy = |Occupied| FolderError::Busy { pid: None };
        let gate = Gate::enter(&root).map_err(busy)?;
        let stands = |place: Place| {
            let journal = place.journal();
            to_os(journal.as_bytes()).is_ok_and(|path| root.symlink_metadata(path).is_ok())
        };
        if Place::all(&root).any(stands) {
            // A command began and was killed since `recover` looked.
            return Err(busy(Occupied));
        }
        let listing = Listing::of(&root, &path)?;
        if let Some(folder) = listing.entries.iter().find_map(unfinished) {
            return Err(FolderError::UnfinishedBelow { folder });
        }
        let counted = listing.entries.iter().map(|_| AtomicBool::new(false));
        Ok(Self {
            counted: counted.collect(),
            root,
            path,
            listing,
            gate,
            limits,
            total: AtomicU64::new(0),
        })
    }

    /// Where the folder is, with links of the way to it resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many pipes, sockets, devices and names that no project can hold were left out.
    pub fn skipped(&self) -> usize {
        self.listing.skipped
    }

    /// Whether its owner may execute the file at `path`; `None` where files have no such mode.
    pub fn is_executable(&self, path: &RelPath) -> Option<bool> {
        cfg!(unix).then(|| self.listing.executable.binary_search(path).is_ok())
    }

    /// The target of the link at `path`, as it is written there.
    ///
    /// # Errors
    /// When there is no link any more, or its target has no bytes in a project.
    pub fn link_target(&self, path: &RelPath) -> Result<Vec<u8>, ReadError> {
        let read = || {
            let target = self.root.read_link_contents(to_os(path.as_bytes())?)?;
            let bytes = from_os(target.as_os_str()).map(Cow::into_owned);
            bytes.ok_or_else(|| io::ErrorKind::InvalidFilename.into())
        };
        read().map_err(|error: io::Error| ReadError {
            path: path.clone(),
            reason: error.to_string(),
        })
    }

    /// Carries out `patch` in place: all of it, or nothing. A crash at any moment is undone by
    /// [`recover`](crate::recover). The listing stays that of before; open the folder again.
    ///
    /// # Errors
    /// Nothing was changed, but for [`ApplyError::Kept`] and [`ApplyError::NotUndone`], which say
    /// what is where.
    pub fn apply(&self, patch: &TreePatch) -> Result<Applied, ApplyError> {
        let apply = || apply::apply(&self.root, patch, &|_| Ok(()));
        let busy = |Occupied| ApplyError::Busy { pid: None };
        self.gate.alone(apply).map_err(busy)?
    }

    /// Adds a file at `path`, whose folder is there already: complete, or not at all. The listing
    /// stays that of before.
    ///
    /// # Errors
    /// [`ApplyError::Exists`] when anything stands at `path`, be it a link that leads nowhere; and
    /// what the system refuses. No other file was changed.
    pub fn create(&self, path: &RelPath, bytes: &[u8]) -> Result<(), ApplyError> {
        let create = || create::create(&self.root, path, bytes, &|_| Ok(()));
        let busy = |Occupied| ApplyError::Busy { pid: None };
        self.gate.alone(create).map_err(busy)?
    }

    /// Writes the whole tree, with `patch` carried out, into `dest`, which must not exist yet or be
    /// an empty folder. Files keep their modes, links their targets, empty folders stay; the root's
    /// `.git` is left out and a nested repository becomes an empty folder. The copy is built beside
    /// `dest` and renamed into place, so that a failure leaves nothing there; it is not flushed to
    /// the disk.
    ///
    /// # Errors
    /// When `dest` is in use, lies in the project or around it, or a file cannot be copied or is
    /// not what the patch was made for.
    pub fn export(&self, patch: &TreePatch, dest: &Path) -> Result<Exported, ExportError> {
        export::export(self, patch, dest)
    }

    /// Refuses a size above a limit, in words that name both.
    fn admit(&self, index: usize, size: u64) -> Result<(), String> {
        let Limits { file, project } = self.limits;
        if size > file {
            return Err(format!("it is {size} bytes long, the limit is {file}"));
        }
        if self.counted[index].swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let total = self.total.fetch_add(size, Ordering::Relaxed) + size;
        if total > project {
            return Err(format!(
                "the files read so far are {total} bytes long together, the limit is {project}"
            ));
        }
        Ok(())
    }

    fn bytes(&self, path: &RelPath) -> Result<Vec<u8>, String> {
        let entries = &self.listing.entries;
        let index = entries
            .binary_search_by(|entry| entry.path.cmp(path))
            .ok()
            .filter(|index| entries[*index].kind == EntryKind::File)
            .ok_or("it is no regular file of this folder")?;
        let name = to_os(path.as_bytes()).map_err(|e| e.to_string())?;
        let (file, metadata) = open_regular(&self.root, name).map_err(|e| e.to_string())?;
        let size = metadata.len();
        self.admit(index, size)?;
        // One byte more than the file has, so that reading its end needs no larger buffer; a file
        // that grows meanwhile stops at the limit.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(usize::MAX) + 1);
        let mut limited = file.take(self.limits.file + 1);
        limited.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        match bytes.len() as u64 {
            read if read > self.limits.file => self.admit(index, read).map(|()| bytes),
            _ => Ok(bytes),
        }
    }
}

impl FileSet for Folder {
    fn entries(&self) -> &[Entry] {
        &self.listing.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let bytes = self.bytes(path).map_err(|reason| ReadError {
            path: path.clone(),
            reason,
        })?;
        Ok(Cow::Owned(bytes))
    }
}

/// The folder whose journal this is, below the root: listings leave out the root's own.
fn unfinished(entry: &Entry) -> Option<RelPath> {
    let journal = format!("/{OUTSIDE_GIT}/undo/journal.json");
    let folder = entry.path.as_bytes().strip_suffix(journal.as_bytes())?;
    RelPath::new(folder).ok()
}

/// The one place that trusts a path from outside: everything else is relative to this handle.
pub(crate) fn open_root(path: &Path) -> Result<(PathBuf, Dir), FolderError> {
    let root = Dir::open_ambient_dir(path, ambient_authority());
    let opened = root.and_then(|root| Ok((std::fs::canonicalize(path)?, root)));
    opened.map_err(|source| FolderError::Open {
        path: path.into(),
        source,
    })
}
