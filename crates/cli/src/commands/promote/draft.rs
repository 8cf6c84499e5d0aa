//! What would land, as commits that nobody sees yet, and as a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use storyline_promote::{
    Grounds, History, Landed, Ledger, LeftOut, OnStage, Pinned, Plan, Sequence, Stage, Start,
    Wanted,
};
use storyline_repo::projection::Workspace;
use storyline_repo::story::StoryId;
use storyline_repo::{Memo, ObjectId, Objects};
use storyline_text::Diagnostic;

use super::planned::{self, Made};
use super::{admit, names, preflight, refused, train};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, usage};
use crate::history::revisions;
use crate::stages::{Asked, StageNow, fetch_stories, wanted};

/// The longest name of a branch for several stories, in bytes.
const MAX_NAME: usize = 100;

/// What was asked for.
pub(super) struct Request {
    pub(super) stage: String,
    pub(super) what: What,
    /// Who asks and when, as a commit takes it.
    pub(super) made: Vec<u8>,
}

/// Which stories.
pub(super) enum What {
    /// These.
    Stories(Vec<Asked>),
    /// All that are accepted on a stage.
    AcceptedOn(String),
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
            what: match &saved.source {
                Some(source) => What::AcceptedOn(source.clone()),
                None => What::Stories(asked.collect::<Result<_, Failure>>()?),
            },
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
        let mut stage = StageNow::receiving(canon, &objects, &request.stage)?;
        let chosen = match &request.what {
            What::Stories(asked) => Chosen::asked(canon, &objects, request, asked)?,
            What::AcceptedOn(source) => train::choose(canon, &objects, &stage, request, source)?,
        };
        objects.refresh();
        let promotion = planned::promotion(request, stage.tip, &chosen.comes)?;
        let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
        let mut trees = Stage::new(&mut workspace, &request.stage);
        let view = trees.view(objects.tree_of(stage.tip)?)?;
        let pinned = pinned(canon, &stage, &chosen)?;
        // From here on only that counts which revisions that were handed in can have done.
        let ledger = known(std::mem::take(&mut stage.ledger), &chosen, &pinned);
        let on = ledger.on_stage();
        let start = Start {
            tip: stage.tip,
            view,
            on: &on,
            committer: &request.made,
            promotion: &promotion,
        };
        let (sequence, left_out) = land(canon, &mut trees, &start, &chosen, request)?;
        let history = History::new(ledger, canon.tip, pinned);
        believe(&mut trees, history, &on, &sequence)?;
        let made = Made {
            canon,
            request,
            stage: &stage,
            chosen: &chosen,
            start: &start,
            sequence: &sequence,
        };
        let tip = made.tip();
        let plan = made.plan(&mut workspace, left_out)?;
        workspace.write(&[tip])?;
        workspace.finish();
        objects.refresh();
        let draft = Self { stage, plan, tip };
        preflight::check(&draft, &objects)?;
        Ok(draft)
    }
}

impl Draft<'_> {
    /// What a branch is called by which people merge it: the stories, so that it is the same branch when they
    /// are promoted again.
    pub(super) fn name(&self) -> Result<String, Failure> {
        let stories = self.plan.landings.iter();
        let stories: Vec<_> = stories.map(|landing| landing.story.as_str()).collect();
        let name = stories.join("+");
        match name.len() > MAX_NAME {
            true => planned::digest(name.as_bytes()),
            false => Ok(name),
        }
    }
}

/// What comes, and what stays behind.
pub(super) struct Chosen {
    pub(super) comes: Vec<Comes>,
    pub(super) stays: Vec<LeftOut>,
    /// Where the gates stand that were asked.
    pub(super) gates: BTreeMap<String, String>,
}

/// A revision that comes.
pub(super) struct Comes {
    pub(super) wanted: Wanted,
    /// Whether it is the newest of its story.
    pub(super) newest: bool,
    /// What the stage asks, and that it is so.
    pub(super) gate: Vec<String>,
}

impl Chosen {
    /// The stories that were asked for, when the stage takes all of them.
    fn asked(
        canon: &Canon,
        objects: &Objects,
        request: &Request,
        asked: &[Asked],
    ) -> Result<Self, Failure> {
        let stories = stories(canon, asked)?;
        let revisions = stories
            .iter()
            .map(|(wanted, _)| wanted.revision.revision)
            .collect();
        let grounds = admit::grounds(
            canon,
            objects,
            &request.stage,
            None,
            &revisions,
            &request.made,
        )?;
        let mut comes = Vec::new();
        for (wanted, newest) in stories {
            let (met, unmet): (Vec<_>, Vec<_>) = grounds
                .conditions(&wanted.revision)
                .into_iter()
                .partition(|condition| condition.met);
            if !unmet.is_empty() {
                return Err(admit::refusal(&request.stage, &wanted.revision, &unmet));
            }
            let gate = met.into_iter().map(|condition| condition.text).collect();
            comes.push(Comes {
                wanted,
                newest,
                gate,
            });
        }
        Ok(Self {
            comes,
            stays: Vec::new(),
            gates: tips(&grounds),
        })
    }
}

/// Where gates stand.
pub(super) fn tips(grounds: &Grounds<'_>) -> BTreeMap<String, String> {
    let gates = grounds.gates.iter();
    let tips = gates.filter_map(|(stage, gate)| Some((stage.clone(), gate.tip?.to_string())));
    tips.collect()
}

/// Lands what comes. Of stories that were asked for, one that does not fit stops all; from a train it is left
/// out, and so are those that are built on it.
fn land(
    canon: &Canon,
    trees: &mut Stage<'_, '_>,
    start: &Start<'_>,
    chosen: &Chosen,
    request: &Request,
) -> Result<(Sequence, Vec<LeftOut>), Failure> {
    let mut waiting: Vec<_> = chosen
        .comes
        .iter()
        .map(|comes| comes.wanted.clone())
        .collect();
    let mut left_out = chosen.stays.clone();
    loop {
        let (revision, failure) = match trees.land_all(start, waiting.clone())? {
            Ok(sequence) => match lacking(canon, trees, start, &sequence)? {
                Some(refused) => refused,
                None => return Ok((sequence, left_out)),
            },
            Err(refused) => {
                let failure = refused::failure(canon, trees, start, &refused)?;
                (refused.wanted.revision, failure)
            }
        };
        if matches!(request.what, What::Stories(_)) {
            return Err(failure);
        }
        waiting.retain(|other| other.revision != revision);
        left_out.push(LeftOut {
            story: revision.story.to_string(),
            revision: revision.revision.to_string(),
            reason: failure
                .diagnostics
                .first()
                .map(|d| d.title.clone())
                .unwrap_or_default(),
        });
    }
}

/// What was handed in of the stories that come and that the stage says it has, and of those that landed
/// together with them.
fn pinned(canon: &Canon, stage: &StageNow<'_>, chosen: &Chosen) -> Result<Pinned, Failure> {
    let ledger = &stage.ledger;
    let comes = chosen.comes.iter();
    let there = comes.filter_map(|comes| ledger.on_stage_of(&comes.wanted.revision.story));
    let deeds = there.flat_map(|on| &ledger.entries[on.entry].deeds);
    let ids: BTreeSet<_> = deeds.filter_map(|deed| deed.story().cloned()).collect();
    let stories = fetch_stories(canon, ids)?;
    Ok(Pinned::of(revisions(&stories)))
}

/// The ledger, where revisions count that were handed in. What a message says of others would have
/// something taken off that no story brought.
fn known(ledger: Ledger, chosen: &Chosen, pinned: &Pinned) -> Ledger {
    let comes = chosen.comes.iter();
    let comes: HashSet<_> = comes.map(|comes| &comes.wanted.revision.story).collect();
    ledger.knowing(|landed| !comes.contains(&landed.story) || pinned.is(landed))
}

/// Anybody can write that a story landed. One that is taken for being there is landed again, and has to give
/// the same.
fn believe(
    trees: &mut Stage<'_, '_>,
    mut history: History,
    on: &BTreeMap<StoryId, OnStage>,
    sequence: &Sequence,
) -> Result<(), Failure> {
    let name = trees.name().to_owned();
    for (wanted, commit) in &sequence.there {
        let story = &wanted.revision.story;
        let unproved = match on.get(story) {
            Some(on) => history.verify(trees, on.entry)?,
            None => None,
        };
        if let Some(why) = unproved {
            let title = format!(
                "commit {commit} on {name} says that it lands story {story}, and does not: {}",
                why.word()
            );
            let diagnostic = Diagnostic::error("landing-forged", title)
                .help(format!("`storyline audit {name}` shows what it did"))
                .help(format!(
                    "`storyline back-out {story} --from {name}` says that it is not there; then \
                     `storyline release {story} --on {name}`, and promote it again"
                ));
            return Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged());
        }
    }
    Ok(())
}

/// The first revision that uses names which the stage does not have.
fn lacking(
    canon: &Canon,
    trees: &mut Stage<'_, '_>,
    start: &Start<'_>,
    sequence: &Sequence,
) -> Result<Option<(Landed, Failure)>, Failure> {
    let Some(last) = sequence.landings.last() else {
        return Ok(None);
    };
    let candidate = last.candidate.view.tree;
    for step in &sequence.landings {
        let lacking = names::lacking(trees.workspace, step, candidate)?;
        if !lacking.is_empty() {
            let failure = refused::lacks(canon, trees, start, (step, candidate), &lacking)?;
            return Ok(Some((step.wanted.revision.clone(), failure)));
        }
    }
    Ok(None)
}

/// The revisions that are meant, and whether each is the newest of its story.
pub(super) fn stories(canon: &Canon, asked: &[Asked]) -> Result<Vec<(Wanted, bool)>, Failure> {
    let mut known = fetch_stories(canon, asked.iter().map(|asked| asked.id.clone()))?;
    let mut records = Vec::new();
    let mut seen = HashMap::new();
    for asked in asked {
        let record = asked.record(known.get(&asked.id))?;
        match seen.insert(&asked.id, record.revision_id()) {
            None => records.push((asked, record.clone())),
            Some(other) if other == record.revision_id() => {}
            Some(_) => {
                let title = format!("two revisions of story {} are asked for", asked.id);
                let diagnostic = Diagnostic::error("story-twice", title);
                return Err(usage(diagnostic.help("name the one that is meant")));
            }
        }
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
