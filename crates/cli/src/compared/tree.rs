//! A tree of a repository as one side of a comparison.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use storyline_diff::{Entry, Kind, Side};
use storyline_repo::projection::{Differences, Leaf, Workspace};
use storyline_repo::{EntryKind, ObjectError, ObjectId};
use storyline_stamp::ReadError;
use storyline_text::RelPath;

/// Files of a tree, read beforehand.
pub(crate) struct TreeSide {
    entries: Vec<Entry>,
    /// Of each entry.
    leaves: Vec<Leaf>,
    blobs: Arc<HashMap<ObjectId, Vec<u8>>>,
}

/// Both sides, with nothing but what differs between them.
pub(crate) fn sides(
    workspace: &Workspace<'_>,
    differences: &Differences,
) -> Result<[TreeSide; 2], ObjectError> {
    let leaves = differences
        .iter()
        .flat_map(|(path, sides)| sides.iter().flatten().map(move |leaf| (path, *leaf)));
    let is_blob = |leaf: &Leaf| leaf.kind != EntryKind::Submodule;
    let paths: HashMap<_, _> = leaves
        .filter(|(_, leaf)| is_blob(leaf))
        .map(|(path, leaf)| (leaf.id, path))
        .collect();
    let ids: Vec<_> = paths.keys().copied().collect();
    let found = Mutex::new((HashMap::with_capacity(ids.len()), None));
    workspace.read_all(&ids, |id, bytes| {
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match bytes {
            Ok(bytes) => drop(found.0.insert(id, bytes)),
            Err(error) => found.1 = Some(error.at(paths[&id].as_bytes())),
        }
    });
    let (blobs, error) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = error {
        return Err(error);
    }
    let blobs = Arc::new(blobs);
    Ok([0, 1].map(|side| {
        let there = differences
            .iter()
            .filter_map(|(path, sides)| Some((path, sides[side]?)));
        let (entries, leaves) = there.map(|(path, leaf)| (entry(path, leaf), leaf)).unzip();
        TreeSide {
            entries,
            leaves,
            blobs: Arc::clone(&blobs),
        }
    }))
}

fn entry(path: &RelPath, leaf: Leaf) -> Entry {
    Entry {
        path: path.clone(),
        kind: match leaf.kind {
            EntryKind::Executable => Kind::File {
                executable: Some(true),
            },
            EntryKind::Symlink => Kind::Symlink,
            EntryKind::Submodule => Kind::Submodule,
            EntryKind::File | EntryKind::Unknown | EntryKind::Tree => Kind::File {
                executable: Some(false),
            },
        },
        hash: Some(*leaf.id.as_bytes()),
    }
}

impl Side for TreeSide {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let failed = || ReadError {
            path: path.clone(),
            reason: "it is not in this commit".into(),
        };
        let found = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        let leaf = self.leaves[found.map_err(|_| failed())?];
        if leaf.kind == EntryKind::Submodule {
            // As Git shows it.
            return Ok(format!("Subproject commit {}\n", leaf.id)
                .into_bytes()
                .into());
        }
        let bytes = self.blobs.get(&leaf.id).ok_or_else(failed)?;
        Ok(Cow::Borrowed(bytes))
    }
}
