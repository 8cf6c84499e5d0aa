//! `storyline story show`: what was handed in of a story, and what became of its branch.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::story::{
    Change, CommitSummary, Event, FileStatus, Part, Record, Revision, Story,
};
use storyline_text::Diagnostic;

use super::{Stories, story_id, visible, word};
use crate::args::{Format, StoryShowArgs};
use crate::failure::{Failure, usage};
use crate::json;
use crate::output::{self, date, short};

/// Fewest digits of a revision that one may type.
const MIN_DIGITS: usize = 4;

pub(crate) fn run(directory: &Path, args: &StoryShowArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.id)?;
    let stories = Stories::fetch(directory, Some(&id))?;
    let story = stories.need(&id)?;
    let state = stories.state(&story, &mut stories.landings())?;
    let branch = stories.branches.get(&id);
    let wanted = wanted(&story, args.revision.as_deref())?;
    let mut events = Vec::new();
    for record in wanted {
        events.push(JsonEvent::new(&stories, record)?);
    }
    let shown = Shown {
        story: id.to_string(),
        state: word(state),
        branch: branch.map(|_| stories.branch(&id)),
        tip: branch.map(ToString::to_string),
        events,
    };
    match args.format {
        Format::Text => output::print(&shown.text())?,
        Format::Json => output::print_json(&shown)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The records to show, newest first: all, or those of one revision.
pub(crate) fn wanted<'s>(
    story: &'s Story,
    revision: Option<&str>,
) -> Result<Vec<&'s Record>, Failure> {
    let Some(digits) = revision else {
        return Ok(story.records.iter().rev().collect());
    };
    let is_meant = |revision: &Revision| {
        digits.len() >= MIN_DIGITS
            && revision
                .id()
                .to_string()
                .starts_with(&digits.to_ascii_lowercase())
    };
    let mut found: Vec<_> = story.revisions().filter(|(_, r)| is_meant(r)).collect();
    found.reverse();
    let is_one = found.windows(2).all(|pair| pair[0].1 == pair[1].1);
    if found.is_empty() || !is_one {
        let what = if is_one {
            "no revision"
        } else {
            "more than one revision"
        };
        let title = format!("story {} has {what} `{}`", story.id, visible(digits));
        let help = format!("`storyline story show {}` has them all", story.id);
        return Err(usage(
            Diagnostic::error("unknown-revision", title).help(help),
        ));
    }
    Ok(found.into_iter().map(|(record, _)| record).collect())
}

/// A story for programs.
#[derive(Serialize)]
struct Shown {
    story: String,
    state: &'static str,
    branch: Option<String>,
    tip: Option<String>,
    /// What happened to it, newest first.
    events: Vec<JsonEvent>,
}

#[derive(Serialize)]
struct JsonEvent {
    event: &'static str,
    who: String,
    email: String,
    /// Seconds since 1970.
    when: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten)]
    revision: Option<JsonRevision>,
}

#[derive(Serialize)]
struct JsonRevision {
    revision: String,
    depends: BTreeMap<String, String>,
    repositories: BTreeMap<String, JsonPart>,
    commits: Vec<JsonCommit>,
    files: Vec<JsonFile>,
}

#[derive(Serialize)]
struct JsonPart {
    base: String,
    tip: String,
}

#[derive(Serialize)]
struct JsonCommit {
    id: String,
    author: String,
    subject: String,
}

#[derive(Serialize)]
struct JsonFile {
    status: &'static str,
    path: String,
}

impl JsonEvent {
    fn new(stories: &Stories, record: &Record) -> Result<Self, Failure> {
        let (event, reason, revision) = match &record.event {
            Event::Submitted(revision) => (
                "submitted",
                None,
                Some(JsonRevision::new(stories, revision)?),
            ),
            Event::Withdrawn { reason } => ("withdrawn", Some(reason.clone()), None),
        };
        Ok(Self {
            event,
            who: record.who.name.clone(),
            email: record.who.email.clone(),
            when: record.when,
            reason,
            revision,
        })
    }
}

impl JsonRevision {
    fn new(stories: &Stories, revision: &Revision) -> Result<Self, Failure> {
        let repository = &stories.canon.repository;
        let (commits, files) = match revision.own() {
            Some(Part { base, tip }) => (
                CommitSummary::between(repository, base, tip)?,
                Change::between(repository, Some(base), tip)?.files,
            ),
            None => (Vec::new(), Vec::new()),
        };
        let depends = revision.depends.iter();
        let parts = revision.parts.iter().map(|(name, part)| {
            let [base, tip] = [part.base, part.tip].map(|id| id.to_string());
            (name.clone(), JsonPart { base, tip })
        });
        let commits = commits.into_iter().map(|commit| JsonCommit {
            id: commit.id.to_string(),
            author: commit.author,
            subject: commit.subject,
        });
        let files = files.into_iter().map(|file| JsonFile {
            status: match file.status {
                FileStatus::Added => "added",
                FileStatus::Removed => "removed",
                FileStatus::Changed => "changed",
            },
            path: json::text(&file.path).into(),
        });
        Ok(Self {
            revision: revision.id().to_string(),
            depends: depends
                .map(|(id, on)| (id.to_string(), on.to_string()))
                .collect(),
            repositories: parts.collect(),
            commits: commits.collect(),
            files: files.collect(),
        })
    }
}

impl Shown {
    fn text(&self) -> String {
        let mut out = match (&self.branch, &self.tip) {
            (Some(branch), Some(tip)) => format!(
                "{}: {}, branch {} at {}\n",
                self.story,
                self.state,
                visible(branch),
                short(tip)
            ),
            _ => format!("{}: {}, its branch is gone\n", self.story, self.state),
        };
        for event in &self.events {
            event.write(&mut out);
        }
        out
    }
}

impl JsonEvent {
    // Writing to a string cannot fail.
    fn write(&self, out: &mut String) {
        let (who, when) = (visible(&self.who), date(self.when));
        let Some(revision) = &self.revision else {
            let _ = writeln!(out, "\nwithdrawn by {who}, {when}");
            for line in self.reason.iter().flat_map(|reason| reason.lines()) {
                let _ = writeln!(out, "  {}", visible(line));
            }
            return;
        };
        let _ = writeln!(
            out,
            "\nrevision {} by {who}, {when}",
            short(&revision.revision)
        );
        for (name, part) in &revision.repositories {
            let name = match name.as_str() {
                storyline_repo::story::OWN_REPOSITORY => String::new(),
                name => format!("{}: ", visible(name)),
            };
            let _ = writeln!(out, "  {name}base {}\n  {name}tip  {}", part.base, part.tip);
        }
        for (story, revision) in &revision.depends {
            let _ = writeln!(out, "  built on {story}, revision {}", short(revision));
        }
        for commit in &revision.commits {
            let (subject, author) = (visible(&commit.subject), visible(&commit.author));
            let _ = writeln!(out, "  {} {subject} ({author})", short(&commit.id));
        }
        for file in &revision.files {
            let _ = writeln!(out, "  {:7} {}", file.status, visible(&file.path));
        }
    }
}
