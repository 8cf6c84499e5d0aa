//! Byte-preserving changes to text, as data.
//!
//! Everything in Storyline that points into a file uses [`Span`], everything that changes one is a
//! [`Patch`], everything that a person is told is a [`Diagnostic`], and everything that names a file
//! is a [`RelPath`]. Nothing here reads, writes or prints.

mod diagnostic;
mod edit;
mod line_index;
mod path;
mod span;
mod visible;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use edit::{Edit, Patch, PatchError};
pub use line_index::{LineIndex, Position};
pub use path::{RelPath, UnsafeName, check_component};
pub use span::Span;
pub use visible::Visible;
