//! Which stories go: the one that was named, and those that stand on it.

use std::collections::BTreeMap;

use storyline_promote::{Dependence, History, OnStage, Stage, View, dependents};
use storyline_repo::story::StoryId;
use storyline_text::Diagnostic;

use crate::args::BackOutArgs;
use crate::commands::story::depends::reasons;
use crate::failure::{Failure, FailureKind};
use crate::history;

/// Places that are shown of one story.
const MAX_SHOWN: usize = 5;

/// The stories to be taken off, newest first.
pub(super) fn going(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    story: &StoryId,
    args: &BackOutArgs,
) -> Result<Vec<StoryId>, Failure> {
    let on = history.on_stage();
    let tip = history.ledger().entries.len().checked_sub(1);
    let Some(tip) = tip.filter(|_| on.contains_key(story)) else {
        return Err(history::not_there(&on, story.as_str(), &args.from));
    };
    let view = history.view(stage, tip)?;
    let mut stories = closure(stage, &view, &on, story, args)?;
    stories.push(story.clone());
    stories.sort_by_key(|id| std::cmp::Reverse(on[id].entry));
    Ok(stories)
}

/// The stories that stand on `story`, or on one that does; refused unless they may go, or stay.
fn closure(
    stage: &mut Stage<'_, '_>,
    view: &View,
    on: &BTreeMap<StoryId, OnStage>,
    story: &StoryId,
    args: &BackOutArgs,
) -> Result<Vec<StoryId>, Failure> {
    if args.alone {
        return Ok(Vec::new());
    }
    let mut found: BTreeMap<StoryId, Dependence> = BTreeMap::new();
    let mut open = vec![story.clone()];
    while let Some(next) = open.pop() {
        for dependence in dependents(stage, view, on, &next)? {
            let other = dependence.story.clone();
            if other != *story && !found.contains_key(&other) {
                open.push(other.clone());
                found.insert(other, dependence);
            }
        }
    }
    match found.is_empty() || args.with_dependents {
        true => Ok(found.into_keys().collect()),
        false => Err(refused(story, args, found.values())),
    }
}

fn refused<'d>(
    story: &StoryId,
    args: &BackOutArgs,
    found: impl Iterator<Item = &'d Dependence>,
) -> Failure {
    let title = format!("other stories on `{}` stand on {story}", stage(args));
    let mut diagnostic = Diagnostic::error("story-has-dependents", title);
    for dependence in found {
        for reason in reasons(dependence, MAX_SHOWN) {
            diagnostic = diagnostic.help(reason);
        }
    }
    let again = format!("storyline back-out {story} --from {}", stage(args));
    let diagnostic = diagnostic
        .help(format!(
            "to take them off as well: `{again} --with-dependents`"
        ))
        .help(format!(
            "to take off {story} all the same: `{again} --alone`"
        ));
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}

fn stage(args: &BackOutArgs) -> storyline_text::Visible<'_> {
    storyline_text::Visible(args.from.as_bytes())
}
