//! Why a story does not come to a stage, for people.

use std::collections::BTreeMap;

use storyline_diff::names::{Lacking, added};
use storyline_promote::{
    InTheWay, Land, Landed, OnStage, Refusal, Refused, Stage, Start, Step, Trouble, in_the_way,
    lacking,
};
use storyline_repo::merge::{Clash, ClashKind};
use storyline_repo::story::StoryId;
use storyline_repo::{ObjectId, Objects};
use storyline_text::{Diagnostic, Label, LineIndex, Span, Visible};

use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::output::count;
use crate::stages::{fetch_all_stories, landed, need_objects};

/// Places that are shown with their text.
const MAX_SHOWN: usize = 10;

/// The failure of a story that does not come.
pub(super) fn failure(
    canon: &Canon,
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    refused: &Refused,
) -> Result<Failure, Failure> {
    let story = &refused.wanted.revision.story;
    let name = stage.name().to_owned();
    Ok(match &refused.refusal {
        Refusal::ManifestOnly => {
            let title = format!("story {story} changes nothing but the manifest");
            let diagnostic = Diagnostic::error("story-manifest-only", title).help(format!(
                "once canonical has it: `storyline promote --manifest --to {name}`"
            ));
            usage(diagnostic)
        }
        Refusal::Unstampable(reasons) => {
            let title = format!("with story {story} the files cannot be stamped for {name}");
            let first = Diagnostic::error("unstampable", title)
                .help("mend it in the story, or in the manifest");
            let mut failure = conflicting(first);
            failure.diagnostics.extend(reasons.iter().cloned());
            failure.sources = excerpts(stage, start, refused, reasons)?;
            failure
        }
        Refusal::DependencyMissing { on, revision } => {
            let title = format!(
                "story {story} is built on {on}, revision {}, which is not on {name}",
                revision.short()
            );
            let diagnostic = Diagnostic::error("dependency-missing", title).help(format!(
                "bring both: `storyline promote {on} {story} --to {name}`"
            ));
            conflicting(diagnostic)
        }
        Refusal::Conflict(trouble) => Conflict {
            canon,
            start,
            refused,
            trouble,
        }
        .failure(stage)?,
    })
}

/// The files that errors point into, as they would be with the story.
fn excerpts(
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    refused: &Refused,
    reasons: &[Diagnostic],
) -> Result<Sources, Failure> {
    let revision = &refused.wanted.revision;
    let land = Land {
        revision: revision.clone(),
        replaces: start
            .on
            .get(&revision.story)
            .map(|old| old.revision.clone()),
    };
    let mut sources = Sources::new();
    let Ok(applied) = stage.put_on(&refused.view, &land)? else {
        return Ok(sources);
    };
    for label in reasons.iter().flat_map(|reason| &reason.labels) {
        if let Some(leaf) = stage.workspace.leaf(applied.view.tree, &label.file)? {
            sources.insert(label.file.clone(), stage.workspace.read(leaf.id)?);
        }
    }
    Ok(sources)
}

fn conflicting(diagnostic: Diagnostic) -> Failure {
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}

/// The failure of a story that uses names that the stage does not have.
pub(super) fn lacks(
    canon: &Canon,
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    (step, candidate): (&Step, ObjectId),
    lacks: &[Lacking],
) -> Result<Failure, Failure> {
    let story = &step.wanted.revision.story;
    let mut sources = Sources::new();
    let mut names = Vec::new();
    let mut diagnostic = Diagnostic::error("name-missing", "");
    for lacks in lacks {
        let name = lacks.name.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for lacks in lacks.iter().take(MAX_SHOWN) {
        let leaf = stage.workspace.leaf(candidate, &lacks.path)?;
        let bytes = leaf
            .map(|leaf| stage.workspace.read(leaf.id))
            .transpose()?
            .unwrap_or_default();
        let label = match line(&bytes, lacks.line as usize) {
            Some(span) => Label::at(&lacks.path, span, format!("in `{}`", lacks.what)),
            None => Label::path(&lacks.path, format!("in `{}`", lacks.what)),
        };
        diagnostic = diagnostic.label(label);
        sources.insert(lacks.path.clone(), bytes);
    }
    let providers = providers(canon, stage, start, story, lacks)?;
    let brings = match providers.as_slice() {
        [] => "no story brings it".to_owned(),
        ids => format!(
            "{} {} it",
            listed(ids),
            if ids.len() == 1 { "brings" } else { "bring" }
        ),
    };
    let name = stage.name();
    diagnostic.title = format!(
        "story {story} uses what {name} does not have: {}; {brings}",
        Visible(names[..names.len().min(MAX_SHOWN)].join(", ").as_bytes())
    );
    diagnostic = match providers.as_slice() {
        [] => diagnostic.help(
            "it came to canonical without a story: promote it as one, or take it into this one",
        ),
        ids => diagnostic.help(format!(
            "bring both: `storyline promote {} {story} --to {name}`",
            spaced(ids)
        )),
    };
    Ok(Failure {
        sources,
        ..conflicting(diagnostic)
    })
}

/// The stories that are not on the stage and add what is lacking.
fn providers(
    canon: &Canon,
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    story: &StoryId,
    lacking: &[Lacking],
) -> Result<Vec<StoryId>, Failure> {
    let mut found = Vec::new();
    for other in elsewhere(canon, stage.workspace.objects(), start, story)? {
        // A story whose objects are gone is the answer to nothing.
        let Ok(files) = stage.files_of(other.change) else {
            continue;
        };
        let provides = files.changes().iter().any(|change| {
            let provided = added(change).provided;
            provided
                .iter()
                .any(|added| lacking.iter().any(|lacks| lacks.is_met_by(&added.name)))
        });
        if provides {
            found.push(other.story);
        }
    }
    Ok(found)
}

/// The newest revisions of stories that are not on the stage, nor `story`.
fn elsewhere(
    canon: &Canon,
    objects: &Objects,
    start: &Start<'_>,
    story: &StoryId,
) -> Result<Vec<Landed>, Failure> {
    let stories = fetch_all_stories(canon)?;
    let others = stories
        .values()
        .filter(|other| other.id != *story && !start.on.contains_key(&other.id));
    let revisions = others
        .filter(|other| other.withdrawn().is_none())
        .filter_map(|other| other.revision());
    let revisions = revisions.filter_map(|revision| landed(revision).ok());
    Ok(revisions
        .filter(|landed| need_objects(objects, landed).is_ok())
        .collect())
}

/// A story whose change does not fit.
struct Conflict<'a> {
    canon: &'a Canon,
    start: &'a Start<'a>,
    refused: &'a Refused,
    trouble: &'a Trouble,
}

impl Conflict<'_> {
    fn failure(&self, stage: &mut Stage<'_, '_>) -> Result<Failure, Failure> {
        let Self {
            refused, trouble, ..
        } = self;
        let story = &refused.wanted.revision.story;
        let name = stage.name().to_owned();
        let places = trouble.clashes.len() + trouble.unclear.len();
        let files = count(places, "file");
        let title = match trouble.off {
            true => {
                format!("the older revision of story {story} does not come off {name}: {files}")
            }
            false => format!("story {story} does not fit onto {name}: {files}"),
        };
        let mut diagnostic = Diagnostic::error("landing-conflict", title);
        let mut sources = Sources::new();
        for clash in trouble.clashes.iter().take(MAX_SHOWN) {
            let leaf = stage.workspace.leaf(refused.view.tree, &clash.path)?;
            let bytes = leaf.map(|leaf| stage.workspace.read(leaf.id)).transpose()?;
            diagnostic = diagnostic.label(label(clash, bytes.as_deref()));
            diagnostic.help.extend(theirs(clash));
            sources.extend(bytes.map(|bytes| (clash.path.clone(), bytes)));
        }
        for path in trouble.unclear.iter().take(MAX_SHOWN) {
            let text = "on the stage it holds names that do not belong there";
            diagnostic = diagnostic.label(Label::path(path, text));
        }
        if places > MAX_SHOWN {
            diagnostic = diagnostic.help(format!("{} more are not shown", places - MAX_SHOWN));
        }
        let diagnostic = self.responsible(stage, diagnostic)?;
        Ok(Failure {
            sources,
            ..conflicting(diagnostic)
        })
    }

    /// Says which stories are in the way, and which are missing.
    fn responsible(
        &self,
        stage: &mut Stage<'_, '_>,
        mut diagnostic: Diagnostic,
    ) -> Result<Diagnostic, Failure> {
        let Self {
            canon,
            start,
            refused,
            trouble,
        } = self;
        let story = &refused.wanted.revision.story;
        let change = if trouble.off {
            trouble.change.reversed()
        } else {
            trouble.change
        };
        let on = self.on();
        // What a message names may not even exist.
        let objects = stage.workspace.objects();
        let is_other = |on: &&OnStage| {
            on.revision.story != *story && need_objects(objects, &on.revision).is_ok()
        };
        let on: Vec<_> = on.values().filter(is_other).collect();
        let name = stage.name().to_owned();
        let there = ids(in_the_way(stage, &refused.view, change, &on)?);
        if !there.is_empty() {
            let way = match trouble.off {
                // Whatever is handed in, the older revision stays under what was built on it.
                true => format!(
                    "`storyline back-out {story} --from {name} --with-dependents` takes all of them off; then promote \
                     {story} as it is now, and hand in the others anew"
                ),
                false => format!("take its change into {story}, and submit it again"),
            };
            let be = if there.len() == 1 { "is" } else { "are" };
            let there = listed(&there);
            let help = format!("in the way {be} {there}, which {be} on {name}: {way}");
            diagnostic = diagnostic.help(help);
        }
        if trouble.off {
            return Ok(diagnostic);
        }
        let others = elsewhere(canon, stage.workspace.objects(), start, story)?;
        let missing = ids(lacking(stage, &refused.view, change, &others)?);
        if !missing.is_empty() {
            diagnostic = diagnostic.help(format!(
                "it stands on {}, which is not on {name}: `storyline promote {} {story} --to {name}`",
                listed(&missing),
                spaced(&missing)
            ));
        }
        Ok(diagnostic)
    }

    /// What is on the stage, with what was to come before.
    fn on(&self) -> BTreeMap<StoryId, OnStage> {
        let mut on = self.start.on.clone();
        let entries = on.values().map(|on| on.entry + 1).max().unwrap_or(0);
        for (at, revision) in self.refused.before.iter().enumerate() {
            let came = OnStage {
                revision: revision.clone(),
                commit: self.start.tip,
                when: 0,
                entry: entries + at,
                depends: Vec::new(),
            };
            on.insert(revision.story.clone(), came);
        }
        on
    }
}

fn ids(found: Vec<InTheWay>) -> Vec<StoryId> {
    found.into_iter().map(|found| found.story).collect()
}

fn listed(ids: &[StoryId]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| id.as_str()).collect();
    match ids.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn spaced(ids: &[StoryId]) -> String {
    ids.iter()
        .map(|id| id.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A line of a file, counted from 1, without what is blank around it.
fn line(bytes: &[u8], line: usize) -> Option<Span> {
    let index = LineIndex::new(bytes);
    let start = index.line_start(u32::try_from(line).ok()?)? as usize;
    let rest = bytes.get(start..)?;
    let text = rest.split(|byte| *byte == b'\n').next()?;
    let indent = text.len() - text.trim_ascii_start().len();
    Some(Span::at(
        start + indent..start + indent + text.trim_ascii().len(),
    ))
}

/// Where a clash is, in the stage's file in canonical form.
fn label(clash: &Clash, bytes: Option<&[u8]>) -> Label {
    let path = &clash.path;
    let what = match &clash.why {
        ClashKind::Lines(lines) => {
            let first = lines.first().zip(bytes);
            if let Some(span) = first.and_then(|(first, bytes)| line(bytes, first.line)) {
                return Label::at(path, span, "both changed these lines");
            }
            "both changed the same lines"
        }
        ClashKind::Bytes => "both changed it, and it is no text",
        ClashKind::AddedTwice => "both added it",
        ClashKind::Gone => "the story changes or moves it, and the stage does not have it",
        ClashKind::Changed => "the story removes it, and the stage has another one",
        ClashKind::Kinds => "it is a file on one side and something else on the other",
        ClashKind::InTheWay => "a file is where a folder is to be",
        ClashKind::Moved { from, to: Some(to) } => {
            return Label::path(
                path,
                format!("the stage moved {from} here, and the story to {to}"),
            );
        }
        ClashKind::Moved { from, to: None } => {
            let what =
                format!("the stage moved {from} here and changed it, and the story removes it");
            return Label::path(path, what);
        }
        ClashKind::FolderMoved { to: Some(to) } => {
            let what = format!("what stood beside it was moved: it may belong to {to}");
            return Label::path(path, what);
        }
        ClashKind::FolderMoved { to: None } => {
            "what stood beside it was moved to several places: it may belong to any"
        }
    };
    Label::path(path, what)
}

/// What the story has at a place.
fn theirs(clash: &Clash) -> Option<String> {
    let ClashKind::Lines(lines) = &clash.why else {
        return None;
    };
    let first = lines.first()?;
    let text = first
        .theirs
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let path = Visible(clash.path.as_bytes());
    Some(match first.theirs.is_empty() {
        true => format!("in {path} the story takes these lines out"),
        false => format!("in {path} the story has `{}`", Visible(text.trim_ascii())),
    })
}
