//! The stories that a repository knows, read from their logs.

use std::str::FromStr;

use super::{Event, Landed, Record, Revision, RevisionId, StoryError, StoryId};
use crate::{ObjectId, RawCommit, RefName, Repository};

/// Where everything of stories stands.
const STORIES: &str = "refs/storyline/story/";

/// The folder of all refs of a story, with a `/` at its end.
pub fn folder_of_story(story: &StoryId) -> String {
    format!("{STORIES}{story}/")
}

/// The ref of a story's log.
pub fn log_ref(story: &StoryId) -> String {
    format!("{STORIES}{story}/log")
}

/// The story whose log a ref is, if it is one.
pub fn story_of_log(name: &RefName) -> Option<StoryId> {
    let id = name.as_str().strip_prefix(STORIES)?.strip_suffix("/log")?;
    StoryId::from_str(id).ok()
}

/// The ref that pins a revision.
pub fn pin_ref(story: &StoryId, revision: RevisionId) -> String {
    format!("{STORIES}{story}/{revision}")
}

/// A story as its log tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Its id.
    pub id: StoryId,
    /// What happened to it, oldest first.
    pub records: Vec<Record>,
}

/// How a story is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoryState {
    /// It has a branch and was never handed in.
    Open,
    /// Its newest revision is what its branch holds, as far as there is one.
    Submitted,
    /// Its branch moved since it was handed in.
    Changed,
    /// It shall not go on.
    Withdrawn,
    /// Canonical has its newest revision.
    Landed,
}

impl Story {
    /// A story of which nothing is known.
    pub fn new(id: StoryId) -> Self {
        Self {
            id,
            records: Vec::new(),
        }
    }

    /// What this repository knows of a story; no records when that is nothing.
    ///
    /// # Errors
    /// When its log cannot be read, or was not written by Storyline.
    pub fn read(repository: &Repository, id: &StoryId) -> Result<Self, StoryError> {
        let git = repository.git();
        let mut next = match git.refname_to_id(&log_ref(id)) {
            Ok(newest) => Some(newest),
            Err(error) if error.code() == git2::ErrorCode::NotFound => None,
            Err(error) => return Err(StoryError::unreadable(&error)),
        };
        let mut records = Vec::new();
        while let Some(commit) = next {
            let object = git
                .odb()
                .and_then(|odb| odb.read(commit).map(|o| o.data().to_vec()));
            let bytes = object.map_err(|error| StoryError::unreadable(&error))?;
            let commit = ObjectId::from_git(commit);
            let foreign = || StoryError::ForeignRecord {
                story: id.clone(),
                commit,
            };
            let raw = RawCommit::parse(&bytes).map_err(|_| foreign())?;
            let record = Record::parse(id, commit, &raw).ok_or_else(foreign)?;
            next = record.before(raw.parents()).map(ObjectId::to_git);
            records.push(record);
        }
        records.reverse();
        Ok(Self {
            id: id.clone(),
            records,
        })
    }

    /// All stories that have a log here, sorted.
    ///
    /// # Errors
    /// When the refs cannot be listed.
    pub fn ids(repository: &Repository) -> Result<Vec<StoryId>, StoryError> {
        let logs = repository.git().references_glob(&format!("{STORIES}*/log"));
        let logs = logs.map_err(|error| StoryError::unreadable(&error))?;
        let mut ids: Vec<StoryId> = logs
            .filter_map(|log| {
                let log = log.ok()?;
                let name = log.name().ok()?;
                let id = name.strip_prefix(STORIES)?.strip_suffix("/log")?;
                StoryId::from_str(id).ok()
            })
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// Makes the record of what happens to the story now, on top of what is known; only an object is
    /// written, and no ref moves.
    ///
    /// # Errors
    /// When an object cannot be read or written.
    pub fn record(
        &self,
        repository: &Repository,
        event: &Event,
        signature: &[u8],
    ) -> Result<ObjectId, StoryError> {
        let git = repository.git();
        let before = self.newest().map(|record| record.commit);
        let tip = match event {
            Event::Submitted(revision) => revision.own().map(|part| part.tip),
            Event::Withdrawn { .. } => None,
        };
        let write = || {
            let tree = match tip.or(before) {
                Some(commit) => git.find_commit(commit.to_git())?.tree_id(),
                None => git.treebuilder(None)?.write()?,
            };
            let tree = ObjectId::from_git(tree);
            let bytes = event.commit(&self.id, before, tip, tree, signature);
            git.odb()?.write(git2::ObjectType::Commit, &bytes)
        };
        let id = write().map_err(|error| StoryError::unreadable(&error))?;
        Ok(ObjectId::from_git(id))
    }

    /// What happened last.
    pub fn newest(&self) -> Option<&Record> {
        self.records.last()
    }

    /// What was handed in, oldest first; a state that was handed in again is there again.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = (&Record, &Revision)> {
        let records = self.records.iter();
        records.filter_map(|record| Some((record, record.revision()?)))
    }

    /// The revision that counts: the one that was handed in last.
    pub fn revision(&self) -> Option<&Revision> {
        self.revisions().next_back().map(|(_, revision)| revision)
    }

    /// How many states of it were handed in.
    pub fn count(&self) -> usize {
        let ids: std::collections::BTreeSet<_> = self.revisions().map(|(_, r)| r.id()).collect();
        ids.len()
    }

    /// Why it was withdrawn, if it is.
    pub fn withdrawn(&self) -> Option<&str> {
        match &self.newest()?.event {
            Event::Withdrawn { reason } => Some(reason),
            Event::Submitted(_) => None,
        }
    }

    /// How it is, given the tip of its branch in the own repository and whether its newest revision has
    /// landed.
    pub fn state(&self, branch: Option<ObjectId>, landed: Option<&Landed>) -> StoryState {
        if self.withdrawn().is_some() {
            return StoryState::Withdrawn;
        }
        let Some(revision) = self.revision() else {
            return StoryState::Open;
        };
        let tip = revision.own().map(|part| part.tip);
        match (branch, landed) {
            (Some(branch), _) if Some(branch) != tip => StoryState::Changed,
            (_, Some(_)) => StoryState::Landed,
            (_, None) => StoryState::Submitted,
        }
    }
}
