//! Candidates of the YAML-like LookML of 2013 to 2016: those of today's LookML, written in YAML.

use storyline_lookml::Node;
use storyline_text::{Diagnostic, Label, RelPath};
use storyline_yaml::Document;

use crate::candidate::{Candidate, FileScan, FileType, Shape};
use crate::url::Hosts;
use crate::{dashboard, lookml};

pub(crate) fn scan_document(
    path: &RelPath,
    yaml: &Document<'_>,
    file_type: FileType,
    hosts: &Hosts,
) -> FileScan {
    let document = storyline_lookml::from_yaml(yaml);
    let mut scan = lookml::scan_document(path, &document, file_type, hosts);
    if !path.as_bytes().ends_with(b".lookml") {
        scan.errors.push(misplaced(path));
    }
    scan.candidates
        .iter_mut()
        .for_each(|candidate| in_yaml(candidate, yaml));
    let mut roots = document.root().children().map(Node::key);
    if roots.any(|key| key == b"dashboard") {
        dashboard::names(yaml, &mut scan.candidates);
    }
    scan.candidates.sort_by_key(|c| c.span);
    scan.candidates.dedup();
    scan
}

/// A name that is all of a scalar says what the scalar says, and is written as one.
fn in_yaml(candidate: &mut Candidate, yaml: &Document<'_>) {
    if !matches!(candidate.shape, Shape::Plain | Shape::Definition) {
        return;
    }
    let scalar = yaml.scalar_at(candidate.span.start);
    let Some(scalar) = scalar.filter(|scalar| scalar.content() == candidate.span) else {
        return;
    };
    // What `*anchor` says is written where the anchor is.
    let written = scalar
        .node()
        .target()
        .and_then(storyline_yaml::Node::scalar);
    let scalar = written.unwrap_or(scalar);
    candidate.span = scalar.content();
    candidate.name = scalar.value().into_owned();
    if candidate.shape == Shape::Plain {
        candidate.shape = Shape::Yaml;
    }
}

fn misplaced(path: &RelPath) -> Diagnostic {
    let title = "this is LookML of 2013 to 2016, which Looker reads in `.lookml` files only";
    Diagnostic::error("legacy-lookml", title)
        .label(Label::path(path, ""))
        .help("end the file's name in `.lookml`, or write it in today's syntax")
}
