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
//! text             lines, where both sides changed a file
//! ```

mod moved;
mod text;

use std::collections::BTreeMap;

use storyline_text::RelPath;

pub use self::text::ClashingLines;
use crate::id::ObjectId;
use crate::object_error::ObjectError;
use crate::projection::{Leaf, Workspace};
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
    /// Both sides changed a file whose lines cannot be merged: no text, or too long.
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
        let mut ours = BTreeMap::new();
        for path in change.keys() {
            ours.insert(path.clone(), self.leaf(merge.ours, path)?);
        }
        let mut done = Done::default();
        for (path, [base, theirs]) in &change {
            let sides = Sides {
                base: *base,
                ours: ours[path],
                theirs: *theirs,
            };
            match self.merged_leaf(sides)? {
                Ok(leaf) => done.set(path, ours[path], leaf),
                Err(why) => done.clash(path, why),
            }
        }
        moved::follow(self, merge, &change, &ours, &mut done)?;
        let changes = done.changes();
        let tree = loop {
            let changes = done.changes();
            match self.edited(merge.ours, &changes)? {
                Ok(tree) => break tree,
                Err(path) if changes.contains_key(&path) => done.clash(&path, ClashKind::InTheWay),
                Err(_) => break merge.ours,
            }
        };
        let touched = done.touched(&ours, &changes);
        Ok(Merged {
            tree,
            touched,
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

/// What is decided so far, path by path.
#[derive(Default)]
struct Done {
    paths: BTreeMap<RelPath, Result<Option<Option<Leaf>>, ClashKind>>,
}

impl Done {
    /// Puts something at a path, where `ours` stands.
    fn set(&mut self, path: &RelPath, ours: Option<Leaf>, leaf: Option<Leaf>) {
        self.paths
            .insert(path.clone(), Ok((leaf != ours).then_some(leaf)));
    }

    fn clash(&mut self, path: &RelPath, why: ClashKind) {
        self.paths.insert(path.clone(), Err(why));
    }

    fn changes(&self) -> BTreeMap<RelPath, Option<Leaf>> {
        let paths = self.paths.iter();
        let changes =
            paths.filter_map(|(path, done)| Some((path.clone(), (*done.as_ref().ok()?)?)));
        changes.collect()
    }

    fn touched(
        &self,
        ours: &BTreeMap<RelPath, Option<Leaf>>,
        changes: &BTreeMap<RelPath, Option<Leaf>>,
    ) -> BTreeMap<RelPath, [Option<Leaf>; 2]> {
        let paths = self.paths.keys();
        let touched = paths.map(|path| {
            let before = ours.get(path).copied().flatten();
            let after = changes.get(path).copied().unwrap_or(before);
            (path.clone(), [before, after])
        });
        touched.collect()
    }

    fn clashes(self) -> Vec<Clash> {
        let clashes = self.paths.into_iter();
        let clashes = clashes.filter_map(|(path, done)| {
            Some(Clash {
                path,
                why: done.err()?,
            })
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
