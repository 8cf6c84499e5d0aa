//! Merges three texts line by line, as Git does.

use git2::{MergeFileInput, MergeFileOptions};

use super::ClashKind;

/// The longest text that is merged, in bytes.
const MAX_TEXT: usize = 16 << 20;
/// As many characters has each mark of a conflict, so that no file is likely to have such lines itself.
const MARK: usize = 79;

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
    let [base, ours, theirs] = [base, ours, theirs].map(|bytes| {
        let mut input = MergeFileInput::new();
        input.content(bytes);
        input
    });
    let mut options = MergeFileOptions::new();
    options.style_diff3(true);
    options.marker_size(u16::try_from(MARK).unwrap_or(u16::MAX));
    let merged = git2::merge_file(&base, &ours, &theirs, Some(&mut options));
    let merged = merged.map_err(|_| ClashKind::Bytes)?;
    match merged.is_automergeable() {
        true => Ok(merged.content().to_vec()),
        false => Err(ClashKind::Lines(clashing(merged.content()))),
    }
}

/// The marked places of a merge.
fn clashing(marked: &[u8]) -> Vec<ClashingLines> {
    #[derive(PartialEq)]
    enum At {
        Common,
        Ours,
        Base,
        Theirs,
    }
    let mut found: Vec<ClashingLines> = Vec::new();
    let mut at = At::Common;
    let mut line = 1;
    for text in marked.split_inclusive(|byte| *byte == b'\n') {
        let mark = text.get(..MARK).filter(|mark| {
            let rest = text.get(MARK);
            mark.iter().all(|byte| *byte == mark[0]) && rest.is_none_or(|b| b" \r\n".contains(b))
        });
        match (&at, mark.map(|mark| mark[0])) {
            (At::Common, Some(b'<')) => {
                at = At::Ours;
                let [ours, base, theirs] = [const { Vec::new() }; 3];
                found.push(ClashingLines {
                    line,
                    ours,
                    base,
                    theirs,
                });
            }
            (At::Ours, Some(b'|')) => at = At::Base,
            (At::Ours | At::Base, Some(b'=')) => at = At::Theirs,
            (At::Theirs, Some(b'>')) => at = At::Common,
            _ => {
                let last = found.last_mut().filter(|_| at != At::Common);
                if let Some(last) = last {
                    let side = match at {
                        At::Base => &mut last.base,
                        At::Theirs => &mut last.theirs,
                        At::Ours | At::Common => &mut last.ours,
                    };
                    side.extend_from_slice(text);
                }
                line += usize::from(matches!(at, At::Common | At::Ours));
            }
        }
    }
    found
}
