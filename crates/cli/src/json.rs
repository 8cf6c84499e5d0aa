//! Diagnostics and plans as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use storyline_stamp::{Change, Tree};
use storyline_text::{Diagnostic, Label, Position, RelPath, Severity, Span};

use crate::cursor::Cursor;
use crate::failure::{Failure, Sources};

/// Text out of files and paths. Bytes that are not UTF-8 become U+FFFD: JSON has no place for them.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

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
    pub(crate) fn new(span: Span, cursor: &mut Cursor<'_>) -> Self {
        let Position { line, column } = cursor.position(span.start);
        Self {
            start: span.start,
            end: span.end,
            line,
            column,
        }
    }
}

/// All of `diagnostics`, with positions in those files that are at hand.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<JsonDiagnostic> {
    let mut cursors = BTreeMap::new();
    let mut place = |label: &Label| JsonPlace {
        file: text(label.file.as_bytes()).into(),
        range: range(label, sources, &mut cursors),
        text: label.text.clone(),
    };
    let diagnostics = diagnostics.iter().map(|diagnostic| JsonDiagnostic {
        id: diagnostic.id,
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        },
        message: diagnostic.title.clone(),
        places: diagnostic.labels.iter().map(&mut place).collect(),
        help: diagnostic.help.clone(),
    });
    diagnostics.collect()
}

fn range<'s>(
    label: &Label,
    sources: &'s Sources,
    cursors: &mut BTreeMap<&'s RelPath, Cursor<'s>>,
) -> Option<JsonRange> {
    let span = label.span?;
    let (file, source) = sources.get_key_value(&label.file)?;
    let cursor = cursors.entry(file).or_insert_with(|| Cursor::new(source));
    Some(JsonRange::new(span, cursor))
}

/// What stamping does or did.
#[derive(Debug, Serialize)]
pub(crate) struct JsonPlan {
    pub(crate) command: String,
    pub(crate) environment: String,
    /// Whether the changes were carried out.
    pub(crate) done: bool,
    pub(crate) changes: Vec<JsonChange>,
    pub(crate) diagnostics: Vec<JsonDiagnostic>,
}

/// Why a command did nothing: what every command prints that was asked for JSON and failed.
#[derive(Debug, Serialize)]
pub(crate) struct JsonFailure {
    /// Always `false`.
    done: bool,
    diagnostics: Vec<JsonDiagnostic>,
}

impl JsonFailure {
    pub(crate) fn new(failure: &Failure) -> Self {
        Self {
            done: false,
            diagnostics: diagnostics(&failure.diagnostics, &failure.sources),
        }
    }
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
        let mut cursor = Cursor::new(source);
        let edits = change.patch.edits().iter().map(|edit| JsonEdit {
            range: JsonRange::new(edit.span, &mut cursor),
            before: text(edit.span.slice(source)).into(),
            after: text(&edit.text).into(),
        });
        Self {
            edits: edits.collect(),
            from: text(change.from.as_bytes()).into(),
            to: text(change.to.as_bytes()).into(),
        }
    }
}
