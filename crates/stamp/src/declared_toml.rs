//! Declared sites in TOML.

use std::str;

use storyline_text::{Diagnostic, Edit, Label, RelPath, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::candidate::Shape;
use crate::declared_data::{Data, Piece, escaped};
use crate::refusal;

/// What is still to be walked through.
enum Left<'t> {
    Value(&'t Spanned<DeValue<'t>>),
    Table(&'t DeTable<'t>),
    Key(&'t str),
    End,
}

pub(crate) fn read(path: &RelPath, source: &[u8]) -> Result<Data, Diagnostic> {
    let text = str::from_utf8(source).map_err(|error| refusal::not_utf8(path, error))?;
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or(text.len()..text.len());
        let label = Label::at(path, Span::at(at), "");
        refusal::unreadable("TOML", error.message().trim_end(), label)
    })?;
    let mut pieces = Vec::new();
    let mut left = vec![Left::Table(table.get_ref())];
    while let Some(next) = left.pop() {
        match next {
            Left::End => pieces.push(Piece::End),
            Left::Key(key) => pieces.push(Piece::Key(key.into())),
            Left::Table(table) => {
                pieces.push(Piece::Mapping);
                left.push(Left::End);
                for (key, value) in table {
                    left.push(Left::Value(value));
                    left.push(Left::Key(key.get_ref()));
                }
            }
            Left::Value(value) => match value.get_ref() {
                DeValue::Table(table) => left.push(Left::Table(table)),
                DeValue::Array(items) => {
                    pieces.push(Piece::List);
                    left.push(Left::End);
                    left.extend(items.iter().rev().map(Left::Value));
                }
                DeValue::String(name) => {
                    let span = content(source, Span::at(value.span()));
                    pieces.push(Piece::Text(span, name.as_ref().into()));
                }
                _ => pieces.push(Piece::Other(Span::at(value.span()))),
            },
        }
    }
    Ok(Data {
        pieces,
        shape: Shape::Toml,
        source: source.into(),
    })
}

/// The four ways to write a string.
const QUOTES: [&[u8]; 4] = [b"\"\"\"", b"'''", b"\"", b"'"];

/// What stands between the quotes of a string, without the line end that opens several lines.
fn content(source: &[u8], span: Span) -> Span {
    let written = span.slice(source);
    let quotes = QUOTES.iter().find(|quotes| written.starts_with(quotes));
    let width = quotes.map_or(0, |quotes| quotes.len());
    let line_end = match &written[width..] {
        [b'\n', ..] if width == 3 => 1,
        [b'\r', b'\n', ..] if width == 3 => 2,
        _ => 0,
    };
    Span::new(
        span.start + (width + line_end) as u32,
        span.end - width as u32,
    )
}

/// Writes `name` in place of the string between whose quotes `span` is.
pub(crate) fn replace(source: &[u8], span: Span, name: &str) -> Edit {
    let before = source[..span.start as usize].trim_ascii_end();
    let quotes = QUOTES.iter().find(|quotes| before.ends_with(quotes));
    let quotes = quotes.copied().unwrap_or(b"\"");
    if quotes.starts_with(b"\"") {
        return Edit::replace(span, escaped(name).as_bytes());
    }
    // These quotes have no escapes for what cannot stand between them.
    if !name.contains(|c: char| c == '\'' || c.is_control()) {
        return Edit::replace(span, name);
    }
    let start = before.len() - quotes.len();
    let whole = Span::at(start..span.end as usize + quotes.len());
    Edit::replace(whole, format!("\"{}\"", escaped(name)))
}
