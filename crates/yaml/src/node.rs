//! Views of one node: what it is, where it stands, and how to say where.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter;

use storyline_text::{Span, Visible};

use crate::cook;
use crate::document::{Document, Entry, NONE};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`, line by line.
    Literal,
    /// `>`, lines joined.
    Folded,
}

impl Style {
    /// Whether the content stands on lines of its own, below `|` or `>`.
    pub fn is_block(self) -> bool {
        matches!(self, Style::Literal | Style::Folded)
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Keys and values, in turn.
    Mapping,
    /// Items.
    Sequence,
    /// A single value.
    Scalar(Style),
    /// `*name`: another node's content again.
    Alias,
}

impl Kind {
    pub(crate) fn is_collection(self) -> bool {
        matches!(self, Kind::Mapping | Kind::Sequence)
    }
}

/// A node of a [`Document`].
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(crate) document: &'d Document<'d>,
    pub(crate) id: u32,
}

impl<'d> Node<'d> {
    pub(crate) fn at(self, id: u32) -> Self {
        Self { id, ..self }
    }

    pub(crate) fn entry(self) -> &'d Entry {
        &self.document.arena.nodes[self.id as usize]
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// From its first byte to its last: quotes, brackets and the header of a block scalar
    /// included, tag and anchor not.
    pub fn span(self) -> Span {
        self.entry().span
    }

    /// The scalar here; `None` for mappings, sequences and aliases of those.
    pub fn scalar(self) -> Option<Scalar<'d>> {
        let scalar = match self.kind() {
            Kind::Scalar(_) => true,
            Kind::Alias => matches!(self.target()?.kind(), Kind::Scalar(_)),
            Kind::Mapping | Kind::Sequence => false,
        };
        scalar.then_some(Scalar(self))
    }

    /// For an alias, the node that it stands for; `None` if there is no such anchor.
    pub fn target(self) -> Option<Node<'d>> {
        let known = self.kind() == Kind::Alias && self.entry().link != NONE;
        known.then(|| self.at(self.entry().link))
    }

    /// The mapping or sequence that holds it.
    pub fn parent(self) -> Option<Node<'d>> {
        let parent = self.entry().parent;
        (parent != NONE).then(|| self.at(parent))
    }

    /// Items of a sequence; keys and values of a mapping in turn; nothing for the rest.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        let end = self.document.arena.subtree_end(self.id);
        let below = move |id: &u32| *id < end;
        let first = Some(self.id + 1).filter(below);
        let next = move |id: &u32| Some(self.document.arena.subtree_end(*id)).filter(below);
        iter::successors(first, next).map(move |id| self.at(id))
    }

    /// Keys and values of a mapping; nothing for the rest.
    pub fn entries(self) -> impl Iterator<Item = (Node<'d>, Node<'d>)> {
        let mapping = self.kind() == Kind::Mapping;
        let values = self.children().filter(move |n| mapping && !n.is_key());
        values.map(move |value| (self.at(value.entry().slot), value))
    }

    /// Whether it is the key of a mapping's entry.
    pub fn is_key(self) -> bool {
        self.entry().is_key
    }

    /// The bytes of its tag, `!` included.
    pub fn tag(self) -> Option<Span> {
        self.document.arena.properties(self.id)?.tag
    }

    /// The bytes of its anchor, `&` included.
    pub fn anchor(self) -> Option<Span> {
        self.document.arena.properties(self.id)?.anchor
    }

    /// Where it stands, as a [`crate::Pattern`] that matches it: `[0].elements[3].model`. A file of
    /// several YAML documents has their number, from 0, in front: `$1.name`. A key has the address
    /// of its value. Where a key is itself a mapping, a sequence or an alias, `*` stands for it.
    pub fn address(self) -> String {
        let mut path: Vec<Node<'d>> = iter::successors(Some(self), |n| n.parent()).collect();
        let mut out = String::new();
        if let Some(root) = path.pop()
            && (self.document.len() > 1 || path.is_empty())
        {
            let _ = write!(out, "${}", root.entry().slot);
        }
        for node in path.iter().rev() {
            let slot = node.entry().slot;
            match node.parent().map(Node::kind) {
                Some(Kind::Sequence) => {
                    let _ = write!(out, "[{slot}]");
                }
                _ => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    match node.at(slot).plain_key() {
                        Some(key) => write_key(&mut out, &key),
                        None => out.push('*'),
                    }
                }
            }
        }
        out
    }

    /// The text of a key that can be named: aliases would be followed, collections spelled out.
    pub(crate) fn plain_key(self) -> Option<Cow<'d, str>> {
        matches!(self.kind(), Kind::Scalar(_)).then(|| Scalar(self).value())
    }
}

/// Whether a key can stand in an address without quotes.
pub(crate) fn is_bare(c: char) -> bool {
    !(c.is_whitespace() || Visible::hides(c) || ".[]\"*$\\".contains(c))
}

fn write_key(out: &mut String, key: &str) {
    if !key.is_empty() && key.chars().all(is_bare) {
        out.push_str(key);
        return;
    }
    out.push('"');
    for c in key.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if Visible::hides(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A node that has one value: a scalar, or the alias of one.
#[derive(Clone, Copy)]
pub struct Scalar<'d>(pub(crate) Node<'d>);

impl<'d> Scalar<'d> {
    pub(crate) fn id(&self) -> u32 {
        self.0.id
    }

    /// The same as a node.
    pub fn node(&self) -> Node<'d> {
        self.0
    }

    /// Whether it is the alias of a scalar that stands elsewhere.
    pub fn is_alias(&self) -> bool {
        self.0.kind() == Kind::Alias
    }

    /// Whether it is the key of a mapping's entry.
    pub fn is_key(&self) -> bool {
        self.0.is_key()
    }

    /// Whether nothing stands there, not even quotes: `schema:`.
    pub fn is_missing(&self) -> bool {
        self.span().is_empty()
    }

    /// How it is written; an alias as its name, plainly.
    pub fn style(&self) -> Style {
        match self.0.kind() {
            Kind::Scalar(style) => style,
            _ => Style::Plain,
        }
    }

    /// The bytes with quotes, or with the header of a block scalar; without tag and anchor.
    pub fn span(&self) -> Span {
        self.0.span()
    }

    /// The bytes inside the quotes, or below the header of a block scalar: there with the
    /// indentation of its lines and with the empty lines that follow.
    pub fn content(&self) -> Span {
        content(self.document().source, self.style(), self.span())
    }

    /// The text that it stands for; an alias has the text of its anchor. Bytes that are not UTF-8
    /// show as U+FFFD. Where tabs indent the file they count as the spaces that they were read as.
    pub fn value(&self) -> Cow<'d, str> {
        let node = self.0.target().unwrap_or(self.0);
        let document = self.document();
        if node.entry().is_cooked {
            let cooked = &document.arena.cooked;
            let at = cooked.partition_point(|(id, _)| *id < node.id);
            return Cow::Borrowed(&cooked[at].1);
        }
        let content = Scalar(node).content();
        match document.text.and_then(|text| text.get(content.range())) {
            Some(text) => Cow::Borrowed(text),
            None => String::from_utf8_lossy(content.slice(document.source)),
        }
    }

    /// Where it stands; see [`Node::address`].
    pub fn address(&self) -> String {
        self.0.address()
    }

    /// The document that it stands in.
    pub fn document(&self) -> &'d Document<'d> {
        self.0.document
    }

    /// The bytes of [`Scalar::content`].
    pub(crate) fn raw(&self) -> &'d [u8] {
        self.content().slice(self.document().source)
    }
}

/// The content of a scalar that covers `span`.
pub(crate) fn content(source: &[u8], style: Style, span: Span) -> Span {
    match style {
        Style::Plain => span,
        Style::Single | Style::Double => Span::new(span.start + 1, span.end.saturating_sub(1)),
        Style::Literal | Style::Folded => {
            let header = cook::first_line(span.slice(source)).len();
            Span::new(span.start + header as u32, span.end)
        }
    }
}
