//! Names in `profiles.yml`.

use storyline_text::Span;
use storyline_yaml::{Kind, Node};

use crate::name::{Extent, Name, NameKind, is_jinja, whole};
use crate::walk::{Walk, is_key, is_merge};

/// The key at the root that is no profile: settings of dbt's, before version 1.8.
const CONFIG: &str = "config";

/// Adds the profiles that are defined, and the schemas and databases of their targets.
pub(crate) fn names(root: Node<'_>, out: &mut Vec<Name>) {
    let (mut profiles, mut outputs, mut targets) =
        (Walk::default(), Walk::default(), Walk::default());
    for (name, profile) in profiles_of(root) {
        out.push(name);
        for found in profiles.values(profile, "outputs") {
            for (_, target) in outputs.entries(found) {
                for (key, value) in targets.entries(target) {
                    out.extend(in_target(key, value));
                }
            }
        }
    }
}

/// The names of the profiles.
pub(crate) fn known(root: Node<'_>) -> Vec<String> {
    profiles_of(root).map(|(name, _)| name.text).collect()
}

fn profiles_of(root: Node<'_>) -> impl Iterator<Item = (Name, Node<'_>)> {
    let named = root.entries().filter_map(|(key, profile)| {
        let name = whole(NameKind::Profile, key)?;
        Some((name, profile)).filter(|_| !is_merge(key))
    });
    named.filter(|(name, profile)| name.text != CONFIG && is_profile(*profile))
}

/// A profile has targets, or may take them from elsewhere; other mappings at the root only hold what
/// profiles share. Should one of those pass for a profile, nobody refers to it by its key.
fn is_profile(node: Node<'_>) -> bool {
    let mut entries = node.entries();
    node.target().is_some() || entries.any(|(key, _)| is_key(key, "outputs") || is_merge(key))
}

/// The name that a setting of a target is.
///
/// Where an engine has other words for the two levels, they count as the same: BigQuery's project
/// is its database. Connection settings, among them secrets, are none.
pub(crate) fn in_target(key: Node<'_>, value: Node<'_>) -> Option<Name> {
    let key = key.scalar()?.value();
    let name = match &*key {
        "dbname" | "database" | "project" | "catalog" => whole(NameKind::Database, value),
        "schema" | "dataset" => whole(NameKind::Schema, value),
        "path" => in_path(value),
        _ => None,
    }?;
    Some(Name {
        in_target: true,
        ..name
    })
}

/// Endings of DuckDB's files.
const ENDINGS: [&str; 3] = [".duckdb", ".ddb", ".db"];

/// A DuckDB database is called like its file without the ending: `shop` in `data/shop.duckdb`. In
/// MotherDuck it has no file: `md:shop`.
fn in_path(value: Node<'_>) -> Option<Name> {
    let scalar = value.scalar()?;
    let (content, text) = (scalar.content(), scalar.value());
    // Escapes, folded lines: seldom, and no part of them could be told apart.
    let as_written = content.slice(scalar.document().source()) == text.as_bytes();
    if !as_written || !matches!(value.kind(), Kind::Scalar(style) if !style.is_block()) {
        return None;
    }
    let (start, stem) = match text
        .strip_prefix("md:")
        .or(text.strip_prefix("motherduck:"))
    {
        Some(name) => (text.len() - name.len(), name.split('?').next()?),
        None => {
            let start = text.rfind(['/', '\\']).map_or(0, |at| at + 1);
            let file = &text[start..];
            let stem = ENDINGS
                .iter()
                .find_map(|ending| file.strip_suffix(ending))?;
            (start, stem)
        }
    };
    if stem.is_empty() || is_jinja(&text) {
        return None;
    }
    let start = content.start as usize + start;
    Some(Name {
        kind: NameKind::Database,
        span: Span::at(start..start + stem.len()),
        text: stem.into(),
        extent: Extent::Part,
        in_target: true,
    })
}
