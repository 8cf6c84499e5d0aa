//! Names in texts of LookML: `${view.field}`, `@{CONSTANT}` and Liquid.

use memchr::memmem;

/// What a text mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention<'t> {
    /// `${view.field}`, `${field}`
    Field(&'t [u8]),
    /// `${view.SQL_TABLE_NAME}`
    Table(&'t [u8]),
    /// `@{CONSTANT}`
    Constant(&'t [u8]),
    /// `{{ view.field._value }}`, `{% parameter view.field %}`
    Liquid(&'t [u8]),
}

/// Gives what `text` mentions, and the byte where each stands.
pub(super) fn mentions<'t>(text: &'t [u8], mut give: impl FnMut(Mention<'t>, usize)) {
    let mut done = 0;
    for brace in memchr::memchr_iter(b'{', text) {
        if brace < done {
            continue;
        }
        let before = brace.checked_sub(1).map(|at| text[at]);
        let inside = brace + 1;
        match (before, text.get(inside)) {
            (Some(b'$'), _) => {
                let Some(name) = up_to_brace(&text[inside..]) else {
                    continue;
                };
                match name.strip_suffix(b".SQL_TABLE_NAME") {
                    Some(view) => give(Mention::Table(view), inside),
                    None => give(Mention::Field(name), inside),
                }
            }
            (Some(b'@'), _) => {
                if let Some(name) = up_to_brace(&text[inside..]) {
                    give(Mention::Constant(name), inside);
                }
            }
            (_, Some(b'{' | b'%')) => {
                let end: &[u8] = if text[inside] == b'{' { b"}}" } else { b"%}" };
                let start = inside + 1;
                let length = memmem::find(&text[start..], end);
                done = length.map_or(text.len(), |length| start + length);
                liquid(&text[start..done], |name, at| {
                    give(Mention::Liquid(name), start + at);
                });
            }
            _ => {}
        }
    }
}

/// The name before the next `}`, if nothing else stands there.
fn up_to_brace(text: &[u8]) -> Option<&[u8]> {
    let is_part = |b: &u8| is_name_byte(*b) || matches!(b, b'.' | b' ');
    let length = text.iter().take_while(|b| is_part(b)).count();
    let name = text[..length].trim_ascii();
    let is_name = !name.is_empty() && !name.contains(&b' ');
    (text.get(length) == Some(&b'}') && is_name).then_some(name)
}

/// Fields in the inside of a tag or output of Liquid: behind `parameter` and `condition`, and before what all
/// fields have, such as `._value`.
fn liquid<'t>(text: &'t [u8], mut give: impl FnMut(&'t [u8], usize)) {
    let mut at = 0;
    let mut is_wanted = false;
    while let Some(&byte) = text.get(at) {
        if matches!(byte, b'"' | b'\'') {
            let Some(length) = memchr::memchr(byte, &text[at + 1..]) else {
                return;
            };
            at += length + 2;
            continue;
        }
        if !is_name_byte(byte) {
            at += 1;
            continue;
        }
        let is_part = |b: &u8| is_name_byte(*b) || *b == b'.';
        let length = text[at..].iter().take_while(|b| is_part(b)).count();
        let word = &text[at..at + length];
        if let Some(field) = without_property(word).or(is_wanted.then_some(word)) {
            give(field, at);
        }
        is_wanted = matches!(word, b"parameter" | b"condition");
        at += length;
    }
}

/// `view.field` of `view.field._value`.
fn without_property(word: &[u8]) -> Option<&[u8]> {
    let dot = memchr::memrchr(b'.', word)?;
    let (field, property) = (&word[..dot], &word[dot + 1..]);
    (property.starts_with(b"_") && !field.starts_with(b"_")).then_some(field)
}

pub(super) fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let mut found = Vec::new();
        mentions(text.as_bytes(), |mention, at| {
            let (word, name) = match mention {
                Mention::Field(name) => ("field", name),
                Mention::Table(name) => ("table", name),
                Mention::Constant(name) => ("constant", name),
                Mention::Liquid(name) => ("liquid", name),
            };
            assert!(text.as_bytes()[at..].trim_ascii_start().starts_with(name));
            found.push(format!("{word} {}", String::from_utf8_lossy(name)));
        });
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn what_texts_mention() {
        check(
            "${a.b} = ${ c } + ${TABLE}.d",
            &["field a.b", "field c", "field TABLE"],
        );
        check("FROM ${a.SQL_TABLE_NAME}", &["table a"]);
        check("@{A}.b ${@{C}.d} $ {x} {y}", &["constant A", "constant C"]);
        check(
            "{{ a.b._value }} {{ value }} {{ row['a.b'] }}",
            &["liquid a.b"],
        );
        check(
            "{% if a.b._in_query and _user_attributes.x %}",
            &["liquid a.b"],
        );
        check(
            "{%parameter a.b%} {% condition c %} x {% endcondition %}",
            &["liquid a.b", "liquid c"],
        );
        check("{{ _model._name }} {{ 'it", &[]);
        check("{% ${a.b}", &[]);
    }
}
