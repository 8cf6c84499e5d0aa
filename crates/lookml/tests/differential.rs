//! The tree compared with the one that the Python package lkml reads, file by file.
//!
//! Runs when `STORYLINE_PYTHON` names a Python that has lkml; continuous integration (`CI` is set) must
//! have one. Compared are the files of `data/ok` and all `.lkml` files below the folders in
//! `STORYLINE_CORPUS`, which are separated by colons. Where the two differ and lkml is wrong, the file
//! stands in [`KNOWN`] with the reason.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use serde_json::{Value, json};
use storyline_lookml::{Node, NodeKind, parse};

/// Python processes side by side; lkml needs a second and a half for a megabyte.
const PROCESSES: usize = 2;

/// Ends of paths, and why lkml reads these files differently or not at all.
const KNOWN: &[(&str, &str)] = &[
    (
        "ok/block-name-quoted-lkml-fails.lkml",
        "a block's name may not be quoted",
    ),
    (
        "ok/colon-after-brace-lkml-fails.lkml",
        "no colon may follow a brace",
    ),
    (
        "ok/colon-doubled-lkml-drops-one.lkml",
        "loses the second colon",
    ),
    (
        "ok/constant-in-names-all-peers-fail.lkml",
        "a brace ends a word",
    ),
    (
        "ok/duplicate-keys-lkml-fails.lkml",
        "a parameter may not repeat",
    ),
    (
        "ok/encoding-bom-lkml-keeps-it-in-the-key.lkml",
        "a byte order mark is a letter",
    ),
    (
        "ok/encoding-crlf-lkml-fails.lkml",
        "a carriage return is a letter",
    ),
    (
        "ok/encoding-form-feed-lkml-fails.lkml",
        "a form feed is a letter",
    ),
    (
        "ok/encoding-no-break-space-lkml-fails.lkml",
        "a no-break space is a letter",
    ),
    ("ok/encoding-not-utf-8-lkml-fails.lkml", "wants text"),
    (
        "ok/encoding-nul-lkml-drops-the-rest.lkml",
        "NUL is the end of the file",
    ),
    (
        "ok/list-mixed-lkml-fails.lkml",
        "a list has pairs or words, not both",
    ),
    ("ok/list-nested-lkml-fails.lkml", "a list holds no lists"),
    (
        "ok/list-of-blocks-lkml-fails.lkml",
        "a list holds no blocks",
    ),
    ("ok/list-sign-alone-lkml-fails.lkml", "a sign needs a name"),
    (
        "ok/list-sign-apart-lkml-drops-the-space.lkml",
        "loses the space after the sign",
    ),
    (
        "ok/list-sign-with-comment-behind-lkml-drops-it.lkml",
        "loses what follows the sign",
    ),
    (
        "ok/nested-250-deep-lkml-recurses.lkml",
        "calls itself for each level",
    ),
    (
        "ok/raw-key-ends-in-sql-lkml-fails.lkml",
        "knows a fixed list of keys",
    ),
    (
        "ok/raw-space-before-colon-lkml-fails.lkml",
        "wants the colon directly after the key",
    ),
    (
        "ok/raw-unknown-sql-key-lkml-fails.lkml",
        "knows a fixed list of keys",
    ),
    (
        "ok/string-as-key-lkml-fails.lkml",
        "a key may not be quoted",
    ),
    (
        "lkml/tests/resources/duplicate_non_top_level_keys.view.lkml",
        "a parameter may not repeat",
    ),
    (
        "looker-cube/partnerships.model.lkml",
        "loses the space after the sign",
    ),
];

#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn the_same_tree_as_lkml() {
    let Some(python) = env::var_os("STORYLINE_PYTHON") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_PYTHON is not set");
        println!("skipped: differential test with lkml: STORYLINE_PYTHON is not set");
        return;
    };
    let files = files();
    let chunks: Vec<_> = files.chunks(files.len().div_ceil(PROCESSES)).collect();
    let differences: Vec<String> = thread::scope(|scope| {
        let started: Vec<_> = chunks
            .iter()
            .map(|chunk| scope.spawn(|| compare(Path::new(&python), chunk)))
            .collect();
        let ended = started
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        ended.flatten().collect()
    });
    println!("{} files compared with lkml", files.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The files to compare, by path.
fn files() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ok");
    let mut folders = vec![own];
    if let Some(corpus) = env::var_os("STORYLINE_CORPUS") {
        folders.extend(env::split_paths(&corpus));
    }
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries {
            let entry = entry.expect("an entry");
            let path = entry.path();
            if entry.file_type().expect("a type").is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "lkml") && path.to_str().is_some() {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What differs, a text for each file.
fn compare(python: &Path, files: &[PathBuf]) -> Vec<String> {
    let answers = lkml(python, files);
    assert_eq!(answers.len(), files.len(), "lkml_tree.py stopped early");
    let pairs = files.iter().zip(&answers);
    pairs
        .filter_map(|(file, answer)| difference(file, answer))
        .collect()
}

/// The answers of `lkml_tree.py`, in the order of the files.
fn lkml(python: &Path, files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/python/lkml_tree.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("STORYLINE_PYTHON starts");
    let names: Vec<_> = files.iter().filter_map(|file| file.to_str()).collect();
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin
        .write_all(names.join("\n").as_bytes())
        .expect("the script reads all names first");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "lkml_tree.py: {}", output.status);
    let lines = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).expect("a line is JSON"))
        .collect()
}

fn difference(file: &Path, answer: &Value) -> Option<String> {
    let path = file.to_str().unwrap_or_default();
    let source = fs::read(file).expect("the file was just listed");
    let what = match (rows(&source), &answer["rows"]) {
        (Err(_), Value::Null) => None,
        (Err(ours), _) => Some(format!("only we report {ours}")),
        (Ok(_), Value::Null) => Some(format!("only lkml reports {}", answer["error"])),
        (Ok(ours), theirs) => first_difference(&ours, theirs.as_array().expect("rows")),
    };
    let what = match what {
        None if answer["lossless"] == false => Some("lkml does not give it back".to_owned()),
        what => what,
    };
    let known = KNOWN.iter().find(|(end, _)| path.ends_with(end));
    match (what, known) {
        (Some(what), None) => Some(format!("{path}: {what}")),
        (None, Some((_, reason))) => Some(format!("{path}: no longer differs ({reason})")),
        _ => None,
    }
}

fn first_difference(ours: &[Value], theirs: &[Value]) -> Option<String> {
    let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let (ours, theirs) = (ours.get(same), theirs.get(same));
    (ours != theirs).then(|| format!("row {same}: ours {ours:?}, lkml {theirs:?}"))
}

/// Our tree in the shape of `lkml_tree.py`, or the first error.
fn rows(source: &[u8]) -> Result<Vec<Value>, String> {
    let document = parse(source);
    if let Some(error) = document.errors().first() {
        return Err(format!("{:?} at byte {}", error.kind, error.span.start));
    }
    let mut rows = Vec::new();
    let mut levels = vec![document.root().children()];
    while let Some(level) = levels.last_mut() {
        match level.next() {
            Some(node) => {
                rows.push(row(levels.len() - 1, node));
                levels.push(node.children());
            }
            None => drop(levels.pop()),
        }
    }
    Ok(rows)
}

fn row(depth: usize, node: Node<'_, '_>) -> Value {
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let kind = match node.kind() {
        NodeKind::Block => "block",
        NodeKind::List => "list",
        NodeKind::Pair | NodeKind::Raw => "pair",
        NodeKind::Element => "element",
        NodeKind::File | NodeKind::Error => "no node of a good file",
    };
    let key = (kind != "element").then(|| string(node.key()));
    let value = node.name().or(node.value());
    let style = value.map(|value| match (node.kind(), value.is_quoted()) {
        (NodeKind::Raw, _) => "raw",
        (_, true) => "string",
        (_, false) => "word",
    });
    let text = value.map(|value| string(value.text()));
    json!([depth, kind, key, style, text])
}
