//! What became of objects, on a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use storyline_diff::Report;
use storyline_diff::objects::{Count, ObjectReport};
use storyline_diff::render::{Tone, outline};

use super::Screen;

/// Columns where there is no terminal that has some.
const USUAL_WIDTH: usize = 100;
/// What one can read; wider terminals get no longer lines.
const MAX_WIDTH: usize = 160;

/// Writes what became of objects, one below the other.
pub(crate) fn outlined(
    report: &Report,
    objects: &ObjectReport,
    screen: Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    outline(report, objects, width(), &mut |tone, line| {
        let style = match screen {
            Screen::Terminal { coloured: true } => style(tone),
            _ => Style::new(),
        };
        writeln!(out, "{style}{line}{style:#}")
    })
}

fn width() -> usize {
    let set = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let found = set.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0.into()));
    found.unwrap_or(USUAL_WIDTH).min(MAX_WIDTH)
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::File => Style::new().bold(),
        Tone::Added => AnsiColor::Green.on_default(),
        Tone::Removed => AnsiColor::Red.on_default(),
        Tone::Changed => AnsiColor::Yellow.on_default(),
        Tone::Moved => AnsiColor::Cyan.on_default(),
        Tone::Context => Style::new(),
    }
}

/// How many objects of each kind came, went and changed.
pub(crate) fn stat(objects: &ObjectReport) -> String {
    let mut out = String::new();
    for (kind, count) in objects.counts() {
        let numbers = numbers(&count);
        if !numbers.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(out, " {:20} | {numbers}", kind.words());
        }
    }
    match objects.files.iter().map(|file| file.rest.len()).sum() {
        0 => {}
        1 => out.push_str("1 change is none of an object\n"),
        more => {
            let _ = writeln!(out, "{more} changes are none of an object");
        }
    }
    out
}

fn numbers(count: &Count) -> String {
    let parts = [
        ("added", count.added),
        ("removed", count.removed),
        ("changed", count.changed),
        ("moved", count.moved),
        ("renamed", count.renamed),
    ];
    let told = parts.iter().filter(|(_, number)| *number > 0);
    let told = told.map(|(word, number)| format!("{number} {word}"));
    told.collect::<Vec<_>>().join(", ")
}
