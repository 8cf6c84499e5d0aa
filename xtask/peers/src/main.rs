//! Edits YAML with the crate `yamlpatch`: the other side of `cargo xtask corpus --peers`.
//!
//! One line of JSON in, one line out. In: `{"file": PATH, "edits": [{"document": 0, "path": [KEY or
//! INDEX, ...], "value": TEXT, "text": BOOL}, ...]}`; without `text` the value is a number or another
//! word of YAML's. Out: for each edit `[start, end, TEXT]`, the bytes that it changed, or a string:
//! why it was refused. Where the file cannot be read, that one string is the whole line.

use std::error::Error;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use yamlpatch::{Op, Patch, apply_yaml_patches};
use yamlpath::{Component, Document, Route};

fn main() -> Result<(), Box<dyn Error>> {
    // A panic is one of the answers that are counted.
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = std::io::stdout().lock();
    // Whoever asks writes everything before reading.
    for line in std::io::read_to_string(std::io::stdin())?.lines() {
        let request: Value = serde_json::from_str(line)?;
        let file = request["file"].as_str().ok_or("no file")?;
        let source = std::fs::read_to_string(file)?;
        writeln!(out, "{}", answer(&source, &request["edits"]))?;
    }
    Ok(())
}

fn answer(source: &str, edits: &Value) -> Value {
    let document = match Document::new(source) {
        Ok(document) => document,
        Err(error) => return json!(error.to_string()),
    };
    let edits = edits.as_array().into_iter().flatten();
    let answers = edits.map(|edit| {
        let after = catch_unwind(AssertUnwindSafe(|| replace(&document, edit)));
        match after {
            Ok(Ok(after)) => change(source, &after),
            Ok(Err(error)) => json!(error.to_string()),
            Err(_) => json!("it panics"),
        }
    });
    answers.collect()
}

fn replace(document: &Document, edit: &Value) -> Result<String, Box<dyn Error>> {
    if edit["document"] != 0 {
        return Err("only the first document can be addressed".into());
    }
    let mut route = Route::default();
    for step in edit["path"].as_array().into_iter().flatten() {
        route = match step {
            Value::String(key) => route.with_key(Component::from(key.as_str())),
            index => route.with_key(index.as_u64().ok_or("no index")? as usize),
        };
    }
    let value = edit["value"].as_str().ok_or("no value")?;
    let value = match edit["text"] == true {
        true => value.into(),
        false => yaml_serde::from_str(value)?,
    };
    let operation = Op::Replace(value);
    Ok(apply_yaml_patches(document, &[Patch { route, operation }])?
        .source()
        .into())
}

/// The bytes that differ: from the first to the last.
fn change(before: &str, after: &str) -> Value {
    let (a, b) = (before.as_bytes(), after.as_bytes());
    let mut start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    while !(before.is_char_boundary(start) && after.is_char_boundary(start)) {
        start -= 1;
    }
    let ends = a[start..].iter().rev().zip(b[start..].iter().rev());
    let mut same = ends.take_while(|(a, b)| a == b).count();
    while !before.is_char_boundary(a.len() - same) || !after.is_char_boundary(b.len() - same) {
        same -= 1;
    }
    json!([start, a.len() - same, after[start..b.len() - same]])
}
