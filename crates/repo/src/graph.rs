//! Commits as far as their parents are concerned: read once each, the newest first.
//!
//! Dates only say what to look at first. They lie now and then, so nothing is left out because of them
//! alone.

use std::collections::BinaryHeap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::commit::RawCommit;
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::walk::Kept;

/// What is known of a commit, and what a question has found out about it.
#[derive(Debug)]
pub(crate) struct Node {
    /// The commit's tree and parents; an error when it was asked for and is not to be had.
    pub(crate) commit: Result<(ObjectId, Vec<ObjectId>), ObjectError>,
    /// Seconds since 1970, 0 when the commit does not say so.
    date: i64,
    /// A bit for each thing that it can be reached from.
    reached: u8,
}

/// The part of a history that was looked at.
pub(crate) struct Graph<'a> {
    objects: &'a Objects,
    nodes: FxHashMap<ObjectId, Node>,
    /// Those whose marks have not been handed to their parents yet, by date.
    queue: BinaryHeap<(i64, ObjectId)>,
    /// The mark that says that a commit answers nothing any more.
    closing: u8,
    /// Those of the queue that lack it.
    open: FxHashSet<ObjectId>,
    /// Those whose parents a shallow clone cut off.
    cut: FxHashSet<ObjectId>,
    /// The bytes of commits that were read, as long as there is room for them.
    pub(crate) kept: Kept,
    pub(crate) room: usize,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(objects: &'a Objects, closing: u8) -> Self {
        Self {
            objects,
            nodes: FxHashMap::default(),
            queue: BinaryHeap::new(),
            closing,
            open: FxHashSet::default(),
            cut: cut(objects.folder()),
            kept: Kept::default(),
            room: 0,
        }
    }

    /// Marks a commit as reached; it is looked at again when the mark is new to it.
    pub(crate) fn mark(&mut self, id: ObjectId, reached: u8) {
        let node = match self.nodes.entry(id) {
            Entry::Occupied(node) => node.into_mut(),
            Entry::Vacant(place) => {
                let (node, bytes) = read(self.objects, &self.cut, id);
                // Nothing is kept of what cannot be read.
                if !bytes.is_empty() && bytes.len() <= self.room {
                    self.room -= bytes.len();
                    self.kept.insert(id, bytes);
                }
                place.insert(node)
            }
        };
        if node.reached | reached == node.reached {
            return;
        }
        node.reached |= reached;
        self.queue.push((node.date, id));
        if node.reached & self.closing == 0 {
            self.open.insert(id);
        } else {
            self.open.remove(&id);
        }
    }

    /// The newest commit that has to be looked at.
    pub(crate) fn next(&mut self) -> Option<ObjectId> {
        let (_, id) = self.queue.pop()?;
        self.open.remove(&id);
        Some(id)
    }

    /// When the newest commit that has to be looked at was made.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.queue.peek().map(|(date, _)| *date)
    }

    /// Whether any commit that has to be looked at can still answer something.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Hands the marks of a commit to its parents.
    pub(crate) fn spread(&mut self, id: ObjectId) {
        let reached = self.reached(id);
        for parent in self.parents(id).to_vec() {
            self.mark(parent, reached);
        }
    }

    /// The marks of a commit.
    pub(crate) fn reached(&self, id: ObjectId) -> u8 {
        self.nodes.get(&id).map_or(0, |node| node.reached)
    }

    /// Its parents, as far as they can be told.
    pub(crate) fn parents(&self, id: ObjectId) -> &[ObjectId] {
        let commit = self.nodes.get(&id).map(|node| node.commit.as_ref());
        commit
            .and_then(Result::ok)
            .map_or(&[], |(_, parents)| parents)
    }

    /// Takes a commit out.
    pub(crate) fn take(&mut self, id: ObjectId) -> Option<Node> {
        self.nodes.remove(&id)
    }

    /// Takes out why a commit is not to be had, if it is not.
    pub(crate) fn take_error(&mut self, id: ObjectId) -> Option<ObjectError> {
        let broken = self.nodes.get(&id).is_some_and(|node| node.commit.is_err());
        if broken {
            self.take(id)?.commit.err()
        } else {
            None
        }
    }
}

/// Commits without their parents. Git keeps the list beside the objects.
fn cut(objects: &Path) -> FxHashSet<ObjectId> {
    let list = fs::read(objects.with_file_name("shallow")).unwrap_or_default();
    list.split(|b| *b == b'\n')
        .filter_map(ObjectId::from_hex)
        .collect()
}

/// A commit, and its bytes.
fn read(objects: &Objects, cut: &FxHashSet<ObjectId>, id: ObjectId) -> (Node, Vec<u8>) {
    let mut date = 0;
    let mut raw = Vec::new();
    let commit = objects.read_as(id, Kind::Commit).and_then(|bytes| {
        raw = bytes;
        let commit = RawCommit::parse(&raw);
        let commit = commit.map_err(|reason| ObjectError::Commit { id, reason })?;
        date = commit.committer().and_then(seconds).unwrap_or(0);
        match cut.contains(&id) {
            true => Err(ObjectError::Shallow { id }),
            false => Ok((commit.tree(), commit.parents().to_vec())),
        }
    });
    let node = Node {
        commit,
        date,
        reached: 0,
    };
    (node, raw)
}

/// The seconds of `NAME <EMAIL> SECONDS OFFSET`.
fn seconds(value: &[u8]) -> Option<i64> {
    let after = memchr::memrchr(b'>', value)? + 1;
    let text = std::str::from_utf8(&value[after..]).ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}
