//! `storyline story`: stories, their branches and revisions, in the canonical repository.

pub(crate) mod depends;
mod form;
mod list;
mod show;
mod start;
mod submit;
mod withdraw;

pub(crate) use show::wanted;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use storyline_repo::story::{Landings, Story, StoryId, StoryState, log_ref, story_of_log};
use storyline_repo::{ObjectId, RefName, Repository, signature};
use storyline_text::{Diagnostic, Visible};

use crate::args::StoryCommand;
use crate::canon::{self, Canon};
use crate::failure::{Failure, FailureKind, usage};
use crate::logs::{self, Logs};
use crate::report;

pub(crate) fn run(directory: &Path, command: &StoryCommand) -> Result<ExitCode, Failure> {
    match command {
        StoryCommand::Start(args) => start::run(directory, args),
        StoryCommand::Submit(args) => submit::run(directory, args),
        StoryCommand::List(args) => list::run(directory, args),
        StoryCommand::Show(args) => show::run(directory, args),
        StoryCommand::Depends(args) => depends::run(directory, args),
        StoryCommand::Withdraw(args) => withdraw::run(directory, args),
    }
}

/// All stories of the canonical repository, as it has them now.
pub(crate) struct Stories {
    pub(crate) canon: Canon,
    /// Those that have a log.
    pub(crate) stories: BTreeMap<StoryId, Story>,
    /// Those whose log cannot be fetched or read.
    pub(crate) broken: BTreeMap<StoryId, Failure>,
    /// The branches that are there, by the story.
    pub(crate) branches: BTreeMap<StoryId, ObjectId>,
}

impl Stories {
    /// Fetches them. A story whose log is broken is told of and left out, unless it is `wanted`.
    pub(crate) fn fetch(directory: &Path, wanted: Option<&StoryId>) -> Result<Self, Failure> {
        let mut known = Self::look(directory)?;
        if let Some(failure) = wanted.and_then(|id| known.broken.remove(id)) {
            return Err(failure);
        }
        for failure in known.broken.values() {
            report::diagnostics(&failure.diagnostics, &failure.sources);
        }
        Ok(known)
    }

    /// Fetches them, with those beside them whose log is broken.
    fn look(directory: &Path) -> Result<Self, Failure> {
        let canon = Canon::fetch(directory)?;
        if canon.repository.is_shallow() {
            let title = "this clone is shallow: it lacks the commits that stories begin at";
            let diagnostic = Diagnostic::error("repository-shallow", title);
            return Err(usage(
                diagnostic.help("`git fetch --unshallow` gets the rest"),
            ));
        }
        let prefixes = ["refs/heads/", "refs/storyline/story/"];
        let there = canon.refs(&prefixes)?;
        let mut branches = BTreeMap::new();
        let mut wants = Vec::new();
        let mut of = BTreeMap::new();
        for (name, tip) in &there {
            if let Some(branch) = name.as_str().strip_prefix("refs/heads/") {
                let id = canon.manifest.story_branch.id_in(branch);
                let id = id.and_then(|id| id.parse::<StoryId>().ok());
                if let Some(id) = id.filter(|_| branch != canon.branch) {
                    wants.push((name.clone(), canon::tracking_ref(branch)?));
                    of.insert(name.clone(), id.clone());
                    branches.insert(id, *tip);
                }
            } else if let Some(id) = story_of_log(name) {
                wants.push((name.clone(), name.clone()));
                of.insert(name.clone(), id);
            }
        }
        let mut logs = Logs::default();
        for (name, became) in logs::fetch_refs(&canon, &wants)? {
            let (Err(error), Some(id)) = (became, of.get(&name)) else {
                continue;
            };
            let failure = logs::unfetched(id, &error);
            logs.broken.insert(id.clone(), failure);
        }
        for id in Story::ids(&canon.repository)? {
            if !logs.broken.contains_key(&id) {
                logs.read(&canon, id);
            }
        }
        let Logs { stories, broken } = logs;
        let mut known = Self {
            canon,
            stories,
            broken,
            branches,
        };
        known.rename_branches();
        Ok(known)
    }

    /// A branch whose pattern changes the id's letters belongs to the story that has that branch.
    fn rename_branches(&mut self) {
        let pattern = &self.canon.manifest.story_branch;
        for id in self.stories.keys() {
            let written = pattern.id_in(&pattern.of(id.as_str())).map(str::to_owned);
            let written = written.and_then(|id| id.parse::<StoryId>().ok());
            if let Some(tip) = written
                .filter(|w| w != id)
                .and_then(|w| self.branches.remove(&w))
            {
                self.branches.insert(id.clone(), tip);
            }
        }
    }

    /// The branch of a story, here and there.
    fn branch(&self, id: &StoryId) -> String {
        self.canon.manifest.story_branch.of(id.as_str())
    }

    /// What is known of a story: nothing, for one that was never handed in.
    fn story(&self, id: &StoryId) -> Story {
        let story = self.stories.get(id).cloned();
        story.unwrap_or_else(|| Story::new(id.clone()))
    }

    /// Refuses a story that has neither a branch there nor a log.
    pub(crate) fn need(&self, id: &StoryId) -> Result<Story, Failure> {
        if self.stories.contains_key(id) || self.branches.contains_key(id) {
            return Ok(self.story(id));
        }
        let title = format!("there is no story {id} at {}", self.canon.url);
        let near = self.ids().find(|other| other.collides(id));
        let diagnostic = Diagnostic::error("unknown-story", title);
        let diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean {near}?")),
            None => diagnostic,
        };
        Err(usage(diagnostic.help(format!(
            "`storyline story list` has them all; `storyline story start {id}` begins one"
        ))))
    }

    /// Where a story begins and where it is: in its newest revision, the one whose first digits are
    /// `revision`, or before anything was handed in on its branch.
    pub(crate) fn span(
        &self,
        id: &StoryId,
        revision: Option<&str>,
    ) -> Result<(Option<ObjectId>, ObjectId), Failure> {
        let story = self.need(id)?;
        let found = match revision {
            Some(digits) => {
                let records = show::wanted(&story, Some(digits))?;
                records
                    .first()
                    .and_then(|record| record.revision())
                    .cloned()
            }
            None => story.revision().cloned(),
        };
        if let Some(part) = found.and_then(|revision| revision.own()) {
            return Ok((Some(part.base), part.tip));
        }
        let Some(tip) = self.branches.get(id).copied() else {
            let title = format!("story {id} has neither a revision here nor a branch");
            let help = format!("`storyline story show {id}` shows what there is");
            return Err(usage(Diagnostic::error("story-empty", title).help(help)));
        };
        let objects = self.canon.repository.objects()?;
        let bases = objects.merge_bases(self.canon.tip, tip)?;
        Ok((bases.first().copied(), tip))
    }

    fn ids(&self) -> impl Iterator<Item = &StoryId> {
        let known = self.stories.keys().chain(self.broken.keys());
        known.chain(self.branches.keys())
    }

    /// How a story is.
    fn state(&self, story: &Story, landings: &mut Landings<'_>) -> Result<StoryState, Failure> {
        let landed = match story.revision() {
            Some(revision) if story.withdrawn().is_none() => landings.find(revision)?,
            _ => None,
        };
        Ok(story.state(self.branches.get(&story.id).copied(), landed.as_ref()))
    }

    fn landings(&self) -> Landings<'_> {
        Landings::new(&self.canon.repository, self.canon.tip)
    }
}

/// How a state is called.
fn word(state: StoryState) -> &'static str {
    match state {
        StoryState::Open => "open",
        StoryState::Submitted => "submitted",
        StoryState::Changed => "changed",
        StoryState::Withdrawn => "withdrawn",
        StoryState::Landed => "landed",
    }
}

/// The records of a revision, by its first digits, newest first.
pub(crate) fn records<'s>(
    story: &'s Story,
    digits: &str,
) -> Result<Vec<&'s storyline_repo::story::Record>, Failure> {
    show::wanted(story, Some(digits))
}

/// The id as it was typed.
pub(crate) fn story_id(text: &str) -> Result<StoryId, Failure> {
    text.parse()
        .map_err(|error: storyline_repo::story::BadStoryId| usage(error.diagnostic()))
}

fn story_ids(texts: &[String]) -> Result<Vec<StoryId>, Failure> {
    texts.iter().map(|text| story_id(text)).collect()
}

fn log_name(id: &StoryId) -> Result<RefName, Failure> {
    canon::name(&log_ref(id))
}

/// Who one is and what time it is, as a commit takes it.
pub(crate) fn signature_now(repository: &Repository) -> Result<Vec<u8>, Failure> {
    let who = |variable: &str, setting: &str| -> Result<String, Failure> {
        let set = env::var(variable)
            .ok()
            .filter(|value| !value.trim().is_empty());
        let set = match set {
            Some(value) => Some(value),
            None => repository
                .setting(setting)
                .map_err(|error| usage(error.diagnostic()))?,
        };
        set.ok_or_else(|| {
            let title = format!("who you are is not known: `{setting}` is not set");
            let help = format!("`git config --global {setting} \"…\"`");
            usage(Diagnostic::error("no-identity", title).help(help))
        })
    };
    let name = who("GIT_COMMITTER_NAME", "user.name")?;
    let email = who("GIT_COMMITTER_EMAIL", "user.email")?;
    Ok(signature(&name, &email, now(), 0))
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Text of people's, fit for a terminal.
fn visible(text: &str) -> Visible<'_> {
    Visible(text.as_bytes())
}

fn conflict(diagnostic: Diagnostic) -> Failure {
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}
