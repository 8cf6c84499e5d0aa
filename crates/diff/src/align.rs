//! Which removed line became which added one, and which words of it differ.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::lines::Hunk;

/// Two lines side by side; one of them may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// A line of the left text, counted from 0.
    pub left: Option<usize>,
    /// A line of the right text, counted from 0.
    pub right: Option<usize>,
    /// What differs within the two lines, in bytes of each; nothing when all of it does, or one is missing.
    pub marks: [Vec<Range<usize>>; 2],
}

/// The most pairs of lines of one hunk that are compared to find those that belong together. In a larger
/// one, lines stand side by side as they come.
const MAX_PAIRS: usize = 4096;
/// The most words of two lines that are compared. A longer line is marked as a whole.
const MAX_WORDS: usize = 4000;
/// The share of words that two lines have in common to stand side by side.
const MIN_ALIKE: f64 = 0.5;
/// The share of bytes that they have in common to be told word by word.
const MIN_SAME: f64 = 0.3;

/// The lines of a hunk side by side, in the order of both texts.
pub fn rows(hunk: &Hunk, left: &[&[u8]], right: &[&[u8]]) -> Vec<Row> {
    let pairs = match hunk.left.len().saturating_mul(hunk.right.len()) {
        0..=MAX_PAIRS => alike(&left[hunk.left.clone()], &right[hunk.right.clone()]),
        _ => (0..hunk.left.len().min(hunk.right.len()))
            .map(|at| (at, at))
            .collect(),
    };
    let mut rows = Vec::with_capacity(hunk.left.len().max(hunk.right.len()));
    let mut next = [hunk.left.start, hunk.right.start];
    let ends = (hunk.left.len(), hunk.right.len());
    for (a, b) in pairs.into_iter().chain([ends]) {
        let at = [hunk.left.start + a, hunk.right.start + b];
        // What belongs to nothing stands beside what belongs to nothing.
        while next[0] < at[0] || next[1] < at[1] {
            let step = [0, 1].map(|side| (next[side] < at[side]).then(|| next[side]));
            next = [0, 1].map(|side| next[side] + usize::from(step[side].is_some()));
            rows.push(Row {
                left: step[0],
                right: step[1],
                ..Row::default()
            });
        }
        if (a, b) != ends {
            rows.push(Row {
                left: Some(at[0]),
                right: Some(at[1]),
                marks: marks(left[at[0]], right[at[1]]).unwrap_or_default(),
            });
            next = at.map(|line| line + 1);
        }
    }
    rows
}

/// Pairs of lines that belong together, in the order of both: those with most in common, all together.
fn alike(left: &[&[u8]], right: &[&[u8]]) -> Vec<(usize, usize)> {
    let words = |lines: &[&[u8]]| -> Vec<Vec<u64>> { lines.iter().map(|line| bag(line)).collect() };
    let (left, right) = (words(left), words(right));
    let width = right.len() + 1;
    // What can be had from here on.
    let mut best = vec![0.0_f64; (left.len() + 1) * width];
    let scores: Vec<_> = left
        .iter()
        .flat_map(|a| right.iter().map(|b| common(a, b)))
        .collect();
    let score = |a: usize, b: usize| scores[a * right.len() + b];
    for a in (0..left.len()).rev() {
        for b in (0..right.len()).rev() {
            let apart = f64::max(best[(a + 1) * width + b], best[a * width + b + 1]);
            let together = best[(a + 1) * width + b + 1] + score(a, b);
            best[a * width + b] = f64::max(apart, together);
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < left.len() && b < right.len() {
        let here = best[a * width + b];
        if score(a, b) >= MIN_ALIKE && here == best[(a + 1) * width + b + 1] + score(a, b) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if here == best[(a + 1) * width + b] {
            a += 1;
        } else if here == best[a * width + b + 1] {
            b += 1;
        } else {
            (a, b) = (a + 1, b + 1);
        }
    }
    pairs
}

/// The words of a line that are no blanks, sorted; words that are the same are the same number.
fn bag(line: &[u8]) -> Vec<u64> {
    let words = words(line)
        .into_iter()
        .filter(|word| !word.trim_ascii().is_empty());
    let mut bag: Vec<_> = words.map(hash).collect();
    bag.sort_unstable();
    bag
}

/// FNV-1a: two words that happen to have one number only stand side by side.
fn hash(word: &[u8]) -> u64 {
    word.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The share of words that two lines have in common.
fn common(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut same) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        same += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    match a.len() + b.len() {
        0 => 0.0,
        all => 2.0 * same as f64 / all as f64,
    }
}

/// What differs within two lines, in bytes of each; `None` when they have little in common.
pub fn marks(left: &[u8], right: &[u8]) -> Option<[Vec<Range<usize>>; 2]> {
    let (left, right) = (words(left), words(right));
    if left.len() + right.len() > MAX_WORDS {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &left, &right);
    let same = |op: &similar::DiffOp| (op.tag() == DiffTag::Equal).then(|| op.old_range());
    let same = ops.iter().filter_map(same).flatten();
    let bytes =
        |words: &[&[u8]]| -> usize { words.iter().map(|word| word.trim_ascii().len()).sum() };
    let same: usize = same.map(|word| left[word].trim_ascii().len()).sum();
    let all = bytes(&left).max(bytes(&right));
    if (same as f64) < MIN_SAME * all as f64 {
        return None;
    }
    let [starts, other_starts] = [&left, &right].map(|words| starts(words));
    let mut marks = [Vec::new(), Vec::new()];
    for op in ops.iter().filter(|op| op.tag() != DiffTag::Equal) {
        let ranges = [(op.old_range(), &starts), (op.new_range(), &other_starts)];
        for ((words, starts), marks) in ranges.into_iter().zip(&mut marks) {
            push(marks, starts[words.start]..starts[words.end]);
        }
    }
    Some(marks)
}

/// Adds a range, unless it is empty; joins it with one that it touches.
fn push(marks: &mut Vec<Range<usize>>, range: Range<usize>) {
    match marks.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => marks.push(range),
    }
}

/// Where each word begins, and where the last ends.
fn starts(words: &[&[u8]]) -> Vec<usize> {
    let ends = words.iter().scan(0, |end, word| {
        *end += word.len();
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
}

/// Words, blanks, and every other sign for itself.
fn words(line: &[u8]) -> Vec<&[u8]> {
    let class = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80.. => 0,
        b' ' | b'\t' | b'\r' | b'\n' => 1,
        _ => 2,
    };
    let together = |a: &u8, b: &u8| class(a) == class(b) && class(a) != 2;
    line.chunk_by(together).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lines::{hunks, lines};

    /// The hunks of two texts side by side, with what differs in brackets.
    fn shown(left: &str, right: &str) -> String {
        let found = hunks(left.as_bytes(), right.as_bytes());
        let (left, right) = (lines(left.as_bytes()), lines(right.as_bytes()));
        let side = |line: Option<usize>, lines: &[&[u8]], marks: &[Range<usize>]| {
            let Some(line) = line else {
                return String::new();
            };
            let text = lines[line];
            let mut out = String::new();
            let mut done = 0;
            for mark in marks {
                out.push_str(&String::from_utf8_lossy(&text[done..mark.start]));
                out.push_str(&format!(
                    "[{}]",
                    String::from_utf8_lossy(&text[mark.clone()])
                ));
                done = mark.end;
            }
            out.push_str(&String::from_utf8_lossy(&text[done..]));
            out.trim_end().into()
        };
        let mut out = String::new();
        for hunk in &found {
            for row in rows(hunk, &left, &right) {
                let a = side(row.left, &left, &row.marks[0]);
                let b = side(row.right, &right, &row.marks[1]);
                out.push_str(format!("{a:24}| {b}").trim_end());
                out.push('\n');
            }
        }
        out
    }

    #[test]
    fn lines_that_belong_together() {
        insta::assert_snapshot!(shown("sql: ${a} ;;\n", "sql: ${b} ;;\n"), @"sql: ${[a]} ;;          | sql: ${[b]} ;;");
        insta::assert_snapshot!(shown(
            "label: \"Orders\"\ntype: count\n",
            "# New.\nlabel: \"All orders\"\nhidden: yes\ntype: count\n",
        ), @r#"
                                | # New.
        label: "[Orders]"       | label: "[All orders]"
                                | hidden: yes
        "#);
        insta::assert_snapshot!(shown("one two\nthree\n", "four\nfive six\nseven\n"), @r"
        one two                 | four
        three                   | five six
                                | seven
        ");
        insta::assert_snapshot!(shown("a\n", "  a\n"), @"a                       | [  ]a");
    }

    proptest! {
        #[test]
        fn every_line_stands_once(left in "([ab] ?){0,3}(\n([ab] ?){0,3}){0,8}", right in "([ab] ?){0,3}(\n([ab] ?){0,3}){0,8}") {
            let found = hunks(left.as_bytes(), right.as_bytes());
            let (left, right) = (lines(left.as_bytes()), lines(right.as_bytes()));
            for hunk in &found {
                let rows = rows(hunk, &left, &right);
                let lefts: Vec<_> = rows.iter().filter_map(|row| row.left).collect();
                let rights: Vec<_> = rows.iter().filter_map(|row| row.right).collect();
                prop_assert_eq!(lefts, hunk.left.clone().collect::<Vec<_>>());
                prop_assert_eq!(rights, hunk.right.clone().collect::<Vec<_>>());
                for row in &rows {
                    if let (Some(a), Some(b)) = (row.left, row.right) {
                        let marks = &row.marks;
                        // Without what is marked, the two are the same.
                        if !marks.iter().all(Vec::is_empty) {
                            let without = |line: &[u8], marks: &[Range<usize>]| {
                                let is_marked = |at: &usize| marks.iter().any(|mark| mark.contains(at));
                                (0..line.len()).filter(|at| !is_marked(at)).map(|at| line[at]).collect::<Vec<_>>()
                            };
                            prop_assert_eq!(without(left[a], &marks[0]), without(right[b], &marks[1]));
                        }
                    }
                }
            }
        }
    }
}
