//! What stands on what, and on what of all that changed.

use std::collections::HashMap;

use super::facts::What;

/// Of so many things that changed it is told what stands on them all; of more, of as many. What stands on
/// what is found in time in proportion to the project for each of them.
const MOST: usize = 50;

/// Things by model and name, and who stands on them.
#[derive(Default)]
pub(super) struct Graph<'n> {
    nodes: HashMap<(usize, What, &'n [u8]), usize>,
    standing: Vec<Vec<usize>>,
    /// What of all that changed each stands on, or is.
    changes: Vec<Vec<usize>>,
    is_defined: Vec<bool>,
}

impl<'n> Graph<'n> {
    /// The thing that a model sees by this name.
    pub(super) fn node(&mut self, model: usize, what: What, name: &'n [u8]) -> usize {
        let next = self.standing.len();
        let node = *self.nodes.entry((model, what, name)).or_insert(next);
        if node == next {
            self.standing.push(Vec::new());
            self.changes.push(Vec::new());
            self.is_defined.push(false);
        }
        node
    }

    pub(super) fn define(&mut self, node: usize) {
        self.is_defined[node] = true;
    }

    pub(super) fn stands(&mut self, node: usize, on: usize) {
        self.standing[on].push(node);
    }

    /// What is used and was not found.
    pub(super) fn undefined(&self) -> impl Iterator<Item = (usize, What, &'n [u8])> {
        let nodes = self.nodes.iter();
        let missing = nodes.filter(|(_, node)| !self.is_defined[**node]);
        missing.map(|((_, what, name), node)| (*node, *what, *name))
    }

    /// Tells everybody who stands on `node` that `change` is part of it.
    pub(super) fn spread(&mut self, change: usize, node: usize) {
        let mut ahead = vec![node];
        while let Some(next) = ahead.pop() {
            let known = &mut self.changes[next];
            // Whoever stands on one that knows it, or knows enough, does as well.
            if known.len() < MOST && known.last() != Some(&change) {
                known.push(change);
                ahead.extend(&self.standing[next]);
            }
        }
    }

    /// What of all that changed a thing stands on, or is.
    pub(super) fn changes(&self, node: usize) -> &[usize] {
        &self.changes[node]
    }
}
