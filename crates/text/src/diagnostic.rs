//! What a person is told, as data; only the command line turns it into words on a screen.

use crate::{RelPath, Span};

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Notice,
    /// Probably not meant.
    Warning,
    /// The command cannot go on, or the file is wrong.
    Error,
}

/// A place that a diagnostic points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file; a diagnostic about a whole path has the path here and an empty span.
    pub file: RelPath,
    /// Bytes of that file; `None` for the path itself.
    pub span: Option<Span>,
    /// What to see there, in a few words; may be empty.
    pub text: String,
    /// Whether what stands behind the span may be a secret, which is not to be shown.
    pub masked: bool,
}

impl Label {
    /// Points at bytes of a file.
    pub fn at(file: &RelPath, span: Span, text: impl Into<String>) -> Self {
        Self {
            file: file.clone(),
            span: Some(span),
            text: text.into(),
            masked: false,
        }
    }

    /// Points at a path.
    pub fn path(file: &RelPath, text: impl Into<String>) -> Self {
        Self {
            file: file.clone(),
            span: None,
            text: text.into(),
            masked: false,
        }
    }

    /// The same with nothing shown of what stands behind the span.
    #[must_use]
    pub fn masked(self) -> Self {
        Self {
            masked: true,
            ..self
        }
    }
}

/// One thing to tell: what happened, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable identifier in kebab case, the same in every format and in the docs.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence, lower case, without a full stop.
    pub title: String,
    /// Places, the most important first.
    pub labels: Vec<Label>,
    /// What the reader can do, each one sentence.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, title)
    }

    /// A warning.
    pub fn warning(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, title)
    }

    /// A notice.
    pub fn notice(id: &'static str, title: impl Into<String>) -> Self {
        Self::new(Severity::Notice, id, title)
    }

    fn new(severity: Severity, id: &'static str, title: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            title: title.into(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, label: Label) -> Self {
        self.labels.push(label);
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}
