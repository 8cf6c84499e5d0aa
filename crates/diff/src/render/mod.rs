//! Reports in the form that somebody reads.

mod html;
mod outline;

pub use html::html;
pub use outline::{Tone, outline};
