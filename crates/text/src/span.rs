//! A half-open range of bytes, small enough to keep millions of.

use std::fmt;
use std::ops::Range;

/// Bytes `start..end` of one file, counted from 0. Files above 4 GiB cannot be addressed; every
/// reader limits sizes far below that.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end`. An `end` before `start` is taken as empty at `start`.
    pub fn new(start: u32, end: u32) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// A span from `usize` offsets, which must fit the 4 GiB that a span can address; offsets
    /// beyond are cut off there.
    pub fn at(range: Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self::new(clamp(range.start), clamp(range.end))
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether no byte is covered.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The same span for indexing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes covered; what lies outside `source` is left out.
    pub fn slice(self, source: &[u8]) -> &[u8] {
        let end = (self.end as usize).min(source.len());
        let start = (self.start as usize).min(end);
        &source[start..end]
    }

    /// Whether `other` lies inside this span, its edges included.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
