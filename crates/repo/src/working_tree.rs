//! What of a clone is on nobody's branch yet.

use git2::{Status, StatusOptions};

use crate::error::RepoError;
use crate::{ObjectId, Repository};

impl Repository {
    /// The commit that is checked out; `None` before the first one.
    pub fn head(&self) -> Option<ObjectId> {
        let head = self.git().refname_to_id("HEAD");
        head.ok().map(ObjectId::from_git)
    }

    /// Paths of files that Git knows of and that are not as in the commit that is checked out, in the
    /// index or in the working tree; none in a bare repository.
    ///
    /// # Errors
    /// When Git's files are broken.
    pub fn uncommitted(&self) -> Result<Vec<Vec<u8>>, RepoError> {
        if self.git().is_bare() {
            return Ok(Vec::new());
        }
        let mut options = StatusOptions::new();
        options.include_untracked(false).include_ignored(false);
        options.exclude_submodules(true).update_index(false);
        let found = self.git().statuses(Some(&mut options));
        let found = found.map_err(|error| self.broken(&error))?;
        let changed = found
            .iter()
            .filter(|entry| entry.status() != Status::CURRENT);
        Ok(changed.map(|entry| entry.path_bytes().to_vec()).collect())
    }
}
