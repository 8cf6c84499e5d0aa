//! A tree that has to be looked at as a whole: planned like a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use storyline_stamp::{
    Change, Direction, Entry, EntryKind as FileKind, FileSet, ReadError, Scope, Tree, plan,
};
use storyline_text::RelPath;

use super::ProjectionError;
use super::folder::{self, Part};
use super::forest::{Root, Verdict, finish, outlined};
use super::manifests::Manifests;
use super::trees::{Place, Trees};
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
    let files = list(trees, root.place)?;
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
    carry_out(trees, root.place, &changes)
}

/// All files of a tree whose outline is known.
pub(super) fn list<'t, 'o>(
    trees: &'t mut Trees<'o>,
    root: Place,
) -> Result<Whole<'t, 'o>, ProjectionError> {
    let (mut entries, mut blobs) = (Vec::new(), FxHashMap::default());
    let mut open = vec![root];
    while let Some(place) = open.pop() {
        let folder = outlined(trees.folder(place)?);
        for entry in folder.entries() {
            let (kind, path) = match entry.part {
                Part::File(kind, path) => (kind, trees.paths().get(path).clone()),
                Part::Folder(below) => {
                    open.push(below);
                    continue;
                }
            };
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
    let folder = outlined(trees.folder(place)?);
    let mut made = Vec::new();
    for (at, entry) in folder.entries().iter().enumerate() {
        match entry.part {
            Part::Folder(below) => {
                let Some(id) = carry_out(trees, below, changes)? else {
                    return Ok(None);
                };
                if id != entry.id {
                    made.push(folder::Change { at, id, to: None });
                }
            }
            Part::File(_, path) => {
                let Some(change) = changes.get(trees.paths().get(path)) else {
                    continue;
                };
                let id = trees.pack.add(Kind::Blob, &change.after())?;
                let to = Some(change.to.clone());
                made.push(folder::Change { at, id, to });
            }
        }
    }
    finish(trees, place, &folder, &made)
}
