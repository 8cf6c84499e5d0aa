//! `storyline story list`: every story, and how it is.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::board::{Wrong, age};
use storyline_repo::story::{CommitSummary, Landings, Story, StoryId};

use super::{Stories, now, visible, word};
use crate::args::{Format, StoryListArgs};
use crate::failure::{Failure, FailureKind};
use crate::output::{self, short};
use crate::pipeline::wrong;

pub(crate) fn run(directory: &Path, args: &StoryListArgs) -> Result<ExitCode, Failure> {
    let stories = Stories::look(directory)?;
    let mut landings = stories.landings();
    let mut ids: Vec<&StoryId> = stories.ids().collect();
    ids.sort();
    ids.dedup();
    let mut rows = Vec::new();
    let mut worst = None;
    for id in ids {
        let row = match stories.broken.get(id) {
            None => Row::new(&stories, &stories.story(id), &mut landings),
            Some(failure) => Err(failure.clone()),
        };
        rows.push(row.unwrap_or_else(|failure| {
            worst = worst.max(Some(failure.kind));
            Row::broken(id, &failure)
        }));
    }
    match args.format {
        Format::Text => output::print(&text(&rows))?,
        Format::Json => output::print_json(&rows)?,
    }
    Ok(worst.map_or(ExitCode::SUCCESS, FailureKind::exit_code))
}

/// A story for programs.
#[derive(Default, Serialize)]
struct Row {
    story: String,
    state: &'static str,
    /// The newest one; `null` when none was handed in.
    revision: Option<String>,
    revisions: usize,
    /// Its last event, or the last commit on its branch: seconds since 1970.
    when: Option<i64>,
    /// `null` when it is gone.
    branch: Option<String>,
    tip: Option<String>,
    /// Why nothing else is known.
    wrong: Option<Wrong>,
}

impl Row {
    fn new(stories: &Stories, story: &Story, landings: &mut Landings<'_>) -> Result<Self, Failure> {
        let state = stories.state(story, landings)?;
        let tip = stories.branches.get(&story.id).copied();
        let last = match (story.newest(), tip) {
            (Some(newest), _) => Some(newest.when),
            (None, Some(tip)) => Some(CommitSummary::read(&stories.canon.repository, tip)?.when),
            (None, None) => None,
        };
        Ok(Self {
            story: story.id.to_string(),
            state: word(state),
            revision: story.revision().map(|revision| revision.id().to_string()),
            revisions: story.count(),
            when: last,
            branch: tip.map(|_| stories.branch(&story.id)),
            tip: tip.map(|tip| tip.to_string()),
            wrong: None,
        })
    }

    fn broken(id: &StoryId, failure: &Failure) -> Self {
        Self {
            story: id.to_string(),
            state: "broken",
            wrong: Some(wrong(failure)),
            ..Self::default()
        }
    }

    fn cells(&self, now: i64) -> [String; 5] {
        let revision = match &self.revision {
            Some(revision) => format!("{} ({})", short(revision), self.revisions),
            None => "-".into(),
        };
        let branch = self
            .branch
            .as_deref()
            .map(|branch| visible(branch).to_string());
        [
            self.story.clone(),
            self.state.into(),
            revision,
            self.when.map_or_else(|| "-".into(), |when| age(now - when)),
            match &self.wrong {
                Some(Wrong { id, text, .. }) => format!("{id}: {}", visible(text)),
                None => branch.unwrap_or_else(|| "gone".into()),
            },
        ]
    }
}

fn text(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "no stories; `storyline story start ID` begins one\n".into();
    }
    let now = now();
    let head = ["STORY", "STATE", "REVISION", "AGE", "BRANCH"].map(Into::into);
    let lines: Vec<[String; 5]> = std::iter::once(head)
        .chain(rows.iter().map(|r| r.cells(now)))
        .collect();
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    let wrong = rows
        .iter()
        .filter_map(|row| Some((&row.story, row.wrong.as_ref()?)));
    for (story, wrong) in wrong {
        for help in &wrong.help {
            let _ = writeln!(out, "{story}: {}", visible(help));
        }
    }
    out
}
