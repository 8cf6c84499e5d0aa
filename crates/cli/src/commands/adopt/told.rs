//! What is told of an adoption, before and after.

use std::fmt::Write as _;

use serde::Serialize;
use storyline_text::Visible;

use super::compare::Comparison;
use super::own::OwnCommit;
use crate::fork::Fork;
use crate::output::count;
use crate::output::short;

/// Files and commits that are listed for people; programs get all.
const MAX_FILES: usize = 50;
const MAX_COMMITS: usize = 20;

/// What was done, for programs.
#[derive(Serialize)]
pub(super) struct Adopted<'a> {
    pub(super) environment: &'a str,
    pub(super) repository: String,
    pub(super) branch: &'a str,
    pub(super) old: String,
    pub(super) new: String,
    /// What the canonical branch is in the environment.
    pub(super) projection: String,
    /// Where the old tip is kept.
    pub(super) backup: Option<String>,
    /// `null` when it is under the manifest already.
    pub(super) files: Option<Comparison>,
    /// What canonical does not have, newest first.
    pub(super) commits: Vec<OwnCommit>,
    pub(super) already: bool,
    pub(super) done: bool,
}

impl Adopted<'_> {
    /// What is said of a branch that is under the manifest.
    pub(super) fn text(&self, fork: &Fork<'_>) -> String {
        let (branch, url) = (Visible(self.branch.as_bytes()), &fork.url);
        let mut text = format!("`{branch}` of {url} is already under the manifest\n");
        if !self.commits.is_empty() {
            text += &self.list_commits();
            let _ = writeln!(
                text,
                "next: `storyline absorb {} {branch} --story ID` takes them in",
                self.environment
            );
        }
        text
    }

    /// What there is, before anything is done.
    pub(super) fn survey(&self) -> String {
        let branch = Visible(self.branch.as_bytes());
        let mut text = format!(
            "`{branch}` of {} at {}\n",
            self.repository,
            short(&self.old)
        );
        if let Some(files) = &self.files {
            let counts = [
                (files.stamped, "as stamped"),
                (files.canonical, "as canonical"),
                (files.names, "with other names alone"),
                (
                    files.older,
                    "as canonical was when the branch left it, names aside",
                ),
            ];
            for (number, what) in counts.into_iter().filter(|(number, _)| *number > 0) {
                let _ = writeln!(text, "  {} {what}", count(number, "file"));
            }
            if !files.neither.is_empty() {
                let _ = writeln!(
                    text,
                    "  {} neither canonical nor stamp:",
                    count(files.neither.len(), "file")
                );
            }
            for file in files.neither.iter().take(MAX_FILES) {
                let lines = match (file.added, file.removed) {
                    (Some(added), Some(removed)) => format!("+{added} -{removed}"),
                    _ => "no text".into(),
                };
                let _ = writeln!(
                    text,
                    "    {:<7} {} {lines}",
                    file.status,
                    Visible(file.path.as_bytes())
                );
            }
            more(&mut text, files.neither.len(), MAX_FILES);
        }
        text + &self.list_commits()
    }

    fn list_commits(&self) -> String {
        let mut text = String::new();
        if !self.commits.is_empty() {
            let _ = writeln!(
                text,
                "  {} that canonical does not have:",
                count(self.commits.len(), "commit")
            );
        }
        for commit in self.commits.iter().take(MAX_COMMITS) {
            let (author, subject) = (
                Visible(commit.author.as_bytes()),
                Visible(commit.subject.as_bytes()),
            );
            let _ = writeln!(text, "    {} {author}, {subject}", short(&commit.id));
        }
        more(&mut text, self.commits.len(), MAX_COMMITS);
        text
    }

    /// What was done, or would be.
    pub(super) fn outcome(&self, fork: &Fork<'_>) -> String {
        let Self {
            environment,
            old,
            new,
            ..
        } = self;
        let branch = Visible(self.branch.as_bytes());
        let will = if self.done { "" } else { "would be " };
        let mut text = match &self.backup {
            Some(backup) => format!(
                "{will}replaced: `{branch}` {}..{}, what it was is kept there as `{backup}`\n",
                short(old),
                short(new)
            ),
            None => format!(
                "{will}adopted: `{branch}` {}..{}, one commit\n",
                short(old),
                short(new)
            ),
        };
        let is_lost = self
            .files
            .as_ref()
            .is_some_and(|files| !files.neither.is_empty());
        if self.done && is_lost {
            let story = fork.story_branch("ID").unwrap_or_else(|| "wip/ID".into());
            let story = Visible(story.as_bytes());
            let _ = write!(
                text,
                "to bring work back as a story, in this clone:\n  \
                 `git worktree add --detach ../adopted {}`, `cd ../adopted`, `git checkout {old} -- PATHS`, \
                 `git commit`, `git push {} HEAD:refs/heads/{story}`\n  \
                 `storyline absorb {environment} {story} --story ID`\n",
                self.projection, self.repository,
            );
        }
        if !self.done {
            text += "nothing was changed; next: the same without `--dry-run`\n";
        }
        text
    }
}

fn more(text: &mut String, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(text, "    and {} more", all - shown);
    }
}
