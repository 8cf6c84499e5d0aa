//! From bytes to the tree: one pass, an explicit stack of open blocks and lists.
//!
//! LookML cannot be cut into tokens without knowing where one is, since everything after `sql:` is
//! SQL up to `;;`. So the parser asks the leaves of `grammar` one at a time. Whatever it does not
//! understand becomes an error and an `Error` node, and reading goes on behind it.

use memchr::memchr;
use storyline_text::Span;

use crate::grammar;
use crate::recovery;
use crate::tree::{Document, NodeKind, RawNode, TokenKind};
use crate::{SyntaxError, SyntaxErrorKind};

/// Levels of blocks and lists, counted from the file; deeper is an error, but read all the same.
pub const MAX_DEPTH: usize = 256;
/// Bytes of one file; a longer one is an error and is not read.
pub const MAX_LENGTH: usize = 128 << 20;
/// Errors that are kept for one file.
pub const MAX_ERRORS: usize = 100;

/// Reads a file. Never fails: look at [`Document::errors`].
pub fn parse(source: &[u8]) -> Document<'_> {
    let mut parser = Parser::new(source);
    if source.len() > MAX_LENGTH {
        parser.push_token(TokenKind::Unknown, source.len());
        parser.error(SyntaxErrorKind::TooLong, Span::new(0, 0));
    } else {
        parser.file();
    }
    parser.finish()
}

/// A block or list whose end was not seen yet.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    is_list: bool,
    bracket: Span,
}

struct Parser<'s> {
    source: &'s [u8],
    at: usize,
    document: Document<'s>,
    open: Vec<Open>,
    /// No value without `;;` was seen yet. After one there is no `;;` to look for, and looking for
    /// it from each value would take quadratic time.
    raws_end: bool,
    /// A string without end was seen: from then on strings end with their line, for the same reason.
    strings_end_with_line: bool,
}

impl<'s> Parser<'s> {
    fn new(source: &'s [u8]) -> Self {
        // Real files have a token in ten bytes and a node in forty; a guess a little below that
        // keeps the number of reallocations and the memory that is never used both small.
        let file = RawNode {
            kind: NodeKind::File,
            first: 0,
            last: 0,
            next: 0,
        };
        let mut nodes = Vec::with_capacity(source.len() / 48 + 1);
        nodes.push(file);
        let tokens = source.len() / 12 + 1;
        Self {
            source,
            at: 0,
            document: Document {
                source,
                kinds: Vec::with_capacity(tokens),
                starts: Vec::with_capacity(tokens),
                nodes,
                errors: Vec::new(),
                warnings: Vec::new(),
            },
            open: Vec::new(),
            raws_end: true,
            strings_end_with_line: false,
        }
    }

    fn file(&mut self) {
        loop {
            self.trivia();
            let Some(byte) = self.peek() else { break };
            match byte {
                b'}' => self.close(false),
                b']' => self.close(true),
                _ if self.open.last().is_some_and(|open| open.is_list) => self.element(byte),
                _ => self.item(byte),
            }
        }
    }

    fn finish(mut self) -> Document<'s> {
        let outermost = self.open.first().copied();
        let suspect = outermost.and_then(|open| recovery::suspect(&self.document, open.node));
        while let Some(open) = self.open.pop() {
            self.unclosed(open, suspect);
        }
        let last = self.token_count();
        self.close_node(0, last);
        self.document.errors.sort_by_key(|error| error.span);
        self.document
    }

    // --- Reading on -------------------------------------------------------------------------

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn rest(&self) -> &'s [u8] {
        &self.source[self.at..]
    }

    fn push_token(&mut self, kind: TokenKind, length: usize) -> Span {
        let span = Span::at(self.at..self.at + length);
        if length > 0 {
            self.document.kinds.push(kind);
            self.document.starts.push(span.start);
            self.at += length;
        }
        span
    }

    fn token_count(&self) -> u32 {
        // Fits: there are at most `MAX_LENGTH` tokens.
        self.document.kinds.len() as u32
    }

    fn trivia(&mut self) {
        loop {
            let rest = self.rest();
            if let Ok((_, blanks)) = grammar::whitespace(rest) {
                self.push_token(TokenKind::Whitespace, blanks.len());
            } else if let Ok((_, comment)) = grammar::comment(rest) {
                self.push_token(TokenKind::Comment, comment.len());
            } else {
                return;
            }
        }
    }

    /// A word or a string, if one stands here. A string without end counts, with an error.
    fn word_or_string(&mut self) -> Option<Span> {
        if self.peek() == Some(b'"') {
            return Some(self.string());
        }
        let (_, word) = grammar::word(self.rest()).ok()?;
        Some(self.push_token(TokenKind::Word, word.len()))
    }

    fn string(&mut self) -> Span {
        let rest = self.rest();
        let (_, line) = grammar::rest_of_line(rest).unwrap_or((rest, rest));
        let within = if self.strings_end_with_line {
            line
        } else {
            rest
        };
        match grammar::string(within) {
            Ok((_, string)) if !recovery::swallows(string, &rest[string.len()..]) => {
                self.push_token(TokenKind::String, string.len())
            }
            found => {
                self.strings_end_with_line |= found.is_err();
                let kept = line.trim_ascii_end().len();
                let span = self.push_token(TokenKind::Unknown, kept);
                self.error(SyntaxErrorKind::UnterminatedString, span);
                span
            }
        }
    }

    /// Everything up to and with `;;`. Without one in the rest of the file, the value ends where a
    /// parameter or a `}` starts a line.
    fn raw_value(&mut self, key: Span) {
        if let Ok((_, blanks)) = grammar::whitespace(self.rest()) {
            self.push_token(TokenKind::Whitespace, blanks.len());
        }
        let found = match self.raws_end {
            true => grammar::raw(self.rest()).ok(),
            false => None,
        };
        if let Some((_, text)) = found {
            let start = self.at;
            self.push_token(TokenKind::Raw, text.len());
            self.push_token(TokenKind::RawEnd, 2);
            self.warn_if_runs_on(key, start, text);
        } else {
            self.raws_end = false;
            self.push_token(TokenKind::Raw, recovery::end_of_value(self.rest()));
            self.error(SyntaxErrorKind::UnterminatedRaw, key);
        }
    }

    /// Looker reads a value without `;;` on to the next `;;`, over the parameters between. That is
    /// no mistake of syntax, and nobody means it.
    fn warn_if_runs_on(&mut self, key: Span, start: usize, text: &[u8]) {
        if memchr(b'\n', text).is_none() {
            return;
        }
        let Some(line) = recovery::declaration(text) else {
            return;
        };
        if self.document.warnings.len() < MAX_ERRORS {
            let line = Span::at(start + line.start..start + line.end);
            self.document.warnings.push(SyntaxError {
                kind: SyntaxErrorKind::RunsOn,
                span: key,
                related: Some((line, "Looker takes this for a part of the value")),
            });
        }
    }

    fn colons(&mut self) -> bool {
        let colons = self.rest().iter().take_while(|b| **b == b':').count();
        self.push_token(TokenKind::Colon, colons);
        colons > 0
    }

    // --- Nodes ------------------------------------------------------------------------------

    fn open_node(&mut self, kind: NodeKind) -> usize {
        let first = self.token_count();
        self.document.nodes.push(RawNode {
            kind,
            first,
            last: first,
            next: 0,
        });
        self.document.nodes.len() - 1
    }

    fn close_node(&mut self, node: usize, last: u32) {
        let next = self.document.nodes.len() as u32;
        let node = &mut self.document.nodes[node];
        node.last = last;
        node.next = next;
    }

    fn close_node_here(&mut self, node: usize) {
        self.close_node(node, self.token_count());
    }

    /// `node` turns out to be a block or list, whose bracket stands here.
    fn open_bracket(&mut self, node: usize, is_list: bool) {
        let (token, kind) = match is_list {
            true => (TokenKind::OpenBracket, NodeKind::List),
            false => (TokenKind::OpenBrace, NodeKind::Block),
        };
        self.document.nodes[node].kind = kind;
        let bracket = self.push_token(token, 1);
        self.open.push(Open {
            node,
            is_list,
            bracket,
        });
        if self.open.len() == MAX_DEPTH + 1 {
            self.error(SyntaxErrorKind::TooDeep, bracket);
        }
        if !is_list {
            // `{: label: "x" }` is a slip that Looker reads.
            self.trivia();
            self.colons();
        }
    }

    /// `}` or `]` stands here.
    fn close(&mut self, is_list: bool) {
        // A `}` also ends the lists that were left open inside its block; a `]` ends no block.
        let inner = self
            .open
            .iter()
            .rev()
            .take_while(|open| open.is_list)
            .count();
        let inner = if is_list { 0 } else { inner };
        let matching = self.open.len().checked_sub(inner + 1);
        if matching.is_none_or(|index| self.open[index].is_list != is_list) {
            self.stray(SyntaxErrorKind::StrayClose);
            return;
        }
        for _ in 0..inner {
            if let Some(open) = self.open.pop() {
                self.unclosed(open, None);
            }
        }
        let token = match is_list {
            true => TokenKind::CloseBracket,
            false => TokenKind::CloseBrace,
        };
        self.push_token(token, 1);
        if let Some(open) = self.open.pop() {
            self.close_node_here(open.node);
        }
    }

    /// Ends a block or list that has no bracket at its end, before the trivia that was read last.
    fn unclosed(&mut self, open: Open, suspect: Option<Span>) {
        let trailing = self.document.kinds.iter().rev();
        let trivia = trailing.take_while(|kind| kind.is_trivia()).count();
        self.close_node(open.node, self.token_count() - trivia as u32);
        let kind = match open.is_list {
            true => SyntaxErrorKind::UnclosedList,
            false => SyntaxErrorKind::UnclosedBlock,
        };
        let related = suspect
            .filter(|suspect| *suspect > open.bracket)
            .map(|suspect| (suspect, "this looks as if the block before it had ended"));
        self.push_error(SyntaxError {
            kind,
            span: open.bracket,
            related,
        });
    }

    // --- Rules ------------------------------------------------------------------------------

    /// `key: …` in a file or block.
    fn item(&mut self, byte: u8) {
        let node = self.open_node(NodeKind::Error);
        let Some(key) = self.word_or_string() else {
            self.document.nodes.pop();
            match byte {
                b'{' | b'[' => {
                    let node = self.open_node(NodeKind::Error);
                    self.open_bracket(node, byte == b'[');
                    let bracket = self.open.last().map_or(Span::default(), |o| o.bracket);
                    self.error(SyntaxErrorKind::Unexpected, bracket);
                }
                _ => self.stray(SyntaxErrorKind::Unexpected),
            }
            return;
        };
        let last = self.token_count();
        self.trivia();
        if !self.colons() {
            self.missing_colon(node, key, last);
            return;
        }
        if grammar::takes_raw(key.slice(self.source)) {
            self.document.nodes[node].kind = NodeKind::Raw;
            self.raw_value(key);
            self.close_node_here(node);
            return;
        }
        let last = self.token_count();
        self.trivia();
        self.value(node, key, last);
    }

    /// What follows `key:`, which ended before token `last`.
    fn value(&mut self, node: usize, key: Span, last: u32) {
        match self.peek() {
            Some(b'{') => self.open_bracket(node, false),
            Some(b'[') => self.open_bracket(node, true),
            _ if self.word_or_string().is_some() => {
                let last = self.token_count();
                self.trivia();
                if self.peek() == Some(b'{') {
                    self.open_bracket(node, false);
                } else {
                    self.document.nodes[node].kind = NodeKind::Pair;
                    self.close_node(node, last);
                }
            }
            _ => {
                self.error(SyntaxErrorKind::MissingValue, key);
                self.close_node(node, last);
            }
        }
    }

    /// One word too many, or a parameter without its colon: the rest of its line is given up,
    /// unless a parameter starts there.
    fn missing_colon(&mut self, node: usize, key: Span, mut last: u32) {
        self.error(SyntaxErrorKind::MissingColon, key);
        let (_, line) =
            grammar::rest_of_line(&self.source[key.end as usize..]).unwrap_or((&[], &[]));
        let end = key.end as usize + line.len();
        while self.at < end && !recovery::starts_parameter(&self.source[self.at..end]) {
            let read = match self.peek() {
                Some(b';') => self.semicolons(),
                Some(b':') => self.colons(),
                _ => self.word_or_string().is_some(),
            };
            if !read {
                break;
            }
            last = self.token_count();
            self.trivia();
        }
        self.close_node(node, last);
    }

    /// Something in a list.
    fn element(&mut self, byte: u8) {
        if byte == b',' {
            // Commas may lead, trail and stand on lines of their own.
            self.push_token(TokenKind::Comma, 1);
            return;
        }
        if self.list_ended() {
            return;
        }
        let node = self.open_node(NodeKind::Element);
        if matches!(byte, b'[' | b'{') {
            self.open_bracket(node, byte == b'[');
            return;
        }
        let Some(word) = self.word_or_string() else {
            self.document.nodes.pop();
            self.stray(SyntaxErrorKind::Unexpected);
            return;
        };
        if matches!(word.slice(self.source), b"-" | b"+") {
            // `- view.field`: a blank after the sign.
            self.trivia();
            self.word_or_string();
        }
        let last = self.token_count();
        self.trivia();
        if !self.colons() {
            self.close_node(node, last);
            return;
        }
        let last = self.token_count();
        self.trivia();
        self.document.nodes[node].kind = NodeKind::Error;
        self.value(node, word, last);
        if self.document.nodes[node].kind == NodeKind::Block {
            self.end_list_before(node);
        }
    }

    /// Looks for the comma before an element. Without one, either it was forgotten or, when a
    /// parameter starts here, the list was not closed: then it is, and that is told.
    fn list_ended(&mut self) -> bool {
        let mut before = self.document.kinds.iter().rev();
        let before = before.find(|kind| !kind.is_trivia());
        if matches!(before, Some(TokenKind::Comma | TokenKind::OpenBracket)) {
            return false;
        }
        if recovery::starts_parameter(self.rest()) {
            if let Some(list) = self.open.pop() {
                self.unclosed(list, None);
            }
            return true;
        }
        let length = grammar::word(self.rest()).map_or(1, |(_, word)| word.len());
        let span = Span::at(self.at..self.at + length);
        self.error(SyntaxErrorKind::MissingComma, span);
        false
    }

    /// `[a,` and on the next line `dimension: b {`: no list holds such a block, so the list, which
    /// is open just outside `block`, ended before it.
    fn end_list_before(&mut self, block: usize) {
        let Some(outer) = self.open.len().checked_sub(2) else {
            return;
        };
        let list = self.open.remove(outer);
        let mut last = self.document.nodes[block].first;
        let kinds = &self.document.kinds;
        while kinds[last as usize - 1].is_trivia() {
            last -= 1;
        }
        self.close_node(list.node, last);
        self.document.nodes[list.node].next = block as u32;
        self.error(SyntaxErrorKind::UnclosedList, list.bracket);
    }

    // --- Errors -----------------------------------------------------------------------------

    /// A piece of punctuation that fits nowhere stands here.
    fn stray(&mut self, kind: SyntaxErrorKind) {
        let node = self.open_node(NodeKind::Error);
        let start = self.at;
        if !self.semicolons() {
            self.push_token(TokenKind::Unknown, 1);
        }
        self.close_node_here(node);
        self.error(kind, Span::at(start..self.at));
    }

    fn semicolons(&mut self) -> bool {
        let count = self.rest().iter().take_while(|b| **b == b';').count();
        self.push_token(TokenKind::Unknown, count);
        count > 0
    }

    fn error(&mut self, kind: SyntaxErrorKind, span: Span) {
        self.push_error(SyntaxError {
            kind,
            span,
            related: None,
        });
    }

    fn push_error(&mut self, error: SyntaxError) {
        let errors = &mut self.document.errors;
        if errors.len() < MAX_ERRORS {
            errors.push(error);
        } else if errors.len() == MAX_ERRORS {
            errors.push(SyntaxError {
                kind: SyntaxErrorKind::TooMany,
                ..error
            });
        }
    }
}
