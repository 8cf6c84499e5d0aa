//! Objects of dbt's SQL: models, snapshots, tests that are files, macros.

use std::borrow::Cow;

use memchr::memmem;
use storyline_text::{RelPath, Span};

use super::kind::ObjectKind;
use super::tree::{Blanks, Role, Tree};

/// The objects of a file below dbt's folders, and of one that calls dbt elsewhere.
pub(crate) fn tree<'s>(path: &RelPath, bytes: &'s [u8]) -> Option<Tree<'s>> {
    let is_python = path.file_name().ends_with(b".py");
    let folders: Vec<_> = path.parent().split(|b| *b == b'/').collect();
    let folder = folders.iter().rev().find_map(|folder| match *folder {
        b"models" => Some(ObjectKind::DbtModel),
        b"tests" => Some(ObjectKind::DataTest),
        b"analyses" | b"analysis" => Some(ObjectKind::DbtItem),
        b"macros" | b"snapshots" => Some(ObjectKind::File),
        _ => None,
    });
    if is_python {
        let is_model = folder == Some(ObjectKind::DbtModel);
        return is_model.then(|| whole(path, bytes, ObjectKind::DbtModel, Blanks::Count));
    }
    let blocks = blocks(bytes);
    if !blocks.is_empty() {
        return Some(of_blocks(path, bytes, &blocks));
    }
    let calls = [&b"ref("[..], b"source(", b"config("];
    let calls = calls.iter().any(|call| memmem::find(bytes, call).is_some());
    let guess = (calls && memmem::find(bytes, b"{{").is_some()).then_some(ObjectKind::DbtModel);
    let kind = folder.filter(|kind| *kind != ObjectKind::File).or(guess)?;
    Some(whole(path, bytes, kind, Blanks::AtEnds))
}

/// A file that is one object.
fn whole<'s>(path: &RelPath, bytes: &'s [u8], kind: ObjectKind, blanks: Blanks) -> Tree<'s> {
    let name = path.file_name();
    let stem = name.iter().rposition(|b| *b == b'.').unwrap_or(name.len());
    let mut tree = Tree::new(Cow::Borrowed(bytes), kind, &name[..stem]);
    let is_python = blanks == Blanks::Count;
    let head = if is_python { 0 } else { config(bytes) };
    let parts: [(&[u8], _); 2] = match is_python {
        true => [(b"config", 0..0), (b"code", 0..bytes.len())],
        false => [(b"config", 0..head), (b"sql", head..bytes.len())],
    };
    for (key, range) in parts {
        let place = trimmed(bytes, Span::at(range));
        if !place.is_empty() {
            let key = tree.kept(key);
            let places = [key, Span::default(), place, place];
            tree.leaf(places, place.slice(bytes), blanks);
        }
    }
    tree.finish()
}

/// Where `{{ config(…) }}` ends that a file begins with; 0 without one.
fn config(bytes: &[u8]) -> usize {
    let inside = bytes.trim_ascii_start().strip_prefix(b"{{");
    let inside = inside.map(|inside| {
        inside
            .strip_prefix(b"-")
            .unwrap_or(inside)
            .trim_ascii_start()
    });
    if !inside.is_some_and(|inside| inside.starts_with(b"config")) {
        return 0;
    }
    let is_end = |at: &usize| {
        let before = bytes[..*at].trim_ascii_end();
        let before = before.strip_suffix(b"-").unwrap_or(before).trim_ascii_end();
        before.ends_with(b")")
    };
    let mut ends = memmem::find_iter(bytes, b"}}");
    ends.find(is_end).map_or(0, |at| at + 2)
}

/// `{% macro name(…) %} … {% endmacro %}`
struct Block {
    kind: ObjectKind,
    name: Span,
    span: Span,
    /// What stands between its two tags, and what behind its name in the first.
    body: Span,
    arguments: Span,
}

fn of_blocks<'s>(path: &RelPath, bytes: &'s [u8], blocks: &[Block]) -> Tree<'s> {
    let mut tree = Tree::new(Cow::Borrowed(bytes), ObjectKind::File, path.as_bytes());
    let (arguments, sql, text) = (
        tree.kept(b"arguments"),
        tree.kept(b"sql"),
        tree.kept(b"text"),
    );
    let mut at = 0;
    let end = Span::at(bytes.len()..bytes.len());
    let ends = blocks.iter().map(|block| (block.span, Some(block)));
    for (span, block) in ends.chain([(end, None)]) {
        let between = trimmed(bytes, Span::new(at, span.start));
        if !between.is_empty() {
            let places = [text, Span::default(), between, between];
            tree.leaf(places, between.slice(bytes), Blanks::AtEnds);
        }
        at = span.end;
        let Some(block) = block else { continue };
        let index = tree.open(Role::Object(block.kind), Span::default(), block.name, span);
        for (key, place) in [(arguments, block.arguments), (sql, block.body)] {
            let place = trimmed(bytes, place);
            let places = [key, Span::default(), place, place];
            tree.leaf(places, place.slice(bytes), Blanks::AtEnds);
        }
        tree.close(index);
    }
    tree.finish()
}

/// The span without blanks at both of its ends.
fn trimmed(bytes: &[u8], span: Span) -> Span {
    let text = span.slice(bytes);
    let start = span.start + (text.len() - text.trim_ascii_start().len()) as u32;
    Span::new(start, start + text.trim_ascii().len() as u32)
}

/// A tag `{% word … %}`: its bytes, and those inside.
struct Tag {
    span: Span,
    inside: Span,
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Option<(ObjectKind, &[u8], Tag)> = None;
    for tag in tags(bytes) {
        let inside = tag.inside.slice(bytes);
        let word_end = inside
            .iter()
            .position(|b| !b.is_ascii_alphabetic() && *b != b'_');
        let word = &inside[..word_end.unwrap_or(inside.len())];
        match &open {
            None => {
                let kind = match word {
                    b"macro" | b"materialization" => ObjectKind::Macro,
                    b"test" | b"data_test" => ObjectKind::Macro,
                    b"snapshot" => ObjectKind::Snapshot,
                    _ => continue,
                };
                open = Some((kind, word, tag));
            }
            Some((kind, begun, first)) if word.strip_prefix(b"end") == Some(*begun) => {
                let (name, arguments) = heading(bytes, first.inside, begun.len());
                out.push(Block {
                    kind: *kind,
                    name,
                    span: Span::new(first.span.start, tag.span.end),
                    body: Span::new(first.span.end, tag.span.start),
                    arguments,
                });
                open = None;
            }
            Some(_) => {}
        }
    }
    out
}

/// Name and arguments of a tag whose word is so long.
fn heading(bytes: &[u8], inside: Span, word: usize) -> (Span, Span) {
    let rest = trimmed(bytes, Span::new(inside.start + word as u32, inside.end));
    let text = rest.slice(bytes);
    let is_end = |b: &u8| !b.is_ascii_alphanumeric() && *b != b'_';
    let length = text.iter().position(is_end).unwrap_or(text.len()) as u32;
    let name = Span::new(rest.start, rest.start + length);
    (name, Span::new(name.end, rest.end))
}

/// The tags of a template, comments (`{# … #}`) left out.
fn tags(bytes: &[u8]) -> impl Iterator<Item = Tag> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + memchr::memchr(b'{', &bytes[at..])?;
            at = start + 1;
            match bytes.get(at) {
                Some(b'#') => at += memmem::find(&bytes[at..], b"#}")? + 2,
                Some(b'%') => {
                    let end = at + memmem::find(&bytes[at..], b"%}")?;
                    at = end + 2;
                    let inside = Span::at(start + 2..end.max(start + 2));
                    let text = inside.slice(bytes);
                    let dash = u32::from(text.starts_with(b"-"));
                    let inside = trimmed(bytes, Span::new(inside.start + dash, inside.end));
                    return Some(Tag {
                        span: Span::at(start..end + 2),
                        inside,
                    });
                }
                _ => {}
            }
        }
    })
}
