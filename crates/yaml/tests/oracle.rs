//! A second opinion: what `serde_yaml` reads in the same file.
//!
//! The files are the sample company's dashboards and, when `STORYLINE_CORPUS` names folders
//! (separated by `:`), every `.lookml` file below them.

use std::path::{Path, PathBuf};

use serde_yaml::Value;
use storyline_yaml::{Kind, Node, read};

/// Scalars below a node in the order of the file, keys included; aliases stand for what they name.
fn ours(root: Node<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        let node = node.target().unwrap_or(node);
        match (node.kind(), node.scalar()) {
            (Kind::Mapping, _) => {
                let entries: Vec<_> = node.entries().collect();
                open.extend(
                    entries
                        .into_iter()
                        .rev()
                        .flat_map(|(key, value)| [value, key]),
                );
            }
            (Kind::Sequence, _) => {
                let items: Vec<_> = node.children().collect();
                open.extend(items.into_iter().rev());
            }
            (_, Some(scalar)) => out.push(scalar.value().into_owned()),
            (_, None) => {}
        }
    }
    out
}

/// The same of a value; what is no text has no one spelling and is `None`.
fn theirs(root: Value) -> Vec<Option<String>> {
    let mut out = Vec::new();
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Mapping(mapping) => {
                let entries: Vec<_> = mapping.into_iter().collect();
                open.extend(
                    entries
                        .into_iter()
                        .rev()
                        .flat_map(|(key, value)| [value, key]),
                );
            }
            Value::Sequence(items) => open.extend(items.into_iter().rev()),
            Value::Tagged(tagged) => open.push(tagged.value),
            Value::String(text) => out.push(Some(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => out.push(None),
        }
    }
    out
}

/// Compares one file; an error is why `serde_yaml` does not take it.
fn check(path: &Path) -> Result<(), String> {
    let source = std::fs::read(path).expect("a readable file");
    let value: Value = serde_yaml::from_slice(&source).map_err(|error| error.to_string())?;
    let document = read(&source);
    assert_eq!(document.errors(), [], "{}", path.display());
    let ours: Vec<_> = document.roots().flat_map(ours).collect();
    // A stream without a document is a null to `serde_yaml`.
    let theirs = match document.is_empty() {
        true => Vec::new(),
        false => theirs(value),
    };
    assert_eq!(ours.len(), theirs.len(), "{}", path.display());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        if let Some(theirs) = theirs {
            assert_eq!(ours, theirs, "{}", path.display());
        }
    }
    Ok(())
}

fn lookml_files(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let entry = entry.expect("a readable entry");
            let kind = entry.file_type().expect("a known type");
            let path = entry.path();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "lookml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn dashboards_say_what_serde_yaml_reads() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let own = lookml_files(fixtures);
    assert!(!own.is_empty());
    for path in own {
        assert_eq!(check(&path), Ok(()), "{}", path.display());
    }
    let corpus = std::env::var_os("STORYLINE_CORPUS").unwrap_or_default();
    let folders = std::env::split_paths(&corpus).filter(|folder| folder != Path::new(""));
    for folder in folders {
        let files = lookml_files(folder);
        let refused = files.iter().filter_map(|path| check(path).err());
        // It takes no `!!null ''`, which Looker writes.
        let refused: Vec<_> = refused
            .filter(|why| !why.contains("expected null"))
            .collect();
        assert!(4 * refused.len() <= files.len(), "{refused:?}");
    }
}
