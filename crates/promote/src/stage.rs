//! A stage's files in canonical form, and back.
//!
//! Whatever happens on a stage happens in canonical form, so that names never clash and one story is the
//! same change everywhere. Files that cannot be taken there, because names in them do not belong, are *kept*:
//! they stand in the view as they are on the stage, and return there untouched. So what is wrong with one
//! file stops nobody who does not touch it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use storyline_manifest::{Manifest, is_manifest_file};
use storyline_repo::merge::{Clash, Merge};
use storyline_repo::projection::{Leaf, Opaque, Workspace};
use storyline_repo::{NewCommit, ObjectError, ObjectId};
use storyline_stamp::{Direction, Refused, Scope, plan};
use storyline_text::{Diagnostic, RelPath, Severity};

use crate::PromoteError;
use crate::deed::Landed;

/// How often files are put aside before a tree is given up. Each round takes every file that is named.
const ROUNDS: usize = 8;

/// A stage's files, canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The tree.
    pub tree: ObjectId,
    /// Paths in it that are as on the stage, since nobody can say what they are in canonical form.
    pub kept: BTreeSet<RelPath>,
}

impl View {
    /// A tree that is canonical already.
    pub fn as_it_is(tree: ObjectId) -> Self {
        Self {
            tree,
            kept: BTreeSet::new(),
        }
    }
}

/// A view after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// With the change, but for what clashes.
    pub view: View,
    /// Paths that the change touches, with what was there and what is there now.
    pub touched: BTreeMap<RelPath, [Option<Leaf>; 2]>,
    /// Where it does not fit.
    pub clashes: Vec<Clash>,
    /// Paths that it touches and that are kept: it cannot be said what it would do to them.
    pub unclear: Vec<RelPath>,
}

impl Applied {
    /// Whether everything fitted.
    pub fn fits(&self) -> bool {
        self.clashes.is_empty() && self.unclear.is_empty()
    }
}

/// What a change leads from and to, as commits in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Before.
    pub from: ObjectId,
    /// After.
    pub to: ObjectId,
}

impl Span {
    /// The way back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
        }
    }
}

/// Trees of one stage.
pub struct Stage<'w, 'o> {
    /// Where they are looked at and made.
    pub workspace: &'w mut Workspace<'o>,
    name: String,
    form: Form,
}

/// The form that trees are in before anything happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With the stage's names.
    Stage,
    /// Canonical.
    Canonical,
}

impl<'w, 'o> Stage<'w, 'o> {
    /// Looks at trees of the stage `name`, which is the name of its environment as well.
    pub fn new(workspace: &'w mut Workspace<'o>, name: &str) -> Self {
        Self {
            workspace,
            name: name.into(),
            form: Form::Stage,
        }
    }

    /// Looks at canonical trees, for the stage `name` that follows canonical. There the manifest's files are
    /// files like others.
    pub fn following(workspace: &'w mut Workspace<'o>, name: &str) -> Self {
        Self {
            form: Form::Canonical,
            ..Self::new(workspace, name)
        }
    }

    /// Whether a story may change this file here.
    pub(crate) fn takes(&self, path: &RelPath) -> bool {
        self.form == Form::Canonical || !is_manifest_file(path)
    }

    /// The stage's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A tree of the stage in canonical form.
    ///
    /// # Errors
    /// When its manifest does not say what that is, or an object is missing.
    pub fn view(&mut self, tree: ObjectId) -> Result<View, PromoteError> {
        if self.form == Form::Canonical {
            return Ok(View::as_it_is(tree));
        }
        let mut kept = BTreeSet::new();
        let mut rest = tree;
        for _ in 0..ROUNDS {
            match self.workspace.unstamped(rest, &self.name, None)? {
                Ok(canonical) => return self.with_kept(canonical, tree, kept, rest),
                Err(Opaque::Refused) => {}
                Err(why) => return Err(self.opaque(why)),
            }
            let reasons = self.refusals(rest, Direction::Unstamp)?;
            let mut put_aside = BTreeSet::new();
            for path in offenders(&reasons) {
                if self.workspace.leaf(rest, path)?.is_some() {
                    put_aside.insert(path.clone());
                }
            }
            if put_aside.is_empty() {
                return Err(self.unstampable(reasons));
            }
            rest = self.without(rest, &put_aside)?;
            kept.extend(put_aside);
        }
        let reasons = self.refusals(rest, Direction::Unstamp)?;
        Err(self.unstampable(reasons))
    }

    fn with_kept(
        &mut self,
        canonical: ObjectId,
        tree: ObjectId,
        kept: BTreeSet<RelPath>,
        rest: ObjectId,
    ) -> Result<View, PromoteError> {
        if kept.is_empty() {
            return Ok(View::as_it_is(canonical));
        }
        match self.with(canonical, tree, &kept)? {
            Ok(tree) => Ok(View { tree, kept }),
            // A kept file's path is one that a file gets in canonical form.
            Err(_) => {
                let reasons = self.refusals(rest, Direction::Unstamp)?;
                Err(self.unstampable(reasons))
            }
        }
    }

    /// The stage's tree of a view. It was taken back, and is the same.
    ///
    /// # Errors
    /// When the names do not fit, or an object is missing.
    pub fn stamped(&mut self, view: &View) -> Result<ObjectId, PromoteError> {
        if self.form == Form::Canonical {
            return Ok(view.tree);
        }
        let rest = match view.kept.is_empty() {
            true => view.tree,
            false => self.without(view.tree, &view.kept)?,
        };
        let stamped = match self.workspace.stamped(rest, &self.name)? {
            Ok(stamped) => stamped,
            Err(Opaque::Refused) => {
                let reasons = self.refusals(rest, Direction::Stamp)?;
                return Err(self.unstampable(reasons));
            }
            Err(why) => return Err(self.opaque(why)),
        };
        match self.with(stamped, view.tree, &view.kept)? {
            Ok(tree) => Ok(tree),
            Err(path) => Err(self.unstampable(vec![in_the_way(&path)])),
        }
    }

    /// What the stage has of a tree that is looked at. A canonical one that cannot be stamped stays as it is.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn projected(&mut self, tree: ObjectId) -> Result<ObjectId, PromoteError> {
        Ok(match self.form {
            Form::Stage => tree,
            Form::Canonical => self.workspace.stamped(tree, &self.name)?.unwrap_or(tree),
        })
    }

    /// Applies a story's change. The manifest's files are no part of it, unless trees are canonical.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn apply(&mut self, view: &View, change: Span) -> Result<Applied, PromoteError> {
        let [base, theirs] = [change.from, change.to].map(|commit| self.workspace.tree_of(commit));
        self.apply_trees(view, base?, theirs?)
    }

    /// The same with what lies between two canonical trees.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn apply_trees(
        &mut self,
        view: &View,
        base: ObjectId,
        theirs: ObjectId,
    ) -> Result<Applied, PromoteError> {
        let merge = Merge {
            base,
            ours: view.tree,
            theirs,
        };
        let form = self.form;
        let skip = |path: &RelPath| form == Form::Stage && is_manifest_file(path);
        let merged = self.workspace.merge(merge, skip)?;
        let unclear = merged
            .touched
            .keys()
            .filter(|path| view.kept.contains(path));
        let unclear = unclear.cloned().collect();
        Ok(Applied {
            view: View {
                tree: merged.tree,
                kept: view.kept.clone(),
            },
            touched: merged.touched,
            clashes: merged.clashes,
            unclear,
        })
    }

    /// Whether a revision brings no more than what its commits add to those of an older one: Git merges nothing
    /// again that canonical has.
    pub(crate) fn adds(&self, old: &Landed, new: &Landed) -> Result<bool, ObjectError> {
        let objects = self.workspace.objects();
        let [old, new] = [old, new].map(|landed| landed.change.to);
        let is_here = self.form == Form::Canonical && objects.contains(old);
        Ok(is_here && objects.contains(new) && objects.is_ancestor(old, new)?)
    }

    /// The paths that a story's change is about, as [`Stage::apply`] would have it.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn paths_of(&mut self, change: Span) -> Result<BTreeSet<RelPath>, PromoteError> {
        let [from, to] = [change.from, change.to].map(|commit| self.workspace.tree_of(commit));
        let differences = self.workspace.differences(Some(from?), Some(to?))?;
        let paths = differences.into_keys();
        Ok(paths.filter(|path| self.takes(path)).collect())
    }

    /// The view with the manifest's files of another tree instead of its own.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn with_manifest_of(
        &mut self,
        view: &View,
        tree: ObjectId,
    ) -> Result<Result<View, RelPath>, PromoteError> {
        let mut changes = BTreeMap::new();
        for (path, _) in self.workspace.manifest_files(view.tree)? {
            changes.insert(path, None);
        }
        for (path, _) in self.workspace.manifest_files(tree)? {
            let leaf = self.workspace.leaf(tree, &path)?;
            changes.insert(path, leaf);
        }
        let edited = self.workspace.edited(view.tree, &changes)?;
        Ok(edited.map(|tree| View {
            tree,
            kept: view.kept.clone(),
        }))
    }

    /// Makes a commit of the stage's tree `tree`; it waits for `Workspace::write`.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn commit(&self, commit: &NewCommit<'_>) -> Result<ObjectId, ObjectError> {
        self.workspace.keep_commit(commit)
    }

    fn without(
        &mut self,
        tree: ObjectId,
        paths: &BTreeSet<RelPath>,
    ) -> Result<ObjectId, PromoteError> {
        let changes = paths.iter().map(|path| (path.clone(), None)).collect();
        let edited = self.workspace.edited(tree, &changes)?;
        Ok(edited.expect("nothing stands in the way of what is taken out"))
    }

    /// A tree with files of another one that it does not have; the path of the first that it has.
    fn with(
        &mut self,
        tree: ObjectId,
        from: ObjectId,
        kept: &BTreeSet<RelPath>,
    ) -> Result<Result<ObjectId, RelPath>, PromoteError> {
        let mut carried = Vec::with_capacity(kept.len());
        for path in kept {
            if self.workspace.leaf(from, path)?.is_none() {
                continue;
            }
            if self.workspace.leaf(tree, path)?.is_some() {
                return Ok(Err(path.clone()));
            }
            carried.push(path);
        }
        if carried.is_empty() {
            return Ok(Ok(tree));
        }
        let carried = self.workspace.carried(tree, from, carried)?;
        Ok(carried.map_err(|blocked| blocked[0].clone()))
    }

    /// The manifest in a tree.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub fn manifest(&mut self, tree: ObjectId) -> Result<Manifest, PromoteError> {
        let files = self.workspace.manifest_files(tree)?;
        Manifest::parse(&files).map_err(|_| self.opaque(Opaque::NoManifest))
    }

    fn opaque(&self, why: Opaque) -> PromoteError {
        let stage = self.name.clone();
        match why {
            Opaque::NoManifest | Opaque::BrokenManifest => PromoteError::NoManifest { stage },
            Opaque::NoEnvironment => PromoteError::NoEnvironment { stage },
            Opaque::OddTree => PromoteError::OddTree { stage },
            Opaque::Refused => self.unstampable(Vec::new()),
        }
    }

    fn unstampable(&self, reasons: Vec<Diagnostic>) -> PromoteError {
        PromoteError::Unstampable {
            stage: self.name.clone(),
            reasons,
        }
    }

    /// Why a tree is refused; nothing when it would only not come back.
    fn refusals(
        &mut self,
        tree: ObjectId,
        direction: Direction,
    ) -> Result<Vec<Diagnostic>, PromoteError> {
        let manifest = self.manifest(tree)?;
        let Ok(environment) = manifest.environment(&self.name) else {
            return Err(self.opaque(Opaque::NoEnvironment));
        };
        let scope = Scope::of(&manifest, environment);
        let Some(files) = self.workspace.candidates(tree, &scope)? else {
            return Err(self.opaque(Opaque::OddTree));
        };
        Ok(match plan(&files, &manifest, environment, direction) {
            Ok(_) => Vec::new(),
            Err(Refused { diagnostics, .. }) => diagnostics,
        })
    }
}

/// The files that errors are about: what each points at first.
fn offenders(reasons: &[Diagnostic]) -> impl Iterator<Item = &RelPath> {
    let errors = reasons
        .iter()
        .filter(|reason| reason.severity == Severity::Error);
    let paths = errors.filter_map(|reason| Some(&reason.labels.first()?.file));
    paths.filter(|path| !is_manifest_file(path))
}

fn in_the_way(path: &RelPath) -> Diagnostic {
    let path = storyline_text::Visible(path.as_bytes());
    Diagnostic::error(
        "kept-in-the-way",
        format!("two files would have the path {path} on the stage"),
    )
    .help("one of them holds names that do not belong there: `storyline check` says which")
}
