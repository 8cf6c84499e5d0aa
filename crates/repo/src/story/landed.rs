//! Has canonical taken a story in? By a merge, as one commit, or commit by commit on another base.
//!
//! Forges squash and rebase, so a story's own commits may be nowhere in canonical. Asked are, in this
//! order: whether canonical holds its tip; whether a commit says by its trailers that it brings the
//! story, in this revision if it names one; whether one commit makes the same change; whether there is
//! a commit for each of its own. Changes are the same when their [`PatchId`]s are. A story whose text or
//! surroundings were changed while it landed, without a trailer, counts as not landed: whoever is wrong
//! about that keeps a branch too many, and not one too few.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::change::Footprint;
use super::submit::commits;
use super::{Change, Part, PatchId, Revision, RevisionId, StoryError, StoryId, trailer};
use crate::{ObjectId, Repository};

/// Fewest digits of a revision that a trailer may name it by.
const MIN_DIGITS: usize = 12;

/// Canonical commits that are remembered, of all bases together.
const MAX_REMEMBERED: usize = 1 << 20;

/// How a story came into canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landed {
    /// Its own commits are there.
    Merged,
    /// This commit's trailers name it.
    Named(ObjectId),
    /// This commit makes its whole change.
    Squashed(ObjectId),
    /// These commits make the changes of its own ones, newest first.
    Rebased(Vec<ObjectId>),
}

/// Looks for stories in a canonical branch, and remembers what it saw there.
pub struct Landings<'r> {
    repository: &'r Repository,
    canonical: ObjectId,
    /// By the commit that stories are built on, what canonical got since.
    since: HashMap<ObjectId, Rc<Since>>,
    remembered: usize,
    seen: HashMap<ObjectId, Seen>,
    patches: HashMap<ObjectId, Option<PatchId>>,
}

/// The commits that canonical got since some base.
struct Since {
    newest_first: Vec<ObjectId>,
    all: HashSet<ObjectId>,
}

/// What a canonical commit brings.
#[derive(Clone)]
struct Seen {
    named: Vec<(StoryId, Option<String>)>,
    /// `None` for merges, which bring what others made.
    footprint: Option<Footprint>,
}

impl<'r> Landings<'r> {
    /// Looks in the branch that ends at `canonical`.
    pub fn new(repository: &'r Repository, canonical: ObjectId) -> Self {
        Self {
            repository,
            canonical,
            since: HashMap::new(),
            remembered: 0,
            seen: HashMap::new(),
            patches: HashMap::new(),
        }
    }

    /// How the own part of a revision came into canonical; `None` when it did not, as far as can be told.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn find(&mut self, revision: &Revision) -> Result<Option<Landed>, StoryError> {
        let Some(part) = revision.own() else {
            return Ok(None);
        };
        let since = self.since(part.base)?;
        if since.all.contains(&part.tip) {
            return Ok(Some(Landed::Merged));
        }
        for commit in &since.newest_first {
            let named = &self.see(*commit)?.named;
            if named
                .iter()
                .any(|(id, name)| *id == revision.story && is(name, revision.id()))
            {
                return Ok(Some(Landed::Named(*commit)));
            }
        }
        if self.are_merges(&since)? {
            return Ok(None);
        }
        let whole = Change::between(self.repository, Some(part.base), part.tip)?;
        if let Some(commit) = self.twin(&whole, &since)? {
            return Ok(Some(Landed::Squashed(commit)));
        }
        self.rebased(part, &since)
    }

    fn since(&mut self, base: ObjectId) -> Result<Rc<Since>, StoryError> {
        if let Some(since) = self.since.get(&base) {
            return Ok(since.clone());
        }
        let newest_first = commits(self.repository.git(), self.canonical, [base])?;
        self.remembered += newest_first.len();
        if self.remembered > MAX_REMEMBERED {
            self.since.clear();
            self.remembered = newest_first.len();
        }
        let all = newest_first.iter().copied().collect();
        let since = Rc::new(Since { newest_first, all });
        self.since.insert(base, since.clone());
        Ok(since)
    }

    /// Whether there is no commit that could be a story in another form.
    fn are_merges(&mut self, since: &Since) -> Result<bool, StoryError> {
        for commit in &since.newest_first {
            if self.see(*commit)?.footprint.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A commit for each of the story's own that changes something. Where one of them is a merge, nobody
    /// can tell what it changed besides, and whether that is there.
    fn rebased(&mut self, part: Part, since: &Since) -> Result<Option<Landed>, StoryError> {
        let own = commits(self.repository.git(), part.tip, [part.base])?;
        if own.len() < 2 {
            // What one commit does is the whole change.
            return Ok(None);
        }
        let mut twins = Vec::new();
        for commit in own {
            if since.all.contains(&commit) {
                continue;
            }
            let Some(change) = Change::of(self.repository, commit)? else {
                return Ok(None);
            };
            if change.files.is_empty() {
                continue;
            }
            match self.twin(&change, since)? {
                Some(twin) => twins.push(twin),
                None => return Ok(None),
            }
        }
        Ok((!twins.is_empty()).then_some(Landed::Rebased(twins)))
    }

    /// The newest of `since` that makes `change`.
    fn twin(&mut self, change: &Change, since: &Since) -> Result<Option<ObjectId>, StoryError> {
        let footprint = change.footprint();
        let mut patch = None;
        for commit in &since.newest_first {
            if self.see(*commit)?.footprint != Some(footprint) {
                continue;
            }
            if patch.is_none() {
                patch = change.patch_id(self.repository)?;
            }
            if self.patch_of(*commit)? == patch {
                return Ok(Some(*commit));
            }
        }
        Ok(None)
    }

    fn see(&mut self, commit: ObjectId) -> Result<&Seen, StoryError> {
        if !self.seen.contains_key(&commit) {
            let seen = Seen {
                named: trailer::brings(self.repository.git(), commit)?,
                footprint: Change::of(self.repository, commit)?.map(|change| change.footprint()),
            };
            self.seen.insert(commit, seen);
        }
        Ok(&self.seen[&commit])
    }

    fn patch_of(&mut self, commit: ObjectId) -> Result<Option<PatchId>, StoryError> {
        if let Some(patch) = self.patches.get(&commit) {
            return Ok(*patch);
        }
        let patch = match Change::of(self.repository, commit)? {
            Some(change) => change.patch_id(self.repository)?,
            None => None,
        };
        Ok(*self.patches.entry(commit).or_insert(patch))
    }
}

/// Whether a trailer's word names `revision`; a trailer without one names whichever there is.
fn is(named: &Option<String>, revision: RevisionId) -> bool {
    named.as_ref().is_none_or(|name| {
        name.len() >= MIN_DIGITS && revision.to_string().starts_with(&name.to_ascii_lowercase())
    })
}
