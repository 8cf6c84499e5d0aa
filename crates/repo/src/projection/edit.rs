//! Trees with other files in them, and new trees and commits that come into the repository.

use std::collections::{BTreeMap, BTreeSet};

use storyline_text::RelPath;

use super::workspace::{Leaf, Workspace};
use crate::commit::{NewCommit, RawCommit};
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::pack::PackWriter;
use crate::tree::{EntryKind, TreeEntry, parse_tree, sort_tree, write_tree};

/// What becomes of the entries of a folder, by their names; `None` takes one out.
type Changes = BTreeMap<Vec<u8>, Option<Leaf>>;

impl Workspace<'_> {
    /// What stands at a path of a tree, unless it is a folder or nothing.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken.
    pub fn leaf(&self, tree: ObjectId, path: &RelPath) -> Result<Option<Leaf>, ObjectError> {
        let mut found = Leaf {
            kind: EntryKind::Tree,
            id: tree,
        };
        for name in path.as_bytes().split(|byte| *byte == b'/') {
            if found.kind != EntryKind::Tree {
                return Ok(None);
            }
            let bytes = self.pack().read_as(found.id, Kind::Tree)?;
            let entries = entries(found.id, &bytes)?;
            let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
                return Ok(None);
            };
            found = Leaf {
                kind: entry.kind(),
                id: entry.id,
            };
        }
        Ok(Some(found).filter(|leaf| leaf.kind != EntryKind::Tree))
    }

    /// Keeps the bytes of a file.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn keep(&self, bytes: &[u8]) -> Result<ObjectId, ObjectError> {
        self.pack().add(Kind::Blob, bytes)
    }

    /// Keeps a commit; it comes into the repository with [`Workspace::write`].
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn keep_commit(&self, commit: &NewCommit<'_>) -> Result<ObjectId, ObjectError> {
        self.pack().add(Kind::Commit, &commit.to_bytes())
    }

    /// The tree in which other files stand at some paths, or none. Whatever else is in it stays as it is,
    /// entry by entry; folders without a file are left out. A path at which a folder stands that would stay,
    /// or below a file that would, comes back instead.
    ///
    /// # Errors
    /// When a tree is missing or broken, or cannot be kept.
    pub fn edited(
        &mut self,
        tree: ObjectId,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
    ) -> Result<Result<ObjectId, RelPath>, ObjectError> {
        let mut open: BTreeMap<Vec<u8>, Changes> = BTreeMap::from([(Vec::new(), Changes::new())]);
        for (path, leaf) in changes {
            let name = path.file_name().to_vec();
            let folder = path.parent();
            open.entry(folder.into()).or_default().insert(name, *leaf);
            for ancestor in ancestors(folder) {
                open.entry(ancestor.into()).or_default();
            }
        }
        let mut there = BTreeMap::new();
        for folder in open.keys() {
            there.insert(
                folder.clone(),
                self.folder_at(tree, folder, &there, changes)?,
            );
        }
        let mut made: BTreeMap<Vec<u8>, Option<ObjectId>> = BTreeMap::new();
        let folders: BTreeSet<_> = open.keys().cloned().collect();
        for folder in folders.iter().rev() {
            let bytes = match &there[folder] {
                At::Folder(bytes) => bytes.as_slice(),
                At::Nothing => b"",
                At::File(path) => return Ok(Err(path.clone())),
            };
            let below = below(folder, &made);
            match self.folder(folder, bytes, &open[folder], below)? {
                Ok(id) => drop(made.insert(folder.clone(), id)),
                Err(path) => return Ok(Err(path)),
            }
        }
        match made.get(&b""[..]).copied().flatten() {
            Some(id) => Ok(Ok(id)),
            None => self.empty().map(Ok),
        }
    }

    /// The bytes of a folder of a tree, whose parents were looked at already.
    fn folder_at(
        &self,
        tree: ObjectId,
        folder: &[u8],
        there: &BTreeMap<Vec<u8>, At>,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
    ) -> Result<At, ObjectError> {
        let read = |id| Ok(At::Folder(self.pack().read_as(id, Kind::Tree)?));
        if folder.is_empty() {
            return read(tree);
        }
        let (parent, name) = split(folder);
        let At::Folder(bytes) = &there[parent] else {
            return Ok(At::Nothing);
        };
        let entries = entries(tree, bytes)?;
        match entries.iter().find(|entry| entry.name == name) {
            None => Ok(At::Nothing),
            Some(entry) if entry.kind() == EntryKind::Tree => read(entry.id),
            Some(_) => Ok(match RelPath::new(folder) {
                Ok(path) if changes.get(&path) != Some(&None) => {
                    At::File(first_below(&path, changes))
                }
                _ => At::Nothing,
            }),
        }
    }

    /// A folder with its changes; `None` when nothing is left in it.
    fn folder(
        &self,
        folder: &[u8],
        bytes: &[u8],
        changes: &Changes,
        below: BTreeMap<&[u8], Option<ObjectId>>,
    ) -> Result<Result<Option<ObjectId>, RelPath>, ObjectError> {
        let id = ObjectId::of(Kind::Tree, bytes)?;
        let old = entries(id, bytes)?;
        let mut new = Vec::with_capacity(old.len() + changes.len());
        let mode_there = |name: &[u8], kind| {
            let entry = old.iter().find(|entry| entry.name == name);
            entry
                .filter(|entry| entry.kind() == kind)
                .map(|entry| entry.mode)
        };
        for entry in &old {
            let is_replaced = match entry.kind() {
                EntryKind::Tree => below.contains_key(entry.name),
                _ => changes.contains_key(entry.name),
            };
            if !is_replaced {
                new.push(entry.clone());
            }
        }
        for (name, leaf) in changes {
            if let Some(Leaf { kind, id }) = *leaf {
                let mode = mode_there(name, kind).unwrap_or_else(|| mode(kind));
                new.push(TreeEntry { mode, name, id });
            }
        }
        for (name, id) in &below {
            if let Some(id) = *id {
                let mode = mode_there(name, EntryKind::Tree).unwrap_or(b"40000");
                new.push(TreeEntry { mode, name, id });
            }
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = new.iter().find(|entry| !names.insert(entry.name))
            && changes.get(twice.name).is_some_and(Option::is_some)
        {
            let path = [folder, twice.name].join(&b"/"[usize::from(folder.is_empty())..]);
            let path = RelPath::new(&path);
            return Ok(Err(path.expect("it is one of the paths that are changed")));
        }
        if new.is_empty() {
            return Ok(Ok(None));
        }
        sort_tree(&mut new);
        Ok(Ok(Some(self.pack().add(Kind::Tree, &write_tree(&new))?)))
    }

    /// Brings these commits into the repository, with all that is new in their trees, so that refs can move
    /// to them; and keeps for later commands what was found out.
    ///
    /// # Errors
    /// When something is missing, or cannot be written.
    pub fn write(&self, commits: &[ObjectId]) -> Result<(), ObjectError> {
        let writer = self.objects().writer();
        let mut open: Vec<(Kind, ObjectId)> =
            commits.iter().map(|id| (Kind::Commit, *id)).collect();
        while let Some((kind, id)) = open.pop() {
            if !self.pack().brings(id) || writer.brings(id) {
                continue;
            }
            let bytes = self.pack().read_as(id, kind)?;
            self.need(id, kind, &bytes, &mut open)?;
            writer.add(kind, &bytes)?;
        }
        PackWriter::finish(writer).map(drop)
    }

    /// What an object refers to.
    fn need(
        &self,
        id: ObjectId,
        kind: Kind,
        bytes: &[u8],
        open: &mut Vec<(Kind, ObjectId)>,
    ) -> Result<(), ObjectError> {
        match kind {
            Kind::Commit => {
                let commit = RawCommit::parse(bytes);
                let commit = commit.map_err(|reason| ObjectError::Commit { id, reason })?;
                open.push((Kind::Tree, commit.tree()));
                open.extend(commit.parents().iter().map(|id| (Kind::Commit, *id)));
            }
            Kind::Tree => {
                for entry in entries(id, bytes)? {
                    match entry.kind() {
                        EntryKind::Tree => open.push((Kind::Tree, entry.id)),
                        EntryKind::Submodule => {}
                        _ => open.push((Kind::Blob, entry.id)),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What stands where a folder is needed.
enum At {
    Folder(Vec<u8>),
    Nothing,
    /// A file, and the first path that is to be below it.
    File(RelPath),
}

fn entries(id: ObjectId, bytes: &[u8]) -> Result<Vec<TreeEntry<'_>>, ObjectError> {
    parse_tree(bytes).map_err(|reason| ObjectError::Tree { id, reason })
}

/// Folders above a folder, and itself, without the root.
fn ancestors(folder: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = folder.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| &folder[..at])
}

/// A folder's parent and its own name.
fn split(folder: &[u8]) -> (&[u8], &[u8]) {
    match folder.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&folder[..at], &folder[at + 1..]),
        None => (b"", folder),
    }
}

/// The folders right below one, by their names, and what was made of them.
fn below<'m>(
    folder: &[u8],
    made: &'m BTreeMap<Vec<u8>, Option<ObjectId>>,
) -> BTreeMap<&'m [u8], Option<ObjectId>> {
    let made = made.iter().filter(|(path, _)| !path.is_empty());
    let made = made.map(|(path, id)| (split(path), *id));
    let made = made.filter(|((parent, _), _)| *parent == folder);
    made.map(|((_, name), id)| (name, id)).collect()
}

/// The first of the changed paths that is below `file`.
fn first_below(file: &RelPath, changes: &BTreeMap<RelPath, Option<Leaf>>) -> RelPath {
    let inside = |path: &&RelPath| {
        let rest = path.as_bytes().strip_prefix(file.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    changes.keys().find(inside).unwrap_or(file).clone()
}

fn mode(kind: EntryKind) -> &'static [u8] {
    match kind {
        EntryKind::Tree => b"40000",
        EntryKind::Executable => b"100755",
        EntryKind::Symlink => b"120000",
        EntryKind::Submodule => b"160000",
        EntryKind::File | EntryKind::Unknown => b"100644",
    }
}
