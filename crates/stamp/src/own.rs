//! Which names are the project's own, in the form that the tree is in.

use std::collections::{BTreeMap, BTreeSet};

use storyline_manifest::{Kind, Names};

use crate::candidate::{Candidate, Shape};
use crate::tree::Tree;

/// Projects whose names are stamped along, with their models: the manifest's `[uses.PROJECT]`.
pub(crate) type Uses = BTreeMap<String, Vec<String>>;

/// The form that a tree is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form<'a> {
    /// The one form that people share.
    Canonical,
    /// An environment's.
    Stamped(&'a Names),
}

/// Own canonical names, whichever form they were found in.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(crate) models: BTreeSet<String>,
    pub(crate) project: Option<String>,
    pub(crate) uses: Uses,
    /// Folders at the root, at least those that are called like the project.
    pub(crate) folders: BTreeSet<Vec<u8>>,
    /// Whether the targets of dbt profiles are no part of a stamp.
    pub(crate) targets_apart: bool,
}

/// What a candidate turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A site; this is its canonical name.
    Own(String),
    /// The name of somebody else's.
    Foreign,
    /// A name that does not belong in this form.
    Stray,
}

impl Form<'_> {
    /// The canonical name of one that stands in a tree of this form.
    pub(crate) fn canonical(self, kind: &Kind, name: &str) -> Option<String> {
        match self {
            Self::Canonical => Some(name.into()),
            Self::Stamped(names) => names.unstamp(kind, name).map(Into::into),
        }
    }
}

impl Own {
    /// The names of `tree`, which is in this form. Where an environment has a target of its own in
    /// dbt's profiles, those stand side by side and `targets_apart` from all stamps.
    pub(crate) fn of(
        tree: &Tree,
        form: Form<'_>,
        uses: Option<&Uses>,
        targets_apart: bool,
    ) -> Self {
        let models = tree.models().map(|(.., name)| name);
        let paths = tree.entries().iter().map(|entry| entry.path.as_bytes());
        let folders = paths.filter_map(|path| Some(&path[..memchr::memchr(b'/', path)?]));
        Self {
            models: models
                .filter_map(|name| form.canonical(&Kind::Model, name))
                .collect(),
            project: tree
                .project()
                .and_then(|p| form.canonical(&Kind::Project, p)),
            uses: uses.cloned().unwrap_or_default(),
            folders: folders.map(<[u8]>::to_vec).collect(),
            targets_apart,
        }
    }

    /// Whether `name` is a model of this project or of one that is stamped along.
    pub(crate) fn has_model(&self, name: &str) -> bool {
        let mut used = self.uses.values().flatten();
        self.models.contains(name) || used.any(|model| model == name)
    }

    pub(crate) fn has_project(&self, name: &str) -> bool {
        self.uses.contains_key(name) || self.project.as_deref() == Some(name)
    }

    /// Whether `name` is a model of `project`; `None` is the own one. Both are canonical.
    fn has_model_of(&self, project: Option<&str>, name: &str) -> bool {
        match project {
            Some(project) if self.project.as_deref() != Some(project) => {
                let models = self.uses.get(project);
                models.is_some_and(|models| models.iter().any(|own| own == name))
            }
            _ => self.models.contains(name),
        }
    }

    /// Whether `name`, which is canonical, is own at the place of `candidate` in a tree of `form`.
    pub(crate) fn has(&self, name: &str, candidate: &Candidate, form: Form<'_>) -> bool {
        match (&candidate.kind, &candidate.shape) {
            (Kind::Model, Shape::IncludedModel { project: None }) => self.has_model_of(None, name),
            (Kind::Model, Shape::IncludedModel { project: Some(p) }) => {
                let project = form.canonical(&Kind::Project, p);
                project.is_some_and(|project| self.has_model_of(Some(&project), name))
            }
            (Kind::Model, _) => self.has_model(name),
            (Kind::Project, Shape::RootFolder) => {
                let is_folder = self.folders.contains(candidate.name.as_bytes());
                !is_folder && self.project.as_deref() == Some(name)
            }
            (Kind::Project, _) => self.has_project(name),
            _ => true,
        }
    }

    /// What `candidate` is in a tree of `form`. In canonical form the names of `environments` are
    /// strays where they would be taken for own ones on the way back.
    pub(crate) fn decide(
        &self,
        candidate: &Candidate,
        form: Form<'_>,
        environments: &[&Names],
    ) -> Decision {
        let Candidate {
            kind, name, shape, ..
        } = candidate;
        if self.targets_apart && matches!(shape, Shape::Target(_)) {
            return Decision::Foreign;
        }
        let own = |name: &str| self.has(name, candidate, form);
        match form {
            Form::Canonical if own(name) => Decision::Own(name.clone()),
            Form::Canonical => {
                let mut back = environments.iter().filter_map(|n| n.unstamp(kind, name));
                match back.any(|canonical| own(&canonical)) {
                    true => Decision::Stray,
                    false => Decision::Foreign,
                }
            }
            Form::Stamped(names) => match names.unstamp(kind, name) {
                Some(canonical) if own(&canonical) => Decision::Own(canonical.into()),
                // Whose models and projects these are is not known; of all else every name is own.
                None if !matches!(kind, Kind::Model | Kind::Project) => Decision::Stray,
                _ if own(name) || *shape == Shape::Definition => Decision::Stray,
                _ => Decision::Foreign,
            },
        }
    }
}
