//! Paths as Git writes them in a patch.

/// `prefix` and `path`; in quotes, with escapes as in C, when a byte stands in it that is not
/// printable ASCII, a quote or a backslash. What comes out is always fit for a terminal.
pub(crate) fn quoted(prefix: &str, path: &[u8]) -> String {
    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    let mut out = String::from(prefix);
    if path.iter().all(plain) {
        out.extend(path.iter().map(|b| char::from(*b)));
        return out;
    }
    out.insert(0, '"');
    for byte in path {
        match byte {
            0x07 => out.push_str("\\a"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0b => out.push_str("\\v"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte if plain(byte) => out.push(char::from(*byte)),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        assert_eq!(quoted("a/", b"x y.lkml"), "a/x y.lkml");
        assert_eq!(quoted("a/", b"q\"\\"), r#""a/q\"\\""#);
        assert_eq!(quoted("", b"\t\x1b\xff"), r#""\t\033\377""#);
        assert_eq!(quoted("b/", "é".as_bytes()), r#""b/\303\251""#);
    }
}
