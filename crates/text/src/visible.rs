//! Text from files and other programs, made safe to show.

use std::fmt::{self, Write as _};

/// Shows bytes with everything that could act on a terminal, or mislead a reader, spelled out:
/// control characters (C0, C1, ESC, DEL), bidirectional overrides, zero-width characters and bytes
/// that are not UTF-8 come as `\u{1b}` or `\xff`. Tabs and line ends too, since a name holds none.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a>(pub &'a [u8]);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_hidden(c) {
                    write!(f, "{}", c.escape_unicode())?;
                } else {
                    f.write_char(c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl Visible<'_> {
    /// Whether `c` is shown spelled out.
    pub fn hides(c: char) -> bool {
        is_hidden(c)
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_a_terminal() {
        let shown = Visible(b"a\x1b[31mb\xff\r\n\xe2\x80\xaec \xc2\x9b").to_string();
        assert_eq!(shown, r"a\u{1b}[31mb\xff\u{d}\u{a}\u{202e}c \u{9b}");
        assert_eq!(
            Visible("caf\u{e9} & \u{65e5}".as_bytes()).to_string(),
            "café & 日"
        );
    }
}
