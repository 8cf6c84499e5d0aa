//! What a project shows, gathered before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use storyline_manifest::Kind;
use storyline_repo::Overview;
use storyline_stamp::{
    EntryKind, FileSet, ReadError, Scope, Site, SiteStatus, Tree, linked_hosts, sites,
};

use crate::dbt::{Dbt, Profile};
use crate::evidence::{self, Evidence};

/// A project as it was found.
#[derive(Debug)]
pub struct Survey {
    pub(crate) tree: Tree,
    pub(crate) sites: Vec<Site>,
    pub(crate) evidence: Evidence,
    /// Those of dbt's profiles in which some name stands.
    pub(crate) profiles: Vec<Profile>,
    pub(crate) git: Overview,
    /// By how many links each has, the most first.
    pub(crate) hosts: Vec<(String, usize)>,
}

impl Survey {
    /// Reads a project without a manifest. `git` is what its repository tells; nothing, when it has
    /// none.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn read(files: &dyn FileSet, git: Overview) -> Result<Self, ReadError> {
        let tree = Tree::read(files, &Scope::all(None))?;
        let lookml: Result<Vec<_>, ReadError> = files
            .entries()
            .par_iter()
            .filter(|e| e.kind == EntryKind::File && e.path.as_bytes().ends_with(b".lkml"))
            .map(|entry| Ok(evidence::of_lookml(&entry.path, &files.read(&entry.path)?)))
            .collect();
        let mut evidence = Evidence::default();
        lookml?.into_iter().for_each(|file| evidence.merge(file));
        let dbt = Dbt::read(files)?;
        evidence.merge(dbt.evidence);
        let hosts = linked_hosts(&tree).into_iter();
        let mut hosts: Vec<_> = hosts.map(|(host, links)| (host.into(), links)).collect();
        hosts.sort_by(|a: &(String, _), b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(Self {
            sites: sites(&tree, None, None),
            tree,
            evidence,
            profiles: dbt.profiles,
            git,
            hosts,
        })
    }

    /// The names of `kind` at sites of `status`, and how many sites each has.
    pub(crate) fn names(&self, kind: &Kind, status: SiteStatus) -> BTreeMap<&str, usize> {
        let mut names = BTreeMap::new();
        let all = self.sites.iter();
        for site in all.filter(|site| site.kind == *kind && site.status == status) {
            *names.entry(site.name.as_str()).or_default() += 1;
        }
        names
    }

    /// Constants and their values, where each has one alone.
    pub(crate) fn constants(&self) -> BTreeMap<&str, &str> {
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for site in &self.sites {
            if let Kind::Constant(name) = &site.kind {
                values.entry(name).or_default().insert(&site.name);
            }
        }
        let single = values.into_iter().filter(|(_, values)| values.len() == 1);
        single
            .filter_map(|(name, values)| Some((name, values.into_iter().next()?)))
            .collect()
    }
}
