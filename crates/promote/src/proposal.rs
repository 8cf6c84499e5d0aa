//! What became of commits that people were to merge into a stage.
//!
//! Forges merge, squash and rebase. Whatever they did, the stage is as planned when the first commit that
//! holds something of the plan has the plan's parent, and the last one has the plan's tree.

use std::collections::HashMap;

use storyline_repo::{ObjectError, ObjectId, Objects};

use crate::deed::Deed;
use crate::ledger::{Chain, Ledger, chain};

/// A commit that people were to merge into a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The commit.
    pub tip: ObjectId,
    /// What it, and what it brings along, say that they do.
    pub deeds: Vec<Deed>,
    /// What became of it.
    pub became: Became,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is on the stage since this commit, as planned.
    Landed(ObjectId),
    /// The stage says so since this commit, and is another than was planned.
    LandedDifferently(ObjectId),
    /// It is not there, and would be as planned.
    Waits,
    /// It is not there, and the stage moved meanwhile.
    Outdated,
}

impl Ledger {
    /// What became of these commits. One that says nothing of stories is left out.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn proposals(
        &self,
        objects: &Objects,
        tips: &[ObjectId],
    ) -> Result<Vec<Proposal>, ObjectError> {
        let entries = self.entries.iter().enumerate();
        let places: HashMap<_, _> = entries.map(|(at, entry)| (entry.commit, at)).collect();
        let mut proposals = Vec::new();
        for tip in tips {
            if let Some(at) = places.get(tip) {
                proposals.push(Proposal {
                    tip: *tip,
                    deeds: self.entries[*at].deeds.clone(),
                    became: Became::Landed(*tip),
                });
                continue;
            }
            let found = chain(objects, *tip, |id| places.contains_key(&id))?;
            let Some(Chain { from, deeds }) = found else {
                continue;
            };
            let from = from.and_then(|parent| places.get(&parent).copied());
            proposals.push(Proposal {
                tip: *tip,
                became: self.became(from, objects.tree_of(*tip)?, &deeds),
                deeds,
            });
        }
        Ok(proposals)
    }

    /// What became of `deeds`, which were to follow the entry `from` and to give `tree`.
    fn became(&self, from: Option<usize>, tree: ObjectId, deeds: &[Deed]) -> Became {
        let since = from.map_or(0, |from| from + 1);
        let later = &self.entries[since..];
        let place = |deed: Option<&Deed>| {
            let deed = deed?;
            later.iter().position(|entry| entry.deeds.contains(deed))
        };
        match (place(deeds.first()), place(deeds.last())) {
            (Some(first), Some(last)) => {
                let commit = later[last].commit;
                match from.is_some() && first == 0 && later[last].tree == tree {
                    true => Became::Landed(commit),
                    false => Became::LandedDifferently(commit),
                }
            }
            (Some(at), None) | (None, Some(at)) => Became::LandedDifferently(later[at].commit),
            (None, None) if from.is_some() && later.is_empty() => Became::Waits,
            (None, None) => Became::Outdated,
        }
    }
}
