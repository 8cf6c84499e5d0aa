//! What is in an environment's repository that is neither canonical nor the environment's stamp.
//!
//! The names of files that were stamped by hand may be canonical's still, so a file is compared with the
//! stamp of the canonical file that it is by its path in either form.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use storyline_diff::{Content, FileChange, Options, Pair, Side, Status};
use storyline_manifest::{Environment, Manifest};
use storyline_repo::Snapshot;
use storyline_stamp::{
    Change, FileSet, ReadError, Scope, Site, SitePlace, SiteStatus, Tree, TreePatch, sites,
};
use storyline_text::{Patch, RelPath};

use crate::failure::Failure;
use crate::json;
use crate::side::SnapshotSide;

/// What an environment's files are.
#[derive(Default, Serialize)]
pub(super) struct Comparison {
    /// How many are the stamp's.
    pub(super) stamped: usize,
    /// How many are canonical's, names and all.
    pub(super) canonical: usize,
    /// How many differ from canonical's in names alone.
    pub(super) names: usize,
    /// All others, by path.
    pub(super) neither: Vec<Neither>,
}

/// A file that is neither canonical's nor the stamp's.
#[derive(Serialize)]
pub(super) struct Neither {
    /// Where it is; where the stamp has it, when it is gone.
    pub(super) path: String,
    pub(super) status: &'static str,
    /// Lines against the stamp's; `null` for what is no text.
    pub(super) added: Option<usize>,
    pub(super) removed: Option<usize>,
}

/// A commit's files, and the same as a side of a comparison.
pub(super) struct Files<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) side: SnapshotSide<'s>,
}

impl<'s> Files<'s> {
    pub(super) fn of(snapshot: &'s Snapshot) -> Self {
        Self {
            snapshot,
            side: SnapshotSide::new(snapshot),
        }
    }

    fn paths(&self) -> BTreeSet<&RelPath> {
        let entries = self.snapshot.entries().iter();
        entries.map(|entry| &entry.path).collect()
    }
}

/// Compares `found` with canonical's files and their stamp. `tree` is what canonical's files say, and
/// `stamp` the plan that stamps them.
pub(super) fn compare(
    manifest: &Manifest,
    environment: &Environment,
    (canonical, tree): (&Files<'_>, &Tree),
    (stamped, stamp): (&Files<'_>, &TreePatch),
    found: &Files<'_>,
) -> Result<Comparison, Failure> {
    let there = found.paths();
    let renames = stamp
        .changes
        .iter()
        .filter(|change| change.from != change.to);
    let back: BTreeMap<_, _> = renames.map(|change| (&change.to, &change.from)).collect();
    // What still has its canonical path is compared at the one that it will have.
    let moves = back
        .iter()
        .filter(|(to, from)| there.contains(*from) && !there.contains(*to));
    let moves = moves.map(|(to, from)| {
        Ok(Change {
            from: (*from).clone(),
            to: (*to).clone(),
            before: found.snapshot.read(from)?.into_owned(),
            patch: Patch::default(),
        })
    });
    let mut changes: Vec<_> = moves.collect::<Result<_, ReadError>>()?;
    changes.sort_by(|a, b| a.from.cmp(&b.from));
    let moves = TreePatch { changes };
    let origin = moves
        .changes
        .iter()
        .map(|change| (&change.to, &change.from));
    let origin: BTreeMap<_, _> = origin.collect();
    let options = Options {
        wanted: &|_| true,
        text: false,
    };
    let pair = Pair::new(&stamped.side, &found.side)?;
    let report = pair.report(&TreePatch::default(), &moves, &options)?;
    let own = Named::of(tree, manifest, None);
    let tree = Tree::read(found.snapshot, &Scope::of(manifest, environment))?;
    let names = Named::of(&tree, manifest, Some(environment));
    let mut comparison = Comparison::default();
    for change in &report.files {
        let Some(right) = &change.right else {
            comparison.neither.push(Neither::of(change, change.path()));
            continue;
        };
        let path = origin.get(&right.path).copied().unwrap_or(&right.path);
        let twin = back.get(&right.path).copied().unwrap_or(&right.path);
        let files = own.file(twin).zip(names.file(path));
        if path == twin && is_canonical(canonical, twin, right) {
            comparison.canonical += 1;
        } else if files.is_some_and(|(own, names)| names_alone_differ(own, names)) {
            comparison.names += 1;
        } else {
            comparison.neither.push(Neither::of(change, path));
        }
    }
    let told: BTreeSet<_> = report
        .files
        .iter()
        .filter_map(|change| change.right.as_ref())
        .map(|right| &right.path)
        .collect();
    // The stamp's bytes under canonical's path are told by nobody else.
    comparison.names += origin.keys().filter(|to| !told.contains(*to)).count();
    comparison.stamped = there.len() - told.len() - report.only_stamps;
    Ok(comparison)
}

fn is_canonical(canonical: &Files<'_>, path: &RelPath, found: &storyline_diff::Stand) -> bool {
    let entries = canonical.side.entries();
    let entry = entries.binary_search_by(|entry| entry.path.cmp(path));
    entry.is_ok_and(|at| entries[at].kind == found.kind)
        && canonical
            .side
            .read(path)
            .is_ok_and(|bytes| *bytes == *found.bytes)
}

impl Neither {
    fn of(change: &FileChange, path: &RelPath) -> Self {
        let (removed, added) = match change.content {
            Content::Text(_) | Content::Same => {
                let (removed, added) = change.lines();
                (Some(removed), Some(added))
            }
            Content::Binary | Content::Repository => (None, None),
        };
        let status = match change.status() {
            Status::Added => "added",
            Status::Removed => "missing",
            Status::Changed => "changed",
            Status::Moved => "moved",
        };
        Self {
            path: json::text(path.as_bytes()).into(),
            status,
            added,
            removed,
        }
    }
}

/// Files, and the names at their sites.
struct Named<'t> {
    tree: &'t Tree,
    sites: BTreeMap<RelPath, Vec<Site>>,
}

impl<'t> Named<'t> {
    fn of(tree: &'t Tree, manifest: &Manifest, environment: Option<&Environment>) -> Self {
        let mut by_file: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for site in sites(tree, Some(manifest), environment) {
            if site.place == SitePlace::Text && site.status != SiteStatus::Comment {
                by_file.entry(site.file.clone()).or_default().push(site);
            }
        }
        Self {
            tree,
            sites: by_file,
        }
    }

    fn file(&self, path: &RelPath) -> Option<(&[u8], &[Site])> {
        let sites = self.sites.get(path).map_or(&[][..], Vec::as_slice);
        Some((self.tree.source(path)?, sites))
    }
}

/// Whether two files are the same but for what they call things that are the project's own.
fn names_alone_differ(canonical: (&[u8], &[Site]), found: (&[u8], &[Site])) -> bool {
    let ((left, own), (right, names)) = (canonical, found);
    if own.len() != names.len() {
        return false;
    }
    let (mut a, mut b) = (0, 0);
    for (own, name) in own.iter().zip(names) {
        let (Some(before), Some(after)) = (
            left.get(a..own.span.start as usize),
            right.get(b..name.span.start as usize),
        ) else {
            return false;
        };
        let may_differ = own.status == SiteStatus::Own || own.name == name.name;
        if before != after || own.kind != name.kind || !may_differ {
            return false;
        }
        (a, b) = (own.span.end as usize, name.span.end as usize);
    }
    left[a..] == right[b..]
}
