//! `storyline promote`, on real repositories: a canonical one, and one for each of two stages.
#![cfg(unix)]

mod absent;
mod branches;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod forced;
mod lands;
mod manifest;
mod moved;
mod names;
mod plans;
mod preflight;
mod taken_off;

use std::path::PathBuf;

use common::team::{Clone, Team, Told, VIEW, view};

/// The stages that stories are promoted to.
const STAGES: [&str; 2] = ["acceptance", "production"];

/// What the canonical project holds beside its manifest.
const FILES: [(&str, &str); 3] = [
    (
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*.view.lkml\"\nexplore: orders {}\n",
    ),
    (
        "views/users.view.lkml",
        "view: users {\n  dimension: id {}\n}\n",
    ),
    (
        "board.dashboard.lookml",
        "- dashboard: board\n  title: Board\n  elements:\n  - name: a\n    model: shop\n    explore: orders\n    \
         type: single_value\n    fields: [orders.count]\n",
    ),
];

/// A canonical repository, and stages that have its files.
pub(crate) struct Pipeline {
    pub(crate) team: Team,
}

impl Pipeline {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With more in the manifest.
    pub(crate) fn with(more: &str) -> Self {
        let pipeline = Self {
            team: Team::without_commits("canonical.git"),
        };
        let team = &pipeline.team;
        let lead = team.clone("lead");
        lead.write("storyline.toml", &pipeline.manifest(more));
        lead.write(VIEW, &view("orders", "count"));
        for (path, text) in FILES {
            lead.write(path, text);
        }
        lead.git(&["add", "."]);
        lead.git(&["commit", "--quiet", "-m", "The shop"]);
        lead.git(&["push", "--quiet", "origin", "main"]);
        for stage in STAGES {
            team.init(&format!("{stage}.git"));
            let told = lead.succeeds(&["stamp", stage, "--rev", "HEAD"]);
            let push = format!("{}:refs/heads/main", told.stdout().trim());
            lead.git(&["push", "--quiet", &pipeline.url(stage), &push]);
        }
        pipeline
    }

    /// The manifest with `more` behind it.
    pub(crate) fn manifest(&self, more: &str) -> String {
        let environments = STAGES.map(|stage| {
            let url = self.url(stage);
            format!(
                "[environment.{stage}]\nrepository = \"{url}\"\nmodels = \"{{name}}_{stage}\"\n\
                 connections = \"{{name}}_{stage}\"\n\n"
            )
        });
        format!(
            "[canonical]\nrepository = \"{}\"\nbranch = \"main\"\n\n\
             [environment.integration]\nbranch = \"env/integration\"\nfollows = \"canonical\"\n\n{}\
             [pipeline]\nstages = [\"integration\", \"acceptance\", \"production\"]\n{more}",
            self.team.url(),
            environments.concat()
        )
    }

    /// A stage's repository.
    pub(crate) fn repository(&self, stage: &str) -> PathBuf {
        self.team.top.join(format!("{stage}.git"))
    }

    pub(crate) fn url(&self, stage: &str) -> String {
        self.repository(stage).display().to_string()
    }

    /// Runs git in a stage's repository.
    #[track_caller]
    pub(crate) fn git(&self, stage: &str, args: &[&str]) -> String {
        self.team.git(&self.repository(stage), args)
    }

    /// Where a stage's branch stands.
    pub(crate) fn tip(&self, stage: &str) -> String {
        self.git(stage, &["rev-parse", "main"])
    }

    /// All refs of all remotes.
    pub(crate) fn refs(&self) -> String {
        let all = ["for-each-ref", "--format=%(objectname) %(refname)"];
        let stages = STAGES.map(|stage| format!("{stage}\n{}\n", self.git(stage, &all)));
        format!("{}\n{}", self.team.refs(), stages.concat())
    }

    /// What landed on a stage, oldest first.
    pub(crate) fn landed(&self, stage: &str) -> String {
        self.git(stage, &["log", "--reverse", "--format=%s", "main"])
    }

    /// A clone of a stage's repository, of somebody who works there by plain Git.
    pub(crate) fn on(&self, stage: &str, name: &str) -> Clone<'_> {
        self.team.clone_of(&self.url(stage), name)
    }

    /// Checks that the program refuses, and that no ref of any remote moved.
    #[track_caller]
    pub(crate) fn refused(&self, clone: &Clone<'_>, args: &[&str]) -> Told {
        let before = self.refs();
        let told = clone.refused(args);
        assert_eq!(self.refs(), before, "{told}");
        told
    }
}

/// Hands in a story that makes of files what they are here, and takes those away that are empty.
#[track_caller]
pub(crate) fn story(clone: &Clone<'_>, id: &str, files: &[(&str, &str)]) {
    clone.start(id);
    again(clone, id, files);
}

/// Goes on with a story, whose branch is checked out, and hands it in.
#[track_caller]
pub(crate) fn again(clone: &Clone<'_>, id: &str, files: &[(&str, &str)]) {
    clone.git(&["switch", "--quiet", &format!("story/{id}")]);
    for (path, text) in files {
        match text.is_empty() {
            true => {
                clone.git(&["rm", "--quiet", path]);
            }
            false => {
                clone.write(path, text);
                clone.git(&["add", path]);
            }
        }
    }
    clone.git(&["commit", "--quiet", "-m", &format!("Work on {id}")]);
    clone.succeeds(&["story", "submit", id]);
    clone.git(&["switch", "--quiet", "main"]);
}

/// Lands a story on canonical, as a merge of its own.
pub(crate) fn merge(clone: &Clone<'_>, id: &str) {
    clone.git(&["fetch", "--quiet", "origin"]);
    clone.git(&["switch", "--quiet", "main"]);
    clone.git(&["merge", "--quiet", "--ff-only", "origin/main"]);
    clone.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        &format!("Merge {id}"),
        &format!("story/{id}"),
    ]);
    clone.git(&["push", "--quiet", "origin", "main"]);
}

/// The revision of a story that was handed in last.
pub(crate) fn revision(clone: &Clone<'_>, id: &str) -> String {
    let shown = clone
        .succeeds(&["story", "show", id, "--format", "json"])
        .json();
    let events = shown["events"].as_array().expect("a list").clone();
    let last = events
        .iter()
        .rev()
        .find_map(|event| event["revision"].as_str());
    last.expect("it was handed in").into()
}

/// Types what a message says under `help`, which is the only command of this program or of git in it.
#[track_caller]
pub(crate) fn types(clone: &Clone<'_>, told: &Told, beginning: &str) -> Told {
    let commands = told.commands();
    let command = commands
        .iter()
        .find(|command| command.starts_with(beginning));
    let command = command.unwrap_or_else(|| panic!("no `{beginning}`: {told}"));
    let args: Vec<_> = command.split(' ').skip(1).collect();
    clone.run(&args)
}

/// The same with git.
#[track_caller]
pub(crate) fn types_git(clone: &Clone<'_>, told: &Told, beginning: &str) {
    let commands = told.commands();
    let command = commands
        .iter()
        .find(|command| command.starts_with(beginning));
    let command = command.unwrap_or_else(|| panic!("no `{beginning}`: {told}"));
    let args: Vec<_> = command.split(' ').skip(1).collect();
    clone.git(&args);
}
