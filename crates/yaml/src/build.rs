//! Makes the arena from the parser's events.

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span as Place, StructureStyle,
};
use storyline_text::Span;

use crate::cook;
use crate::document::{Arena, NONE, Properties};
use crate::nest::Nest;
use crate::node::{self, Kind, Style};
use crate::read::MAX_DEPTH;
use crate::shadow::Shadow;
use crate::{Fault, ReadError};

/// Reads `text`, which is `source` itself or its `shadow`.
pub(crate) fn build(
    source: &[u8],
    text: &str,
    shadow: Option<&Shadow>,
) -> Result<Arena, ReadError> {
    let mut builder = Builder {
        source,
        shadow,
        nest: Nest::default(),
        anchors: Vec::new(),
    };
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, place) = event.map_err(|error| builder.syntax(&error))?;
        builder.event(event, &place)?;
    }
    Ok(builder.nest.arena)
}

/// The parser's own limits are twice ours: it counts brackets and indentation apart.
fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.flow_nesting_limit = 2 * MAX_DEPTH;
    options.block_nesting_limit = 2 * MAX_DEPTH;
    options
}

struct Builder<'t> {
    source: &'t [u8],
    shadow: Option<&'t Shadow>,
    nest: Nest,
    /// The parser's number of an anchor, and where it is among the properties.
    anchors: Vec<(usize, usize)>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, place: &Place) -> Result<(), ReadError> {
        match event {
            Event::DocumentStart(explicit, _) => {
                if explicit {
                    self.nest.seen = self.span(place).end;
                }
                self.nest.arena.documents += 1;
            }
            Event::DocumentEnd => self.nest.see(self.span(place)),
            Event::Scalar(value, style, ..) => self.scalar(&value, style, place),
            Event::MappingStart(style, ..) => self.start(Kind::Mapping, style, place)?,
            Event::SequenceStart(style, ..) => self.start(Kind::Sequence, style, place)?,
            Event::MappingEnd | Event::SequenceEnd => self.end(place),
            Event::Anchor(number, _) => self.anchor(number, place),
            Event::Alias(number) => self.alias(Some(number), place),
            Event::UnresolvedAlias(_) => self.alias(None, place),
            _ => {}
        }
        Ok(())
    }

    fn offset(&self, offset: usize) -> u32 {
        let offset = self
            .shadow
            .map_or(offset, |shadow| shadow.to_source(offset));
        u32::try_from(offset).unwrap_or(u32::MAX)
    }

    fn span(&self, place: &Place) -> Span {
        // The parser reads from a `str` and so always knows bytes.
        let bytes = place.byte_range().unwrap_or_default();
        Span::new(self.offset(bytes.start), self.offset(bytes.end))
    }

    /// The node that was just added may have a tag.
    fn tag(&mut self, node: u32, place: &Place) {
        if let Some(tag) = place.tag_span() {
            let tag = Some(self.span(&tag));
            self.nest.arena.properties.push(Properties {
                node,
                tag,
                anchor: None,
                aliases: 0,
            });
        }
    }

    fn start(&mut self, kind: Kind, style: StructureStyle, place: &Place) -> Result<(), ReadError> {
        let span = self.span(place);
        let brackets = style == StructureStyle::Flow;
        let node = self.nest.start(kind, span, brackets);
        self.tag(node.ok_or(ReadError::TooDeep(span))?, place);
        Ok(())
    }

    /// A block collection ends where its last child does, one in brackets with its bracket.
    fn end(&mut self, place: &Place) {
        self.nest.see(self.span(place));
        self.nest.end();
    }

    fn scalar(&mut self, mut value: &str, style: ScalarStyle, place: &Place) {
        let mut span = self.span(place);
        let mut link = NONE;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        if style.is_block() {
            (span, link) = self.block(span);
            if self.is_cut_short(span, link) {
                // The parser makes a line break up; other readers take the text as it is.
                value = value.strip_suffix('\n').unwrap_or(value);
            }
        }
        if span.is_empty() && !self.nest.wants_key() {
            // The parser puts a value that is not there before the colon of its key.
            let colon = self.source.get(span.start as usize) == Some(&b':');
            let place = span.start + u32::from(colon);
            span = Span::new(place, place);
        }
        let id = self.nest.scalar(style, span, link);
        self.tag(id, place);
        if !span.is_empty() {
            let content = node::content(self.source, style, span);
            if content.slice(self.source) != value.as_bytes() {
                let value = match self.shadow {
                    Some(_) => Shadow::restore(value),
                    None => value.to_owned(),
                };
                self.nest.cook(id, value);
            }
        }
    }

    /// The parser's span of a block scalar starts at its text, and may end in the indentation of
    /// the line that follows. Gives the span from the header on, and where the text starts.
    fn block(&self, span: Span) -> (Span, u32) {
        let seen = self.nest.seen;
        let start = seen + cook::header(&self.source[seen as usize..]) as u32;
        let header = cook::first_line(&self.source[start as usize..]).len() as u32;
        let content = start + header;
        let mut end = span.end.max(content);
        if (end as usize) < self.source.len() {
            let line = &self.source[content as usize..end as usize];
            let blanks = line.iter().rev().take_while(|b| matches!(b, b' ' | b'\t'));
            end -= blanks.count() as u32;
        }
        (Span::new(start, end), span.start.max(content).min(end))
    }

    /// Whether the file ends within the last line of a block scalar, whose first starts at `text`.
    fn is_cut_short(&self, span: Span, text: u32) -> bool {
        let start = |at: usize| cook::line_start(self.source, at);
        let (text, end) = (text as usize, self.source.len());
        span.end as usize == end && end - start(end) > text - start(text)
    }

    fn anchor(&mut self, number: usize, place: &Place) {
        let anchor = Some(self.span(place));
        let arena = &mut self.nest.arena;
        let node = (arena.nodes.len() as u32).saturating_sub(1);
        let properties = &mut arena.properties;
        match properties.last_mut() {
            Some(last) if last.node == node => last.anchor = anchor,
            _ => properties.push(Properties {
                node,
                tag: None,
                anchor,
                aliases: 0,
            }),
        }
        self.anchors.push((number, properties.len() - 1));
    }

    fn alias(&mut self, number: Option<usize>, place: &Place) {
        let span = self.span(place);
        let known = number.and_then(|n| self.anchors.binary_search_by_key(&n, |a| a.0).ok());
        let target = match known {
            Some(at) => {
                let properties = &mut self.nest.arena.properties[self.anchors[at].1];
                properties.aliases += 1;
                properties.node
            }
            None => {
                self.nest.arena.errors.push(ReadError::UnknownAnchor(span));
                NONE
            }
        };
        self.nest.push(Kind::Alias, span, target);
        self.nest.see(span);
    }

    fn syntax(&self, error: &ScanError) -> ReadError {
        let mut fault = Fault::from(error.kind());
        let at = self.offset(error.marker().byte_offset().unwrap_or_default());
        let mut at = (at as usize).min(self.source.len());
        if fault == Fault::Tab {
            // The parser may point at the value that the tab is in the way of.
            at += memchr::memchr(b'\t', &self.source[at..]).unwrap_or(0);
        }
        if matches!(fault, Fault::Colon | Fault::Indentation | Fault::Bracket) {
            let line = &self.source[cook::line_start(self.source, at)..at];
            let braces = memchr::memmem::find(line, b" {{").or(memchr::memmem::find(line, b" {%"));
            if braces.is_some() {
                fault = Fault::Template;
            }
        }
        let is_shown = |b: &u8| !matches!(b, b'\n' | b'\r');
        let shown = self.source.get(at).is_some_and(is_shown);
        let at = Span::at(at..at + usize::from(shown));
        match error.kind() {
            // The parser looks ahead, and so may meet its limit before ours.
            ErrorKind::RecursionLimitExceeded => ReadError::TooDeep(at),
            _ => ReadError::Syntax { at, fault },
        }
    }
}
