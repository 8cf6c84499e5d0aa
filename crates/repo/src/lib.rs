//! Git repositories, read in process. The only crate that names git2, and the only one that starts
//! the `git` program.
//!
//! [`Repository::discover`] finds the repository that a folder belongs to, if any. It may be anybody's:
//! what cannot be read is an error, names that are no text are passed over, and URLs come without
//! the credentials that people leave in them.
//!
//! [`Git`] lists, fetches and pushes refs of remotes. Nothing else here starts a program or reaches
//! the network.
//!
//! Git's own configuration decides which bytes a checkout has, so it is read as git reads it: the
//! repository's, the user's and the system's.

mod error;
mod id;
mod net;
mod ref_name;
mod repository;
mod url;

pub use error::RepoError;
pub use id::ObjectId;
pub use net::{
    Fetched, Git, GitVersion, Moved, NetError, Protocol, Protocols, Push, UnknownProtocol, Url,
    UrlRefused, Words,
};
pub use ref_name::{NotARefName, RefName};
pub use repository::{Attribute, Branch, Overview, Remote, Repository};
