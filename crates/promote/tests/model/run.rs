//! What happens, one after another: each in the model and in the repository, which are compared.

use std::collections::{BTreeMap, BTreeSet};

use storyline_manifest::Manifest;
use storyline_promote::{Landed, Span};
use storyline_repo::ObjectId;
use storyline_repo::story::StoryId;
use storyline_text::RelPath;

use crate::chance::Chance;
use crate::plain::{Handed, Stage, Story, Wrote};
use crate::project::{self, CONNECTIONS, Content, MODELS, Slot, applied, between, files, manifest};
use crate::world::World;

/// The stages, in their order.
pub(crate) const STAGES: [&str; 3] = ["acceptance", "staging", "production"];
/// Stories that people work on at a time.
const LIVE: usize = 12;

pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) chance: Chance,
    pub(crate) stages: Vec<Stage>,
    pub(crate) stories: Vec<Story>,
    /// Those that people work on.
    pub(crate) live: Vec<usize>,
    pub(crate) handed: Vec<Handed>,
    pub(crate) canonical: Content,
    pub(crate) version: usize,
    /// What canonical has got.
    pub(crate) landed: BTreeMap<StoryId, usize>,
    /// Commits that somebody made on a stage, with what was there before and after.
    pub(crate) fixes: Vec<(usize, ObjectId, [Content; 2])>,
    /// The manifest that says what stages ask for.
    pub(crate) manifest: Manifest,
    values: usize,
    /// How often what came of it.
    pub(crate) tally: BTreeMap<String, usize>,
}

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = World::new();
        let content = project::first();
        let mut all = files(&content);
        all.insert("storyline.toml".into(), manifest(0));
        world.canonical = world.commit(&[], &all, "First");
        let stages = STAGES.map(|name| Stage {
            name,
            content: content.clone(),
            version: 0,
            strays: BTreeMap::new(),
            last_stray: 0,
            on: BTreeMap::new(),
            idle: BTreeSet::new(),
            log: Vec::new(),
            foreign: BTreeSet::new(),
            proposed: Vec::new(),
            said: Vec::new(),
            gate: None,
        });
        let mut run = Self {
            world,
            chance: Chance(seed),
            stages: stages.into(),
            stories: Vec::new(),
            live: Vec::new(),
            handed: Vec::new(),
            canonical: content,
            version: 0,
            landed: BTreeMap::new(),
            fixes: Vec::new(),
            manifest: policies(),
            values: 0,
            tally: BTreeMap::new(),
        };
        for at in 0..STAGES.len() {
            let all = run.stages[at].files(&run.stages[at].content);
            let commit = run.world.commit(&[], &all, "First");
            run.wrote(at, commit, &[], []);
        }
        run
    }

    /// Notes a commit on a stage.
    pub(crate) fn wrote(
        &mut self,
        at: usize,
        commit: ObjectId,
        stories: &[usize],
        slots: impl IntoIterator<Item = Slot>,
    ) {
        let stories = stories
            .iter()
            .map(|of| self.handed[*of].landed.story.clone());
        self.stages[at].log.push(Wrote {
            commit,
            stories: stories.collect(),
            slots: slots.into_iter().collect(),
        });
    }

    /// One thing happens.
    pub(crate) fn step(&mut self) {
        let (what, came) = match self.chance.below(100) {
            0..10 => ("start", self.start()),
            10..16 => ("amend", self.amend()),
            16..29 => ("submit", self.submit()),
            29..56 => ("promote", self.promote()),
            56..64 => ("back-out", self.back_out()),
            64..75 => ("say", self.say()),
            75..79 => ("train", self.train()),
            79..84 => ("hot-fix", self.hot_fix()),
            84..87 => ("absorb", self.absorb()),
            87..89 => ("stray", self.stray()),
            89..91 => ("manifest", self.newer_manifest()),
            91..93 => ("manifest-lands", self.manifest_lands()),
            93..96 => ("forge", self.forge()),
            _ => ("canonical", self.canonical_lands()),
        };
        *self.tally.entry(format!("{what}: {came}")).or_default() += 1;
    }

    /// A value that is nowhere else.
    pub(crate) fn value(&mut self) -> String {
        self.values += 1;
        format!("value {}", self.values)
    }

    /// Changes a few places; with `alone`, one of them to something that is nowhere else.
    pub(crate) fn edit(&mut self, content: &Content, alone: bool, but: &[usize]) -> Content {
        let allowed = |slot: &Slot| !matches!(slot, Slot::Board(board, _) if but.contains(board));
        let slots: Vec<_> = Slot::all().into_iter().filter(allowed).collect();
        let own = |slot: &Slot| matches!(slot, Slot::Line(..) | Slot::Whole(_));
        let mut new = content.clone();
        for _ in 0..self.chance.below(3) {
            let slot = self.chance.one(&slots).expect("there are some");
            let value = match slot {
                Slot::Board(..) => Some(MODELS[self.chance.below(2)].to_owned()),
                Slot::Connection(_) => Some(CONNECTIONS[self.chance.below(2)].to_owned()),
                // Two may want the same.
                _ if self.chance.percent(20) => Some(format!("same {}", self.chance.below(2))),
                _ if self.chance.percent(40) => None,
                _ => Some(self.value()),
            };
            match value {
                Some(value) => new.insert(slot, value),
                None => new.remove(&slot),
            };
        }
        if alone {
            let slots: Vec<_> = slots.into_iter().filter(own).collect();
            let slot = self.chance.one(&slots).expect("there are some");
            let value = self.value();
            new.insert(slot, value);
        }
        new
    }

    /// The files of a story's commit.
    fn story_files(story: &Story, content: &Content) -> project::Files {
        let mut all = files(content);
        let mut text = manifest(story.version);
        if story.changes_manifest {
            text += &format!("# {}\n", story.id);
        }
        all.insert("storyline.toml".into(), text);
        all
    }

    pub(crate) fn add_commit(&mut self, at: usize, content: Content) {
        let story = &self.stories[at];
        let all = Self::story_files(story, &content);
        let parent = story
            .commits
            .last()
            .map_or(story.base.0, |(commit, _)| *commit);
        let message = format!("Work on {}", story.id);
        let commit = self.world.commit(&[parent], &all, &message);
        self.stories[at].commits.push((commit, content));
    }

    fn start(&mut self) -> &'static str {
        if self.live.len() >= LIVE {
            let done = self.live.iter().position(|at| self.stories[*at].landed);
            let gone = done.unwrap_or_else(|| self.chance.below(self.live.len()));
            self.live.remove(gone);
        }
        let revisions = self.live.iter().filter_map(|at| {
            let story = &self.stories[*at];
            let newest = *story.revisions.last()?;
            (!story.landed && !story.changes_manifest).then_some(newest)
        });
        let revisions: Vec<_> = revisions.collect();
        let on = self
            .chance
            .percent(25)
            .then(|| self.chance.one(&revisions))
            .flatten();
        let (base, version) = match on {
            Some(on) => {
                let tip = self.handed[on].landed.change.to;
                let of = self.story(on);
                let content = of.commits.iter().find(|(commit, _)| *commit == tip);
                ((tip, content.expect("it has it").1.clone()), of.version)
            }
            None => ((self.world.canonical, self.canonical.clone()), self.version),
        };
        let changes_manifest = self.chance.percent(10);
        let only = changes_manifest && self.chance.percent(30);
        let content = if only {
            base.1.clone()
        } else {
            self.edit(&base.1, true, &[])
        };
        self.live.push(self.stories.len());
        let at = self.begin(base);
        let story = &mut self.stories[at];
        (story.version, story.changes_manifest, story.on) = (version, changes_manifest, on);
        self.add_commit(at, content);
        if on.is_some() {
            "on another"
        } else {
            "on canonical"
        }
    }

    /// A story without commits.
    pub(crate) fn begin(&mut self, base: (ObjectId, Content)) -> usize {
        let id = format!("S-{}", self.stories.len());
        self.stories.push(Story {
            id: id.parse().expect("a plain id"),
            base,
            commits: Vec::new(),
            version: self.version,
            changes_manifest: false,
            on: None,
            revisions: Vec::new(),
            landed: false,
        });
        self.stories.len() - 1
    }

    fn story(&self, revision: usize) -> &Story {
        let id = &self.handed[revision].landed.story;
        let story = self.stories.iter().rev().find(|story| story.id == *id);
        story.expect("it was handed in")
    }

    fn amend(&mut self) -> &'static str {
        let open: Vec<_> = self
            .live
            .iter()
            .copied()
            .filter(|at| !self.stories[*at].landed)
            .collect();
        let Some(at) = self.chance.one(&open) else {
            return "none";
        };
        let last = self.stories[at]
            .commits
            .last()
            .expect("it has one")
            .1
            .clone();
        let content = self.edit(&last, true, &[]);
        self.add_commit(at, content);
        "done"
    }

    fn submit(&mut self) -> &'static str {
        let changed = self.live.iter().copied().filter(|at| {
            let story = &self.stories[*at];
            let tip = story.commits.last().expect("it has one").0;
            let newest = story
                .revisions
                .last()
                .map(|at| self.handed[*at].landed.change.to);
            !story.landed && newest != Some(tip)
        });
        let changed: Vec<_> = changed.collect();
        let Some(at) = self.chance.one(&changed) else {
            return "none";
        };
        self.hand_in(at);
        "done"
    }

    pub(crate) fn hand_in(&mut self, at: usize) -> usize {
        let story = self.stories[at].clone();
        let revision = self.world.submit(&story, &self.handed);
        let part = revision.own().expect("it has one");
        let (tip, content) = story.commits.last().expect("it has one");
        assert_eq!((part.base, part.tip), (story.base.0, *tip), "{}", story.id);
        let on = story.on.iter().map(|on| {
            let landed = &self.handed[*on].landed;
            (landed.story.clone(), landed.revision)
        });
        assert_eq!(revision.depends, on.collect(), "{}", story.id);
        let landed = Landed {
            story: story.id.clone(),
            revision: revision.id(),
            change: Span {
                from: part.base,
                to: part.tip,
            },
        };
        self.handed.push(Handed {
            landed,
            edits: between(&story.base.1, content),
            changes_manifest: story.changes_manifest,
            on: story.on,
        });
        self.stories[at].revisions.push(self.handed.len() - 1);
        self.handed.len() - 1
    }

    fn newer_manifest(&mut self) -> &'static str {
        self.version += 1;
        let mut all = files(&self.canonical);
        all.insert("storyline.toml".into(), manifest(self.version));
        self.world.canonical = self
            .world
            .commit(&[self.world.canonical], &all, "Newer manifest");
        "done"
    }

    /// Canonical takes a story, in one of the ways that forges have.
    fn canonical_lands(&mut self) -> &'static str {
        let open = self.live.iter().copied().filter(|at| {
            let story = &self.stories[*at];
            let on = story.on.map(|on| &self.handed[on].landed.story);
            let on_stages = self
                .stages
                .iter()
                .filter(|stage| stage.on.contains_key(&story.id))
                .count();
            let ready = !story.landed && !story.changes_manifest && !story.revisions.is_empty();
            ready && on_stages > 0 && on.is_none_or(|on| self.landed.contains_key(on))
        });
        let open: Vec<_> = open.collect();
        let Some(at) = self.chance.one(&open) else {
            return "nothing";
        };
        let of = *self.stories[at].revisions.last().expect("it was just seen");
        let Ok(content) = applied(&self.canonical, &self.handed[of].edits) else {
            return "does not fit";
        };
        let landed = self.handed[of].landed.clone();
        let way = self.chance.below(4);
        // Where canonical has a part already, what comes is not known for the story unless it says so.
        let is_whole = between(&self.canonical, &content) == self.handed[of].edits;
        let steps = match way {
            0 => {
                let parents = [self.world.canonical, landed.change.to];
                self.land_canonically(&parents, &content, "Merge branch");
                "merged"
            }
            1 if is_whole => {
                let parents = [self.world.canonical];
                self.land_canonically(&parents, &content, "Squashed (#7)");
                "squashed"
            }
            1 | 2 => {
                let parents = [self.world.canonical];
                let message = format!(
                    "Squashed\n\nStory-Id: {}\nStory-Revision: {}\n",
                    landed.story, landed.revision
                );
                self.land_canonically(&parents, &content, &message);
                "named"
            }
            _ => {
                let story = self.stories[at].clone();
                let mut before = story.base.1;
                let mut contents = Vec::new();
                let mut new = self.canonical.clone();
                for (commit, after) in story.commits {
                    let edits = between(&before, &after);
                    match applied(&new, &edits) {
                        Ok(applied) if between(&new, &applied) == edits => new = applied,
                        _ => return "does not fit commit by commit",
                    }
                    contents.push(new.clone());
                    before = after;
                    if commit == landed.change.to {
                        break;
                    }
                }
                for content in contents {
                    let parents = [self.world.canonical];
                    self.land_canonically(&parents, &content, "Rebased");
                }
                "rebased"
            }
        };
        self.stories[at].landed = true;
        self.landed.insert(landed.story, of);
        self.follow();
        steps
    }

    fn land_canonically(&mut self, parents: &[ObjectId], content: &Content, message: &str) {
        let mut all = files(content);
        all.insert("storyline.toml".into(), manifest(self.version));
        self.world.canonical = self.world.commit(parents, &all, message);
        self.canonical = content.clone();
    }
}

fn policies() -> Manifest {
    let path = RelPath::new(b"storyline.toml").expect("a plain path");
    let text = manifest(0).into_bytes();
    Manifest::parse(&[(path, text)]).expect("a good manifest")
}
