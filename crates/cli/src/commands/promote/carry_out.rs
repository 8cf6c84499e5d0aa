//! One push, which moves everything or nothing.

use storyline_repo::Push;

use super::draft::Draft;
use crate::canon::branch_ref;
use crate::failure::Failure;

/// Moves the stage's branch to where the plan has it.
pub(super) fn run(draft: &Draft<'_>) -> Result<Option<String>, Failure> {
    let stage = &draft.stage;
    let canon = stage.canon;
    let push = Push {
        destination: branch_ref(&stage.branch)?,
        expected: Some(stage.tip),
        new: Some(draft.tip),
        forward_only: true,
    };
    canon.git.push(&canon.repository, &stage.url, &[push])?;
    let copy = (stage.tracking_ref(&stage.branch)?, draft.tip);
    canon.copy_refs(&[copy], "storyline promote")?;
    Ok(None)
}
