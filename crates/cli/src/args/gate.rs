//! Arguments of the commands that say something of a revision on a stage.

use clap::Args;

use super::Format;

/// What is spoken of, and how.
#[derive(Debug, Args)]
pub(crate) struct GateTarget {
    /// The story.
    pub(crate) story: String,
    /// The stage.
    #[arg(long, value_name = "STAGE")]
    pub(crate) on: String,
    /// The revision, by its first digits; the one that counts now, if left out.
    #[arg(long, value_name = "REV")]
    pub(crate) revision: Option<String>,
    /// Show what would be said, and say nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Say that a story's revision does on a stage what it should.
///
/// Signed where the stage has approvers, since nothing else counts there.
#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    #[command(flatten)]
    pub(crate) target: GateTarget,
    /// What was looked at, for those who read it later.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Sign it, also where nobody asks for it.
    #[arg(long)]
    pub(crate) sign: bool,
}

/// Say that a story's revision does not go on from a stage, and why.
///
/// It takes away what was accepted before. A newer revision is not held.
#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    #[command(flatten)]
    pub(crate) target: GateTarget,
    /// What is wrong with it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// Say that a story's revision is not held any more. It has to be accepted anew.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) target: GateTarget,
    /// Why, for those who read it later.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
}
