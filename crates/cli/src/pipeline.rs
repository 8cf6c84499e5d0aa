//! All stages as they are now, and the stories that are on their way.
//!
//! What every stage has is read from its history alone. A story's log is fetched only when the story is not on
//! all stages, or has a revision that none of them ever had: the list of refs tells both. So a story that is
//! done costs two lines of that list.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use storyline_promote::board::{Board, HandedIn, Pipeline, StageState, board, in_question};
use storyline_promote::gate::Gate;
use storyline_promote::{Followed, Landed};
use storyline_repo::story::{CommitSummary, RevisionId, Story, StoryId};
use storyline_repo::{ObjectId, Objects};
use storyline_text::Diagnostic;

use crate::canon::{self, Canon};
use crate::commands::story::now;
use crate::failure::{Failure, usage};
use crate::gates::now;
use crate::home::receives_stories;
use crate::stages::{self, StageNow, landed};

/// The stages of the pipeline and the stories on their way.
pub(crate) struct Stages<'c> {
    canon: &'c Canon,
    objects: Objects,
    pub(crate) stages: BTreeMap<String, StageState>,
    /// Where each stage's branch stands; canonical's for those that follow it.
    pub(crate) tips: BTreeMap<String, ObjectId>,
    stories: BTreeMap<StoryId, HandedIn>,
    pub(crate) now: i64,
}

impl<'c> Stages<'c> {
    pub(crate) fn fetch(canon: &'c Canon) -> Result<Self, Failure> {
        let names: Vec<_> = canon.manifest.pipeline.iter().flatten().collect();
        if names.is_empty() {
            let diagnostic = Diagnostic::error("no-pipeline", "the manifest has no stages");
            return Err(usage(diagnostic.help(
                "say which environments are: `[pipeline] stages = […]` in `storyline.toml`",
            )));
        }
        let mut all = Self {
            objects: canon.repository.objects()?,
            canon,
            stages: BTreeMap::new(),
            tips: BTreeMap::new(),
            stories: BTreeMap::new(),
            now: now(),
        };
        let mut receiving = Vec::new();
        let mut following = Vec::new();
        for name in names {
            match receives_stories(&canon.manifest, canon.manifest.environment(name)?) {
                true => receiving.push(StageNow::receiving(canon, &all.objects, name)?),
                false => following.push(name),
            }
        }
        let open = open(canon, &receiving)?;
        let stories = stages::fetch_stories(canon, open)?;
        all.objects.refresh();
        for stage in receiving {
            all.receiving(stage)?;
        }
        if !following.is_empty() {
            let followed = stages::followed_by(canon, &all.objects, &stories)?;
            for name in following {
                all.following(name, &followed);
            }
        }
        for (id, story) in &stories {
            all.stories
                .extend(handed_in(story)?.map(|story| (id.clone(), story)));
        }
        all.gates()?;
        Ok(all)
    }

    fn receiving(&mut self, stage: StageNow<'c>) -> Result<(), Failure> {
        let name = &stage.environment.name;
        let prefix = format!("refs/heads/{}", stages::branches_to_merge(name));
        let canon = self.canon;
        let there = canon.git.list(&canon.repository, &stage.url, &[&prefix])?;
        let branch = |tip: ObjectId| {
            let mut there = there.iter();
            let (name, _) = there.find(|(_, at)| **at == tip)?;
            name.as_str().strip_prefix("refs/heads/").map(str::to_owned)
        };
        let proposals = stage.ledger.proposals(&self.objects, &stage.proposed)?;
        let manifest = canon::manifest_sources(&canon.repository, stage.tip)?;
        let state = StageState {
            branch: stage.branch.clone(),
            on: stage.ledger.on_stage(),
            gate: Gate::default(),
            proposals: proposals
                .into_iter()
                .map(|proposal| {
                    let branch = branch(proposal.tip);
                    (proposal, branch)
                })
                .collect(),
            foreign: stage.ledger.silent().count(),
            manifest_behind: manifest != canon.manifest_sources,
        };
        self.tips.insert(name.clone(), stage.tip);
        self.stages.insert(name.clone(), state);
        Ok(())
    }

    fn following(&mut self, name: &str, followed: &Followed) {
        let state = StageState {
            branch: self.canon.branch.clone(),
            on: followed.ledger.on_stage(),
            ..StageState::default()
        };
        self.tips.insert(name.into(), self.canon.tip);
        self.stages.insert(name.into(), state);
    }

    /// What people said on all stages.
    fn gates(&mut self) -> Result<(), Failure> {
        let canon = self.canon;
        let names = self.stages.keys().cloned().collect();
        let (gates, _) = now::fetch(canon, &self.objects, names, &[])?;
        for (stage, gate) in gates {
            let state = self.stages.get_mut(&stage).expect("it was asked for");
            state.gate = gate;
            let revisions = in_question(&self.stories, state);
            let policy = canon.manifest.policy(&stage);
            state
                .gate
                .check_signatures(&canon.git, &canon.repository, policy, &revisions)?;
        }
        Ok(())
    }

    pub(crate) fn board(&self) -> Board {
        let pipeline = Pipeline {
            manifest: &self.canon.manifest,
            canonical: &self.canon.branch,
            stages: &self.stages,
            stories: &self.stories,
            now: self.now,
        };
        board(&pipeline, &mut |landed| self.subject(landed))
    }

    /// What a revision is about; nothing when its commits are not in this clone.
    fn subject(&self, landed: &Landed) -> String {
        let summary = CommitSummary::read(&self.canon.repository, landed.change.to);
        summary.map_or_else(|_| String::new(), |summary| summary.subject)
    }
}

/// Stories that are not done: not on all these stages, or handed in again since.
fn open(canon: &Canon, receiving: &[StageNow<'_>]) -> Result<Vec<StoryId>, Failure> {
    let there = canon
        .git
        .list(&canon.repository, &canon.url, &["refs/storyline/story/"])?;
    let mut known: HashSet<(StoryId, RevisionId)> = HashSet::new();
    let on: Vec<_> = receiving
        .iter()
        .map(|stage| stage.ledger.on_stage())
        .collect();
    for stage in receiving {
        known.extend(stage.ledger.revisions().into_keys());
    }
    let is_everywhere = |id: &StoryId| {
        let revisions: Option<BTreeSet<_>> = on
            .iter()
            .map(|on| on.get(id).map(|on| on.revision.revision))
            .collect();
        revisions.is_some_and(|revisions| revisions.len() == 1)
    };
    let mut open = BTreeSet::new();
    for name in there.keys() {
        let rest = name.as_str().strip_prefix("refs/storyline/story/");
        let Some((id, leaf)) = rest.and_then(|rest| rest.rsplit_once('/')) else {
            continue;
        };
        let Ok(id) = id.parse::<StoryId>() else {
            continue;
        };
        let is_done = match leaf.parse::<RevisionId>() {
            Ok(revision) => known.contains(&(id.clone(), revision)),
            Err(_) => is_everywhere(&id),
        };
        if !is_done {
            open.insert(id);
        }
    }
    Ok(open.into_iter().collect())
}

/// What was handed in of a story, if it has a part in this repository.
fn handed_in(story: &Story) -> Result<Option<HandedIn>, Failure> {
    let newest = story.revisions().next_back();
    let newest = newest.filter(|(_, revision)| revision.own().is_some());
    let handed_in = newest.map(|(record, revision)| {
        Ok(HandedIn {
            newest: landed(revision)?,
            when: record.when,
            withdrawn: story.withdrawn().is_some(),
        })
    });
    handed_in.transpose()
}
