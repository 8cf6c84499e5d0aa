//! Python packages: each set in a virtual environment of its own below cargo's target folder.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project;

/// Packages that belong together, all pinned.
pub(crate) struct Packages {
    /// The environment's folder.
    folder: &'static str,
    /// The list of packages, from the root of the workspace.
    file: &'static str,
    list: &'static str,
}

/// Those that we compare ourselves with.
pub(crate) const PEERS: Packages = Packages {
    folder: "python",
    file: "xtask/python/requirements.txt",
    list: include_str!("../python/requirements.txt"),
};

/// dbt, with what it needs for DuckDB and PostgreSQL.
pub(crate) const DBT: Packages = Packages {
    folder: "dbt",
    file: "xtask/python/dbt.txt",
    list: include_str!("../python/dbt.txt"),
};

/// Pythons that are asked to make the environment, in this order.
const NAMES: [&str; 2] = ["python3", "python"];

/// A Python with these packages; made when it is missing or out of date.
///
/// # Errors
/// When there is no Python, it has no `venv`, or the packages cannot be had.
pub(crate) fn environment(packages: &Packages) -> Result<PathBuf> {
    let folder = project::target().join(packages.folder);
    let python = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    // Written last, so that half an environment is never taken for a whole one.
    let marker = folder.join("requirements.txt");
    let made_for = fs::read_to_string(&marker).unwrap_or_default();
    if made_for == packages.list && output(&python, ["--version"]).is_ok() {
        return Ok(python);
    }
    let maker = maker()?;
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    println!("making a Python environment in {}", folder.display());
    let arguments = ["-m".as_ref(), "venv".as_ref(), folder.as_os_str()];
    output(maker.as_ref(), arguments).context("`python -m venv` failed")?;
    let pinned = project::root().join(packages.file);
    let pip = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "-r",
    ];
    let arguments = pip.iter().map(AsRef::as_ref).chain([pinned.as_os_str()]);
    output(&python, arguments).context("`pip install` failed")?;
    fs::write(&marker, packages.list)?;
    Ok(python)
}

fn maker() -> Result<&'static str> {
    let mut names = NAMES.into_iter();
    let found = names.find(|name| output(name.as_ref(), ["--version"]).is_ok());
    found.context("there is no Python on the PATH")
}

/// Runs a program; what it says on standard error is the error.
fn output<A: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Output> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{}", errors.trim().lines().last().unwrap_or("no message"));
    }
    Ok(output)
}

/// Whether this runs in continuous integration, where nothing may be skipped.
pub(crate) fn must_not_skip() -> bool {
    env::var_os("CI").is_some_and(|ci| !matches!(ci.to_str(), Some("" | "false" | "0")))
}

/// Starts a script, gives it `input`, and reads the JSON that it prints.
///
/// # Errors
/// When it fails, or prints something else.
pub(crate) fn ask(command: &mut Command, input: &[u8]) -> Result<Value> {
    Ok(serde_json::from_slice(&pipe(command, input)?)?)
}

/// Starts a program of ours, gives it `input`, and returns what it prints.
///
/// # Errors
/// When it fails.
pub(crate) fn pipe(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("it was piped")?;
    // They read everything before they print.
    stdin.write_all(input)?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the script ended with {}", output.status);
    }
    Ok(output.stdout)
}
