//! What comes onto stages, and what is said of it there.

use std::collections::BTreeSet;

use storyline_promote::gate::Action;
use storyline_promote::{Condition, Grounds, OnStage, Refusal, gates_of, train};
use storyline_repo::ObjectId;
use storyline_repo::story::StoryId;

use crate::plain::Why;
use crate::project::{Content, Slot, between};
use crate::run::{Run, STAGES};

impl Run {
    /// Stories that may be asked for, a few of them, each in a revision.
    pub(crate) fn wanted(&mut self, at: usize) -> Vec<usize> {
        let mut wanted: Vec<usize> = Vec::new();
        for _ in 0..=self.chance.below(3) {
            let ready: Vec<_> = self
                .live
                .iter()
                .copied()
                .filter(|of| !self.stories[*of].revisions.is_empty())
                .collect();
            let Some(of) = self.chance.one(&ready) else {
                break;
            };
            let story = &self.stories[of];
            let newest = *story.revisions.last().expect("it was just seen");
            let there = self.stages[at].on.get(&story.id) == Some(&newest);
            if there && self.chance.percent(80) {
                continue;
            }
            let revisions = story.revisions.clone();
            let older = self
                .chance
                .percent(10)
                .then(|| self.chance.one(&revisions))
                .flatten();
            let chosen = older.unwrap_or(newest);
            let same = |other: &usize| {
                self.handed[*other].landed.story == self.handed[chosen].landed.story
            };
            if !wanted.iter().any(same) {
                wanted.push(chosen);
            }
        }
        let grounds = self.grounds(at);
        let mut allowed = Vec::new();
        for of in wanted {
            let met = grounds
                .conditions(&self.handed[of].landed)
                .iter()
                .all(|condition: &Condition| condition.met);
            assert_eq!(
                met,
                self.admits(at, of),
                "{} at {}",
                self.handed[of].landed.story,
                STAGES[at]
            );
            if met {
                allowed.push(of);
            }
        }
        allowed
    }

    /// What the stage's decisions rest on, as the library has it.
    fn grounds(&self, at: usize) -> Grounds<'_> {
        let gates = gates_of(&self.manifest, STAGES[at])
            .into_iter()
            .map(|name| {
                let of = STAGES
                    .iter()
                    .position(|stage| *stage == name)
                    .expect("a stage");
                (name, self.world.gate(&self.stages[of]))
            });
        Grounds {
            stage: STAGES[at],
            manifest: &self.manifest,
            gates: gates.collect(),
            before: [].into(),
            now: 0,
        }
    }

    fn admits(&self, at: usize, revision: usize) -> bool {
        let held = |at: usize| self.stages[at].standing(revision).0;
        let accepted = !self.stages[0].standing(revision).1.is_empty();
        !held(at) && (at != 2 || accepted && !held(0))
    }

    pub(crate) fn promote(&mut self) -> &'static str {
        let at = self.chance.below(STAGES.len());
        let wanted = self.wanted(at);
        if wanted.is_empty() {
            return "nothing to";
        }
        self.promote_these(at, &wanted)
    }

    fn promote_these(&mut self, at: usize, wanted: &[usize]) -> &'static str {
        let Some(commits) = self.proposed(at, wanted) else {
            return "refused";
        };
        for (commit, revision, content) in commits {
            self.arrived(at, commit, &[revision], content);
        }
        self.compare(at);
        "done"
    }

    /// A commit brought these revisions, and the stage has this content now.
    pub(crate) fn arrived(
        &mut self,
        at: usize,
        commit: ObjectId,
        revisions: &[usize],
        content: Content,
    ) {
        let mut slots: BTreeSet<_> = between(&self.stages[at].content, &content)
            .into_keys()
            .collect();
        for revision in revisions {
            slots.extend(self.handed[*revision].edits.keys());
            let story = self.handed[*revision].landed.story.clone();
            let stage = &mut self.stages[at];
            let mut edits = self.handed[*revision].edits.iter();
            if edits.any(|(slot, [_, to])| stage.content.get(slot) == to.as_ref()) {
                stage.idle.insert(story.clone());
            }
            stage.on.insert(story, *revision);
        }
        self.wrote(at, commit, revisions, slots);
        self.stages[at].content = content;
    }

    /// What the library makes of a promotion, which is what the model says; nothing when both refuse it.
    pub(crate) fn proposed(
        &self,
        at: usize,
        wanted: &[usize],
    ) -> Option<Vec<(ObjectId, usize, Content)>> {
        let stage = &self.stages[at];
        let expected = stage.promoted(&self.handed, wanted);
        let sequence = match self.world.land_all(stage, &self.handed, wanted) {
            Ok(sequence) => sequence,
            Err(refused) => {
                let why = match &refused.refusal {
                    Refusal::Conflict(trouble) => Why::Conflict {
                        off: trouble.off,
                        files: trouble.paths().map(ToString::to_string).collect(),
                    },
                    Refusal::ManifestOnly => Why::ManifestOnly,
                    Refusal::DependencyMissing { on, .. } => Why::Missing(on.clone()),
                    Refusal::Unstampable(reasons) => panic!("all names fit, but {reasons:?}"),
                };
                assert_eq!(expected, Err((refused.wanted.revision.story.clone(), why)));
                return None;
            }
        };
        let expected = expected.expect("the library found nothing wrong");
        let landed = |of: &usize| &self.handed[*of].landed;
        let there: Vec<_> = sequence
            .there
            .iter()
            .map(|(wanted, _)| &wanted.revision)
            .collect();
        assert_eq!(there, expected.there.iter().map(landed).collect::<Vec<_>>());
        let comes: Vec<_> = sequence
            .landings
            .iter()
            .map(|step| &step.wanted.revision)
            .collect();
        assert_eq!(
            comes,
            expected
                .comes
                .iter()
                .map(|(of, _)| landed(of))
                .collect::<Vec<_>>()
        );
        let mut before = &stage.content;
        let mut made = Vec::new();
        for (step, (of, content)) in sequence.landings.iter().zip(&expected.comes) {
            let slots = between(before, content).into_keys();
            let changed: BTreeSet<_> = slots.map(Slot::path).collect();
            let found: BTreeSet<_> = step
                .candidate
                .changed
                .keys()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, changed, "{}", step.wanted.revision.story);
            self.same_files(stage, step.commit, content);
            assert_eq!(
                step.manifest_files.is_empty(),
                !self.handed[*of].changes_manifest
            );
            before = content;
            made.push((step.commit, *of, content.clone()));
        }
        Some(made)
    }

    pub(crate) fn train(&mut self) -> &'static str {
        let grounds = self.grounds(2);
        let [source, _, target] = &self.stages[..] else {
            unreachable!("there are three")
        };
        let on = [source, target].map(|stage| {
            self.world
                .look(stage, |_, history| history.ledger().on_stage())
        });
        let refuses = |on: &OnStage| {
            let conditions = grounds.conditions(&on.revision);
            conditions
                .into_iter()
                .find(|condition| !condition.met)
                .map(|condition| condition.text)
        };
        let found = train(&on[0], &on[1], refuses);
        let mut waiting: Vec<_> = source
            .on
            .iter()
            .filter(|(story, of)| target.on.get(*story) != Some(of))
            .collect();
        waiting.sort_by_key(|(story, _)| {
            (
                source
                    .log
                    .iter()
                    .rposition(|wrote| wrote.stories.contains(story)),
                *story,
            )
        });
        let mut stays: BTreeSet<&StoryId> = waiting
            .iter()
            .filter(|(_, of)| !self.admits(2, **of))
            .map(|(id, _)| *id)
            .collect();
        loop {
            let stuck = waiting.iter().find(|(id, of)| {
                let on = self.handed[**of].on.map(|on| &self.handed[on].landed.story);
                !stays.contains(*id) && on.is_some_and(|on| stays.contains(on))
            });
            let Some((id, _)) = stuck else { break };
            stays.insert(id);
        }
        let goes: Vec<usize> = waiting
            .iter()
            .filter(|(id, _)| !stays.contains(*id))
            .map(|(_, of)| **of)
            .collect();
        let found_goes: Vec<_> = found.goes.iter().map(|on| &on.revision).collect();
        assert_eq!(
            found_goes,
            goes.iter()
                .map(|of| &self.handed[*of].landed)
                .collect::<Vec<_>>()
        );
        assert_eq!(
            found
                .stays
                .iter()
                .map(|one| &one.story)
                .collect::<BTreeSet<_>>(),
            stays
        );
        if goes.is_empty() {
            return "empty";
        }
        self.promote_these(2, &goes)
    }

    pub(crate) fn say(&mut self) -> &'static str {
        let at = self.chance.below(2) * 2;
        let on: Vec<_> = self.stages[0]
            .on
            .values()
            .copied()
            .filter(|of| self.handed.len() - of < 40)
            .collect();
        let Some(about) = self.chance.one(&on) else {
            return "nothing";
        };
        let action = match self.chance.below(10) {
            0..8 => Action::Accept,
            8 => Action::Hold,
            _ => Action::Release,
        };
        let who = self.chance.below(3);
        let entry = self
            .world
            .say(&self.stages[at], who, action, &self.handed[about]);
        let stage = &mut self.stages[at];
        stage.gate = Some(entry);
        stage.said.push((who, action.word(), about));
        let gate = self.world.gate(stage);
        assert_eq!((gate.entries.len(), gate.odd.len()), (stage.said.len(), 0));
        let standing = gate.standing(
            self.handed[about].landed.revision,
            self.manifest.policy(stage.name),
        );
        let people = standing.accepted.iter().map(|entry| {
            let who = entry
                .who
                .email
                .split('@')
                .next()
                .and_then(|who| who.parse().ok());
            who.expect("a number")
        });
        let found = (standing.held.is_some(), people.collect());
        assert_eq!(found, self.stages[at].standing(about));
        action.word()
    }
}
