//! Lines and columns, computed only when somebody is going to read them.

/// A place as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1. Lines end at `\n`; a `\r` before it belongs to the line.
    pub line: u32,
    /// Column, from 1, in Unicode characters; each byte that is not UTF-8 counts as one.
    pub column: u32,
}

/// The starts of a file's lines.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads `source` once.
    pub fn new(source: &[u8]) -> Self {
        let after = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', source).map(after));
        Self { starts }
    }

    /// The position of byte `offset` in the same `source`; an offset past the end is the end.
    pub fn position(&self, source: &[u8], offset: u32) -> Position {
        let offset = (offset as usize).min(source.len());
        let line = self.starts.partition_point(|&s| s as usize <= offset) - 1;
        let before = &source[self.starts[line] as usize..offset];
        let mut columns = 0;
        for chunk in before.utf8_chunks() {
            columns += chunk.valid().chars().count() + chunk.invalid().len();
        }
        Position {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(columns + 1).unwrap_or(u32::MAX),
        }
    }

    /// The line, from 1, of byte `offset`; an offset past the end is in the last one.
    pub fn line(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// How many lines there are; an empty file has one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The byte where `line` (from 1) starts.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &[u8], offset: u32, expect: (u32, u32)) {
        let Position { line, column } = LineIndex::new(source).position(source, offset);
        assert_eq!((line, column), expect);
        assert_eq!(LineIndex::new(source).line(offset), line);
    }

    #[test]
    fn positions() {
        check(b"", 0, (1, 1));
        check(b"ab\ncd", 0, (1, 1));
        check(b"ab\ncd", 2, (1, 3));
        check(b"ab\ncd", 3, (2, 1));
        check(b"ab\ncd", 99, (2, 3));
        check(b"ab\r\ncd\n", 6, (2, 3));
        check("h\u{e9}llo x".as_bytes(), 7, (1, 7));
        check(b"\xff\xfe x", 3, (1, 4));
    }
}
