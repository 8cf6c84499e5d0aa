//! The YAML-like LookML of 2013 to 2016, as the same tree that today's syntax gives.
//!
//! `crates/yaml` reads the file; here its scalars become tokens (`tokens`) and its mappings become
//! blocks (`nodes`). What a parameter means decides what it is called: `- dimension: id` below `fields:`
//! is the same `dimension[id]` as in today's syntax, so nobody above needs to know which of the two a
//! file is in.
//!
//! Where the file as a whole is no YAML, each of its items is read by itself, so that a mistake in
//! one view does not hide the others.

mod nodes;
mod tokens;

use storyline_text::Span;
use storyline_yaml::{Document as Yaml, ReadError};

use crate::parser::MAX_ERRORS;
use crate::tree::{Document, Heading, NodeKind, RawNode, TokenKind};
use crate::{SyntaxError, SyntaxErrorKind};

/// Whether a file is in the YAML-like syntax: it starts with `- ` or `---`, which nothing of today's
/// does. Blank lines and comments may stand above.
pub fn is_legacy(source: &[u8]) -> bool {
    let mut rest = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    loop {
        rest = rest.trim_ascii_start();
        if rest.first() != Some(&b'#') {
            break;
        }
        rest = &rest[memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())..];
    }
    let marker = rest.strip_prefix(b"---").or(rest.strip_prefix(b"-"));
    marker.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
}

/// The same tree for a file that `crates/yaml` has read. Never fails: look at [`Document::errors`].
pub fn from_yaml<'s>(yaml: &Yaml<'s>) -> Document<'s> {
    let mut adapter = Adapter::new(yaml.source());
    match fatal(yaml) {
        None => adapter.add(yaml, 0),
        Some(ReadError::TooLarge(_)) => adapter.give_up(yaml, 0),
        Some(_) => adapter.add_by_item(),
    }
    adapter.finish()
}

pub(crate) fn parse(source: &[u8]) -> Document<'_> {
    from_yaml(&storyline_yaml::read(source))
}

/// The error that left a file without nodes.
fn fatal<'y>(yaml: &'y Yaml<'_>) -> Option<&'y ReadError> {
    let mut errors = yaml.errors().iter();
    errors.find(|error| !matches!(error, ReadError::UnknownAnchor(_)))
}

/// A document in the making.
struct Adapter<'s> {
    document: Document<'s>,
    /// Up to here the source has tokens.
    at: usize,
    /// A token that is not before the next one to be looked up.
    cursor: usize,
    /// The token after the last one that belongs to some node.
    content_end: u32,
}

impl<'s> Adapter<'s> {
    fn new(source: &'s [u8]) -> Self {
        let mut document = Document::new(source);
        document.headings.push(Heading::default());
        Self {
            document,
            at: 0,
            cursor: 0,
            content_end: 0,
        }
    }

    /// Adds what was read from the source from byte `base` on.
    fn add(&mut self, yaml: &Yaml<'_>, base: u32) {
        self.tokens(yaml, base);
        self.nodes(yaml, base);
        self.warn_of_repeats(yaml, base);
        // An alias may have its anchor in an item that could not be read.
        if yaml.source().len() == self.document.source.len() {
            yaml.errors()
                .iter()
                .for_each(|error| self.yaml_error(error, base));
        }
    }

    /// Each item of the root by itself.
    fn add_by_item(&mut self) {
        let source = self.document.source;
        for piece in items(source) {
            let yaml = storyline_yaml::read(&source[piece.range()]);
            match fatal(&yaml) {
                None => self.add(&yaml, piece.start),
                Some(_) => self.give_up(&yaml, piece.start),
            }
        }
    }

    /// A piece that cannot be read, from byte `base` on.
    fn give_up(&mut self, yaml: &Yaml<'_>, base: u32) {
        let first = self.document.kinds.len() as u32;
        self.lines(base as usize + yaml.source().len());
        let kinds = &self.document.kinds[first as usize..];
        let content = |kind: &TokenKind| !kind.is_trivia();
        let from = kinds.iter().position(content);
        let to = kinds.iter().rposition(content);
        if let (Some(from), Some(to)) = (from, to) {
            let node = self.open(NodeKind::Error, first + from as u32, Heading::default());
            self.content_end = first + to as u32 + 1;
            self.close(node, self.content_end);
        }
        yaml.errors()
            .iter()
            .for_each(|error| self.yaml_error(error, base));
    }

    fn finish(mut self) -> Document<'s> {
        self.close(0, self.document.kinds.len() as u32);
        let errors = &mut self.document.errors;
        errors.sort_by_key(|error| (error.kind == SyntaxErrorKind::TooMany, error.span));
        self.document.warnings.sort_by_key(|warning| warning.span);
        self.document
    }

    fn open(&mut self, kind: NodeKind, first: u32, heading: Heading) -> usize {
        let node = self.document.nodes.len();
        self.document.nodes.push(RawNode {
            kind,
            first,
            last: first,
            next: 0,
        });
        self.document.headings.push(heading);
        node
    }

    fn close(&mut self, node: usize, last: u32) {
        let next = self.document.nodes.len() as u32;
        let node = &mut self.document.nodes[node];
        node.last = last;
        node.next = next;
    }

    fn error(&mut self, kind: SyntaxErrorKind, span: Span) {
        let errors = &mut self.document.errors;
        let kind = match errors.len() {
            count if count < MAX_ERRORS => kind,
            MAX_ERRORS => SyntaxErrorKind::TooMany,
            _ => return,
        };
        errors.push(SyntaxError {
            kind,
            span,
            related: None,
        });
    }

    fn yaml_error(&mut self, error: &ReadError, base: u32) {
        let mut error = error.clone();
        if let ReadError::TooDeep(at)
        | ReadError::UnknownAnchor(at)
        | ReadError::Syntax { at, .. } = &mut error
        {
            *at = moved(*at, base);
        }
        let span = error.span().unwrap_or_default();
        self.error(SyntaxErrorKind::Yaml(error), span);
    }

    fn warn(&mut self, kind: SyntaxErrorKind, span: Span, related: Option<(Span, &'static str)>) {
        let warnings = &mut self.document.warnings;
        if warnings.len() < MAX_ERRORS {
            warnings.push(SyntaxError {
                kind,
                span,
                related,
            });
        }
    }

    /// Looker takes the last of several keys in a mapping, as readers of YAML do.
    fn warn_of_repeats(&mut self, yaml: &Yaml<'_>, base: u32) {
        let place = |key: &storyline_yaml::Scalar<'_>| {
            let mapping = key.node().parent().map(storyline_yaml::Node::span);
            (mapping, key.value().into_owned(), key.span())
        };
        let mut keys: Vec<_> = yaml.duplicate_keys().map(|key| place(&key)).collect();
        keys.sort_unstable();
        let same = keys.chunk_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
        for same in same {
            let Some(((.., last), others)) = same.split_last() else {
                continue;
            };
            let related = (moved(*last, base), "this one counts");
            for (.., key) in others {
                self.warn(SyntaxErrorKind::Repeated, moved(*key, base), Some(related));
            }
        }
    }
}

/// A span of a piece of the source that starts at `base`.
fn moved(span: Span, base: u32) -> Span {
    Span::new(span.start + base, span.end + base)
}

/// Cuts a list at the lines that start with `- ` in the column of the first one.
fn items(source: &[u8]) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut indent = None;
    let (mut start, mut at) = (0, 0);
    for line in source.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_start();
        let column = line.len() - text.len();
        let is_item = text.starts_with(b"-") && text.get(1).is_some_and(u8::is_ascii_whitespace);
        if is_item && *indent.get_or_insert(column) == column && at > start {
            pieces.push(Span::at(start..at));
            start = at;
        }
        at += line.len();
    }
    pieces.push(Span::at(start..at));
    pieces
}
