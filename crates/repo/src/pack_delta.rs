//! What differs between two objects, as packs hold it (`gitformat-pack`, "Deltified representation").
//!
//! Versions of one file or folder mostly have all but a few lines in common. What is the same at the
//! beginning and at the end is found at once, and between those what stands once in the former version:
//! lines of a file, entries of a tree. That is less than Git finds when it repacks, and takes as long as
//! it takes to read both.

use std::io;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::id::Kind;

/// The longest copy that every version of Git reads, and the longest insertion there is, in bytes.
const COPY: usize = 0x1_0000;
const INSERT: usize = 0x7f;
/// Pieces that are shorter are seldom worth a search, in bytes.
const SHORT: usize = 8;
/// Bytes that are compared at once.
const CHUNK: usize = 32;

/// Makes `after` from `before`; both are objects of this kind, of less than 4 GiB.
pub(crate) fn between(kind: Kind, before: &[u8], after: &[u8]) -> Vec<u8> {
    let start = same_start(before, after);
    let end = same_end(&before[start..], &after[start..]);
    let old = start..before.len() - end;
    let new = start..after.len() - end;
    let mut delta = Vec::with_capacity(64);
    push_size(&mut delta, before.len());
    push_size(&mut delta, after.len());
    push_copy(&mut delta, 0..start);
    push_middle(&mut delta, kind, (before, old), (after, new));
    push_copy(&mut delta, before.len() - end..before.len());
    delta
}

/// What stands between the part that is the same at the beginning and the one at the end.
fn push_middle(
    delta: &mut Vec<u8>,
    kind: Kind,
    (before, old): (&[u8], Range<usize>),
    (after, new): (&[u8], Range<usize>),
) {
    let mut places: FxHashMap<&[u8], Option<usize>> = FxHashMap::default();
    let mut at = old.start;
    // Nothing can be found where nothing is left.
    while at < old.end && new.len() > SHORT {
        let piece = piece(kind, &before[at..old.end]);
        if piece.len() > SHORT {
            let place = places.entry(piece);
            place.and_modify(|place| *place = None).or_insert(Some(at));
        }
        at += piece.len();
    }
    let mut open = new.start;
    let mut at = new.start;
    while at < new.end {
        let piece = piece(kind, &after[at..new.end]);
        let Some(from) = places.get(piece).copied().flatten() else {
            at += piece.len();
            continue;
        };
        let back = same_end(&before[old.start..from], &after[open..at]);
        let length = same_start(&before[from..old.end], &after[at..new.end]);
        push_insert(delta, &after[open..at - back]);
        push_copy(delta, from - back..from + length);
        at += length;
        open = at;
    }
    push_insert(delta, &after[open..new.end]);
}

/// The first line, or the first entry of a tree, whose name is as much of its end as it takes.
fn piece(kind: Kind, bytes: &[u8]) -> &[u8] {
    let end = match kind {
        Kind::Tree => memchr::memchr(0, bytes).map(|nul| nul + 21),
        Kind::Blob | Kind::Commit | Kind::Tag => memchr::memchr(b'\n', bytes).map(|end| end + 1),
    };
    &bytes[..end.unwrap_or(bytes.len()).min(bytes.len())]
}

/// How many bytes two texts have in common at their beginnings.
fn same_start(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.as_chunks::<CHUNK>().0.iter().zip(b.as_chunks().0);
    let done = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    let rest = a[done..].iter().zip(&b[done..]);
    done + rest.take_while(|(a, b)| a == b).count()
}

/// The same at their ends.
fn same_end(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.as_rchunks::<CHUNK>().1.iter().rev();
    let chunks = chunks.zip(b.as_rchunks().1.iter().rev());
    let done = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    let rest = a[..a.len() - done].iter().rev();
    let rest = rest.zip(b[..b.len() - done].iter().rev());
    done + rest.take_while(|(a, b)| a == b).count()
}

fn push_size(delta: &mut Vec<u8>, mut size: usize) {
    while size > 0x7f {
        delta.push(size as u8 | 0x80);
        size >>= 7;
    }
    delta.push(size as u8);
}

fn push_insert(delta: &mut Vec<u8>, bytes: &[u8]) {
    for part in bytes.chunks(INSERT) {
        delta.push(part.len() as u8);
        delta.extend_from_slice(part);
    }
}

fn push_copy(delta: &mut Vec<u8>, mut from: Range<usize>) {
    while !from.is_empty() {
        let length = from.len().min(COPY);
        let command = delta.len();
        delta.push(0x80);
        let start = (from.start as u32).to_le_bytes();
        // No length at all is the longest.
        let length_bytes = (length as u16).to_le_bytes();
        for (bit, byte) in start.into_iter().chain(length_bytes).enumerate() {
            if byte != 0 {
                delta[command] |= 1 << bit;
                delta.push(byte);
            }
        }
        from.start += length;
    }
}

/// What a delta makes of `before`.
///
/// # Errors
/// When it is none, or one of something else.
pub(crate) fn apply(before: &[u8], delta: &[u8]) -> io::Result<Vec<u8>> {
    applied(before, delta).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn applied(before: &[u8], mut delta: &[u8]) -> Option<Vec<u8>> {
    if take_size(&mut delta)? != before.len() {
        return None;
    }
    let size = take_size(&mut delta)?;
    let mut after = Vec::with_capacity(size.min(before.len() + delta.len()));
    while let Some((command, rest)) = delta.split_first() {
        delta = rest;
        if command & 0x80 == 0 {
            let (bytes, rest) = delta.split_at_checked(usize::from(*command))?;
            after.extend_from_slice(bytes);
            delta = rest;
            continue;
        }
        let mut numbers = [0; 7];
        for (bit, number) in numbers.iter_mut().enumerate() {
            if command >> bit & 1 == 1 {
                (*number, delta) = delta.split_first().map(|(byte, rest)| (*byte, rest))?;
            }
        }
        let [a, b, c, d, length @ ..] = numbers;
        let start = u32::from_le_bytes([a, b, c, d]) as usize;
        let length = u32::from_le_bytes([length[0], length[1], length[2], 0]) as usize;
        let length = if length == 0 { COPY } else { length };
        after.extend_from_slice(before.get(start..)?.get(..length)?);
    }
    (after.len() == size).then_some(after)
}

fn take_size(delta: &mut &[u8]) -> Option<usize> {
    let mut size = 0;
    for bits in (0..usize::BITS).step_by(7) {
        let (byte, rest) = delta.split_first()?;
        *delta = rest;
        size |= usize::from(byte & 0x7f) << bits;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    proptest! {
        #[test]
        fn a_delta_makes_the_other(
            before in vec(select(vec!["one line\n", "another one\n", "a third, longer one\n", "x", "\n"]), 0..40),
            after in vec(select(vec!["one line\n", "another one\n", "a new one, too\n", "x", "\n"]), 0..40),
        ) {
            let (before, after) = (before.concat(), after.concat());
            for kind in [Kind::Blob, Kind::Tree] {
                let delta = between(kind, before.as_bytes(), after.as_bytes());
                let made = apply(before.as_bytes(), &delta).expect("a delta of this");
                prop_assert_eq!(made, after.as_bytes());
            }
        }

        #[test]
        fn any_bytes_do(before in vec(0..3_u8, 0..90), after in vec(0..3_u8, 0..90)) {
            let delta = between(Kind::Tree, &before, &after);
            prop_assert_eq!(apply(&before, &delta).expect("a delta of this"), after);
        }

        #[test]
        fn what_is_no_delta_is_told(before in vec(any::<u8>(), 0..9), delta in vec(any::<u8>(), 0..40)) {
            let _ = apply(&before, &delta);
        }
    }

    #[test]
    fn what_moved_or_is_long_is_copied() {
        let lines = |range: Range<usize>| range.map(|n| format!("line {n}\n")).collect::<String>();
        let before = lines(0..20_000);
        let after = format!("first\n{}{}last\n", lines(9_000..20_000), lines(5..9_000));
        let delta = between(Kind::Blob, before.as_bytes(), after.as_bytes());
        assert!(delta.len() < 100, "{}", delta.len());
        let made = apply(before.as_bytes(), &delta).expect("a delta of this");
        assert_eq!(made, after.as_bytes());
    }
}
