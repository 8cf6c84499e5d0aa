//! Whether files can be where their new names put them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use storyline_text::{Diagnostic, RelPath};
use unicode_normalization::UnicodeNormalization;

use crate::{Entry, refusal};

/// Refuses a new path that something else has, that only letter case or Unicode form keeps apart
/// from another, or that would have to be a file and a folder at once. Two paths that collide
/// already may do so afterwards.
pub(crate) fn check(entries: &[Entry], renames: &BTreeMap<RelPath, RelPath>) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let mut arrivals: FxHashMap<Vec<u8>, (&RelPath, &RelPath)> = FxHashMap::default();
    for (from, to) in renames {
        let other = arrivals.insert(folded(to.as_bytes()).into(), (from, to));
        errors.extend(other.and_then(|other| collision((from, to), other)));
    }
    if arrivals.is_empty() {
        return errors;
    }
    let mut folder = &b""[..];
    for Entry { path, .. } in entries {
        if !renames.contains_key(path)
            && let Some(arrival) = arrivals.get(&*folded(path.as_bytes()))
        {
            errors.extend(collision(*arrival, (path, path)));
        }
        // Sorted: what is in one folder stands together, so most folders are looked at once.
        if path.parent() == folder {
            continue;
        }
        folder = path.parent();
        let inside = folders(path).find_map(|folder| arrivals.get(&*folded(folder)));
        errors.extend(inside.map(|(from, to)| refusal::path_is_folder(from, to, path)));
    }
    errors
}

/// Two files, where they are and where they will be, that would be one.
fn collision(
    (from, to): (&RelPath, &RelPath),
    (other, other_to): (&RelPath, &RelPath),
) -> Option<Diagnostic> {
    let new = folded(from.as_bytes()) != folded(other.as_bytes());
    (new || to == other_to).then(|| refusal::path_taken(from, to, other, other_to))
}

/// The folders that `path` is in, outermost first.
fn folders(path: &RelPath) -> impl Iterator<Item = &[u8]> {
    let bytes = path.as_bytes();
    memchr::memchr_iter(b'/', bytes).map(move |at| &bytes[..at])
}

/// The same for all spellings that some file system takes for one.
pub(crate) fn folded(path: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(path) {
        Ok(text) if !text.is_ascii() => {
            let lower = text.nfc().flat_map(char::to_lowercase);
            lower.nfc().collect::<String>().into_bytes().into()
        }
        _ if path.iter().any(u8::is_ascii_uppercase) => path.to_ascii_lowercase().into(),
        _ => path.into(),
    }
}
