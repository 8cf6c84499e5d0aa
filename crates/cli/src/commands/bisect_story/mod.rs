//! `storyline bisect-story`: which story breaks something that a person can test.

mod trial;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use storyline_promote::{Bisected, bisect};
use storyline_repo::projection::Workspace;
use storyline_repo::{Memo, ObjectId};
use storyline_text::Visible;

use self::trial::{Trial, Tried};
use crate::args::{BisectStoryArgs, Format};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind};
use crate::history::{Broken, Past};
use crate::output::{self, count, short};

pub(crate) fn run(directory: &Path, args: &BisectStoryArgs) -> Result<ExitCode, Failure> {
    let canon = Canon::fetch(directory)?;
    let objects = canon.repository.objects()?;
    let mut past = Past::fetch(&canon, &objects, &args.stage, Broken::Stops)?;
    let trial = Trial {
        command: &args.command,
        limit: Duration::from_secs(args.timeout),
    };
    let mut runs = Vec::new();
    let mut test = |workspace: &mut Workspace<'_>, tree: ObjectId| -> Result<bool, Failure> {
        let tried = trial.run(workspace, tree)?;
        let passes = tried.passes();
        runs.push(Run::new(tree, &tried));
        Ok(passes)
    };
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut stage = past.stage(&mut workspace);
    let found = bisect(&mut stage, &mut past.history, &mut test)?;
    workspace.finish();
    let told = Told::new(&args.stage, &found, runs);
    match args.format {
        Format::Text => output::print(&told.text())?,
        Format::Json => output::print_json(&told)?,
    }
    Ok(match told.culprits.is_empty() && told.passes {
        true => ExitCode::SUCCESS,
        false => FailureKind::Findings.exit_code(),
    })
}

/// What was found, for programs.
#[derive(Serialize)]
struct Told<'a> {
    stage: &'a str,
    /// Whether the stage passes as it is.
    passes: bool,
    culprits: Vec<String>,
    /// The largest set of stories that passes; `null` when none does.
    passing: Option<Vec<String>>,
    /// The stage's tree with them.
    tree: Option<String>,
    /// Whether no larger set passes.
    is_exact: bool,
    /// Stories without which the stage cannot be rebuilt.
    stuck: Vec<String>,
    runs: Vec<Run>,
}

/// A run of the command.
#[derive(Serialize)]
struct Run {
    tree: String,
    passes: bool,
    /// How it ended.
    ended: String,
    /// The end of what it printed, where it did not pass.
    output: String,
}

impl Run {
    fn new(tree: ObjectId, tried: &Tried) -> Self {
        Self {
            tree: tree.to_string(),
            passes: tried.passes(),
            ended: tried.ended(),
            output: tried.output(),
        }
    }
}

impl<'a> Told<'a> {
    fn new(stage: &'a str, found: &Bisected, runs: Vec<Run>) -> Self {
        let names = |stories: &[storyline_repo::story::StoryId]| -> Vec<String> {
            stories.iter().map(ToString::to_string).collect()
        };
        Self {
            stage,
            passes: runs.first().is_some_and(|run| run.passes),
            culprits: names(&found.culprits),
            passing: found.passing.as_ref().map(|found| names(&found.stories)),
            tree: found.passing.as_ref().map(|found| found.tree.to_string()),
            is_exact: found.is_exact,
            stuck: found.stuck.keys().map(ToString::to_string).collect(),
            runs,
        }
    }

    fn text(&self) -> String {
        let stage = Visible(self.stage.as_bytes());
        let runs = count(self.runs.len(), "run");
        let mut text = String::new();
        if self.passes {
            return format!("{stage} passes as it is: no story is to blame\n");
        }
        for run in self.runs.iter().filter(|run| !run.passes) {
            let _ = writeln!(text, "tree {}: {}", short(&run.tree), run.ended);
            for line in run.output.lines() {
                let _ = writeln!(text, "  | {}", Visible(line.as_bytes()));
            }
        }
        if !self.stuck.is_empty() {
            let stuck = self.stuck.join(", ");
            let _ = writeln!(
                text,
                "not tried alone, since others stand on it: {stuck} (`storyline story depends`)"
            );
        }
        let Some(passing) = &self.passing else {
            let _ = writeln!(
                text,
                "{stage} does not pass without any story either, in {runs}: none is to blame"
            );
            return text;
        };
        let how = match (self.is_exact, self.culprits.len()) {
            (true, 1) => "",
            (true, _) => ", each alone",
            (false, _) => ", with what was there before",
        };
        let _ = writeln!(text, "to blame{how}: {}", self.culprits.join(", "));
        let passing = match passing.is_empty() {
            true => "no story".into(),
            false => passing.join(", "),
        };
        let _ = match self.is_exact {
            true => writeln!(text, "passes with {passing}; no larger set does, in {runs}"),
            false => writeln!(
                text,
                "passes with {passing}; put on one by one as they landed, in {runs}: there may be a larger set"
            ),
        };
        if let Some(first) = self.culprits.first() {
            let _ = writeln!(text, "next: `storyline back-out {first} --from {stage}`");
        }
        text
    }
}
