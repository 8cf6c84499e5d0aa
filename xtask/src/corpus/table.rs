//! The table, for people and as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::maps::MAPS;
use super::trial::Outcome;
use super::{Row, reasons};

/// Columns in front of one for each map.
const HEAD: [&str; 11] = [
    "project",
    "commit",
    "projects",
    "dbt",
    "files",
    "MB",
    "models",
    "dashboards",
    "own sites",
    "foreign",
    "errors",
];

/// What was found, for a terminal or as Markdown.
pub(crate) fn show(rows: &[Row], as_markdown: bool) -> String {
    layout(&lines(rows), as_markdown) + &notes(rows)
}

/// Lines of cells, the first of them the head: under each other, or as a table of Markdown.
pub(crate) fn layout(lines: &[Vec<String>], as_markdown: bool) -> String {
    match as_markdown {
        true => markdown(lines),
        false => text(lines),
    }
}

fn text(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let mut out = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        push(&mut out, cells.join("  ").trim_end());
    }
    out
}

fn markdown(lines: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        push(&mut out, &format!("| {} |", line.join(" | ")));
        if number == 0 {
            push(&mut out, &format!("|{}", " --- |".repeat(line.len())));
        }
    }
    out
}

pub(crate) fn push(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("a String takes everything");
}

fn lines(rows: &[Row]) -> Vec<Vec<String>> {
    let head = HEAD.into_iter().chain(MAPS.map(|(name, _)| name));
    let head = head.map(str::to_owned).collect();
    std::iter::once(head)
        .chain(rows.iter().map(cells))
        .collect()
}

fn cells(row: &Row) -> Vec<String> {
    let commit = row.commit.as_deref().unwrap_or("-");
    let errors = match row.errors {
        0 => "0".into(),
        errors => format!("{errors} in {} files", row.files_with_errors),
    };
    let mut cells = vec![
        row.name.clone(),
        commit.chars().take(10).collect(),
        row.projects.to_string(),
        row.dbt.to_string(),
        row.files.to_string(),
        format!("{:.2}", row.bytes as f64 / 1e6),
        row.models.to_string(),
        row.dashboards.to_string(),
        row.own.to_string(),
        row.foreign.to_string(),
        errors,
    ];
    cells.extend(row.outcomes.iter().map(|outcomes| outcome(outcomes)));
    cells
}

fn outcome(outcomes: &[Outcome]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        let word = match outcome {
            Outcome::Passed => "ok",
            Outcome::Refused(..) => "refused",
            Outcome::DoesNotApply => "-",
            Outcome::Broken(_) => "BROKEN",
        };
        *counts.entry(word).or_default() += 1;
    }
    let several = outcomes.len() > 1;
    let words = counts.into_iter().map(|(word, count)| {
        let ids: Vec<&str> = reasons(outcomes).into_keys().collect();
        let ids = match word {
            "refused" => format!(": {}", ids.join(", ")),
            _ => String::new(),
        };
        match several {
            true => format!("{count} {word}{ids}"),
            false => format!("{word}{ids}"),
        }
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What stands behind each refusal: the first of its reasons, once a project.
fn notes(rows: &[Row]) -> String {
    let mut out = String::from("\n");
    for row in rows {
        let mut told: Vec<String> = Vec::new();
        for ((map, _), outcomes) in MAPS.iter().zip(&row.outcomes) {
            for outcome in outcomes {
                let (what, why) = match outcome {
                    Outcome::Refused(reasons, first) => {
                        let counts = reasons.iter().map(|(id, n)| format!("{n} {id}"));
                        (counts.collect::<Vec<_>>().join(", "), first)
                    }
                    Outcome::Broken(why) => ("BROKEN".into(), why),
                    Outcome::Passed | Outcome::DoesNotApply => continue,
                };
                let note = format!("{map}: {what}: {why}");
                let same = |told: &String| {
                    told.split_once(": ").map(|t| t.1) == note.split_once(": ").map(|t| t.1)
                };
                if !told.iter().any(same) {
                    told.push(note);
                }
            }
        }
        for note in told {
            push(&mut out, &format!("- {}, {note}", row.name));
        }
    }
    out
}
