//! `model:` in views and explores, which no model needs: a file belongs to the models that include
//! it. Such an entry names one environment's model in every other, too.

use std::iter::Peekable;
use std::vec;

use storyline_lookml::{Document, Node, NodeKind};
use storyline_text::{Diagnostic, Edit, Label, Patch, RelPath, Span, Visible};

use crate::finding::{Finding, Fix};

/// Adds a finding for each `model:` that stands directly in a view or an explore.
pub(crate) fn check(path: &RelPath, document: &Document<'_>, out: &mut Vec<Finding>) {
    let holders = document
        .root()
        .children()
        .filter(|node| matches!(node.key(), b"view" | b"explore"));
    let entries = holders.flat_map(|holder| {
        let children = holder.children();
        let models =
            children.filter(|node| node.kind() == NodeKind::Pair && node.key() == b"model");
        models.map(move |entry| (holder, entry))
    });
    let entries: Vec<_> = entries.collect();
    let mut fixes = removals(document, entries.iter().map(|(_, entry)| entry.span()));
    for (holder, entry) in entries {
        let fix = fixes.next_if(|edit| edit.span.contains(entry.span()));
        out.push(finding(path, holder, entry, fix));
    }
}

fn finding(
    path: &RelPath,
    holder: Node<'_, '_>,
    entry: Node<'_, '_>,
    fix: Option<Edit>,
) -> Finding {
    let what = Visible(holder.key());
    let article = match holder.key() {
        b"explore" => "an",
        _ => "a",
    };
    let diagnostic = Diagnostic::warning(
        "model-entry",
        format!("`model` is no parameter of {article} {what}"),
    )
    .label(Label::at(path, entry.span(), "needless"))
    .help(format!(
        "remove it: {article} {what} belongs to every model that includes its file"
    ));
    let fix = fix.map(|edit| Fix {
        file: path.clone(),
        edit,
    });
    Finding { diagnostic, fix }
}

/// The edits that take entries out, in order. One that overlaps the edit before is left to the next
/// run, and there are none where the file would be read differently without all these entries.
fn removals(
    document: &Document<'_>,
    entries: impl Iterator<Item = Span>,
) -> Peekable<vec::IntoIter<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    for edit in entries.map(|entry| removal(document.source(), entry)) {
        if edits.last().is_none_or(|e| e.span.end <= edit.span.start) {
            edits.push(edit);
        }
    }
    let (errors, nodes) = (document.errors().len(), document.nodes().len());
    let is_same = edits.is_empty() || {
        let patch = Patch::new(edits.clone()).expect("edits that overlap were left out");
        patch.apply(document.source()).is_ok_and(|rest| {
            let rest = storyline_lookml::parse(&rest);
            rest.errors().len() == errors && rest.nodes().len() + edits.len() == nodes
        })
    };
    if !is_same {
        edits.clear();
    }
    edits.into_iter().peekable()
}

/// Takes a whole entry out: with its line where it stands alone on it, else with the blanks on one
/// side.
fn removal(source: &[u8], entry: Span) -> Edit {
    let (start, end) = (entry.start as usize, entry.end as usize);
    let is_blank = |b: &u8| b.is_ascii_whitespace() && *b != b'\n';
    let before = source[..start].iter().rposition(|b| !is_blank(b));
    let before = before.map_or(0, |at| at + 1);
    let after = source[end..].iter().position(|b| !is_blank(b));
    let after = after.map_or(source.len(), |at| end + at);
    let is_first = before == 0 || source[before - 1] == b'\n';
    let is_last = source.get(after).is_none_or(|b| *b == b'\n');
    let span = match (is_first, is_last) {
        (true, true) => before..source.len().min(after + 1),
        (false, true) => before..end,
        _ => start..after,
    };
    Edit::replace(Span::at(span), "")
}
