//! A history commit by commit, and which files each changed against its first parent.
//!
//! Trees are compared with trees; what is the same is not looked into, and nothing is guessed: a file that
//! was moved is one that is gone and one that is new.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use git2::ErrorCode;
use rayon::prelude::*;
use storyline_text::RelPath;

use crate::commit::RawCommit;
use crate::error::RepoError;
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::objects::Objects;
use crate::repository::Repository;
use crate::tree::{EntryKind, parse_tree};

/// Commits that are examined on one thread in a row: neighbours share files.
const NEIGHBOURS: usize = 16;

/// The commits of a revision or a range, the newest first.
pub struct History {
    objects: Objects,
    commits: Vec<ObjectId>,
    is_shallow: bool,
}

/// A commit, and what it changed.
#[derive(Debug)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// When its author wrote it, in seconds since 1970-01-01 UTC, and how many minutes the clock was
    /// ahead of UTC; `None` when the commit does not tell.
    pub time: Option<(i64, i32)>,
    /// The first line of the message; any bytes.
    pub subject: Vec<u8>,
    /// What it did.
    pub what: What,
}

/// What a commit did.
#[derive(Debug)]
pub enum What {
    /// It has no parent, or its parents are not here.
    Began,
    /// It has several parents.
    Merged,
    /// It changed files.
    Changed(Changes),
    /// Nobody can tell: an object that is needed is not here, or broken.
    Unreadable(ObjectError),
}

/// What a commit changed against its first parent.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Regular files whose bytes differ.
    pub files: Vec<FileChange>,
    /// Whether something else differs: a mode, a link, a repository inside, a path that is none.
    pub is_more: bool,
    /// Files before or after, changed or not, in the folders of those that changed and in those above:
    /// where [`History::read`] was told to look for them.
    pub around: Vec<RelPath>,
}

/// A file that differs. At least one side is there.
#[derive(Clone, Debug)]
pub struct FileChange {
    /// Where it is.
    pub path: RelPath,
    /// What it was.
    pub left: Option<ObjectId>,
    /// What it is.
    pub right: Option<ObjectId>,
}

impl Repository {
    /// The commits that `revisions` reaches: `A..B`, a revision, or `HEAD`; the newest `limit` of them.
    ///
    /// # Errors
    /// When a revision is not there, or a commit cannot be read.
    pub fn history(
        &self,
        revisions: Option<&str>,
        limit: Option<usize>,
    ) -> Result<History, RepoError> {
        let revisions = revisions.unwrap_or("HEAD");
        let (hidden, shown) = match revisions.split_once("..") {
            Some((from, to)) => (Some(or_head(from)), or_head(to)),
            None => (None, revisions),
        };
        let shown = self.tip_of(shown)?;
        let hidden = hidden.map(|hidden| self.tip_of(hidden)).transpose()?;
        let commits = self.newest(shown, hidden, limit.unwrap_or(usize::MAX));
        Ok(History {
            commits: commits.map_err(|error| self.broken(&error))?,
            objects: self.objects()?,
            is_shallow: self.is_shallow(),
        })
    }

    fn tip_of(&self, revision: &str) -> Result<ObjectId, RepoError> {
        let has_none = || matches!(self.git.head(), Err(e) if e.code() == ErrorCode::UnbornBranch);
        match self.resolve(revision) {
            Err(_) if revision == "HEAD" && has_none() => Err(RepoError::NoCommit {
                folder: self.folder.clone(),
            }),
            found => found,
        }
    }

    fn newest(
        &self,
        shown: ObjectId,
        hidden: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<ObjectId>, git2::Error> {
        let mut walk = self.git.revwalk()?;
        walk.push(shown.to_git())?;
        if let Some(hidden) = hidden {
            walk.hide(hidden.to_git())?;
        }
        let ids = walk.take(limit).map(|id| id.map(ObjectId::from_git));
        ids.collect()
    }
}

/// What Git takes an empty side of a range for.
fn or_head(revision: &str) -> &str {
    match revision {
        "" => "HEAD",
        revision => revision,
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("History");
        debug
            .field("commits", &self.commits.len())
            .finish_non_exhaustive()
    }
}

impl History {
    /// How many commits there are.
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Whether the repository is shallow, so that older commits may be missing.
    pub fn is_shallow(&self) -> bool {
        self.is_shallow
    }

    /// Hands the commits in `range`, counted from the newest, to `each` on all threads, and gives what
    /// it returns in their order. `is_marker` says of names of files which belong into
    /// [`Changes::around`].
    pub fn read<T: Send>(
        &self,
        range: Range<usize>,
        is_marker: impl Fn(&[u8]) -> bool + Sync,
        each: impl Fn(Commit, &mut Blobs<'_>) -> T + Sync,
    ) -> Vec<T> {
        let chunks = self.commits[range].par_chunks(NEIGHBOURS);
        let read = chunks.flat_map_iter(|commits| {
            let mut blobs = Blobs::new(&self.objects);
            let (is_marker, each) = (&is_marker, &each);
            let commits = commits.iter();
            commits.map(move |id| each(self.commit(*id, is_marker), &mut blobs))
        });
        read.collect()
    }

    fn commit(&self, id: ObjectId, is_marker: &impl Fn(&[u8]) -> bool) -> Commit {
        let mut read = Commit {
            id,
            time: None,
            subject: Vec::new(),
            what: What::Began,
        };
        let what = self.objects.read_as(id, Kind::Commit).and_then(|bytes| {
            let commit = RawCommit::parse(&bytes);
            let commit = commit.map_err(|reason| ObjectError::Commit { id, reason })?;
            read.time = commit.author().and_then(time);
            let lines = commit.message().split(|byte| *byte == b'\n');
            read.subject = lines
                .map(<[u8]>::trim_ascii)
                .find(|line| !line.is_empty())
                .unwrap_or_default()
                .into();
            Ok(match commit.parents() {
                [] => What::Began,
                [parent] if self.is_shallow && !self.objects.contains(*parent) => What::Began,
                [parent] => {
                    let trees = [self.objects.tree_of(*parent)?, commit.tree()];
                    What::Changed(changes(&self.objects, trees.map(Some), is_marker)?)
                }
                _ => What::Merged,
            })
        });
        read.what = what.unwrap_or_else(What::Unreadable);
        read
    }
}

/// Seconds and offset at the end of `NAME <EMAIL> SECONDS +HHMM`.
fn time(author: &[u8]) -> Option<(i64, i32)> {
    let end = author.rsplit(|byte| *byte == b'>').next()?;
    let (seconds, zone) = std::str::from_utf8(end).ok()?.trim().split_once(' ')?;
    let zone: i32 = zone.parse().ok()?;
    Some((seconds.parse().ok()?, zone / 100 * 60 + zone % 100))
}

/// Files' bytes, of which the ones that were read last are kept.
pub struct Blobs<'h> {
    objects: &'h Objects,
    recent: HashMap<ObjectId, Arc<[u8]>>,
    older: HashMap<ObjectId, Arc<[u8]>>,
    /// Bytes in `recent`.
    size: usize,
}

/// Bytes of files that each half of a thread's cache holds.
const CACHE: usize = 32 << 20;

impl<'h> Blobs<'h> {
    fn new(objects: &'h Objects) -> Self {
        Self {
            objects,
            recent: HashMap::new(),
            older: HashMap::new(),
            size: 0,
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When they are not here, as in a partial clone, or broken.
    pub fn read(&mut self, id: ObjectId) -> Result<Arc<[u8]>, ObjectError> {
        if let Some(bytes) = self.recent.get(&id) {
            return Ok(bytes.clone());
        }
        let bytes: Arc<[u8]> = match self.older.remove(&id) {
            Some(bytes) => bytes,
            None => self.objects.read_as(id, Kind::Blob)?.into(),
        };
        if self.size + bytes.len() > CACHE {
            self.older = std::mem::take(&mut self.recent);
            self.size = 0;
        }
        self.size += bytes.len();
        self.recent.insert(id, bytes.clone());
        Ok(bytes)
    }
}

impl Objects {
    /// The regular files that differ between two trees, of which one may be none at all.
    ///
    /// # Errors
    /// When a tree is missing or broken.
    pub fn changed_files(
        &self,
        trees: [Option<ObjectId>; 2],
    ) -> Result<Vec<FileChange>, ObjectError> {
        Ok(changes(self, trees, &|_| false)?.files)
    }
}

/// A folder that differs, and where it is, with a `/` at its end.
type Folder = (Vec<u8>, [Option<ObjectId>; 2]);

/// What stands at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stand {
    kind: EntryKind,
    id: ObjectId,
}

fn changes(
    objects: &Objects,
    trees: [Option<ObjectId>; 2],
    is_marker: &impl Fn(&[u8]) -> bool,
) -> Result<Changes, ObjectError> {
    let mut changes = Changes::default();
    let mut open: Vec<Folder> = vec![(Vec::new(), trees)];
    while let Some((folder, trees)) = open.pop() {
        if trees[0] == trees[1] {
            continue;
        }
        for (name, stands) in both(objects, trees)? {
            let path = [&*folder, &*name].concat();
            if is_marker(&name) {
                changes.around.extend(RelPath::new(&path));
            }
            if stands[0] != stands[1] {
                changes.add(path, stands, &mut open);
            }
        }
    }
    Ok(changes)
}

/// The entries of two trees by name.
fn both(
    objects: &Objects,
    trees: [Option<ObjectId>; 2],
) -> Result<BTreeMap<Vec<u8>, [Option<Stand>; 2]>, ObjectError> {
    let mut both: BTreeMap<_, [Option<Stand>; 2]> = BTreeMap::new();
    for (side, tree) in trees.into_iter().enumerate() {
        let Some(id) = tree else { continue };
        let bytes = objects.read_as(id, Kind::Tree)?;
        let entries = parse_tree(&bytes).map_err(|reason| ObjectError::Tree { id, reason })?;
        for entry in entries {
            let kind = entry.kind();
            let stand = Stand { kind, id: entry.id };
            both.entry(entry.name.to_vec()).or_default()[side] = Some(stand);
        }
    }
    Ok(both)
}

impl Changes {
    /// Adds what differs at `path`; folders are left open.
    fn add(&mut self, path: Vec<u8>, stands: [Option<Stand>; 2], open: &mut Vec<Folder>) {
        let of = |wanted: &[EntryKind]| {
            let stands = stands.each_ref().map(Option::as_ref);
            stands.map(|stand| stand.filter(|s| wanted.contains(&s.kind)).map(|s| s.id))
        };
        let [left, right] = of(&FILES);
        match RelPath::new(&path) {
            Ok(path) if left != right => self.files.push(FileChange { path, left, right }),
            _ => self.is_more |= left.is_some() || right.is_some(),
        }
        let folders = of(&[EntryKind::Tree]);
        if folders[0] != folders[1] {
            open.push(([&*path, b"/"].concat(), folders));
        }
        let is_else = |stand: &Stand| stand.kind != EntryKind::Tree && !FILES.contains(&stand.kind);
        self.is_more |= stands.iter().flatten().any(is_else);
    }
}

const FILES: [EntryKind; 2] = [EntryKind::File, EntryKind::Executable];
