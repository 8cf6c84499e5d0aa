//! Where in which pack an object is.
//!
//! Only used to read in an order that is fast, so what cannot be read here is no error: its objects come
//! last, and reading them says what is wrong.

use std::fs;
use std::path::Path;

use rayon::prelude::*;

use crate::id::ObjectId;

/// The indices of all packs of a repository and of those that it borrows from.
pub(crate) struct Offsets {
    packs: Vec<gix_pack::index::File>,
}

impl Offsets {
    /// `objects` is the folder that Git calls so.
    pub(crate) fn open(objects: &Path) -> Self {
        let borrowed = gix_odb::alternate::resolve(objects.into(), objects);
        let borrowed = borrowed.unwrap_or_default();
        let folders = std::iter::once(objects).chain(borrowed.iter().map(AsRef::as_ref));
        let files = folders.flat_map(|folder| fs::read_dir(folder.join("pack")).into_iter());
        let files = files.flatten().filter_map(|file| Some(file.ok()?.path()));
        let mut files: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|end| end == "idx"))
            .collect();
        files.sort();
        let open = |file| gix_pack::index::File::at(file, gix_hash::Kind::Sha1).ok();
        Self {
            packs: files.iter().filter_map(open).collect(),
        }
    }

    /// The same ids, each once, as packs have them one after the other; those that are in none at the end.
    pub(crate) fn ordered(&self, ids: &[ObjectId]) -> Vec<ObjectId> {
        let place = |id: &ObjectId| (self.place(*id).unwrap_or((usize::MAX, 0)), *id);
        let mut places: Vec<_> = ids.par_iter().map(place).collect();
        places.par_sort_unstable();
        places.dedup();
        places.into_iter().map(|(_, id)| id).collect()
    }

    fn place(&self, id: ObjectId) -> Option<(usize, u64)> {
        let id = id.to_gix();
        self.packs.iter().enumerate().find_map(|(number, pack)| {
            let entry = pack.lookup(id)?;
            Some((number, pack.pack_offset_at_index(entry)))
        })
    }
}
