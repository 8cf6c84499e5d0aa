//! Reading a file: first by our own reader, which knows common YAML only, then by the parser, as it
//! is, then, only if that fails, with stand-ins for what a YAML parser refuses and Looker's reader
//! does not.

use crate::ReadError;
use crate::build::build;
use crate::document::{Arena, Document};
use crate::fast;
use crate::shadow::Shadow;

/// Collections inside each other, at most.
pub const MAX_DEPTH: usize = 128;
/// The size of a file in bytes, at most: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// What a tab of the indentation may have been meant for, in columns: the first that makes YAML of
/// the file is taken.
const TAB_COLUMNS: [usize; 4] = [1, 2, 4, 8];

/// The byte order marks of UTF-16; that of UTF-32 begins with one of them.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Reads a YAML file. Never fails: what is wrong is in [`Document::errors`].
pub fn read(source: &[u8]) -> Document<'_> {
    let text = std::str::from_utf8(source).ok();
    let is_small = source.len() <= MAX_BYTES;
    if let Some(arena) = text.filter(|_| is_small).and_then(fast::read) {
        return Document::new(source, text, arena, true);
    }
    let arena = arena(source, text).unwrap_or_else(|error| Arena {
        errors: vec![error],
        ..Arena::default()
    });
    Document::new(source, text, arena, false)
}

fn arena(source: &[u8], text: Option<&str>) -> Result<Arena, ReadError> {
    if source.len() > MAX_BYTES {
        return Err(ReadError::TooLarge(source.len()));
    }
    if UTF_16.iter().any(|mark| source.starts_with(mark)) {
        return Err(ReadError::Utf16);
    }
    if let Some(text) = text {
        match build(source, text, None) {
            Err(ReadError::Syntax { .. }) => {}
            done => return done,
        }
    }
    let error = match stand_in(source, None) {
        Err(error @ ReadError::Syntax { .. }) => error,
        done => return done,
    };
    if !Shadow::has_tabs(source) {
        return Err(error);
    }
    let mut widths = TAB_COLUMNS.into_iter();
    let read = widths.find_map(|columns| {
        let arena = stand_in(source, Some(columns)).ok()?;
        Some(Arena {
            columns: Some(columns),
            ..arena
        })
    });
    read.ok_or(error)
}

fn stand_in(source: &[u8], columns: Option<usize>) -> Result<Arena, ReadError> {
    let shadow = Shadow::new(source, columns);
    build(source, &shadow.text, Some(&shadow))
}
