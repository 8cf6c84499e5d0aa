//! Changes of files that have another path on the other side.
//!
//! Looked for only where a change does not fit otherwise: a file that it needs is gone, one that it removes
//! was changed, or both sides took it away. Then it matters where to: to the same place it is one file,
//! to two it is nobody's to choose, and what one side removes for good goes wherever it is, unless it was
//! changed there.
//!
//! A file has moved when its bytes turn up at one other path and were at no other one before; or lines
//! enough of it, more than in any other file, and no other file was as much like that one. Nothing is
//! guessed: of two that fit equally well it is none.

use std::collections::BTreeMap;

use storyline_text::RelPath;

use super::{Both, ClashKind, Done, Sides, is_file};
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;
use crate::projection::{Differences, Leaf, Workspace};

/// How many of a hundred bytes of the longer file have to stand in lines that both have, as in Git.
const ALIKE: usize = 50;
/// The most pairs of files that are compared, and the most bytes that all these files have.
const MAX_PAIRS: usize = 1 << 14;
const MAX_BYTES: usize = 64 << 20;

/// Finds what moved, and does there what was to be done.
pub(super) fn follow(
    workspace: &mut Workspace<'_>,
    sides: &mut Both<'_>,
    done: &mut Done,
) -> Result<(), ObjectError> {
    let clashing = |kind: ClashKind| {
        let paths = done.paths.iter();
        let paths = paths.filter(|(_, decided)| decided.becomes.as_ref() == Err(&kind));
        paths.map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    let [moved_there, moved_here] = [ClashKind::Changed, ClashKind::Gone].map(clashing);
    let taken: Vec<_> = sides
        .change
        .iter()
        .filter(|(path, leaves)| {
            let was_file = leaves[0].is_some_and(|leaf| is_file(leaf.kind));
            was_file && leaves[1].is_none() && done.paths[*path].ours.is_none()
        })
        .map(|(path, _)| path.clone())
        .collect();
    if !moved_there.is_empty() {
        for (path, to) in twins(workspace, &moved_there, &sides.change)? {
            there(workspace, &sides.change, [&path, &to], done)?;
        }
    }
    if !moved_here.is_empty() {
        let here = sides.here(workspace)?;
        let found = twins(workspace, &moved_here, here)?;
        let found: Vec<_> = found
            .into_iter()
            .map(|(path, at)| (here[&at], path, at))
            .collect();
        for (here, path, at) in found {
            self::here(workspace, [sides.change[&path], here], [&path, &at], done)?;
        }
    }
    if !taken.is_empty() {
        let there: BTreeMap<_, _> = twins(workspace, &taken, &sides.change)?
            .into_iter()
            .collect();
        let here = sides.here(workspace)?;
        let found = twins(workspace, &taken, here)?.into_iter();
        let here: BTreeMap<_, _> = found.map(|(path, at)| (path, (here[&at][1], at))).collect();
        for path in &taken {
            let at = here.get(path).map(|(leaf, at)| (*leaf, at));
            both(
                workspace,
                &sides.change,
                path,
                [at, there.get(path).map(|to| (None, to))],
                done,
            )?;
        }
    }
    Ok(())
}

/// The change moves a file that was changed here: what was changed here goes along.
fn there(
    workspace: &mut Workspace<'_>,
    change: &Differences,
    [path, to]: [&RelPath; 2],
    done: &mut Done,
) -> Result<(), ObjectError> {
    // Only what the change itself puts there, where nothing was, is free.
    if done.paths[to].ours.is_some() {
        return Ok(());
    }
    let ours = done.paths[path].ours;
    let sides = Sides {
        base: change[path][0],
        ours,
        theirs: change[to][1],
    };
    match workspace.merged_leaf(sides)? {
        Ok(leaf) => {
            done.set(path, ours, None);
            done.set(to, None, leaf);
        }
        Err(why) => done.clash(path, ours, why),
    }
    Ok(())
}

/// The change is about a file that has another path here.
fn here(
    workspace: &mut Workspace<'_>,
    [[base, theirs], [_, ours]]: [[Option<Leaf>; 2]; 2],
    [path, at]: [&RelPath; 2],
    done: &mut Done,
) -> Result<(), ObjectError> {
    if done.paths.contains_key(at) {
        return Ok(());
    }
    done.set(path, None, None);
    match workspace.merged_leaf(Sides { base, ours, theirs })? {
        Ok(leaf) => done.set(at, ours, leaf),
        Err(why) => done.clash(at, ours, why),
    }
    Ok(())
}

/// Both sides took a file away: to one place, to two, or one of them for good.
fn both(
    workspace: &mut Workspace<'_>,
    change: &Differences,
    path: &RelPath,
    [here, there]: [Option<(Option<Leaf>, &RelPath)>; 2],
    done: &mut Done,
) -> Result<(), ObjectError> {
    let base = change[path][0];
    let to = there.map(|(_, to)| to);
    match here {
        Some((ours, at)) if to == Some(at) => {
            if done.is(at, &ClashKind::AddedTwice) {
                let theirs = change[at][1];
                match workspace.merged_leaf(Sides { base, ours, theirs })? {
                    Ok(leaf) => done.set(at, ours, leaf),
                    Err(why) => done.clash(at, ours, why),
                }
            }
        }
        // What the change does to that path itself was decided.
        Some((_, at)) if done.paths.contains_key(at) => {}
        Some((ours, at)) if to.is_none() && ours == base => done.set(at, ours, None),
        Some((ours, at)) => {
            let moved = ClashKind::Moved {
                from: path.clone(),
                to: to.cloned(),
            };
            done.clash(at, ours, moved);
            to.into_iter().for_each(|to| done.leave(to));
        }
        None => {
            if let Some(to) = to.filter(|to| done.paths[*to].ours.is_none()) {
                done.clash(path, None, ClashKind::Gone);
                done.leave(to);
            }
        }
    }
    Ok(())
}

/// A path and its blob.
type File<'d> = (&'d RelPath, ObjectId);

/// Of some files that are gone on the right, those that are elsewhere there, and where.
pub(super) fn twins(
    workspace: &Workspace<'_>,
    wanted: &[RelPath],
    differences: &Differences,
) -> Result<Vec<(RelPath, RelPath)>, ObjectError> {
    // Of files without bytes none is another one.
    let empty = ObjectId::of(Kind::Blob, b"")?;
    let alone = |side: usize| {
        let files = differences.iter().filter_map(|(path, leaves)| {
            let leaf = leaves[side].filter(|leaf| is_file(leaf.kind) && leaf.id != empty)?;
            leaves[1 - side].is_none().then_some((path, leaf.id))
        });
        files.collect::<Vec<File<'_>>>()
    };
    let [gone, added] = [alone(0), alone(1)];
    let mut by_bytes: BTreeMap<ObjectId, [Vec<&RelPath>; 2]> = BTreeMap::new();
    for (side, files) in [&gone, &added].into_iter().enumerate() {
        for (path, id) in files {
            by_bytes.entry(*id).or_default()[side].push(path);
        }
    }
    let is_wanted = |path: &RelPath| wanted.binary_search(path).is_ok();
    let mut pairs = Vec::new();
    for sides in by_bytes.values() {
        if let [[from], [to]] = sides.each_ref().map(Vec::as_slice)
            && is_wanted(from)
        {
            pairs.push((*from, *to));
        }
    }
    // Whatever has its bytes on the other side is not looked for by its lines.
    let rest = |files: Vec<File<'_>>, other: usize| {
        let files = files
            .into_iter()
            .filter(|(_, id)| by_bytes[id][other].is_empty());
        files
            .map(|(path, id)| (path.clone(), id))
            .collect::<Vec<_>>()
    };
    let pairs = pairs
        .into_iter()
        .map(|(from, to)| (from.clone(), to.clone()));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.extend(alike_twins(
        workspace,
        &is_wanted,
        [&rest(gone, 1), &rest(added, 0)],
    )?);
    Ok(pairs)
}

/// The same among files that have other bytes.
fn alike_twins(
    workspace: &Workspace<'_>,
    is_wanted: &impl Fn(&RelPath) -> bool,
    [gone, added]: [&[(RelPath, ObjectId)]; 2],
) -> Result<Vec<(RelPath, RelPath)>, ObjectError> {
    let count = gone.iter().filter(|(path, _)| is_wanted(path)).count();
    if count * (gone.len() + added.len()) > MAX_PAIRS {
        return Ok(Vec::new());
    }
    let mut texts = Vec::new();
    let mut length = 0;
    for (_, id) in gone.iter().chain(added) {
        let text = if count == 0 {
            Vec::new()
        } else {
            workspace.read(*id)?
        };
        length += text.len();
        if length > MAX_BYTES {
            return Ok(Vec::new());
        }
        texts.push(text);
    }
    let lines: Vec<_> = texts.iter().map(|text| Lines::of(text)).collect();
    let (before, after) = lines.split_at(gone.len());
    let mut pairs = Vec::new();
    for (from, (path, _)) in gone
        .iter()
        .enumerate()
        .filter(|(_, (path, _))| is_wanted(path))
    {
        let to = before[from].most_alike(after);
        if let Some(to) = to.filter(|to| after[*to].most_alike(before) == Some(from)) {
            pairs.push((path.clone(), added[to].0.clone()));
        }
    }
    Ok(pairs)
}

/// The lines of a text, sorted.
struct Lines<'t> {
    lines: Vec<&'t [u8]>,
    bytes: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t [u8]) -> Self {
        let mut lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
        lines.sort_unstable();
        let bytes = text.len();
        Self { lines, bytes }
    }

    /// The one that is alike enough, and more so than all others.
    fn most_alike(&self, among: &[Self]) -> Option<usize> {
        let mut best = None;
        let mut most = ALIKE - 1;
        for (at, other) in among.iter().enumerate() {
            let alike = self.alike(other);
            if alike >= most {
                best = (alike > most).then_some(at);
                most = alike;
            }
        }
        best
    }

    /// How many of a hundred bytes of the longer text stand in lines that both have.
    fn alike(&self, other: &Self) -> usize {
        let longer = self.bytes.max(other.bytes);
        if longer == 0 || self.bytes.min(other.bytes) * 100 / longer < ALIKE {
            return 0;
        }
        let mut shared = 0;
        let mut others = other.lines.iter().peekable();
        for line in &self.lines {
            while others.next_if(|other| *other < line).is_some() {}
            shared += others.next_if_eq(&line).map_or(0, |line| line.len());
        }
        shared * 100 / longer
    }
}
