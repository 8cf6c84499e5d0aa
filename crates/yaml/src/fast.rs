//! A reader of our own for the YAML that most files are made of, several times as fast as the parser.
//!
//! Looker and dbt write, and people copy, the same few constructs: mappings and lists by indentation,
//! scalars in all styles, lists and mappings in brackets. This reader knows those and nothing else.
//! It never says what is wrong with a file: whatever it is not sure of, be it a mistake, an anchor, a
//! tab or a second document, makes it give up, and the parser reads the file from the start. So the
//! parser stays the only judge, and this one only has to be right about what it accepts: the same
//! arena, byte for byte, as the tests show with generated files and real ones.

mod flow;
mod property;
mod scalar;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use storyline_text::Span;

use self::scalar::Inside;
use crate::document::{Arena, NONE};
use crate::nest::Nest;
use crate::node::{Kind, Style};

/// Reads a file that holds one YAML document of common constructs; `None` without a verdict.
pub(crate) fn read(text: &str) -> Option<Arena> {
    if !scalar::is_common(text) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 0,
        nest: Nest::default(),
        anchors: HashMap::new(),
        levels: Vec::new(),
    };
    reader.nest.arena.nodes.reserve(text.len() / 16);
    reader.document()?;
    Some(reader.nest.arena)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// The next byte.
    at: usize,
    /// Where its line starts.
    line: usize,
    nest: Nest,
    /// Where an anchor of this name is among the properties; the last one counts.
    anchors: HashMap<&'t str, usize>,
    /// The open collections that are not in brackets, the innermost last.
    levels: Vec<Level>,
}

/// A mapping or list whose entries stand in one column.
struct Level {
    /// In bytes, from 0.
    column: usize,
    kind: Kind,
    /// A list whose dashes stand in the column of the mapping's keys around it.
    flush: bool,
    /// The byte after the colon of a key that has no value yet, or after a dash and an anchor.
    waits: Option<usize>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Option<()> {
        let mut column = self.next_line()?;
        if self.bytes[self.at..].starts_with(b"---") && column == 0 {
            self.at += 3;
            self.nest.seen = self.at as u32;
            self.line_end()?;
            column = self.next_line()?;
        }
        self.nest.arena.documents = 1;
        loop {
            self.entry(column)?;
            match self.next_line() {
                Some(next) => column = next,
                None => break,
            }
        }
        while !self.levels.is_empty() {
            self.close()?;
        }
        Some(())
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes to the first byte of the next line that is not blank and no comment. Gives its column,
    /// `None` at the end of the file.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            self.line = self.at;
            self.skip_spaces();
            match self.byte()? {
                b'\n' => self.at += 1,
                b'#' => self.skip_line(),
                _ => return Some(self.at - self.line),
            }
        }
    }

    fn skip_spaces(&mut self) {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Goes to the start of the next line.
    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    }

    /// After a value there may be a comment. Goes to the start of the next line.
    fn line_end(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_spaces();
        match self.byte() {
            None | Some(b'\n') => {}
            Some(b'#') if self.at > start => {}
            Some(_) => return None,
        }
        self.skip_line();
        Some(())
    }

    /// Whether a dash of a list is next.
    fn is_dash(&self) -> bool {
        matches!(self.bytes[self.at..], [b'-', b' ' | b'\n', ..])
    }

    /// A line that starts an entry of a mapping or list, or the value of the key above.
    fn entry(&mut self, column: usize) -> Option<()> {
        let marker = &self.bytes[self.at..];
        if column == 0 && (marker.starts_with(b"---") || marker.starts_with(b"...")) {
            return None;
        }
        let dash = self.is_dash();
        while let Some(level) = self.levels.last() {
            let ends = level.column > column || (level.column == column && level.flush && !dash);
            if !ends {
                break;
            }
            self.close()?;
        }
        let Some(level) = self.levels.last_mut() else {
            let first = self.nest.arena.nodes.is_empty();
            return if first {
                self.content(column, false)
            } else {
                None
            };
        };
        let waits = level.waits.is_some();
        if level.column < column {
            level.waits.take()?;
            return self.content(column, false);
        }
        match (level.kind, dash) {
            (Kind::Mapping, true) if waits => {
                level.waits = None;
                self.content(column, false)
            }
            (Kind::Sequence, true) | (Kind::Mapping, false) => {
                self.fill()?;
                self.content(column, true)
            }
            _ => None,
        }
    }

    /// The key or the dash above has no value, if it waits for one.
    fn fill(&mut self) -> Option<()> {
        let level = self.levels.last_mut()?;
        if let Some(colon) = level.waits.take() {
            if self.has_property() {
                return None;
            }
            self.nest.scalar(Style::Plain, Span::at(colon..colon), NONE);
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.fill()?;
        self.levels.pop();
        self.nest.end();
        Some(())
    }

    /// Whether a collection in this column stands in that of the one around it.
    fn is_flush(&self, column: usize) -> bool {
        let around = self.levels.last();
        around.is_some_and(|level| level.column == column)
    }

    fn open(&mut self, kind: Kind, column: usize, start: usize) -> Option<()> {
        let flush = self.is_flush(column);
        self.nest.start(kind, Span::at(start..start), false)?;
        self.levels.push(Level {
            column,
            kind,
            flush,
            waits: None,
        });
        Some(())
    }

    /// What starts in `column`: dashes, then a key with what follows it, or a value. The first of
    /// them belongs to the innermost collection if that is `known` to stand in this column.
    fn content(&mut self, mut column: usize, mut known: bool) -> Option<()> {
        while self.is_dash() {
            let dash = self.at;
            self.at += 1;
            self.skip_spaces();
            let is_alone = self.byte() == Some(b'\n');
            if matches!(self.byte(), None | Some(b'#')) || (is_alone && !known) {
                return None;
            }
            if !known {
                // The parser lets a list begin after its first dash if that is not indented.
                let start = if self.is_flush(column) { self.at } else { dash };
                self.open(Kind::Sequence, column, start)?;
            }
            if is_alone {
                return self.later(self.at);
            }
            column = self.at - self.line;
            known = false;
            if let Some(b'&' | b'!') = self.byte() {
                // Before a key or a value in this line it would be the key's, or the value's.
                self.property()?;
                return self.later(self.at);
            }
        }
        if self.byte() == Some(b'*') && !known && !self.levels.is_empty() {
            self.alias()?;
            return self.line_end();
        }
        if known && self.bytes[self.at..].starts_with(b"? ") {
            return self.explicit(column);
        }
        match self.key()? {
            Some((style, key, inside, colon)) => {
                if !known {
                    self.open(Kind::Mapping, column, key.start as usize)?;
                }
                self.push(style, key, inside.simple)?;
                self.at = colon + 1;
                self.value_of_key(colon + 1)
            }
            // Values of a mapping in its own column, and roots that are scalars, are left alone.
            None if known || self.levels.is_empty() => None,
            None => self.value(),
        }
    }

    /// `? KEY`, and `: VALUE` in a line below, as keys are written that may not stand alone: `''`.
    fn explicit(&mut self, column: usize) -> Option<()> {
        self.at += 2;
        let quote @ (b'\'' | b'"') = self.byte()? else {
            return None;
        };
        let (end, inside) = self.quoted_end(quote)?;
        let key = Span::at(self.at..end);
        self.at = end;
        self.line_end()?;
        let is_next = self.next_line()? == column && self.bytes[self.at..].starts_with(b": ");
        if !inside.one_line || !is_next {
            return None;
        }
        self.push(scalar::quotes(quote), key, inside.simple)?;
        self.at += 1;
        self.skip_spaces();
        match self.byte()? {
            b'\n' | b'#' => None,
            _ => self.value(),
        }
    }

    /// A key that ends in this line: its style, its bytes with quotes, and where its colon stands.
    /// `Some(None)` if this is no key; the position stays.
    fn key(&mut self) -> Option<Option<(Style, Span, Inside, usize)>> {
        let start = self.at;
        let (style, end, inside, after) = match self.byte()? {
            quote @ (b'\'' | b'"') => {
                let (end, inside) = self.quoted_end(quote)?;
                let mut after = end;
                while self.bytes.get(after) == Some(&b' ') {
                    after += 1;
                }
                if self.bytes.get(after) != Some(&b':') {
                    return Some(None);
                }
                (scalar::quotes(quote), end, inside, after)
            }
            b'[' | b'{' | b'|' | b'>' => return Some(None),
            _ => match self.plain_line(self.at)? {
                (end, scalar::Stop::Colon(colon)) => (Style::Plain, end, Inside::PLAIN, colon),
                _ => return Some(None),
            },
        };
        let separates = matches!(self.bytes.get(after + 1), None | Some(b' ' | b'\n'));
        let short = end - start <= scalar::MAX_KEY;
        let key = (style, Span::at(start..end), inside, after);
        (inside.one_line && separates && short).then_some(Some(key))
    }

    /// What follows the colon of a key in its line.
    fn value_of_key(&mut self, colon: usize) -> Option<()> {
        self.skip_spaces();
        if let Some(b'&' | b'!') = self.byte() {
            self.property()?;
        }
        match self.byte() {
            None | Some(b'\n' | b'#') => self.later(colon),
            Some(b'-') if self.is_dash() => None,
            Some(_) => self.value(),
        }
    }

    /// What belongs here stands in the lines below.
    fn later(&mut self, place: usize) -> Option<()> {
        let level = self.levels.last_mut()?;
        level.waits = Some(place);
        match self.byte() {
            None | Some(b'\n' | b'#') => self.skip_line(),
            Some(_) => return None,
        }
        Some(())
    }

    /// A scalar or a collection in brackets, to the end of its last line.
    fn value(&mut self) -> Option<()> {
        let around = self.levels.last()?.column;
        match self.byte()? {
            b'*' => self.alias()?,
            quote @ (b'\'' | b'"') => self.quoted(quote, around)?,
            b'[' | b'{' => self.flow(around)?,
            mark @ (b'|' | b'>') => return self.block(mark, around),
            _ => self.plain(around)?,
        }
        self.line_end()
    }
}
