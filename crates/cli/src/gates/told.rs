//! What was said on a gate and what it comes to, for people and programs.

use serde::Serialize;
use storyline_promote::gate::Standing;
use storyline_repo::ObjectId;
use storyline_repo::story::RevisionId;

use super::{Open, visible};
use crate::output::count;
use crate::output::short;

/// What was said and how the revision stands then, for programs.
#[derive(Serialize)]
pub(super) struct Said {
    action: &'static str,
    story: String,
    stage: String,
    revision: String,
    /// Whether it was not said before.
    new: bool,
    dry_run: bool,
    /// The commit on the gate; `null` when nothing was added.
    entry: Option<String>,
    signed: bool,
    held: Option<Held>,
    /// Who accepted it.
    accepted: Vec<String>,
    /// How many more have to.
    missing: usize,
    /// Whether nothing proves who it was.
    advisory: bool,
}

#[derive(Serialize)]
struct Held {
    who: String,
    email: String,
    /// Seconds since 1970.
    when: i64,
    reason: String,
}

impl Said {
    pub(super) fn new(
        open: &Open<'_>,
        standing: &Standing<'_>,
        revision: RevisionId,
        entry: Option<ObjectId>,
    ) -> Self {
        let accepted = standing.accepted.iter();
        let dry_run = open.asked.target.dry_run;
        Self {
            action: open.asked.action.word(),
            story: open.story.id.to_string(),
            stage: open.asked.target.on.clone(),
            revision: revision.to_string(),
            new: entry.is_some(),
            dry_run,
            entry: entry.filter(|_| !dry_run).map(|id| id.to_string()),
            signed: entry.is_some() && open.key.is_some(),
            held: standing.held.map(|held| Held {
                who: held.who.name.clone(),
                email: held.who.email.clone(),
                when: held.when,
                reason: held.reason.clone(),
            }),
            accepted: accepted.filter_map(|e| e.person(open.policy)).collect(),
            missing: standing.missing,
            advisory: standing.advisory,
        }
    }

    pub(super) fn text(&self) -> String {
        let Self { story, stage, .. } = self;
        let done = match (self.action, self.new) {
            ("accept", true) => "accepted",
            ("accept", false) => "already accepted by you:",
            ("hold", true) => "held",
            ("hold", false) => "already held by you, for the same reason:",
            (_, true) => "released",
            (_, false) => "not held:",
        };
        let would = if self.dry_run && self.new {
            "would be "
        } else {
            ""
        };
        let revision = short(&self.revision);
        let mut out = format!("{would}{done} {story} on {stage}, revision {revision}\n");
        let all = self.accepted.len() + self.missing;
        let people: Vec<_> = self
            .accepted
            .iter()
            .map(|p| visible(p).to_string())
            .collect();
        let by = if people.is_empty() { "" } else { ": " };
        let advisory = if self.advisory { " (advisory)" } else { "" };
        let state = match &self.held {
            Some(held) => format!("  held by {}\n", visible(&held.who)),
            None => format!(
                "  {} of {}{advisory}{by}{}\n",
                people.len(),
                count(all, "approval"),
                people.join(", ")
            ),
        };
        out.push_str(&state);
        if self.held.is_some() {
            out.push_str(&format!(
                "next: mend it and hand it in anew, or `storyline release {story} --on {stage}`\n"
            ));
        } else if self.action == "release" && self.missing > 0 {
            out.push_str(&format!("next: `storyline accept {story} --on {stage}`\n"));
        }
        out
    }
}
