//! How a stage gets a commit that is finished: by a push, or by a branch that people merge.

use storyline_manifest::Landing;
use storyline_repo::{ObjectId, Push};

use crate::canon::{self, branch_ref};
use crate::failure::Failure;
use crate::stages::{StageNow, proposals};

impl StageNow<'_> {
    /// Moves the stage's branch from where it was fetched to `tip`; or, where people merge, pushes a branch for
    /// them, that ends in `name`, and says which.
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
        let branch = format!("storyline/land/{stage}/{name}");
        let destination = branch_ref(&branch)?;
        let there = canon
            .git
            .list(&canon.repository, &self.url, &[destination.as_str()])?;
        let kept = canon::name(&format!("{}{tip}", proposals(stage)))?;
        let pushes = [
            Push {
                expected: there.get(&destination).copied(),
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
        canon.git.push(&canon.repository, &self.url, &pushes)?;
        Ok(Some(branch))
    }
}
