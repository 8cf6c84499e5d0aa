//! Mappings and lists in brackets, on one line or wrapped over several.

use storyline_text::Span;

use super::Reader;
use super::scalar::{Inside, MAX_KEY, Stop, quotes};
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
    /// Reads to the bracket that closes the one that is next. No line is less deep than `around`.
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
        let (span, Stop::End, simple) = self.flow_plain(around)? else {
            return None;
        };
        self.at = span.end as usize;
        self.push(Style::Plain, span, simple)?;
        Some(Next::Comma)
    }

    /// Blanks and line breaks.
    fn skip_blanks(&mut self, around: usize) -> Option<()> {
        self.skip_spaces();
        while self.byte()? == b'\n' {
            self.at += 1;
            self.line = self.at;
            self.skip_spaces();
            let column = self.at - self.line;
            let is_deep = match self.byte()? {
                b'\n' => true,
                b']' | b'}' => column >= around,
                // What starts a line is not looked for here.
                _ => column >= around.max(1),
            };
            if !is_deep {
                return None;
            }
        }
        Some(())
    }

    fn flow_key(&mut self, around: usize) -> Option<Next> {
        let start = self.at;
        let (style, end, inside) = match self.byte()? {
            quote @ (b'\'' | b'"') => {
                let (end, inside) = self.quoted_end(quote)?;
                (quotes(quote), end, inside)
            }
            _ => {
                let (span, Stop::Colon(_), true) = self.flow_plain(around)? else {
                    return None;
                };
                (Style::Plain, span.end as usize, Inside::PLAIN)
            }
        };
        if !inside.one_line || end - start > MAX_KEY {
            return None;
        }
        self.at = end;
        self.skip_spaces();
        let separates = matches!(self.bytes.get(self.at + 1)?, b' ' | b'\n' | b',' | b'}');
        if self.byte()? != b':' || !separates {
            return None;
        }
        self.at += 1;
        self.push(style, Span::at(start..end), inside.simple)?;
        Some(Next::Value(self.at))
    }
}
