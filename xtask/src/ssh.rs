//! The OpenSSH that tests start: its server, wherever the system keeps it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project;

/// Folders of programs that are not everybody's, and seldom on the PATH.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// What tests start besides the server.
const PROGRAMS: [&str; 2] = ["ssh", "ssh-keygen"];

/// The server; installed where we may and it is missing.
///
/// # Errors
/// When there is none, and it cannot be installed.
pub(crate) fn server() -> Result<PathBuf> {
    let missing = "there is no OpenSSH: install its server and its client";
    match found() {
        Some(server) => Ok(server),
        None => {
            install().context(missing)?;
            found().context(missing)
        }
    }
}

fn found() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = env::split_paths(&path).collect();
    let has = |name: &&str| on_path.iter().any(|folder| folder.join(name).is_file());
    if !PROGRAMS.iter().all(has) {
        return None;
    }
    let folders = on_path.iter().map(PathBuf::as_path);
    let mut folders = folders.chain(FOLDERS.iter().map(Path::new));
    folders.find_map(|folder| Some(folder.join("sshd")).filter(|server| server.is_file()))
}

/// Only an administrator may, and only where apt is.
fn install() -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    let packages = ["openssh-client", "openssh-server"];
    project::succeed(
        apt.args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}
