//! Takes many trees to an environment's form, or back, at once.
//!
//! ```text
//! outlines   what paths say            trees are read, no files
//! gists      what files say            files that may hold names are read once each
//! stampers   what becomes of them      one for all trees that say the same
//! folds      the new trees             files are written once for each set of new names
//! ```
//!
//! Every step is kept by the place or the file that it is about, so that what did not change between two
//! commits costs nothing in the second.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use storyline_stamp::parts::{Gist, Outline, Stamper, Unfit};
use storyline_stamp::{Direction, EntryKind as FileKind};
use storyline_text::RelPath;

use super::ProjectionError;
use super::files::{Files, GistId, Job, Jobs, NOTHING, ReadingId};
use super::folder::{Change, Folder, Part};
use super::manifests::{ManifestId, Manifests};
use super::numbers::{Number, number};
use super::paths::PathId;
use super::trees::{OutlineId, Place, Trees};
use super::whole::as_a_whole;
use crate::id::ObjectId;
use crate::memo::Key;

number! {
    /// A stamper, shared by all trees for which it decides alike.
    StamperId
}

/// How many files, places and paths are known at most; each takes some hundred bytes.
const MAX_KNOWN: usize = 1 << 20;

/// A tree that is to be projected, with the manifest that it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Root {
    pub(super) tree: ObjectId,
    pub(super) place: Place,
    pub(super) manifest: ManifestId,
}

/// What became of a tree: its new name, or that it is refused.
pub(super) type Verdict = Option<ObjectId>;

/// What is known of all trees and files.
#[derive(Default)]
pub(super) struct Forest {
    files: Files,
    gists: FxHashMap<(Place, ReadingId), GistId>,
    /// What gists make together: most folders say what others said before.
    together: FxHashMap<Vec<GistId>, GistId>,
    stampers: Vec<(Arc<Stamper>, ReadingId, Key)>,
    stamper_ids: FxHashMap<Key, StamperId>,
    stampers_of: FxHashMap<Told, Result<StamperId, Unfit>>,
    /// The same by less: many trees that tell different things share one.
    stampers_for: FxHashMap<MadeFrom, Result<StamperId, Unfit>>,
    folds: FxHashMap<(Place, StamperId), Verdict>,
    /// The same of files with names in them.
    file_folds: FxHashMap<(ObjectId, PathId, StamperId), Verdict>,
    verdicts: FxHashMap<(Root, bool), Verdict>,
}

/// All that a tree tells, and whether it is to be stamped.
type Told = (ManifestId, bool, OutlineId, GistId);

/// What of that a stamper is made from: the manifest, whether to stamp, the paths, the project's name.
type MadeFrom = (ManifestId, bool, OutlineId, Option<String>);

/// What came of an attempt.
enum Attempt<T> {
    Done(T),
    Refused,
    /// Files have to be read or written first.
    Waiting,
}

impl Forest {
    /// What becomes of each of these trees. New files and trees are written.
    pub(super) fn project(
        &mut self,
        trees: &mut Trees<'_>,
        manifests: &Manifests,
        direction: Direction,
        roots: &[Root],
    ) -> Result<Vec<Verdict>, ProjectionError> {
        let stamps = direction == Direction::Stamp;
        let mut open = Vec::new();
        let mut seen = FxHashSet::default();
        for root in roots {
            if self.verdicts.contains_key(&(*root, stamps)) || !seen.insert(*root) {
                continue;
            }
            match trees.outline_of(root.place)? {
                None => drop(self.verdicts.insert((*root, stamps), None)),
                Some(outline) => {
                    let told = (outline, &**trees.outline(outline));
                    let reading = self.files.reading(manifests, root.manifest, told);
                    open.push((*root, reading, outline));
                }
            }
        }
        self.read_files(trees, &open)?;
        let mut fits = Vec::new();
        for (root, reading, outline) in open {
            let gist = self.gist(trees, root.place, reading)?;
            let told = (root.manifest, stamps, outline, gist);
            let verdict = match self.stamper(manifests, direction, reading, told, trees) {
                Ok(stamper) => {
                    fits.push((root, stamper));
                    continue;
                }
                Err(Unfit::Refused) => None,
                Err(Unfit::Undecided) => as_a_whole(trees, manifests, direction, root)?,
            };
            self.verdicts.insert((root, stamps), verdict);
        }
        self.fold_all(trees, stamps, fits)?;
        Ok(roots
            .iter()
            .map(|root| self.verdicts[&(*root, stamps)])
            .collect())
    }

    /// Forgets what has become much. What is needed again is found out again.
    pub(super) fn trim(&mut self, trees: &mut Trees<'_>) {
        self.files.trim();
        let folds = self.folds.len() + self.file_folds.len();
        let own = self.gists.len() + folds + self.files.count();
        if own + trees.count() > MAX_KNOWN {
            *self = Self::default();
            trees.forget();
        }
    }

    /// Reads all files of these trees that were not read before.
    fn read_files(
        &mut self,
        trees: &mut Trees<'_>,
        roots: &[(Root, ReadingId, OutlineId)],
    ) -> Result<(), ProjectionError> {
        let mut jobs = Jobs::default();
        let mut seen = FxHashSet::default();
        for (root, reading, _) in roots {
            self.gather(trees, root.place, *reading, &mut seen, &mut jobs)?;
        }
        self.files.run(trees, jobs)
    }

    fn gather(
        &mut self,
        trees: &mut Trees<'_>,
        place: Place,
        reading: ReadingId,
        seen: &mut FxHashSet<(Place, ReadingId)>,
        jobs: &mut Jobs,
    ) -> Result<(), ProjectionError> {
        if self.known_gist(trees, place, reading).is_some() || !seen.insert((place, reading)) {
            return Ok(());
        }
        let folder = outlined(trees.folder(place)?);
        for entry in folder.entries() {
            match entry.part {
                Part::Folder(below) => self.gather(trees, below, reading, seen, jobs)?,
                Part::File(FileKind::File, path) => {
                    if let Some(class) = self.files.class(reading, trees.paths(), path)
                        && self.files.gist(&trees.memo, (entry.id, class)).is_none()
                    {
                        jobs.read((entry.id, class), trees.paths().get(path));
                    }
                }
                Part::File(..) => {}
            }
        }
        Ok(())
    }

    /// What the files of a place say. All of them were read.
    fn gist(
        &mut self,
        trees: &mut Trees<'_>,
        place: Place,
        reading: ReadingId,
    ) -> Result<GistId, ProjectionError> {
        if let Some(known) = self.known_gist(trees, place, reading) {
            return Ok(known);
        }
        let folder = outlined(trees.folder(place)?);
        let mut parts = Vec::new();
        let mut holds_model = false;
        for entry in folder.entries() {
            let said = match entry.part {
                Part::Folder(below) => self.gist(trees, below, reading)?,
                Part::File(FileKind::File, path) => {
                    holds_model |= Outline::is_model(trees.paths().get(path));
                    let class = self.files.class(reading, trees.paths(), path);
                    let said = class.and_then(|c| self.files.gist(&trees.memo, (entry.id, c)));
                    said.unwrap_or(NOTHING)
                }
                Part::File(..) => NOTHING,
            };
            if said != NOTHING && parts.last() != Some(&said) {
                parts.push(said);
            }
        }
        let gist = self.together(parts, holds_model);
        let (_, how) = self.files.get(reading);
        let answer = || self.files.told(gist).to_bytes();
        trees.remember(b"gist", place, how.as_bytes(), answer);
        self.gists.insert((place, reading), gist);
        Ok(gist)
    }

    /// What parts of a tree say together.
    fn together(&mut self, mut parts: Vec<GistId>, holds_model: bool) -> GistId {
        if holds_model {
            let mut model = Gist::default();
            model.add_model();
            parts.push(self.files.number(model));
        }
        if let Some(known) = self.together.get(&parts) {
            return *known;
        }
        let mut gist = Gist::default();
        for part in &parts {
            gist.extend(self.files.told(*part));
        }
        let number = self.files.number(gist);
        self.together.insert(parts, number);
        number
    }

    fn known_gist(
        &mut self,
        trees: &Trees<'_>,
        place: Place,
        reading: ReadingId,
    ) -> Option<GistId> {
        if let Some(known) = self.gists.get(&(place, reading)) {
            return Some(*known);
        }
        let (_, how) = self.files.get(reading);
        let known = trees.recall(b"gist", place, how.as_bytes())?;
        let gist = self.files.number(Gist::from_bytes(&known)?);
        self.gists.insert((place, reading), gist);
        Some(gist)
    }

    fn stamper(
        &mut self,
        manifests: &Manifests,
        direction: Direction,
        reading: ReadingId,
        told: Told,
        trees: &Trees<'_>,
    ) -> Result<StamperId, Unfit> {
        if let Some(known) = self.stampers_of.get(&told) {
            return *known;
        }
        let (manifest, _, outline, gist) = told;
        let (manifest, environment) = manifests.get(manifest);
        let (outline, gist) = (trees.outline(outline), self.files.told(gist).clone());
        let made = Stamper::check(manifest, environment, direction, outline, &gist);
        let made = made.and_then(|()| {
            let project = gist.project();
            self.make_stamper(manifests, direction, reading, (told, project), outline)
        });
        self.stampers_of.insert(told, made);
        made
    }

    fn make_stamper(
        &mut self,
        manifests: &Manifests,
        direction: Direction,
        reading: ReadingId,
        ((manifest, stamps, number, _), project): (Told, Option<&str>),
        outline: &Outline,
    ) -> Result<StamperId, Unfit> {
        let from = (manifest, stamps, number, project.map(Into::into));
        if let Some(known) = self.stampers_for.get(&from) {
            return *known;
        }
        let (manifest, environment) = manifests.get(manifest);
        let (how, identity) = self.files.get(reading);
        let made = Stamper::new(manifest, environment, direction, how, outline, project);
        let made = made.map(|stamper| {
            let identity = stamper.identity(identity.as_bytes());
            let next = StamperId::new(self.stampers.len());
            let key = Key::of(&[b"stamper", &identity]);
            let id = *self.stamper_ids.entry(key).or_insert(next);
            if id == next {
                self.stampers.push((Arc::new(stamper), reading, key));
            }
            id
        });
        self.stampers_for.insert(from, made);
        made
    }

    /// Makes the new trees, in as many rounds as it takes to read and write the files in them.
    fn fold_all(
        &mut self,
        trees: &mut Trees<'_>,
        stamps: bool,
        mut roots: Vec<(Root, StamperId)>,
    ) -> Result<(), ProjectionError> {
        while !roots.is_empty() {
            let mut jobs = Jobs::default();
            let mut waiting = Vec::new();
            for (root, stamper) in roots {
                let verdict = match self.fold(trees, root.place, stamper, &mut jobs)? {
                    Attempt::Done(id) => Some(id),
                    Attempt::Refused => None,
                    Attempt::Waiting => {
                        waiting.push((root, stamper));
                        continue;
                    }
                };
                self.verdicts.insert((root, stamps), verdict);
            }
            self.files.run(trees, jobs)?;
            roots = waiting;
        }
        self.files.put_aside();
        Ok(())
    }

    fn fold(
        &mut self,
        trees: &mut Trees<'_>,
        place: Place,
        stamper: StamperId,
        jobs: &mut Jobs,
    ) -> Result<Attempt<ObjectId>, ProjectionError> {
        if let Some(known) = self.folds.get(&(place, stamper)) {
            return Ok(known.map_or(Attempt::Refused, Attempt::Done));
        }
        let (_, reading, how) = self.stampers[stamper.at()];
        let gist = self.known_gist(trees, place, reading);
        if gist.is_some_and(|gist| self.files.told(gist).is_inert()) {
            return Ok(Attempt::Done(trees.tree(place)));
        }
        let known = trees.recall(b"fold", place, how.as_bytes());
        if let Some(known) = known.and_then(|known| verdict(&known))
            && known.is_none_or(|id| trees.pack.contains(id))
        {
            self.folds.insert((place, stamper), known);
            return Ok(known.map_or(Attempt::Refused, Attempt::Done));
        }
        if jobs.places.contains(&(place, stamper)) {
            return Ok(Attempt::Waiting);
        }
        let folder = outlined(trees.folder(place)?);
        let made = match self.changes(trees, &folder, stamper, jobs)? {
            Attempt::Done(changes) => finish(trees, place, &folder, &changes)?,
            Attempt::Refused => None,
            Attempt::Waiting => {
                jobs.places.insert((place, stamper));
                return Ok(Attempt::Waiting);
            }
        };
        let answer = || made.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        trees.remember(b"fold", place, how.as_bytes(), answer);
        self.folds.insert((place, stamper), made);
        Ok(made.map_or(Attempt::Refused, Attempt::Done))
    }

    /// What changes in a folder.
    fn changes(
        &mut self,
        trees: &mut Trees<'_>,
        folder: &Folder,
        stamper: StamperId,
        jobs: &mut Jobs,
    ) -> Result<Attempt<Vec<Change>>, ProjectionError> {
        let mut changes = Vec::new();
        let mut is_waiting = false;
        for (at, entry) in folder.entries().iter().enumerate() {
            let attempt = match entry.part {
                Part::Folder(below) => match self.fold(trees, below, stamper, jobs)? {
                    Attempt::Done(id) => Attempt::Done((id, None)),
                    Attempt::Refused => Attempt::Refused,
                    Attempt::Waiting => Attempt::Waiting,
                },
                Part::File(FileKind::File, path) => {
                    self.fold_file(trees, stamper, entry.id, path, jobs)
                }
                Part::File(..) => continue,
            };
            match attempt {
                Attempt::Done((id, None)) if id == entry.id => {}
                Attempt::Done((id, to)) => changes.push(Change { at, id, to }),
                Attempt::Waiting => is_waiting = true,
                Attempt::Refused => return Ok(Attempt::Refused),
            }
        }
        Ok(match is_waiting {
            true => Attempt::Waiting,
            false => Attempt::Done(changes),
        })
    }

    /// What a file becomes: its bytes, and another path in the same folder.
    fn fold_file(
        &mut self,
        trees: &Trees<'_>,
        stamper: StamperId,
        id: ObjectId,
        path: PathId,
        jobs: &mut Jobs,
    ) -> Attempt<(ObjectId, Option<RelPath>)> {
        let (how, reading, _) = &self.stampers[stamper.at()];
        let from = trees.paths().get(path);
        let to = how.renamed(from);
        let done = |id| Attempt::Done((id, to.cloned()));
        let Some(class) = self.files.class(*reading, trees.paths(), path) else {
            return done(id);
        };
        let gist = self.files.gist(&trees.memo, (id, class));
        if gist.is_some_and(|gist| gist == NOTHING || self.files.told(gist).is_inert()) {
            return done(id);
        }
        let key = (id, path, stamper);
        if let Some(known) = self.file_folds.get(&key) {
            return known.map_or(Attempt::Refused, done);
        }
        let Some(said) = self.files.said((id, class)) else {
            jobs.read((id, class), from);
            return Attempt::Waiting;
        };
        let known = match how.decide(from, said) {
            Ok(names) if names.is_empty() => Ok(Some(id)),
            Ok(names) => self.files.written((id, class), names),
            Err(_) => Ok(None),
        };
        match known {
            Ok(verdict) => {
                let attempt = verdict.map_or(Attempt::Refused, done);
                self.file_folds.insert(key, verdict);
                attempt
            }
            Err(names) => {
                let job = Job {
                    class,
                    stamper: how.clone(),
                    from: from.clone(),
                    to: to.unwrap_or(from).clone(),
                    names,
                };
                jobs.write(id, job);
                Attempt::Waiting
            }
        }
    }
}

/// A verdict as the memo has it.
fn verdict(bytes: &[u8]) -> Option<Verdict> {
    match bytes {
        [] => Some(None),
        id => Some(Some(ObjectId::from_bytes(id.try_into().ok()?))),
    }
}

/// A folder of a tree whose outline is known.
pub(super) fn outlined(folder: Option<Arc<Folder>>) -> Arc<Folder> {
    folder.expect("an outline was made of it")
}

/// The tree in a place with these changes; `None` when two entries then have one name.
pub(super) fn finish(
    trees: &mut Trees<'_>,
    place: Place,
    folder: &Folder,
    changes: &[Change],
) -> Result<Verdict, ProjectionError> {
    if changes.is_empty() {
        return Ok(Some(trees.tree(place)));
    }
    let made = folder.with(changes);
    let made = made.map(|bytes| trees.replace(place, bytes));
    Ok(made.transpose()?)
}
