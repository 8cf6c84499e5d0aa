//! The index of a pack, as Git has it since version 1.6 (`gitformat-pack`, version 2).

use std::io;

use crate::id::ObjectId;
use crate::pack::Packed;

/// Offsets from here on stand in a table of their own.
const LARGE: u64 = 1 << 31;

/// The index of `entries`, which are sorted by name; `checksum` is the pack's own.
///
/// # Errors
/// When a pack has more than two thousand million objects of more than 2 GiB.
pub(crate) fn bytes(entries: &[(ObjectId, Packed)], checksum: ObjectId) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(8 + 1024 + 28 * entries.len() + 40);
    bytes.extend_from_slice(b"\xfftOc\0\0\0\x02");
    let mut below = 0_u32;
    for first in 0..=u8::MAX {
        let rest = entries.get(below as usize..).unwrap_or_default();
        let these = rest.iter().take_while(|(id, _)| id.as_bytes()[0] == first);
        below += u32::try_from(these.count()).map_err(io::Error::other)?;
        bytes.extend_from_slice(&below.to_be_bytes());
    }
    for (id, _) in entries {
        bytes.extend_from_slice(id.as_bytes());
    }
    for (_, packed) in entries {
        bytes.extend_from_slice(&packed.crc.to_be_bytes());
    }
    let mut large = Vec::new();
    for (_, packed) in entries {
        let offset = match u32::try_from(packed.offset) {
            Ok(offset) if packed.offset < LARGE => offset,
            _ => {
                large.push(packed.offset);
                (large.len() - 1) as u32 | LARGE as u32
            }
        };
        bytes.extend_from_slice(&offset.to_be_bytes());
    }
    for offset in large {
        bytes.extend_from_slice(&offset.to_be_bytes());
    }
    bytes.extend_from_slice(checksum.as_bytes());
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&bytes);
    let own = hasher
        .try_finalize()
        .map_err(|error| io::Error::other(error.to_string()))?;
    bytes.extend_from_slice(own.as_slice());
    Ok(bytes)
}
