//! Findings for programs.

use serde::Serialize;
use storyline_check::Report;

use crate::failure::Failure;
use crate::json::{self, JsonDiagnostic};
use crate::output::print_json;

#[derive(Serialize)]
struct JsonReport {
    /// How many files were read.
    files: usize,
    findings: Vec<JsonFinding>,
}

#[derive(Serialize)]
struct JsonFinding {
    #[serde(flatten)]
    diagnostic: JsonDiagnostic,
    /// Whether `--fix` mends it.
    fixable: bool,
}

pub(crate) fn print(report: &Report) -> Result<(), Failure> {
    let findings = report.findings.iter();
    let diagnostics: Vec<_> = findings.map(|finding| finding.diagnostic.clone()).collect();
    let diagnostics = json::diagnostics(&diagnostics, &report.sources).into_iter();
    let findings = diagnostics
        .zip(&report.findings)
        .map(|(diagnostic, finding)| JsonFinding {
            diagnostic,
            fixable: finding.fix.is_some(),
        });
    print_json(&JsonReport {
        files: report.files,
        findings: findings.collect(),
    })
}
