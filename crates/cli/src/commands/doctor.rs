//! `storyline doctor`: what is missing or broken, and its mend.

mod disk;
mod git;
mod names;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_text::{Diagnostic, Visible};

use crate::args::{DoctorArgs, Format};
use crate::failure::{Failure, FailureKind};
use crate::output::{self, count};
use crate::project::Project;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    /// Works, but probably not as meant.
    Warning,
    /// Some command will fail, or do harm.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    state: State,
    what: String,
    /// What to type or change; `null` when all is well.
    mend: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Default, Serialize)]
struct Report {
    findings: Vec<Finding>,
}

impl Report {
    fn ok(&mut self, what: impl Into<String>) {
        self.push(State::Ok, what.into(), None);
    }

    fn warning(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.push(State::Warning, what.into(), Some(mend.into()));
    }

    fn problem(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.push(State::Problem, what.into(), Some(mend.into()));
    }

    /// An error that a command would end with.
    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let place = diagnostic.labels.first();
        let place = place.map(|label| format!(" ({})", label.file));
        let what = format!("{}{}", diagnostic.title, place.unwrap_or_default());
        let mend = (!diagnostic.help.is_empty()).then(|| diagnostic.help.join("; "));
        self.push(State::Problem, what, mend);
    }

    fn push(&mut self, state: State, what: String, mend: Option<String>) {
        self.findings.push(Finding { state, what, mend });
    }

    fn has(&self, state: State) -> usize {
        self.findings.iter().filter(|f| f.state == state).count()
    }
}

pub(crate) fn run(directory: &Path, args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let mut report = Report::default();
    let repository = git::repository(directory, &mut report);
    git::program(repository.as_ref(), &mut report);
    match Project::open(directory) {
        Ok(project) => {
            disk::look(&project.folder, repository.as_ref(), &mut report);
            names::look(&project, repository.as_ref(), &mut report)?;
            if let Some(repository) = &repository {
                git::look(repository, &project.folder, &mut report)?;
            }
        }
        Err(failure) => {
            let diagnostics = failure.diagnostics.iter();
            diagnostics.for_each(|diagnostic| report.diagnostic(diagnostic));
        }
    }
    match args.format {
        Format::Text => output::print(&text(&report))?,
        Format::Json => output::print_json(&report)?,
    }
    Ok(match report.has(State::Problem) {
        0 => ExitCode::SUCCESS,
        _ => FailureKind::Findings.exit_code(),
    })
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for Finding { state, what, mend } in &report.findings {
        let state = match state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Problem => "problem",
        };
        let _ = writeln!(out, "{state:8} {}", Visible(what.as_bytes()));
        if let Some(mend) = mend {
            let _ = writeln!(out, "{:8}   mend: {}", "", Visible(mend.as_bytes()));
        }
    }
    let problems = count(report.has(State::Problem), "problem");
    let warnings = count(report.has(State::Warning), "warning");
    let _ = writeln!(out, "{problems}, {warnings}");
    out
}
