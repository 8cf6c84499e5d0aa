//! How a branch of an environment's repository stands to the projection that it is to carry.
//!
//! A branch moves forward freely. Otherwise it holds commits that the projection does not, and moves only
//! if those are known to be of canonical's making: taken in by a story that has landed since, or projected
//! from a story that was rewritten. All others are somebody's work that is nowhere else.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use storyline_stamp::Direction;
use storyline_text::Diagnostic;

use crate::id::ObjectId;
use crate::memo::Memo;
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::projection::{ProjectionError, Projector};
use crate::repository::Repository;
use crate::story::{Landings, OWN_REPOSITORY, Part, Revision, Story, StoryError, StoryId};

/// How a branch stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// It is the projection.
    Same,
    /// It is an ancestor of the projection.
    Behind,
    /// Canonical has taken in, or replaced, what it holds besides.
    Superseded,
    /// It holds these commits of its own, newest first.
    Own(Vec<ObjectId>),
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// An object is missing or broken.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The way back from the environment's commits failed.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// A story cannot be read.
    #[error(transparent)]
    Story(#[from] StoryError),
}

impl ForkError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Object(error) => error.diagnostic(),
            Self::Projection(error) => error.diagnostic(),
            Self::Story(error) => error.diagnostic(),
        }
    }
}

/// An environment's repository, whose objects were fetched, seen from canonical.
#[derive(Clone, Copy)]
pub struct Fork<'a> {
    /// The clone that all this is in.
    pub repository: &'a Repository,
    /// Its objects.
    pub objects: &'a Objects,
    /// The environment.
    pub environment: &'a str,
    /// The tip of the canonical branch.
    pub canonical: ObjectId,
    /// Stories that were handed in.
    pub stories: &'a BTreeMap<StoryId, Story>,
    /// Where the canonical repository has the branches of stories.
    pub branches: &'a BTreeMap<StoryId, ObjectId>,
}

impl Fork<'_> {
    /// How the branch that carries canonical stands: `found` there, to be at `projection`.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn canonical_branch(
        &self,
        found: Option<ObjectId>,
        projection: ObjectId,
    ) -> Result<Standing, ForkError> {
        let own = match self.compare(found, projection, projection)? {
            Standing::Own(own) => own,
            standing => return Ok(standing),
        };
        let taken = self.unprojected(&own)?;
        let landed = self.landed(&taken.values().copied().collect())?;
        let is_lost = |id: &ObjectId| taken.get(id).is_none_or(|id| !landed.contains(id));
        let lost: Vec<_> = own.into_iter().filter(is_lost).collect();
        Ok(match lost.is_empty() {
            true => Standing::Superseded,
            false => Standing::Own(lost),
        })
    }

    /// The same for the branch of a story, where `canonical` is the projection of the canonical branch and
    /// `synced` where the branch was left last.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn story_branch(
        &self,
        found: Option<ObjectId>,
        projection: ObjectId,
        canonical: ObjectId,
        synced: Option<ObjectId>,
    ) -> Result<Standing, ForkError> {
        let standing = self.compare(found, projection, canonical)?;
        let (Standing::Own(_), Some(tip)) = (&standing, found) else {
            return Ok(standing);
        };
        let is_ours = synced == found || self.was_canonical(tip)?;
        Ok(if is_ours {
            Standing::Superseded
        } else {
            standing
        })
    }

    /// By history alone. Own commits are those that neither projection holds.
    fn compare(
        &self,
        found: Option<ObjectId>,
        projection: ObjectId,
        canonical: ObjectId,
    ) -> Result<Standing, ForkError> {
        let Some(found) = found else {
            return Ok(Standing::Absent);
        };
        if found == projection {
            return Ok(Standing::Same);
        }
        if self.objects.is_ancestor(found, projection)? {
            return Ok(Standing::Behind);
        }
        let own = self.objects.walk(&[found], &[projection, canonical])?;
        Ok(Standing::Own(own.iter().rev().map(|c| c.id).collect()))
    }

    /// What each of these commits would be in canonical form. Nothing is written.
    fn unprojected(&self, own: &[ObjectId]) -> Result<FxHashMap<ObjectId, ObjectId>, ForkError> {
        let mut projector = Projector::new(self.objects, self.environment, Direction::Unstamp)
            .with_memo(Memo::open(self.repository));
        match projector.project(own) {
            Ok(found) => Ok(own.iter().copied().zip(found).collect()),
            // No canonical commit is projected to such a one.
            Err(ProjectionError::Ambiguous { .. }) => Ok(FxHashMap::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a commit was projected from one that canonical's stories have, or had when this clone
    /// fetched them.
    fn was_canonical(&self, tip: ObjectId) -> Result<bool, ForkError> {
        let taken = self.unprojected(&[tip])?;
        let Some(canonical) = taken.get(&tip).copied() else {
            return Ok(false);
        };
        if canonical != tip {
            return Ok(self.objects.contains(canonical));
        }
        // It is here because it was fetched from there, which says nothing.
        let revisions = self.stories.values().flat_map(Story::revisions);
        let tips = revisions.filter_map(|(_, revision)| Some(revision.own()?.tip));
        let mut tips = tips.chain(self.branches.values().copied());
        tips.try_fold(false, |found, of| {
            Ok(found || (self.objects.contains(of) && self.objects.is_ancestor(tip, of)?))
        })
    }

    /// Those of the canonical `commits` that belong to a story which has landed.
    fn landed(&self, commits: &FxHashSet<ObjectId>) -> Result<FxHashSet<ObjectId>, ForkError> {
        let mut landings = Landings::new(self.repository, self.canonical);
        let mut landed = FxHashSet::default();
        for (newest, tips) in self.candidates()? {
            let held = self.objects.walk(&tips, &[self.canonical])?;
            let held = held.iter().map(|commit| commit.id);
            let held: Vec<_> = held.filter(|id| commits.contains(id)).collect();
            if !held.is_empty() && landings.find(&newest)?.is_some() {
                landed.extend(held);
            }
        }
        Ok(landed)
    }

    /// Each story's newest state, and the tips of all of its states that are here.
    fn candidates(&self) -> Result<Vec<(Revision, Vec<ObjectId>)>, ForkError> {
        let mut found = Vec::new();
        for story in self.stories.values() {
            let tips = story.revisions().filter_map(|(_, revision)| revision.own());
            let tips = tips.map(|part| part.tip);
            let tips: Vec<_> = tips.filter(|tip| self.objects.contains(*tip)).collect();
            if let Some(newest) = story.revision().filter(|_| !tips.is_empty()) {
                found.push((newest.clone(), tips));
            }
        }
        // Those that were never handed in have their branch alone.
        for (story, tip) in self.branches {
            if self.stories.contains_key(story) {
                continue;
            }
            let bases = self.objects.merge_bases(self.canonical, *tip)?;
            let Some(base) = bases.first().copied() else {
                continue;
            };
            let part = Part { base, tip: *tip };
            let revision = Revision {
                story: story.clone(),
                parts: BTreeMap::from([(OWN_REPOSITORY.into(), part)]),
                depends: BTreeMap::new(),
            };
            found.push((revision, vec![*tip]));
        }
        Ok(found)
    }
}
