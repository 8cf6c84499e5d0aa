//! What all commits of a history did to names, small enough to keep.

use std::collections::HashMap;
use std::hash::Hash;

use super::judge::{Judged, Move};
use super::verdict::{Verdicts, decide};

/// What was judged, commit by commit, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(crate) moves: Numbers<Move>,
    /// The moves of lines that have them in common.
    pub(crate) groups: Numbers<Vec<u32>>,
    pub(crate) commits: Vec<Entry>,
    /// Of each move the first and the last commit that has it.
    pub(crate) seen: Vec<(usize, usize)>,
}

/// One commit.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) lines: u64,
    pub(crate) is_story: bool,
    /// Groups, and how many lines each has.
    pub(crate) moved: Vec<(u32, u64)>,
}

impl Ledger {
    /// Adds the next older commit.
    pub fn add(&mut self, judged: Judged) {
        let commit = self.commits.len();
        let mut moved = Vec::with_capacity(judged.moved.len());
        for lines in judged.moved {
            let moves = lines.moves.into_iter();
            let group: Vec<_> = moves.map(|one| self.moves.number(one)).collect();
            self.seen.resize(self.moves.len(), (commit, commit));
            group
                .iter()
                .for_each(|one| self.seen[*one as usize].1 = commit);
            moved.push((self.groups.number(group), lines.lines));
        }
        self.commits.push(Entry {
            lines: judged.lines,
            is_story: judged.is_story,
            moved,
        });
    }

    /// What becomes of them once all are known.
    pub fn close(self) -> Verdicts {
        decide(self)
    }
}

/// Values, each once, by number.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<T>(HashMap<T, u32>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Numbers<T> {
    fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.0.len()).expect("their keys would not fit into memory");
        *self.0.entry(value).or_insert(next)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// The value's number, if it was seen.
    pub(crate) fn get(&self, value: &T) -> Option<u32> {
        self.0.get(value).copied()
    }

    /// All values, by number.
    pub(crate) fn list(&self) -> Vec<&T> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, number)| **number);
        all.into_iter().map(|(value, _)| value).collect()
    }
}
