//! Whether a promotion may happen, asked before anything is written that others see.

use std::borrow::Cow;
use std::collections::BTreeSet;

use storyline_check as check;
use storyline_manifest::is_manifest_file;
use storyline_repo::projection::Workspace;
use storyline_repo::{Memo, ObjectId, Objects, Push, RefName, Snapshot};
use storyline_stamp::{Entry, FileSet, ReadError, Scope, Tree};
use storyline_text::{Diagnostic, RelPath, Severity};

use super::draft::Draft;
use crate::canon;
use crate::failure::{Failure, FailureKind};
use crate::stages::StageNow;

/// Files that say what is a project's own, wherever they are.
const OWN: [&str; 4] = [
    "manifest.lkml",
    "manifest.lookml",
    "dbt_project.yml",
    "dbt_project.yaml",
];

/// Refuses a candidate in which `storyline check` finds errors that the stage does not have already. Only the
/// files that change are read, and those that say what is the project's own: that names belong on the stage is
/// proved for all of them when it is stamped. Where files go, all are read, since they may be included.
pub(super) fn check(draft: &Draft<'_>, objects: &Objects) -> Result<(), Failure> {
    let mut workspace = Workspace::new(objects, Memo::default());
    let trees = [draft.stage.tip, draft.tip].map(|commit| objects.tree_of(commit));
    let [before, after] = trees;
    let differences = workspace.differences(Some(before?), Some(after?))?;
    if differences.is_empty() {
        return Ok(());
    }
    let goes = differences.values().any(|[_, after]| after.is_none());
    let changed: BTreeSet<_> = differences.into_keys().collect();
    let only = (!goes).then_some(&changed);
    let mut report = findings(draft, draft.tip, only)?;
    if report.findings.is_empty() {
        return Ok(());
    }
    let known = findings(draft, draft.stage.tip, only)?;
    let known: BTreeSet<_> = known.findings.iter().map(about).collect();
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

/// The errors in a commit's files; in those files alone, if they are given.
fn findings(
    draft: &Draft<'_>,
    commit: ObjectId,
    only: Option<&BTreeSet<RelPath>>,
) -> Result<check::Report, Failure> {
    let canon = draft.stage.canon;
    let snapshot = Snapshot::of(&canon.repository, commit)?;
    let found = canon::manifest_in(&snapshot)?;
    let manifest = found.as_ref().map(|(manifest, _)| manifest);
    let files = Partly { snapshot, only };
    let tree = Tree::read(&files, &Scope::all(manifest))?;
    let environment = manifest
        .map(|manifest| manifest.environment(&draft.plan.stage))
        .transpose()?;
    let mut report = check::check(&check::Project {
        files: &files,
        tree: &tree,
        manifest,
        environment,
    })?;
    report.findings.retain(|finding| {
        let place = finding.diagnostic.labels.first();
        finding.diagnostic.severity == Severity::Error
            && place.is_none_or(|place| files.reads(&place.file))
    });
    Ok(report)
}

/// A commit's files, of which most are as if nothing stood in them.
struct Partly<'a> {
    snapshot: Snapshot,
    /// The files that are read; all of them, if not given.
    only: Option<&'a BTreeSet<RelPath>>,
}

impl Partly<'_> {
    fn reads(&self, path: &RelPath) -> bool {
        let is_own = |name: &&str| path.file_name() == name.as_bytes();
        self.only.is_none_or(|only| only.contains(path)) || OWN.iter().any(is_own)
    }
}

impl FileSet for Partly<'_> {
    fn entries(&self) -> &[Entry] {
        self.snapshot.entries()
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        match self.reads(path) || is_manifest_file(path) {
            true => self.snapshot.read(path),
            false => Ok(Cow::Borrowed(b"")),
        }
    }
}

/// What tells findings of two trees apart: where they are may have moved within a file.
fn about(finding: &check::Finding) -> (&'static str, String, Option<RelPath>) {
    let diagnostic = &finding.diagnostic;
    let file = diagnostic.labels.first().map(|label| label.file.clone());
    (diagnostic.id, diagnostic.title.clone(), file)
}

/// Refs of killed commands that are taken away at once.
const MAX_LEFT: usize = 100;

/// Asks the stage's repository whether one may push there, by a ref that is there for a moment. Those that a
/// killed command left are taken away with it.
pub(super) fn may_push_to(stage: &StageNow<'_>, name: &str) -> Result<(), Failure> {
    let canon = stage.canon;
    let probes = format!("refs/storyline/probe/{}/", stage.environment.name);
    let probe = canon::name(&format!("{probes}{name}"))?;
    let url = &stage.url;
    let there = stage.refs(&[&probes])?;
    let make = Push {
        destination: probe.clone(),
        expected: there.get(&probe).copied(),
        new: Some(stage.tip),
        forward_only: false,
    };
    // One of somebody's who is at work stands where the stage does.
    let left = there
        .into_iter()
        .filter(|(name, at)| *name != probe && *at != stage.tip);
    let gone = |(destination, at): (RefName, ObjectId)| Push {
        destination,
        expected: Some(at),
        new: None,
        forward_only: false,
    };
    let left: Vec<_> = left.take(MAX_LEFT).map(gone).collect();
    for push in [make, gone((probe, stage.tip))] {
        let pushed = canon.git.push(&canon.repository, url, &[push]);
        pushed.map_err(|error| {
            let name = &stage.environment.name;
            Failure::from(error).help(&format!(
                "nothing of {name} was changed: this only asked whether you may push there, by a ref below \
                 `refs/storyline/`, where you need the right as well"
            ))
        })?;
    }
    // Somebody else may be at it; one that stays harms nobody.
    let _ = canon.git.push(&canon.repository, url, &left);
    Ok(())
}
