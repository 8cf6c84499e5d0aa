//! What happened to a stage, with what was really handed in of the stories that it names.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::{History, OnStage, Pinned};
use storyline_repo::ObjectId;
use storyline_repo::story::{Story, StoryId};
use storyline_text::{Diagnostic, Visible};

use crate::canon::Canon;
use crate::failure::{Failure, usage};
use crate::stages::{StageNow, fetch_stories};

/// Fetches the stories that the ledger of a stage names.
pub(crate) fn of(canon: &Canon, stage: &StageNow<'_>) -> Result<History, Failure> {
    let deeds = stage.ledger.entries.iter().flat_map(|entry| &entry.deeds);
    let named: BTreeSet<_> = deeds.filter_map(|deed| deed.story().cloned()).collect();
    let stories = fetch_stories(canon, named)?;
    let revisions = stories.values().flat_map(Story::revisions);
    let pinned = Pinned::of(revisions.map(|(_, revision)| revision));
    Ok(History::new(stage.ledger.clone(), canon.tip, pinned))
}

/// What nobody has who asks for a story that is not on a stage.
pub(crate) fn not_there(on: &BTreeMap<StoryId, OnStage>, story: &str, stage: &str) -> Failure {
    let title = format!("story {story} is not on `{}`", Visible(stage.as_bytes()));
    let there: Vec<_> = on.keys().take(20).map(ToString::to_string).collect();
    let help = match there.is_empty() {
        true => "no story is".into(),
        false => format!("on it: {}", there.join(", ")),
    };
    usage(Diagnostic::error("story-not-on-stage", title).help(help))
}

/// A commit, as people see it.
pub(crate) fn short(id: ObjectId) -> String {
    let mut digits = id.to_string();
    digits.truncate(12);
    digits
}
