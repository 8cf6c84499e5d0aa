//! Whether what a story brings is in canonical form.

use std::collections::BTreeSet;

use storyline_repo::Snapshot;
use storyline_repo::story::Draft;
use storyline_stamp::{Direction, Tree, objections};
use storyline_text::{Diagnostic, Severity};

use crate::canon::{Canon, manifest_in};
use crate::failure::{Failure, FailureKind, Sources};
use crate::report;

/// What is said of a tree as a whole that has its stamp already.
const STAMPED: &str = "already-stamped";

/// What is said of names that belong to an environment, or look like it.
const NAMES: [&str; 3] = ["stray-name", "stamped-name", "looks-stamped"];

/// Refuses a story whose tip is in an environment's form, and one that brings names which belong to an
/// environment; of names that only look like it, it warns. What the story does not touch is not its
/// fault.
pub(super) fn refuse_stamped(canon: &Canon, draft: &Draft) -> Result<(), Failure> {
    let snapshot = Snapshot::of(&canon.repository, draft.part.tip)?;
    // What the story does to the manifest counts: its own tree is stamped by it from now on.
    let own = manifest_in(&snapshot)?;
    let manifest = own
        .as_ref()
        .map_or(&canon.manifest, |(manifest, _)| manifest);
    let files = draft.change.files.iter();
    let changed: BTreeSet<_> = files.map(|file| file.path.as_slice()).collect();
    let tree = Tree::read_for(&snapshot, manifest, |path| {
        changed.contains(path.as_bytes())
    })?;
    let counts = |told: &Diagnostic| {
        let mut labels = told.labels.iter();
        let touches = labels.any(|label| changed.contains(label.file.as_bytes()));
        told.id == STAMPED || (NAMES.contains(&told.id) && touches)
    };
    let told = manifest.environments().map(|environment| {
        let told = objections(&tree, manifest, environment, Direction::Stamp);
        told.into_iter().filter(counts).collect::<Vec<_>>()
    });
    // One environment's view of it says enough.
    let Some(diagnostics) = told.max_by_key(|told| (has_errors(told), !told.is_empty())) else {
        return Ok(());
    };
    let labels = diagnostics.iter().flat_map(|told| &told.labels);
    let sources: Sources = labels
        .filter(|label| !tree.holds_secrets(&label.file))
        .filter_map(|label| Some((label.file.clone(), tree.source(&label.file)?.to_vec())))
        .collect();
    if !has_errors(&diagnostics) {
        report::diagnostics(&diagnostics, &sources);
        return Ok(());
    }
    Err(Failure {
        kind: FailureKind::Findings,
        diagnostics,
        sources,
        unchanged: true,
    })
}

fn has_errors(told: &[Diagnostic]) -> bool {
    told.iter().any(|told| told.severity == Severity::Error)
}
