//! A branch of an environment, taken back to canonical form: which of its commits are new.

use std::collections::{HashMap, HashSet};

use storyline_repo::projection::{OpaqueCommit, ProjectionError, Projector};
use storyline_repo::{Memo, ObjectId, Objects};
use storyline_stamp::Direction;

use super::refused;
use crate::failure::Failure;
use crate::fork::Fork;

/// A branch as canonical commits.
pub(super) struct TakenBack<'o> {
    objects: &'o Objects,
    projector: Projector<'o>,
    /// The branch's tip there.
    there: ObjectId,
    /// What it is here.
    pub(super) tip: ObjectId,
    /// All commits of its history, there and here, parents first.
    history: Vec<(ObjectId, ObjectId)>,
    /// What canonical and the story have already.
    shared: HashSet<ObjectId>,
}

impl<'o> TakenBack<'o> {
    /// Takes the history of `there` back. What can be reached from `known` is not new.
    pub(super) fn of(
        fork: &Fork<'_>,
        objects: &'o Objects,
        there: ObjectId,
        known: &[ObjectId],
    ) -> Result<Self, Failure> {
        let shared = objects.walk(known, &[])?;
        let shared: HashSet<_> = shared.into_iter().map(|commit| commit.id).collect();
        let mut projector = Projector::new(objects, &fork.environment.name, Direction::Unstamp)
            .with_memo(Memo::open(&fork.canon.repository));
        let tip = match projector.project(&[there]) {
            Ok(tips) => tips[0],
            Err(ProjectionError::Ambiguous { commit }) => {
                let is_canonical = shared.contains(&commit);
                return Err(refused::ambiguous(fork, commit, is_canonical)?);
            }
            Err(error) => return Err(error.into()),
        };
        let history = objects.walk(&[there], &[])?.into_iter().map(|commit| {
            let here = projector.known(commit.id);
            (
                commit.id,
                here.expect("all that the tip reaches was projected"),
            )
        });
        Ok(Self {
            history: history.collect(),
            objects,
            projector,
            there,
            tip,
            shared,
        })
    }

    /// The commits that neither canonical nor the story has, there and here, parents first.
    pub(super) fn new_commits(&self) -> Vec<(ObjectId, ObjectId)> {
        let history = self.history.iter();
        let new = history.filter(|(_, here)| !self.shared.contains(here));
        new.copied().collect()
    }

    /// Whether nothing in it comes from canonical.
    pub(super) fn is_foreign(&self) -> bool {
        self.history
            .iter()
            .all(|(_, here)| !self.shared.contains(here))
    }

    /// Whether `commit` is in its history.
    pub(super) fn holds(&self, commit: ObjectId) -> bool {
        self.history.iter().any(|(_, here)| *here == commit)
    }

    /// New commits that are not in the environment's form, as there, parents first.
    pub(super) fn opaque(&self) -> Vec<OpaqueCommit> {
        let new = self.new_commits().into_iter();
        let opaque = new.filter_map(|(id, _)| {
            let why = self.projector.why_opaque(id)?;
            Some(OpaqueCommit { id, why })
        });
        opaque.collect()
    }

    /// Puts the new objects in place, so that they can be pushed, and makes sure that the environment
    /// gets back from them what it has. Returns the tip.
    pub(super) fn finish(self, environment: &str) -> Result<ObjectId, Failure> {
        let Self {
            objects,
            projector,
            there,
            tip,
            history,
            shared,
        } = self;
        projector.finish()?;
        objects.refresh();
        let mut forward = Projector::new(objects, environment, Direction::Stamp);
        let old = history
            .into_iter()
            .filter(|(_, here)| shared.contains(here));
        let old: HashMap<_, _> = old.map(|(there, here)| (here, there)).collect();
        forward.assume(old);
        if forward.project(&[tip])? != [there] {
            return Err(ProjectionError::NotReversible { commit: there }.into());
        }
        Ok(tip)
    }
}
