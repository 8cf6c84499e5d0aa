//! Findings as SARIF 2.1.0:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};
use storyline_check::{Finding, Fix, Report, Rule};
use storyline_text::{Label, Position, Severity, Span};

use super::{Place, Positions, message};
use crate::failure::Failure;
use crate::json::text;
use crate::output::print_json;

pub(crate) fn print(report: &Report, place: &Place) -> Result<(), Failure> {
    let ids: BTreeSet<_> = report.findings.iter().map(|f| f.diagnostic.id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut positions = Positions::default();
    let results = report.findings.iter();
    let results = results.map(|finding| result(finding, &ids, report, place, &mut positions));
    let results: Vec<_> = results.collect();
    print_json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "storyline",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": ids.iter().map(|id| rule(id)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(id: &str) -> Value {
    let Some(rule) = Rule::find(id) else {
        return json!({ "id": id });
    };
    json!({
        "id": id,
        "shortDescription": { "text": rule.summary() },
        "help": { "text": rule.page, "markdown": rule.page },
    })
}

fn result<'r>(
    finding: &Finding,
    ids: &[&str],
    report: &'r Report,
    place: &Place,
    positions: &mut Positions<'r>,
) -> Value {
    let labels = &finding.diagnostic.labels;
    let (first, others) = labels.split_at(labels.len().min(1));
    let mut location = |label: &Label| location(label, report, place, positions);
    let mut result = json!({
        "ruleId": finding.diagnostic.id,
        "ruleIndex": ids.iter().position(|id| *id == finding.diagnostic.id),
        "level": match finding.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "note",
        },
        "message": { "text": message(finding) },
        "locations": first.iter().map(&mut location).collect::<Vec<_>>(),
        "relatedLocations": others.iter().map(&mut location).collect::<Vec<_>>(),
    });
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([self::fix(fix, report, place, positions)]);
    }
    result
}

fn location<'r>(
    label: &Label,
    report: &'r Report,
    place: &Place,
    positions: &mut Positions<'r>,
) -> Value {
    let mut location = json!({
        "physicalLocation": { "artifactLocation": { "uri": place.uri(&label.file) } },
    });
    if let Some((span, places)) = label.span.zip(positions.of(label, report)) {
        location["physicalLocation"]["region"] = region(span, places);
    }
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn region(span: Span, (start, end): (Position, Position)) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.len(),
    })
}

fn fix<'r>(fix: &Fix, report: &'r Report, place: &Place, positions: &mut Positions<'r>) -> Value {
    let label = Label::at(&fix.file, fix.edit.span, "");
    let region = positions
        .of(&label, report)
        .map(|places| region(fix.edit.span, places));
    json!({
        "artifactChanges": [{
            "artifactLocation": { "uri": place.uri(&fix.file) },
            "replacements": [{
                "deletedRegion": region,
                "insertedContent": { "text": text(&fix.edit.text) },
            }],
        }],
    })
}
