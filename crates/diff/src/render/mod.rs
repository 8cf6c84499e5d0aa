//! Reports in the form that somebody reads.

mod html;
mod markdown;
mod outline;
mod sections;
mod verdict;

pub use html::{BASE_STYLE, Markup, html, opening};
pub use markdown::{explores, markdown};
pub use outline::{Tone, outline};
pub use verdict::verdict;
