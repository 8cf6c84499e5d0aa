//! From bytes to the tree: one pass, an explicit stack of open blocks and lists.
//!
//! LookML cannot be cut into tokens without knowing where one is, since everything after `sql:` is
//! SQL up to `;;`. So the parser asks the leaves of `grammar` one at a time. Whatever it does not
//! understand becomes an error and an `Error` node, and reading goes on behind it.

mod nesting;

use memchr::memchr;
use storyline_text::Span;

use self::nesting::Open;
use crate::grammar;
use crate::legacy;
use crate::recovery;
use crate::tree::{Document, NodeKind, RawNode, TokenKind};
use crate::{SyntaxError, SyntaxErrorKind};

/// Levels of blocks and lists, counted from the file; deeper is an error, but read all the same.
pub const MAX_DEPTH: usize = 256;
/// Bytes of one file; a longer one is an error and is not read.
pub const MAX_LENGTH: usize = 128 << 20;
/// Errors that are kept for one file.
pub const MAX_ERRORS: usize = 100;

/// Reads a file, in whichever syntax it is. Never fails: look at [`Document::errors`].
pub fn parse(source: &[u8]) -> Document<'_> {
    if source.len() <= MAX_LENGTH && legacy::is_legacy(source) {
        return legacy::parse(source);
    }
    let mut parser = Parser::new(source);
    if source.len() > MAX_LENGTH {
        parser.push_token(TokenKind::Unknown, source.len());
        parser.error(SyntaxErrorKind::TooLong, Span::new(0, 0));
    } else {
        parser.file();
    }
    parser.finish()
}

struct Parser<'s> {
    source: &'s [u8],
    at: usize,
    document: Document<'s>,
    open: Vec<Open>,
    /// No value without `;;` was seen yet. After one there is no `;;` to look for, and looking for
    /// it from each value would take quadratic time.
    raws_end: bool,
    /// Strings that start before this byte end with their line, for the same reason: one that could
    /// not be understood was read up to here.
    one_line_strings_until: usize,
    /// The line end that was found last; see [`Parser::line_end`].
    line_end: usize,
    /// The bracket that was found last; see [`Parser::bracket_ahead`].
    bracket: usize,
}

impl<'s> Parser<'s> {
    fn new(source: &'s [u8]) -> Self {
        Self {
            source,
            at: 0,
            document: Document::new(source),
            open: Vec::new(),
            raws_end: true,
            one_line_strings_until: 0,
            line_end: 0,
            bracket: 0,
        }
    }

    fn file(&mut self) {
        // Real files have a token in ten bytes and a node in forty; a guess a little below that
        // keeps the number of reallocations and the memory that is never used both small.
        self.document.kinds.reserve(self.source.len() / 12 + 1);
        self.document.starts.reserve(self.source.len() / 12 + 1);
        self.document.nodes.reserve(self.source.len() / 48 + 1);
        loop {
            self.trivia();
            let Some(byte) = self.peek() else { break };
            match byte {
                b'}' => self.close(false),
                b']' => self.close(true),
                _ if self.in_list() => self.element(byte),
                _ => self.item(byte),
            }
        }
    }

    fn finish(mut self) -> Document<'s> {
        let outermost = self.open.first().copied();
        let suspect = outermost.and_then(|open| recovery::suspect(&self.document, open.node()));
        let last = self.content_end();
        while let Some(open) = self.open.pop() {
            self.unclosed(open, last, suspect);
        }
        self.close_node(0, self.token_count());
        let errors = &mut self.document.errors;
        errors.sort_by_key(|error| (error.kind == SyntaxErrorKind::TooMany, error.span));
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

    /// Forgets tokens from `first` on, which exists.
    fn rewind(&mut self, first: u32) {
        let first = first as usize;
        self.at = self.document.starts[first] as usize;
        self.document.kinds.truncate(first);
        self.document.starts.truncate(first);
    }

    fn token_count(&self) -> u32 {
        // Fits: there are at most `MAX_LENGTH` tokens.
        self.document.kinds.len() as u32
    }

    /// How many tokens there are up to the last one that is no trivia.
    fn content_end(&self) -> u32 {
        self.content_end_before(self.token_count())
    }

    fn content_end_before(&self, token: u32) -> u32 {
        let before = self.document.kinds[..token as usize].iter().rev();
        token - before.take_while(|kind| kind.is_trivia()).count() as u32
    }

    /// Where this line ends. The answer is kept: one long line may hold many things that ask.
    fn line_end(&mut self) -> usize {
        if self.at >= self.line_end {
            self.line_end = memchr(b'\n', self.rest()).map_or(self.source.len(), |i| self.at + i);
        }
        self.line_end
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
        let one_line = self.at < self.one_line_strings_until;
        let within = match one_line {
            true => &rest[..self.line_end() - self.at],
            false => rest,
        };
        match grammar::string(within) {
            Ok((_, string)) if !recovery::swallows(string, &rest[string.len()..]) => {
                self.push_token(TokenKind::String, string.len())
            }
            found => {
                if !one_line {
                    let searched = found.map_or(rest.len(), |(_, string)| string.len() - 1);
                    self.one_line_strings_until = self.at + searched;
                }
                let line = &rest[..self.line_end() - self.at];
                let span = self.push_token(TokenKind::Unknown, line.trim_ascii_end().len());
                self.error(SyntaxErrorKind::UnterminatedString, span);
                span
            }
        }
    }

    /// Whether the token read last is a string without end.
    fn read_no_value(&self) -> bool {
        self.document.kinds.last() == Some(&TokenKind::Unknown)
    }

    /// Everything up to and with `;;`. Without one in the rest of the file, the value ends where a
    /// parameter or a `}` starts a line.
    fn raw_value(&mut self, key: Span) {
        let from = self.at;
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
            let end = from + recovery::end_of_value(&self.source[from..]);
            self.push_token(TokenKind::Raw, end.saturating_sub(self.at));
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

    // --- Rules ------------------------------------------------------------------------------

    /// `key: …` in a file or block.
    fn item(&mut self, byte: u8) {
        let node = self.open_node(NodeKind::Error);
        let Some(key) = self.word_or_string() else {
            self.document.nodes.pop();
            match byte {
                b'{' | b'[' => {
                    self.error(SyntaxErrorKind::Unexpected, Span::at(self.at..self.at + 1));
                    let node = self.open_node(NodeKind::Error);
                    self.open_bracket(node, byte == b'[');
                }
                _ => self.stray(SyntaxErrorKind::Unexpected),
            }
            return;
        };
        let last = self.token_count();
        if self.read_no_value() {
            self.close_node(node, last);
            return;
        }
        self.trivia();
        if !self.colons() {
            self.missing_colon(node, key, last);
            return;
        }
        if grammar::takes_raw(key.slice(self.source)) {
            self.document.nodes[node].kind = NodeKind::Raw;
            self.raw_value(key);
            self.close_node(node, self.content_end());
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
            _ => {
                let (start, first) = (self.at, self.token_count());
                let mut read = self.word_or_string().is_some();
                let end = self.token_count();
                self.trivia();
                if read && self.peek() == Some(b':') && self.next_parameter_at(start) {
                    // What was taken for the value is a key; the next round reads it as one.
                    self.rewind(first);
                    read = false;
                }
                if !read {
                    self.error(SyntaxErrorKind::MissingValue, key);
                    self.close_node(node, last);
                } else if self.peek() == Some(b'{') {
                    self.open_bracket(node, false);
                } else {
                    self.document.nodes[node].kind = NodeKind::Pair;
                    self.close_node(node, end);
                }
            }
        }
    }

    /// One word too many, or a parameter without its colon: the rest of its line is given up,
    /// unless a parameter starts there. A bracket there is taken for the parameter's own.
    fn missing_colon(&mut self, node: usize, key: Span, mut last: u32) {
        self.error(SyntaxErrorKind::MissingColon, key);
        let passed = &self.source[key.end as usize..self.at];
        let end = match memchr(b'\n', passed) {
            Some(_) => self.at,
            None => self.line_end(),
        };
        while self.at < end && !recovery::starts_parameter(&self.source[self.at..end]) {
            let read = match self.peek() {
                Some(b';') => self.semicolons(),
                Some(b':') => self.colons(),
                _ => self.word_or_string().is_some(),
            };
            if !read {
                match self.peek() {
                    Some(b'{') => return self.open_bracket(node, false),
                    Some(b'[') => return self.open_bracket(node, true),
                    _ => break,
                }
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
            match self.content_before() {
                TokenKind::Comma => self.stray(SyntaxErrorKind::Unexpected),
                _ => {
                    self.push_token(TokenKind::Comma, 1);
                }
            }
            return;
        }
        let punctuation = matches!(byte, b':' | b';');
        if !punctuation && self.list_ended() {
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
        let mut last = self.token_count();
        self.trivia();
        // `- view.field`: a blank after the sign.
        let sign = matches!(word.slice(self.source), b"-" | b"+");
        let signed = sign && self.word_or_string().is_some();
        if signed {
            last = self.token_count();
            self.trivia();
        }
        if self.document.kinds[last as usize - 1] == TokenKind::Unknown {
            self.document.nodes[node].kind = NodeKind::Error;
        } else if !signed && self.colons() {
            self.document.nodes[node].kind = NodeKind::Error;
            last = self.token_count();
            self.trivia();
            self.value(node, word, last);
            if self.document.nodes[node].kind == NodeKind::Block {
                self.end_lists_before(node);
            }
            return;
        }
        self.close_node(node, last);
    }

    // --- Errors -----------------------------------------------------------------------------

    /// A piece of punctuation that fits nowhere stands here.
    fn stray(&mut self, kind: SyntaxErrorKind) {
        let node = self.open_node(NodeKind::Error);
        let start = self.at;
        if !self.semicolons() {
            self.push_token(TokenKind::Unknown, 1);
        }
        self.close_node(node, self.token_count());
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
