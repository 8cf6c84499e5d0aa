//! A bare repository in which objects are made byte by byte, odd ones too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use storyline_repo::projection::{OpaqueCommit, ProjectionError, Projector};
use storyline_repo::{
    EntryKind, Kind, Memo, ObjectId, Objects, PackWriter, RawCommit, Repository, TreeEntry,
    parse_tree, sort_tree, write_tree,
};
use storyline_stamp::Direction;

/// A repository.
pub(crate) struct Place {
    _folder: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

/// An entry of a tree: what stands there, with the mode as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Leaf(Vec<u8>, ObjectId),
    Folder(Vec<u8>, Entries),
}

pub(crate) type Entries = BTreeMap<Vec<u8>, Node>;

/// What commits become, in their order, and which kept their trees.
pub(crate) type Projected = (Vec<ObjectId>, Vec<OpaqueCommit>);

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("bare.git");
        for inside in ["objects/pack", "objects/info", "refs/heads"] {
            fs::create_dir_all(root.join(inside)).expect("a new folder");
        }
        fs::write(root.join("HEAD"), "ref: refs/heads/main\n").expect("a new file");
        Self {
            _folder: folder,
            root,
        }
    }

    /// A repository that borrows all objects in a folder of them.
    pub(crate) fn borrowing(objects: &Path) -> Self {
        let place = Self::new();
        let mut folder = objects.as_os_str().to_owned();
        folder.push("\n");
        let file = place.root.join("objects/info/alternates");
        fs::write(file, folder.as_encoded_bytes()).expect("a new file");
        place
    }

    pub(crate) fn objects(&self) -> Objects {
        let repository = Repository::open_bare(&self.root).expect("it is readable");
        repository.objects().expect("they are readable")
    }

    /// Has `write` make objects.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&PackWriter<'_>) -> T) -> T {
        let objects = self.objects();
        let writer = objects.writer();
        let made = write(&writer);
        writer.finish().expect("the disk has room");
        made
    }

    /// Projects commits, all of them tips, with one projector.
    pub(crate) fn project(
        &self,
        commits: &[ObjectId],
        direction: Direction,
    ) -> Result<Projected, ProjectionError> {
        self.project_with(commits, direction, |_| {})
    }

    /// The same, with a projector that was told something before.
    pub(crate) fn project_with(
        &self,
        commits: &[ObjectId],
        direction: Direction,
        tell: impl FnOnce(&mut Projector<'_>),
    ) -> Result<Projected, ProjectionError> {
        let objects = self.objects();
        let mut projector = Projector::new(&objects, "dev1", direction);
        tell(&mut projector);
        let made = projector.project(commits)?;
        let opaque = projector.opaque().to_vec();
        projector.finish()?;
        Ok((made, opaque))
    }

    /// The same with the repository's memo.
    pub(crate) fn project_by_memo(
        &self,
        commits: &[ObjectId],
        direction: Direction,
    ) -> Result<Vec<ObjectId>, ProjectionError> {
        let repository = Repository::open_bare(&self.root).expect("it is readable");
        let objects = self.objects();
        let projector = Projector::new(&objects, "dev1", direction);
        let mut projector = projector.with_memo(Memo::open(&repository));
        let made = projector.project(commits)?;
        projector.finish()?;
        Ok(made)
    }
}

pub(crate) fn add(writer: &PackWriter<'_>, kind: Kind, bytes: &[u8]) -> ObjectId {
    writer.add(kind, bytes).expect("the disk has room")
}

/// Writes a tree in Git's order.
pub(crate) fn write_entries(writer: &PackWriter<'_>, entries: &Entries) -> ObjectId {
    let written = entries.iter().map(|(name, node)| match node {
        Node::Leaf(mode, id) => (mode, name, *id),
        Node::Folder(mode, inside) => (mode, name, write_entries(writer, inside)),
    });
    let written: Vec<_> = written.collect();
    let mut entries: Vec<_> = written
        .iter()
        .map(|(mode, name, id)| TreeEntry {
            mode,
            name,
            id: *id,
        })
        .collect();
    sort_tree(&mut entries);
    add(writer, Kind::Tree, &write_tree(&entries))
}

/// The tree and all below it; `None` when two entries have one name.
pub(crate) fn read_entries(objects: &Objects, tree: ObjectId) -> Option<Entries> {
    let bytes = objects.read_as(tree, Kind::Tree).expect("it is there");
    let mut entries = Entries::new();
    for entry in parse_tree(&bytes).expect("a tree") {
        let node = match entry.kind() {
            EntryKind::Tree => Node::Folder(entry.mode.into(), read_entries(objects, entry.id)?),
            _ => Node::Leaf(entry.mode.into(), entry.id),
        };
        if entries.insert(entry.name.into(), node).is_some() {
            return None;
        }
    }
    Some(entries)
}

/// A commit's bytes, its tree and its parents.
pub(crate) fn read_commit(objects: &Objects, id: ObjectId) -> (Vec<u8>, ObjectId, Vec<ObjectId>) {
    let bytes = objects.read_as(id, Kind::Commit).expect("it is there");
    let commit = RawCommit::parse(&bytes).expect("a commit");
    let (tree, parents) = (commit.tree(), commit.parents().to_vec());
    (bytes, tree, parents)
}
