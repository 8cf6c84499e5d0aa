//! Refs: where they stand, and moving several at once.
//!
//! They are moved by `git update-ref`, which knows how this repository keeps them, locks what it moves
//! against every other program, and moves all or none. Each move says what it was decided on, so what
//! somebody else did meanwhile is never lost.

use std::fs;
use std::path::{Path, PathBuf};

use git2::ErrorCode;
use storyline_text::{Diagnostic, Visible};

use crate::id::ObjectId;
use crate::net::{Git, NetError, Words};
use crate::ref_name::RefName;
use crate::repository::Repository;

/// One ref, and where it is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// Its name.
    pub name: RefName,
    /// Where it has to stand before.
    pub old: Expected,
    /// Where it stands afterwards; `None` to remove it.
    pub new: Option<ObjectId>,
}

/// Where a ref has to stand, so that it may be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is none yet.
    Absent,
    /// At this object.
    Is(ObjectId),
    /// Anywhere; there may be none.
    Any,
}

/// Why refs were not read, or not moved.
#[derive(Debug, thiserror::Error)]
pub enum RefError {
    /// Somebody else moved one.
    #[error("somebody else moved `{name}`")]
    Moved {
        /// The ref.
        name: RefName,
        /// Where it had to stand.
        expected: Expected,
        /// Where it stands.
        found: Option<ObjectId>,
    },
    /// A branch that some working tree is on: its files would seem changed all of a sudden.
    #[error("the branch `{}` is checked out in {}", .name.short(), shown(.folder))]
    CheckedOut {
        /// The branch.
        name: RefName,
        /// The working tree's root.
        folder: PathBuf,
    },
    /// Git did not move them.
    #[error("git did not move the refs")]
    Refused {
        /// What it said.
        words: Words,
    },
    /// One cannot be read.
    #[error("the ref `{}` cannot be read: {reason}", Visible(name.as_bytes()))]
    Unreadable {
        /// Its name, or the beginning of several names.
        name: String,
        /// What libgit2 said.
        reason: String,
    },
    /// There is no `git` that could.
    #[error(transparent)]
    Git(#[from] NetError),
}

fn shown(folder: &Path) -> Visible<'_> {
    Visible(folder.as_os_str().as_encoded_bytes())
}

impl Expected {
    fn allows(self, found: Option<ObjectId>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Is(id) => found == Some(id),
            Self::Any => true,
        }
    }
}

impl RefError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let error = |id| Diagnostic::error(id, self.to_string());
        match self {
            Self::Moved {
                expected, found, ..
            } => {
                let at = |id: Option<ObjectId>| id.map_or("nothing".into(), |id| id.to_string());
                let expected = match expected {
                    Expected::Is(id) => Some(*id),
                    Expected::Absent | Expected::Any => None,
                };
                error("ref-moved").help(format!(
                    "it was expected at {} and stands at {}; no ref was moved, run the command again: \
                     it starts from what is there now",
                    at(expected),
                    at(*found)
                ))
            }
            Self::CheckedOut { folder, .. } => error("branch-checked-out").help(format!(
                "nothing was moved; `git -C '{}' switch --detach` leaves the branch, then run the \
                 command again",
                shown(folder)
            )),
            Self::Refused { words } => {
                let lines = words.lines().map(|line| format!("git said: {line}"));
                let told = lines.fold(error("refs-not-moved"), Diagnostic::help);
                told.help("no ref was moved; mend what it says, then run the command again")
            }
            Self::Unreadable { .. } => error("ref-unreadable")
                .help("`git for-each-ref` and `git fsck` say more; nothing was moved"),
            Self::Git(error) => error.diagnostic(),
        }
    }
}

impl Repository {
    /// Where a ref stands, with symbolic ones followed; `None` when there is none.
    ///
    /// # Errors
    /// When it is broken.
    pub fn reference(&self, name: &RefName) -> Result<Option<ObjectId>, RefError> {
        match self.git.refname_to_id(name.as_str()) {
            Ok(id) => Ok(Some(ObjectId::from_git(id))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(unreadable(name.as_str(), &error)),
        }
    }

    /// All refs whose full names begin with `prefix`, such as `refs/storyline/`, sorted by name. Those
    /// whose names are not ours to write are left out, and so are symbolic ones without a target.
    ///
    /// # Errors
    /// When Git's files are broken.
    pub fn references(&self, prefix: &str) -> Result<Vec<(RefName, ObjectId)>, RefError> {
        // Nothing in a name that Git takes means anything to it here.
        let all = self.git.references_glob(&format!("{prefix}*"));
        let all = all.map_err(|error| unreadable(prefix, &error))?;
        let mut found = Vec::new();
        for reference in all {
            let reference = reference.map_err(|error| unreadable(prefix, &error))?;
            let name = reference.name().ok().filter(|n| n.starts_with(prefix));
            let Some(name) = name.and_then(|name| RefName::new(name).ok()) else {
                continue;
            };
            if let Some(id) = self.reference(&name)? {
                found.push((name, id));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The root of the working tree that a branch is checked out in, be it for a rebase.
    pub fn checked_out(&self, branch: &RefName) -> Option<PathBuf> {
        let common = self.common_dir();
        let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
        let linked = linked.filter_map(|entry| Some(entry.ok()?.path()));
        let own = (!self.is_bare()).then(|| common.to_path_buf());
        let folder = own
            .into_iter()
            .chain(linked)
            .find(|folder| is_on(folder, branch))?;
        // A linked tree's folder says where its `.git` file is.
        let root = fs::read_to_string(folder.join("gitdir")).map(|file| file.trim_end().into());
        let git: PathBuf = root.unwrap_or(folder);
        Some(git.parent().map(Into::into).unwrap_or(git))
    }
}

fn is_on(folder: &Path, branch: &RefName) -> bool {
    ["HEAD", "rebase-merge/head-name", "rebase-apply/head-name"]
        .iter()
        .any(|file| {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
            let name = text.trim_end();
            name.strip_prefix("ref:").unwrap_or(name).trim_start() == branch.as_str()
        })
}

fn unreadable(name: &str, error: &git2::Error) -> RefError {
    RefError::Unreadable {
        name: name.into(),
        reason: error.message().into(),
    }
}

impl Git {
    /// Moves all these refs, or none: each has to stand where it is expected. `message` goes into
    /// reflogs. A symbolic ref is replaced, not followed.
    ///
    /// # Errors
    /// [`RefError::Moved`] when one stands elsewhere; [`RefError::CheckedOut`]; or when Git refuses, say
    /// because of a commit that is not there.
    pub fn update_refs(
        &self,
        repository: &Repository,
        updates: &[RefUpdate],
        message: &str,
    ) -> Result<(), RefError> {
        for RefUpdate { name, .. } in updates {
            if let Some(folder) = repository.checked_out(name) {
                let name = name.clone();
                return Err(RefError::CheckedOut { name, folder });
            }
        }
        let arguments = ["update-ref", "--no-deref", "-m", message, "--stdin"];
        let input: String = updates.iter().map(line).collect();
        let ended = self.run_here(repository.common_dir(), &arguments, input.into())?;
        let words = match &ended {
            Some(ended) if ended.status.success() => return Ok(()),
            Some(ended) => Words::of(&ended.errors),
            None => Words::of(b"it did not end in time"),
        };
        // What it says is for people; what happened is where the refs stand.
        let mut moved = None;
        let mut all_there = true;
        for RefUpdate { name, old, new } in updates {
            let found = repository.reference(name)?;
            all_there &= found == *new;
            if moved.is_none() && !old.allows(found) {
                moved = Some(RefError::Moved {
                    name: name.clone(),
                    expected: *old,
                    found,
                });
            }
        }
        match ended.is_none() && all_there {
            true => Ok(()),
            false => Err(moved.unwrap_or(RefError::Refused { words })),
        }
    }

    /// Has a repository keep its refs in one file, as `git gc` does. Where they have a file each, all of
    /// these are read by every fetch and every push. Failing to is no failure of a command.
    pub fn pack_refs(&self, repository: &Repository) {
        let arguments = ["pack-refs", "--all"];
        let _ = self.run_here(repository.common_dir(), &arguments, Vec::new());
    }
}

/// One update as `git update-ref` reads it. Names hold no spaces.
fn line(update: &RefUpdate) -> String {
    let RefUpdate { name, old, new } = update;
    let none = ObjectId::from_bytes([0; 20]);
    match (new, old) {
        (Some(new), Expected::Is(old)) => format!("update {name} {new} {old}\n"),
        (Some(new), Expected::Absent) => format!("create {name} {new}\n"),
        (Some(new), Expected::Any) => format!("update {name} {new}\n"),
        (None, Expected::Is(old)) => format!("delete {name} {old}\n"),
        (None, Expected::Absent) => format!("verify {name} {none}\n"),
        (None, Expected::Any) => format!("delete {name}\n"),
    }
}
