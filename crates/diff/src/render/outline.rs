//! What became of objects, as indented lines for a terminal: a sign beside each, so that colours say
//! nothing that the text does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use storyline_text::Visible;

use crate::lines::{Hunk, lines};
use crate::objects::{
    Change, FileRest, Note, ObjectChange, ObjectKind, ObjectReport, Order, ParameterChange, Rest,
};
use crate::report::{FileChange, Report, Status, bytes_of};

/// What a line is about, for whoever has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// It names a file.
    File,
    /// It tells of something new.
    Added,
    /// It tells of something that is gone.
    Removed,
    /// It tells of something that differs.
    Changed,
    /// It tells of something that is elsewhere, or has another name.
    Moved,
    /// It says where the next lines belong.
    Context,
}

/// How far what belongs to a line stands to the right of it.
const STEP: usize = 2;
/// The fewest columns that a line gets, however deep it stands.
const MIN_WIDTH: usize = 24;
/// Lines around a change within a text of several lines.
const CONTEXT: usize = 1;

/// Hands out the lines, without their ends, none of them longer than `width` characters where it can be
/// broken. Nothing in them acts on a terminal.
///
/// # Errors
/// What `emit` returned; nothing more is handed out then.
pub fn outline<E>(
    report: &Report,
    objects: &ObjectReport,
    width: usize,
    emit: &mut dyn FnMut(Tone, &str) -> Result<(), E>,
) -> Result<(), E> {
    let mut changes: BTreeMap<usize, Vec<&ObjectChange>> = BTreeMap::new();
    for change in &objects.changes {
        changes.entry(change.place().file).or_default().push(change);
    }
    let rests: BTreeMap<_, _> = objects.files.iter().map(|rest| (rest.file, rest)).collect();
    let mut lines = Lines {
        report,
        texts: [Vec::new(), Vec::new()],
        width,
        out: Vec::new(),
    };
    for (index, file) in report.files.iter().enumerate() {
        lines.texts = [&file.left, &file.right].map(|stand| crate::lines::lines(bytes_of(stand)));
        lines.file(file);
        for change in changes.remove(&index).unwrap_or_default() {
            lines.object(change);
        }
        if let Some(rest) = rests.get(&index) {
            lines.rest(rest);
        }
        for (tone, text) in lines.out.drain(..) {
            emit(tone, &text)?;
        }
    }
    Ok(())
}

/// The sign of what happened to an object.
fn sign(change: Change) -> (Tone, char) {
    match change {
        Change::Added => (Tone::Added, '+'),
        Change::Removed => (Tone::Removed, '-'),
        Change::Changed => (Tone::Changed, '~'),
        Change::Moved | Change::Renamed => (Tone::Moved, '>'),
        Change::Inside | Change::Reordered => (Tone::Context, ' '),
    }
}

struct Lines<'r> {
    report: &'r Report,
    /// The lines of the file that is told of, before and after.
    texts: [Vec<&'r [u8]>; 2],
    width: usize,
    out: Vec<(Tone, String)>,
}

impl<'r> Lines<'r> {
    fn file(&mut self, file: &FileChange) {
        let mut text = file.path().to_string();
        match file.status() {
            Status::Added => text.push_str(" (new file)"),
            Status::Removed => text.push_str(" (removed)"),
            Status::Moved => {
                if let Some(left) = &file.left {
                    let _ = write!(text, " (was {})", left.path);
                }
            }
            Status::Changed => {}
        }
        self.out.push((Tone::File, text));
    }

    fn object(&mut self, object: &ObjectChange) {
        let depth = STEP * object.place().path.len();
        let (tone, sign) = sign(object.change);
        let step = object.place().step();
        let mut text = format!("{sign} {} {}", step.kind.word(), Visible(&step.name));
        if !object.holds.is_empty() {
            let _ = write!(text, " ({})", holds(&object.holds));
        }
        if let (Some(left), Some(right)) = (&object.left, &object.right) {
            if left.step().name != right.step().name {
                let _ = write!(text, ", was {}", Visible(&left.step().name));
            }
            if left.file != right.file
                && let Some(file) = &self.report.files[left.file].left
            {
                let _ = write!(text, ", was in {}", file.path);
            } else if object.change == Change::Moved && left.path.len() > 1 {
                let holder = &left.path[left.path.len() - 2];
                let _ = write!(
                    text,
                    ", was in {} {}",
                    holder.kind.word(),
                    Visible(&holder.name)
                );
            }
        }
        self.push(tone, depth, &text);
        match (object.change, &object.left, &object.right) {
            (Change::Added, _, Some(place)) => {
                self.text(Tone::Added, depth + STEP, '+', 1, &place.lines);
            }
            (Change::Removed, Some(place), _) => {
                self.text(Tone::Removed, depth + STEP, '-', 0, &place.lines);
            }
            _ => {}
        }
        for parameter in &object.parameters {
            self.parameter(depth + STEP, parameter);
        }
        for order in &object.orders {
            self.order(depth + STEP, order);
        }
    }

    /// Lines of one side of the file, without the indentation that they have in common.
    fn text(&mut self, tone: Tone, depth: usize, sign: char, side: usize, range: &Range<usize>) {
        let shown = self.texts[side].get(range.clone());
        let shown: Vec<&'r [u8]> = shown.unwrap_or_default().to_vec();
        let blanks = |line: &&[u8]| line.len() - line.trim_ascii_start().len();
        let filled = shown.iter().filter(|line| !line.trim_ascii().is_empty());
        let common = filled.map(blanks).min().unwrap_or(0);
        for line in shown {
            let line = line.trim_ascii_end();
            self.line(tone, depth, sign, line.get(common..).unwrap_or_default());
        }
    }

    fn line(&mut self, tone: Tone, depth: usize, sign: char, line: &[u8]) {
        let text = format!("{sign} {}", visible(line));
        self.push(tone, depth, text.trim_end());
    }

    fn parameter(&mut self, depth: usize, parameter: &ParameterChange) {
        let name = Visible(parameter.name.as_bytes()).to_string();
        let (left, right) = match (&parameter.left, &parameter.right) {
            (Some(left), Some(right)) => (&left.text, &right.text),
            (None, Some(value)) => {
                return self.value(Tone::Added, depth, ('+', &name), &value.text);
            }
            (Some(value), None) => {
                return self.value(Tone::Removed, depth, ('-', &name), &value.text);
            }
            (None, None) => return,
        };
        let short = format!("~ {name}: {} -> {}", visible(left), visible(right));
        let is_line = |text: &[u8]| !text.contains(&b'\n');
        if is_line(left) && is_line(right) && depth + short.chars().count() <= self.width {
            return self.push(Tone::Changed, depth, &short);
        }
        self.push(Tone::Changed, depth, &format!("~ {name}:"));
        let all = Hunk {
            left: 0..lines(left).len(),
            right: 0..lines(right).len(),
        };
        let hunks = match parameter.hunks.is_empty() {
            true => std::slice::from_ref(&all),
            false => &*parameter.hunks,
        };
        self.hunks(depth + STEP, hunks, [&lines(left), &lines(right)]);
    }

    /// A parameter that came or went.
    fn value(&mut self, tone: Tone, depth: usize, (sign, name): (char, &str), value: &[u8]) {
        let mut texts = lines(value).into_iter();
        match (texts.next(), texts.len()) {
            (first, 0) => {
                let text = format!("{sign} {name}: {}", visible(first.unwrap_or_default()));
                self.push(tone, depth, text.trim_end());
            }
            (first, _) => {
                self.push(tone, depth, &format!("{sign} {name}:"));
                for line in first.into_iter().chain(texts) {
                    self.line(tone, depth + STEP, sign, line.trim_ascii_end());
                }
            }
        }
    }

    fn hunks(&mut self, depth: usize, hunks: &[Hunk], [left, right]: [&[&[u8]]; 2]) {
        let mut shown = 0;
        for (index, hunk) in hunks.iter().enumerate() {
            let before = hunk.left.start.saturating_sub(CONTEXT).max(shown);
            if before > shown && shown > 0 {
                self.push(Tone::Context, depth, "  ...");
            }
            for line in &left[before..hunk.left.start] {
                self.line(Tone::Context, depth, ' ', line.trim_ascii_end());
            }
            for line in &left[hunk.left.clone()] {
                self.line(Tone::Removed, depth, '-', line.trim_ascii_end());
            }
            for line in &right[hunk.right.clone()] {
                self.line(Tone::Added, depth, '+', line.trim_ascii_end());
            }
            let next = hunks
                .get(index + 1)
                .map_or(left.len(), |next| next.left.start);
            let after = (hunk.left.end + CONTEXT).min(next);
            for line in &left[hunk.left.end..after] {
                self.line(Tone::Context, depth, ' ', line.trim_ascii_end());
            }
            shown = after;
        }
    }

    fn order(&mut self, depth: usize, order: &Order) {
        let moved = order.moved.iter().map(|name| visible(name.as_bytes()));
        let moved = moved.collect::<Vec<_>>().join(", ");
        let (tone, what) = match order.matters {
            true => (Tone::Changed, "~ another order, which matters"),
            false => (Tone::Context, "  another order, without meaning"),
        };
        self.push(tone, depth, &format!("{what}: {moved}"));
    }

    fn rest(&mut self, rest: &FileRest) {
        if let Some(note) = rest.note {
            let words = match note {
                Note::Syntax => "written in the other syntax of LookML",
                Note::Opaque => "no text: its bytes are not shown",
                Note::Mode => "its mode alone differs",
            };
            self.push(Tone::Context, STEP, words);
        }
        for Rest {
            left,
            right,
            reason,
        } in &rest.rest
        {
            let line = match right.is_empty() {
                true => left.start,
                false => right.start,
            };
            let words = format!("text, line {} ({}):", line + 1, reason.words());
            self.push(Tone::Context, STEP, &words);
            let [removed, added] = [
                self.texts[0][left.clone()].to_vec(),
                self.texts[1][right.clone()].to_vec(),
            ];
            for line in removed {
                self.line(Tone::Removed, 2 * STEP, '-', line_end(line));
            }
            for line in added {
                self.line(Tone::Added, 2 * STEP, '+', line_end(line));
            }
        }
    }

    /// Adds a line, broken where it is too long.
    fn push(&mut self, tone: Tone, depth: usize, text: &str) {
        let room = self.width.saturating_sub(depth).max(MIN_WIDTH);
        if text.len() <= room {
            return self.out.push((tone, format!("{:depth$}{text}", "")));
        }
        let mut rest = text;
        let mut indent = depth;
        let mut room_here = room;
        loop {
            let cut = rest.char_indices().nth(room_here).map(|(at, _)| at);
            let Some(cut) = cut else {
                self.out.push((tone, format!("{:indent$}{rest}", "")));
                return;
            };
            // At a blank, if one stands in the second half.
            let blank = rest[..cut].rfind(' ').filter(|at| *at > cut / 2);
            let cut = blank.map_or(cut, |at| at + 1);
            self.out
                .push((tone, format!("{:indent$}{}", "", rest[..cut].trim_end())));
            rest = &rest[cut..];
            indent = depth + 2 * STEP;
            room_here = room.saturating_sub(2 * STEP).max(MIN_WIDTH - 2 * STEP);
        }
    }
}

/// A line without its end, but with blanks that stand before that.
fn line_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// Text fit for a terminal; tabs are blanks there.
fn visible(text: &[u8]) -> String {
    if let Ok(plain) = std::str::from_utf8(text)
        && plain.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    {
        return plain.into();
    }
    let parts = text
        .split(|byte| *byte == b'\t')
        .map(|part| Visible(part).to_string());
    parts.collect::<Vec<_>>().join("  ")
}

/// `3 dimensions, 1 measure`.
fn holds(holds: &BTreeMap<ObjectKind, usize>) -> String {
    let parts = holds.iter().map(|(kind, number)| match number {
        1 => format!("1 {}", kind.word()),
        _ => format!("{number} {}", kind.words()),
    });
    parts.collect::<Vec<_>>().join(", ")
}
