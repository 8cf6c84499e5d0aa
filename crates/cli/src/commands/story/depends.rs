//! `storyline story depends`: which stories stand on which, and why.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Dependence, Landed, Place, Reason, Stage, dependents, names_used, needs};
use storyline_repo::Memo;
use storyline_repo::projection::Workspace;
use storyline_repo::story::{Revision, StoryId};

use super::{Stories, story_id, visible};
use crate::args::{DependsArgs, Format};
use crate::canon::Canon;
use crate::failure::Failure;
use crate::history::{self, Broken, Past};
use crate::output;
use crate::stages::landed;

/// Places that are shown of one story for each reason.
const MAX_SHOWN: usize = 20;

pub(super) fn run(directory: &Path, args: &DependsArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.id)?;
    let found = match &args.on {
        Some(stage) => on_stage(directory, &id, stage)?,
        None => handed_in(directory, &id)?,
    };
    let told = Told {
        story: id.to_string(),
        on: args.on.as_deref(),
        needs: found.needs.iter().map(Told::one).collect(),
        dependents: found.dependents.iter().map(Told::one).collect(),
    };
    match args.format {
        Format::Text => output::print(&told.text())?,
        Format::Json => output::print_json(&told)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a story stands on, and what stands on it.
struct Found {
    needs: Vec<Dependence>,
    dependents: Vec<Dependence>,
}

/// As the stage is now.
fn on_stage(directory: &Path, id: &StoryId, stage: &str) -> Result<Found, Failure> {
    let canon = Canon::fetch(directory)?;
    let objects = canon.repository.objects()?;
    let mut past = Past::fetch(&canon, &objects, stage, Broken::Stops)?;
    let on = past.history.on_stage();
    let tip = past.history.ledger().entries.len().checked_sub(1);
    let Some(tip) = tip.filter(|_| on.contains_key(id)) else {
        return Err(history::not_there(&on, id.as_str(), stage));
    };
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut stage = past.stage(&mut workspace);
    let view = past.history.view(&mut stage, tip)?;
    let found = Found {
        needs: needs(&mut stage, &view, &on, id)?,
        dependents: dependents(&mut stage, &view, &on, id)?,
    };
    workspace.finish();
    Ok(found)
}

/// By what was handed in last of all stories that have not landed on canonical.
fn handed_in(directory: &Path, id: &StoryId) -> Result<Found, Failure> {
    let stories = Stories::fetch(directory, Some(id))?;
    stories.need(id)?;
    let objects = stories.canon.repository.objects()?;
    let mut workspace = Workspace::new(&objects, Memo::open(&stories.canon.repository));
    let mut stage = Stage::new(&mut workspace, "");
    let mut found = Found {
        needs: Vec::new(),
        dependents: Vec::new(),
    };
    let Some(own) = stories.story(id).revision().cloned() else {
        return Ok(found);
    };
    let mut landings = stories.landings();
    for other in stories.stories.values().filter(|other| other.id != *id) {
        let Some(revision) = other.revision().filter(|_| other.withdrawn().is_none()) else {
            continue;
        };
        if landings.find(revision)?.is_some() {
            continue;
        }
        found.needs.extend(stands(&mut stage, &own, revision)?);
        found.dependents.extend(stands(&mut stage, revision, &own)?);
    }
    Ok(found)
}

fn stands(
    stage: &mut Stage<'_, '_>,
    user: &Revision,
    on: &Revision,
) -> Result<Option<Dependence>, Failure> {
    let mut reasons = Vec::new();
    if user.depends.contains_key(&on.story) {
        reasons.push(Reason::Declared);
    }
    if let (Ok(Landed { change, .. }), Ok(of)) = (landed(user), landed(on)) {
        let names = names_used(stage, change, of.change)?;
        if !names.is_empty() {
            reasons.push(Reason::Names(names));
        }
    }
    Ok((!reasons.is_empty()).then(|| Dependence {
        story: user.story.clone(),
        on: on.story.clone(),
        reasons,
    }))
}

/// Why a story stands on another, a sentence each.
pub(crate) fn reasons(dependence: &Dependence, most: usize) -> Vec<String> {
    let Dependence { story, on, reasons } = dependence;
    let mut told = Vec::new();
    for reason in reasons {
        match reason {
            Reason::Declared => told.push(format!("{story} says that it is built on {on}")),
            Reason::Text(places) => {
                let places: Vec<_> = places.iter().take(most).map(place).collect();
                told.push(format!(
                    "{story} changed what {on} changed: {}",
                    places.join(", ")
                ));
            }
            Reason::Names(names) => told.extend(names.iter().take(most).map(|because| {
                format!(
                    "{story} uses {} of {on}: {}:{}, from {}:{}",
                    because.name,
                    because.used_at.path,
                    because.used_at.line,
                    because.provided_at.path,
                    because.provided_at.line,
                )
            })),
        }
    }
    told
}

fn place(place: &Place) -> String {
    match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path.to_string(),
    }
}

/// The same for programs.
#[derive(Serialize)]
struct Told<'a> {
    story: String,
    /// The stage that was looked at; `null` for what was handed in last.
    on: Option<&'a str>,
    /// Stories that it stands on.
    needs: Vec<One>,
    /// Stories that stand on it.
    dependents: Vec<One>,
}

#[derive(Serialize)]
struct One {
    story: String,
    on: String,
    reasons: Vec<Why>,
}

#[derive(Serialize)]
struct Why {
    /// `declared`, `text` or `name`.
    kind: &'static str,
    /// The same for people.
    reason: String,
}

impl Told<'_> {
    fn one(dependence: &Dependence) -> One {
        let mut whys = Vec::new();
        for reason in &dependence.reasons {
            let kind = match reason {
                Reason::Declared => "declared",
                Reason::Text(_) => "text",
                Reason::Names(_) => "name",
            };
            let alone = Dependence {
                reasons: vec![reason.clone()],
                ..dependence.clone()
            };
            let told = reasons(&alone, usize::MAX).into_iter();
            whys.extend(told.map(|reason| Why { kind, reason }));
        }
        One {
            story: dependence.story.to_string(),
            on: dependence.on.to_string(),
            reasons: whys,
        }
    }

    fn text(&self) -> String {
        let story = &self.story;
        let at = match self.on {
            Some(stage) => format!(" on {}", visible(stage)),
            None => String::new(),
        };
        let mut text = String::new();
        for (found, none) in [
            (&self.needs, format!("{story} stands on no other story{at}")),
            (
                &self.dependents,
                format!("no other story{at} stands on {story}"),
            ),
        ] {
            if found.is_empty() {
                let _ = writeln!(text, "{none}");
            }
            let whys = found.iter().flat_map(|one| &one.reasons);
            for why in whys.take(MAX_SHOWN) {
                let _ = writeln!(text, "{}", why.reason);
            }
        }
        text
    }
}
