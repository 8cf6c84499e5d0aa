//! Sites, names, stamping and unstamping of bytes, paths and trees. Knows nothing of Git.

mod fileset;

pub use fileset::{Change, Entry, EntryKind, FileSet, ReadError, TreePatch};
