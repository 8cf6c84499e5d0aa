//! A tree that has to be looked at as a whole: planned like a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use storyline_stamp::{
    Change, Direction, Entry, EntryKind as FileKind, FileSet, ReadError, Scope, Tree, plan,
};
use storyline_text::RelPath;

use super::ProjectionError;
use super::forest::{Root, Verdict, finish, outlined};
use super::manifests::Manifests;
use super::trees::{Place, ROOT, Trees, file_kind};
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::pack::PackWriter;

/// All files of a tree.
pub(super) struct Whole<'t, 'o> {
    pub(super) pack: &'t PackWriter<'o>,
    entries: Vec<Entry>,
    pub(super) blobs: FxHashMap<RelPath, ObjectId>,
}

impl Whole<'_, '_> {
    /// Why a file could not be read, with the object that is missing or broken; `None` when it can be now.
    pub(super) fn missing(&self, error: &ReadError) -> Option<ObjectError> {
        let id = self.blobs.get(&error.path)?;
        let again = self.pack.read_as(*id, Kind::Blob).err();
        again.map(|missing| missing.at(error.path.as_bytes()))
    }
}

impl FileSet for Whole<'_, '_> {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let failed = |reason: String| ReadError {
            path: path.clone(),
            reason,
        };
        let id = self.blobs.get(path);
        let id = id.ok_or_else(|| failed("it is not in this tree".into()))?;
        let bytes = self.pack.read_as(*id, Kind::Blob);
        bytes
            .map(Cow::Owned)
            .map_err(|error| failed(error.to_string()))
    }
}

/// Plans a tree whose outline is known, and carries the plan out.
pub(super) fn as_a_whole(
    trees: &mut Trees<'_>,
    manifests: &Manifests,
    direction: Direction,
    root: Root,
) -> Result<Verdict, ProjectionError> {
    let (manifest, environment) = manifests.get(root.manifest);
    let files = list(trees, root.tree)?;
    let tree = match Tree::read(&files, &Scope::of(manifest, environment)) {
        Ok(tree) => tree,
        Err(error) => {
            let missing = files.missing(&error);
            return missing.map_or(Ok(None), |error| Err(error.into()));
        }
    };
    let Ok(plan) = plan(&tree, manifest, environment, direction) else {
        return Ok(None);
    };
    let changes = plan.patch.changes.iter();
    let changes: BTreeMap<_, _> = changes
        .map(|change| (change.from.clone(), change))
        .collect();
    carry_out(trees, (root.tree, ROOT), &changes)
}

/// All files of a tree whose outline is known.
pub(super) fn list<'t, 'o>(
    trees: &'t mut Trees<'o>,
    tree: ObjectId,
) -> Result<Whole<'t, 'o>, ProjectionError> {
    let (mut entries, mut blobs) = (Vec::new(), FxHashMap::default());
    let mut open = vec![(tree, ROOT)];
    while let Some((tree, prefix)) = open.pop() {
        let folder = outlined(trees.folder(tree)?);
        for (kind, entry) in folder.entries() {
            let Some(kind) = file_kind(kind) else {
                let below = trees.below(prefix, entry.name);
                open.push((entry.id, below));
                continue;
            };
            let path = trees.rel_path(prefix, entry.name);
            if kind == FileKind::File {
                blobs.insert(path.clone(), entry.id);
            }
            let size = 0;
            entries.push(Entry { path, kind, size });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Whole {
        pack: &trees.pack,
        entries,
        blobs,
    })
}

/// The tree in which `changes`, none of which moves a file to another folder, are made.
fn carry_out(
    trees: &mut Trees<'_>,
    place: Place,
    changes: &BTreeMap<RelPath, &Change>,
) -> Result<Verdict, ProjectionError> {
    let folder = outlined(trees.folder(place.0)?);
    let mut parts = Vec::new();
    for (kind, entry) in folder.entries() {
        let (mut id, mut name) = (entry.id, entry.name.to_vec());
        if file_kind(kind).is_none() {
            let below = trees.below(place.1, entry.name);
            match carry_out(trees, (entry.id, below), changes)? {
                Some(made) => id = made,
                None => return Ok(None),
            }
        } else if let Some(change) = changes.get(&trees.rel_path(place.1, entry.name)) {
            id = trees.pack.add(Kind::Blob, &change.after())?;
            name = change.to.file_name().to_vec();
        }
        parts.push((entry.mode, name, id));
    }
    finish(trees, place.0, &folder, &parts)
}
