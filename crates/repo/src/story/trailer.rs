//! What the last paragraph of a commit's message says of stories.

use super::{StoryError, StoryId};
use crate::ObjectId;

/// Names the stories that a commit's story is built on.
const DEPENDS_ON: &str = "Depends-On";

/// Names the story that a commit brings.
const STORY_ID: &str = "Story-Id";

/// Names its revision.
const STORY_REVISION: &str = "Story-Revision";

/// The values of trailers of a commit, by what is asked of them.
struct Trailers(Vec<(String, String)>);

impl Trailers {
    fn of(git: &git2::Repository, commit: ObjectId) -> Result<Self, StoryError> {
        let commit = git.find_commit(commit.to_git());
        let commit = commit.map_err(|error| StoryError::unreadable(&error))?;
        // Few commits have any, and looking for them costs more than this.
        let message = commit.message_raw_bytes();
        let holds = |word: &str| memchr::memmem::find(message, word.as_bytes()).is_some();
        if ![DEPENDS_ON, STORY_ID].into_iter().any(holds) {
            return Ok(Self(Vec::new()));
        }
        let trailers = git2::message_trailers_bytes(message);
        let trailers = trailers.map_err(|error| StoryError::unreadable(&error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let pairs = trailers.iter().map(|(key, value)| (text(key), text(value)));
        Ok(Self(pairs.collect()))
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        let pairs = self
            .0
            .iter()
            .filter(move |(k, _)| k.eq_ignore_ascii_case(key));
        pairs.map(|(_, value)| value.as_str())
    }
}

/// The stories that a commit says it is built on; what is no story's id says nothing.
pub(super) fn depends_on(
    git: &git2::Repository,
    commit: ObjectId,
) -> Result<Vec<StoryId>, StoryError> {
    let trailers = Trailers::of(git, commit)?;
    let separator = |c: char| c == ',' || c.is_whitespace();
    let words = trailers.values(DEPENDS_ON).flat_map(|v| v.split(separator));
    Ok(words.filter_map(|word| word.parse().ok()).collect())
}

/// The stories that a commit says it brings, each with the revision if it says so.
pub(super) fn brings(
    git: &git2::Repository,
    commit: ObjectId,
) -> Result<Vec<(StoryId, Option<String>)>, StoryError> {
    let trailers = Trailers::of(git, commit)?;
    let revision = trailers.values(STORY_REVISION).next().map(str::to_owned);
    let ids = trailers.values(STORY_ID).filter_map(|id| id.parse().ok());
    Ok(ids.map(|id| (id, revision.clone())).collect())
}
