//! The ledger of a stage that follows canonical: read from what landed there, however people merged it.
//!
//! A story is known by trailers, by its own commits, or by what its change does. Two stories that one commit
//! could be are told, and neither counts.

use std::collections::{BTreeMap, HashMap};

use storyline_repo::story::{Landed as Way, Landings, Story, StoryError, StoryId};
use storyline_repo::{ObjectError, ObjectId, Objects, Repository};

use crate::PromoteError;
use crate::deed::{Deed, Landed, Landing};
use crate::ledger::Ledger;
use crate::stage::Span;

/// What landed on canonical.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Canonical's first parents.
    pub ledger: Ledger,
    /// Commits that make the very change of several stories, and do not say which it is.
    pub ambiguous: BTreeMap<ObjectId, Vec<StoryId>>,
}

impl Followed {
    /// Reads canonical's history, and finds these stories in it.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn read(
        repository: &Repository,
        objects: &Objects,
        tip: ObjectId,
        stories: &BTreeMap<StoryId, Story>,
    ) -> Result<Self, PromoteError> {
        let mut ledger = Ledger::read(objects, tip, &[])?;
        let brought = brought(objects, &ledger)?;
        let mut landings = Landings::new(repository, tip);
        let mut found: BTreeMap<usize, Vec<(Landing, bool)>> = BTreeMap::new();
        for story in stories.values() {
            for (at, landing, guessed) in came(story, &mut landings, &brought)? {
                found.entry(at).or_default().push((landing, guessed));
            }
        }
        let mut ambiguous = BTreeMap::new();
        for (at, mut landings) in found {
            let guessed = landings.iter().filter(|(_, guessed)| *guessed);
            let guessed: Vec<_> = guessed
                .map(|(landing, _)| landing.revision.story.clone())
                .collect();
            if guessed.len() > 1 {
                ambiguous.insert(ledger.entries[at].commit, guessed);
                landings.retain(|(_, guessed)| !guessed);
            }
            let said: Vec<_> = ledger.entries[at]
                .deeds
                .iter()
                .filter_map(Deed::story)
                .cloned()
                .collect();
            let landings = landings.into_iter().map(|(landing, _)| landing);
            let landings = landings.filter(|landing| !said.contains(&landing.revision.story));
            ledger.entries[at].deeds.extend(landings.map(Deed::Land));
        }
        Ok(Self { ledger, ambiguous })
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

/// Where each revision of a story came, oldest revision first, and whether that is a guess by what changed.
fn came(
    story: &Story,
    landings: &mut Landings<'_>,
    brought: &HashMap<ObjectId, usize>,
) -> Result<Vec<(usize, Landing, bool)>, StoryError> {
    let mut came: Vec<(usize, Landing, bool)> = Vec::new();
    for (_, revision) in story.revisions() {
        let Some(part) = revision.own() else { continue };
        let Some(way) = landings.find(revision)? else {
            continue;
        };
        let (commit, guessed) = match &way {
            Way::Merged => (Some(part.tip), false),
            Way::Named(commit) => (Some(*commit), false),
            Way::Squashed(commit) => (Some(*commit), true),
            Way::Rebased(commits) => (commits.first().copied(), true),
        };
        let Some(at) = commit.and_then(|commit| brought.get(&commit).copied()) else {
            continue;
        };
        let landing = Landing {
            revision: Landed {
                story: story.id.clone(),
                revision: revision.id(),
                change: Span {
                    from: part.base,
                    to: part.tip,
                },
            },
            replaces: came.last().map(|(_, before, _)| before.revision.revision),
            depends: revision.depends.keys().cloned().collect(),
            promotion: String::new(),
        };
        // What was handed in again came once.
        came.retain(|(_, before, _)| before.revision.revision != landing.revision.revision);
        came.push((at, landing, guessed));
    }
    Ok(came)
}
