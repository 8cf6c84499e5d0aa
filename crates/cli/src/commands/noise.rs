//! `storyline noise [REV..REV]`

mod json;
mod shown;
mod text;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use storyline_dbt::Projects;
use storyline_diff::noise::{Judge, Judged, Ledger, Sample, Verdict, Verdicts};
use storyline_repo::{Blobs, Changes, Commit, History, Repository, What};
use storyline_text::Diagnostic;

use crate::args::{Format, NoiseArgs};
use crate::failure::{Failure, FailureKind};
use crate::output;
use crate::report;

/// How many commits are shown.
const EXAMPLES: usize = 3;
/// How many lines of one.
const LINES: usize = 2;
/// Commits between two tellings how far it is.
const BATCH: usize = 256;
/// Work of less time is over before anybody asks how far it is.
const PATIENCE: Duration = Duration::from_millis(1500);

pub(crate) fn run(directory: &Path, args: &NoiseArgs) -> Result<ExitCode, Failure> {
    let repository = Repository::discover(directory)?.ok_or_else(|| no_repository(directory))?;
    let history = repository.history(args.revisions.as_deref(), args.limit)?;
    let found = Found::read(&history);
    match args.format {
        Format::Text => output::print(&text::report(&found))?,
        Format::Json => output::print_json(&json::Report::new(&found))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn no_repository(directory: &Path) -> Failure {
    let title = format!("{} is in no Git repository", output::shown(directory));
    let diagnostic = Diagnostic::error("no-repository", title)
        .help("go into a clone, or name one: `storyline -C DIR noise`");
    Failure::new(FailureKind::Usage, diagnostic)
}

/// What a history shows.
struct Found {
    verdicts: Verdicts,
    skipped: Skipped,
    is_shallow: bool,
    examples: Vec<Example>,
}

/// What was not judged.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped {
    merges: usize,
    /// Commits without a parent.
    beginnings: usize,
    /// Commits whose trees are not here.
    commits: usize,
    /// Files, in commits that were judged otherwise.
    files: usize,
}

/// A commit with noise in it.
struct Example {
    commit: Commit,
    verdict: Verdict,
    samples: Vec<Sample>,
}

impl Found {
    fn read(history: &History) -> Self {
        let mut ledger = Ledger::default();
        let mut skipped = Skipped::default();
        // Where the commits that were judged stand in the history.
        let mut judged = Vec::new();
        let mut progress = Progress::new(history.len());
        for start in (0..history.len()).step_by(BATCH) {
            let end = history.len().min(start + BATCH);
            progress.tell(start);
            let outcomes = history.read(start..end, is_dbt_project, outcome);
            for (at, outcome) in (start..end).zip(outcomes) {
                match outcome {
                    Outcome::Merge => skipped.merges += 1,
                    Outcome::Beginning => skipped.beginnings += 1,
                    Outcome::Unreadable => skipped.commits += 1,
                    Outcome::Judged(commit, missing) => {
                        skipped.files += missing;
                        ledger.add(commit);
                        judged.push(at);
                    }
                }
            }
        }
        drop(progress);
        let verdicts = ledger.close();
        let examples = examples(history, &verdicts, &judged);
        Self {
            verdicts,
            skipped,
            is_shallow: history.is_shallow(),
            examples,
        }
    }
}

enum Outcome {
    Merge,
    Beginning,
    Unreadable,
    /// And how many of its files are not here.
    Judged(Judged, usize),
}

fn is_dbt_project(name: &[u8]) -> bool {
    matches!(name, b"dbt_project.yml" | b"dbt_project.yaml")
}

fn outcome(commit: Commit, blobs: &mut Blobs<'_>) -> Outcome {
    match commit.what {
        What::Merged => Outcome::Merge,
        What::Began => Outcome::Beginning,
        What::Unreadable(_) => Outcome::Unreadable,
        What::Changed(changes) => {
            let (judged, missing) = judge(&changes, blobs);
            Outcome::Judged(judged, missing)
        }
    }
}

/// What a commit changed, and how many of its files are not here.
fn judge(changes: &Changes, blobs: &mut Blobs<'_>) -> (Judged, usize) {
    let projects = Projects::among(&changes.around);
    let mut judge = Judge::new(&projects);
    let mut missing = 0;
    if changes.is_more {
        judge.story();
    }
    for file in &changes.files {
        if !judge.wants(&file.path) {
            judge.story();
            continue;
        }
        let [left, right] = [file.left, file.right].map(|id| id.map(|id| blobs.read(id)));
        match (left, right) {
            (Some(Err(_)), _) | (_, Some(Err(_))) => {
                missing += 1;
                judge.story();
            }
            (Some(Ok(left)), Some(Ok(right))) => judge.changed(&file.path, &left, &right),
            (Some(Ok(left)), None) => judge.removed(&file.path, &left),
            (None, Some(Ok(right))) => judge.added(&file.path, &right),
            (None, None) => {}
        }
    }
    (judge.finish(), missing)
}

/// The newest commits with noise: first those that are nothing else, and of these those with a name that
/// came back.
fn examples(history: &History, verdicts: &Verdicts, judged: &[usize]) -> Vec<Example> {
    let commits = judged.iter().zip(&verdicts.commits);
    let mut commits: Vec<_> = commits
        .filter(|(_, (verdict, _))| *verdict != Verdict::Story)
        .collect();
    // Stable: the newest stay first.
    commits.sort_by_key(|(_, (verdict, came_back))| (*verdict == Verdict::Mixed, !came_back));
    let shown = commits.into_iter().take(EXAMPLES);
    let shown = shown.flat_map(|(at, (verdict, _))| {
        history.read(*at..*at + 1, is_dbt_project, |commit, blobs| Example {
            samples: samples(&commit, blobs, verdicts),
            commit,
            verdict: *verdict,
        })
    });
    shown.collect()
}

/// The first lines of a commit that look like noise.
fn samples(commit: &Commit, blobs: &mut Blobs<'_>, verdicts: &Verdicts) -> Vec<Sample> {
    let What::Changed(changes) = &commit.what else {
        return Vec::new();
    };
    let moved = judge(changes, blobs).0.moved.into_iter();
    let noise = moved.filter(|moved| verdicts.is_noise(moved));
    let samples = noise.filter_map(|moved| moved.sample);
    samples.filter(shown::is_harmless).take(LINES).collect()
}

/// How far it is, on a terminal.
struct Progress {
    total: usize,
    started: Instant,
    is_shown: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self {
            total,
            started: Instant::now(),
            is_shown: false,
        }
    }

    fn tell(&mut self, done: usize) {
        if self.started.elapsed() > PATIENCE && std::io::stderr().is_terminal() {
            self.is_shown = true;
            report::say(&format!("\r{done} of {} commits", self.total));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let blank = " ".repeat(self.total.to_string().len() * 2 + " of  commits".len());
            report::say(&format!("\r{blank}\r"));
        }
    }
}
