//! One object as a pack holds it (`gitformat-pack`): a header, and its bytes or what makes it of another
//! one, compressed.

use std::io::{self, BufRead, Read};

use flate2::{Compress, FlushCompress, Status};
use gix_pack::data::Entry;
use gix_pack::data::entry::Header;

use crate::id::Kind;

/// What takes up no more bytes is not compressed: little would be won, and beginning takes longer.
const SMALL: usize = 512;

/// How an object stands in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is.
    Whole(Kind),
    /// As what differs from the object that begins so many bytes before it.
    Delta(u64),
}

impl Form {
    /// What stands before the compressed bytes, of which there were `size`.
    pub(crate) fn push_header(self, size: usize, entry: &mut Vec<u8>) -> io::Result<()> {
        let header = match self {
            Self::Whole(Kind::Commit) => Header::Commit,
            Self::Whole(Kind::Tree) => Header::Tree,
            Self::Whole(Kind::Blob) => Header::Blob,
            Self::Whole(Kind::Tag) => Header::Tag,
            Self::Delta(base_distance) => Header::OfsDelta { base_distance },
        };
        header.write_to(size as u64, entry).map(|_| ())
    }

    /// Reads an entry of ours, and its bytes as they were before they were compressed.
    pub(crate) fn read(mut entry: impl BufRead) -> io::Result<(Self, Vec<u8>)> {
        let length = gix_hash::Kind::Sha1.len_in_bytes();
        let header = Entry::from_read(&mut entry, 0, length)?.header;
        let form = match header {
            Header::Commit => Self::Whole(Kind::Commit),
            Header::Tree => Self::Whole(Kind::Tree),
            Header::Blob => Self::Whole(Kind::Blob),
            Header::Tag => Self::Whole(Kind::Tag),
            Header::OfsDelta { base_distance } => Self::Delta(base_distance),
            Header::RefDelta { .. } => return Err(io::ErrorKind::InvalidData.into()),
        };
        let mut bytes = Vec::new();
        flate2::bufread::ZlibDecoder::new(entry).read_to_end(&mut bytes)?;
        Ok((form, bytes))
    }
}

/// Appends `bytes`, compressed.
pub(crate) fn push_deflated(
    entry: &mut Vec<u8>,
    compress: &mut Compress,
    bytes: &[u8],
) -> io::Result<()> {
    if bytes.len() <= SMALL {
        push_stored(entry, bytes);
        return Ok(());
    }
    compress.reset();
    let mut status = Status::Ok;
    while status != Status::StreamEnd {
        entry.reserve(bytes.len() / 4 + 64);
        let done = usize::try_from(compress.total_in()).unwrap_or(bytes.len());
        let rest = bytes.get(done..).unwrap_or_default();
        status = compress.compress_vec(rest, entry, FlushCompress::Finish)?;
    }
    Ok(())
}

/// The form of zlib (RFC 1950) that holds a few bytes as they are.
fn push_stored(entry: &mut Vec<u8>, bytes: &[u8]) {
    let length = bytes.len() as u16;
    entry.extend_from_slice(&[0x78, 0x01, 0x01]);
    entry.extend_from_slice(&length.to_le_bytes());
    entry.extend_from_slice(&(!length).to_le_bytes());
    entry.extend_from_slice(bytes);
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low += u32::from(*byte);
        high += low;
    }
    let checksum = ((high % 65_521) << 16) | (low % 65_521);
    entry.extend_from_slice(&checksum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use flate2::Compression;

    use super::*;

    #[test]
    fn entries_are_read_as_they_were_written() {
        for size in [0, 1, 15, 16, SMALL, SMALL + 1, 5_000] {
            let bytes: Vec<_> = (0..size).map(|n| (n * n % 251) as u8 | 0x80).collect();
            for form in [
                Form::Whole(Kind::Commit),
                Form::Whole(Kind::Tag),
                Form::Delta(12),
                Form::Delta(1 << 33),
            ] {
                let mut entry = Vec::new();
                let mut compress = Compress::new(Compression::fast(), true);
                form.push_header(bytes.len(), &mut entry).expect("memory");
                push_deflated(&mut entry, &mut compress, &bytes).expect("memory");
                let read = Form::read(entry.as_slice()).expect("what was written");
                assert_eq!(read, (form, bytes.clone()));
            }
        }
    }
}
