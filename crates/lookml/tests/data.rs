//! Small files, one a construct, and the tree that each gives.
//!
//! `data/ok` holds what has no error, `data/err` what has one, and `data/legacy` the same of the
//! YAML-like syntax; beside each `NAME.lkml` or `NAME.lookml` stands `NAME.tree`. After a change that is meant, `STORYLINE_BLESS=1 cargo test -p storyline-lookml --test
//! data` writes the trees anew; read their difference before it is committed. A name that ends in
//! `lkml-…` says what the Python package lkml does with the file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use storyline_lookml::{Document, Node, NodeKind, SyntaxError, Value, parse};
use storyline_text::{LineIndex, Span, Visible};

/// The tree as text, then errors and warnings.
fn print(document: &Document<'_>) -> String {
    let mut out = String::new();
    let mut levels = vec![vec![document.root()].into_iter()];
    while let Some(level) = levels.last_mut() {
        let Some(node) = level.next() else {
            levels.pop();
            continue;
        };
        let indent = 2 * (levels.len() - 1);
        writeln!(out, "{:indent$}{}", "", line(document, node)).expect("a String takes everything");
        levels.push(node.children().collect::<Vec<_>>().into_iter());
    }
    for (what, list) in [
        ("error", document.errors()),
        ("warning", document.warnings()),
    ] {
        for error in list {
            out += &complaint(document, what, error);
        }
    }
    out
}

/// `Block view: orders @0..20`
fn line(document: &Document<'_>, node: Node<'_, '_>) -> String {
    let mut line = format!("{:?}", node.kind());
    if !node.key().is_empty() {
        write!(line, " {}:", Visible(node.key())).expect("a String takes everything");
    }
    if let Some(value) = node.name().or(node.value()) {
        write!(line, " {}", show(value)).expect("a String takes everything");
    }
    if node.kind() == NodeKind::Error {
        let text = node.span().slice(document.source());
        write!(line, " <{}>", Visible(text)).expect("a String takes everything");
    }
    format!("{line} @{:?}", node.span())
}

fn show(value: Value<'_>) -> String {
    let quote = if value.is_quoted() { "\"" } else { "" };
    format!("{quote}{}{quote}", Visible(value.text()))
}

/// Errors by line and column, as an editor counts them.
fn complaint(document: &Document<'_>, what: &str, error: &SyntaxError) -> String {
    let index = LineIndex::new(document.source());
    let place = |span: Span| {
        let at = index.position(document.source(), span.start);
        let text = Visible(span.slice(document.source())).to_string();
        format!("{}:{} <{text}>", at.line, at.column)
    };
    let mut out = format!("{what} {} {}\n", place(error.span), error.kind);
    if let Some((span, text)) = error.related {
        out += &format!("    {} {text}\n", place(span));
    }
    out
}

#[track_caller]
fn check(file: &Path, has_errors: bool) {
    let source = fs::read(file).expect("the folder was just listed");
    let document = parse(&source);
    assert_eq!(document.text(), source, "{}", file.display());
    assert_eq!(
        !document.errors().is_empty(),
        has_errors,
        "{}:\n{}",
        file.display(),
        print(&document)
    );
    let tree = file.with_extension("tree");
    let found = print(&document);
    if env::var_os("STORYLINE_BLESS").is_some() {
        fs::write(&tree, &found).expect("the folder can be written");
    }
    let expect = fs::read_to_string(&tree).unwrap_or_default();
    assert!(
        found == expect,
        "{}:\n{found}\nexpected:\n{expect}",
        file.display()
    );
}

/// Files of `folder` with this extension, by name.
fn list(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(folder);
    let entries = fs::read_dir(folder).expect("the folder is part of the crate");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn files_without_errors() {
    for file in list("ok", "lkml") {
        check(&file, false);
    }
}

#[test]
fn files_with_errors() {
    for file in list("err", "lkml") {
        check(&file, true);
    }
}

#[test]
fn legacy_files_without_errors() {
    for file in list("legacy/ok", "lookml") {
        check(&file, false);
    }
}

#[test]
fn legacy_files_with_errors() {
    for file in list("legacy/err", "lookml") {
        check(&file, true);
    }
}

#[test]
fn every_tree_has_its_file() {
    for (folder, extension) in [
        ("ok", "lkml"),
        ("err", "lkml"),
        ("legacy/ok", "lookml"),
        ("legacy/err", "lookml"),
    ] {
        for tree in list(folder, "tree") {
            let file = tree.with_extension(extension);
            assert!(file.exists(), "{}", tree.display());
        }
    }
}
