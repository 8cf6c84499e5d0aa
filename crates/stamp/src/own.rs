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
pub(crate) struct Own<'a> {
    models: BTreeSet<String>,
    project: Option<String>,
    uses: Option<&'a Uses>,
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
    fn canonical(self, kind: &Kind, name: &str) -> Option<String> {
        match self {
            Self::Canonical => Some(name.into()),
            Self::Stamped(names) => names.unstamp(kind, name).map(Into::into),
        }
    }
}

impl<'a> Own<'a> {
    pub(crate) fn of(tree: &Tree, form: Form<'_>, uses: Option<&'a Uses>) -> Self {
        let models = tree.models().map(|(.., name)| name);
        Self {
            models: models
                .filter_map(|name| form.canonical(&Kind::Model, name))
                .collect(),
            project: tree
                .project()
                .and_then(|p| form.canonical(&Kind::Project, p)),
            uses,
        }
    }

    /// Own models, those of used projects included.
    pub(crate) fn models(&self) -> impl Iterator<Item = &str> {
        let used = self.uses.into_iter().flat_map(BTreeMap::values).flatten();
        self.models.iter().chain(used).map(String::as_str)
    }

    fn projects(&self) -> impl Iterator<Item = &str> {
        let used = self.uses.into_iter().flat_map(BTreeMap::keys);
        self.project.iter().chain(used).map(String::as_str)
    }

    fn has_model(&self, name: &str) -> bool {
        self.models.contains(name) || self.models().any(|own| own == name)
    }

    /// Whether `name` is a model of `project`; `None` is the own one. Both are canonical.
    fn has_model_of(&self, project: Option<&str>, name: &str) -> bool {
        match project {
            Some(project) if self.project.as_deref() != Some(project) => {
                let models = self.uses.and_then(|uses| uses.get(project));
                models.is_some_and(|models| models.iter().any(|own| own == name))
            }
            _ => self.models.contains(name),
        }
    }

    /// Own names of a kind in an environment; none for kinds whose every name is own.
    fn stamped(&self, kind: &Kind, names: &Names) -> BTreeSet<String> {
        let stamp = |name| names.stamp(kind, name).ok().map(Into::into);
        match kind {
            Kind::Model => self.models().filter_map(stamp).collect(),
            Kind::Project => self.projects().filter_map(stamp).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Names that would be read as own ones after stamping with any of `environments`.
    pub(crate) fn reserved<'n>(
        &self,
        environments: impl IntoIterator<Item = &'n Names>,
    ) -> Reserved {
        let mut reserved = Reserved::default();
        for names in environments {
            reserved.models.extend(self.stamped(&Kind::Model, names));
            reserved
                .projects
                .extend(self.stamped(&Kind::Project, names));
        }
        reserved
    }

    /// Whether `candidate`, found in a tree of `form`, is a site.
    pub(crate) fn decide(
        &self,
        candidate: &Candidate,
        form: Form<'_>,
        reserved: &Reserved,
    ) -> Decision {
        let Candidate { kind, name, .. } = candidate;
        let canonical = form.canonical(kind, name);
        let is_own = |name: &str| match (kind, &candidate.shape) {
            (Kind::Model, Shape::IncludedModel { project }) => {
                let project = project.as_deref();
                let project = project.map(|p| form.canonical(&Kind::Project, p));
                match project {
                    Some(None) => false,
                    Some(Some(project)) => self.has_model_of(Some(&project), name),
                    None => self.has_model_of(None, name),
                }
            }
            (Kind::Model, _) => self.has_model(name),
            (Kind::Project, _) => self.projects().any(|own| own == name),
            _ => true,
        };
        match canonical {
            Some(canonical) if is_own(&canonical) => Decision::Own(canonical),
            _ if reserved.has(kind, name) => Decision::Stray,
            None if !matches!(kind, Kind::Model | Kind::Project) => Decision::Stray,
            _ if matches!(form, Form::Stamped(_)) && is_own(name) => Decision::Stray,
            _ if candidate.shape == Shape::Definition => Decision::Stray,
            _ => Decision::Foreign,
        }
    }
}

/// Stamped names that must not stand in canonical form.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    models: BTreeSet<String>,
    projects: BTreeSet<String>,
}

impl Reserved {
    fn has(&self, kind: &Kind, name: &str) -> bool {
        match kind {
            Kind::Model => self.models.contains(name),
            Kind::Project => self.projects.contains(name),
            _ => false,
        }
    }
}
