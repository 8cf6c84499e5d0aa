//! The plan of a promotion, from what was made of it.

use std::collections::BTreeMap;

use storyline_manifest::Landing;
use storyline_promote::{
    FORMAT, LeftOut, Plan, PlannedFile, PlannedLanding, PlannedStory, Sequence, Start, Step,
};
use storyline_repo::projection::Workspace;
use storyline_repo::{Kind, ObjectId};
use storyline_text::Visible;

use super::draft::{Chosen, Comes, Request, What};
use super::train;
use crate::canon::Canon;
use crate::failure::Failure;
use crate::json;
use crate::stages::StageNow;

/// Digits of a promotion's name.
const PROMOTION: usize = 12;

/// What was asked for, and what came of it.
pub(super) struct Made<'a> {
    pub(super) canon: &'a Canon,
    pub(super) request: &'a Request,
    pub(super) stage: &'a StageNow<'a>,
    pub(super) chosen: &'a Chosen,
    pub(super) start: &'a Start<'a>,
    pub(super) sequence: &'a Sequence,
}

impl Made<'_> {
    /// The stage's newest commit with everything on it.
    pub(super) fn tip(&self) -> ObjectId {
        let last = self.sequence.landings.last();
        last.map_or(self.start.tip, |step| step.commit)
    }

    /// All of it as data.
    pub(super) fn plan(
        &self,
        workspace: &mut Workspace<'_>,
        left_out: Vec<LeftOut>,
    ) -> Result<Plan, Failure> {
        let Self {
            canon,
            request,
            stage,
            chosen,
            start,
            sequence,
        } = self;
        let landings = sequence.landings.iter();
        Ok(Plan {
            format: FORMAT,
            promotion: start.promotion.into(),
            stage: request.stage.clone(),
            source: match &request.what {
                What::AcceptedOn(source) => Some(source.clone()),
                What::Stories(_) => None,
            },
            repository: stage.url.to_string(),
            branch: stage.branch.clone(),
            landing: match canon.manifest.policy(&request.stage).landing {
                Landing::Push => "push".into(),
                Landing::Branch => "branch".into(),
            },
            from: start.tip.to_string(),
            to: self.tip().to_string(),
            policy: policy(canon)?,
            gates: chosen.gates.clone(),
            made: String::from_utf8_lossy(&request.made).into_owned(),
            landings: landings.map(|step| landing(step, chosen)).collect(),
            there: there(sequence),
            left_out,
            notes: self.notes(workspace)?,
        })
    }

    /// What somebody should know.
    fn notes(&self, workspace: &mut Workspace<'_>) -> Result<Vec<String>, Failure> {
        let Self {
            canon,
            request,
            start,
            sequence,
            ..
        } = self;
        let name = &request.stage;
        let next = format!("`storyline promote --manifest --to {name}` lands canonical's");
        let mut notes = Vec::new();
        for step in &sequence.landings {
            let story = &step.wanted.revision.story;
            if let Some(first) = step.manifest_files.first() {
                let path = Visible(first.as_bytes());
                notes.push(format!(
                    "{story} changes {path} too, which stays behind: {next}"
                ));
            }
            for needed in &step.wanted.depends {
                let there = start.on.get(&needed.story);
                let other = there.filter(|there| there.revision.revision != needed.revision);
                if let Some(other) = other {
                    notes.push(format!(
                        "{story} is built on revision {} of {}, and {name} has revision {}",
                        needed.revision.short(),
                        needed.story,
                        other.revision.revision.short()
                    ));
                }
            }
        }
        if let Some(first) = start.view.kept.first() {
            let path = Visible(first.as_bytes());
            notes.push(format!(
                "names in {path} do not belong on {name}: it stays as it is, {} in all; `storyline check --env {name}` says which",
                start.view.kept.len()
            ));
        }
        let there: BTreeMap<_, _> = workspace
            .manifest_files(start.view.tree)?
            .into_iter()
            .collect();
        if there != canon.manifest_sources {
            notes.push(format!("the manifest on {name} is not canonical's: {next}"));
        }
        if let What::AcceptedOn(source) = &request.what {
            let last = sequence.landings.last();
            let view = last.map_or(&start.view, |step| &step.candidate.view);
            notes.extend(train::difference(canon, workspace, source, name, view)?);
        }
        Ok(notes)
    }
}

/// A name for a promotion, from all that makes it.
pub(super) fn promotion(
    request: &Request,
    from: ObjectId,
    comes: &[Comes],
) -> Result<String, Failure> {
    let revisions = comes
        .iter()
        .map(|comes| comes.wanted.revision.revision.to_string());
    let revisions: Vec<_> = revisions.collect();
    let made = String::from_utf8_lossy(&request.made);
    let text = format!(
        "{}\n{from}\n{made}\n{}\n",
        request.stage,
        revisions.join("\n")
    );
    Ok(digest(text.as_bytes())?[..PROMOTION].into())
}

/// The hash of canonical's manifest: all its files, with their paths.
fn policy(canon: &Canon) -> Result<String, Failure> {
    let mut text = Vec::new();
    for (path, bytes) in &canon.manifest_sources {
        text.extend_from_slice(path.as_bytes());
        text.extend_from_slice(format!("\0{}\0", bytes.len()).as_bytes());
        text.extend_from_slice(bytes);
    }
    digest(&text)
}

pub(super) fn digest(bytes: &[u8]) -> Result<String, Failure> {
    let id = ObjectId::of(Kind::Blob, bytes).map_err(storyline_repo::ObjectError::from)?;
    Ok(id.to_string())
}

fn landing(step: &Step, chosen: &Chosen) -> PlannedLanding {
    let mut comes = chosen.comes.iter();
    let comes = comes.find(|comes| comes.wanted.revision == step.wanted.revision);
    let Step {
        wanted, candidate, ..
    } = step;
    let files = candidate.changed.iter().map(|(path, sides)| PlannedFile {
        status: match sides {
            [None, _] => 'A',
            [_, None] => 'D',
            [Some(_), Some(_)] => 'M',
        },
        path: json::text(path.as_bytes()).into(),
    });
    PlannedLanding {
        story: wanted.revision.story.to_string(),
        revision: wanted.revision.revision.to_string(),
        newest: comes.is_some_and(|comes| comes.newest),
        subject: wanted.subject.clone(),
        base: wanted.revision.change.from.to_string(),
        tip: wanted.revision.change.to.to_string(),
        replaces: step.replaces.map(|old| old.to_string()),
        depends: wanted
            .depends
            .iter()
            .map(|on| on.story.to_string())
            .collect(),
        commit: step.commit.to_string(),
        tree: candidate.tree.to_string(),
        files: files.collect(),
        gate: comes.map(|comes| comes.gate.clone()).unwrap_or_default(),
    }
}

fn there(sequence: &Sequence) -> Vec<PlannedStory> {
    let there = sequence.there.iter().map(|(wanted, _)| PlannedStory {
        story: wanted.revision.story.to_string(),
        revision: wanted.revision.revision.to_string(),
    });
    there.collect()
}
