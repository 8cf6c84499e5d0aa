//! Recognises what was projected elsewhere, so that a fresh clone does not do it all again.
//!
//! An environment's own branch is the memo that everybody shares. Its commits are those of canonical with
//! other trees and parents, so that each can be found: all its bytes but the tree's line are compared,
//! from the roots on. The newest trees are made anew and compared too. Those below were proved by whoever
//! pushed them, and nothing is made of them: what is pushed next stands on top of what is there already.

use rustc_hash::FxHashMap;

use super::ProjectionError;
use super::history::{Becomes, Projector};
use crate::commit::RawCommit;
use crate::id::{Kind, ObjectId};
use crate::walk::Walked;

/// Ends of what was recognised whose trees are made anew. A history that has more is not recognised.
const MAX_ENDS: usize = 16;

/// All of a commit but its tree, with its parents as they are projected.
type Likeness = (blake3::Hash, Vec<ObjectId>);

impl Projector<'_> {
    /// Takes over from the history of `projected`, a branch as the environment's repository has it, what
    /// canonical commits that lead to `tips` were projected to. Does nothing when former commands did
    /// that here. Returns how many were recognised; whatever is not, is projected as ever.
    ///
    /// # Errors
    /// When a commit, or one of the trees that are compared, is missing or broken.
    pub fn recognise(
        &mut self,
        tips: &[ObjectId],
        projected: ObjectId,
    ) -> Result<usize, ProjectionError> {
        if !self.former_tips().is_empty() {
            return Ok(0);
        }
        let objects = self.trees.objects;
        let there = objects.walk(&[projected], &[])?;
        let mut index: FxHashMap<Likeness, Option<ObjectId>> = FxHashMap::default();
        for commit in &there {
            let bytes = objects.read_as(commit.id, Kind::Commit)?;
            let likeness = (likeness(&bytes, false), commit.parents.clone());
            // Two that are alike cannot be told apart.
            let alike = index.entry(likeness);
            alike
                .and_modify(|only| *only = None)
                .or_insert(Some(commit.id));
        }
        let there: FxHashMap<_, _> = there.iter().map(|c| (c.id, c.tree)).collect();
        let mut found: FxHashMap<ObjectId, ObjectId> = FxHashMap::default();
        let mut trees = Vec::new();
        let mut ends: FxHashMap<ObjectId, Walked> = FxHashMap::default();
        for commit in objects.walk(tips, &[])? {
            let parents = commit.parents.iter().map(|id| found.get(id).copied());
            let Some(parents) = parents.collect::<Option<Vec<_>>>() else {
                continue;
            };
            let bytes = objects.read_as(commit.id, Kind::Commit)?;
            let other = index.get(&(likeness(&bytes, true), parents));
            let same = there.contains_key(&commit.id).then_some(commit.id);
            if let Some(other) = other.copied().flatten().or(same) {
                found.insert(commit.id, other);
                trees.push((commit.id, other, commit.tree == there[&other], commit.tree));
                commit.parents.iter().for_each(|id| drop(ends.remove(id)));
                ends.insert(commit.id, commit);
            }
        }
        let ends: Vec<_> = ends.into_values().collect();
        if ends.len() > MAX_ENDS || !self.are_right(&ends, &found)? {
            return Ok(0);
        }
        for (from, to, is_same, tree) in trees {
            // One that is refused, and one without a name in it, cannot be told apart so cheaply.
            let why = if is_same {
                self.root(tree)?.err()
            } else {
                None
            };
            self.remember(from, to, why);
        }
        let recognised = found.len();
        self.assume(found);
        Ok(recognised)
    }

    /// Whether these commits' trees become what they are `found` to.
    fn are_right(
        &mut self,
        commits: &[Walked],
        found: &FxHashMap<ObjectId, ObjectId>,
    ) -> Result<bool, ProjectionError> {
        let becomes = self.trees_of(commits)?;
        for (commit, becomes) in commits.iter().zip(becomes) {
            let tree = match becomes {
                Becomes::Projected(tree) => tree,
                Becomes::Opaque(_) => commit.tree,
            };
            if self.trees.objects.tree_of(found[&commit.id])? != tree {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The hash of a commit without tree and parents; `projected` says that its signatures are put aside as a
/// projection would.
fn likeness(bytes: &[u8], projected: bool) -> blake3::Hash {
    let nothing = ObjectId::from_bytes([0; 20]);
    let rest = RawCommit::parse(bytes).map(|raw| raw.rewritten(nothing, &[], projected));
    blake3::hash(rest.as_deref().unwrap_or(bytes))
}
