//! The browser that tests open pages in: Chromium, and the packages that drive it and judge pages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};

use crate::project;

/// What Chromium's program is called.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The packages, all pinned, from the root of the workspace.
const PACKAGES: &str = "xtask/browser";
const LOCK: &str = include_str!("../browser/package-lock.json");

/// Chromium's program; installed where we may and it is missing.
///
/// # Errors
/// When there is none, and it cannot be installed.
pub(crate) fn chromium() -> Result<PathBuf> {
    let missing = "there is no Chromium: install it, so that `chromium` is on the PATH";
    if let Some(found) = NAMES.iter().find_map(|name| on_path(name)) {
        return Ok(found);
    }
    install(&["chromium"]).context(missing)?;
    NAMES.iter().find_map(|name| on_path(name)).context(missing)
}

/// The folder of the packages; made when it is missing or out of date.
///
/// # Errors
/// When there is no Node.js with npm and it cannot be installed, or the packages cannot be had.
pub(crate) fn packages() -> Result<PathBuf> {
    let missing = "there is no Node.js: install it with npm";
    for name in ["node", "npm"] {
        if on_path(name).is_none() {
            install(&["nodejs", "npm"]).context(missing)?;
        }
    }
    let folder = project::target().join("browser");
    let modules = folder.join("node_modules");
    // Written last, so that half of the packages are never taken for all.
    let marker = folder.join("made-for");
    if fs::read_to_string(&marker).is_ok_and(|made_for| made_for == LOCK) {
        return Ok(modules);
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(project::root().join(PACKAGES).join(name), folder.join(name))?;
    }
    println!(
        "installing packages for the browser in {}",
        folder.display()
    );
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    project::succeed(npm.current_dir(&folder))?;
    fs::write(&marker, LOCK)?;
    Ok(modules)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| Path::is_file(place))
}

/// Only an administrator may, and only where apt is.
fn install(packages: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.args(["install", "--yes", "--no-install-recommends"]);
    project::succeed(apt.args(packages))
}
