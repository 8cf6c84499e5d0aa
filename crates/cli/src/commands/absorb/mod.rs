//! `storyline absorb`: commits that were made in an environment's repository become a story.
//!
//! Looker's IDE commits where it works: in the environment's repository, in the environment's names. Those
//! commits are taken back to canonical form, with the same author, date and message, and go on the
//! story's branch. Stamping them again gives the very commits that were made.

mod back;
mod hot_fix;
mod refused;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::story::{CommitSummary, StoryId};
use storyline_repo::{Expected, ObjectId, Push, RefError, RefName, RefUpdate};
use storyline_text::{Diagnostic, Visible};

use self::back::TakenBack;
use crate::args::{AbsorbArgs, Format};
use crate::canon::{Canon, branch_ref, tracking_ref};
use crate::failure::{Failure, FailureKind, usage};
use crate::fork::Fork;
use crate::output::{self, count, short};

/// Commits and branches that a message lists.
const MAX_LISTED: usize = 20;

pub(crate) fn run(directory: &Path, args: &AbsorbArgs) -> Result<ExitCode, Failure> {
    if let Some(commit) = &args.commit {
        return hot_fix::run(directory, args, commit);
    }
    let canon = Canon::fetch(directory)?;
    let fork = Fork::of(&canon, &args.environment)?;
    let target = Target::of(&fork, args)?;
    let there = fork.fetch(&target.from)?;
    let there = there.map_or_else(|| Err(branch_missing(&fork, &target)?), Ok)?;
    let objects = canon.repository.objects()?;
    let known: Vec<_> = [canon.tip].into_iter().chain(target.tip).collect();
    let back = TakenBack::of(&fork, &objects, there, &known)?;
    if back.is_foreign() {
        return Err(foreign(&fork, &target.from));
    }
    let opaque = back.opaque();
    if !opaque.is_empty() && !args.allow_strays {
        return Err(refused::opaque(&fork, &opaque)?);
    }
    let mut absorbed = Absorbed::of(&fork, &target, &back, args)?;
    let is_done = absorbed.done;
    match target.tip {
        _ if absorbed.commits.is_empty() => {}
        Some(tip) if !back.holds(tip) => {
            let here = back.finish(&args.environment)?;
            return Err(story_moved(&fork, &target, tip, here)?);
        }
        _ if !is_done => {}
        _ => {
            let here = back.finish(&args.environment)?;
            absorbed.notes = target.move_to(&canon, here)?;
        }
    }
    let printed = match args.format {
        Format::Text => output::print(&absorbed.text(&fork)),
        Format::Json => output::print_json(&absorbed),
    };
    printed.map_err(|failure| match is_done {
        true => failure.help("the commits are in the story; only this report is missing"),
        false => failure,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is taken, and where it goes.
struct Target {
    /// The branch of the environment's repository.
    from: String,
    story: StoryId,
    /// The story's branch in the canonical repository.
    branch: String,
    name: RefName,
    /// Where it stands; `None` when there is none yet.
    tip: Option<ObjectId>,
}

impl Target {
    fn of(fork: &Fork<'_>, args: &AbsorbArgs) -> Result<Self, Failure> {
        let canon = fork.canon;
        let stories = story_branches(canon)?;
        let said = args.story.as_deref().map(str::parse::<StoryId>).transpose();
        let said = said.map_err(|error| usage(error.diagnostic()))?;
        let from = match (&args.branch, &said) {
            (Some(branch), _) => branch.clone(),
            (None, Some(id)) => fork
                .story_branch(id.as_str())
                .ok_or_else(|| no_branch(fork, id))?,
            (None, None) => fork.branch.clone(),
        };
        branch_ref(&from)?;
        let told = || {
            let known = stories
                .keys()
                .find(|id| fork.story_branch(id.as_str()).as_ref() == Some(&from));
            let pattern = fork.environment.story_branch.as_ref();
            let written = || pattern.and_then(|pattern| pattern.id_in(&from)?.parse().ok());
            known.cloned().or_else(written)
        };
        let story = said
            .or_else(told)
            .ok_or_else(|| story_unknown(fork, &from))?;
        if let Some(other) = stories.keys().find(|other| other.collides(&story)) {
            let title = format!("there is a story {other}, which some systems take for {story}");
            let diagnostic = Diagnostic::error("story-exists", title).help(format!(
                "if it is that one: `storyline absorb {} {} --story {other}`; if not, choose another id",
                args.environment,
                Visible(from.as_bytes())
            ));
            return Err(usage(diagnostic));
        }
        let branch = canon.manifest.story_branch.of(story.as_str());
        let name = branch_ref(&branch)?;
        let wanted = [(name.clone(), tracking_ref(&branch)?)];
        let fetched = canon.fetch_refs(&wanted)?;
        let tip = fetched.found.get(&name).copied();
        Ok(Self {
            from,
            story,
            branch,
            name,
            tip,
        })
    }

    /// Moves the story's branch in the canonical repository, then what is here of it. Returns what was
    /// left as it is.
    fn move_to(&self, canon: &Canon, new: ObjectId) -> Result<Vec<String>, Failure> {
        let push = Push {
            destination: self.name.clone(),
            expected: self.tip,
            new: Some(new),
            forward_only: true,
        };
        canon.git.push(&canon.repository, &canon.url, &[push])?;
        let why = "storyline absorb";
        canon.copy_refs(&[(tracking_ref(&self.branch)?, new)], why)?;
        let Some(here) = canon.repository.reference(&self.name)? else {
            return Ok(Vec::new());
        };
        let branch = Visible(self.branch.as_bytes());
        if here == new || canon.repository.is_ancestor(new, here) {
            return Ok(Vec::new());
        }
        if !canon.repository.is_ancestor(here, new) {
            let note = format!(
                "your branch `{branch}` has commits of its own and was left at {here}: `git rebase {new} {branch}`"
            );
            return Ok(vec![note]);
        }
        let update = RefUpdate {
            name: self.name.clone(),
            old: Expected::Is(here),
            new: Some(new),
        };
        match canon.git.update_refs(&canon.repository, &[update], why) {
            Ok(()) => Ok(Vec::new()),
            Err(RefError::CheckedOut { .. }) => Ok(vec![format!(
                "your branch `{branch}` is checked out and was left at {here}: `git merge --ff-only {new}`"
            )]),
            // Somebody else, in the same clone, did the same at the same time.
            Err(RefError::Moved { found, .. }) if found == Some(new) => Ok(Vec::new()),
            Err(error) => Err(Failure::from(error).help("the push itself went well")),
        }
    }
}

/// The stories that have a branch in the canonical repository.
fn story_branches(canon: &Canon) -> Result<BTreeMap<StoryId, ObjectId>, Failure> {
    let heads = canon.refs(&["refs/heads/"])?;
    let stories = heads.iter().filter_map(|(name, tip)| {
        let id = canon.manifest.story_branch.id_in(name.short())?;
        Some((id.parse().ok()?, *tip))
    });
    Ok(stories.collect())
}

fn no_branch(fork: &Fork<'_>, id: &StoryId) -> Failure {
    let name = &fork.environment.name;
    let title = format!("environment `{name}` has no branches for stories");
    usage(
        Diagnostic::error("story-branch-unknown", title)
            .help(format!(
                "name the branch: `storyline absorb {name} BRANCH --story {id}`"
            ))
            .help("or write `story_branch = \"…{id}…\"` for that environment in the manifest"),
    )
}

fn story_unknown(fork: &Fork<'_>, branch: &str) -> Failure {
    let branch = Visible(branch.as_bytes());
    let title = format!("which story the commits of `{branch}` belong to is not known");
    usage(Diagnostic::error("story-unknown", title).help(format!(
        "say it: `storyline absorb {} {branch} --story ID`; a new id begins a new story",
        fork.environment.name
    )))
}

fn branch_missing(fork: &Fork<'_>, target: &Target) -> Result<Failure, Failure> {
    let branch = &target.from;
    let heads = fork.refs(&["refs/heads/"])?;
    let title = format!(
        "{} has no branch `{}`",
        fork.url,
        Visible(branch.as_bytes())
    );
    let mut names: Vec<_> = heads
        .keys()
        .take(MAX_LISTED)
        .map(|name| format!("`{}`", Visible(name.short().as_bytes())))
        .collect();
    if heads.len() > MAX_LISTED {
        names.push(format!("{} more", heads.len() - MAX_LISTED));
    }
    let has = match names.is_empty() {
        true => format!(
            "it has none at all: `storyline sync {}` fills it",
            fork.environment.name
        ),
        false => format!("it has {}", names.join(", ")),
    };
    let told = Diagnostic::error("branch-missing", title).help(has);
    let (name, story) = (&fork.environment.name, &target.story);
    let is_storys = fork.story_branch(story.as_str()).as_ref() == Some(branch);
    Ok(usage(match is_storys && target.tip.is_some() {
        true => told.help(format!(
            "`storyline sync {name} --story {story}` puts the story there"
        )),
        false => told,
    }))
}

fn foreign(fork: &Fork<'_>, branch: &str) -> Failure {
    let title = format!(
        "`{}` of {} has no commit in common with canonical",
        Visible(branch.as_bytes()),
        fork.url
    );
    usage(Diagnostic::error("foreign-history", title).help(format!(
        "if it is a copy of the project that was made by hand: `storyline adopt {}`",
        fork.environment.name
    )))
}

/// Refuses commits that are not on top of the story's.
fn story_moved(
    fork: &Fork<'_>,
    target: &Target,
    tip: ObjectId,
    back: ObjectId,
) -> Result<Failure, Failure> {
    let canon = fork.canon;
    let commits = |title: String, base: ObjectId, tip: ObjectId| -> Result<String, Failure> {
        let commits = CommitSummary::between(&canon.repository, base, tip)?;
        let shown = commits.iter().take(MAX_LISTED).map(|commit| {
            let subject = Visible(commit.subject.as_bytes());
            format!(
                "\n  {} {}, {subject}",
                short(commit.id),
                Visible(commit.author.as_bytes())
            )
        });
        Ok(format!(
            "{title}: {}{}",
            count(commits.len(), "commit"),
            shown.collect::<String>()
        ))
    };
    let branch = Visible(target.branch.as_bytes());
    let title = format!(
        "story {} went on without what `{}` of {} has",
        target.story,
        Visible(target.from.as_bytes()),
        fork.url
    );
    let told = Diagnostic::error("story-moved", title)
        .help(commits(format!("`{branch}` alone has"), back, tip)?)
        .help(commits("to be absorbed, in canonical form".into(), tip, back)?)
        .help(format!(
            "to bring both together, in canonical form: `git switch --detach {tip}`, `git merge {back}`, `git push {} HEAD:refs/heads/{branch}`, `git switch -`; then `storyline sync {} --story {}` brings the result there",
            canon.url, fork.environment.name, target.story
        ))
        .help(format!(
            "or take them in as a story of their own: `storyline absorb {} {} --story OTHER-ID`",
            fork.environment.name, Visible(target.from.as_bytes())
        ));
    Ok(Failure::new(FailureKind::Conflict, told).unchanged())
}

/// What was done, for programs.
#[derive(Serialize)]
struct Absorbed<'a> {
    environment: &'a str,
    story: &'a str,
    from: &'a str,
    branch: &'a str,
    /// Where the story's branch stood; `null` when there was none.
    old: Option<String>,
    /// Where it stands, or would stand.
    new: Option<String>,
    /// Parents first.
    commits: Vec<AbsorbedCommit>,
    /// Whether anything was carried out.
    done: bool,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct AbsorbedCommit {
    there: String,
    here: String,
    author: String,
    subject: String,
    /// Whether it is not in the environment's form, so that its files are the same there and here.
    as_it_is: bool,
}

impl<'a> Absorbed<'a> {
    fn of(
        fork: &Fork<'_>,
        target: &'a Target,
        back: &TakenBack<'_>,
        args: &'a AbsorbArgs,
    ) -> Result<Self, Failure> {
        let opaque: HashSet<_> = back.opaque().iter().map(|commit| commit.id).collect();
        let mut commits = Vec::new();
        for (there, here) in back.new_commits() {
            let summary = CommitSummary::read(&fork.canon.repository, there)?;
            commits.push(AbsorbedCommit {
                there: there.to_string(),
                here: here.to_string(),
                author: summary.author,
                subject: summary.subject,
                as_it_is: opaque.contains(&there),
            });
        }
        let new = match commits.is_empty() {
            true => target.tip,
            false => Some(back.tip),
        };
        Ok(Self {
            environment: &args.environment,
            story: target.story.as_str(),
            from: &target.from,
            branch: &target.branch,
            old: target.tip.map(|tip| tip.to_string()),
            new: new.map(|tip| tip.to_string()),
            done: !args.dry_run && !commits.is_empty(),
            commits,
            notes: Vec::new(),
        })
    }

    fn text(&self, fork: &Fork<'_>) -> String {
        let story = self.story;
        let (from, branch) = (
            Visible(self.from.as_bytes()),
            Visible(self.branch.as_bytes()),
        );
        let url = &fork.url;
        let Some(new) = self.new.as_deref().filter(|_| !self.commits.is_empty()) else {
            return format!(
                "nothing to absorb: `{from}` of {url} has no commit that canonical or story {story} lacks\n"
            );
        };
        let commits = count(self.commits.len(), "commit");
        let did = if self.done {
            "absorbed"
        } else {
            "would absorb"
        };
        let mut text = format!("{did} {commits} of `{from}` of {url} into story {story}\n");
        let _ = match &self.old {
            Some(old) => writeln!(text, "  {branch} {}..{}", short(old), short(new)),
            None => writeln!(text, "  {branch} new at {}", short(new)),
        };
        for commit in &self.commits {
            let as_it_is = if commit.as_it_is { " (as it is)" } else { "" };
            let _ = writeln!(
                text,
                "  {} -> {} {}, {}{as_it_is}",
                short(&commit.there),
                short(&commit.here),
                Visible(commit.author.as_bytes()),
                Visible(commit.subject.as_bytes()),
            );
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        let _ = match self.done {
            true => writeln!(text, "next: `storyline story submit {story}`"),
            false => writeln!(
                text,
                "nothing was changed; next: the same without `--dry-run`"
            ),
        };
        text
    }
}
