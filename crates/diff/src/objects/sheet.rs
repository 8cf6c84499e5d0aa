//! Lines: which of a file's changed ones each object explains, and why the others are told as text.

use std::ops::Range;

use super::report::{Reason, Rest};
use crate::lines::{Hunk, lines};

/// Nobody.
const NOBODY: u32 = u32::MAX;

/// One changed file, line by line.
pub(crate) struct Sheet<'r> {
    lines: [Vec<&'r [u8]>; 2],
    /// Who explains each line.
    owners: [Vec<u32>; 2],
    /// Whether lines that differ may look the same.
    is_masked: bool,
}

impl<'r> Sheet<'r> {
    pub(crate) fn new(sides: [&'r [u8]; 2], is_masked: bool) -> Self {
        let lines = sides.map(lines);
        let owners = [0, 1].map(|side: usize| vec![NOBODY; lines[side].len()]);
        Self {
            lines,
            owners,
            is_masked,
        }
    }

    /// Says who explains lines of one side, unless others do.
    pub(crate) fn explain(&mut self, side: usize, lines: Range<usize>, owner: u32) {
        let owners = &mut self.owners[side];
        let end = lines.end.min(owners.len());
        let lines = owners.get_mut(lines.start..end).unwrap_or_default();
        let free = lines.iter_mut().filter(|line| **line == NOBODY);
        free.for_each(|line| *line = owner);
    }

    /// Tells who explains which changed lines of the left and of the right. `holder` gives an owner, or what
    /// holds it, that is there on a side, and has a line.
    pub(crate) fn explained(
        &mut self,
        hunks: &[Hunk],
        holder: impl Fn(u32, usize, Option<usize>) -> Option<u32>,
        mut tell: impl FnMut(u32, usize, Range<usize>),
    ) {
        let covered = [0, 1].map(|side: usize| {
            let mut sum = 0;
            let sums = self.owners[side].iter().map(|owner| {
                sum += usize::from(*owner != NOBODY);
                sum
            });
            std::iter::once(0).chain(sums).collect::<Vec<_>>()
        });
        for (at, hunk) in hunks.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| &hunks[before]);
            self.slide(hunk, before, hunks.get(at + 1), &covered);
        }
        for hunk in hunks {
            self.neighbours(hunk, &holder);
            for (side, range) in [&hunk.left, &hunk.right].into_iter().enumerate() {
                for run in runs(&self.owners[side], range.clone()) {
                    if self.owners[side][run.start] != NOBODY {
                        tell(self.owners[side][run.start], side, run);
                    }
                }
            }
        }
    }

    /// `}` and the head of a new object, or a new object and `}`: where lines came or went, others of the same
    /// text could be taken for them. If those are all explained, so are these.
    fn slide(
        &mut self,
        hunk: &Hunk,
        before: Option<&Hunk>,
        after: Option<&Hunk>,
        covered: &[Vec<usize>; 2],
    ) {
        let (side, range) = match (hunk.left.is_empty(), hunk.right.is_empty()) {
            (true, false) => (1, hunk.right.clone()),
            (false, true) => (0, hunk.left.clone()),
            _ => return,
        };
        let sum = &covered[side];
        let explained = |range: &Range<usize>| sum[range.end] - sum[range.start] == range.len();
        let lines = &self.lines[side];
        let of = |hunk: &Hunk| [hunk.left.clone(), hunk.right.clone()][side].clone();
        let first = before.map_or(0, |hunk| of(hunk).end);
        let last = after.map_or(lines.len(), |hunk| of(hunk).start);
        let mut found = None;
        let mut at = range.clone();
        while found.is_none() && at.start > first && lines[at.start - 1] == lines[at.end - 1] {
            at = at.start - 1..at.end - 1;
            found = explained(&at).then(|| at.clone());
        }
        at = range.clone();
        while found.is_none() && at.end < last && lines[at.start] == lines[at.end] {
            at = at.start + 1..at.end + 1;
            found = explained(&at).then(|| at.clone());
        }
        if explained(&range) {
            return;
        }
        if let Some(found) = found {
            let owner = self.owners[side][found.start];
            let owners = &mut self.owners[side][range];
            let free = owners.iter_mut().filter(|line| **line == NOBODY);
            free.for_each(|line| *line = owner);
        }
    }

    /// Empty lines, brackets, and lines of an object beside changed ones of it.
    fn neighbours(
        &mut self,
        hunk: &Hunk,
        holder: &impl Fn(u32, usize, Option<usize>) -> Option<u32>,
    ) {
        let ranges = [hunk.left.clone(), hunk.right.clone()];
        let last = |side: usize| {
            let owners = &self.owners[side][ranges[side].clone()];
            owners.iter().copied().rfind(|owner| *owner != NOBODY)
        };
        let lasts = [last(0), last(1)];
        for side in 0..2 {
            let lines = &self.lines[side];
            let owners = &mut self.owners[side];
            let other = lasts[1 - side];
            let mut step = |at: usize, near: &mut Option<u32>| {
                if owners[at] != NOBODY {
                    *near = Some(owners[at]);
                    return;
                }
                let text = lines[at].trim_ascii();
                if text.starts_with(b"#") {
                    return;
                }
                let line = (!is_frame(text)).then_some(at);
                let candidates = [*near, other].into_iter().flatten();
                let owner = candidates
                    .filter_map(|owner| holder(owner, side, line))
                    .next();
                if let Some(owner) = owner {
                    owners[at] = owner;
                }
            };
            let mut near = None;
            ranges[side].clone().for_each(|at| step(at, &mut near));
            near = None;
            ranges[side]
                .clone()
                .rev()
                .for_each(|at| step(at, &mut near));
        }
    }

    /// Says who explains those of the lines of one side that nobody does, comments left out.
    pub(crate) fn explain_code(&mut self, side: usize, lines: Range<usize>, owner: u32) {
        let end = lines.end.min(self.lines[side].len());
        for at in lines.start..end {
            let is_code = !matches!(self.lines[side][at].trim_ascii().first(), None | Some(b'#'));
            if is_code && self.owners[side][at] == NOBODY {
                self.owners[side][at] = owner;
            }
        }
    }

    /// The lines of the hunks that nobody explains.
    pub(crate) fn rest(&self, hunks: &[Hunk], whole: Option<Reason>) -> Vec<Rest> {
        let mut out = Vec::new();
        for hunk in hunks {
            let free = |side: usize, range: &Range<usize>| {
                let runs = runs(&self.owners[side], range.clone());
                runs.filter(|run| self.owners[side][run.start] == NOBODY)
                    .collect::<Vec<_>>()
            };
            let (left, right) = (free(0, &hunk.left), free(1, &hunk.right));
            if left.len() <= 1 && right.len() <= 1 && left.len() + right.len() > 0 {
                let at =
                    |runs: &[Range<usize>], start| runs.first().cloned().unwrap_or(start..start);
                let left = at(&left, hunk.left.start);
                out.push(self.told(left, at(&right, hunk.right.start), whole));
                continue;
            }
            let start = hunk.right.start;
            out.extend(
                left.into_iter()
                    .map(|run| self.told(run, start..start, whole)),
            );
            let end = hunk.left.end;
            out.extend(right.into_iter().map(|run| self.told(end..end, run, whole)));
        }
        out
    }

    fn told(&self, left: Range<usize>, right: Range<usize>, whole: Option<Reason>) -> Rest {
        let texts = [&self.lines[0][left.clone()], &self.lines[1][right.clone()]];
        let reason = match whole {
            Some(reason) => reason,
            None if self.is_masked && texts[0] == texts[1] => Reason::Secret,
            None => reason(texts),
        };
        Rest {
            left,
            right,
            reason,
        }
    }
}

/// Whether a line only opens or closes what others fill: `}`, `columns:`.
fn is_frame(text: &[u8]) -> bool {
    let is_key = |key: &[u8]| key.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
    text.iter().all(|b| b"{}[](),;".contains(b)) || text.strip_suffix(b":").is_some_and(is_key)
}

/// Why lines that no object explains are told, from what they say.
fn reason(texts: [&[&[u8]]; 2]) -> Reason {
    let [left, right] = texts.map(|lines| code(lines, false).concat());
    if left == right {
        return Reason::Blank;
    }
    let [mut left, mut right] = texts.map(|lines| code(lines, true));
    if left.concat() == right.concat() {
        return Reason::Comments;
    }
    left.sort_unstable();
    right.sort_unstable();
    match left == right {
        true => Reason::Order,
        false => Reason::Spelling,
    }
}

/// Lines without blanks, empty ones left out; or without comments too.
fn code(lines: &[&[u8]], without_comments: bool) -> Vec<Vec<u8>> {
    let code = lines.iter().map(|line| {
        let line = line.trim_ascii();
        let is_comment = |at: &usize| *at == 0 || line[*at - 1].is_ascii_whitespace();
        let comment = memchr::memchr_iter(b'#', line).find(is_comment);
        let end = comment.filter(|_| without_comments).unwrap_or(line.len());
        let kept = line[..end].iter().filter(|b| !b.is_ascii_whitespace());
        kept.copied().collect::<Vec<u8>>()
    });
    code.filter(|line| !line.is_empty()).collect()
}

/// Cuts a range of lines where the owner changes.
fn runs(owners: &[u32], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    let runs = owners[range].chunk_by(|a, b| a == b);
    runs.map(move |run| {
        let start = at;
        at += run.len();
        start..at
    })
}
