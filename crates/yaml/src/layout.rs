//! The lines of a block mapping: where its entries start and end, and what habits they show.

use std::iter;

use storyline_text::Span;

use crate::cook::{self, first_line, line_start};
use crate::error::EditError;
use crate::node::{Kind, Node};

const BOM: &[u8] = "\u{feff}".as_bytes();

/// A mapping whose entries are lines.
pub(crate) struct Layout<'d> {
    mapping: Node<'d>,
    source: &'d [u8],
    /// How many blanks stand before a key.
    pub(crate) column: usize,
}

impl<'d> Layout<'d> {
    pub(crate) fn of(mapping: Node<'d>) -> Result<Self, EditError> {
        mapping.check_holders()?;
        if mapping.kind() != Kind::Mapping {
            return Err(mapping.no_entry("it is not a mapping"));
        }
        let first = mapping.entries().next();
        let Some((key, _)) = first.filter(|(key, _)| !key.entry().in_flow) else {
            return Err(mapping.no_entry("it is written in braces"));
        };
        let starts = mapping.span().start == key.span().start && key.scalar().is_some();
        let column = column(key).filter(|_| starts && mapping.document.arena.columns.is_none());
        match column {
            Some(column) => Ok(Self {
                mapping,
                source: mapping.document.source,
                column,
            }),
            None => Err(mapping.no_entry("its lines do not start with spaces and a key")),
        }
    }

    /// By how many columns the entries of a mapping inside a mapping are deeper: as at the siblings,
    /// as at the mapping itself and what holds it, as anywhere in the file.
    pub(crate) fn step(&self) -> usize {
        let siblings = self.mapping.children();
        let around = iter::successors(Some(self.mapping), |node| node.parent());
        let mut all = siblings.chain(around).chain(self.mapping.document.nodes());
        all.find_map(step).unwrap_or(2)
    }

    /// The line break that ends its first line, or the first of the file.
    pub(crate) fn line_break(&self) -> &'static str {
        let start = self.mapping.span().start as usize;
        let lines = [&self.source[start..], self.source].map(first_line);
        let line = lines
            .iter()
            .find(|line| line.ends_with(b"\n") || line.ends_with(b"\r"));
        match line {
            Some(line) if line.ends_with(b"\r\n") => "\r\n",
            Some(line) if line.ends_with(b"\r") => "\r",
            _ => "\n",
        }
    }

    /// Whether an empty line is between the last two entries.
    pub(crate) fn is_airy(&self) -> bool {
        let entries: Vec<_> = self.mapping.entries().collect();
        let [.., (_, before), (key, _)] = entries[..] else {
            return false;
        };
        let start = key.span().start as usize;
        let mut at = self.lines_end(before, usize::MAX);
        while at < start {
            if self.blank_line(at).is_some() {
                return true;
            }
            at += first_line(&self.source[at..]).len();
        }
        false
    }

    /// Where the next entry's line would start.
    pub(crate) fn end(&self) -> usize {
        let last = self.mapping.entries().last();
        last.map_or(0, |(_, value)| self.lines_end(value, self.column))
    }

    /// The lines to take out with the entry of this key; `None` if they hold something else.
    pub(crate) fn lines_of(&self, key: Node<'d>) -> Option<Span> {
        let mut start = line_start(self.source, key.span().start as usize);
        let blanks = &self.source[start..key.span().start as usize];
        if !blanks.iter().all(|b| *b == b' ') {
            return None;
        }
        let entries: Vec<_> = self.mapping.entries().collect();
        let place = entries.iter().position(|(other, _)| other.id == key.id)?;
        let end = self.lines_end(entries[place].1, self.column + 1);
        let is_last = place + 1 == entries.len();
        let set_apart = is_last || end == self.source.len() || self.blank_line(end).is_some();
        if set_apart && start > 0 {
            let before = line_start(self.source, start - self.break_before(start));
            // A text may end in empty lines.
            let floor = place
                .checked_sub(1)
                .map(|i| self.lines_end(entries[i].1, usize::MAX));
            if self.blank_line(before).is_some() && before >= floor.unwrap_or(0) {
                start = before;
            }
        }
        let last_line = &self.source[..end];
        if !last_line.ends_with(b"\n") && !last_line.ends_with(b"\r") {
            // The line before becomes the last one, which has no end in this file.
            start -= self.break_before(start);
        }
        Some(Span::at(start..end))
    }

    /// The length of the line break that ends the line before `start`.
    fn break_before(&self, start: usize) -> usize {
        match &self.source[..start] {
            before if before.ends_with(b"\r\n") => 2,
            before => usize::from(before.ends_with(b"\n") || before.ends_with(b"\r")),
        }
    }

    /// The byte after the lines of a value, with the comments that follow it in `column` or deeper.
    fn lines_end(&self, value: Node<'d>, column: usize) -> usize {
        let last = value.at(value.document.arena.subtree_end(value.id) - 1);
        let end = value.span().end as usize;
        let header = cook::first_line(last.span().slice(self.source));
        let block = matches!(last.kind(), Kind::Scalar(style) if style.is_block());
        let mut end = match block && cook::chomping(header) == Some(b'+') {
            // Empty lines after it are a part of its text.
            true => end,
            false => {
                let text = self.source[..end].trim_ascii_end().len();
                text + first_line(&self.source[text..]).len()
            }
        };
        let mut at = end;
        while at < self.source.len() {
            let line = first_line(&self.source[at..]);
            let blanks = line.iter().take_while(|b| **b == b' ').count();
            let is_comment = line.get(blanks) == Some(&b'#');
            if !is_comment && !line.trim_ascii().is_empty() || is_comment && blanks < column {
                break;
            }
            at += line.len();
            end = if is_comment { at } else { end };
        }
        end
    }

    /// The length of the line that starts at `at`, if it is empty but for blanks.
    fn blank_line(&self, at: usize) -> Option<usize> {
        let line = first_line(&self.source[at..]);
        (!line.is_empty() && line.trim_ascii().is_empty()).then_some(line.len())
    }
}

/// How many bytes stand before a key in its line, when those are blanks and the dashes of lists.
fn column(key: Node<'_>) -> Option<usize> {
    let source = key.document.source;
    let at = key.span().start as usize;
    let before = &source[line_start(source, at)..at];
    let before = before.strip_prefix(BOM).unwrap_or(before);
    before
        .iter()
        .all(|b| b" -".contains(b))
        .then_some(before.len())
}

/// By how many columns a mapping that is a value in another is deeper than that.
fn step(node: Node<'_>) -> Option<usize> {
    let first = |mapping: Node<'_>| {
        let key = mapping.entries().next().map(|(key, _)| key);
        key.filter(|key| !key.entry().in_flow).and_then(column)
    };
    let outer = node
        .parent()
        .filter(|parent| parent.kind() == Kind::Mapping)?;
    let (inner, outer) = (first(node)?, first(outer)?);
    inner.checked_sub(outer).filter(|step| *step > 0)
}
