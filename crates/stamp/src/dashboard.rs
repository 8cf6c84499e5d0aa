//! Candidates of LookML dashboards, which are YAML.

use std::sync::LazyLock;

use storyline_manifest::Kind;
use storyline_text::{Diagnostic, Label, RelPath, Span};
use storyline_yaml::{Node, Pattern, read};

use crate::candidate::{Candidate, FileScan, Shape};
use crate::liquid;
use crate::url::{self, Hosts};

/// Where a dashboard names a model. A file is a list of dashboards; one alone may be a mapping.
static MODELS: LazyLock<[Pattern; 6]> = LazyLock::new(|| {
    [
        "[*].elements[*].model",
        "[*].elements[*].merged_queries[*].model",
        "[*].filters[*].model",
        "elements[*].model",
        "elements[*].merged_queries[*].model",
        "filters[*].model",
    ]
    .map(|pattern| Pattern::parse(pattern).expect("a plain pattern"))
});

pub(crate) fn scan(path: &RelPath, source: &[u8], hosts: &Hosts) -> FileScan {
    let document = read(source);
    let mut scan = FileScan {
        errors: document
            .errors()
            .iter()
            .map(|e| diagnostic(path, e))
            .collect(),
        ..FileScan::default()
    };
    let out = &mut scan.candidates;
    for model in MODELS.iter().flat_map(|pattern| document.find(pattern)) {
        // What `*anchor` says is written where the anchor is.
        let written = model.node().target().and_then(Node::scalar);
        let scalar = written.unwrap_or(model);
        let name = scalar.value();
        if !name.is_empty() && !name.contains("@{") {
            out.push(Candidate {
                kind: Kind::Model,
                span: scalar.content(),
                name: name.into_owned(),
                shape: Shape::Yaml,
            });
        }
    }
    if url::may_stand_in(source) || liquid::may_stand_in(source) {
        for scalar in document.nodes().filter_map(Node::scalar) {
            if scalar.is_alias() {
                continue;
            }
            let span = scalar.content();
            url::scan(span.slice(source), span.start, hosts, out);
            liquid::scan(span.slice(source), span.start, out);
        }
    }
    scan.candidates.sort_by_key(|c| c.span);
    scan.candidates.dedup();
    scan
}

fn diagnostic(path: &RelPath, error: &storyline_yaml::ReadError) -> Diagnostic {
    let span = error.span().unwrap_or(Span::new(0, 0));
    Diagnostic::error("yaml-syntax", error.to_string()).label(Label::at(path, span, ""))
}
