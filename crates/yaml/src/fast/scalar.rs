//! Scalars of all styles. Their text, where it is not simply their bytes, is made by `cook`.

use memchr::{memchr, memchr2};
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

/// Whether there are only characters that mean the same to every reader: no tabs, carriage returns
/// or other control characters, no line separators of Unicode, no byte order mark.
pub(super) fn is_common(text: &str) -> bool {
    let odd = |b: u8| (b < b' ' && b != b'\n') || b == 0x7f;
    let bytes = text.as_bytes();
    // Whole chunks without a branch in them can be looked at in one go.
    let plain = bytes
        .chunks(4096)
        .all(|chunk| !chunk.iter().fold(false, |any, b| any | odd(*b)));
    let separates = |c| {
        matches!(
            c,
            '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    plain && (text.is_ascii() || !text.chars().any(separates))
}

/// Whether an unquoted scalar can start with these bytes.
pub(super) fn starts_plain(bytes: &[u8], in_flow: bool) -> bool {
    match bytes {
        [b'-' | b'?' | b':', next, ..] => {
            let separates = matches!(next, b' ' | b'\n') || (in_flow && b",[]{}".contains(next));
            !separates
        }
        [b'-' | b'?' | b':'] | [] => false,
        [first, ..] => !b",[]{}#&*!|>'\"%@` \n".contains(first),
    }
}

impl Reader<'_> {
    /// Adds a scalar; its text is kept where it differs from its bytes.
    pub(super) fn push(&mut self, style: Style, span: Span) -> Option<()> {
        let raw = &self.text[span.range()];
        let cooked = match style {
            Style::Plain => memchr(b'\n', raw.as_bytes()).is_some(),
            Style::Single => {
                let inside = &raw.as_bytes()[1..raw.len() - 1];
                memchr2(b'\'', b'\n', inside).is_some()
            }
            _ => memchr2(b'\\', b'\n', raw.as_bytes()).is_some(),
        };
        let id = self.nest.scalar(style, span, NONE);
        if cooked {
            let text = cook::text(style, raw, 0)?;
            let content = node::content(self.bytes, style, span);
            if content.slice(self.bytes) != text.as_bytes() {
                self.nest.arena.cooked.push((id, text));
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
        while stop == Stop::End {
            let Some(next) = self.continuation(end, around) else {
                break;
            };
            (end, stop) = self.plain_rest(next);
        }
        if let Stop::Colon(_) = stop {
            return None;
        }
        self.at = end;
        self.push(Style::Plain, Span::at(start..end))
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

    /// The byte after the closing quote.
    pub(super) fn quoted_end(&self, quote: u8) -> Option<usize> {
        let mut at = self.at + 1;
        loop {
            at += match quote {
                b'"' => memchr2(b'"', b'\\', &self.bytes[at..])?,
                _ => memchr(b'\'', &self.bytes[at..])?,
            };
            let escapes = match quote {
                b'"' => self.bytes[at] == b'\\',
                _ => self.bytes.get(at + 1) == Some(&b'\''),
            };
            at += 1 + usize::from(escapes);
            if !escapes {
                return Some(at);
            }
            if at > self.bytes.len() {
                return None;
            }
        }
    }

    /// A quoted scalar, all of whose lines are deeper than `around`.
    pub(super) fn quoted(&mut self, quote: u8, around: usize) -> Option<()> {
        let end = self.quoted_end(quote)?;
        let mut rest = &self.bytes[self.at..end];
        while let Some(line_break) = memchr(b'\n', rest) {
            rest = &rest[line_break + 1..];
            let blanks = rest.iter().take_while(|b| **b == b' ').count();
            if blanks <= around && rest.get(blanks) != Some(&b'\n') {
                return None;
            }
        }
        let style = if quote == b'"' {
            Style::Double
        } else {
            Style::Single
        };
        let span = Span::at(self.at..end);
        self.at = end;
        self.push(style, span)
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
        self.nest.arena.cooked.push((id, value));
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

    /// An unquoted scalar inside brackets, and what stands behind it; the position stays.
    pub(super) fn flow_plain(&mut self, around: usize) -> Option<(Span, Stop)> {
        let start = self.at;
        if !starts_plain(&self.bytes[start..], true) {
            return None;
        }
        let (mut end, mut stop) = self.flow_line(start)?;
        while stop == Stop::End && self.after_blanks(end) == Some(b'\n') {
            match self.continuation(end, around) {
                Some(next) if !b",]}".contains(&self.bytes[next]) => {
                    (end, stop) = self.flow_line(next)?;
                }
                _ => break,
            }
        }
        Some((Span::at(start..end), stop))
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
