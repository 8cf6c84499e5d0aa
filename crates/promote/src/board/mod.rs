//! Where every story is: columns are stages, cards are stories, and each says what comes next.
//!
//! A revision has a card where it got to: on a stage, unless all stages that come next have it too. What is on
//! the last stages is done; the newest of that have a card, and the others are counted. So a board is as long
//! as what is on its way.

mod age;
mod next;
mod page;
mod wrong;

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;
use storyline_manifest::Manifest;
use storyline_repo::story::{RevisionId, StoryId};

use crate::deed::Landed;
use crate::gate::{Action, Gate};
use crate::ledger::OnStage;
use crate::proposal::Proposal;
pub use age::age;
use next::Ahead;
pub use page::page;
pub use wrong::Wrong;

/// Cards of what is done, on each of the last stages.
const MAX_DONE: usize = 10;

/// All stages and stories as they are now.
#[derive(Clone, Copy, Debug)]
pub struct Pipeline<'a> {
    /// Canonical's manifest, which has the stages in order.
    pub manifest: &'a Manifest,
    /// Canonical's branch.
    pub canonical: &'a str,
    /// Every stage of the pipeline.
    pub stages: &'a BTreeMap<String, StageState>,
    /// What was handed in, of the stories that are not on all stages at least.
    pub stories: &'a BTreeMap<StoryId, HandedIn>,
    /// Stories of which nobody can tell what was handed in, and why.
    pub broken: &'a BTreeMap<StoryId, Wrong>,
    /// The time: seconds since 1970.
    pub now: i64,
}

/// A stage as it is now.
#[derive(Clone, Debug, Default)]
pub struct StageState {
    /// Its branch.
    pub branch: String,
    /// What is on it.
    pub on: BTreeMap<StoryId, OnStage>,
    /// What people said there. Signatures are checked, of what [`in_question`] has.
    pub gate: Gate,
    /// What people were to merge, and the branch that it is still on.
    pub proposals: Vec<(Proposal, Option<String>)>,
    /// Commits that are no story's.
    pub foreign: usize,
    /// Whether its manifest is not canonical's.
    pub manifest_behind: bool,
    /// Why this is not how it is now, if it is not: then it is what was seen last, as far as there is that.
    pub wrong: Option<Wrong>,
}

/// What was handed in of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// The newest revision.
    pub newest: Landed,
    /// When: seconds since 1970.
    pub when: i64,
    /// Whether it was withdrawn since.
    pub withdrawn: bool,
}

/// Where every story is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Board {
    /// What is on no stage, and then every stage in the order of the pipeline.
    pub columns: Vec<Column>,
}

/// A stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name; `None` for what was handed in and is on no stage.
    pub stage: Option<String>,
    /// Its place in the pipeline, from 1; stages that stand side by side have the same.
    pub place: usize,
    /// Whether it is kept at the canonical branch.
    pub follows_canonical: bool,
    /// How many stories are there.
    pub stories: usize,
    /// How many of them are held.
    pub held: usize,
    /// How many stories are on a stage right before, or were handed in before the first, and are not here.
    pub behind: usize,
    /// Those that did not go on, in the order in which they came; on the last stages, the newest first.
    pub cards: Vec<Card>,
    /// Commits that are no story's.
    pub foreign: usize,
    /// Whether its manifest is not canonical's.
    pub manifest_behind: bool,
    /// Commands that a person would type next for all of it.
    pub next: Vec<String>,
    /// Why this is not how it is now, if it is not: then it is what was seen last.
    pub wrong: Option<Wrong>,
}

/// A story where it got to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The story.
    pub story: String,
    /// Its revision; `None` where nobody can tell.
    pub revision: Option<String>,
    /// What it is about.
    pub subject: String,
    /// When it came: seconds since 1970.
    pub since: Option<i64>,
    /// What people said of it there; `None` on no stage, and once it is done.
    pub gate: Option<GateNow>,
    /// A newer revision that was handed in and is not there.
    pub newer: Option<String>,
    /// Whether the story was withdrawn.
    pub withdrawn: bool,
    /// What the next stage asks for and it does not have.
    pub asks: Vec<String>,
    /// What comes next; nothing when it is done, or only has to stay for a while.
    pub next: Option<Next>,
    /// Why not all of this is known.
    pub wrong: Option<Wrong>,
}

/// How a revision stands at a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateNow {
    /// Who accepted it.
    pub accepted: Vec<String>,
    /// What holds it.
    pub held: Option<Held>,
    /// How many more people have to accept it.
    pub missing: usize,
    /// Whether this is people's word alone.
    pub advisory: bool,
}

/// What holds a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Who said so.
    pub by: String,
    /// Why; its first line.
    pub reason: String,
}

/// What a person would do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Next {
    /// Type this command.
    Command(String),
    /// Merge a branch by a pull request.
    Merge {
        /// The branch.
        branch: String,
        /// Where to.
        into: String,
    },
}

/// Revisions whose gates matter: of the stories that are not done, and those that were ever held.
pub fn in_question(
    stories: &BTreeMap<StoryId, HandedIn>,
    stage: &StageState,
) -> BTreeSet<RevisionId> {
    let newest = stories.values().map(|story| story.newest.revision);
    let on = stories.keys().filter_map(|id| stage.on.get(id));
    let held = held_ever(&stage.gate);
    newest
        .chain(on.map(|on| on.revision.revision))
        .chain(held)
        .collect()
}

fn held_ever(gate: &Gate) -> impl Iterator<Item = RevisionId> {
    let holds = gate
        .entries
        .iter()
        .filter(|entry| entry.action == Action::Hold);
    holds.map(|entry| entry.revision)
}

/// Makes the board. `subject` says what a revision is about.
pub fn board(pipeline: &Pipeline<'_>, subject: &mut dyn FnMut(&Landed) -> String) -> Board {
    let ahead = Ahead::new(pipeline);
    let mut columns = vec![pipeline.handed_in(&ahead, subject)];
    for (at, group) in pipeline.manifest.pipeline.iter().enumerate() {
        for stage in group {
            columns.push(pipeline.column(at, stage, &ahead, subject));
        }
    }
    Board { columns }
}

impl Pipeline<'_> {
    /// What is on no stage.
    fn handed_in(&self, ahead: &Ahead<'_>, subject: &mut dyn FnMut(&Landed) -> String) -> Column {
        let nowhere = |id: &StoryId| !self.stages.values().any(|stage| stage.on.contains_key(id));
        let mut cards = Vec::new();
        for (id, story) in self.stories {
            if !story.withdrawn && nowhere(id) {
                cards.push(self.card(None, &story.newest, story.when, ahead, subject));
            }
        }
        let broken = self.broken.iter().filter(|(id, _)| nowhere(id));
        cards.extend(broken.map(|(id, wrong)| Card::broken(id, wrong)));
        cards.sort_by_key(|card| card.since);
        Column {
            stories: cards.len(),
            next: ahead.together(None, &cards),
            cards,
            ..Column::default()
        }
    }

    fn column(
        &self,
        at: usize,
        name: &str,
        ahead: &Ahead<'_>,
        subject: &mut dyn FnMut(&Landed) -> String,
    ) -> Column {
        let stage = self.stage(name);
        let after = self.manifest.pipeline.get(at + 1);
        let went_on = |on: &OnStage| {
            after.is_some_and(|after| after.iter().all(|next| self.is_on(next, &on.revision)))
        };
        let held: HashSet<_> = held_ever(&stage.gate).collect();
        let mut stays: Vec<_> = stage.on.values().filter(|on| !went_on(on)).collect();
        stays.sort_by_key(|on| (on.entry, &on.revision.story));
        let mut column = Column {
            stage: Some(name.into()),
            place: at + 1,
            follows_canonical: self.follows(name),
            stories: stage.on.len(),
            behind: self.behind(at, name),
            foreign: stage.foreign,
            manifest_behind: stage.manifest_behind,
            wrong: stage.wrong.clone(),
            ..Column::default()
        };
        let mut done = Vec::new();
        for on in stays {
            let landed = &on.revision;
            let is_open = after.is_some()
                || self.stories.contains_key(&landed.story)
                || self.broken.contains_key(&landed.story)
                || held.contains(&landed.revision);
            let card = is_open.then(|| self.card(Some(name), landed, on.when, ahead, subject));
            match card {
                Some(card) if after.is_some() || card.next.is_some() || card.wrong.is_some() => {
                    column.cards.push(card)
                }
                _ => done.push(on),
            }
        }
        for on in done.into_iter().rev().take(MAX_DONE) {
            let subject = subject(&on.revision);
            column
                .cards
                .push(Card::done(&on.revision, on.when, subject));
        }
        let gates = column.cards.iter().filter_map(|card| card.gate.as_ref());
        column.held = gates.filter(|gate| gate.held.is_some()).count();
        column.next = ahead.together(Some(name), &column.cards);
        column
    }

    fn card(
        &self,
        on: Option<&str>,
        landed: &Landed,
        since: i64,
        ahead: &Ahead<'_>,
        subject: &mut dyn FnMut(&Landed) -> String,
    ) -> Card {
        let story = self.stories.get(&landed.story);
        let newer = story.filter(|story| story.newest.revision != landed.revision);
        let step = ahead.step(on, landed);
        Card {
            gate: on.map(|stage| self.gate(stage, landed.revision)),
            newer: newer.map(|story| story.newest.revision.to_string()),
            withdrawn: story.is_some_and(|story| story.withdrawn),
            asks: step.asks,
            next: step.next,
            wrong: self.broken.get(&landed.story).cloned(),
            ..Card::done(landed, since, subject(landed))
        }
    }

    /// How many stories could come to a stage, and did not so far.
    fn behind(&self, at: usize, name: &str) -> usize {
        let groups = &self.manifest.pipeline;
        let missing = |landed: &Landed| !self.is_on(name, landed);
        match at.checked_sub(1).map(|before| &groups[before]) {
            Some(before) => {
                let on = before
                    .iter()
                    .flat_map(|stage| self.stage(stage).on.values());
                let missing = on.filter(|on| missing(&on.revision));
                let ids: BTreeSet<_> = missing.map(|on| &on.revision.story).collect();
                ids.len()
            }
            None => {
                let stories = self.stories.values().filter(|story| !story.withdrawn);
                stories.filter(|story| missing(&story.newest)).count()
            }
        }
    }

    fn gate(&self, stage: &str, revision: RevisionId) -> GateNow {
        let standing = self
            .stage(stage)
            .gate
            .standing(revision, self.manifest.policy(stage));
        GateNow {
            accepted: standing
                .accepted
                .iter()
                .map(|entry| entry.who.name.clone())
                .collect(),
            held: standing.held.map(|hold| Held {
                by: hold.who.name.clone(),
                reason: hold.reason.lines().next().unwrap_or_default().into(),
            }),
            missing: standing.missing,
            advisory: standing.advisory,
        }
    }

    fn stage(&self, name: &str) -> &StageState {
        &self.stages[name]
    }

    fn follows(&self, stage: &str) -> bool {
        let environment = self.manifest.environment(stage);
        environment.is_ok_and(|environment| environment.follows_canonical)
    }

    fn is_on(&self, stage: &str, landed: &Landed) -> bool {
        let on = self.stage(stage).on.get(&landed.story);
        on.is_some_and(|on| on.revision.revision == landed.revision)
    }
}

impl Card {
    /// One for which nothing is left to do.
    fn done(landed: &Landed, since: i64, subject: String) -> Self {
        Self {
            story: landed.story.to_string(),
            revision: Some(landed.revision.to_string()),
            subject,
            since: Some(since),
            ..Self::default()
        }
    }

    /// One of which nothing is known.
    fn broken(story: &StoryId, wrong: &Wrong) -> Self {
        Self {
            story: story.to_string(),
            wrong: Some(wrong.clone()),
            ..Self::default()
        }
    }
}
