//! Whether files can be where their new names put them.

use std::collections::BTreeMap;

use storyline_text::{Diagnostic, RelPath};
use unicode_normalization::UnicodeNormalization;

use crate::{Entry, refusal};

/// Refuses a new path that something else has, that only letter case or Unicode form keeps apart
/// from another, or that would have to be a file and a folder at once. What collides already, and
/// is not touched, stays as it is.
pub(crate) fn check(entries: &[Entry], renames: &BTreeMap<RelPath, RelPath>) -> Vec<Diagnostic> {
    if renames.is_empty() {
        return Vec::new();
    }
    let mut errors = Vec::new();
    let mut taken: BTreeMap<Vec<u8>, (&RelPath, &RelPath)> = BTreeMap::new();
    let after = |entry: &Entry| renames.contains_key(&entry.path);
    let (moved, kept): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| after(entry));
    for entry in kept {
        taken.insert(folded(&entry.path), (&entry.path, &entry.path));
        for folder in folders(&entry.path) {
            taken
                .entry(folded_bytes(folder))
                .or_insert((&entry.path, &entry.path));
        }
    }
    for entry in moved {
        let (from, to) = (&entry.path, &renames[&entry.path]);
        if let Some((other, other_to)) = taken.insert(folded(to), (from, to)) {
            errors.push(refusal::path_taken(from, to, other, other_to));
        }
    }
    errors
}

/// The folders that `path` is in, outermost first.
fn folders(path: &RelPath) -> impl Iterator<Item = &[u8]> {
    let bytes = path.as_bytes();
    memchr::memchr_iter(b'/', bytes).map(move |at| &bytes[..at])
}

fn folded(path: &RelPath) -> Vec<u8> {
    folded_bytes(path.as_bytes())
}

/// The same for all spellings that some file system takes for one.
fn folded_bytes(path: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(path) {
        Ok(text) => text
            .nfc()
            .flat_map(char::to_lowercase)
            .nfc()
            .collect::<String>()
            .into(),
        Err(_) => path.to_ascii_lowercase(),
    }
}
