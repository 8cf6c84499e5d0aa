//! The other parsers, from Python, as their users start them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::clock::Times;
use super::report::{Goal, Report};
use super::{Source, size};
use crate::{project, python};

/// lkml is given files until they are this long together, or a run would take a minute and more.
const SAMPLE: usize = 2 << 20;
const SAMPLE_RUNS: usize = 3;

/// Measures both; `ours` is what we do in MB/s.
pub(crate) fn measure(
    sources: &[Source],
    runs: usize,
    ours: f64,
    report: &mut Report,
) -> Result<()> {
    let python = python::environment(&python::PEERS)?;
    let all: Vec<&Path> = sources.iter().map(|source| source.path.as_path()).collect();
    let theirs = known(speed(&python, "looker-cst", runs, &all)?)?;
    report.row(
        "looker-cst 0.1.0, from Python, same files",
        theirs.to_string(),
        Goal::least("we are 5 times as fast", ours / theirs.median, 5.0),
    );
    let step = size(sources).div_ceil(SAMPLE);
    let sample: Vec<&Path> = all.iter().copied().step_by(step).collect();
    let theirs = known(speed(&python, "lkml", SAMPLE_RUNS, &sample)?)?;
    report.row(
        &format!("lkml 1.3.7, from Python, a sample: one file in {step}"),
        theirs.to_string(),
        Goal::least("we are 300 times as fast", ours / theirs.median, 300.0),
    );
    Ok(())
}

fn known(speed: Option<Speed>) -> Result<Speed> {
    speed.context("a parser of `requirements.txt` is missing")
}

/// MB/s, and on what.
pub(crate) struct Speed {
    best: f64,
    pub(crate) median: f64,
    files: u64,
    megabytes: f64,
    refused: u64,
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.2} MB/s, best {:.2}; {} files, {:.1} MB, {} refused",
            self.median, self.best, self.files, self.megabytes, self.refused
        )
    }
}

/// How fast a parser of Python is; `None` if it is not installed.
pub(crate) fn speed(
    python: &PathBuf,
    parser: &str,
    runs: usize,
    files: &[&Path],
) -> Result<Option<Speed>> {
    let names: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
    let script = project::root().join("xtask/python/bench_peers.py");
    let mut command = std::process::Command::new(python);
    command.arg(script).args([parser, &runs.max(1).to_string()]);
    let answer = python::ask(&mut command, names.join("\n").as_bytes())?;
    if answer["missing"] == true {
        return Ok(None);
    }
    let count = |key: &str| answer[key].as_u64().with_context(|| format!("no `{key}`"));
    let seconds = answer["seconds"].as_array().context("no `seconds`")?;
    let times = Times::new(seconds.iter().filter_map(Value::as_f64).collect());
    let megabytes = count("bytes")? as f64 / 1e6;
    Ok(Some(Speed {
        best: megabytes / times.best(),
        median: megabytes / times.median(),
        files: count("files")?,
        megabytes,
        refused: count("refused")?,
    }))
}
