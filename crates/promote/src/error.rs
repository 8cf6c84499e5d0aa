//! Why nothing lands.

use storyline_repo::projection::ProjectionError;
use storyline_repo::story::{RevisionId, StoryError, StoryId};
use storyline_repo::{ObjectError, ObjectId};
use storyline_text::{Diagnostic, Visible};

/// What stands in the way of a stage's change.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// An object is missing or broken.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A tree cannot be looked at.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// A story cannot be read.
    #[error(transparent)]
    Story(#[from] StoryError),
    /// The stage's tree holds no manifest that can be read.
    #[error("stage `{stage}` has no `storyline.toml` that can be read")]
    NoManifest {
        /// The stage.
        stage: String,
    },
    /// The manifest of the stage's tree does not know the stage.
    #[error("the `storyline.toml` on stage `{stage}` does not know it")]
    NoEnvironment {
        /// The stage.
        stage: String,
    },
    /// The stage's tree is not as Git writes trees.
    #[error("the tree of stage `{stage}` is not as Git writes trees")]
    OddTree {
        /// The stage.
        stage: String,
    },
    /// The tree is refused in the stage's form.
    #[error("the files cannot be stamped for stage `{stage}`")]
    Unstampable {
        /// The stage.
        stage: String,
        /// Why; may be empty, when it would not come back.
        reasons: Vec<Diagnostic>,
    },
    /// A revision has no change in this repository.
    #[error("revision {revision} of story {story} changes nothing in this repository")]
    NoPart {
        /// The story.
        story: StoryId,
        /// Its revision.
        revision: RevisionId,
    },
    /// The objects of a revision are not there, and its pin did not bring them.
    #[error("commit {commit} of story {story}, revision {revision}, is gone")]
    RevisionGone {
        /// The story.
        story: StoryId,
        /// Its revision.
        revision: RevisionId,
        /// What is missing.
        commit: ObjectId,
    },
}

impl PromoteError {
    /// The same for people.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let title = self.to_string();
        let one = |id: &'static str| Diagnostic::error(id, title.clone());
        vec![match self {
            Self::Object(error) => error.diagnostic(),
            Self::Projection(error) => error.diagnostic(),
            Self::Story(error) => error.diagnostic(),
            Self::NoManifest { stage } => {
                let stage = Visible(stage.as_bytes());
                one("stage-without-manifest")
                    .help(format!(
                        "`storyline adopt {stage}` brings it under the manifest"
                    ))
                    .help(format!(
                        "where it was, and somebody took the file away: `storyline promote --manifest --to {stage}`"
                    ))
            }
            Self::NoEnvironment { stage } => one("stage-manifest-behind").help(format!(
                "`storyline promote --manifest --to {}` lands the newer one",
                Visible(stage.as_bytes())
            )),
            Self::OddTree { .. } => one("odd-tree").help("`git fsck --strict` says what is odd"),
            Self::Unstampable { reasons, .. } => {
                let main = one("unstampable")
                    .help("a name on the stage, or in the story, does not fit: change it there, or in the manifest");
                return std::iter::once(main)
                    .chain(reasons.iter().cloned())
                    .collect();
            }
            Self::NoPart { .. } => one("story-empty-here")
                .help("it changes another repository, whose stages are promoted to from there"),
            Self::RevisionGone { story, .. } => one("revision-gone")
                .help(format!(
                    "`storyline story submit {story}` hands in what its branch holds now"
                ))
                .help("or push the commit again from a clone that has it, and `git fetch` it here"),
        }]
    }
}
