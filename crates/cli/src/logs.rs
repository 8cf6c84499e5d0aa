//! Logs of stories, fetched: of many, one that cannot be had or read stops no other.

use std::collections::BTreeMap;

use storyline_repo::story::{Story, StoryId, log_ref};
use storyline_repo::{NetError, RefName};
use storyline_text::Diagnostic;

use crate::canon::{self, Canon};
use crate::failure::{Failure, usage};
use crate::report;

/// Refs that one run of `git fetch` is asked for: its arguments have to fit.
pub(crate) const REFS_AT_ONCE: usize = 500;
/// How many runs may come to nothing before it is the remote that is broken, and not what it has.
const MAX_FAILED: usize = 64;

/// Stories, and why others are none.
#[derive(Default)]
pub(crate) struct Logs {
    /// What the logs tell.
    pub(crate) stories: BTreeMap<StoryId, Story>,
    /// Stories whose log cannot be fetched or read.
    pub(crate) broken: BTreeMap<StoryId, Failure>,
}

impl Logs {
    /// Fetches the logs of these stories, and with them all that was handed in of them. One that has none is
    /// left out.
    pub(crate) fn fetch(
        canon: &Canon,
        ids: impl IntoIterator<Item = StoryId>,
    ) -> Result<Self, Failure> {
        let mut names = BTreeMap::new();
        for id in ids {
            names.insert(canon::name(&log_ref(&id))?, id);
        }
        let wants: Vec<_> = names
            .keys()
            .map(|name| (name.clone(), name.clone()))
            .collect();
        let mut fetched = fetch_refs(canon, &wants)?;
        let mut logs = Self::default();
        for (name, id) in names {
            match fetched.remove(&name) {
                Some(Ok(())) => logs.read(canon, id),
                Some(Err(error)) => drop(logs.broken.insert(id.clone(), unfetched(&id, &error))),
                None => {}
            }
        }
        Ok(logs)
    }

    /// The stories, if none is broken.
    pub(crate) fn unbroken(self) -> Result<BTreeMap<StoryId, Story>, Failure> {
        match self.broken.into_values().next() {
            Some(failure) => Err(failure),
            None => Ok(self.stories),
        }
    }

    /// The stories without those that are broken, which are told.
    pub(crate) fn told(self) -> BTreeMap<StoryId, Story> {
        for failure in self.broken.values() {
            report::diagnostics(&failure.diagnostics, &failure.sources);
        }
        self.stories
    }

    /// Reads a log that was fetched.
    pub(crate) fn read(&mut self, canon: &Canon, id: StoryId) {
        match Story::read(&canon.repository, &id) {
            Ok(story) => drop(self.stories.insert(id, story)),
            Err(error) => drop(self.broken.insert(id, error.into())),
        }
    }
}

/// Fetches refs of the canonical repository; what became of each that is there. Where the objects of one are
/// gone, git brings none of all that it was asked for, so the others are asked for without it.
pub(crate) fn fetch_refs(
    canon: &Canon,
    wants: &[(RefName, RefName)],
) -> Result<BTreeMap<RefName, Result<(), NetError>>, Failure> {
    let mut became = BTreeMap::new();
    let mut waiting: Vec<_> = wants.chunks(REFS_AT_ONCE).collect();
    let mut failed = 0;
    while let Some(wants) = waiting.pop() {
        let names: Vec<_> = wants.iter().map(|(name, _)| name.as_str()).collect();
        let there = canon.there(&names)?;
        let fetched = canon.git.fetch_listed(&canon.repository, there, wants);
        match (fetched, wants) {
            (Ok(fetched), _) => {
                became.extend(fetched.found.into_keys().map(|name| (name, Ok(()))));
            }
            (Err(error @ NetError::Unreachable { .. }), wants) if failed < MAX_FAILED => {
                failed += 1;
                match wants {
                    [(name, _)] => drop(became.insert(name.clone(), Err(error))),
                    _ => waiting.extend(<[_; 2]>::from(wants.split_at(wants.len() / 2))),
                }
            }
            (Err(error), _) => return Err(error.into()),
        }
    }
    Ok(became)
}

/// The failure of a story whose log or branch the remote lists and does not give.
pub(crate) fn unfetched(id: &StoryId, error: &NetError) -> Failure {
    let mut diagnostic = error.diagnostic();
    diagnostic.help.pop();
    let title = format!("what there is of story {id} cannot be fetched");
    usage(Diagnostic {
        id: "story-unreadable",
        title,
        ..diagnostic
    }
    .help("`git fsck` in the canonical repository says what is gone there; a clone that has it can give it back"))
}
