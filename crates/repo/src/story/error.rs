//! Why a story is not taken, or cannot be read.

use storyline_text::{Diagnostic, Visible};

use super::{RevisionId, StoryId};
use crate::ObjectId;

/// What is wrong with a story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoryError {
    /// An object is missing or broken.
    #[error("Git's objects cannot be read: {}", Visible(reason.as_bytes()))]
    Unreadable {
        /// What libgit2 said.
        reason: String,
    },
    /// Something else than Storyline wrote the log of a story.
    #[error("commit {commit} in the log of story {story} is none of Storyline's")]
    ForeignRecord {
        /// Whose log it is.
        story: StoryId,
        /// The commit.
        commit: ObjectId,
    },
    /// The story and canonical have nothing in common.
    #[error("the branch of story {story} holds no canonical commit")]
    NoCanonicalCommit {
        /// The story.
        story: StoryId,
    },
    /// No commit that the story is built on holds all the others.
    #[error(
        "story {story} is built on commits of which none holds all others: {}",
        listed(candidates)
    )]
    NoSingleBase {
        /// The story.
        story: StoryId,
        /// The canonical commits and dependencies' tips.
        candidates: Vec<ObjectId>,
    },
    /// The story changes nothing.
    #[error("story {story} changes nothing: its files are those that it is built on")]
    Empty {
        /// The story.
        story: StoryId,
    },
    /// It is to depend on itself.
    #[error("story {story} cannot depend on itself")]
    OnItself {
        /// The story.
        story: StoryId,
    },
    /// It is to depend on a story that was never handed in.
    #[error("story {story} depends on {on}, of which there is no revision")]
    DependencyNotSubmitted {
        /// The story.
        story: StoryId,
        /// What it depends on.
        on: StoryId,
    },
    /// It is to depend on a story whose revisions it does not hold.
    #[error("story {story} depends on {on}, and its branch holds no revision of that")]
    DependencyAbsent {
        /// The story.
        story: StoryId,
        /// What it depends on.
        on: StoryId,
    },
    /// It holds another story and does not say so.
    #[error("the branch of story {story} holds story {on} (revision {})", revision.short())]
    UndeclaredDependency {
        /// The story.
        story: StoryId,
        /// What it holds.
        on: StoryId,
        /// In which state.
        revision: RevisionId,
    },
    /// A file holds what a merge left there.
    #[error(
        "{} has marks of a conflict that nobody resolved, from line {line} on",
        Visible(path)
    )]
    ConflictMarks {
        /// The file.
        path: Vec<u8>,
        /// The line of the first mark, from 1.
        line: usize,
    },
}

fn listed(candidates: &[ObjectId]) -> String {
    let candidates: Vec<_> = candidates.iter().map(ToString::to_string).collect();
    candidates.join(", ")
}

impl StoryError {
    pub(crate) fn unreadable(error: &git2::Error) -> Self {
        Self::Unreadable {
            reason: error.message().into(),
        }
    }

    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Unreadable { .. } => Diagnostic::error("story-unreadable", title)
                .help("`git fsck` says more; in a partial or shallow clone, `git fetch` what is missing"),
            Self::ForeignRecord { commit, .. } => Diagnostic::error("story-record", title)
                .help(format!("`git show {commit}` shows who wrote it; nothing of this story is done until it is gone from that ref")),
            Self::NoCanonicalCommit { .. } => Diagnostic::error("no-canonical-commit", title)
                .help("it was begun elsewhere: make a branch with `storyline story start`, and `git cherry-pick` its commits onto it"),
            Self::NoSingleBase { candidates, .. } => Diagnostic::error("no-single-base", title)
                .help(format!(
                    "`git rebase --onto {} BEGINNING` puts its own commits on one of them; or have the story \
                     that it depends on take canonical in first",
                    candidates.first().map(ToString::to_string).unwrap_or_default(),
                )),
            Self::Empty { story } => Diagnostic::error("story-empty", title)
                .help("commit on its branch first; a story that is in canonical already needs nothing more")
                .help(format!("what was committed in Looker is taken in by `storyline absorb ENV --story {story}`")),
            Self::OnItself { .. } => Diagnostic::error("story-depends-on-itself", title)
                .help("leave it out"),
            Self::DependencyNotSubmitted { on, .. } => {
                Diagnostic::error("dependency-not-submitted", title)
                    .help(format!("`storyline story submit {on}` first; `storyline story list` has all stories"))
            }
            Self::DependencyAbsent { on, .. } => Diagnostic::error("dependency-absent", title)
                .help(format!("`storyline story show {on}` has its revisions: rebase onto the tip of one, or take the dependency back")),
            Self::UndeclaredDependency { story, on, .. } => {
                Diagnostic::error("undeclared-dependency", title)
                    .help(format!("if it is built on it: `storyline story submit {story} --depends-on {on}`"))
                    .help("if not, rebase it onto canonical without those commits")
            }
            Self::ConflictMarks { .. } => Diagnostic::error("conflict-marks", title)
                .help("resolve the conflict, commit, and submit again"),
        }
    }
}
