//! The arena while it grows: what is open, and how a node gets its place among the others.
//!
//! Both readers fill it, so that a file has the same nodes whichever of them reads it.

use storyline_text::Span;

use crate::document::{Arena, Entry, NONE};
use crate::node::{Kind, Style};
use crate::read::MAX_DEPTH;

#[derive(Default)]
pub(crate) struct Nest {
    pub(crate) arena: Arena,
    open: Vec<Open>,
    /// The end of the last bytes that belong to some node.
    pub(crate) seen: u32,
}

/// A collection whose end was not seen yet.
struct Open {
    node: u32,
    kind: Kind,
    children: u32,
    /// The key that waits for its value.
    key: u32,
    in_flow: bool,
}

impl Nest {
    /// How many collections are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// What the innermost open collection is.
    pub(crate) fn top(&self) -> Option<Kind> {
        self.open.last().map(|open| open.kind)
    }

    /// Notes bytes that belong to some node; an empty span says nothing about what was read.
    pub(crate) fn see(&mut self, span: Span) {
        if !span.is_empty() {
            self.seen = self.seen.max(span.end);
        }
    }

    /// Adds a node to the innermost open collection, or as a root.
    pub(crate) fn push(&mut self, kind: Kind, span: Span, link: u32) -> u32 {
        let id = self.arena.nodes.len() as u32;
        let mut entry = Entry {
            parent: NONE,
            slot: self.arena.documents.saturating_sub(1),
            span,
            link,
            kind,
            in_flow: false,
            is_key: false,
            is_cooked: false,
        };
        if let Some(open) = self.open.last_mut() {
            entry.parent = open.node;
            entry.in_flow = open.in_flow;
            entry.slot = open.children;
            if open.kind == Kind::Mapping {
                entry.is_key = open.children % 2 == 0;
                if entry.is_key {
                    open.key = id;
                }
                entry.slot = open.key;
            }
            open.children += 1;
        }
        self.arena.nodes.push(entry);
        id
    }

    /// Adds a scalar; an empty span is one that is not there, and where it would be.
    pub(crate) fn scalar(&mut self, style: Style, span: Span, link: u32) -> u32 {
        if !span.is_empty() || !self.wants_key() {
            self.seen = self.seen.max(span.end);
        }
        self.push(Kind::Scalar(style), span, link)
    }

    /// Keeps the text of a scalar, the last one that was added, which differs from its bytes.
    pub(crate) fn cook(&mut self, node: u32, text: String) {
        self.arena.nodes[node as usize].is_cooked = true;
        self.arena.cooked.push((node, text));
    }

    /// Whether the next node is a key.
    pub(crate) fn wants_key(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| open.kind == Kind::Mapping && open.children % 2 == 0)
    }

    /// Adds a collection and opens it; `None` when it is too deep.
    pub(crate) fn start(&mut self, kind: Kind, span: Span, brackets: bool) -> Option<u32> {
        if self.open.len() == MAX_DEPTH {
            return None;
        }
        let node = self.push(kind, span, NONE);
        let around = self.open.last().is_some_and(|open| open.in_flow);
        self.open.push(Open {
            node,
            kind,
            children: 0,
            key: NONE,
            in_flow: around || brackets,
        });
        if brackets {
            self.see(span);
        }
        Some(node)
    }

    /// Closes the innermost collection: it ends where the last bytes that were seen do.
    pub(crate) fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            let end = self.arena.nodes.len() as u32;
            let first = self.arena.nodes.get(open.node as usize + 1);
            let first = first.map(|child| child.span.start);
            let entry = &mut self.arena.nodes[open.node as usize];
            let start = entry.span.start;
            entry.link = end;
            entry.span = Span::new(first.map_or(start, |first| start.min(first)), self.seen);
        }
    }
}
