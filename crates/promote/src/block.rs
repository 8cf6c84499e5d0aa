//! Entries of a ledger that were read before, many at once.
//!
//! Neither a commit nor what it says ever changes. So a run of entries is remembered by the commit that it ends
//! with, and a ledger of ten thousand is put together from forty runs; only what came since the last one is read
//! from the commits themselves.

use serde::{Deserialize, Serialize};
use storyline_repo::{Key, Memo, ObjectId};

use crate::ledger::Entry;

/// Entries that are remembered together. Fewer are read from their commits each time.
const ENTRIES: usize = 256;

/// An entry, and the commit that it merged when it is a merge of two.
#[derive(Serialize, Deserialize)]
pub(crate) struct Read {
    pub(crate) entry: Entry,
    pub(crate) merged: Option<ObjectId>,
}

/// Remembers entries that follow one another, newest first: as many whole blocks as they fill, from the oldest.
pub(crate) fn remember(memo: &mut Memo, read: &[Read]) {
    for block in read.rchunks_exact(ENTRIES) {
        // What cannot be written is read from the commits again.
        if let Ok(bytes) = postcard::to_allocvec(block) {
            memo.put(|| key(block[0].entry.commit), || bytes);
        }
    }
}

/// The block that ends with a commit, newest entry first, if it is known.
pub(crate) fn recall(memo: &Memo, last: ObjectId) -> Option<Vec<Read>> {
    let bytes = memo.get(|| key(last))?;
    let read: Vec<Read> = postcard::from_bytes(&bytes).ok()?;
    (!read.is_empty()).then_some(read)
}

fn key(last: ObjectId) -> Key {
    Key::of(&[b"ledger", last.as_bytes()])
}
