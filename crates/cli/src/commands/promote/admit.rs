//! What a stage asks of revisions: its gates and the stages before it, as they are now.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::{Condition, Grounds, Landed, OnStage, gates_of, stages_before};
use storyline_repo::Objects;
use storyline_repo::story::{Person, RevisionId, StoryId};
use storyline_text::Diagnostic;

use crate::canon::Canon;
use crate::failure::{Failure, FailureKind};
use crate::gates;
use crate::stages::on_stage;

/// Everything that the decision about these revisions rests on. A train has its source's gate asked as well.
pub(super) fn grounds<'c>(
    canon: &'c Canon,
    objects: &Objects,
    stage: &'c str,
    source: Option<(&str, &BTreeMap<StoryId, OnStage>)>,
    revisions: &BTreeSet<RevisionId>,
    made: &[u8],
) -> Result<Grounds<'c>, Failure> {
    let manifest = &canon.manifest;
    let mut stages: BTreeSet<_> = gates_of(manifest, stage).into_iter().collect();
    stages.extend(source.map(|(name, _)| name.to_owned()));
    let mut gates = gates::now::fetch(canon, None, objects, stages)?;
    for (stage, gate) in &mut gates {
        let policy = manifest.policy(stage);
        gate.check_signatures(&canon.git, &canon.repository, policy, revisions)?;
    }
    let mut before = BTreeMap::new();
    for earlier in stages_before(manifest, stage) {
        let on = match source {
            Some((name, on)) if name == earlier => on.clone(),
            _ => on_stage(canon, objects, &earlier)?,
        };
        before.insert(earlier, on);
    }
    Ok(Grounds {
        stage,
        manifest,
        gates,
        before,
        now: Person::and_time(made).map_or(0, |(_, when)| when),
    })
}

/// What a stage says to a revision that it does not take.
pub(super) fn refusal(stage: &str, revision: &Landed, unmet: &[Condition]) -> Failure {
    let story = &revision.story;
    let texts: Vec<_> = unmet
        .iter()
        .map(|condition| condition.text.as_str())
        .collect();
    let title = format!(
        "{stage} does not take story {story}, revision {}: {}",
        revision.revision.short(),
        texts.join("; ")
    );
    let mut diagnostic = Diagnostic::error("not-admitted", title);
    for gate in unmet.iter().filter_map(|condition| condition.gate.as_ref()) {
        let held = unmet
            .iter()
            .any(|other| other.held && other.gate.as_ref() == Some(gate));
        let next = match held {
            true => format!(
                "once it is mended: `storyline story submit {story}`; or `storyline release {story} --on {gate}`"
            ),
            false => format!("`storyline accept {story} --on {gate}`"),
        };
        if !diagnostic.help.contains(&next) {
            diagnostic = diagnostic.help(next);
        }
    }
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}
