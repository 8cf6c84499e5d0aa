//! Tokens of the YAML-like syntax: scalars where `crates/yaml` found them, and what is between.

use memchr::memchr2;
use storyline_text::Span;
use storyline_yaml::{Document as Yaml, Kind, Node, Style};

use super::{Adapter, moved};
use crate::tree::TokenKind;

impl Adapter<'_> {
    /// Tokens of a piece that starts at `base`.
    pub(super) fn tokens(&mut self, yaml: &Yaml<'_>, base: u32) {
        for node in yaml.nodes() {
            let (text, kind) = match node.kind() {
                Kind::Scalar(style) if style.is_block() => {
                    (trimmed(node, style, base), TokenKind::Raw)
                }
                Kind::Scalar(Style::Single | Style::Double) => {
                    (moved(node.span(), base), TokenKind::String)
                }
                Kind::Scalar(_) | Kind::Alias => {
                    let text = node.span().slice(yaml.source());
                    let kind = match memchr2(b'\n', b'\r', text) {
                        Some(_) => TokenKind::Raw,
                        None => TokenKind::Word,
                    };
                    (moved(node.span(), base), kind)
                }
                Kind::Mapping | Kind::Sequence => continue,
            };
            if (text.start as usize) < self.at {
                continue;
            }
            self.gap(text.start as usize);
            self.push(kind, text.len());
        }
        self.gap(base as usize + yaml.source().len());
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        if length > 0 {
            self.document.kinds.push(kind);
            let start = Span::at(self.at..self.at + length).start;
            self.document.starts.push(start);
            self.at += length;
        }
    }

    /// Tokens up to byte `end`, between which no scalar stands.
    pub(super) fn gap(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.document.source[self.at..end];
            let (kind, length) = between(rest);
            self.push(kind, length);
        }
    }

    /// Tokens up to byte `end` of lines that could not be read.
    pub(super) fn lines(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.document.source[self.at..end];
            let (kind, length) = match between(rest) {
                (kind, length) if kind.is_trivia() => (kind, length),
                _ => {
                    let line = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    (TokenKind::Unknown, rest[..line].trim_ascii_end().len())
                }
            };
            self.push(kind, length);
        }
    }
}

/// The text below the header of a block scalar, without the blanks around it; where there is none, an
/// empty span before the header.
pub(super) fn trimmed(node: Node<'_>, style: Style, base: u32) -> Span {
    let span = moved(node.span(), base);
    let Some(scalar) = node.scalar().filter(|_| style.is_block()) else {
        return span;
    };
    let content = scalar.content();
    let text = content.slice(scalar.document().source());
    let blanks = text.len() - text.trim_ascii_start().len();
    match text.trim_ascii().len() {
        0 => Span::new(span.start, span.start),
        length => {
            let start = content.start as usize + blanks;
            moved(Span::at(start..start + length), base)
        }
    }
}

/// The first token of `rest`, which is not empty and holds no scalar.
fn between(rest: &[u8]) -> (TokenKind, usize) {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let is_space = |b: &u8| b.is_ascii_whitespace() || matches!(b, 0 | b'\x0b');
    let blanks = rest.iter().take_while(|b| is_space(b)).count();
    if blanks > 0 {
        return (TokenKind::Whitespace, blanks);
    }
    let kind = match rest[0] {
        _ if rest.starts_with(BYTE_ORDER_MARK) => {
            return (TokenKind::Whitespace, BYTE_ORDER_MARK.len());
        }
        b'#' => {
            let line = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            return (TokenKind::Comment, line);
        }
        b':' => TokenKind::Colon,
        b',' => TokenKind::Comma,
        b'{' => TokenKind::OpenBrace,
        b'}' => TokenKind::CloseBrace,
        b'[' => TokenKind::OpenBracket,
        b']' => TokenKind::CloseBracket,
        b'!' | b'&' | b'*' => {
            let ends = |b: &u8| is_space(b) || b",[]{}".contains(b);
            let name = rest.iter().take_while(|b| !ends(b)).count();
            return (TokenKind::Indicator, name);
        }
        _ => {
            let ends = |b: &u8| is_space(b) || b":,[]{}#".contains(b);
            let length = rest.iter().take_while(|b| !ends(b)).count();
            return (TokenKind::Indicator, length);
        }
    };
    (kind, 1)
}
