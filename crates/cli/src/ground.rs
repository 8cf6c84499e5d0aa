//! What Git's drivers stand on: the repository that Git calls them for, and a tree of it that says which
//! names are the project's own.

use std::env;
use std::path::{Path, PathBuf};

use storyline_manifest::Manifest;
use storyline_repo::{Repository, Snapshot};
use storyline_stamp::Lens;

use crate::canon;
use crate::project::OWN_ENVIRONMENT;

/// The repository that Git works on when it calls us.
const GIT_DIR: &str = "GIT_DIR";
/// The tree that Git takes attributes from, when it is told to.
const ATTR_SOURCE: &str = "GIT_ATTR_SOURCE";
/// The index of the commit that is being made, when it is not the usual one.
const INDEX: &str = "GIT_INDEX_FILE";

/// A tree of a repository, and its manifest.
pub(crate) struct Ground {
    repository: Repository,
    files: Snapshot,
    manifest: Manifest,
}

impl Ground {
    /// The first of these that has a manifest that can be read: the tree that Git takes attributes from, what
    /// is staged, what is checked out. Whatever goes wrong is no ground.
    pub(crate) fn open(directory: &Path) -> Option<Self> {
        let repository = repository(directory)?;
        let commit = |revision: &str| {
            let commit = repository.resolve(revision).ok()?;
            Snapshot::of(&repository, commit).ok()
        };
        let attributes = || commit(env::var(ATTR_SOURCE).ok()?.as_str());
        let staged = || match repository.is_bare() {
            true => None,
            false => Snapshot::of_index(&repository, index(directory).as_deref()).ok(),
        };
        let head = || commit("HEAD");
        let sources: [&dyn Fn() -> Option<Snapshot>; 3] = [&attributes, &staged, &head];
        let (files, manifest) = sources.iter().find_map(|source| {
            let files = source()?;
            let (manifest, _) = canon::manifest_in(&files).ok()??;
            Some((files, manifest))
        })?;
        Some(Self {
            repository,
            files,
            manifest,
        })
    }

    /// What single files are looked at with. Where the names do not tell which form the tree is in, the
    /// clone's own setting does.
    pub(crate) fn lens(&self) -> Option<Lens<'_>> {
        if let Some(lens) = Lens::of(&self.files, &self.manifest).ok()? {
            return Some(lens);
        }
        let own = self.repository.setting(OWN_ENVIRONMENT).ok()??;
        let environment = self.manifest.environment(&own).ok()?;
        Lens::with_form(&self.files, &self.manifest, Some(environment)).ok()
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }
}

/// The manifest of the tree that Git takes attributes from, or of what is checked out, without a look at
/// anything else.
pub(crate) fn manifest(directory: &Path) -> Option<Manifest> {
    let repository = repository(directory)?;
    let commit = match env::var(ATTR_SOURCE) {
        Ok(revision) => repository.resolve(&revision).ok()?,
        Err(_) => repository.head()?,
    };
    let (manifest, _) = canon::manifest_of(&repository, commit).ok()??;
    Some(manifest)
}

/// The repository that Git calls us for, or the one of `directory`.
pub(crate) fn repository(directory: &Path) -> Option<Repository> {
    match env::var_os(GIT_DIR) {
        Some(git_dir) => Repository::at(Path::new(&git_dir), directory).ok(),
        None => Repository::discover(directory).ok()?,
    }
}

/// The index of the commit that is being made, where it is not the usual one: `git commit FILE` makes one
/// of its own.
pub(crate) fn index(directory: &Path) -> Option<PathBuf> {
    env::var_os(INDEX).map(|index| directory.join(index))
}
