//! Undoing: after a failed step, or in the next command when this one was killed.
//!
//! A command sets all originals aside, then puts all new files in place. So as long as one original
//! is not aside, nothing is in place; and undoing keeps that order backwards: it takes away
//! everything that is in place, then moves originals back one by one. Where a killed command, or a
//! killed undo, stood can therefore be read from the files alone.

use std::path::Path;

use cap_std::fs::Dir;
use storyline_text::{Diagnostic, RelPath};

use crate::error::{Fault, FolderError, Kept};
use crate::folder::open_root;
use crate::journal::{Hold, HoldError, Journal, Move, Place, discard, make_if_missing, sweep};
use crate::tree::{FileSeen, Hook, Seen, Tree};

/// What [`recover`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files that are as they were again.
    pub restored: Vec<RelPath>,
    /// Files that somebody changed after the command was killed, and that stay so.
    pub kept: Vec<Kept>,
}

impl Recovered {
    /// What a person is told: one notice, and one warning for each file that stays changed.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let files = self.restored.len();
        let restored = Diagnostic::notice(
            "folder-recovered",
            format!("a command was stopped in this folder; {files} files are as before it"),
        );
        let kept = self.kept.iter().map(|file| {
            Diagnostic::warning(
                "recover-kept",
                format!("{} was changed since a command was stopped", file.path),
            )
            .label(file.label())
            .help("it stays as it is; compare it with the original and delete what is not needed")
        });
        std::iter::once(restored).chain(kept).collect()
    }
}

/// Undoes what a killed command left in the folder at `path`: every file is as it was before that
/// command, but for those that somebody changed since. To be called before the folder is opened.
/// Returns `None` when there was nothing to undo. When this is killed too, the next call goes on.
///
/// # Errors
/// [`FolderError::Busy`] when the command is still running; otherwise when files cannot be put
/// back, in which case the journal stays for the next call.
pub fn recover(path: impl AsRef<Path>) -> Result<Option<Recovered>, FolderError> {
    recover_with(path.as_ref(), &|_| Ok(()))
}

pub(crate) fn recover_with(path: &Path, hook: Hook<'_>) -> Result<Option<Recovered>, FolderError> {
    let (_, root) = open_root(path)?;
    let mut recovered: Option<Recovered> = None;
    for place in Place::all(&root) {
        if let Some(Recovered { restored, kept }) = recover_at(&root, place, hook)? {
            let all = recovered.get_or_insert_default();
            all.restored.extend(restored);
            all.kept.extend(kept);
        }
    }
    Ok(recovered)
}

fn recover_at(root: &Dir, place: Place, hook: Hook<'_>) -> Result<Option<Recovered>, FolderError> {
    let tree = Tree::new(root, hook);
    // Looking is enough for most calls: they need no right to write.
    let left = tree.names(&place.folder())?;
    if left.is_empty() {
        // A command that was killed while it made these had nothing else; only empty ones go.
        let _ = tree.remove_folder(&place.folder());
        let _ = tree.remove_folder(&place.home());
    }
    if left.iter().all(|name| name == "kept") {
        return Ok(None);
    }
    let hold = match Hold::take(&tree, place) {
        Ok(hold) => hold,
        Err(HoldError::Busy(pid)) => return Err(FolderError::Busy { pid }),
        // Without a journal nothing is to be undone, only to be swept, and that can wait.
        Err(HoldError::Io(_)) if tree.look(&place.journal())?.is_none() => return Ok(None),
        Err(HoldError::Io(fault)) => return Err(fault.into()),
    };
    let recovered = recover_held(&tree, place);
    hold.release(&tree);
    recovered
}

fn recover_held(tree: &Tree, place: Place) -> Result<Option<Recovered>, FolderError> {
    let recovered = match Journal::read(tree, place)? {
        None => None,
        Some(Ok(journal)) => Some(undo(tree, place, &journal)?),
        Some(Err(reason)) => {
            let path = place.journal();
            return Err(FolderError::Journal { path, reason });
        }
    };
    sweep(tree, place)?;
    Ok(recovered)
}

/// Undoes what `journal` speaks of, and removes it. Whoever calls holds the lock.
pub(crate) fn undo(tree: &Tree, place: Place, journal: &Journal) -> Result<Recovered, Fault> {
    let undo = Undo {
        tree,
        place,
        journal,
    };
    let strangers = undo.take_away()?;
    let recovered = undo.put_back(&strangers)?;
    for folder in journal.folders.iter().rev() {
        // One that somebody uses by now stays.
        let _ = tree.remove_folder(folder);
    }
    discard(tree, place)?;
    Ok(recovered)
}

struct Undo<'t, 'a> {
    tree: &'t Tree<'a>,
    place: Place,
    journal: &'t Journal,
}

impl Undo<'_, '_> {
    /// Removes the new files at new paths. Returns the changes whose new path holds something that
    /// is not ours.
    fn take_away(&self) -> Result<Vec<usize>, Fault> {
        let Self { tree, place, .. } = *self;
        for index in 0..self.journal.moves.len() {
            if tree.look(&place.original(index))?.is_none() {
                return Ok(Vec::new());
            }
        }
        let mut strangers = Vec::new();
        for (index, change) in self.journal.moves.iter().enumerate() {
            if change.from == change.to {
                continue;
            }
            let is_ours = match tree.look(&change.to)? {
                None => continue,
                Some(Seen::File(file)) => self.is_ours(index, change, file)?,
                Some(Seen::Other) => false,
            };
            if is_ours {
                tree.remove(&change.to)?;
            } else if self
                .journal
                .moves
                .iter()
                .all(|other| other.from != change.to)
            {
                // Where another original belongs, its return meets the stranger.
                strangers.push(index);
            }
        }
        tree.flush_folders_of(self.journal.moves.iter().map(|change| &change.to))?;
        Ok(strangers)
    }

    /// Whether the file at a new path is the one that was put there: another name of the staged
    /// file or of the original, or, where files cannot have two names, one with the same bytes.
    fn is_ours(&self, index: usize, change: &Move, mut file: FileSeen) -> Result<bool, Fault> {
        let Self { tree, place, .. } = *self;
        let staged = tree.look(&place.staged(index))?;
        let original = tree.look(&place.original(index))?;
        for twin in [&staged, &original].into_iter().flatten() {
            if matches!(twin, Seen::File(twin) if twin.id == file.id) {
                return Ok(true);
            }
        }
        Ok(staged.is_none() && hash(&mut file, &change.to)? == change.after)
    }

    /// Moves the originals back, each where nothing but our own new file stands.
    fn put_back(&self, strangers: &[usize]) -> Result<Recovered, Fault> {
        let mut recovered = Recovered::default();
        for (index, change) in self.journal.moves.iter().enumerate() {
            let Some(original) = self.tree.look(&self.place.original(index))? else {
                continue;
            };
            let landed = if self.give_back(index, change, &original)? {
                recovered.restored.push(change.from.clone());
                change.from.clone()
            } else {
                let kept = self.keep(index)?;
                recovered.kept.push(Kept {
                    path: change.from.clone(),
                    original: kept.clone(),
                });
                kept
            };
            if strangers.contains(&index) {
                recovered.kept.push(Kept {
                    path: change.to.clone(),
                    original: landed,
                });
            }
        }
        let moves = self.journal.moves.iter();
        self.tree
            .flush_folders_of(moves.map(|change| &change.from))?;
        Ok(recovered)
    }

    /// Moves one original back; `false` when something else stands in its place.
    fn give_back(&self, index: usize, change: &Move, original: &Seen) -> Result<bool, Fault> {
        let Self { tree, place, .. } = *self;
        let aside = place.original(index);
        let mut file = match tree.look(&change.from)? {
            None => match tree.put(&aside, &change.from) {
                // Something appeared there at the last moment.
                Err(fault) if fault.is_taken() => return Ok(false),
                done => return done.map(|()| true),
            },
            Some(Seen::Other) => return Ok(false),
            Some(Seen::File(file)) => file,
        };
        let is_original = matches!(original, Seen::File(original) if original.id == file.id);
        let found = hash(&mut file, &change.from)?;
        if is_original || found == change.before {
            tree.remove(&aside)?;
            return Ok(true);
        }
        // A new file in the old place has left its staged name.
        let is_new = change.from == change.to
            && found == change.after
            && tree.look(&place.staged(index))?.is_none();
        if is_new {
            tree.rename(&aside, &change.from)?;
        }
        Ok(is_new)
    }

    /// Moves an original whose place is taken to where a person finds it.
    fn keep(&self, index: usize) -> Result<RelPath, Fault> {
        let Self { tree, place, .. } = *self;
        make_if_missing(tree, &place.kept_folder())?;
        let mut number = 1;
        while tree.look(&place.kept(number))?.is_some() {
            number += 1;
        }
        let kept = place.kept(number);
        tree.rename(&place.original(index), &kept)?;
        Ok(kept)
    }
}

fn hash(file: &mut FileSeen, path: &RelPath) -> Result<String, Fault> {
    match file.hash() {
        Ok(hash) => Ok(hash.to_hex().to_string()),
        Err(source) => Err(Fault {
            path: path.clone(),
            source,
        }),
    }
}
