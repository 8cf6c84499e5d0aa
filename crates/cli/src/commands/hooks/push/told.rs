//! What is told of a push that is refused.

use storyline_repo::{ObjectError, ObjectId};
use storyline_text::{Diagnostic, Label, Visible};

use super::place::{Remote, Wanted};
use super::{Brought, Update};
use crate::output::{count, short};

/// Commits that are told of, and names in each.
const MAX_COMMITS: usize = 10;
const MAX_NAMES: usize = 5;

/// Who knows better may push all the same.
const ANYWAY: &str = "nothing was pushed; `git push --no-verify` pushes all the same";

/// One error for each commit.
pub(super) fn commits(
    found: &[Brought],
    update: &Update,
    remote: &Remote,
    wanted: Wanted<'_>,
) -> Vec<Diagnostic> {
    let mut told: Vec<_> = found
        .iter()
        .take(MAX_COMMITS)
        .map(|brought| commit(brought, update, remote, wanted))
        .collect();
    if let Some(last) = told.last_mut() {
        if found.len() > MAX_COMMITS {
            let more = count(found.len() - MAX_COMMITS, "more commit");
            last.help
                .push(format!("{more} like it: they are not shown"));
        }
        last.help.push(ANYWAY.into());
    }
    told
}

fn commit(brought: &Brought, update: &Update, remote: &Remote, wanted: Wanted<'_>) -> Diagnostic {
    let Brought { commit, names } = brought;
    let (commit, place) = (short(*commit), place(update, remote));
    let diagnostic = match wanted {
        Wanted::Canonical => {
            let environments = names
                .iter()
                .filter_map(|(.., name)| name.environment.as_deref());
            let environment = environments.clone().next().unwrap_or("ENV");
            let title = format!(
                "{place} is in canonical form, and commit {commit} brings names of `{environment}`"
            );
            Diagnostic::error("stamped-names-pushed", title)
                .help(format!(
                    "`storyline absorb {environment}` makes a story of what was done in that environment"
                ))
                .help(format!(
                    "or take the names out of the commit: `storyline unstamp {environment}`, then `git commit --amend`"
                ))
        }
        Wanted::Environment(environment) => {
            let environment = &environment.name;
            let title = format!(
                "{place} is in the form of `{environment}`, and commit {commit} brings names that are not its own"
            );
            Diagnostic::error("foreign-names-pushed", title)
                .help(format!(
                    "`storyline sync {environment}` brings what canonical has, with the names of `{environment}`"
                ))
                .help(format!(
                    "or put the names in: `storyline check --env {environment}` shows all of them"
                ))
        }
    };
    let hidden = names.len().saturating_sub(MAX_NAMES);
    let labels = names.iter().take(MAX_NAMES).map(|(path, line, name)| {
        let what = format!("{} `{}`", name.kind, Visible(name.name.as_bytes()));
        let whose = match &name.environment {
            Some(environment) => format!(" is a name of `{environment}`"),
            None => String::new(),
        };
        let text = match line {
            Some(line) => format!("line {line}: {what}{whose}"),
            None => format!("in the file's name: {what}{whose}"),
        };
        Label::path(path, text)
    });
    let diagnostic = labels.fold(diagnostic, Diagnostic::label);
    match hidden {
        0 => diagnostic,
        more => diagnostic.help(format!("{} in this commit", count(more, "more name"))),
    }
}

/// One error for each merge of canonical.
pub(super) fn merges(
    found: &[(ObjectId, ObjectId)],
    update: &Update,
    remote: &Remote,
    wanted: Wanted<'_>,
) -> Vec<Diagnostic> {
    let Wanted::Environment(environment) = wanted else {
        return Vec::new();
    };
    let environment = &environment.name;
    let told = found.iter().take(MAX_COMMITS).map(|(merge, canonical)| {
        let title = format!(
            "{} is in the form of `{environment}`, and commit {} merges canonical's commit {} into it",
            place(update, remote),
            short(*merge),
            short(*canonical),
        );
        Diagnostic::error("canonical-merged", title)
            .help(format!("run `storyline sync {environment}`: it brings the same with the names of `{environment}`"))
            .help("and take the merge back: `git reset --keep ORIG_HEAD` when it is the last commit")
            .help(ANYWAY)
    });
    told.collect()
}

/// A notice: what could not be looked at passes.
pub(super) fn not_judged(update: &Update, error: &ObjectError) -> Diagnostic {
    let mut told = error.diagnostic();
    told.severity = storyline_text::Severity::Warning;
    told.title = format!(
        "`{}` is pushed without a look at its names: {}",
        Visible(update.branch.as_bytes()),
        told.title
    );
    told
}

fn place(update: &Update, remote: &Remote) -> String {
    format!(
        "refs/heads/{} of {}",
        Visible(update.branch.as_bytes()),
        Visible(remote.shown.as_bytes())
    )
}
