//! What a person would do next with a story: the shortest way on that the stages' policies leave.

use std::collections::BTreeMap;

use crate::admission::{Grounds, gates_of, stages_before};
use crate::board::{Card, Next, Pipeline};
use crate::deed::{Deed, Landed};
use crate::proposal::Became;

/// Stories that one command names, at most.
const MAX_NAMED: usize = 10;

/// What the stages ask for that stories can come to.
pub(super) struct Ahead<'a> {
    pipeline: &'a Pipeline<'a>,
    /// Of each stage that receives stories.
    grounds: BTreeMap<&'a str, Grounds<'a>>,
}

/// What comes next.
#[derive(Default)]
pub(super) struct Step {
    pub(super) next: Option<Next>,
    /// What the next stage asks for.
    pub(super) asks: Vec<String>,
}

impl Step {
    fn command(command: String) -> Self {
        Self {
            next: Some(Next::Command(command)),
            asks: Vec::new(),
        }
    }
}

impl<'a> Ahead<'a> {
    pub(super) fn new(pipeline: &'a Pipeline<'a>) -> Self {
        let stages = pipeline.manifest.pipeline.iter().flatten();
        let receiving = stages.filter(|stage| !pipeline.follows(stage));
        let grounds = receiving.map(|stage| {
            let mut grounds = Grounds {
                stage,
                manifest: pipeline.manifest,
                gates: BTreeMap::new(),
                before: BTreeMap::new(),
                now: pipeline.now,
            };
            for name in gates_of(pipeline.manifest, stage) {
                let gate = pipeline.stage(&name).gate.clone();
                grounds.gates.insert(name, gate);
            }
            for name in stages_before(pipeline.manifest, stage) {
                let on = pipeline.stage(&name).on.clone();
                grounds.before.insert(name, on);
            }
            (stage.as_str(), grounds)
        });
        Self {
            grounds: grounds.collect(),
            pipeline,
        }
    }

    /// What comes next for a revision that is on a stage, or on none.
    pub(super) fn step(&self, on: Option<&str>, landed: &Landed) -> Step {
        let id = &landed.story;
        let story = self.pipeline.stories.get(id);
        let is_wrong = |stage| self.pipeline.stage(stage).wrong.is_some();
        // Nothing goes on from what cannot be read; what is to be done about that is said there.
        if self.pipeline.broken.contains_key(id) || on.is_some_and(is_wrong) {
            return Step::default();
        }
        let Some(stage) = on else {
            return self.first_of(0, landed);
        };
        let follows = self.pipeline.follows(stage);
        if story.is_some_and(|story| story.withdrawn) {
            return match follows {
                true => Step::default(),
                false => Step::command(format!("storyline back-out {id} --from {stage}")),
            };
        }
        if let Some(story) = story.filter(|story| story.newest.revision != landed.revision) {
            return self.toward(stage, &story.newest);
        }
        let gate = self.pipeline.gate(stage, landed.revision);
        if gate.held.is_some() {
            return Step::command(format!("storyline story submit {id}"));
        }
        let groups = &self.pipeline.manifest.pipeline;
        let at = groups
            .iter()
            .position(|group| group.iter().any(|other| other == stage));
        let after = at.map_or(groups.len(), |at| at + 1);
        if gate.missing > 0 && !follows && after < groups.len() {
            return Step::command(format!("storyline accept {id} --on {stage}"));
        }
        self.first_of(after, landed)
    }

    /// The way to the first stage of a group that does not have a revision.
    fn first_of(&self, group: usize, landed: &Landed) -> Step {
        let stages = self.pipeline.manifest.pipeline.get(group);
        let mut missing = stages.into_iter().flatten();
        let missing = missing.find(|stage| !self.pipeline.is_on(stage, landed));
        missing
            .map(|stage| self.toward(stage, landed))
            .unwrap_or_default()
    }

    /// The way of a revision to a stage.
    fn toward(&self, stage: &str, landed: &Landed) -> Step {
        let id = &landed.story;
        if let Some(unread) = self.unread(stage) {
            return Step {
                next: None,
                asks: vec![format!("{unread} cannot be read now")],
            };
        }
        let Some(grounds) = self.grounds.get(stage) else {
            let branch = self.pipeline.manifest.story_branch.of(id.as_str());
            let into = self.pipeline.canonical.into();
            return Step {
                next: Some(Next::Merge { branch, into }),
                asks: Vec::new(),
            };
        };
        if let Some(merge) = self.merge(stage, landed) {
            return Step {
                next: Some(merge),
                asks: Vec::new(),
            };
        }
        let conditions = grounds.conditions(landed);
        let unmet: Vec<_> = conditions
            .into_iter()
            .filter(|condition| !condition.met)
            .collect();
        let asks = unmet
            .iter()
            .map(|condition| condition.text.clone())
            .collect();
        let mut gates = unmet
            .iter()
            .filter_map(|condition| condition.gate.as_deref());
        let command = match (unmet.is_empty(), gates.next()) {
            (true, _) => Some(format!("storyline promote {id} --to {stage}")),
            (false, None) => None,
            (false, Some(gate)) => Some(self.through(gate, stage, landed)),
        };
        Step {
            next: command.map(Next::Command),
            asks,
        }
    }

    /// A stage that cannot be read and that decides whether anything comes to this one.
    fn unread(&self, stage: &str) -> Option<String> {
        let manifest = self.pipeline.manifest;
        let mut asked = gates_of(manifest, stage);
        asked.extend(stages_before(manifest, stage));
        let mut asked = std::iter::once(stage.to_owned()).chain(asked);
        asked.find(|stage| self.pipeline.stage(stage).wrong.is_some())
    }

    /// What opens a gate on the way to a stage.
    fn through(&self, gate: &str, stage: &str, landed: &Landed) -> String {
        let id = &landed.story;
        let is_there =
            gate == stage || self.pipeline.follows(gate) || self.pipeline.is_on(gate, landed);
        match self.pipeline.gate(gate, landed.revision).held {
            Some(_) => format!("storyline story submit {id}"),
            None if is_there => format!("storyline accept {id} --on {gate}"),
            None => format!("storyline promote {id} --to {gate}"),
        }
    }

    /// The branch that waits to be merged into a stage and would bring a revision.
    fn merge(&self, stage: &str, landed: &Landed) -> Option<Next> {
        let stage = self.pipeline.stage(stage);
        let mut waiting = stage
            .proposals
            .iter()
            .filter(|(proposal, _)| proposal.became == Became::Waits);
        waiting.find_map(|(proposal, branch)| {
            let mut deeds = proposal.deeds.iter();
            let brings = deeds
                .any(|deed| matches!(deed, Deed::Land(landing) if landing.revision == *landed));
            Some(Next::Merge {
                branch: branch.clone().filter(|_| brings)?,
                into: stage.branch.clone(),
            })
        })
    }

    /// Commands for all of a column.
    pub(super) fn together(&self, on: Option<&str>, cards: &[Card]) -> Vec<String> {
        let mut commands = Vec::new();
        if on.is_some_and(|stage| self.pipeline.stage(stage).wrong.is_some()) {
            return commands;
        }
        if let Some(stage) = on.filter(|stage| self.pipeline.stage(stage).manifest_behind) {
            commands.push(format!("storyline promote --manifest --to {stage}"));
        }
        for target in self.grounds.keys() {
            let ready: Vec<_> = cards
                .iter()
                .filter(|card| card.is_ready(on, target))
                .collect();
            if ready.len() < 2 {
                continue;
            }
            let named = || {
                ready
                    .iter()
                    .map(|card| card.story.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            match on {
                Some(stage) => commands.push(format!(
                    "storyline promote --accepted --from {stage} --to {target}"
                )),
                None if ready.len() <= MAX_NAMED => {
                    commands.push(format!("storyline promote {} --to {target}", named()))
                }
                None => {}
            }
        }
        commands
    }
}

impl Card {
    /// Whether nothing but a promotion is between this and a stage; from a stage, it is accepted there.
    fn is_ready(&self, on: Option<&str>, target: &str) -> bool {
        let command = format!("storyline promote {} --to {target}", self.story);
        let accepted = self
            .gate
            .as_ref()
            .is_none_or(|gate| gate.held.is_none() && gate.missing == 0);
        self.next == Some(Next::Command(command)) && accepted && on != Some(target)
    }
}
