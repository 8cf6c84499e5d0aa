//! Git's own merge of three texts, for files that it asks us to merge, and the settings that make it ask.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::NetError;
use super::git::Git;
use crate::Repository;

/// Exit codes from here on are no numbers of conflicts.
const NO_MERGE: i32 = 128;

/// Three states of a text.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'s> {
    /// What both others come from.
    pub base: &'s [u8],
    /// The side that the result belongs to.
    pub ours: &'s [u8],
    /// The other one.
    pub theirs: &'s [u8],
}

/// How conflicts are marked.
#[derive(Clone, Debug)]
pub struct Markers {
    /// How many characters a marker has.
    pub size: usize,
    /// What this side, the base and the other side are called.
    pub labels: [String; 3],
}

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedText {
    /// The text, with markers where there are conflicts.
    pub text: Vec<u8>,
    /// Whether there are any.
    pub has_conflicts: bool,
}

impl Git {
    /// Merges line by line, as Git does where no driver is set, conflicts in the style that the
    /// configuration asks for. `None` when it cannot be done, as with what is no text.
    ///
    /// # Errors
    /// When `git` cannot be used.
    pub fn merge_text(
        &self,
        repository: &Repository,
        sides: Sides<'_>,
        markers: &Markers,
    ) -> Result<Option<MergedText>, NetError> {
        let Ok(folder) = tempfile::tempdir() else {
            return Ok(None);
        };
        let files = [
            ("ours", sides.ours),
            ("base", sides.base),
            ("theirs", sides.theirs),
        ];
        let files = files.map(|(name, bytes)| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).ok()?;
            Some(path.to_str()?.to_owned())
        });
        let [Some(ours), Some(base), Some(theirs)] = &files else {
            return Ok(None);
        };
        let size = format!("--marker-size={}", markers.size);
        let mut arguments = vec!["merge-file", "--stdout", "--quiet", &size];
        for label in &markers.labels {
            arguments.extend(["-L", label]);
        }
        arguments.extend(["--", ours, base, theirs]);
        let git_dir = absolute(repository.git_dir());
        let ended = self.run_here(&git_dir, &arguments, Vec::new())?;
        Ok(ended.and_then(|ended| match ended.status.code() {
            Some(conflicts) if conflicts < NO_MERGE => Some(MergedText {
                text: ended.output,
                has_conflicts: conflicts > 0,
            }),
            _ => None,
        }))
    }
}

impl Git {
    /// Writes a setting into the repository's own configuration, or takes it out; tells whether that was
    /// done.
    ///
    /// # Errors
    /// When `git` cannot be used.
    pub fn configure(
        &self,
        repository: &Repository,
        name: &str,
        value: Option<&str>,
    ) -> Result<bool, NetError> {
        let arguments: &[&str] = match value {
            Some(value) => &["config", "--local", "--replace-all", name, value],
            None => &["config", "--local", "--unset-all", name],
        };
        let git_dir = absolute(repository.git_dir());
        let ended = self.run_here(&git_dir, arguments, Vec::new())?;
        Ok(ended.is_some_and(|ended| ended.status.success()))
    }
}

/// `git` starts in that folder, and reads its own `GIT_DIR` from there.
fn absolute(git_dir: &Path) -> PathBuf {
    std::path::absolute(git_dir).unwrap_or_else(|_| git_dir.into())
}
