//! What is in an environment's repository that is neither canonical nor the environment's stamp.
//!
//! The names of files that were stamped by hand may be canonical's still, so a file is compared with the
//! stamp of the canonical file that it is by its path in either form.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use storyline_diff::{Content, FileChange, Options, Pair, Side, Stand, Status};
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
    /// How many are, but for names, as canonical was when the branch left it.
    pub(super) older: usize,
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

    fn has(&self, path: &RelPath) -> bool {
        let entries = self.snapshot.entries();
        entries
            .binary_search_by(|entry| entry.path.cmp(path))
            .is_ok()
    }
}

/// Canonical's files at a commit, what they say, and what stamps them.
pub(super) type Canonical<'c> = (&'c Files<'c>, &'c Tree, &'c TreePatch);

/// Compares `found` with canonical's files and their stamp. `before` is what canonical was when the branch
/// left it.
pub(super) fn compare(
    manifest: &Manifest,
    environment: &Environment,
    canonical: Canonical<'_>,
    before: Option<Canonical<'_>>,
    stamped: &Files<'_>,
    found: &Files<'_>,
) -> Result<Comparison, Failure> {
    let canonical = Version::of(canonical, manifest);
    let before = before.map(|before| Version::of(before, manifest));
    let moves = to_stamped_paths(&canonical.back, found)?;
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
    let tree = Tree::read(found.snapshot, &Scope::of(manifest, environment))?;
    let names = Named::of(&tree, manifest, Some(environment));
    let mut comparison = Comparison::default();
    let mut told = 0;
    for change in &report.files {
        let at = change.path();
        let path = origin.get(at).copied().unwrap_or(at);
        let twin = canonical.twin(at);
        let is_older = before.as_ref().is_some_and(|before| {
            let twin = before.twin(at);
            match &change.right {
                Some(right) => {
                    is_at(before.files, twin, right)
                        || alone_differ(&before.own, twin, &names, path)
                }
                None => !before.files.has(twin),
            }
        });
        told += usize::from(change.right.is_some());
        match &change.right {
            Some(right) if path == twin && is_at(canonical.files, twin, right) => {
                comparison.canonical += 1
            }
            Some(_) if alone_differ(&canonical.own, twin, &names, path) => comparison.names += 1,
            Some(_) if is_older => comparison.older += 1,
            None if is_older => {}
            _ => comparison.neither.push(Neither::of(change, path)),
        }
    }
    // The stamp's bytes under canonical's path are told by nobody else.
    let differ: BTreeSet<_> = report.files.iter().map(FileChange::path).collect();
    comparison.names += origin.keys().filter(|to| !differ.contains(*to)).count();
    comparison.stamped = found.snapshot.entries().len() - told - report.only_stamps;
    Ok(comparison)
}

/// Canonical's files at a commit, by the paths that they have in both forms.
struct Version<'v> {
    files: &'v Files<'v>,
    own: Named<'v>,
    /// From the stamp's path to the canonical one, where they differ.
    back: BTreeMap<&'v RelPath, &'v RelPath>,
}

impl<'v> Version<'v> {
    fn of((files, tree, stamp): Canonical<'v>, manifest: &Manifest) -> Self {
        let renames = stamp
            .changes
            .iter()
            .filter(|change| change.from != change.to);
        Self {
            files,
            own: Named::of(tree, manifest, None),
            back: renames.map(|change| (&change.to, &change.from)).collect(),
        }
    }

    /// The canonical path of what the stamp has at a path.
    fn twin<'p>(&'p self, stamped: &'p RelPath) -> &'p RelPath {
        self.back.get(stamped).copied().unwrap_or(stamped)
    }
}

/// Moves what still has its canonical path to the one that its stamp has; `back` leads from that one to
/// the canonical path.
fn to_stamped_paths(
    back: &BTreeMap<&RelPath, &RelPath>,
    found: &Files<'_>,
) -> Result<TreePatch, ReadError> {
    let moves = back
        .iter()
        .filter(|(to, from)| found.has(from) && !found.has(to));
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
    Ok(TreePatch { changes })
}

/// Whether `files` has this very file at a path.
fn is_at(files: &Files<'_>, path: &RelPath, found: &Stand) -> bool {
    let entries = files.side.entries();
    let entry = entries.binary_search_by(|entry| entry.path.cmp(path));
    entry.is_ok_and(|at| entries[at].kind == found.kind)
        && files
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
fn alone_differ(own: &Named<'_>, at: &RelPath, names: &Named<'_>, path: &RelPath) -> bool {
    let files = own.file(at).zip(names.file(path));
    files.is_some_and(|(own, names)| names_alone_differ(own, names))
}

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
