//! A proposed manifest as data.

use crate::evidence::Quiet;
use crate::render;

/// What a first manifest says, and what it need not say.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// What was found, one line a kind.
    pub(crate) found: Vec<String>,
    pub(crate) repository: Option<String>,
    pub(crate) branch: Option<String>,
    /// Constants worth stamping and their canonical values.
    pub(crate) constants: Vec<(String, String)>,
    /// Hosts of links, and how many links each has.
    pub(crate) hosts: Vec<(String, usize)>,
    /// Models of other projects that are named here; the project where it is known.
    pub(crate) uses: Vec<(Option<String>, Vec<String>)>,
    pub(crate) template: Template,
    pub(crate) environments: Vec<Environment>,
    /// Environments that are called like stages, in their usual order.
    pub(crate) stages: Vec<String>,
    /// The canonical connections.
    pub(crate) connections: Vec<String>,
    pub(crate) quiet: Vec<Quiet>,
    /// What is wrong with the project, so that no rule could be tried on it.
    pub(crate) broken: Option<String>,
    pub(crate) is_needed: bool,
}

/// What all developers have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    /// The pattern of their forks, and whether forks were seen.
    pub(crate) repository: Option<(String, bool)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) constants: Vec<Rule>,
    pub(crate) dbt: Option<DbtRule>,
}

/// The dbt target of every developer: a copy of one that is there.
#[derive(Clone, Debug)]
pub(crate) struct DbtRule {
    pub(crate) file: String,
    pub(crate) profile: String,
    pub(crate) like: String,
    /// A setting and its pattern.
    pub(crate) schema: Option<(String, String)>,
}

/// One line of the template.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) key: String,
    pub(crate) pattern: String,
    /// What it is for: a short comment.
    pub(crate) about: String,
    /// Whether it stands there as a line, not as a comment.
    pub(crate) is_live: bool,
}

/// An environment that something in the repository tells of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) is_developer: bool,
    pub(crate) user: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) branch: Option<String>,
    /// The dbt target that it uses, in the profile of the template.
    pub(crate) target: Option<String>,
}

impl Proposal {
    /// Whether anything in the project differs, or could, from one environment to the next.
    pub fn is_needed(&self) -> bool {
        self.is_needed
    }

    /// The text of `storyline.toml`: TOML that is read without an error, with comments.
    pub fn manifest(&self) -> String {
        render::manifest(self)
    }

    /// Names for which nothing has to be stamped, since something else does the work.
    pub fn quiet(&self) -> &[Quiet] {
        &self.quiet
    }

    /// The environments that it declares, stages first.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|e| e.name.as_str())
    }
}
