//! Two sets of files, and the report of objects in a few lines.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use storyline_diff::objects::{Change, ObjectReport, Place, Value, objects};
use storyline_diff::{Content, Entry, Kind, Options, Pair, Report, Side};
use storyline_stamp::{ReadError, TreePatch};
use storyline_text::{RelPath, Visible};

pub(crate) struct Memory(Vec<Entry>, Vec<Vec<u8>>);

impl Side for Memory {
    fn entries(&self) -> &[Entry] {
        &self.0
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let at = self.0.iter().position(|entry| entry.path == *path);
        Ok(Cow::Borrowed(&self.1[at.expect("it is there")]))
    }
}

/// Files from a text: `== path` and what follows. Without a path it is `x.view.lkml`.
pub(crate) fn side(text: &str) -> Memory {
    let mut files: Vec<(RelPath, Vec<u8>)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("== ") {
            let path = RelPath::new(path.trim_end().as_bytes()).expect("a path");
            files.push((path, Vec::new()));
            continue;
        }
        if files.is_empty() {
            files.push((RelPath::new(b"x.view.lkml").expect("a path"), Vec::new()));
        }
        let (_, bytes) = files.last_mut().expect("one is there");
        bytes.extend_from_slice(line.as_bytes());
    }
    files.sort();
    let kind = Kind::File {
        executable: Some(false),
    };
    let (paths, bytes): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    let entries = paths.into_iter().map(|path| Entry {
        path,
        kind,
        hash: None,
    });
    Memory(entries.collect(), bytes)
}

pub(crate) fn text_report(before: &str, after: &str) -> Report {
    let (left, right) = (side(before), side(after));
    let pair = Pair::new(&left, &right).expect("nothing fails in memory");
    let options = Options {
        wanted: &|_| true,
        text: false,
    };
    let nothing = TreePatch::default();
    let report = pair.report(&nothing, &nothing, &options);
    report.expect("nothing fails in memory")
}

/// The report of objects from `before` to `after`, of which nothing is missing, as text.
pub(crate) fn told(before: &str, after: &str) -> String {
    let report = text_report(before, after);
    let objects = objects(&report);
    nothing_is_hidden(&report, &objects);
    compact(&report, &objects)
}

/// Every changed line is one of an object's, or in the rest, and in no two of them.
#[track_caller]
pub(crate) fn nothing_is_hidden(report: &Report, objects: &ObjectReport) {
    for (index, file) in report.files.iter().enumerate() {
        let Content::Text(hunks) = &file.content else {
            continue;
        };
        for side in 0..2 {
            let wanted = hunks.iter().map(|hunk| [&hunk.left, &hunk.right][side]);
            let wanted: Vec<usize> = wanted.cloned().flatten().collect();
            let places = objects.changes.iter().flat_map(|change| {
                let places = [&change.left, &change.right][side].iter();
                places.filter(|place| place.file == index)
            });
            let explained = places.flat_map(|place| place.changed.clone().into_iter().flatten());
            let files = objects.files.iter().filter(|rest| rest.file == index);
            let rest = files.flat_map(|file| &file.rest);
            let rest = rest.flat_map(|rest| [&rest.left, &rest.right][side].clone());
            let mut found: Vec<usize> = explained.chain(rest).collect();
            found.sort_unstable();
            assert_eq!(found, wanted, "{} side {side}", file.path());
        }
    }
}

pub(crate) fn compact(report: &Report, objects: &ObjectReport) -> String {
    let mut out = String::new();
    for change in &objects.changes {
        let place = change.place();
        let sign = match change.change {
            Change::Added => "+",
            Change::Removed => "-",
            Change::Changed => "~",
            Change::Reordered => "^",
            Change::Moved => ">",
            Change::Renamed => "=",
            Change::Inside => " ",
        };
        let indent = "  ".repeat(place.path.len() - 1);
        let lines = |place: &Option<Place>| match place {
            Some(place) => shown(&place.changed),
            None => "none".into(),
        };
        let (left, right) = (lines(&change.left), lines(&change.right));
        let step = place.step();
        let name = Visible(&step.name);
        let _ = write!(
            out,
            "{indent}{sign} {} {name} [{left} {right}]",
            step.kind.word()
        );
        if let (Some(left), Some(right)) = (&change.left, &change.right) {
            if left.step() != right.step() {
                let _ = write!(out, " was {}", Visible(&left.step().name));
            }
            let paths = [left, right].map(|place| (place.file, change.change == Change::Moved));
            if paths[0].0 != paths[1].0 || paths[0].1 {
                let file = |place: &Place, left: bool| {
                    let file = &report.files[place.file];
                    let stand = if left { &file.left } else { &file.right };
                    stand.as_ref().map(|stand| stand.path.to_string())
                };
                let from = file(left, true).unwrap_or_default();
                let _ = write!(out, " {from} -> {}", file(right, false).unwrap_or_default());
            }
        }
        for (kind, number) in &change.holds {
            let _ = write!(
                out,
                ", {number} {}",
                if *number == 1 {
                    kind.word()
                } else {
                    kind.words()
                }
            );
        }
        out.push('\n');
        for parameter in &change.parameters {
            let value = |value: &Option<Value>| match value {
                Some(value) => format!("{:?}", String::from_utf8_lossy(&value.text)),
                None => "none".into(),
            };
            let _ = write!(out, "{indent}    {}: ", parameter.name);
            let _ = write!(
                out,
                "{} -> {}",
                value(&parameter.left),
                value(&parameter.right)
            );
            for hunk in &parameter.hunks {
                let ranges = [hunk.left.clone(), hunk.right.clone()];
                let _ = write!(out, " [{} {}]", shown(&ranges[..1]), shown(&ranges[1..]));
            }
            out.push('\n');
        }
        for order in &change.orders {
            let matters = if order.matters {
                "matters"
            } else {
                "no meaning"
            };
            let _ = writeln!(
                out,
                "{indent}    order ({matters}): {}",
                order.moved.join(", ")
            );
        }
    }
    for file in &objects.files {
        let path = report.files[file.file].path();
        if let Some(note) = file.note {
            let _ = writeln!(out, "{path}: {note:?}");
        }
        for rest in &file.rest {
            let lines = [rest.left.clone(), rest.right.clone()];
            let (left, right) = (shown(&lines[..1]), shown(&lines[1..]));
            let _ = writeln!(out, "{path} [{left} {right}]: {}", rest.reason.words());
        }
    }
    out
}

/// Lines from 1: `2-3,5`; `0` where there are none.
fn shown(lines: &[Range<usize>]) -> String {
    let ranges = lines.iter().filter(|lines| !lines.is_empty());
    let ranges = ranges.map(|lines| match lines.len() {
        1 => format!("{}", lines.start + 1),
        _ => format!("{}-{}", lines.start + 1, lines.end),
    });
    let ranges: Vec<_> = ranges.collect();
    if ranges.is_empty() {
        "0".into()
    } else {
        ranges.join(",")
    }
}

/// Compares two texts and what is told of them.
#[macro_export]
macro_rules! check {
    ($before:expr, $after:expr, @$expect:literal) => {
        insta::assert_snapshot!($crate::told::told($before, $after), @$expect)
    };
}
