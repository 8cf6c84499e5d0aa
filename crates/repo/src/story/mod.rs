//! Stories and their revisions, as Git keeps them.
//!
//! ```text
//! refs/storyline/story/ID/log        what happened to a story, newest on top     record
//! refs/storyline/story/ID/REVISION   the tip of a revision, pinned               revision
//! ```
//!
//! Both stand in the canonical repository, and as copies in clones. A pin never moves, so that squashing,
//! rebasing or deleting a branch loses nothing. Here they are read, and made as objects; which refs move,
//! and when, is decided by those who push.

mod change;
mod commit;
mod error;
mod id;
mod landed;
mod log;
mod record;
mod revision;
mod submit;
mod trailer;
mod twins;

#[cfg(test)]
mod tests;

pub use change::{Change, ChangedFile, FileStatus, PatchId};
pub use commit::CommitSummary;
pub use error::StoryError;
pub use id::{BadStoryId, MAX_STORY_ID, StoryId};
pub use landed::{Landed, Landings};
pub use log::{Story, StoryState, folder_of_story, log_ref, pin_ref, story_of_log};
pub use record::{Event, Person, Record, paragraphs};
pub use revision::{OWN_REPOSITORY, Part, Revision, RevisionId};
pub use submit::{Draft, Submission};
pub use twins::without_twin;
