//! What would land, as commits that nobody sees yet, and as a plan.

use std::collections::{BTreeMap, HashSet};

use storyline_promote::{
    FORMAT, Plan, PlannedFile, PlannedLanding, PlannedStory, Sequence, Stage, Start, Step, Wanted,
};
use storyline_repo::projection::Workspace;
use storyline_repo::{Kind, Memo, ObjectId, Objects};
use storyline_text::Visible;

use super::{preflight, refused};
use crate::canon::Canon;
use crate::failure::Failure;
use crate::json;
use crate::stages::{Asked, StageNow, fetch_stories, wanted};

/// Digits of a promotion's name.
const PROMOTION: usize = 12;

/// What was asked for.
pub(super) struct Request {
    pub(super) stage: String,
    pub(super) asked: Vec<Asked>,
    /// Who asks and when, as a commit takes it.
    pub(super) made: Vec<u8>,
}

impl Request {
    /// The request that a saved plan was made for.
    pub(super) fn again(saved: &Plan) -> Result<Self, Failure> {
        let landings = saved.landings.iter();
        let asked = landings.map(|landing| (&landing.story, &landing.revision, landing.newest));
        let there = saved
            .there
            .iter()
            .map(|there| (&there.story, &there.revision, false));
        let asked = asked.chain(there).map(|(story, revision, newest)| {
            let asked = Asked::parse(story)?;
            let revision = (!newest).then(|| revision.clone());
            Ok(Asked { revision, ..asked })
        });
        Ok(Self {
            stage: saved.stage.clone(),
            asked: asked.collect::<Result<_, Failure>>()?,
            made: saved.made.clone().into_bytes(),
        })
    }
}

/// A promotion that nobody sees yet.
pub(super) struct Draft<'c> {
    pub(super) stage: StageNow<'c>,
    pub(super) plan: Plan,
    /// The stage's newest commit with everything on it.
    pub(super) tip: ObjectId,
}

impl<'c> Draft<'c> {
    /// Fetches what it takes, and lands the stories in commits that no ref points at. Everything is in
    /// order with them, or comes back as a failure.
    pub(super) fn new(canon: &'c Canon, request: &Request) -> Result<Self, Failure> {
        let objects = canon.repository.objects()?;
        let stage = StageNow::receiving(canon, &objects, &request.stage)?;
        let wanted = stories(canon, &request.asked)?;
        objects.refresh();
        let newest: Vec<bool> = wanted.iter().map(|(_, newest)| *newest).collect();
        let order: Vec<_> = wanted.iter().map(|(w, _)| w.revision.clone()).collect();
        let promotion = promotion(request, stage.tip, &wanted)?;
        let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
        let mut trees = Stage::new(&mut workspace, &request.stage);
        let view = trees.view(objects.tree_of(stage.tip)?)?;
        let start = Start {
            tip: stage.tip,
            view,
            ledger: &stage.ledger,
            committer: &request.made,
            promotion: &promotion,
        };
        let wanted = wanted.into_iter().map(|(wanted, _)| wanted).collect();
        let sequence = match trees.land_all(&start, wanted)? {
            Ok(sequence) => sequence,
            Err((wanted, refusal)) => {
                return Err(refused::failure(
                    canon, &mut trees, &start, &wanted, &refusal,
                )?);
            }
        };
        let tip = sequence
            .landings
            .last()
            .map_or(stage.tip, |step| step.commit);
        let is_newest = |step: &Step| {
            let at = order
                .iter()
                .position(|revision| *revision == step.wanted.revision);
            at.is_some_and(|at| newest[at])
        };
        let plan = Plan {
            format: FORMAT,
            promotion: promotion.clone(),
            stage: request.stage.clone(),
            repository: stage.url.to_string(),
            branch: stage.branch.clone(),
            landing: "push".into(),
            from: stage.tip.to_string(),
            to: tip.to_string(),
            policy: policy(canon)?,
            gates: BTreeMap::new(),
            made: String::from_utf8_lossy(&request.made).into_owned(),
            landings: sequence
                .landings
                .iter()
                .map(|step| landing(step, is_newest(step)))
                .collect(),
            there: there(&sequence),
            left_out: Vec::new(),
            notes: notes(canon, &mut workspace, &objects, &stage, &sequence)?,
        };
        workspace.write(&[tip])?;
        workspace.finish();
        objects.refresh();
        let draft = Self { stage, plan, tip };
        preflight::check(&draft)?;
        Ok(draft)
    }
}

/// The revisions that are meant, and whether each is the newest of its story.
fn stories(canon: &Canon, asked: &[Asked]) -> Result<Vec<(Wanted, bool)>, Failure> {
    let mut known = fetch_stories(canon, asked.iter().map(|asked| asked.id.clone()))?;
    let mut records = Vec::new();
    let mut seen = HashSet::new();
    for asked in asked.iter().filter(|asked| seen.insert(&asked.id)) {
        records.push((asked, asked.record(known.get(&asked.id))?.clone()));
    }
    let depends = records.iter().filter_map(|(_, record)| record.revision());
    let depends = depends.flat_map(|revision| revision.depends.keys());
    let depends: Vec<_> = depends
        .filter(|id| !known.contains_key(*id))
        .cloned()
        .collect();
    known.extend(fetch_stories(canon, depends)?);
    let mut found = Vec::new();
    for (asked, record) in &records {
        let newest = known.get(&asked.id).and_then(|story| story.revision());
        let is_newest = newest.map(|newest| newest.id()) == record.revision_id();
        found.push((wanted(canon, record, &known)?, is_newest));
    }
    Ok(found)
}

/// A name for a promotion, from all that makes it.
fn promotion(
    request: &Request,
    from: ObjectId,
    wanted: &[(Wanted, bool)],
) -> Result<String, Failure> {
    let revisions = wanted
        .iter()
        .map(|(wanted, _)| wanted.revision.revision.to_string());
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

fn digest(bytes: &[u8]) -> Result<String, Failure> {
    let id = ObjectId::of(Kind::Blob, bytes).map_err(storyline_repo::ObjectError::from)?;
    Ok(id.to_string())
}

fn landing(step: &Step, newest: bool) -> PlannedLanding {
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
        newest,
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
        gate: Vec::new(),
    }
}

fn there(sequence: &Sequence) -> Vec<PlannedStory> {
    let there = sequence.there.iter().map(|(wanted, _)| PlannedStory {
        story: wanted.revision.story.to_string(),
        revision: wanted.revision.revision.to_string(),
    });
    there.collect()
}

fn notes(
    canon: &Canon,
    workspace: &mut Workspace<'_>,
    objects: &Objects,
    stage: &StageNow<'_>,
    sequence: &Sequence,
) -> Result<Vec<String>, Failure> {
    let mut notes = Vec::new();
    let name = &stage.environment.name;
    let next = format!("`storyline promote --manifest --to {name}` lands canonical's");
    for step in &sequence.landings {
        if let Some(first) = step.manifest_files.first() {
            let story = &step.wanted.revision.story;
            let path = Visible(first.as_bytes());
            notes.push(format!(
                "{story} changes {path} too, which stays behind: {next}"
            ));
        }
    }
    let there: BTreeMap<_, _> = workspace
        .manifest_files(objects.tree_of(stage.tip)?)?
        .into_iter()
        .collect();
    if there != canon.manifest_sources {
        notes.push(format!("the manifest on {name} is not canonical's: {next}"));
    }
    Ok(notes)
}
