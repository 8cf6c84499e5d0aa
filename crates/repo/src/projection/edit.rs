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
type Changes<'c> = BTreeMap<&'c [u8], Option<Leaf>>;

impl Workspace<'_> {
    /// What stands at a path of a tree, unless it is a folder or nothing; of a name that stands twice,
    /// the first.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken.
    pub fn leaf(&self, tree: ObjectId, path: &RelPath) -> Result<Option<Leaf>, ObjectError> {
        Ok(self.leaves(tree, [path])?.remove(path).flatten())
    }

    /// The same for many paths; each folder is read once.
    pub(crate) fn leaves<'p>(
        &self,
        tree: ObjectId,
        paths: impl IntoIterator<Item = &'p RelPath>,
    ) -> Result<BTreeMap<RelPath, Option<Leaf>>, ObjectError> {
        let mut folders = BTreeMap::from([(&b""[..], self.names(tree)?)]);
        let mut found = BTreeMap::new();
        for path in paths {
            for folder in folders_above(path) {
                if !folders.contains_key(folder) {
                    let (parent, name) = split(folder);
                    let names = match folders[parent].get(name) {
                        Some(leaf) if leaf.kind == EntryKind::Tree => self.names(leaf.id)?,
                        _ => BTreeMap::new(),
                    };
                    folders.insert(folder, names);
                }
            }
            let leaf = folders[path.parent()].get(path.file_name());
            let leaf = leaf.filter(|leaf| leaf.kind != EntryKind::Tree);
            found.insert(path.clone(), leaf.copied());
        }
        Ok(found)
    }

    fn names(&self, tree: ObjectId) -> Result<BTreeMap<Vec<u8>, Leaf>, ObjectError> {
        let bytes = self.pack().read_as(tree, Kind::Tree)?;
        let mut names = BTreeMap::new();
        for entry in entries(tree, &bytes)? {
            names.entry(entry.name.to_vec()).or_insert(Leaf {
                kind: entry.kind(),
                id: entry.id,
            });
        }
        Ok(names)
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
    /// entry by entry; folders out of which the last file is taken are left out. A path at which a folder
    /// stands that would stay, or below a file that would, comes back instead. Of a name that stands twice,
    /// the first is meant.
    ///
    /// # Errors
    /// When a tree is missing or broken, or cannot be kept.
    pub fn edited(
        &mut self,
        tree: ObjectId,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
    ) -> Result<Result<ObjectId, RelPath>, ObjectError> {
        let edited = self.edited_unless(tree, changes)?;
        Ok(edited.map_err(|blocked| blocked[0].clone()))
    }

    /// The same; with all paths at which something is in the way, of which there is one at least. Nothing
    /// is in the way of taking out.
    pub(crate) fn edited_unless(
        &mut self,
        tree: ObjectId,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
    ) -> Result<Result<ObjectId, Vec<RelPath>>, ObjectError> {
        self.edited_like(tree, changes, None)
    }

    /// The tree with what another one has at some paths: the very entries, odd modes too, of files and of
    /// folders that come along. Paths at which something is in the way come back instead, one at least.
    ///
    /// # Errors
    /// When a tree is missing or broken, or cannot be kept.
    pub fn carried<'p>(
        &mut self,
        tree: ObjectId,
        from: ObjectId,
        paths: impl IntoIterator<Item = &'p RelPath>,
    ) -> Result<Result<ObjectId, Vec<RelPath>>, ObjectError> {
        let changes = self.leaves(from, paths)?;
        self.edited_like(tree, &changes, Some(from))
    }

    /// What is new has the mode that it has in the tree `like`, where that has the same.
    fn edited_like(
        &mut self,
        tree: ObjectId,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
        like: Option<ObjectId>,
    ) -> Result<Result<ObjectId, Vec<RelPath>>, ObjectError> {
        let mut open = BTreeMap::from([(&b""[..], Changes::new())]);
        for (path, leaf) in changes {
            for folder in folders_above(path) {
                open.entry(folder).or_default();
            }
            let folder = open.entry(path.parent()).or_default();
            folder.insert(path.file_name(), *leaf);
        }
        let there = self.places(tree, &open)?;
        let like = like.map(|like| self.places(like, &open)).transpose()?;
        let like = like.unwrap_or_default();
        let mut blocked = BTreeSet::new();
        let mut made: BTreeMap<&[u8], Below<'_>> = BTreeMap::new();
        for (folder, changes) in open.iter().rev() {
            let below = made.remove(folder).unwrap_or_default();
            let id = match self.folder(&there[folder], like.get(folder), changes, &below)? {
                Ok(id) => id,
                Err(names) => {
                    blocked.extend(names.into_iter().map(|name| join(folder, name)));
                    None
                }
            };
            let (parent, name) = split(folder);
            made.entry(parent).or_default().insert(name, id);
        }
        if !blocked.is_empty() {
            let blocked = changes
                .keys()
                .filter(|path| blocked.contains(path.as_bytes()));
            return Ok(Err(blocked.cloned().collect()));
        }
        match made.remove(&b""[..]).and_then(|root| root[&b""[..]]) {
            Some(id) => Ok(Ok(id)),
            None => self.empty().map(Ok),
        }
    }

    /// What stands where folders are needed; each is read once.
    fn places<'c>(
        &self,
        tree: ObjectId,
        open: &BTreeMap<&'c [u8], Changes<'c>>,
    ) -> Result<BTreeMap<&'c [u8], At>, ObjectError> {
        let mut there = BTreeMap::from([(&b""[..], At::Folder(tree))]);
        let mut names = BTreeMap::from([(&b""[..], self.names(tree)?)]);
        for folder in open.keys().skip(1) {
            let (parent, name) = split(folder);
            let mut at = there[parent];
            if let At::Folder(_) = at {
                at = match names[parent].get(name) {
                    Some(leaf) if leaf.kind == EntryKind::Tree => At::Folder(leaf.id),
                    Some(_) if open[parent].get(name) != Some(&None) => At::File,
                    _ => At::Nothing,
                };
            }
            if let At::Folder(id) = at {
                names.insert(folder, self.names(id)?);
            }
            there.insert(folder, at);
        }
        Ok(there)
    }

    /// A folder with its changes; `None` when nothing is left in it, and the names of those that cannot be.
    fn folder<'c>(
        &self,
        at: &At,
        like: Option<&At>,
        changes: &Changes<'c>,
        below: &Below<'_>,
    ) -> Result<Result<Option<ObjectId>, Vec<&'c [u8]>>, ObjectError> {
        let added = changes.iter().filter(|(_, leaf)| leaf.is_some());
        let added = added.map(|(name, _)| *name);
        let bytes = match *at {
            At::Folder(id) => self.pack().read_as(id, Kind::Tree)?,
            At::Nothing => Vec::new(),
            At::File => {
                let added: Vec<_> = added.collect();
                return Ok(if added.is_empty() {
                    Ok(None)
                } else {
                    Err(added)
                });
            }
        };
        let old = match *at {
            At::Folder(id) => entries(id, &bytes)?,
            _ => Vec::new(),
        };
        let bytes = match like {
            Some(At::Folder(id)) => self.pack().read_as(*id, Kind::Tree)?,
            _ => Vec::new(),
        };
        let like = match like {
            Some(At::Folder(id)) => entries(*id, &bytes)?,
            _ => Vec::new(),
        };
        let new = changed(&old, &like, changes, below);
        let mut names = BTreeMap::<_, usize>::new();
        for entry in &new {
            *names.entry(entry.name).or_default() += 1;
        }
        let twice: Vec<_> = added.filter(|name| names[name] > 1).collect();
        if !twice.is_empty() {
            return Ok(Err(twice));
        }
        if new.is_empty() {
            return Ok(Ok(None));
        }
        self.pack()
            .add(Kind::Tree, &write_tree(&new))
            .map(Some)
            .map(Ok)
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

/// The folders right below one, by their names, and what was made of them; `None` when nothing is left.
type Below<'c> = BTreeMap<&'c [u8], Option<ObjectId>>;

/// What stands where a folder is needed.
#[derive(Clone, Copy)]
enum At {
    Folder(ObjectId),
    Nothing,
    /// Something that stays, here or further up.
    File,
}

/// The entries of a folder with its changes: what is replaced keeps its place and its mode, and the first
/// that is new puts all into Git's order. That has the mode which `like` has for it.
fn changed<'t>(
    old: &[TreeEntry<'t>],
    like: &[TreeEntry<'t>],
    changes: &Changes<'t>,
    below: &Below<'t>,
) -> Vec<TreeEntry<'t>> {
    let leaves = changes.iter().map(|(name, leaf)| ((false, *name), *leaf));
    let folders = below.iter().map(|(name, id)| {
        let kind = EntryKind::Tree;
        ((true, *name), id.map(|id| Leaf { kind, id }))
    });
    let mut left: BTreeMap<_, _> = leaves.chain(folders).collect();
    let mut new = Vec::with_capacity(old.len() + left.len());
    for entry in old {
        let is_folder = entry.kind() == EntryKind::Tree;
        match left.remove(&(is_folder, entry.name)) {
            None => new.push(entry.clone()),
            Some(None) => {}
            Some(Some(Leaf { kind, id })) => {
                let is_kept = kind == entry.kind();
                let mode = if is_kept { entry.mode } else { mode(kind) };
                let name = entry.name;
                new.push(TreeEntry { mode, name, id });
            }
        }
    }
    let count = new.len();
    for ((_, name), leaf) in left {
        new.extend(leaf.map(|Leaf { kind, id }| {
            let mut like = like.iter();
            let like = like.find(|like| like.name == name && like.kind() == kind);
            let mode = like.map_or(mode(kind), |like| like.mode);
            TreeEntry { mode, name, id }
        }));
    }
    if new.len() > count {
        sort_tree(&mut new);
    }
    new
}

fn entries(id: ObjectId, bytes: &[u8]) -> Result<Vec<TreeEntry<'_>>, ObjectError> {
    parse_tree(bytes).map_err(|reason| ObjectError::Tree { id, reason })
}

/// The folders that a path is in, without the root, outermost first.
fn folders_above(path: &RelPath) -> impl Iterator<Item = &[u8]> {
    let path = path.as_bytes();
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| &path[..at])
}

/// A folder's parent and its own name.
fn split(folder: &[u8]) -> (&[u8], &[u8]) {
    match folder.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&folder[..at], &folder[at + 1..]),
        None => (b"", folder),
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let slash = &b"/"[usize::from(folder.is_empty())..];
    [folder, slash, name].concat()
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
