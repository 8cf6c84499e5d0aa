//! Blocks and lists that are open: how they begin, and where one ends whose bracket is missing.

use storyline_text::Span;

use super::{MAX_DEPTH, Parser};
use crate::grammar;
use crate::recovery;
use crate::tree::{NodeKind, TokenKind};
use crate::{SyntaxError, SyntaxErrorKind};

/// A block or list whose end was not seen yet. Small, since a hostile file opens millions.
#[derive(Clone, Copy)]
pub(super) struct Open {
    node: u32,
    /// The byte of its `{` or `[`.
    bracket: u32,
    /// 0 for a block; for a list, how many lists are open from the innermost block to it.
    lists: u32,
}

impl Open {
    pub(super) fn node(self) -> usize {
        self.node as usize
    }

    fn is_list(self) -> bool {
        self.lists > 0
    }

    fn bracket(self) -> Span {
        Span::new(self.bracket, self.bracket + 1)
    }
}

impl Parser<'_> {
    /// How many lists are open inside the innermost block.
    fn open_lists(&self) -> u32 {
        self.open.last().map_or(0, |open| open.lists)
    }

    pub(super) fn in_list(&self) -> bool {
        self.open_lists() > 0
    }

    /// `node` turns out to be a block or list, whose bracket stands here.
    pub(super) fn open_bracket(&mut self, node: usize, is_list: bool) {
        let (token, kind, lists) = match is_list {
            true => (
                TokenKind::OpenBracket,
                NodeKind::List,
                self.open_lists() + 1,
            ),
            false => (TokenKind::OpenBrace, NodeKind::Block, 0),
        };
        self.document.nodes[node].kind = kind;
        let bracket = self.push_token(token, 1);
        self.open.push(Open {
            node: node as u32,
            bracket: bracket.start,
            lists,
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
    pub(super) fn close(&mut self, is_list: bool) {
        // A `}` also ends the lists that were left open inside its block; a `]` ends no block.
        let lists = self.open_lists();
        let matches = match is_list {
            true => lists > 0,
            false => self.open.len() > lists as usize,
        };
        if !matches {
            self.stray(SyntaxErrorKind::StrayClose);
            return;
        }
        let token = match is_list {
            true => TokenKind::CloseBracket,
            false => {
                self.end_lists();
                TokenKind::CloseBrace
            }
        };
        self.push_token(token, 1);
        if let Some(open) = self.open.pop() {
            self.close_node(open.node(), self.token_count());
        }
    }

    /// Ends the lists that are open inside the innermost block and that have no `]`.
    fn end_lists(&mut self) {
        let last = self.content_end();
        while let Some(list) = self.open.pop_if(|open| open.is_list()) {
            self.unclosed(list, last, None);
        }
    }

    /// Ends a block or list that has no bracket at its end, before token `last`.
    pub(super) fn unclosed(&mut self, open: Open, last: u32, suspect: Option<Span>) {
        self.close_node(open.node(), last);
        let kind = match open.is_list() {
            true => SyntaxErrorKind::UnclosedList,
            false => SyntaxErrorKind::UnclosedBlock,
        };
        let span = open.bracket();
        let related = suspect
            .filter(|suspect| *suspect > span)
            .map(|suspect| (suspect, "this looks as if the block before it had ended"));
        self.push_error(SyntaxError {
            kind,
            span,
            related,
        });
    }

    /// The last token that is no trivia, after a bracket at the latest.
    pub(super) fn content_before(&self) -> TokenKind {
        self.document.kinds[self.content_end() as usize - 1]
    }

    /// Looks for the comma before an element. Without one, either it was forgotten or, when the next
    /// parameter starts here, lists were not closed: then they are, and that is told.
    pub(super) fn list_ended(&mut self) -> bool {
        let before = self.content_before();
        if matches!(before, TokenKind::Comma | TokenKind::OpenBracket) {
            return false;
        }
        if self.next_parameter_at(self.at) {
            self.end_lists();
            return true;
        }
        if before == TokenKind::Unknown {
            // What is wrong there was told.
            return false;
        }
        let length = grammar::word(self.rest()).map_or(1, |(_, word)| word.len());
        let span = Span::at(self.at..self.at + length);
        self.error(SyntaxErrorKind::MissingComma, span);
        false
    }

    /// `[a,` and on the next line `dimension: b {`: no list holds such a block, so the lists that are
    /// open around `block`, the innermost, ended before it.
    pub(super) fn end_lists_before(&mut self, block: usize) {
        let Some(innermost) = self.open.pop() else {
            return;
        };
        let last = self.content_end_before(self.document.nodes[block].first);
        while let Some(list) = self.open.pop_if(|open| open.is_list()) {
            self.unclosed(list, last, None);
            self.document.nodes[list.node()].next = block as u32;
        }
        self.open.push(innermost);
    }

    /// Whether a parameter of the innermost block starts at byte `at`, which is where reading is or
    /// a word before. In a list it could be an element as well, `a: "x"`, and is taken for one if the next
    /// bracket ends a list.
    pub(super) fn next_parameter_at(&mut self, at: usize) -> bool {
        recovery::starts_parameter(&self.source[at..])
            && (!self.in_list() || self.bracket_ahead() != Some(b']'))
    }

    /// The next bracket of any kind, be it in a text or a comment. The place is kept: many elements
    /// may ask for the same one.
    fn bracket_ahead(&mut self) -> Option<u8> {
        if self.at >= self.bracket {
            let ahead = self.rest().iter();
            let ahead = ahead.take_while(|byte| !matches!(byte, b'[' | b']' | b'{' | b'}'));
            self.bracket = self.at + ahead.count();
        }
        self.source.get(self.bracket).copied()
    }
}
