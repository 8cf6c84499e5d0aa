//! Which revision is on a stage: read along the first parents of the stage's own history.
//!
//! The last entry of each story wins. Nothing counts but the history, so that anybody who has it computes the
//! same.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use storyline_repo::{Kind, Memo, ObjectError, ObjectId, Objects, RawCommit};

use crate::block::{self, Read};
use crate::deed::{BackOut, Deed, Landed, Landing};
use storyline_repo::story::{Person, RevisionId, StoryId};

/// Commits of a branch that was merged into a stage, at most.
const MAX_MERGED: usize = 4096;

/// A stage's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Commits along the first parents, oldest first.
    pub entries: Vec<Entry>,
    /// Commits that say nothing and may be what people were to merge, with the stories of that: which it is
    /// cannot be told.
    pub unsure: BTreeMap<ObjectId, Vec<StoryId>>,
}

/// A commit on a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub commit: ObjectId,
    /// Its first parent; `None` for the first of all.
    pub parent: Option<ObjectId>,
    /// The tree of its files, in the stage's form.
    pub tree: ObjectId,
    /// When it was committed: seconds since 1970.
    pub when: i64,
    /// What it says that it does, in this order; nothing when it does not.
    pub deeds: Vec<Deed>,
}

/// A revision that is on a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnStage {
    /// Which, and its change.
    pub revision: Landed,
    /// The commit on the stage that brought it.
    pub commit: ObjectId,
    /// When: seconds since 1970.
    pub when: i64,
    /// Where it stands among the ledger's entries.
    pub entry: usize,
    /// Stories that it is built on.
    pub depends: Vec<StoryId>,
}

impl Ledger {
    /// Reads the history that ends at `tip`. A commit that says nothing, and makes of its parent what one of
    /// the commits `proposed` would, does what that one says: it was squashed, and its message lost. Its parent
    /// may be another one than was thought.
    ///
    /// # Errors
    /// When a commit is missing or broken.
    pub fn read(
        objects: &Objects,
        memo: &mut Memo,
        tip: ObjectId,
        proposed: &[ObjectId],
    ) -> Result<Self, ObjectError> {
        let read = first_parents(objects, memo, tip)?;
        let merges = read.iter().enumerate();
        let merges = merges
            .filter(|(_, read)| read.entry.deeds.is_empty())
            .filter_map(|(at, read)| Some((at, read.merged?)))
            .collect();
        let mut ledger = Self {
            entries: read.into_iter().map(|read| read.entry).collect(),
            ..Self::default()
        };
        ledger.read_merged(objects, merges)?;
        ledger.recognise(objects, proposed)?;
        ledger.entries.reverse();
        ledger.recognise_moved(objects, proposed)?;
        Ok(ledger)
    }

    /// A merge of a branch whose commits all say what they do brings what they bring.
    fn read_merged(
        &mut self,
        objects: &Objects,
        merges: Vec<(usize, ObjectId)>,
    ) -> Result<(), ObjectError> {
        if merges.is_empty() {
            return Ok(());
        }
        let own: HashSet<_> = self.entries.iter().map(|entry| entry.commit).collect();
        for (at, merged) in merges {
            if let Some(Chain { deeds, .. }) = chain(objects, merged, |id| own.contains(&id))? {
                self.entries[at].deeds = deeds;
            }
        }
        Ok(())
    }

    fn recognise(&mut self, objects: &Objects, proposed: &[ObjectId]) -> Result<(), ObjectError> {
        let silent = self.entries.iter().filter(|entry| entry.deeds.is_empty());
        let parents: HashSet<_> = silent.filter_map(|entry| entry.parent).collect();
        if parents.is_empty() {
            return Ok(());
        }
        let mut known: HashMap<_, Option<Vec<Deed>>> = HashMap::new();
        for tip in proposed {
            let tree = objects.tree_of(*tip)?;
            let chain = chain(objects, *tip, |id| parents.contains(&id))?;
            if let Some(Chain {
                from: Some(parent),
                deeds,
            }) = chain
            {
                // Of several that would give the same, none is taken for granted.
                known
                    .entry((parent, tree))
                    .and_modify(|known| *known = known.take().filter(|one| are_same(one, &deeds)))
                    .or_insert(Some(deeds));
            }
        }
        for entry in &mut self.entries {
            if let (true, Some(parent)) = (entry.deeds.is_empty(), entry.parent)
                && let Some(Some(deeds)) = known.get(&(parent, entry.tree))
            {
                entry.deeds.clone_from(deeds);
            }
        }
        Ok(())
    }

    /// What is on the stage of one story.
    pub fn on_stage_of(&self, story: &StoryId) -> Option<OnStage> {
        let entries = self.entries.iter().enumerate().rev();
        let mut deeds = entries.flat_map(|(at, entry)| {
            let deeds = entry.deeds.iter().rev();
            deeds.map(move |deed| (at, entry, deed))
        });
        let (at, entry, last) = deeds.find(|(_, _, deed)| deed.story() == Some(story))?;
        OnStage::by(at, entry, last)
    }

    /// What is on the stage, by story.
    pub fn on_stage(&self) -> BTreeMap<StoryId, OnStage> {
        let mut on = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            for deed in &entry.deeds {
                let Some(story) = deed.story() else { continue };
                match OnStage::by(at, entry, deed) {
                    Some(found) => on.insert(story.clone(), found),
                    None => on.remove(story),
                };
            }
        }
        on
    }

    /// The same, where what is said of revisions that are not `known` counts as nothing.
    #[must_use]
    pub fn knowing(mut self, known: impl Fn(&Landed) -> bool) -> Self {
        for entry in &mut self.entries {
            let is_known = |deed: &Deed| deed.revision().is_none_or(&known);
            entry.deeds.retain(is_known);
        }
        self
    }

    /// What was on the stage before an entry, by story.
    pub fn landed_before(&self, at: usize) -> BTreeMap<StoryId, Landed> {
        let mut on = BTreeMap::new();
        let deeds = self.entries[..at].iter().flat_map(|entry| &entry.deeds);
        deeds.for_each(|deed| tell(&mut on, deed));
        on
    }

    /// Every revision that any entry names, with its change.
    pub fn revisions(&self) -> HashMap<(StoryId, RevisionId), &Landed> {
        let deeds = self.entries.iter().flat_map(|entry| &entry.deeds);
        let landed = deeds.filter_map(Deed::revision);
        landed
            .map(|landed| ((landed.story.clone(), landed.revision), landed))
            .collect()
    }

    /// The first entry that says what it does: what is older is how the stage began.
    pub fn begins(&self) -> usize {
        let first = self
            .entries
            .iter()
            .position(|entry| !entry.deeds.is_empty());
        first.unwrap_or(self.entries.len())
    }

    /// Commits after the first that says what it does, which do not.
    pub fn silent(&self) -> impl Iterator<Item = &Entry> {
        let since = self.entries[self.begins()..].iter();
        since.filter(|entry| entry.deeds.is_empty())
    }

    /// The tip that it was read from.
    pub fn tip(&self) -> Option<&Entry> {
        self.entries.last()
    }
}

impl OnStage {
    /// What is there of a story by the last that was said of it.
    fn by(at: usize, entry: &Entry, last: &Deed) -> Option<Self> {
        let (revision, depends) = match last {
            Deed::Land(Landing {
                revision, depends, ..
            }) => (revision, depends.as_slice()),
            Deed::HotFix { revision, .. } => (revision, [].as_slice()),
            Deed::BackOut(_) | Deed::Manifest { .. } | Deed::Adopt => return None,
        };
        Some(Self {
            revision: revision.clone(),
            commit: entry.commit,
            when: entry.when,
            entry: at,
            depends: depends.to_vec(),
        })
    }
}

/// The commits from `tip` along first parents, newest first.
fn first_parents(
    objects: &Objects,
    memo: &mut Memo,
    tip: ObjectId,
) -> Result<Vec<Read>, ObjectError> {
    let mut read: Vec<Read> = Vec::new();
    // Where those begin that are in no block.
    let mut new = 0;
    let mut next = Some(tip);
    while let Some(id) = next {
        if let Some(block) = block::recall(memo, id) {
            block::remember(memo, &read[new..]);
            read.extend(block);
            new = read.len();
        } else {
            let bytes = objects.read_as(id, Kind::Commit)?;
            read.push(Read::of(id, &parsed(id, &bytes)?));
        }
        next = read.last().and_then(|read| read.entry.parent);
    }
    block::remember(memo, &read[new..]);
    Ok(read)
}

impl Read {
    fn of(id: ObjectId, commit: &RawCommit<'_>) -> Self {
        let entry = Entry {
            commit: id,
            parent: commit.parents().first().copied(),
            tree: commit.tree(),
            when: commit
                .committer()
                .and_then(Person::and_time)
                .map_or(0, |(_, when)| when),
            deeds: Deed::all_in(commit.message()),
        };
        let merged = match commit.parents() {
            [_, merged] => Some(*merged),
            _ => None,
        };
        Self { entry, merged }
    }
}

/// Whether the same revisions come and go, in whichever promotion.
fn are_same(one: &[Deed], other: &[Deed]) -> bool {
    let each = |deeds: &[Deed]| -> Vec<_> {
        let deeds = deeds.iter();
        deeds
            .map(|deed| (deed.kind(), deed.revision().cloned()))
            .collect()
    };
    each(one) == each(other)
}

/// Commits one after another.
pub(crate) struct Chain {
    /// What they go on from.
    pub(crate) from: Option<ObjectId>,
    /// What they say that they do, oldest first.
    pub(crate) deeds: Vec<Deed>,
}

/// What the commits that lead to `tip` from one that is `known` say that they do, oldest first, and that
/// one; `None` when one of them says nothing, or is a merge.
pub(crate) fn chain(
    objects: &Objects,
    tip: ObjectId,
    known: impl Fn(ObjectId) -> bool,
) -> Result<Option<Chain>, ObjectError> {
    let mut deeds = Vec::new();
    let mut next = Some(tip);
    for _ in 0..MAX_MERGED {
        let Some(id) = next.filter(|id| !known(*id)) else {
            deeds.reverse();
            return Ok(Some(Chain { from: next, deeds }));
        };
        let bytes = objects.read_as(id, Kind::Commit)?;
        let commit = parsed(id, &bytes)?;
        let said = Deed::all_in(commit.message());
        next = match commit.parents() {
            [parent] if !said.is_empty() => Some(*parent),
            _ => return Ok(None),
        };
        deeds.extend(said.into_iter().rev());
    }
    Ok(None)
}

/// Goes on with what is on a stage.
pub(crate) fn tell(on: &mut BTreeMap<StoryId, Landed>, deed: &Deed) {
    match deed {
        Deed::Land(Landing { revision, .. }) | Deed::HotFix { revision, .. } => {
            on.insert(revision.story.clone(), revision.clone());
        }
        Deed::BackOut(BackOut { revision, .. }) => {
            on.remove(&revision.story);
        }
        Deed::Manifest { .. } | Deed::Adopt => {}
    }
}

fn parsed(id: ObjectId, bytes: &[u8]) -> Result<RawCommit<'_>, ObjectError> {
    RawCommit::parse(bytes).map_err(|reason| ObjectError::Commit { id, reason })
}
