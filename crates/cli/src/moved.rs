//! How a stage gets a commit that is finished: by a push, or by a branch that people merge.

use storyline_manifest::Landing;
use storyline_promote::{Deed, Landed};
use storyline_repo::{Kind, Listing, ObjectError, ObjectId, Objects, Push, RawCommit, RefName};

use crate::canon::{self, Canon, branch_ref};
use crate::failure::Failure;
use crate::stages::{StageNow, branches_to_merge, proposals};

/// Commits of a branch that waits to be merged, at most.
const MAX_STEPS: usize = 4096;

/// Trees, and the revisions that come or go with each.
type Steps = Vec<(ObjectId, Vec<Landed>)>;

impl StageNow<'_> {
    /// Moves the stage's branch from where it was fetched to `tip`; or, where people merge, pushes a branch for
    /// them, that ends in `name`, and says which. That one is kept under a ref that outlives the branch: what
    /// becomes of it is known by its tree and its parent.
    pub(crate) fn move_to(
        &self,
        tip: ObjectId,
        name: &str,
        why: &str,
    ) -> Result<Option<String>, Failure> {
        let canon = self.canon;
        let stage = &self.environment.name;
        if canon.manifest.policy(stage).landing == Landing::Push {
            let push = Push {
                destination: branch_ref(&self.branch)?,
                expected: Some(self.tip),
                new: Some(tip),
                forward_only: true,
            };
            canon.git.push(&canon.repository, &self.url, &[push])?;
            let copy = (self.tracking_ref(&self.branch)?, tip);
            canon.copy_refs(&[copy], why)?;
            return Ok(None);
        }
        let merge = ToMerge {
            canon,
            there: self.there(&["refs/heads/"])?,
            stage,
            onto: self.tip,
        };
        let tracking = self.tracking_ref(&merge.branch(name))?;
        merge.propose(tip, name, tracking).map(Some)
    }
}

/// Where people are to merge a finished commit.
pub(crate) struct ToMerge<'a> {
    pub(crate) canon: &'a Canon,
    /// The repository, with its branches.
    pub(crate) there: &'a Listing,
    /// The stage, or [`CANONICAL`](crate::project::CANONICAL).
    pub(crate) stage: &'a str,
    /// Where the branch stands that it goes into.
    pub(crate) onto: ObjectId,
}

impl ToMerge<'_> {
    pub(crate) fn branch(&self, name: &str) -> String {
        format!("{}{name}", branches_to_merge(self.stage))
    }

    /// Pushes a branch that ends in `name`, and says which. One that waits and does the same stays; `tracking`
    /// is where that is kept in the clone. The commit is kept under a ref that outlives the branch.
    pub(crate) fn propose(
        &self,
        tip: ObjectId,
        name: &str,
        tracking: RefName,
    ) -> Result<String, Failure> {
        let canon = self.canon;
        let branch = self.branch(name);
        let destination = branch_ref(&branch)?;
        let names = [destination.as_str()];
        let there = canon.git.refs(&canon.repository, self.there, &names)?;
        let there = there.get(&destination).copied();
        if let Some(there) = there {
            let wanted = [(destination.clone(), tracking)];
            canon
                .git
                .fetch_listed(&canon.repository, self.there, &wanted)?;
            if self.does_same(there, tip)? {
                return Ok(branch);
            }
        }
        let kept = canon::name(&format!("{}{tip}", proposals(self.stage)))?;
        let pushes = [
            Push {
                expected: there,
                destination,
                new: Some(tip),
                forward_only: false,
            },
            Push {
                destination: kept,
                expected: None,
                new: Some(tip),
                forward_only: false,
            },
        ];
        canon
            .git
            .push(&canon.repository, self.there.url(), &pushes)?;
        Ok(branch)
    }

    /// Whether a commit that waits to be merged brings what another one would. Who made it and when is beside
    /// the point.
    fn does_same(&self, waits: ObjectId, other: ObjectId) -> Result<bool, Failure> {
        let objects = self.canon.repository.objects()?;
        let [waits, other] = [waits, other].map(|tip| self.steps(&objects, tip));
        let waits = waits?;
        Ok(waits.is_some() && waits == other?)
    }

    /// What the commits from where the branch stands to `tip` make of its files, and say that they do, newest first;
    /// `None` when it does not go on from where the branch is, or not in a row.
    fn steps(&self, objects: &Objects, tip: ObjectId) -> Result<Option<Steps>, ObjectError> {
        let mut steps = Vec::new();
        let mut at = tip;
        while at != self.onto {
            let bytes = objects.read_as(at, Kind::Commit)?;
            let commit = RawCommit::parse(&bytes);
            let commit = commit.map_err(|reason| ObjectError::Commit { id: at, reason })?;
            let deeds = Deed::all_in(commit.message());
            let [parent] = commit.parents() else {
                return Ok(None);
            };
            if deeds.is_empty() || steps.len() == MAX_STEPS {
                return Ok(None);
            }
            let revisions = deeds.iter().filter_map(|deed| deed.revision().cloned());
            steps.push((commit.tree(), revisions.collect()));
            at = *parent;
        }
        Ok(Some(steps))
    }
}
