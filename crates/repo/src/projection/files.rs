//! Files as they are read and written while trees are projected: each once as what it is read, and once
//! for each set of names that is put into it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use storyline_stamp::parts::{
    Class, Gist, NewName, Outline, Parsed, Reading, Said, Source, Stamper, Written,
};
use storyline_text::RelPath;

use super::ProjectionError;
use super::forest::StamperId;
use super::manifests::{ManifestId, Manifests};
use super::numbers::{Number, Shared, number};
use super::paths::{PathId, Paths};
use super::trees::{OutlineId, Place, Trees};
use crate::id::{Kind, ObjectId};
use crate::memo::{Key, Memo};
use crate::object_error::ObjectError;
use crate::pack::PackWriter;

number! {
    /// A way to read files, shared by all manifests that say the same of it.
    ReadingId
}
number! {
    /// As what a file is read, under one reading.
    ClassId
}
number! {
    /// What some file, or the files of some place, say.
    GistId
}

/// That of whatever says nothing.
pub(super) const NOTHING: GistId = GistId(0);

/// About how many bytes of memory what files say may take.
const MAX_WEIGHT: usize = 24 << 20;

/// How many bytes of memory files may take that were parsed and are not written yet.
const MAX_PARSED: usize = 4 << 20;

/// How many bytes of files are kept since others may be like them.
const MAX_LATEST: usize = 6 << 20;

/// A file's bytes and as what they are read.
pub(super) type File = (ObjectId, ClassId);

/// What some set of names makes of a file; `None` when they cannot stand there.
type Writes = FxHashMap<(File, Box<[NewName]>), Option<ObjectId>>;

/// What is known of all files.
#[derive(Default)]
pub(super) struct Files {
    readings: Vec<(Arc<Reading>, Key)>,
    reading_ids: FxHashMap<Vec<u8>, ReadingId>,
    /// A tree's reading by its manifest and outline.
    readings_of: FxHashMap<(ManifestId, OutlineId), ReadingId>,
    classes: Vec<(ReadingId, Class, Key)>,
    class_ids: FxHashMap<(ReadingId, Class), ClassId>,
    /// A path's class, if it has one.
    classes_at: FxHashMap<(ReadingId, PathId), Option<ClassId>>,
    gists: FxHashMap<File, GistId>,
    shared: Shared<GistId, Gist>,
    /// Without files that say nothing.
    said: FxHashMap<File, Arc<Said>>,
    writes: Writes,
    parsed: Mutex<AtHand>,
    latest: Latest,
    /// About how many bytes what files say, and what is written, takes.
    weight: usize,
}

/// Files that were parsed to be read: most are written next, and need not be parsed again.
#[derive(Default)]
struct AtHand {
    files: FxHashMap<ObjectId, Parsed>,
    weight: usize,
}

impl AtHand {
    fn keep(&mut self, id: ObjectId, parsed: Parsed) {
        let weight = self.weight + parsed.weight();
        if weight <= MAX_PARSED && !self.files.contains_key(&id) {
            self.files.insert(id, parsed);
            self.weight = weight;
        }
    }

    fn take(&mut self, id: ObjectId) -> Option<Parsed> {
        let parsed = self.files.remove(&id)?;
        self.weight -= parsed.weight();
        Some(parsed)
    }
}

/// What was written last at each path, which is what comes next there is like.
#[derive(Default)]
struct Latest {
    files: FxHashMap<RelPath, (ObjectId, Vec<u8>)>,
    weight: usize,
}

impl Latest {
    /// Writes a file that will be at `path`.
    fn add(
        &mut self,
        pack: &PackWriter<'_>,
        path: &RelPath,
        bytes: Vec<u8>,
    ) -> Result<ObjectId, ObjectError> {
        let like = self.files.get(path).map(|(id, bytes)| (*id, &**bytes));
        let id = pack.add_like(Kind::Blob, &bytes, like)?;
        if self.weight + bytes.len() > MAX_LATEST {
            *self = Self::default();
        }
        self.weight += bytes.len();
        let former = self.files.insert(path.clone(), (id, bytes));
        self.weight -= former.map_or(0, |(_, bytes)| bytes.len());
        Ok(id)
    }
}

/// What is to be done before the next attempt.
#[derive(Default)]
pub(super) struct Jobs {
    /// Files in the order in which they came up: versions of one file follow each other.
    order: Vec<ObjectId>,
    /// Files, with as what they are read and a path where they are.
    reads: FxHashMap<ObjectId, Vec<(ClassId, RelPath)>>,
    writes: FxHashMap<ObjectId, Vec<Job>>,
    /// What waits for these.
    pub(super) places: FxHashSet<(Place, StamperId)>,
}

/// A file that is to be written.
pub(super) struct Job {
    pub(super) class: ClassId,
    pub(super) stamper: Arc<Stamper>,
    pub(super) from: RelPath,
    pub(super) to: RelPath,
    pub(super) names: Box<[NewName]>,
}

impl Jobs {
    fn come_up(&mut self, id: ObjectId) {
        if !self.reads.contains_key(&id) && !self.writes.contains_key(&id) {
            self.order.push(id);
        }
    }

    pub(super) fn read(&mut self, (id, class): File, path: &RelPath) {
        self.come_up(id);
        let classes = self.reads.entry(id).or_default();
        if classes.iter().all(|(known, _)| *known != class) {
            classes.push((class, path.clone()));
        }
    }

    pub(super) fn write(&mut self, id: ObjectId, job: Job) {
        self.come_up(id);
        let jobs = self.writes.entry(id).or_default();
        let same = |known: &Job| known.class == job.class && known.names == job.names;
        if !jobs.iter().any(same) {
            jobs.push(job);
        }
    }
}

impl Files {
    /// How a tree of this manifest and outline is read.
    pub(super) fn reading(
        &mut self,
        manifests: &Manifests,
        manifest: ManifestId,
        (number, outline): (OutlineId, &Outline),
    ) -> ReadingId {
        let key = (manifest, number);
        if let Some(known) = self.readings_of.get(&key) {
            return *known;
        }
        let (declared, environment) = manifests.get(manifest);
        let reading = Arc::new(Reading::new(declared, environment, outline));
        let next = ReadingId::new(self.readings.len());
        let id = *self.reading_ids.entry(reading.identity()).or_insert(next);
        if id == next {
            let key = Key::of(&[b"reading", &reading.identity()]);
            self.readings.push((reading, key));
        }
        self.readings_of.insert(key, id);
        id
    }

    /// Forgets what files say when it has become much. Few are asked again: most of what does not change
    /// is known by its folder.
    pub(super) fn trim(&mut self) {
        if self.weight > MAX_WEIGHT {
            self.said = FxHashMap::default();
            self.writes = FxHashMap::default();
            self.weight = 0;
        }
    }

    /// How many files are known.
    pub(super) fn count(&self) -> usize {
        self.gists.len() + self.classes_at.len()
    }

    /// A reading, and what stands for it in questions to the memo.
    pub(super) fn get(&self, id: ReadingId) -> (&Arc<Reading>, Key) {
        let (reading, key) = &self.readings[id.at()];
        (reading, *key)
    }

    /// What a file says in short, when it is known.
    pub(super) fn gist(&mut self, memo: &Memo, file: File) -> Option<GistId> {
        if let Some(known) = self.gists.get(&file) {
            return Some(*known);
        }
        let known = memo.get(|| self.question(file))?;
        let gist = self.shared.number(Gist::from_bytes(&known)?);
        self.gists.insert(file, gist);
        Some(gist)
    }

    /// The gist that has this number.
    pub(super) fn told(&self, gist: GistId) -> &Arc<Gist> {
        self.shared.get(gist)
    }

    /// The number of a gist.
    pub(super) fn number(&mut self, gist: Gist) -> GistId {
        self.shared.number(gist)
    }

    fn question(&self, (id, class): File) -> Key {
        let class = &self.classes[class.at()].2;
        Key::of(&[b"file", id.as_bytes(), class.as_bytes()])
    }

    /// What a file with a gist says, if it was read.
    pub(super) fn said(&self, file: File) -> Option<&Arc<Said>> {
        self.said.get(&file)
    }

    /// What names make of a file, if that is known.
    pub(super) fn written(
        &self,
        file: File,
        names: Vec<NewName>,
    ) -> Result<Option<ObjectId>, Box<[NewName]>> {
        let key = (file, names.into_boxed_slice());
        self.writes.get(&key).copied().ok_or(key.1)
    }

    /// As what the file at a path is read, if it is.
    pub(super) fn class(
        &mut self,
        reading: ReadingId,
        paths: &Paths,
        path: PathId,
    ) -> Option<ClassId> {
        if let Some(known) = self.classes_at.get(&(reading, path)) {
            return *known;
        }
        let class = self.class_at(reading, paths.get(path));
        self.classes_at.insert((reading, path), class);
        class
    }

    fn class_at(&mut self, reading: ReadingId, path: &RelPath) -> Option<ClassId> {
        let class = self.readings[reading.at()].0.class(path)?;
        let next = ClassId::new(self.classes.len());
        let id = *self
            .class_ids
            .entry((reading, class.clone()))
            .or_insert(next);
        if id == next {
            let reading_key = self.readings[reading.at()].1;
            let told = format!("{class:?}");
            let key = Key::of(&[b"class", reading_key.as_bytes(), told.as_bytes()]);
            self.classes.push((reading, class, key));
        }
        Some(id)
    }

    /// Reads and writes files, on all threads.
    pub(super) fn run(&mut self, trees: &mut Trees<'_>, jobs: Jobs) -> Result<(), ProjectionError> {
        let (mut parsed, mut stored) = (Vec::new(), Vec::new());
        for id in &jobs.order {
            match self.at_hand().take(*id) {
                Some(file) => parsed.push((*id, file)),
                None => stored.push(*id),
            }
        }
        let told = Mutex::new(Vec::new());
        let known = &*self;
        let each = |id: ObjectId, source: &Source<'_>| {
            let reads = jobs.reads.get(&id).into_iter().flatten();
            let reads = reads.map(|(class, path)| known.read_file((id, *class), path, source));
            let writes = jobs.writes.get(&id).into_iter().flatten();
            let writes = writes.map(|job| known.write_file(id, job, source));
            let done: Vec<_> = reads.chain(writes).collect();
            told.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(done);
        };
        let place = |id: ObjectId| {
            let read = jobs
                .reads
                .get(&id)
                .and_then(|files| Some(&files.first()?.1));
            read.or_else(|| Some(&jobs.writes.get(&id)?.first()?.from))
        };
        let parsed = parsed.into_par_iter();
        parsed.for_each(|(id, file)| file.with(|source| each(id, source)));
        let each = |id: ObjectId, bytes: &[u8]| each(id, &bytes.into());
        read_blobs(trees, &stored, &each, &place)?;
        for done in told.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.keep(trees, done)?;
        }
        Ok(())
    }

    /// Forgets files that were parsed and are not written after all.
    pub(super) fn put_aside(&self) {
        *self.at_hand() = AtHand::default();
    }

    fn at_hand(&self) -> MutexGuard<'_, AtHand> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_file(&self, file: File, path: &RelPath, source: &Source<'_>) -> Told {
        let (reading, class, _) = &self.classes[file.1.at()];
        let reading = &self.readings[reading.at()].0;
        let (said, parsed) = reading.read(path, class, source.bytes());
        if let Some(parsed) = parsed {
            self.at_hand().keep(file.0, parsed);
        }
        Told::Read(file, said)
    }

    fn write_file(&self, id: ObjectId, job: &Job, source: &Source<'_>) -> Told {
        let (_, class, _) = &self.classes[job.class.at()];
        let file = (id, job.class);
        let source = (source, &*self.said[&file]);
        let written = job.stamper.write(&job.to, class, source, &job.names).ok();
        Told::Written {
            file,
            names: job.names.clone(),
            to: job.to.clone(),
            written,
        }
    }

    /// Remembers what a thread found out.
    fn keep(&mut self, trees: &mut Trees<'_>, told: Told) -> Result<(), ProjectionError> {
        match told {
            Told::Read(file, said) => self.learn(&mut trees.memo, file, said),
            Told::Written {
                file,
                names,
                to,
                written,
            } => {
                let Some(written) = written else {
                    self.writes.insert((file, names), None);
                    return Ok(());
                };
                let id = self.latest.add(&trees.pack, &to, written.bytes)?;
                // There and back.
                self.weight += 2 * names.len() * (size_of::<NewName>() + 24);
                self.writes.insert((file, names), Some(id));
                let reading = self.classes[file.1.at()].0;
                if let Some(class) = self.class_at(reading, &to) {
                    self.learn(&mut trees.memo, (id, class), written.said);
                    if let Some(back) = written.back {
                        let back = back.into_boxed_slice();
                        self.writes.insert(((id, class), back), Some(file.0));
                    }
                }
            }
        }
        Ok(())
    }

    fn learn(&mut self, memo: &mut Memo, file: File, said: Said) {
        self.weight += said.weight();
        let gist = said.gist();
        memo.put(|| self.question(file), || gist.to_bytes());
        let gist = self.shared.number(gist);
        self.gists.insert(file, gist);
        if gist != NOTHING {
            self.said.insert(file, Arc::new(said));
        }
    }
}

/// What a thread found out.
enum Told {
    Read(File, Said),
    Written {
        file: File,
        names: Box<[NewName]>,
        to: RelPath,
        written: Option<Written>,
    },
}

/// Hands these blobs to `each`; of those that are missing, `place` tells a path.
fn read_blobs<'p>(
    trees: &Trees<'_>,
    ids: &[ObjectId],
    each: &(dyn Fn(ObjectId, &[u8]) + Sync),
    place: &(dyn Fn(ObjectId) -> Option<&'p RelPath> + Sync),
) -> Result<(), ProjectionError> {
    let (new, stored): (Vec<_>, Vec<_>) = ids.iter().partition(|id| trees.pack.brings(**id));
    for id in new {
        each(id, &trees.pack.read_as(id, Kind::Blob)?);
    }
    trees.objects.read_all(&stored, |id, object| {
        let object = object.map_err(|error| match place(id) {
            Some(path) => error.at(path.as_bytes()),
            None => error,
        })?;
        each(id, object.bytes);
        Ok(())
    })
}
