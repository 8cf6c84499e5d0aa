//! What differs between two objects, and inside them, as places in trees.

use std::collections::HashMap;

use super::kind::ObjectKind;
use super::order::{Moved, moved};
use super::report::Change;
use super::siblings::{Sides, siblings};
use super::tree::{Role, Tree};

/// A node of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) file: usize,
    pub(crate) node: u32,
}

/// A change in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) change: Change,
    pub(crate) sides: [Option<At>; 2],
    /// The change of what holds it, among the drafts of the same comparison.
    pub(crate) parent: Option<usize>,
    /// Parameters that differ.
    pub(crate) parameters: Vec<[Option<u32>; 2]>,
    pub(crate) orders: Vec<Moved>,
}

/// An object of a file that has no counterpart there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loose {
    /// 0 on the left, 1 on the right.
    pub(crate) side: usize,
    pub(crate) at: At,
    pub(crate) parent: Option<usize>,
}

/// One comparison: two objects and all that they hold.
pub(crate) struct Comparison<'t, 's> {
    sides: Sides<'t, 's>,
    /// Indices of the files.
    files: [usize; 2],
    pub(crate) drafts: Vec<Draft>,
    /// What is left over right below a file.
    pub(crate) loose: Vec<Loose>,
    work: Vec<Work>,
}

enum Work {
    Objects([u32; 2], usize),
    Groups([u32; 2], usize),
}

impl<'t, 's> Comparison<'t, 's> {
    pub(crate) fn new(sides: Sides<'t, 's>, files: [usize; 2]) -> Self {
        Self {
            sides,
            files,
            drafts: Vec::new(),
            loose: Vec::new(),
            work: Vec::new(),
        }
    }

    /// Compares two objects that are the same one; `change` is what is known of it already.
    pub(crate) fn compare(&mut self, pair: [u32; 2], change: Change, parent: Option<usize>) {
        let draft = self.draft(pair.map(Some), change, parent);
        self.work.push(Work::Objects(pair, draft));
        while let Some(work) = self.work.pop() {
            match work {
                Work::Objects(pair, draft) | Work::Groups(pair, draft) => self.inside(pair, draft),
            }
        }
    }

    /// Compares what two files hold that are the same one, under another path or not.
    pub(crate) fn files(&mut self, is_moved: bool) {
        let roots = self.sides.map(|tree| *tree.node(0));
        let kinds = roots.map(|root| root.role);
        if kinds[0] != kinds[1] {
            (0..2).for_each(|side| self.only(side));
            return;
        }
        let is_file = kinds[0] == Role::Object(ObjectKind::File);
        let change = match is_moved {
            true if !is_file && roots[0].id != roots[1].id => Change::Renamed,
            true if !is_file => Change::Moved,
            _ => Change::Inside,
        };
        self.compare([0, 0], change, None);
        if is_moved && is_file {
            let [left, right] = self.sides;
            for (left, right) in left.children(0).zip(right.children(0)) {
                if self.is_object(1, right) {
                    self.draft([Some(left), Some(right)], Change::Moved, Some(0));
                }
            }
        }
    }

    /// A file that the other side does not have.
    pub(crate) fn only(&mut self, side: usize) {
        let tree = self.sides[side];
        let file = self.files[side];
        if tree.node(0).role != Role::Object(ObjectKind::File) {
            let at = At { file, node: 0 };
            let parent = None;
            return self.loose.push(Loose { side, at, parent });
        }
        let (objects, parameters): (Vec<_>, Vec<_>) = tree
            .children(0)
            .partition(|child| self.is_object(side, *child));
        if !parameters.is_empty() {
            let change = [Change::Removed, Change::Added][side];
            let draft = self.draft(on(side, 0), change, None);
            self.drafts[draft].parameters = parameters.into_iter().map(|p| on(side, p)).collect();
        }
        let loose = objects.into_iter().map(|node| Loose {
            side,
            at: At { file, node },
            parent: None,
        });
        self.loose.extend(loose);
    }

    fn is_object(&self, side: usize, node: u32) -> bool {
        matches!(self.sides[side].node(node).role, Role::Object(_))
    }

    fn draft(&mut self, nodes: [Option<u32>; 2], change: Change, parent: Option<usize>) -> usize {
        let [left, right] = nodes;
        let at = |side: usize, node: u32| At {
            file: self.files[side],
            node,
        };
        self.drafts.push(Draft {
            change,
            sides: [left.map(|node| at(0, node)), right.map(|node| at(1, node))],
            parent,
            parameters: Vec::new(),
            orders: Vec::new(),
        });
        self.drafts.len() - 1
    }

    /// Compares what two objects, or two groups of one, hold.
    fn inside(&mut self, pair: [u32; 2], draft: usize) {
        let found = siblings(self.sides, pair);
        let orders = moved(self.sides, &found.pairs);
        self.drafts[draft].orders.extend(orders);
        for [left, right] in found.pairs {
            self.pair([left, right], draft);
        }
        let is_root = pair == [0, 0];
        let mut left_over = Vec::new();
        for (side, nodes) in [found.removed, found.added].into_iter().enumerate() {
            for node in nodes {
                match self.is_object(side, node) {
                    false => self.drafts[draft].parameters.push(on(side, node)),
                    true if is_root => {
                        let file = self.files[side];
                        let at = At { file, node };
                        let parent = Some(draft);
                        self.loose.push(Loose { side, at, parent });
                    }
                    true => left_over.push((side, node)),
                }
            }
        }
        self.left_over(&left_over, draft);
        self.sum_up(draft);
    }

    fn pair(&mut self, [left, right]: [u32; 2], draft: usize) {
        let nodes = [self.sides[0].node(left), self.sides[1].node(right)];
        if nodes[0].exact == nodes[1].exact && nodes[0].id == nodes[1].id {
            return;
        }
        match nodes.map(|node| node.role) {
            [Role::Object(_), Role::Object(_)] => {
                let inner = self.draft([Some(left), Some(right)], Change::Inside, Some(draft));
                self.work.push(Work::Objects([left, right], inner));
            }
            [Role::Group, Role::Group] => self.work.push(Work::Groups([left, right], draft)),
            _ => self.drafts[draft]
                .parameters
                .push([Some(left), Some(right)]),
        }
    }

    /// Objects without a counterpart of their name: renamed, removed, added.
    fn left_over(&mut self, nodes: &[(usize, u32)], draft: usize) {
        let meanings = nodes
            .iter()
            .map(|(side, node)| (*side, meaning(self.sides[*side], *node)));
        let renamed = only_ones(meanings);
        let mut told = vec![false; nodes.len()];
        for [left, right] in renamed {
            let pair = [Some(nodes[left].1), Some(nodes[right].1)];
            self.draft(pair, Change::Renamed, Some(draft));
            told[left] = true;
            told[right] = true;
        }
        for ((side, node), told) in nodes.iter().zip(told) {
            if !told {
                let change = [Change::Removed, Change::Added][*side];
                self.draft(on(*side, *node), change, Some(draft));
            }
        }
    }

    fn sum_up(&mut self, draft: usize) {
        let draft = &mut self.drafts[draft];
        if !matches!(draft.change, Change::Inside | Change::Reordered) {
            return;
        }
        if !draft.parameters.is_empty() || draft.orders.iter().any(|order| order.matters) {
            draft.change = Change::Changed;
        } else if !draft.orders.is_empty() {
            draft.change = Change::Reordered;
        }
    }
}

/// What an object of a kind says, if that is enough to know it again under another name.
pub(crate) fn meaning(tree: &Tree<'_>, node: u32) -> Option<(ObjectKind, u64)> {
    let Role::Object(kind) = tree.node(node).role else {
        return None;
    };
    tree.is_told_apart(node)
        .then(|| (kind, tree.node(node).meaning))
}

/// Of things on the two sides, by their positions, those whose key nothing else on their own side has.
pub(crate) fn only_ones<K: Eq + std::hash::Hash>(
    things: impl Iterator<Item = (usize, Option<K>)>,
) -> Vec<[usize; 2]> {
    let mut by_key: HashMap<K, [Vec<usize>; 2]> = HashMap::new();
    for (at, (side, key)) in things.enumerate() {
        if let Some(key) = key {
            by_key.entry(key).or_default()[side].push(at);
        }
    }
    let pairs = by_key.into_values().filter_map(|found| {
        let [left, right] = [&found[0][..], &found[1][..]];
        match (left, right) {
            ([left], [right]) => Some([*left, *right]),
            _ => None,
        }
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

fn on(side: usize, node: u32) -> [Option<u32>; 2] {
    match side {
        0 => [Some(node), None],
        _ => [None, Some(node)],
    }
}
