//! Reading objects, on as many threads as there are.
//!
//! Git's configuration, references and attributes are libgit2's; objects are gitoxide's, which reads
//! packs more than twice as fast. `refs/replace` and grafts are never followed: what is read is what the
//! name is the hash of.

use std::path::PathBuf;
use std::sync::Arc;

use gix_odb::Header as _;
use gix_odb::store::init::{Options, Slots};
use gix_pack::Find as _;
use gix_pack::cache::lru::MemoryCappedHashmap;
use rayon::prelude::*;
use thread_local::ThreadLocal;

use crate::commit::RawCommit;
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::offsets::Offsets;

/// What a thread remembers of a pack while it reads single objects, in bytes.
const CACHE: usize = 16 << 20;
/// The same for all threads together while they read many blobs. Less costs time where files have long
/// histories, more costs memory and gains little.
const BULK_CACHE: usize = 40 << 20;
/// The objects of a repository, and of those that it borrows from (`alternates`).
pub struct Objects {
    store: Arc<gix_odb::Store>,
    readers: ThreadLocal<gix_odb::HandleArc>,
    partial: bool,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<B = Vec<u8>> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, without the header that they are hashed with.
    pub bytes: B,
}

impl Object {
    /// The bytes, when `id` is of the kind that it has to be.
    pub(crate) fn of_kind(self, id: ObjectId, expected: Kind) -> Result<Vec<u8>, ObjectError> {
        match self.kind == expected {
            true => Ok(self.bytes),
            false => Err(ObjectError::WrongKind {
                id,
                expected,
                found: self.kind,
            }),
        }
    }
}

/// What can be known of an object without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// How many bytes it has.
    pub size: u64,
}

impl Objects {
    pub(crate) fn open(folder: PathBuf, partial: bool) -> std::io::Result<Self> {
        let options = Options {
            // Each pack that is written while we run takes a slot, and there will be no more.
            slots: Slots::AsNeededByDiskState {
                multiplier: 1.5,
                minimum: 1024,
            },
            current_dir: Some(folder.clone()),
            ..Options::default()
        };
        let kind = gix_hash::Kind::Sha1;
        let store = gix_odb::Store::at_opts(folder, kind, &mut std::iter::empty(), options)?;
        Ok(Self {
            store: Arc::new(store),
            readers: ThreadLocal::new(),
            partial,
        })
    }

    /// The folder that loose objects and packs are in.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.store.path()
    }

    fn reader(&self) -> &gix_odb::HandleArc {
        self.readers.get_or(|| {
            let mut reader = self.store.to_cache_arc();
            reader.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(CACHE)));
            reader
        })
    }

    /// An object. Those that were written meanwhile are found too.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub fn read(&self, id: ObjectId) -> Result<Object, ObjectError> {
        let mut bytes = Vec::new();
        let kind = self.read_with(self.reader(), id, &mut bytes)?;
        // There was room for all that it is made from.
        if bytes.capacity() / 2 > bytes.len() {
            bytes.shrink_to_fit();
        }
        Ok(Object { kind, bytes })
    }

    /// The bytes of an object that has to be of a kind.
    ///
    /// # Errors
    /// When it is missing, broken, or of another kind.
    pub fn read_as(&self, id: ObjectId, expected: Kind) -> Result<Vec<u8>, ObjectError> {
        self.read(id)?.of_kind(id, expected)
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// When the commit is missing, broken, or something else.
    pub fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, ObjectError> {
        let bytes = self.read_as(commit, Kind::Commit)?;
        let parsed = RawCommit::parse(&bytes);
        let parsed = parsed.map_err(|reason| ObjectError::Commit { id: commit, reason })?;
        Ok(parsed.tree())
    }

    /// Kind and size of an object.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub fn header(&self, id: ObjectId) -> Result<Header, ObjectError> {
        let found = self.reader().try_header(&id.to_gix());
        let header = found.map_err(|e| unreadable(id, &e))?;
        let header = header.ok_or_else(|| self.missing(id))?;
        Ok(Header {
            kind: Kind::from_gix(header.kind()),
            size: header.size(),
        })
    }

    /// Whether an object is there. What other programs wrote since the last [`Self::refresh`], or since
    /// a read of something missing, may be passed over.
    pub fn contains(&self, id: ObjectId) -> bool {
        self.reader().exists_without_refresh(&id.to_gix())
    }

    /// Looks for packs that were written since. Reading does so by itself before it calls anything
    /// missing.
    pub fn refresh(&self) {
        // No object has this name, and looking for what is not there reads the folders anew.
        let nothing = gix_hash::ObjectId::null(gix_hash::Kind::Sha1);
        self.reader().contains(&nothing);
    }

    /// Hands each of these objects to `each` once, on all threads, in an order that is several times faster
    /// than any other. Only one object a thread is in memory, beside a cache of bounded size. What is
    /// missing comes as an error, and the others still come.
    ///
    /// # Errors
    /// Those that `each` returns; the rest is then not read.
    pub fn read_all<E, F>(&self, ids: &[ObjectId], each: F) -> Result<(), E>
    where
        E: Send,
        F: Fn(ObjectId, Result<Object<&[u8]>, ObjectError>) -> Result<(), E> + Sync,
    {
        let ordered = Offsets::open(self.folder()).ordered(ids);
        let cache = BULK_CACHE / rayon::current_num_threads();
        let reader = || {
            let mut reader = self.store.to_cache_arc();
            reader.set_pack_cache(move || Box::new(MemoryCappedHashmap::new(cache)));
            (reader, self.store.to_cache_arc(), Vec::new())
        };
        let families = ordered.par_chunk_by(|a, b| a.0 == b.0);
        families.try_for_each_init(reader, |(reader, forgetful, bytes), family| {
            // Nothing else is made from what one alone is made from.
            let reader = if family.len() > 1 { reader } else { forgetful };
            family.iter().try_for_each(|(_, id)| {
                let kind = self.read_with(reader, *id, bytes);
                let bytes = bytes.as_slice();
                each(*id, kind.map(|kind| Object { kind, bytes }))
            })
        })
    }

    fn read_with(
        &self,
        reader: &gix_odb::HandleArc,
        id: ObjectId,
        bytes: &mut Vec<u8>,
    ) -> Result<Kind, ObjectError> {
        let found = reader.try_find(&id.to_gix(), bytes);
        let found = found.map_err(|error| unreadable(id, &error))?;
        let (data, _) = found.ok_or_else(|| self.missing(id))?;
        Ok(Kind::from_gix(data.kind))
    }

    fn missing(&self, id: ObjectId) -> ObjectError {
        ObjectError::Missing {
            id,
            path: None,
            partial: self.partial,
        }
    }
}

fn unreadable(id: ObjectId, error: &gix_error::Error) -> ObjectError {
    ObjectError::Unreadable {
        id,
        reason: error.probable_cause().to_string(),
    }
}
