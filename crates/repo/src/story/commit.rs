//! A commit in short, for people who look at a story.

use super::{StoryError, submit};
use crate::{ObjectId, Repository};

/// A commit as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitSummary {
    /// Which it is.
    pub id: ObjectId,
    /// The first line of its message; bytes that are no UTF-8 are replaced.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// When it was committed: seconds since 1970.
    pub when: i64,
}

impl CommitSummary {
    /// Reads one commit.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(repository: &Repository, id: ObjectId) -> Result<Self, StoryError> {
        let commit = repository.git().find_commit(id.to_git());
        let commit = commit.map_err(|error| StoryError::unreadable(&error))?;
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        Ok(Self {
            id,
            subject: message.lines().next().unwrap_or_default().into(),
            author: String::from_utf8_lossy(commit.author().name_bytes()).into(),
            when: commit.time().seconds(),
        })
    }

    /// The commits of `tip`'s history that are not in `base`'s, newest first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn between(
        repository: &Repository,
        base: ObjectId,
        tip: ObjectId,
    ) -> Result<Vec<Self>, StoryError> {
        let commits = submit::commits(repository.git(), tip, [base])?;
        let commits = commits.into_iter();
        commits.map(|id| Self::read(repository, id)).collect()
    }
}
