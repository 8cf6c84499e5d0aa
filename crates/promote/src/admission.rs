//! Whether a stage takes a revision: what its policy asks for, and what the gates and the stages before say.

use std::collections::BTreeMap;
use std::fmt;

use storyline_manifest::{Manifest, StagePolicy};
use storyline_repo::story::StoryId;
use storyline_text::Visible;

use crate::deed::Landed;
use crate::gate::Gate;
use crate::ledger::OnStage;

/// What a decision rests on.
pub struct Grounds<'a> {
    /// The stage that a revision is to land on.
    pub stage: &'a str,
    /// Canonical's manifest.
    pub manifest: &'a Manifest,
    /// The gates of [`gates_of`], signatures checked.
    pub gates: BTreeMap<String, Gate>,
    /// What is on the stages of [`stages_before`], as far as a soak time asks.
    pub before: BTreeMap<String, BTreeMap<StoryId, OnStage>>,
    /// The time: seconds since 1970.
    pub now: i64,
}

/// Something that a stage asks for, and whether it is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether it is met.
    pub met: bool,
    /// What, in a few words.
    pub text: String,
    /// The stage whose gate a person can move for it, when it is not met.
    pub gate: Option<String>,
    /// Whether it is not met because the revision is held there.
    pub held: bool,
}

/// The stages whose gates say something about landing on `stage`: itself, and those that it asks.
pub fn gates_of(manifest: &Manifest, stage: &str) -> Vec<String> {
    let asked = manifest.policy(stage).accepted_in.iter();
    let mut stages: Vec<String> = asked.cloned().chain([stage.to_owned()]).collect();
    stages.sort();
    stages.dedup();
    stages
}

/// The stages on which a revision has to have been for `stage`'s soak time: those on which it has to be
/// accepted, or else those right before it in the pipeline.
pub fn stages_before(manifest: &Manifest, stage: &str) -> Vec<String> {
    let policy = manifest.policy(stage);
    if policy.soak.is_none() {
        return Vec::new();
    }
    let asked: Vec<_> = policy
        .accepted_in
        .iter()
        .filter(|other| *other != stage)
        .cloned()
        .collect();
    if !asked.is_empty() {
        return asked;
    }
    let groups = &manifest.pipeline;
    let at = groups
        .iter()
        .position(|group| group.iter().any(|other| other == stage));
    at.and_then(|at| groups.get(at.checked_sub(1)?))
        .cloned()
        .unwrap_or_default()
}

impl Grounds<'_> {
    /// What the stage asks of a revision, condition by condition.
    pub fn conditions(&self, revision: &Landed) -> Vec<Condition> {
        let policy = self.manifest.policy(self.stage);
        let mut conditions = Vec::new();
        for stage in gates_of(self.manifest, self.stage) {
            conditions.extend(self.not_held(&stage, revision));
        }
        for stage in &policy.accepted_in {
            conditions.push(self.accepted(stage, revision));
        }
        for stage in stages_before(self.manifest, self.stage) {
            conditions.push(self.soaked(&stage, revision, policy));
        }
        conditions
    }

    /// Whether a revision is accepted on a stage, whatever the policy asks.
    pub fn accepted(&self, stage: &str, revision: &Landed) -> Condition {
        let empty = Gate::default();
        let gate = self.gates.get(stage).unwrap_or(&empty);
        let standing = gate.standing(revision.revision, self.manifest.policy(stage));
        let word = if standing.advisory { " (advisory)" } else { "" };
        let people: Vec<_> = standing
            .accepted
            .iter()
            .map(|entry| entry.who.name.as_str())
            .collect();
        let met = standing.is_accepted();
        let text = match (met, standing.held.is_some(), standing.missing) {
            (true, ..) => format!("accepted on {stage} by {}{word}", people.join(", ")),
            (_, true, _) => format!("held on {stage}"),
            (_, _, 1) => format!("not accepted on {stage}{word}"),
            (_, _, missing) => {
                format!("not accepted on {stage}: {missing} people are missing{word}")
            }
        };
        Condition {
            met,
            text: Visible(text.as_bytes()).to_string(),
            gate: (!met).then(|| stage.to_owned()),
            held: !met && standing.held.is_some(),
        }
    }

    /// The hold that stands in a revision's way, if one does.
    pub fn not_held(&self, stage: &str, revision: &Landed) -> Option<Condition> {
        let gate = self.gates.get(stage)?;
        let standing = gate.standing(revision.revision, self.manifest.policy(stage));
        let hold = standing.held?;
        let reason = hold.reason.lines().next().unwrap_or_default();
        let text = format!("held on {stage} by {}: {reason}", hold.who.name);
        Some(Condition {
            met: false,
            text: Visible(text.as_bytes()).to_string(),
            gate: Some(stage.to_owned()),
            held: true,
        })
    }

    fn soaked(&self, stage: &str, revision: &Landed, policy: &StagePolicy) -> Condition {
        let soak = policy
            .soak
            .map_or(0, |soak| i64::try_from(soak.as_secs()).unwrap_or(i64::MAX));
        let on = self
            .before
            .get(stage)
            .and_then(|on| on.get(&revision.story));
        let since = on
            .filter(|on| on.revision.revision == revision.revision)
            .map(|on| on.when);
        let condition = |met, text| Condition {
            met,
            text,
            gate: None,
            held: false,
        };
        match since {
            None => condition(
                false,
                format!("not on {stage}, where it has to stay for {}", Span(soak)),
            ),
            Some(since) => {
                let been = self.now.saturating_sub(since);
                let text = format!(
                    "on {stage} for {} of {}",
                    Span(been.clamp(0, soak)),
                    Span(soak)
                );
                condition(been >= soak, text)
            }
        }
    }
}

/// Seconds, as people say them.
struct Span(i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds % 86_400 == 0 && seconds > 0 => write!(f, "{}d", seconds / 86_400),
            seconds if seconds >= 3600 => write!(f, "{}h{:02}m", seconds / 3600, seconds / 60 % 60),
            seconds if seconds >= 60 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}
