//! Whether a promotion may happen, asked before anything is written that others see.

use std::collections::BTreeSet;

use storyline_check as check;
use storyline_repo::{ObjectId, Push, Snapshot};
use storyline_stamp::{Scope, Tree};
use storyline_text::{Diagnostic, RelPath, Severity};

use super::draft::Draft;
use crate::canon;
use crate::failure::{Failure, FailureKind};
use crate::stages::StageNow;

/// Refuses a candidate in which `storyline check` finds errors that the stage does not have already.
pub(super) fn check(draft: &Draft<'_>) -> Result<(), Failure> {
    if draft.tip == draft.stage.tip {
        return Ok(());
    }
    let mut report = findings(draft, draft.tip)?;
    report
        .findings
        .retain(|finding| finding.diagnostic.severity == Severity::Error);
    if report.findings.is_empty() {
        return Ok(());
    }
    let known: BTreeSet<_> = findings(draft, draft.stage.tip)?
        .findings
        .iter()
        .map(about)
        .collect();
    report
        .findings
        .retain(|finding| !known.contains(&about(finding)));
    if report.findings.is_empty() {
        return Ok(());
    }
    let stories: Vec<_> = draft
        .plan
        .landings
        .iter()
        .map(|landing| landing.story.as_str())
        .collect();
    let title = format!(
        "with {} the files of {} would not be in order",
        stories.join(", "),
        draft.plan.stage
    );
    let first = Diagnostic::error("candidate-check-failed", title)
        .help("mend the story, `storyline story submit` it, and promote it then");
    let found = report
        .findings
        .into_iter()
        .map(|finding| finding.diagnostic);
    Err(Failure {
        kind: FailureKind::Findings,
        diagnostics: std::iter::once(first).chain(found).collect(),
        sources: report.sources,
        unchanged: true,
    })
}

fn findings(draft: &Draft<'_>, commit: ObjectId) -> Result<check::Report, Failure> {
    let canon = draft.stage.canon;
    let snapshot = Snapshot::of(&canon.repository, commit)?;
    let found = canon::manifest_in(&snapshot)?;
    let manifest = found.as_ref().map(|(manifest, _)| manifest);
    let tree = Tree::read(&snapshot, &Scope::all(manifest))?;
    let environment = manifest
        .map(|manifest| manifest.environment(&draft.plan.stage))
        .transpose()?;
    Ok(check::check(&check::Project {
        files: &snapshot,
        tree: &tree,
        manifest,
        environment,
    })?)
}

/// What tells findings of two trees apart: where they are may have moved within a file.
fn about(finding: &check::Finding) -> (&'static str, String, Option<RelPath>) {
    let diagnostic = &finding.diagnostic;
    let file = diagnostic.labels.first().map(|label| label.file.clone());
    (diagnostic.id, diagnostic.title.clone(), file)
}

/// Asks the stage's repository whether one may push there, by a ref that is there for a moment.
pub(super) fn may_push_to(stage: &StageNow<'_>, name: &str) -> Result<(), Failure> {
    let canon = stage.canon;
    let probe = canon::name(&format!("refs/storyline/probe/{name}"))?;
    let url = &stage.url;
    let there = canon.git.list(&canon.repository, url, &[probe.as_str()])?;
    let make = Push {
        destination: probe.clone(),
        expected: there.get(&probe).copied(),
        new: Some(stage.tip),
        forward_only: false,
    };
    let remove = Push {
        destination: probe,
        expected: make.new,
        new: None,
        forward_only: false,
    };
    for push in [make, remove] {
        let pushed = canon.git.push(&canon.repository, url, &[push]);
        pushed.map_err(|error| {
            let name = &stage.environment.name;
            Failure::from(error).help(&format!(
                "nothing of {name} was changed: this only asked whether you may"
            ))
        })?;
    }
    Ok(())
}
