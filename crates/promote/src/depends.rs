//! Which stories on a stage stand on which, and why.

use std::collections::{BTreeMap, BTreeSet};

use storyline_diff::names::{Because, Change, added, depends_by_name};
use storyline_manifest::is_manifest_file;
use storyline_repo::EntryKind;
use storyline_repo::merge::{Clash, ClashKind};
use storyline_repo::story::StoryId;
use storyline_text::RelPath;

use crate::PromoteError;
use crate::deed::Landed;
use crate::landing::Land;
use crate::ledger::OnStage;
use crate::stage::{Applied, Span, Stage, View};

/// Stories that are tried as what is in the way of one change, the newest of those that touch its files.
const MAX_TRIED: usize = 64;

/// A place in a canonical file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// The line, counted from 1; `None` for the file as a whole.
    pub line: Option<usize>,
}

/// A story that has to go before a change fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The story.
    pub story: StoryId,
    /// Where it is in the way.
    pub places: Vec<Place>,
}

/// Why a story stands on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It says so.
    Declared,
    /// The other cannot go while it is there: these places of the stage's canonical files are in the way.
    Text(Vec<Place>),
    /// It uses names that the other adds.
    Names(Vec<Because>),
}

/// A story that stands on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependence {
    /// The story.
    pub story: StoryId,
    /// The one that it stands on.
    pub on: StoryId,
    /// Why; at least one.
    pub reasons: Vec<Reason>,
}

impl Dependence {
    /// A story that stands on another, if there is a reason.
    fn new(story: &StoryId, on: &StoryId, reasons: Vec<Reason>) -> Option<Self> {
        let (story, on) = (story.clone(), on.clone());
        (!reasons.is_empty()).then_some(Self { story, on, reasons })
    }
}

/// The reason that a story gives itself.
fn declared(story: &OnStage, on: &StoryId) -> Vec<Reason> {
    match story.depends.contains(on) {
        true => vec![Reason::Declared],
        false => Vec::new(),
    }
}

/// The stories on a stage, by their ids.
type OnStages = BTreeMap<StoryId, OnStage>;

/// The stories on a stage that stand on `story`, which is there as well; `view` is its tip.
///
/// # Errors
/// When an object is missing or broken.
pub fn dependents(
    stage: &mut Stage<'_, '_>,
    view: &View,
    on: &OnStages,
    story: &StoryId,
) -> Result<Vec<Dependence>, PromoteError> {
    let mut found = Vec::new();
    let Some(there) = on.get(story) else {
        return Ok(found);
    };
    let others: Vec<_> = on.values().filter(|other| is_not(other, story)).collect();
    let own = Files::of(stage, there.revision.change)?;
    let adds_names = own.adds_names();
    let mut texts = in_the_way(stage, view, there.revision.change.reversed(), &others)?;
    for other in others {
        let id = &other.revision.story;
        let mut reasons = declared(other, story);
        if let Some(at) = texts.iter().position(|text| text.story == *id) {
            reasons.push(Reason::Text(texts.swap_remove(at).places));
        }
        // Most stories add none, and then no other one has to be read.
        if adds_names {
            let names = Files::of(stage, other.revision.change)?.names_of(&own);
            reasons.extend(names);
        }
        found.extend(Dependence::new(id, story, reasons));
    }
    Ok(found)
}

/// Why the newest revision of one story may stand on another's, wherever both are: by the names that it uses.
///
/// # Errors
/// When an object is missing or broken.
pub fn names_used(
    stage: &mut Stage<'_, '_>,
    user: Span,
    of: Span,
) -> Result<Vec<Because>, PromoteError> {
    Ok(Files::of(stage, user)?.because(&Files::of(stage, of)?))
}

/// The files that a story changes, before and after.
pub struct Files(Vec<(RelPath, [Option<Vec<u8>>; 2])>);

impl Stage<'_, '_> {
    /// The files that a story changes.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn files_of(&mut self, change: Span) -> Result<Files, PromoteError> {
        Files::of(self, change)
    }
}

impl Files {
    fn of(stage: &mut Stage<'_, '_>, change: Span) -> Result<Self, PromoteError> {
        let workspace = &mut *stage.workspace;
        let [from, to] = [change.from, change.to].map(|commit| workspace.tree_of(commit));
        let mut files = Vec::new();
        for (path, sides) in workspace.differences(Some(from?), Some(to?))? {
            let mut texts = [None, None];
            for (text, leaf) in texts.iter_mut().zip(sides) {
                *text = match leaf {
                    Some(leaf) if leaf.kind != EntryKind::Submodule => {
                        Some(workspace.read(leaf.id)?)
                    }
                    _ => None,
                };
            }
            files.push((path, texts));
        }
        Ok(Self(files))
    }

    /// The same, as those read it who look for names.
    pub fn changes(&self) -> Vec<Change<'_>> {
        let changes = self.0.iter().map(|(path, [before, after])| Change {
            path,
            before: before.as_deref(),
            after: after.as_deref(),
        });
        changes.collect()
    }

    fn adds_names(&self) -> bool {
        let mut changes = self.changes().into_iter();
        changes.any(|change| !added(&change).provided.is_empty())
    }

    /// The files, but for the manifest's.
    fn paths(&self) -> impl Iterator<Item = &RelPath> {
        let paths = self.0.iter().map(|(path, _)| path);
        paths.filter(|path| !is_manifest_file(path))
    }

    /// Names that are used here and that the other ones add.
    fn because(&self, other: &Self) -> Vec<Because> {
        depends_by_name(&self.changes(), &other.changes())
    }

    /// The same as a reason, if there are any.
    fn names_of(&self, other: &Self) -> Option<Reason> {
        let names = self.because(other);
        (!names.is_empty()).then_some(Reason::Names(names))
    }
}

/// The stories on a stage that `story` stands on.
///
/// # Errors
/// When an object is missing or broken.
pub fn needs(
    stage: &mut Stage<'_, '_>,
    view: &View,
    on: &OnStages,
    story: &StoryId,
) -> Result<Vec<Dependence>, PromoteError> {
    let mut found = Vec::new();
    let Some(there) = on.get(story) else {
        return Ok(found);
    };
    let own = Files::of(stage, there.revision.change)?;
    let touched: BTreeSet<_> = own.paths().collect();
    for other in on.values().filter(|other| is_not(other, story)) {
        let (id, change) = (&other.revision.story, other.revision.change);
        let mut reasons = declared(there, id);
        let files = Files::of(stage, change)?;
        if files.paths().any(|path| touched.contains(path)) {
            let rest: Vec<_> = on.values().filter(|rest| is_not(rest, id)).collect();
            let texts = in_the_way(stage, view, change.reversed(), &rest)?;
            let text = texts.into_iter().find(|text| text.story == *story);
            reasons.extend(text.map(|text| Reason::Text(text.places)));
        }
        reasons.extend(own.names_of(&files));
        found.extend(Dependence::new(story, id, reasons));
    }
    Ok(found)
}

/// The revisions among `others` after whose landing a change fits, or fits in more files, one by one.
///
/// # Errors
/// When an object is missing or broken.
pub fn lacking(
    stage: &mut Stage<'_, '_>,
    view: &View,
    change: Span,
    others: &[Landed],
) -> Result<Vec<InTheWay>, PromoteError> {
    let places = places(&stage.apply(view, change)?);
    let paths: BTreeSet<_> = places.iter().map(|place| &place.path).collect();
    let mut found = Vec::new();
    for other in others {
        let touched = stage.paths_of(other.change)?;
        if !touched.iter().any(|path| paths.contains(path)) {
            continue;
        }
        let land = Land {
            revision: other.clone(),
            replaces: None,
        };
        let Ok(landed) = stage.put_on(view, &land)? else {
            continue;
        };
        if troubled(stage, &landed.view, change)? < paths.len() {
            let places = places.iter().filter(|place| touched.contains(&place.path));
            found.push(InTheWay {
                story: other.story.clone(),
                places: places.cloned().collect(),
            });
        }
    }
    Ok(found)
}

fn is_not(on: &OnStage, story: &StoryId) -> bool {
    on.revision.story != *story
}

/// Finds the stories among `on` that have to go from a view before a change fits there, or before it fits
/// in more files: left out one by one, newest first, and only those that are needed.
///
/// # Errors
/// When an object is missing or broken.
pub fn in_the_way(
    stage: &mut Stage<'_, '_>,
    view: &View,
    change: Span,
    on: &[&OnStage],
) -> Result<Vec<InTheWay>, PromoteError> {
    let applied = stage.apply(view, change)?;
    let places = places(&applied);
    let paths: BTreeSet<_> = places.iter().map(|place| &place.path).collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let is_lost = |clash: &&Clash| matches!(clash.why, ClashKind::FolderMoved { .. });
    let lost = applied.clashes.iter().filter(is_lost);
    // Who moved a folder touched what was in it, and not what was added.
    let folders: BTreeSet<_> = lost.map(|clash| clash.path.parent()).collect();
    let is_near = |path: &RelPath| paths.contains(path) || folders.contains(path.parent());
    let mut newest_first: Vec<_> = on.iter().collect();
    newest_first.sort_by_key(|on| std::cmp::Reverse(on.entry));
    let mut candidates = Vec::new();
    for on in newest_first {
        let touched = stage.paths_of(on.revision.change)?;
        if candidates.len() < MAX_TRIED && touched.iter().any(is_near) {
            candidates.push((on.revision.story.clone(), on.revision.change, touched));
        }
    }
    // As many as are needed, and perhaps more.
    let (mut off, mut rest) = (view.clone(), paths.len());
    let mut gone = Vec::new();
    for candidate in candidates {
        if rest == 0 {
            break;
        }
        if let Ok(applied) = stage.take_off(&off, candidate.1)? {
            off = applied.view;
            gone.push(candidate);
            rest = troubled(stage, &off, change)?;
        }
    }
    if rest >= paths.len() {
        return Ok(Vec::new());
    }
    let mut at = 0;
    while at < gone.len() {
        let mut fewer = gone.clone();
        fewer.remove(at);
        match left(stage, view, change, &fewer)? {
            Some(left) if left <= rest => gone = fewer,
            _ => at += 1,
        }
    }
    let found = gone.into_iter().map(|(story, _, touched)| {
        let places = places.iter().filter(|place| touched.contains(&place.path));
        InTheWay {
            story,
            places: places.cloned().collect(),
        }
    });
    Ok(found.collect())
}

/// In how many files a change does not fit.
fn troubled(stage: &mut Stage<'_, '_>, view: &View, change: Span) -> Result<usize, PromoteError> {
    let applied = stage.apply(view, change)?;
    let places = places(&applied);
    let paths: BTreeSet<_> = places.into_iter().map(|place| place.path).collect();
    Ok(paths.len())
}

/// The same without some stories; `None` when they cannot go.
fn left(
    stage: &mut Stage<'_, '_>,
    view: &View,
    change: Span,
    gone: &[(StoryId, Span, BTreeSet<RelPath>)],
) -> Result<Option<usize>, PromoteError> {
    let mut off = view.clone();
    for (_, other, _) in gone {
        match stage.take_off(&off, *other)? {
            Ok(applied) => off = applied.view,
            Err(_) => return Ok(None),
        }
    }
    troubled(stage, &off, change).map(Some)
}

/// Where a change does not fit, in the files that it was applied to.
pub(crate) fn places(applied: &Applied) -> Vec<Place> {
    let clashes = applied.clashes.iter().flat_map(clash_places);
    let unclear = applied.unclear.iter().map(|path| Place {
        path: path.clone(),
        line: None,
    });
    clashes.chain(unclear).collect()
}

fn clash_places(clash: &Clash) -> Vec<Place> {
    let place = |line| Place {
        path: clash.path.clone(),
        line,
    };
    match &clash.why {
        ClashKind::Lines(lines) => lines.iter().map(|lines| place(Some(lines.line))).collect(),
        _ => vec![place(None)],
    }
}
