//! Diagnostics and plans as JSON.

use serde::Serialize;
use storyline_stamp::{Change, Tree};
use storyline_text::{Diagnostic, LineIndex, Severity, Span, Visible};

use crate::failure::Sources;

/// A diagnostic for programs.
#[derive(Debug, Serialize)]
pub(crate) struct JsonDiagnostic {
    id: &'static str,
    severity: &'static str,
    message: String,
    places: Vec<JsonPlace>,
    help: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonPlace {
    file: String,
    #[serde(flatten)]
    range: Option<JsonRange>,
    text: String,
}

/// Bytes from 0, and where they start as people count.
#[derive(Debug, Serialize)]
pub(crate) struct JsonRange {
    start: u32,
    end: u32,
    line: u32,
    column: u32,
}

impl JsonRange {
    pub(crate) fn new(span: Span, source: &[u8], lines: &LineIndex) -> Self {
        let position = lines.position(source, span.start);
        Self {
            start: span.start,
            end: span.end,
            line: position.line,
            column: position.column,
        }
    }
}

impl JsonDiagnostic {
    pub(crate) fn new(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let places = diagnostic.labels.iter().map(|label| JsonPlace {
            file: label.file.to_string(),
            range: label.span.and_then(|span| {
                let source = sources.get(&label.file)?;
                Some(JsonRange::new(span, source, &LineIndex::new(source)))
            }),
            text: label.text.clone(),
        });
        Self {
            id: diagnostic.id,
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Notice => "notice",
            },
            message: diagnostic.title.clone(),
            places: places.collect(),
            help: diagnostic.help.clone(),
        }
    }
}

/// What a stamp does, did, or why it does not.
#[derive(Debug, Serialize)]
pub(crate) struct JsonPlan {
    pub(crate) command: &'static str,
    pub(crate) environment: String,
    /// Whether the changes were carried out.
    pub(crate) done: bool,
    pub(crate) changes: Vec<JsonChange>,
    pub(crate) diagnostics: Vec<JsonDiagnostic>,
}

#[derive(Debug, Serialize)]
pub(crate) struct JsonChange {
    from: String,
    to: String,
    edits: Vec<JsonEdit>,
}

#[derive(Debug, Serialize)]
struct JsonEdit {
    #[serde(flatten)]
    range: JsonRange,
    before: String,
    after: String,
}

impl JsonChange {
    pub(crate) fn new(change: &Change, tree: &Tree) -> Self {
        let source = tree.source(&change.from).unwrap_or_default();
        let lines = LineIndex::new(source);
        let edits = change.patch.edits().iter().map(|edit| JsonEdit {
            range: JsonRange::new(edit.span, source, &lines),
            before: String::from_utf8_lossy(edit.span.slice(source)).into(),
            after: String::from_utf8_lossy(&edit.text).into(),
        });
        Self {
            from: Visible(change.from.as_bytes()).to_string(),
            to: Visible(change.to.as_bytes()).to_string(),
            edits: edits.collect(),
        }
    }
}
