//! Stages and stories as sets and maps, and the rules as one would tell them.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::Landed;
use storyline_repo::ObjectId;
use storyline_repo::story::StoryId;

use crate::project::{
    Content, Edits, Files, Slot, applied, board_path, files, manifest, reversed, stamped,
};

/// A story that somebody works on.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) id: StoryId,
    /// What it is built on.
    pub(crate) base: (ObjectId, Content),
    /// Its commits, oldest first.
    pub(crate) commits: Vec<(ObjectId, Content)>,
    /// The version of the manifest that it has, and whether it changes it.
    pub(crate) version: usize,
    pub(crate) changes_manifest: bool,
    /// The revision of another story that it is built on.
    pub(crate) on: Option<usize>,
    /// What was handed in, oldest first.
    pub(crate) revisions: Vec<usize>,
    /// Whether canonical has it.
    pub(crate) landed: bool,
}

/// Something that was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) landed: Landed,
    pub(crate) edits: Edits,
    pub(crate) changes_manifest: bool,
    pub(crate) on: Option<usize>,
}

/// Why a promotion stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// These files do not fit, while the older revision goes or while the newer one comes.
    Conflict {
        off: bool,
        files: BTreeSet<String>,
    },
    ManifestOnly,
    Missing(StoryId),
}

/// What a promotion does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comes {
    /// Revisions and the content with them, in order.
    pub(crate) comes: Vec<(usize, Content)>,
    pub(crate) there: Vec<usize>,
}

/// A commit on a stage.
#[derive(Clone, Debug)]
pub(crate) struct Wrote {
    pub(crate) commit: ObjectId,
    pub(crate) stories: BTreeSet<StoryId>,
    pub(crate) slots: BTreeSet<Slot>,
}

/// A stage.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) content: Content,
    /// The version of its manifest.
    pub(crate) version: usize,
    /// Dashboards with a name that does not belong there, as they are on the stage: they stay so.
    pub(crate) strays: BTreeMap<usize, String>,
    /// When there was one last: how many commits there were.
    pub(crate) last_stray: usize,
    pub(crate) on: BTreeMap<StoryId, usize>,
    /// Stories of which something was there already when they came.
    pub(crate) idle: BTreeSet<StoryId>,
    pub(crate) log: Vec<Wrote>,
    pub(crate) foreign: BTreeSet<ObjectId>,
    /// Branches that people merge.
    pub(crate) proposed: Vec<ObjectId>,
    /// What was said of revisions: who said what of which.
    pub(crate) said: Vec<(usize, &'static str, usize)>,
    pub(crate) gate: Option<ObjectId>,
}

impl Stage {
    pub(crate) fn tip(&self) -> ObjectId {
        self.log.last().expect("it began with a commit").commit
    }

    /// The files of the stage, as it has them, were this its content.
    pub(crate) fn files(&self, content: &Content) -> Files {
        let mut files = stamped(self.name, self.version, &files(content));
        for (board, text) in &self.strays {
            files.insert(board_path(*board), text.clone());
        }
        files.insert("storyline.toml".into(), manifest(self.version));
        files
    }

    /// The content with a change, or the files that are in the way.
    pub(crate) fn with(
        &self,
        content: &Content,
        edits: &Edits,
    ) -> Result<Content, BTreeSet<String>> {
        let unclear = edits.keys().filter(
            |slot| matches!(slot, Slot::Board(board, _) if self.strays.contains_key(board)),
        );
        let mut troubled: BTreeSet<_> = unclear.map(|slot| slot.path()).collect();
        match applied(content, edits) {
            Ok(new) if troubled.is_empty() => Ok(new),
            Ok(_) => Err(troubled),
            Err(clashes) => {
                troubled.extend(clashes.iter().map(|slot| slot.path()));
                Err(troubled)
            }
        }
    }

    /// Whether the canonical form of a file is unknown.
    pub(crate) fn is_kept(&self, path: &str) -> bool {
        self.strays.keys().any(|board| board_path(*board) == path)
    }

    /// What promoting these does.
    pub(crate) fn promoted(
        &self,
        handed: &[Handed],
        wanted: &[usize],
    ) -> Result<Comes, (StoryId, Why)> {
        let mut done = Comes::default();
        let mut content = self.content.clone();
        for at in in_order(handed, wanted) {
            let story = &handed[at].landed.story;
            let stop = |why| Err((story.clone(), why));
            let old = self.on.get(story).copied();
            if old == Some(at) {
                done.there.push(at);
                continue;
            }
            if let Some(on) = handed[at].on {
                let needed = &handed[on].landed.story;
                let comes = done
                    .comes
                    .iter()
                    .any(|(came, _)| handed[*came].landed.story == *needed);
                let holds = self
                    .with(&content, &handed[on].edits)
                    .is_ok_and(|with| with == content);
                if !self.on.contains_key(needed) && !comes && !holds {
                    return stop(Why::Missing(needed.clone()));
                }
            }
            if let Some(old) = old {
                match self.with(&content, &reversed(&handed[old].edits)) {
                    Ok(without) => content = without,
                    Err(files) => return stop(Why::Conflict { off: true, files }),
                }
            }
            match self.with(&content, &handed[at].edits) {
                Ok(with) => content = with,
                Err(files) => return stop(Why::Conflict { off: false, files }),
            }
            if handed[at].edits.is_empty() && old.is_none() && handed[at].changes_manifest {
                return stop(Why::ManifestOnly);
            }
            done.comes.push((at, content.clone()));
        }
        Ok(done)
    }

    /// Whether a revision is held, and who accepts it: what was said before a hold is gone.
    pub(crate) fn standing(&self, revision: usize) -> (bool, BTreeSet<usize>) {
        let said = self.said.iter().filter(|(_, _, of)| *of == revision);
        said.fold(
            (false, BTreeSet::new()),
            |(held, mut accepted), (who, what, _)| match *what {
                "hold" => (true, BTreeSet::new()),
                "release" => (false, accepted),
                _ if held => (held, accepted),
                _ => {
                    accepted.insert(*who);
                    (held, accepted)
                }
            },
        )
    }

    /// Whether anything that came after a story's first commit here is about its places.
    pub(crate) fn is_alone(&self, story: &StoryId, handed: &[Handed]) -> bool {
        let edits = handed.iter().filter(|handed| handed.landed.story == *story);
        let slots: BTreeSet<_> = edits.flat_map(|handed| handed.edits.keys()).collect();
        let first = self
            .log
            .iter()
            .position(|wrote| wrote.stories.contains(story));
        let since = &self.log[first.unwrap_or(0)..];
        let mut others = since
            .iter()
            .filter(|wrote| wrote.stories.iter().ne([story]));
        !self.idle.contains(story)
            && self.last_stray <= first.unwrap_or(0)
            && !others.any(|wrote| wrote.slots.iter().any(|slot| slots.contains(slot)))
    }
}

/// Stories behind those that they are built on, and otherwise as they are asked for.
fn in_order(handed: &[Handed], wanted: &[usize]) -> Vec<usize> {
    let mut order = Vec::new();
    for at in wanted {
        let mut chain = vec![*at];
        while let Some(on) = chain.last().and_then(|at| handed[*at].on) {
            let story = &handed[on].landed.story;
            let asked = wanted.iter().find(|at| handed[**at].landed.story == *story);
            match asked {
                Some(asked) => chain.push(*asked),
                None => break,
            }
        }
        for at in chain.into_iter().rev() {
            if !order.contains(&at) {
                order.push(at);
            }
        }
    }
    order
}
