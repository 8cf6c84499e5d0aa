//! From the bytes of a scalar to its text, by our own reading of YAML's rules.
//!
//! Values come from the parser; this second reading finds the header of a block scalar, which the
//! parser leaves out of its spans, and tells [`crate::verify`] what an edited scalar should say, so
//! that two readers have to agree before an edit is trusted.

use std::iter;

use crate::node::Style;

/// The first line of `bytes`, its line break included.
pub(crate) fn first_line(bytes: &[u8]) -> &[u8] {
    let end = match memchr::memchr2(b'\n', b'\r', bytes) {
        Some(at) if bytes[at..].starts_with(b"\r\n") => at + 2,
        Some(at) => at + 1,
        None => bytes.len(),
    };
    &bytes[..end]
}

/// Where the line starts that the byte at `at` is in.
pub(crate) fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |before| before + 1)
}

/// Where the header of a block scalar starts, given the bytes since the node before it: indicators,
/// comments, tag and anchor may stand between.
pub(crate) fn header(bytes: &[u8]) -> usize {
    let mut at = 0;
    let mut after_blank = true;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at += match byte {
            b'|' | b'>' => return at,
            b'#' if after_blank => first_line(rest).len(),
            b'!' | b'&' => rest.iter().take_while(|b| !b.is_ascii_whitespace()).count(),
            _ => 1,
        };
        after_blank = byte.is_ascii_whitespace() || byte == b'#';
    }
    at
}

/// The text of a scalar whose bytes, quotes or header included, are `raw`. `indent` is the width in
/// bytes of a block's indentation. `None` for what is no scalar of that style.
pub(crate) fn text(style: Style, raw: &str, indent: usize) -> Option<String> {
    match style {
        Style::Plain => flow(style, raw),
        Style::Single => flow(style, raw.strip_prefix('\'')?.strip_suffix('\'')?),
        Style::Double => flow(style, raw.strip_prefix('"')?.strip_suffix('"')?),
        Style::Literal | Style::Folded => Some(block(style, raw, indent)),
    }
}

fn flow(style: Style, raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    // Blanks before a line break go away, but not those that an escape made.
    let mut kept = 0;
    let mut rest = raw;
    let is_special = |c| {
        matches!(
            (c, style),
            ('\n' | '\r', _) | ('\'', Style::Single) | ('"' | '\\', Style::Double)
        )
    };
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match (c, style) {
            ('\n' | '\r', _) => {
                out.truncate(out[kept..].trim_end_matches([' ', '\t']).len() + kept);
                let rest = fold(rest, &mut out);
                kept = out.len();
                rest
            }
            ('\'', Style::Single) => {
                out.push('\'');
                after.strip_prefix('\'')?
            }
            ('"', Style::Double) => return None,
            ('\\', Style::Double) => {
                let rest = escape(after, &mut out)?;
                kept = out.len();
                rest
            }
            _ => {
                let (text, rest) = rest.split_at(rest.find(is_special).unwrap_or(rest.len()));
                out.push_str(text);
                rest
            }
        };
    }
    Some(out)
}

/// A line break and what is blank after it: a space, or as many line feeds as lines are empty.
fn fold<'t>(text: &'t str, out: &mut String) -> &'t str {
    let (rest, breaks) = skip_breaks(text);
    if breaks == 1 {
        out.push(' ');
    }
    out.extend(iter::repeat_n('\n', breaks.saturating_sub(1)));
    rest
}

/// Skips blank lines and the blanks that the next line starts with; counts line breaks.
fn skip_breaks(mut text: &str) -> (&str, usize) {
    let mut breaks = 0;
    loop {
        text = text.trim_start_matches([' ', '\t']);
        if !text.starts_with(['\n', '\r']) {
            return (text, breaks);
        }
        text = &text[first_line(text.as_bytes()).len()..];
        breaks += 1;
    }
}

/// What stands after a backslash in double quotes; gives the rest.
fn escape<'t>(text: &'t str, out: &mut String) -> Option<&'t str> {
    let c = text.chars().next()?;
    let after = &text[c.len_utf8()..];
    let simple = match c {
        '\n' | '\r' => {
            let (rest, breaks) = skip_breaks(text);
            out.extend(iter::repeat_n('\n', breaks.saturating_sub(1)));
            return Some(rest);
        }
        'x' => return hexadecimal(after, 2, out),
        'u' => return hexadecimal(after, 4, out),
        'U' => return hexadecimal(after, 8, out),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '/' | '\\' => c,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    };
    out.push(simple);
    Some(after)
}

/// A character by its number; two halves of a surrogate pair make one.
fn hexadecimal<'t>(text: &'t str, digits: usize, out: &mut String) -> Option<&'t str> {
    let (number, rest) = digits_of(text, digits)?;
    if !(0xd800..0xdc00).contains(&number) {
        out.push(char::from_u32(number)?);
        return Some(rest);
    }
    let (low, rest) = digits_of(rest.strip_prefix("\\u")?, 4)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    out.push(char::from_u32(0x10000 + ((number - 0xd800) << 10) + low)?);
    Some(rest)
}

fn digits_of(text: &str, count: usize) -> Option<(u32, &str)> {
    let digits = text.get(..count)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, &text[count..]))
}

/// Whether a block scalar's header keeps all line breaks at the end (`+`) or none (`-`).
pub(crate) fn chomping(header: &[u8]) -> Option<u8> {
    let indicators = header[1.min(header.len())..].iter();
    let mut indicators = indicators.take_while(|b| !b.is_ascii_whitespace());
    indicators.find(|b| b"+-".contains(b)).copied()
}

fn block(style: Style, raw: &str, indent: usize) -> String {
    let header = first_line(raw.as_bytes());
    let mut out = String::with_capacity(raw.len());
    let mut rest = &raw[header.len()..];
    // Without text and without a number in the header, its widest line is the indentation.
    let no_text = rest.bytes().all(|b| b" \n\r".contains(&b));
    let numbered = header.iter().any(u8::is_ascii_digit);
    let indent = if no_text && !numbered {
        usize::MAX
    } else {
        indent
    };
    let mut empty = 0;
    // Lines that start with a blank keep their breaks even when lines are folded.
    let mut before: Option<bool> = None;
    // The file may end within the last line, which has no break then.
    let mut is_ended = true;
    while !rest.is_empty() {
        let line = first_line(rest.as_bytes()).len();
        let text = rest[..line].trim_end_matches(['\n', '\r']);
        is_ended = text.len() < line;
        rest = &rest[line..];
        let blank = text.bytes().take_while(|b| *b == b' ').count();
        let text = &text[blank.min(indent)..];
        if text.is_empty() {
            empty += usize::from(is_ended);
            is_ended = true;
            continue;
        }
        let deeper = text.starts_with([' ', '\t']);
        let folds = style == Style::Folded && before == Some(false) && !deeper;
        match before {
            Some(_) if folds && empty == 0 => out.push(' '),
            Some(_) if !folds => out.extend(iter::repeat_n('\n', empty + 1)),
            _ => out.extend(iter::repeat_n('\n', empty)),
        }
        out.push_str(text);
        before = Some(deeper);
        empty = 0;
    }
    let last = usize::from(before.is_some() && is_ended);
    match chomping(header) {
        Some(b'-') => {}
        Some(_) => out.extend(iter::repeat_n('\n', empty + last)),
        None => out.extend(iter::repeat_n('\n', last)),
    }
    out
}
