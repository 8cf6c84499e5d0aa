//! Sites, names, stamping and unstamping of whole trees. Knows nothing of Git.
//!
//! A *site* is a span of bytes, in a file or in its path, that holds a name which differs from one
//! environment to the next. Reading a tree gives, file by file, *candidates*: spans that may be
//! sites (`candidate`, with one module for each way they are written). The tree's own names and the
//! environment decide which of them are (`own`), and a plan says what becomes of them (`plan`):
//!
//! ```text
//! FileSet -> Tree::read -> candidates of each file       the only step that knows the language
//!            own names  -> own, foreign, stray           decided again for each tree
//!            plan       -> TreePatch, or every reason why not
//! ```
//!
//! Bytes outside sites are copied, never printed again, so formatting survives by construction.
//! A plan is proved before it is handed out: the changed files are read again, and planning the way
//! back has to give the bytes and paths that it started from.

mod candidate;
mod dashboard;
mod dbt;
mod declared;
mod declared_data;
mod declared_json;
mod declared_toml;
mod declared_yaml;
mod fileset;
mod form;
mod hosts;
mod include;
mod legacy;
mod lens;
mod liquid;
mod lookml;
mod mention;
mod own;
pub mod parts;
mod paths;
mod patterns;
mod plan;
mod refusal;
mod scope;
mod sites;
mod texts;
mod tree;
mod url;
mod write;

pub use fileset::{Change, Entry, EntryKind, FileSet, ReadError, TreePatch};
pub use form::{Unclear, form};
pub use hosts::linked_hosts;
pub use include::Pattern;
pub use lens::{FileForm, Lens, Misplaced, NotTaken, blocks, may_be_stamped};
pub use mention::{Mention, Role, may_mention, mentions, model_of};
pub use patterns::{DanglingInclude, dangling_includes};
pub use plan::{Direction, Plan, Refused, objections, plan};
pub use refusal::model_twice;
pub use scope::Scope;
pub use sites::{Site, SitePlace, SiteStatus, sites};
pub use tree::Tree;
