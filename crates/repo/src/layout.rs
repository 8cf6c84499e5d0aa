//! What sort of repository it is, and the way to its objects.

use std::path::Path;

use git2::RepositoryOpenFlags;

use crate::error::RepoError;
use crate::id::ObjectId;
use crate::objects::Objects;
use crate::repository::Repository;

impl Repository {
    /// The bare repository that `folder` itself is, such as a mirror.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or belongs to somebody who is not trusted.
    pub fn open_bare(folder: &Path) -> Result<Self, RepoError> {
        let none: [&Path; 0] = [];
        let only = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        let git = git2::Repository::open_ext(folder, only, none);
        Ok(Self {
            git: git.map_err(|error| RepoError::new(folder.into(), &error))?,
            folder: folder.into(),
            below: None,
        })
    }

    /// The folder of what all working trees of the repository share: objects and branches.
    pub fn common_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// Whether it has no working tree.
    pub fn is_bare(&self) -> bool {
        self.git.is_bare()
    }

    /// Whether history was cut off when it was cloned.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// Whether some remote promised to hand objects out later, so that not all of them are here.
    ///
    /// # Errors
    /// When some file of the configuration is broken.
    pub fn is_partial(&self) -> Result<bool, RepoError> {
        let look = || {
            let config = self.git.config()?.snapshot()?;
            if config.get_entry("extensions.partialclone").is_ok() {
                return Ok(true);
            }
            let mut promises = false;
            let entries = config.entries(Some(r"^remote\..*\.promisor$"))?;
            entries.for_each(|entry| {
                promises |= config.get_bool(entry.name().unwrap_or("")).unwrap_or(false)
            })?;
            Ok(promises)
        };
        look().map_err(|error| self.broken(&error))
    }

    /// Its objects.
    ///
    /// # Errors
    /// When the folder that they are in cannot be read.
    pub fn objects(&self) -> Result<Objects, RepoError> {
        let folder = self.common_dir().join("objects");
        let objects = Objects::open(folder, self.is_partial()?);
        objects.map_err(|error| RepoError::Unreadable {
            folder: self.folder.clone(),
            reason: error.to_string(),
        })
    }

    /// The commit that a revision names as Git reads it, such as `HEAD~3`, a branch, or a tag of it.
    ///
    /// # Errors
    /// When there is none.
    pub fn resolve(&self, revision: &str) -> Result<ObjectId, RepoError> {
        let unknown = |reason: &str| RepoError::Revision {
            revision: revision.into(),
            reason: reason.into(),
        };
        if revision.starts_with('-') || revision.contains('\0') {
            return Err(unknown("no name begins with `-` or holds NUL"));
        }
        let object = self.git.revparse_single(revision);
        let commit = object.and_then(|object| object.peel(git2::ObjectType::Commit));
        let commit = commit.map_err(|error| unknown(error.message()))?;
        Ok(ObjectId::from_git(commit.id()))
    }
}
