//! Arguments of the commands that tell where everything is.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;

/// Tell how stages are.
///
/// For each: how many stories are on it and how many of them are held, how many could come, what became of
/// branches that people were to merge, commits that are no story's, and what to type next.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// One stage; all of them, if left out.
    pub(crate) stage: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Tell what happened on a stage, the newest first.
///
/// Read from the stage's own history, along first parents: what landed and was backed out, manifests, and commits
/// that are no story's. What was there before the first of these is left out.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The stage.
    pub(crate) stage: String,
    /// The newest N entries only.
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Only what is about this story.
    #[arg(long, value_name = "ID")]
    pub(crate) story: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Show where every story is, and what to type next.
///
/// Columns are stages, those side by side that stand side by side in the pipeline; cards are stories, each on the
/// last stages that its revision came to. The last stages show the newest, and count the others.
#[derive(Debug, Args)]
pub(crate) struct BoardArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: BoardFormat,
    /// Write it into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// One page without script, to be opened from a file.
    Html,
}
