//! The few lines of a file that a diagnostic points at, made fit to show.
//!
//! A file may hold anything: escape sequences, bytes that are no UTF-8, lines of a megabyte. What
//! is shown is a small window in which all that is spelled out, and the span is moved along.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};
use storyline_text::{Span, Visible};

/// Lines that are shown of a long span, from its first.
const MAX_LINES: usize = 4;
/// Bytes that are shown of a long line, around the span.
const MAX_WIDTH: usize = 160;

/// A window of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// The span inside `text`.
    pub(crate) span: Range<usize>,
}

impl Excerpt {
    /// The same with a sign that something behind it is not shown.
    pub(crate) fn masked(mut self) -> Self {
        self.text.push_str(" …");
        self
    }
}

/// Cuts out the lines of `span`, the first of which has the number `line`. What is far from the
/// span is not looked at.
pub(crate) fn excerpt(source: &[u8], span: Span, line: u32) -> Excerpt {
    let start = (span.start as usize).min(source.len());
    let mut end = (span.end as usize).clamp(start, source.len());
    let near = start.saturating_sub(MAX_WIDTH);
    let first = memrchr(b'\n', &source[near..start]).map_or(near, |at| near + at + 1);
    let limit = source.len().min(start + 4 * MAX_WIDTH);
    let ends = memchr_iter(b'\n', &source[start..limit]).map(|at| start + at);
    let mut last = start;
    for line_end in ends.chain([limit]).take(MAX_LINES) {
        last = line_end;
        if last >= end {
            break;
        }
    }
    end = end.min(last);
    let last = last.min(end + MAX_WIDTH);

    let mut text = visible(&source[first..start]);
    let from = text.len();
    text.push_str(&visible(&source[start..end]));
    let to = text.len();
    text.push_str(&visible(&source[end..last]));
    Excerpt {
        text,
        line: line as usize,
        span: from..to,
    }
}

/// Everything but line ends and tabs that could act on a terminal, spelled out.
fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for (index, part) in line.split(|b| *b == b'\t').enumerate() {
            if index > 0 {
                out.push_str("    ");
            }
            out.push_str(&Visible(part).to_string());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use storyline_text::LineIndex;

    use super::*;

    #[track_caller]
    fn check(source: &str, span: Range<usize>, text: &str, line: usize, marked: &str) {
        let (source, span) = (source.as_bytes(), Span::at(span));
        let excerpt = excerpt(source, span, LineIndex::new(source).line(span.start));
        assert_eq!((&*excerpt.text, excerpt.line), (text, line));
        assert_eq!(&excerpt.text[excerpt.span], marked);
    }

    #[test]
    fn windows() {
        check("a\nbcd\ne", 3..4, "bcd", 2, "c");
        check("a\nbcd\nefg\nh", 3..8, "bcd\nefg", 2, "cd\nef");
        check("", 0..0, "", 1, "");
        check("a\n", 2..2, "", 2, "");
        check("x\u{1b}[31m\ty", 1..2, r"x\u{1b}[31m    y", 1, r"\u{1b}");
        check("1\n2\n3\n4\n5\n6", 0..11, "1\n2\n3\n4", 1, "1\n2\n3\n4");
        check("a\r\nb", 0..1, "a", 1, "a");
    }

    #[test]
    fn long_lines_are_cut() {
        let source = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let cut = excerpt(source.as_bytes(), Span::at(5000..5001), 1);
        assert_eq!(&cut.text[cut.span.clone()], "X");
        assert!(cut.text.len() < 400);
    }
}
