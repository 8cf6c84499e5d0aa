//! All stages as they are now, and the stories that are on their way.
//!
//! What every stage has is read from its history; what that says of revisions that nobody handed in counts for
//! nothing. A story's log is fetched only when the story is not on
//! all stages, or has a revision that none of them ever had: the list of refs tells both. So a story that is
//! done costs two lines of that list.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::process::ExitCode;

use storyline_promote::board::{Board, HandedIn, Pipeline, StageState, Wrong, board, in_question};
use storyline_promote::{Landed, Pinned, Proposal};
use storyline_repo::story::{CommitSummary, RevisionId, Story, StoryId};
use storyline_repo::{ObjectId, Objects, RefName};
use storyline_text::Diagnostic;

use crate::canon::{self, Canon};
use crate::commands::story;
use crate::failure::{Failure, FailureKind, usage};
use crate::gates::now::{self, Gates};
use crate::history::revisions;
use crate::home::receives_stories;
use crate::logs::Logs;
use crate::project::CANONICAL;
use crate::stages::{self, StageNow, landed, need_objects};

/// The stages of the pipeline and the stories on their way. What is wrong with one stops no other.
pub(crate) struct Stages<'c> {
    pub(crate) canon: &'c Canon,
    objects: Objects,
    pub(crate) stages: BTreeMap<String, StageState>,
    /// Where each stage's branch stands; canonical's for those that follow it. None where nobody ever saw it.
    pub(crate) tips: BTreeMap<String, ObjectId>,
    stories: BTreeMap<StoryId, HandedIn>,
    /// Stories that cannot be read.
    pub(crate) broken: BTreeMap<StoryId, Failure>,
    /// The worst of what is wrong.
    worst: Option<FailureKind>,
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
            broken: BTreeMap::new(),
            worst: None,
            now: story::now(),
        };
        let mut receiving = Vec::new();
        let mut following = Vec::new();
        let mut is_seen = true;
        for name in names {
            if !receives_stories(&canon.manifest, canon.manifest.environment(name)?) {
                following.push(name);
                continue;
            }
            match StageNow::receiving(canon, &all.objects, name) {
                Ok(stage) => receiving.push(stage),
                Err(failure) => {
                    all.wrong(name, &failure);
                    let seen = StageNow::last_seen(canon, &all.objects, name);
                    is_seen &= seen.is_some();
                    receiving.extend(seen);
                }
            }
        }
        let handed = Handed::fetch(canon)?;
        let Logs { stories, broken } = Logs::fetch(canon, handed.open(&receiving, is_seen))?;
        all.objects.refresh();
        let pinned = Pinned::of(revisions(&stories));
        // Anybody can write that something landed; of what is broken nobody can tell.
        let is_known = |landed: &Landed| {
            handed.has(landed) || pinned.is(landed) || broken.contains_key(&landed.story)
        };
        for mut stage in receiving {
            stage.ledger = std::mem::take(&mut stage.ledger).knowing(is_known);
            if let Err(failure) = all.receiving(&stage) {
                all.wrong(&stage.environment.name, &failure);
            }
        }
        for (id, failure) in broken {
            all.break_story(id, failure);
        }
        all.handed_in(&stories);
        if !following.is_empty() {
            all.following(&following, &stories)?;
        }
        all.gates()?;
        Ok(all)
    }

    /// What cannot be told of a stage.
    fn wrong(&mut self, stage: &str, failure: &Failure) {
        self.worst = self.worst.max(Some(failure.kind));
        let state = self.stages.entry(stage.into()).or_default();
        state.wrong = Some(wrong(failure));
    }

    fn break_story(&mut self, id: StoryId, failure: Failure) {
        self.worst = self.worst.max(Some(failure.kind));
        self.stories.remove(&id);
        self.broken.insert(id, failure);
    }

    fn receiving(&mut self, stage: &StageNow<'c>) -> Result<(), Failure> {
        let name = &stage.environment.name;
        let canon = self.canon;
        self.tips.insert(name.clone(), stage.tip);
        let state = self.stages.entry(name.clone()).or_default();
        state.branch.clone_from(&stage.branch);
        state.on = stage.ledger.on_stage();
        state.foreign = stage.ledger.silent().count();
        if state.wrong.is_some() {
            return Ok(());
        }
        let manifest = canon::manifest_sources(&canon.repository, stage.tip)?;
        state.manifest_behind = manifest != canon.manifest_sources;
        let proposals = stage.ledger.proposals(&self.objects, &stage.proposed)?;
        state.proposals = with_branches(|names| stage.refs(names), name, proposals)?;
        Ok(())
    }

    /// Stages that have what canonical has.
    fn following(
        &mut self,
        names: &[&String],
        stories: &BTreeMap<StoryId, Story>,
    ) -> Result<(), Failure> {
        let canon = self.canon;
        let followed = stages::followed_by(canon, &self.objects, stories)?;
        let on = followed.ledger.on_stage();
        let proposals = followed
            .ledger
            .proposals(&self.objects, &followed.proposed)?;
        let proposals = with_branches(|names| canon.refs(names), CANONICAL, proposals)?;
        for (id, error) in followed.unread {
            self.break_story(id, error.into());
        }
        for name in names {
            let state = StageState {
                branch: canon.branch.clone(),
                on: on.clone(),
                proposals: proposals.clone(),
                ..StageState::default()
            };
            self.tips.insert((*name).clone(), canon.tip);
            self.stages.insert((*name).clone(), state);
        }
        Ok(())
    }

    /// What was handed in of stories that have a part in this repository.
    fn handed_in(&mut self, stories: &BTreeMap<StoryId, Story>) {
        for (id, story) in stories {
            let newest = story.revisions().next_back();
            let Some((record, revision)) = newest.filter(|(_, revision)| revision.own().is_some())
            else {
                continue;
            };
            let there = landed(revision).and_then(|landed| {
                need_objects(&self.objects, &landed)?;
                Ok(landed)
            });
            match there {
                Ok(newest) => {
                    let handed_in = HandedIn {
                        newest,
                        when: record.when,
                        withdrawn: story.withdrawn().is_some(),
                    };
                    self.stories.insert(id.clone(), handed_in);
                }
                Err(failure) => self.break_story(id.clone(), failure),
            }
        }
    }

    /// What people said on all stages.
    fn gates(&mut self) -> Result<(), Failure> {
        let canon = self.canon;
        let names = self.stages.keys().cloned().collect();
        let Gates { gates, wrong } = now::look(canon, None, &self.objects, names)?;
        for (stage, mut gate) in gates
            .into_iter()
            .filter(|(stage, _)| !wrong.contains_key(stage))
        {
            let state = self.stages.get_mut(&stage).expect("it was asked for");
            std::mem::swap(&mut state.gate, &mut gate);
            let revisions = in_question(&self.stories, state);
            let policy = canon.manifest.policy(&stage);
            let checked =
                state
                    .gate
                    .check_signatures(&canon.git, &canon.repository, policy, &revisions);
            if let Err(error) = checked {
                self.wrong(&stage, &error.into());
            }
        }
        for (stage, failure) in wrong {
            self.wrong(&stage, &failure);
        }
        Ok(())
    }

    pub(crate) fn board(&self) -> Board {
        let broken = self.broken.iter();
        let broken = broken
            .map(|(id, failure)| (id.clone(), wrong(failure)))
            .collect();
        let pipeline = Pipeline {
            manifest: &self.canon.manifest,
            canonical: &self.canon.branch,
            stages: &self.stages,
            stories: &self.stories,
            broken: &broken,
            now: self.now,
        };
        board(&pipeline, &mut |landed| self.subject(landed))
    }

    /// Tells whether anything is wrong, as a command does that went through many parts.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.worst.map_or(ExitCode::SUCCESS, FailureKind::exit_code)
    }

    /// What a revision is about; nothing when its commits are not in this clone.
    fn subject(&self, landed: &Landed) -> String {
        let summary = CommitSummary::read(&self.canon.repository, landed.change.to);
        summary.map_or_else(|_| String::new(), |summary| summary.subject)
    }
}

/// Proposals with the branches that are still there for people to merge.
fn with_branches(
    refs: impl FnOnce(&[&str]) -> Result<BTreeMap<RefName, ObjectId>, Failure>,
    stage: &str,
    proposals: Vec<Proposal>,
) -> Result<Vec<(Proposal, Option<String>)>, Failure> {
    let prefix = format!("refs/heads/{}", stages::branches_to_merge(stage));
    let there = refs(&[&prefix])?;
    let branch = |tip: ObjectId| {
        let mut there = there.iter();
        let (name, _) = there.find(|(_, at)| **at == tip)?;
        name.as_str().strip_prefix("refs/heads/").map(str::to_owned)
    };
    let proposals = proposals.into_iter().map(|proposal| {
        let branch = branch(proposal.tip);
        (proposal, branch)
    });
    Ok(proposals.collect())
}

/// A failure has at least one diagnostic, and the first is what it is about.
pub(crate) fn wrong(failure: &Failure) -> Wrong {
    let first = failure.diagnostics.first();
    Wrong::from(first.expect("a failure tells something"))
}

/// What the canonical repository's refs tell of stories.
struct Handed {
    logs: Vec<StoryId>,
    /// The tips of revisions.
    tips: HashMap<(StoryId, RevisionId), ObjectId>,
}

impl Handed {
    fn fetch(canon: &Canon) -> Result<Self, Failure> {
        let (mut logs, mut tips) = (Vec::new(), HashMap::new());
        for (name, tip) in canon.refs(&["refs/storyline/story/"])? {
            let rest = name.as_str().strip_prefix("refs/storyline/story/");
            let Some((id, leaf)) = rest.and_then(|rest| rest.rsplit_once('/')) else {
                continue;
            };
            let Ok(id) = id.parse::<StoryId>() else {
                continue;
            };
            match leaf.parse::<RevisionId>() {
                Ok(revision) => drop(tips.insert((id, revision), tip)),
                Err(_) => logs.push(id),
            }
        }
        Ok(Self { logs, tips })
    }

    /// Whether the refs tell that this was handed in.
    fn has(&self, landed: &Landed) -> bool {
        let key = (landed.story.clone(), landed.revision);
        self.tips.get(&key) == Some(&landed.change.to)
    }

    /// Stories whose logs say more: those that are not on all these stages, or were handed in again since, and
    /// those that are said to be there and the refs do not know. Unless these are all stages, each story may be
    /// missing on another.
    fn open(&self, receiving: &[StageNow<'_>], is_all: bool) -> BTreeSet<StoryId> {
        let (mut open, mut known) = (BTreeSet::new(), HashSet::new());
        let mut on = Vec::new();
        for stage in receiving {
            on.push(stage.ledger.on_stage());
            for (revision, landed) in stage.ledger.revisions() {
                if !self.has(landed) {
                    open.insert(landed.story.clone());
                }
                known.insert(revision);
            }
        }
        let is_everywhere = |id: &StoryId| {
            let revisions: Option<BTreeSet<_>> = on
                .iter()
                .map(|on| on.get(id).map(|on| on.revision.revision))
                .collect();
            is_all && revisions.is_some_and(|revisions| revisions.len() == 1)
        };
        let news = self
            .tips
            .keys()
            .filter(|revision| !known.contains(*revision));
        open.extend(news.map(|(id, _)| id.clone()));
        let missing = self.logs.iter().filter(|id| !is_everywhere(id));
        open.extend(missing.cloned());
        open
    }
}
