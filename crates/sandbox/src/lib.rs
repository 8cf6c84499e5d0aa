//! A small sample company to try Storyline on: two Looker projects of a made-up shop, one of them
//! a hub that the other imports, with three environments.
//!
//! The files are those of `fixtures/acme`, carried inside the program so that the demo needs
//! nothing but itself.
//!
//! [`pipeline`] has stages and stories for it; [`servers`] are what the company keeps its repositories on.

pub mod pipeline;
#[cfg(unix)]
pub mod servers;

use std::io;
use std::path::{Path, PathBuf};

/// A project of the company.
#[derive(Clone, Copy, Debug)]
pub struct Project {
    /// Its folder.
    pub name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

macro_rules! project {
    ($name:literal, $($file:literal),+ $(,)?) => {
        Project {
            name: $name,
            files: &[$((
                $file,
                include_bytes!(concat!("../../../fixtures/acme/", $name, "/", $file)),
            )),+],
        }
    };
}

/// The company's projects, the hub first.
pub const PROJECTS: [Project; 2] = [
    project!(
        "hub",
        "hub_metrics.model.lkml",
        "manifest.lkml",
        "storyline.toml",
        "views/calendar.view.lkml",
    ),
    project!(
        "shop",
        "dashboards/overview.dashboard.lookml",
        "docs/README.md",
        "explores/base_orders.explore.lkml",
        "manifest.lkml",
        "models/orders.model.lkml",
        "models/orders_history.model.lkml",
        "storyline.toml",
        "views/orders.view.lkml",
    ),
];

/// Its environments: a developer's, where every name differs, and two stages.
pub const ENVIRONMENTS: [&str; 3] = ["dev1", "integration", "production"];

/// Why the company could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct BuildError {
    /// What was to be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Project {
    /// Writes the project into `folder`, which must not exist yet.
    ///
    /// # Errors
    /// When the system refuses, or the folder is there already.
    pub fn build(&self, folder: &Path) -> Result<(), BuildError> {
        let failed = |path: &Path, source| BuildError {
            path: path.to_owned(),
            source,
        };
        std::fs::create_dir(folder).map_err(|error| failed(folder, error))?;
        for (name, bytes) in self.files {
            let path = folder.join(name);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&path, bytes))
                .map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list above is written by hand; this notices a fixture that it lacks.
    #[test]
    fn every_fixture_is_built() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/acme");
        let built = tempfile::tempdir().expect("a temporary folder");
        for project in PROJECTS {
            let folder = built.path().join(project.name);
            project.build(&folder).expect("an empty folder");
            assert!(project.build(&folder).is_err(), "it is there already");
            let listed = files(&fixtures.join(project.name));
            assert_eq!(files(&folder), listed);
            assert_eq!(listed.len(), project.files.len());
        }
    }

    fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(at) = open.pop() {
            for entry in std::fs::read_dir(at).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(folder).expect("inside").to_owned();
                    found.push((name, std::fs::read(path).expect("a file")));
                }
            }
        }
        found.sort();
        found
    }
}
