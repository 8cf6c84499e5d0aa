//! What a promotion is about to do, as data: shown, saved, bound to what it was made from, then carried out.
//!
//! A saved plan is made again before it is carried out, from what the remotes have by then. When anything
//! that it rests on is another, the new plan is another, and [`Plan::stale`] says what changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The form that plans are saved in.
pub const FORMAT: u32 = 1;

/// A promotion that was not carried out yet. Ids are whole hexadecimal numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The promotion's name, from everything else here.
    pub promotion: String,
    /// The stage.
    pub stage: String,
    /// The stage that all accepted stories are taken from, if they are.
    pub source: Option<String>,
    /// The repository that it lives in, without credentials.
    pub repository: String,
    /// The branch there.
    pub branch: String,
    /// `push`, or `branch` when people merge it there.
    pub landing: String,
    /// Where the branch stands.
    pub from: String,
    /// Where it will stand.
    pub to: String,
    /// The hash of canonical's manifest, which says what the stage asks for.
    pub policy: String,
    /// Where the gates stand that were asked, by stage.
    pub gates: BTreeMap<String, String>,
    /// Who made it, as commits have it, with the time.
    pub made: String,
    /// What lands, in this order.
    pub landings: Vec<PlannedLanding>,
    /// What is there already.
    pub there: Vec<PlannedStory>,
    /// What was asked for, or is on the way, and does not come, with the reason.
    pub left_out: Vec<LeftOut>,
    /// What somebody should know.
    pub notes: Vec<String>,
}

/// A story and its revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStory {
    /// The story.
    pub story: String,
    /// Its revision.
    pub revision: String,
}

/// A revision that lands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedLanding {
    /// The story.
    pub story: String,
    /// Its revision.
    pub revision: String,
    /// Whether that is the newest one of the story.
    pub newest: bool,
    /// What it is about.
    pub subject: String,
    /// The canonical commit that its change starts from.
    pub base: String,
    /// The one that it leads to.
    pub tip: String,
    /// The revision that it takes off.
    pub replaces: Option<String>,
    /// Stories that it is built on.
    pub depends: Vec<String>,
    /// The commit that it becomes.
    pub commit: String,
    /// The stage's tree with it.
    pub tree: String,
    /// What changes, by canonical path.
    pub files: Vec<PlannedFile>,
    /// What the stage asks for, and how it is met.
    pub gate: Vec<String>,
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFile {
    /// `A` for one that is new, `M` for one that changes, `D` for one that goes.
    pub status: char,
    /// Its canonical path; bytes that are no UTF-8 are replaced.
    pub path: String,
}

/// A story that does not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The story.
    pub story: String,
    /// Its revision.
    pub revision: String,
    /// Why, in a sentence.
    pub reason: String,
}

impl Plan {
    /// What is not as it was when this plan was made, given the plan that would be made `now`; nothing when
    /// both are the same.
    pub fn stale(&self, now: &Self) -> Vec<String> {
        let mut changed = Vec::new();
        let mut differ = |what: &str, then: &str, now: &str| {
            if then != now {
                changed.push(format!("{what} was {then}, and is {now}"));
            }
        };
        differ("the stage's repository", &self.repository, &now.repository);
        differ("the stage's branch", &self.branch, &now.branch);
        differ("the way of landing", &self.landing, &now.landing);
        differ("the stage's newest commit", &self.from, &now.from);
        differ("canonical's manifest", &self.policy, &now.policy);
        for stage in self.gates.keys().chain(now.gates.keys()) {
            let at = |plan: &Self| {
                plan.gates
                    .get(stage)
                    .map_or("empty", String::as_str)
                    .to_owned()
            };
            let (then, now) = (at(self), at(now));
            if then != now {
                changed.push(format!("the gate of {stage} was {then}, and is {now}"));
            }
        }
        for then in &self.landings {
            let same = now.landings.iter().find(|now| now.story == then.story);
            match same {
                Some(now) if now.revision != then.revision => changed.push(format!(
                    "{} was handed in again: revision {}, not {}",
                    then.story, now.revision, then.revision
                )),
                Some(_) => {}
                None if now
                    .there
                    .iter()
                    .any(|there| there.revision == then.revision) =>
                {
                    changed.push(format!("{} is there already", then.story));
                }
                None => changed.push(format!("{} does not come any more", then.story)),
            }
        }
        let came = now.landings.iter().filter(|now| {
            let mut then = self.landings.iter();
            !then.any(|then| then.story == now.story)
        });
        changed.extend(came.map(|now| format!("{} comes as well", now.story)));
        changed.dedup();
        if changed.is_empty() && self != now {
            changed.push("made again it is another one: somebody changed the file".into());
        }
        changed
    }
}
