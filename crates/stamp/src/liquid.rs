//! Models that Liquid compares with `_model._name`.
//!
//! `{% if _model._name == 'orders' %}` would stop being true under another name, so the literal is
//! a site. Read are comparisons on either side and `case … when`.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use storyline_manifest::Kind;
use storyline_text::Span;

use crate::candidate::{Candidate, Shape};

pub(crate) const VARIABLE: &[u8] = b"_model._name";

/// Texts are many and mostly short, so that what finds it is made once.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(VARIABLE));

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|b: u8| b.is_ascii_whitespace())(input)
}

fn operator(input: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((tag("=="), tag("!="), tag("<>"))).parse(input)
}

/// What quotes a literal: `\"` as it stands inside a LookML string, `''` inside a YAML scalar that is
/// in single quotes itself.
const QUOTES: [&str; 4] = ["''", "'", "\\\"", "\""];

/// `'m'` in any quotes. Gives `m`.
fn literal(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let quoted = |quote| delimited(tag(quote), is_not("'\"\\%{}\r\n"), tag(quote));
    alt(QUOTES.map(quoted)).parse(input)
}

/// `== 'm'` after the variable.
fn compared(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, (_, _, _, name)) = (blanks, operator, blanks, literal).parse(input)?;
    Ok((rest, name))
}

/// `'m' ==` before the variable.
fn compared_before(before: &[u8]) -> Option<&[u8]> {
    let before = before.trim_ascii_end();
    let operator = [&b"=="[..], b"!=", b"<>"];
    let before = operator.iter().find_map(|o| before.strip_suffix(*o))?;
    let before = before.trim_ascii_end();
    let (quote, before) = QUOTES
        .iter()
        .find_map(|q| Some((q.as_bytes(), before.strip_suffix(q.as_bytes())?)))?;
    let start = memmem::rfind(before, quote)? + quote.len();
    Some(&before[start..])
}

/// Adds the models that `text`, which starts at byte `offset` of its file, compares with.
pub(crate) fn scan(text: &[u8], offset: u32, out: &mut Vec<Candidate>) {
    if FINDER.find(text).is_none() {
        return;
    }
    let mut push = |name: &[u8]| {
        // Every name is a slice of `text`.
        let start = name.as_ptr() as usize - text.as_ptr() as usize;
        let start = offset as usize + start;
        if let Ok(text) = std::str::from_utf8(name) {
            out.push(Candidate {
                kind: Kind::Model,
                span: Span::at(start..start + name.len()),
                name: text.into(),
                shape: Shape::Plain,
            });
        }
    };
    for at in FINDER.find_iter(text) {
        let (before, after) = (&text[..at], &text[at + VARIABLE.len()..]);
        if let Ok((_, name)) = compared(after) {
            push(name);
        }
        if let Some(name) = compared_before(before) {
            push(name);
        }
    }
    cases(text, &mut push);
}

/// What a tag of Liquid is to us.
enum Tag<'s> {
    /// `{% case … %}`; whether it is about the model's name.
    Case(bool),
    /// `{% when …`, up to the end of the text.
    When(&'s [u8]),
    EndCase,
}

fn tag_here(input: &[u8]) -> Option<Tag<'_>> {
    let dash = input.strip_prefix(b"-").unwrap_or(input).trim_ascii_start();
    if let Some(rest) = dash.strip_prefix(b"case") {
        return Some(Tag::Case(rest.trim_ascii_start().starts_with(VARIABLE)));
    }
    if dash.starts_with(b"endcase") {
        return Some(Tag::EndCase);
    }
    dash.strip_prefix(b"when").map(Tag::When)
}

/// The literals of every `{% when 'a', 'b' or 'c' %}` that belongs to a `case` about the model.
fn cases<'s>(text: &'s [u8], push: &mut impl FnMut(&'s [u8])) {
    let mut open = Vec::new();
    for at in memmem::find_iter(text, b"{%") {
        match tag_here(&text[at + 2..]) {
            Some(Tag::Case(is_model)) => open.push(is_model),
            Some(Tag::EndCase) => {
                open.pop();
            }
            Some(Tag::When(rest)) if open.last() == Some(&true) => literals(rest, push),
            Some(Tag::When(_)) | None => {}
        }
    }
}

/// `'a', 'b' or 'c'`
fn literals<'s>(mut rest: &'s [u8], push: &mut impl FnMut(&'s [u8])) {
    while let Ok((next, (_, name))) = (blanks, literal).parse(rest) {
        push(name);
        let separator = (blanks, alt((tag(","), tag("or")))).parse(next);
        let Ok((next, _)) = separator else { return };
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let mut out = Vec::new();
        scan(text.as_bytes(), 7, &mut out);
        let found: Vec<_> = out.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(found, expect, "{text}");
        for c in &out {
            let at = c.span.start as usize - 7;
            assert_eq!(&text[at..at + c.span.len()], c.name);
        }
    }

    #[test]
    fn literals() {
        check("{% if _model._name == 'a' %}", &["a"]);
        check(
            "{% if _model._name != \"a\" or _model._name=='b' %}",
            &["a", "b"],
        );
        check("{% if 'a' == _model._name %}", &["a"]);
        check(r#"{% if _model._name == \"a.b\" %}"#, &["a.b"]);
        check(r#"{% if \"a\" == _model._name %}"#, &["a"]);
        check(
            "{% if _model._name == ''a'' or ''b'' != _model._name %}",
            &["a", "b"],
        );
        check("{% if _model._name == '' %}{% if x == '' %}", &[]);
        check(
            "{% case _model._name %}{% when 'a', 'b' or 'c' %}x{% when 'd' %}{% endcase %}{% when 'e' %}",
            &["a", "b", "c", "d"],
        );
        check(
            "{%- case _model._name -%}{% when 'a' %}{% case x %}{% when 'n' %}{% endcase %}{% when 'b' %}{% endcase %}",
            &["a", "b"],
        );
        check(
            "{% case _model._name %}{% when 'a' %}{% case _model._name %}{% when 'a' %}{% endcase %}{% endcase %}",
            &["a", "a"],
        );
        check("{{ _model._name }} {% if _model._name contains 'a' %}", &[]);
        check("{% if _model._name == x %}", &[]);
        check("{% if _model._name == 'a", &[]);
    }
}
