//! Whether include patterns match the same files before and after.

use std::collections::BTreeMap;

use storyline_text::{Diagnostic, Edit, Label, Patch, RelPath, Span};

use crate::include::Pattern;
use crate::{Entry, EntryKind, refusal};

/// One `include:` of one file.
pub(crate) struct Use<'a> {
    pub(crate) file: &'a RelPath,
    pub(crate) span: Span,
    pub(crate) before: &'a [u8],
    /// What happens to the file.
    pub(crate) patch: Option<&'a Patch>,
}

impl Use<'_> {
    /// The pattern after the patch.
    fn after(&self) -> Vec<u8> {
        let edits = self.patch.map_or(&[][..], Patch::edits);
        let inside = edits.iter().filter(|edit| self.span.contains(edit.span));
        let shifted = inside.map(|edit| {
            let Span { start, end } = edit.span;
            let span = Span::new(start - self.span.start, end - self.span.start);
            Edit::replace(span, edit.text.clone())
        });
        let patch = Patch::new(shifted.collect()).ok();
        let after = patch.and_then(|patch| patch.apply(self.before).ok());
        after.unwrap_or_else(|| self.before.to_vec())
    }
}

/// A file, where it is and where it will be.
type Moved = (RelPath, RelPath);

/// Compares the files that each pattern matches before and after `renames`. `projects` is the
/// project's name before and after.
pub(crate) fn check<'a>(
    uses: impl Iterator<Item = Use<'a>>,
    entries: &[Entry],
    renames: &BTreeMap<RelPath, RelPath>,
    projects: [Option<&str>; 2],
) -> Vec<Diagnostic> {
    if renames.is_empty() {
        return Vec::new();
    }
    let mut verdicts: BTreeMap<_, Option<Moved>> = BTreeMap::new();
    let mut errors = Vec::new();
    for include in uses {
        if !Pattern::may_match_model(include.before) {
            continue;
        }
        let folder = include.file.parent();
        let key = (folder.to_vec(), include.before.to_vec());
        let verdict = verdicts.entry(key).or_insert_with(|| {
            let before = Pattern::new(include.before, folder, projects[0])?;
            let text = include.after();
            let Some(after) = Pattern::new(&text, folder, projects[1]) else {
                let first = renames.iter().next();
                return first.map(|(from, to)| (from.clone(), to.clone()));
            };
            let mut moved = renames.iter();
            if text == include.before {
                // The same pattern tells nothing new about a file that stays where it is.
                let moved = moved.find(|(from, to)| before.matches(from) != after.matches(to));
                return moved.map(|(from, to)| (from.clone(), to.clone()));
            }
            difference(&before, &after, entries, renames)
        });
        if let Some((from, to)) = verdict {
            let label = Label::at(include.file, include.span, "");
            errors.push(refusal::include_changes(include.before, label, from, to));
        }
    }
    errors
}

/// The first file that only one of the two patterns matches.
fn difference(
    before: &Pattern,
    after: &Pattern,
    entries: &[Entry],
    renames: &BTreeMap<RelPath, RelPath>,
) -> Option<Moved> {
    let files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
    for Entry { path, .. } in files {
        let to = renames.get(path).unwrap_or(path);
        if before.matches(path) != after.matches(to) {
            return Some((path.clone(), to.clone()));
        }
    }
    None
}
