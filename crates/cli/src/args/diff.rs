//! Arguments of the commands that tell what changed.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Show what differs, without what only a stamp moved.
///
/// A and B may be folders, revisions as Git names them, environments, `ENV:BRANCH`, stories
/// (`story:ID`, `story:ID@REVISION`) or `canonical`. Without B, the working tree is compared; without
/// A, with the commit that is checked out. `A..B` and `A...B` mean what they mean to Git, and
/// `story:ID` alone is all that the story changes. The stamp of each side is taken out in memory, as
/// its manifest says; nothing is written. What then differs is told as a unified diff, which
/// `git apply` takes on the canonical side.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// What was before.
    #[arg(value_name = "A")]
    pub(crate) left: Option<PathBuf>,
    /// What is after.
    #[arg(value_name = "B")]
    pub(crate) right: Option<PathBuf>,
    /// Only these files and folders, as they are called in canonical form.
    #[arg(value_name = "PATHS")]
    pub(crate) rest: Vec<PathBuf>,
    /// The same, also without B or A.
    #[arg(last = true, value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// Compare the bytes as they are, stamps and all.
    #[arg(long, conflicts_with_all = ["left_env", "right_env"])]
    pub(crate) raw: bool,
    /// Tell view by view, field by field, tile by tile what changed, instead of line by line.
    #[arg(long, conflicts_with = "raw")]
    pub(crate) objects: bool,
    /// Tell line by line what changed; this is what happens if nothing else is said.
    #[arg(long = "text", conflicts_with_all = ["format", "objects", "stat"])]
    pub(crate) lines: bool,
    /// How many lines changed in each file, instead of which; with `--objects`, how many objects.
    #[arg(long, conflicts_with = "format")]
    pub(crate) stat: bool,
    /// Show files that do not look like text line by line, too.
    #[arg(long)]
    pub(crate) as_text: bool,
    /// Print at once, without a pager.
    #[arg(long)]
    pub(crate) no_pager: bool,
    /// End with exit code 1 when something differs.
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// The environment whose form A is in, or `canonical`; found out if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) left_env: Option<String>,
    /// The environment whose form B is in, or `canonical`; found out if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) right_env: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Tell reviewers what a change does, and what stands on it.
///
/// Compares in canonical form, object by object, as `diff --objects` does, and finds the explores and
/// dashboards of the project that stand on what changed. Writes pages for a pull request; without any
/// it prints the Markdown, and on a terminal an outline. Differences are no failure: the exit code is 0.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// What was before: whatever `diff` takes, as it is. If left out, the commit where the change left
    /// the canonical branch, as its remote has it now; in a clone of an environment, or without a
    /// manifest, where it left the branch's upstream.
    #[arg(long, value_name = "A")]
    pub(crate) base: Option<PathBuf>,
    /// What is after: whatever `diff` takes. The working tree if left out.
    #[arg(long, value_name = "B")]
    pub(crate) head: Option<PathBuf>,
    /// Write a comment for a pull request, shorter than 60,000 bytes; `-` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write a page of its own, without script or anything that it loads; `-` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write everything as data; `-` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the explores that stand on the change, as `model/explore`, one a line; `-` prints them.
    #[arg(long, value_name = "FILE")]
    pub(crate) explores: Option<PathBuf>,
    /// The environment whose form A is in, or `canonical`; found out if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) base_env: Option<String>,
    /// The environment whose form B is in, or `canonical`; found out if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) head_env: Option<String>,
}
