//! TOML and JSON as declared sites see them: keys, lists and texts one after the other.

use std::borrow::Cow;

use storyline_text::{Diagnostic, Label, RelPath, Span};
use storyline_yaml::{Pattern, Progress};

use crate::candidate::Shape;
use crate::declared::Found;
use crate::refusal;

/// A piece of data, in the order of a walk through it.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A mapping begins; each value in it has its key before it.
    Mapping,
    /// A list begins.
    List,
    /// The innermost mapping or list ends.
    End,
    /// The key of the value that comes next.
    Key(String),
    /// A text: its bytes without quotes, and what they mean.
    Text(Span, String),
    /// A value of another type, which holds no name.
    Other(Span),
}

/// A file's data.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) pieces: Vec<Piece>,
    /// How a text in it is written.
    pub(crate) shape: Shape,
    /// Bytes of the file, to compare what is no text.
    pub(crate) source: Vec<u8>,
}

/// A mapping or list around the current place.
struct Holder {
    progress: Progress,
    /// The number of the next item; `None` in a mapping.
    item: Option<u32>,
}

impl Data {
    /// Adds the texts that `pattern` means.
    pub(crate) fn find(
        &self,
        path: &RelPath,
        pattern: &Pattern,
        out: &mut Vec<Found>,
        errors: &mut Vec<Diagnostic>,
    ) {
        let mut holders: Vec<Holder> = Vec::new();
        let mut key = "";
        for piece in &self.pieces {
            match piece {
                Piece::Key(name) => {
                    key = name;
                    continue;
                }
                Piece::End => {
                    holders.pop();
                    continue;
                }
                _ => {}
            }
            let progress = match holders.last_mut() {
                None => pattern.start(0),
                Some(Holder {
                    progress,
                    item: None,
                }) => pattern.at_key(*progress, key),
                Some(Holder {
                    progress,
                    item: Some(next),
                }) => {
                    *next += 1;
                    pattern.at_item(*progress, *next - 1)
                }
            };
            let item = match piece {
                Piece::Mapping => None,
                Piece::List => Some(0),
                Piece::Text(span, name) if pattern.is_whole(progress) && !name.is_empty() => {
                    out.push(Found {
                        span: *span,
                        name: name.clone(),
                        shape: self.shape.clone(),
                    });
                    continue;
                }
                Piece::Other(span) if pattern.is_whole(progress) => {
                    errors.push(refusal::no_text(Label::at(path, *span, "")));
                    continue;
                }
                _ => continue,
            };
            holders.push(Holder { progress, item });
        }
    }

    /// Whether `other` is the same but for the texts that are `edited`.
    pub(crate) fn is_same(&self, other: &Self, edited: impl Fn(Span) -> bool) -> bool {
        let same = |(one, two): (&Piece, &Piece)| match (one, two) {
            (Piece::Mapping, Piece::Mapping)
            | (Piece::List, Piece::List)
            | (Piece::End, Piece::End) => true,
            (Piece::Key(one), Piece::Key(two)) => one == two,
            (Piece::Text(span, one), Piece::Text(_, two)) => one == two || edited(*span),
            (Piece::Other(one), Piece::Other(two)) => {
                one.slice(&self.source) == two.slice(&other.source)
            }
            _ => false,
        };
        let pairs = self.pieces.iter().zip(&other.pieces);
        self.pieces.len() == other.pieces.len() && pairs.into_iter().all(same)
    }
}

/// `text` between double quotes, as TOML and JSON both write it.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| c == '"' || c == '\\' || c.is_control();
    if !text.contains(special) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // All of them are below U+10000.
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.into()
}
