//! What all that was said of a revision comes to.

use std::collections::BTreeSet;

use storyline_manifest::StagePolicy;
use storyline_repo::story::RevisionId;

use super::{Action, Entry, Gate};

/// How a revision stands at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'g> {
    /// What holds it.
    pub held: Option<&'g Entry>,
    /// What counts as accepting it: one entry a person, the first, in the order of the gate.
    pub accepted: Vec<&'g Entry>,
    /// How many more people have to accept it.
    pub missing: usize,
    /// Whether this is people's word alone, since no list says who may approve.
    pub advisory: bool,
}

impl Standing<'_> {
    /// Whether it may go on.
    pub fn is_accepted(&self) -> bool {
        self.held.is_none() && self.missing == 0
    }
}

impl Entry {
    /// Who said it, by the stage's policy; `None` when it counts for nobody.
    pub fn person(&self, policy: &StagePolicy) -> Option<String> {
        match policy.is_advisory() {
            true => Some(self.who.email.to_ascii_lowercase()),
            false => self.signer.clone(),
        }
    }
}

impl Gate {
    /// How a revision stands, given what its stage asks. Where the stage has approvers, signatures have
    /// to be checked before ([`Gate::check_signatures`]); what was not checked does not count.
    ///
    /// A hold counts whoever wrote it, since to stop is always safe. It takes the accepting before it
    /// away; a release ends it, and the revision has to be accepted anew.
    pub fn standing(&self, revision: RevisionId, policy: &StagePolicy) -> Standing<'_> {
        let mut held = None;
        let mut accepted: Vec<&Entry> = Vec::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for entry in self.of(revision) {
            match (entry.action, entry.person(policy)) {
                (Action::Hold, _) => {
                    held = Some(entry);
                    accepted.clear();
                    seen.clear();
                }
                (Action::Release, Some(_)) => held = None,
                (Action::Accept, Some(person)) if held.is_none() => {
                    if seen.insert(person) {
                        accepted.push(entry);
                    }
                }
                (Action::Accept | Action::Release, _) => {}
            }
        }
        Standing {
            held,
            missing: policy.approvals.saturating_sub(accepted.len()),
            accepted,
            advisory: policy.is_advisory(),
        }
    }
}
