//! Gates: what people said of revisions on a stage, and what that comes to.
//!
//! ```text
//! refs/storyline/gate/STAGE   in the canonical repository, the newest entry on top
//! entry      what a commit there says
//! standing   what all of them come to
//! ```
//!
//! An entry belongs to a revision, never to a story: what is handed in anew is not accepted, and not held.
//! A commit that is no entry does not count, and stops nobody.

mod entry;
mod standing;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use storyline_manifest::StagePolicy;
use storyline_repo::story::RevisionId;
use storyline_repo::{
    Git, Kind, NetError, NotARefName, ObjectError, ObjectId, Objects, RawCommit, RefName,
    Repository,
};

pub use entry::{Action, Entry, MAX_REASON, Odd, Saying};
pub use standing::Standing;

/// The folder of all gates, with a `/` at its end.
pub const GATES: &str = "refs/storyline/gate/";

/// The ref of a stage's gate.
///
/// # Errors
/// When Git takes the stage's name for no part of a ref's.
pub fn gate_ref(stage: &str) -> Result<RefName, NotARefName> {
    RefName::new(&format!("{GATES}{stage}"))
}

/// All that was said of revisions on a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// The newest commit; `None` while nothing was said.
    pub tip: Option<ObjectId>,
    /// What was said, oldest first.
    pub entries: Vec<Entry>,
    /// Commits that are no entries of this gate, oldest first.
    pub odd: Vec<(ObjectId, Odd)>,
}

impl Gate {
    /// Reads the gate of `stage` from its newest commit down, along first parents.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn read(
        objects: &Objects,
        stage: &str,
        tip: Option<ObjectId>,
    ) -> Result<Self, ObjectError> {
        let mut gate = Self {
            tip,
            ..Self::default()
        };
        let mut next = tip;
        while let Some(id) = next {
            let bytes = objects.read_as(id, Kind::Commit)?;
            let commit = RawCommit::parse(&bytes);
            let commit = commit.map_err(|reason| ObjectError::Commit { id, reason })?;
            match Entry::parse(stage, id, &commit) {
                Ok(entry) => gate.entries.push(entry),
                Err(odd) => gate.odd.push((id, odd)),
            }
            next = commit.parents().first().copied();
        }
        gate.entries.reverse();
        gate.odd.reverse();
        Ok(gate)
    }

    /// Whether a commit is on it.
    pub fn has(&self, commit: ObjectId) -> bool {
        let entries = self.entries.iter().map(|entry| entry.commit);
        let odd = self.odd.iter().map(|(commit, _)| *commit);
        entries.chain(odd).any(|other| other == commit)
    }

    /// What was said of a revision, oldest first.
    pub fn of(&self, revision: RevisionId) -> impl DoubleEndedIterator<Item = &Entry> {
        let entries = self.entries.iter();
        entries.filter(move |entry| entry.revision == revision)
    }

    /// Finds out who signed what was said of these revisions, among the stage's approvers. Only what can
    /// count is looked at: of each revision, what was said after it was last held. One run of `git`.
    ///
    /// # Errors
    /// When `git` cannot be used.
    pub fn check_signatures(
        &mut self,
        git: &Git,
        repository: &Repository,
        policy: &StagePolicy,
        revisions: &BTreeSet<RevisionId>,
    ) -> Result<(), NetError> {
        if policy.is_advisory() {
            return Ok(());
        }
        let mut settled = BTreeSet::new();
        let mut asked = Vec::new();
        for entry in self.entries.iter().rev() {
            if entry.action == Action::Hold {
                settled.insert(entry.revision);
            } else if revisions.contains(&entry.revision) && !settled.contains(&entry.revision) {
                asked.push(entry.commit);
            }
        }
        let signers = git.signers(repository, &policy.allowed_signers(), &asked)?;
        for entry in &mut self.entries {
            entry.signer = signers.get(&entry.commit).cloned();
        }
        Ok(())
    }
}
