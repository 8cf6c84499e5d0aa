//! Arguments of the commands that change stages.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Bring stories to a stage: each in the revision that was handed in last, and nothing else.
///
/// Everything is computed, checked and shown before anything is written. Each story lands as one commit on the
/// stage's branch. A newer revision of a story that is there takes the old one off in the same commit.
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The stories; `STORY@REVISION` for another revision than the newest.
    #[arg(required_unless_present_any = ["apply", "manifest", "accepted"])]
    pub(crate) stories: Vec<String>,
    /// The stage.
    #[arg(long, value_name = "STAGE", required_unless_present = "apply")]
    pub(crate) to: Option<String>,
    /// Bring all stories that are accepted on another stage, and nothing else.
    #[arg(long, requires = "from", conflicts_with = "stories")]
    pub(crate) accepted: bool,
    /// The stage that they are on now.
    #[arg(long, value_name = "STAGE", requires = "accepted")]
    pub(crate) from: Option<String>,
    /// Land canonical's manifest, as a commit of its own.
    #[arg(long, conflicts_with_all = ["stories", "plan", "apply", "accepted"])]
    pub(crate) manifest: bool,
    /// The stage's name again, where the manifest gives its models other names.
    #[arg(long, value_name = "STAGE", requires = "manifest")]
    pub(crate) confirm: Option<String>,
    /// Write the plan into this file, and do nothing else.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["apply", "dry_run"])]
    pub(crate) plan: Option<PathBuf>,
    /// Carry out the plan in this file, if nothing that it rests on has changed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stories", "to", "accepted"])]
    pub(crate) apply: Option<PathBuf>,
    /// Show the plan, and do nothing else.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
