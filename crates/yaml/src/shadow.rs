//! A stand-in for bytes that a YAML parser refuses, with the way back to the real ones.
//!
//! Real files hold Latin-1, stray control characters and tabs as indentation. The parser reads a
//! copy in which something harmless stands in their place; places in the copy are translated back,
//! so that spans and edits concern the bytes that are really there.

/// A control character `c` is read as the private character `CONTROL + c`.
const CONTROL: u32 = 0x10_ff00;
/// The highest control character: C1 ends here.
const LAST_CONTROL: u32 = 0x9f;
/// A byte order mark, which may stand in front only.
const BOM: char = '\u{feff}';
/// What a byte order mark elsewhere is read as.
const BOM_INSIDE: char = '\u{10ffef}';

/// A text to parse in place of the source.
pub(crate) struct Shadow {
    pub(crate) text: String,
    /// Pairs of offsets, in the text and in the source, that belong together. After such a pair
    /// both advance alike, up to the next one.
    anchors: Vec<(usize, usize)>,
}

impl Shadow {
    /// Puts stand-ins for whatever the parser refuses wherever it stands. With `columns`, each tab
    /// of a line's indentation becomes that many spaces.
    pub(crate) fn new(source: &[u8], columns: Option<usize>) -> Self {
        let mut shadow = Self {
            text: String::with_capacity(source.len() + source.len() / 8),
            anchors: vec![(0, 0)],
        };
        let mut at = 0;
        let mut indent = true;
        for chunk in source.utf8_chunks() {
            let mut chars = chunk.valid().chars().peekable();
            while let Some(c) = chars.next() {
                let after = at + c.len_utf8();
                match (c, columns) {
                    ('\t', Some(columns)) if indent => shadow.put(&" ".repeat(columns), after),
                    _ => shadow.put_char(c, at, after),
                }
                let dash = c == '-' && matches!(chars.peek(), Some(' ' | '\t'));
                indent = matches!(c, '\n' | '\r') || (indent && (matches!(c, ' ' | '\t') || dash));
                at = after;
            }
            if !chunk.invalid().is_empty() {
                at += chunk.invalid().len();
                shadow.put("\u{fffd}", at);
                indent = false;
            }
        }
        shadow
    }

    /// Whether `source` has a tab in some line's indentation.
    pub(crate) fn has_tabs(source: &[u8]) -> bool {
        let lines = source.split(|b| matches!(b, b'\n' | b'\r'));
        let mut indents = lines.map(|line| line.iter().take_while(|b| b" \t-".contains(b)));
        indents.any(|mut indent| indent.any(|b| *b == b'\t'))
    }

    fn put_char(&mut self, c: char, at: usize, after: usize) {
        let stand_in = match c {
            '\t' | '\n' | '\r' | '\u{85}' => None,
            BOM => (at > 0).then_some(BOM_INSIDE),
            c if c.is_control() => char::from_u32(CONTROL + u32::from(c)),
            '\u{fffe}' | '\u{ffff}' => Some('\u{fffd}'),
            _ => None,
        };
        match stand_in {
            Some(other) => self.put(other.encode_utf8(&mut [0; 4]), after),
            None => self.text.push(c),
        }
    }

    /// `text` stands for the source up to `after`.
    fn put(&mut self, text: &str, after: usize) {
        self.text.push_str(text);
        self.anchors.push((self.text.len(), after));
    }

    /// The offset in the source of an offset in the text. Inside a stand-in it is the end of what
    /// that stands for, or before.
    pub(crate) fn to_source(&self, offset: usize) -> usize {
        let next = self.anchors.partition_point(|(text, _)| *text <= offset);
        // Not below 0: the first pair is (0, 0).
        let (text, source) = self.anchors[next - 1];
        let limit = self.anchors.get(next).map_or(usize::MAX, |pair| pair.1);
        (source + offset - text).min(limit)
    }

    /// A value with the control characters that stand-ins were read for.
    pub(crate) fn restore(value: &str) -> String {
        let real = |c: char| match u32::from(c).wrapping_sub(CONTROL) {
            code @ 0..=LAST_CONTROL => char::from_u32(code).unwrap_or(c),
            _ if c == BOM_INSIDE => BOM,
            _ => c,
        };
        value.chars().map(real).collect()
    }
}
