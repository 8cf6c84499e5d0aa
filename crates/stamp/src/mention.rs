//! What one file names, for those who look at files without a tree around them.

use storyline_dbt::Projects;
use storyline_manifest::Kind;
use storyline_text::{RelPath, Span};

use crate::Scope;
use crate::candidate::{FileType, Shape, model_name};
use crate::tree::scan;

/// A name at a place that may be a site. Whose name it is only a whole tree can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What it names.
    pub kind: Kind,
    /// Where it is written, in bytes of the file, without quotes.
    pub span: Span,
    /// The name that is meant.
    pub name: String,
    /// What it is there for.
    pub role: Role,
}

/// What a name stands in a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The project gets its own name here.
    Definition,
    /// Something is called by its name, or a value is given.
    Use,
}

/// Whether names may stand in the file at `path`. `projects` are the dbt projects around it.
pub fn may_mention(path: &RelPath, projects: &Projects) -> bool {
    Scope::default().concerns(FileType::of(path, projects))
}

/// Everything that a file names, by position, in comments too. A file that cannot be parsed as a
/// whole may have fewer.
pub fn mentions(path: &RelPath, bytes: &[u8], projects: &Projects) -> Vec<Mention> {
    let file_type = FileType::of(path, projects);
    let scan = scan(path, bytes, file_type, &Scope::default());
    let mentions = scan.candidates.into_iter().map(|candidate| Mention {
        kind: candidate.kind,
        span: candidate.span,
        name: candidate.name,
        role: match candidate.shape {
            Shape::Definition => Role::Definition,
            _ => Role::Use,
        },
    });
    mentions.collect()
}

/// The model that the file at `path` defines by its name.
pub fn model_of(path: &RelPath) -> Option<&str> {
    model_name(path).map(|(_, name)| name)
}
