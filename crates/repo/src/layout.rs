//! What sort of repository it is, and the way to its objects.

use std::path::{Path, PathBuf};

use git2::{ConfigLevel, ErrorCode, RepositoryOpenFlags};

use crate::error::RepoError;
use crate::id::ObjectId;
use crate::objects::Objects;
use crate::repository::{Repository, below};

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

    /// The repository whose own folder is `git_dir`, as Git tells the programs that it starts; `folder` is
    /// where they run.
    ///
    /// # Errors
    /// As [`Repository::open_bare`].
    pub fn at(git_dir: &Path, folder: &Path) -> Result<Self, RepoError> {
        let repository = Self::open_bare(&folder.join(git_dir))?;
        Ok(Self {
            below: below(&repository.git, folder),
            folder: folder.into(),
            ..repository
        })
    }

    /// The folder of what all working trees of the repository share: objects and branches.
    pub fn common_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// The root of the working tree; none in a bare repository.
    pub fn workdir(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// The folder that Git looks for hooks in, and whether it is this repository's own: `core.hooksPath` may
    /// lead to one that others share, or that is a part of the project.
    ///
    /// # Errors
    /// When some file of the configuration is broken.
    pub fn hooks_folder(&self) -> Result<(PathBuf, bool), RepoError> {
        let common = self.common_dir();
        let path = self.git.config().and_then(|c| c.get_path("core.hooksPath"));
        let path = match path {
            Ok(path) => self.workdir().unwrap_or(common).join(path),
            Err(error) if error.code() == ErrorCode::NotFound => {
                return Ok((common.join("hooks"), true));
            }
            Err(error) => return Err(self.broken(&error)),
        };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
        let is_own = real(&path).starts_with(real(common));
        Ok((path, is_own))
    }

    /// A setting of this repository's own configuration, whatever the user's and the system's say.
    ///
    /// # Errors
    /// When the file is broken.
    pub fn own_setting(&self, name: &str) -> Result<Option<String>, RepoError> {
        let config = self.git.config();
        let own = config.and_then(|config| config.open_level(ConfigLevel::Local));
        match own.and_then(|own| own.get_string(name)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(self.broken(&error)),
        }
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
