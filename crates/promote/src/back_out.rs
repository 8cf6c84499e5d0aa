//! A revision goes off a stage again, in two ways.
//!
//! ```text
//! revert    its change is applied backwards to what is there now
//! rebuild   the stage as it was before the story came, and all that came since is done again without it
//! ```
//!
//! Where both give the same files, there is nothing to choose. Where they do not, or one of them does not
//! fit, a person chooses; and who is responsible is found by leaving one story more out.

use std::collections::{BTreeMap, BTreeSet};

use storyline_repo::merge::Clash;
use storyline_repo::story::StoryId;
use storyline_repo::{ObjectError, ObjectId};
use storyline_text::RelPath;

use crate::PromoteError;
use crate::deed::{BackOut, Deed, Landed, Landing, Take};
use crate::depends::in_the_way;
use crate::history::{History, Unproved, act};
use crate::landing::{Candidate, Trouble};
use crate::ledger::tell;
use crate::stage::{Applied, Stage, View};

/// Both ways of taking a revision off a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOff {
    /// The revision.
    pub revision: Landed,
    /// With its change applied backwards.
    pub revert: Result<Candidate, Trouble>,
    /// With all done again that came since.
    pub rebuild: Result<Candidate, Stuck>,
    /// Canonical paths that are not the same in both.
    pub differing: BTreeSet<RelPath>,
    /// Stories on the stage whose changes are why a way does not fit, or why both differ, with the paths.
    pub responsible: BTreeMap<StoryId, BTreeSet<RelPath>>,
}

/// An entry that cannot be done again without what is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The entry.
    pub commit: ObjectId,
    /// Its story, when it says that it brings or takes off one.
    pub story: Option<StoryId>,
    /// Where it clashes.
    pub clashes: Vec<Clash>,
    /// Files that it is about and that cannot be taken to canonical form; nothing of either, when there is
    /// nothing before it.
    pub unclear: Vec<RelPath>,
    /// An object of its revision that is gone.
    pub missing: Option<ObjectId>,
}

impl Stuck {
    /// The paths that it is about.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        let clashing = self.clashes.iter().map(|clash| &clash.path);
        clashing.chain(&self.unclear)
    }
}

impl TakenOff {
    /// What lands without a question: both ways gave the same files.
    pub fn agreed(&self) -> Option<&Candidate> {
        let (Ok(revert), Ok(rebuild)) = (&self.revert, &self.rebuild) else {
            return None;
        };
        (revert.tree == rebuild.tree).then_some(revert)
    }

    /// What one way gives, if it fits.
    pub fn taking(&self, take: Take) -> Option<&Candidate> {
        match take {
            Take::Revert => self.revert.as_ref().ok(),
            Take::Rebuild => self.rebuild.as_ref().ok(),
        }
    }

    /// What the commit says that it does.
    pub fn deed(&self, take: Option<Take>) -> Deed {
        Deed::BackOut(BackOut {
            revision: self.revision.clone(),
            take: take.filter(|_| self.agreed().is_none()),
        })
    }
}

/// Takes the revision of a story that is on the stage off it, both ways; `None` when none is there.
///
/// # Errors
/// When its objects are gone, names do not fit, or an object is missing or broken.
pub fn take_off(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    story: &StoryId,
) -> Result<Option<TakenOff>, PromoteError> {
    let ledger = history.ledger();
    let (Some(there), Some(tip)) = (
        ledger.on_stage_of(story),
        ledger.entries.len().checked_sub(1),
    ) else {
        return Ok(None);
    };
    let revision = there.revision;
    let view = history.view(stage, tip)?;
    for commit in [revision.change.from, revision.change.to] {
        if let Err(ObjectError::Missing { .. }) = stage.workspace.tree_of(commit) {
            return Err(PromoteError::RevisionGone {
                story: story.clone(),
                revision: revision.revision,
                commit,
            });
        }
    }
    let revert = match stage.take_off(&view, revision.change)? {
        Ok(applied) => Ok(stage.candidate(applied)?),
        Err(trouble) => Err(trouble),
    };
    let rebuild = match without(stage, history, &[story], (tip + 1, 0))? {
        Ok(rebuilt) => Ok(rebuilt_candidate(stage, &view, rebuilt)?),
        Err(stuck) => Err(stuck),
    };
    let differing = match (&revert, &rebuild) {
        (Ok(a), Ok(b)) if a.tree != b.tree => {
            let trees = [a, b].map(|candidate| Some(candidate.view.tree));
            let differing = stage.workspace.differences(trees[0], trees[1])?;
            differing.into_keys().collect()
        }
        _ => BTreeSet::new(),
    };
    let mut taken = TakenOff {
        revision,
        revert,
        rebuild,
        differing,
        responsible: BTreeMap::new(),
    };
    if taken.agreed().is_none() {
        taken.responsible = responsible(stage, history, &view, &taken)?;
    }
    Ok(Some(taken))
}

fn rebuilt_candidate(
    stage: &mut Stage<'_, '_>,
    before: &View,
    view: View,
) -> Result<Candidate, PromoteError> {
    let touched = stage
        .workspace
        .differences(Some(before.tree), Some(view.tree))?;
    stage.candidate(Applied {
        view,
        touched,
        clashes: Vec::new(),
        unclear: Vec::new(),
    })
}

/// Stories that are why a way does not fit, or without which both ways agree about more paths.
fn responsible(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    view: &View,
    taken: &TakenOff,
) -> Result<BTreeMap<StoryId, BTreeSet<RelPath>>, PromoteError> {
    let mut others = history.on_stage();
    others.remove(&taken.revision.story);
    let mut found: BTreeMap<StoryId, BTreeSet<RelPath>> = BTreeMap::new();
    if taken.revert.is_err() {
        let others: Vec<_> = others.values().collect();
        for blocking in in_the_way(stage, view, taken.revision.change.reversed(), &others)? {
            let paths = blocking.places.into_iter().map(|place| place.path);
            found.entry(blocking.story).or_default().extend(paths);
        }
    }
    if let Err(stuck) = &taken.rebuild {
        if let Some(story) = stuck.story.clone() {
            found
                .entry(story)
                .or_default()
                .extend(stuck.paths().cloned());
        }
        return Ok(found);
    }
    for (other, there) in others {
        let touched = stage.paths_of(there.revision.change)?;
        let shared: BTreeSet<_> = touched.intersection(&taken.differing).cloned().collect();
        if shared.is_empty() {
            continue;
        }
        let Some(left) = differing(stage, history, view, &taken.revision, &there.revision)? else {
            continue;
        };
        let cleared: BTreeSet<_> = shared.difference(&left).cloned().collect();
        if !cleared.is_empty() {
            found.entry(other).or_default().extend(cleared);
        }
    }
    Ok(found)
}

/// The paths at which the two ways differ once `other` is off as well; `None` when that does not fit.
fn differing(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    view: &View,
    revision: &Landed,
    other: &Landed,
) -> Result<Option<BTreeSet<RelPath>>, PromoteError> {
    let mut reverted = view.clone();
    for change in [other.change, revision.change] {
        match stage.take_off(&reverted, change)? {
            Ok(applied) => reverted = applied.view,
            Err(_) => return Ok(None),
        }
    }
    let end = (history.ledger().entries.len(), 0);
    let stories = [&revision.story, &other.story];
    let Ok(rebuilt) = without(stage, history, &stories, end)? else {
        return Ok(None);
    };
    let trees = (Some(reverted.tree), Some(rebuilt.tree));
    let differing = stage.workspace.differences(trees.0, trees.1)?;
    Ok(Some(differing.into_keys().collect()))
}

/// An entry, and a deed in it.
type Place = (usize, usize);

/// The stage before the deed at `end`, as it would be without these stories' newest landings there.
pub(crate) fn without(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    stories: &[&StoryId],
    end: Place,
) -> Result<Result<View, Stuck>, PromoteError> {
    let left_out = LeftOut::of(stage, history, stories, end)?;
    let Some(before) = left_out.start.checked_sub(1) else {
        return Ok(Err(Stuck {
            commit: history.ledger().entries[left_out.start].commit,
            story: None,
            clashes: Vec::new(),
            unclear: Vec::new(),
            missing: None,
        }));
    };
    let mut view = history.view(stage, before)?;
    let mut really = history.ledger().landed_before(left_out.start);
    let mut on = really.clone();
    for at in left_out.start..history.ledger().entries.len().min(end.0 + 1) {
        let entry = history.ledger().entries[at].clone();
        let is_left_out = (0..entry.deeds.len()).any(|nth| left_out.deeds.contains(&(at, nth)));
        if left_out.commits.contains(&at) || at == end.0 && end.1 == 0 {
            continue;
        }
        // What came in several steps is done again step by step.
        let proved = at == end.0
            || !history.is_shared(at) && history.verify_knowing(stage, at, &really)?.is_none();
        if !proved && !is_left_out {
            match follow(stage, history, &view, at)? {
                Ok(followed) => view = followed,
                Err(applied) => return Ok(Err(unfollowed(entry.commit, applied))),
            }
        }
        for (nth, deed) in entry.deeds.iter().enumerate() {
            if (at, nth) >= end {
                break;
            }
            tell(&mut really, deed);
            if left_out.deeds.contains(&(at, nth)) {
                continue;
            }
            if proved || is_left_out {
                match act(stage, &view, deed, &on)? {
                    Ok(done) => view = done,
                    Err(why) => return Ok(Err(unproved(entry.commit, deed, why))),
                }
            }
            tell(&mut on, deed);
        }
    }
    Ok(Ok(view))
}

/// What is left out when a stage is rebuilt.
struct LeftOut {
    /// The first entry that is left out or done again.
    start: usize,
    /// Deeds.
    deeds: BTreeSet<Place>,
    /// Commits that became stories later.
    commits: BTreeSet<usize>,
}

impl LeftOut {
    fn of(
        stage: &mut Stage<'_, '_>,
        history: &mut History,
        stories: &[&StoryId],
        end: Place,
    ) -> Result<Self, PromoteError> {
        let mut out = Self {
            start: end.0,
            deeds: BTreeSet::new(),
            commits: BTreeSet::new(),
        };
        for story in stories {
            out.add(presence(history, story, end));
        }
        // What came and went meanwhile may have stood on what is left out, and neither is needed.
        let mut at = end.0;
        while at > out.start {
            at -= 1;
            for (nth, deed) in history.ledger().entries[at]
                .deeds
                .clone()
                .iter()
                .enumerate()
                .rev()
            {
                let (place, Deed::BackOut(BackOut { revision, take })) = ((at, nth), deed) else {
                    continue;
                };
                let presence = presence(history, &revision.story, place);
                let never_came = match take {
                    Some(Take::Rebuild) => true,
                    Some(Take::Revert) => false,
                    None => presence.start >= out.start,
                };
                let is_new = never_came && !out.deeds.contains(&place);
                if is_new && history.verify(stage, at)?.is_none() {
                    out.deeds.insert(place);
                    out.add(presence);
                }
            }
        }
        Ok(out)
    }

    fn add(&mut self, other: Self) {
        self.start = self.start.min(other.start);
        self.deeds.extend(other.deeds);
        self.commits.extend(other.commits);
    }
}

/// The deeds that brought a story, and kept it there until `end`.
fn presence(history: &History, story: &StoryId, end: Place) -> LeftOut {
    let ledger = history.ledger();
    let mut found = LeftOut {
        start: end.0,
        deeds: BTreeSet::new(),
        commits: BTreeSet::new(),
    };
    let entries = ledger.entries.iter().enumerate().take(end.0 + 1).rev();
    for (at, entry) in entries {
        for (nth, deed) in entry.deeds.iter().enumerate().rev() {
            if (at, nth) >= end || deed.story() != Some(story) {
                continue;
            }
            match deed {
                Deed::Land(Landing { replaces, .. }) => {
                    found.start = found.start.min(at);
                    found.deeds.insert((at, nth));
                    if let Some(parts) = history.parts(at) {
                        found.start = found.start.min(*parts.first().expect("it has some"));
                        found.commits.extend(parts);
                    }
                    if replaces.is_none() && !history.follows() {
                        return found;
                    }
                }
                Deed::HotFix { commit, .. } => {
                    found.deeds.insert((at, nth));
                    found.start = at;
                    let mut before = ledger.entries[..at].iter();
                    if let Some(there) = before.rposition(|entry| entry.commit == *commit) {
                        found.start = there;
                        found.commits.insert(there);
                    }
                    return found;
                }
                _ => return found,
            }
        }
    }
    found
}

/// Does again what a commit did that does not say what it does.
pub(crate) fn follow(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    onto: &View,
    at: usize,
) -> Result<Result<View, Applied>, PromoteError> {
    let Some(before) = at.checked_sub(1) else {
        return Ok(Ok(onto.clone()));
    };
    let [from, to] = [history.view(stage, before)?, history.view(stage, at)?];
    let mut applied = stage.apply_trees(onto, from.tree, to.tree)?;
    // What is kept there as it is here can be told apart like anything else.
    let mut unclear = Vec::new();
    for path in applied.unclear.drain(..) {
        let was = stage.workspace.leaf(from.tree, &path)?;
        if applied.touched[&path][0] != was {
            unclear.push(path);
        }
    }
    applied.unclear = unclear;
    if !applied.fits() {
        return Ok(Err(applied));
    }
    let mut view = applied.view;
    for path in applied.touched.keys() {
        match to.kept.contains(path) {
            true => view.kept.insert(path.clone()),
            false => view.kept.remove(path),
        };
    }
    let differences = stage
        .workspace
        .differences(Some(from.tree), Some(to.tree))?;
    if differences.keys().any(|path| !stage.takes(path)) {
        let renamed = stage.with_manifest_of(&view, to.tree)?;
        return Ok(renamed.map_err(|path| Applied {
            view,
            touched: BTreeMap::new(),
            clashes: Vec::new(),
            unclear: vec![path],
        }));
    }
    Ok(Ok(view))
}

fn unfollowed(commit: ObjectId, applied: Applied) -> Stuck {
    Stuck {
        commit,
        story: None,
        clashes: applied.clashes,
        unclear: applied.unclear,
        missing: None,
    }
}

fn unproved(commit: ObjectId, deed: &Deed, why: Unproved) -> Stuck {
    let (clashes, unclear, missing) = match why {
        Unproved::DoesNotFit(trouble) => (trouble.clashes, trouble.unclear, None),
        Unproved::RevisionGone { missing, .. } => (Vec::new(), Vec::new(), Some(missing)),
        _ => (Vec::new(), Vec::new(), None),
    };
    Stuck {
        commit,
        story: deed.story().cloned(),
        clashes,
        unclear,
        missing,
    }
}
