//! Which lines of two texts differ.

use std::ops::Range;

use memchr::memchr_iter;
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Lines of the left text that became lines of the right one. One of the two may be empty, and
/// between two hunks there is at least one line that both texts have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Lines of the left text, counted from 0.
    pub left: Range<usize>,
    /// Lines of the right text, counted from 0.
    pub right: Range<usize>,
}

/// The lines of a text with their ends; the last may have none.
pub(crate) fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut start = 0;
    let mut lines = Vec::new();
    for end in memchr_iter(b'\n', text) {
        lines.push(&text[start..=end]);
        start = end + 1;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

/// The most lines, of both texts together, in which a short answer is looked for. Texts that have
/// next to nothing in common would take minutes otherwise.
const MAX_SEARCHED: usize = 200_000;

/// Where two texts differ, in order. When more than [`MAX_SEARCHED`] lines are left without those that
/// are the same at the start and at the end, they are one hunk.
pub(crate) fn hunks(left: &[u8], right: &[u8]) -> Vec<Hunk> {
    let (left, right) = (lines(left), lines(right));
    let pairs = left.iter().zip(&right);
    let before = pairs.take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[before..], &right[before..]);
    let pairs = left.iter().rev().zip(right.iter().rev());
    let after = pairs.take_while(|(a, b)| a == b).count();
    let left = &left[..left.len() - after];
    let right = &right[..right.len() - after];
    let shifted = |range: Range<usize>| before + range.start..before + range.end;
    if left.len() + right.len() > MAX_SEARCHED {
        return vec![Hunk {
            left: shifted(0..left.len()),
            right: shifted(0..right.len()),
        }];
    }
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, left, right) {
        let (tag, left, right) = op.as_tag_tuple();
        let (left, right) = (shifted(left), shifted(right));
        if tag == DiffTag::Equal {
            continue;
        }
        match hunks.last_mut() {
            Some(last) if last.left.end == left.start && last.right.end == right.start => {
                last.left.end = left.end;
                last.right.end = right.end;
            }
            _ => hunks.push(Hunk { left, right }),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The right text from the left one and the hunks.
    fn patched(left: &[u8], right: &[u8], hunks: &[Hunk]) -> Vec<u8> {
        let (left, right) = (lines(left), lines(right));
        let mut out: Vec<&[u8]> = Vec::new();
        let mut copied = 0;
        for hunk in hunks {
            assert!(copied < hunk.left.start || copied == 0, "hunks are apart");
            out.extend(&left[copied..hunk.left.start]);
            out.extend(&right[hunk.right.clone()]);
            copied = hunk.left.end;
        }
        out.extend(&left[copied..]);
        out.concat()
    }

    #[track_caller]
    fn check(left: &str, right: &str, expect: &[(Range<usize>, Range<usize>)]) {
        let found = hunks(left.as_bytes(), right.as_bytes());
        let found: Vec<_> = found.into_iter().map(|h| (h.left, h.right)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn few_lines() {
        check("", "", &[]);
        check("a\n", "a\n", &[]);
        check("a\n", "a", &[(0..1, 0..1)]);
        check("a\n", "a\r\n", &[(0..1, 0..1)]);
        check("", "a\nb", &[(0..0, 0..2)]);
        check("a\nb\nc\n", "a\nc\nd\n", &[(1..2, 1..1), (3..3, 2..3)]);
    }

    #[test]
    fn a_text_that_is_too_long_to_search_is_one_hunk() {
        let text = |line: &str| format!("first\n{}last\n", line.repeat(MAX_SEARCHED));
        let all = 1..1 + MAX_SEARCHED;
        check(&text("a\n"), &text("b\n"), &[(all.clone(), all)]);
        let near = text("a\n").replacen("a\n", "b\n", 1);
        check(&text("a\n"), &near, &[(1..2, 1..2)]);
    }

    proptest! {
        #[test]
        fn hunks_give_the_right_text(left in "[ab\n]{0,40}", right in "[ab\n]{0,40}") {
            let (left, right) = (left.as_bytes(), right.as_bytes());
            prop_assert_eq!(patched(left, right, &hunks(left, right)), right);
        }
    }
}
