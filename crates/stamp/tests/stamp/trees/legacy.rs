//! Files in the YAML-like syntax.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Words, link, pieces};

/// A model file.
pub(super) fn model(words_of: &Words) -> impl Strategy<Value = String> + use<> {
    let names = (
        select(words_of.connections.clone()),
        select(words_of.labels.clone()),
    );
    let head = (names, 0..4u8).prop_map(|((connection, label), form)| match form {
        0 => format!("- connection: {connection} # {connection}\n"),
        1 => format!("- connection: '{connection}'\n- label: \"{label}\"\n"),
        2 => format!("# old\n\n- scoping: true\n- connection: \"{connection}\"\n"),
        _ => format!(
            "---\n- label: '{}'\n  connection: {connection}\n",
            label.replace('\'', "''")
        ),
    });
    let include = (
        select(words_of.all.clone()),
        select(words_of.projects.clone()),
        0..6u8,
    );
    let include = include.prop_map(|(model, project, form)| match form {
        0 => format!("- include: \"{model}.model.lookml\"\n"),
        1 => format!("- include: {model}.model # {model}\n"),
        2 => format!("- include: '//{project}/{model}.model'\n"),
        3 => format!("- include: [\"../{model}.model\", {model}.view]\n"),
        4 => "- include: \"*.view.lookml\"\n".into(),
        _ => "- include: \"*.dashboard.lookml\"\n".into(),
    });
    let rest = pieces(prop_oneof![include, item(words_of)], 6);
    (head, rest).prop_map(|(head, rest)| head + &rest)
}

/// A view file.
pub(super) fn view(words_of: &Words) -> impl Strategy<Value = Vec<u8>> + use<> {
    (pieces(item(words_of), 4), any::<u8>()).prop_map(|(text, dice)| {
        let mut bytes = format!("- view: first\n{text}").into_bytes();
        if dice % 4 == 0 {
            bytes.extend(b"- view: z\n  label: \xff /explore/other/x # /explore/main/x \xc3\n");
        }
        bytes
    })
}

/// An item of the root that stands in a view or model.
fn item(words_of: &Words) -> impl Strategy<Value = String> + use<> {
    let names = (link(words_of), select(words_of.all.clone()));
    (names, 0..8u8).prop_map(|((link, model), form)| match form {
        0 => format!("- explore: x\n  label: \"{link}\" # {link}\n"),
        1 => format!("- view: x\n  fields:\n    - dimension: y\n      html: |\n        {link}\n        {model}\n"),
        2 => format!("- view: x\n  sql_table_name: {model}.t\n  label: '{model}'\n"),
        3 => format!("- view: x\n  model: {model}\n  label: {model}\n"),
        4 => format!("- explore: x\n  model: '{model}'\n  joins:\n  -\tjoin: y\n"),
        5 => format!("- dashboard: d\n  elements:\n  - {{name: a, model: {model}}}\n"),
        6 => format!("- view: x\n  fields:\n  - measure: y\n    links:\n    - url: >-\n       {link} or\n       there\n"),
        _ => format!("# {link}\n"),
    })
}
