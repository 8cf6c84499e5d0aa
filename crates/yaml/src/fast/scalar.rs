//! Scalars of all styles. Their text, where it is not simply their bytes, is made by `cook`.

use memchr::{memchr, memchr2, memchr3, memchr3_iter};
use storyline_text::Span;

use super::Reader;
use crate::cook;
use crate::document::NONE;
use crate::node::{self, Kind, Style};

/// A key is at most this long, in bytes; YAML sets the limit a little higher, in characters.
pub(super) const MAX_KEY: usize = 1000;

/// What ends a line of an unquoted scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A colon that makes it a key, and where it stands.
    Colon(usize),
    /// A comment.
    Comment,
    /// The end of the line, or in brackets what follows an entry.
    End,
}

/// What a scalar that is not in a block consists of.
#[derive(Clone, Copy)]
pub(super) struct Inside {
    /// Nothing but the text.
    pub(super) simple: bool,
    pub(super) one_line: bool,
}

impl Inside {
    /// What stands in one line without quotes.
    pub(super) const PLAIN: Self = Self {
        simple: true,
        one_line: true,
    };
}

/// Whether there are only characters that mean the same to every reader: no tabs, carriage returns
/// or other control characters, no line separators of Unicode, no byte order mark.
pub(super) fn is_common(text: &str) -> bool {
    // One where a byte is odd: whole chunks without a branch in them are looked at in one go.
    let odd = |b: u8| u8::from(b < b' ') & u8::from(b != b'\n') | u8::from(b == 0x7f);
    let bytes = text.as_bytes();
    let plain = bytes
        .chunks(1024)
        .all(|chunk| chunk.iter().fold(0, |any, b| any | odd(*b)) == 0);
    // U+0080 to U+009F; U+2028 and U+2029; U+FEFF, U+FFFE and U+FFFF.
    let separates = |at| {
        matches!(
            bytes[at..],
            [0xc2, 0x80..=0x9f, ..]
                | [0xe2, 0x80, 0xa8 | 0xa9, ..]
                | [0xef, 0xbb, 0xbf, ..]
                | [0xef, 0xbf, 0xbe | 0xbf, ..]
        )
    };
    plain && !memchr3_iter(0xc2, 0xe2, 0xef, bytes).any(separates)
}

/// Whether an unquoted scalar can start with these bytes.
pub(super) fn starts_plain(bytes: &[u8], in_flow: bool) -> bool {
    match bytes {
        [b'-' | b'?' | b':', next, ..] => {
            let separates = matches!(next, b' ' | b'\n') || (in_flow && b",[]{}".contains(next));
            !separates
        }
        [b'-' | b'?' | b':'] | [] => false,
        [first, ..] => !matches!(
            first,
            b',' | b'['
                | b']'
                | b'{'
                | b'}'
                | b'#'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
                | b' '
                | b'\n'
        ),
    }
}

/// The style of a scalar in these quotes.
pub(super) fn quotes(quote: u8) -> Style {
    match quote {
        b'"' => Style::Double,
        _ => Style::Single,
    }
}

impl Reader<'_> {
    /// Adds a scalar; its text is kept where it differs from its bytes, which it does not if it is
    /// `simple`: on one line, and without escapes.
    pub(super) fn push(&mut self, style: Style, span: Span, simple: bool) -> Option<()> {
        let id = self.nest.scalar(style, span, NONE);
        if !simple {
            let text = cook::text(style, &self.text[span.range()], 0)?;
            let content = node::content(self.bytes, style, span);
            if content.slice(self.bytes) != text.as_bytes() {
                self.nest.cook(id, text);
            }
        }
        Some(())
    }

    /// The line of an unquoted scalar that starts at `start`: where its text ends, and why there.
    pub(super) fn plain_line(&self, start: usize) -> Option<(usize, Stop)> {
        if !starts_plain(&self.bytes[start..], false) {
            return None;
        }
        Some(self.plain_rest(start))
    }

    fn plain_rest(&self, start: usize) -> (usize, Stop) {
        let mut at = start;
        // The last byte that is no blank, and the one after.
        let mut end = start;
        let stop = loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => break Stop::End,
                Some(b':') if matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')) => {
                    break Stop::Colon(at);
                }
                Some(b'#') if end < at => break Stop::Comment,
                Some(b' ') => at += 1,
                Some(_) => {
                    at += 1;
                    end = at;
                }
            }
        };
        (end, stop)
    }

    /// An unquoted scalar, which goes on in lines that are deeper than `around`.
    pub(super) fn plain(&mut self, around: usize) -> Option<()> {
        let start = self.at;
        let (mut end, mut stop) = self.plain_line(start)?;
        let mut simple = true;
        while stop == Stop::End {
            let Some(next) = self.continuation(end, around) else {
                break;
            };
            simple = false;
            (end, stop) = self.plain_rest(next);
        }
        if let Stop::Colon(_) = stop {
            return None;
        }
        self.at = end;
        self.push(Style::Plain, Span::at(start..end), simple)
    }

    /// Where the next line of a scalar starts that came to `end`, if it has one.
    fn continuation(&self, end: usize, around: usize) -> Option<usize> {
        let mut at = end;
        let mut line = end;
        loop {
            match self.bytes.get(at)? {
                b' ' => at += 1,
                b'\n' => {
                    at += 1;
                    line = at;
                }
                b'#' => return None,
                _ => return (at - line > around).then_some(at),
            }
        }
    }

    /// The byte after the closing quote, and what stands before it.
    pub(super) fn quoted_end(&self, quote: u8) -> Option<(usize, Inside)> {
        let mut at = self.at + 1;
        let mut inside = Inside::PLAIN;
        loop {
            let rest = self.bytes.get(at..)?;
            at += match quote {
                b'"' => memchr3(b'"', b'\\', b'\n', rest)?,
                _ => memchr2(b'\'', b'\n', rest)?,
            };
            let escaped = match self.bytes[at] {
                b'\'' => self.bytes.get(at + 1).filter(|next| **next == quote),
                b'\\' => self.bytes.get(at + 1),
                b'\n' => {
                    inside.one_line = false;
                    None
                }
                _ => None,
            };
            let is_end = self.bytes[at] == quote && escaped.is_none();
            at += 1;
            if is_end {
                return Some((at, inside));
            }
            inside.simple = false;
            inside.one_line &= escaped != Some(&b'\n');
            at += usize::from(escaped.is_some());
        }
    }

    /// A quoted scalar, all of whose lines are deeper than `around`. After a backslash they may be as
    /// deep as that: so the most common of writers has it.
    pub(super) fn quoted(&mut self, quote: u8, around: usize) -> Option<()> {
        let (end, inside) = self.quoted_end(quote)?;
        let lines = if inside.one_line { end } else { self.at };
        let mut rest = &self.bytes[lines..end];
        while let Some(line_break) = memchr(b'\n', rest) {
            let before = rest[..line_break].iter().rev();
            let slashes = before.take_while(|b| **b == b'\\').count();
            let goes_on = quote == b'"' && slashes % 2 == 1;
            rest = &rest[line_break + 1..];
            let blanks = rest.iter().take_while(|b| **b == b' ').count();
            let is_deep = blanks > around || (goes_on && blanks == around && blanks > 0);
            if !is_deep && rest.get(blanks) != Some(&b'\n') {
                return None;
            }
        }
        let span = Span::at(self.at..end);
        self.at = end;
        self.push(quotes(quote), span, inside.simple)
    }

    /// A scalar below `|` or `>`: all lines that are as deep as its first, or as the header says,
    /// and deeper than `around`.
    pub(super) fn block(&mut self, mark: u8, around: usize) -> Option<()> {
        let start = self.at;
        let deeper = self.block_header()?;
        // Without text there is no saying what the empty lines are.
        while self.blank_line(deeper.map_or(0, |by| around + by)) {}
        let blanks = self.blanks();
        let indent = deeper.map_or(blanks, |by| around + by);
        let no_text = matches!(self.bytes.get(self.at + blanks), None | Some(b'\n'));
        if indent <= around || blanks < indent || no_text {
            return None;
        }
        let link = self.at + indent;
        self.skip_line();
        while self.at < self.bytes.len() {
            if self.blank_line(indent) {
                continue;
            }
            let blanks = self.blanks();
            // Blanks without a line break after them end the file.
            self.bytes.get(self.at + blanks)?;
            if blanks < indent {
                break;
            }
            self.skip_line();
        }
        let style = if mark == b'|' {
            Style::Literal
        } else {
            Style::Folded
        };
        let span = Span::at(start..self.at);
        let id = self.nest.scalar(style, span, link as u32);
        let value = cook::text(style, &self.text[span.range()], indent)?;
        self.nest.cook(id, value);
        Some(())
    }

    /// Goes behind the header's line; gives by how much the text is deeper if that is said.
    fn block_header(&mut self) -> Option<Option<usize>> {
        let rest = &self.bytes[self.at + 1..];
        let end = memchr(b'\n', rest)?;
        self.at += 1 + end + 1;
        let in_mapping = self.levels.last()?.kind == Kind::Mapping;
        match rest[..end].trim_ascii_end() {
            [] | [b'+' | b'-'] => Some(None),
            [by @ b'1'..=b'9'] | [by @ b'1'..=b'9', b'+' | b'-'] if in_mapping => {
                Some(Some(usize::from(by - b'0')))
            }
            _ => None,
        }
    }

    /// How many blanks are next.
    fn blanks(&self) -> usize {
        let rest = self.bytes[self.at..].iter();
        rest.take_while(|b| **b == b' ').count()
    }

    /// Goes behind a line that is empty but for `most` blanks.
    fn blank_line(&mut self, most: usize) -> bool {
        let blanks = self.blanks();
        let blank = blanks <= most && self.bytes.get(self.at + blanks) == Some(&b'\n');
        self.at += if blank { blanks + 1 } else { 0 };
        blank
    }

    /// An unquoted scalar inside brackets, what stands behind it, and whether it is on one line; the
    /// position stays.
    pub(super) fn flow_plain(&mut self, around: usize) -> Option<(Span, Stop, bool)> {
        let start = self.at;
        if !starts_plain(&self.bytes[start..], true) {
            return None;
        }
        let (mut end, mut stop) = self.flow_line(start)?;
        let mut one_line = true;
        while stop == Stop::End && self.after_blanks(end) == Some(b'\n') {
            match self.continuation(end, around) {
                Some(next) if !b",]}".contains(&self.bytes[next]) => {
                    one_line = false;
                    (end, stop) = self.flow_line(next)?;
                }
                _ => break,
            }
        }
        Some((Span::at(start..end), stop, one_line))
    }

    fn after_blanks(&self, at: usize) -> Option<u8> {
        self.bytes[at..].iter().find(|b| **b != b' ').copied()
    }

    fn flow_line(&self, start: usize) -> Option<(usize, Stop)> {
        let mut at = start;
        let mut end = start;
        loop {
            let next = self.bytes.get(at + 1);
            match self.bytes.get(at)? {
                b',' | b']' | b'}' | b'\n' => return Some((end, Stop::End)),
                b'[' | b'{' => return None,
                b':' if matches!(next?, b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}') => {
                    return Some((end, Stop::Colon(at)));
                }
                b'#' if end < at => return None,
                b' ' => at += 1,
                _ => {
                    at += 1;
                    end = at;
                }
            }
        }
    }
}
