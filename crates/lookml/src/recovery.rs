//! Where a construct that was not closed most likely ended.
//!
//! These are guesses, made only once something is known to be wrong, or when what was read would
//! be absurd. They decide how much of a broken file is still understood, never how a good one is
//! read.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::{IResult, Parser};
use storyline_text::Span;

use crate::Document;
use crate::grammar;

/// Parameters that open a named block and that no SQL or HTML could hold at the start of a line.
const DECLARATIONS: [&[u8]; 15] = [
    b"access_grant",
    b"aggregate_table",
    b"datagroup",
    b"dimension",
    b"dimension_group",
    b"explore",
    b"filter",
    b"join",
    b"measure",
    b"named_value_format",
    b"parameter",
    b"set",
    b"test",
    b"view",
    b"map_layer",
];

/// Parameters that stand in no block.
const TOP_LEVEL: [&[u8]; 6] = [
    b"view",
    b"explore",
    b"include",
    b"datagroup",
    b"access_grant",
    b"connection",
];

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|b| matches!(b, b' ' | b'\t'))(input)
}

fn identifier(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(|b: u8| b.is_ascii_alphanumeric() || b == b'_')(input)
}

/// `key:` and a blank or line end.
fn parameter_head(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let space = |b: u8| b.is_ascii_whitespace();
    recognize((identifier, blanks, tag(":"), take_while1(space))).parse(input)
}

/// Whether a parameter starts here.
pub(crate) fn starts_parameter(input: &[u8]) -> bool {
    parameter_head(input).is_ok()
}

/// Whether `string`, which is followed by `after`, took the text up to the *opening* quote of a later
/// one. It goes over a line end then, and the text of the later one follows, or its key stands
/// before that quote and its own end is still to come.
pub(crate) fn swallows(string: &[u8], after: &[u8]) -> bool {
    let Some(line_end) = memrchr(b'\n', string) else {
        return false;
    };
    if grammar::word(after).is_ok() && !starts_parameter(after) {
        return true;
    }
    let last_line = &string[line_end + 1..string.len() - 1];
    let key = (blanks, identifier, blanks, tag(":"), blanks)
        .parse(last_line)
        .is_ok_and(|(rest, _)| rest.is_empty());
    key && quotes(after) % 2 == 1
}

/// How many quotes that no backslash precedes stand in the first line of `text`.
fn quotes(text: &[u8]) -> usize {
    let line = &text[..memchr(b'\n', text).unwrap_or(text.len())];
    memchr_iter(b'"', line)
        .filter(|at| *at == 0 || line[at - 1] != b'\\')
        .count()
}

/// The first line of `text` that declares something, up to its brace: `dimension: id {`.
pub(crate) fn declaration(text: &[u8]) -> Option<Range<usize>> {
    // What stands before a line's first brace is looked at, and nothing behind it.
    let mut seen = 0;
    memchr_iter(b'{', text).find_map(|brace| {
        let before = &text[seen..brace];
        let first_line = seen == 0;
        let from = std::mem::replace(&mut seen, brace + 1);
        // `${`, `{{` and `{%` are most of all braces in SQL; they go first.
        if !before.ends_with(b" ") && !before.ends_with(b"\t") {
            return None;
        }
        if matches!(text.get(brace + 1), Some(b'{' | b'%')) {
            return None;
        }
        let line = match memrchr(b'\n', before) {
            Some(line_end) => from + line_end + 1,
            None if first_line => 0,
            None => return None,
        };
        let indent = text[line..brace].len() - text[line..brace].trim_ascii_start().len();
        declares(&text[line..brace]).then_some(line + indent..brace + 1)
    })
}

fn declares(line: &[u8]) -> bool {
    let name = take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'.'));
    let parsed = (blanks, identifier, blanks, tag(":"), blanks, name, blanks).parse(line);
    parsed.is_ok_and(|(rest, (_, key, ..))| rest.is_empty() && DECLARATIONS.contains(&key))
}

/// Where a value whose `;;` is missing ends: before the first line, but its own, that is a
/// parameter or a `}`. Blanks before that line are left out.
pub(crate) fn end_of_value(text: &[u8]) -> usize {
    let mut end = text.len();
    for line_end in memchr_iter(b'\n', text) {
        let next = &text[line_end + 1..];
        let (line, _) = blanks(next).unwrap_or((next, next));
        if line.first() == Some(&b'}') || starts_parameter(line) {
            end = line_end;
            break;
        }
    }
    text[..end].trim_ascii_end().len()
}

/// In a file where block `open` is never closed: the first line after it that starts, without any
/// indent, something that stands in no block.
pub(crate) fn suspect(document: &Document<'_>, open: usize) -> Option<Span> {
    let source = document.source();
    let mut nodes = document.nodes().skip(open);
    let suspect = nodes.find(|node| {
        let start = node.span().start as usize;
        TOP_LEVEL.contains(&node.key()) && start > 0 && source[start - 1] == b'\n'
    })?;
    let start = suspect.span().start;
    Some(Span::new(start, start + suspect.key().len() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_in_sql() {
        for (text, expect) in [
            ("${TABLE}.a\n }\n dimension: b {\n", Some("dimension: b {")),
            ("view: +x {", Some("view: +x {")),
            ("select {{ a }} {% if %} ${b} {", None),
            ("function f() {\n if (a) {\n }", None),
            ("a: hover {", None),
            ("dimension: a b {", None),
            ("a {b} dimension: c {", None),
            ("a ${b} {\n view: c {", Some("view: c {")),
        ] {
            let found = declaration(text.as_bytes()).map(|line| &text[line]);
            assert_eq!(found, expect, "{text:?}");
        }
    }

    #[test]
    fn ends_of_values() {
        for (text, expect) in [
            ("a\n  type: x", "a"),
            ("a \n\n  }\n", "a"),
            ("a\n b::int\n c", "a\n b::int\n c"),
            ("\n type: x", ""),
        ] {
            assert_eq!(end_of_value(text.as_bytes()), expect.len(), "{text:?}");
        }
    }

    #[test]
    fn swallowing_strings() {
        assert!(swallows(b"\"abc\n label: \"", b"x\""));
        assert!(swallows(b"\"abc\n label: \"", b" x\""));
        assert!(swallows(b"\"abc\n label: \"", b"\"\n"));
        assert!(swallows(b"\"abc\n, b: a \"", b"x\""));
        assert!(!swallows(b"\"abc\n def\"", b"\n"));
        assert!(!swallows(b"\"abc: \"", b"x"));
        assert!(!swallows(b"\"abc\n Note:\"", b"\n label: \"\""));
        assert!(!swallows(b"\"abc\n Note:\"", b" label: \"\\\"\""));
        assert!(!swallows(b"\"abc\n def\"", b"label: \"x\""));
    }
}
