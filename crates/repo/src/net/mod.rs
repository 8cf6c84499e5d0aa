//! The network: what `git` brings from remotes and takes there.
//!
//! Fetching and pushing go through the `git` program, so that people's credentials, SSH settings and
//! proxies work as they are used to. It runs with an environment of our making ([`Git`]), on checked
//! addresses ([`Url`]) and explicit refs; and what it achieved is read back from refs, never guessed
//! from what it says.

mod error;
mod git;
mod merge;
mod protocol;
mod push;
mod run;
mod sign;
mod transfer;
mod url;
mod version;
mod words;

pub use error::NetError;
pub use git::Git;
pub use merge::{Markers, MergedText, Sides};
pub use protocol::{Protocol, Protocols, UnknownProtocol};
pub use push::{Moved, Push};
pub use sign::SignError;
pub use transfer::{Fetched, Listing};
pub use url::{Url, UrlRefused};
pub use version::GitVersion;
pub use words::Words;

#[cfg(test)]
mod tests;
