//! What stands in another order, and whether that means something.

use std::collections::{HashMap, HashSet};

use super::kind::ObjectKind;
use super::siblings::Sides;
use super::tree::{Role, Tree};

/// Pairs of nodes that moved among their siblings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) matters: bool,
    pub(crate) pairs: Vec<[u32; 2]>,
}

/// Which of `pairs`, in the order of the right side, moved: first those whose order counts, then others.
pub(crate) fn moved(sides: Sides<'_, '_>, pairs: &[[u32; 2]]) -> Vec<Moved> {
    if pairs.is_sorted_by_key(|pair| pair[0]) {
        return Vec::new();
    }
    let mut classes: HashMap<u64, Vec<[u32; 2]>> = HashMap::new();
    for pair in pairs {
        if let Some(class) = class(sides, *pair) {
            classes.entry(class).or_default().push(*pair);
        }
    }
    let among_equals = classes
        .into_values()
        .flat_map(|pairs| out_of_order(sides, &pairs));
    let mut matter: Vec<_> = among_equals.collect();
    matter.sort_unstable_by_key(|pair| pair[1]);
    let known: HashSet<_> = matter.iter().copied().collect();
    let others = pairs.iter().filter(|pair| !known.contains(*pair));
    let others = out_of_order(sides, &others.copied().collect::<Vec<_>>());
    let both = [(true, matter), (false, others)].into_iter();
    let both = both.map(|(matters, pairs)| Moved { matters, pairs });
    both.filter(|moved| !moved.pairs.is_empty()).collect()
}

/// What it has an order among; `None` where that is nothing.
fn class([left, right]: Sides<'_, '_>, [l, r]: [u32; 2]) -> Option<u64> {
    let node = right.node(r);
    match node.role {
        Role::Object(ObjectKind::ViewRefinement | ObjectKind::ExploreRefinement) => Some(node.id),
        Role::Object(ObjectKind::Tile) if is_placed(left, l) && is_placed(right, r) => None,
        Role::Object(kind) if kind == ObjectKind::Tile || kind.is_ordered() => Some(kind as u64),
        Role::Object(_) => None,
        Role::Group | Role::List | Role::Leaf => {
            let repeats = node.role != Role::Leaf || node.name.is_empty();
            repeats.then(|| right.key_hash(r))
        }
    }
}

/// Whether a tile says where it stands.
fn is_placed(tree: &Tree<'_>, tile: u32) -> bool {
    let mut keys = tree
        .children(tile)
        .map(|child| tree.text(tree.node(child).key));
    keys.any(|key| key == b"row" || key == b"top")
}

/// The lightest of the pairs without which the others stand in one order.
fn out_of_order([_, right]: Sides<'_, '_>, pairs: &[[u32; 2]]) -> Vec<[u32; 2]> {
    if pairs.is_sorted_by_key(|pair| pair[0]) {
        return Vec::new();
    }
    let weights = pairs
        .iter()
        .map(|pair| right.node(pair[1]).span.len().max(1));
    let lefts: Vec<_> = pairs.iter().map(|pair| pair[0]).collect();
    let stays = heaviest_chain(&lefts, &weights.collect::<Vec<_>>());
    let moved = pairs.iter().zip(stays).filter(|(_, stays)| !stays);
    moved.map(|(pair, _)| *pair).collect()
}

/// Which of the values, all different, belong to the heaviest of the sequences that grow.
fn heaviest_chain(values: &[u32], weights: &[usize]) -> Vec<bool> {
    let mut in_order: Vec<usize> = (0..values.len()).collect();
    in_order.sort_unstable_by_key(|at| values[*at]);
    let mut rank_of = vec![0; values.len()];
    for (rank, at) in in_order.into_iter().enumerate() {
        rank_of[at] = rank;
    }
    // The heaviest chain that ends at each value, in a tree of maxima over ranks.
    let mut best: Vec<(usize, Option<usize>)> = vec![(0, None); values.len() + 1];
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for at in 0..values.len() {
        let (mut weight, mut last) = (0, None);
        let mut slot = rank_of[at];
        while slot > 0 {
            if best[slot].0 > weight {
                (weight, last) = best[slot];
            }
            slot &= slot - 1;
        }
        before[at] = last;
        weight += weights[at];
        let mut slot = rank_of[at] + 1;
        while slot < best.len() {
            if weight > best[slot].0 {
                best[slot] = (weight, Some(at));
            }
            slot += slot & slot.wrapping_neg();
        }
    }
    let heaviest = best.iter().max_by_key(|(weight, _)| *weight);
    let mut at = heaviest.and_then(|(_, at)| *at);
    let mut chosen = vec![false; values.len()];
    while let Some(value) = at {
        chosen[value] = true;
        at = before[value];
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_chain_is_heavier(
            values in Just((0..8u32).collect::<Vec<_>>()).prop_shuffle(),
            weights in proptest::collection::vec(1..9usize, 8),
        ) {
            let weight = |chosen: &[bool]| -> usize {
                let weights = weights.iter().zip(chosen).filter(|(_, chosen)| **chosen);
                weights.map(|(weight, _)| weight).sum()
            };
            let grows = |chosen: &[bool]| {
                let chain = values.iter().zip(chosen).filter(|(_, chosen)| **chosen);
                chain.is_sorted_by_key(|(value, _)| *value)
            };
            let found = heaviest_chain(&values, &weights);
            prop_assert!(grows(&found));
            let all = (0..256u32).map(|bits| (0..8).map(|at| bits >> at & 1 == 1).collect());
            let all = all.filter(|chosen: &Vec<bool>| grows(chosen));
            let heaviest = all.map(|chosen| weight(&chosen)).max();
            prop_assert_eq!(Some(weight(&found)), heaviest);
        }
    }
}
