//! Where an environment's commits live: its repository and branches, as the canonical manifest says,
//! and their copies in the clone.

use storyline_manifest::Environment;
use storyline_repo::{ObjectId, RefName, Url};
use storyline_text::{Diagnostic, Visible};

use crate::canon::{self, Canon};
use crate::failure::{Failure, FailureKind};
use crate::project::MANIFEST;

/// The repository and branch that carry an environment. It may be the canonical repository, with a
/// branch for each environment.
pub(crate) struct Home<'c> {
    pub(crate) canon: &'c Canon,
    pub(crate) environment: &'c Environment,
    /// Its repository.
    pub(crate) url: Url,
    /// The branch that carries it; canonical's name in a repository of its own, unless said.
    pub(crate) branch: String,
}

impl<'c> Home<'c> {
    /// Finds the environment `name`.
    pub(crate) fn of(canon: &'c Canon, name: &str) -> Result<Self, Failure> {
        let environment = canon.manifest.environment(name)?;
        let url = match &environment.repository {
            Some(text) => canon::url(text)?,
            None => canon.url.clone(),
        };
        let branch = environment.branch.as_ref().unwrap_or(&canon.branch).clone();
        if canon::same_place(&url, &canon.url) && branch == canon.branch {
            let title = format!("environment `{name}` has no place of its own");
            let diagnostic = Diagnostic::error("environment-without-place", title)
                .help(format!(
                    "its commits would go to `{}` of {url}, which is the canonical branch",
                    Visible(branch.as_bytes())
                ))
                .help(format!(
                    "write where they belong in `{MANIFEST}` of the canonical branch: `repository = \"…\"` \
                     or `branch = \"…\"` of that environment"
                ));
            return Err(Failure {
                sources: canon.manifest_sources.clone(),
                ..Failure::new(FailureKind::Usage, diagnostic).unchanged()
            });
        }
        Ok(Self {
            canon,
            environment,
            url,
            branch,
        })
    }

    /// The branch on which the story `id` shows up there; `None` when stories do not.
    pub(crate) fn story_branch(&self, id: &str) -> Option<String> {
        let pattern = self.environment.story_branch.as_ref();
        pattern.map(|pattern| pattern.of(id))
    }

    /// Where a branch of it is kept in the clone.
    pub(crate) fn tracking_ref(&self, branch: &str) -> Result<RefName, Failure> {
        let environment = &self.environment.name;
        canon::name(&format!("refs/storyline/remote/{environment}/{branch}"))
    }

    /// Fetches a branch of it; `None` when it has none of this name.
    pub(crate) fn fetch(&self, branch: &str) -> Result<Option<ObjectId>, Failure> {
        let source = canon::branch_ref(branch)?;
        let wanted = [(source.clone(), self.tracking_ref(branch)?)];
        let canon = self.canon;
        let fetched = canon.git.fetch(&canon.repository, &self.url, &wanted)?;
        Ok(fetched.found.get(&source).copied())
    }
}
