//! `model:` in views and explores, which no model needs: a file belongs to the models that include
//! it. Such an entry names one environment's model in every other, too.

use storyline_lookml::{Document, Node, NodeKind};
use storyline_text::{Diagnostic, Edit, Label, RelPath, Span, Visible};

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
    for (holder, entry) in entries {
        out.push(finding(path, document, holder, entry));
    }
}

fn finding(
    path: &RelPath,
    document: &Document<'_>,
    holder: Node<'_, '_>,
    entry: Node<'_, '_>,
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
    let fix = removal(document, entry.span()).map(|edit| Fix {
        file: path.clone(),
        edit,
    });
    Finding { diagnostic, fix }
}

/// Takes a whole entry out: with its line where it stands alone on it, else with the blanks on one
/// side. `None` where the file would be read differently otherwise.
fn removal(document: &Document<'_>, entry: Span) -> Option<Edit> {
    let source = document.source();
    let (start, end) = (entry.start as usize, entry.end as usize);
    let line = memchr::memrchr(b'\n', &source[..start]).map_or(0, |at| at + 1);
    let line_end = memchr::memchr(b'\n', &source[end..]).map_or(source.len(), |at| end + at + 1);
    let blank = |bytes: &[u8]| bytes.iter().all(|b| b.is_ascii_whitespace());
    let before = &source[line..start];
    let after = &source[end..line_end];
    let span = match (blank(before), blank(after)) {
        (true, true) => line..line_end,
        (false, true) => line + before.trim_ascii_end().len()..end,
        _ => start..line_end - after.trim_ascii_start().len(),
    };
    let edit = Edit::replace(Span::at(span.clone()), "");
    let rest = [&source[..span.start], &source[span.end..]].concat();
    let nodes = |document: &Document<'_>| (document.errors().len(), document.nodes().len());
    let (errors, all) = nodes(document);
    (nodes(&storyline_lookml::parse(&rest)) == (errors, all - 1)).then_some(edit)
}
