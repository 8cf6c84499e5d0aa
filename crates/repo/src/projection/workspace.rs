//! Trees looked at alone, without their histories: what two of them have in common, and what they are
//! in canonical form. Whatever is made of them stays in memory.

use std::collections::BTreeMap;

use storyline_manifest::{Manifest, is_manifest_file};
use storyline_stamp::{Direction, EntryKind as FileKind, Scope, Tree as Candidates};
use storyline_text::RelPath;

use super::folder::Part;
use super::history::{Becomes, Projector};
use super::trees::Trees;
use super::whole::list;
use super::{Opaque, ProjectionError};
use crate::id::{Kind, ObjectId};
use crate::memo::Memo;
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::pack::PackWriter;
use crate::tree::EntryKind;

/// Trees of one repository.
pub struct Workspace<'o> {
    trees: Trees<'o>,
}

/// What stands at a path of a tree, unless it is a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What it is.
    pub kind: EntryKind,
    /// Its blob, or another repository's commit.
    pub id: ObjectId,
}

/// Where two trees differ: what stands at each path on the left and on the right.
pub type Differences = BTreeMap<RelPath, [Option<Leaf>; 2]>;

impl<'o> Workspace<'o> {
    /// Looks at trees of a repository, with what former commands found out about them.
    pub fn new(objects: &'o Objects, memo: Memo) -> Self {
        let mut trees = Trees::new(objects);
        trees.memo = memo;
        Self { trees }
    }

    /// Where objects that are made go; none of them comes into the repository by itself.
    pub(crate) fn pack(&self) -> &PackWriter<'o> {
        &self.trees.pack
    }

    /// The objects of the repository.
    pub fn objects(&self) -> &'o Objects {
        self.trees.objects
    }

    /// The tree without files.
    ///
    /// # Errors
    /// When nothing can be kept.
    pub fn empty(&self) -> Result<ObjectId, ObjectError> {
        self.trees.pack.add(Kind::Tree, b"")
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// When the commit is missing or broken.
    pub fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        self.trees.objects.tree_of(commit)
    }

    /// Whether something stands at a path of a tree.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken.
    pub fn has(&mut self, tree: ObjectId, path: &RelPath) -> Result<bool, ObjectError> {
        let mut found = Part::Folder(self.trees.root(tree));
        for name in path.as_bytes().split(|byte| *byte == b'/') {
            let Part::Folder(place) = found else {
                return Ok(false);
            };
            let folder = self.trees.folder(place)?;
            let entry = folder.as_ref().and_then(|folder| folder.find(name));
            let Some(entry) = entry else {
                return Ok(false);
            };
            found = entry.part;
        }
        Ok(true)
    }

    /// The bytes of a file of a tree, or the target of a link.
    ///
    /// # Errors
    /// When they are missing or broken.
    pub fn read(&self, blob: ObjectId) -> Result<Vec<u8>, ObjectError> {
        self.trees.pack.read_as(blob, Kind::Blob)
    }

    /// Reads many blobs at once, which is faster than one by one. Each is handed to `each` once; those
    /// that cannot be read come as errors.
    pub fn read_all(
        &self,
        blobs: &[ObjectId],
        each: impl Fn(ObjectId, Result<Vec<u8>, ObjectError>) + Sync,
    ) {
        let pack = &self.trees.pack;
        let (new, stored): (Vec<_>, Vec<_>) = blobs.iter().partition(|id| pack.brings(**id));
        for id in new {
            each(id, self.read(id));
        }
        let read = self.trees.objects.read_all(&stored, |id, object| {
            let bytes = object.map(|object| object.bytes.to_vec());
            each(id, bytes);
            Ok::<_, std::convert::Infallible>(())
        });
        match read {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Path and bytes of each file of the manifest in a tree.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn manifest_files(
        &mut self,
        tree: ObjectId,
    ) -> Result<Vec<(RelPath, Vec<u8>)>, ObjectError> {
        let mut files = Vec::new();
        let root = self.trees.root(tree);
        let mut open = vec![root];
        while let Some(place) = open.pop() {
            let Some(folder) = self.trees.folder(place)? else {
                continue;
            };
            for entry in folder.entries() {
                match entry.part {
                    Part::Folder(below) => {
                        if place == root && folder.name(entry) == b"environments" {
                            open.push(below);
                        }
                    }
                    Part::File(FileKind::File, path) => {
                        let path = self.trees.paths().get(path);
                        if is_manifest_file(path) {
                            let bytes = self.read(entry.id).map_err(|e| e.at(path.as_bytes()))?;
                            files.push((path.clone(), bytes));
                        }
                    }
                    Part::File(..) => {}
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The names that a tree defines, which tell the form that it is in; `None` for a tree that Git would
    /// not write.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn own_names(
        &mut self,
        tree: ObjectId,
        manifest: &Manifest,
    ) -> Result<Option<Candidates>, ProjectionError> {
        self.candidates(tree, &Scope::of_definitions(manifest))
    }

    /// All that `scope` finds in the files of a tree; `None` for a tree that Git would not write.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn candidates(
        &mut self,
        tree: ObjectId,
        scope: &Scope,
    ) -> Result<Option<Candidates>, ProjectionError> {
        let root = self.trees.root(tree);
        if self.trees.outline_of(root)?.is_none() {
            return Ok(None);
        }
        let files = list(&mut self.trees, root)?;
        match Candidates::read(&files, scope) {
            Ok(found) => Ok(Some(found)),
            Err(error) => match files.missing(&error) {
                Some(missing) => Err(missing.into()),
                None => Ok(None),
            },
        }
    }

    /// What a tree is in canonical form, when it is in that of an environment; or why that cannot be said.
    /// A tree without a manifest is read with that of the tree `lent`.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn unstamped(
        &mut self,
        tree: ObjectId,
        environment: &str,
        lent: Option<ObjectId>,
    ) -> Result<Result<ObjectId, Opaque>, ProjectionError> {
        self.projected(tree, environment, lent, Direction::Unstamp)
    }

    /// What a canonical tree is in the form of an environment; or why that cannot be said. It was taken back
    /// and is the same.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn stamped(
        &mut self,
        tree: ObjectId,
        environment: &str,
    ) -> Result<Result<ObjectId, Opaque>, ProjectionError> {
        self.projected(tree, environment, None, Direction::Stamp)
    }

    fn projected(
        &mut self,
        tree: ObjectId,
        environment: &str,
        lent: Option<ObjectId>,
        direction: Direction,
    ) -> Result<Result<ObjectId, Opaque>, ProjectionError> {
        let trees = self.trees.take();
        let mut projector = Projector::on(trees, environment, direction);
        let becomes = projector.alone(tree, lent);
        self.trees = projector.trees;
        Ok(match becomes? {
            Becomes::Projected(tree) => Ok(tree),
            Becomes::Opaque(why) => Err(why),
        })
    }

    /// Where two trees differ. Folders that are the same are not looked into, so that this costs what is
    /// different. Folders that Git would not write are looked at like others; of a name that stands twice,
    /// at the first.
    ///
    /// # Errors
    /// When a tree is missing or broken, or holds a path that leaves its folder.
    pub fn differences(
        &mut self,
        left: Option<ObjectId>,
        right: Option<ObjectId>,
    ) -> Result<Differences, ObjectError> {
        let mut found = Differences::new();
        let mut open = vec![(Vec::new(), [left, right])];
        while let Some((folder, sides)) = open.pop() {
            let mut entries: BTreeMap<Vec<u8>, [Option<Leaf>; 2]> = BTreeMap::new();
            for (side, tree) in sides.into_iter().enumerate() {
                let Some(tree) = tree else { continue };
                let bytes = self.trees.pack.read_as(tree, Kind::Tree);
                let bytes = bytes.map_err(|error| error.at(&folder))?;
                let parsed = crate::tree::parse_tree(&bytes);
                let parsed = parsed.map_err(|reason| ObjectError::Tree { id: tree, reason })?;
                for entry in parsed {
                    let leaf = Leaf {
                        kind: entry.kind(),
                        id: entry.id,
                    };
                    let sides = entries.entry(entry.name.to_vec()).or_default();
                    sides[side].get_or_insert(leaf);
                }
            }
            for (name, sides) in entries {
                if sides[0] == sides[1] {
                    continue;
                }
                let path = [&*folder, &name].concat();
                let inside = sides.map(|leaf| leaf.filter(|leaf| leaf.kind == EntryKind::Tree));
                if inside != [None, None] {
                    let inside = inside.map(|leaf| leaf.map(|leaf| leaf.id));
                    open.push(([&*path, b"/"].concat(), inside));
                }
                let leaves = sides.map(|leaf| leaf.filter(|leaf| leaf.kind != EntryKind::Tree));
                if leaves != [None, None] {
                    let path = RelPath::new(&path).map_err(|reason| ObjectError::Path {
                        path,
                        reason: reason.to_string(),
                    })?;
                    found.insert(path, leaves);
                }
            }
        }
        Ok(found)
    }

    /// Keeps for later commands what was found out.
    pub fn finish(self) {
        self.trees.memo.save();
    }
}
