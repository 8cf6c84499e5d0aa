//! Words: values that make way for others of their kind without a doubt.
//!
//! Letters, digits, `_` and `-` mean nothing to our own reader of YAML. It goes through a word to the byte
//! behind it, counts no columns in the rest of that line, and limits the length of keys alone. So where it
//! read a file with a word as some value, it reads the same file with another word there in the same way:
//! the same nodes, of which those behind the word have moved. Such a file need not be read again.

use crate::node::{Scalar, Style};
use crate::plain::{self, Meaning};

/// Whether a text is a word, which everybody takes for text: it begins with a letter or `_`, and goes on
/// with those, digits and `-`. `yes` is none.
pub fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    bytes.next().is_some_and(starts)
        && bytes.all(|b| starts(b) || b.is_ascii_digit() || b == b'-')
        && plain::meaning(text) == Meaning::Text
}

impl Scalar<'_> {
    /// Whether this is a word in whose place any other one can be put, byte for byte. [`Scalar::replace`]
    /// does just that then, everything but the word is read as before, and what is there is a word again.
    pub fn is_word(&self) -> bool {
        let node = self.node();
        node.document.is_common
            && matches!(self.style(), Style::Plain | Style::Single | Style::Double)
            && !(self.is_key() || self.is_alias())
            && std::str::from_utf8(self.raw()).is_ok_and(is_word)
            && node.aliases() == 0
            && node.check_holders().is_ok()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use storyline_text::{Edit, Patch};

    use super::*;
    use crate::document::NONE;
    use crate::{Document, read, verify_read};

    /// Puts words in the place of those that `wanted` picks: the file is read as it was, and comes back.
    /// How many there were.
    pub(crate) fn check(source: &str, wanted: u64) -> Result<u32, TestCaseError> {
        let before = read(source.as_bytes());
        let words = || before.scalars().filter(Scalar::is_word);
        if !before.is_common {
            prop_assert_eq!(words().count(), 0, "{:?}", source);
            return Ok(0);
        }
        let words = words();
        let picked = words
            .enumerate()
            .filter(|(n, _)| wanted >> (n % 64) & 1 == 1);
        let new = ["other", "a", "_x-9", "a_much_longer_one"];
        let edits = picked.map(|(n, word)| {
            let replaced = word.replace(new[n % 4]).expect("a word makes way");
            assert_eq!(
                replaced.edit,
                Edit::replace(word.content(), new[n % 4].as_bytes())
            );
            assert!(!replaced.requoted && replaced.aliases == 0);
            replaced.edit
        });
        let patch = Patch::new(edits.collect()).expect("scalars do not overlap");
        let bytes = patch.apply(source.as_bytes()).expect("they are in it");
        let after = read(&bytes);
        prop_assert_eq!(verify_read(&before, &after, &patch), Ok(()), "{:?}", source);
        prop_assert!(is_moved(&before, &after, &patch), "{:?}", source);
        for (edit, back) in patch
            .edits()
            .iter()
            .zip(patch.inverse(source.as_bytes()).edits())
        {
            let word = after.scalar_at(back.span.start).expect("it is still there");
            prop_assert!(
                word.is_word() && word.content() == back.span,
                "{:?}",
                source
            );
            prop_assert_eq!(word.raw(), &edit.text);
            let old = std::str::from_utf8(&back.text).expect("a word is");
            let replaced = word.replace(old).map(|replaced| replaced.edit);
            prop_assert_eq!(replaced.as_ref(), Ok(back));
        }
        Ok(patch.edits().len() as u32)
    }

    /// Whether the nodes are the same but for their places, and what is behind an edit moved by as much as
    /// the file grew up to there.
    fn is_moved(before: &Document<'_>, after: &Document<'_>, patch: &Patch) -> bool {
        let moved = |at: u32| {
            let edits = patch.edits().iter();
            let passed = edits.take_while(|edit| edit.span.end <= at);
            let grown = passed.map(|edit| edit.text.len() as i64 - edit.span.len() as i64);
            (i64::from(at) + grown.sum::<i64>()) as u32
        };
        let span = |span: storyline_text::Span| {
            storyline_text::Span::new(moved(span.start), moved(span.end))
        };
        let mut old = before.arena.nodes.clone();
        for entry in &mut old {
            entry.span = span(entry.span);
            let is_block = matches!(entry.kind, crate::Kind::Scalar(style) if style.is_block());
            if is_block && entry.link != NONE {
                entry.link = moved(entry.link);
            }
        }
        let mut properties = before.arena.properties.clone();
        for property in &mut properties {
            property.tag = property.tag.map(span);
            property.anchor = property.anchor.map(span);
        }
        after.is_common
            && old == after.arena.nodes
            && properties == after.arena.properties
            && before.arena.cooked == after.arena.cooked
            && before.arena.documents == after.arena.documents
            && after.arena.errors.is_empty()
    }

    #[test]
    fn words_are_what_nobody_takes_for_something_else() {
        for (text, expect) in [
            ("a", true),
            ("_", true),
            ("a-1_B", true),
            ("", false),
            ("1a", false),
            ("-a", false),
            ("a.b", false),
            ("a b", false),
            ("é", false),
            ("Yes", false),
            ("null", false),
        ] {
            assert_eq!(is_word(text), expect, "{text}");
        }
    }

    #[test]
    fn what_others_depend_on_is_no_word() {
        let source = "a: b\nc: 'd'\ne: &f g\nh: *f\ni: j\ni: k\nn: [o, {p: q}, r s]\n";
        let document = read(source.as_bytes());
        let words = document.scalars().filter(Scalar::is_word);
        let words: Vec<_> = words.map(|word| word.value()).collect();
        assert_eq!(words, ["b", "d", "o", "q"]);
        assert_eq!(check(source, u64::MAX).ok(), Some(4));
    }
}
