//! Names that a file provides and names that it uses, and which of them a tree lacks.
//!
//! ```text
//! bytes                       -> Facts     of one file: names, what views extend, what explores call them   facts, lookml, text, dbt
//! Facts of files that differ  -> Lacking   used, provided for the author, and not where it is to go         lacking
//! Facts of two stories        -> Because   what one uses of what the other adds                             depends
//! ```
//!
//! What is said to be lacking stops somebody's release, so that whatever cannot be known for sure is
//! taken to be there: what another project provides, what only an explore knows by another name, what a file
//! holds that does not parse.

mod dbt;
mod depends;
mod facts;
mod lacking;
mod lineage;
mod lookml;
mod search;
mod text;
mod timeframes;

use std::fmt;

use storyline_text::{RelPath, Visible};

use facts::Facts;

pub use depends::{Added, Because, Change, Place, added, depends_by_name};
pub use lacking::{Lacking, lacking};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// A view of LookML.
    View,
    /// An explore.
    Explore,
    /// `view.field`; a timeframe as `view.group_timeframe`, a set as `view.set*`.
    Field,
    /// A file, by its path where it is provided and by a pattern where it is used.
    Include,
    /// A model of LookML.
    Model,
    /// `@{NAME}`
    Constant,
    /// A LookML dashboard.
    Dashboard,
    /// `access_grant: NAME`
    AccessGrant,
    /// `datagroup: NAME`
    Datagroup,
    /// What `ref` takes: a model, seed or snapshot of dbt's. A version of a model as `model.v2`.
    DbtModel,
    /// `source.table`
    DbtSource,
    /// A macro of dbt's.
    DbtMacro,
}

impl NameKind {
    /// What one is called: `dbt model`.
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Explore => "explore",
            Self::Field => "field",
            Self::Include => "file",
            Self::Model => "model",
            Self::Constant => "constant",
            Self::Dashboard => "dashboard",
            Self::AccessGrant => "access grant",
            Self::Datagroup => "datagroup",
            Self::DbtModel => "dbt model",
            Self::DbtSource => "dbt source",
            Self::DbtMacro => "dbt macro",
        }
    }
}

/// A name by which one file can use what another provides. Names of views, explores and fields are in
/// lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What it is the name of.
    pub kind: NameKind,
    /// The name itself.
    pub text: Vec<u8>,
}

impl Name {
    /// A name as it is written somewhere.
    fn new(kind: NameKind, text: &[u8]) -> Self {
        let text = match kind {
            NameKind::View | NameKind::Explore | NameKind::Field => text.to_ascii_lowercase(),
            _ => text.to_vec(),
        };
        Self { kind, text }
    }

    fn field(view: &[u8], field: &[u8]) -> Self {
        Self::new(NameKind::Field, &[view, b".", field].concat())
    }

    /// View and field of a field.
    fn parts(&self) -> Option<(&[u8], &[u8])> {
        let dot = memchr::memchr(b'.', &self.text)?;
        (self.kind == NameKind::Field).then(|| (&self.text[..dot], &self.text[dot + 1..]))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), Visible(&self.text))
    }
}

/// A name that a file provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provided {
    /// The name.
    pub name: Name,
    /// The line where it begins to be provided, from 1.
    pub line: u32,
}

/// A name that a file uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The name.
    pub name: Name,
    /// The line where it stands, from 1.
    pub line: u32,
    /// What uses it: `join`, `extends`, `sql`.
    pub what: &'static str,
    /// Whether an explore may call another view by the view's name that stands here.
    may_be_alias: bool,
}

/// A file of one of the trees.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Where it is.
    pub path: &'a RelPath,
    /// What it holds, in canonical form.
    pub bytes: &'a [u8],
}

/// The names that a file provides to others, in the order of their lines. Empty for a file of no known kind.
pub fn provided(path: &RelPath, bytes: &[u8]) -> Vec<Provided> {
    let mut provided = Facts::read(path, bytes).provided;
    provided.sort_by_key(|one| one.line);
    provided
}

/// The names that a file uses, its own among them, in the order of their lines.
pub fn used(path: &RelPath, bytes: &[u8]) -> Vec<Used> {
    let mut used = Facts::read(path, bytes).used;
    used.sort_by_key(|one| one.line);
    used
}
