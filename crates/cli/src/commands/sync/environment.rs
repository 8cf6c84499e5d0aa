//! One environment: what it should have, what it has, and the one push that makes them equal.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use storyline_check::PersistentTable;
use storyline_manifest::{Environment, Manifest};
use storyline_repo::projection::{Opaque, OpaqueCommit, Projector};
use storyline_repo::story::{Story, StoryId};
use storyline_repo::{
    Expected, Fork, Git, Kind, Memo, NetError, ObjectError, ObjectId, Objects, Push, RawCommit,
    RefName, RefUpdate, Repository, Standing, Url, Walked,
};
use storyline_stamp::Direction;

use super::{rebuilt, trouble};
use crate::canon;
use crate::failure::{Failure, FailureKind, Sources};
use crate::fork::{backup_ref, tracking_ref};
use crate::home::{Canonical, Home, Tenants};

/// What all environments of one run share.
pub(super) struct Run<'a> {
    pub(super) directory: &'a Path,
    pub(super) git: Git,
    pub(super) objects: Objects,
    pub(super) manifest: Manifest,
    pub(super) canonical: Canonical,
    pub(super) tenants: Tenants,
    /// The canonical branch's newest commit.
    pub(super) tip: ObjectId,
    pub(super) stories: BTreeMap<StoryId, Story>,
    pub(super) branches: BTreeMap<StoryId, ObjectId>,
    /// A story that is to show up, even if it has not so far.
    pub(super) story: Option<StoryId>,
    pub(super) dry_run: bool,
    pub(super) kept: rebuilt::Canonical,
    /// Held while projecting, which takes all cores and much memory by itself.
    pub(super) projecting: Mutex<()>,
}

/// What became of an environment, or would become of it.
#[derive(Debug)]
pub(super) struct Synced {
    pub(super) url: Url,
    pub(super) branches: Vec<Branch>,
    /// New commits whose trees are as they were, newest first.
    pub(super) opaque: Vec<OpaqueCommit>,
    /// Stories that were cut before the environment was known.
    pub(super) too_old: Vec<StoryId>,
    /// Stories that have no branch in the canonical repository, and one here that somebody else left.
    pub(super) only_here: Vec<StoryId>,
    /// Tables that are built anew, since their models have other names from now on.
    pub(super) rebuilt: Vec<PersistentTable>,
}

/// A branch that is where it should be, or will be.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) name: RefName,
    /// The story that it carries; canonical otherwise.
    pub(super) story: Option<StoryId>,
    pub(super) old: Option<ObjectId>,
    pub(super) new: ObjectId,
    /// How many commits are new.
    pub(super) commits: usize,
    /// Where what it held besides is kept.
    pub(super) backup: Option<RefName>,
}

impl Branch {
    pub(super) fn moves(&self) -> bool {
        self.old != Some(self.new)
    }
}

/// A branch that an environment is to have.
struct Wanted {
    name: RefName,
    story: Option<StoryId>,
    /// What it is to carry.
    tip: ObjectId,
    found: Option<ObjectId>,
}

/// What is to be done.
struct Plan {
    synced: Synced,
    pushes: Vec<Push>,
}

/// Where canonical commits are projected to.
pub(super) struct Projected {
    sources: Vec<ObjectId>,
    /// What each of them is there.
    tips: Vec<ObjectId>,
    /// Commits that were looked at now and keep their trees.
    opaque: HashMap<ObjectId, Opaque>,
    /// Commits that are known to have been looked at now.
    new: HashSet<ObjectId>,
}

/// What an environment's repository has, and what it is to have.
pub(super) struct Seen {
    home: Home,
    there: BTreeMap<RefName, ObjectId>,
    wanted: Vec<Wanted>,
}

/// One environment of a run.
pub(super) struct One<'r, 'a> {
    pub(super) run: &'r Run<'a>,
    pub(super) environment: &'r Environment,
    pub(super) repository: &'r Repository,
}

impl<'r> One<'r, '_> {
    /// Looks at what is there, and brings it here; nothing moves.
    pub(super) fn look(&self) -> Result<Seen, Failure> {
        let run = self.run;
        let home = Home::of(
            &run.manifest,
            self.environment,
            &run.canonical,
            &run.tenants,
        )?;
        let prefixes = ["refs/heads/", "refs/storyline/"];
        let there = run.git.list(self.repository, &home.url, &prefixes)?;
        let wanted = self.wanted(&home, &there)?;
        let names = wanted.iter().map(|wanted| &wanted.name);
        trouble::refuse_in_the_way(self.environment, names, &there)?;
        self.fetch(&home, &wanted)?;
        Ok(Seen {
            home,
            there,
            wanted,
        })
    }

    /// Projects everything that is wanted, proved.
    pub(super) fn project(
        &self,
        projector: &mut Projector<'_>,
        seen: &Seen,
    ) -> Result<Projected, Failure> {
        projector.turn_to(&self.environment.name);
        let sources: Vec<_> = seen.wanted.iter().map(|wanted| wanted.tip).collect();
        let there = seen.wanted.iter().find_map(|wanted| wanted.found);
        let recognised = match there {
            Some(there) => projector.recognise(&sources, there)?,
            None => 0,
        };
        let tips = projector.project(&sources)?;
        let opaque = projector.opaque().iter();
        let opaque = opaque.map(|opaque| (opaque.id, opaque.why)).collect();
        let new = match recognised {
            0 => projector.all().map(|(source, _)| source).collect(),
            _ => HashSet::new(),
        };
        Ok(Projected {
            sources,
            tips,
            opaque,
            new,
        })
    }

    /// Brings the environment up to date with what was projected. Nothing has moved when it fails.
    pub(super) fn push(&self, seen: Seen, projected: &Projected) -> Result<Synced, Failure> {
        let run = self.run;
        let url = seen.home.url.clone();
        let plan = self.plan(seen, projected)?;
        if run.dry_run {
            return Ok(plan.synced);
        }
        match run.git.push(self.repository, &url, &plan.pushes) {
            Ok(()) => Ok(plan.synced),
            Err(lost @ (NetError::Moved { .. } | NetError::Refused { .. })) => {
                // Somebody may have done the same at the same time.
                match self.plan_again() {
                    Ok(again) if again.pushes.is_empty() => Ok(again.synced),
                    _ => Err(lost.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    fn plan_again(&self) -> Result<Plan, Failure> {
        let seen = self.look()?;
        let turn = self.run.projecting.lock();
        let turn = turn.unwrap_or_else(PoisonError::into_inner);
        let mut projector = self.run.projector(self.repository);
        let projected = self.project(&mut projector, &seen)?;
        projector.finish()?;
        drop(turn);
        self.plan(seen, &projected)
    }

    /// Decides; nothing moves.
    fn plan(&self, seen: Seen, projected: &Projected) -> Result<Plan, Failure> {
        let Seen {
            home,
            there,
            wanted,
        } = seen;
        let mut plan = Plan {
            synced: Synced {
                only_here: self.only_here(&home, &there)?,
                url: home.url,
                branches: Vec::new(),
                opaque: Vec::new(),
                too_old: Vec::new(),
                rebuilt: Vec::new(),
            },
            pushes: Vec::new(),
        };
        let mut troubles = Vec::new();
        for (wanted, projection) in wanted.into_iter().zip(&projected.tips) {
            if let Some(story) = &wanted.story
                && self.is_too_old(wanted.tip)?
            {
                plan.synced.too_old.push(story.clone());
                continue;
            }
            match self.standing(&wanted, *projection, projected, &there)? {
                Standing::Own(own) => troubles.push(trouble::own_way(
                    self.repository,
                    &plan.synced.url,
                    self.environment,
                    (&wanted.name, wanted.story.as_ref()),
                    &own,
                )?),
                standing => {
                    self.add(&mut plan, wanted, *projection, &standing, projected, &there)?
                }
            }
        }
        if !troubles.is_empty() {
            return Err(Failure {
                kind: FailureKind::Conflict,
                diagnostics: troubles,
                sources: Sources::new(),
                unchanged: true,
            });
        }
        self.refuse_too_old(&plan.synced.too_old)?;
        plan.synced.opaque = self.new_opaque(&plan.synced.branches, projected)?;
        if let Some(main) = plan.synced.branches.first().filter(|main| main.moves()) {
            let (run, repository) = (self.run, self.repository);
            let kept = &run.kept;
            let rebuilt = kept.rebuilt(
                repository,
                &run.objects,
                run.tip,
                self.environment,
                main.old,
            )?;
            plan.synced.rebuilt = rebuilt.to_vec();
        }
        Ok(plan)
    }

    /// The branch that carries canonical, first, and those of active stories.
    fn wanted(
        &self,
        home: &Home,
        there: &BTreeMap<RefName, ObjectId>,
    ) -> Result<Vec<Wanted>, Failure> {
        let run = self.run;
        let name = canon::branch_ref(&home.branch)?;
        let mut wanted = vec![Wanted {
            found: there.get(&name).copied(),
            name,
            story: None,
            tip: run.tip,
        }];
        let Some(stories) = &home.stories else {
            return match &run.story {
                Some(story) => Err(trouble::no_story_branch(self.environment, story)),
                None => Ok(wanted),
            };
        };
        for (story, tip) in &run.branches {
            let name = canon::branch_ref(&stories.of(story.as_str()))?;
            let found = there.get(&name).copied();
            if found.is_some() || run.story.as_ref() == Some(story) {
                wanted.push(Wanted {
                    name,
                    story: Some(story.clone()),
                    tip: *tip,
                    found,
                });
            }
        }
        Ok(wanted)
    }

    /// Stories of branches that no canonical branch belongs to, and that are not where `sync` left them.
    fn only_here(
        &self,
        home: &Home,
        there: &BTreeMap<RefName, ObjectId>,
    ) -> Result<Vec<StoryId>, Failure> {
        let mut found = Vec::new();
        let Some(stories) = &home.stories else {
            return Ok(found);
        };
        for (name, id) in there {
            let is_branch = name.as_str().starts_with("refs/heads/");
            let story = stories.id_in(name.short()).filter(|_| is_branch);
            if let Some(story) = story.and_then(|story| story.parse().ok())
                && !self.run.branches.contains_key(&story)
                && there.get(&left_ref(name)?) != Some(id)
            {
                found.push(story);
            }
        }
        Ok(found)
    }

    /// Brings here what is not known.
    fn fetch(&self, home: &Home, wanted: &[Wanted]) -> Result<(), Failure> {
        let objects = &self.run.objects;
        let is_new = |wanted: &&Wanted| wanted.found.is_some_and(|found| !objects.contains(found));
        let refs = wanted.iter().filter(is_new);
        let refs: Result<Vec<_>, Failure> = refs
            .map(|wanted| Ok((wanted.name.clone(), self.tracking(&wanted.name)?)))
            .collect();
        let refs = refs?;
        if !refs.is_empty() {
            self.run.git.fetch(self.repository, &home.url, &refs)?;
        }
        Ok(())
    }

    /// Whether the manifest of a story does not know the environment.
    fn is_too_old(&self, story: ObjectId) -> Result<bool, Failure> {
        let objects = &self.run.objects;
        let (here, canonical) = (objects.tree_of(story)?, objects.tree_of(self.run.tip)?);
        let mut is_same = true;
        for path in [&b"storyline.toml"[..], b"environments"] {
            is_same &= objects.entry_at(here, path)? == objects.entry_at(canonical, path)?;
        }
        if is_same {
            return Ok(false);
        }
        Ok(match canon::manifest_of(self.repository, story) {
            Ok(Some((manifest, _))) => manifest.environment(&self.environment.name).is_err(),
            Ok(None) => true,
            // It is the story's own mistake, and told as such.
            Err(_) => false,
        })
    }

    fn standing(
        &self,
        wanted: &Wanted,
        projection: ObjectId,
        projected: &Projected,
        there: &BTreeMap<RefName, ObjectId>,
    ) -> Result<Standing, Failure> {
        let run = self.run;
        let fork = Fork {
            repository: self.repository,
            objects: &run.objects,
            environment: &self.environment.name,
            canonical: run.tip,
            stories: &run.stories,
            branches: &run.branches,
        };
        Ok(match wanted.story {
            None => fork.canonical_branch(wanted.found, projection)?,
            Some(_) => {
                let left = there.get(&left_ref(&wanted.name)?).copied();
                fork.story_branch(wanted.found, projection, projected.canonical(), left)?
            }
        })
    }

    /// Adds a branch, and what has to be pushed for it.
    fn add(
        &self,
        plan: &mut Plan,
        wanted: Wanted,
        projection: ObjectId,
        standing: &Standing,
        projected: &Projected,
        there: &BTreeMap<RefName, ObjectId>,
    ) -> Result<(), Failure> {
        let mut push = |destination: &RefName, new, forward_only| {
            let expected = there.get(destination).copied();
            if expected != Some(new) {
                plan.pushes.push(Push {
                    destination: destination.clone(),
                    expected,
                    new: Some(new),
                    forward_only,
                });
            }
        };
        let replaced = *standing == Standing::Superseded;
        push(&wanted.name, projection, !replaced);
        if wanted.story.is_some() {
            push(&left_ref(&wanted.name)?, projection, false);
        }
        let mut backup = None;
        if let Some(old) = wanted.found.filter(|_| replaced) {
            let name = backup_ref(wanted.name.short(), old)?;
            push(&name, old, false);
            backup = Some(name);
        }
        let canonical = wanted.story.is_some().then(|| projected.canonical());
        let known: Vec<_> = wanted.found.into_iter().chain(canonical).collect();
        let new = self.run.objects.walk(&[projection], &known)?;
        plan.synced.branches.push(Branch {
            name: wanted.name,
            story: wanted.story,
            old: wanted.found,
            new: projection,
            commits: new.len(),
            backup,
        });
        Ok(())
    }

    /// What was asked for by name is done or refused, and not passed over.
    fn refuse_too_old(&self, too_old: &[StoryId]) -> Result<(), Failure> {
        match &self.run.story {
            Some(story) if too_old.contains(story) => Err(Failure::new(
                FailureKind::Usage,
                trouble::too_old(&self.run.canonical.branch, self.environment, story, true),
            )
            .unchanged()),
            _ => Ok(()),
        }
    }

    /// The commits that are new there and have their trees as they were, newest first.
    fn new_opaque(
        &self,
        branches: &[Branch],
        projected: &Projected,
    ) -> Result<Vec<OpaqueCommit>, Failure> {
        let objects = &self.run.objects;
        let new: Vec<_> = branches.iter().map(|branch| branch.new).collect();
        let old: Vec<_> = branches.iter().filter_map(|branch| branch.old).collect();
        let new = objects.walk(&new, &old)?;
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let sources = projected.sources_of(objects, &new)?;
        let former = || {
            let turn = self.run.projecting.lock();
            let turn = turn.unwrap_or_else(PoisonError::into_inner);
            let mut projector = self.run.projector(self.repository);
            projector.turn_to(&self.environment.name);
            (projector, turn)
        };
        let is_known = |id| projected.new.contains(id);
        let former = (!sources.values().all(is_known)).then(former);
        let opaque = new.iter().rev().filter_map(|commit| {
            let id = *sources.get(&commit.id)?;
            let why = projected.opaque.get(&id).copied();
            let why = why.or_else(|| former.as_ref()?.0.why_opaque(id))?;
            Some(OpaqueCommit { id, why })
        });
        Ok(opaque.collect())
    }

    /// Where a branch of the environment is kept in the clone.
    fn tracking(&self, branch: &RefName) -> Result<RefName, Failure> {
        tracking_ref(self.environment, branch.short())
    }

    /// What the clone has to note of where the branches are now.
    pub(super) fn to_remember(&self, synced: &Synced) -> Result<Vec<RefUpdate>, Failure> {
        let mut updates = Vec::new();
        for branch in &synced.branches {
            let name = self.tracking(&branch.name)?;
            if self.repository.reference(&name)? != Some(branch.new) {
                updates.push(RefUpdate {
                    name,
                    old: Expected::Any,
                    new: Some(branch.new),
                });
            }
        }
        Ok(updates)
    }
}

impl Run<'_> {
    /// Projects to environments, with what former commands found out.
    pub(super) fn projector(&self, repository: &Repository) -> Projector<'_> {
        Projector::new(&self.objects, "", Direction::Stamp).with_memo(Memo::open(repository))
    }
}

impl Projected {
    /// The projection of the canonical branch.
    fn canonical(&self) -> ObjectId {
        self.tips[0]
    }

    /// What each of the `new` commits was projected from. A projection has the shape of its source, so that
    /// both are followed side by side.
    fn sources_of(
        &self,
        objects: &Objects,
        new: &[Walked],
    ) -> Result<HashMap<ObjectId, ObjectId>, ObjectError> {
        let parents: HashMap<_, _> = new.iter().map(|c| (c.id, &c.parents)).collect();
        let tips = self.tips.iter().copied();
        let mut open: Vec<_> = tips.zip(self.sources.iter().copied()).collect();
        let mut found = HashMap::new();
        while let Some((projection, source)) = open.pop() {
            let Some(parents) = parents.get(&projection) else {
                continue;
            };
            if found.insert(projection, source).is_none() {
                let bytes = objects.read_as(source, Kind::Commit)?;
                let commit = RawCommit::parse(&bytes);
                let commit = commit.map_err(|reason| ObjectError::Commit { id: source, reason })?;
                let sources = commit.parents().iter().copied();
                open.extend(parents.iter().copied().zip(sources));
            }
        }
        Ok(found)
    }
}

/// Tells where `sync` left a story's branch, beside it.
fn left_ref(branch: &RefName) -> Result<RefName, Failure> {
    canon::name(&format!("refs/storyline/synced/{}", branch.short()))
}
