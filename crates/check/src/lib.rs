//! What is wrong with a project, as findings that point at bytes, and how it is mended.
//!
//! Nothing but the files is needed to begin with: what Looker or dbt would stumble over (`files`)
//! and what only all files together show (`project`). With a manifest it is also known which names
//! belong (`names`). A finding is data; a mend is an edit, and only offered where it cannot change
//! what the project means.

mod entries;
mod files;
mod finding;
mod names;
mod persistent;
mod project;
mod rules;

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use storyline_manifest::{Environment, Manifest};
use storyline_stamp::{FileSet, ReadError, Tree};

pub use finding::{Finding, Fix, Report};
pub use persistent::{PersistentTable, persistent_tables};
pub use rules::{RULES, Rule};

/// A project as it is checked.
#[derive(Clone, Copy)]
pub struct Project<'p> {
    /// All files.
    pub files: &'p dyn FileSet,
    /// The same files' candidates.
    pub tree: &'p Tree,
    /// The project's manifest, if it has one.
    pub manifest: Option<&'p Manifest>,
    /// The environment whose form the project is in; `None` is canonical form.
    pub environment: Option<&'p Environment>,
}

/// Looks for everything that is wrong with a project.
///
/// # Errors
/// The first file that cannot be read.
pub fn check(project: &Project<'_>) -> Result<Report, ReadError> {
    let (mut report, labelled) = files::check(project.files)?;
    let findings = &mut report.findings;
    project::models_twice(project.tree, findings);
    project::includes(project.tree, findings);
    if let Some(manifest) = project.manifest {
        names::check(project, manifest, &labelled, findings);
    }
    finding::sort(findings);
    let told: BTreeSet<_> = findings
        .iter()
        .flat_map(|finding| &finding.diagnostic.labels)
        .filter(|label| label.span.is_some())
        .map(|label| label.file.clone())
        .collect();
    for path in told {
        if let Entry::Vacant(entry) = report.sources.entry(path) {
            let bytes = project.files.read(entry.key())?.into_owned();
            entry.insert(bytes);
        }
    }
    Ok(report)
}
