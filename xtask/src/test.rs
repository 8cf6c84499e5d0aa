//! `cargo xtask test`: all tests, with what they need.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::{project, python};

/// The variable that names the Python which tests may start.
const PYTHON: &str = "STORYLINE_PYTHON";

/// Runs all tests, and makes what they need first.
///
/// That is a Python environment below `target/`, with the packages that we compare ourselves with.
/// Without Python their tests are skipped, by name; with CI set that is a failure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed on to `cargo test`; all crates unless `-p` is among them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--no-fail-fast"]);
    if !args.arguments.iter().any(|a| a == "-p" || a == "--package") {
        cargo.arg("--workspace");
    }
    cargo.args(&args.arguments);
    let skipped = match python::environment() {
        Ok(python) => {
            cargo.env(PYTHON, python);
            Vec::new()
        }
        Err(reason) if python::must_not_skip() => {
            return Err(reason).context("tests need Python, and CI skips none");
        }
        Err(reason) => {
            cargo.env_remove(PYTHON);
            let tests = tests_with_python()?.into_iter();
            tests
                .map(|test| format!("skipped: {}: {reason:#}", test.display()))
                .collect()
        }
    };
    let passed = project::succeed(&mut cargo);
    for line in skipped {
        println!("{line}");
    }
    passed
}

/// The test files that start Python, by path from the root.
fn tests_with_python() -> Result<Vec<PathBuf>> {
    let root = project::root();
    let mut tests = Vec::new();
    for folder in ["crates", "tests"] {
        for entry in WalkDir::new(root.join(folder)).sort_by_file_name() {
            let entry = entry?;
            let is_source = entry.path().extension().is_some_and(|e| e == "rs");
            if is_source && std::fs::read_to_string(entry.path())?.contains(PYTHON) {
                tests.push(entry.path().strip_prefix(&root)?.into());
            }
        }
    }
    Ok(tests)
}
