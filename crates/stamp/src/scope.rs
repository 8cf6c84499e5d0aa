//! What is looked for in a tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use storyline_manifest::{DeclaredSite, Environment, Kind, Manifest, is_manifest_file};
use storyline_text::RelPath;

use crate::candidate::FileType;
use crate::dbt;
use crate::url::Hosts;

/// Which sites a tree is read for. A file's candidates depend on its path, its bytes and this alone.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    hosts: Hosts,
    rules: Vec<Arc<DeclaredSite>>,
    /// Kinds that matter; `None` for all.
    kinds: Option<BTreeSet<Kind>>,
}

impl Scope {
    /// Every site that there is. Without a manifest no URL with a host is the team's, and no site is
    /// declared.
    pub fn all(manifest: Option<&Manifest>) -> Self {
        Self {
            hosts: manifest.map(Manifest::hosts).cloned().unwrap_or_default(),
            rules: manifest.map(|m| m.sites.clone()).unwrap_or_default(),
            kinds: None,
        }
    }

    /// What the names of `environment` may change, or refuse: other files are not parsed.
    pub fn of(manifest: &Manifest, environment: &Environment) -> Self {
        Self::of_kinds(manifest, environment.names().mapped().cloned().collect())
    }

    /// The names that a tree defines, beside its models': they tell which form it is in.
    pub fn of_definitions(manifest: &Manifest) -> Self {
        let kinds = BTreeSet::from([
            Kind::Connection,
            Kind::Label,
            Kind::Schema,
            Kind::Database,
            Kind::Profile,
            Kind::DbtProject,
        ]);
        Self::of_kinds(manifest, kinds)
    }

    fn of_kinds(manifest: &Manifest, kinds: BTreeSet<Kind>) -> Self {
        let rules = manifest.sites.iter();
        Self {
            hosts: manifest.hosts().clone(),
            rules: rules
                .filter(|rule| kinds.contains(&rule.kind))
                .cloned()
                .collect(),
            kinds: Some(kinds),
        }
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(crate) fn rules(&self) -> &[Arc<DeclaredSite>] {
        &self.rules
    }

    /// The declared sites that concern the file at `path`, with their numbers.
    pub(crate) fn rules_of(&self, path: &RelPath) -> impl Iterator<Item = (usize, &DeclaredSite)> {
        // The manifest is the same in every form.
        let may_change = !is_manifest_file(path);
        let rules = self.rules.iter().map(|rule| &**rule).enumerate();
        rules.filter(move |(_, rule)| may_change && rule.files.contains(path))
    }

    /// Whether names of this kind may be changed or refused.
    pub(crate) fn maps(&self, kind: &Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind))
    }

    /// Text that is the same for scopes that find the same.
    pub(crate) fn identity(&self) -> String {
        let rules: Vec<_> = self.rules.iter().map(|rule| rule.identity()).collect();
        format!("{:?} {rules:?} {:?}", self.hosts, self.kinds)
    }

    /// Whether the file at `path` may hold a site that matters.
    pub(crate) fn reads(&self, path: &RelPath, file_type: FileType) -> bool {
        self.concerns(file_type) || self.rules_of(path).next().is_some()
    }

    /// Whether a file of a type that is known may hold a site that matters.
    pub(crate) fn concerns(&self, file_type: FileType) -> bool {
        let wanted: &[Kind] = match file_type {
            // They say what is the project's own.
            FileType::Model | FileType::ProjectManifest => return true,
            FileType::LookMl => &[Kind::Connection, Kind::Model, Kind::Project],
            FileType::Object => &[Kind::Model, Kind::Project],
            FileType::Dashboard => &[Kind::Model, Kind::Project, Kind::Slug],
            FileType::Dbt(file) => {
                let may_name =
                    |kinds: &BTreeSet<Kind>| kinds.iter().any(|k| dbt::may_name(file, k));
                return self.kinds.as_ref().is_none_or(may_name);
            }
            FileType::Other => return false,
        };
        wanted.iter().any(|kind| self.maps(kind))
    }
}
