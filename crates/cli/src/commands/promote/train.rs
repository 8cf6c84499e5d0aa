//! All that is accepted on a stage goes on to another, and nothing else does.

use std::collections::{BTreeSet, HashMap};

use storyline_manifest::is_manifest_file;
use storyline_promote::{Stage, StaysBehind, View, train};
use storyline_repo::Objects;
use storyline_repo::projection::Workspace;
use storyline_text::{Diagnostic, Visible};

use super::admit;
use super::draft::{Chosen, Comes, Request, stories, tips};
use crate::canon::Canon;
use crate::failure::{Failure, usage};
use crate::home::receives_stories;
use crate::output::count;
use crate::stages::{Asked, StageNow, on_stage};

/// Files that are named of those that differ.
const MAX_NAMED: usize = 10;

/// Chooses among what is on `source`.
pub(super) fn choose(
    canon: &Canon,
    objects: &Objects,
    stage: &StageNow<'_>,
    request: &Request,
    source: &str,
) -> Result<Chosen, Failure> {
    if source == request.stage {
        let diagnostic = Diagnostic::error(
            "same-stage",
            format!("stories of {source} are there already"),
        );
        return Err(usage(
            diagnostic.help("name two stages: `--from` the one, `--to` the other"),
        ));
    }
    let on = on_stage(canon, objects, source)?;
    let revisions = on.values().map(|on| on.revision.revision).collect();
    let grounds = admit::grounds(
        canon,
        objects,
        &request.stage,
        Some((source, &on)),
        &revisions,
        &request.made,
    )?;
    let mut met = HashMap::new();
    let train = train(&on, &stage.ledger.on_stage(), |on| {
        let accepted = [grounds.accepted(source, &on.revision)];
        let held = grounds.not_held(source, &on.revision);
        let others = grounds.conditions(&on.revision);
        let mut conditions: Vec<_> = held.into_iter().chain(accepted).chain(others).collect();
        let mut seen = BTreeSet::new();
        conditions.retain(|condition| seen.insert(condition.text.clone()));
        let unmet = conditions.iter().find(|condition| !condition.met);
        let unmet = unmet.map(|condition| condition.text.clone());
        let texts = conditions.into_iter().map(|condition| condition.text);
        met.insert(on.revision.revision, texts.collect::<Vec<_>>());
        unmet
    });
    let asked = train.goes.iter().map(|on| Asked {
        id: on.revision.story.clone(),
        revision: Some(on.revision.revision.to_string()),
    });
    let stories = stories(canon, &asked.collect::<Vec<_>>())?;
    let comes = stories.into_iter().map(|(wanted, newest)| Comes {
        gate: met.remove(&wanted.revision.revision).unwrap_or_default(),
        wanted,
        newest,
    });
    let comes = comes.collect();
    let stays = train.stays.into_iter().map(
        |StaysBehind {
             story,
             revision,
             reason,
         }| {
            storyline_promote::LeftOut {
                story: story.to_string(),
                revision: revision.to_string(),
                reason,
            }
        },
    );
    Ok(Chosen {
        comes,
        stays: stays.collect(),
        gates: tips(&grounds),
    })
}

/// How the candidate differs from the source stage, both in canonical form.
pub(super) fn difference(
    canon: &Canon,
    workspace: &mut Workspace<'_>,
    source: &str,
    target: &str,
    candidate: &View,
) -> Result<Vec<String>, Failure> {
    let objects = workspace.objects();
    let environment = canon.manifest.environment(source)?;
    let view = match receives_stories(&canon.manifest, environment) {
        true => {
            let tip = StageNow::receiving(canon, objects, source)?.tip;
            Stage::new(workspace, source).view(objects.tree_of(tip)?)?
        }
        false => View::as_it_is(objects.tree_of(canon.tip)?),
    };
    let mut differences = workspace.differences(Some(view.tree), Some(candidate.tree))?;
    differences.retain(|path, _| !is_manifest_file(path));
    if differences.is_empty() {
        return Ok(vec![format!(
            "{target} will have the very files of {source}"
        )]);
    }
    let paths = differences.keys().take(MAX_NAMED);
    let mut named: Vec<_> = paths
        .map(|path| Visible(path.as_bytes()).to_string())
        .collect();
    if differences.len() > MAX_NAMED {
        named.push("…".into());
    }
    Ok(vec![format!(
        "{target} will differ from {source} in {}: {}",
        count(differences.len(), "file"),
        named.join(", ")
    )])
}
