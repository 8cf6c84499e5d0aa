//! Which views a view has its fields from.

use std::collections::{HashMap, HashSet};

use super::facts::Facts;

/// Who extends whom.
#[derive(Default)]
pub(super) struct Lineage<'f> {
    bases: HashMap<&'f [u8], Vec<&'f [u8]>>,
}

impl<'f> Lineage<'f> {
    pub(super) fn new(facts: impl Iterator<Item = &'f Facts>) -> Self {
        let mut bases: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for [view, base] in facts.flat_map(|facts| &facts.extends) {
            bases.entry(view).or_default().push(base);
        }
        Self { bases }
    }

    /// The view itself, and all that it extends, directly or not.
    pub(super) fn of(&self, view: &'f [u8]) -> Vec<&'f [u8]> {
        let mut all = vec![view];
        let mut seen = HashSet::from([view]);
        let mut next = 0;
        while let Some(view) = all.get(next) {
            let bases = self.bases.get(view).into_iter().flatten();
            let new: Vec<_> = bases.copied().filter(|base| seen.insert(base)).collect();
            all.extend(new);
            next += 1;
        }
        all
    }
}
