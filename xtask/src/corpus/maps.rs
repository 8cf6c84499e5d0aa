//! The maps of names that every project is tried with. The identity would prove nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use storyline_manifest::{Kind, Manifest};
use storyline_stamp::{Site, SiteStatus};
use storyline_text::RelPath;

/// The environment that the manifests declare.
pub(crate) const ENVIRONMENT: &str = "trial";

/// The maps, by the names that the table's columns have.
pub(crate) const MAPS: [(&str, Map); 5] = [
    ("suffix", Map::Suffix),
    ("prefix", Map::Prefix),
    ("swap", Map::Swap),
    ("substrings", Map::Substrings),
    ("`R&D.x`", Map::Odd),
];

/// How names of a project become others.
#[derive(Clone, Copy)]
pub(crate) enum Map {
    /// `x` becomes `x_dev1`.
    Suffix,
    /// `x` becomes `dev1_x`.
    Prefix,
    /// The first two models trade names, and so do connections and schemas.
    Swap,
    /// Models become `m`, `mm`, `mmm` and so on, each a part of the next.
    Substrings,
    /// Names with capitals, dots and an ampersand.
    Odd,
}

/// A project's own names of the kinds that the maps change.
pub(crate) struct OwnNames {
    models: BTreeSet<String>,
    connections: BTreeSet<String>,
    schemas: BTreeSet<String>,
    /// Names of dbt variables, not their values.
    vars: BTreeSet<String>,
}

impl OwnNames {
    pub(crate) fn of(sites: &[Site]) -> Self {
        let of_kind = |kind: Kind| {
            let own = sites.iter().filter(|s| s.status == SiteStatus::Own);
            let named = own.filter(|s| s.kind == kind).map(|s| s.name.clone());
            named.collect()
        };
        let vars = sites.iter().filter_map(|site| match &site.kind {
            // A manifest can name those that are words, and no pattern suits a number.
            Kind::Var(name) if !name.contains(' ') => Some((name.to_string(), is_text(&site.name))),
            _ => None,
        });
        let (text, other): (Vec<_>, Vec<_>) = vars.partition(|(_, is_text)| *is_text);
        let mut vars: BTreeSet<String> = text.into_iter().map(|(name, _)| name).collect();
        for (name, _) in other {
            vars.remove(&name);
        }
        Self {
            models: of_kind(Kind::Model),
            connections: of_kind(Kind::Connection),
            schemas: of_kind(Kind::Schema),
            vars,
        }
    }
}

/// Whether a variable's value is text to YAML, roughly.
fn is_text(value: &str) -> bool {
    value.starts_with(char::is_alphabetic) && !matches!(value, "true" | "false" | "null")
}

/// The manifest that stamps by `map`; `None` when the project has too few names for it.
pub(crate) fn manifest(map: Map, own: &OwnNames) -> Result<Option<Manifest>> {
    let everything = |pattern: &str| Some(format!("{}\n", quoted(pattern)));
    let mut rules: BTreeMap<&str, Option<String>> = BTreeMap::new();
    match map {
        Map::Suffix => {
            rules.insert("models", everything("{name}_dev1"));
            rules.insert("connections", everything("{name}_dev1"));
            rules.insert("projects", everything("{name}-dev1"));
            rules.insert("labels", everything("{name} (dev1)"));
            rules.insert("schemas", everything("{name}_dev1"));
            rules.insert("databases", everything("{name}_dev1"));
            rules.insert("profiles", everything("{name}_dev1"));
            let vars = own.vars.iter();
            let vars = vars.map(|name| (name.as_str(), "{name}_dev1".into()));
            rules.insert("vars", table(vars));
        }
        Map::Prefix => {
            rules.insert("models", everything("dev1_{name}"));
            rules.insert("connections", everything("dev1_{name}"));
            rules.insert("projects", everything("dev1-{name}"));
            rules.insert("schemas", everything("dev1_{name}"));
            rules.insert("databases", everything("dev1_{name}"));
            rules.insert("profiles", everything("dev1_{name}"));
        }
        Map::Swap => {
            rules.insert("models", swapped(&own.models));
            rules.insert("connections", swapped(&own.connections));
            rules.insert("schemas", swapped(&own.schemas));
        }
        Map::Substrings => {
            let nested = own.models.iter().enumerate();
            let nested = nested.map(|(i, name)| (name.as_str(), "m".repeat(i + 1)));
            rules.insert("models", table(nested));
        }
        Map::Odd => {
            rules.insert("models", everything("R&D.{name}.Dev"));
            rules.insert("connections", everything("R&D.{name}"));
            rules.insert("schemas", everything("R&D.{name}"));
            rules.insert("databases", everything("R&D.{name}"));
        }
    }
    if rules.values().all(Option::is_none) {
        return Ok(None);
    }
    let mut text = format!("[environment.{ENVIRONMENT}]\n");
    for (key, rule) in rules {
        if let Some(rule) = rule {
            writeln!(text, "{key} = {rule}")?;
        }
    }
    let path = RelPath::new(b"storyline.toml")?;
    let manifest = Manifest::parse(&[(path, text.as_bytes())]);
    manifest.map(Some).map_err(|errors| anyhow!("{errors}"))
}

fn swapped(names: &BTreeSet<String>) -> Option<String> {
    let mut names = names.iter();
    let (a, b) = (names.next()?, names.next()?);
    // What is not swapped stays: connections are refused when a table leaves them out.
    let rule = [(a.as_str(), b.clone()), (b, a.clone())];
    table(rule.into_iter().chain([("*", "{name}".into())]))
}

fn table<'a>(names: impl Iterator<Item = (&'a str, String)>) -> Option<String> {
    let rows = names.map(|(from, to)| format!("{} = {}", quoted(from), quoted(&to)));
    let rows: Vec<String> = rows.collect();
    (!rows.is_empty()).then(|| format!("{{ {} }}", rows.join(", ")))
}

/// A basic string of TOML, which JSON's strings are.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
