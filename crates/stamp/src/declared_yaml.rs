//! Declared sites in YAML.

use std::collections::BTreeMap;

use storyline_text::{Diagnostic, Label, RelPath, Span};
use storyline_yaml::{Document, Kind, Node, Pattern, Progress};

use crate::candidate::Shape;
use crate::declared::Found;
use crate::refusal;

/// Adds the scalars that `pattern` means. What comes from an anchor has to be named at that anchor.
pub(crate) fn find(
    path: &RelPath,
    document: &Document<'_>,
    pattern: &Pattern,
    out: &mut Vec<Found>,
    errors: &mut Vec<Diagnostic>,
) {
    let first = out.len();
    let here = document.find(pattern).filter(|scalar| !scalar.is_alias());
    out.extend(
        here.filter(|scalar| !scalar.is_missing())
            .map(|scalar| Found {
                span: scalar.content(),
                name: scalar.value().into_owned(),
                shape: Shape::Yaml,
            }),
    );
    out.retain(|found| !found.name.is_empty());
    if document.aliases().next().is_none() {
        return;
    }
    let elsewhere = behind_aliases(document, pattern);
    let named = |at: &Span| out[first..].iter().any(|found| at.contains(found.span));
    for (value, alias) in elsewhere.into_iter().filter(|(value, _)| !named(value)) {
        let label = Label::at(path, alias, "this takes it from there");
        errors.push(refusal::behind_alias(
            Label::at(path, value, "it stands here"),
            label,
        ));
    }
}

/// The scalars that `pattern` leads to through aliases and merges, each with the first of those on
/// the way.
fn behind_aliases(document: &Document<'_>, pattern: &Pattern) -> BTreeMap<Span, Span> {
    let mut found = BTreeMap::new();
    // Progress adds up, so each place is looked at again only for what is new: aliases may lead to
    // one place in more ways than can be counted.
    let mut seen: BTreeMap<(Span, bool), Progress> = BTreeMap::new();
    let roots = document
        .roots()
        .zip(0..)
        .map(|(root, number)| (root, pattern.start(number), None));
    let mut open: Vec<(Node<'_>, Progress, Option<Span>)> = roots.collect();
    while let Some((node, at, alias)) = open.pop() {
        if let Some(target) = node.target() {
            open.push((target, at, alias.or(Some(node.span()))));
            continue;
        }
        let known = seen.entry((node.span(), alias.is_some())).or_default();
        let new = at.without(*known);
        *known = known.or(at);
        if new.is_lost() {
            continue;
        }
        match node.kind() {
            Kind::Mapping => {
                for (key, value) in node.entries() {
                    let name = key.scalar().map(|key| key.value());
                    match name.as_deref() {
                        Some("<<") => open.extend(merged(value).map(|m| (m, new, alias))),
                        Some(name) => open.push((value, pattern.at_key(new, name), alias)),
                        None => {}
                    }
                }
            }
            Kind::Sequence => {
                let items = node.children().zip(0..);
                open.extend(items.map(|(item, i)| (item, pattern.at_item(new, i), alias)));
            }
            Kind::Scalar(_) if pattern.is_whole(new) => {
                found.extend(alias.map(|alias| (node.span(), alias)));
            }
            Kind::Scalar(_) | Kind::Alias => {}
        }
    }
    found
}

/// The mappings that the value of `<<` merges.
fn merged(value: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let several = value.kind() == Kind::Sequence;
    let one = (!several).then_some(value);
    let items = value.children().filter(move |_| several);
    one.into_iter().chain(items)
}
