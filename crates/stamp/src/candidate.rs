//! What one file says, without knowing the rest of the tree.
//!
//! A candidate is a span that *may* be a site. Whether it is one depends on the tree's own names
//! and the environment; neither is known here, so a file's candidates depend on its bytes, its
//! path and what is looked for alone, and can be kept for as long as those stay.

use storyline_dbt::{Extent, FileKind, Projects};
use storyline_manifest::Kind;
use storyline_text::{Diagnostic, RelPath, Span};

use crate::url::Encoding;

/// A span of a file that may hold a name of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) kind: Kind,
    /// Bytes of the file that hold the name as it is written.
    pub(crate) span: Span,
    /// The name that is meant.
    pub(crate) name: String,
    pub(crate) shape: Shape,
}

/// How a candidate is written, which decides whose name it is and how another is put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As it is: inside a LookML string, or as a word.
    Plain,
    /// A whole YAML scalar, whose quotes may have to change.
    Yaml,
    /// A whole TOML string, whose quotes may have to change.
    Toml,
    /// A whole JSON string.
    Json,
    /// The same in a target of a dbt profile, or a part of a scalar there.
    Target(Extent),
    /// A part of a URL's path.
    Url(Encoding),
    /// The model in `include: "//project/x.model"`; `None` for the own project.
    IncludedModel {
        /// The project whose model it is.
        project: Option<String>,
    },
    /// The first folder of an include from the root: the project's own name, unless it is a folder.
    RootFolder,
    /// Like `Plain`, where the project gets its own name.
    Definition,
    /// A part of a URL on a host that is nobody's we know: never stamped, worth a notice when the
    /// name is own.
    Elsewhere {
        /// In lower case.
        host: String,
    },
    /// In a comment: never stamped, worth a notice.
    Comment,
}

/// `include: "…"`, which says what other files belong to this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Include {
    /// The pattern, without quotes.
    pub(crate) span: Span,
}

/// What one file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileScan {
    /// By position.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) includes: Vec<Include>,
    /// Errors; with any, the tree is refused.
    pub(crate) errors: Vec<Diagnostic>,
    /// Warnings and notices.
    pub(crate) warnings: Vec<Diagnostic>,
    /// Numbers of the declared sites that say something about this file.
    pub(crate) declared: Vec<usize>,
}

/// What a file is, from its path and those of dbt projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FileType {
    /// `NAME.model.lkml`, `NAME.model.lookml`
    Model,
    /// `manifest.lkml` at the root.
    ProjectManifest,
    /// `NAME.view.lkml`, `NAME.explore.lkml` and the like: objects that models include. A connection is
    /// a model's, so none is looked for here.
    Object,
    /// Any other `.lkml`; `.lookml` too, which in projects of 2013-2016 is YAML.
    LookMl,
    /// `NAME.dashboard.lookml`: YAML.
    Dashboard,
    /// YAML of a dbt project.
    Dbt(FileKind),
    /// Nothing that Looker or dbt reads.
    Other,
}

const MODEL_ENDINGS: [&[u8]; 2] = [b".model.lkml", b".model.lookml"];

const OBJECT_ENDINGS: [&[u8]; 3] = [b".view.lkml", b".explore.lkml", b".view.lookml"];

impl FileType {
    /// Whether it holds LookML, in either syntax.
    pub(crate) fn is_lookml(self) -> bool {
        matches!(
            self,
            Self::Model | Self::ProjectManifest | Self::LookMl | Self::Object
        )
    }

    pub(crate) fn of(path: &RelPath, projects: &Projects) -> Self {
        let name = path.file_name();
        if model_name(path).is_some() {
            Self::Model
        } else if matches!(path.as_bytes(), b"manifest.lkml" | b"manifest.lookml") {
            Self::ProjectManifest
        } else if name.ends_with(b".dashboard.lookml") || name.ends_with(b".dashboard.lkml") {
            Self::Dashboard
        } else if OBJECT_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            Self::Object
        } else if name.ends_with(b".lkml") || name.ends_with(b".lookml") {
            Self::LookMl
        } else {
            projects.kind(path).map_or(Self::Other, Self::Dbt)
        }
    }
}

/// Whether a file is called like one that defines a model.
pub(crate) fn is_model(path: &RelPath) -> bool {
    MODEL_ENDINGS
        .iter()
        .any(|ending| path.file_name().ends_with(ending))
}

/// The model that a file defines, and where in the path its name stands.
/// <https://cloud.google.com/looker/docs/reference/param-model>: a model's name is its file's.
pub(crate) fn model_name(path: &RelPath) -> Option<(Span, &str)> {
    let file_name = path.file_name();
    let start = path.as_bytes().len() - file_name.len();
    let ending = MODEL_ENDINGS.iter().find(|e| file_name.ends_with(e))?;
    let stem = &file_name[..file_name.len() - ending.len()];
    let name = std::str::from_utf8(stem).ok().filter(|s| !s.is_empty())?;
    Some((Span::at(start..start + stem.len()), name))
}

/// The same file with its model called `name`.
pub(crate) fn renamed(path: &RelPath, name: &str) -> Result<RelPath, storyline_text::UnsafeName> {
    let file_name = path.file_name();
    let ending = MODEL_ENDINGS.iter().find(|e| file_name.ends_with(e));
    let ending = ending.copied().unwrap_or_default();
    path.with_file_name(&[name.as_bytes(), ending].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_files() {
        for (path, expect) in [
            ("a/b.model.lkml", FileType::Model),
            ("cube.dev.model.lkml", FileType::Model),
            ("old.model.lookml", FileType::Model),
            (".model.lkml", FileType::LookMl),
            ("manifest.lkml", FileType::ProjectManifest),
            ("a/manifest.lkml", FileType::LookMl),
            ("x.dashboard.lookml", FileType::Dashboard),
            ("x.view.lkml", FileType::Object),
            ("x.lkml", FileType::LookMl),
            ("x.lkml.bak", FileType::Other),
        ] {
            let path = RelPath::new(path.as_bytes()).expect("a plain path");
            let file_type = FileType::of(&path, &Projects::default());
            assert_eq!(file_type, expect, "{path}");
        }
    }
}
