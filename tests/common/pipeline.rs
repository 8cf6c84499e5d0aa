//! A canonical repository and two stages, each in a repository of its own, and what git alone makes of
//! stories.

#![allow(dead_code, reason = "each test program needs a part of it")]

use super::team::{Clone, Team};

/// The stages, in order.
pub(crate) const STAGES: [&str; 2] = ["acceptance", "production"];

/// A story by its commits.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) id: String,
    /// The story that it is built on.
    pub(crate) depends: Option<String>,
    /// Where its own commits begin, and the last one of them.
    pub(crate) base: String,
    pub(crate) tip: String,
}

/// The company, from one clone.
pub(crate) struct Pipeline<'t> {
    team: &'t Team,
    pub(crate) ada: Clone<'t>,
    /// The canonical commit that everything begins with.
    pub(crate) canonical: String,
}

impl<'t> Pipeline<'t> {
    /// Adds a manifest to what is on canonical's `main`, and begins both stages with it. `ada` is a clone
    /// of the canonical repository.
    pub(crate) fn begin(team: &'t Team, ada: Clone<'t>) -> Self {
        let top = team.top.display();
        let stages = STAGES.map(|stage| {
            format!(
                "\n[environment.{stage}]\nrepository = \"{top}/{stage}.git\"\n\
                 models = \"{{name}}_{{env}}\"\nconnections = \"{{name}}_{{env}}\"\n\
                 profiles = \"{{name}}_{{env}}\"\n"
            )
        });
        let manifest = format!(
            "[canonical]\nrepository = \"{}\"\nbranch = \"main\"\n{}\n[pipeline]\nstages = {STAGES:?}\n",
            team.url(),
            stages.concat(),
        );
        let canonical = ada.commit("storyline.toml", &manifest, "A manifest");
        ada.git(&["push", "--quiet", "origin", "HEAD:main"]);
        for stage in STAGES {
            team.init(&format!("{stage}.git"));
            ada.succeeds(&["stamp", stage, "--rev", "HEAD", "--branch", stage]);
            let push = format!("{stage}:main");
            ada.git(&["push", "--quiet", &format!("{top}/{stage}.git"), &push]);
        }
        Self {
            team,
            ada,
            canonical,
        }
    }

    /// Hands in what `change` commits on the branch of a new story.
    #[track_caller]
    pub(crate) fn hand_in(
        &self,
        id: &str,
        depends: Option<&Story>,
        change: impl FnOnce(&Clone<'t>),
    ) -> Story {
        let ada = &self.ada;
        let on = depends.map(|story| ["--depends-on", story.id.as_str()]);
        let on = on.as_ref().map_or(&[][..], |on| &on[..]);
        ada.succeeds(&[&["story", "start", id], on].concat());
        ada.git(&["switch", "--quiet", &format!("story/{id}")]);
        let base = ada.git(&["rev-parse", "HEAD"]);
        change(ada);
        ada.succeeds(&[&["story", "submit", id], on].concat());
        let tip = ada.git(&["rev-parse", "HEAD"]);
        ada.git(&["switch", "--quiet", "main"]);
        Story {
            id: id.into(),
            depends: depends.map(|story| story.id.clone()),
            base,
            tip,
        }
    }

    /// Hands in a story again, whose branch holds what `change` leaves there.
    #[track_caller]
    pub(crate) fn hand_in_again(&self, story: &mut Story, change: impl FnOnce(&Clone<'t>)) {
        let ada = &self.ada;
        let branch = format!("story/{}", story.id);
        ada.git(&["switch", "--quiet", &branch]);
        change(ada);
        ada.git(&["push", "--quiet", "--force", "origin", &branch]);
        let on = story
            .depends
            .as_ref()
            .map(|id| ["--depends-on", id.as_str()]);
        let on = on.as_ref().map_or(&[][..], |on| &on[..]);
        ada.succeeds(&[&["story", "submit", &story.id], on].concat());
        story.tip = ada.git(&["rev-parse", "HEAD"]);
        ada.git(&["switch", "--quiet", "main"]);
    }

    /// What a stage's repository has.
    pub(crate) fn tip(&self, stage: &str) -> String {
        let repository = self.team.top.join(format!("{stage}.git"));
        self.team.git(&repository, &["rev-parse", "main"])
    }

    /// A stage's files in canonical form, as a tree.
    #[track_caller]
    pub(crate) fn canonical_tree(&self, stage: &str) -> String {
        let repository = self.team.top.join(format!("{stage}.git"));
        let repository = repository.to_str().expect("a plain path");
        self.ada.git(&["fetch", "--quiet", repository, "main"]);
        let told = self
            .ada
            .succeeds(&["unstamp", stage, "--rev", "FETCH_HEAD"]);
        let commit = told.stdout().trim();
        self.ada.git(&["rev-parse", &format!("{commit}^{{tree}}")])
    }

    /// Canonical with these stories, put together by git alone, as a commit.
    #[track_caller]
    pub(crate) fn put_together(&self, stories: &[&Story]) -> String {
        let ada = &self.ada;
        ada.git(&["switch", "--quiet", "--detach", &self.canonical]);
        for story in stories {
            let commits = format!("{}..{}", story.base, story.tip);
            ada.git(&["cherry-pick", "--allow-empty", &commits]);
        }
        let commit = ada.git(&["rev-parse", "HEAD"]);
        ada.git(&["switch", "--quiet", "main"]);
        commit
    }

    /// Checks that a stage has canonical with these stories, and nothing else, to the last byte.
    #[track_caller]
    pub(crate) fn has(&self, stage: &str, stories: &[&Story]) {
        let ada = &self.ada;
        let should = self.put_together(stories);
        let tree = ada.git(&["rev-parse", &format!("{should}^{{tree}}")]);
        let has = self.canonical_tree(stage);
        let differ = ada.git(&["diff", "--stat", &tree, &has]);
        assert_eq!(has, tree, "{stage} in canonical form differs:\n{differ}");
        let stamped = ada.succeeds(&["stamp", stage, "--rev", &should]);
        let stamped = ada.git(&[
            "rev-parse",
            &format!("{}^{{tree}}", stamped.stdout().trim()),
        ]);
        let has = ada.git(&["rev-parse", &format!("{}^{{tree}}", self.tip(stage))]);
        assert_eq!(has, stamped, "{stage} in its own form differs");
    }
}
