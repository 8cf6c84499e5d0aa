//! Walks a document along a pattern: one pass, subtrees that cannot match are skipped.

use crate::document::Document;
use crate::node::{Kind, Node};
use crate::pattern::{Pattern, Step};

/// Which steps of the pattern may come next, one bit for each; the bit after the last step means
/// that the whole pattern was followed.
type States = u64;

/// The nodes that a pattern matches, in the order of their bytes.
pub(crate) struct Matches<'d> {
    document: &'d Document<'d>,
    only: Option<u32>,
    steps: Vec<Step>,
    next: u32,
    /// The collections around `next`: where they end, and the states inside.
    open: Vec<(u32, States)>,
}

impl<'d> Matches<'d> {
    pub(crate) fn new(document: &'d Document<'d>, pattern: &Pattern) -> Self {
        Self {
            document,
            only: pattern.document,
            steps: pattern.steps.clone(),
            next: 0,
            open: Vec::new(),
        }
    }

    /// `**` may also stand for nothing.
    fn closure(&self, mut states: States) -> States {
        for (at, step) in self.steps.iter().enumerate() {
            if *step == Step::AnyDepth && states & (1 << at) != 0 {
                states |= 1 << (at + 1);
            }
        }
        states
    }

    /// The states at `node`, given those at what holds it.
    fn enter(&self, states: States, node: Node<'d>) -> States {
        let slot = node.entry().slot;
        let Some(parent) = node.parent() else {
            let wanted = self.only.is_none_or(|only| only == slot);
            return if wanted { self.closure(1) } else { 0 };
        };
        let in_sequence = parent.kind() == Kind::Sequence;
        let mut key = None;
        let mut after = 0;
        for (at, step) in self.steps.iter().enumerate() {
            if states & (1 << at) == 0 {
                continue;
            }
            let matches = match step {
                Step::AnyDepth => {
                    after |= 1 << at;
                    false
                }
                Step::AnyItem => in_sequence,
                Step::Item(wanted) => in_sequence && *wanted == slot,
                Step::AnyKey => !in_sequence,
                Step::Key(wanted) => {
                    let text = || Node { id: slot, ..node }.plain_key();
                    !in_sequence && key.get_or_insert_with(text).as_deref() == Some(wanted)
                }
            };
            after |= u64::from(matches) << (at + 1);
        }
        self.closure(after)
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
            let outside = self.open.last().map_or(0, |(_, states)| *states);
            let states = self.enter(outside, node);
            if states != 0 && end > node.id + 1 {
                self.open.push((end, states));
                self.next = node.id + 1;
            }
            if states & (1 << self.steps.len()) != 0 {
                return Some(node);
            }
        }
        None
    }
}
