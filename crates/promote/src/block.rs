//! Entries of a ledger that were read before, many at once.
//!
//! Neither a commit nor what it says ever changes. So a run of entries is remembered by the commit that it ends
//! with, and a ledger of ten thousand is put together from forty runs; only what came since the last one is read
//! from the commits themselves.

use storyline_repo::{Key, Memo, ObjectId};

use crate::deed::Deed;
use crate::ledger::Entry;

/// Entries that are remembered together. Fewer are read from their commits each time.
const ENTRIES: usize = 256;

/// An entry, and the commit that it merged when it is a merge of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) entry: Entry,
    pub(crate) merged: Option<ObjectId>,
}

/// Remembers entries that follow one another, newest first: as many whole blocks as they fill, from the oldest.
pub(crate) fn remember(memo: &mut Memo, read: &[Read]) {
    for block in read.rchunks_exact(ENTRIES) {
        memo.put(|| key(block[0].entry.commit), || encode(block));
    }
}

/// The block that ends with a commit, newest entry first, if it is known.
pub(crate) fn recall(memo: &Memo, last: ObjectId) -> Option<Vec<Read>> {
    let bytes = memo.get(|| key(last))?;
    let mut rest = bytes.as_slice();
    let mut read = Vec::with_capacity(ENTRIES);
    while !rest.is_empty() {
        read.push(decode(&mut rest)?);
    }
    Some(read)
}

fn key(last: ObjectId) -> Key {
    Key::of(&[b"ledger", last.as_bytes()])
}

fn encode(block: &[Read]) -> Vec<u8> {
    let mut out = Vec::new();
    for Read { entry, merged } in block {
        out.extend_from_slice(entry.commit.as_bytes());
        out.extend_from_slice(entry.tree.as_bytes());
        out.extend_from_slice(&entry.when.to_le_bytes());
        for id in [entry.parent, *merged] {
            out.push(u8::from(id.is_some()));
            out.extend_from_slice(id.as_ref().map_or(&[], |id| id.as_bytes()));
        }
        let deeds: Vec<_> = entry.deeds.iter().map(Deed::to_string).collect();
        let said = deeds.join("\n");
        out.extend_from_slice(&(said.len() as u64).to_le_bytes());
        out.extend_from_slice(said.as_bytes());
    }
    out
}

/// The first entry of `rest`, which goes on behind it.
fn decode(rest: &mut &[u8]) -> Option<Read> {
    let commit = ObjectId::from_bytes(take(rest)?);
    let tree = ObjectId::from_bytes(take(rest)?);
    let when = i64::from_le_bytes(take(rest)?);
    let parent = optional(rest)?;
    let merged = optional(rest)?;
    let length = u64::from_le_bytes(take(rest)?);
    let (said, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    let entry = Entry {
        commit,
        parent,
        tree,
        when,
        deeds: Deed::all_in(said),
    };
    Some(Read { entry, merged })
}

fn optional(rest: &mut &[u8]) -> Option<Option<ObjectId>> {
    match take(rest)? {
        [0] => Some(None),
        _ => Some(Some(ObjectId::from_bytes(take(rest)?))),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*first)
}
