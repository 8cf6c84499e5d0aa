//! The commits of an environment's repository that canonical does not have.

use std::collections::HashSet;

use serde::Serialize;
use storyline_repo::projection::{ProjectionError, Projector};
use storyline_repo::story::{CommitSummary, without_twin};
use storyline_repo::{ObjectId, Objects};
use storyline_stamp::Direction;

use crate::failure::Failure;
use crate::fork::Fork;

/// A commit as lists show it.
#[derive(Serialize)]
pub(super) struct OwnCommit {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) subject: String,
}

/// The commits of `found`'s history, newest first, that canonical has neither as they are nor with the
/// same change, in either form. Merges and commits that change nothing but names are left out.
pub(super) fn own_commits(
    fork: &Fork<'_>,
    objects: &Objects,
    found: ObjectId,
) -> Result<Vec<OwnCommit>, Failure> {
    let canon = fork.canon;
    let repository = &canon.repository;
    let ids = |tips: &[ObjectId], hidden: &[ObjectId]| -> Result<Vec<_>, Failure> {
        let walked = objects.walk(tips, hidden)?;
        Ok(walked.into_iter().map(|commit| commit.id).collect())
    };
    let commits = ids(&[found], &[canon.tip])?;
    let others = ids(&[canon.tip], &[found])?;
    let mut alone = without_twin(repository, &commits, &others)?;
    // Where the names are those that the manifest gives, the same is asked of canonical forms.
    let mut projector = Projector::new(objects, &fork.environment.name, Direction::Unstamp);
    projector.lend_manifest_of(canon.tip)?;
    projector.assume(ids(&[canon.tip], &[])?.into_iter().map(|id| (id, id)));
    match projector.project(&alone) {
        Ok(taken) => {
            projector.finish()?;
            objects.refresh();
            let still = without_twin(repository, &taken, &others)?;
            let still: HashSet<_> = still.into_iter().collect();
            let pairs = alone.into_iter().zip(taken);
            let pairs = pairs.filter(|(_, taken)| still.contains(taken));
            alone = pairs.map(|(commit, _)| commit).collect();
        }
        // Names were mixed, so there is no canonical form to ask for.
        Err(ProjectionError::Ambiguous { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let summaries = alone.into_iter().rev().map(|id| {
        let summary = CommitSummary::read(repository, id)?;
        Ok(OwnCommit {
            id: id.to_string(),
            author: summary.author,
            subject: summary.subject,
        })
    });
    summaries.collect()
}
