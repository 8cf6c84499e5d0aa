//! A project in memory, so that a trial changes nothing on disk.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use storyline_folder::Folder;
use storyline_stamp::{Entry, EntryKind, FileSet, ReadError, TreePatch};
use storyline_text::RelPath;

/// Paths and bytes of a project.
#[derive(PartialEq)]
pub(crate) struct Memory {
    entries: Vec<Entry>,
    files: BTreeMap<RelPath, Vec<u8>>,
}

impl Memory {
    pub(crate) fn load(folder: &Folder) -> Result<Self> {
        let regular = folder
            .entries()
            .iter()
            .filter(|e| e.kind == EntryKind::File);
        let files: Result<_, ReadError> = regular
            .map(|entry| Ok((entry.path.clone(), folder.read(&entry.path)?.into_owned())))
            .collect();
        let entries = folder.entries().to_vec();
        Ok(Self {
            entries,
            files: files?,
        })
    }

    /// Regular files by path.
    pub(crate) fn files(&self) -> &BTreeMap<RelPath, Vec<u8>> {
        &self.files
    }

    /// The project after `patch`, as a folder would be.
    pub(crate) fn apply(&self, patch: &TreePatch) -> Result<Self> {
        let mut files = self.files.clone();
        for change in &patch.changes {
            let before = files.remove(&change.from);
            let as_planned = before.as_ref() == Some(&change.before);
            ensure!(as_planned, "{} is not what was planned on", change.from);
        }
        for change in &patch.changes {
            let taken = files.insert(change.to.clone(), change.after());
            ensure!(taken.is_none(), "{} would be overwritten", change.to);
        }
        let others = self.entries.iter().filter(|e| e.kind != EntryKind::File);
        let regular = files.iter().map(|(path, bytes)| Entry {
            path: path.clone(),
            kind: EntryKind::File,
            size: bytes.len() as u64,
        });
        let mut entries: Vec<Entry> = others.cloned().chain(regular).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { entries, files })
    }
}

impl FileSet for Memory {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let bytes = self.files.get(path).ok_or_else(|| ReadError {
            path: path.clone(),
            reason: "it is no regular file of this project".into(),
        })?;
        Ok(Cow::Borrowed(bytes))
    }
}
