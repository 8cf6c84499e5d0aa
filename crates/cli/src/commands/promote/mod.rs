//! `storyline promote`: stories come to a stage, and nothing else does.
//!
//! ```text
//! admit      what the stage asks for, and whether it is so
//! train      all that is accepted on another stage
//! draft      what would land, as commits that nobody sees yet, and as a plan
//! names      whether the stage has all names that the stories use
//! preflight  whether it may: checks, the right to push
//! tell       the plan for people
//! ```

mod admit;
mod draft;
mod manifest;
mod names;
mod planned;
mod preflight;
mod refused;
mod tell;
mod train;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{FORMAT, Plan};
use storyline_text::{Diagnostic, Visible};

use self::draft::{Draft, Request, What};
use super::story::signature_now;
use crate::args::{Format, PromoteArgs};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, usage};
use crate::output::{self, short, shown};
use crate::stages::{Asked, folders_of};

/// The longest plan that is read, in bytes.
const MAX_PLAN: u64 = 64 << 20;

pub(crate) fn run(directory: &Path, args: &PromoteArgs) -> Result<ExitCode, Failure> {
    let saved = args.apply.as_deref().map(read).transpose()?;
    let canon = Canon::fetch_with(directory, &folders(args, saved.as_ref())?)?;
    let stage = match (&args.to, &saved) {
        (Some(stage), _) => stage,
        (None, Some(saved)) => &saved.stage,
        (None, None) => unreachable!("clap asks for one of both"),
    };
    if args.manifest {
        return manifest::run(&canon, stage, args);
    }
    let request = match &saved {
        Some(saved) => Request::again(saved)?,
        None => Request {
            stage: stage.clone(),
            what: match &args.from {
                Some(source) => What::AcceptedOn(source.clone()),
                None => What::Stories(asked(&args.stories)?),
            },
            made: signature_now(&canon.repository)?,
        },
    };
    let draft = Draft::new(&canon, &request)?;
    if let Some(saved) = &saved {
        refuse_stale(saved, &draft.plan)?;
    }
    if args.format == Format::Text {
        output::print(&tell::plan(&draft.plan))?;
    }
    let mut outcome = Outcome {
        plan: &draft.plan,
        done: draft.plan.landings.is_empty(),
        merge: None,
    };
    if !args.dry_run && !outcome.done {
        preflight::may_push_to(&draft.stage, &draft.plan.promotion)?;
    }
    if let Some(file) = &args.plan {
        write(file, &draft.plan)?;
        if args.format == Format::Text {
            let line = format!(
                "\nsaved; next: `storyline promote --apply {}`\n",
                shown(file)
            );
            output::print(&line)?;
        }
    } else if !args.dry_run && !outcome.done {
        outcome.merge = draft
            .stage
            .move_to(draft.tip, &draft.name()?, "storyline promote")?;
        outcome.done = true;
        if args.format == Format::Text {
            output::print(&tell::done(&draft.plan, outcome.merge.as_deref())).map_err(
                |failure| failure.help("the stories landed; only this report is missing"),
            )?;
        }
    }
    if args.format == Format::Json {
        output::print_json(&outcome)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the canonical repository has what this needs besides its branch. A train may bring any story, and asks for
/// all of them.
fn folders(args: &PromoteArgs, saved: Option<&Plan>) -> Result<Vec<String>, Failure> {
    let ids: Vec<_> = match saved {
        Some(saved) if saved.source.is_none() => {
            let landings = saved.landings.iter().map(|landing| &landing.story);
            let there = saved.there.iter().map(|there| &there.story);
            landings.chain(there).cloned().collect()
        }
        _ => args.stories.clone(),
    };
    let stories = asked(&ids)?;
    Ok(folders_of(stories.iter().map(|asked| &asked.id)))
}

/// What became of a promotion, for programs.
#[derive(Serialize)]
struct Outcome<'p> {
    plan: &'p Plan,
    /// Whether the stage has everything now, or the branch that is to be merged.
    done: bool,
    /// The branch that people merge.
    merge: Option<String>,
}

fn asked(texts: &[String]) -> Result<Vec<Asked>, Failure> {
    texts.iter().map(|text| Asked::parse(text)).collect()
}

fn read(file: &Path) -> Result<Plan, Failure> {
    let unreadable = |reason: String| {
        let title = format!("{} is no plan: {}", shown(file), Visible(reason.as_bytes()));
        let help = "`storyline promote STORY… --to STAGE --plan FILE` writes one";
        usage(Diagnostic::error("plan-unreadable", title).help(help))
    };
    let length = fs::metadata(file)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if length > MAX_PLAN {
        return Err(unreadable(format!(
            "it has {length} bytes, and no more than {MAX_PLAN} are read"
        )));
    }
    let bytes = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let plan: Plan =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    match plan.format {
        FORMAT => Ok(plan),
        other => Err(unreadable(format!(
            "its format is {other}, and this program knows {FORMAT}"
        ))),
    }
}

fn write(file: &Path, plan: &Plan) -> Result<(), Failure> {
    fs::write(file, output::json(plan)).map_err(|error| {
        let title = format!("cannot write {}: {error}", shown(file));
        usage(Diagnostic::error("plan-not-written", title).help("name another file"))
    })
}

fn refuse_stale(saved: &Plan, now: &Plan) -> Result<(), Failure> {
    let changed = saved.stale(now);
    if changed.is_empty() {
        return Ok(());
    }
    let mut diagnostic = Diagnostic::error("plan-stale", "the plan is out of date");
    for change in changed {
        diagnostic = diagnostic.help(Visible(change.as_bytes()).to_string());
    }
    let again = format!("plan again: `{}`", command(saved));
    let diagnostic = diagnostic.help(Visible(again.as_bytes()).to_string());
    Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
}

/// What makes such a plan.
fn command(saved: &Plan) -> String {
    let asked = match &saved.source {
        Some(source) => format!("--accepted --from {source}"),
        None => {
            let landings = saved.landings.iter();
            let landings = landings.map(|landing| match landing.newest {
                true => landing.story.clone(),
                false => format!("{}@{}", landing.story, short(&landing.revision)),
            });
            let there = saved.there.iter().map(|there| there.story.clone());
            let stories: Vec<_> = landings.chain(there).collect();
            match stories.is_empty() {
                true => "STORY…".into(),
                false => stories.join(" "),
            }
        }
    };
    format!("storyline promote {asked} --to {} --plan FILE", saved.stage)
}
