//! A project folder on disk: read without following links, changed all or nothing.
//!
//! [`Folder::open`] lists, [`FileSet::read`](storyline_stamp::FileSet::read) reads,
//! [`Folder::apply`] changes in place, [`Folder::create`] adds a file, [`Folder::export`] writes a
//! changed copy elsewhere, and [`recover`] finishes what a killed command left behind. Every access
//! below the root goes through an open handle of the root, so that a folder that is swapped for a
//! link leads nowhere.

mod apply;
mod create;
mod error;
mod export;
mod folder;
mod gate;
mod journal;
mod list;
mod names;
mod tree;
mod undo;

#[cfg(test)]
mod tests;

pub use apply::Applied;
pub use error::{ApplyError, ExportError, FolderError, Kept};
pub use export::Exported;
pub use folder::{Folder, MAX_FILE, MAX_PROJECT};
pub use undo::{Recovered, recover};
