//! Nodes of the YAML-like syntax: what each mapping, list and value is in today's words.

use storyline_text::Span;
use storyline_yaml::{Document as Yaml, Kind, Node, Style};

use super::tokens::trimmed;
use super::{Adapter, moved};
use crate::SyntaxErrorKind;
use crate::grammar;
use crate::tree::{Heading, Key, NodeKind, TokenKind};

/// Parameters that name what an item of the root is; any other item is a parameter of the file.
const ROOTS: [&str; 8] = [
    "view",
    "explore",
    "base_view",
    "dashboard",
    "map_layer",
    "named_value_format",
    "datagroup",
    "access_grant",
];

/// The same for items of `fields:` and `joins:`, where the first parameter does it if none of these
/// is there.
const FIELDS: [&str; 6] = [
    "dimension",
    "dimension_group",
    "measure",
    "filter",
    "parameter",
    "join",
];

/// What only holds other parameters and has no counterpart in today's syntax.
const WRAPPERS: [&[u8]; 3] = [b"fields", b"joins", b"sets"];

/// Lists whose items today's syntax writes one by one: what each of them is called.
const PLURALS: [(&str, &str); 2] = [("links", "link"), ("actions", "action")];

/// What is left to do. Those that are to be done first stand last.
enum Step<'y> {
    /// An item of the root (or not), or of what is transparent.
    Item(Node<'y>, bool),
    /// An item of `links:`, say.
    Block(Node<'y>, &'static str),
    Element(Node<'y>),
    Entry(Node<'y>, Node<'y>),
    /// The entry that names the block it is in.
    Name(Node<'y>, Node<'y>),
    /// An entry of `sets:`.
    Set(Node<'y>, Node<'y>),
    /// The end of a node, and of its bracket if it has one.
    Close(usize, Option<u32>),
}

/// One pass over a piece of the source that starts at `base`.
struct Walk<'a, 's, 'y> {
    adapter: &'a mut Adapter<'s>,
    source: &'y [u8],
    base: u32,
    steps: Vec<Step<'y>>,
}

impl Adapter<'_> {
    pub(super) fn nodes<'y>(&mut self, yaml: &'y Yaml<'y>, base: u32) {
        let mut walk = Walk {
            adapter: self,
            source: yaml.source(),
            base,
            steps: Vec::new(),
        };
        for root in yaml.roots() {
            match root.kind() {
                Kind::Sequence => walk.then(root.children().map(|item| Step::Item(item, true))),
                _ => walk.then([Step::Item(root, true)]),
            }
            while let Some(step) = walk.steps.pop() {
                walk.step(step);
            }
        }
    }

    /// The first token that starts at `offset` or behind it. Offsets only grow.
    fn token_at(&mut self, offset: u32) -> u32 {
        let starts = &self.document.starts[self.cursor..];
        self.cursor += starts.iter().take_while(|start| **start < offset).count();
        self.cursor as u32
    }
}

impl<'y> Walk<'_, '_, 'y> {
    /// Puts steps in front of what is left.
    fn then(&mut self, steps: impl IntoIterator<Item = Step<'y>>) {
        let before = self.steps.len();
        self.steps.extend(steps);
        self.steps[before..].reverse();
    }

    fn step(&mut self, step: Step<'y>) {
        match step {
            Step::Item(item, is_root) => self.item(item, is_root),
            Step::Block(item, name) => match item.kind() {
                Kind::Mapping => self.block(item, Key::Implied(name)),
                _ => self.element(item),
            },
            Step::Element(item) => self.element(item),
            Step::Entry(key, value) => self.entry(key, value),
            Step::Name(key, name) if name.span().is_empty() => self.end_after_colon(key.span().end),
            Step::Name(_, name) => self.end_at(self.end_of(name)),
            Step::Set(name, value) => self.set(name, value),
            Step::Close(node, bracket) => {
                if let Some(end) = bracket {
                    self.end_at(end);
                }
                // A list of nothing but dashes.
                let first = self.adapter.document.nodes[node].first;
                self.adapter.content_end = self.adapter.content_end.max(first + 1);
                self.adapter.close(node, self.adapter.content_end);
            }
        }
    }

    fn open(&mut self, kind: NodeKind, at: Span, heading: Heading) -> usize {
        let first = self.adapter.token_at(at.start + self.base);
        self.adapter.open(kind, first, heading)
    }

    /// What ends before byte `end` of the piece belongs to the nodes that are open.
    fn end_at(&mut self, end: u32) {
        let token = self.adapter.token_at(end + self.base) as usize;
        let kinds = &self.adapter.document.kinds[..token];
        let trivia = kinds.iter().rev().take_while(|kind| kind.is_trivia());
        let token = (token - trivia.count()) as u32;
        self.adapter.content_end = self.adapter.content_end.max(token);
    }

    /// The colon behind what ends at byte `end` belongs to it as well.
    fn end_after_colon(&mut self, end: u32) {
        self.end_at(end);
        let kinds = &self.adapter.document.kinds;
        let token = self.adapter.content_end as usize;
        let trivia = kinds[token..].iter().take_while(|kind| kind.is_trivia());
        let token = token + trivia.count();
        if kinds.get(token) == Some(&TokenKind::Colon) {
            self.adapter.content_end = token as u32 + 1;
        }
    }

    fn item(&mut self, item: Node<'y>, is_root: bool) {
        if item.kind() != Kind::Mapping {
            return self.element(item);
        }
        let name = match is_root {
            true => named(item, &ROOTS),
            false => named(item, &FIELDS).or_else(|| {
                let first = item.entries().next();
                first.filter(|(key, name)| is_text(*key) && is_text(*name))
            }),
        };
        let Some((key, name)) = name else {
            return self.then(item.entries().map(|(key, value)| Step::Entry(key, value)));
        };
        let heading = Heading {
            key: self.key(key),
            value: self.text(name),
        };
        let node = self.open(NodeKind::Block, item.span(), heading);
        let steps = item
            .entries()
            .map(|(other, value)| match other.span() == key.span() {
                true => Step::Name(key, name),
                false => Step::Entry(other, value),
            });
        self.then(steps.chain([Step::Close(node, self.bracket_of(item))]));
    }

    /// A mapping without a name.
    fn block(&mut self, mapping: Node<'y>, key: Key) {
        let node = self.open(
            NodeKind::Block,
            mapping.span(),
            Heading { key, value: None },
        );
        self.entries_of(mapping, node);
    }

    fn entries_of(&mut self, mapping: Node<'y>, node: usize) {
        let entries = mapping
            .entries()
            .map(|(key, value)| Step::Entry(key, value));
        self.then(entries.chain([Step::Close(node, self.bracket_of(mapping))]));
    }

    fn elements_of(&mut self, list: Node<'y>, node: usize) {
        let elements = list.children().map(Step::Element);
        self.then(elements.chain([Step::Close(node, self.bracket_of(list))]));
    }

    fn element(&mut self, item: Node<'y>) {
        if item.span().is_empty() {
            return;
        }
        match item.kind() {
            Kind::Sequence => {
                let node = self.open(NodeKind::List, item.span(), Heading::default());
                self.elements_of(item, node);
            }
            // `[a: x]`: a pair without braces.
            Kind::Mapping if self.is_in_brackets(item) && self.bracket_of(item).is_none() => {
                self.then(item.entries().map(|(key, value)| Step::Entry(key, value)));
            }
            Kind::Mapping => self.block(item, Key::None),
            Kind::Scalar(_) | Kind::Alias => {
                let heading = Heading {
                    key: Key::None,
                    value: self.text(item),
                };
                let node = self.open(NodeKind::Element, item.span(), heading);
                self.end_at(self.end_of(item));
                self.adapter.close(node, self.adapter.content_end);
            }
        }
    }

    fn entry(&mut self, key: Node<'y>, value: Node<'y>) {
        if !is_text(key) {
            return self.unreadable(key, value);
        }
        let text = key.span().slice(self.source);
        let heading = Heading {
            key: self.key(key),
            value: None,
        };
        match value.kind() {
            // Nothing in what is transparent.
            Kind::Scalar(_) if value.span().is_empty() && WRAPPERS.contains(&text) => {
                self.end_after_colon(key.span().end);
            }
            Kind::Scalar(_) | Kind::Alias => self.pair(key, value, heading),
            Kind::Mapping if is_liquid(value) => self.pair(key, value, heading),
            Kind::Mapping if text == b"sets" => {
                self.end_after_colon(key.span().end);
                self.then(value.entries().map(|(name, set)| Step::Set(name, set)));
            }
            Kind::Mapping => {
                let kind = match text == b"filters" {
                    true => NodeKind::List,
                    false => NodeKind::Block,
                };
                let node = self.open(kind, key.span(), heading);
                self.end_after_colon(key.span().end);
                self.entries_of(value, node);
            }
            Kind::Sequence => self.list(key, value, heading),
        }
    }

    fn list(&mut self, key: Node<'y>, list: Node<'y>, heading: Heading) {
        let text = key.span().slice(self.source);
        let holds_mappings = list.children().any(|item| item.kind() == Kind::Mapping);
        let singular = PLURALS.iter().find(|(plural, _)| plural.as_bytes() == text);
        match singular {
            // `fields: [a, b]` of an explore.
            _ if !holds_mappings => {}
            Some((_, singular)) => {
                self.end_after_colon(key.span().end);
                return self.then(list.children().map(|item| Step::Block(item, singular)));
            }
            None if WRAPPERS.contains(&text) => {
                self.end_after_colon(key.span().end);
                return self.then(list.children().map(|item| Step::Item(item, false)));
            }
            None => {}
        }
        let node = self.open(NodeKind::List, key.span(), heading);
        self.end_after_colon(key.span().end);
        self.elements_of(list, node);
    }

    /// `detail: [a, b]` below `sets:`, which today is `set: detail { fields: [a, b] }`.
    fn set(&mut self, name: Node<'y>, fields: Node<'y>) {
        if fields.kind() != Kind::Sequence || !is_text(name) {
            return self.entry(name, fields);
        }
        let heading = Heading {
            key: Key::Implied("set"),
            value: self.text(name),
        };
        let set = self.open(NodeKind::Block, name.span(), heading);
        self.end_after_colon(name.span().end);
        let heading = Heading {
            key: Key::Implied("fields"),
            value: None,
        };
        let list = self.open(NodeKind::List, fields.span(), heading);
        self.steps.push(Step::Close(set, None));
        self.elements_of(fields, list);
    }

    fn pair(&mut self, key: Node<'y>, value: Node<'y>, heading: Heading) {
        let text = self.text(value);
        let takes_raw = grammar::takes_raw(key.span().slice(self.source));
        let kind = match text {
            Some((span, _)) if takes_raw || is_liquid(value) || self.is_long(value, span) => {
                NodeKind::Raw
            }
            _ => NodeKind::Pair,
        };
        let heading = Heading {
            value: text,
            ..heading
        };
        let node = self.open(kind, key.span(), heading);
        self.end_after_colon(key.span().end);
        if text.is_some() {
            let first = self.adapter.token_at(value.span().start + self.base);
            self.end_at(self.end_of(value));
            let kinds = &mut self.adapter.document.kinds;
            if let Some(word @ TokenKind::Word) = kinds.get_mut(first as usize)
                && takes_raw
            {
                *word = TokenKind::Raw;
            }
        }
        self.adapter.close(node, self.adapter.content_end);
        let text = value.span().slice(self.adapter.document.source);
        if takes_raw && value.kind() == Kind::Scalar(Style::Plain) && is_unfinished(text) {
            self.warn_of_comment();
        }
    }

    /// Whether the value is a block of text, or goes on in the next line.
    fn is_long(&self, value: Node<'y>, span: Span) -> bool {
        let text = span.slice(self.adapter.document.source);
        let is_block = matches!(value.kind(), Kind::Scalar(style) if style.is_block());
        is_block || text.iter().any(|b| matches!(b, b'\n' | b'\r'))
    }

    /// `sql: concat(a, ' #')` ends before the `#`, which was meant for the database.
    fn warn_of_comment(&mut self) {
        let document = &self.adapter.document;
        let behind = document.tokens_from(self.adapter.content_end as usize);
        let behind: Vec<_> = behind.take(2).collect();
        let [blanks, comment] = behind[..] else {
            return;
        };
        let blanks = blanks.span.slice(document.source);
        let same_line = !blanks.iter().any(|b| matches!(b, b'\n' | b'\r'));
        if same_line && comment.kind == TokenKind::Comment {
            self.adapter
                .warn(SyntaxErrorKind::CutOff, comment.span, None);
        }
    }

    /// An entry whose key is no text.
    fn unreadable(&mut self, key: Node<'y>, value: Node<'y>) {
        let at = match key.span().is_empty() {
            true => value.span(),
            false => key.span(),
        };
        let span = moved(at, self.base);
        self.adapter.error(SyntaxErrorKind::Unexpected, span);
        if !at.is_empty() {
            let node = self.open(NodeKind::Error, at, Heading::default());
            self.end_at(at.end.max(value.span().end));
            self.adapter.close(node, self.adapter.content_end);
        }
    }

    fn key(&self, key: Node<'y>) -> Key {
        self.text(key)
            .map_or(Key::None, |(span, _)| Key::Written(span))
    }

    /// Where the text of a node is, and whether it has quotes; `None` where nothing stands.
    fn text(&self, node: Node<'y>) -> Option<(Span, bool)> {
        if node.span().is_empty() {
            return None;
        }
        Some(match node.kind() {
            Kind::Scalar(style @ (Style::Literal | Style::Folded)) => {
                (trimmed(node, style, self.base), false)
            }
            Kind::Scalar(Style::Single | Style::Double) => {
                let content = node.scalar().map_or(node.span(), |scalar| scalar.content());
                (moved(content, self.base), true)
            }
            _ => (moved(node.span(), self.base), false),
        })
    }

    /// The end of a value, without the empty lines below a block of text.
    fn end_of(&self, value: Node<'y>) -> u32 {
        match value.kind() {
            // Behind the header at least.
            Kind::Scalar(style) => trimmed(value, style, 0).end.max(value.span().start + 1),
            _ => value.span().end,
        }
    }

    /// Where the bracket of a list or mapping ends that has one.
    fn bracket_of(&self, node: Node<'y>) -> Option<u32> {
        let first = node.span().slice(self.source).first();
        matches!(first, Some(b'[' | b'{')).then_some(node.span().end)
    }

    fn is_in_brackets(&self, item: Node<'y>) -> bool {
        item.parent()
            .is_some_and(|list| self.bracket_of(list).is_some())
    }
}

/// The first entry that one of `keys` has.
fn named<'y>(item: Node<'y>, keys: &[&str]) -> Option<(Node<'y>, Node<'y>)> {
    let is_key = |key: Node<'y>| {
        let text = key.scalar().filter(|_| is_text(key));
        text.is_some_and(|text| keys.contains(&&*text.value()))
    };
    let mut entries = item.entries();
    entries.find(|(key, name)| is_key(*key) && matches!(name.kind(), Kind::Scalar(_)))
}

/// Whether a value or key is a text, and there.
fn is_text(node: Node<'_>) -> bool {
    matches!(node.kind(), Kind::Scalar(_) | Kind::Alias) && !node.span().is_empty()
}

/// `{{ value }}` without quotes is a mapping for YAML, and was meant for a text.
fn is_liquid(value: Node<'_>) -> bool {
    let mut children = value.children();
    let first = children.next().filter(|_| value.kind() == Kind::Mapping);
    first.is_some_and(|key| {
        key.kind() == Kind::Mapping && key.span().start == value.span().start + 1
    })
}

/// Whether a text leaves a quote or a bracket open, so that it was not meant to end there.
fn is_unfinished(text: &[u8]) -> bool {
    let count = |byte: u8| memchr::memchr_iter(byte, text).count();
    let quotes = [b'\'', b'"', b'`']
        .into_iter()
        .any(|quote| count(quote) % 2 == 1);
    let brackets = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
    quotes
        || brackets
            .into_iter()
            .any(|(open, close)| count(open) > count(close))
}
