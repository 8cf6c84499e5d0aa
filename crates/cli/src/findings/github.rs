//! Findings as workflow commands, which GitHub Actions shows beside the lines:
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use storyline_check::{Finding, Report};
use storyline_text::{Severity, Visible};

use super::{Place, Positions, message};
use crate::failure::Failure;
use crate::output;

pub(crate) fn print(report: &Report, place: &Place) -> Result<(), Failure> {
    let mut positions = Positions::default();
    let findings = report.findings.iter();
    let lines = findings.map(|finding| line(finding, report, place, &mut positions));
    output::print(&lines.collect::<String>())
}

fn line<'r>(
    finding: &Finding,
    report: &'r Report,
    place: &Place,
    positions: &mut Positions<'r>,
) -> String {
    let command = match finding.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(label) = finding.place() {
        properties.push(format!("file={}", property(&place.path(&label.file))));
        if let Some((start, end)) = positions.of(label, report) {
            properties.push(format!("line={},endLine={}", start.line, end.line));
            // Columns are read only where both are on one line.
            if start.line == end.line {
                properties.push(format!("col={},endColumn={}", start.column, end.column));
            }
        }
    }
    properties.push(format!("title={}", finding.diagnostic.id));
    let text = data(&message(finding));
    format!("::{command} {}::{text}\n", properties.join(","))
}

/// A text after `::`. Logs are read in terminals too.
fn data(text: &str) -> String {
    let lines = text.split('\n');
    let lines = lines.map(|line| Visible(line.as_bytes()).to_string().replace('%', "%25"));
    lines.collect::<Vec<_>>().join("%0A")
}

/// A value before `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
