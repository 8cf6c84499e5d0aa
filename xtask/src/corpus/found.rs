//! Which Looker projects a checkout holds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

/// The public checkouts that `docs/corpus.md` tells of.
const LIST: &str = include_str!("../../corpus.txt");

/// A folder that was given.
pub(crate) struct Checkout {
    pub(crate) name: String,
    pub(crate) commit: Option<String>,
    folder: PathBuf,
    nested: bool,
}

impl Checkout {
    pub(crate) fn at(folder: &Path, nested: bool) -> Result<Self> {
        let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let name = name.replacen('+', "/", 1);
        let mut known = LIST.lines().map(|line| line.split_whitespace());
        let known = known.find_map(|mut words| {
            (words.next() == Some(&name)).then(|| words.map(str::to_owned).collect::<Vec<_>>())
        });
        let mut known = known.unwrap_or_default().into_iter();
        let commit = known.next();
        let place = known.next();
        let is_nested = place.as_deref() == Some("nested");
        Ok(Self {
            folder: match place {
                Some(inside) if !is_nested => folder.join(inside),
                _ => folder,
            },
            nested: nested || is_nested,
            name,
            commit,
        })
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The folders of the projects, outermost first; one project never holds another.
pub(crate) fn projects(checkout: &Checkout) -> Result<Vec<PathBuf>> {
    if !checkout.nested {
        return Ok(vec![checkout.folder.clone()]);
    }
    let mut projects = Vec::new();
    let mut entries = WalkDir::new(&checkout.folder)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_type().is_dir() && is_project(entry.path())? {
            projects.push(entry.into_path());
            entries.skip_current_dir();
        }
    }
    Ok(projects)
}

fn is_project(folder: &Path) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let is_model = name.ends_with(".model.lkml") || name.ends_with(".model.lookml");
        if is_model || name == "manifest.lkml" {
            return Ok(true);
        }
    }
    Ok(false)
}
