//! The files of a commit, or of the index, as those who read projects want them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use storyline_manifest::is_manifest_file;
use storyline_stamp::{Entry, EntryKind, FileSet, ReadError};
use storyline_text::{Diagnostic, RelPath};

use crate::index::{OURS, Staged};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::{Kind, ObjectId, Repository, parse_tree, tree};

/// All paths of a commit's tree; bytes are read when they are asked for.
pub struct Snapshot {
    objects: Objects,
    entries: Vec<Entry>,
    /// Of each entry.
    ids: Vec<ObjectId>,
    /// Those that are programs, sorted.
    programs: Vec<RelPath>,
}

/// Why a commit cannot be looked at as a folder.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// An object is missing or broken.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The repository cannot be read.
    #[error(transparent)]
    Repository(#[from] crate::RepoError),
    /// A path that leaves its folder, or a tree that is none.
    #[error("the tree of commit {commit} is unusable: {reason}")]
    Unusable {
        /// The commit.
        commit: ObjectId,
        /// What is wrong.
        reason: String,
    },
}

impl SnapshotError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Object(error) => error.diagnostic(),
            Self::Repository(error) => error.diagnostic(),
            Self::Unusable { .. } => Diagnostic::error("tree-unusable", self.to_string())
                .help("`git fsck --strict` says more; nobody can check such a commit out safely"),
        }
    }
}

impl Snapshot {
    /// Lists the tree of `commit`.
    ///
    /// # Errors
    /// When a tree is missing or broken, or a path would leave its folder.
    pub fn of(repository: &Repository, commit: ObjectId) -> Result<Self, SnapshotError> {
        Self::list(repository, commit, &|_| true)
    }

    /// The files of a manifest in the tree of `commit`, and no other.
    ///
    /// # Errors
    /// As [`Snapshot::of`].
    pub fn of_manifest(repository: &Repository, commit: ObjectId) -> Result<Self, SnapshotError> {
        let environments = b"environments/";
        let may_hold = |path: &[u8]| {
            let is_file = RelPath::new(path).is_ok_and(|path| is_manifest_file(&path));
            is_file || path == environments
        };
        Self::list(repository, commit, &may_hold)
    }

    /// Lists what is staged, in `index` where Git names another file than the usual one. Of a file with
    /// conflicts the own side counts; paths that Git would not check out are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn of_index(repository: &Repository, index: Option<&Path>) -> Result<Self, SnapshotError> {
        let staged = repository.staged(index)?;
        let mut found: BTreeMap<RelPath, Staged> = BTreeMap::new();
        for entry in staged {
            let Ok(path) = RelPath::new(&entry.path) else {
                continue;
            };
            let is_better = |known: &Staged| entry.side == OURS && known.side != 0;
            if found.get(&path).is_none_or(is_better) {
                found.insert(path, entry);
            }
        }
        let mut snapshot = Self {
            objects: repository.objects()?,
            entries: Vec::with_capacity(found.len()),
            ids: Vec::with_capacity(found.len()),
            programs: Vec::new(),
        };
        for (path, staged) in found {
            let kind = match staged.kind {
                tree::EntryKind::File | tree::EntryKind::Executable => EntryKind::File,
                tree::EntryKind::Symlink => EntryKind::Symlink,
                _ => EntryKind::Submodule,
            };
            if staged.kind == tree::EntryKind::Executable {
                snapshot.programs.push(path.clone());
            }
            let size = match kind {
                EntryKind::File => staged.size,
                _ => 0,
            };
            snapshot.entries.push(Entry { path, kind, size });
            snapshot.ids.push(staged.id);
        }
        Ok(snapshot)
    }

    /// Lists the files that `wants`, in folders that it wants too; those end in `/`.
    fn list(
        repository: &Repository,
        commit: ObjectId,
        wants: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Self, SnapshotError> {
        let objects = repository.objects()?;
        let unusable = |reason: String| SnapshotError::Unusable { commit, reason };
        let (mut found, mut programs) = (Vec::new(), Vec::new());
        let mut open = vec![(Vec::new(), objects.tree_of(commit)?)];
        while let Some((folder, id)) = open.pop() {
            let bytes = objects.read_as(id, Kind::Tree)?;
            let entries = parse_tree(&bytes).map_err(|error| unusable(error.to_string()))?;
            for entry in entries {
                let mut path = folder.clone();
                path.extend_from_slice(entry.name);
                let kind = match entry.kind() {
                    tree::EntryKind::Tree => {
                        path.push(b'/');
                        if wants(&path) {
                            open.push((path, entry.id));
                        }
                        continue;
                    }
                    _ if !wants(&path) => continue,
                    tree::EntryKind::File | tree::EntryKind::Executable => EntryKind::File,
                    tree::EntryKind::Symlink => EntryKind::Symlink,
                    tree::EntryKind::Submodule | tree::EntryKind::Unknown => EntryKind::Submodule,
                };
                let path = RelPath::new(&path).map_err(|error| unusable(error.to_string()))?;
                if entry.kind() == tree::EntryKind::Executable {
                    programs.push(path.clone());
                }
                let size = match kind {
                    // One that is missing may not be needed: whoever reads it is told.
                    EntryKind::File => objects.header(entry.id).map_or(0, |header| header.size),
                    _ => 0,
                };
                found.push((Entry { path, kind, size }, entry.id));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        programs.sort();
        let (entries, ids) = found.into_iter().unzip();
        Ok(Self {
            objects,
            entries,
            ids,
            programs,
        })
    }

    /// Whether a file is a program.
    pub fn is_executable(&self, path: &RelPath) -> bool {
        self.programs.binary_search(path).is_ok()
    }
}

impl FileSet for Snapshot {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let failed = |reason: String| ReadError {
            path: path.clone(),
            reason,
        };
        let found = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        let found = found.map_err(|_| failed("it is not in this commit".into()))?;
        let bytes = self.objects.read_as(self.ids[found], Kind::Blob);
        bytes
            .map(Cow::Owned)
            .map_err(|error| failed(error.to_string()))
    }
}
