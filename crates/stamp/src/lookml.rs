//! Candidates of LookML files.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use storyline_lookml::{Document, Node, NodeKind, TokenKind, Value};
use storyline_manifest::Kind;
use storyline_text::{RelPath, Span};

use crate::candidate::{Candidate, FileScan, FileType, Include, Shape};
use crate::texts::Texts;
use crate::url::Hosts;
use crate::{include, url};

/// Every candidate outside models and the project's manifest has one of these on its way.
const MARKERS: [&str; 11] = [
    "include",
    "connection",
    "model",
    "dashboard/",
    "dashboards/",
    "dashboards-next/",
    "dashboards-legacy/",
    "explore/",
    "extensions/",
    "applications/",
    "_model._name",
];

/// How many of the markers, the first ones, are parameters.
const KEYS: usize = 3;

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| url::finder(&MARKERS));

/// Whether a file that is neither a model nor the project's manifest is worth reading.
pub(crate) fn may_hold_names(source: &[u8]) -> bool {
    FINDER.find_iter(source).any(|found| {
        found.pattern().as_usize() >= KEYS
            || may_be_key(&source[..found.start()], &source[found.end()..])
    })
}

/// Whether a word between `before` and `after` may have a `:` behind it, be it in quotes or with
/// comments and odd blanks in between.
fn may_be_key(before: &[u8], after: &[u8]) -> bool {
    match after.trim_ascii_start().first() {
        Some(quote @ (b'"' | b'\'')) => before.last() == Some(quote),
        Some(next) => matches!(next, b':' | b'#') || next.is_ascii_control() || !next.is_ascii(),
        None => false,
    }
}

/// Reads a file of type `file_type`, which is one that holds LookML.
pub(crate) fn scan(path: &RelPath, source: &[u8], file_type: FileType, hosts: &Hosts) -> FileScan {
    scan_document(path, &storyline_lookml::parse(source), file_type, hosts)
}

/// The same for a file that was read.
pub(crate) fn scan_document(
    path: &RelPath,
    document: &Document<'_>,
    file_type: FileType,
    hosts: &Hosts,
) -> FileScan {
    let mut scan = FileScan::default();
    let diagnose = |e: &storyline_lookml::SyntaxError| e.diagnostic(path);
    scan.errors = document.errors().iter().map(diagnose).collect();
    scan.warnings = document.warnings().iter().map(diagnose).collect();
    for node in document.root().children() {
        match file_type {
            FileType::ProjectManifest => project_manifest(node, &mut scan.candidates),
            _ => root(node, file_type, &mut scan),
        }
    }
    texts(document, hosts, &mut scan.candidates);
    scan.candidates.sort_by_key(|c| c.span);
    scan.candidates.dedup();
    scan
}

fn push(kind: Kind, value: Value<'_>, out: &mut Vec<Candidate>) {
    let Ok(name) = std::str::from_utf8(value.text()) else {
        return;
    };
    // The constant's own value is the site, wherever it is used.
    if !name.is_empty() && !name.contains("@{") {
        out.push(Candidate {
            kind,
            span: value.span(),
            name: name.into(),
            shape: Shape::Plain,
        });
    }
}

/// Parameters that stand in no block of a model, view or explore file.
fn root(node: Node<'_, '_>, file_type: FileType, scan: &mut FileScan) {
    match (node.key(), node.value()) {
        (b"connection", Some(value)) if file_type != FileType::Object => {
            push(Kind::Connection, value, &mut scan.candidates);
        }
        (b"label", Some(value)) if file_type == FileType::Model => {
            push(Kind::Label, value, &mut scan.candidates);
        }
        (b"include", Some(value)) => add_include(value, scan),
        (b"include", None) if node.kind() == NodeKind::List => {
            for value in node.children().filter_map(Node::value) {
                add_include(value, scan);
            }
        }
        // Looker needs none there; one that stands there has to name the same model as before.
        (b"view" | b"explore" | b"base_view", _) => {
            let models = node.children().filter(|child| child.key() == b"model");
            for model in models.filter_map(Node::value) {
                push(Kind::Model, model, &mut scan.candidates);
            }
        }
        _ => {}
    }
}

fn add_include(value: Value<'_>, scan: &mut FileScan) {
    let span = value.span();
    include::scan(value.text(), span.start, &mut scan.candidates);
    scan.includes.push(Include { span });
}

/// `manifest.lkml`: the project's name, its imports and constants.
/// <https://cloud.google.com/looker/docs/reference/param-manifest-project-name> and its siblings.
fn project_manifest(node: Node<'_, '_>, out: &mut Vec<Candidate>) {
    match node.key() {
        b"project_name" => {
            let is_first = out.iter().all(|c| c.shape != Shape::Definition);
            let first = out.len();
            node.value()
                .into_iter()
                .for_each(|value| push(Kind::Project, value, out));
            if is_first {
                out[first..]
                    .iter_mut()
                    .for_each(|c| c.shape = Shape::Definition);
            }
        }
        b"local_dependency" => {
            for child in node.children() {
                match (child.key(), child.value()) {
                    (b"project", Some(value)) => push(Kind::Project, value, out),
                    (b"override_constant", _) => constant(child, out),
                    _ => {}
                }
            }
        }
        b"remote_dependency" => {
            if let Some(name) = node.name() {
                push(Kind::Project, name, out);
            }
            for child in node.children() {
                match (child.key(), child.value()) {
                    (b"url", Some(value)) => push(Kind::Url, value, out),
                    (b"ref", Some(value)) => push(Kind::Ref, value, out),
                    (b"override_constant", _) => constant(child, out),
                    _ => {}
                }
            }
        }
        b"constant" => constant(node, out),
        b"application" => {
            let url = node.children().filter(|child| child.key() == b"url");
            for value in url.filter_map(Node::value) {
                push(Kind::Url, value, out);
            }
        }
        _ => {}
    }
}

/// `constant: NAME { value: "…" }`, which may be written over several lines and hold anything.
fn constant(node: Node<'_, '_>, out: &mut Vec<Candidate>) {
    let name = node.name().and_then(|n| std::str::from_utf8(n.text()).ok());
    let Some(name) = name else { return };
    for child in node.children().filter(|child| child.key() == b"value") {
        if let Some(value) = child.value() {
            push(Kind::constant(name), value, out);
        }
    }
}

/// Names inside text: URLs and Liquid. What names a file is a path, whatever its folders are called.
fn texts(document: &Document<'_>, hosts: &Hosts, out: &mut Vec<Candidate>) {
    let mut texts = Texts::of(document.source(), hosts);
    if texts.is_done() {
        return;
    }
    let names_file = |node: &Node<'_, '_>| matches!(node.key(), b"include" | b"file");
    let mut paths = document
        .nodes()
        .filter(names_file)
        .map(Node::span)
        .peekable();
    for token in document.tokens() {
        let span = token.span;
        while paths.next_if(|path| path.end <= span.start).is_some() {}
        let in_path = paths.peek().is_some_and(|path| path.contains(span));
        let first = out.len();
        match token.kind {
            TokenKind::String | TokenKind::Raw if !in_path => {}
            // Texts of the YAML-like syntax need no quotes.
            TokenKind::Word if document.is_legacy() && !in_path => {}
            TokenKind::Comment => {}
            _ => continue,
        }
        // With the byte before it: SQL may begin like a link, but only a text that is one does.
        let start = span.start - u32::from(token.kind == TokenKind::Raw);
        texts.scan(Span::new(start, span.end), out);
        if token.kind == TokenKind::Comment {
            out[first..]
                .iter_mut()
                .for_each(|c| c.shape = Shape::Comment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_worth_reading() {
        for text in [
            "include: \"a\"",
            "include # why\n : \"a\"",
            "include\u{a0}: [\"a\"]",
            "\"connection\": \"c\"",
            "connection\n\t: c",
            "view: include { label: \"/dashboards-next/m::x\" }",
            "{{ _model._name }}",
        ] {
            assert!(may_hold_names(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "include",
            "dimension: connection { sql: ${TABLE}.connection ;; }",
            "description: \"includes the connection\" label: \"dashboard\"",
        ] {
            assert!(!may_hold_names(text.as_bytes()), "{text}");
        }
    }
}
