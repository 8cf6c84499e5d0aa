//! One push, which moves everything or nothing.

use storyline_manifest::Landing;
use storyline_promote::Deed;
use storyline_repo::{Kind, ObjectId, Push, RawCommit, RefName};

use super::draft::Draft;
use crate::canon::{self, branch_ref};
use crate::failure::Failure;
use crate::stages::proposals;

/// Moves the stage's branch to where the plan has it; or, where people merge, pushes a branch for them and
/// says which.
pub(super) fn run(draft: &Draft<'_>) -> Result<Option<String>, Failure> {
    let stage = &draft.stage;
    let canon = stage.canon;
    match canon.manifest.policy(&draft.plan.stage).landing {
        Landing::Branch => return propose(draft).map(Some),
        Landing::Push => {}
    }
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

/// Pushes the finished commit as a branch, and keeps it under a ref that outlives the branch: what becomes of
/// it is known by its tree and its parent.
fn propose(draft: &Draft<'_>) -> Result<String, Failure> {
    let stage = &draft.stage;
    let canon = stage.canon;
    let branch = proposal(draft);
    let destination = branch_ref(&branch)?;
    let there = canon
        .git
        .list(&canon.repository, &stage.url, &[destination.as_str()])?;
    let there = there.get(&destination).copied();
    if let Some(there) = there
        && waits(draft, there, &destination)?
    {
        return Ok(branch);
    }
    let kept = canon::name(&format!("{}{}", proposals(&draft.plan.stage), draft.tip))?;
    let pushes = [
        Push {
            destination,
            expected: there,
            new: Some(draft.tip),
            forward_only: false,
        },
        Push {
            destination: kept,
            expected: None,
            new: Some(draft.tip),
            forward_only: false,
        },
    ];
    canon.git.push(&canon.repository, &stage.url, &pushes)?;
    Ok(branch)
}

/// The branch for what is to be merged: the story's, or the promotion's where there are several.
fn proposal(draft: &Draft<'_>) -> String {
    let plan = &draft.plan;
    let name = match plan.landings.as_slice() {
        [landing] => &landing.story,
        _ => &plan.promotion,
    };
    format!("storyline/land/{}/{name}", plan.stage)
}

/// Whether the branch that is there already does the same from where the stage is now.
fn waits(draft: &Draft<'_>, there: ObjectId, name: &RefName) -> Result<bool, Failure> {
    let stage = &draft.stage;
    let canon = stage.canon;
    let copy = stage.tracking_ref(name.as_str().trim_start_matches("refs/heads/"))?;
    canon
        .git
        .fetch(&canon.repository, &stage.url, &[(name.clone(), copy)])?;
    let objects = canon.repository.objects()?;
    let said = |id: ObjectId| -> Result<_, Failure> {
        let bytes = objects.read_as(id, Kind::Commit)?;
        let commit = RawCommit::parse(&bytes);
        Ok(commit.ok().map(|commit| {
            let deeds = Deed::all_in(commit.message());
            let revisions = deeds.iter().filter_map(|deed| deed.revision().cloned());
            (
                commit.tree(),
                commit.parents().to_vec(),
                revisions.collect::<Vec<_>>(),
            )
        }))
    };
    Ok(said(there)? == said(draft.tip)?)
}
