//! On a stage that follows canonical: the commit lands on canonical itself.

use storyline_repo::story::StoryId;
use storyline_repo::{NetError, ObjectId, Objects, Push};
use storyline_text::Visible;

use super::tell::Gone;
use crate::args::BackOutArgs;
use crate::canon::{Canon, branch_ref, tracking_ref};
use crate::failure::Failure;
use crate::moved::ToMerge;
use crate::project::CANONICAL;

/// What is to be done once the commit is there.
pub(super) fn next(
    canon: &Canon,
    objects: &Objects,
    gone: &[Gone],
    args: &BackOutArgs,
) -> Result<String, Failure> {
    let Gone { revision, .. } = gone.last().expect("the named one goes");
    let id = &revision.story;
    let stage = Visible(args.from.as_bytes());
    let sync = format!("`storyline sync {stage}`");
    // Merging what a history has already brings nothing again, however it was taken back.
    Ok(match objects.is_ancestor(revision.change.to, canon.tip)? {
        true => format!(
            "{sync}; canonical's history has the story's commits, so mend it in new ones: on its branch \
             `git rebase --no-ff {}`, then `storyline story submit {id}`",
            revision.change.from,
        ),
        false => format!("{sync}; mend it, and `storyline story submit {id}`"),
    })
}

/// Moves canonical; or, where the remote does not let anybody, pushes a branch for people to merge, and says
/// which.
pub(super) fn push(canon: &Canon, tip: ObjectId, id: &StoryId) -> Result<Option<String>, Failure> {
    let push = Push {
        destination: branch_ref(&canon.branch)?,
        expected: Some(canon.tip),
        new: Some(tip),
        forward_only: true,
    };
    match canon.git.push(&canon.repository, &canon.url, &[push]) {
        Err(NetError::Refused { .. }) => {
            let merge = ToMerge {
                canon,
                there: canon.there(&["refs/heads/"])?,
                stage: CANONICAL,
                onto: canon.tip,
            };
            let name = id.as_str();
            let tracking = tracking_ref(&merge.branch(name))?;
            merge.propose(tip, name, tracking).map(Some)
        }
        pushed => {
            pushed?;
            let copy = (tracking_ref(&canon.branch)?, tip);
            canon.copy_refs(&[copy], "storyline back-out")?;
            Ok(None)
        }
    }
}
