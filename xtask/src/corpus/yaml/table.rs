//! The tables, and what stands behind their numbers.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::table::{layout, push};
use super::Row;

const HEAD: [&str; 11] = [
    "project",
    "commit",
    "YAML files",
    "MB",
    "values",
    "edits",
    "done",
    "templates",
    "requoted",
    "restored",
    "refused",
];

/// Columns; `yaml_edits.py` says what each means.
const VERDICTS: [&str; 7] = [
    "exact",
    "right",
    "type",
    "data",
    "unreadable",
    "refused",
    "unread",
];

/// What was found, for a terminal or as Markdown.
pub(crate) fn show(rows: &[Row], as_markdown: bool) -> String {
    let mut lines = vec![HEAD.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(cells));
    lines.push(total(rows));
    let mut out = layout(&lines, as_markdown);
    push(&mut out, "");
    for (reason, count) in refused(rows) {
        push(&mut out, &format!("- refused: {count} {reason}"));
    }
    for row in rows {
        for (how, files) in &row.verdicts.reads {
            for file in files.iter().filter(|_| how != "same") {
                let name = Path::new(file).strip_prefix(&row.folder);
                let name = name.unwrap_or(Path::new(file)).display();
                push(&mut out, &format!("- read by {how}: {} {name}", row.name));
            }
        }
    }
    push(&mut out, "");
    out + &layout(&verdicts(rows), as_markdown)
}

fn cells(row: &Row) -> Vec<String> {
    let commit = row.commit.as_deref().unwrap_or("-");
    let mut cells = vec![row.name.clone(), commit.chars().take(10).collect()];
    cells.extend(numbers(std::slice::from_ref(row)));
    cells
}

fn total(rows: &[Row]) -> Vec<String> {
    let mut cells = vec!["all".to_owned(), String::new()];
    cells.extend(numbers(rows));
    cells
}

fn numbers(rows: &[Row]) -> [String; 9] {
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    [
        sum(|row| row.files).to_string(),
        format!("{:.2}", sum(|row| row.bytes) as f64 / 1e6),
        sum(|row| row.values).to_string(),
        sum(|row| row.edits).to_string(),
        sum(|row| row.done).to_string(),
        sum(|row| row.templates).to_string(),
        sum(|row| row.requoted).to_string(),
        sum(|row| row.restored).to_string(),
        sum(|row| row.refused.values().sum()).to_string(),
    ]
}

fn refused(rows: &[Row]) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for (reason, count) in rows.iter().flat_map(|row| &row.refused) {
        *reasons.entry(reason.as_str()).or_default() += count;
    }
    reasons
}

fn verdicts(rows: &[Row]) -> Vec<Vec<String>> {
    let mut by_name: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (name, counts) in rows.iter().flat_map(|row| &row.verdicts.edits) {
        let sums = by_name.entry(name).or_default();
        for (verdict, count) in counts {
            *sums.entry(verdict).or_default() += count;
        }
    }
    let mut head = vec!["PyYAML's verdict on".to_owned(), "edits".into()];
    head.extend(VERDICTS.map(str::to_owned));
    let mut lines = vec![head];
    for (name, counts) in by_name {
        let mut line = vec![name.to_owned(), counts.values().sum::<usize>().to_string()];
        line.extend(VERDICTS.map(|v| counts.get(v).unwrap_or(&0).to_string()));
        lines.push(line);
    }
    lines
}
