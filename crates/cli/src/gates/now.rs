//! Gates as the canonical repository has them now, and whether they only grew.
//!
//! What this clone has seen of a gate has to be there still, along first parents: a gate that was rewritten by
//! force, or whose entries a merge hides, may have lost a hold.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::gate::{Gate, Odd, gate_ref};
use storyline_repo::{Listing, ObjectId, Objects, RefName};
use storyline_text::Diagnostic;

use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, usage};

/// Gates of stages.
pub(crate) struct Gates {
    /// By stage. Of one that is wrong, what it has now.
    pub(crate) gates: BTreeMap<String, Gate>,
    /// What is wrong with some: these have no gate that counts.
    pub(crate) wrong: BTreeMap<String, Failure>,
}

/// Fetches the gates of these stages as the canonical repository had them `there`, or when the command began;
/// what is wrong with one is told of all.
pub(crate) fn fetch(
    canon: &Canon,
    there: Option<&Listing>,
    objects: &Objects,
    stages: BTreeSet<String>,
) -> Result<BTreeMap<String, Gate>, Failure> {
    let Gates { gates, wrong } = look(canon, there, objects, stages)?;
    let mut wrong = wrong.into_values();
    match wrong.next() {
        None => Ok(gates),
        Some(mut failure) => {
            let others = wrong.flat_map(|failure| failure.diagnostics);
            failure.diagnostics.extend(others);
            Err(failure)
        }
    }
}

/// The same, with what is wrong beside what is in order.
pub(crate) fn look(
    canon: &Canon,
    there: Option<&Listing>,
    objects: &Objects,
    stages: BTreeSet<String>,
) -> Result<Gates, Failure> {
    let mut wants = Vec::new();
    let mut seen = Vec::new();
    for stage in stages {
        let name = gate_ref(&stage).map_err(|error| {
            let diagnostic = Diagnostic::error("ref-name", error.to_string());
            usage(diagnostic.help("give the stage another name"))
        })?;
        wants.push((name.clone(), name.clone()));
        let before = canon.repository.reference(&name)?;
        seen.push((stage, name, before));
    }
    let fetched = match there {
        Some(there) => canon.git.fetch_listed(&canon.repository, there, &wants)?,
        None => canon.fetch_refs(&wants)?,
    };
    objects.refresh();
    let (mut gates, mut wrong) = (BTreeMap::new(), BTreeMap::new());
    let mut kept = Vec::new();
    let conflict = |diagnostic| Failure::new(FailureKind::Conflict, diagnostic).unchanged();
    for (stage, name, before) in seen {
        let gate = match Gate::read(objects, &stage, fetched.found.get(&name).copied()) {
            Ok(gate) => gate,
            Err(error) => {
                wrong.insert(stage, error.into());
                continue;
            }
        };
        if let Some(before) = before.filter(|before| !gate.has(*before)) {
            wrong.insert(stage.clone(), conflict(rewritten(canon, &name, before)));
            kept.push((name, before));
        } else if let Some((merge, _)) = gate.odd.iter().find(|(_, odd)| *odd == Odd::Merge) {
            wrong.insert(stage.clone(), conflict(merged(canon, &name, *merge)));
        }
        gates.insert(stage, gate);
    }
    // So that it is told again until somebody decides.
    canon.copy_refs(&kept, "storyline: kept")?;
    Ok(Gates { gates, wrong })
}

fn rewritten(canon: &Canon, gate: &RefName, seen: ObjectId) -> Diagnostic {
    let url = &canon.url;
    let title = format!("`{gate}` of {url} lost entries that this clone has seen");
    Diagnostic::error("gate-rewritten", title)
        .help(format!("`git log {gate}` shows what was there"))
        .help(format!(
            "to bring it back: `git push --force {url} {seen}:{gate}`"
        ))
        .help(format!(
            "if it is meant: `git update-ref -d {gate}` here, then run the command again"
        ))
}

fn merged(canon: &Canon, gate: &RefName, merge: ObjectId) -> Diagnostic {
    let url = &canon.url;
    let title =
        format!("commit {merge} on `{gate}` of {url} is a merge, which may hide what was said");
    Diagnostic::error("gate-merged", title)
        .help(format!("`git log --graph {gate}` shows all of it"))
        .help(format!(
            "to go back to before it: `git push --force {url} {merge}^1:{gate}`, or `^2`; then \
             `git update-ref -d {gate}` here"
        ))
}
