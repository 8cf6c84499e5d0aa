//! The leaves of the grammar: nom rules over bytes, each of which takes one token.
//!
//! A leaf that can be long (a comment, a string, SQL) is found with `memchr`, which is where most
//! of the bytes of a project are. Rules never look at what stands around them; `parser` decides
//! which one to ask.

use memchr::{memchr, memchr2};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::recognize;
use nom::error::{Error, ErrorKind};
use nom::multi::many1_count;
use nom::{Err, IResult, Parser};

type Leaf<'s> = IResult<&'s [u8], &'s [u8]>;

/// What a byte can be. A byte that is none of these belongs to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Punctuation,
    /// First byte of a no-break space or byte order mark, or of some other letter.
    MaybeSpace,
}

static CLASS: [Class; 256] = {
    let mut table = [Class::Word; 256];
    // NUL and the vertical feeds turn up in files that other tools wrote; Looker's own readers
    // differ on them, so they separate words and are kept.
    let mut i = 0;
    while i < b"\0\t\n\x0b\x0c\r ".len() {
        table[b"\0\t\n\x0b\x0c\r "[i] as usize] = Class::Space;
        i += 1;
    }
    let mut i = 0;
    while i < b":{}],;\"".len() {
        table[b":{}],;\""[i] as usize] = Class::Punctuation;
        i += 1;
    }
    table[NO_BREAK_SPACE[0] as usize] = Class::MaybeSpace;
    table[BYTE_ORDER_MARK[0] as usize] = Class::MaybeSpace;
    table
};

const NO_BREAK_SPACE: &[u8] = "\u{a0}".as_bytes();
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn class(byte: u8) -> Class {
    CLASS[byte as usize]
}

fn split(input: &[u8], at: usize) -> Leaf<'_> {
    Ok((&input[at..], &input[..at]))
}

fn no_match(input: &[u8]) -> Leaf<'_> {
    Err(Err::Error(Error::new(input, ErrorKind::Verify)))
}

/// Blanks, line ends, and the odd characters that stand for them.
pub(crate) fn whitespace(input: &[u8]) -> Leaf<'_> {
    // Nearly every run is plain; the general rule is asked only when it is not.
    let plain = input
        .iter()
        .position(|b| class(*b) != Class::Space)
        .unwrap_or(input.len());
    match input.get(plain) {
        Some(b) if class(*b) == Class::MaybeSpace => odd_whitespace(input),
        _ if plain == 0 => no_match(input),
        _ => split(input, plain),
    }
}

fn odd_whitespace(input: &[u8]) -> Leaf<'_> {
    recognize(many1_count(alt((
        take_while1(|b| class(b) == Class::Space),
        tag(NO_BREAK_SPACE),
        tag(BYTE_ORDER_MARK),
    ))))
    .parse(input)
}

/// `#` to the end of the line; the line end is not part of it.
pub(crate) fn comment(input: &[u8]) -> Leaf<'_> {
    if input.first() != Some(&b'#') {
        return no_match(input);
    }
    let line = memchr(b'\n', input).unwrap_or(input.len());
    let carriage_return = input[..line].last() == Some(&b'\r');
    split(input, line - usize::from(carriage_return))
}

/// A key, name, number, date, `yes`, `view.field`, `set*`, `-field`: any run of bytes that does not
/// separate. `@{constant}` and `${field}` inside it belong to it.
pub(crate) fn word(input: &[u8]) -> Leaf<'_> {
    match input.first() {
        None | Some(b'#' | b'[') => return no_match(input),
        Some(_) => {}
    }
    let mut at = 0;
    loop {
        let rest = &input[at..];
        at += rest
            .iter()
            .position(|b| class(*b) != Class::Word)
            .unwrap_or(rest.len());
        let rest = &input[at..];
        let substitution = at > 0 && matches!(input[at - 1], b'@' | b'$');
        match rest.first() {
            Some(b'{') if substitution => match braced(rest) {
                Ok((_, name)) => at += name.len(),
                Err(_) => break,
            },
            Some(b) if class(*b) == Class::MaybeSpace && odd_whitespace(rest).is_err() => at += 1,
            _ => break,
        }
    }
    if at == 0 {
        return no_match(input);
    }
    split(input, at)
}

/// `{name}`, as it follows `@` or `$`.
fn braced(input: &[u8]) -> Leaf<'_> {
    let name = take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    recognize((tag("{"), name, tag("}"))).parse(input)
}

/// `"` to the next `"` that no backslash precedes. Both quotes are part of it; line ends may be.
pub(crate) fn string(input: &[u8]) -> Leaf<'_> {
    if input.first() != Some(&b'"') {
        return no_match(input);
    }
    let mut at = 1;
    while let Some(found) = input.get(at..).and_then(|i| memchr2(b'"', b'\\', i)) {
        if input[at + found] == b'"' {
            return split(input, at + found + 1);
        }
        at += found + 2;
    }
    no_match(input)
}

/// Everything before the first `;;`, which is not part of it. Quotes and comments of SQL do not
/// hide a `;;`: all readers of LookML agree on that.
pub(crate) fn raw(input: &[u8]) -> Leaf<'_> {
    let mut at = 0;
    while let Some(found) = input.get(at..).and_then(|i| memchr(b';', i)) {
        at += found;
        if input.get(at + 1) == Some(&b';') {
            return split(input, at);
        }
        at += 1;
    }
    no_match(input)
}

/// Whether the value of `key` runs to `;;`. Readers of LookML know a list of such parameters that
/// grows with Looker; this is the rule behind the list, so that new ones are read as well.
pub(crate) fn takes_raw(key: &[u8]) -> bool {
    match key.first() {
        Some(b's') => key.starts_with(b"sql") || key.ends_with(b"_sql"),
        Some(b'h') => key.starts_with(b"html") || key.ends_with(b"_sql"),
        Some(b'e') => key.starts_with(b"expr") || key.ends_with(b"_sql"),
        _ => key.ends_with(b"_sql"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&[u8]) -> Leaf<'_>, input: &str, expect: Option<&str>) {
        let taken = rule(input.as_bytes()).ok().map(|(_, token)| token);
        assert_eq!(taken, expect.map(str::as_bytes), "{input:?}");
    }

    #[test]
    fn words() {
        for whole in [
            "a",
            "10",
            "-1.5",
            "2020-01-01",
            "view.field",
            "set*",
            "ALL_FIELDS*",
            "-a.b",
            "+x",
            "b$c",
            "50%",
            "'x'",
            "a#b",
            "caf\u{e9}",
            "a[b",
            "@{x}_y",
            "a_${b.c}_d",
            "\u{2019}x",
            "\u{c2}\u{e5}",
        ] {
            check(word, whole, Some(whole));
        }
        for (input, expect) in [
            ("a b", "a"),
            ("a:b", "a"),
            ("a{", "a"),
            ("a}", "a"),
            ("a,", "a"),
            ("a]", "a"),
            ("a;;", "a"),
            ("a\"b", "a"),
            ("a\u{a0}b", "a"),
            ("a@{", "a@"),
            ("a${ x }", "a$"),
            ("a\u{feff}", "a"),
            ("a\0b", "a"),
        ] {
            check(word, input, Some(expect));
        }
        for input in ["", " a", ":", "{", "[", "#a", "\"a\"", ";", "\u{a0}a"] {
            check(word, input, None);
        }
    }

    #[test]
    fn strings() {
        check(string, r#""" x"#, Some(r#""""#));
        check(string, r#""a\"b" c"#, Some(r#""a\"b""#));
        check(string, r#""a\\" c""#, Some(r#""a\\""#));
        check(string, "\"a\nb\"", Some("\"a\nb\""));
        check(string, r#""0.0\%" x"#, Some(r#""0.0\%""#));
        for open in ["\"", "\"abc", "\"abc\\\"", "\"abc\\", "abc\""] {
            check(string, open, None);
        }
    }

    #[test]
    fn raw_values() {
        check(raw, ";;", Some(""));
        check(raw, " a;b # c \"d;; e", Some(" a;b # c \"d"));
        check(raw, "a;;;", Some("a"));
        check(raw, "a; ;", None);
    }

    #[test]
    fn trivia() {
        check(
            whitespace,
            " \t\r\n\0\x0c\u{a0}\u{feff} a",
            Some(" \t\r\n\0\x0c\u{a0}\u{feff} "),
        );
        check(whitespace, "\u{a1}", None);
        check(whitespace, "\u{a0}", Some("\u{a0}"));
        check(comment, "# a\r\nb", Some("# a"));
        check(comment, "#", Some("#"));
    }

    #[test]
    fn keys_of_raw_values() {
        for key in [
            "sql",
            "sql_on",
            "sql_preamble",
            "html",
            "expression",
            "expr_rule",
            "create_sql",
        ] {
            assert!(takes_raw(key.as_bytes()), "{key}");
        }
        for key in [
            "type",
            "dimension",
            "filters",
            "label",
            "sets",
            "hidden",
            "explore",
        ] {
            assert!(!takes_raw(key.as_bytes()), "{key}");
        }
    }
}
