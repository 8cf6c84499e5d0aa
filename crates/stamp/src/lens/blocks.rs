//! Values that span lines: SQL, HTML, block scalars, long strings. What stands in them means something only
//! as a whole.

use storyline_dbt::Projects;
use storyline_text::{RelPath, Span};

use crate::candidate::FileType;

/// The values of the file at `path` that span lines, in order; `None` when it cannot be read, or is in
/// no language that is known.
pub fn blocks(path: &RelPath, bytes: &[u8]) -> Option<Vec<Span>> {
    let name = path.file_name();
    let is_yaml = name.ends_with(b".yml") || name.ends_with(b".yaml");
    match FileType::of(path, &Projects::default()) {
        FileType::Dashboard => yaml(bytes),
        file_type if file_type.is_lookml() => match storyline_lookml::is_legacy(bytes) {
            true => yaml(bytes),
            false => lookml(bytes),
        },
        _ if is_yaml => yaml(bytes),
        _ => None,
    }
}

fn lookml(bytes: &[u8]) -> Option<Vec<Span>> {
    let document = storyline_lookml::parse(bytes);
    if !document.errors().is_empty() {
        return None;
    }
    let values = document
        .nodes()
        .filter_map(|node| node.value().or(node.name()));
    Some(long(values.map(|value| value.span()), bytes))
}

fn yaml(bytes: &[u8]) -> Option<Vec<Span>> {
    let document = storyline_yaml::read(bytes);
    let is_sound = document.errors().is_empty() && document.duplicate_keys().next().is_none();
    is_sound.then(|| long(document.scalars().map(|scalar| scalar.span()), bytes))
}

fn long(spans: impl Iterator<Item = Span>, bytes: &[u8]) -> Vec<Span> {
    let spans_lines = |span: &Span| span.slice(bytes).contains(&b'\n');
    let mut spans: Vec<_> = spans.filter(spans_lines).collect();
    spans.sort();
    spans
}
