//! Models that Liquid compares with `_model._name`.
//!
//! `{% if _model._name == 'orders' %}` would stop being true under another name, so the literal is
//! a site. Read are comparisons on either side and `case … when`.

use memchr::memmem;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use storyline_manifest::Kind;
use storyline_text::Span;

use crate::candidate::{Candidate, Shape};

const VARIABLE: &[u8] = b"_model._name";

/// Whether `text` is worth a look.
pub(crate) fn may_stand_in(text: &[u8]) -> bool {
    memmem::find(text, VARIABLE).is_some()
}

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
    for at in memmem::find_iter(text, VARIABLE) {
        let (before, after) = (&text[..at], &text[at + VARIABLE.len()..]);
        if let Ok((_, name)) = compared(after) {
            push(name);
        }
        if let Some(name) = compared_before(before) {
            push(name);
        }
        if before.trim_ascii_end().ends_with(b"case") {
            whens(after).into_iter().for_each(&mut push);
        }
    }
}

/// The literals of every `{% when 'a', 'b' or 'c' %}` up to `{% endcase %}`.
fn whens(after: &[u8]) -> Vec<&[u8]> {
    let end = memmem::find(after, b"endcase").unwrap_or(after.len());
    let mut names = Vec::new();
    for at in memmem::find_iter(&after[..end], b"when") {
        let mut rest = &after[at + b"when".len()..end];
        while let Ok((next, (_, name))) = (blanks, literal).parse(rest) {
            names.push(name);
            let separator = (blanks, alt((tag(","), tag("or")))).parse(next);
            let Ok((next, _)) = separator else { break };
            rest = next;
        }
    }
    names
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
        check("{{ _model._name }} {% if _model._name contains 'a' %}", &[]);
        check("{% if _model._name == x %}", &[]);
        check("{% if _model._name == 'a", &[]);
    }
}
