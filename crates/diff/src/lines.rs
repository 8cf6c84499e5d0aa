//! Which lines of two texts differ.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};
use memchr::memchr_iter;

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

/// Where two texts differ, in order.
pub(crate) fn hunks(left: &[u8], right: &[u8]) -> Vec<Hunk> {
    let (left, right) = (lines(left), lines(right));
    let pairs = left.iter().zip(&right);
    let before = pairs.take_while(|(a, b)| a == b).count();
    // Where a hunk can slide, what follows it decides: some of what is the same stays.
    let start = before.saturating_sub(SLIDE);
    let mut input = InternedInput::default();
    input.update_before(left[start..].iter().copied());
    input.update_after(right[start..].iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let shifted = |range: Range<u32>| start + range.start as usize..start + range.end as usize;
    let hunks = diff.hunks().map(|hunk| Hunk {
        left: shifted(hunk.before),
        right: shifted(hunk.after),
    });
    hunks.collect()
}

/// Lines before the first difference that are looked at for the best place to show it.
const SLIDE: usize = 200;

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
    fn long_texts_with_next_to_nothing_in_common() {
        let text = |line: &str| format!("first\n{}last\n", line.repeat(200_000));
        let all = 1..200_001;
        check(&text("a\n"), &text("b\n"), &[(all.clone(), all)]);
        let near = text("a\n").replacen("a\n", "b\n", 1);
        check(&text("a\n"), &near, &[(1..2, 1..2)]);
        let numbers = |from: usize| {
            (from..from + 100_000)
                .map(|n| format!("{n}\n"))
                .collect::<String>()
        };
        let found = hunks(numbers(0).as_bytes(), numbers(50_000).as_bytes());
        assert_eq!(found.len(), 2);
    }

    proptest! {
        #[test]
        fn hunks_give_the_right_text(left in "[ab\n]{0,40}", right in "[ab\n]{0,40}") {
            let (left, right) = (left.as_bytes(), right.as_bytes());
            prop_assert_eq!(patched(left, right, &hunks(left, right)), right);
        }
    }
}
