//! Reports in the form that somebody reads.

mod outline;

pub use outline::{Tone, outline};
