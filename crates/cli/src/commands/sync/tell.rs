//! What a sync did, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use storyline_check::PersistentTable;
use storyline_manifest::Environment;
use storyline_repo::ObjectId;
use storyline_repo::projection::Opaque;
use storyline_text::{Diagnostic, Visible};

use super::environment::{Branch, Run, Synced};
use super::{Outcome, trouble};
use crate::args::Format;
use crate::failure::{Failure, Sources};
use crate::json::{self, JsonDiagnostic};
use crate::output::{self, count, short};
use crate::report;

/// Commits that are named for one reason.
const MAX_NAMED: usize = 3;

/// Tables that are named.
const MAX_TABLES: usize = 10;

/// Prints what became of environments: what went well on standard output, and what did not on standard
/// error.
pub(super) fn outcomes(
    run: &Run<'_>,
    outcomes: &[(&Environment, Outcome)],
    format: Format,
    sources: &Sources,
) -> Result<(), Failure> {
    for (environment, outcome) in outcomes {
        match outcome {
            Outcome::Failed(failure) => {
                report::diagnostics(&failure.diagnostics, file_sources(failure, sources));
            }
            Outcome::Synced(synced) => {
                report::diagnostics(&notes(run, environment, synced), sources);
            }
            Outcome::Skipped(_) => {}
        }
    }
    match format {
        Format::Text => output::print(&text(run, outcomes)),
        Format::Json => output::print_json(&JsonSync::new(run, outcomes, sources)),
    }
}

fn notes(run: &Run<'_>, environment: &Environment, synced: &Synced) -> Vec<Diagnostic> {
    let Synced {
        too_old, only_here, ..
    } = synced;
    trouble::notes(&run.canonical.branch, environment, too_old, only_here)
}

fn file_sources<'s>(failure: &'s Failure, sources: &'s Sources) -> &'s Sources {
    match failure.sources.is_empty() {
        true => sources,
        false => &failure.sources,
    }
}

fn text(run: &Run<'_>, outcomes: &[(&Environment, Outcome)]) -> String {
    let mut text = String::new();
    let mut counts = [0; 4];
    for (environment, outcome) in outcomes {
        let name = &environment.name;
        let sort = match outcome {
            Outcome::Synced(synced) => {
                synced_text(run, name, synced, &mut text);
                usize::from(!synced.branches.iter().any(Branch::moves))
            }
            Outcome::Failed(failure) => {
                let ids: Vec<_> = failure.diagnostics.iter().map(|told| told.id).collect();
                let _ = writeln!(text, "{name}: failed, {}", ids.join(", "));
                2
            }
            Outcome::Skipped(skip) => {
                let _ = writeln!(text, "{name}: left alone, {}", skip.reason());
                3
            }
        };
        counts[sort] += 1;
    }
    if outcomes.len() > 1 {
        let words = [
            if run.dry_run { "to be moved" } else { "moved" },
            "up to date",
            "failed",
            "left alone",
        ];
        let parts = counts.iter().zip(words).filter(|(count, _)| **count > 0);
        let parts: Vec<_> = parts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let _ = writeln!(
            text,
            "{}: {}",
            count(outcomes.len(), "environment"),
            parts.join(", ")
        );
    }
    text
}

fn synced_text(run: &Run<'_>, name: &str, synced: &Synced, text: &mut String) {
    let (moved, still): (Vec<_>, Vec<_>) = synced.branches.iter().partition(|b| b.moves());
    let _ = match (moved.is_empty(), run.dry_run) {
        (true, _) => {
            let still: Vec<_> = still.iter().map(|branch| at(branch)).collect();
            writeln!(text, "{name} is up to date: {}", still.join(", "))
        }
        (false, true) => writeln!(text, "{name} would move at {}:", synced.url),
        (false, false) => writeln!(text, "{name} moved at {}:", synced.url),
    };
    for branch in moved {
        let _ = writeln!(text, "  {}", moved_text(branch));
        if let Some(backup) = &branch.backup {
            let backup = Visible(backup.as_str().as_bytes());
            let _ = writeln!(text, "    what it held besides is kept there as {backup}");
        }
    }
    rebuilt_text(synced, text);
    let mut reasons: BTreeMap<&str, Vec<ObjectId>> = BTreeMap::new();
    for opaque in &synced.opaque {
        reasons.entry(why(opaque.why)).or_default().push(opaque.id);
    }
    for (why, ids) in reasons {
        let named: Vec<_> = ids.iter().take(MAX_NAMED).map(short).collect();
        let more = match ids.len() > MAX_NAMED {
            true => ", …",
            false => "",
        };
        let commits = count(ids.len(), "commit");
        let _ = writeln!(
            text,
            "  {commits} as in canonical: {why} ({}{more})",
            named.join(", ")
        );
        if why == REFUSED {
            let _ = writeln!(
                text,
                "    `storyline stamp {name} --rev {}` says why",
                named[0]
            );
        }
    }
}

fn rebuilt_text(synced: &Synced, text: &mut String) {
    let tables = &synced.rebuilt;
    if tables.is_empty() {
        return;
    }
    let number = count(tables.len(), "persistent table");
    let _ = writeln!(
        text,
        "  models get names of their own there: Looker will build {number} anew"
    );
    for table in tables.iter().take(MAX_TABLES) {
        let _ = writeln!(text, "    {}:{}: {}", table.file, table.line, table.name);
    }
    let more = tables.len().saturating_sub(MAX_TABLES);
    if more > 0 {
        let _ = writeln!(text, "    and {more} more");
    }
}

fn at(branch: &Branch) -> String {
    let name = Visible(branch.name.short().as_bytes());
    format!("{name} at {}", short(branch.new))
}

fn moved_text(branch: &Branch) -> String {
    let name = Visible(branch.name.short().as_bytes());
    let (new, commits) = (short(branch.new), count(branch.commits, "commit"));
    match (branch.old, &branch.backup) {
        (None, _) => format!("{name}  new at {new}, {commits}"),
        (Some(old), None) => format!("{name}  {}..{new}, {commits}", short(old)),
        (Some(old), Some(_)) => format!("{name}  {}...{new}, replaced, {commits}", short(old)),
    }
}

const REFUSED: &str = "the tree is refused";

fn why(opaque: Opaque) -> &'static str {
    match opaque {
        Opaque::NoManifest => "there is no manifest",
        Opaque::BrokenManifest => "the manifest is broken",
        Opaque::NoEnvironment => "the manifest does not know the environment",
        Opaque::Refused => REFUSED,
        Opaque::OddTree => "the tree is not as Git writes trees",
    }
}

fn why_word(opaque: Opaque) -> &'static str {
    match opaque {
        Opaque::NoManifest => "no-manifest",
        Opaque::BrokenManifest => "broken-manifest",
        Opaque::NoEnvironment => "no-environment",
        Opaque::Refused => "refused",
        Opaque::OddTree => "odd-tree",
    }
}

/// What was done, for programs.
#[derive(Serialize)]
struct JsonSync<'a> {
    /// Whether everything is where it should be now.
    done: bool,
    dry_run: bool,
    canonical: JsonCanonical<'a>,
    environments: Vec<JsonEnvironment<'a>>,
}

#[derive(Serialize)]
struct JsonCanonical<'a> {
    repository: String,
    branch: &'a str,
    commit: String,
}

#[derive(Serialize)]
struct JsonEnvironment<'a> {
    environment: &'a str,
    /// `moved`, `up-to-date`, `failed` or `skipped`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    branches: Vec<JsonBranch<'a>>,
    opaque: Vec<JsonOpaque>,
    /// Persistent tables that Looker will build anew.
    rebuilt: Vec<JsonTable<'a>>,
    diagnostics: Vec<JsonDiagnostic>,
}

#[derive(Serialize)]
struct JsonBranch<'a> {
    branch: &'a str,
    story: Option<&'a str>,
    old: Option<String>,
    new: String,
    commits: usize,
    backup: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonTable<'a> {
    file: String,
    line: u32,
    table: &'a str,
}

#[derive(Serialize)]
struct JsonOpaque {
    commit: String,
    reason: &'static str,
}

impl<'a> JsonSync<'a> {
    fn new(
        run: &'a Run<'_>,
        outcomes: &'a [(&'a Environment, Outcome)],
        sources: &Sources,
    ) -> Self {
        let has_failed = |(_, outcome): &(_, Outcome)| matches!(outcome, Outcome::Failed(_));
        Self {
            done: !run.dry_run && !outcomes.iter().any(has_failed),
            dry_run: run.dry_run,
            canonical: JsonCanonical {
                repository: run.canonical.url.to_string(),
                branch: &run.canonical.branch,
                commit: run.tip.to_string(),
            },
            environments: outcomes
                .iter()
                .map(|(environment, outcome)| {
                    JsonEnvironment::new(run, environment, outcome, sources)
                })
                .collect(),
        }
    }
}

impl<'a> JsonEnvironment<'a> {
    fn new(
        run: &'a Run<'_>,
        environment: &'a Environment,
        outcome: &'a Outcome,
        sources: &Sources,
    ) -> Self {
        let empty = Self {
            environment: &environment.name,
            outcome: "failed",
            reason: None,
            repository: None,
            branches: Vec::new(),
            opaque: Vec::new(),
            rebuilt: Vec::new(),
            diagnostics: Vec::new(),
        };
        match outcome {
            Outcome::Synced(synced) => {
                let opaque = synced.opaque.iter();
                let told = notes(run, environment, synced);
                Self {
                    outcome: match synced.branches.iter().any(Branch::moves) {
                        true => "moved",
                        false => "up-to-date",
                    },
                    repository: Some(synced.url.to_string()),
                    branches: synced.branches.iter().map(JsonBranch::new).collect(),
                    opaque: opaque
                        .map(|opaque| JsonOpaque {
                            commit: opaque.id.to_string(),
                            reason: why_word(opaque.why),
                        })
                        .collect(),
                    rebuilt: synced.rebuilt.iter().map(JsonTable::new).collect(),
                    diagnostics: json::diagnostics(&told, sources),
                    ..empty
                }
            }
            Outcome::Skipped(skip) => Self {
                outcome: "skipped",
                reason: Some(skip.word()),
                ..empty
            },
            Outcome::Failed(failure) => Self {
                diagnostics: json::diagnostics(
                    &failure.diagnostics,
                    file_sources(failure, sources),
                ),
                ..empty
            },
        }
    }
}

impl<'a> JsonTable<'a> {
    fn new(table: &'a PersistentTable) -> Self {
        Self {
            file: json::text(table.file.as_bytes()).into(),
            line: table.line,
            table: &table.name,
        }
    }
}

impl<'a> JsonBranch<'a> {
    fn new(branch: &'a Branch) -> Self {
        Self {
            branch: branch.name.short(),
            story: branch.story.as_ref().map(|story| story.as_str()),
            old: branch.old.map(|id| id.to_string()),
            new: branch.new.to_string(),
            commits: branch.commits,
            backup: branch.backup.as_ref().map(|backup| backup.as_str()),
        }
    }
}
