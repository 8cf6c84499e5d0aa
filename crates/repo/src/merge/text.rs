//! Merges three texts line by line, as Git does.

use git2::{DiffOptions, MergeFileInput, MergeFileOptions, Patch};

use super::ClashKind;

/// The longest text that is merged, in bytes.
const MAX_TEXT: usize = 16 << 20;
/// How far lines are looked for from where a diff takes them to be.
const MAX_AWAY: usize = 10_000;

/// Lines that both sides changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClashingLines {
    /// The first of them in `ours`, counted from 1; the line behind them when there is none.
    pub line: usize,
    /// The lines as `ours` has them, with their ends.
    pub ours: Vec<u8>,
    /// As they were.
    pub base: Vec<u8>,
    /// As the change has them.
    pub theirs: Vec<u8>,
}

/// The merge of `base`, `ours` and `theirs`.
pub(super) fn merged([base, ours, theirs]: &[Vec<u8>; 3]) -> Result<Vec<u8>, ClashKind> {
    let is_text = |bytes: &Vec<u8>| bytes.len() <= MAX_TEXT && !bytes.contains(&0);
    if ![base, ours, theirs].into_iter().all(is_text) {
        return Err(ClashKind::Bytes);
    }
    // Marks that no line can be taken for.
    let longest = [base, ours, theirs].map(|text| text.split(|byte| *byte == b'\n').map(run).max());
    let mark = longest.into_iter().flatten().max().unwrap_or(0) + 1;
    let mark = u16::try_from(mark).map_err(|_| ClashKind::Bytes)?;
    let texts = [base, ours, theirs];
    let [base, ours, theirs] = texts.map(|bytes| {
        let mut input = MergeFileInput::new();
        input.content(bytes);
        input
    });
    let merge = |diff3| {
        let mut options = MergeFileOptions::new();
        options.marker_size(mark).style_diff3(diff3);
        git2::merge_file(&base, &ours, &theirs, Some(&mut options)).map_err(|_| ClashKind::Bytes)
    };
    let merged = merge(false)?;
    if merged.is_automergeable() {
        return Ok(merged.content().to_vec());
    }
    // Only now: where the base is shown too, fewer changes count as the same.
    let marked = merge(true)?;
    Err(ClashKind::Lines(clashing(marked.content(), mark, texts)))
}

/// How many times a line's first byte stands at its start, if marks are made of it.
fn run(line: &[u8]) -> usize {
    let first = line.first().filter(|first| b"<|=>".contains(first));
    first.map_or(0, |first| {
        line.iter().take_while(|byte| *byte == first).count()
    })
}

/// The marked places of a merge of `base`, `ours` and `theirs`.
fn clashing(marked: &[u8], mark: u16, texts: [&Vec<u8>; 3]) -> Vec<ClashingLines> {
    const BASE: usize = 0;
    const OURS: usize = 1;
    const THEIRS: usize = 2;
    const COMMON: usize = 3;
    let mut found: Vec<(usize, [Vec<u8>; 3])> = Vec::new();
    let mut at = COMMON;
    // As it would be where `ours` is right in every place that clashes.
    let (mut settled, mut line) = (Vec::new(), 1);
    for text in marked.split_inclusive(|byte| *byte == b'\n') {
        let is_mark = run(text) == usize::from(mark);
        match text.first().filter(|_| is_mark) {
            Some(b'<') => {
                at = OURS;
                found.push((line, Default::default()));
            }
            Some(b'|') => at = BASE,
            Some(b'=') => at = THEIRS,
            Some(_) => at = COMMON,
            None => {
                if let Some((_, sides)) = found.last_mut().filter(|_| at != COMMON) {
                    sides[at].extend_from_slice(text);
                }
                if at == OURS || at == COMMON {
                    settled.extend_from_slice(text);
                    line += 1;
                }
            }
        }
    }
    // At the end of a text without one, a line's end was put before the mark.
    let last = marked.split_inclusive(|byte| *byte == b'\n').next_back();
    if last.is_some_and(|line| run(line) == usize::from(mark))
        && let Some((_, sides)) = found.last_mut()
    {
        for (side, text) in sides.iter_mut().zip(texts) {
            if !text.ends_with(b"\n") {
                let end = if side.ends_with(b"\r\n") && !text.ends_with(b"\r") {
                    2
                } else {
                    1
                };
                side.truncate(side.len().saturating_sub(end));
            }
        }
    }
    let places = Places::new(&settled, texts[OURS]);
    let found = found
        .into_iter()
        .map(|(line, [base, ours, theirs])| ClashingLines {
            line: places.of(line, &ours),
            ours,
            base,
            theirs,
        });
    found.collect()
}

/// Where lines stand in a text that were found in what a merge made of it.
struct Places<'t> {
    /// Where lines begin, counted from 0, and how many they are: in the merge, and in the text.
    hunks: Vec<[(usize, usize); 2]>,
    text: &'t [u8],
    /// Where the text's lines begin in it, and its end.
    rows: Vec<usize>,
}

impl<'t> Places<'t> {
    fn new(merged: &[u8], text: &'t [u8]) -> Self {
        let mut options = DiffOptions::new();
        options.context_lines(0).force_text(true);
        let patch = Patch::from_buffers(merged, None, text, None, Some(&mut options));
        let hunks = patch.ok().map(|patch| {
            let hunks = (0..patch.num_hunks()).filter_map(|at| patch.hunk(at).ok());
            let hunks = hunks.map(|(hunk, _)| {
                // Git counts from 1, and to the line before where there are none.
                let side = |start: u32, lines: u32| {
                    (start as usize - usize::from(lines > 0), lines as usize)
                };
                [
                    side(hunk.old_start(), hunk.old_lines()),
                    side(hunk.new_start(), hunk.new_lines()),
                ]
            });
            hunks.collect()
        });
        let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
        Self {
            hunks: hunks.unwrap_or_default(),
            text,
            rows: [0].into_iter().chain(ends).collect(),
        }
    }

    /// The line, from 1, of what is the line `line`, from 1, of the merge, and where `lines` begin.
    fn of(&self, line: usize, lines: &[u8]) -> usize {
        let line = line - 1;
        let before = self.hunks.partition_point(|[(old, _), _]| *old <= line);
        let at = match before.checked_sub(1).map(|last| self.hunks[last]) {
            None => line,
            Some([(old, gone), (new, _)]) if line < old + gone => new,
            Some([(old, gone), (new, come)]) => line - (old + gone) + new + come,
        };
        let begins = |at: &usize| {
            let rest = self.rows.get(*at).map(|row| &self.text[*row..]);
            rest.is_some_and(|rest| rest.starts_with(lines))
        };
        // Where lines are there more than once, a diff may take one for another.
        let near = (0..MAX_AWAY).flat_map(|away| [at.checked_sub(away), Some(at + away)]);
        near.flatten().find(begins).unwrap_or(at) + 1
    }
}
