//! `storyline story submit`: the state of a story, handed in for good.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::story::{
    Draft, Event, OWN_REPOSITORY, Revision, Story, StoryId, Submission, pin_ref,
};
use storyline_repo::{ObjectId, Push};
use storyline_text::Diagnostic;

use super::{
    Stories, conflict, form, log_name, signature_now, story_id, story_ids, usage, visible,
};
use crate::args::{Format, SubmitArgs};
use crate::canon::{branch_ref, name, tracking_ref};
use crate::failure::Failure;
use crate::json;
use crate::output::{self, count, short};

pub(crate) fn run(directory: &Path, args: &SubmitArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.id)?;
    let depends_on = story_ids(&args.depends_on)?;
    let stories = Stories::fetch(directory, Some(&id))?;
    let canon = &stories.canon;
    refuse_uncommitted(&stories, &id)?;
    let tips = Tips::of(&stories, &id)?;
    let submission = Submission {
        story: &id,
        tip: tips.newest(),
        canonical: canon.tip,
        depends_on: &depends_on,
        stories: &stories.stories,
    };
    let draft = submission.draft(&canon.repository)?;
    form::refuse_stamped(canon, &draft)?;
    let revision = Revision {
        story: id.clone(),
        parts: BTreeMap::from([(OWN_REPOSITORY.into(), draft.part)]),
        depends: draft.depends.clone(),
    };
    let story = stories.story(&id);
    let is_new = story.newest().and_then(|newest| newest.revision_id()) != Some(revision.id());
    if is_new {
        hand_in(&stories, &story, &tips, &revision)?;
    }
    let submitted = Submitted::new(&revision, &draft, is_new);
    let printed = match args.format {
        Format::Text => output::print(&submitted.text()),
        Format::Json => output::print_json(&submitted),
    };
    printed.map_err(|failure| {
        failure.help("the revision is handed in; only this report is missing")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the story's branch stands, here and there; at least one is known.
struct Tips {
    here: Option<ObjectId>,
    there: Option<ObjectId>,
    /// Whether the branch there is to be moved to where it is here.
    behind: bool,
}

impl Tips {
    fn of(stories: &Stories, id: &StoryId) -> Result<Self, Failure> {
        let repository = &stories.canon.repository;
        let branch = stories.branch(id);
        let here = repository.reference(&branch_ref(&branch)?)?;
        let there = stories.branches.get(id).copied();
        let behind = match (here, there) {
            (None, None) => {
                stories.need(id)?;
                let shown = visible(&branch);
                let title = format!("the branch `{shown}` of story {id} is gone, here and there");
                let help = format!(
                    "`storyline story show {id}` has its revisions: `git branch {shown} TIP` takes one up again"
                );
                return Err(usage(
                    Diagnostic::error("story-branch-missing", title).help(help),
                ));
            }
            (None, Some(_)) => false,
            (Some(_), None) => true,
            (Some(here), Some(there)) if repository.is_ancestor(here, there) => false,
            (Some(here), Some(there)) if repository.is_ancestor(there, here) => true,
            (Some(here), Some(there)) => return Err(diverged(stories, &branch, here, there)),
        };
        Ok(Self {
            here,
            there,
            behind,
        })
    }

    fn newest(&self) -> ObjectId {
        let newest = if self.behind { self.here } else { self.there };
        newest.expect("one of them is there, and it is behind only if it is here")
    }
}

fn diverged(stories: &Stories, branch: &str, here: ObjectId, there: ObjectId) -> Failure {
    let url = &stories.canon.url;
    let branch = visible(branch);
    let title = format!("branch `{branch}` is at {here} here and at {there} at {url}");
    conflict(
        Diagnostic::error("story-diverged", title)
            .help(format!(
                "if yours replaces what is there: `git push --force-with-lease={branch}:{there} {url} {branch}`"
            ))
            .help(format!("if both count: `git pull --rebase {url} {branch}`"))
            .help("then submit again; revisions that were handed in stay whatever becomes of the branch"),
    )
}

/// What is not committed would be missing in the revision, and nobody would notice.
fn refuse_uncommitted(stories: &Stories, id: &StoryId) -> Result<(), Failure> {
    let repository = &stories.canon.repository;
    if repository.current_branch() != Some(stories.branch(id)) {
        return Ok(());
    }
    let uncommitted = repository
        .uncommitted()
        .map_err(|error| usage(error.diagnostic()))?;
    let Some(first) = uncommitted.first() else {
        return Ok(());
    };
    let more = match uncommitted.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let first = storyline_text::Visible(first);
    let title = format!("{first}{more} changed since the last commit of story {id}");
    let help = "`git commit` what belongs to it, `git stash` what does not, then submit again";
    Err(usage(
        Diagnostic::error("uncommitted-changes", title).help(help),
    ))
}

/// Moves all refs of the canonical repository at once, then their copies here.
fn hand_in(
    stories: &Stories,
    story: &Story,
    tips: &Tips,
    revision: &Revision,
) -> Result<(), Failure> {
    let canon = &stories.canon;
    let signature = signature_now(&canon.repository)?;
    let event = Event::Submitted(revision.clone());
    let record = story.record(&canon.repository, &event, &signature)?;
    let branch = stories.branch(&story.id);
    let log = log_name(&story.id)?;
    let pin = name(&pin_ref(&story.id, revision.id()))?;
    let mut pushes = vec![Push {
        destination: log.clone(),
        expected: story.newest().map(|newest| newest.commit),
        new: Some(record),
        forward_only: true,
    }];
    let is_pinned = story.revisions().any(|(_, known)| known == revision);
    if !is_pinned {
        pushes.push(Push {
            destination: pin.clone(),
            expected: None,
            new: Some(tips.newest()),
            forward_only: false,
        });
    }
    if tips.behind {
        pushes.push(Push {
            destination: branch_ref(&branch)?,
            expected: tips.there,
            new: tips.here,
            forward_only: true,
        });
    }
    canon.git.push(&canon.repository, &canon.url, &pushes)?;
    let copies = [
        (log, record),
        (pin, tips.newest()),
        (tracking_ref(&branch)?, tips.newest()),
    ];
    canon.copy_refs(&copies, "storyline story submit")
}

/// What was handed in, for programs.
#[derive(Serialize)]
struct Submitted {
    story: String,
    revision: String,
    /// Whether it was not the newest one before.
    new: bool,
    base: String,
    tip: String,
    depends: BTreeMap<String, String>,
    commits: usize,
    files: Vec<String>,
}

impl Submitted {
    fn new(revision: &Revision, draft: &Draft, new: bool) -> Self {
        let depends = draft.depends.iter();
        let files = draft.change.files.iter();
        Self {
            story: revision.story.to_string(),
            revision: revision.id().to_string(),
            new,
            base: draft.part.base.to_string(),
            tip: draft.part.tip.to_string(),
            depends: depends
                .map(|(id, on)| (id.to_string(), on.to_string()))
                .collect(),
            commits: draft.commits,
            files: files.map(|file| json::text(&file.path).into()).collect(),
        }
    }

    fn text(&self) -> String {
        let Self {
            story,
            revision,
            base,
            tip,
            ..
        } = self;
        let revision = short(revision);
        let head = match self.new {
            true => format!("submitted {story}: revision {revision}\n"),
            false => format!("{story} is already there: revision {revision}\n"),
        };
        let depends = self.depends.iter();
        let depends = depends.map(|(id, on)| format!("  built on {id}, revision {}\n", short(on)));
        format!(
            "{head}  base {base}\n  tip  {tip}\n{}  {}, {}\n",
            depends.collect::<String>(),
            count(self.commits, "commit"),
            count(self.files.len(), "file"),
        )
    }
}
