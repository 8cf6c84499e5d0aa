//! The ledger of a stage that follows canonical: read from what landed there, however people merged it.
//!
//! A story is known by trailers, by its own commits, or by what its change does. Two stories that one commit
//! could be are told, and neither counts. What was backed out came before that, so it is looked for in the
//! history as it was then.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use storyline_repo::story::{
    Landed as Way, Landings, Part, Revision, RevisionId, Story, StoryError, StoryId,
};
use storyline_repo::{Memo, ObjectError, ObjectId, Objects, Repository};

use crate::PromoteError;
use crate::deed::{Deed, Landed, Landing};
use crate::ledger::Ledger;
use crate::stage::Span;

/// What landed on canonical.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Canonical's first parents.
    pub ledger: Ledger,
    /// Entries that hold a part of what came with a later one, by that one: a story's commits may have come one
    /// by one. They say nothing themselves.
    pub parts: BTreeMap<usize, BTreeSet<usize>>,
    /// Commits that make the very change of several stories, and do not say which it is.
    pub ambiguous: BTreeMap<ObjectId, Vec<StoryId>>,
    /// Commits that people were to merge there.
    pub proposed: Vec<ObjectId>,
    /// Stories of which nobody can tell whether they landed: objects of theirs are gone.
    pub unread: BTreeMap<StoryId, StoryError>,
}

impl Followed {
    /// Reads canonical's history, and finds these stories in it. `proposed` are commits that people were to
    /// merge there.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn read(
        repository: &Repository,
        objects: &Objects,
        memo: &mut Memo,
        tip: ObjectId,
        proposed: &[ObjectId],
        stories: &BTreeMap<StoryId, Story>,
    ) -> Result<Self, PromoteError> {
        let ledger = Ledger::read(objects, memo, tip, proposed)?;
        let mut search = Search {
            repository,
            objects,
            brought: brought(objects, &ledger)?,
            ledger: &ledger,
            landings: Landings::new(repository, tip),
        };
        let mut found: BTreeMap<usize, Vec<Came>> = BTreeMap::new();
        let mut unread = BTreeMap::new();
        for (id, story) in stories {
            match search.came(story) {
                Ok(all) => all
                    .into_iter()
                    .for_each(|came| found.entry(came.at).or_default().push(came)),
                Err(PromoteError::Story(error)) => drop(unread.insert(id.clone(), error)),
                Err(error) => return Err(error),
            }
        }
        for (at, found) in &mut found {
            search.put_in_order(*at, found)?;
        }
        let mut followed = Self {
            ledger,
            unread,
            proposed: proposed.to_vec(),
            ..Self::default()
        };
        let mut parts = Vec::new();
        for (at, found) in found {
            parts.extend(followed.add(at, found).map(|parts| (at, parts)));
        }
        followed.add_parts(parts);
        Ok(followed)
    }

    /// Has an entry say what was found of it, and returns the entries that hold parts of that.
    fn add(
        &mut self,
        at: usize,
        mut found: Vec<Came>,
    ) -> impl Iterator<Item = BTreeSet<usize>> + use<> {
        let guessed = found.iter().filter(|came| came.is_guessed);
        let guessed: Vec<_> = guessed
            .map(|came| came.landing.revision.story.clone())
            .collect();
        let entry = &mut self.ledger.entries[at];
        if guessed.len() > 1 {
            self.ambiguous.insert(entry.commit, guessed);
            found.retain(|came| !came.is_guessed);
        }
        let said = entry.deeds.iter().filter_map(Deed::story);
        let said: Vec<_> = said.cloned().collect();
        found.retain(|came| !said.contains(&came.landing.revision.story));
        let (landings, parts): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|came| (Deed::Land(came.landing), came.parts))
            .unzip();
        entry.deeds.extend(landings);
        parts.into_iter()
    }

    /// A part belongs to what came first with it.
    fn add_parts(&mut self, found: Vec<(usize, BTreeSet<usize>)>) {
        let mut taken = HashSet::new();
        for (at, mut parts) in found {
            parts.retain(|part| self.ledger.entries[*part].deeds.is_empty() && taken.insert(*part));
            if !parts.is_empty() {
                self.parts.entry(at).or_default().extend(parts);
            }
        }
    }
}

/// By every canonical commit, the entry that brought it.
fn brought(objects: &Objects, ledger: &Ledger) -> Result<HashMap<ObjectId, usize>, ObjectError> {
    let mut brought = HashMap::new();
    for (at, entry) in ledger.entries.iter().enumerate() {
        brought.insert(entry.commit, at);
    }
    let own: Vec<_> = ledger.entries.iter().map(|entry| entry.commit).collect();
    let Some(tip) = own.last() else {
        return Ok(brought);
    };
    // Children come after their parents, so that from behind each commit is met after all that have it.
    let walked = objects.walk(&[*tip], &[])?;
    for commit in walked.iter().rev() {
        let Some(at) = brought.get(&commit.id).copied() else {
            continue;
        };
        for parent in &commit.parents {
            let known = brought.entry(*parent).or_insert(at);
            *known = at.min(*known);
        }
    }
    Ok(brought)
}

/// A revision, and the entry with which it came.
struct Came {
    at: usize,
    landing: Landing,
    /// Earlier entries that brought parts of it.
    parts: BTreeSet<usize>,
    /// Whether its own commits came.
    is_merged: bool,
    /// Whether it is known by what changed alone.
    is_guessed: bool,
}

/// Where stories are looked for.
struct Search<'s> {
    repository: &'s Repository,
    objects: &'s Objects,
    ledger: &'s Ledger,
    /// By every canonical commit, the entry that brought it.
    brought: HashMap<ObjectId, usize>,
    /// In the whole history.
    landings: Landings<'s>,
}

impl<'s> Search<'s> {
    /// Where each revision of a story came, the oldest entry first.
    fn came(&mut self, story: &Story) -> Result<Vec<Came>, PromoteError> {
        let mut came: Vec<Came> = Vec::new();
        let mut known: HashSet<RevisionId> = HashSet::new();
        let gone = self.gone(&story.id);
        for (_, revision) in story.revisions().rev() {
            let Some(part) = revision.own().filter(|_| known.insert(revision.id())) else {
                continue;
            };
            let mut since = 0;
            for end in gone.iter().copied().chain([self.ledger.entries.len()]) {
                let mut found = self.find(revision, part, end)?;
                // What a newer one came with may be the same change, or name no revision.
                while let Some(Came { at, .. }) = found
                    && came.iter().any(|newer| newer.at == at)
                {
                    found = self.find(revision, part, at)?;
                }
                // The commits of an older revision come once more with a story that is built on it: that is no
                // news.
                let is_news = |found: &Came| {
                    found.at >= since
                        && !(found.is_merged && came.iter().any(|newer| newer.at < found.at))
                };
                let found = found.filter(is_news);
                came.extend(found);
                since = end;
            }
        }
        came.sort_by_key(|came| came.at);
        let mut before: Option<Landed> = None;
        let mut gone = gone.into_iter().peekable();
        for came in &mut came {
            while gone.next_if(|gone| *gone < came.at).is_some() {
                before = None;
            }
            let landing = &mut came.landing;
            // What goes on from where the older one landed adds to it.
            if let Some(old) = before.replace(landing.revision.clone())
                && !self.goes_on(&old, landing.revision.change.from)?
            {
                landing.replaces = Some(old.revision);
            }
        }
        Ok(came)
    }

    /// Whether a commit has a revision's own ones.
    fn goes_on(&self, from: &Landed, commit: ObjectId) -> Result<bool, ObjectError> {
        let tip = from.change.to;
        Ok(self.objects.contains(tip) && self.objects.is_ancestor(tip, commit)?)
    }

    /// The entries that say that a story goes.
    fn gone(&self, story: &StoryId) -> Vec<usize> {
        let goes =
            |deed: &Deed| matches!(deed, Deed::BackOut(back) if back.revision.story == *story);
        let entries = self.ledger.entries.iter().enumerate();
        let gone = entries.filter(|(_, entry)| entry.deeds.iter().any(goes));
        gone.map(|(at, _)| at).collect()
    }

    /// Where a revision came in the history before the entry `end`.
    fn find(
        &mut self,
        revision: &Revision,
        part: Part,
        end: usize,
    ) -> Result<Option<Came>, PromoteError> {
        let Some(last) = end.checked_sub(1) else {
            return Ok(None);
        };
        let way = match end == self.ledger.entries.len() {
            true => self.landings.find(revision)?,
            // Few stories go, or come twice.
            false => {
                let tip = self.ledger.entries[last].commit;
                Landings::new(self.repository, tip).find(revision)?
            }
        };
        let Some(way) = way else {
            return Ok(None);
        };
        let is_guessed = matches!(way, Way::Squashed(_) | Way::Rebased(_));
        let is_merged = way == Way::Merged;
        let commits = match way {
            Way::Merged => vec![part.tip],
            Way::Named(commit) | Way::Squashed(commit) => vec![commit],
            Way::Rebased(commits) => commits,
        };
        let entries = commits
            .iter()
            .filter_map(|id| self.brought.get(id).copied());
        let mut parts: BTreeSet<_> = entries.collect();
        let Some(at) = parts.pop_last() else {
            return Ok(None);
        };
        if is_merged && self.ledger.entries[at].commit == part.tip {
            let own = self.objects.walk(&[part.tip], &[part.base])?;
            let own = own.iter().filter_map(|commit| self.brought.get(&commit.id));
            parts.extend(own.copied().filter(|part| *part < at));
        }
        let landing = Landing {
            revision: Landed {
                story: revision.story.clone(),
                revision: revision.id(),
                change: Span {
                    from: part.base,
                    to: part.tip,
                },
            },
            replaces: None,
            depends: revision.depends.keys().cloned().collect(),
            promotion: String::new(),
        };
        Ok(Some(Came {
            at,
            landing,
            parts,
            is_merged,
            is_guessed,
        }))
    }

    /// Has stories that came together stand behind those that they are built on.
    fn put_in_order(&self, at: usize, found: &mut [Came]) -> Result<(), ObjectError> {
        if found.len() < 2 {
            return Ok(());
        }
        let entry = &self.ledger.entries[at];
        let hidden: Vec<_> = entry.parent.into_iter().collect();
        let walked = self.objects.walk(&[entry.commit], &hidden)?;
        let places = walked.iter().enumerate();
        let places: HashMap<_, _> = places.map(|(place, commit)| (commit.id, place)).collect();
        found.sort_by_key(|came| places.get(&came.landing.revision.change.to).copied());
        Ok(())
    }
}
