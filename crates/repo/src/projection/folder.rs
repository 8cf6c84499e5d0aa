//! One tree, parsed, and what is made of it.

use storyline_stamp::EntryKind as FileKind;
use storyline_text::RelPath;

use super::paths::PathId;
use super::trees::Place;
use crate::id::ObjectId;
use crate::tree::{EntryKind, TreeEntry, is_sorted, parse_tree, sort_tree, write_tree};

/// One tree, parsed.
pub(super) struct Folder {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// An entry of it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) part: Part,
    pub(super) id: ObjectId,
    /// Where it begins in the bytes, and its mode and its name end.
    start: u32,
    mode: u32,
    name: u32,
}

/// What an entry is to a projection.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Folder(Place),
    /// Links and submodules too.
    File(FileKind, PathId),
}

/// What becomes of an entry.
pub(super) struct Change {
    /// The entry's number.
    pub(super) at: usize,
    pub(super) id: ObjectId,
    /// Where it goes, in the same folder.
    pub(super) to: Option<RelPath>,
}

impl Entry {
    /// What stamping takes an entry for; `None` for a folder.
    pub(super) fn file_kind(raw: &TreeEntry<'_>) -> Option<FileKind> {
        match raw.kind() {
            EntryKind::Tree => None,
            EntryKind::File | EntryKind::Executable => Some(FileKind::File),
            // Whatever an unknown mode means, it keeps its name and bytes.
            EntryKind::Symlink | EntryKind::Unknown => Some(FileKind::Symlink),
            EntryKind::Submodule => Some(FileKind::Submodule),
        }
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.part, Part::File(FileKind::File, _))
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self.part, Part::Folder(_))
    }
}

impl Folder {
    /// `part` tells what an entry is. `None` when the tree is not as Git writes trees.
    pub(super) fn parse(
        mut bytes: Vec<u8>,
        mut part: impl FnMut(&TreeEntry<'_>) -> Part,
    ) -> Option<Self> {
        // Undoing deltas takes more room than what comes out.
        bytes.shrink_to_fit();
        let parsed = parse_tree(&bytes).ok()?;
        let is_plain = |entry: &TreeEntry<'_>| {
            !matches!(entry.name, b"." | b"..") && memchr::memchr(b'/', entry.name).is_none()
        };
        if u32::try_from(bytes.len()).is_err()
            || !is_sorted(&parsed)
            || !parsed.iter().all(is_plain)
        {
            return None;
        }
        let mut start = 0;
        let entries = parsed.iter().map(|raw| {
            let mode = start + raw.mode.len() as u32;
            let name = mode + 1 + raw.name.len() as u32;
            let entry = Entry {
                part: part(raw),
                id: raw.id,
                start,
                mode,
                name,
            };
            start = name + 21;
            entry
        });
        let entries = entries.collect();
        Some(Self { entries, bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn raw(&self, entry: &Entry) -> TreeEntry<'_> {
        TreeEntry {
            mode: &self.bytes[entry.start as usize..entry.mode as usize],
            name: self.name(entry),
            id: entry.id,
        }
    }

    pub(super) fn name(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.mode as usize + 1..entry.name as usize]
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<&Entry> {
        self.entries.iter().find(|entry| self.name(entry) == name)
    }

    /// The bytes of the tree with these changes; `None` when two entries then have one name.
    pub(super) fn with(&self, changes: &[Change]) -> Option<Vec<u8>> {
        if changes.iter().all(|change| change.to.is_none()) {
            let mut bytes = self.bytes.clone();
            for change in changes {
                let id = self.entries[change.at].name as usize + 1;
                bytes[id..id + 20].copy_from_slice(change.id.as_bytes());
            }
            return Some(bytes);
        }
        let mut made: Vec<_> = self.entries.iter().map(|entry| self.raw(entry)).collect();
        for change in changes {
            made[change.at].id = change.id;
            if let Some(to) = &change.to {
                made[change.at].name = to.file_name();
            }
        }
        sort_tree(&mut made);
        is_sorted(&made).then(|| write_tree(&made))
    }
}
