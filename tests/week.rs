//! A developer's week, on real repositories behind real servers: how a team works with Storyline, from
//! the commit that adds a developer to the second story. `docs/week.md` tells the same.
//!
//! By SSH it runs when `STORYLINE_SSHD` names OpenSSH's server, which continuous integration (`CI` is set)
//! must have; with other people's history when `STORYLINE_HISTORY` names a repository.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::{env, fs};

use common::company::{Company, DEVELOPERS, Layout, Project, Way, named};
use common::team::{Clone, numbered};
use storyline_sandbox::servers::{Fault, HttpServer, Request, SshServer};

/// What somebody writes into the view of a story.
fn view(measure: &str) -> String {
    format!("view: returns {{\n  dimension: id {{}}\n\n  measure: {measure} {{}}\n}}\n")
}

const VIEW: &str = "views/returns.view.lkml";

/// The people of the company and what they have typed.
struct Week<'c> {
    company: &'c Company,
    /// She looks after the corporate repository, and lands what was reviewed.
    lead: Clone<'c>,
    /// A developer at her desk.
    ada: Clone<'c>,
    /// The same developer in Looker's IDE, in her environment `dev1`.
    ide: Clone<'c>,
    /// Somebody who only looks.
    auditor: Clone<'c>,
    session: String,
}

impl<'c> Week<'c> {
    fn new(company: &'c Company) -> Self {
        Self {
            lead: company.clone("lead"),
            ada: company.clone("ada"),
            ide: company.looker("dev1"),
            auditor: company.clone("auditor"),
            company,
            session: String::new(),
        }
    }

    /// Ada runs the program, which goes well, and the books are right afterwards.
    #[track_caller]
    fn storyline(&mut self, command: &str) {
        let args: Vec<_> = command.split(' ').collect();
        let told = self.ada.succeeds(&args);
        assert_eq!(told.stderr(), "", "{told}");
        self.session += &format!("$ storyline {command}\n{}\n", told.stdout());
        self.audit();
    }

    /// An environment is added, and that is one commit of the manifest.
    fn monday(&mut self) {
        let lead = &self.lead;
        lead.commit("storyline.toml", &self.company.manifest(), "A manifest");
        lead.git(&["push", "--quiet", "origin", "main"]);
        for developer in DEVELOPERS {
            let file = format!("environments/{developer}.toml");
            let entry = format!("template = \"developer\"\nuser     = \"{developer}\"\n");
            lead.commit(&file, &entry, &format!("Add {developer}"));
        }
        lead.git(&["push", "--quiet", "origin", "main"]);
        self.ada.git(&["pull", "--quiet"]);
        self.storyline("sync --all");
        self.storyline("story start ABC-12");
        self.storyline("sync dev1 --story ABC-12");
    }

    /// Ada works in Looker, on the story's branch and on her own.
    fn tuesday(&mut self) {
        let model = format!("{}_dev1.model.lkml", self.company.model);
        let (story, own) = (
            self.company.story_branch("dev1", "ABC-12"),
            self.company.dev_branch("dev1"),
        );
        let ide = &self.ide;
        ide.git(&["fetch", "--quiet", "origin"]);
        ide.git(&["switch", "--quiet", &story]);
        ide.commit(VIEW, &view("count"), "Count what comes back");
        ide.git(&["push", "--quiet", "origin", &story]);
        self.storyline("absorb dev1 --story ABC-12");

        let ide = &self.ide;
        ide.git(&["switch", "--quiet", "-c", &own]);
        let text = fs::read_to_string(ide.root.join(&model)).expect("it has the developer's name");
        ide.commit(
            &model,
            &format!("{text}\nexplore: returns {{}}\n"),
            "Show it",
        );
        ide.git(&["push", "--quiet", "origin", &own]);
        self.storyline(&format!("absorb dev1 {own} --story ABC-12"));
        self.storyline("sync dev1");
        // What Looker has is what was committed there, to the last byte.
        let ide = &self.ide;
        ide.git(&["fetch", "--quiet", "origin"]);
        assert_eq!(
            ide.git(&["rev-parse", &format!("origin/{story}")]),
            ide.git(&["rev-parse", "HEAD"])
        );
    }

    /// The story is handed in, and sent back: one commit is asked for, and another name.
    fn wednesday(&mut self) {
        self.storyline("story submit ABC-12");
        // Meanwhile somebody else's work lands.
        self.lead
            .commit("NOTICE.md", "Something else.\n", "Something else");
        self.lead.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Ada amends it in canonical form, where there is nothing to revert, reset or redo.
    fn thursday(&mut self) {
        let ada = &self.ada;
        ada.git(&["fetch", "--quiet"]);
        ada.git(&["switch", "--quiet", "story/ABC-12"]);
        ada.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
        ada.write(VIEW, &view("returned"));
        ada.git(&["commit", "--quiet", "--all", "-m", "Returns"]);
        ada.git(&["push", "--quiet", "--force-with-lease", "origin", "HEAD"]);
        self.storyline("sync dev1");
        self.storyline("story submit ABC-12");
    }

    /// It lands, as one commit, and the next one begins.
    fn friday(&mut self) {
        let lead = &self.lead;
        lead.git(&["fetch", "--quiet", "origin"]);
        lead.git(&["merge", "--quiet", "--squash", "origin/story/ABC-12"]);
        lead.git(&["commit", "--quiet", "-m", "Returns (#7)"]);
        lead.git(&["push", "--quiet", "origin", "main", ":story/ABC-12"]);
        self.storyline("sync --all");
        self.ada.git(&["switch", "--quiet", "main"]);
        self.ada.git(&["pull", "--quiet"]);
        self.storyline("story start ABC-13");
        self.storyline("sync dev1 --story ABC-13");
        let story = self.company.story_branch("dev1", "ABC-13");
        let ide = &self.ide;
        ide.git(&["fetch", "--quiet", "origin"]);
        ide.git(&["switch", "--quiet", &story]);
        ide.commit(VIEW, &view("sent_back"), "A better name");
        ide.git(&["push", "--quiet", "origin", &story]);
        self.storyline("absorb dev1 --story ABC-13");
        self.storyline("story submit ABC-13");
    }
}

/// The whole of it; returns the session.
fn week(layout: Layout, project: Project<'_>, serve: impl Fn(&Path) -> Way) -> String {
    let company = Company::new(layout, project, serve);
    let mut week = Week::new(&company);
    week.monday();
    week.tuesday();
    week.wednesday();
    week.thursday();
    week.friday();
    week.no_noise();
    week.nothing_is_lost();
    numbered(&company.without_server(&week.session))
}

/// What has to be true after every command.
impl Week<'_> {
    #[track_caller]
    fn audit(&self) {
        let auditor = &self.auditor;
        for (name, path) in self.company.repositories() {
            let refs = format!("+refs/*:refs/{name}/*");
            auditor.git(&["fetch", "--quiet", "--prune", &path, &refs]);
        }
        for branch in self.branches(&self.company.canonical_branches()) {
            assert_eq!(self.renames(&branch), "", "{branch}");
            assert_eq!(self.that_name("dev", &branch), "", "{branch}");
        }
        for developer in DEVELOPERS {
            let others = DEVELOPERS.iter().filter(|other| **other != developer);
            for branch in self.branches(&self.company.branches_of(developer)) {
                assert_eq!(self.renames(&branch), format!("Add {developer}"));
                for other in others.clone() {
                    assert_eq!(self.that_name(other, &branch), "", "{branch}");
                }
                let canonical = self.unstamped(developer, &branch);
                let of = ["for-each-ref", "--contains", &canonical, "refs/corporate"];
                assert_ne!(
                    auditor.git(&of),
                    "",
                    "{branch} is the corporate repository's"
                );
            }
        }
    }

    /// The refs below these, as the auditor has them.
    fn branches(&self, patterns: &[String]) -> Vec<String> {
        let patterns = patterns.iter().map(String::as_str);
        let args: Vec<_> = ["for-each-ref", "--format=%(refname)"]
            .into_iter()
            .chain(patterns)
            .collect();
        let refs = self.auditor.git(&args);
        refs.lines().map(Into::into).collect()
    }

    /// The commits of a branch, since there is a manifest, that rename models.
    fn renames(&self, branch: &str) -> String {
        self.log(
            branch,
            &["--no-renames", "--diff-filter=AD", "--", "*.model.lkml"],
        )
    }

    /// Those that write or remove a name of an environment.
    fn that_name(&self, name: &str, branch: &str) -> String {
        self.log(branch, &[&format!("-G{name}"), "--", "*.lkml", "*.lookml"])
    }

    fn log(&self, branch: &str, args: &[&str]) -> String {
        let range = format!("{}..{branch}", self.company.before);
        let log = ["log", "--format=%s", &range];
        self.auditor.git(&[&log[..], args].concat())
    }

    /// The canonical commit that a commit of an environment is the projection of.
    fn unstamped(&self, developer: &str, commit: &str) -> String {
        let told = self
            .auditor
            .succeeds(&["unstamp", developer, "--rev", commit]);
        told.stdout().trim().into()
    }

    /// Rename noise there is in the commit that adds a developer, and nowhere else.
    fn no_noise(&self) {
        let noise = |branch: &str| {
            let range = format!("{}..{branch}", self.company.before);
            let noise = ["noise", &range, "--format", "json"];
            let told = self.auditor.succeeds(&noise).json();
            (told["noise"]["commits"].as_u64(), told["mixed"].as_u64())
        };
        for branch in self.branches(&self.company.canonical_branches()) {
            assert_eq!(noise(&branch), (Some(0), Some(0)), "{branch}");
        }
        for developer in DEVELOPERS {
            for branch in self.branches(&self.company.branches_of(developer)) {
                assert_eq!(noise(&branch), (Some(0), Some(1)), "{branch}");
            }
        }
    }

    /// After a collection of garbage everything that anybody handed in or replaced is still there.
    fn nothing_is_lost(&self) {
        let team = &self.company.team;
        for (_, path) in self.company.repositories() {
            let folder = Path::new(&path);
            team.git(folder, &["reflog", "expire", "--expire=now", "--all"]);
            team.git(folder, &["gc", "--quiet", "--prune=now"]);
        }
        let show = ["story", "show", "ABC-12", "--format", "json"];
        let shown = self.auditor.succeeds(&show).json();
        assert_eq!(shown["state"], "landed");
        let revisions = shown["events"].as_array().expect("a list").iter();
        let commits = revisions.map(|revision| revision["commits"].as_array().expect("a list"));
        let commits: Vec<_> = commits.collect();
        assert_eq!(
            commits.iter().map(|held| held.len()).collect::<Vec<_>>(),
            [1, 2]
        );
        for commit in commits.into_iter().flatten() {
            let id = commit["id"].as_str().expect("a name");
            team.git(&team.canonical, &["cat-file", "-e", id]);
        }
        let backups = ["refs/*/storyline/backup/**".into()];
        assert_eq!(
            self.branches(&backups).len(),
            1,
            "the story was replaced once"
        );
    }
}

/// The commands of a page or session.
fn commands(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| line.starts_with("$ storyline "));
    let lines = lines.map(|line| line.split(" #").next().unwrap_or(line));
    lines.map(str::trim_end).collect()
}

fn by_http(folder: &Path) -> Way {
    Way::Http(HttpServer::start(folder).expect("a port"))
}

#[test]
fn forks_by_http() {
    forks(&week(Layout::Forks, Project::Shop, by_http));
}

#[test]
fn forks_by_ssh() {
    let Some(sshd) = named("STORYLINE_SSHD", "a week by SSH") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_SSHD is not set");
        return;
    };
    let by_ssh = |folder: &Path| {
        let keys = folder.join("sshd");
        fs::create_dir(&keys).expect("a new folder");
        Way::Ssh(SshServer::start(&sshd, &keys, folder).expect("keys and a port"))
    };
    forks(&week(Layout::Forks, Project::Shop, by_ssh));
}

/// It is the same whatever the way to the forks, and what the page says.
#[track_caller]
fn forks(session: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/week.md");
    let page = fs::read_to_string(page).expect("the page is there");
    assert_eq!(commands(&page), commands(session));
    insta::allow_duplicates! {
        insta::assert_snapshot!(session, @r#"
        $ storyline sync --all
        dev1 moved at [SERVER]/dev1.git:
          main  new at <1>, 4 commits
          1 commit as in canonical: the manifest does not know the environment (<2>)
          1 commit as in canonical: there is no manifest (<3>)
        dev2 moved at [SERVER]/dev2.git:
          main  new at <4>, 4 commits
          2 commits as in canonical: the manifest does not know the environment (<5>, <2>)
          1 commit as in canonical: there is no manifest (<3>)
        2 environments: 2 moved

        $ storyline story start ABC-12
        started ABC-12: branch story/ABC-12 at <6>, here and at [SERVER]/corporate.git
        next: `git switch story/ABC-12`, commit, `storyline story submit ABC-12`

        $ storyline sync dev1 --story ABC-12
        dev1 moved at [SERVER]/dev1.git:
          story/ABC-12  new at <1>, 0 commits

        $ storyline absorb dev1 --story ABC-12
        absorbed 1 commit of `story/ABC-12` of [SERVER]/dev1.git into story ABC-12
          story/ABC-12 <6>..<7>
          <8> -> <7> looker-dev1, Count what comes back
        next: `storyline story submit ABC-12`

        $ storyline absorb dev1 dev-dev1-x1y2 --story ABC-12
        absorbed 1 commit of `dev-dev1-x1y2` of [SERVER]/dev1.git into story ABC-12
          story/ABC-12 <7>..<9>
          <10> -> <9> looker-dev1, Show it
        next: `storyline story submit ABC-12`

        $ storyline sync dev1
        dev1 moved at [SERVER]/dev1.git:
          story/ABC-12  <8>..<10>, 1 commit

        $ storyline story submit ABC-12
        submitted ABC-12: revision <11>
          base <6>
          tip  <9>
          2 commits, 2 files

        $ storyline sync dev1
        dev1 moved at [SERVER]/dev1.git:
          main  <1>..<12>, 1 commit
          story/ABC-12  <10>...<13>, replaced, 1 commit
            what it held besides is kept there as refs/storyline/backup/story/ABC-12/<10>

        $ storyline story submit ABC-12
        submitted ABC-12: revision <14>
          base <6>
          tip  <15>
          1 commit, 2 files

        $ storyline sync --all
        dev1 moved at [SERVER]/dev1.git:
          main  <12>..<16>, 1 commit
        dev2 moved at [SERVER]/dev2.git:
          main  <4>..<17>, 2 commits
        2 environments: 2 moved

        $ storyline story start ABC-13
        started ABC-13: branch story/ABC-13 at <18>, here and at [SERVER]/corporate.git
        next: `git switch story/ABC-13`, commit, `storyline story submit ABC-13`

        $ storyline sync dev1 --story ABC-13
        dev1 moved at [SERVER]/dev1.git:
          story/ABC-13  new at <16>, 0 commits

        $ storyline absorb dev1 --story ABC-13
        absorbed 1 commit of `story/ABC-13` of [SERVER]/dev1.git into story ABC-13
          story/ABC-13 <18>..<19>
          <20> -> <19> looker-dev1, A better name
        next: `storyline story submit ABC-13`

        $ storyline story submit ABC-13
        submitted ABC-13: revision <21>
          base <18>
          tip  <19>
          1 commit, 1 file
        "#);
    }
}

#[test]
fn branches_of_one_repository() {
    let session = week(Layout::Branches, Project::Shop, by_http);
    insta::assert_snapshot!(session, @r#"
    $ storyline sync --all
    dev1 moved at [SERVER]/corporate.git:
      env/dev1  new at <1>, 4 commits
      1 commit as in canonical: the manifest does not know the environment (<2>)
      1 commit as in canonical: there is no manifest (<3>)
    dev2 moved at [SERVER]/corporate.git:
      env/dev2  new at <4>, 4 commits
      2 commits as in canonical: the manifest does not know the environment (<5>, <2>)
      1 commit as in canonical: there is no manifest (<3>)
    2 environments: 2 moved

    $ storyline story start ABC-12
    started ABC-12: branch story/ABC-12 at <6>, here and at [SERVER]/corporate.git
    next: `git switch story/ABC-12`, commit, `storyline story submit ABC-12`

    $ storyline sync dev1 --story ABC-12
    dev1 moved at [SERVER]/corporate.git:
      env-story/dev1/ABC-12  new at <1>, 0 commits

    $ storyline absorb dev1 --story ABC-12
    absorbed 1 commit of `env-story/dev1/ABC-12` of [SERVER]/corporate.git into story ABC-12
      story/ABC-12 <6>..<7>
      <8> -> <7> looker-dev1, Count what comes back
    next: `storyline story submit ABC-12`

    $ storyline absorb dev1 dev-dev1-x1y2 --story ABC-12
    absorbed 1 commit of `dev-dev1-x1y2` of [SERVER]/corporate.git into story ABC-12
      story/ABC-12 <7>..<9>
      <10> -> <9> looker-dev1, Show it
    next: `storyline story submit ABC-12`

    $ storyline sync dev1
    dev1 moved at [SERVER]/corporate.git:
      env-story/dev1/ABC-12  <8>..<10>, 1 commit

    $ storyline story submit ABC-12
    submitted ABC-12: revision <11>
      base <6>
      tip  <9>
      2 commits, 2 files

    $ storyline sync dev1
    dev1 moved at [SERVER]/corporate.git:
      env/dev1  <1>..<12>, 1 commit
      env-story/dev1/ABC-12  <10>...<13>, replaced, 1 commit
        what it held besides is kept there as refs/storyline/backup/env-story/dev1/ABC-12/<10>

    $ storyline story submit ABC-12
    submitted ABC-12: revision <14>
      base <6>
      tip  <15>
      1 commit, 2 files

    $ storyline sync --all
    dev1 moved at [SERVER]/corporate.git:
      env/dev1  <12>..<16>, 1 commit
    dev2 moved at [SERVER]/corporate.git:
      env/dev2  <4>..<17>, 2 commits
    2 environments: 2 moved

    $ storyline story start ABC-13
    started ABC-13: branch story/ABC-13 at <18>, here and at [SERVER]/corporate.git
    next: `git switch story/ABC-13`, commit, `storyline story submit ABC-13`

    $ storyline sync dev1 --story ABC-13
    dev1 moved at [SERVER]/corporate.git:
      env-story/dev1/ABC-13  new at <16>, 0 commits

    $ storyline absorb dev1 --story ABC-13
    absorbed 1 commit of `env-story/dev1/ABC-13` of [SERVER]/corporate.git into story ABC-13
      story/ABC-13 <18>..<19>
      <20> -> <19> looker-dev1, A better name
    next: `storyline story submit ABC-13`

    $ storyline story submit ABC-13
    submitted ABC-13: revision <21>
      base <18>
      tip  <19>
      1 commit, 1 file
    "#);
}

/// Whatever the network does in between, running the command again does it.
#[test]
fn with_a_bad_line() {
    let company = Company::new(Layout::Forks, Project::Shop, by_http);
    let mut week = Week::new(&company);
    week.monday();
    let branch = company.story_branch("dev1", "ABC-12");
    week.ide.git(&["fetch", "--quiet", "origin"]);
    week.ide.git(&["switch", "--quiet", &branch]);
    let requests = [
        Request::Read,
        Request::Fetch,
        Request::Prepare,
        Request::Push,
    ];
    for request in requests {
        for (number, fault) in [|| Fault::Lost, || Fault::Status(503), || Fault::Cut(9)]
            .into_iter()
            .enumerate()
        {
            let measure = format!("{request:?}_{number}");
            week.ide.commit(VIEW, &view(&measure), &measure);
            week.ide.git(&["push", "--quiet", "origin", &branch]);
            for command in [
                "absorb dev1 --story ABC-12",
                "story submit ABC-12",
                "sync dev1",
            ] {
                company.fail(request, fault());
                let args: Vec<_> = command.split(' ').collect();
                let told = week.ada.run(&args);
                let is_named =
                    told.stderr().starts_with("error[") && told.stderr().contains("help: ");
                assert!(told.code() == Some(0) || is_named, "{measure}: {told}");
                // A fault that found no request so far waits for the next command.
                if told.code() == Some(0) {
                    week.ada.run(&args);
                }
                week.ada.succeeds(&args);
            }
        }
    }
    week.audit();
}

#[test]
fn with_a_history_of_others() {
    let Some(history) = named("STORYLINE_HISTORY", "a week on a long history") else {
        return;
    };
    week(Layout::Forks, Project::Of(Path::new(&history)), by_http);
}
