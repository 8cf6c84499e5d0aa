//! The manifest as the rest of the program sees it: checked, filled in, by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use storyline_text::RelPath;

use crate::dbt::DbtTarget;
use crate::error::{ManifestErrors, Place, UnknownEnvironment, nearest};
use crate::file::{Deploy, Phase};
use crate::names::Names;
use crate::pattern::{Pattern, Variable};
use crate::policy::StagePolicy;
use crate::site::DeclaredSite;
use crate::{policy, read};

/// What a project says about its environments.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The rules edition whose output is to be made.
    pub rules: u32,
    /// The form that people share.
    pub canonical: Canonical,
    /// The branch of a story in the canonical repository; `story/{id}` unless said.
    pub story_branch: StoryBranch,
    /// Stages in order; those in one group stand side by side. Each is an environment's name.
    pub pipeline: Vec<Vec<String>>,
    /// What a promotion to a stage runs, by stage, in the order of phases and waves.
    pub steps: BTreeMap<String, Vec<Step>>,
    pub(crate) policies: BTreeMap<String, StagePolicy>,
    /// Other repositories that a story may span, by name.
    pub repositories: BTreeMap<String, Repository>,
    /// Places in files of other languages where names stand.
    pub sites: Vec<Arc<DeclaredSite>>,
    pub(crate) environments: BTreeMap<String, Environment>,
    pub(crate) uses: BTreeMap<String, Vec<String>>,
    pub(crate) hosts: BTreeSet<String>,
}

impl Manifest {
    /// Reads `storyline.toml` and any `environments/NAME.toml` among `files`; others are passed
    /// over ([`is_manifest_file`] tells them apart).
    ///
    /// # Errors
    /// Everything that is wrong. A file that is no TOML, or holds values of the wrong type, hides
    /// what only a look at the whole could find.
    pub fn parse<B: AsRef<[u8]>>(files: &[(RelPath, B)]) -> Result<Self, ManifestErrors> {
        read::read(files)
    }

    /// The environment of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn environment(&self, name: &str) -> Result<&Environment, UnknownEnvironment> {
        self.environments.get(name).ok_or_else(|| {
            let known = || self.environments.keys().map(String::as_str);
            UnknownEnvironment {
                name: name.into(),
                nearest: nearest(name, known()).map(Into::into),
                known: known().map(Into::into).collect(),
            }
        })
    }

    /// What a stage asks of stories; what all ask of which nothing is said, for any other name.
    pub fn policy(&self, stage: &str) -> &StagePolicy {
        self.policies.get(stage).unwrap_or(&policy::DEFAULT)
    }

    /// All environments, by name.
    pub fn environments(&self) -> impl Iterator<Item = &Environment> {
        self.environments.values()
    }

    /// Other projects whose models are stamped by the same names: canonical project name and the
    /// canonical names of its models. The project's name counts as own too.
    pub fn uses(&self) -> &BTreeMap<String, Vec<String>> {
        &self.uses
    }

    /// Every host by which Looker is known: lower case, without scheme and port.
    pub fn hosts(&self) -> &BTreeSet<String> {
        &self.hosts
    }
}

/// Whether a path of a project's tree belongs to the manifest.
pub fn is_manifest_file(path: &RelPath) -> bool {
    path.as_bytes() == read::MAIN || read::environment_of(path).is_some()
}

/// The form that people share, and where it lives.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    /// The corporate repository.
    pub repository: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// Where Looker serves it, if it does.
    pub looker: Option<Looker>,
    /// Canonical values of constants, by name.
    pub constants: BTreeMap<String, String>,
    /// Canonical values of dbt variables, by name.
    pub vars: BTreeMap<String, String>,
}

/// A named set of names, and where it lives.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Where the manifest declares it.
    pub place: Place,
    /// What `{user}` stands for.
    pub user: Option<String>,
    /// Its repository; the canonical one unless said.
    pub repository: Option<String>,
    /// The branch that carries it.
    pub branch: Option<String>,
    /// Where a story shows up in its repository.
    pub story_branch: Option<StoryBranch>,
    /// Whether it is kept at the canonical branch instead of receiving stories.
    pub follows_canonical: bool,
    /// Where Looker serves it.
    pub looker: Option<Looker>,
    pub(crate) names: Names,
    pub(crate) dbt: Option<DbtTarget>,
}

impl Environment {
    /// What things are called there.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The target of a `profiles.yml` that dbt uses there.
    pub fn dbt(&self) -> Option<&DbtTarget> {
        self.dbt.as_ref()
    }
}

/// The pattern of branches for stories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryBranch(pub(crate) Pattern);

impl Default for StoryBranch {
    fn default() -> Self {
        let pattern = Pattern::parse("story/{id}", &[Variable::Id]);
        Self(pattern.expect("a plain pattern"))
    }
}

impl StoryBranch {
    /// The branch of the story `id`.
    pub fn of(&self, id: &str) -> String {
        self.0.bind(|v| (v == Variable::Id).then_some(id)).text()
    }

    /// The story whose branch it is, as far as the branch tells: a pattern that changes the id's letters
    /// gives the changed ones back. `None` when it is no story's.
    pub fn id_in<'b>(&self, branch: &'b str) -> Option<&'b str> {
        let (before, after) = self.0.around(Variable::Id);
        let id = branch.strip_prefix(&*before)?.strip_suffix(&*after)?;
        (!id.is_empty() && self.of(id) == branch).then_some(id)
    }
}

/// A Looker project on an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looker {
    /// The instance, as in a browser.
    pub url: Option<String>,
    /// The project's name there.
    pub project: Option<String>,
    /// What the instance is told to deploy; its production branch unless said.
    pub deploy: Option<Deploy>,
}

/// One program that a promotion runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, once a stage.
    pub name: String,
    /// When it runs.
    pub phase: Phase,
    /// Order within the phase, lower first.
    pub wave: i32,
    /// The program and its arguments; never empty.
    pub run: Vec<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Where the manifest declares it.
    pub place: Place,
}

/// Another repository that a story may span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its URL.
    pub url: String,
    /// Repositories with a lower number are promoted first.
    pub order: i32,
}
