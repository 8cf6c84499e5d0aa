//! Objects that came and went, in all files: what of them is the same one in another place.

use super::compare::{At, Comparison, Draft, Loose, meaning, only_ones};
use super::kind::ObjectKind;
use super::report::Change;
use super::siblings::Sides;
use super::tree::{Role, Tree};

/// The trees of each file, left and right.
pub(crate) type Trees<'s> = Vec<[Option<Tree<'s>>; 2]>;

/// What was found so far, of all files.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) drafts: Vec<Draft>,
    loose: Vec<Loose>,
}

impl Found {
    /// Adds what one comparison found.
    pub(crate) fn add(&mut self, drafts: Vec<Draft>, loose: Vec<Loose>) {
        let base = self.drafts.len();
        let moved = |parent: Option<usize>| parent.map(|parent| parent + base);
        self.drafts.extend(drafts.into_iter().map(|draft| Draft {
            parent: moved(draft.parent),
            ..draft
        }));
        self.loose.extend(loose.into_iter().map(|loose| Loose {
            parent: moved(loose.parent),
            ..loose
        }));
    }

    /// Tells each object that is left over as moved, renamed, removed or added.
    pub(crate) fn settle(mut self, trees: &Trees<'_>) -> Vec<Draft> {
        let loose = std::mem::take(&mut self.loose);
        let loose = self.pair(trees, loose, Change::Moved, |tree, node| {
            let found = tree.node(node);
            let is_known = found.role != Role::Object(ObjectKind::Include);
            (is_known && !found.name.is_empty()).then_some((ObjectKind::File, found.id))
        });
        let loose = self.pair(trees, loose, Change::Renamed, meaning);
        let inner = std::mem::take(&mut self.loose);
        for Loose { side, at, parent } in loose.into_iter().chain(inner) {
            let change = [Change::Removed, Change::Added][side];
            let mut sides = [None, None];
            sides[side] = Some(at);
            self.drafts.push(Draft {
                change,
                sides,
                parent,
                parameters: Vec::new(),
                orders: Vec::new(),
            });
        }
        self.drafts
    }

    /// Pairs what is the only one of its key on both sides; the others are returned.
    fn pair(
        &mut self,
        trees: &Trees<'_>,
        loose: Vec<Loose>,
        change: Change,
        key: impl Fn(&Tree<'_>, u32) -> Option<(ObjectKind, u64)>,
    ) -> Vec<Loose> {
        let keys = loose.iter().map(|loose| {
            let tree = trees[loose.at.file][loose.side].as_ref();
            (loose.side, tree.and_then(|tree| key(tree, loose.at.node)))
        });
        let mut rest: Vec<_> = loose.iter().copied().map(Some).collect();
        for pair in only_ones(keys) {
            let [left, right] = pair.map(|at| loose[at]);
            let Some(sides) = sides_of(trees, [left.at, right.at]) else {
                continue;
            };
            pair.iter().for_each(|at| rest[*at] = None);
            let mut comparison = Comparison::new(sides, [left.at.file, right.at.file]);
            comparison.compare([left.at.node, right.at.node], change, None);
            if let Some(first) = comparison.drafts.first_mut() {
                first.change = change;
            }
            let top = self.drafts.len();
            self.add(comparison.drafts, comparison.loose);
            self.drafts[top].parent = right.parent;
        }
        rest.into_iter().flatten().collect()
    }
}

/// The trees of two places.
fn sides_of<'t, 's>(trees: &'t Trees<'s>, [left, right]: [At; 2]) -> Option<Sides<'t, 's>> {
    Some([
        trees[left.file][0].as_ref()?,
        trees[right.file][1].as_ref()?,
    ])
}
