//! Why a commit of an environment cannot be taken back to canonical form.

use storyline_repo::projection::{Opaque, OpaqueCommit};
use storyline_repo::story::CommitSummary;
use storyline_repo::{ObjectId, Snapshot, SnapshotError};
use storyline_stamp::{Direction, Scope, Tree, plan};
use storyline_text::{Diagnostic, Visible};

use crate::canon::manifest_in;
use crate::failure::{Failure, FailureKind, Sources};
use crate::fork::Fork;

/// Refuses commits that are not in the environment's form: the first one with all that is wrong with
/// it, the others by name.
pub(super) fn opaque(fork: &Fork<'_>, commits: &[OpaqueCommit]) -> Result<Failure, Failure> {
    let (first, others) = commits.split_first().expect("there is one to refuse");
    let Reasons {
        diagnostics,
        sources,
    } = reasons(fork, first.id)?;
    let told = head(fork, first.id, why(first.why))?;
    let told = match first.why {
        Opaque::NoManifest => told.help(format!(
            "a branch that was never stamped comes under the manifest by `storyline adopt {}`",
            fork.environment.name
        )),
        _ => told.help(
            "mend it in the environment's repository, in that very commit (`git commit --amend`, `git rebase \
             -i`), push it there, then run the command again",
        ),
    };
    let told = told.help(
        "`--allow-strays` takes such commits in as they are, names of the environment and all",
    );
    let told = others.iter().take(10).fold(told, |told, other| {
        told.help(format!(
            "commit {} is refused as well: {}",
            other.id,
            why(other.why)
        ))
    });
    let told = match others.len().saturating_sub(10) {
        0 => told,
        more => told.help(format!("and {more} more")),
    };
    Ok(failure(told, diagnostics, sources))
}

/// Refuses a commit that could have come from two canonical ones.
pub(super) fn ambiguous(
    fork: &Fork<'_>,
    commit: ObjectId,
    is_canonical: bool,
) -> Result<Failure, Failure> {
    let environment = &fork.environment.name;
    if is_canonical {
        let title = format!("the branch holds canonical commit {commit} in canonical form");
        let told = Diagnostic::error("ambiguous-commit", title)
            .help(format!(
                "somebody merged canonical itself there; what belongs there is its projection: `storyline \
                 sync {environment}`"
            ))
            .help("take that commit out of the branch (`git rebase`), push it there, then run the command again");
        return Ok(failure(told, Vec::new(), Sources::new()));
    }
    let Reasons {
        diagnostics,
        sources,
    } = reasons(fork, commit)?;
    let told = head(fork, commit, why(Opaque::Refused))?.help(
        "mend it in the environment's repository, in that very commit (`git commit --amend`, `git rebase -i`), \
         push it there, then run the command again; it cannot be taken in as it is, since stamping would \
         make another commit of it",
    );
    Ok(failure(told, diagnostics, sources))
}

fn failure(told: Diagnostic, mut diagnostics: Vec<Diagnostic>, sources: Sources) -> Failure {
    diagnostics.push(told);
    Failure {
        kind: FailureKind::Findings,
        diagnostics,
        sources,
        unchanged: true,
    }
}

fn why(opaque: Opaque) -> &'static str {
    match opaque {
        Opaque::NoManifest => "it has no manifest",
        Opaque::BrokenManifest => "its manifest cannot be read",
        Opaque::NoEnvironment => "its manifest does not know the environment",
        Opaque::Refused => "it is not in the environment's form",
        Opaque::OddTree => "its tree is not as Git writes trees",
    }
}

fn head(fork: &Fork<'_>, commit: ObjectId, why: &str) -> Result<Diagnostic, Failure> {
    let CommitSummary {
        subject, author, ..
    } = CommitSummary::read(&fork.canon.repository, commit)?;
    let title = format!(
        "commit {commit} cannot be taken back to canonical form: {why} (\"{}\", by {})",
        Visible(subject.as_bytes()),
        Visible(author.as_bytes()),
    );
    Ok(Diagnostic::error("commit-not-stamped", title))
}

/// What is wrong with a commit's tree.
#[derive(Default)]
struct Reasons {
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

fn reasons(fork: &Fork<'_>, commit: ObjectId) -> Result<Reasons, Failure> {
    let snapshot = match Snapshot::of(&fork.canon.repository, commit) {
        Ok(snapshot) => snapshot,
        Err(error @ SnapshotError::Unusable { .. }) => {
            return Ok(Reasons {
                diagnostics: vec![error.diagnostic()],
                ..Reasons::default()
            });
        }
        Err(error) => return Err(error.into()),
    };
    let (manifest, sources) = match manifest_in(&snapshot) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Reasons::default()),
        Err(Failure {
            diagnostics,
            sources,
            ..
        }) => {
            return Ok(Reasons {
                diagnostics,
                sources,
            });
        }
    };
    let Ok(environment) = manifest.environment(&fork.environment.name) else {
        return Ok(Reasons::default());
    };
    let tree = Tree::read(&snapshot, &Scope::of(&manifest, environment))?;
    let Err(refused) = plan(&tree, &manifest, environment, Direction::Unstamp) else {
        return Ok(Reasons::default());
    };
    let labels = refused.diagnostics.iter().flat_map(|told| &told.labels);
    let shown = labels
        .filter(|label| !tree.holds_secrets(&label.file))
        .filter_map(|label| Some((label.file.clone(), tree.source(&label.file)?.to_vec())));
    let sources = sources.into_iter().chain(shown).collect();
    Ok(Reasons {
        diagnostics: refused.diagnostics,
        sources,
    })
}
