//! Which commits there are, and how they relate.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::Graph;
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::tree::{EntryKind, parse_tree};

/// A commit of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Its name.
    pub id: ObjectId,
    /// The tree of its files.
    pub tree: ObjectId,
    /// Its parents in their order.
    pub parents: Vec<ObjectId>,
}

/// Commits' bytes.
pub(crate) type Kept = FxHashMap<ObjectId, Vec<u8>>;

const WANTED: u8 = 1;
const HIDDEN: u8 = 2;
/// The two sides of a question about two commits, and what lies below an answer.
const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const STALE: u8 = 4;
/// How much newer than its child a commit may say that it is, in seconds: clocks differ.
const SKEW: i64 = 24 * 60 * 60;
/// The most commits of that time that are looked at below the oldest wanted one: a program may make
/// thousands within a day.
const MAX_BELOW: usize = 1024;

impl Objects {
    /// The commits that can be reached from `tips` and not from `hidden`, parents before their children.
    /// The order depends on nothing but the commits and the order of `tips`. What is `hidden` may be
    /// missing. Costs as much as what lies between the two.
    ///
    /// # Errors
    /// When a commit is missing or broken, or when a shallow clone cut its parents off.
    pub fn walk(&self, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Vec<Walked>, ObjectError> {
        Ok(self.walk_and_keep(tips, hidden, 0)?.0)
    }

    /// The same, with the bytes of the newest of these commits, as many as `room` bytes hold.
    ///
    /// # Errors
    /// As [`Objects::walk`].
    pub(crate) fn walk_and_keep(
        &self,
        tips: &[ObjectId],
        hidden: &[ObjectId],
        room: usize,
    ) -> Result<(Vec<Walked>, Kept), ObjectError> {
        let mut graph = paint(self, tips, hidden, room);
        let mut walked = Vec::new();
        let mut seen = FxHashSet::default();
        // A commit comes up twice: to have its parents done, then to be handed out.
        let mut stack: Vec<_> = tips.iter().rev().map(|tip| (*tip, false)).collect();
        while let Some((id, ready)) = stack.pop() {
            if !ready {
                if graph.reached(id) & HIDDEN == 0 && seen.insert(id) {
                    stack.push((id, true));
                    let parents = graph.parents(id).iter().rev();
                    stack.extend(parents.map(|parent| (*parent, false)));
                }
            } else if let Some(node) = graph.take(id) {
                let (tree, parents) = node.commit?;
                walked.push(Walked { id, tree, parents });
            }
        }
        Ok((walked, graph.kept))
    }

    /// Whether `ancestor` can be reached from `of`; a commit is its own ancestor.
    ///
    /// # Errors
    /// When a commit is missing or broken, or a shallow clone cut its parents off, and no other way
    /// leads there.
    pub fn is_ancestor(&self, ancestor: ObjectId, of: ObjectId) -> Result<bool, ObjectError> {
        let mut graph = Graph::new(self, STALE);
        graph.mark(of, WANTED);
        let mut trouble = None;
        while let Some(id) = graph.next() {
            if id == ancestor {
                return Ok(true);
            }
            graph.spread(id);
            trouble = trouble.or_else(|| graph.take_error(id));
        }
        trouble.map_or(Ok(false), Err)
    }

    /// The newest commits that both can be reached from, none of them an ancestor of another, sorted by
    /// name. Usually it is one; without common history there is none.
    ///
    /// # Errors
    /// When a commit on the way is missing or broken, or a shallow clone cut its parents off.
    pub fn merge_bases(&self, a: ObjectId, b: ObjectId) -> Result<Vec<ObjectId>, ObjectError> {
        let mut graph = Graph::new(self, STALE);
        graph.mark(a, LEFT);
        graph.mark(b, RIGHT);
        let mut found = Vec::new();
        while graph.is_open()
            && let Some(id) = graph.next()
        {
            if let Some(error) = graph.take_error(id) {
                return Err(error);
            }
            if graph.reached(id) == LEFT | RIGHT {
                found.push(id);
                graph.mark(id, STALE);
            }
            graph.spread(id);
        }
        // Where dates lie, some were found before their descendants.
        if found.len() > 1 {
            let mut below = Graph::new(self, STALE);
            for id in &found {
                graph
                    .parents(*id)
                    .iter()
                    .for_each(|id| below.mark(*id, LEFT));
            }
            while let Some(id) = below.next() {
                below.spread(id);
            }
            found.retain(|id| below.reached(*id) == 0);
        }
        found.sort();
        Ok(found)
    }

    /// What `path` is in a tree, below as many folders as its `/` say; `None` when nothing is there.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken.
    pub fn entry_at(
        &self,
        tree: ObjectId,
        path: &[u8],
    ) -> Result<Option<(EntryKind, ObjectId)>, ObjectError> {
        let mut found = (EntryKind::Tree, tree);
        let mut done = 0;
        for name in path.split(|byte| *byte == b'/') {
            let (EntryKind::Tree, id) = found else {
                return Ok(None);
            };
            let above = path[..done].strip_suffix(b"/").unwrap_or_default();
            let bytes = self.read_as(id, Kind::Tree).map_err(|e| e.at(above))?;
            let entries = parse_tree(&bytes);
            let entries = entries.map_err(|reason| ObjectError::Tree { id, reason })?;
            let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
                return Ok(None);
            };
            found = (entry.kind(), entry.id);
            done += name.len() + 1;
        }
        Ok(Some(found))
    }

    /// The bytes of the file `path` in a tree; `None` when it is not there or no file.
    ///
    /// # Errors
    /// When something on the way is missing or broken.
    pub fn blob_at(&self, tree: ObjectId, path: &[u8]) -> Result<Option<Vec<u8>>, ObjectError> {
        match self.entry_at(tree, path)? {
            Some((EntryKind::File | EntryKind::Executable, id)) => {
                let bytes = self.read_as(id, Kind::Blob);
                bytes.map(Some).map_err(|error| error.at(path))
            }
            _ => Ok(None),
        }
    }
}

/// The commits from the tips down to where all are hidden, and some way on below.
fn paint<'a>(
    objects: &'a Objects,
    tips: &[ObjectId],
    hidden: &[ObjectId],
    room: usize,
) -> Graph<'a> {
    let mut graph = Graph::new(objects, HIDDEN);
    graph.room = room;
    tips.iter().for_each(|tip| graph.mark(*tip, WANTED));
    hidden.iter().for_each(|tip| graph.mark(*tip, HIDDEN));
    let mut oldest = i64::MAX;
    let mut below = 0;
    while let Some(date) = graph.newest() {
        // A way from `hidden` may still lead back to what looks wanted, over a commit that says it
        // is older than it is.
        below = if graph.is_open() { 0 } else { below + 1 };
        let is_far = date < oldest.saturating_sub(SKEW) || below > MAX_BELOW;
        if below > 0 && is_far && oldest > i64::MIN {
            break;
        }
        let Some(id) = graph.next() else { break };
        if graph.reached(id) & HIDDEN == 0 {
            // A wanted root says that nothing in common was met at all: then all ways are followed.
            let root = graph.parents(id).is_empty();
            oldest = if root { i64::MIN } else { oldest.min(date) };
        }
        graph.spread(id);
    }
    graph
}
