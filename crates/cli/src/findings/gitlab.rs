//! Findings as a code quality report:
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::BTreeMap;

use serde::Serialize;
use storyline_check::Report;
use storyline_text::Severity;

use super::{Place, Positions, message};
use crate::failure::Failure;
use crate::output::print_json;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    /// Tells findings of two runs apart.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(crate) fn print(report: &Report, place: &Place) -> Result<(), Failure> {
    let mut positions = Positions::default();
    let mut alike: BTreeMap<_, usize> = BTreeMap::new();
    let issues = report.findings.iter().filter_map(|finding| {
        let label = finding.place()?;
        let id = finding.diagnostic.id;
        let path = place.path(&label.file);
        let lines = positions.of(label, report);
        // Without the line, so that a finding stays the same when something is added above it.
        let same = format!("{id}\0{path}\0{}", finding.diagnostic.title);
        let number = alike.entry(same.clone()).or_default();
        *number += 1;
        let fingerprint = blake3::hash(format!("{same}\0{number}").as_bytes());
        Some(Issue {
            description: message(finding),
            check_name: id,
            fingerprint: fingerprint.to_hex().to_string(),
            severity: match finding.diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Notice => "info",
            },
            location: Location {
                path,
                lines: Lines {
                    begin: lines.map_or(1, |(start, _)| start.line),
                    end: lines.map_or(1, |(_, end)| end.line),
                },
            },
        })
    });
    print_json(&issues.collect::<Vec<_>>())
}
