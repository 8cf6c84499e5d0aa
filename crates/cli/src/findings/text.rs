//! Findings for people: each with an excerpt, and a last line that counts them.

use std::io::{self, Write};

use storyline_check::Report;
use storyline_text::Severity;

use crate::failure::Failure;
use crate::output::count;
use crate::report::Printer;

pub(crate) fn print(report: &Report) -> Result<(), Failure> {
    let stdout = io::stdout();
    let printer = Printer::new(anstream::AutoStream::choice(&stdout), &report.sources);
    let mut out = io::BufWriter::new(anstream::AutoStream::auto(stdout.lock()));
    let mut write = || {
        for finding in &report.findings {
            writeln!(out, "{}\n", printer.render(&finding.diagnostic))?;
        }
        writeln!(out, "{}", summary(report))?;
        out.flush()
    };
    match write() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

/// `2 errors, 1 warning in 14 files; --fix mends 1 of them`
fn summary(report: &Report) -> String {
    let files = count(report.files, "file");
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Notice, "notice"),
    ];
    let counts = kinds.map(|(severity, noun)| {
        let all = report.findings.iter();
        let number = all.filter(|f| f.diagnostic.severity == severity).count();
        (number > 0).then(|| count(number, noun))
    });
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    if counts.is_empty() {
        return format!("nothing found in {files}");
    }
    let mut out = format!("{} in {files}", counts.join(", "));
    let mendable = report.findings.iter().filter(|f| f.fix.is_some()).count();
    if mendable > 0 {
        out += &format!("; `--fix` mends {mendable} of them");
    }
    out += "; `storyline check --explain ID` tells more";
    out
}
