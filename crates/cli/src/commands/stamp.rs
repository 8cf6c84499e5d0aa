//! `storyline stamp ENV`, and what it shares with `unstamp`

mod history;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use storyline_stamp::{Direction, Plan, Scope, Tree, plan};

use crate::args::{Format, StampArgs};
use crate::failure::Failure;
use crate::json::{self, JsonChange, JsonPlan};
use crate::output::{self, count, shown};
use crate::project::Project;
use crate::report;

pub(crate) fn run(directory: &Path, args: &StampArgs) -> Result<ExitCode, Failure> {
    take(Path::new(""), directory, args, Direction::Stamp)
}

/// Takes the project in `directory` to or from the environment's form. Both it and `--into` are seen
/// from `base`.
pub(crate) fn take(
    base: &Path,
    directory: &Path,
    args: &StampArgs,
    direction: Direction,
) -> Result<ExitCode, Failure> {
    if let Some(revision) = &args.rev {
        return history::take(&base.join(directory), args, revision, direction);
    }
    let project = Project::open(&base.join(directory))?;
    let manifest = project.need_manifest()?;
    let environment = manifest.environment(&args.environment)?;
    let tree = project.tree(&Scope::of(manifest, environment))?;
    let plan = plan(&tree, manifest, environment, direction).map_err(|refused| Failure {
        sources: project.sources(&tree, &refused.diagnostics),
        ..refused.into()
    })?;
    let sources = project.sources(&tree, &plan.notices);
    report::diagnostics(&plan.notices, &sources);
    match (&args.into, args.dry_run) {
        (_, true) => {}
        (Some(into), false) => {
            project.folder.export(&plan.patch, &base.join(into))?;
        }
        (None, false) => {
            project.folder.apply(&plan.patch)?;
        }
    }
    let printed = match args.format {
        Format::Text => output::print(&summary(args, direction, &plan, &tree)),
        Format::Json => {
            let changes = plan.patch.changes.iter();
            output::print_json(&JsonPlan {
                command: direction.to_string(),
                environment: args.environment.clone(),
                done: !args.dry_run,
                changes: changes.map(|c| JsonChange::new(c, &tree)).collect(),
                diagnostics: json::diagnostics(&plan.notices, &sources),
            })
        }
    };
    match args.dry_run {
        true => printed?,
        false => printed.map_err(|failure| {
            failure.help("all files are written; only this report is missing")
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(args: &StampArgs, direction: Direction, plan: &Plan, tree: &Tree) -> String {
    let changes = &plan.patch.changes;
    let names: usize = changes
        .iter()
        .map(|change| change.patch.edits().len())
        .sum();
    let renamed = changes
        .iter()
        .filter(|change| change.from != change.to)
        .count();
    let mut out = String::new();
    // Writing to a string cannot fail.
    if args.dry_run {
        for change in changes {
            let names = count(change.patch.edits().len(), "name");
            let _ = match change.from == change.to {
                true => writeln!(out, "~ {}: {names}", change.from),
                false => writeln!(out, "> {} -> {}: {names}", change.from, change.to),
            };
        }
    }
    let did = match args.dry_run {
        true => format!("would {direction}"),
        false => format!("{direction}ed"),
    };
    let environment = &args.environment;
    let place = match &args.into {
        Some(into) => format!(" into {}", shown(into)),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "{did} {environment}{place}: {} in {}, {} renamed, {} unchanged",
        count(names, "name"),
        count(changes.len(), "file"),
        renamed,
        tree.entries().len() - changes.len(),
    );
    out
}
