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
    /// Stories of which nobody can tell whether they landed: objects of theirs are gone.
    pub unread: BTreeMap<StoryId, StoryError>,
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
        let mut found: BTreeMap<usize, Vec<Came>> = BTreeMap::new();
        let mut unread = BTreeMap::new();
        for (id, story) in stories {
            match came(story, &mut landings, &brought) {
                Ok(all) => all
                    .into_iter()
                    .for_each(|came| found.entry(came.at).or_default().push(came)),
                Err(error) => drop(unread.insert(id.clone(), error)),
            }
        }
        let mut ambiguous = BTreeMap::new();
        for (at, mut found) in found {
            let guessed = found.iter().filter(|came| came.is_guessed());
            let guessed: Vec<_> = guessed
                .map(|came| came.landing.revision.story.clone())
                .collect();
            if guessed.len() > 1 {
                ambiguous.insert(ledger.entries[at].commit, guessed);
                found.retain(|came| !came.is_guessed());
            }
            let said: Vec<_> = ledger.entries[at]
                .deeds
                .iter()
                .filter_map(Deed::story)
                .cloned()
                .collect();
            let landings = found.into_iter().map(|came| came.landing);
            let landings = landings.filter(|landing| !said.contains(&landing.revision.story));
            ledger.entries[at].deeds.extend(landings.map(Deed::Land));
        }
        Ok(Self {
            ledger,
            ambiguous,
            unread,
        })
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
    way: Way,
}

impl Came {
    /// Whether that is known by what changed alone.
    fn is_guessed(&self) -> bool {
        matches!(self.way, Way::Squashed(_) | Way::Rebased(_))
    }
}

/// Where each revision of a story came, oldest revision first.
fn came(
    story: &Story,
    landings: &mut Landings<'_>,
    brought: &HashMap<ObjectId, usize>,
) -> Result<Vec<Came>, StoryError> {
    let mut came: Vec<Came> = Vec::new();
    for (_, revision) in story.revisions() {
        let Some(part) = revision.own() else { continue };
        let Some(way) = landings.find(revision)? else {
            continue;
        };
        let commit = match &way {
            Way::Merged => Some(part.tip),
            Way::Named(commit) | Way::Squashed(commit) => Some(*commit),
            Way::Rebased(commits) => commits.first().copied(),
        };
        let Some(at) = commit.and_then(|commit| brought.get(&commit).copied()) else {
            continue;
        };
        // The commits of an older revision come once more with a story that is built on it: that is no news.
        came.retain(|before| before.at <= at || before.way != Way::Merged);
        let landing = Landing {
            revision: Landed {
                story: story.id.clone(),
                revision: revision.id(),
                change: Span {
                    from: part.base,
                    to: part.tip,
                },
            },
            replaces: came.last().map(|before| before.landing.revision.revision),
            depends: revision.depends.keys().cloned().collect(),
            promotion: String::new(),
        };
        // What was handed in again came once.
        came.retain(|before| before.landing.revision.revision != landing.revision.revision);
        came.push(Came { at, landing, way });
    }
    Ok(came)
}
