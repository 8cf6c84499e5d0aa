//! Stages: which stories are on them, which may come, and how one gets there or is taken off again.
//!
//! A story's revision lands on a stage as one commit. So what is on a stage is read from its own history, and
//! anybody can compute it again. Nothing here prints, asks, or talks with a remote.
//!
//! ```text
//! deed       what a commit on a stage says that it does
//! ledger     all of them: which revision is on the stage
//! follow     the same for a stage that follows canonical
//! stage      a stage's files in canonical form, and back
//! landing    a revision comes
//! sequence   several of them, a commit each
//! admission  whether a stage takes a revision
//! train      which stories of a stage go on to another
//! plan       what is about to happen, to be shown and saved
//! gate       what people said of revisions there
//! ```

mod admission;
mod deed;
mod error;
mod follow;
pub mod gate;
mod landing;
mod ledger;
mod plan;
mod sequence;
mod stage;
mod train;

pub use admission::{Condition, Grounds, gates_of, stages_before};
pub use deed::{BackOut, Deed, Landed, Landing, Take};
pub use error::PromoteError;
pub use follow::Followed;
pub use landing::{Candidate, Land, Trouble};
pub use ledger::{Entry, Ledger, OnStage};
pub use plan::{FORMAT, LeftOut, Plan, PlannedFile, PlannedLanding, PlannedStory};
pub use sequence::{Refusal, Sequence, Start, Step, Wanted};
pub use stage::{Applied, Span, Stage, View};
pub use train::{StaysBehind, Train, train};
