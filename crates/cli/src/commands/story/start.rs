//! `storyline story start`: a branch to work on, here and at the canonical repository.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::story::StoryId;
use storyline_repo::{Expected, ObjectId, Push, RefUpdate};
use storyline_text::Diagnostic;

use super::{Stories, conflict, story_id, visible};
use crate::args::{Format, StartArgs};
use crate::canon::branch_ref;
use crate::failure::{Failure, usage};
use crate::output::{self, short};

pub(crate) fn run(directory: &Path, args: &StartArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.id)?;
    let on = args.depends_on.as_deref().map(story_id).transpose()?;
    let stories = Stories::fetch(directory, Some(&id))?;
    let canon = &stories.canon;
    let branch = stories.branch(&id);
    let name = branch_ref(&branch)?;
    refuse_taken(&stories, &id, &branch)?;
    let base = match &on {
        Some(on) => tip_of(&stories, on)?,
        None => canon.tip,
    };
    if !args.no_push {
        let push = Push {
            destination: name.clone(),
            expected: None,
            new: Some(base),
            forward_only: false,
        };
        canon.git.push(&canon.repository, &canon.url, &[push])?;
    }
    let made = RefUpdate {
        name,
        old: Expected::Absent,
        new: Some(base),
    };
    canon
        .git
        .update_refs(&canon.repository, &[made], "storyline story start")?;
    let started = Started {
        story: id.as_str(),
        branch: &branch,
        base: base.to_string(),
        depends_on: on.as_ref().map(StoryId::as_str),
        pushed: !args.no_push,
    };
    match args.format {
        Format::Text => output::print(&text(&started, &canon.url.to_string()))?,
        Format::Json => output::print_json(&started)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, for programs.
#[derive(Serialize)]
struct Started<'a> {
    story: &'a str,
    branch: &'a str,
    base: String,
    depends_on: Option<&'a str>,
    pushed: bool,
}

fn text(started: &Started<'_>, url: &str) -> String {
    let Started { story, branch, .. } = *started;
    let base = short(&started.base);
    let on = started
        .depends_on
        .map(|on| format!(" of story {on}"))
        .unwrap_or_default();
    let place = match started.pushed {
        true => format!("here and at {url}"),
        false => "here alone".into(),
    };
    let branch = visible(branch);
    let depends = started
        .depends_on
        .map(|on| format!(" --depends-on {on}"))
        .unwrap_or_default();
    format!(
        "started {story}: branch {branch} at {base}{on}, {place}\n\
         next: `git switch {branch}`, commit, `storyline story submit {story}{depends}`\n"
    )
}

/// Refuses an id that somebody has, and one that some file system takes for it.
fn refuse_taken(stories: &Stories, id: &StoryId, branch: &str) -> Result<(), Failure> {
    let url = &stories.canon.url;
    let taken = |title: String, help: String| {
        Err(conflict(
            Diagnostic::error("story-exists", title).help(help),
        ))
    };
    if let Some(other) = stories.ids().find(|other| other.collides(id)) {
        let title = format!("there is a story {other} at {url}, which some systems take for {id}");
        return taken(title, "choose another id".into());
    }
    let shown = visible(branch);
    if stories.branches.contains_key(id) {
        let title = format!("story {id} exists: {url} has its branch `{shown}`");
        return taken(
            title,
            format!("to work on it: `git fetch {url} {shown}:{shown}`, then `git switch {shown}`"),
        );
    }
    if stories.stories.contains_key(id) {
        let title = format!("story {id} exists: it was handed in at {url}, and has no branch now");
        return taken(
            title,
            format!(
                "`storyline story show {id}` has its revisions: `git branch {shown} TIP` takes one up again"
            ),
        );
    }
    if stories
        .canon
        .repository
        .reference(&branch_ref(branch)?)?
        .is_some()
    {
        let title = format!("this clone has a branch `{shown}`, and {url} has not");
        return taken(
            title,
            format!(
                "if it is that story: `storyline story submit {id}`; if not, rename it: `git branch -m {shown} NAME`"
            ),
        );
    }
    Ok(())
}

/// Where a story begins that is built on `on`: its newest revision, or its branch when it has none.
fn tip_of(stories: &Stories, on: &StoryId) -> Result<ObjectId, Failure> {
    let story = stories.need(on)?;
    let tip = story
        .revision()
        .and_then(|revision| revision.own())
        .map(|part| part.tip);
    let tip = tip.or_else(|| stories.branches.get(on).copied());
    tip.ok_or_else(|| {
        let title = format!("story {on} has no commit in this repository");
        let help = "leave `--depends-on` out";
        usage(Diagnostic::error("dependency-absent", title).help(help))
    })
}
