//! Trees as they are read while a history is projected: each once in a while, and what their paths say
//! once and for all.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use storyline_stamp::EntryKind as FileKind;
use storyline_stamp::parts::Outline;

use super::folder::{Entry, Folder, Part};
use super::numbers::{Number, Shared, number};
use super::paths::{PathId, Paths};
use crate::id::{Kind, ObjectId};
use crate::memo::{Key, Memo};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::pack::PackWriter;

/// Folders within folders, from where on a tree is left as it is.
const MAX_DEPTH: usize = 256;
/// Trees that are kept at hand, in bytes.
const AT_HAND: usize = 32 << 20;

number! {
    /// A tree in its place: what its files mean depends on their paths.
    Place
}
number! {
    /// What the paths of some place say.
    OutlineId
}

/// What an outline is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Path(PathId, Option<FileKind>),
    Folder(OutlineId),
}

/// All trees that are met.
pub(super) struct Trees<'o> {
    pub(super) objects: &'o Objects,
    /// Where new ones are written.
    pub(super) pack: PackWriter<'o>,
    pub(super) memo: Memo,
    at_hand: FxHashMap<Place, Option<Arc<Folder>>>,
    weight: usize,
    /// What was written last in the place of some tree at a path: the next is like it.
    written: FxHashMap<PathId, Place>,
    known: Known,
}

/// What was found out.
#[derive(Default)]
struct Known {
    paths: Paths,
    places: Vec<(ObjectId, PathId)>,
    numbers: FxHashMap<(ObjectId, PathId), Place>,
    outlines: FxHashMap<Place, Option<OutlineId>>,
    /// Most folders tell what others told before.
    told: FxHashMap<Vec<Told>, OutlineId>,
    shared: Shared<OutlineId, Outline>,
}

impl Known {
    fn place(&mut self, tree: ObjectId, path: PathId) -> Place {
        let next = Place::new(self.places.len());
        let place = *self.numbers.entry((tree, path)).or_insert(next);
        if place == next {
            self.places.push((tree, path));
        }
        place
    }

    /// A question about a place, for the memo.
    fn question(&self, what: &[u8], place: Place, how: &[u8]) -> Key {
        let (tree, path) = self.places[place.at()];
        Key::of(&[what, tree.as_bytes(), self.paths.bytes(path), how])
    }

    fn outline(&mut self, told: Vec<Told>) -> OutlineId {
        if let Some(known) = self.told.get(&told) {
            return *known;
        }
        let mut outline = Outline::default();
        for told in &told {
            match told {
                Told::Path(path, kind) => outline.add(self.paths.get(*path), *kind),
                Told::Folder(inside) => outline.extend(self.shared.get(*inside)),
            }
        }
        let number = self.shared.number(outline);
        self.told.insert(told, number);
        number
    }
}

impl<'o> Trees<'o> {
    pub(super) fn new(objects: &'o Objects) -> Self {
        Self {
            objects,
            pack: objects.writer(),
            memo: Memo::default(),
            at_hand: FxHashMap::default(),
            weight: 0,
            written: FxHashMap::default(),
            known: Known::default(),
        }
    }

    /// About how much is known, in things that take some hundred bytes.
    pub(super) fn count(&self) -> usize {
        let known = &self.known;
        known.paths.count() + known.places.len() + known.shared.count()
    }

    /// Forgets all places and paths, whose numbers then mean nothing any more.
    pub(super) fn forget(&mut self) {
        self.known = Known::default();
        self.at_hand.clear();
        self.written.clear();
        self.weight = 0;
    }

    /// All of it; what stays knows nothing.
    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.objects))
    }

    /// How much waits to be written, and is known.
    pub(super) fn weight(&self) -> usize {
        self.pack.count() + self.memo.count() + self.count()
    }

    /// A tree as the root.
    pub(super) fn root(&mut self, tree: ObjectId) -> Place {
        self.known.place(tree, Paths::root())
    }

    /// A tree as the folder `name` at the root.
    pub(super) fn at_root(&mut self, name: &[u8], tree: ObjectId) -> Place {
        let path = self.known.paths.below(Paths::root(), name);
        self.known.place(tree, path)
    }

    /// The tree in a place.
    pub(super) fn tree(&self, place: Place) -> ObjectId {
        self.known.places[place.at()].0
    }

    pub(super) fn paths(&self) -> &Paths {
        &self.known.paths
    }

    /// What a former command, or this one, found out about a place.
    pub(super) fn recall(&self, what: &[u8], place: Place, how: &[u8]) -> Option<Vec<u8>> {
        self.memo.get(|| self.known.question(what, place, how))
    }

    pub(super) fn remember(
        &mut self,
        what: &[u8],
        place: Place,
        how: &[u8],
        answer: impl FnOnce() -> Vec<u8>,
    ) {
        let known = &self.known;
        self.memo.put(|| known.question(what, place, how), answer);
    }

    /// The tree in a place; `None` when it is not as Git writes trees.
    pub(super) fn folder(&mut self, place: Place) -> Result<Option<Arc<Folder>>, ObjectError> {
        if let Some(folder) = self.at_hand.get(&place) {
            return Ok(folder.clone());
        }
        let bytes = self.pack.read_as(self.tree(place), Kind::Tree)?;
        Ok(self.keep(place, bytes))
    }

    fn keep(&mut self, place: Place, bytes: Vec<u8>) -> Option<Arc<Folder>> {
        // With what is parsed of it, about as much again.
        let weight = 2 * bytes.len() + 256;
        self.weight += weight;
        if self.weight > AT_HAND {
            self.at_hand.clear();
            self.weight = weight;
        }
        let known = &mut self.known;
        let (_, above) = known.places[place.at()];
        let folder = Folder::parse(bytes, |entry| {
            let path = known.paths.below(above, entry.name);
            match Entry::file_kind(entry) {
                None => Part::Folder(known.place(entry.id, path)),
                Some(kind) => Part::File(kind, path),
            }
        });
        let folder = folder.map(Arc::new);
        self.at_hand.insert(place, folder.clone());
        folder
    }

    /// Writes a tree that takes the place of another.
    pub(super) fn replace(
        &mut self,
        place: Place,
        bytes: Vec<u8>,
    ) -> Result<ObjectId, ObjectError> {
        let (_, path) = self.known.places[place.at()];
        let former = self.written.get(&path);
        let former = former.and_then(|former| Some((*former, self.at_hand.get(former)?.as_ref()?)));
        let like = former.map(|(former, folder)| (self.tree(former), folder.bytes()));
        let tree = self.pack.add_like(Kind::Tree, &bytes, like)?;
        // It is looked at next, when it is taken back.
        let place = self.known.place(tree, path);
        self.written.insert(path, place);
        if !self.at_hand.contains_key(&place) {
            self.keep(place, bytes);
        }
        Ok(tree)
    }

    pub(super) fn outline(&self, outline: OutlineId) -> &Arc<Outline> {
        self.known.shared.get(outline)
    }

    /// What the paths of a place say; `None` when a tree in it is not as Git writes trees, or too deep.
    pub(super) fn outline_of(&mut self, place: Place) -> Result<Option<OutlineId>, ObjectError> {
        self.outline_at(place, 0)
    }

    fn outline_at(&mut self, place: Place, depth: usize) -> Result<Option<OutlineId>, ObjectError> {
        if let Some(known) = self.known.outlines.get(&place) {
            return Ok(*known);
        }
        let known = self.recall(b"outline", place, b"");
        let outline = match known.and_then(|known| Outline::from_bytes(&known)) {
            Some(known) => Some(self.known.shared.number(known)),
            None => {
                let outline = self.read_outline(place, depth)?;
                if let Some(outline) = outline.map(|outline| self.outline(outline).clone()) {
                    self.remember(b"outline", place, b"", || outline.to_bytes());
                }
                outline
            }
        };
        self.known.outlines.insert(place, outline);
        Ok(outline)
    }

    fn read_outline(
        &mut self,
        place: Place,
        depth: usize,
    ) -> Result<Option<OutlineId>, ObjectError> {
        let (_, path) = self.known.places[place.at()];
        let folder = self
            .folder(place)
            .map_err(|e| e.at(self.known.paths.bytes(path)))?;
        let Some(folder) = folder.filter(|_| depth < MAX_DEPTH) else {
            return Ok(None);
        };
        let nothing = OutlineId::new(0);
        let mut told = Vec::new();
        for entry in folder.entries() {
            let (path, kind) = match entry.part {
                Part::Folder(place) => (self.known.places[place.at()].1, None),
                Part::File(kind, path) => (path, Some(kind)),
            };
            if self.known.paths.is_wanted(path, kind) {
                told.push(Told::Path(path, kind));
            }
            if let Part::Folder(below) = entry.part {
                match self.outline_at(below, depth + 1)? {
                    Some(inside) if inside == nothing => {}
                    Some(inside) => told.push(Told::Folder(inside)),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(self.known.outline(told)))
    }
}
