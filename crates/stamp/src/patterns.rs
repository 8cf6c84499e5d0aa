//! What include patterns match: the same files before and after, and any at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use storyline_text::{Diagnostic, Edit, Label, Patch, RelPath, Span};

use crate::include::Pattern;
use crate::tree::Tree;
use crate::{Entry, EntryKind, include, refusal};

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
pub(crate) type Moved = (RelPath, RelPath);

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
            let patterns = [include.before, &include.after()];
            moved(patterns, folder, entries, renames, projects)
        });
        if let Some((from, to)) = verdict {
            let label = Label::at(include.file, include.span, "");
            errors.push(refusal::include_changes(include.before, label, from, to));
        }
    }
    errors
}

/// The first file that only one of two patterns of a folder matches, the second after `renames`.
pub(crate) fn moved(
    [before, text]: [&[u8]; 2],
    folder: &[u8],
    entries: &[Entry],
    renames: &BTreeMap<RelPath, RelPath>,
    projects: [Option<&str>; 2],
) -> Option<Moved> {
    let pattern = Pattern::new(before, folder, projects[0])?;
    let mut moved = renames.iter();
    let first = |(from, to): (&RelPath, &RelPath)| (from.clone(), to.clone());
    let Some(after) = Pattern::new(text, folder, projects[1]) else {
        return moved.next().map(first);
    };
    if text == before {
        // The same pattern tells nothing new about a file that stays where it is.
        let moved = moved.find(|(from, to)| pattern.matches(from) != after.matches(to));
        return moved.map(first);
    }
    difference(&pattern, &after, entries, renames)
}

/// Whether a pattern that stays as it is cannot match any of `entries`, which are sorted, wherever in
/// its folder each goes: it begins in another folder.
pub(crate) fn is_out_of_the_way(pattern: &[u8], folder: &[u8], entries: &[Entry]) -> bool {
    let Some(start) = include::literal_start(pattern, folder) else {
        return false;
    };
    let first = entries.partition_point(|entry| entry.path.as_bytes() < start.as_slice());
    let first = entries.get(first);
    !first.is_some_and(|entry| entry.path.as_bytes().starts_with(&start))
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

/// An `include:` that matches no file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DanglingInclude {
    /// The file that includes.
    pub file: RelPath,
    /// The pattern, without quotes.
    pub span: Span,
}

/// Include patterns that match nothing, by file and position. What cannot be judged from here is
/// left out: patterns that lead to other projects or through constants; file names without a folder
/// that stand in another folder than the file that includes them; and wildcards in folders that
/// exist, since there may just be no such file yet.
pub fn dangling_includes(tree: &Tree) -> Vec<DanglingInclude> {
    let names: BTreeSet<&[u8]> = tree
        .entries()
        .iter()
        .map(|entry| bare(entry.path.file_name()))
        .collect();
    let is_there = |pattern: &[u8], file: &RelPath| {
        let folder = file.parent();
        let alone = !pattern.contains(&b'/') && names.contains(bare(pattern));
        let matches = |pattern: &[u8]| {
            let compiled = Pattern::new(pattern, folder, tree.project());
            compiled.is_none_or(|compiled| compiled.leads_to_any(tree.entries()))
        };
        // `/project/…` is how a project that others import may call its own files.
        let below_project = || {
            let rest = pattern.strip_prefix(b"/")?;
            let slash = memchr::memchr(b'/', rest)?;
            Some(&rest[slash..])
        };
        let in_nested_project = || {
            let root = tree.project_folder(file);
            pattern.starts_with(b"/")
                && !root.is_empty()
                && matches(&[b"/", root, pattern].concat())
        };
        alone || matches(pattern) || below_project().is_some_and(matches) || in_nested_project()
    };
    let mut known: HashMap<(&[u8], &[u8]), bool> = HashMap::new();
    let mut dangling = Vec::new();
    for (path, file) in tree.files() {
        for include in &file.scan.includes {
            let pattern = include.span.slice(&file.bytes);
            let folder = path.parent();
            let is_there = known
                .entry((folder, pattern))
                .or_insert_with(|| is_there(pattern, path));
            if !*is_there {
                dangling.push(DanglingInclude {
                    file: path.clone(),
                    span: include.span,
                });
            }
        }
    }
    dangling
}

/// A file's name without the ending that an include may leave out.
fn bare(name: &[u8]) -> &[u8] {
    let mut endings = [&b".lkml"[..], b".lookml"].into_iter();
    endings
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name)
}
