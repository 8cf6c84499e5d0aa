//! Arguments of the commands that take stories off stages, and look at what is on them.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::Format;

/// Take a story off a stage.
///
/// Its change is applied backwards, and the stage is rebuilt without it. When both give the same files, that
/// lands as one commit; when they do not, both are shown, and `--take` says which one lands. The revision is
/// held on that stage. A later one, or the same after `release`, brings all of the story again. From a stage that
/// follows canonical it is taken off on the canonical branch.
#[derive(Debug, Args)]
pub(crate) struct BackOutArgs {
    /// The story.
    pub(crate) story: String,
    /// The stage.
    #[arg(long, value_name = "STAGE")]
    pub(crate) from: String,
    /// Which of the two lands, where they differ.
    #[arg(long, value_enum)]
    pub(crate) take: Option<TakeArg>,
    /// Why, for those who are to mend it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Take the stories off as well that stand on it, newest first.
    #[arg(long, conflicts_with = "alone")]
    pub(crate) with_dependents: bool,
    /// Take it off, although others stand on it.
    #[arg(long)]
    pub(crate) alone: bool,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// One of the two ways of taking a story off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TakeArg {
    /// Its change, applied backwards to what is there now.
    Revert,
    /// The stage as it was before, with all that came since done again.
    Rebuild,
}

/// Compute again what is on a stage, and tell what is not what it says.
///
/// Each commit since the stage began is done again from its parent and the revision that it names. What does
/// not come out the same, and what says nothing, is foreign: somebody changed the stage itself. Of a stage that
/// follows canonical, that is done for canonical's commits, and its branch has to be the projection of one. The
/// exit code is 1 when something is foreign.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The stage.
    pub(crate) stage: String,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Find the story that breaks something on a stage.
///
/// The stage is rebuilt without each story in turn, and the command is run in a folder with its files: it
/// passes when its exit code is 0. When no story alone is to blame, stories are put on one by one, in the order
/// in which they landed. The stage itself stays as it is.
#[derive(Debug, Args)]
pub(crate) struct BisectStoryArgs {
    /// The stage.
    pub(crate) stage: String,
    /// The command and its arguments; nothing of Git's environment reaches it.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
    /// Seconds after which a run counts as failed.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) timeout: u64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
