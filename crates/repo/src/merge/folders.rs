//! Files that one side adds to a folder that the other side moved.
//!
//! A folder has moved when a side has none of it any more, and its files went elsewhere: to the folder that
//! got more of them than any other, or nobody can tell where to. Where a file belongs that somebody meanwhile added to it nobody says: it may be found by its
//! folder, or by what stood beside it. So it clashes, as Git has it.

use std::collections::{BTreeMap, BTreeSet};

use storyline_text::RelPath;

use super::moved::twins;
use super::{Both, ClashKind, Done};
use crate::object_error::ObjectError;
use crate::projection::{Differences, Leaf, Workspace};

/// Where a folder went; `None` where several are as likely.
type Target = Option<RelPath>;

/// Finds files that lost their folder.
pub(super) fn follow(
    workspace: &mut Workspace<'_>,
    sides: &mut Both<'_>,
    done: &mut Done,
) -> Result<(), ObjectError> {
    let merge = sides.merge;
    // The change moves a folder to which something was added here.
    let left = folders(&sides.change, 0);
    let mut moved = Vec::new();
    for folder in &left {
        if workspace.has(merge.ours, folder)?
            && !workspace.has(merge.theirs, folder)?
            && let Some(to) = target(workspace, &sides.change, folder)?
        {
            moved.push((folder.clone(), to));
        }
    }
    if !moved.is_empty() {
        for (path, leaf) in added(sides.here(workspace)?) {
            if let Some(to) = beside(&moved, &path)
                && !done.paths.contains_key(&path)
            {
                done.clash(&path, Some(leaf), ClashKind::FolderMoved { to });
            }
        }
    }
    // It adds something to a folder that was moved here.
    let mut moved = Vec::new();
    for folder in folders(&sides.change, 1) {
        if !workspace.has(merge.base, &folder)? || workspace.has(merge.ours, &folder)? {
            continue;
        }
        let here = sides.here(workspace)?;
        if let Some(to) = target(workspace, here, &folder)? {
            moved.push((folder, to));
        }
    }
    for (path, _) in added(&sides.change) {
        if let Some(to) = beside(&moved, &path)
            && done.paths[&path]
                .becomes
                .as_ref()
                .is_ok_and(Option::is_some)
        {
            done.clash(&path, None, ClashKind::FolderMoved { to });
        }
    }
    Ok(())
}

/// The folders, but for the root, of the files that stand on one side alone.
fn folders(differences: &Differences, side: usize) -> BTreeSet<RelPath> {
    let mut folders = BTreeSet::new();
    for (path, leaves) in differences {
        if leaves[side].is_none() || leaves[1 - side].is_some() {
            continue;
        }
        let mut inside = path.clone();
        while let Some(folder) = parent(&inside).filter(|folder| !folders.contains(folder)) {
            folders.insert(folder.clone());
            inside = folder;
        }
    }
    folders
}

/// The files that are new on the right.
fn added(differences: &Differences) -> Vec<(RelPath, Leaf)> {
    let added = differences
        .iter()
        .filter_map(|(path, leaves)| match leaves {
            [None, Some(leaf)] => Some((path.clone(), *leaf)),
            _ => None,
        });
    added.collect()
}

/// Where the files of a folder went, which is not there on the right; `None` when they went nowhere.
fn target(
    workspace: &Workspace<'_>,
    differences: &Differences,
    folder: &RelPath,
) -> Result<Option<Target>, ObjectError> {
    let gone = differences.iter().filter(|(path, leaves)| {
        leaves[0].is_some() && leaves[1].is_none() && below(folder, path).is_some()
    });
    let gone: Vec<_> = gone.map(|(path, _)| path.clone()).collect();
    let mut count: BTreeMap<RelPath, usize> = BTreeMap::new();
    for (from, to) in twins(workspace, &gone, differences)? {
        let Some(rest) = below(folder, &from) else {
            continue;
        };
        // Files may get other names while their folder does.
        let depth = rest.iter().filter(|byte| **byte == b'/').count();
        let mut went = Some(to);
        for _ in 0..=depth {
            went = went.as_ref().and_then(parent);
        }
        if let Some(went) = went.filter(|went| went != folder) {
            *count.entry(went).or_default() += 1;
        }
    }
    let most = count.values().copied().max();
    let mut best = count.into_iter().filter(|(_, files)| Some(*files) == most);
    // Of two that are as likely it is none.
    Ok(match (best.next(), best.next()) {
        (None, _) => None,
        (Some((folder, _)), None) => Some(Some(folder)),
        (Some(_), Some(_)) => Some(None),
    })
}

/// Where a file would be, if it went along with the innermost folder that moved.
fn beside(moved: &[(RelPath, Target)], path: &RelPath) -> Option<Target> {
    let around = moved
        .iter()
        .filter_map(|(folder, to)| Some((below(folder, path)?, to)));
    let (rest, to) = around.min_by_key(|(rest, _)| rest.len())?;
    let to = to.as_ref();
    Some(to.and_then(|to| RelPath::new(&[to.as_bytes(), b"/", rest].concat()).ok()))
}

/// What a path is below a folder.
fn below<'p>(folder: &RelPath, path: &'p RelPath) -> Option<&'p [u8]> {
    path.as_bytes()
        .strip_prefix(folder.as_bytes())?
        .strip_prefix(b"/")
}

fn parent(path: &RelPath) -> Option<RelPath> {
    RelPath::new(path.parent()).ok()
}
