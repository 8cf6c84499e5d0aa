//! Candidates of LookML dashboards, which are YAML.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter;
use std::sync::LazyLock;

use storyline_manifest::Kind;
use storyline_text::RelPath;
use storyline_yaml::{self as yaml, Document, Node, Pattern, Scalar};

use crate::candidate::{Candidate, FileScan, Shape};
use crate::texts::Texts;
use crate::url::Hosts;

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

pub(crate) fn scan_document(path: &RelPath, document: &Document<'_>, hosts: &Hosts) -> FileScan {
    let errors = document.errors().iter();
    let mut scan = FileScan {
        errors: errors.map(|error| error.diagnostic(path)).collect(),
        ..FileScan::default()
    };
    let out = &mut scan.candidates;
    names(document, out);
    let mut texts = Texts::of(document.source(), hosts);
    let scalars = document.scalars().filter(|scalar| !scalar.is_alias());
    for scalar in scalars {
        if texts.is_done() {
            break;
        }
        texts.scan(scalar.content(), out);
    }
    scan.candidates.sort_by_key(|c| c.span);
    scan.candidates.dedup();
    scan
}

/// Adds the models and slugs of the dashboards in a file. It is a list of dashboards; one alone may be
/// a mapping.
pub(crate) fn names(document: &Document<'_>, out: &mut Vec<Candidate>) {
    let mut slugs = Vec::new();
    for root in document.roots() {
        for dashboard in items(root).chain([root]) {
            for (key, value) in dashboard.entries() {
                match &*text(key) {
                    "elements" => items(value).for_each(|element| models(element, true, out)),
                    "filters" => items(value).for_each(|filter| models(filter, false, out)),
                    "preferred_slug" => slugs.extend(value.scalar()),
                    _ => {}
                }
            }
        }
    }
    slugs
        .into_iter()
        .for_each(|slug| push(Kind::Slug, slug, out));
    if document.aliases().next().is_some() {
        behind_aliases(document).for_each(|model| push(Kind::Model, model, out));
    }
}

/// Adds the model of an element or a filter, and, if it `may_merge` several, those of its queries.
fn models(mapping: Node<'_>, may_merge: bool, out: &mut Vec<Candidate>) {
    for (key, value) in mapping.entries() {
        match &*text(key) {
            "model" => value
                .scalar()
                .into_iter()
                .for_each(|model| push(Kind::Model, model, out)),
            "merged_queries" if may_merge => {
                items(value).for_each(|query| models(query, false, out));
            }
            _ => {}
        }
    }
}

/// The items of a list; nothing for the rest.
fn items(list: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let is_list = list.kind() == yaml::Kind::Sequence;
    list.children().filter(move |_| is_list)
}

/// What a key says; nothing if it is no scalar.
fn text(key: Node<'_>) -> Cow<'_, str> {
    let scalar = key.scalar().filter(|scalar| !scalar.is_alias());
    scalar.map_or(Cow::Borrowed(""), |scalar| scalar.value())
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
