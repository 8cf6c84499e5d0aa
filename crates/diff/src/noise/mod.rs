//! Which changes of a history look like noise: names that were put in and taken out by hand.
//!
//! ```text
//! commit's files -> Judge  -> Judged    the names that moved, line by line; no verdict yet
//! all Judged     -> Ledger -> Verdicts  which of those moves look like noise
//! ```
//!
//! Whether a name's move is noise depends on the rest of the history (was its file renamed, did the
//! name come back?), so a commit alone is never judged. What is no line of a name is a *story*: all
//! doubts are decided in its favour.

mod blank;
mod judge;
mod ledger;
mod verdict;

pub use judge::{Judge, Judged, Move, Moved, Place, Sample};
pub use ledger::Ledger;
pub use verdict::{Counts, PairCount, Verdict, Verdicts};
