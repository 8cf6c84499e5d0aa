//! Where an environment lives in Git, as canonical's manifest says, and whether it can live there.

use std::collections::HashMap;

use storyline_manifest::{Environment, Manifest, StoryBranch};
use storyline_repo::Url;
use storyline_text::{Diagnostic, Visible};

use crate::canon::{self, same_place};
use crate::failure::{Failure, usage};

/// Where the canonical branch is.
pub(crate) struct Canonical {
    pub(crate) url: Url,
    pub(crate) branch: String,
}

/// Which environments live at one place, made once however many ask.
pub(crate) struct Tenants {
    /// By their names, as the manifest has them.
    at: HashMap<(Option<String>, Place), Vec<String>>,
}

/// What an environment has in its repository for itself.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    /// The branch that carries canonical.
    Branch(String),
    /// Where the story `ID` would show up.
    Story(String),
}

impl Tenants {
    pub(crate) fn of(manifest: &Manifest, canonical: &Canonical) -> Self {
        let mut at: HashMap<_, Vec<String>> = HashMap::new();
        for environment in manifest.environments() {
            for place in places(environment, canonical) {
                at.entry(place).or_default().push(environment.name.clone());
            }
        }
        Self { at }
    }

    /// The first other environment that is at a place of this one's.
    fn beside(&self, environment: &Environment, canonical: &Canonical) -> Option<&str> {
        let others = places(environment, canonical).filter_map(|place| {
            let mut tenants = self.at.get(&place).into_iter().flatten();
            tenants.find(|name| **name != environment.name)
        });
        others.min().map(String::as_str)
    }
}

fn places(
    environment: &Environment,
    canonical: &Canonical,
) -> impl Iterator<Item = (Option<String>, Place)> {
    let branch = environment.branch.as_ref().unwrap_or(&canonical.branch);
    let branch = Place::Branch(branch.clone());
    let stories = environment.story_branch.as_ref();
    let stories = stories.map(|stories| Place::Story(stories.of("ID")));
    let repository = environment.repository.clone();
    let places = std::iter::once(branch).chain(stories);
    places.map(move |place| (repository.clone(), place))
}

/// Where an environment lives.
#[derive(Debug)]
pub(crate) struct Home {
    /// Its repository.
    pub(crate) url: Url,
    /// The branch that carries canonical.
    pub(crate) branch: String,
    /// Where stories show up, if they do.
    pub(crate) stories: Option<StoryBranch>,
}

/// Why `sync` leaves an environment alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It is a stage that stories are promoted to.
    ReceivesStories,
    /// It has neither a repository nor a branch of its own.
    LivesNowhere,
}

/// Whether an environment is a stage that stories are promoted to.
pub(crate) fn receives_stories(manifest: &Manifest, environment: &Environment) -> bool {
    let mut stages = manifest.pipeline.iter().flatten();
    !environment.follows_canonical && stages.any(|stage| *stage == environment.name)
}

impl Skip {
    /// Whether it is for others to look after `environment`.
    pub(crate) fn of(manifest: &Manifest, environment: &Environment) -> Option<Self> {
        if receives_stories(manifest, environment) {
            Some(Self::ReceivesStories)
        } else if environment.repository.is_none() && environment.branch.is_none() {
            Some(Self::LivesNowhere)
        } else {
            None
        }
    }

    /// A word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ReceivesStories => "stage-receives-stories",
            Self::LivesNowhere => "environment-lives-nowhere",
        }
    }

    /// The same for people.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::ReceivesStories => "it is a stage that receives stories",
            Self::LivesNowhere => "it has neither a repository nor a branch of its own",
        }
    }

    /// What is told when somebody asks for this environment.
    pub(crate) fn failure(self, environment: &Environment) -> Failure {
        let title = format!("`{}` is not synced: {}", environment.name, self.reason());
        let diagnostic = Diagnostic::error(self.word(), title);
        let diagnostic = diagnostic.label(environment.place.label("declared here"));
        usage(match self {
            Self::ReceivesStories => diagnostic
                .help(format!("`storyline promote` brings a story to `{}`", environment.name))
                .help("a stage that shall be kept at the canonical branch says `follows = \"canonical\"`"),
            Self::LivesNowhere => diagnostic
                .help("write `repository = \"…\"`, or `branch = \"…\"` for a branch of the canonical repository"),
        })
    }
}

impl Home {
    /// Where `environment` lives, if nobody else lives there.
    pub(crate) fn of(
        manifest: &Manifest,
        environment: &Environment,
        canonical: &Canonical,
        tenants: &Tenants,
    ) -> Result<Self, Failure> {
        let url = match &environment.repository {
            Some(text) => canon::url(text)?,
            None => canonical.url.clone(),
        };
        let home = Self {
            branch: environment
                .branch
                .clone()
                .unwrap_or_else(|| canonical.branch.clone()),
            stories: environment.story_branch.clone(),
            url,
        };
        home.refuse_canonical(manifest, environment, canonical)?;
        Self::refuse_shared(manifest, environment, canonical, tenants)?;
        Ok(home)
    }

    /// In the canonical repository, canonical's own branches are not an environment's.
    fn refuse_canonical(
        &self,
        manifest: &Manifest,
        environment: &Environment,
        canonical: &Canonical,
    ) -> Result<(), Failure> {
        if !same_place(&self.url, &canonical.url) {
            return Ok(());
        }
        let name = &environment.name;
        let refuse = |branch: &str, help: String| {
            let shown = Visible(branch.as_bytes());
            let title = format!(
                "`{name}` lives in the canonical repository, and `{shown}` is canonical's own branch there"
            );
            let diagnostic = Diagnostic::error("branch-is-canonical", title);
            let diagnostic = diagnostic.label(environment.place.label("declared here"));
            Err(usage(diagnostic.help(help)))
        };
        let is_story = manifest.story_branch.id_in(&self.branch).is_some();
        if self.branch == canonical.branch || is_story {
            let help = format!("give it one of its own, as in `branch = \"env/{name}\"`");
            return refuse(&self.branch, help);
        }
        let Some(stories) = &self.stories else {
            return Ok(());
        };
        let sample = stories.of("ID");
        if sample == canonical.branch || manifest.story_branch.id_in(&sample).is_some() {
            let help =
                format!("give it one of its own, as in `story_branch = \"env-{name}/{{id}}\"`");
            return refuse(&sample, help);
        }
        Ok(())
    }

    /// Two environments with one branch would undo each other's work.
    fn refuse_shared(
        manifest: &Manifest,
        environment: &Environment,
        canonical: &Canonical,
        tenants: &Tenants,
    ) -> Result<(), Failure> {
        let Some(other) = tenants.beside(environment, canonical) else {
            return Ok(());
        };
        let other = manifest.environment(other)?;
        let title = format!(
            "`{}` and `{}` have one branch in one repository",
            environment.name, other.name
        );
        let diagnostic = Diagnostic::error("branch-shared", title)
            .label(environment.place.label("this environment"))
            .label(other.place.label("and this one"))
            .help("give each a `repository`, or a `branch` and a `story_branch`, of its own: `{env}` stands for its name");
        Err(usage(diagnostic))
    }
}
