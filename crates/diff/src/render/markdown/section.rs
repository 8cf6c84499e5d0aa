//! One section: an object, and what became of it and of what it holds.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::lines::{Hunk, lines};
use crate::objects::{Change, FileRest, Note, ObjectChange, ParameterChange, Place};
use crate::render::sections::Section;
use crate::report::{Content, FileChange, Report, Status, bytes_of};

use super::escape::{Block, code, html_code};

/// Lines around a change within a text of several lines.
const CONTEXT: usize = 2;
/// So many blanks are what is below a list's item to the right of it.
const INDENT: usize = 2;

/// A text that stops growing at some length, and says so.
pub(super) struct Limited {
    pub(super) text: String,
    limit: usize,
    pub(super) is_full: bool,
}

impl Limited {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
            is_full: false,
        }
    }

    /// Adds all that `write` writes, or nothing of it.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut String)) {
        if self.is_full {
            return;
        }
        let before = self.text.len();
        write(&mut self.text);
        if self.text.len() > self.limit {
            self.text.truncate(before);
            self.is_full = true;
        }
    }
}

/// Where to find what a section has no room for.
const OBJECTS: &str = "`storyline diff … --objects` shows it";

/// The lines of the files that sections show parts of, each file read once.
pub(super) struct Texts<'r> {
    report: &'r Report,
    known: HashMap<(usize, Side), Vec<&'r [u8]>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Left,
    Right,
}

impl<'r> Texts<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        Self {
            report,
            known: HashMap::new(),
        }
    }

    fn lines(&mut self, place: &Place, side: Side) -> &[&'r [u8]] {
        let report = self.report;
        let all = self.known.entry((place.file, side)).or_insert_with(|| {
            let file = &report.files[place.file];
            lines(bytes_of(match side {
                Side::Left => &file.left,
                Side::Right => &file.right,
            }))
        });
        all.get(place.lines.clone()).unwrap_or_default()
    }
}

/// A folded section of at most about `limit` bytes.
pub(super) fn object(texts: &mut Texts<'_>, section: &Section<'_>, limit: usize) -> String {
    let report = texts.report;
    let place = section.changes[0].place();
    let path = report.files[place.file].path();
    let mut title = format!(
        "<b>{}</b> {} {}",
        section.step.kind.word(),
        html_code(&section.step.name),
        word(section.change),
    );
    if section.step.name != path.as_bytes() {
        let _ = write!(title, " in {}", html_code(path.as_bytes()));
    }
    let mut body = Limited::new(limit);
    for change in &section.changes {
        if change.change != Change::Inside && !body.is_full {
            one(texts, section, change, &mut body);
        }
    }
    folded(&title, body, OBJECTS)
}

/// What is told of a file beside its objects.
pub(super) fn rest(report: &Report, rest: &FileRest, limit: usize) -> String {
    let file = &report.files[rest.file];
    let mut reasons: Vec<_> = rest.rest.iter().map(|rest| rest.reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let words: Vec<_> = reasons.iter().map(|reason| reason.words()).collect();
    let told = match (rest.note, words.is_empty()) {
        (Some(note), true) => note_words(note).to_owned(),
        (Some(note), false) => format!("{}; text ({})", note_words(note), words.join("; ")),
        (None, _) => format!("text ({})", words.join("; ")),
    };
    let title = format!("<b>file</b> {}: {told}", html_code(file.path().as_bytes()));
    let [left, right] = [&file.left, &file.right].map(|stand| lines(bytes_of(stand)));
    let mut body = Limited::new(limit);
    for part in &rest.rest {
        body.add(|out| {
            let from = match part.right.is_empty() {
                true => part.left.start,
                false => part.right.start,
            };
            let _ = writeln!(out, "\nLine {}, {}:\n", from + 1, part.reason.words());
            let mut block = Block::default();
            let hunk = Hunk {
                left: part.left.clone(),
                right: part.right.clone(),
            };
            block_of(&mut block, &[hunk], [&left, &right], 0, limit);
            block.write("diff", 0, out);
        });
    }
    folded(&title, body, OBJECTS)
}

/// A file of which nothing else is told, in a line of a list.
pub(super) fn file(file: &FileChange) -> String {
    let path = code(file.path().as_bytes());
    let what = match &file.content {
        Content::Repository => "a repository inside, which was not looked into",
        Content::Binary => "no text: its bytes are not shown",
        Content::Same => "the same bytes",
        Content::Text(hunks) if hunks.is_empty() => "an empty file",
        Content::Text(_) => "text",
    };
    match (file.status(), &file.left) {
        (Status::Added, _) => format!("- {path} added: {what}"),
        (Status::Removed, _) => format!("- {path} removed: {what}"),
        (Status::Moved, Some(left)) => {
            format!("- {path} was {}: {what}", code(left.path.as_bytes()))
        }
        _ => format!("- {path} changed: {what}"),
    }
}

fn note_words(note: Note) -> &'static str {
    match note {
        Note::Syntax => "written in the other syntax of LookML",
        Note::Opaque => "no text, its bytes are not shown",
        Note::Mode => "its mode alone differs",
    }
}

/// `title` holds no text of files that is not escaped; `more` says where the rest of a long body is.
pub(super) fn folded(title: &str, body: Limited, more: &str) -> String {
    let mut out = format!("<details><summary>{title}</summary>\n");
    out.push_str(&body.text);
    if body.is_full {
        let _ = writeln!(out, "\nThe rest is too long for here: {more}.");
    }
    out.push_str("\n</details>\n");
    out
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed | Change::Inside => "changed",
        Change::Reordered => "in another order, without meaning",
        Change::Moved => "moved",
        Change::Renamed => "renamed",
    }
}

/// An object of a section.
fn one(texts: &mut Texts<'_>, section: &Section<'_>, change: &ObjectChange, body: &mut Limited) {
    let report = texts.report;
    let place = change.place();
    let is_own = place.path.len() == section.depth;
    let from = from(report, change);
    if !is_own {
        body.add(|out| {
            out.push_str("\n**");
            out.push_str(word(change.change));
            out.push_str("** ");
            let steps = place.path[section.depth..].iter();
            let steps: Vec<_> = steps
                .map(|step| format!("{} {}", step.kind.word(), code(&step.name)))
                .collect();
            out.push_str(&steps.join(", "));
            out.push_str(&from);
            out.push('\n');
        });
    } else if !from.is_empty() {
        body.add(|out| {
            let _ = writeln!(out, "\n**{}**{from}", word(change.change));
        });
    }
    match (change.change, &change.left, &change.right) {
        (Change::Added, _, Some(place)) => text('+', texts.lines(place, Side::Right), body),
        (Change::Removed, Some(place), _) => text('-', texts.lines(place, Side::Left), body),
        _ => {}
    }
    for (index, parameter) in change.parameters.iter().enumerate() {
        body.add(|out| {
            if index == 0 {
                out.push('\n');
            }
            self::parameter(parameter, out);
        });
    }
    for order in &change.orders {
        let moved = order.moved.iter().map(|name| code(name.as_bytes()));
        let moved = moved.collect::<Vec<_>>().join(", ");
        let matters = match order.matters {
            true => "which matters",
            false => "without meaning",
        };
        body.add(|out| {
            let _ = writeln!(out, "\n- another order, {matters}: {moved}");
        });
    }
}

/// Where an object was, in words, if that was elsewhere.
fn from(report: &Report, change: &ObjectChange) -> String {
    let mut out = String::new();
    let (Some(left), Some(right)) = (&change.left, &change.right) else {
        return out;
    };
    if left.step().name != right.step().name {
        let _ = write!(out, ", was {}", code(&left.step().name));
    }
    let paths = [
        &report.files[left.file].left,
        &report.files[right.file].right,
    ];
    if let [Some(was), Some(is)] = paths
        && was.path != is.path
    {
        let _ = write!(out, ", was in {}", code(was.path.as_bytes()));
    } else if change.change == Change::Moved && left.path.len() > 1 {
        let holder = &left.path[left.path.len() - 2];
        let _ = write!(
            out,
            ", was in {} {}",
            holder.kind.word(),
            code(&holder.name)
        );
    }
    out
}

/// The lines of an object that came or went, without the indentation that they have in common.
fn text(sign: char, shown: &[&[u8]], body: &mut Limited) {
    let blanks = |line: &&[u8]| line.len() - line.trim_ascii_start().len();
    let filled = shown.iter().filter(|line| !line.trim_ascii().is_empty());
    let common = filled.map(blanks).min().unwrap_or(0);
    let mut block = Block::default();
    for line in shown.iter().take(body.limit) {
        block.push(sign, line.get(common..).unwrap_or_default());
    }
    body.add(|out| {
        out.push('\n');
        block.write("diff", 0, out);
    });
}

fn parameter(parameter: &ParameterChange, out: &mut String) {
    let name = code(parameter.name.as_bytes());
    let is_line = |text: &[u8]| text.len() <= 200 && !text.contains(&b'\n');
    let texts = [&parameter.left, &parameter.right].map(|v| v.as_ref().map(|v| &*v.text));
    if texts.iter().flatten().all(|text| is_line(text)) {
        let _ = match texts {
            [Some(left), Some(right)] => {
                writeln!(out, "- {name}: {} → {}", code(left), code(right))
            }
            [None, Some(right)] => writeln!(out, "- {name} added: {}", code(right)),
            [Some(left), None] => writeln!(out, "- {name} removed, was {}", code(left)),
            [None, None] => Ok(()),
        };
        return;
    }
    let what = match texts {
        [Some(_), Some(_)] => "",
        [None, _] => " added",
        [_, None] => " removed",
    };
    let [left, right] = texts.map(|text| lines(text.unwrap_or_default()));
    let all = [Hunk {
        left: 0..left.len(),
        right: 0..right.len(),
    }];
    let hunks = match parameter.hunks.is_empty() {
        true => &all[..],
        false => &parameter.hunks,
    };
    let mut block = Block::default();
    block_of(&mut block, hunks, [&left, &right], CONTEXT, usize::MAX);
    let _ = writeln!(out, "- {name}{what}:\n");
    block.write("diff", INDENT, out);
}

/// Hunks with lines around them, no more than `most` lines.
fn block_of(
    block: &mut Block,
    hunks: &[Hunk],
    [left, right]: [&[&[u8]]; 2],
    context: usize,
    most: usize,
) {
    let mut shown = 0;
    for (index, hunk) in hunks.iter().enumerate() {
        let before = hunk.left.start.saturating_sub(context).max(shown);
        if before > shown && !block.is_empty() {
            block.push(' ', "⋮".as_bytes());
        }
        let next = hunks.get(index + 1);
        let next = next.map_or(left.len(), |next| next.left.start);
        let after = (hunk.left.end + context).min(next).max(hunk.left.end);
        let parts = [
            (' ', &left[before..hunk.left.start]),
            ('-', &left[hunk.left.clone()]),
            ('+', &right[hunk.right.clone()]),
            (' ', &left[hunk.left.end..after]),
        ];
        for (sign, part) in parts {
            part.iter()
                .take(most)
                .for_each(|line| block.push(sign, line));
        }
        shown = after;
    }
}
