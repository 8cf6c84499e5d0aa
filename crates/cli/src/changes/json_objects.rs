//! What became of objects, for programs: `docs/preview.schema.json` is made from these types.

use schemars::JsonSchema;
use serde::Serialize;
use storyline_diff::objects::{
    Change, FileRest, Note, ObjectChange, ObjectReport, Order, ParameterChange, Place, Reason,
    Step, Value,
};
use storyline_diff::{Impact, Report, Standing};

use super::{JsonFile, JsonForm, Taken};
use crate::json::text;

/// What `storyline preview --json` and `storyline diff --objects --format json` tell. Texts of files in
/// which bytes are no UTF-8 have U+FFFD in their place.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "A preview of a change by Storyline", rename = "Preview")]
pub(crate) struct JsonPreview {
    /// The version of this format: 1. Later ones may have more properties, and more words where words are.
    version: u32,
    /// What was before.
    base: JsonSide,
    /// What is after.
    head: JsonSide,
    /// A sentence that can be read alone; of a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    /// How many objects of each kind came, went or changed, those inside others included.
    counts: Vec<JsonCount>,
    /// What became of objects; what holds others stands before them.
    objects: Vec<JsonObject>,
    /// What of files no object explains.
    rest: Vec<JsonRest>,
    /// The files that differ in canonical form, line by line.
    files: Vec<JsonFile>,
    /// How many files differ by nothing but stamps.
    only_stamps: usize,
    /// Repositories inside, which were not looked into.
    repositories: usize,
    /// What stands on that; of a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<JsonImpact>,
}

/// One of the two that are compared.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Side")]
struct JsonSide {
    /// How people call it.
    name: String,
    #[serde(flatten)]
    form: JsonForm,
}

/// How many objects of a kind.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Count")]
struct JsonCount {
    kind: &'static str,
    added: usize,
    removed: usize,
    changed: usize,
    moved: usize,
    renamed: usize,
}

/// What became of one object.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Object")]
struct JsonObject {
    /// `added`, `removed`, `changed`, `reordered` (which means nothing), `moved`, `renamed`, or `inside`: it
    /// is as it was, but something that it holds is told.
    change: &'static str,
    /// What it is: `view`, `dimension group`, `dbt model`.
    kind: &'static str,
    name: String,
    /// Where it was; not of one that was added.
    left: Option<JsonPlace>,
    /// Where it is; not of one that was removed.
    right: Option<JsonPlace>,
    parameters: Vec<JsonParameter>,
    orders: Vec<JsonOrder>,
    /// The objects inside one that came or went, by kind.
    holds: Vec<JsonHeld>,
}

/// Where an object is on one side.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Place")]
struct JsonPlace {
    /// The file's path.
    file: String,
    /// The objects that hold it, outermost first, and it itself.
    path: Vec<JsonStep>,
    /// Its lines.
    lines: JsonRange,
    /// Those of the lines that differ and that it explains.
    changed: Vec<JsonRange>,
}

/// Lines from 1: the first, and the one after the last.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Range")]
struct JsonRange {
    start: usize,
    end: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
struct JsonStep {
    kind: &'static str,
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Held")]
struct JsonHeld {
    kind: &'static str,
    number: usize,
}

/// A parameter that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Parameter")]
struct JsonParameter {
    /// The way from the object: `derived_table.sql`.
    name: String,
    /// What it was; not of one that was added.
    left: Option<JsonValue>,
    /// What it is; not of one that was removed.
    right: Option<JsonValue>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Value")]
struct JsonValue {
    text: String,
    lines: JsonRange,
}

/// What an object holds in another order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
struct JsonOrder {
    /// Whether that changes what it means.
    matters: bool,
    /// What moved.
    moved: Vec<String>,
}

/// What of one file no object explains.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rest")]
struct JsonRest {
    file: String,
    /// What is to be said of the file as a whole: `syntax`, `opaque`, `mode`.
    note: Option<&'static str>,
    parts: Vec<JsonPart>,
}

/// Lines that no object explains, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Part")]
struct JsonPart {
    left: JsonRange,
    right: JsonRange,
    /// `blank`, `comments`, `spelling`, `order`, `syntax`, `secret`, `unreadable`, `no-object`, and others
    /// that may come.
    reason: &'static str,
}

/// What stands on what changed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Impact")]
struct JsonImpact {
    explores: Vec<JsonStanding>,
    dashboards: Vec<JsonStanding>,
    /// How many includes lead to other projects, which were not looked into.
    elsewhere: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Standing")]
struct JsonStanding {
    /// Empty where a dashboard asks several.
    model: String,
    name: String,
    /// What it stands on of all that changed; of very much, not all.
    on: Vec<JsonStep>,
}

/// The schema of what `storyline preview --json` tells, as JSON.
pub fn schema() -> String {
    let schema = schemars::schema_for!(JsonPreview);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

impl JsonPreview {
    /// Of two sides by their names and what they were taken for.
    pub(crate) fn new(
        [base, head]: [(&str, &Taken); 2],
        report: &Report,
        objects: &ObjectReport,
    ) -> Self {
        let side = |(name, taken): (&str, &Taken)| JsonSide {
            name: name.into(),
            form: taken.into(),
        };
        let counts = objects.counts().into_iter();
        let counts = counts.filter(|(_, count)| count.all() > 0);
        Self {
            version: 1,
            base: side(base),
            head: side(head),
            verdict: None,
            counts: counts
                .map(|(kind, count)| JsonCount {
                    kind: kind.word(),
                    added: count.added,
                    removed: count.removed,
                    changed: count.changed,
                    moved: count.moved,
                    renamed: count.renamed,
                })
                .collect(),
            objects: objects.changes.iter().map(|c| object(c, report)).collect(),
            rest: objects.files.iter().map(|r| rest(r, report)).collect(),
            files: report.files.iter().map(JsonFile::new).collect(),
            only_stamps: report.only_stamps,
            repositories: report.repositories,
            impact: None,
        }
    }

    /// With what only a preview tells.
    pub(crate) fn with(self, verdict: String, impact: &Impact) -> Self {
        let standing = |all: &[Standing]| all.iter().map(JsonStanding::new).collect();
        Self {
            verdict: Some(verdict),
            impact: Some(JsonImpact {
                explores: standing(&impact.explores),
                dashboards: standing(&impact.dashboards),
                elsewhere: impact.elsewhere,
            }),
            ..self
        }
    }
}

impl JsonStanding {
    fn new(standing: &Standing) -> Self {
        Self {
            model: text(&standing.model).into(),
            name: text(&standing.name).into(),
            on: standing.on.iter().map(step).collect(),
        }
    }
}

fn object(change: &ObjectChange, report: &Report) -> JsonObject {
    let own = change.place().step();
    let place = |place: &Place, is_left: bool| {
        let file = &report.files[place.file];
        let stand = if is_left { &file.left } else { &file.right };
        let path = stand.as_ref().map_or(file.path(), |stand| &stand.path);
        JsonPlace {
            file: text(path.as_bytes()).into(),
            path: place.path.iter().map(step).collect(),
            lines: range(&place.lines),
            changed: place.changed.iter().map(range).collect(),
        }
    };
    let held = change.holds.iter().map(|(kind, number)| JsonHeld {
        kind: kind.word(),
        number: *number,
    });
    JsonObject {
        change: word(change.change),
        kind: own.kind.word(),
        name: text(&own.name).into(),
        left: change.left.as_ref().map(|left| place(left, true)),
        right: change.right.as_ref().map(|right| place(right, false)),
        parameters: change.parameters.iter().map(parameter).collect(),
        orders: change.orders.iter().map(order).collect(),
        holds: held.collect(),
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
        Change::Reordered => "reordered",
        Change::Moved => "moved",
        Change::Renamed => "renamed",
        Change::Inside => "inside",
    }
}

fn step(step: &Step) -> JsonStep {
    JsonStep {
        kind: step.kind.word(),
        name: text(&step.name).into(),
    }
}

fn range(range: &std::ops::Range<usize>) -> JsonRange {
    JsonRange {
        start: range.start + 1,
        end: range.end + 1,
    }
}

fn parameter(parameter: &ParameterChange) -> JsonParameter {
    let value = |value: &Value| JsonValue {
        text: text(&value.text).into(),
        lines: range(&value.lines),
    };
    JsonParameter {
        name: parameter.name.clone(),
        left: parameter.left.as_ref().map(value),
        right: parameter.right.as_ref().map(value),
    }
}

fn order(order: &Order) -> JsonOrder {
    JsonOrder {
        matters: order.matters,
        moved: order.moved.clone(),
    }
}

fn rest(rest: &FileRest, report: &Report) -> JsonRest {
    let parts = rest.rest.iter().map(|part| JsonPart {
        left: range(&part.left),
        right: range(&part.right),
        reason: reason(part.reason),
    });
    JsonRest {
        file: text(report.files[rest.file].path().as_bytes()).into(),
        note: rest.note.map(|note| match note {
            Note::Syntax => "syntax",
            Note::Opaque => "opaque",
            Note::Mode => "mode",
        }),
        parts: parts.collect(),
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Blank => "blank",
        Reason::Comments => "comments",
        Reason::Spelling => "spelling",
        Reason::Order => "order",
        Reason::Syntax => "syntax",
        Reason::Secret => "secret",
        Reason::Unreadable => "unreadable",
        Reason::NoObject => "no-object",
    }
}
