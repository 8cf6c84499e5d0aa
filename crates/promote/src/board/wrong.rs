//! Why not all of a stage or a story is told: it is said in its place, and everything else is shown.

use serde::Serialize;
use storyline_text::Diagnostic;

/// What is wrong with a stage or a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The diagnostic's id.
    pub id: String,
    /// What it is, in one sentence.
    pub text: String,
    /// What is known besides, and what a person can do: each in one sentence, with the command.
    pub help: Vec<String>,
}

impl From<&Diagnostic> for Wrong {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            id: diagnostic.id.into(),
            text: diagnostic.title.clone(),
            help: diagnostic.help.clone(),
        }
    }
}
