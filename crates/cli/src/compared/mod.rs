//! Two things side by side, each in canonical form: what `diff` and `preview` start from.
//!
//! ```text
//! named    what was typed             -> a folder, a commit, the working tree; maybe its form
//! form     manifests and own names    -> the form that each is in
//! mod      both in canonical form     -> the report of what differs
//! ```
//!
//! Trees of Git are compared by the names of their objects, so that this costs what differs. A folder that
//! is none of Git's is read as a whole.

mod base;
mod form;
mod named;
pub(crate) mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use storyline_diff::objects::ObjectReport;
use storyline_diff::{Impact, Options, Pair, Report, Side, impact};
use storyline_repo::projection::{Differences, Workspace};
use storyline_repo::{Memo, ObjectId, Repository};
use storyline_stamp::TreePatch;
use storyline_text::RelPath;

use crate::canon;
use crate::changes::Taken;
use crate::failure::Failure;
use crate::project::Project;
use crate::side::{FolderSide, Wanted};

pub(crate) use base::since;
pub(crate) use named::{Form, Named, Place, both};

/// What is to be compared, and how.
pub(crate) struct Question<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) sides: &'a [Named; 2],
    /// The forms that options name.
    pub(crate) forms: [Option<&'a str>; 2],
    /// Compare the bytes as they are.
    pub(crate) raw: bool,
    pub(crate) wanted: &'a Wanted,
    /// Whether files that do not look like text are told line by line too.
    pub(crate) text: bool,
}

/// What came of it.
pub(crate) struct Compared {
    pub(crate) report: Report,
    /// What each side was taken for.
    pub(crate) taken: [Taken; 2],
}

/// The files of one side as they were found.
enum Files {
    Folder(Box<Project>),
    Tree(ObjectId),
}

/// All files of the right side, for whoever asks about more than what differs.
pub(crate) enum Right<'r, 'o> {
    /// They are listed, and become canonical by this.
    Listed(&'r dyn Side, &'r TreePatch),
    /// A tree in canonical form.
    Tree(&'r mut Workspace<'o>, Option<ObjectId>),
}

impl Right<'_, '_> {
    /// What stands on the differences, which are `objects` as well.
    pub(crate) fn impact(self, report: &Report, objects: &ObjectReport) -> Result<Impact, Failure> {
        if !report.files.iter().any(|file| is_lookml(file.path())) {
            return Ok(Impact::default());
        }
        let (workspace, tree) = match self {
            Self::Listed(side, patch) => return Ok(impact(side, patch, report, objects)?),
            Self::Tree(workspace, tree) => (workspace, tree),
        };
        let mut files = workspace.differences(None, tree)?;
        files.retain(|path, _| is_lookml(path));
        let [_, side] = tree::sides(workspace, &files)?;
        Ok(impact(&side, &TreePatch::default(), report, objects)?)
    }
}

fn is_lookml(path: &RelPath) -> bool {
    let name = path.file_name();
    name.ends_with(b".lkml") || name.ends_with(b".lookml")
}

/// How a side becomes canonical.
struct Canonical {
    /// Of a folder.
    patch: TreePatch,
    /// Of a tree: what it is in canonical form.
    tree: Option<ObjectId>,
    taken: Taken,
}

/// The folder that paths are seen from, from the root of what is compared: with trees of Git, one is
/// somewhere in the working tree.
pub(crate) fn below(directory: &Path, sides: &[Named; 2]) -> Result<PathBuf, Failure> {
    if sides.iter().any(is_folder) {
        return Ok(PathBuf::new());
    }
    let repository = canon::repository(directory)?;
    Ok(repository.below().unwrap_or(Path::new("")).into())
}

fn is_folder(side: &Named) -> bool {
    matches!(side.place, Place::Folder(_))
}

impl Question<'_> {
    /// Compares.
    pub(crate) fn answer(&self) -> Result<Compared, Failure> {
        self.and_then(|compared, _| Ok(compared))
    }

    /// Compares, and goes on with what came of it and with all that is on the right.
    pub(crate) fn and_then<T>(
        &self,
        then: impl FnOnce(Compared, Right<'_, '_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.sides.iter().all(is_folder) {
            return self.with(None, then);
        }
        let repository = canon::repository(self.directory)?;
        let objects = repository.objects()?;
        let mut workspace = Workspace::new(&objects, Memo::open(&repository));
        let made = self.with(Some((&repository, &mut workspace)), then);
        workspace.finish();
        made
    }

    fn with<T>(
        &self,
        mut git: Option<(&Repository, &mut Workspace<'_>)>,
        then: impl FnOnce(Compared, Right<'_, '_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let [left, right] = self.sides;
        let files = [
            self.files(&left.place, &mut git)?,
            self.files(&right.place, &mut git)?,
        ];
        let mut workspace = git.map(|(_, workspace)| workspace);
        if let [Files::Folder(left), Files::Folder(right)] = &files {
            let sides = [
                FolderSide::new(&left.folder),
                FolderSide::new(&right.folder),
            ];
            let pair = Pair::new(&sides[0], &sides[1])?;
            // Where every byte is the same, so is every form.
            let canonical = match pair.is_same() {
                true => [&files[0], &files[1]].map(form::as_it_is),
                false => self.canonical(&files, None)?,
            };
            let right = Right::Listed(&sides[1], &canonical[1].patch);
            return then(self.compared(&pair, &canonical)?, right);
        }
        let canonical = self.canonical(&files, workspace.as_deref_mut())?;
        let workspace = workspace.expect("a tree comes from a workspace");
        let trees = [canonical[0].tree, canonical[1].tree];
        match &files {
            [Files::Folder(project), _] => {
                let [_, tree] = self.whole(workspace, [None, trees[1]])?;
                let folder = FolderSide::new(&project.folder);
                let compared = self.compared(&Pair::new(&folder, &tree)?, &canonical)?;
                then(compared, Right::Listed(&tree, &canonical[1].patch))
            }
            [_, Files::Folder(project)] => {
                let [tree, _] = self.whole(workspace, [trees[0], None])?;
                let folder = FolderSide::new(&project.folder);
                let compared = self.compared(&Pair::new(&tree, &folder)?, &canonical)?;
                then(compared, Right::Listed(&folder, &canonical[1].patch))
            }
            [Files::Tree(left), Files::Tree(right)] => {
                let report = self.report_of_trees(workspace, [*left, *right], &canonical)?;
                let tree = canonical[1].tree;
                let compared = Compared {
                    report,
                    taken: canonical.map(|side| side.taken),
                };
                then(compared, Right::Tree(workspace, tree))
            }
        }
    }

    fn files(
        &self,
        place: &Place,
        git: &mut Option<(&Repository, &mut Workspace<'_>)>,
    ) -> Result<Files, Failure> {
        let Some((repository, workspace)) = git else {
            let Place::Folder(path) = place else {
                unreachable!("what is no folder comes with a repository")
            };
            return self.folder(path);
        };
        Ok(Files::Tree(match place {
            Place::Folder(path) => return self.folder(path),
            Place::Commit(commit) => workspace.tree_of(*commit)?,
            Place::Nothing => workspace.empty()?,
            Place::WorkingTree => match repository.working_tree(workspace)? {
                Some(tree) => tree,
                None => return Err(bare()),
            },
        }))
    }

    fn folder(&self, path: &Path) -> Result<Files, Failure> {
        let project = match self.raw {
            true => Project::open_as_it_is(path)?,
            false => Project::open(path)?,
        };
        Ok(Files::Folder(Box::new(project)))
    }

    /// What differs between two sides that are listed in full.
    fn compared(&self, pair: &Pair<'_>, sides: &[Canonical; 2]) -> Result<Compared, Failure> {
        let [left, right] = sides;
        let renamed = [left, right]
            .into_iter()
            .flat_map(|side| &side.patch.changes);
        let listed = pair.paths().chain(renamed.map(|change| &change.to));
        self.wanted.check(listed)?;
        let options = Options {
            wanted: &|path| self.wanted.has(path),
            text: self.text,
        };
        Ok(Compared {
            report: pair.report(&left.patch, &right.patch, &options)?,
            taken: [left.taken.clone(), right.taken.clone()],
        })
    }

    fn report_of_trees(
        &self,
        workspace: &mut Workspace<'_>,
        found: [ObjectId; 2],
        sides: &[Canonical; 2],
    ) -> Result<Report, Failure> {
        let trees = [sides[0].tree, sides[1].tree];
        for path in self.wanted.paths() {
            let mut is_there = false;
            for tree in trees.into_iter().flatten() {
                is_there |= workspace.has(tree, path)?;
            }
            if !is_there {
                return Err(Wanted::missing(path));
            }
        }
        let mut differences = workspace.differences(trees[0], trees[1])?;
        let only_stamps = only_stamps(workspace, found, sides, &differences)?;
        let is_wanted = |path: &RelPath| self.wanted.has(path);
        differences.retain(|path, _| is_wanted(path));
        let [left, right] = tree::sides(workspace, &differences)?;
        let options = Options {
            wanted: &is_wanted,
            text: self.text,
        };
        let nothing = TreePatch::default();
        let mut report = Pair::new(&left, &right)?.report(&nothing, &nothing, &options)?;
        report.only_stamps = only_stamps.iter().filter(|path| is_wanted(path)).count();
        Ok(report)
    }

    /// All files of a tree, which stands on one side.
    fn whole(
        &self,
        workspace: &mut Workspace<'_>,
        [left, right]: [Option<ObjectId>; 2],
    ) -> Result<[tree::TreeSide; 2], Failure> {
        let all = workspace.differences(left, right)?;
        Ok(tree::sides(workspace, &all)?)
    }
}

/// Paths, in canonical form, of files that differ as they were `found`, and are the same in canonical form.
fn only_stamps(
    workspace: &mut Workspace<'_>,
    found: [ObjectId; 2],
    sides: &[Canonical; 2],
    differences: &Differences,
) -> Result<BTreeSet<RelPath>, Failure> {
    let mut stamped = [BTreeSet::new(), BTreeSet::new()];
    for ((found, side), stamped) in found.into_iter().zip(sides).zip(&mut stamped) {
        let moved = workspace.differences(Some(found), side.tree)?;
        let there = moved.into_iter().filter(|(_, leaves)| leaves[1].is_some());
        stamped.extend(there.map(|(path, _)| path));
    }
    let [left, right] = &stamped;
    let is_same_stamp = sides[0].taken == sides[1].taken;
    let paths: BTreeSet<_> = match is_same_stamp {
        true => left.symmetric_difference(right).cloned().collect(),
        false => left.union(right).cloned().collect(),
    };
    let same = paths
        .into_iter()
        .filter(|path| !differences.contains_key(path));
    Ok(same.collect())
}

fn bare() -> Failure {
    let title = "this repository is bare: it has no working tree";
    let diagnostic = storyline_text::Diagnostic::error("no-working-tree", title);
    crate::failure::usage(diagnostic.help("name two revisions: `storyline diff A B`"))
}
