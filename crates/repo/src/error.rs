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
    /// Its objects have names of another kind than SHA-1.
    #[error("the Git repository of {} names its objects by {}", shown(.folder), Visible(format.as_bytes()))]
    ObjectFormat {
        /// The folder whose repository it is.
        folder: PathBuf,
        /// What Git calls the format, such as `sha256`.
        format: String,
    },
    /// A revision that somebody typed and that is none.
    #[error("{} names no commit: {}", Visible(revision.as_bytes()), Visible(reason.as_bytes()))]
    Revision {
        /// As it was typed.
        revision: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Git's files in it are not what Git writes.
    #[error("the Git repository of {} cannot be read: {reason}", shown(.folder))]
    Unreadable {
        /// The folder whose repository it is.
        folder: PathBuf,
        /// What libgit2 said.
        reason: String,
    },
    /// It has no commit yet.
    #[error("the Git repository of {} has no commit yet", shown(.folder))]
    NoCommit {
        /// The folder whose repository it is.
        folder: PathBuf,
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

/// How the objects of a repository that cannot be opened are named, when not by SHA-1.
fn object_format(folder: &Path) -> Option<String> {
    let git = root(folder).map_or_else(|| folder.into(), |root| root.join(".git"));
    let config = git2::Config::open(&git.join("config")).ok()?;
    let format = config.get_string("extensions.objectformat").ok()?;
    (!format.eq_ignore_ascii_case("sha1")).then_some(format)
}

impl RepoError {
    pub(crate) fn new(folder: PathBuf, error: &git2::Error) -> Self {
        if let Some(format) = object_format(&folder) {
            return Self::ObjectFormat { folder, format };
        }
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
            Self::ObjectFormat { .. } => Diagnostic::error("object-format-unsupported", title)
                .help("use a repository that was made with `git init --object-format=sha1`"),
            Self::Revision { .. } => Diagnostic::error("revision-unknown", title)
                .help("`git log --oneline --all` and `git branch --all` show what there is"),
            Self::Unreadable { .. } => Diagnostic::error("repository-unreadable", title)
                .help("mend what it says; `git status` and `git fsck` say more"),
            Self::NoCommit { .. } => Diagnostic::error("no-commit", title).help(
                "name a branch that has some (`git branch --all` lists them), or commit first",
            ),
        }
    }
}
