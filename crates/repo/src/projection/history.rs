//! Takes histories to an environment's form, or back: commit by commit, each proved.

use rustc_hash::{FxHashMap, FxHashSet};
use storyline_stamp::Direction;

use super::forest::{Forest, Root, Verdict};
use super::manifests::Manifests;
use super::trees::Trees;
use super::{Opaque, OpaqueCommit, ProjectionError};
use crate::commit::RawCommit;
use crate::id::{Kind, ObjectId};
use crate::memo::{Key, Memo};
use crate::objects::Objects;
use crate::walk::{Kept, Walked};

/// Commits whose trees are looked at together. More would save little, and hold more in memory.
const TOGETHER: usize = 512;
/// How many tips a memo knows. Old ones serve nobody but those who go back to them.
const MAX_TIPS: usize = 64;
/// How many bytes of commits are kept from when they are walked to until they are rewritten.
const MAX_KEPT: usize = 4 << 20;
/// Commits, objects and answers that one pack and one memo take up at once.
const FULL: usize = 1 << 18;

/// Projects the histories of one repository for one environment at a time, in one direction.
pub struct Projector<'o> {
    pub(super) trees: Trees<'o>,
    forest: Forest,
    manifests: Manifests,
    environment: String,
    direction: Direction,
    known: FxHashMap<ObjectId, ObjectId>,
    opaque: Vec<OpaqueCommit>,
    kept: Kept,
    /// Commits that were looked at, for whichever environment.
    worked: usize,
}

/// What a commit's tree becomes.
#[derive(Clone, Copy)]
pub(super) enum Becomes {
    Projected(ObjectId),
    Opaque(Opaque),
}

impl<'o> Projector<'o> {
    /// Starts with nothing known. New objects come into the repository with [`Projector::finish`].
    pub fn new(objects: &'o Objects, environment: &str, direction: Direction) -> Self {
        Self::on(Trees::new(objects), environment, direction)
    }

    /// The same with what is known of trees already.
    pub(super) fn on(trees: Trees<'o>, environment: &str, direction: Direction) -> Self {
        Self {
            trees,
            forest: Forest::default(),
            manifests: Manifests::new(environment),
            environment: environment.into(),
            direction,
            known: FxHashMap::default(),
            opaque: Vec::new(),
            kept: Kept::default(),
            worked: 0,
        }
    }

    /// Goes on with another environment. New objects wait for [`Projector::finish`] together, and what the
    /// trees say is not found out again.
    pub fn turn_to(&mut self, environment: &str) {
        self.forest = Forest::default();
        self.manifests.turn_to(environment);
        self.environment = environment.into();
        self.known.clear();
        self.opaque.clear();
    }

    /// Whether so much waits for [`Projector::finish`] that another environment should wait as well.
    pub fn is_full(&self) -> bool {
        self.worked + self.trees.weight() > FULL
    }

    /// Has it use what former commands found out, and keep what it finds out itself.
    #[must_use]
    pub fn with_memo(mut self, memo: Memo) -> Self {
        self.trees.memo = memo;
        self
    }

    /// Has commits without a manifest go by that of `commit`, as if they held it. What is made so is for
    /// trials: another machine makes the same only if it is told the same.
    ///
    /// # Errors
    /// When the commit, or what it holds, is missing or broken.
    pub fn lend_manifest_of(&mut self, commit: ObjectId) -> Result<(), ProjectionError> {
        let tree = self.trees.objects.tree_of(commit)?;
        Ok(self.manifests.lend(&mut self.trees, tree)?)
    }

    /// Commits whose projection is known, so that they are not looked at again.
    pub fn assume(&mut self, known: impl IntoIterator<Item = (ObjectId, ObjectId)>) {
        self.known.extend(known);
    }

    /// The projection of a commit that was projected or assumed, now or by a former command.
    pub fn known(&self, commit: ObjectId) -> Option<ObjectId> {
        let known = self.known.get(&commit).copied();
        known.or_else(|| Some(self.remembered(commit)?.0))
    }

    /// What a former command made of a commit.
    fn remembered(&self, commit: ObjectId) -> Option<(ObjectId, Option<Opaque>)> {
        let question = || self.question(b"commit", self.direction, commit.as_bytes());
        let found = self.trees.memo.get(question)?;
        let (why, id) = found.split_last()?;
        let id = ObjectId::from_bytes(id.try_into().ok()?);
        // What nobody refers to may be gone by now.
        let is_there = self.trees.pack.contains(id);
        is_there.then_some((id, Opaque::from_code(*why)))
    }

    fn question(&self, what: &[u8], direction: Direction, about: &[u8]) -> Key {
        let lent = self.manifests.lent();
        let environment = self.environment.as_bytes();
        let stamps = [u8::from(direction == Direction::Stamp)];
        Key::of(&[what, environment, &stamps, &lent, about])
    }

    /// Every commit that was projected or assumed, with its projection.
    pub fn all(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> {
        self.known.iter().map(|(from, to)| (*from, *to))
    }

    /// Why a commit was projected with its tree as it is, now or by a former command, if it was.
    pub fn why_opaque(&self, commit: ObjectId) -> Option<Opaque> {
        let mut new = self.opaque.iter();
        match new.find(|opaque| opaque.id == commit) {
            Some(opaque) => Some(opaque.why),
            None => self.remembered(commit)?.1,
        }
    }

    /// Commits that were projected with their trees as they are, parents first; without those that former
    /// commands projected.
    pub fn opaque(&self) -> &[OpaqueCommit] {
        &self.opaque
    }

    /// Projects everything that can be reached from `tips` and is not known.
    ///
    /// # Errors
    /// [`ProjectionError`]; nothing was put in place then, and [`Projector::finish`] puts there what was made
    /// for other environments.
    pub fn project(&mut self, tips: &[ObjectId]) -> Result<Vec<ObjectId>, ProjectionError> {
        let walked;
        (walked, self.kept) = self.unknown(tips)?;
        self.worked += walked.len();
        for commits in walked.chunks(TOGETHER) {
            let becomes = self.trees_of(commits)?;
            for (commit, becomes) in commits.iter().zip(becomes) {
                let why = match becomes {
                    Becomes::Projected(_) => None,
                    Becomes::Opaque(why) => Some(why),
                };
                let id = self.commit(commit, becomes)?;
                self.remember(commit.id, id, why);
                self.known.insert(commit.id, id);
            }
            self.forest.trim(&mut self.trees);
        }
        self.remember_tips(tips);
        let projected = tips.iter().map(|tip| self.known(*tip));
        Ok(projected
            .map(|id| id.expect("it was known or walked to"))
            .collect())
    }

    /// Keeps what a commit becomes for later commands, and since that was proved, also the way back.
    pub(super) fn remember(&mut self, from: ObjectId, to: ObjectId, why: Option<Opaque>) {
        if !self.trees.memo.is_there() {
            return;
        }
        let code = [why.map_or(0, Opaque::code)];
        let ways = [
            (self.direction, from, to),
            (opposite(self.direction), to, from),
        ];
        for (direction, from, to) in ways {
            let question = self.question(b"commit", direction, from.as_bytes());
            let answer = [&to.as_bytes()[..], &code].concat();
            self.trees.memo.put(|| question, || answer);
        }
    }

    /// Commits that lead to `tips` and are not known, parents first.
    fn unknown(&self, tips: &[ObjectId]) -> Result<(Vec<Walked>, Kept), ProjectionError> {
        let objects = self.trees.objects;
        let mut hidden: Vec<_> = self.known.keys().copied().collect();
        let former = self.former_tips();
        if !former.is_empty() {
            let hidden = hidden.iter().chain(&former).copied().collect::<Vec<_>>();
            let (walked, kept) = objects.walk_and_keep(tips, &hidden, MAX_KEPT)?;
            let new: FxHashSet<_> = walked.iter().map(|commit| commit.id).collect();
            let mut needed = walked.iter().flat_map(|commit| &commit.parents).chain(tips);
            if needed.all(|id| new.contains(id) || self.known(*id).is_some()) {
                return Ok((walked, kept));
            }
        }
        hidden.retain(|id| objects.contains(*id));
        Ok(objects.walk_and_keep(tips, &hidden, MAX_KEPT)?)
    }

    /// Commits up to which former commands projected everything, newest first.
    pub(super) fn former_tips(&self) -> Vec<ObjectId> {
        let mut former = self.tips_of(self.direction);
        former.retain(|id| self.trees.objects.contains(*id) && self.known(*id).is_some());
        former
    }

    fn tips_of(&self, direction: Direction) -> Vec<ObjectId> {
        let found = self
            .trees
            .memo
            .get(|| self.question(b"tips", direction, b""));
        let (ids, _) = found.as_deref().unwrap_or_default().as_chunks();
        ids.iter().map(|id| ObjectId::from_bytes(*id)).collect()
    }

    fn remember_tips(&mut self, tips: &[ObjectId]) {
        let there: Vec<_> = tips.iter().filter_map(|tip| self.known(*tip)).collect();
        let ways = [
            (self.direction, tips),
            (opposite(self.direction), there.as_slice()),
        ];
        for (direction, tips) in ways {
            let former = self.tips_of(direction);
            if former.starts_with(tips) {
                continue;
            }
            let former = former.into_iter().filter(|tip| !tips.contains(tip));
            let all: Vec<_> = tips.iter().copied().chain(former).take(MAX_TIPS).collect();
            let all: Vec<_> = all.iter().flat_map(|id| *id.as_bytes()).collect();
            let question = self.question(b"tips", direction, b"");
            self.trees.memo.put(|| question, || all);
        }
    }

    /// Puts the new objects in place, so that refs can move to them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn finish(self) -> Result<(), ProjectionError> {
        self.trees.pack.finish()?;
        self.trees.memo.save();
        Ok(())
    }

    /// What becomes of the commits' trees, proved.
    pub(super) fn trees_of(&mut self, commits: &[Walked]) -> Result<Vec<Becomes>, ProjectionError> {
        let mut roots = Vec::with_capacity(commits.len());
        for commit in commits {
            roots.push(self.root(commit.tree)?);
        }
        let wanted: Vec<_> = roots.iter().filter_map(|root| root.ok()).collect();
        let mut there = self.take(self.direction, &wanted)?;
        let mut made = Vec::with_capacity(wanted.len());
        for (root, verdict) in wanted.iter().zip(&mut there) {
            let becomes = match verdict {
                Some(tree) => self.root(*tree)?,
                None => Ok(*root),
            };
            // A manifest that new names break tells nobody the way back.
            *verdict = verdict.filter(|_| becomes.is_ok());
            made.push(becomes.unwrap_or(*root));
        }
        let back = self.take(opposite(self.direction), &made)?;
        let mut proofs = there.into_iter().zip(back);
        let mut becomes = Vec::with_capacity(commits.len());
        for (commit, root) in commits.iter().zip(roots) {
            becomes.push(match root {
                Err(why) => Becomes::Opaque(why),
                Ok(root) => match proofs.next().expect("one for each root") {
                    (Some(tree), Some(back)) if back == root.tree => Becomes::Projected(tree),
                    _ => self.refused(commit, root)?,
                },
            });
        }
        Ok(becomes)
    }

    /// What becomes of one tree, proved; one without a manifest goes by that of `lent`.
    pub(super) fn alone(
        &mut self,
        tree: ObjectId,
        lent: Option<ObjectId>,
    ) -> Result<Becomes, ProjectionError> {
        if let Some(lent) = lent {
            self.manifests.lend(&mut self.trees, lent)?;
        }
        let root = match self.root(tree)? {
            Ok(root) => root,
            Err(why) => return Ok(Becomes::Opaque(why)),
        };
        if let Some(made) = self.take(self.direction, &[root])?[0]
            && let Ok(there) = self.root(made)?
            && self.take(opposite(self.direction), &[there])?[0] == Some(tree)
        {
            return Ok(Becomes::Projected(made));
        }
        Ok(Becomes::Opaque(Opaque::Refused))
    }

    /// What becomes of a tree that does not fit, or would not come back. It stays as it is, and so must
    /// not be what another one becomes.
    fn refused(&mut self, commit: &Walked, root: Root) -> Result<Becomes, ProjectionError> {
        let origin = self.take(opposite(self.direction), &[root])?[0];
        if let Some(origin) = origin.filter(|origin| *origin != root.tree)
            && let Ok(origin) = self.root(origin)?
            && self.take(self.direction, &[origin])?[0] == Some(root.tree)
        {
            return Err(ProjectionError::Ambiguous { commit: commit.id });
        }
        Ok(Becomes::Opaque(Opaque::Refused))
    }

    /// A tree with its manifest, or why it stays as it is.
    pub(super) fn root(&mut self, tree: ObjectId) -> Result<Result<Root, Opaque>, ProjectionError> {
        let place = self.trees.root(tree);
        let Some(folder) = self.trees.folder(place)? else {
            return Ok(Err(Opaque::OddTree));
        };
        let manifest = self.manifests.of(&mut self.trees, &folder)?;
        Ok(manifest.map(|manifest| Root {
            tree,
            place,
            manifest,
        }))
    }

    fn take(
        &mut self,
        direction: Direction,
        roots: &[Root],
    ) -> Result<Vec<Verdict>, ProjectionError> {
        self.forest
            .project(&mut self.trees, &self.manifests, direction, roots)
    }

    /// The projection of a commit whose parents are projected.
    fn commit(&mut self, commit: &Walked, becomes: Becomes) -> Result<ObjectId, ProjectionError> {
        let tree = match becomes {
            Becomes::Projected(tree) => tree,
            Becomes::Opaque(why) => {
                self.opaque.push(OpaqueCommit { id: commit.id, why });
                commit.tree
            }
        };
        let parents = commit.parents.iter().map(|id| {
            let parent = self.known(*id);
            parent.expect("parents come first, or were known")
        });
        let parents: Vec<_> = parents.collect();
        if tree == commit.tree && parents == commit.parents {
            return Ok(commit.id);
        }
        let bytes = match self.kept.remove(&commit.id) {
            Some(bytes) => bytes,
            None => self.trees.objects.read_as(commit.id, Kind::Commit)?,
        };
        let raw = RawCommit::parse(&bytes).expect("its parents were read from it");
        let made = raw.rewritten(tree, &parents, true);
        let back =
            RawCommit::parse(&made).map(|made| made.rewritten(commit.tree, &commit.parents, true));
        if back.as_ref() != Ok(&bytes) {
            return Err(ProjectionError::NotReversible { commit: commit.id });
        }
        Ok(self.trees.pack.add(Kind::Commit, &made)?)
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Stamp => Direction::Unstamp,
        Direction::Unstamp => Direction::Stamp,
    }
}
