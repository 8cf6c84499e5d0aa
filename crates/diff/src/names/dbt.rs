//! Names in files of dbt's: what they select from, and what can be selected from.

use storyline_text::RelPath;

use super::NameKind;
use super::facts::{Notes, place};
use super::text::is_name_byte;
use crate::objects::ObjectKind;
use crate::objects::tree::{Node, Role, Tree};

/// The seed that a file is by its place.
pub(super) fn seed(path: &RelPath) -> Option<&[u8]> {
    let mut folders = path.parent().split(|b| *b == b'/');
    let is_seed = folders.any(|folder| matches!(folder, b"seeds" | b"data"));
    let name = path.file_name().strip_suffix(b".csv");
    name.filter(|_| is_seed)
}

/// Notes what a file of dbt's says.
pub(super) fn read(path: &RelPath, tree: &Tree<'_>, notes: &mut Notes) {
    let name = path.file_name();
    let is_yaml = name.ends_with(b".yml") || name.ends_with(b".yaml");
    for (node, index) in tree.nodes.iter().zip(0..) {
        match node.role {
            Role::Object(kind) if is_yaml => described(tree, kind, node, index, notes),
            Role::Object(kind) => written(tree, kind, node, notes),
            Role::Leaf if is_yaml => value(tree, node, notes),
            _ => {}
        }
    }
    if !is_yaml {
        let language = match name.ends_with(b".py") {
            true => Language::Python,
            false => Language::Sql,
        };
        calls(tree.shown(), language, &mut |call, at| call.note(notes, at));
    }
}

/// An object of a file of SQL or Python.
fn written(tree: &Tree<'_>, kind: ObjectKind, node: &Node, notes: &mut Notes) {
    let name = tree.text(node.name);
    let at = place(tree, node.name, node.span);
    match kind {
        ObjectKind::DbtModel | ObjectKind::Snapshot => notes.provide(NameKind::DbtModel, name, at),
        ObjectKind::Macro => notes.provide(NameKind::DbtMacro, name, at),
        _ => {}
    }
}

/// What YAML says of an object: sources are made by it, all else is described.
fn described(tree: &Tree<'_>, kind: ObjectKind, node: &Node, index: u32, notes: &mut Notes) {
    use ObjectKind as K;
    let name = tree.text(node.name);
    let at = place(tree, node.name, node.span);
    let is_key = |child: u32| tree.text(tree.node(child).key) == b"relation";
    match kind {
        K::Snapshot if tree.children(index).any(is_key) => {
            notes.provide(NameKind::DbtModel, name, at);
        }
        K::ModelProperties if is_versioned(tree, index) => {
            // Its files are called otherwise.
            notes.provide(NameKind::DbtModel, name, at);
            for (version, at) in versions(tree, index) {
                notes.provide(NameKind::DbtModel, &of_version(name, version), at);
            }
        }
        K::ModelProperties | K::Seed | K::Snapshot => {
            notes.take(NameKind::DbtModel, name, at, "description");
        }
        K::SourceTable => {
            let source = tree.text(tree.node(node.parent).name);
            let full = [source, b".", name].concat();
            notes.provide(NameKind::DbtSource, &full, at);
        }
        _ => {}
    }
}

fn is_list_of_versions(tree: &Tree<'_>, index: u32) -> bool {
    let node = tree.node(index);
    node.role == Role::List && tree.text(node.key) == b"versions"
}

/// Whether a model is said to have versions.
fn is_versioned(tree: &Tree<'_>, model: u32) -> bool {
    let mut children = tree.children(model);
    children.any(|child| is_list_of_versions(tree, child))
}

/// The versions that a model is said to have, and where each stands.
fn versions<'t>(tree: &'t Tree<'_>, model: u32) -> impl Iterator<Item = (&'t [u8], u32)> {
    let lists = tree.children(model);
    let lists = lists.filter(|child| is_list_of_versions(tree, *child));
    let items = lists.flat_map(|list| tree.children(list));
    let entries = items.flat_map(|item| tree.children(item));
    let entries = entries.map(|entry| tree.node(entry));
    let numbers = entries.filter(|node| tree.text(node.key) == b"v");
    numbers.map(|node| (tree.text(node.value), place(tree, node.value, node.span)))
}

/// A version of a model, as dbt calls it.
fn of_version(model: &[u8], version: &[u8]) -> Vec<u8> {
    [model, b".v", version].concat()
}

/// A value in YAML: `ref('x')` by itself, or Jinja.
fn value(tree: &Tree<'_>, node: &Node, notes: &mut Notes) {
    let text = tree.text(node.value);
    let at = place(tree, node.value, node.span);
    let is_call = [&b"ref("[..], b"source("]
        .iter()
        .any(|call| text.starts_with(call));
    let language = if is_call {
        Language::Jinja
    } else {
        Language::Sql
    };
    calls(text, language, &mut |call, _| call.note(notes, at));
}

/// What a text is, and so where in it calls can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Nothing but calls.
    Jinja,
    /// `{{ … }}` and `{% … %}`
    Sql,
    /// `dbt.ref("x")`
    Python,
}

/// A call that names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call<'t> {
    Ref(&'t [u8]),
    /// A version of a model.
    Version(&'t [u8], &'t [u8]),
    Source(&'t [u8], &'t [u8]),
    Macro(&'t [u8]),
}

impl Call<'_> {
    fn note(self, notes: &mut Notes, at: u32) {
        match self {
            Self::Ref(name) => notes.take(NameKind::DbtModel, name, at, "ref"),
            Self::Version(name, version) => {
                notes.take(NameKind::DbtModel, &of_version(name, version), at, "ref");
            }
            Self::Source(source, table) => {
                let full = [source, b".", table].concat();
                notes.take(NameKind::DbtSource, &full, at, "source");
            }
            Self::Macro(name) => notes.take(NameKind::DbtMacro, name, at, "call"),
        }
    }
}

/// Gives the calls in a text, and the byte where each stands.
fn calls<'t>(text: &'t [u8], language: Language, give: &mut dyn FnMut(Call<'t>, u32)) {
    if language != Language::Sql {
        inside(text, 0, language, give);
        return;
    }
    let mut at = 0;
    while let Some(brace) = memchr::memchr(b'{', &text[at..]) {
        let start = at + brace + 2;
        at += brace + 1;
        match text.get(at) {
            Some(b'#') => {
                let end = memchr::memmem::find(&text[at..], b"#}");
                at = end.map_or(text.len(), |end| at + end + 2);
            }
            Some(b'{' | b'%') => at = inside(text, start, language, give),
            _ => {}
        }
    }
}

/// Gives the calls from `at` on, up to where Jinja ends, which is the answer.
fn inside<'t>(
    text: &'t [u8],
    mut at: usize,
    language: Language,
    give: &mut dyn FnMut(Call<'t>, u32),
) -> usize {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' | b'\'' => at = literal(text, at).map_or(text.len(), |(_, end)| end),
            b'}' | b'%' if language == Language::Sql && text.get(at + 1) == Some(&b'}') => {
                return at + 2;
            }
            b'#' if language == Language::Python => {
                let end = memchr::memchr(b'\n', &text[at..]);
                at = end.map_or(text.len(), |end| at + end);
            }
            byte if is_name_byte(byte) => {
                let length = text[at..].iter().take_while(|b| is_name_byte(**b)).count();
                let (start, end) = (at, at + length);
                at = end;
                let name = &text[start..end];
                let before = &text[..start];
                let is_wanted = match language {
                    Language::Python => {
                        before.ends_with(b"dbt.") && matches!(name, b"ref" | b"source")
                    }
                    _ => !before.ends_with(b"."),
                };
                if is_wanted
                    && text.get(end) == Some(&b'(')
                    && let Some(call) = call(name, text, end + 1)
                {
                    give(call, start as u32);
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// A call of `name` whose arguments begin at `at`.
fn call<'t>(name: &'t [u8], text: &'t [u8], at: usize) -> Option<Call<'t>> {
    let is_ref = match name {
        b"ref" => true,
        b"source" => false,
        _ => return Some(Call::Macro(name)),
    };
    let (first, rest) = argument(text, at)?;
    let second = rest.and_then(|rest| argument(text, rest));
    let version = rest.and_then(|rest| version(text, rest));
    match (is_ref, second) {
        // Of another package there is nothing to know here.
        (true, Some(_)) => None,
        (true, None) => Some(match version {
            Some(version) => Call::Version(first, version),
            None => Call::Ref(first),
        }),
        (false, Some((table, _))) => Some(Call::Source(first, table)),
        (false, None) => None,
    }
}

/// What stands behind `v=` or `version=`: a number or a literal, and the last argument.
fn version(text: &[u8], at: usize) -> Option<&[u8]> {
    let at = after_blanks(text, at);
    let names = [&b"version"[..], b"v"];
    let name = names
        .into_iter()
        .find(|name| text[at..].starts_with(name))?;
    let at = after_blanks(text, at + name.len());
    let at = (text.get(at) == Some(&b'=')).then(|| after_blanks(text, at + 1))?;
    let (version, end) = literal(text, at).or_else(|| {
        let digits = text[at..]
            .iter()
            .take_while(|b| b.is_ascii_digit() || **b == b'.');
        let end = at + digits.count();
        (end > at).then_some((&text[at..end], end))
    })?;
    let is_last = text.get(after_blanks(text, end)) == Some(&b')');
    is_last.then_some(version)
}

/// A literal that is a whole argument, and where the next one begins.
fn argument(text: &[u8], at: usize) -> Option<(&[u8], Option<usize>)> {
    let at = after_blanks(text, at);
    let (inside, end) = literal(text, at)?;
    let end = after_blanks(text, end);
    match text.get(end)? {
        b',' => Some((inside, Some(end + 1))),
        b')' => Some((inside, None)),
        _ => None,
    }
}

fn after_blanks(text: &[u8], at: usize) -> usize {
    let blanks = text[at..].iter().take_while(|b| b.is_ascii_whitespace());
    at + blanks.count()
}

/// What stands in the quotes at `at`, and where they end.
fn literal(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let quote = *text.get(at).filter(|b| matches!(b, b'"' | b'\''))?;
    let start = at + 1;
    let mut end = start;
    loop {
        end += memchr::memchr2(quote, b'\\', &text[end..])?;
        match text[end] {
            b'\\' => end = (end + 2).min(text.len()),
            _ => return Some((&text[start..end], end + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: Language, text: &str, expect: &[&str]) {
        let mut found = Vec::new();
        let show = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        calls(text.as_bytes(), language, &mut |call, _| match call {
            Call::Ref(name) => found.push(format!("ref {}", show(name))),
            Call::Version(name, version) => {
                found.push(format!("ref {} of {}", show(version), show(name)));
            }
            Call::Source(a, b) => found.push(format!("source {}.{}", show(a), show(b))),
            Call::Macro(name) => found.push(format!("macro {}", show(name))),
        });
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn what_sql_calls() {
        let check = |text, expect| check(Language::Sql, text, expect);
        check(
            "select * from {{ ref('a') }} join {{ref( \"b\" )}}",
            &["ref a", "ref b"],
        );
        check(
            "{{ ref('a', v=2) }} {{ ref('p', 'a') }} {{ ref(x) }} {{ ref('a' ~ b) }}",
            &["ref 2 of a"],
        );
        check(
            "{{ ref('a', version = 'x' ) }} {{ ref('p', 'a', v=1) }} {{ ref('a', v=n) }} {{ ref('a', v2) }} {{ ref('a',",
            &["ref x of a", "ref a", "ref a", "ref a"],
        );
        check(
            "{% set s = source('raw', 'orders') %} source('x', 'y')",
            &["source raw.orders"],
        );
        check(
            "{# {{ ref('a') }} #} ref('b') {{ \"ref('c')\" }} {{ x.ref('d') }}",
            &[],
        );
        check(
            "{{ cents(ref('a')) }} {{ utils.star(1) }}",
            &["macro cents", "ref a"],
        );
        check("{{ ref('it", &[]);
        check("{{ ref('a\\", &[]);
        check("{", &[]);
    }

    #[test]
    fn what_python_and_yaml_call() {
        check(
            Language::Python,
            "dbt.ref(\"a\") # dbt.ref(\"b\")\nref(\"c\")",
            &["ref a"],
        );
        check(Language::Jinja, "source('a', 'b')", &["source a.b"]);
    }
}
