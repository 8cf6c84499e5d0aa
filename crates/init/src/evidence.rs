//! Places where a project takes names from elsewhere, so that nothing has to be stamped there.

use std::collections::BTreeMap;
use std::fmt;

use memchr::memmem;
use storyline_lookml::{Document, Node, NodeKind};
use storyline_text::{LineIndex, RelPath, Visible};

use crate::render::counted;

/// How many places of one kind are kept; the others are counted.
const MAX_SPOTS: usize = 3;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file.
    pub file: RelPath,
    /// The line, from 1.
    pub line: u32,
}

/// Names for which nothing has to be stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// What the names are of, in a few words.
    pub what: String,
    /// What does the work instead: one sentence.
    pub why: String,
    /// The first places that show it.
    pub spots: Vec<Spot>,
    /// How many places there are.
    pub places: usize,
}

/// `names of tables: Looker fills in … (views/x.view.lkml:3, 8 more places)`, safe to show.
impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.spots.iter();
        let mut places: Vec<_> = places
            .map(|Spot { file, line }| format!("{file}:{line}"))
            .collect();
        match self.places.saturating_sub(places.len()) {
            0 => {}
            more => places.push(counted(more, "more place")),
        }
        let (what, why) = (Visible(self.what.as_bytes()), Visible(self.why.as_bytes()));
        write!(f, "{what}: {why} ({})", places.join(", "))
    }
}

/// What does the work of a stamp at some place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Means {
    /// `connection: "@{NAME}"`
    ConnectionConstant(String),
    /// `@{NAME}` in the name of a table.
    TableConstant(String),
    /// `_user_attributes['NAME']` in the name of a table.
    UserAttribute(String),
    /// `-- if prod --` and `-- if dev --`.
    ProdAndDev,
    /// `env_var(…)` in dbt's files.
    DbtVariables,
    /// `target.name` and its like in dbt's files.
    DbtTarget,
}

/// Every means that was seen, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence(BTreeMap<Means, (Vec<Spot>, usize)>);

impl Evidence {
    pub(crate) fn add(&mut self, means: Means, spot: Spot) {
        let (spots, places) = self.0.entry(means).or_default();
        *places += 1;
        if spots.len() < MAX_SPOTS {
            spots.push(spot);
        }
    }

    /// Adds what was seen in a file that comes later.
    pub(crate) fn merge(&mut self, later: Self) {
        for (means, (spots, places)) in later.0 {
            let (known, counted) = self.0.entry(means).or_default();
            *counted += places;
            let room = MAX_SPOTS - known.len();
            known.extend(spots.into_iter().take(room));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Means, &[Spot], usize)> {
        let all = self.0.iter();
        all.map(|(means, (spots, places))| (means, spots.as_slice(), *places))
    }
}

/// Whether a file is worth parsing.
fn may_show(source: &[u8]) -> bool {
    let needles: [&[u8]; 4] = [b"@{", b"_user_attributes", b"if prod", b"if dev"];
    let mut found = needles.iter().map(|n| memmem::find(source, n));
    found.any(|at| at.is_some())
}

/// What a LookML file shows.
pub(crate) fn of_lookml(path: &RelPath, source: &[u8]) -> Evidence {
    let mut evidence = Evidence::default();
    if !may_show(source) {
        return evidence;
    }
    let document = storyline_lookml::parse(source);
    let lines = LineIndex::new(source);
    for (node, is_table) in routing(&document) {
        let Some(value) = node.value() else { continue };
        let mut add = |means, at: usize| {
            let offset = value.span().start.saturating_add(clamp(at));
            let file = path.clone();
            let line = lines.position(source, offset).line;
            evidence.add(means, Spot { file, line });
        };
        let text = value.text();
        for (name, at) in constants(text) {
            add(
                match is_table {
                    true => Means::TableConstant(name.into()),
                    false => Means::ConnectionConstant(name.into()),
                },
                at,
            );
        }
        if is_table {
            for (name, at) in user_attributes(text) {
                add(Means::UserAttribute(name.into()), at);
            }
            if let Some(at) = conditional_comment(text) {
                add(Means::ProdAndDev, at);
            }
        }
    }
    evidence
}

fn clamp(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Parameters that say where data comes from, and whether they name tables.
fn routing<'d, 's>(
    document: &'d Document<'s>,
) -> impl Iterator<Item = (Node<'d, 's>, bool)> + use<'d, 's> {
    let connections = document.root().children();
    let connections = connections.filter(|n| n.key() == b"connection");
    let tables = document
        .nodes()
        .filter(|n| n.key() == b"sql_table_name" && n.kind() != NodeKind::Block);
    let derived = document.nodes().filter(|n| n.key() == b"derived_table");
    let derived = derived.flat_map(Node::children);
    let derived = derived.filter(|n| matches!(n.key(), b"sql" | b"sql_create"));
    let tables = tables.chain(derived).map(|node| (node, true));
    connections.map(|node| (node, false)).chain(tables)
}

/// The names in `@{…}`, and where each stands.
fn constants(text: &[u8]) -> impl Iterator<Item = (&str, usize)> {
    memmem::find_iter(text, b"@{").filter_map(|at| {
        let rest = &text[at + 2..];
        let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let end = rest.iter().position(|b| !word(b))?;
        let is_name = end > 0 && rest[end] == b'}';
        Some((
            std::str::from_utf8(&rest[..end]).ok().filter(|_| is_name)?,
            at,
        ))
    })
}

/// The names in `_user_attributes['…']`, and where each stands.
fn user_attributes(text: &[u8]) -> impl Iterator<Item = (&str, usize)> {
    const VARIABLE: &[u8] = b"_user_attributes[";
    memmem::find_iter(text, VARIABLE).filter_map(|at| {
        let rest = &text[at + VARIABLE.len()..];
        let (quote, rest) = rest.split_first()?;
        let quote = Some(*quote).filter(|quote| matches!(quote, b'\'' | b'"'))?;
        let name = &rest[..memchr::memchr(quote, rest)?];
        Some((std::str::from_utf8(name).ok()?, at))
    })
}

/// Where `-- if prod --` or `-- if dev --` stands, with any blanks.
fn conditional_comment(text: &[u8]) -> Option<usize> {
    memmem::find_iter(text, b"--").find(|at| {
        let words = text[at + 2..].trim_ascii_start().strip_prefix(b"if");
        let words = words.filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace));
        let words = words.map(<[u8]>::trim_ascii_start).unwrap_or_default();
        let after = words.strip_prefix(b"prod").or(words.strip_prefix(b"dev"));
        after.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"--"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expect: &[&str]) {
        let path = RelPath::new(b"x.lkml").expect("a plain path");
        let evidence = of_lookml(&path, source.as_bytes());
        let found: Vec<_> = evidence
            .iter()
            .map(|(means, spots, places)| format!("{means:?} line {} x{places}", spots[0].line))
            .collect();
        assert_eq!(found, expect, "{source}");
    }

    #[test]
    fn means() {
        check(
            "connection: \"@{C}\"",
            &["ConnectionConstant(\"C\") line 1 x1"],
        );
        check("connection: \"c\" # @{C}", &[]);
        check(
            "view: v {\n  sql_table_name: @{P}.@{S}.t ;; }\nview: w { sql_table_name: @{S}.u ;; }",
            &[
                "TableConstant(\"P\") line 2 x1",
                "TableConstant(\"S\") line 2 x2",
            ],
        );
        check(
            "view: v { derived_table: { sql: select * from\n {{ _user_attributes['db'] }}.t ;; } }",
            &["UserAttribute(\"db\") line 2 x1"],
        );
        check(
            "view: v { sql_table_name: {{ _user_attributes[\"db\"] }}.{{ _user_attributes[x] }} ;; }",
            &["UserAttribute(\"db\") line 1 x1"],
        );
        check(
            "view: v { sql_table_name:\n  -- if prod -- a.t\n  --if  dev-- b.t\n ;; }",
            &["ProdAndDev line 2 x1"],
        );
        for text in [
            "view: v { dimension: d { sql: {{ _user_attributes['db'] }} ;; html: @{h} ;; } }",
            "view: v { sql_table_name: a -- if production -- ;; }",
            "view: v { sql_table_name: a.@{b c} ;; sql_table_name: @{ ;; }",
        ] {
            check(text, &[]);
        }
    }
}
