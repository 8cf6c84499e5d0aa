//! How much the commits of a history change.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context as _, Result};

use super::super::bare::Bare;

/// How many of the newest commits are looked at for one of median size.
const NEWEST: usize = 1500;

/// What a commit changes.
#[derive(Clone, Debug)]
pub(super) struct Size {
    pub(super) commit: String,
    /// How many files.
    pub(super) files: usize,
    /// How many bytes these have afterwards.
    pub(super) bytes: u64,
}

/// The newest commit of `branch` that is as near as may be to the median of all that are no merges, by
/// the number of files that it changes and by their bytes.
pub(super) fn median(bare: &Bare<'_>, branch: &str) -> Result<Size> {
    let log = [
        "log",
        "--no-merges",
        "--raw",
        "--no-renames",
        "--no-abbrev",
        "--format=commit %H",
        branch,
    ];
    let log = fs::read_to_string(bare.git_to("changed", &log, None)?)?;
    let blobs = blobs(bare, &log)?;
    let mut sizes: Vec<Size> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix("commit "), sizes.last_mut()) {
            (Some(id), _) => sizes.push(Size {
                commit: id.into(),
                files: 0,
                bytes: 0,
            }),
            (None, Some(size)) if line.starts_with(':') => {
                size.files += 1;
                size.bytes += new_blob(line).and_then(|id| blobs.get(id)).unwrap_or(&0);
            }
            _ => {}
        }
    }
    let files = middle(sizes.iter().map(|size| size.files as u64)).context("no commit")?;
    let bytes = middle(sizes.iter().map(|size| size.bytes)).context("no commit")?;
    let apart = |size: &Size| times(size.files as u64, files) + times(size.bytes, bytes);
    let newest = sizes.into_iter().take(NEWEST);
    let nearest = newest.min_by(|a, b| apart(a).total_cmp(&apart(b)));
    nearest.context("no commit")
}

/// How many times the larger of two numbers is the smaller one, as a logarithm.
fn times(a: u64, b: u64) -> f64 {
    ((a as f64 + 1.0) / (b as f64 + 1.0)).ln().abs()
}

fn middle(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}

/// The blob that stands at a path afterwards, in a line of `git log --raw`.
fn new_blob(line: &str) -> Option<&str> {
    line.split(' ').nth(3)
}

/// The bytes of all blobs that `log` names.
fn blobs(bare: &Bare<'_>, log: &str) -> Result<HashMap<String, u64>> {
    let changed = log.lines().filter(|line| line.starts_with(':'));
    let mut ids: Vec<_> = changed.filter_map(new_blob).collect();
    ids.sort_unstable();
    ids.dedup();
    let list = bare.folder.join("blobs");
    fs::write(&list, ids.join("\n") + "\n")?;
    let check = ["cat-file", "--batch-check=%(objectname) %(objectsize)"];
    let found = fs::read_to_string(bare.git_to("sizes", &check, Some(&list))?)?;
    let sizes = found.lines().filter_map(|line| {
        let (id, size) = line.split_once(' ')?;
        Some((id.to_owned(), size.parse().ok()?))
    });
    Ok(sizes.collect())
}
