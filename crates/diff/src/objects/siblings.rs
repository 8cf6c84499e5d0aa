//! Which of the things that stand together on one side are which on the other.

use std::collections::{HashMap, VecDeque};

use super::tree::{Role, Tree};

/// Children of two nodes, paired. Those at the start and at the end that are the same on both sides, in the same
/// order, are left out.
#[derive(Debug, Default)]
pub(crate) struct Siblings {
    /// In the order of the right side.
    pub(crate) pairs: Vec<[u32; 2]>,
    pub(crate) removed: Vec<u32>,
    pub(crate) added: Vec<u32>,
}

/// Two trees of which parts are compared, left and right.
pub(crate) type Sides<'t, 's> = [&'t Tree<'s>; 2];

/// Pairs what has the same name: first what is the same altogether, then in the order of the file, so that of
/// several things with one name none is lost. Takes time in proportion to the children.
pub(crate) fn siblings([left, right]: Sides<'_, '_>, [l, r]: [u32; 2]) -> Siblings {
    let same = |(a, b): &(&u32, &u32)| {
        let (a, b) = (left.node(**a), right.node(**b));
        (a.id, a.exact) == (b.id, b.exact)
    };
    let (ls, rs): (Vec<u32>, Vec<u32>) = (left.children(l).collect(), right.children(r).collect());
    let before = ls.iter().zip(&rs).take_while(same).count();
    let (ls, rs) = (&ls[before..], &rs[before..]);
    let after = ls.iter().rev().zip(rs.iter().rev());
    let after = after.take_while(same).count();
    let mut matching = Matching {
        left: ls[..ls.len() - after].iter().copied().map(Some).collect(),
        right: rs[..rs.len() - after].iter().copied().map(Some).collect(),
        pairs: Vec::new(),
    };
    matching.pair(|side, node| {
        let node = [left, right][side].node(node);
        Some((node.id, node.exact))
    });
    matching.pair(|side, node| Some((0, [left, right][side].node(node).id)));
    matching.pair_only(|side, node| {
        let tree = [left, right][side];
        let node = tree.node(node);
        (node.role == Role::Group).then(|| (0, tree.text(node.key)))
    });
    matching.pairs.sort_unstable();
    Siblings {
        pairs: matching.pairs.into_iter().map(|(_, pair)| pair).collect(),
        removed: matching.left.into_iter().flatten().collect(),
        added: matching.right.into_iter().flatten().collect(),
    }
}

struct Matching {
    left: Vec<Option<u32>>,
    right: Vec<Option<u32>>,
    /// With their position on the right.
    pairs: Vec<(usize, [u32; 2])>,
}

impl Matching {
    /// Pairs the first with the first of those that have the same key, and so on.
    fn pair<K: Eq + std::hash::Hash>(&mut self, key: impl Fn(usize, u32) -> Option<K>) {
        if self.left.is_empty() || self.right.is_empty() {
            return;
        }
        let mut waiting: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (at, node) in self.left.iter().enumerate() {
            if let Some(key) = node.and_then(|node| key(0, node)) {
                waiting.entry(key).or_default().push_back(at);
            }
        }
        for at in 0..self.right.len() {
            let Some(node) = self.right[at] else { continue };
            let first = key(1, node).and_then(|key| waiting.get_mut(&key)?.pop_front());
            if let Some(other) = first {
                self.take(other, at);
            }
        }
    }

    /// Pairs what is the only one of its key on both sides.
    fn pair_only<K: Eq + std::hash::Hash>(&mut self, key: impl Fn(usize, u32) -> Option<K>) {
        let mut by_key: HashMap<K, [Vec<usize>; 2]> = HashMap::new();
        for (side, nodes) in [&self.left, &self.right].into_iter().enumerate() {
            for (at, node) in nodes.iter().enumerate() {
                if let Some(key) = node.and_then(|node| key(side, node)) {
                    by_key.entry(key).or_default()[side].push(at);
                }
            }
        }
        for found in by_key.into_values() {
            if let [[left], [right]] = [&found[0][..], &found[1][..]] {
                self.take(*left, *right);
            }
        }
    }

    fn take(&mut self, left: usize, right: usize) {
        if let (Some(a), Some(b)) = (self.left[left].take(), self.right[right].take()) {
            self.pairs.push((right, [a, b]));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_is_asked_for_its_key_once() {
        for (keys, pairs) in [(1, 1000), (1000, 1000), (7, 1000)] {
            let asked = Cell::new(0);
            let mut matching = Matching {
                left: (0..1000).map(Some).collect(),
                right: (0..1000).rev().map(Some).collect(),
                pairs: Vec::new(),
            };
            matching.pair(|_, node| {
                asked.set(asked.get() + 1);
                Some(node % keys)
            });
            assert_eq!(matching.pairs.len(), pairs);
            assert_eq!(asked.get(), 2000);
        }
    }
}
