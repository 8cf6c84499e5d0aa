//! What happened to a stage, with what was really handed in of the stories that it names.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::{History, OnStage, Pinned, Stage};
use storyline_repo::Objects;
use storyline_repo::projection::Workspace;
use storyline_repo::story::{Revision, Story, StoryId};
use storyline_text::{Diagnostic, Visible};

use crate::canon::Canon;
use crate::failure::{Failure, usage};
use crate::home::receives_stories;
use crate::logs::Logs;
use crate::stages::{StageNow, fetch_all_stories, followed_by, need_stage, tell_unread};

/// What becomes of a story that a ledger names and whose log is broken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It stops all: who changes a stage has to know what is on it.
    Stops,
    /// It is told, and none of its revisions counts as handed in.
    IsTold,
}

/// A stage with what happened to it, whether stories are promoted there or it follows canonical.
pub(crate) struct Past<'c> {
    pub(crate) history: History,
    /// Where stories are promoted to; `None` where canonical is followed.
    pub(crate) receiving: Option<StageNow<'c>>,
    name: String,
}

impl<'c> Past<'c> {
    /// Fetches a stage, and the stories that its ledger names.
    pub(crate) fn fetch(
        canon: &'c Canon,
        objects: &Objects,
        name: &str,
        broken: Broken,
    ) -> Result<Self, Failure> {
        need_stage(canon, name)?;
        let environment = canon.manifest.environment(name)?;
        let (history, receiving) = match receives_stories(&canon.manifest, environment) {
            true => {
                let now = StageNow::receiving(canon, objects, name)?;
                (of(canon, &now, broken)?, Some(now))
            }
            false => {
                let stories = fetch_all_stories(canon)?;
                objects.refresh();
                let followed = followed_by(canon, objects, &stories)?;
                tell_unread(&followed);
                let pinned = Pinned::of(revisions(&stories));
                (History::following(followed, canon.tip, pinned), None)
            }
        };
        objects.refresh();
        Ok(Self {
            history,
            receiving,
            name: name.into(),
        })
    }

    /// Looks at its trees.
    pub(crate) fn stage<'w, 'o>(&self, workspace: &'w mut Workspace<'o>) -> Stage<'w, 'o> {
        match self.receiving {
            Some(_) => Stage::new(workspace, &self.name),
            None => Stage::following(workspace, &self.name),
        }
    }
}

/// Fetches the stories that the ledger of a stage names.
pub(crate) fn of(canon: &Canon, stage: &StageNow<'_>, broken: Broken) -> Result<History, Failure> {
    let deeds = stage.ledger.entries.iter().flat_map(|entry| &entry.deeds);
    let named: BTreeSet<_> = deeds.filter_map(|deed| deed.story().cloned()).collect();
    let logs = Logs::fetch(canon, named)?;
    let stories = match broken {
        Broken::Stops => logs.unbroken()?,
        Broken::IsTold => logs.told(),
    };
    let pinned = Pinned::of(revisions(&stories));
    Ok(History::new(stage.ledger.clone(), canon.tip, pinned))
}

/// All that was handed in of these stories.
pub(crate) fn revisions(stories: &BTreeMap<StoryId, Story>) -> impl Iterator<Item = &Revision> {
    let revisions = stories.values().flat_map(Story::revisions);
    revisions.map(|(_, revision)| revision)
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
