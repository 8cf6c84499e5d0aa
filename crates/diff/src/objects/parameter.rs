//! Parameters that differ, as texts that people read.

use std::ops::Range;

use storyline_text::{LineIndex, Span, Visible};

use super::build::lines_of;
use super::report::{ParameterChange, Value};
use super::tree::{Role, Tree};
use crate::lines::hunks;

/// A tree and where its lines start.
pub(crate) struct Shown<'a> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) index: &'a LineIndex,
}

impl Shown<'_> {
    pub(crate) fn lines(&self, span: Span) -> Range<usize> {
        lines_of(self.index, self.tree.shown(), span)
    }

    /// A node among its siblings: `dimension id`, `link[Open]`.
    pub(crate) fn label(&self, node: u32) -> String {
        let found = self.tree.node(node);
        let name = Visible(self.tree.text(found.name));
        match found.role {
            Role::Object(kind) => format!("{} {name}", kind.word()),
            _ => self.segment(node),
        }
    }

    fn segment(&self, node: u32) -> String {
        let found = self.tree.node(node);
        let [key, name] = [found.key, found.name].map(|span| self.tree.text(span));
        match name.is_empty() {
            true => Visible(key).to_string(),
            false => format!("{}[{}]", Visible(key), Visible(name)),
        }
    }

    /// The way from the object around it.
    fn way(&self, node: u32) -> String {
        let mut way = vec![self.segment(node)];
        let mut at = self.tree.node(node).parent;
        while at != u32::MAX && !matches!(self.tree.node(at).role, Role::Object(_)) {
            way.push(self.segment(at));
            at = self.tree.node(at).parent;
        }
        way.reverse();
        way.join(".")
    }

    fn value(&self, node: u32) -> Value {
        let found = self.tree.node(node);
        let span = match found.role {
            Role::Leaf => found.value,
            _ => self.behind_key(node),
        };
        let text = self.tree.text(span).trim_ascii_end();
        let source = self.tree.shown();
        let before = source.get(..span.start as usize).and_then(<[u8]>::last);
        // Only what begins behind something else has the indentation of the file.
        let is_indented = before.is_some_and(|b| *b != b'\n');
        Value {
            text: match is_indented {
                true => without_indentation(text),
                false => text.to_vec(),
            },
            lines: self.lines(found.span),
        }
    }

    /// The bytes of a list or block without its key.
    fn behind_key(&self, node: u32) -> Span {
        let found = self.tree.node(node);
        let source = self.tree.shown();
        if found.key.is_empty() || found.key.end > found.span.end {
            return found.span;
        }
        let text = Span::new(found.key.end, found.span.end).slice(source);
        let is_blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b':' | b'"' | b'\'');
        let blank = text.iter().take_while(|b| is_blank(b)).count() as u32;
        Span::new(found.key.end + blank, found.span.end)
    }
}

/// A parameter that differs, from its nodes on both sides.
pub(crate) fn parameter(
    sides: &[Option<Shown<'_>>; 2],
    nodes: [Option<u32>; 2],
) -> ParameterChange {
    let on = |side: usize| Some((sides[side].as_ref()?, nodes[side]?));
    let found = on(1).or(on(0));
    let name = found.map_or_else(String::new, |(shown, node)| shown.way(node));
    let [left, right] = [on(0), on(1)].map(|on| on.map(|(shown, node)| shown.value(node)));
    let hunks = match (&left, &right) {
        (Some(a), Some(b)) if [a, b].iter().any(|value| value.text.contains(&b'\n')) => {
            hunks(&a.text, &b.text)
        }
        _ => Vec::new(),
    };
    ParameterChange {
        name,
        left,
        right,
        hunks,
    }
}

/// The text without the indentation that all lines but the first have in common.
fn without_indentation(text: &[u8]) -> Vec<u8> {
    let lines = || text.split_inclusive(|b| *b == b'\n');
    let indentation = |line: &[u8]| {
        line.iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count()
    };
    let filled = lines().skip(1).filter(|line| !line.trim_ascii().is_empty());
    let common = filled.map(indentation).min().unwrap_or(0);
    let mut out = Vec::with_capacity(text.len());
    for (at, line) in lines().enumerate() {
        let cut = if at == 0 {
            0
        } else {
            indentation(line).min(common)
        };
        out.extend_from_slice(&line[cut..]);
    }
    out
}
