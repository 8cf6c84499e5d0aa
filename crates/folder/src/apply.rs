//! Changing a folder in place, all or nothing.
//!
//! In order: look at every file, write the new bytes beside, write the journal; then set every
//! original aside, and put every new file in its place; then remove the journal. Files trade places
//! and change only the case of their names without any special care, since all old names are free
//! before the first new one is taken.

use std::collections::{BTreeSet, HashSet};
use std::io;

use cap_std::fs::{Dir, Permissions};
use storyline_stamp::{Change, TreePatch};
use storyline_text::RelPath;

use crate::error::{ApplyError, Fault};
use crate::journal::{Hold, HoldError, Journal, Move, Place, sweep};
use crate::names::{ancestors, first_unsafe};
use crate::tree::{Hook, Seen, Tree};
use crate::undo::undo;

/// What [`Folder::apply`](crate::Folder::apply) did, in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Files with other bytes.
    pub edited: usize,
    /// Files with another path; those with other bytes too count in both.
    pub moved: usize,
}

pub(crate) fn apply(root: &Dir, patch: &TreePatch, hook: Hook) -> Result<Applied, ApplyError> {
    if let Some((path, reason)) = first_unsafe(patch) {
        let path = path.clone();
        return Err(ApplyError::Unsafe { path, reason });
    }
    if patch.changes.is_empty() {
        return Ok(Applied::default());
    }
    let place = Place::of(root);
    let tree = &Tree::new(root, hook);
    let hold = Hold::take(tree, place).map_err(|error| match error {
        HoldError::Busy(pid) => ApplyError::Busy { pid },
        HoldError::Io(fault) => fault.into(),
    })?;
    let result = Work::carry_out(tree, place, patch);
    hold.release(tree);
    result
}

struct Work<'t, 'a> {
    tree: &'t Tree<'a>,
    place: Place,
    changes: &'t [Change],
    /// Of each change's file.
    permissions: Vec<Permissions>,
}

impl<'t, 'a> Work<'t, 'a> {
    fn carry_out(
        tree: &'t Tree<'a>,
        place: Place,
        patch: &'t TreePatch,
    ) -> Result<Applied, ApplyError> {
        let path = place.journal();
        if tree.look(&path)?.is_some() {
            return Err(ApplyError::Unfinished { path });
        }
        sweep(tree, place)?;
        let changes = &*patch.changes;
        let work = Self {
            tree,
            place,
            changes,
            permissions: inspect(tree, changes)?,
        };
        let mut journal = work.prepare().inspect_err(|_| {
            // It may stand already when it is the last flush that failed; nothing is changed yet.
            let _ = tree.remove(&path);
            let _ = sweep(tree, place);
        })?;
        let mut made = 0;
        let done = work.change_files(&journal, &mut made);
        if let Err(cause) = done.and_then(|()| Ok(tree.remove(&path)?)) {
            journal.folders.truncate(made);
            return Err(work.undone(&journal, cause));
        }
        // From here on the change is final. Where even this flush fails, the originals stay, so
        // that a journal that a power cut brings back finds them.
        if tree.flush_folders_of([&path].into_iter()).is_ok() {
            let _ = sweep(tree, place);
        }
        Ok(Applied {
            edited: changes.iter().filter(|c| !c.patch.is_empty()).count(),
            moved: changes.iter().filter(|c| c.from != c.to).count(),
        })
    }

    /// Writes the new bytes and the journal, both beside the project's files.
    fn prepare(&self) -> Result<Journal, ApplyError> {
        let Self { tree, place, .. } = *self;
        let mut moves = Vec::with_capacity(self.changes.len());
        let mut staged = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let before = blake3::hash(&change.before).to_hex().to_string();
            let mut after = before.clone();
            if !change.patch.is_empty() {
                let bytes = change.after();
                after = blake3::hash(&bytes).to_hex().to_string();
                let path = place.staged(index);
                tree.create(&path, &bytes, Some(&self.permissions[index]))?;
                staged.push(path);
            }
            moves.push(Move {
                from: change.from.clone(),
                to: change.to.clone(),
                before,
                after,
            });
        }
        tree.flush_files(&staged)?;
        let journal = Journal {
            version: Journal::VERSION,
            folders: missing_folders(tree, self.changes)?,
            moves,
        };
        journal.write(tree, place)?;
        Ok(journal)
    }

    fn change_files(&self, journal: &Journal, made: &mut usize) -> Result<(), ApplyError> {
        let Self { tree, place, .. } = *self;
        let mut in_place = Vec::with_capacity(self.changes.len());
        for index in 0..self.changes.len() {
            in_place.push(self.set_aside(index)?);
        }
        // No new file may reach the disk before all originals have.
        tree.flush_folders_of([&place.journal()].into_iter())?;
        for folder in &journal.folders {
            tree.make_folder(folder)?;
            *made += 1;
        }
        for (index, in_place) in in_place.into_iter().enumerate() {
            if in_place {
                self.replace(index)?;
            } else {
                self.put(index)?;
            }
        }
        let changed = self.changes.iter().flat_map(|c| [&c.from, &c.to]);
        tree.flush_folders_of(changed.chain(&journal.folders))?;
        Ok(())
    }

    /// Takes a file that moves out of its place, and gives one that stays a second name: an editor
    /// or a build that looks at it never finds it missing. Returns whether it is in place still.
    fn set_aside(&self, index: usize) -> Result<bool, ApplyError> {
        let Self { tree, place, .. } = *self;
        let Change { from, to, .. } = &self.changes[index];
        let aside = place.original(index);
        let Some(Seen::File(_)) = tree.look(from)? else {
            return Err(changed_meanwhile(from));
        };
        if from == to && tree.link(from, &aside).is_ok() {
            return Ok(true);
        }
        // What the system refuses is taking the file from its folder, not the place in the journal.
        let path = from.clone();
        tree.rename(from, &aside)
            .map_err(|Fault { source, .. }| Fault { path, source })?;
        // Out of everybody's reach now, so that what is compared is what is kept.
        self.compare(index, &aside)?;
        Ok(false)
    }

    /// Renames the new file over the old one. The old one is compared when nobody reaches it by
    /// its path any more; only a file that is renamed here between two calls goes unnoticed.
    fn replace(&self, index: usize) -> Result<(), ApplyError> {
        let Self { tree, place, .. } = *self;
        let Change { from, patch, .. } = &self.changes[index];
        let aside = place.original(index);
        match (tree.look(from)?, tree.look(&aside)?) {
            (Some(Seen::File(here)), Some(Seen::File(aside))) if here.id == aside.id => {}
            _ => return Err(changed_meanwhile(from)),
        }
        if !patch.is_empty() {
            tree.rename(&place.staged(index), from)?;
        }
        self.compare(index, &aside)
    }

    /// Gives the new file its place, where nothing may stand.
    fn put(&self, index: usize) -> Result<(), ApplyError> {
        let Self { tree, place, .. } = *self;
        let change = &self.changes[index];
        let (aside, staged) = (place.original(index), place.staged(index));
        if change.patch.is_empty() {
            match tree.link(&aside, &change.to) {
                Err(fault) if !fault.is_taken() => {}
                done => return done.map_err(|fault| exists_or(fault, &change.to)),
            }
            // Files cannot have two names here, and the original has to stay aside: move a copy.
            tree.create(&staged, &change.before, Some(&self.permissions[index]))?;
            tree.flush_files(std::slice::from_ref(&staged))?;
        }
        let done = tree.put(&staged, &change.to);
        done.map_err(|fault| exists_or(fault, &change.to))
    }

    /// Checks that the file of a change, at `path` now, has the bytes that the change was planned
    /// on.
    fn compare(&self, index: usize, path: &RelPath) -> Result<(), ApplyError> {
        let Change { from, before, .. } = &self.changes[index];
        let Some(Seen::File(mut file)) = self.tree.look(path)? else {
            return Err(changed_meanwhile(from));
        };
        let bytes = file.read().map_err(|source| Fault {
            path: from.clone(),
            source,
        })?;
        if bytes != *before {
            return Err(changed_meanwhile(from));
        }
        Ok(())
    }

    /// Undoes everything after a failure, and says what could not be undone.
    fn undone(&self, journal: &Journal, cause: ApplyError) -> ApplyError {
        let Self { tree, place, .. } = *self;
        let kept = match undo(tree, place, journal) {
            Ok(recovered) => recovered.kept,
            Err(Fault { path, source }) => {
                return ApplyError::NotUndone {
                    cause: Box::new(cause),
                    path,
                    source,
                };
            }
        };
        let _ = sweep(tree, place);
        // What stood in the way is the failure itself.
        let in_the_way = match &cause {
            ApplyError::Exists { path } => Some(path),
            _ => None,
        };
        let kept = kept.into_iter().filter(|k| Some(&k.path) != in_the_way);
        let kept: Vec<_> = kept.collect();
        if kept.is_empty() {
            return cause;
        }
        ApplyError::Kept {
            cause: Box::new(cause),
            kept,
        }
    }
}

/// Refuses, before anything is written, what can be seen to fail. Returns the modes of the files.
fn inspect(tree: &Tree, changes: &[Change]) -> Result<Vec<Permissions>, ApplyError> {
    let mut permissions = Vec::with_capacity(changes.len());
    let mut moving = HashSet::new();
    for change in changes {
        let path = &change.from;
        match tree.look(path)? {
            Some(Seen::File(file)) if file.len == change.before.len() as u64 => {
                if file.permissions.readonly() && !change.patch.is_empty() {
                    let path = path.clone();
                    let reason = "the file is read-only";
                    let source = io::Error::new(io::ErrorKind::PermissionDenied, reason);
                    return Err(ApplyError::Io { path, source });
                }
                if change.from != change.to {
                    moving.insert(file.id);
                }
                permissions.push(file.permissions);
            }
            _ => return Err(changed_meanwhile(path)),
        }
    }
    for Change { to, .. } in changes.iter().filter(|c| c.from != c.to) {
        match tree.look(to)? {
            None => {}
            // One that moves away itself, perhaps the very same under a name in other case.
            Some(Seen::File(file)) if moving.contains(&file.id) => {}
            Some(_) => return Err(ApplyError::Exists { path: to.clone() }),
        }
    }
    Ok(permissions)
}

/// The folders that new paths need, parents before children.
fn missing_folders(tree: &Tree, changes: &[Change]) -> Result<Vec<RelPath>, Fault> {
    let mut missing = BTreeSet::new();
    for change in changes {
        if change.to.parent() == change.from.parent() {
            continue;
        }
        for folder in ancestors(change.to.as_bytes()) {
            let folder = RelPath::new(folder).expect("the front of a path is a path");
            if !missing.contains(&folder) && tree.look(&folder)?.is_none() {
                missing.insert(folder);
            }
        }
    }
    Ok(missing.into_iter().collect())
}

fn changed_meanwhile(path: &RelPath) -> ApplyError {
    ApplyError::ChangedMeanwhile { path: path.clone() }
}

fn exists_or(fault: Fault, to: &RelPath) -> ApplyError {
    if fault.is_taken() {
        return ApplyError::Exists { path: to.clone() };
    }
    fault.into()
}
