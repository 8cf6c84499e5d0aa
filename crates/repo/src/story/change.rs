//! What a change does, told apart from where it stands.
//!
//! A story that was squashed or rebased has other commits than those that were handed in. What stays is
//! its text: the [`PatchId`] of a change is the hash of its files' paths, modes and changed lines with
//! three lines around them, but not of their numbers. Blanks count, since YAML and LookML's strings mean
//! something by them; the lines around count too, so that the same line put in elsewhere is another
//! change. Whoever is in doubt says that they differ.

use git2::{Delta, DiffDelta, DiffLineType, DiffOptions, Patch};

use super::StoryError;
use crate::{ObjectId, Repository};

/// Lines around a change that belong to it.
const CONTEXT: u32 = 3;

/// The most bytes of a file whose lines are compared; longer ones are compared as a whole.
const MAX_TEXT: usize = 64 << 20;

/// The hash of what a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PatchId([u8; 32]);

/// The hash of which files a change touches: what two changes must share to be the same, and cheap to
/// ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Footprint([u8; 32]);

/// A file that a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path; any bytes but NUL.
    pub path: Vec<u8>,
    /// What happens to it.
    pub status: FileStatus,
    pub(crate) old: ObjectId,
    pub(crate) new: ObjectId,
    modes: [u32; 2],
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its bytes, its mode or its kind are others.
    Changed,
}

/// All that differs between two trees, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The files, sorted by path. A file that moved is one that is gone and one that is new.
    pub files: Vec<ChangedFile>,
}

impl Change {
    /// What differs between the trees of two commits; `None` for the tree before all commits.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn between(
        repository: &Repository,
        base: Option<ObjectId>,
        tip: ObjectId,
    ) -> Result<Self, StoryError> {
        let git = repository.git();
        let tree = |commit: ObjectId| git.find_commit(commit.to_git())?.tree();
        let files = (|| {
            let base = base.map(tree).transpose()?;
            let tip = tree(tip)?;
            let mut options = DiffOptions::new();
            options.include_typechange(false).skip_binary_check(true);
            let diff = git.diff_tree_to_tree(base.as_ref(), Some(&tip), Some(&mut options))?;
            Ok(diff.deltas().map(|delta| file(&delta)).collect())
        })();
        Ok(Self {
            files: files.map_err(|error: git2::Error| StoryError::unreadable(&error))?,
        })
    }

    /// What a commit does to its parent; `None` for a merge.
    pub(crate) fn of(
        repository: &Repository,
        commit: ObjectId,
    ) -> Result<Option<Self>, StoryError> {
        let found = repository.git().find_commit(commit.to_git());
        let found = found.map_err(|error| StoryError::unreadable(&error))?;
        if found.parent_count() > 1 {
            return Ok(None);
        }
        let parent = found.parent_ids().next().map(ObjectId::from_git);
        Self::between(repository, parent, commit).map(Some)
    }

    pub(crate) fn footprint(&self) -> Footprint {
        let mut hasher = blake3::Hasher::new();
        for file in &self.files {
            add_name(&mut hasher, file);
        }
        Footprint(*hasher.finalize().as_bytes())
    }

    /// What it does; `None` for nothing.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn patch_id(&self, repository: &Repository) -> Result<Option<PatchId>, StoryError> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let mut hasher = blake3::Hasher::new();
        for file in &self.files {
            add_name(&mut hasher, file);
            add_content(&mut hasher, repository.git(), file)
                .map_err(|error| StoryError::unreadable(&error))?;
        }
        Ok(Some(PatchId(*hasher.finalize().as_bytes())))
    }
}

fn file(delta: &DiffDelta<'_>) -> ChangedFile {
    let (status, side) = match delta.status() {
        Delta::Added => (FileStatus::Added, delta.new_file()),
        Delta::Deleted => (FileStatus::Removed, delta.old_file()),
        _ => (FileStatus::Changed, delta.new_file()),
    };
    ChangedFile {
        path: side.path_bytes().unwrap_or_default().into(),
        status,
        old: ObjectId::from_git(delta.old_file().id()),
        new: ObjectId::from_git(delta.new_file().id()),
        modes: [
            delta.old_file().mode().into(),
            delta.new_file().mode().into(),
        ],
    }
}

fn add_name(hasher: &mut blake3::Hasher, file: &ChangedFile) {
    hasher.update(&file.path).update(&[0]);
    for mode in file.modes {
        hasher.update(&mode.to_le_bytes());
    }
}

fn add_content(
    hasher: &mut blake3::Hasher,
    git: &git2::Repository,
    file: &ChangedFile,
) -> Result<(), git2::Error> {
    let is_blob = |mode: u32| mode & 0o170_000 == 0o100_000;
    if file.modes.into_iter().all(is_blob) && file.old != file.new {
        let [old, new] = [file.old, file.new].map(|id| git.find_blob(id.to_git()));
        let (old, new) = (old?, new?);
        if old.content().len().max(new.content().len()) <= MAX_TEXT {
            return add_lines(hasher, old.content(), new.content());
        }
    }
    // New, gone, a link or another repository: the whole of it.
    hasher
        .update(file.old.as_bytes())
        .update(file.new.as_bytes());
    Ok(())
}

fn add_lines(hasher: &mut blake3::Hasher, old: &[u8], new: &[u8]) -> Result<(), git2::Error> {
    let mut options = DiffOptions::new();
    options.context_lines(CONTEXT).interhunk_lines(0);
    options.force_text(true);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options))?;
    for hunk in 0..patch.num_hunks() {
        hasher.update(b"@");
        for line in 0..patch.num_lines_in_hunk(hunk)? {
            let line = patch.line_in_hunk(hunk, line)?;
            let sign = match line.origin_value() {
                DiffLineType::Addition => b"+",
                DiffLineType::Deletion => b"-",
                DiffLineType::Context => b" ",
                // A last line without its end: its text lacks the break already.
                _ => continue,
            };
            hasher.update(sign).update(line.content());
            hasher.update(&[0]);
        }
    }
    Ok(())
}
