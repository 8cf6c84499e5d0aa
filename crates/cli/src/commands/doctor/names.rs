//! The manifest, and whether each environment's names work on the project.

use storyline_manifest::{Environment, Manifest};
use storyline_repo::Repository;
use storyline_stamp::{Direction, Scope, Tree, plan};

use super::Report;
use crate::failure::Failure;
use crate::output::count;
use crate::project::{MANIFEST, OWN_ENVIRONMENT, Project};

pub(super) fn look(
    project: &Project,
    git: Option<&Repository>,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some(manifest) = project.manifest() else {
        report.warning(
            format!("there is no `{MANIFEST}`"),
            "`storyline init` proposes one, or says that none is needed",
        );
        return Ok(());
    };
    let names: Vec<_> = manifest.environments().map(|e| e.name.as_str()).collect();
    if names.is_empty() {
        report.warning(
            "the manifest can be read, but declares no environment",
            "add one to `storyline.toml`, such as `[environment.dev1]`",
        );
        return Ok(());
    }
    report.ok(format!(
        "the manifest can be read: {} ({})",
        count(names.len(), "environment"),
        names.join(", ")
    ));
    let tree = project.tree(&Scope::all(Some(manifest)))?;
    let own = git.and_then(|git| git.setting(OWN_ENVIRONMENT).ok().flatten());
    match own
        .as_deref()
        .map(|name| (name, manifest.environment(name)))
    {
        None => {
            for environment in manifest.environments() {
                attempt(&tree, manifest, environment, Direction::Stamp, report);
            }
        }
        Some((_, Ok(environment))) => {
            attempt(&tree, manifest, environment, Direction::Unstamp, report);
        }
        Some((name, Err(_))) => report.problem(
            format!("this clone is set to environment `{name}`, which the manifest does not have"),
            format!("`git config {OWN_ENVIRONMENT} NAME`, or `git config --unset {OWN_ENVIRONMENT}` for canonical form"),
        ),
    }
    Ok(())
}

/// Plans a stamp, and writes nothing.
fn attempt(
    tree: &Tree,
    manifest: &Manifest,
    environment: &Environment,
    direction: Direction,
    report: &mut Report,
) {
    let name = &environment.name;
    match plan(tree, manifest, environment, direction) {
        Ok(plan) => report.ok(format!(
            "{direction} {name} works: {} would change",
            count(plan.patch.changes.len(), "file")
        )),
        Err(refused) => {
            let first = &refused.diagnostics[0];
            let place = first.labels.first();
            let place = place.map(|label| format!(" ({})", label.file));
            let all = format!("`storyline {direction} {name} --dry-run` shows everything");
            let mend = match (refused.diagnostics.len(), first.help.first()) {
                (1, Some(help)) => help.clone(),
                _ => all,
            };
            report.problem(
                format!(
                    "{direction} {name} is refused for {}: {}{}",
                    count(refused.diagnostics.len(), "reason"),
                    first.title,
                    place.unwrap_or_default()
                ),
                mend,
            );
        }
    }
}
