//! What whole processes cost: CPU time, time by the clock, memory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::clock::Times;
use crate::{project, python};

/// Seconds of CPU after which a command is not run again: what takes this long varies little.
const ENOUGH: f64 = 20.0;

/// Runs programs in a folder of the bench's own, with nobody's settings.
pub(crate) struct Meter {
    python: PathBuf,
    /// Where everything is made that is measured.
    pub(crate) scratch: PathBuf,
    /// Storyline as it was built last.
    pub(crate) program: PathBuf,
    /// At most so many runs of each.
    runs: usize,
}

impl Meter {
    /// Builds the program, and begins with an empty folder.
    pub(crate) fn new(runs: usize) -> Result<Self> {
        project::succeed(project::cargo().args(["build", "--quiet", "--release"]))?;
        let scratch = project::target().join("bench-git");
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch)?;
        }
        std::fs::create_dir_all(&scratch)?;
        Ok(Self {
            python: python::environment(&python::PEERS)?,
            scratch: scratch.canonicalize()?,
            program: project::target().join("release/storyline"),
            runs,
        })
    }

    /// A program that sees neither the user's settings nor the system's.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.scratch);
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("STORYLINE_PROTOCOLS", "file");
        command
    }

    /// A program of the Python environment.
    pub(crate) fn peer(&self, name: &str) -> PathBuf {
        self.python.with_file_name(name)
    }

    /// What a command costs that is run as often as it takes. It gets its number, and is to make for
    /// itself what it needs.
    ///
    /// # Errors
    /// When a run fails.
    pub(crate) fn measure(&self, mut make: impl FnMut(usize) -> Result<Work>) -> Result<Cost> {
        let (mut cpu, mut wall, mut peak) = (Vec::new(), Vec::new(), 0.0);
        let mut printed = String::new();
        while cpu.len() < self.runs.max(1) && cpu.iter().sum::<f64>() < ENOUGH {
            let answer = self.run(&make(cpu.len())?)?;
            let number = |key: &str| answer[key].as_f64().with_context(|| format!("no `{key}`"));
            cpu.push(number("cpu")?);
            wall.push(number("wall")?);
            peak = f64::max(peak, number("peak")? / 1e6);
            printed = answer["printed"].as_str().unwrap_or_default().trim().into();
        }
        Ok(Cost {
            cpu: Times::new(cpu),
            wall: Times::new(wall),
            peak,
            printed,
        })
    }

    fn run(&self, work: &Work) -> Result<Value> {
        let words: Vec<_> = [work.command.get_program()]
            .into_iter()
            .chain(work.command.get_args())
            .map(|word| word.to_string_lossy())
            .collect();
        let request = json!({
            "words": words,
            "folder": work.command.get_current_dir(),
            "input": work.input,
            "keep": work.input.is_none(),
        });
        let script = project::root().join("xtask/python/measure.py");
        let mut python = self.command(&self.python);
        python::ask(python.arg(script), request.to_string().as_bytes())
    }
}

/// A command that is to be measured.
pub(crate) struct Work {
    command: Command,
    input: Option<PathBuf>,
}

impl Work {
    /// A command that reads a file, and whose output, which is large, goes nowhere.
    pub(crate) fn reading(command: Command, input: &Path) -> Self {
        Self {
            command,
            input: Some(input.into()),
        }
    }
}

impl From<Command> for Work {
    fn from(command: Command) -> Self {
        Self {
            command,
            input: None,
        }
    }
}

/// What all runs of a command came to.
pub(crate) struct Cost {
    /// Seconds, those of child processes included.
    pub(crate) cpu: Times,
    wall: Times,
    /// The largest process's memory in MB, in any run.
    pub(crate) peak: f64,
    /// What the last run printed.
    pub(crate) printed: String,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, wall, peak) = (self.cpu.median(), self.wall.median(), self.peak);
        write!(
            f,
            "{cpu:.3} s of CPU; {wall:.3} s by the clock; {peak:.0} MB"
        )
    }
}
