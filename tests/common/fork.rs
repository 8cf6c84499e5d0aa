//! A developer's fork, filled without a projection: by `git` and `storyline stamp` alone, so that it
//! says by itself what a projection has to be.

use std::fs;
use std::path::PathBuf;

use super::team::{Clone, Team};

/// A team whose environment `dev1` lives in a repository of its own.
pub(crate) struct Forked {
    pub(crate) team: Team,
    /// The environment's repository.
    pub(crate) fork: PathBuf,
}

impl Forked {
    /// With the projections of canonical's commits on the fork's `main`.
    pub(crate) fn new() -> Self {
        let forked = Self::bare();
        let maker = forked.team.clone("maker");
        let tip = forked.project(&maker, "HEAD");
        let push = format!("{tip}:refs/heads/main");
        maker.git(&["push", "--quiet", &forked.url(), &push]);
        forked
    }

    /// With an empty fork.
    pub(crate) fn bare() -> Self {
        let team = Team::new();
        let fork = team.top.join("fork.git");
        let init = [
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            "fork.git",
        ];
        team.git(&team.top, &init);
        let forked = Self { team, fork };
        let lead = forked.team.clone("lead");
        let manifest = fs::read_to_string(lead.root.join("storyline.toml")).expect("a manifest");
        let home = format!(
            "{manifest}repository = \"{}\"\nstory_branch = \"wip/{{id}}\"\n",
            forked.url()
        );
        lead.land("storyline.toml", &home, "A fork for dev1");
        forked
    }

    /// The fork's address.
    pub(crate) fn url(&self) -> String {
        self.fork.to_str().expect("a plain path").into()
    }

    /// A clone of the fork, where Looker's IDE works.
    pub(crate) fn ide(&self, name: &str) -> Clone<'_> {
        self.team.clone_of(&self.url(), name)
    }

    /// Where a ref of the fork stands.
    pub(crate) fn tip(&self, name: &str) -> String {
        self.team.git(&self.fork, &["rev-parse", "--verify", name])
    }

    /// What canonical commits up to `tip` are in the environment, as objects of `clone`.
    pub(crate) fn project(&self, clone: &Clone<'_>, tip: &str) -> String {
        let commits = clone.git(&["rev-list", "--reverse", "--topo-order", tip]);
        let mut known: Vec<(String, String)> = Vec::new();
        for commit in commits.lines() {
            clone.git(&["switch", "--quiet", "--detach", commit]);
            clone.succeeds(&["stamp", "dev1"]);
            clone.git(&["add", "--all"]);
            let tree = clone.git(&["write-tree"]);
            clone.git(&["reset", "--quiet", "--hard"]);
            let old = clone.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
            let text = clone.git(&["cat-file", "commit", commit]) + "\n";
            let text = text.replacen(&old, &tree, 1);
            let text = known.iter().fold(text, |text, (old, new)| {
                text.replace(&format!("parent {old}"), &format!("parent {new}"))
            });
            let file = self.team.top.join("commit");
            fs::write(&file, text).expect("a file");
            let file = file.to_str().expect("a plain path");
            let made = clone.git(&["hash-object", "-t", "commit", "-w", file]);
            known.push((commit.into(), made));
        }
        clone.git(&["switch", "--quiet", "main"]);
        known.pop().expect("there is a commit").1
    }
}
