//! Where things are, and how cargo is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).into()
}

/// Where cargo builds: `target` unless CARGO_TARGET_DIR says otherwise.
pub(crate) fn target() -> PathBuf {
    let said = env::var_os("CARGO_TARGET_DIR");
    root().join(said.map_or_else(|| "target".into(), PathBuf::from))
}

/// The cargo that runs this task, in the folder of the workspace.
pub(crate) fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    command
}

/// Runs `command` and fails when it does.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs `command` to its end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("{} does not start", shown(command)))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

/// Runs a task that takes long as cargo's release profile builds it.
pub(crate) fn optimised(task: impl FnOnce() -> Result<()>) -> Result<()> {
    if !cfg!(debug_assertions) {
        return task();
    }
    let mut cargo = cargo();
    // Folders that the task is given are relative to where it was started.
    cargo.current_dir(env::current_dir()?);
    cargo.args(["run", "--quiet", "--release", "--package", "xtask"]);
    cargo.arg("--manifest-path").arg(root().join("Cargo.toml"));
    let status = status(cargo.arg("--").args(env::args_os().skip(1)))?;
    std::process::exit(status.code().unwrap_or(1))
}
