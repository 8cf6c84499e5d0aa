//! Merges three texts line by line, as Git does.

use git2::{MergeFileInput, MergeFileOptions};

use super::ClashKind;

/// The longest text that is merged, in bytes.
const MAX_TEXT: usize = 16 << 20;
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
    let mut line = 1;
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
                line += usize::from(at == OURS || at == COMMON);
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
    let found = found
        .into_iter()
        .map(|(line, [base, ours, theirs])| ClashingLines {
            line,
            ours,
            base,
            theirs,
        });
    found.collect()
}
