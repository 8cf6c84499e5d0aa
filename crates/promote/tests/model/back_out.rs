//! What goes off stages.

use std::collections::BTreeSet;

use storyline_promote::{Take, TakenOff, take_off};
use storyline_repo::ObjectId;
use storyline_repo::story::StoryId;

use crate::compare::{Blobs, leaves, texts};
use crate::plain::Stage;
use crate::project::{Content, Files, Slot, between, content, reversed};
use crate::run::{Run, STAGES};

/// Both ways of taking a story off, with the files of the stage or in canonical form.
struct Looked {
    taken: TakenOff,
    reverted: Option<Blobs>,
    rebuilt: Option<Files>,
}

impl Run {
    pub(crate) fn back_out(&mut self) -> &'static str {
        let at = self.chance.below(STAGES.len());
        let on = self.stages[at].on.iter();
        let on = on.filter(|(id, _)| !self.landed.contains_key(*id));
        let on: Vec<_> = on.map(|(id, of)| (id.clone(), *of)).collect();
        let Some((id, of)) = self.chance.one(&on) else {
            return "nothing";
        };
        let stage = &self.stages[at];
        let looked = self.looked(stage, &id);
        let reverted = self.both_ways(stage, of, &looked);
        let taken = &looked.taken;
        let (take, came) = match taken.agreed() {
            Some(_) => (None, "agreed"),
            None if self.chance.percent(40) => return "left",
            None if self.chance.percent(50) => (Some(Take::Revert), "reverted"),
            None => (Some(Take::Rebuild), "rebuilt"),
        };
        let stage = &self.stages[at];
        let fits = take.is_none_or(|take| taken.taking(take).is_some());
        if !fits {
            return "does not fit";
        }
        let commit = self.taken_off(stage, &id, take);
        let content = match (take, looked.rebuilt) {
            (Some(Take::Rebuild), Some(rebuilt)) => with_kept(stage, content(&rebuilt)),
            _ => reverted.expect("it fitted"),
        };
        let mut slots: BTreeSet<_> = between(&stage.content, &content).into_keys().collect();
        slots.extend(self.handed[of].edits.keys());
        self.wrote(at, commit, &[of], slots);
        let stage = &mut self.stages[at];
        stage.content = content;
        stage.on.remove(&id);
        stage.idle.remove(&id);
        self.compare(at);
        came
    }

    /// What is only looked at is not written: it has to be read there.
    fn looked(&self, stage: &Stage, id: &StoryId) -> Looked {
        self.world.look(stage, |library, history| {
            let taken = take_off(library, history, id).expect("it is readable");
            let taken = taken.expect("it is on the stage");
            let revert = taken.revert.as_ref().ok();
            let rebuild = taken.rebuild.as_ref().ok();
            Looked {
                reverted: revert.map(|candidate| leaves(library.workspace, candidate.tree)),
                rebuilt: rebuild.map(|candidate| texts(library.workspace, candidate.view.tree)),
                taken,
            }
        })
    }

    /// Compares what the library says of both ways. Backwards, the content is this, if it fits.
    fn both_ways(&self, stage: &Stage, of: usize, looked: &Looked) -> Option<Content> {
        let taken = &looked.taken;
        let id = &taken.revision.story;
        assert_eq!(taken.revision, self.handed[of].landed);
        let reverted = stage.with(&stage.content, &reversed(&self.handed[of].edits));
        match (&taken.revert, &reverted) {
            (Ok(_), Ok(content)) => {
                assert_eq!(looked.reverted, Some(self.stamped(stage, content)), "{id}");
            }
            (Err(trouble), Err(files)) => {
                let found: BTreeSet<_> = trouble.paths().map(ToString::to_string).collect();
                assert_eq!(found, *files, "{id}");
            }
            (found, expected) => panic!("{id}: {found:?}, expected {expected:?}"),
        }
        let alone = stage.strays.is_empty() && stage.is_alone(id, &self.handed);
        let differing = &taken.differing;
        assert!(
            !alone || taken.agreed().is_some(),
            "nothing else is where {id} was, but {differing:?}"
        );
        // Whatever both ways make of it, they differ where the story was, and nowhere else.
        let revisions = self.handed.iter();
        let revisions = revisions.filter(|handed| handed.landed.story == *id);
        let slots = revisions.flat_map(|handed| handed.edits.keys());
        let paths: BTreeSet<_> = slots.map(|slot| slot.path()).collect();
        for path in differing {
            assert!(
                paths.contains(&path.to_string()),
                "{path} is none of {id}'s"
            );
        }
        reverted.ok()
    }

    /// Takes a story off as a person chose.
    fn taken_off(&self, stage: &Stage, id: &StoryId, take: Option<Take>) -> ObjectId {
        self.world.look(stage, |library, history| {
            let taken = take_off(library, history, id).expect("it is readable");
            let taken = taken.expect("it is on the stage");
            let candidate = match take {
                None => taken.agreed(),
                Some(take) => taken.taking(take),
            };
            let tree = candidate.expect("it fitted before").tree;
            self.world
                .on_top(stage, library.workspace, tree, &taken.deed(take))
        })
    }
}

/// Nobody knows what files with strays are in canonical form, and they stay.
fn with_kept(stage: &Stage, mut content: Content) -> Content {
    let is_kept = |slot: &Slot| stage.is_kept(&slot.path());
    content.retain(|slot, _| !is_kept(slot));
    let kept = stage.content.iter().filter(|(slot, _)| is_kept(slot));
    content.extend(kept.map(|(slot, value)| (*slot, value.clone())));
    content
}
