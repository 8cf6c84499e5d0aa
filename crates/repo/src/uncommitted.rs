//! The working tree as Git would commit all of it, without putting anything into the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Delta, DiffFile, FileMode, StatusEntry, StatusOptions};
use storyline_text::{Diagnostic, Visible};

use crate::error::RepoError;
use crate::id::Kind;
use crate::object_error::ObjectError;
use crate::projection::Workspace;
use crate::tree::{TreeEntry, parse_tree, sort_tree, write_tree};
use crate::{ObjectId, Repository};

/// In an index, a file that a sparse checkout leaves out (`git update-index --skip-worktree`).
const SKIP_WORKTREE: u16 = 1 << 14;
/// Before all other places where libgit2 keeps objects.
const FIRST: i32 = 1000;

/// Why a working tree cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum WorkingTreeError {
    /// Git's files are broken.
    #[error(transparent)]
    Repository(#[from] RepoError),
    /// An object is missing or broken.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", Visible(path.as_os_str().as_encoded_bytes()))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system or Git said.
        reason: String,
    },
}

impl WorkingTreeError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Repository(error) => error.diagnostic(),
            Self::Object(error) => error.diagnostic(),
            Self::File { .. } => Diagnostic::error("file-unreadable", self.to_string())
                .help("mend what the system says, then run the command again"),
        }
    }
}

/// A file as a tree has it: its mode in octal digits, and its blob.
type Entry = (&'static [u8], ObjectId);

/// A path, and what stands there; `None` where nothing stands any more.
type Change<'p> = (&'p [u8], Option<Entry>);

impl Repository {
    /// The tree that `git add --all` and `git commit` would make of the working tree: files that are
    /// ignored stay out, line ends are as Git stores them. `None` in a bare repository.
    ///
    /// # Errors
    /// When a file cannot be read, or Git's own are broken.
    pub fn working_tree(
        &self,
        workspace: &mut Workspace<'_>,
    ) -> Result<Option<ObjectId>, WorkingTreeError> {
        let Some(root) = self.git().workdir() else {
            return Ok(None);
        };
        let broken = |error: git2::Error| self.broken(&error);
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        options.include_ignored(false).exclude_submodules(true);
        options.update_index(false);
        let found = self.git().statuses(Some(&mut options)).map_err(broken)?;
        let index = self.git().index().map_err(broken)?;
        // What libgit2 makes of files goes no further than this.
        let store = self.git().odb().map_err(broken)?;
        let _memory = store.add_new_mempack_backend(FIRST).map_err(broken)?;
        let mut changes: BTreeMap<Vec<u8>, Option<Entry>> = BTreeMap::new();
        for status in found.iter() {
            let path = status.path_bytes();
            let is_left_out = || {
                let entry = index.get_path(Path::new(&*String::from_utf8_lossy(path)), 0);
                entry.is_some_and(|entry| entry.flags_extended & SKIP_WORKTREE != 0)
            };
            if path.ends_with(b"/") || is_left_out() {
                continue;
            }
            let entry = match place(&status) {
                Place::Gone => None,
                Place::Index(file) => Some((mode(&file), ObjectId::from_git(file.id()))),
                Place::Disk(file) => {
                    let (path, mode) = (file_at(root, path), mode(&file));
                    Some((mode, self.kept(workspace, &store, &path, mode == LINK)?))
                }
            };
            changes.insert(path.to_vec(), entry);
        }
        let base = self
            .head()
            .map(|head| workspace.tree_of(head))
            .transpose()?;
        let changes: Vec<_> = changes
            .iter()
            .map(|(path, entry)| (&**path, *entry))
            .collect();
        let tree = match changed(workspace, base, &changes)? {
            Some(tree) => tree,
            None => workspace.empty()?,
        };
        Ok(Some(tree))
    }

    /// Keeps a file of the working tree as Git would store it.
    fn kept(
        &self,
        workspace: &Workspace<'_>,
        store: &git2::Odb<'_>,
        path: &Path,
        is_link: bool,
    ) -> Result<ObjectId, WorkingTreeError> {
        let failed = |reason: String| WorkingTreeError::File {
            path: path.into(),
            reason,
        };
        if is_link {
            let target = fs::read_link(path).map_err(|error| failed(error.to_string()))?;
            let target = target.as_os_str().as_encoded_bytes();
            return Ok(workspace.pack().add(Kind::Blob, target)?);
        }
        let id = self.git().blob_path(path);
        let blob = id.and_then(|id| store.read(id));
        let blob = blob.map_err(|error| failed(error.message().into()))?;
        Ok(workspace.pack().add(Kind::Blob, blob.data())?)
    }
}

/// The mode of a link.
const LINK: &[u8] = b"120000";

/// Where the newest state of a path is.
enum Place<'s> {
    Gone,
    Index(DiffFile<'s>),
    Disk(DiffFile<'s>),
}

fn place<'s>(status: &'s StatusEntry<'_>) -> Place<'s> {
    match (status.index_to_workdir(), status.head_to_index()) {
        (Some(delta), _) if delta.status() == Delta::Deleted => Place::Gone,
        (Some(delta), _) => Place::Disk(delta.new_file()),
        (None, Some(delta)) if delta.status() == Delta::Deleted => Place::Gone,
        (None, Some(delta)) => Place::Index(delta.new_file()),
        (None, None) => Place::Gone,
    }
}

fn mode(file: &DiffFile<'_>) -> &'static [u8] {
    match file.mode() {
        FileMode::BlobExecutable => b"100755",
        FileMode::Link => LINK,
        FileMode::Commit => b"160000",
        _ => b"100644",
    }
}

#[cfg(unix)]
fn file_at(root: &Path, path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    root.join(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
fn file_at(root: &Path, path: &[u8]) -> PathBuf {
    root.join(&*String::from_utf8_lossy(path))
}

/// The tree `base` with `changes`, which are sorted by their paths; `None` for one without entries.
fn changed(
    workspace: &Workspace<'_>,
    base: Option<ObjectId>,
    changes: &[Change<'_>],
) -> Result<Option<ObjectId>, ObjectError> {
    let pack = workspace.pack();
    let bytes = base
        .map(|base| pack.read_as(base, Kind::Tree))
        .transpose()?;
    let entries = parse_tree(bytes.as_deref().unwrap_or_default());
    let entries = entries.map_err(|reason| ObjectError::Tree {
        id: base.expect("no bytes are a tree"),
        reason,
    })?;
    let mut entries: BTreeMap<&[u8], TreeEntry<'_>> = entries
        .into_iter()
        .map(|entry| (entry.name, entry))
        .collect();
    let mut below: BTreeMap<&[u8], Vec<Change<'_>>> = BTreeMap::new();
    for (path, entry) in changes {
        match memchr::memchr(b'/', path) {
            Some(slash) => {
                let rest = (&path[slash + 1..], *entry);
                below.entry(&path[..slash]).or_default().push(rest);
            }
            None => match entry {
                Some((mode, id)) => {
                    let (name, id) = (*path, *id);
                    entries.insert(name, TreeEntry { mode, name, id });
                }
                None => drop(entries.remove(path)),
            },
        }
    }
    for (name, changes) in below {
        let there = entries
            .get(name)
            .filter(|entry| entry.kind() == crate::EntryKind::Tree);
        let made = changed(workspace, there.map(|entry| entry.id), &changes)?;
        match made {
            Some(id) => {
                let mode = b"40000";
                entries.insert(name, TreeEntry { mode, name, id });
            }
            None if there.is_some() => drop(entries.remove(name)),
            None => {}
        }
    }
    let mut entries: Vec<_> = entries.into_values().collect();
    sort_tree(&mut entries);
    match entries.is_empty() {
        true => Ok(None),
        false => pack.add(Kind::Tree, &write_tree(&entries)).map(Some),
    }
}
