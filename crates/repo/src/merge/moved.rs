//! Changes of files that have another path on the other side.
//!
//! Looked for only where a change does not fit otherwise: a file that it needs is gone, or one that it
//! removes was changed. A file has moved when its bytes turn up at one other path, or lines enough of it.

use std::collections::BTreeMap;

use storyline_text::RelPath;

use super::{ClashKind, Done, Merge, Sides, is_file};
use crate::object_error::ObjectError;
use crate::projection::{Differences, Leaf, Workspace};

/// How many of a hundred lines a file that moved has to share with what it was, as in Git.
const ALIKE: usize = 50;
/// The longest file that is compared with others, in bytes, and the most pairs of files.
const MAX_TEXT: usize = 1 << 20;
const MAX_PAIRS: usize = 4096;

/// Finds what moved, and does there what was to be done.
pub(super) fn follow(
    workspace: &mut Workspace<'_>,
    merge: Merge,
    change: &Differences,
    ours: &BTreeMap<RelPath, Option<Leaf>>,
    done: &mut Done,
) -> Result<(), ObjectError> {
    let is =
        |path: &RelPath, kind: &ClashKind| matches!(&done.paths[path], Err(found) if found == kind);
    let paths = || change.keys();
    let moved_there: Vec<_> = paths()
        .filter(|p| is(p, &ClashKind::Changed))
        .cloned()
        .collect();
    let moved_here: Vec<_> = paths()
        .filter(|p| is(p, &ClashKind::Gone))
        .cloned()
        .collect();
    if !moved_there.is_empty() {
        let added = added(change);
        for path in moved_there {
            let sides = Sides {
                base: change[&path][0],
                ours: ours[&path],
                theirs: None,
            };
            there(workspace, &path, sides, &added, done)?;
        }
    }
    if !moved_here.is_empty() {
        let here = workspace.differences(Some(merge.base), Some(merge.ours))?;
        let added = added(&here);
        for path in moved_here {
            let [base, theirs] = change[&path];
            let sides = Sides {
                base,
                ours: None,
                theirs,
            };
            self::here(workspace, &path, sides, &added, done)?;
        }
    }
    Ok(())
}

fn added(differences: &Differences) -> Vec<(RelPath, Leaf)> {
    let added = differences.iter().filter_map(|(path, sides)| match sides {
        [None, Some(leaf)] if is_file(leaf.kind) => Some((path.clone(), *leaf)),
        _ => None,
    });
    added.collect()
}

/// The change moves a file that was changed here: what was changed here goes along.
fn there(
    workspace: &mut Workspace<'_>,
    path: &RelPath,
    sides: Sides,
    added: &[(RelPath, Leaf)],
    done: &mut Done,
) -> Result<(), ObjectError> {
    let Some((to, theirs)) = twin(workspace, sides.base, added)? else {
        return Ok(());
    };
    // Only where the change itself put it is it free.
    if !matches!(done.paths.get(&to), Some(Ok(Some(Some(leaf)))) if *leaf == theirs) {
        return Ok(());
    }
    let sides = Sides {
        theirs: Some(theirs),
        ..sides
    };
    match workspace.merged_leaf(sides)? {
        Ok(leaf) => {
            done.set(path, sides.ours, None);
            done.set(&to, None, leaf);
        }
        Err(why) => done.clash(path, why),
    }
    Ok(())
}

/// The change is about a file that has another path here.
fn here(
    workspace: &mut Workspace<'_>,
    path: &RelPath,
    sides: Sides,
    added: &[(RelPath, Leaf)],
    done: &mut Done,
) -> Result<(), ObjectError> {
    let Some((at, ours)) = twin(workspace, sides.base, added)? else {
        return Ok(());
    };
    if done.paths.contains_key(&at) {
        return Ok(());
    }
    let sides = Sides {
        ours: Some(ours),
        ..sides
    };
    match workspace.merged_leaf(sides)? {
        Ok(leaf) => {
            done.set(path, None, None);
            done.set(&at, Some(ours), leaf);
        }
        Err(why) => {
            done.paths.remove(path);
            done.clash(&at, why);
        }
    }
    Ok(())
}

/// The one file among `added` that was `base`; `None` when there is none, or more than one.
fn twin(
    workspace: &Workspace<'_>,
    base: Option<Leaf>,
    added: &[(RelPath, Leaf)],
) -> Result<Option<(RelPath, Leaf)>, ObjectError> {
    let Some(base) = base.filter(|base| is_file(base.kind)) else {
        return Ok(None);
    };
    let mut same = added.iter().filter(|(_, leaf)| leaf.id == base.id);
    if let Some(first) = same.next() {
        return Ok(same.next().is_none().then(|| first.clone()));
    }
    if added.len() > MAX_PAIRS {
        return Ok(None);
    }
    let text = workspace.read(base.id)?;
    let lines = counted(&text);
    let mut best: Option<(usize, &(RelPath, Leaf))> = None;
    for candidate in added {
        let other = workspace.read(candidate.1.id)?;
        let alike = alike(&lines, &text, &other);
        if alike >= ALIKE && best.is_none_or(|(most, _)| alike > most) {
            best = Some((alike, candidate));
        }
    }
    Ok(best.map(|(_, found)| found.clone()))
}

fn counted(text: &[u8]) -> BTreeMap<&[u8], usize> {
    let mut lines = BTreeMap::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        *lines.entry(line).or_default() += 1;
    }
    lines
}

/// How much of a hundred bytes of the longer text stand in lines that both have.
fn alike(lines: &BTreeMap<&[u8], usize>, text: &[u8], other: &[u8]) -> usize {
    let longer = text.len().max(other.len());
    if longer == 0 || longer > MAX_TEXT {
        return 0;
    }
    let mut left = lines.clone();
    let shared = other.split_inclusive(|byte| *byte == b'\n').filter(|line| {
        let count = left.get_mut(line).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    });
    shared.map(<[u8]>::len).sum::<usize>() * 100 / longer
}
