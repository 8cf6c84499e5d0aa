//! Git repositories, read in process. The only crate that names git2.
//!
//! [`Repository::discover`] finds the repository that a folder belongs to, if any. Nothing here
//! starts a program, reaches the network or changes anything, and a repository may be anybody's:
//! what cannot be read is an error, names that are no text are passed over, and URLs come without
//! the credentials that people leave in them.
//!
//! Git's own configuration decides which bytes a checkout has, so it is read as git reads it: the
//! repository's, the user's and the system's.

mod error;
mod repository;
mod url;

pub use error::RepoError;
pub use repository::{Attribute, Branch, Overview, Remote, Repository};
