//! Candidates of LookML dashboards, which are YAML.

use std::collections::BTreeSet;
use std::iter;
use std::sync::LazyLock;

use storyline_manifest::Kind;
use storyline_text::RelPath;
use storyline_yaml::{self as yaml, Document, Node, Pattern, Scalar, read};

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
    .map(pattern)
});

/// Where a dashboard has a slug.
static SLUGS: LazyLock<[Pattern; 2]> =
    LazyLock::new(|| ["[*].preferred_slug", "preferred_slug"].map(pattern));

/// Where what holds a model may be written as `*alias`, to be found at its anchor only.
static HOLDERS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let lists = ["elements", "elements[*].merged_queries", "filters"];
    let lists = lists
        .iter()
        .flat_map(|list| [list.to_string(), format!("[*].{list}")]);
    let ways = ["", "[*]", "[*].<<", "[*].<<[*]"];
    let holders = lists.flat_map(|list| ways.map(|way| format!("{list}{way}")));
    holders.map(|holder| pattern(&holder)).collect()
});

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).expect("a plain pattern")
}

pub(crate) fn scan(path: &RelPath, source: &[u8], hosts: &Hosts) -> FileScan {
    scan_document(path, &read(source), hosts)
}

/// The same for a dashboard that was read.
pub(crate) fn scan_document(path: &RelPath, document: &Document<'_>, hosts: &Hosts) -> FileScan {
    let source = document.source();
    let errors = document.errors().iter();
    let mut scan = FileScan {
        errors: errors.map(|error| error.diagnostic(path)).collect(),
        ..FileScan::default()
    };
    let out = &mut scan.candidates;
    names(document, out);
    if url::may_stand_in(source) || liquid::may_stand_in(source) {
        for scalar in document.scalars().filter(|scalar| !scalar.is_alias()) {
            let span = scalar.content();
            url::scan(span.slice(source), span.start, hosts, out);
            liquid::scan(span.slice(source), span.start, out);
        }
    }
    scan.candidates.sort_by_key(|c| c.span);
    scan.candidates.dedup();
    scan
}

/// Adds the models and slugs of the dashboards in a file.
pub(crate) fn names(document: &Document<'_>, out: &mut Vec<Candidate>) {
    let models = MODELS.iter().flat_map(|pattern| document.find(pattern));
    models.for_each(|model| push(Kind::Model, model, out));
    let slugs = SLUGS.iter().flat_map(|pattern| document.find(pattern));
    slugs.for_each(|slug| push(Kind::Slug, slug, out));
    if document.aliases().next().is_some() {
        behind_aliases(document).for_each(|model| push(Kind::Model, model, out));
    }
}

fn push(kind: Kind, named: Scalar<'_>, out: &mut Vec<Candidate>) {
    // What `*anchor` says is written where the anchor is.
    let written = named.node().target().and_then(Node::scalar);
    let scalar = written.unwrap_or(named);
    let name = scalar.value();
    if !name.is_empty() && !name.contains("@{") {
        out.push(Candidate {
            kind,
            span: scalar.content(),
            name: name.into_owned(),
            shape: Shape::Yaml,
        });
    }
}

/// Models of elements, queries and filters that are written elsewhere, at an anchor.
fn behind_aliases<'d>(document: &'d Document<'_>) -> impl Iterator<Item = Scalar<'d>> {
    let holders = HOLDERS.iter().flat_map(|p| document.find_nodes(p));
    // Thousands of aliases may stand for one anchor, which is looked at once.
    let mut seen = BTreeSet::new();
    let anchors = holders.filter_map(Node::target);
    let anchors = anchors.filter(move |anchor| seen.insert(anchor.span()));
    let mappings = anchors.flat_map(|anchor| match anchor.kind() {
        yaml::Kind::Sequence => anchor.children().collect(),
        _ => vec![anchor],
    });
    let queries = |mapping| {
        let lists = values(mapping, "merged_queries");
        lists.flat_map(Node::children).collect::<Vec<_>>()
    };
    let mappings = mappings.flat_map(move |m| iter::once(m).chain(queries(m)));
    mappings.flat_map(|m| values(m, "model").filter_map(Node::scalar))
}

/// The values of `key` in a mapping.
fn values<'d>(mapping: Node<'d>, key: &'static str) -> impl Iterator<Item = Node<'d>> {
    let is_key = move |node: &Node<'d>| node.scalar().is_some_and(|scalar| scalar.value() == key);
    let entries = mapping.entries().filter(move |(node, _)| is_key(node));
    entries.map(|(_, value)| value)
}
