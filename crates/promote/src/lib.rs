//! Stages: which stories are on them, which may come, and how one gets there or is taken off again.
//!
//! A story's revision lands on a stage as one commit. So what is on a stage is read from its own history, and
//! anybody can compute it again. Nothing here prints, asks, or talks with a remote.
//!
//! ```text
//! deed       what a commit on a stage says that it does
//! ledger     all of them: which revision is on the stage
//! block      those that were read before
//! follow     the same for a stage that follows canonical
//! stage      a stage's files in canonical form, and back
//! landing    a revision comes
//! sequence   several of them, a commit each
//! admission  whether a stage takes a revision
//! train      which stories of a stage go on to another
//! plan       what is about to happen, to be shown and saved
//! squash     commits that people merged, and that lost their message
//! proposal   what became of commits that people were to merge
//! board      where every story is, and what comes next
//! gate       what people said of revisions there
//! history    what a stage's commits say, held against what they do
//! audit      all of it: which commits are nobody's story
//! carried    what the branch of a stage carries that follows canonical
//! back_out   a revision goes
//! depends    which stories stand on which
//! bisect     which of them break something
//! ```

mod admission;
mod audit;
mod back_out;
mod bisect;
mod block;
pub mod board;
mod carried;
mod deed;
mod depends;
mod error;
mod follow;
pub mod gate;
mod history;
mod landing;
mod ledger;
mod plan;
mod proposal;
mod sequence;
mod squash;
mod stage;
mod train;

pub use admission::{Condition, Grounds, gates_of, stages_before};
pub use audit::{Audit, Beginning, Foreign, audit};
pub use back_out::{Stuck, TakenOff, take_off};
pub use bisect::{Bisected, Passing, bisect};
pub use carried::Carried;
pub use deed::{BackOut, Deed, Landed, Landing, Take};
pub use depends::{
    Dependence, Files, InTheWay, Place, Reason, dependents, in_the_way, lacking, names_used, needs,
};
pub use error::PromoteError;
pub use follow::Followed;
pub use history::{History, Pinned, Unproved};
pub use landing::{Candidate, Land, Trouble};
pub use ledger::{Entry, Ledger, OnStage};
pub use plan::{FORMAT, LeftOut, Plan, PlannedFile, PlannedLanding, PlannedStory};
pub use proposal::{Became, Proposal};
pub use sequence::{Refusal, Refused, Sequence, Start, Step, Wanted};
pub use stage::{Applied, Span, Stage, View};
pub use train::{StaysBehind, Train, train};
