//! The PostgreSQL that tests start: its programs, wherever the system keeps them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};

use crate::project;

/// Where Debian and its kin keep the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// What tests start.
const PROGRAMS: [&str; 4] = ["initdb", "pg_ctl", "createdb", "psql"];

/// The folder with all of [`PROGRAMS`]; installed where we may and it is missing.
///
/// # Errors
/// When there is none, and it cannot be installed.
pub(crate) fn programs() -> Result<PathBuf> {
    let missing = "there is no PostgreSQL: install its server, so that `initdb` is on the PATH";
    match found() {
        Some(folder) => Ok(folder),
        None => {
            install().context(missing)?;
            found().context(missing)
        }
    }
}

fn found() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let listed = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let versions = listed.map(|version| version.path().join("bin"));
    let mut folders = env::split_paths(&path).chain(versions);
    let holds = |folder: &Path| PROGRAMS.iter().all(|name| folder.join(name).is_file());
    folders.find(|folder| holds(folder))
}

/// Only an administrator may, and only where apt is.
fn install() -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    project::succeed(apt.args(["install", "--yes", "--no-install-recommends", "postgresql"]))
}
