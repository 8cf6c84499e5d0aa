//! Why a repository could not be read.

use std::path::{Path, PathBuf};

use storyline_text::{Diagnostic, Visible};

/// A repository that is there, but cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// It belongs to another user, who could have put anything into its configuration.
    #[error("the Git repository of {} belongs to another user", shown(.folder))]
    NotOwned {
        /// Its working tree's root, as `safe.directory` takes it.
        folder: PathBuf,
    },
    /// Git's files in it are not what Git writes.
    #[error("the Git repository of {} cannot be read: {reason}", shown(.folder))]
    Unreadable {
        /// The folder whose repository it is.
        folder: PathBuf,
        /// What libgit2 said.
        reason: String,
    },
}

fn shown(folder: &Path) -> Visible<'_> {
    Visible(folder.as_os_str().as_encoded_bytes())
}

/// The folder, here or above, in which Git's own folder stands.
fn root(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let mut above = folder.ancestors();
    above.find(|dir| dir.join(".git").exists()).map(Into::into)
}

impl RepoError {
    pub(crate) fn new(folder: PathBuf, error: &git2::Error) -> Self {
        match error.code() {
            git2::ErrorCode::Owner => Self::NotOwned {
                folder: root(&folder).unwrap_or(folder),
            },
            _ => Self::Unreadable {
                folder,
                reason: error.message().into(),
            },
        }
    }

    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::NotOwned { folder } => {
                Diagnostic::error("repository-not-owned", title).help(format!(
                    "if you trust it: `git config --global --add safe.directory '{}'`",
                    shown(folder)
                ))
            }
            Self::Unreadable { .. } => Diagnostic::error("repository-unreadable", title)
                .help("mend what it says; `git status` and `git fsck` say more"),
        }
    }
}
