//! An environment's repository as a clone sees it: its branches, and their copies here.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use storyline_manifest::Environment;
use storyline_repo::{Listing, ObjectId, RefName, Url};

use crate::canon::{self, Canon};
use crate::failure::Failure;
use crate::home::{Canonical, Home, Tenants};
use crate::output::short;

/// The repository and branch that carry an environment. It may be the canonical repository, with a
/// branch for each environment.
pub(crate) struct Fork<'c> {
    pub(crate) canon: &'c Canon,
    pub(crate) environment: &'c Environment,
    /// Its repository.
    pub(crate) url: Url,
    /// The branch that carries it; canonical's name in a repository of its own, unless said.
    pub(crate) branch: String,
    /// Its refs, once they were asked for.
    there: OnceCell<Listing>,
}

impl<'c> Fork<'c> {
    /// Finds the environment `name`.
    pub(crate) fn of(canon: &'c Canon, name: &str) -> Result<Self, Failure> {
        let environment = canon.manifest.environment(name)?;
        let canonical = Canonical {
            url: canon.url.clone(),
            branch: canon.branch.clone(),
        };
        let tenants = Tenants::of(&canon.manifest, &canonical);
        let told = |failure| Failure {
            sources: canon.manifest_sources.clone(),
            ..failure
        };
        let Home { url, branch, .. } =
            Home::of(&canon.manifest, environment, &canonical, &tenants).map_err(told)?;
        Ok(Self {
            canon,
            environment,
            url,
            branch,
            there: OnceCell::new(),
        })
    }

    /// What its repository was asked and that tells of these names and folders, as [`Canon::there`] does.
    pub(crate) fn there(&self, names: &[&str]) -> Result<&Listing, Failure> {
        let canon = self.canon;
        if self.url == canon.url {
            return canon.there(names);
        }
        if let Some(there) = self.there.get() {
            return Ok(there);
        }
        let there = canon.git.listing(&canon.repository, &self.url)?;
        Ok(self.there.get_or_init(|| there))
    }

    /// Its refs that have these names or are in these folders.
    pub(crate) fn refs(&self, names: &[&str]) -> Result<BTreeMap<RefName, ObjectId>, Failure> {
        let there = self.there(names)?;
        Ok(self.canon.git.refs(&self.canon.repository, there, names)?)
    }

    /// The branch on which the story `id` shows up there; `None` when stories do not.
    pub(crate) fn story_branch(&self, id: &str) -> Option<String> {
        let pattern = self.environment.story_branch.as_ref();
        pattern.map(|pattern| pattern.of(id))
    }

    /// Where a branch of it is kept in the clone.
    pub(crate) fn tracking_ref(&self, branch: &str) -> Result<RefName, Failure> {
        tracking_ref(self.environment, branch)
    }

    /// Fetches a branch of it; `None` when it has none of this name.
    pub(crate) fn fetch(&self, branch: &str) -> Result<Option<ObjectId>, Failure> {
        let source = canon::branch_ref(branch)?;
        let wanted = [(source.clone(), self.tracking_ref(branch)?)];
        let canon = self.canon;
        let there = self.there(&[source.as_str()])?;
        let fetched = canon.git.fetch_listed(&canon.repository, there, &wanted)?;
        Ok(fetched.found.get(&source).copied())
    }
}

/// Where a branch of an environment is kept in the clone.
pub(crate) fn tracking_ref(environment: &Environment, branch: &str) -> Result<RefName, Failure> {
    canon::name(&format!(
        "refs/storyline/remote/{}/{branch}",
        environment.name
    ))
}

/// Where what a branch held is kept beside it.
pub(crate) fn backup_ref(branch: &str, old: ObjectId) -> Result<RefName, Failure> {
    canon::name(&format!("refs/storyline/backup/{branch}/{}", short(old)))
}
