//! Texts side by side, as tables. The rows of a table are most of a page, so they are written with as few
//! bytes as HTML allows: ends of rows and cells may be left out, and quotes around numbers.

use std::collections::BTreeSet;
use std::ops::Range;

use super::markup::{Markup, TooLong};
use crate::align::{Row, rows};
use crate::lines::{Hunk, lines};
use crate::report::{Content, FileChange, bytes_of};

/// Lines around a change.
pub(crate) const CONTEXT: usize = 3;
/// The most bytes that the text of one file gets.
const MAX_TEXT: usize = 192 << 10;

/// The lines of one file that something on the page leads to, from 0: of the left text and of the right.
pub(crate) type Anchors = [BTreeSet<usize>; 2];

/// What stands in a table of aligned texts, from top to bottom.
pub(crate) enum Piece {
    /// So many lines that are the same, and not shown.
    Gap(usize),
    /// A line that is the same, of the left text and of the right.
    Same(usize, usize),
    /// What differs.
    Row(Row),
}

/// Hands out the pieces of two texts between which `hunks` lie.
pub(crate) fn pieces<E>(
    hunks: &[Hunk],
    [left, right]: [&[&[u8]]; 2],
    context: usize,
    emit: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<(), E> {
    // The first lines of both that are not told yet.
    let mut next = [0, 0];
    let end = Hunk {
        left: left.len()..left.len(),
        right: right.len()..right.len(),
    };
    for (index, hunk) in hunks.iter().chain([&end]).enumerate() {
        let same = hunk.left.start - next[0];
        let after = if index == 0 { 0 } else { context };
        let before = if index == hunks.len() { 0 } else { context };
        // A gap of one line would take as much room as the line.
        let gap = same.saturating_sub(after + before);
        let gap = if gap > 1 { after..after + gap } else { 0..0 };
        if !gap.is_empty() {
            same_lines(0..gap.start, next, emit)?;
            emit(Piece::Gap(gap.len()))?;
        }
        same_lines(gap.end..same, next, emit)?;
        for row in rows(hunk, left, right) {
            emit(Piece::Row(row))?;
        }
        next = [hunk.left.end, hunk.right.end];
    }
    Ok(())
}

fn same_lines<E>(
    lines: Range<usize>,
    [left, right]: [usize; 2],
    emit: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<(), E> {
    lines
        .into_iter()
        .try_for_each(|line| emit(Piece::Same(left + line, right + line)))
}

/// The text of a file that differs; nothing where its content is no text.
///
/// # Errors
/// When it would be longer than the text of one file may be.
pub(crate) fn table(
    file: &FileChange,
    number: usize,
    anchors: &Anchors,
) -> Result<Markup, TooLong> {
    let mut markup = Markup::default();
    let Content::Text(hunks) = &file.content else {
        return Ok(markup);
    };
    let [left, right] = [&file.left, &file.right].map(|stand| lines(bytes_of(stand)));
    let bytes = |lines: &[&[u8]]| lines.iter().map(|line| line.len()).sum::<usize>();
    let changed = hunks
        .iter()
        .map(|hunk| bytes(&left[hunk.left.clone()]) + bytes(&right[hunk.right.clone()]));
    if changed.sum::<usize>() > MAX_TEXT {
        return Err(TooLong);
    }
    let columns = match (&file.left, &file.right) {
        (Some(_), Some(_)) => Columns::Both,
        (None, _) => Columns::Right,
        (_, None) => Columns::Left,
    };
    markup.html(columns.head());
    let mut table = Table {
        markup,
        columns,
        number,
        anchors,
        texts: [&left, &right],
    };
    pieces(hunks, [&left, &right], CONTEXT, &mut |piece| {
        table.piece(&piece)
    })?;
    table.markup.html("</table>\n");
    Ok(table.markup)
}

#[derive(Clone, Copy)]
enum Columns {
    Both,
    Left,
    Right,
}

impl Columns {
    fn head(self) -> &'static str {
        match self {
            Self::Both => {
                "<table class=\"text both\"><colgroup><col><col><col><col></colgroup>\
                 <thead><tr><th scope=\"col\">Line<th scope=\"col\">Before<th scope=\"col\">Line\
                 <th scope=\"col\">After<tbody>"
            }
            Self::Left => {
                "<table class=\"text one gone\"><colgroup><col><col></colgroup>\
                 <thead><tr><th scope=\"col\">Line<th scope=\"col\">Removed<tbody>"
            }
            Self::Right => {
                "<table class=\"text one new\"><colgroup><col><col></colgroup>\
                 <thead><tr><th scope=\"col\">Line<th scope=\"col\">Added<tbody>"
            }
        }
    }
}

struct Table<'r> {
    markup: Markup,
    columns: Columns,
    /// The file's number on the page.
    number: usize,
    anchors: &'r Anchors,
    texts: [&'r [&'r [u8]]; 2],
}

impl Table<'_> {
    fn piece(&mut self, piece: &Piece) -> Result<(), TooLong> {
        self.markup.html("\n");
        match piece {
            Piece::Gap(lines) => {
                self.markup.html("<tr class=gap><td colspan=4>");
                same(&mut self.markup, *lines);
            }
            Piece::Same(left, right) => {
                self.markup.html("<tr>");
                self.cells(0, Some(*left), &[])?;
                self.cells(1, Some(*right), &[])?;
            }
            Piece::Row(row) => {
                self.markup.html(match (self.columns, row.left, row.right) {
                    (Columns::Left | Columns::Right, ..) => "<tr>",
                    (_, Some(_), Some(_)) => "<tr class=m>",
                    (_, Some(_), None) => "<tr class=d>",
                    _ => "<tr class=a>",
                });
                let sides = match self.columns {
                    Columns::Both => 0..2,
                    Columns::Left => 0..1,
                    Columns::Right => 1..2,
                };
                for side in sides {
                    self.cells(side, [row.left, row.right][side], &row.marks[side])?;
                }
            }
        }
        match self.markup.len() > MAX_TEXT {
            true => Err(TooLong),
            false => Ok(()),
        }
    }

    /// The number of a line, and what stands in it.
    fn cells(
        &mut self,
        side: usize,
        line: Option<usize>,
        marks: &[Range<usize>],
    ) -> Result<(), TooLong> {
        let Some(line) = line else {
            self.markup.html("<td><td>");
            return Ok(());
        };
        if self.anchors[side].contains(&line) {
            self.markup.html(["<td id=l", "<td id=r"][side]);
            self.markup.number(self.number).html("-").number(line + 1);
            self.markup.html(">");
        } else {
            self.markup.html("<td>");
        }
        self.markup.number(line + 1).html("<td>");
        let text = self.texts[side][line];
        if text.len() > MAX_TEXT {
            return Err(TooLong);
        }
        marked(&mut self.markup, side, text, marks);
        if !text.ends_with(b"\n") {
            self.markup.html(" <i>no line end</i>");
        }
        Ok(())
    }
}

/// `12 lines are the same`
pub(crate) fn same(markup: &mut Markup, lines: usize) {
    markup.number(lines).html(" lines are the same");
}

/// A line without its end, and what differs in it.
pub(crate) fn marked(markup: &mut Markup, side: usize, line: &[u8], marks: &[Range<usize>]) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (open, close) = [("<del>", "</del>"), ("<ins>", "</ins>")][side];
    let mut next = 0;
    for mark in marks {
        let end = mark.end.min(line.len());
        if mark.start >= end {
            continue;
        }
        markup.text(&line[next..mark.start]);
        markup.html(open).text(&line[mark.start..end]).html(close);
        next = end;
    }
    markup.text(&line[next..]);
}
