//! The crate `yamlpatch`, in a program of its own, so that Storyline does not depend on it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{project, python};

/// The program of `xtask/peers`.
pub(crate) struct Peers(PathBuf);

impl Peers {
    /// Builds it.
    ///
    /// # Errors
    /// When cargo does not.
    pub(crate) fn new() -> Result<Self> {
        let target = project::target().join("peers");
        let manifest = project::root().join("xtask/peers/Cargo.toml");
        let mut cargo = project::cargo();
        // One of its dependencies declares a newer compiler than it needs.
        cargo.args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--ignore-rust-version",
        ]);
        cargo.arg("--manifest-path").arg(manifest);
        project::succeed(cargo.arg("--target-dir").arg(&target))?;
        let program = format!("release/storyline-peers{}", std::env::consts::EXE_SUFFIX);
        Ok(Self(target.join(program)))
    }

    /// Its answers, a line for each line of `requests`.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) fn ask(&self, requests: &str) -> Result<Vec<Value>> {
        let lines = python::pipe(&mut Command::new(&self.0), requests.as_bytes())?;
        let answers = serde_json::Deserializer::from_slice(&lines).into_iter();
        let answers = answers.collect::<Result<Vec<Value>, _>>()?;
        ensure!(
            answers.len() == requests.lines().count(),
            "answers are missing"
        );
        Ok(answers)
    }
}
