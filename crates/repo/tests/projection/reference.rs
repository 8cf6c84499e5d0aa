//! What a projection has to be, found out the slow way: each tree planned as a whole.

use storyline_manifest::{Environment, Manifest, is_manifest_file};
use storyline_repo::projection::Opaque;
use storyline_repo::{EntryKind, Kind, ObjectId, Objects, PackWriter, TreeEntry};
use storyline_stamp::{Direction, EntryKind as FileKind, FileSet, Scope, Tree, plan};
use storyline_text::RelPath;

use crate::files::Files;
use crate::place::{Entries, Node, Place, add, read_entries, write_entries};

/// A tree as those who plan want it.
struct Checkout {
    entries: Entries,
    files: Files,
}

/// What becomes of a tree, if that comes back.
pub(crate) fn project(
    place: &Place,
    tree: ObjectId,
    direction: Direction,
) -> Result<ObjectId, Opaque> {
    let there = place.write(|writer| one_way(&place.objects(), writer, tree, direction))?;
    let back = place.write(|writer| one_way(&place.objects(), writer, there, opposite(direction)));
    match back == Ok(tree) {
        true => Ok(there),
        false => Err(Opaque::Refused),
    }
}

pub(crate) fn opposite(way: Direction) -> Direction {
    match way {
        Direction::Stamp => Direction::Unstamp,
        Direction::Unstamp => Direction::Stamp,
    }
}

fn one_way(
    objects: &Objects,
    writer: &PackWriter<'_>,
    tree: ObjectId,
    direction: Direction,
) -> Result<ObjectId, Opaque> {
    let checkout = Checkout::read(objects, tree).ok_or(Opaque::OddTree)?;
    if write_entries(writer, &checkout.entries) != tree {
        return Err(Opaque::OddTree);
    }
    let manifest = checkout.manifest()?;
    let environment = environment(&manifest)?;
    let read = Tree::read(&checkout.files, &Scope::of(&manifest, environment));
    let read = read.expect("every file is there");
    let plan = plan(&read, &manifest, environment, direction).map_err(|_| Opaque::Refused)?;
    let mut entries = checkout.entries.clone();
    let changes = &plan.patch.changes;
    let gone: Vec<_> = changes
        .iter()
        .map(|c| take(&mut entries, &c.from))
        .collect();
    for (change, mode) in changes.iter().zip(gone) {
        let id = add(writer, Kind::Blob, &change.after());
        let (folder, name) = folder_of(&mut entries, &change.to);
        let before = folder.insert(name, Node::Leaf(mode, id));
        assert_eq!(before, None, "{}", change.to);
    }
    Ok(write_entries(writer, &entries))
}

fn environment(manifest: &Manifest) -> Result<&Environment, Opaque> {
    manifest
        .environment("dev1")
        .map_err(|_| Opaque::NoEnvironment)
}

/// The folder of `path`, and its own name.
fn folder_of<'e>(entries: &'e mut Entries, path: &RelPath) -> (&'e mut Entries, Vec<u8>) {
    let mut folder = entries;
    let mut names: Vec<_> = path.as_bytes().split(|byte| *byte == b'/').collect();
    let name = names.pop().expect("a path has a name").to_vec();
    for name in names {
        let Some(Node::Folder(_, inside)) = folder.get_mut(name) else {
            panic!("no folder: {path}");
        };
        folder = inside;
    }
    (folder, name)
}

/// Takes a file away, and tells its mode.
fn take(entries: &mut Entries, path: &RelPath) -> Vec<u8> {
    let (folder, name) = folder_of(entries, path);
    match folder.remove(&name) {
        Some(Node::Leaf(mode, _)) => mode,
        other => panic!("no file: {path}: {other:?}"),
    }
}

impl Checkout {
    /// `None` for what Git would not write.
    fn read(objects: &Objects, tree: ObjectId) -> Option<Self> {
        let entries = read_entries(objects, tree)?;
        let mut files = Files::default();
        list(objects, b"", &entries, &mut files)?;
        Some(Self { entries, files })
    }

    fn manifest(&self) -> Result<Manifest, Opaque> {
        let regular = self.files.entries().iter();
        let regular = regular.filter(|e| e.kind == FileKind::File && is_manifest_file(&e.path));
        let found: Vec<_> = regular
            .map(|entry| {
                (
                    entry.path.clone(),
                    self.files.bytes(&entry.path).expect("a file"),
                )
            })
            .collect();
        if !found
            .iter()
            .any(|(path, _)| path.as_bytes() == b"storyline.toml")
        {
            return Err(Opaque::NoManifest);
        }
        Manifest::parse(&found).map_err(|_| Opaque::BrokenManifest)
    }
}

fn list(objects: &Objects, folder: &[u8], entries: &Entries, files: &mut Files) -> Option<()> {
    for (name, node) in entries {
        if name == b"." || name == b".." || name.contains(&b'/') {
            return None;
        }
        let path = [folder, name].concat();
        match node {
            Node::Folder(_, inside) => list(objects, &[&path[..], b"/"].concat(), inside, files)?,
            Node::Leaf(mode, id) => {
                let entry = TreeEntry {
                    mode,
                    name,
                    id: *id,
                };
                let (kind, bytes) = match entry.kind() {
                    EntryKind::File | EntryKind::Executable => {
                        let bytes = objects.read_as(*id, Kind::Blob).expect("it is there");
                        (FileKind::File, bytes)
                    }
                    EntryKind::Submodule => (FileKind::Submodule, Vec::new()),
                    _ => (FileKind::Symlink, Vec::new()),
                };
                files.add(RelPath::new(&path).expect("a plain path"), kind, bytes);
            }
        }
    }
    Some(())
}
