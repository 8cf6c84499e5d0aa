//! Tables that Looker builds in the warehouse and keeps there. Their names are made from their model's
//! among others, so that renaming a model has them built anew.

use memchr::memmem;
use rayon::prelude::*;
use storyline_lookml::{self as lookml, Document, Node, NodeKind};
use storyline_stamp::{Entry, EntryKind, FileSet, ReadError};
use storyline_text::{LineIndex, RelPath, Visible};

/// Parameters that have a derived table kept.
const KEEPING: [&[u8]; 4] = [
    b"datagroup_trigger",
    b"sql_trigger_value",
    b"persist_for",
    b"interval_trigger",
];

/// A derived table that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentTable {
    /// The file that defines it.
    pub file: RelPath,
    /// The line that it begins in, from 1.
    pub line: u32,
    /// What it is, such as `view orders`; bytes that are not to be seen are escaped.
    pub name: String,
}

/// All of them, by file and line.
///
/// # Errors
/// The first file that cannot be read.
pub fn persistent_tables(files: &dyn FileSet) -> Result<Vec<PersistentTable>, ReadError> {
    let is_lookml = |entry: &&Entry| {
        let name = entry.path.file_name();
        entry.kind == EntryKind::File && (name.ends_with(b".lkml") || name.ends_with(b".lookml"))
    };
    let entries = files.entries().par_iter().filter(is_lookml);
    let found: Result<Vec<_>, ReadError> = entries
        .map(|entry| {
            let bytes = files.read(&entry.path)?;
            let words = [&b"derived_table"[..], b"aggregate_table"];
            let mut words = words.into_iter();
            // Most files have none, and looking for words is faster than reading them.
            Ok(
                match words.any(|word| memmem::find(&bytes, word).is_some()) {
                    true => in_file(&entry.path, &lookml::parse(&bytes)),
                    false => Vec::new(),
                },
            )
        })
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

fn in_file(file: &RelPath, document: &Document<'_>) -> Vec<PersistentTable> {
    let lines = LineIndex::new(document.source());
    let mut found = Vec::new();
    let mut add = |node: Node<'_, '_>, name: String| {
        found.push(PersistentTable {
            file: file.clone(),
            line: lines.line(node.span().start),
            name,
        });
    };
    for holder in document.root().children() {
        let name = Visible(holder.name().map_or(b"", |name| name.text()));
        match holder.key() {
            b"view" if blocks(holder, b"derived_table").any(is_kept) => {
                add(holder, format!("view {name}"));
            }
            b"explore" => {
                for table in blocks(holder, b"aggregate_table") {
                    if blocks(table, b"materialization").any(is_kept) {
                        let own = Visible(table.name().map_or(b"", |name| name.text()));
                        add(table, format!("aggregate table {own} of explore {name}"));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn blocks<'d, 's>(node: Node<'d, 's>, key: &'static [u8]) -> impl Iterator<Item = Node<'d, 's>> {
    let children = node.children();
    children.filter(move |child| child.kind() == NodeKind::Block && child.key() == key)
}

fn is_kept(table: Node<'_, '_>) -> bool {
    table.children().any(|child| {
        let is_yes = || child.value().is_some_and(|value| value.text() == b"yes");
        KEEPING.contains(&child.key()) || (child.key() == b"materialized_view" && is_yes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(u32, &str)]) {
        let file = RelPath::new(b"a.view.lkml").expect("a plain path");
        let found = in_file(&file, &lookml::parse(text.as_bytes()));
        let found: Vec<_> = found.iter().map(|t| (t.line, t.name.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn what_is_kept() {
        let view = |inside: &str| format!("\nview: a {{\n  derived_table: {{ {inside} }}\n}}\n");
        for inside in [
            "sql: x ;; datagroup_trigger: nightly",
            "sql: x ;; sql_trigger_value: SELECT 1 ;;",
            "sql: x ;; persist_for: \"1 hour\"",
            "explore_source: x {} interval_trigger: \"1 hour\"",
            "sql: x ;; materialized_view: yes",
        ] {
            check(&view(inside), &[(2, "view a")]);
        }
        check(&view("sql: x ;;"), &[]);
        check(&view("sql: x ;; materialized_view: no"), &[]);
        check(&view("sql: persist_for: 1 ;;"), &[]);
        check("view: a { persist_for: \"1 hour\" }", &[]);
        check(
            "view: +a { derived_table: { persist_for: \"1 hour\" } }",
            &[(1, "view +a")],
        );
    }

    #[test]
    fn aggregate_tables() {
        let table = |inside: &str| {
            format!("explore: e {{\n  aggregate_table: t {{ query: {{}} {inside} }}\n}}\n")
        };
        check(
            &table("materialization: { datagroup_trigger: nightly }"),
            &[(2, "aggregate table t of explore e")],
        );
        check(&table(""), &[]);
        check(&table("materialization: {}"), &[]);
        check(
            "view: \u{1b} { derived_table: { persist_for: \"1\"",
            &[(1, "view \\u{1b}")],
        );
    }
}
