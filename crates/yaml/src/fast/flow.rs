//! Mappings and lists in brackets, on one line or wrapped over several.

use storyline_text::Span;

use super::Reader;
use super::scalar::{MAX_KEY, Stop};
use crate::document::NONE;
use crate::node::{Kind, Style};

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// An entry, or the closing bracket.
    Entry,
    /// The value of a key whose colon ends at this byte.
    Value(usize),
    /// A comma, or the closing bracket.
    Comma,
}

impl Reader<'_> {
    /// Reads to the bracket that closes the one that is next. All lines are deeper than `around`.
    pub(super) fn flow(&mut self, around: usize) -> Option<()> {
        let outside = self.nest.depth();
        let mut next = Next::Value(self.at);
        loop {
            self.skip_blanks(around)?;
            let in_mapping = self.nest.top() == Some(Kind::Mapping);
            next = match (self.byte()?, next) {
                (b',' | b'}', Next::Value(colon)) if !self.has_property() => {
                    self.nest.scalar(Style::Plain, Span::at(colon..colon), NONE);
                    Next::Comma
                }
                (b',', Next::Comma) => {
                    self.at += 1;
                    Next::Entry
                }
                (close @ (b']' | b'}'), Next::Entry | Next::Comma) => {
                    if in_mapping != (close == b'}') || self.has_property() {
                        return None;
                    }
                    self.at += 1;
                    self.nest.see(Span::at(self.at - 1..self.at));
                    self.nest.end();
                    if self.nest.depth() == outside {
                        return Some(());
                    }
                    Next::Comma
                }
                (_, Next::Comma) => return None,
                (_, Next::Entry) if in_mapping => self.flow_key(around)?,
                (b'*', _) => {
                    self.alias()?;
                    Next::Comma
                }
                (b'!' | b'&', _) if !self.has_property() => {
                    self.property()?;
                    next
                }
                (open @ (b'[' | b'{'), _) => {
                    let kind = if open == b'{' {
                        Kind::Mapping
                    } else {
                        Kind::Sequence
                    };
                    self.nest
                        .start(kind, Span::at(self.at..self.at + 1), true)?;
                    self.at += 1;
                    Next::Entry
                }
                _ => self.flow_scalar(around)?,
            };
        }
    }

    fn flow_scalar(&mut self, around: usize) -> Option<Next> {
        if let quote @ (b'\'' | b'"') = self.byte()? {
            self.quoted(quote, around)?;
            return Some(Next::Comma);
        }
        let (span, Stop::End) = self.flow_plain(around)? else {
            return None;
        };
        self.at = span.end as usize;
        self.push(Style::Plain, span)?;
        Some(Next::Comma)
    }

    /// Blanks and line breaks.
    fn skip_blanks(&mut self, around: usize) -> Option<()> {
        self.skip_spaces();
        while self.byte()? == b'\n' {
            self.at += 1;
            self.line = self.at;
            self.skip_spaces();
            let deep = match self.byte()? {
                b'\n' => true,
                b']' | b'}' => self.at - self.line >= around,
                _ => self.at - self.line > around,
            };
            if !deep {
                return None;
            }
        }
        Some(())
    }

    fn flow_key(&mut self, around: usize) -> Option<Next> {
        let start = self.at;
        let (style, end) = match self.byte()? {
            quote @ (b'\'' | b'"') => {
                let style = if quote == b'"' {
                    Style::Double
                } else {
                    Style::Single
                };
                (style, self.quoted_end(quote)?)
            }
            _ => {
                let (span, Stop::Colon(_)) = self.flow_plain(around)? else {
                    return None;
                };
                (Style::Plain, span.end as usize)
            }
        };
        let one_line = memchr::memchr(b'\n', &self.bytes[start..end]).is_none();
        if !one_line || end - start > MAX_KEY {
            return None;
        }
        self.at = end;
        self.skip_spaces();
        let separates = matches!(self.bytes.get(self.at + 1)?, b' ' | b'\n' | b',' | b'}');
        if self.byte()? != b':' || !separates {
            return None;
        }
        self.at += 1;
        self.push(style, Span::at(start..end))?;
        Some(Next::Value(self.at))
    }
}
