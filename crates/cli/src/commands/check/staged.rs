//! `storyline check --staged`: the project as the next commit will have it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use storyline_check as check;
use storyline_manifest::{Environment, Manifest};
use storyline_repo::{Repository, Snapshot};
use storyline_stamp::{Scope, Tree, form};
use storyline_text::RelPath;

use super::{code, print};
use crate::args::CheckArgs;
use crate::failure::{Failure, usage};
use crate::findings::Place;
use crate::project::{CANONICAL, OWN_ENVIRONMENT};
use crate::{canon, ground};

pub(super) fn run(directory: &Path, args: &CheckArgs) -> Result<ExitCode, Failure> {
    let repository = match ground::repository(directory) {
        Some(repository) => repository,
        None => canon::repository(directory)?,
    };
    let index = ground::index(directory);
    let files = Snapshot::of_index(&repository, index.as_deref())?;
    let changed = repository.staged_changes(index.as_deref());
    let changed: BTreeSet<RelPath> = changed
        .map_err(|error| usage(error.diagnostic()))?
        .into_iter()
        .collect();
    let found = canon::manifest_in(&files)?;
    let manifest = found.as_ref().map(|(manifest, _)| manifest);
    let tree = Tree::read(&files, &Scope::all(manifest))?;
    let mut report = check::check(&check::Project {
        files: &files,
        tree: &tree,
        manifest,
        environment: environment(&repository, manifest, &tree, args.env.as_deref())?,
    })?;
    report.only(&changed);
    let root = repository.workdir().unwrap_or(directory);
    print(&report, &Place::of(root), args.format)?;
    Ok(code(&report))
}

/// The environment whose form the files are in, found as for a folder.
fn environment<'m>(
    repository: &Repository,
    manifest: Option<&'m Manifest>,
    tree: &Tree,
    asked: Option<&str>,
) -> Result<Option<&'m Environment>, Failure> {
    let Some(manifest) = manifest.filter(|_| asked != Some(CANONICAL)) else {
        return Ok(None);
    };
    let own = || repository.setting(OWN_ENVIRONMENT).ok().flatten();
    match asked.map(Into::into).or_else(own) {
        Some(name) => Ok(Some(manifest.environment(&name)?)),
        None => Ok(form(tree, manifest).ok().flatten()),
    }
}
