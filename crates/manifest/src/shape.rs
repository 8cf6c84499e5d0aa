//! The check of shapes: the parsed TOML against the JSON Schema that serde's types gave. Unlike
//! serde, which stops at the first mistake, it finds them all and knows where each one stands.

use std::ops::Range;

use serde_json::Value;
use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Report, did_you_mean, listed, nearest};
use crate::schema::MANIFEST;

/// Checks the root of `file` against the schema at a JSON pointer. Returns whether serde can read it: an unknown key is an error but no obstacle.
pub(crate) fn check(
    table: &Spanned<DeTable<'_>>,
    pointer: &str,
    file: &RelPath,
    report: &mut Report,
) -> bool {
    let schema = MANIFEST
        .pointer(pointer)
        .expect("the schema defines what is read");
    let mut shape = Shape {
        file,
        report,
        readable: true,
    };
    shape.table(table.get_ref(), table.span(), schema, "");
    shape.readable
}

struct Shape<'a> {
    file: &'a RelPath,
    report: &'a mut Report,
    readable: bool,
}

impl Shape<'_> {
    /// The depth of recursion is that of the schema, which holds no cycle.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, at: &str) {
        let wanted = alternatives(schema);
        let found = json_type(value.get_ref());
        let Some(schema) = wanted.iter().find(|s| s["type"] == found) else {
            return self.wrong_type(value, &wanted, at);
        };
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, value.span(), schema, at),
            DeValue::Array(items) => {
                for item in items.iter() {
                    self.value(item, &schema["items"], at);
                }
            }
            DeValue::String(word) => self.word(word, value.span(), &wanted, at),
            _ => {}
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, schema: &Value, at: &str) {
        let known: Vec<&str> = schema["properties"]
            .as_object()
            .map_or_else(Vec::new, |p| p.keys().map(String::as_str).collect());
        for (key, value) in table {
            let name: &str = key.get_ref();
            let below = if at.is_empty() {
                name.into()
            } else {
                format!("{at}.{name}")
            };
            if let Some(schema) = schema["properties"].get(name) {
                self.value(value, schema, &below);
            } else if schema["additionalProperties"].is_object() {
                self.value(value, &schema["additionalProperties"], &below);
            } else {
                let name = Visible(name.as_bytes());
                let diagnostic = Diagnostic::error("unknown-key", format!("unknown key `{name}`"))
                    .help(did_you_mean(
                        nearest(key.get_ref(), known.iter().copied()),
                        "keys here",
                        &known,
                    ));
                self.push(diagnostic, key.span(), among(at));
            }
        }
        let required = schema["required"].as_array().map_or(&[][..], |r| r);
        for key in required.iter().filter_map(Value::as_str) {
            if !table.contains_key(key) {
                let diagnostic = Diagnostic::error("missing-key", format!("`{key}` is missing"))
                    .help(format!("add `{key} = …`"));
                self.push(diagnostic, span.clone(), among(at));
                self.readable = false;
            }
        }
    }

    /// A word out of a fixed set, where the schema has one.
    fn word(&mut self, word: &str, span: Range<usize>, wanted: &[&Value], at: &str) {
        let fixed: Vec<&str> = wanted.iter().filter_map(|s| s["const"].as_str()).collect();
        if fixed.is_empty() || fixed.contains(&word) {
            return;
        }
        let shown = Visible(word.as_bytes());
        let diagnostic = Diagnostic::error("unknown-word", format!("`{at}` cannot be `{shown}`"))
            .help(match nearest(word, fixed.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}", listed(&fixed)),
            });
        self.push(diagnostic, span, String::new());
        self.readable = false;
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &[&Value], at: &str) {
        let mut types: Vec<&str> = wanted.iter().filter_map(|s| s["type"].as_str()).collect();
        types.dedup();
        let words: Vec<&str> = types.iter().map(|t| for_people(t)).collect();
        let found = for_people(json_type(value.get_ref()));
        let title = format!("`{at}` is {found}, not {}", words.join(" or "));
        let examples: Vec<String> = types.iter().map(|t| format!("`{}`", example(t))).collect();
        let diagnostic = Diagnostic::error("wrong-type", title)
            .help(format!("write it as {}", examples.join(" or ")));
        self.push(diagnostic, value.span(), String::new());
        self.readable = false;
    }

    fn push(&mut self, diagnostic: Diagnostic, span: Range<usize>, text: String) {
        let label = Label::at(self.file, Span::at(span), text);
        self.report.push(diagnostic.label(label));
    }
}

fn among(at: &str) -> String {
    if at.is_empty() {
        String::new()
    } else {
        format!("in `{}`", Visible(at.as_bytes()))
    }
}

/// What a value may look like: the schema itself, or each of its alternatives, references followed.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let schema = resolve(schema);
    let several = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    several.map_or_else(|| vec![schema], |s| s.iter().map(resolve).collect())
}

fn resolve(schema: &Value) -> &Value {
    // A reference with a description of its own comes wrapped.
    let reference = schema["allOf"].get(0).unwrap_or(schema);
    let target = reference["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    target.map_or(schema, |t| {
        MANIFEST
            .pointer(t)
            .expect("references point into the schema")
    })
}

fn json_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn for_people(json_type: &str) -> &'static str {
    match json_type {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number with a fraction",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "a date or time",
    }
}

fn example(json_type: &str) -> &'static str {
    match json_type {
        "integer" => "1",
        "boolean" => "true",
        "array" => "[\"…\"]",
        "object" => "{ … }",
        _ => "\"…\"",
    }
}
