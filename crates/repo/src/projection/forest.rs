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
use super::files::{Files, Job, Jobs, ReadingId, number};
use super::manifests::{ManifestId, Manifests};
use super::trees::{Folder, Place, ROOT, Trees, file_kind, shared};
use super::whole::as_a_whole;
use crate::id::{Kind, ObjectId};
use crate::memo::{Key, Memo};
use crate::tree::{TreeEntry, is_sorted, sort_tree, write_tree};

number! {
    /// A stamper, shared by all trees for which it decides alike.
    StamperId
}

/// How many files and places are known at most; each takes some hundred bytes.
const MAX_KNOWN: usize = 1 << 20;

/// A tree that is to be projected, with the manifest that it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Root {
    pub(super) tree: ObjectId,
    pub(super) manifest: ManifestId,
}

/// What became of a tree: its new name, or that it is refused.
pub(super) type Verdict = Option<ObjectId>;

/// What is known of all trees and files.
#[derive(Default)]
pub(super) struct Forest {
    files: Files,
    gists: FxHashMap<(Place, ReadingId), Arc<Gist>>,
    /// Each that is known once: most commits say what the one before said.
    shared: FxHashSet<Arc<Gist>>,
    stampers: Vec<(Arc<Stamper>, ReadingId, Key)>,
    stamper_ids: FxHashMap<Key, StamperId>,
    stampers_of: FxHashMap<Told, Result<StamperId, Unfit>>,
    folds: FxHashMap<(Place, StamperId), Verdict>,
    verdicts: FxHashMap<(Root, bool), Verdict>,
}

/// All that a tree tells, and whether it is to be stamped.
type Told = (ManifestId, bool, Arc<Outline>, Arc<Gist>);

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
            match trees.outline((root.tree, ROOT))? {
                None => drop(self.verdicts.insert((*root, stamps), None)),
                Some(outline) => open.push((
                    *root,
                    self.files.reading(manifests, root.manifest, &outline),
                    outline,
                )),
            }
        }
        self.read_files(trees, &open)?;
        let mut fits = Vec::new();
        for (root, reading, outline) in open {
            let gist = self.gist(trees, (root.tree, ROOT), reading)?;
            let verdict = match self.stamper(manifests, direction, root, reading, (&outline, &gist))
            {
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
    pub(super) fn trim(&mut self) {
        self.files.trim();
        if self.gists.len() + self.folds.len() + self.files.count() > MAX_KNOWN {
            *self = Self::default();
        }
    }

    /// Reads all files of these trees that were not read before.
    fn read_files(
        &mut self,
        trees: &mut Trees<'_>,
        roots: &[(Root, ReadingId, Arc<Outline>)],
    ) -> Result<(), ProjectionError> {
        let mut jobs = Jobs::default();
        let mut seen = FxHashSet::default();
        for (root, reading, _) in roots {
            self.gather(trees, (root.tree, ROOT), *reading, &mut seen, &mut jobs)?;
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
        let folder = outlined(trees.folder(place.0)?);
        for (kind, entry) in folder.entries() {
            match file_kind(kind) {
                None => {
                    let below = trees.below(place.1, entry.name);
                    self.gather(trees, (entry.id, below), reading, seen, jobs)?;
                }
                Some(FileKind::File) => {
                    let path = trees.rel_path(place.1, entry.name);
                    if let Some(class) = self.files.class(reading, &path)
                        && self.files.gist(&trees.memo, (entry.id, class)).is_none()
                    {
                        jobs.read((entry.id, class), path);
                    }
                }
                Some(_) => {}
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
    ) -> Result<Arc<Gist>, ProjectionError> {
        if let Some(known) = self.known_gist(trees, place, reading) {
            return Ok(known);
        }
        let (tree, prefix) = place;
        let folder = outlined(trees.folder(tree)?);
        let mut gist = Gist::default();
        for (kind, entry) in folder.entries() {
            match file_kind(kind) {
                None => {
                    let below = trees.below(prefix, entry.name);
                    let inside = self.gist(trees, (entry.id, below), reading)?;
                    gist.extend(&inside);
                }
                Some(FileKind::File) => {
                    let path = trees.rel_path(prefix, entry.name);
                    if let Some(class) = self.files.class(reading, &path)
                        && let Some(Some(said)) = self.files.gist(&trees.memo, (entry.id, class))
                    {
                        gist.extend(said);
                    }
                    if Outline::is_model(&path) {
                        gist.add_model();
                    }
                }
                Some(_) => {}
            }
        }
        let question = self.gist_question(trees, place, reading);
        trees.memo.put(|| question, &gist.to_bytes());
        Ok(self.keep_gist(place, reading, gist))
    }

    fn known_gist(
        &mut self,
        trees: &Trees<'_>,
        place: Place,
        reading: ReadingId,
    ) -> Option<Arc<Gist>> {
        if let Some(known) = self.gists.get(&(place, reading)) {
            return Some(known.clone());
        }
        let question = || self.gist_question(trees, place, reading);
        let known = trees.memo.get(question)?;
        let gist = Gist::from_bytes(&known)?;
        Some(self.keep_gist(place, reading, gist))
    }

    fn keep_gist(&mut self, place: Place, reading: ReadingId, gist: Gist) -> Arc<Gist> {
        let gist = shared(&mut self.shared, gist);
        self.gists.insert((place, reading), gist.clone());
        gist
    }

    fn gist_question(&self, trees: &Trees<'_>, place: Place, reading: ReadingId) -> Key {
        let (_, how) = self.files.get(reading);
        trees.question(b"gist", place, how.as_bytes())
    }

    fn stamper(
        &mut self,
        manifests: &Manifests,
        direction: Direction,
        root: Root,
        reading: ReadingId,
        (outline, gist): (&Arc<Outline>, &Arc<Gist>),
    ) -> Result<StamperId, Unfit> {
        let stamps = direction == Direction::Stamp;
        let key = (root.manifest, stamps, outline.clone(), gist.clone());
        if let Some(known) = self.stampers_of.get(&key) {
            return *known;
        }
        let (manifest, environment) = manifests.get(root.manifest);
        let (how, identity) = self.files.get(reading);
        let made = Stamper::new(manifest, environment, direction, how, outline, gist);
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
        self.stampers_of.insert(key, made);
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
                let verdict = match self.fold(trees, (root.tree, ROOT), stamper, &mut jobs)? {
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
        let (_, reading, how) = &self.stampers[stamper.0 as usize];
        let (reading, how) = (*reading, *how);
        let gist = self.known_gist(trees, place, reading);
        if gist.is_some_and(|gist| gist.is_inert()) {
            return Ok(Attempt::Done(place.0));
        }
        let question = trees.question(b"fold", place, how.as_bytes());
        if let Some(known) = trees
            .memo
            .get(|| question)
            .and_then(|known| verdict(&known))
            && known.is_none_or(|id| trees.pack.contains(id))
        {
            self.folds.insert((place, stamper), known);
            return Ok(known.map_or(Attempt::Refused, Attempt::Done));
        }
        if jobs.places.contains(&(place, stamper)) {
            return Ok(Attempt::Waiting);
        }
        let folder = outlined(trees.folder(place.0)?);
        let mut parts = Vec::new();
        let mut is_waiting = false;
        for (kind, entry) in folder.entries() {
            let same = |id| (id, entry.name.to_vec());
            let attempt = match file_kind(kind) {
                None => {
                    let below = trees.below(place.1, entry.name);
                    match self.fold(trees, (entry.id, below), stamper, jobs)? {
                        Attempt::Done(id) => Attempt::Done(same(id)),
                        Attempt::Refused => Attempt::Refused,
                        Attempt::Waiting => Attempt::Waiting,
                    }
                }
                Some(FileKind::File) => {
                    let path = trees.rel_path(place.1, entry.name);
                    self.fold_file(&trees.memo, stamper, entry.id, path, jobs)
                }
                Some(_) => Attempt::Done(same(entry.id)),
            };
            match attempt {
                Attempt::Done((id, name)) => parts.push((entry.mode, name, id)),
                Attempt::Waiting => is_waiting = true,
                Attempt::Refused => {
                    self.folds.insert((place, stamper), None);
                    trees.memo.put(|| question, b"");
                    return Ok(Attempt::Refused);
                }
            }
        }
        if is_waiting {
            jobs.places.insert((place, stamper));
            return Ok(Attempt::Waiting);
        }
        let made = finish(trees, place.0, &folder, &parts)?;
        let answer = made.as_ref().map_or(&[][..], |id| id.as_bytes());
        trees.memo.put(|| question, answer);
        self.folds.insert((place, stamper), made);
        Ok(made.map_or(Attempt::Refused, Attempt::Done))
    }

    /// What a file becomes: its bytes and its name in its folder.
    fn fold_file(
        &mut self,
        memo: &Memo,
        stamper: StamperId,
        id: ObjectId,
        path: RelPath,
        jobs: &mut Jobs,
    ) -> Attempt<(ObjectId, Vec<u8>)> {
        let (how, reading, _) = self.stampers[stamper.0 as usize].clone();
        let to = how.path(&path);
        let done = |id| Attempt::Done((id, to.file_name().to_vec()));
        let Some(class) = self.files.class(reading, &path) else {
            return done(id);
        };
        let gist = self.files.gist(memo, (id, class));
        if matches!(gist, Some(None)) || gist.flatten().is_some_and(|gist| gist.is_inert()) {
            return done(id);
        }
        let Some(said) = self.files.said((id, class)) else {
            jobs.read((id, class), path);
            return Attempt::Waiting;
        };
        let names = match how.decide(&path, said) {
            Ok(names) if names.is_empty() => return done(id),
            Ok(names) => names,
            Err(_) => return Attempt::Refused,
        };
        match self.files.written((id, class), names) {
            Ok(Some(written)) => done(written),
            Ok(None) => Attempt::Refused,
            Err(names) => {
                let job = Job {
                    class,
                    stamper: how,
                    from: path,
                    to,
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

/// The tree of `parts`, which stand for the entries of `folder`; `None` when two have one name.
pub(super) fn finish(
    trees: &mut Trees<'_>,
    tree: ObjectId,
    folder: &Folder,
    parts: &[(&[u8], Vec<u8>, ObjectId)],
) -> Result<Verdict, ProjectionError> {
    let mut made: Vec<_> = parts
        .iter()
        .map(|(mode, name, id)| TreeEntry {
            mode,
            name,
            id: *id,
        })
        .collect();
    if folder
        .entries()
        .map(|(_, entry)| entry)
        .eq(made.iter().cloned())
    {
        return Ok(Some(tree));
    }
    sort_tree(&mut made);
    if !is_sorted(&made) {
        return Ok(None);
    }
    Ok(Some(trees.pack.add(Kind::Tree, &write_tree(&made))?))
}
