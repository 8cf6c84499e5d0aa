//! Arguments of `storyline story`.

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum StoryCommand {
    Start(StartArgs),
    Submit(SubmitArgs),
    List(StoryListArgs),
    Show(StoryShowArgs),
    Depends(DependsArgs),
    Withdraw(WithdrawArgs),
}

/// Begin a story: a branch at the newest canonical commit, here and at the canonical repository.
///
/// The working tree stays as it is.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// What it is called, such as the key of a ticket: letters, digits, `.`, `_` and `-`.
    pub(crate) id: String,
    /// Build it on this story instead, in its newest revision.
    #[arg(long, value_name = "STORY")]
    pub(crate) depends_on: Option<String>,
    /// Make the branch here alone.
    #[arg(long)]
    pub(crate) no_push: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Hand in a story: record what its branch holds as a revision, for good.
///
/// Commits that are here alone are pushed first. Handing in the same state again changes nothing.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// The story.
    pub(crate) id: String,
    /// A story that it is built on, as `Depends-On:` in one of its commits also says; may be given
    /// several times.
    #[arg(long, value_name = "STORY")]
    pub(crate) depends_on: Vec<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// List all stories: open, submitted, changed since, withdrawn, landed.
#[derive(Debug, Args)]
pub(crate) struct StoryListArgs {
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Show what was handed in of a story, by whom and when, and whether its branch moved since.
#[derive(Debug, Args)]
pub(crate) struct StoryShowArgs {
    /// The story.
    pub(crate) id: String,
    /// This revision alone, by its first digits.
    pub(crate) revision: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Tell which stories a story stands on, which stand on it, and why, with file and line.
///
/// They say so, or use names that the other one adds. On a stage also: the one cannot be taken off while the
/// other is there.
#[derive(Debug, Args)]
pub(crate) struct DependsArgs {
    /// The story.
    pub(crate) id: String,
    /// As it is on this stage, instead of what was handed in last.
    #[arg(long, value_name = "STAGE")]
    pub(crate) on: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Say that a story shall not go on. Its branch and revisions stay.
///
/// Handing it in again takes it up again.
#[derive(Debug, Args)]
pub(crate) struct WithdrawArgs {
    /// The story.
    pub(crate) id: String,
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
