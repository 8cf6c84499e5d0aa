//! Where objects are, and in which order they are read fast.
//!
//! Packs keep most objects as what differs from another, that one from a third, and so on: a family that
//! goes back to one root. Read family by family, and in each the base before what is made from it, no
//! object has to be made twice and little has to be remembered.
//!
//! It is only an order, so what cannot be read here is no error: those objects come last, and reading them
//! says what is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gix_pack::data::entry::Header;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::id::ObjectId;

const SHA1: gix_hash::Kind = gix_hash::Kind::Sha1;

/// An object, and a number that its family has and no other.
pub(crate) type Ordered = (usize, ObjectId);

/// The packs of a repository and of those that it borrows from.
pub(crate) struct Offsets {
    /// Where loose objects may be.
    folders: Vec<PathBuf>,
    packs: Vec<(gix_pack::index::File, gix_pack::data::File)>,
}

impl Offsets {
    /// `objects` is the folder that Git calls so.
    pub(crate) fn open(objects: &Path) -> Self {
        let borrowed = gix_odb::alternate::resolve(objects.into(), objects);
        let borrowed = borrowed.unwrap_or_default();
        let folders: Vec<_> = std::iter::once(objects.into()).chain(borrowed).collect();
        let read = |folder: &PathBuf| fs::read_dir(folder.join("pack")).into_iter();
        let files = folders.iter().flat_map(read);
        let files = files.flatten().filter_map(|file| Some(file.ok()?.path()));
        let mut files: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|end| end == "idx"))
            .collect();
        files.sort();
        let packs = files.iter().filter_map(|file| {
            let index = gix_pack::index::File::at(file, SHA1).ok()?;
            let pack = gix_pack::data::File::at(file.with_extension("pack"), SHA1).ok()?;
            Some((index, pack))
        });
        let packs = packs.collect();
        Self { folders, packs }
    }

    /// The files that these objects are in, each once.
    pub(crate) fn files(&self, ids: impl IntoIterator<Item = ObjectId>) -> BTreeSet<PathBuf> {
        let file = |id: ObjectId| match self.packs.get(self.place(id).0) {
            Some((_, pack)) => Some(pack.path().to_path_buf()),
            None => {
                let name = id.to_string();
                let (start, rest) = name.split_at(2);
                let mut files = self.folders.iter().map(|f| f.join(start).join(rest));
                files.find(|file| file.exists())
            }
        };
        ids.into_iter().filter_map(file).collect()
    }

    /// The same ids, each once, family by family; those that are in no pack at the end.
    pub(crate) fn ordered(&self, ids: &[ObjectId]) -> Vec<Ordered> {
        let place = |id: &ObjectId| (self.place(*id), *id);
        let mut places: Vec<_> = ids.par_iter().map(place).collect();
        places.par_sort_unstable();
        places.dedup();
        let packed = places.partition_point(|((pack, _), _)| *pack < self.packs.len());
        let (packed, loose) = places.split_at(packed);
        let mut ordered = Vec::with_capacity(places.len());
        let mut families = 0;
        for these in packed.chunk_by(|a, b| a.0.0 == b.0.0) {
            if let Some(pack) = these
                .first()
                .and_then(|((pack, _), _)| self.packs.get(*pack))
            {
                let wanted = these.iter().map(|((_, offset), id)| (*offset, *id));
                families = by_family(pack, wanted.collect(), families, &mut ordered);
            }
        }
        let loose = loose.iter().zip(families..);
        ordered.extend(loose.map(|((_, id), family)| (family, *id)));
        ordered
    }

    fn place(&self, id: ObjectId) -> (usize, u64) {
        let id = id.to_gix();
        let mut packs = self.packs.iter().enumerate();
        let found = packs.find_map(|(number, (index, _))| {
            Some((number, index.pack_offset_at_index(index.lookup(id)?)))
        });
        found.unwrap_or((self.packs.len(), 0))
    }
}

/// Appends the wanted objects of one pack, and tells which number the next family has.
fn by_family(
    (index, pack): &(gix_pack::index::File, gix_pack::data::File),
    wanted: FxHashMap<u64, ObjectId>,
    mut families: usize,
    ordered: &mut Vec<Ordered>,
) -> usize {
    let mut bases: FxHashMap<u64, Option<u64>> = FxHashMap::default();
    for offset in wanted.keys() {
        let mut next = Some(*offset);
        while let Some(offset) = next.filter(|offset| !bases.contains_key(offset)) {
            // A base that comes later may go round in a circle.
            next = base(index, pack, offset).filter(|base| *base < offset);
            bases.insert(offset, next);
        }
    }
    let mut edges: Vec<_> = bases
        .into_iter()
        .map(|(offset, base)| (base, offset))
        .collect();
    edges.sort_unstable();
    let made_from = |base: Option<u64>| {
        let start = edges.partition_point(|edge| edge.0 < base);
        let rest = edges.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |edge| edge.0 == base)
            .map(|edge| edge.1)
    };
    for root in made_from(None) {
        let mut stack = vec![root];
        while let Some(offset) = stack.pop() {
            ordered.extend(wanted.get(&offset).map(|id| (families, *id)));
            let start = stack.len();
            stack.extend(made_from(Some(offset)));
            stack[start..].reverse();
        }
        families += 1;
    }
    families
}

/// What the object at `offset` is made from, when that is in the same pack.
fn base(index: &gix_pack::index::File, pack: &gix_pack::data::File, offset: u64) -> Option<u64> {
    match pack.entry(offset).ok()?.header {
        Header::OfsDelta { base_distance } => {
            Header::verified_base_pack_offset(offset, base_distance)
        }
        Header::RefDelta { base_id } => Some(index.pack_offset_at_index(index.lookup(base_id)?)),
        Header::Commit | Header::Tree | Header::Blob | Header::Tag => None,
    }
}
