//! A report of differences as a patch, as numbers, and as JSON.

mod json_objects;
pub(crate) mod objects;

use std::io::{self, IsTerminal, Write};
use std::ops::Range;

use clap::builder::styling::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use storyline_dbt::is_profiles;
use storyline_diff::{Content, FileChange, Kind, Report, Role, Stand, Status, unified};
use storyline_text::Visible;

use crate::json;
use crate::output::count;

pub(crate) use json_objects::JsonPreview;
pub use json_objects::schema;

/// What a patch is written to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Screen {
    /// A file or another program: every byte as it is, so that `git apply` can take it.
    Bytes,
    /// A terminal: what could act on it is spelled out.
    Terminal {
        /// Whether it is to have colours.
        coloured: bool,
    },
}

impl Screen {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        match stdout.is_terminal() {
            false => Self::Bytes,
            true => Self::Terminal {
                coloured: anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
            },
        }
    }

    fn line(
        self,
        out: &mut dyn Write,
        role: Role,
        line: &[u8],
        marks: &[Range<usize>],
    ) -> io::Result<()> {
        let Self::Terminal { coloured } = self else {
            return out.write_all(line);
        };
        let style = if coloured { style(role) } else { Style::new() };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let mut done = 0;
        for mark in marks {
            let mark = mark.start.min(line.len())..mark.end.min(line.len());
            part(out, style, &line[done..mark.start])?;
            part(out, style.bold().underline(), &line[mark.clone()])?;
            done = mark.end;
        }
        part(out, style, &line[done..])?;
        writeln!(out)
    }
}

/// Writes a part of a line; what could act on a terminal is spelled out, but for tabs.
fn part(out: &mut dyn Write, style: Style, text: &[u8]) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    write!(out, "{style}")?;
    for (index, part) in text.split(|b| *b == b'\t').enumerate() {
        let tab = if index > 0 { "\t" } else { "" };
        write!(out, "{tab}{}", Visible(part))?;
    }
    write!(out, "{style:#}")
}

fn style(role: Role) -> Style {
    match role {
        Role::Header => Style::new().bold(),
        Role::Position => AnsiColor::Cyan.on_default(),
        Role::Removed => AnsiColor::Red.on_default(),
        Role::Added => AnsiColor::Green.on_default(),
        Role::Context | Role::NoEnd => Style::new(),
    }
}

/// Writes the report as a unified diff.
pub(crate) fn patch(report: &Report, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    let marks = matches!(screen, Screen::Terminal { coloured: true });
    let mut line = |role, line: &[u8], marks: &[Range<usize>]| screen.line(out, role, line, marks);
    let mut files = report.files.iter();
    files.try_for_each(|file| unified(file, marks, &mut line))
}

/// Each file with how many lines changed, and their sums.
pub(crate) fn stat(report: &Report) -> String {
    let rows: Vec<_> = report.files.iter().map(stat_row).collect();
    let width = rows.iter().map(|(path, _)| path.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut out = String::new();
    for (path, change) in &rows {
        out.push_str(&format!(" {path:width$} | {change}\n"));
    }
    let sums = report.files.iter().map(FileChange::lines);
    let (removed, added) = sums.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    out.push_str(&format!(
        "{}: {} added, {} removed\n",
        count(rows.len(), "file"),
        count(added, "line"),
        count(removed, "line"),
    ));
    out
}

fn stat_row(file: &FileChange) -> (String, String) {
    let path = match (&file.left, &file.right) {
        (Some(left), Some(right)) if left.path != right.path => {
            format!("{} -> {}", left.path, right.path)
        }
        _ => file.path().to_string(),
    };
    let (removed, added) = file.lines();
    let lines = match file.content {
        Content::Same => "same bytes".into(),
        Content::Text(_) => format!("+{added} -{removed}"),
        Content::Binary => "binary".into(),
        Content::Repository => "repository".into(),
    };
    let change = match file.status() {
        Status::Changed => lines,
        status => format!("{lines}, {}", word(status)),
    };
    (path, change)
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Removed => "removed",
        Status::Changed => "changed",
        Status::Moved => "moved",
    }
}

/// Stars out what may be secret in dbt's profiles, and counts the files where something was. Lines
/// stay where they are.
pub(crate) fn hide_secrets(report: &mut Report) -> usize {
    let mut hidden = 0;
    for file in &mut report.files {
        let mut masked = false;
        for stand in file.left.iter_mut().chain(&mut file.right) {
            if is_profiles(&stand.path) && matches!(stand.kind, Kind::File { .. }) {
                let bytes = storyline_dbt::masked(&stand.bytes);
                masked |= bytes != stand.bytes;
                stand.bytes = bytes;
            }
        }
        hidden += usize::from(masked);
    }
    hidden
}

/// What the report does not show, a sentence each; `secrets` is how many files had some.
pub(crate) fn left_out(report: &Report, secrets: usize) -> Vec<String> {
    let mut told = Vec::new();
    if secrets > 0 {
        told.push(format!(
            "secrets in {} are starred out: do not apply this diff",
            count(secrets, "file"),
        ));
    }
    let binary = report.files.iter().filter(|f| f.content == Content::Binary);
    match binary.count() {
        0 => {}
        files => told.push(format!(
            "the bytes of {} are not shown, so that `git apply` refuses this diff; --as-text shows them",
            count(files, "binary file"),
        )),
    }
    let repositories = report.files.iter();
    let repositories = repositories.filter(|f| f.content == Content::Repository);
    match report.repositories + repositories.count() {
        0 => {}
        1 => told.push("1 repository inside was not looked into".into()),
        more => told.push(format!("{more} repositories inside were not looked into")),
    }
    match report.only_stamps {
        0 => {}
        1 => told.push("1 file differs only by stamps; --raw shows it".into()),
        more => told.push(format!(
            "{more} files differ only by stamps; --raw shows them"
        )),
    }
    told
}

/// A report for programs.
#[derive(Debug, Serialize)]
pub(crate) struct JsonReport {
    left: JsonForm,
    right: JsonForm,
    files: Vec<JsonFile>,
    only_stamps: usize,
    repositories: usize,
}

/// The form that a side was found in: `canonical`, or an environment's name in `environment`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Form")]
struct JsonForm {
    form: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
}

/// What a side was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Its bytes as they are.
    AsItIs,
    /// Canonical form.
    Canonical,
    /// The form of the environment of this name.
    Stamped(String),
}

impl From<&Taken> for JsonForm {
    fn from(taken: &Taken) -> Self {
        let (form, environment) = match taken {
            Taken::AsItIs => ("as-it-is", None),
            Taken::Canonical => ("canonical", None),
            Taken::Stamped(name) => ("stamped", Some(name.clone())),
        };
        Self { form, environment }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "File")]
struct JsonFile {
    status: &'static str,
    content: &'static str,
    left: Option<JsonStand>,
    right: Option<JsonStand>,
    hunks: Vec<JsonHunk>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stand")]
struct JsonStand {
    path: String,
    kind: &'static str,
}

/// Lines that were removed, and those that stand in their place.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hunk")]
struct JsonHunk {
    left: JsonLines,
    right: JsonLines,
}

/// Lines with their ends, and the number of the first from 1; where there are none, of the line that
/// follows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Lines")]
struct JsonLines {
    line: usize,
    lines: Vec<String>,
}

impl JsonReport {
    pub(crate) fn new(report: &Report, taken: [&Taken; 2]) -> Self {
        let [left, right] = taken.map(JsonForm::from);
        Self {
            left,
            right,
            files: report.files.iter().map(JsonFile::new).collect(),
            only_stamps: report.only_stamps,
            repositories: report.repositories,
        }
    }
}

impl JsonFile {
    fn new(file: &FileChange) -> Self {
        let hunks = file.texts().map(|[left, right]| JsonHunk {
            left: JsonLines::new(left),
            right: JsonLines::new(right),
        });
        Self {
            status: word(file.status()),
            content: match file.content {
                Content::Same => "same",
                Content::Text(_) => "text",
                Content::Binary => "binary",
                Content::Repository => "repository",
            },
            hunks: hunks.collect(),
            left: file.left.as_ref().map(JsonStand::new),
            right: file.right.as_ref().map(JsonStand::new),
        }
    }
}

impl JsonStand {
    fn new(stand: &Stand) -> Self {
        Self {
            path: json::text(stand.path.as_bytes()).into(),
            kind: match stand.kind {
                Kind::File {
                    executable: Some(true),
                } => "program",
                Kind::File { .. } => "file",
                Kind::Symlink => "link",
                Kind::Submodule => "repository",
            },
        }
    }
}

impl JsonLines {
    fn new((first, lines): (usize, Vec<&[u8]>)) -> Self {
        Self {
            line: first + 1,
            lines: lines.into_iter().map(|l| json::text(l).into()).collect(),
        }
    }
}
