//! A manifest proposed from what a project shows.
//!
//! [`Survey::read`] looks at a project: its sites, how it takes names from elsewhere (constants, user
//! attributes), dbt's profiles, and what
//! its Git repository tells of environments. [`propose`] decides what a first
//! `storyline.toml` says, and for which names nothing has to be stamped at all.
//! [`Proposal::manifest`] is that file's text, with comments for the person who is going to change it.
//!
//! A proposal works: what it says is read by `storyline_manifest` before it is handed out, and each
//! rule of its template was tried on the project. A rule that the project refuses stands in a comment,
//! with the reason.

mod branches;
mod dbt;
mod evidence;
mod proposal;
mod propose;
mod remotes;
mod render;
mod survey;
mod trial;

#[cfg(test)]
mod tests;

pub use evidence::{Quiet, Spot};
pub use proposal::Proposal;
pub use propose::propose;
pub use survey::Survey;
