//! The document: tokens that cover the source, and an arena of nodes over them.
//!
//! Neither holds a byte of the source. A token is where it starts and what it is; it ends where
//! the next one starts, so there is no byte between two tokens that could get lost. Nodes stand in
//! the order of their first token with the index of the node after their last descendant, so going
//! to the next sibling is one look-up and no links are needed.

use storyline_text::Span;

use crate::SyntaxError;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TokenKind {
    /// Blanks, line ends, byte order mark.
    Whitespace,
    /// `#` to the end of the line.
    Comment,
    /// A key, name or bare value.
    Word,
    /// `"…"`, both quotes included; in the YAML-like syntax `'…'` as well.
    String,
    /// Text of a value that ends in `;;`: from its first byte that is no blank up to the `;;`, so
    /// with the blanks at its end. In the YAML-like syntax SQL, HTML and texts over several lines,
    /// without the blanks at their end.
    Raw,
    /// `;;`
    RawEnd,
    /// `:`, or several in a row.
    Colon,
    /// `,`
    Comma,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// What only the YAML-like syntax has: the `-` of an item, `|` and `>`, `---`, `&anchor`, `!tag`.
    Indicator,
    /// Bytes that fit nowhere, and strings without end; an error tells of them.
    Unknown,
}

impl TokenKind {
    /// Whether it says nothing to Looker.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Whitespace | Self::Comment)
    }
}

/// One token of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is; never empty.
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NodeKind {
    /// The whole file.
    File,
    /// `key: name { … }`; key and name may both be absent in a list.
    Block,
    /// `key: [ … ]`; the key is absent for a list in a list.
    List,
    /// `key: … ;;`, or a long text of the YAML-like syntax.
    Raw,
    /// `key: value`
    Pair,
    /// An element of a list that is no pair.
    Element,
    /// Tokens that could not be understood.
    Error,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RawNode {
    pub(crate) kind: NodeKind,
    /// Tokens `first..last`, without trivia around them.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The node after this one and all its descendants.
    pub(crate) next: u32,
}

/// Key and value of a node of the YAML-like syntax, where tokens do not tell: the parameter that names
/// a block may stand anywhere in it, and `sets:` and `links:` say for many what each of them is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heading {
    pub(crate) key: Key,
    /// Where the text is, without quotes, and whether it has some.
    pub(crate) value: Option<(Span, bool)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Key {
    #[default]
    None,
    Written(Span),
    Implied(&'static str),
}

/// A file that was read. See the crate's head for what it promises.
#[derive(Debug)]
pub struct Document<'s> {
    pub(crate) source: &'s [u8],
    pub(crate) kinds: Vec<TokenKind>,
    pub(crate) starts: Vec<u32>,
    pub(crate) nodes: Vec<RawNode>,
    /// By node, in the YAML-like syntax; empty in today's.
    pub(crate) headings: Vec<Heading>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) warnings: Vec<SyntaxError>,
}

impl<'s> Document<'s> {
    /// A document of no tokens and the root alone.
    pub(crate) fn new(source: &'s [u8]) -> Self {
        let file = RawNode {
            kind: NodeKind::File,
            first: 0,
            last: 0,
            next: 0,
        };
        Self {
            source,
            kinds: Vec::new(),
            starts: Vec::new(),
            nodes: vec![file],
            headings: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The bytes that were read.
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// The source put together again from the tokens.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.source.len());
        for token in self.tokens() {
            out.extend_from_slice(token.span.slice(self.source));
        }
        out
    }

    /// Mistakes, by position; empty for a file that Looker can read.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// What Looker reads, but not as its author meant; by position.
    pub fn warnings(&self) -> &[SyntaxError] {
        &self.warnings
    }

    /// Whether it is in the YAML-like syntax of 2013 to 2016.
    pub fn is_legacy(&self) -> bool {
        !self.headings.is_empty()
    }

    /// All tokens, in order.
    pub fn tokens(&self) -> impl ExactSizeIterator<Item = Token> {
        self.tokens_from(0)
    }

    pub(crate) fn tokens_from(&self, first: usize) -> impl ExactSizeIterator<Item = Token> {
        (first..self.kinds.len()).map(|index| self.token(index))
    }

    /// The whole file as a node.
    pub fn root(&self) -> Node<'_, 's> {
        Node {
            document: self,
            index: 0,
        }
    }

    /// Every node but the root, each before its children.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_, 's>> {
        (1..self.nodes.len()).map(|index| self.node(index))
    }

    /// Bytes of memory that tokens, nodes, errors and warnings take, without the source.
    pub fn memory(&self) -> usize {
        self.kinds.capacity() * size_of::<TokenKind>()
            + self.starts.capacity() * size_of::<u32>()
            + self.nodes.capacity() * size_of::<RawNode>()
            + self.headings.capacity() * size_of::<Heading>()
            + (self.errors.capacity() + self.warnings.capacity()) * size_of::<SyntaxError>()
    }

    fn token(&self, index: usize) -> Token {
        let end = self.starts.get(index + 1).copied();
        let end = end.unwrap_or(Span::at(0..self.source.len()).end);
        Token {
            kind: self.kinds[index],
            span: Span::new(self.starts[index], end),
        }
    }

    fn node(&self, index: usize) -> Node<'_, 's> {
        Node {
            document: self,
            // Fits: nodes are counted in `u32` in the arena itself.
            index: index as u32,
        }
    }
}

/// A node of a document. Two are equal when they are the same node of the same document.
#[derive(Clone, Copy)]
pub struct Node<'d, 's> {
    document: &'d Document<'s>,
    index: u32,
}

impl<'d, 's> Node<'d, 's> {
    fn raw(self) -> RawNode {
        self.document.nodes[self.index as usize]
    }

    fn heading(self) -> Option<Heading> {
        self.document.headings.get(self.index as usize).copied()
    }

    /// What it is.
    pub fn kind(self) -> NodeKind {
        self.raw().kind
    }

    /// Its bytes, without blanks and comments around it. An empty file's root is empty.
    pub fn span(self) -> Span {
        let RawNode { first, last, .. } = self.raw();
        if first == last {
            return Span::default();
        }
        let start = self.document.token(first as usize).span.start;
        let end = self.document.token(last as usize - 1).span.end;
        Span::new(start, end)
    }

    /// Its tokens, those of its children included.
    pub fn tokens(self) -> impl Iterator<Item = Token> + 'd {
        let RawNode { first, last, .. } = self.raw();
        let document = self.document;
        (first as usize..last as usize).map(move |index| document.token(index))
    }

    /// The parameter's name as it is written: `dimension`, `sql_on`. Empty when there is none.
    pub fn key(self) -> &'s [u8] {
        if let Some(Heading {
            key: Key::Implied(key),
            ..
        }) = self.heading()
        {
            return key.as_bytes();
        }
        let span = self.key_span().unwrap_or_default();
        span.slice(self.document.source)
    }

    /// Where the parameter's name is, without quotes; `None` when there is none, or only what is around it
    /// says so.
    pub fn key_span(self) -> Option<Span> {
        if let Some(heading) = self.heading() {
            return match heading.key {
                Key::Written(span) => Some(span),
                Key::None | Key::Implied(_) => None,
            };
        }
        match self.kind() {
            NodeKind::Block | NodeKind::List | NodeKind::Raw | NodeKind::Pair => {
                let token = self.document.token(self.raw().first as usize);
                match token.kind {
                    TokenKind::Word => Some(token.span),
                    TokenKind::String => Some(unquoted(token)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What stands between `key:` and `{`: `orders` in `view: orders {`.
    pub fn name(self) -> Option<Value<'s>> {
        (self.kind() == NodeKind::Block)
            .then(|| self.after_colon())
            .flatten()
    }

    /// The value of a pair or raw value, or an element itself.
    pub fn value(self) -> Option<Value<'s>> {
        match self.kind() {
            NodeKind::Pair | NodeKind::Raw => self.after_colon(),
            NodeKind::Element if self.document.is_legacy() => self.after_colon(),
            NodeKind::Element => {
                let span = self.span();
                let mut tokens = self.tokens();
                let quoted = tokens.next().is_some_and(|t| t.kind == TokenKind::String);
                Some(self.document.value(span, quoted))
            }
            _ => None,
        }
    }

    /// What follows `key:`. A raw value may be empty.
    fn after_colon(self) -> Option<Value<'s>> {
        if let Some(heading) = self.heading() {
            let source = self.document.source;
            return heading.value.map(|(span, quoted)| Value {
                source,
                span,
                quoted,
            });
        }
        let mut tokens = self.tokens().filter(|t| !t.kind.is_trivia());
        if tokens.nth(1)?.kind != TokenKind::Colon {
            return None;
        }
        let value = tokens.next()?;
        match value.kind {
            TokenKind::Word => Some(self.document.value(value.span, false)),
            TokenKind::String => Some(self.document.value(value.span, true)),
            TokenKind::Raw => {
                let text = value.span.slice(self.document.source);
                let kept = text.trim_ascii_end().len() as u32;
                let span = Span::new(value.span.start, value.span.start + kept);
                Some(self.document.value(span, false))
            }
            TokenKind::RawEnd => {
                let span = Span::new(value.span.start, value.span.start);
                Some(self.document.value(span, false))
            }
            _ => None,
        }
    }

    /// Children in order. Only files, blocks and lists have any.
    pub fn children(self) -> Children<'d, 's> {
        Children {
            document: self.document,
            next: self.index + 1,
            end: self.raw().next,
        }
    }

    pub(crate) fn document(self) -> &'d Document<'s> {
        self.document
    }

    /// Whether `other` is this node or one below it.
    pub(crate) fn holds(self, other: Node<'_, '_>) -> bool {
        (self.index..self.raw().next).contains(&other.index)
    }
}

impl PartialEq for Node<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

impl std::fmt::Debug for Node<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.span())
    }
}

impl<'s> Document<'s> {
    fn value(&self, span: Span, quoted: bool) -> Value<'s> {
        let span = if quoted {
            unquoted(Token {
                kind: TokenKind::String,
                span,
            })
        } else {
            span
        };
        Value {
            source: self.source,
            span,
            quoted,
        }
    }
}

/// The inside of a string. It has both quotes: a string that is never closed is `Unknown`.
fn unquoted(string: Token) -> Span {
    Span::new(string.span.start + 1, string.span.end - 1)
}

/// A value or name: where it is and what it says.
#[derive(Clone, Copy)]
pub struct Value<'s> {
    source: &'s [u8],
    span: Span,
    quoted: bool,
}

impl<'s> Value<'s> {
    /// The text itself, without quotes; escapes as they are written.
    pub fn text(self) -> &'s [u8] {
        self.span.slice(self.source)
    }

    /// Where the text is, without quotes.
    pub fn span(self) -> Span {
        self.span
    }

    /// Whether it stands in quotes.
    pub fn is_quoted(self) -> bool {
        self.quoted
    }
}

/// Iterator over a node's children.
#[derive(Clone)]
pub struct Children<'d, 's> {
    document: &'d Document<'s>,
    next: u32,
    end: u32,
}

impl<'d, 's> Iterator for Children<'d, 's> {
    type Item = Node<'d, 's>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let node = self.document.node(self.next as usize);
        self.next = node.raw().next;
        Some(node)
    }
}

impl Document<'_> {
    /// Whether both have the same tokens and nodes, whatever their words, strings and blanks say.
    pub fn has_shape_of(&self, other: &Document<'_>) -> bool {
        let node = |node: &RawNode| (node.kind, node.first, node.last, node.next);
        self.kinds == other.kinds
            && self.nodes.iter().map(node).eq(other.nodes.iter().map(node))
            && self.errors.len() == other.errors.len()
    }
}
