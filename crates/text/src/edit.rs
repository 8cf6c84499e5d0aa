//! Changes as data: a patch is made first, looked at, and applied by copying.

use crate::Span;

/// One replacement: the bytes of `span` become `text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: Vec<u8>,
}

impl Edit {
    /// Replaces `span` by `text`.
    pub fn replace(span: Span, text: impl Into<Vec<u8>>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}

/// Why a set of edits is no patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Two edits would change the same bytes, or insert at the same place.
    #[error("edits of bytes {0:?} and {1:?} overlap")]
    Overlap(Span, Span),
    /// An edit reaches past the end of the text it is applied to.
    #[error("an edit of bytes {0:?} reaches past the end of the text ({1} bytes)")]
    OutOfBounds(Span, usize),
}

/// Edits of one text, sorted and without overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    edits: Vec<Edit>,
}

impl Patch {
    /// Sorts `edits`.
    ///
    /// # Errors
    /// [`PatchError::Overlap`] when two of them touch the same byte or insert at the same place.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, PatchError> {
        edits.sort();
        for pair in edits.windows(2) {
            let (a, b) = (pair[0].span, pair[1].span);
            let same_place = a.start == b.start && (a.is_empty() || b.is_empty());
            if a.end > b.start || (same_place && a.is_empty() && b.is_empty()) {
                return Err(PatchError::Overlap(a, b));
            }
        }
        Ok(Self { edits })
    }

    /// The edits, by position.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text after the edits: everything outside them is copied byte for byte.
    ///
    /// # Errors
    /// [`PatchError::OutOfBounds`] when `source` is shorter than the patch supposes.
    pub fn apply(&self, source: &[u8]) -> Result<Vec<u8>, PatchError> {
        if let Some(last) = self.edits.last()
            && last.span.end as usize > source.len()
        {
            return Err(PatchError::OutOfBounds(last.span, source.len()));
        }
        let added: usize = self.edits.iter().map(|e| e.text.len()).sum();
        let mut out = Vec::with_capacity(source.len() + added);
        let mut copied = 0;
        for edit in &self.edits {
            out.extend_from_slice(&source[copied..edit.span.start as usize]);
            out.extend_from_slice(&edit.text);
            copied = edit.span.end as usize;
        }
        out.extend_from_slice(&source[copied..]);
        Ok(out)
    }

    /// The patch that takes the result of [`Patch::apply`] on `source` back to `source`.
    pub fn inverse(&self, source: &[u8]) -> Patch {
        let mut shift: i64 = 0;
        let edits = self.edits.iter().map(|edit| {
            // In range: the sum is an offset in a text that `apply` built in memory.
            let start = (i64::from(edit.span.start) + shift) as usize;
            shift += edit.text.len() as i64 - edit.span.len() as i64;
            Edit {
                span: Span::at(start..start + edit.text.len()),
                text: edit.span.slice(source).to_vec(),
            }
        });
        Patch {
            edits: edits.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit::replace(Span::new(start, end), text)
    }

    #[test]
    fn applies_in_order_of_position() {
        let patch = Patch::new(vec![edit(4, 5, "E"), edit(0, 1, "AA"), edit(2, 2, "-")]);
        let out = patch.expect("no overlap").apply(b"abcde");
        assert_eq!(out.expect("in bounds"), b"AAb-cdE");
    }

    #[test]
    fn refuses_overlap() {
        for edits in [
            vec![edit(0, 2, ""), edit(1, 3, "")],
            vec![edit(1, 1, "a"), edit(1, 1, "b")],
            vec![edit(1, 3, "a"), edit(2, 2, "b")],
        ] {
            assert!(matches!(Patch::new(edits), Err(PatchError::Overlap(..))));
        }
    }

    #[test]
    fn refuses_a_text_that_is_too_short() {
        let patch = Patch::new(vec![edit(3, 4, "")]).expect("one edit");
        assert!(matches!(
            patch.apply(b"abc"),
            Err(PatchError::OutOfBounds(..))
        ));
    }

    proptest! {
        #[test]
        fn an_edit_and_its_inverse_are_nothing(
            source in proptest::collection::vec(any::<u8>(), 0..60),
            cuts in proptest::collection::btree_set(0usize..60, 0..8),
            texts in proptest::collection::vec("[a-z]{0,4}", 4),
        ) {
            let cuts: Vec<usize> = cuts.into_iter().filter(|c| *c <= source.len()).collect();
            let edits = cuts
                .chunks_exact(2)
                .zip(&texts)
                .map(|(c, t)| Edit::replace(Span::at(c[0]..c[1]), t.as_bytes()))
                .collect();
            let patch = Patch::new(edits).expect("cuts are distinct and sorted");
            let there = patch.apply(&source).expect("in bounds");
            let back = patch.inverse(&source).apply(&there).expect("in bounds");
            prop_assert_eq!(back, source);
        }
    }
}
