//! Which stories of a stage go on to another: all that may, and none that stands on one that may not.

use std::collections::BTreeMap;

use storyline_repo::story::{RevisionId, StoryId};

use crate::ledger::OnStage;

/// A story that does not go along, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaysBehind {
    /// The story.
    pub story: StoryId,
    /// Its revision on the source stage.
    pub revision: RevisionId,
    /// Why, in a sentence.
    pub reason: String,
}

/// What goes and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Train {
    /// In the order in which they landed on the source stage.
    pub goes: Vec<OnStage>,
    /// The others, but for those that are on the target already.
    pub stays: Vec<StaysBehind>,
}

/// Chooses among what is on the source stage. `refuses` says why the target does not take a revision, if it
/// does not.
pub fn train(
    source: &BTreeMap<StoryId, OnStage>,
    target: &BTreeMap<StoryId, OnStage>,
    mut refuses: impl FnMut(&OnStage) -> Option<String>,
) -> Train {
    let is_there = |on: &OnStage| {
        let there = target.get(&on.revision.story);
        there.is_some_and(|there| there.revision.revision == on.revision.revision)
    };
    let mut waiting: Vec<&OnStage> = source.values().filter(|on| !is_there(on)).collect();
    waiting.sort_by_key(|on| (on.entry, on.revision.story.clone()));
    let mut train = Train::default();
    let mut chosen: Vec<&OnStage> = Vec::new();
    for on in waiting {
        match refuses(on) {
            None => chosen.push(on),
            Some(reason) => train.stays.push(stays(on, reason)),
        }
    }
    while let Some(at) = chosen
        .iter()
        .position(|on| blocked(on, source, &train).is_some())
    {
        let on = chosen.remove(at);
        let by = blocked(on, source, &train).expect("it was just found");
        train.stays.push(stays(
            on,
            format!("it is built on {by}, which stays behind"),
        ));
    }
    train.goes = chosen.into_iter().cloned().collect();
    train
}

/// A story that stays behind and that this one is built on.
fn blocked(on: &OnStage, source: &BTreeMap<StoryId, OnStage>, train: &Train) -> Option<StoryId> {
    let stays = |id: &&StoryId| train.stays.iter().any(|stays| stays.story == **id);
    let mut depends = on.depends.iter();
    depends
        .find(|id| source.contains_key(id) && stays(id))
        .cloned()
}

fn stays(on: &OnStage, reason: String) -> StaysBehind {
    StaysBehind {
        story: on.revision.story.clone(),
        revision: on.revision.revision,
        reason,
    }
}
