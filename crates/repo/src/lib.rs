//! Git repositories, read in process. The only crate that names git2, and the only one that starts
//! the `git` program.
//!
//! [`Repository::discover`] finds the repository that a folder belongs to, if any. It may be anybody's:
//! what cannot be read is an error, names that are no text are passed over, and URLs come without
//! the credentials that people leave in them.
//!
//! [`Objects`] reads commits, trees and blobs, [`RawCommit`] and [`parse_tree`] take them apart without
//! losing a byte; [`PackWriter`] keeps new ones.
//!
//! [`Git`] lists, fetches and pushes refs of remotes, and moves those that are here. Nothing else here
//! starts a program or reaches the network.
//!
//! [`Snapshot`] is a commit's files as those who read projects want them, and [`story`] knows the stories
//! that are kept in refs of ours.
//!
//! Git's own configuration decides which bytes a checkout has, so it is read as git reads it: the
//! repository's, the user's and the system's.

mod commit;
mod error;
mod fork;
mod graph;
mod history;
mod id;
mod index;
mod layout;
mod memo;
pub mod merge;
mod net;
mod object_error;
mod objects;
mod offsets;
mod pack;
mod pack_delta;
mod pack_entry;
mod pack_index;
pub mod projection;
mod ref_name;
mod refs;
mod repository;
mod snapshot;
pub mod story;
mod tree;
mod uncommitted;
mod url;
mod walk;
mod working_tree;

pub use commit::{MalformedCommit, NewCommit, RawCommit, signature};
pub use error::RepoError;
pub use fork::{Fork, ForkError, Standing};
pub use history::{Blobs, Changes, Commit, FileChange, History, What};
pub use id::{CollisionAttack, Kind, NotAnId, ObjectId};
pub use memo::{Key, Memo};
pub use net::{
    Fetched, Git, GitVersion, Listing, Markers, MergedText, Moved, NetError, Protocol, Protocols,
    Push, Sides, SignError, UnknownProtocol, Url, UrlRefused, Words,
};
pub use object_error::ObjectError;
pub use objects::{Header, Object, Objects};
pub use pack::{PackWriter, Written};
pub use ref_name::{NotARefName, RefName};
pub use refs::{Expected, RefError, RefUpdate};
pub use repository::{Attribute, Branch, Overview, Remote, Repository};
pub use snapshot::{Snapshot, SnapshotError};
pub use tree::{
    EntryKind, MalformedTree, TreeEntry, is_sorted, parse_tree, sort_tree, tree_order, write_tree,
};
pub use uncommitted::WorkingTreeError;
pub use url::without_credentials;
pub use walk::Walked;
