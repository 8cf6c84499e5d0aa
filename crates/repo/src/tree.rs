//! Trees as the bytes that they are.
//!
//! Modes are kept as they were written, odd ones of old programs too, and so is the order: a tree that
//! is read and written again has the same bytes and so the same name.

use std::cmp::Ordering;

use memchr::memchr;

use crate::id::ObjectId;

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TreeEntry<'a> {
    /// Octal digits as they were written; [`kind`](Self::kind) says what they mean.
    pub mode: &'a [u8],
    /// Any bytes but NUL. Nobody saw to it that it is safe as a file's name.
    pub name: &'a [u8],
    /// The blob, tree or, in another repository, commit.
    pub id: ObjectId,
}

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A folder.
    Tree,
    /// A file.
    File,
    /// A file that can be run.
    Executable,
    /// A symbolic link; its blob is the target.
    Symlink,
    /// Another repository's commit.
    Submodule,
    /// A mode that Git does not know.
    Unknown,
}

/// Bytes that are no tree, whatever the object says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry at byte {at} that is no `MODE NAME`, NUL and twenty bytes")]
pub struct MalformedTree {
    /// Where the entry begins, counted from 0.
    pub at: usize,
}

impl TreeEntry<'_> {
    /// What it stands for, as Git reads the mode: the type decides, and of a file's permissions only the
    /// owner's right to run it.
    pub fn kind(&self) -> EntryKind {
        // As Git writes them today.
        match self.mode {
            b"40000" => return EntryKind::Tree,
            b"100644" => return EntryKind::File,
            _ => {}
        }
        let digits = std::str::from_utf8(self.mode).ok();
        let mode = digits.and_then(|digits| u32::from_str_radix(digits, 8).ok());
        match mode.map(|mode| (mode & 0o170_000, mode)) {
            Some((0o040_000, _)) => EntryKind::Tree,
            Some((0o100_000, mode)) if mode & 0o100 != 0 => EntryKind::Executable,
            Some((0o100_000, _)) => EntryKind::File,
            Some((0o120_000, _)) => EntryKind::Symlink,
            Some((0o160_000, _)) => EntryKind::Submodule,
            _ => EntryKind::Unknown,
        }
    }
}

/// The entries of a tree, in the order that they have in it.
///
/// # Errors
/// When the bytes are none. A mode or name that is merely odd is none.
pub fn parse_tree(bytes: &[u8]) -> Result<Vec<TreeEntry<'_>>, MalformedTree> {
    // Most names are longer than the few bytes that this leaves them.
    let mut entries = Vec::with_capacity(bytes.len() / 40);
    let mut at = 0;
    while at < bytes.len() {
        let (entry, length) = entry(&bytes[at..]).ok_or(MalformedTree { at })?;
        entries.push(entry);
        at += length;
    }
    Ok(entries)
}

fn entry(bytes: &[u8]) -> Option<(TreeEntry<'_>, usize)> {
    let space = memchr(b' ', bytes)?;
    let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
    let octal = |byte: &u8| matches!(byte, b'0'..=b'7');
    if mode.is_empty() || !mode.iter().all(octal) {
        return None;
    }
    let nul = memchr(0, rest).filter(|nul| *nul > 0)?;
    let id = rest.get(nul + 1..nul + 21)?;
    let id = ObjectId::from_bytes(id.try_into().ok()?);
    let name = &rest[..nul];
    Some((TreeEntry { mode, name, id }, space + 1 + nul + 21))
}

/// The order in which Git has entries: a folder's name counts as if it ended in `/`.
pub fn tree_order(a: &TreeEntry<'_>, b: &TreeEntry<'_>) -> Ordering {
    let common = a.name.len().min(b.name.len());
    let (head, tail) = a.name.split_at(common);
    let (other, other_tail) = b.name.split_at(common);
    let next = |tail: &[u8], entry: &TreeEntry<'_>| match tail.first() {
        Some(byte) => *byte,
        None if entry.kind() == EntryKind::Tree => b'/',
        None => 0,
    };
    head.cmp(other)
        .then_with(|| next(tail, a).cmp(&next(other_tail, b)))
}

/// Whether entries are in Git's order and no name is there twice, as a file or as a folder.
pub fn is_sorted(entries: &[TreeEntry<'_>]) -> bool {
    let ordered = entries
        .windows(2)
        .all(|pair| tree_order(&pair[0], &pair[1]) == Ordering::Less);
    ordered && !has_twins(entries)
}

/// `a` the file and `a` the folder are in order, with others in between, but no checkout has both.
fn has_twins(entries: &[TreeEntry<'_>]) -> bool {
    // In order, what stands between them begins with `a` and a byte below `/`.
    let mut open: Vec<&[u8]> = Vec::new();
    entries.iter().any(|entry| {
        while open
            .last()
            .is_some_and(|name| !entry.name.starts_with(name))
        {
            open.pop();
        }
        if entry.kind() == EntryKind::Tree {
            return open.contains(&entry.name);
        }
        open.push(entry.name);
        false
    })
}

/// Puts entries into Git's order.
pub fn sort_tree(entries: &mut [TreeEntry<'_>]) {
    entries.sort_by(tree_order);
}

/// The bytes of a tree of these entries, in the order that they are given in.
pub fn write_tree(entries: &[TreeEntry<'_>]) -> Vec<u8> {
    let length = entries.iter().map(|e| e.mode.len() + e.name.len() + 22);
    let mut bytes = Vec::with_capacity(length.sum());
    for entry in entries {
        bytes.extend_from_slice(entry.mode);
        bytes.push(b' ');
        bytes.extend_from_slice(entry.name);
        bytes.push(0);
        bytes.extend_from_slice(entry.id.as_bytes());
    }
    bytes
}
