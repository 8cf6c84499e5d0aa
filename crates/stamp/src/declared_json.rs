//! Declared sites in JSON, with the comments and trailing commas that people's settings have.

use std::str;

use jsonc_parser::ast::Value;
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use storyline_text::{Diagnostic, Edit, Label, RelPath, Span};

use crate::candidate::Shape;
use crate::declared_data::{Data, Piece, escaped};
use crate::refusal;

const BOM: &str = "\u{feff}";

/// What is still to be walked through.
enum Left<'t> {
    Value(&'t Value<'t>),
    Key(&'t str),
    End,
}

pub(crate) fn read(path: &RelPath, source: &[u8]) -> Result<Data, Diagnostic> {
    let text = str::from_utf8(source).map_err(|error| refusal::not_utf8(path, error))?;
    let (offset, text) = match text.strip_prefix(BOM) {
        Some(rest) => (BOM.len(), rest),
        None => (0, text),
    };
    let span = |range: Range| Span::at(range.start + offset..range.end + offset);
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let label = Label::at(path, span(error.range()), "");
        refusal::unreadable("JSON", &error.kind().to_string(), label)
    })?;
    let mut pieces = Vec::new();
    let mut left: Vec<_> = parsed.value.iter().map(Left::Value).collect();
    while let Some(next) = left.pop() {
        match next {
            Left::End => pieces.push(Piece::End),
            Left::Key(key) => pieces.push(Piece::Key(key.into())),
            Left::Value(Value::Object(object)) => {
                pieces.push(Piece::Mapping);
                left.push(Left::End);
                for property in object.properties.iter().rev() {
                    left.push(Left::Value(&property.value));
                    left.push(Left::Key(property.name.as_str()));
                }
            }
            Left::Value(Value::Array(array)) => {
                pieces.push(Piece::List);
                left.push(Left::End);
                left.extend(array.elements.iter().rev().map(Left::Value));
            }
            Left::Value(Value::StringLit(text)) => {
                let Span { start, end } = span(text.range);
                // Without the quotes.
                let inner = Span::new(start + 1, end - 1);
                pieces.push(Piece::Text(inner, text.value.clone().into_owned()));
            }
            Left::Value(other) => pieces.push(Piece::Other(span(other.range()))),
        }
    }
    Ok(Data {
        pieces,
        shape: Shape::Json,
        source: source.into(),
    })
}

/// Writes `name` in place of the string between whose quotes `span` is.
pub(crate) fn replace(span: Span, name: &str) -> Edit {
    Edit::replace(span, escaped(name).as_bytes())
}
