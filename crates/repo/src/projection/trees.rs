//! Trees as they are read while a history is projected: each once in a while, and what their paths say
//! once and for all.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use storyline_stamp::EntryKind as FileKind;
use storyline_stamp::parts::Outline;
use storyline_text::RelPath;

use crate::id::{Kind, ObjectId};
use crate::memo::{Key, Memo};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::pack::PackWriter;
use crate::tree::{EntryKind, TreeEntry, is_sorted, parse_tree};

/// Folders within folders, from where on a tree is left as it is.
const MAX_DEPTH: usize = 256;
/// Trees that are kept at hand, in bytes.
const AT_HAND: usize = 32 << 20;

/// A path that folders have, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Prefix(u32);

/// A tree in its place: what its files mean depends on their paths.
pub(super) type Place = (ObjectId, Prefix);

/// The root's path.
pub(super) const ROOT: Prefix = Prefix(0);

/// One tree, parsed.
pub(super) struct Folder {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    kind: EntryKind,
    id: ObjectId,
    /// Where mode and name are in the bytes.
    mode: (u32, u32),
    name: (u32, u32),
}

impl Folder {
    fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        // Undoing deltas takes more room than what comes out.
        bytes.shrink_to_fit();
        let parsed = parse_tree(&bytes).ok()?;
        let is_plain = |entry: &TreeEntry<'_>| {
            !matches!(entry.name, b"." | b"..") && memchr::memchr(b'/', entry.name).is_none()
        };
        if !is_sorted(&parsed) || !parsed.iter().all(is_plain) {
            return None;
        }
        let start = bytes.as_ptr() as usize;
        let place = |part: &[u8]| {
            let at = part.as_ptr() as usize - start;
            Some((
                u32::try_from(at).ok()?,
                u32::try_from(at + part.len()).ok()?,
            ))
        };
        let entries = parsed.iter().map(|entry| {
            Some(Entry {
                kind: entry.kind(),
                id: entry.id,
                mode: place(entry.mode)?,
                name: place(entry.name)?,
            })
        });
        let entries = entries.collect::<Option<_>>()?;
        Some(Self { entries, bytes })
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        &self.bytes[start as usize..end as usize]
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (EntryKind, TreeEntry<'_>)> {
        self.entries.iter().map(|entry| {
            let raw = TreeEntry {
                mode: self.slice(entry.mode),
                name: self.slice(entry.name),
                id: entry.id,
            };
            (entry.kind, raw)
        })
    }

    /// Names and blobs of regular files.
    pub(super) fn files(&self) -> impl Iterator<Item = (&[u8], ObjectId)> {
        let files = self
            .entries()
            .filter(|(kind, _)| file_kind(*kind) == Some(FileKind::File));
        files.map(|(_, entry)| (entry.name, entry.id))
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<(EntryKind, ObjectId)> {
        let mut entries = self.entries();
        let (kind, entry) = entries.find(|(_, entry)| entry.name == name)?;
        Some((kind, entry.id))
    }
}

/// What stamping takes an entry for; `None` for a folder.
pub(super) fn file_kind(kind: EntryKind) -> Option<FileKind> {
    match kind {
        EntryKind::Tree => None,
        EntryKind::File | EntryKind::Executable => Some(FileKind::File),
        // Whatever an unknown mode means, it keeps its name and bytes.
        EntryKind::Symlink | EntryKind::Unknown => Some(FileKind::Symlink),
        EntryKind::Submodule => Some(FileKind::Submodule),
    }
}

/// The one that `known` has of this value, from now on if there was none.
pub(super) fn shared<T: Eq + Hash>(known: &mut FxHashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return known.clone();
    }
    let value = Arc::new(value);
    known.insert(value.clone());
    value
}

/// All trees that are met.
pub(super) struct Trees<'o> {
    pub(super) objects: &'o Objects,
    /// Where new ones are written.
    pub(super) pack: PackWriter<'o>,
    pub(super) memo: Memo,
    at_hand: FxHashMap<ObjectId, Option<Arc<Folder>>>,
    weight: usize,
    prefixes: FxHashMap<Box<[u8]>, Prefix>,
    paths: Vec<Box<[u8]>>,
    outlines: FxHashMap<Place, Option<Arc<Outline>>>,
    /// Each that is known once: paths that matter seldom change.
    shared: FxHashSet<Arc<Outline>>,
}

impl<'o> Trees<'o> {
    pub(super) fn new(objects: &'o Objects) -> Self {
        Self {
            objects,
            pack: objects.writer(),
            memo: Memo::default(),
            at_hand: FxHashMap::default(),
            weight: 0,
            prefixes: [(Box::default(), ROOT)].into_iter().collect(),
            paths: vec![Box::default()],
            outlines: FxHashMap::default(),
            shared: FxHashSet::default(),
        }
    }

    /// All of it; what stays knows nothing.
    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.objects))
    }

    /// The tree `id`; `None` when it is not as Git writes trees.
    pub(super) fn folder(&mut self, id: ObjectId) -> Result<Option<Arc<Folder>>, ObjectError> {
        if let Some(folder) = self.at_hand.get(&id) {
            return Ok(folder.clone());
        }
        let bytes = self.pack.read_as(id, Kind::Tree)?;
        // With what is parsed of it, about as much again.
        let weight = 2 * bytes.len() + 256;
        self.weight += weight;
        if self.weight > AT_HAND {
            self.at_hand.clear();
            self.weight = weight;
        }
        let folder = Folder::parse(bytes).map(Arc::new);
        self.at_hand.insert(id, folder.clone());
        Ok(folder)
    }

    /// The folder `name` in a place.
    pub(super) fn below(&mut self, prefix: Prefix, name: &[u8]) -> Prefix {
        let path = self.path(prefix, name);
        if let Some(known) = self.prefixes.get(path.as_slice()) {
            return *known;
        }
        let number = u32::try_from(self.paths.len()).expect("fewer folders than bytes of memory");
        self.paths.push(path.clone().into());
        self.prefixes.insert(path.into(), Prefix(number));
        Prefix(number)
    }

    fn path(&self, prefix: Prefix, name: &[u8]) -> Vec<u8> {
        let folder = &self.paths[prefix.0 as usize];
        let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
        [folder, slash, name].concat()
    }

    /// The path of what is called `name` in a place.
    pub(super) fn rel_path(&self, prefix: Prefix, name: &[u8]) -> RelPath {
        RelPath::new(&self.path(prefix, name)).expect("folders with other names are not read")
    }

    /// A question about a place, for the memo.
    pub(super) fn question(&self, what: &[u8], (tree, prefix): Place, how: &[u8]) -> Key {
        Key::of(&[what, tree.as_bytes(), &self.paths[prefix.0 as usize], how])
    }

    /// What the paths of a place say; `None` when a tree in it is not as Git writes trees, or too deep.
    pub(super) fn outline(&mut self, place: Place) -> Result<Option<Arc<Outline>>, ObjectError> {
        self.outline_at(place, 0)
    }

    fn outline_at(
        &mut self,
        place: Place,
        depth: usize,
    ) -> Result<Option<Arc<Outline>>, ObjectError> {
        if let Some(known) = self.outlines.get(&place) {
            return Ok(known.clone());
        }
        let question = |trees: &Self| trees.question(b"outline", place, b"");
        let known = self.memo.get(|| question(self));
        let outline = match known.and_then(|known| Outline::from_bytes(&known)) {
            Some(known) => Some(known),
            None => {
                let outline = self.read_outline(place, depth)?;
                if let Some(outline) = &outline {
                    let key = question(self);
                    self.memo.put(|| key, &outline.to_bytes());
                }
                outline
            }
        };
        let outline = outline.map(|outline| shared(&mut self.shared, outline));
        self.outlines.insert(place, outline.clone());
        Ok(outline)
    }

    fn read_outline(
        &mut self,
        (tree, prefix): Place,
        depth: usize,
    ) -> Result<Option<Outline>, ObjectError> {
        let folder = self
            .folder(tree)
            .map_err(|e| e.at(&self.paths[prefix.0 as usize]))?;
        let Some(folder) = folder.filter(|_| depth < MAX_DEPTH) else {
            return Ok(None);
        };
        let mut outline = Outline::default();
        for (kind, entry) in folder.entries() {
            if Outline::wants(entry.name, file_kind(kind), prefix == ROOT) {
                outline.add(&self.rel_path(prefix, entry.name), file_kind(kind));
            }
            if kind == EntryKind::Tree {
                let below = self.below(prefix, entry.name);
                match self.outline_at((entry.id, below), depth + 1)? {
                    Some(inside) => outline.extend(&inside),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(outline))
    }
}
