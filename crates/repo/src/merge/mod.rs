//! Applies what lies between two trees to a third one: path by path, and line by line where both sides
//! changed a file.
//!
//! Trees are merged in canonical form, so names of environments never clash. What cannot be decided is a
//! [`Clash`] and data; the tree then has `ours` at that place, so that everything that clashes is told at once.
//!
//! ```text
//! base -> theirs   what is to be done, path by path       trees that are the same are not looked into
//! ours             where it is done                       only those paths are looked at
//! moved            the same for files under another path
//! folders          files that are added to a folder that is elsewhere on the other side
//! text             lines, where both sides changed a file
//! ```
//!
//! What comes out is recomputed by others, later and elsewhere: it depends on the three trees alone, on no
//! order, thread or clock. So all limits here, and what counts as alike or as the same lines, are part of
//! the rules' edition 1; others are a new edition.

mod folders;
mod moved;
mod text;

use std::collections::BTreeMap;

use storyline_text::RelPath;

pub use self::text::ClashingLines;
use crate::id::ObjectId;
use crate::object_error::ObjectError;
use crate::projection::{Differences, Leaf, Workspace};
use crate::tree::EntryKind;

/// What is to be done, and where: all three are trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// What the change starts from.
    pub base: ObjectId,
    /// Where it is applied.
    pub ours: ObjectId,
    /// What it leads to.
    pub theirs: ObjectId,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The tree; with `ours` wherever something clashes.
    pub tree: ObjectId,
    /// What is at each path that the change touches, before and after; paths at which nothing was left
    /// to do are among them.
    pub touched: BTreeMap<RelPath, [Option<Leaf>; 2]>,
    /// What could not be decided, sorted by path.
    pub clashes: Vec<Clash>,
}

/// A path at which a change does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The path, as `ours` has it, or would.
    pub path: RelPath,
    /// Why.
    pub why: ClashKind,
}

/// Why a change does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClashKind {
    /// Both sides changed the same lines of a file.
    Lines(Vec<ClashingLines>),
    /// Both sides changed a file whose lines cannot be merged, as it is no text or too long; or where a
    /// link or another repository leads.
    Bytes,
    /// Both sides added a file, and they differ.
    AddedTwice,
    /// The change needs a file that is not there.
    Gone,
    /// The change removes a file that was changed here.
    Changed,
    /// It is a file on one side, and a link or another repository on the other.
    Kinds,
    /// A file stands where a folder is to be, or the other way round.
    InTheWay,
    /// The file `from` is here now, and the change moves it elsewhere or removes it, though it was changed
    /// here.
    Moved {
        /// Where it was for both.
        from: RelPath,
        /// Where the change moves it to, unless it removes it.
        to: Option<RelPath>,
    },
    /// One side added the file to a folder that the other side moved, and nobody says where it belongs.
    FolderMoved {
        /// Where it would be beside what was there; `None` where that went to several places.
        to: Option<RelPath>,
    },
}

impl Workspace<'_> {
    /// Applies a change, but for the paths that `skip` names.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn merge(
        &mut self,
        merge: Merge,
        skip: impl Fn(&RelPath) -> bool,
    ) -> Result<Merged, ObjectError> {
        let mut change = self.differences(Some(merge.base), Some(merge.theirs))?;
        change.retain(|path, _| !skip(path));
        let ours = self.leaves(merge.ours, change.keys())?;
        let mut done = Done::default();
        for (path, [base, theirs]) in &change {
            let sides = Sides {
                base: *base,
                ours: ours[path],
                theirs: *theirs,
            };
            match self.merged_leaf(sides)? {
                Ok(leaf) => done.set(path, ours[path], leaf),
                Err(why) => done.clash(path, ours[path], why),
            }
        }
        let mut sides = Both::new(merge, change, &skip);
        moved::follow(self, &mut sides, &mut done)?;
        folders::follow(self, &mut sides, &mut done)?;
        // What clashes is put nowhere, and each time something does.
        let tree = loop {
            match self.edited_unless(merge.ours, &done.changes())? {
                Ok(tree) => break tree,
                Err(blocked) => blocked.iter().for_each(|path| done.block(path)),
            }
        };
        Ok(Merged {
            tree,
            touched: done.touched(),
            clashes: done.clashes(),
        })
    }

    fn merged_leaf(
        &mut self,
        sides: Sides,
    ) -> Result<Result<Option<Leaf>, ClashKind>, ObjectError> {
        let Sides { base, ours, theirs } = sides;
        Ok(match (base, ours, theirs) {
            _ if ours == theirs => Ok(ours),
            _ if ours == base => Ok(theirs),
            (_, Some(_), None) => Err(ClashKind::Changed),
            (Some(_), None, Some(_)) => Err(ClashKind::Gone),
            (None, Some(_), Some(_)) => Err(ClashKind::AddedTwice),
            (Some(base), Some(ours), Some(theirs)) => {
                match one_of(base.kind, ours.kind, theirs.kind) {
                    Some(kind @ (EntryKind::File | EntryKind::Executable))
                        if [base, ours, theirs].iter().all(|leaf| is_file(leaf.kind)) =>
                    {
                        let id = self.merged_text([base.id, ours.id, theirs.id])?;
                        id.map(|id| Some(Leaf { kind, id }))
                    }
                    Some(EntryKind::Symlink | EntryKind::Submodule) if ours.kind == theirs.kind => {
                        Err(ClashKind::Bytes)
                    }
                    _ => Err(ClashKind::Kinds),
                }
            }
            // One side is then the base, or the other one.
            _ => Ok(ours),
        })
    }

    fn merged_text(
        &mut self,
        [base, ours, theirs]: [ObjectId; 3],
    ) -> Result<Result<ObjectId, ClashKind>, ObjectError> {
        if let Some(id) = one_of(base, ours, theirs) {
            return Ok(Ok(id));
        }
        let texts = [self.read(base)?, self.read(ours)?, self.read(theirs)?];
        match text::merged(&texts) {
            Ok(bytes) => self.keep(&bytes).map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }
}

#[derive(Clone, Copy)]
struct Sides {
    base: Option<Leaf>,
    ours: Option<Leaf>,
    theirs: Option<Leaf>,
}

/// What both sides did.
struct Both<'s> {
    merge: Merge,
    /// What the change does.
    change: Differences,
    /// What was done here, once somebody asked: it costs what differs here.
    here: Option<Differences>,
    skip: &'s dyn Fn(&RelPath) -> bool,
}

impl<'s> Both<'s> {
    fn new(merge: Merge, change: Differences, skip: &'s dyn Fn(&RelPath) -> bool) -> Self {
        Self {
            merge,
            change,
            here: None,
            skip,
        }
    }

    /// What was done here.
    fn here(&mut self, workspace: &mut Workspace<'_>) -> Result<&Differences, ObjectError> {
        if self.here.is_none() {
            let Merge { base, ours, .. } = self.merge;
            let mut here = workspace.differences(Some(base), Some(ours))?;
            here.retain(|path, _| !(self.skip)(path));
            self.here = Some(here);
        }
        Ok(self.here.as_ref().expect("it was just found out"))
    }
}

/// What is decided so far, path by path.
#[derive(Default)]
struct Done {
    paths: BTreeMap<RelPath, Decided>,
}

struct Decided {
    ours: Option<Leaf>,
    becomes: Result<Option<Leaf>, ClashKind>,
}

impl Done {
    /// Puts something at a path, where `ours` stands.
    fn set(&mut self, path: &RelPath, ours: Option<Leaf>, leaf: Option<Leaf>) {
        let becomes = Ok(leaf);
        self.paths.insert(path.clone(), Decided { ours, becomes });
    }

    fn clash(&mut self, path: &RelPath, ours: Option<Leaf>, why: ClashKind) {
        let becomes = Err(why);
        self.paths.insert(path.clone(), Decided { ours, becomes });
    }

    /// Leaves a path as it is.
    fn leave(&mut self, path: &RelPath) {
        if let Some(decided) = self.paths.get_mut(path) {
            decided.becomes = Ok(decided.ours);
        }
    }

    /// Whether a path clashes in this way.
    fn is(&self, path: &RelPath, why: &ClashKind) -> bool {
        let decided = self.paths.get(path);
        decided.is_some_and(|decided| decided.becomes.as_ref() == Err(why))
    }

    /// Something is in the way at a path.
    fn block(&mut self, path: &RelPath) {
        if let Some(decided) = self.paths.get_mut(path) {
            decided.becomes = Err(ClashKind::InTheWay);
        }
    }

    fn changes(&self) -> BTreeMap<RelPath, Option<Leaf>> {
        let changes = self.paths.iter().filter_map(|(path, decided)| {
            let leaf = *decided.becomes.as_ref().ok()?;
            (leaf != decided.ours).then(|| (path.clone(), leaf))
        });
        changes.collect()
    }

    fn touched(&self) -> BTreeMap<RelPath, [Option<Leaf>; 2]> {
        let touched = self.paths.iter().map(|(path, decided)| {
            let after = *decided.becomes.as_ref().unwrap_or(&decided.ours);
            (path.clone(), [decided.ours, after])
        });
        touched.collect()
    }

    fn clashes(self) -> Vec<Clash> {
        let clashes = self.paths.into_iter().filter_map(|(path, decided)| {
            let why = decided.becomes.err()?;
            Some(Clash { path, why })
        });
        clashes.collect()
    }
}

/// The one that a side changed, where the other left it as it was, or did the same.
fn one_of<T: Copy + PartialEq>(base: T, ours: T, theirs: T) -> Option<T> {
    if ours == base || ours == theirs {
        Some(theirs)
    } else {
        (theirs == base).then_some(ours)
    }
}

fn is_file(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::File | EntryKind::Executable)
}
