//! Walks a document along a pattern: one pass, subtrees that cannot match are skipped.

use crate::document::Document;
use crate::node::{Kind, Node};
use crate::pattern::{Pattern, Progress, Step};

/// The nodes that a pattern matches, in the order of their bytes.
pub(crate) struct Matches<'d> {
    document: &'d Document<'d>,
    pattern: Pattern,
    next: u32,
    /// The collections around `next`: where they end, and the progress inside.
    open: Vec<(u32, Progress)>,
}

impl<'d> Matches<'d> {
    pub(crate) fn new(document: &'d Document<'d>, pattern: &Pattern) -> Self {
        Self {
            document,
            pattern: pattern.clone(),
            next: 0,
            open: Vec::new(),
        }
    }

    /// The progress at `node`, given that at what holds it.
    fn enter(&self, holder: Progress, node: Node<'d>) -> Progress {
        let slot = node.entry().slot;
        let Some(parent) = node.parent() else {
            return self.pattern.start(slot);
        };
        if parent.kind() == Kind::Sequence {
            return self.pattern.at_item(holder, slot);
        }
        // Most keys are never compared with anything.
        let mut key = None;
        self.pattern.advance(holder, |step| match step {
            Step::AnyKey => true,
            Step::Key(wanted) => {
                let text = || Node { id: slot, ..node }.plain_key();
                key.get_or_insert_with(text).as_deref() == Some(wanted)
            }
            _ => false,
        })
    }
}

impl<'d> Iterator for Matches<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        while (self.next as usize) < self.document.arena.nodes.len() {
            let node = Node {
                document: self.document,
                id: self.next,
            };
            let end = self.document.arena.subtree_end(node.id);
            self.next = end;
            if node.is_key() {
                continue;
            }
            while self.open.pop_if(|(end, _)| *end <= node.id).is_some() {}
            let outside = self
                .open
                .last()
                .map_or_else(Progress::default, |(_, at)| *at);
            let at = self.enter(outside, node);
            if !at.is_lost() && end > node.id + 1 {
                self.open.push((end, at));
                self.next = node.id + 1;
            }
            if self.pattern.is_whole(at) {
                return Some(node);
            }
        }
        None
    }
}
