//! A change as a unified diff, in the form that `git apply` takes.

use std::ops::Range;

use crate::align;
use crate::lines::{Hunk, lines};
use crate::quote::quoted;
use crate::report::{Content, FileChange, Stand, Status, bytes_of};
use crate::side::Kind;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// What a line of a unified diff is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It says which file follows and what became of it.
    Header,
    /// It says which lines follow.
    Position,
    /// It is in both texts.
    Context,
    /// It is in the left text only.
    Removed,
    /// It is in the right text only.
    Added,
    /// The line before it has no end.
    NoEnd,
}

/// Takes one line of a unified diff, with its sign and its end, and the bytes of it that differ from the
/// line in whose place it stands, or that stands in its place.
pub type Emit<'e, E> = dyn FnMut(Role, &[u8], &[Range<usize>]) -> Result<(), E> + 'e;

/// Hands the lines of `change` as a unified diff to `emit`; with `marks`, also what differs within lines,
/// which takes longer. The bytes of the files are as they are, paths are quoted where Git quotes them.
///
/// # Errors
/// What `emit` returned; nothing more is handed out then.
pub fn unified<E>(change: &FileChange, marks: bool, emit: &mut Emit<'_, E>) -> Result<(), E> {
    for line in header(change) {
        emit(Role::Header, line.as_bytes(), &[])?;
    }
    let Content::Text(hunks) = &change.content else {
        return Ok(());
    };
    let [left, right] = [&change.left, &change.right].map(|stand| lines(bytes_of(stand)));
    for group in groups(hunks) {
        show(group, [&left, &right], marks, emit)?;
    }
    Ok(())
}

fn header(change: &FileChange) -> Vec<String> {
    let path = change.path();
    let side = |prefix: &str, stand: &Option<Stand>| {
        quoted(prefix, stand.as_ref().map_or(path, |s| &s.path).as_bytes())
    };
    let (a, b) = (side("a/", &change.left), side("b/", &change.right));
    let mut out = vec![format!("diff --git {a} {b}\n")];
    match (&change.left, &change.right) {
        (Some(left), Some(right)) if !left.kind.is_same(right.kind) => {
            out.push(format!("old mode {}\n", mode(left.kind)));
            out.push(format!("new mode {}\n", mode(right.kind)));
        }
        (Some(left), None) => out.push(format!("deleted file mode {}\n", mode(left.kind))),
        (None, Some(right)) => out.push(format!("new file mode {}\n", mode(right.kind))),
        _ => {}
    }
    if change.status() == Status::Moved {
        out.push("similarity index 100%\n".into());
        out.push(format!("rename from {}\n", side("", &change.left)));
        out.push(format!("rename to {}\n", side("", &change.right)));
    }
    let named = |name: &str, stand: &Option<Stand>| match stand {
        None => "/dev/null".into(),
        // What follows a space could be taken for a date.
        Some(stand) if stand.path.as_bytes().contains(&b' ') => format!("{name}\t"),
        Some(_) => name.into(),
    };
    match &change.content {
        Content::Text(hunks) if !hunks.is_empty() => {
            out.push(format!("--- {}\n", named(&a, &change.left)));
            out.push(format!("+++ {}\n", named(&b, &change.right)));
        }
        Content::Binary => {
            let [a, b] = [(&a, &change.left), (&b, &change.right)]
                .map(|(name, stand)| stand.as_ref().map_or("/dev/null", |_| name));
            out.push(format!("Binary files {a} and {b} differ\n"));
        }
        _ => {}
    }
    out
}

fn mode(kind: Kind) -> &'static str {
    match kind {
        Kind::File {
            executable: Some(true),
        } => "100755",
        Kind::File { .. } => "100644",
        Kind::Symlink => "120000",
        Kind::Submodule => "160000",
    }
}

/// Hunks that are so near to each other that one position is enough for them.
fn groups(hunks: &[Hunk]) -> impl Iterator<Item = &[Hunk]> {
    hunks.chunk_by(|a, b| b.left.start - a.left.end <= 2 * CONTEXT)
}

fn show<E>(
    group: &[Hunk],
    [left, right]: [&[&[u8]]; 2],
    marks: bool,
    emit: &mut Emit<'_, E>,
) -> Result<(), E> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return Ok(());
    };
    let before = first.left.start.min(CONTEXT);
    let after = (left.len() - last.left.end).min(CONTEXT);
    let shown = |first: &Range<usize>, last: &Range<usize>| first.start - before..last.end + after;
    let position = format!(
        "@@ -{} +{} @@\n",
        numbers(shown(&first.left, &last.left)),
        numbers(shown(&first.right, &last.right)),
    );
    emit(Role::Position, position.as_bytes(), &[])?;
    let mut at = first.left.start - before;
    for hunk in group {
        let [removed, added] = match marks {
            true => marked(hunk, left, right),
            false => [Vec::new(), Vec::new()],
        };
        text(Role::Context, b' ', &left[at..hunk.left.start], &[], emit)?;
        text(
            Role::Removed,
            b'-',
            &left[hunk.left.clone()],
            &removed,
            emit,
        )?;
        text(Role::Added, b'+', &right[hunk.right.clone()], &added, emit)?;
        at = hunk.left.end;
    }
    text(Role::Context, b' ', &left[at..at + after], &[], emit)
}

/// What differs within each removed and each added line of a hunk, in bytes of the line.
fn marked(hunk: &Hunk, left: &[&[u8]], right: &[&[u8]]) -> [Vec<Vec<Range<usize>>>; 2] {
    let mut marks = [hunk.left.len(), hunk.right.len()].map(|lines| vec![Vec::new(); lines]);
    for row in align::rows(hunk, left, right) {
        let [removed, added] = row.marks;
        if let (Some(left), Some(right)) = (row.left, row.right) {
            marks[0][left - hunk.left.start] = removed;
            marks[1][right - hunk.right.start] = added;
        }
    }
    marks
}

/// The first line, from 1, and how many, unless it is one. No lines stand after the line before.
fn numbers(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        more => format!("{},{more}", lines.start + 1),
    }
}

fn text<E>(
    role: Role,
    sign: u8,
    lines: &[&[u8]],
    marks: &[Vec<Range<usize>>],
    emit: &mut Emit<'_, E>,
) -> Result<(), E> {
    let mut shown = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        shown.clear();
        shown.push(sign);
        shown.extend_from_slice(line);
        let has_end = line.ends_with(b"\n");
        if !has_end {
            shown.push(b'\n');
        }
        let marks = marks.get(index).into_iter().flatten();
        let marks: Vec<_> = marks.map(|mark| mark.start + 1..mark.end + 1).collect();
        emit(role, &shown, &marks)?;
        if !has_end {
            emit(Role::NoEnd, b"\\ No newline at end of file\n", &[])?;
        }
    }
    Ok(())
}
