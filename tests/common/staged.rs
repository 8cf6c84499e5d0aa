//! A team whose stories go to a stage, `acceptance`, that is a branch of the canonical repository.

#![allow(dead_code, reason = "each test program needs a part of it")]

use super::team::{Clone, Team};

/// The stage's branch.
pub(crate) const BRANCH: &str = "env/acceptance";
/// The file that stories change, and its text: lines far enough apart.
pub(crate) const FILE: &str = "views/lines.view.lkml";
const LINES: [&str; 4] = ["a", "b", "c", "d"];
const STAGE: &str = "
[pipeline]
stages = [\"acceptance\"]

[environment.acceptance]
branch = \"env/acceptance\"
models = \"{name}_acc\"
connections = \"{name}_acc\"
";

/// The file's text with these lines instead of others.
pub(crate) fn lines(changed: &[(&str, &str)]) -> String {
    let lines = LINES.map(|line| {
        let new = changed.iter().find(|(old, _)| *old == line);
        let new = new.map_or(line, |(_, new)| new);
        format!("  dimension: {new} {{}}\n\n\n\n")
    });
    format!("view: lines {{\n{}}}\n", lines.concat())
}

/// Somebody's clone, of a canonical repository with a stage.
pub(crate) fn begin(team: &Team) -> Clone<'_> {
    let ada = team.clone("ada");
    let manifest = ada.git(&["show", "HEAD:storyline.toml"]);
    ada.write("storyline.toml", &format!("{manifest}\n{STAGE}"));
    ada.write(FILE, &lines(&[]));
    ada.git(&["add", "."]);
    ada.git(&["commit", "--quiet", "-m", "A stage"]);
    ada.git(&["push", "--quiet", "origin", "main"]);
    ada.succeeds(&["stamp", "acceptance", "--rev", "main", "--branch", "stage"]);
    ada.git(&["push", "--quiet", "origin", &format!("stage:{BRANCH}")]);
    ada
}

impl Clone<'_> {
    /// Hands in a story that makes these lines of those of canonical.
    pub(crate) fn hand_in(&self, id: &str, changed: &[(&str, &str)]) {
        self.git(&["switch", "--quiet", "main"]);
        self.start(id);
        self.commit(FILE, &lines(changed), &format!("Change {id}"));
        self.succeeds(&["story", "submit", id]);
        self.git(&["switch", "--quiet", "main"]);
    }

    pub(crate) fn promote(&self, ids: &[&str]) {
        let args: Vec<_> = ["promote"]
            .iter()
            .chain(ids)
            .chain(&["--to", "acceptance"])
            .copied()
            .collect();
        self.succeeds(&args);
    }

    /// The lines of the file on the stage.
    pub(crate) fn on_stage(&self) -> String {
        self.git(&["fetch", "--quiet", "origin"]);
        let text = self.git(&["show", &format!("origin/{BRANCH}:{FILE}")]);
        let lines = text.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("dimension: ")?;
            Some(name.trim_end_matches(" {}").to_owned())
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    /// Commits on the stage itself.
    pub(crate) fn commit_there(&self, path: &str, text: &str, message: &str) -> String {
        self.git(&["fetch", "--quiet", "origin"]);
        self.git(&["switch", "--quiet", "--detach", &format!("origin/{BRANCH}")]);
        let commit = self.commit(path, text, message);
        self.git(&["push", "--quiet", "origin", &format!("HEAD:{BRANCH}")]);
        self.git(&["switch", "--quiet", "main"]);
        commit
    }
}
