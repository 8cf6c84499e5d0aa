//! Every YAML file of a checkout: read, and its values replaced one by one.

mod judge;
mod peers;
mod table;
mod trial;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use super::found::Checkout;
use judge::{Judge, Verdicts};
use peers::Peers;
pub(crate) use table::show;
use trial::{Answer, File};

/// What was found in a checkout.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) commit: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    /// Values that were replaced, keys not counted.
    pub(crate) values: usize,
    pub(crate) edits: usize,
    pub(crate) done: usize,
    /// Of these, the ones that overwrote a template, which only `overwrite` does.
    pub(crate) templates: usize,
    /// Of these, the ones that needed other quotes.
    pub(crate) requoted: usize,
    /// Of these, the ones that the old value took back to the old bytes.
    pub(crate) restored: usize,
    /// Reasons, by how often.
    pub(crate) refused: BTreeMap<String, usize>,
    pub(crate) broken: Vec<String>,
    pub(crate) verdicts: Verdicts,
}

/// Tries the YAML files of checkouts.
pub(crate) struct Trials {
    judge: Judge,
    peers: Option<Peers>,
}

impl Trials {
    /// With or without the libraries that others edit YAML with.
    ///
    /// # Errors
    /// When Python, or a peer, cannot be had.
    pub(crate) fn new(with_peers: bool) -> Result<Self> {
        Ok(Self {
            judge: Judge::new()?,
            peers: with_peers.then(Peers::new).transpose()?,
        })
    }

    pub(crate) fn row(&self, checkout: &Checkout) -> Result<Row> {
        let mut row = Row {
            name: checkout.name.clone(),
            commit: checkout.commit.clone(),
            folder: checkout.folder().to_owned(),
            ..Row::default()
        };
        let mut files = Vec::new();
        for path in candidates(checkout.folder())? {
            let source = fs::read(&path).with_context(|| path.display().to_string())?;
            if let Some(file) = trial::run(path, &source) {
                count(&file, &mut row);
                files.push(file);
            }
        }
        row.verdicts = self.judge.ask(&files, self.peers.as_ref())?;
        Ok(row)
    }
}

fn count(file: &File, row: &mut Row) {
    row.files += 1;
    row.bytes += file.size;
    row.values += file.values;
    row.edits += file.edits.len();
    for edit in &file.edits {
        match &edit.answer {
            Answer::Done {
                requoted, restored, ..
            } => {
                row.done += 1;
                row.templates += usize::from(edit.is_template);
                row.requoted += usize::from(*requoted);
                row.restored += usize::from(*restored);
            }
            Answer::Refused(reason) => *row.refused.entry(reason.clone()).or_default() += 1,
            Answer::Broken(why) => row.broken.push(format!(
                "{}: `{}` to {:?}: {why}",
                file.path.display(),
                edit.address,
                edit.wish.value
            )),
        }
    }
}

/// Files that may be YAML by their names.
fn candidates(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let ending = entry.path().extension().and_then(|e| e.to_str());
        let is_dashboard = entry.path().to_string_lossy().ends_with(".dashboard.lkml");
        let is_yaml = matches!(ending, Some("yml" | "yaml" | "lookml")) || is_dashboard;
        if is_yaml && entry.file_type().is_file() {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Fails when a row shows a broken promise.
pub(crate) fn check(rows: &[Row]) -> Result<()> {
    let broken = rows.iter().flat_map(|row| &row.broken);
    let broken: Vec<&String> = broken
        .chain(rows.iter().flat_map(|row| &row.verdicts.wrong))
        .collect();
    for line in &broken {
        println!("BROKEN {line}");
    }
    ensure!(
        broken.is_empty(),
        "{} edits of YAML broke a promise",
        broken.len()
    );
    Ok(())
}
