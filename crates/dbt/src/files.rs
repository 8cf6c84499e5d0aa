//! Which files of a tree are dbt's, from their paths alone.

use std::collections::BTreeSet;

use storyline_text::RelPath;

/// What dbt reads a file as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// `profiles.yml`: connections, by profile and target.
    Profiles,
    /// `dbt_project.yml`: one in each project.
    Project,
    /// Any other YAML of a project, which may declare sources, exposures and models.
    Properties,
}

/// Folders that dbt fills: packages of others.
const PACKAGES: [&[u8]; 2] = [b"dbt_packages", b"dbt_modules"];
/// The folder of a project that dbt writes results to.
const TARGET: &[u8] = b"target";

/// The dbt projects of a tree: the folders that hold a `dbt_project.yml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projects {
    folders: BTreeSet<Vec<u8>>,
}

impl Projects {
    /// Finds the projects among the paths of a tree's files.
    pub fn among<'p>(paths: impl IntoIterator<Item = &'p RelPath>) -> Self {
        let projects = paths.into_iter().filter(|path| is_project(path));
        Self {
            folders: projects.map(|path| path.parent().to_vec()).collect(),
        }
    }

    /// What dbt reads the file at `path` as; `None` when it does not, or when dbt itself wrote or
    /// fetched it. A `profiles.yml` counts wherever it stands.
    pub fn kind(&self, path: &RelPath) -> Option<FileKind> {
        let stem = stem(path)?;
        if in_package(path) || self.in_target(path) {
            return None;
        }
        match stem {
            b"profiles" => Some(FileKind::Profiles),
            b"dbt_project" => Some(FileKind::Project),
            _ => (self.folders_around(path).next()).map(|_| FileKind::Properties),
        }
    }

    /// The projects that a file is in, the outermost first, and the rest of its path.
    fn folders_around<'p>(&self, path: &'p RelPath) -> impl Iterator<Item = &'p [u8]> {
        let bytes = path.as_bytes();
        let at_root = self.folders.contains(&b""[..]).then_some(bytes);
        let slashes = memchr::memchr_iter(b'/', bytes);
        let below = slashes.filter(|at| self.folders.contains(&bytes[..*at]));
        at_root.into_iter().chain(below.map(|at| &bytes[at + 1..]))
    }

    fn in_target(&self, path: &RelPath) -> bool {
        let first = |rest: &[u8]| rest.split(|b| *b == b'/').next() == Some(TARGET);
        self.folders_around(path).any(first)
    }
}

/// Whether a file is called like one of profiles, wherever it stands: it may hold secrets.
pub fn is_profiles(path: &RelPath) -> bool {
    stem(path) == Some(b"profiles")
}

/// Whether a file makes its folder a dbt project.
pub fn is_project(path: &RelPath) -> bool {
    stem(path) == Some(b"dbt_project") && !in_package(path)
}

/// The file's name without `.yml` or `.yaml`; `None` for files that are not YAML.
fn stem(path: &RelPath) -> Option<&[u8]> {
    let name = path.file_name();
    name.strip_suffix(b".yml").or(name.strip_suffix(b".yaml"))
}

fn in_package(path: &RelPath) -> bool {
    let mut folders = path.parent().split(|b| *b == b'/');
    folders.any(|folder| PACKAGES.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &str, expect: &[Option<FileKind>]) {
        let path = |text: &str| RelPath::new(text.as_bytes()).expect("a plain path");
        let paths: Vec<_> = files.split_whitespace().map(path).collect();
        let projects = Projects::among(&paths);
        let found: Vec<_> = paths.iter().map(|path| projects.kind(path)).collect();
        assert_eq!(found, expect, "{files}");
    }

    #[test]
    fn kinds() {
        let profiles = Some(FileKind::Profiles);
        let project = Some(FileKind::Project);
        let properties = Some(FileKind::Properties);
        check("profiles.yml a/profiles.yaml", &[profiles, profiles]);
        check("models/schema.yml README.md", &[None, None]);
        check(
            "dbt_project.yml models/a/x.yml x.yaml profiles.yml models/a.sql",
            &[project, properties, properties, profiles, None],
        );
        check(
            "dbt/dbt_project.yaml dbt/x.yml dbt-2/x.yml x.yml",
            &[project, properties, None, None],
        );
        check(
            "d/dbt_project.yml d/target/x.yml d/m/target/x.yml target/profiles.yml",
            &[project, None, properties, profiles],
        );
        check(
            "dbt_project.yml dbt_packages/u/dbt_project.yml dbt_modules/u/m/x.yml \
             dbt_packages/u/integration_tests/profiles.yml",
            &[project, None, None, None],
        );
        check(
            "target/dbt_project.yml target/x.yml a/dbt_project.yml a/target/b/dbt_project.yml",
            &[project, properties, project, None],
        );
    }
}
