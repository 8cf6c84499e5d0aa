//! Arguments of what Git calls, and of what has it do so.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Write attributes, settings and hooks into this clone.
    ///
    /// Afterwards `git diff`, `git log -p`, `git show` and `git blame` leave out what only a stamp moved,
    /// merges take files of any form, commits are checked, and pushes are refused that bring names to
    /// where they do not belong. Hooks that are there already are kept, and run first. Doing it twice
    /// changes nothing.
    Install(InstallArgs),
    /// Tell what of it is missing, changed or broken.
    ///
    /// The exit code is 1 when something is.
    Check,
    /// Take it away again, and give back what was there before.
    Remove,
    #[command(hide = true)]
    PrePush(PrePushArgs),
}

#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Write the attributes into `.gitattributes`, to be committed, instead of into this clone alone.
    #[arg(long)]
    pub(crate) tracked: bool,
}

/// Look at what is about to be pushed; Git tells it on standard input.
#[derive(Debug, Args)]
pub(crate) struct PrePushArgs {
    /// The remote's name, or its address again.
    pub(crate) remote: String,
    /// The remote's address.
    pub(crate) url: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DriverCommand {
    /// Print a file in canonical form: `diff.storyline.textconv`.
    ///
    /// What cannot be read, or may be in two forms, is printed as it is.
    Diff {
        /// The file.
        file: PathBuf,
    },
    Merge(MergeArgs),
}

/// Merge three states of a file, each in the form that it is in: `merge.storyline.driver`.
///
/// The result is in the form of OURS and written there. The exit code is 1 when there are conflicts.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// What both sides come from (`%O`).
    pub(crate) base: PathBuf,
    /// This side (`%A`).
    pub(crate) ours: PathBuf,
    /// The other side (`%B`).
    pub(crate) theirs: PathBuf,
    /// How long conflict markers are (`%L`).
    #[arg(default_value_t = 7)]
    pub(crate) marker_size: usize,
    /// Where the file is in the project (`%P`).
    pub(crate) path: Option<OsString>,
    /// What the base is called (`%S`), this side (`%X`) and the other one (`%Y`).
    pub(crate) labels: Vec<OsString>,
}
