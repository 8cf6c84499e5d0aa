//! What a project's dbt files tell: profiles, their targets, and what dbt itself takes from elsewhere.

use std::collections::HashSet;

use memchr::memmem;
use storyline_dbt::{FileKind, NameKind, Projects, names};
use storyline_stamp::{EntryKind, FileSet, ReadError};
use storyline_text::{LineIndex, RelPath};
use storyline_yaml::{Document, Node, read};

use crate::evidence::{Evidence, Means, Spot};

/// A profile of a `profiles.yml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) file: RelPath,
    pub(crate) name: String,
    /// What `dbt` uses unless told otherwise.
    pub(crate) default: Option<String>,
    pub(crate) targets: Vec<Target>,
}

/// One of its targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// The setting that holds the schema, and the schema; `None` where Jinja gives it.
    pub(crate) schema: Option<(String, String)>,
}

/// Everything that dbt's files tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dbt {
    /// Of those files in which a target names a schema or a database.
    pub(crate) profiles: Vec<Profile>,
    pub(crate) evidence: Evidence,
}

impl Dbt {
    /// Reads `profiles.yml` and `dbt_project.yml`, wherever they stand.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub(crate) fn read(files: &dyn FileSet) -> Result<Self, ReadError> {
        let regular = files.entries().iter();
        let regular = regular.filter(|entry| entry.kind == EntryKind::File);
        let paths: Vec<_> = regular.map(|entry| &entry.path).collect();
        let projects = Projects::among(paths.iter().copied());
        let mut dbt = Self::default();
        for path in paths {
            match projects.kind(path) {
                Some(FileKind::Profiles) => dbt.profiles_of(path, &files.read(path)?),
                Some(FileKind::Project) => dbt.project_of(path, &files.read(path)?),
                Some(FileKind::Properties) | None => {}
            }
        }
        Ok(dbt)
    }

    fn profiles_of(&mut self, path: &RelPath, source: &[u8]) {
        let document = read(source);
        let found = names(FileKind::Profiles, &document);
        if found.iter().all(|name| !name.in_target) {
            self.add(path, source, b"env_var(", Means::DbtVariables);
            self.add(path, source, b"target.", Means::DbtTarget);
        } else {
            let known = found.iter().filter(|name| name.kind == NameKind::Profile);
            let known = known.map(|name| name.text.as_str()).collect();
            self.profiles.extend(profiles(path, &document, &known));
        }
    }

    fn project_of(&mut self, path: &RelPath, source: &[u8]) {
        self.add(path, source, b"env_var(", Means::DbtVariables);
        self.add(path, source, b"target.", Means::DbtTarget);
    }

    /// Adds the first place where `needle` stands.
    fn add(&mut self, path: &RelPath, source: &[u8], needle: &[u8], means: Means) {
        if let Some(at) = memmem::find(source, needle) {
            let offset = u32::try_from(at).unwrap_or(u32::MAX);
            let line = LineIndex::new(source).position(source, offset).line;
            let file = path.clone();
            self.evidence.add(means, Spot { file, line });
        }
    }
}

/// The profiles that are called as in `known`, with targets of their own.
fn profiles(path: &RelPath, document: &Document<'_>, known: &HashSet<&str>) -> Vec<Profile> {
    let entries = document.roots().flat_map(Node::entries);
    let profiles = entries.filter_map(|(key, profile)| {
        let name = key.scalar()?.value().into_owned();
        let outputs = value(profile, "outputs")?;
        let default = value(profile, "target").and_then(Node::scalar);
        let default = default.map(|target| target.value().into_owned());
        known.contains(name.as_str()).then(|| Profile {
            file: path.clone(),
            default: default.filter(|target| !target.contains('{')),
            targets: outputs.entries().filter_map(target).collect(),
            name,
        })
    });
    profiles.filter(|p| !p.targets.is_empty()).collect()
}

fn target((key, settings): (Node<'_>, Node<'_>)) -> Option<Target> {
    let settings = settings.target().unwrap_or(settings);
    let schema = ["schema", "dataset"].iter().find_map(|key| {
        let schema = value(settings, key)?.scalar()?.value().into_owned();
        let is_name = !schema.is_empty() && !schema.contains('{');
        is_name.then(|| ((*key).to_owned(), schema))
    });
    let name = key.scalar()?.value().into_owned();
    Some(Target { name, schema })
}

fn value<'d>(mapping: Node<'d>, key: &str) -> Option<Node<'d>> {
    let mut entries = mapping.entries();
    let found = entries.find(|(node, _)| node.scalar().is_some_and(|s| s.value() == key));
    found.map(|(_, value)| value)
}

impl Profile {
    /// The target that a developer's is most likely like: the default one, unless that is a stage
    /// where others work.
    pub(crate) fn for_developers(&self) -> Option<&Target> {
        let called = |name: &str| self.targets.iter().find(|target| target.name == name);
        called("dev")
            .or_else(|| called(self.default.as_deref()?))
            .or_else(|| self.targets.first())
    }
}
