//! Several revisions in their order, each as a commit on top of the one before.

use std::collections::{BTreeMap, HashMap};

use storyline_manifest::is_manifest_file;
use storyline_repo::story::{RevisionId, StoryId};
use storyline_repo::{NewCommit, ObjectId};
use storyline_text::{Diagnostic, RelPath};

use crate::PromoteError;
use crate::deed::{Deed, Landed, Landing};
use crate::landing::{Candidate, Land, Trouble};
use crate::ledger::OnStage;
use crate::stage::{Stage, View};

/// A revision that shall come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which, and its change.
    pub revision: Landed,
    /// The revisions of other stories that it is built on.
    pub depends: Vec<Landed>,
    /// What it is about, in a line.
    pub subject: String,
    /// Who handed it in and when, as a commit takes it.
    pub author: Vec<u8>,
}

/// A revision that comes with a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub wanted: Wanted,
    /// The revision of the same story that it takes off.
    pub replaces: Option<RevisionId>,
    /// The commit.
    pub commit: ObjectId,
    /// What it makes of the stage.
    pub candidate: Candidate,
    /// Files of the manifest that the story changes, which stay behind.
    pub manifest_files: Vec<RelPath>,
}

/// Why a revision does not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its change does not fit.
    Conflict(Box<Trouble>),
    /// With it, names do not fit on the stage; may be empty, when it would not come back.
    Unstampable(Vec<Diagnostic>),
    /// It changes nothing but files of the manifest.
    ManifestOnly,
    /// A story that it is built on is not on the stage.
    DependencyMissing {
        /// That story.
        on: StoryId,
        /// The revision of it that it holds.
        revision: RevisionId,
    },
}

/// A revision that does not come, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub wanted: Wanted,
    /// Why.
    pub refusal: Refusal,
    /// The stage with everything that was to come before it, canonical.
    pub view: View,
    /// What came before it.
    pub before: Vec<Landed>,
}

/// What a stage is before a promotion, and how its commits are signed off.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The commit that the stage is at.
    pub tip: ObjectId,
    /// Its files, canonical.
    pub view: View,
    /// What is on it.
    pub on: &'a BTreeMap<StoryId, OnStage>,
    /// Who commits and when, as a commit takes it.
    pub committer: &'a [u8],
    /// The promotion's name.
    pub promotion: &'a str,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The revisions that come, in their order.
    pub landings: Vec<Step>,
    /// Those that are on the stage already, with the commits that brought them.
    pub there: Vec<(Wanted, ObjectId)>,
}

impl Stage<'_, '_> {
    /// Lands revisions one after another, stories after those that they are built on and otherwise as they
    /// are given. The first one that does not fit comes back with the reason; nothing was written.
    ///
    /// # Errors
    /// When names do not fit, or an object is missing or broken.
    pub fn land_all(
        &mut self,
        start: &Start<'_>,
        wanted: Vec<Wanted>,
    ) -> Result<Result<Sequence, Box<Refused>>, PromoteError> {
        let on = start.on;
        let mut sequence = Sequence {
            landings: Vec::new(),
            there: Vec::new(),
        };
        let mut view = start.view.clone();
        let mut tip = start.tip;
        for wanted in in_order(wanted) {
            let story = &wanted.revision.story;
            let old = on.get(story);
            if let Some(there) = old.filter(|old| old.revision == wanted.revision) {
                sequence.there.push((wanted, there.commit));
                continue;
            }
            if let Some(refusal) = self.missing(&wanted, on, &sequence, &view)? {
                return Ok(Err(refused(wanted, refusal, view, &sequence)));
            }
            let land = Land {
                revision: wanted.revision.clone(),
                replaces: old.map(|old| old.revision.clone()),
            };
            let candidate = match self.land(&view, &land) {
                Ok(Ok(candidate)) => candidate,
                Err(PromoteError::Unstampable { reasons, .. }) => {
                    let refusal = Refusal::Unstampable(reasons);
                    return Ok(Err(refused(wanted, refusal, view, &sequence)));
                }
                Err(error) => return Err(error),
                Ok(Err(trouble)) => {
                    let refusal = Refusal::Conflict(Box::new(trouble));
                    return Ok(Err(refused(wanted, refusal, view, &sequence)));
                }
            };
            let manifest_files = self.manifest_files(&wanted)?;
            if candidate.touched == 0 && land.replaces.is_none() && !manifest_files.is_empty() {
                return Ok(Err(refused(wanted, Refusal::ManifestOnly, view, &sequence)));
            }
            let commit = self.landing_commit(start, tip, &wanted, &land, candidate.tree)?;
            (tip, view) = (commit, candidate.view.clone());
            sequence.landings.push(Step {
                wanted,
                replaces: land.replaces.map(|old| old.revision),
                commit,
                candidate,
                manifest_files,
            });
        }
        Ok(Ok(sequence))
    }

    /// The first story that a revision is built on and that is neither on the stage, nor comes before it,
    /// nor has nothing left to bring.
    fn missing(
        &mut self,
        wanted: &Wanted,
        on: &BTreeMap<StoryId, OnStage>,
        sequence: &Sequence,
        view: &View,
    ) -> Result<Option<Refusal>, PromoteError> {
        for needed in &wanted.depends {
            let mut landings = sequence.landings.iter();
            let comes = landings.any(|step| step.wanted.revision.story == needed.story);
            if on.contains_key(&needed.story) || comes || self.holds(view, needed)? {
                continue;
            }
            return Ok(Some(Refusal::DependencyMissing {
                on: needed.story.clone(),
                revision: needed.revision,
            }));
        }
        Ok(None)
    }

    /// Whether nothing of a change is left to do: the stage began with it, say.
    fn holds(&mut self, view: &View, landed: &Landed) -> Result<bool, PromoteError> {
        let applied = self.apply(view, landed.change)?;
        Ok(applied.fits()
            && applied
                .touched
                .values()
                .all(|[before, after]| before == after))
    }

    fn manifest_files(&mut self, wanted: &Wanted) -> Result<Vec<RelPath>, PromoteError> {
        let change = wanted.revision.change;
        let trees = [change.from, change.to].map(|commit| self.workspace.tree_of(commit));
        let [from, to] = trees;
        let differences = self.workspace.differences(Some(from?), Some(to?))?;
        Ok(differences.into_keys().filter(is_manifest_file).collect())
    }

    fn landing_commit(
        &mut self,
        start: &Start<'_>,
        parent: ObjectId,
        wanted: &Wanted,
        land: &Land,
        tree: ObjectId,
    ) -> Result<ObjectId, PromoteError> {
        let deed = Deed::Land(Landing {
            revision: wanted.revision.clone(),
            replaces: land.replaces.as_ref().map(|old| old.revision),
            depends: wanted.depends.iter().map(|on| on.story.clone()).collect(),
            promotion: start.promotion.into(),
        });
        let story = &wanted.revision.story;
        let message = format!("Land {story}: {}\n\n{deed}", one_line(&wanted.subject));
        Ok(self.workspace.keep_commit(&NewCommit {
            tree,
            parents: &[parent],
            author: &wanted.author,
            committer: start.committer,
            message: message.as_bytes(),
        })?)
    }
}

fn refused(wanted: Wanted, refusal: Refusal, view: View, sequence: &Sequence) -> Box<Refused> {
    let before = sequence.landings.iter();
    Box::new(Refused {
        wanted,
        refusal,
        view,
        before: before.map(|step| step.wanted.revision.clone()).collect(),
    })
}

/// A text of people's as part of a line.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split_whitespace();
    let clean = |word: &str| word.chars().filter(|c| !c.is_control()).collect::<String>();
    words.map(clean).collect::<Vec<_>>().join(" ")
}

/// Stories after those that they are built on, and otherwise as they came.
fn in_order(wanted: Vec<Wanted>) -> Vec<Wanted> {
    let places = wanted.iter().enumerate();
    let places: HashMap<_, _> = places
        .map(|(at, w)| (w.revision.story.clone(), at))
        .collect();
    let mut order = Vec::with_capacity(wanted.len());
    let mut seen = vec![false; wanted.len()];
    // A story comes up twice: to have those done that it is built on, then to be put behind them.
    let mut stack: Vec<_> = (0..wanted.len()).rev().map(|at| (at, false)).collect();
    while let Some((at, ready)) = stack.pop() {
        if ready {
            order.push(at);
        } else if !std::mem::replace(&mut seen[at], true) {
            stack.push((at, true));
            let needed = wanted[at].depends.iter().rev();
            stack.extend(needed.filter_map(|on| Some((*places.get(&on.story)?, false))));
        }
    }
    let mut wanted: Vec<_> = wanted.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|at| wanted[at].take())
        .collect()
}
