//! What stands where: the spans of a file that hold names.

use std::sync::Arc;

use storyline_text::Span;
use storyline_yaml::{Document, Node};

use crate::{FileKind, profiles, project, properties};

/// What a name names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// A database schema, or what takes its place: BigQuery's dataset.
    Schema,
    /// A database, or what takes its place: BigQuery's project, a catalog, DuckDB's file.
    Database,
    /// A profile.
    Profile,
    /// A dbt project, by which packages are known.
    Project,
    /// The value of the variable of this name.
    Var(Arc<str>),
    /// An address that may lead to Looker, as a whole.
    Url,
}

/// How much of a YAML scalar a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All of it, so that its quotes may change with the name.
    Whole,
    /// A part: the file's stem in DuckDB's `path`.
    Part,
}

/// A name in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What it names.
    pub kind: NameKind,
    /// Its bytes in the file, without quotes.
    pub span: Span,
    /// What they say.
    pub text: String,
    /// Whether it is the whole scalar.
    pub extent: Extent,
    /// Whether it belongs to a target of a profile.
    pub in_target: bool,
}

/// The names in a file, by position. A file that could not be read has none.
pub fn names(kind: FileKind, document: &Document<'_>) -> Vec<Name> {
    let mut names = Vec::new();
    // dbt refuses a file of several YAML documents.
    if let (Some(root), 1) = (document.roots().next(), document.len()) {
        match kind {
            FileKind::Profiles => profiles::names(root, &mut names),
            FileKind::Project => project::names(root, &mut names),
            FileKind::Properties => properties::names(root, &mut names),
        }
    }
    names.sort_by_key(|name| name.span);
    names.dedup_by_key(|name| name.span);
    names
}

/// Whether a text is, or holds, Jinja: a program and not a name.
pub(crate) fn is_jinja(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// The name that a scalar is; none if it is Jinja, empty, or no scalar.
pub(crate) fn whole(kind: NameKind, node: Node<'_>) -> Option<Name> {
    let scalar = node.scalar()?;
    let text = scalar.value().into_owned();
    let is_name = !text.is_empty() && !is_jinja(&text) && node.target().is_none();
    is_name.then(|| Name {
        kind,
        span: scalar.content(),
        text,
        extent: Extent::Whole,
        in_target: false,
    })
}
