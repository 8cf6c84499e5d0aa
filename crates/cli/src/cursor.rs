//! Lines and columns of many places in one file.
//!
//! Places come in ascending order, nearly always. Counting on from the last one keeps a file that
//! is one line of megabytes from being counted anew for each of its names.

use memchr::{memchr_iter, memrchr};
use storyline_text::Position;

/// A place in a file that moves on.
#[derive(Debug)]
pub(crate) struct Cursor<'s> {
    source: &'s [u8],
    offset: usize,
    position: Position,
}

impl<'s> Cursor<'s> {
    const START: Position = Position { line: 1, column: 1 };

    /// The start of `source`.
    pub(crate) fn new(source: &'s [u8]) -> Self {
        Self {
            source,
            offset: 0,
            position: Self::START,
        }
    }

    /// The position of byte `offset`; an offset past the end is the end.
    pub(crate) fn position(&mut self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.source.len());
        if offset < self.offset {
            *self = Self::new(self.source);
        }
        let mut between = &self.source[self.offset..offset];
        if let Some(last) = memrchr(b'\n', between) {
            self.position.line += number(memchr_iter(b'\n', between).count());
            self.position.column = 1;
            between = &between[last + 1..];
        }
        for chunk in between.utf8_chunks() {
            self.position.column += number(chunk.valid().chars().count() + chunk.invalid().len());
        }
        self.offset = offset;
        self.position
    }
}

/// Files of more than 4 GiB are never read.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use storyline_text::LineIndex;

    use super::*;

    #[test]
    fn positions_are_those_of_the_line_index() {
        let source = "a\r\ncaf\u{e9} \u{65e5}\n\nend".as_bytes();
        let source = [source, b"\xff\xfe x\n"].concat();
        let lines = LineIndex::new(&source);
        let mut cursor = Cursor::new(&source);
        let starts = source
            .iter()
            .enumerate()
            .filter(|(_, b)| **b & 0xc0 != 0x80);
        let offsets = starts.map(|(at, _)| u32::try_from(at).expect("a short text"));
        for offset in offsets.chain([99, 0, 7, 3]) {
            assert_eq!(cursor.position(offset), lines.position(&source, offset));
        }
    }
}
