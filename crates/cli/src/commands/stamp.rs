//! `storyline stamp ENV`, and what it shares with `unstamp`

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use storyline_stamp::{Direction, Plan, Tree, TreePatch, plan};

use crate::args::{Format, StampArgs};
use crate::failure::Failure;
use crate::json::{JsonChange, JsonDiagnostic, JsonPlan};
use crate::output::{self, count};
use crate::project::Project;
use crate::report;

pub(crate) fn run(directory: &Path, args: &StampArgs) -> Result<ExitCode, Failure> {
    take(directory, args, Direction::Stamp)
}

/// Takes the project to or from the environment's form.
pub(crate) fn take(
    directory: &Path,
    args: &StampArgs,
    direction: Direction,
) -> Result<ExitCode, Failure> {
    let project = Project::open(directory)?;
    let manifest = project.need_manifest()?;
    let environment = manifest.environment(&args.environment)?;
    let tree = project.tree()?;
    let plan = match plan(&tree, manifest, environment, direction) {
        Ok(plan) => plan,
        Err(refused) => {
            let sources = project.sources(&tree, &refused.diagnostics);
            let failure = Failure {
                sources,
                ..refused.into()
            };
            if args.format == Format::Json {
                print_json(
                    args,
                    direction,
                    false,
                    Vec::new(),
                    &failure.diagnostics,
                    &failure.sources,
                )?;
            }
            return Err(failure);
        }
    };
    let sources = project.sources(&tree, &plan.notices);
    report::diagnostics(&plan.notices, &sources);
    carry_out(&project, args, &plan.patch)?;
    match args.format {
        Format::Text => output::print(&summary(args, direction, &plan, &tree))?,
        Format::Json => {
            let changes = plan.patch.changes.iter();
            let changes = changes
                .map(|change| JsonChange::new(change, &tree))
                .collect();
            print_json(
                args,
                direction,
                !args.dry_run,
                changes,
                &plan.notices,
                &sources,
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn carry_out(project: &Project, args: &StampArgs, patch: &TreePatch) -> Result<(), Failure> {
    match (&args.into, args.dry_run) {
        (_, true) => {}
        (Some(into), false) => {
            project.folder.export(patch, into)?;
        }
        (None, false) => {
            project.folder.apply(patch)?;
        }
    }
    Ok(())
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Stamp => "stamp",
        Direction::Unstamp => "unstamp",
    }
}

fn print_json(
    args: &StampArgs,
    direction: Direction,
    done: bool,
    changes: Vec<JsonChange>,
    diagnostics: &[storyline_text::Diagnostic],
    sources: &crate::failure::Sources,
) -> Result<(), Failure> {
    let diagnostics = diagnostics.iter().map(|d| JsonDiagnostic::new(d, sources));
    output::print_json(&JsonPlan {
        command: word(direction),
        environment: args.environment.clone(),
        done,
        changes,
        diagnostics: diagnostics.collect(),
    })
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
        true => format!("would {}", word(direction)),
        false => format!("{}ed", word(direction)),
    };
    let environment = &args.environment;
    let place = match &args.into {
        Some(into) => format!(" into {}", into.display()),
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
