//! A company as it is set up for a developer's week: a corporate repository and the developers'
//! environments, on a server.

use std::path::{Path, PathBuf};
use std::{env, fs};

use storyline_sandbox::PROJECTS;
use storyline_sandbox::servers::{Fault, HttpServer, Request, SshServer};

use super::team::{Clone, Team};

/// The corporate repository's path on the server.
const CORPORATE: &str = "corporate.git";

/// Who has an environment.
pub(crate) const DEVELOPERS: [&str; 2] = ["dev1", "dev2"];

/// Where environments live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Each in a fork of its own.
    Forks,
    /// Each on branches of the corporate repository.
    Branches,
}

/// How repositories are reached.
pub(crate) enum Way {
    Http(HttpServer),
    Ssh(SshServer),
}

/// What the corporate repository holds before there is a manifest.
#[derive(Clone, Copy)]
pub(crate) enum Project<'p> {
    /// One commit with the sample company's shop.
    Shop,
    /// The main branch of this repository with its history.
    Of(&'p Path),
}

/// The company.
pub(crate) struct Company {
    pub(crate) team: Team,
    layout: Layout,
    way: Way,
    /// The model file that stories change, without `.model.lkml`.
    pub(crate) model: String,
    /// The newest commit before there was a manifest.
    pub(crate) before: String,
}

impl Company {
    /// With empty forks. `serve` starts the server for a folder of repositories.
    pub(crate) fn new(layout: Layout, project: Project<'_>, serve: impl Fn(&Path) -> Way) -> Self {
        let team = Team::without_commits(CORPORATE);
        let way = serve(&team.top);
        if layout == Layout::Forks {
            for developer in DEVELOPERS {
                team.init(&format!("{developer}.git"));
            }
        }
        let (model, before) = match project {
            Project::Shop => shop(&team),
            Project::Of(history) => history_of(&team, history),
        };
        Self {
            team,
            layout,
            way,
            model,
            before,
        }
    }

    /// The address of a repository of the server.
    fn url(&self, repository: &str) -> String {
        match &self.way {
            Way::Http(server) => server.url(repository),
            Way::Ssh(server) => server.url(repository),
        }
    }

    /// Has the next request of this kind go wrong, of those by HTTP.
    pub(crate) fn fail(&self, request: Request, fault: Fault) {
        if let Way::Http(server) = &self.way {
            server.fail(request, fault);
        }
    }

    /// What is printed, the same on every port.
    pub(crate) fn without_server(&self, text: &str) -> String {
        text.replace(self.url("").trim_end_matches('/'), "[SERVER]")
    }

    /// Somebody's clone of the corporate repository.
    pub(crate) fn clone(&self, name: &str) -> Clone<'_> {
        self.clone_of(CORPORATE, name)
    }

    /// A clone of where an environment lives: what Looker has of it.
    pub(crate) fn looker(&self, developer: &str) -> Clone<'_> {
        let repository = self.repository(developer);
        self.clone_of(&repository, &format!("looker-{developer}"))
    }

    fn clone_of(&self, repository: &str, name: &str) -> Clone<'_> {
        let clone = self.team.clone_of(&self.path(repository), name);
        let set = |args: &[&str]| clone.git(&[&["config", "--global"], args].concat());
        set(&["storyline.protocols", "http"]);
        if let Way::Ssh(server) = &self.way {
            set(&["core.sshCommand", &server.command()]);
        }
        clone.git(&["remote", "set-url", "origin", &self.url(repository)]);
        clone
    }

    /// Where the server has a repository.
    fn path(&self, repository: &str) -> String {
        let path = self.team.top.join(repository);
        path.to_str().expect("a plain path").into()
    }

    fn repository(&self, developer: &str) -> String {
        match self.layout {
            Layout::Forks => format!("{developer}.git"),
            Layout::Branches => CORPORATE.into(),
        }
    }

    /// The branch that carries an environment.
    pub(crate) fn branch(&self, developer: &str) -> String {
        match self.layout {
            Layout::Forks => "main".into(),
            Layout::Branches => format!("env/{developer}"),
        }
    }

    /// The branch on which an environment shows a story.
    pub(crate) fn story_branch(&self, developer: &str, id: &str) -> String {
        match self.layout {
            Layout::Forks => format!("story/{id}"),
            Layout::Branches => format!("env-story/{developer}/{id}"),
        }
    }

    /// A branch of a developer's in Looker.
    pub(crate) fn dev_branch(&self, developer: &str) -> String {
        format!("dev-{developer}-x1y2")
    }

    /// All repositories: a name, and the path.
    pub(crate) fn repositories(&self) -> Vec<(&'static str, String)> {
        let forks = match self.layout {
            Layout::Forks => &DEVELOPERS[..],
            Layout::Branches => &[],
        };
        let forks = forks.iter().map(|name| (*name, format!("{name}.git")));
        let all = [("corporate", CORPORATE.into())].into_iter().chain(forks);
        all.map(|(name, file)| (name, self.path(&file))).collect()
    }

    /// Where to find the canonical branches, when each repository's refs are below its name.
    pub(crate) fn canonical_branches(&self) -> [String; 2] {
        ["main", "story/"].map(|branch| format!("refs/corporate/heads/{branch}"))
    }

    /// Where to find an environment's.
    pub(crate) fn branches_of(&self, developer: &str) -> Vec<String> {
        match self.layout {
            Layout::Forks => vec![format!("refs/{developer}/heads/")],
            Layout::Branches => {
                let own = self.dev_branch(developer);
                let branches = [
                    self.branch(developer),
                    self.story_branch(developer, ""),
                    own,
                ];
                let refs = branches.map(|branch| format!("refs/corporate/heads/{branch}"));
                refs.into()
            }
        }
    }

    /// The manifest before anybody has an environment.
    pub(crate) fn manifest(&self) -> String {
        let home = match self.layout {
            Layout::Forks => format!(
                "repository   = \"{}\"\nstory_branch = \"story/{{id}}\"",
                self.url("{user}.git")
            ),
            Layout::Branches => {
                "branch       = \"env/{env}\"\nstory_branch = \"env-story/{env}/{id}\"".into()
            }
        };
        format!(
            "[storyline]\nrules = 1\n\n\
             [canonical]\nrepository = \"{}\"\nbranch     = \"main\"\n\n\
             [template.developer]\n{home}\n\
             connections  = \"{{name}}_{{env:snake}}\"\n\
             models       = \"{{name}}_{{env:snake}}\"\n\
             projects     = \"{{name}}-{{env}}\"\n\
             labels       = \"{{name}} ({{env}})\"\n",
            self.url(CORPORATE)
        )
    }
}

/// One commit with the sample company's shop.
fn shop(team: &Team) -> (String, String) {
    let founder = team.clone("founder");
    let shop = PROJECTS.iter().find(|project| project.name == "shop");
    let folder = team.top.join("shop");
    shop.expect("it is one of them")
        .build(&folder)
        .expect("a new folder");
    fs::remove_file(folder.join("storyline.toml")).expect("it has one");
    let tree = folder.to_str().expect("a plain path");
    founder.git(&["--work-tree", tree, "add", "--all"]);
    founder.git(&["commit", "--quiet", "-m", "The shop"]);
    founder.git(&["push", "--quiet", "origin", "main"]);
    let before = founder.git(&["rev-parse", "main"]);
    ("models/orders".into(), before)
}

/// The main branch of some repository.
fn history_of(team: &Team, history: &Path) -> (String, String) {
    let history = history.to_str().expect("a plain path");
    let fetch = ["fetch", "--quiet", history, "HEAD:main"];
    team.git(&team.canonical, &fetch);
    let files = team.git(&team.canonical, &["ls-tree", "-r", "--name-only", "main"]);
    let model = files
        .lines()
        .find_map(|file| file.strip_suffix(".model.lkml"));
    let before = team.git(&team.canonical, &["rev-parse", "main"]);
    (model.expect("it has a model").into(), before)
}

/// OpenSSH's server or a repository that a variable names, or a line that says that `what` is skipped.
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
pub(crate) fn named(variable: &str, what: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        println!("skipped: {what}: {variable} is not set");
    }
    found
}
