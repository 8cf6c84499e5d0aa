//! Writing objects: one pack a command, never a loose object.
//!
//! A pack grows in a temporary file beside its place, under a name that Git takes for rubbish, so that a
//! killed command leaves nothing but a file for `git gc`. It becomes visible as a whole, by two renames
//! with the index last. Until a ref points at its objects nothing but its age keeps it: Git removes
//! what nobody refers to only when it is older than two weeks. So what is there already, and may be older,
//! is made young again, as Git itself does.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use flate2::{Compress, Compression, Crc};
use rustc_hash::{FxHashMap, FxHashSet};
use tempfile::{NamedTempFile, TempPath};
use thread_local::ThreadLocal;

use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::objects::{Object, Objects};
use crate::offsets::Offsets;
use crate::pack_entry::{Form, push_deflated};
use crate::{pack_delta, pack_index};

/// How much is gathered before it is written, in bytes.
const BUFFER: usize = 1 << 20;
const HEADER: u64 = 12;
/// How many objects are undone at most to get at one, as Git has it.
const MAX_DEPTH: u8 = 50;

/// Takes objects, from any thread, and makes a pack of them. Dropped without [`finish`](Self::finish),
/// it leaves nothing.
pub struct PackWriter<'a> {
    objects: &'a Objects,
    pack: Mutex<Pack>,
    /// A thread's compressor and the bytes that come out of it.
    deflate: ThreadLocal<RefCell<(Compress, Vec<u8>)>>,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many objects the repository has got that it had not.
    pub objects: usize,
    /// What they take on disk, in bytes.
    pub bytes: u64,
}

/// Where in the pack an object is.
#[derive(Clone, Copy)]
pub(crate) struct Packed {
    pub(crate) offset: u64,
    pub(crate) crc: u32,
    /// How many others it is made from, one from another.
    depth: u8,
}

/// The pack so far: what is in the file, and what will be there.
#[derive(Default)]
struct Pack {
    entries: FxHashMap<ObjectId, Packed>,
    /// What was to be kept and is in the repository.
    kept: FxHashSet<ObjectId>,
    /// Made when there is something to write.
    file: Option<NamedTempFile>,
    flushed: u64,
    buffer: Vec<u8>,
}

impl Objects {
    /// Writes objects into this repository.
    pub fn writer(&self) -> PackWriter<'_> {
        PackWriter {
            objects: self,
            pack: Mutex::new(Pack::default()),
            deflate: ThreadLocal::new(),
        }
    }
}

impl PackWriter<'_> {
    /// Keeps an object, unless the repository or this pack has it.
    ///
    /// # Errors
    /// When the disk is full, say; or when the bytes are part of an attack on SHA-1.
    pub fn add(&self, kind: Kind, bytes: &[u8]) -> Result<ObjectId, ObjectError> {
        self.add_like(kind, bytes, None)
    }

    /// The same for an object that is like another one of its kind, which may be in this pack.
    pub(crate) fn add_like(
        &self,
        kind: Kind,
        bytes: &[u8],
        like: Option<(ObjectId, &[u8])>,
    ) -> Result<ObjectId, ObjectError> {
        let id = ObjectId::of(kind, bytes)?;
        if self.pack().entries.contains_key(&id) {
            return Ok(id);
        }
        if self.objects.contains(id) {
            self.pack().kept.insert(id);
            return Ok(id);
        }
        let delta = like.and_then(|(id, like)| {
            let base = self.pack().entries.get(&id).copied()?;
            let delta = (base.depth < MAX_DEPTH).then(|| pack_delta::between(kind, like, bytes))?;
            (delta.len() < bytes.len() / 2).then_some((base, delta))
        });
        let (base, bytes) = match &delta {
            Some((base, delta)) => (Some(*base), delta.as_slice()),
            None => (None, bytes),
        };
        let deflate = self.deflate.get_or(|| {
            let compress = Compress::new(Compression::fast(), true);
            RefCell::new((compress, Vec::new()))
        });
        let (compress, deflated) = &mut *deflate.borrow_mut();
        deflated.clear();
        push_deflated(deflated, compress, bytes).map_err(|source| self.failed(source))?;
        let mut pack = self.pack();
        // Another thread may have been faster.
        if !pack.entries.contains_key(&id) {
            let entry = (bytes.len(), deflated.as_slice());
            let pushed = pack.push(&self.folder(), (id, kind), base, entry);
            pushed.map_err(|source| self.failed(source))?;
        }
        Ok(id)
    }

    /// An object of this pack or of the repository.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub fn read(&self, id: ObjectId) -> Result<Object, ObjectError> {
        let mut pack = self.pack();
        let Some(packed) = pack.entries.get(&id).copied() else {
            drop(pack);
            return self.objects.read(id);
        };
        let object = pack.object(packed.offset);
        object.map_err(|source| self.failed(source))
    }

    /// The bytes of an object of this pack or of the repository, which has to be of a kind.
    ///
    /// # Errors
    /// When it is missing, broken, or of another kind.
    pub fn read_as(&self, id: ObjectId, expected: Kind) -> Result<Vec<u8>, ObjectError> {
        self.read(id)?.of_kind(id, expected)
    }

    /// Whether this pack or the repository has an object.
    pub fn contains(&self, id: ObjectId) -> bool {
        self.pack().entries.contains_key(&id) || self.objects.contains(id)
    }

    /// Whether an object will come into the repository with this pack.
    pub(crate) fn brings(&self, id: ObjectId) -> bool {
        self.pack().entries.contains_key(&id)
    }

    /// How many objects will come.
    pub(crate) fn count(&self) -> usize {
        self.pack().entries.len()
    }

    /// Makes the pack part of the repository; nothing is written when it is empty.
    ///
    /// # Errors
    /// When the system refuses; the repository is then as it was.
    pub fn finish(self) -> Result<Written, ObjectError> {
        let folder = self.folder();
        let pack = self.pack.into_inner();
        let mut pack = pack.unwrap_or_else(PoisonError::into_inner);
        freshen(self.objects.folder(), std::mem::take(&mut pack.kept));
        let written = pack.finish(&folder);
        let written = written.map_err(|source| failed(folder, source))?;
        self.objects.refresh();
        Ok(written)
    }

    /// A panic elsewhere leaves no entry half made: one is known when its bytes are there.
    fn pack(&self) -> MutexGuard<'_, Pack> {
        self.pack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self) -> PathBuf {
        self.objects.folder().join("pack")
    }

    fn failed(&self, source: io::Error) -> ObjectError {
        failed(self.folder(), source)
    }
}

/// Makes the files of these objects as young as what is written now. Somebody else's may refuse; then
/// they are as safe as they were.
fn freshen(objects: &Path, kept: FxHashSet<ObjectId>) {
    if kept.is_empty() {
        return;
    }
    let now = SystemTime::now();
    for file in Offsets::open(objects).files(kept) {
        let _ = File::open(file).and_then(|file| file.set_modified(now));
    }
}

fn failed(path: PathBuf, source: io::Error) -> ObjectError {
    ObjectError::Write { path, source }
}

impl Pack {
    fn push(
        &mut self,
        folder: &Path,
        (id, kind): (ObjectId, Kind),
        base: Option<Packed>,
        (size, deflated): (usize, &[u8]),
    ) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(temporary(folder, "tmp_pack_")?);
            // The number of objects is filled in at the end.
            self.buffer.extend_from_slice(b"PACK\0\0\0\x02\0\0\0\0");
        }
        let start = self.buffer.len();
        let offset = self.flushed + start as u64;
        let form = match base {
            Some(base) => Form::Delta(offset - base.offset),
            None => Form::Whole(kind),
        };
        form.push_header(size, &mut self.buffer)?;
        self.buffer.extend_from_slice(deflated);
        let mut crc = Crc::new();
        crc.update(&self.buffer[start..]);
        let packed = Packed {
            offset,
            crc: crc.sum(),
            depth: base.map_or(0, |base| base.depth + 1),
        };
        self.entries.insert(id, packed);
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(self.flushed))?;
            file.write_all(&self.buffer)?;
            self.flushed += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    /// The object at `offset`, where one begins.
    fn object(&mut self, mut offset: u64) -> io::Result<Object> {
        let mut deltas = Vec::new();
        let (kind, mut bytes) = loop {
            match self.entry(offset)? {
                (Form::Whole(kind), bytes) => break (kind, bytes),
                (Form::Delta(distance), delta) => {
                    deltas.push(delta);
                    let base = offset.checked_sub(distance).filter(|_| distance > 0);
                    offset = base.ok_or(io::ErrorKind::InvalidData)?;
                }
            }
        };
        while let Some(delta) = deltas.pop() {
            bytes = pack_delta::apply(&bytes, &delta)?;
        }
        Ok(Object { kind, bytes })
    }

    fn entry(&mut self, offset: u64) -> io::Result<(Form, Vec<u8>)> {
        if let Some(start) = offset.checked_sub(self.flushed) {
            let start = usize::try_from(start).ok();
            let entry = start.and_then(|start| self.buffer.get(start..));
            return Form::read(entry.unwrap_or_default());
        }
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(offset))?;
        Form::read(BufReader::new(file))
    }

    fn finish(mut self, folder: &Path) -> io::Result<Written> {
        self.flush()?;
        let Some(mut pack) = self.file else {
            return Ok(Written::default());
        };
        let count = u32::try_from(self.entries.len()).map_err(io::Error::other)?;
        pack.seek(SeekFrom::Start(HEADER - 4))?;
        pack.write_all(&count.to_be_bytes())?;
        let checksum = checksum(pack.as_file_mut())?;
        pack.write_all(checksum.as_bytes())?;
        pack.as_file().sync_all()?;
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        entries.sort_unstable_by_key(|(id, _)| *id);
        let mut index = temporary(folder, "tmp_idx_")?;
        index.write_all(&pack_index::bytes(&entries, checksum)?)?;
        index.as_file().sync_all()?;
        // Closed before they are renamed, as some systems want it.
        let name = |end| folder.join(format!("pack-{checksum}.{end}"));
        publish(pack.into_temp_path(), &name("pack"))?;
        publish(index.into_temp_path(), &name("idx"))?;
        sync_folder(folder)?;
        Ok(Written {
            objects: entries.len(),
            bytes: self.flushed,
        })
    }
}

fn publish(file: TempPath, name: &Path) -> io::Result<()> {
    // The same objects in the same order may have been written before.
    file.persist(name).map_err(|error| error.error)
}

/// Like Git's packs, to be read by everybody that the user's mask allows and written by nobody.
fn temporary(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o444));
    }
    std::fs::create_dir_all(folder)?;
    builder.tempfile_in(folder)
}

/// The renames themselves outlive a power cut.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The SHA-1 of a whole file, which is then read to its end.
fn checksum(file: &mut File) -> io::Result<ObjectId> {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    let mut buffer = vec![0; BUFFER];
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let id = hasher
        .try_finalize()
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(ObjectId::from_gix(&id))
}
