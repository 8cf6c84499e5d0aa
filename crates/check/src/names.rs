//! Names that do not belong, by what the manifest says.

use std::collections::BTreeSet;

use storyline_manifest::{Kind, Manifest};
use storyline_stamp::{Direction, Tree, objections};
use storyline_text::{Diagnostic, Label, RelPath};

use crate::Project;
use crate::finding::Finding;

/// In canonical form, whatever stands in the way of any environment's stamp; in an environment's
/// form, whatever is not that environment's.
pub(crate) fn check(
    project: &Project<'_>,
    manifest: &Manifest,
    labelled: &BTreeSet<RelPath>,
    out: &mut Vec<Finding>,
) {
    // What the files say for themselves is told already.
    let mut add = |diagnostics: Vec<Diagnostic>| {
        let new = diagnostics.into_iter().filter(|told| {
            let syntax = ["lookml-", "yaml-"];
            !syntax.iter().any(|prefix| told.id.starts_with(prefix))
        });
        out.extend(new.map(Finding::new));
    };
    match project.environment {
        Some(environment) => {
            add(objections(
                project.tree,
                manifest,
                environment,
                Direction::Unstamp,
            ));
        }
        None => {
            for environment in manifest.environments() {
                add(objections(
                    project.tree,
                    manifest,
                    environment,
                    Direction::Stamp,
                ));
            }
        }
    }
    out.extend(project.tree.warnings().into_iter().map(Finding::new));
    labels(project.tree, manifest, labelled, out);
}

/// Models without a label in a project whose environments tell their copies apart by labels.
fn labels(tree: &Tree, manifest: &Manifest, labelled: &BTreeSet<RelPath>, out: &mut Vec<Finding>) {
    let mut environments = manifest.environments();
    let Some(environment) = environments.find(|e| e.names().maps(&Kind::Label)) else {
        return;
    };
    for (path, _, name) in tree.models().filter(|(path, ..)| !labelled.contains(path)) {
        let environment = &environment.name;
        let title = "this model has no label, so its copies look alike in the Explore menu";
        let told = Diagnostic::warning("label-missing", title)
            .label(Label::path(path, ""))
            .help(format!(
                "add a line such as `label: \"{name}\"`, which `{environment}` then changes"
            ));
        out.push(Finding::new(told));
    }
}
