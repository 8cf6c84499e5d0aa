//! What each file says for itself: whether it can be read, and what should not stand in it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use storyline_dbt as dbt;
use storyline_lookml as lookml;
use storyline_stamp::{Entry, EntryKind, FileSet, ReadError};
use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};
use storyline_yaml as yaml;

use crate::entries;
use crate::finding::{Finding, Report};

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    LookMl,
    Dashboard,
    Dbt(dbt::FileKind),
}

impl Language {
    /// From the path alone; `None` for files that are not looked at.
    fn of(path: &RelPath, projects: &dbt::Projects) -> Option<Self> {
        let name = path.file_name();
        let ends = |endings: &[&[u8]]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[b".dashboard.lookml", b".dashboard.lkml"]) {
            Some(Self::Dashboard)
        } else if ends(&[b".lkml", b".lookml"]) {
            Some(Self::LookMl)
        } else {
            projects.kind(path).map(Self::Dbt)
        }
    }
}

/// What one file gave.
#[derive(Default)]
struct Found<'b> {
    findings: Vec<Finding>,
    /// A model file whose model has a label, however it is written.
    is_labelled: bool,
    bytes: Cow<'b, [u8]>,
}

/// Reads every file of a language that is known, on all cores. Gives the files whose models have a
/// label too.
pub(crate) fn check<'f>(files: &'f dyn FileSet) -> Result<(Report, BTreeSet<RelPath>), ReadError> {
    let is_file = |entry: &&Entry| entry.kind == EntryKind::File;
    let paths = files
        .entries()
        .iter()
        .filter(is_file)
        .map(|entry| &entry.path);
    let projects = dbt::Projects::among(paths);
    let entries = files.entries().par_iter().filter(is_file);
    let language = |entry: &'f Entry| Some((&entry.path, Language::of(&entry.path, &projects)?));
    let known = entries.filter_map(language);
    let found: Result<Vec<_>, ReadError> = known
        .map(|(path, language)| {
            let bytes = files.read(path)?;
            Ok((path, file(path, bytes, language)))
        })
        .collect();
    let found = found?;
    let mut report = Report {
        files: found.len(),
        ..Report::default()
    };
    let mut labelled = BTreeSet::new();
    for (path, found) in found {
        if found.is_labelled {
            labelled.insert(path.clone());
        }
        if !found.findings.is_empty() {
            report.findings.extend(found.findings);
            report
                .sources
                .insert(path.clone(), found.bytes.into_owned());
        }
    }
    Ok((report, labelled))
}

fn file<'b>(path: &RelPath, bytes: Cow<'b, [u8]>, language: Language) -> Found<'b> {
    let mut found = Found::default();
    match language {
        Language::LookMl => {
            let document = lookml::parse(&bytes);
            let mut root = document.root().children();
            found.is_labelled = root.any(|node| node.key() == b"label");
            lookml(path, &document, &mut found.findings);
        }
        Language::Dashboard => yaml(path, &yaml::read(&bytes), &mut found.findings),
        Language::Dbt(kind) => {
            let document = yaml::read(&bytes);
            yaml(path, &document, &mut found.findings);
            if kind == dbt::FileKind::Profiles {
                secrets(path, &document, &mut found.findings);
            }
        }
    }
    // Thousands of sound files are not kept.
    if !found.findings.is_empty() {
        found.bytes = bytes;
    }
    found
}

fn lookml(path: &RelPath, document: &lookml::Document<'_>, out: &mut Vec<Finding>) {
    let told = document.errors().iter().chain(document.warnings());
    out.extend(told.map(|error| Finding::new(error.diagnostic(path))));
    entries::check(path, document, out);
}

fn yaml(path: &RelPath, document: &yaml::Document<'_>, out: &mut Vec<Finding>) {
    let errors = document.errors().iter();
    out.extend(errors.map(|error| Finding::new(error.diagnostic(path))));
    let mut twice: BTreeMap<_, Vec<Span>> = BTreeMap::new();
    for key in document.duplicate_keys() {
        let mapping = key.node().parent().map(|mapping| mapping.span());
        twice
            .entry((mapping, key.value()))
            .or_default()
            .push(key.span());
    }
    for ((_, key), places) in twice {
        let title = format!(
            "`{}` stands twice in one mapping, and only the last one counts",
            Visible(key.as_bytes())
        );
        let mut places = places.into_iter().rev();
        let last = places
            .next()
            .map(|span| Label::at(path, span, "this one counts"));
        let others = places.map(|span| Label::at(path, span, "this one does not"));
        let told = last.into_iter().chain(others).fold(
            Diagnostic::warning("yaml-duplicate-key", title),
            Diagnostic::label,
        );
        out.push(Finding::new(told.help("remove the one that is not meant")));
    }
}

/// Passwords and the like that stand in a profile as they are. They are never shown.
fn secrets(path: &RelPath, document: &yaml::Document<'_>, out: &mut Vec<Finding>) {
    for secret in dbt::secrets(document) {
        let key = Visible(secret.key.as_bytes());
        let address = Visible(secret.address.as_bytes());
        let variable = key.to_string().to_ascii_uppercase().replace('-', "_");
        let start = Span::new(secret.span.start, secret.span.start);
        let told = Diagnostic::error("secret-literal", format!("`{address}` is a secret that everybody with this file can read"))
            .label(Label::at(path, start, "not shown").masked())
            .help(format!("take it from the environment: `{key}: \"{{{{ env_var('DBT_ENV_SECRET_{variable}') }}}}\"`"))
            .help("change the secret too, since it stays in the history");
        out.push(Finding::new(told));
    }
}
