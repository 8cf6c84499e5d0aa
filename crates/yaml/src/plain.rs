//! Which texts can stand without quotes, and how a text is written inside quotes.

use std::fmt::Write as _;

use storyline_text::Visible;

/// What a reader of YAML, whether 1.1 or 1.2, takes an unquoted value for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Text,
    Null,
    Bool,
    /// Integers, fractions, times.
    Number,
    /// `<<` and `=`.
    Special,
}

pub(crate) fn meaning(text: &str) -> Meaning {
    if text == "<<" || text == "=" {
        return Meaning::Special;
    }
    // Readers know three spellings of each word; one more costs a pair of quotes at worst.
    match &*text.to_ascii_lowercase() {
        "" | "~" | "null" => Meaning::Null,
        "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off" => Meaning::Bool,
        lower if is_number(lower) => Meaning::Number,
        _ => Meaning::Text,
    }
}

/// Decimal, octal, hexadecimal, binary, fractions, exponents, `1:30`, `.inf`, `2016-01-31 10:00`.
fn is_number(lower: &str) -> bool {
    let digits = lower.trim_start_matches(['+', '-']);
    if matches!(digits, ".inf" | ".nan") {
        return true;
    }
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return hexadecimal
            .bytes()
            .all(|b| b == b'_' || b.is_ascii_hexdigit());
    }
    let rest = digits.strip_prefix("0o").unwrap_or(digits);
    let rest = rest.strip_prefix("0b").unwrap_or(rest);
    let starts = rest
        .trim_start_matches('.')
        .starts_with(|c: char| c.is_ascii_digit());
    starts
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || b"_.:+-etz \t".contains(&b))
}

/// Whether `c` can stand in a scalar as itself, and be seen.
pub(crate) fn is_printable(c: char) -> bool {
    !Visible::hides(c) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Whether `text` is read as itself, a piece of text on one line, without quotes.
pub(crate) fn is_safe(text: &str, in_flow: bool) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let second = chars.next();
    let separates = |c: Option<char>| match c {
        None | Some(' ') => true,
        Some(c) => in_flow && ",[]{}".contains(c),
    };
    let starts = match first {
        '-' | '?' | ':' => !separates(second),
        c => !",[]{}#&*!|>'\"%@`".contains(c),
    };
    starts && !text.starts_with("---") && !text.starts_with("...") && continues(text, in_flow)
}

/// Whether `text` can stand in a line of an unquoted value, as far as its inside goes.
pub(crate) fn continues(text: &str, in_flow: bool) -> bool {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        let ends = match c {
            '#' => before == ' ',
            ':' => match next {
                None | Some(' ') => true,
                Some(next) => in_flow && ",[]{}".contains(next),
            },
            c => !is_printable(c) || (in_flow && ",[]{}".contains(c)),
        };
        if ends {
            return false;
        }
        before = c;
    }
    !text.starts_with(' ') && !text.ends_with(' ')
}

/// The inside of single quotes; `None` if it cannot say that.
pub(crate) fn single(text: &str) -> Option<String> {
    text.chars()
        .all(is_printable)
        .then(|| text.replace('\'', "''"))
}

/// The inside of double quotes, which can say everything.
pub(crate) fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                // Writing to a string cannot fail.
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out
}
