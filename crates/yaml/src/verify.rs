//! Reads a file again after edits and compares it with what was meant.

use std::borrow::Cow;

use storyline_text::{Edit, Patch, Span};

use crate::cook;
use crate::document::{Document, NONE, Properties};
use crate::error::{ReadError, VerifyError};
use crate::node::{Kind, Node, Scalar, Style};
use crate::read::read;
use crate::shadow::Shadow;

/// Checks that `after`, which is `patch` applied to the source of `before`, differs from it in the
/// edited values only: same nodes at the same places, same tags, anchors and styles, same values
/// but for the edited ones, and those say what their bytes say.
///
/// # Errors
/// The first difference, as [`VerifyError`].
pub fn verify(before: &Document<'_>, after: &[u8], patch: &Patch) -> Result<(), VerifyError> {
    verify_read(before, &read(after), patch)
}

/// The same for a file that was read again already.
///
/// # Errors
/// As [`verify`].
pub fn verify_read(
    before: &Document<'_>,
    after: &Document<'_>,
    patch: &Patch,
) -> Result<(), VerifyError> {
    let fatal = |error: &&ReadError| !matches!(error, ReadError::UnknownAnchor(_));
    if let Some(error) = after.errors().iter().find(fatal) {
        return Err(VerifyError::Unreadable(error.clone()));
    }
    let mut moved = Moved::new(patch);
    let mut edits = patch.edits().iter().map(|edit| edit.span).peekable();
    let mut others = after.nodes();
    let mut old_properties = before.arena.properties.iter().peekable();
    let mut new_properties = after.arena.properties.iter().peekable();
    let mut same_keys = true;
    for old in before.nodes() {
        let new = others.next();
        let is_its = |p: &&Properties| p.node == old.id;
        let properties = (
            old_properties.next_if(is_its),
            new_properties.next_if(is_its),
        );
        let same = new
            .filter(|new| is_same_place(old, *new, &mut moved) && are_same(properties, &mut moved));
        let Some(new) = same else {
            return Err(VerifyError::Structure {
                before: Some(old.span()),
                after: new.map(Node::span),
            });
        };
        let mut edited = false;
        if let Kind::Scalar(_) = old.kind() {
            if let Some(outside) = edits.next_if(|edit| edit.start < old.span().start) {
                return Err(VerifyError::Outside(outside));
            }
            while edits.next_if(|edit| old.span().contains(*edit)).is_some() {
                edited = true;
            }
        }
        // What an alias says stands elsewhere.
        same_keys &= !old.is_key() || !(edited || old.kind() == Kind::Alias);
        if edited || !says_its_bytes(old, new) {
            compare(old, new, edited)?;
        }
    }
    if let Some(new) = others.next() {
        return Err(VerifyError::Structure {
            before: None,
            after: Some(new.span()),
        });
    }
    if let Some(outside) = edits.next() {
        return Err(VerifyError::Outside(outside));
    }
    if same_keys {
        after.has_keys_of(before);
    }
    Ok(())
}

/// Where bytes of the old file are in the new one.
struct Moved {
    /// Start, end, and by how much the text grew with this edit and those before.
    edits: Vec<(Span, i64)>,
    /// How many of them start before the span that was asked for last: the next is mostly near.
    passed: usize,
}

impl Moved {
    fn new(patch: &Patch) -> Self {
        let mut grown = 0;
        let edits = patch.edits().iter().map(|edit| {
            grown += edit.text.len() as i64 - edit.span.len() as i64;
            (edit.span, grown)
        });
        Self {
            edits: edits.collect(),
            passed: 0,
        }
    }

    /// How many edits are before the place that `is_before` knows, given how many may be.
    fn count(&self, guess: usize, is_before: impl Fn(Span) -> bool) -> usize {
        let is_before = |(edit, _): &(Span, i64)| is_before(*edit);
        let (before, after) = self.edits.split_at(guess);
        match before.last().is_none_or(is_before) && !after.first().is_some_and(is_before) {
            true => guess,
            false => self.edits.partition_point(is_before),
        }
    }

    fn span(&mut self, span: Span) -> Span {
        let starts = self.count(self.passed, |edit| edit.start < span.start);
        let ends = self.count(starts, |edit| edit.end <= span.end);
        self.passed = starts;
        let by = |count: usize| count.checked_sub(1).map_or(0, |at| self.edits[at].1);
        // Both fit: they are offsets in a text that is in memory.
        let start = (i64::from(span.start) + by(starts)) as usize;
        let end = (i64::from(span.end) + by(ends)) as usize;
        Span::at(start..end)
    }
}

fn is_same_place(old: Node<'_>, new: Node<'_>, moved: &mut Moved) -> bool {
    let (a, b) = (old.entry(), new.entry());
    let kinds = match (a.kind, b.kind) {
        (Kind::Scalar(a), Kind::Scalar(b)) => {
            a == b || (matches!(a, Style::Plain | Style::Single) && b == Style::Double)
        }
        (a, b) => a == b,
    };
    // Where nothing stands is beside something, and on which side of an edit there says nothing.
    let nothing = a.span.is_empty() && b.span.is_empty();
    let place = moved.span(a.span);
    // A blank comes with a value where none was.
    let filled = a.span.is_empty() && place.end == b.span.end && place.start + 1 == b.span.start;
    kinds
        && (a.parent, a.slot, a.is_key) == (b.parent, b.slot, b.is_key)
        && (nothing || place == b.span || filled)
        && (a.kind != Kind::Alias || a.link == b.link)
}

/// Whether a node has the tag and the anchor that it had.
fn are_same((old, new): (Option<&Properties>, Option<&Properties>), moved: &mut Moved) -> bool {
    // They are never edited, so they do not grow with what comes right behind.
    let mut is_same = |of: fn(&Properties) -> Option<Span>| {
        let old = old.and_then(of).map(|at| (moved.span(at).start, at.len()));
        old == new.and_then(of).map(|at| (at.start, at.len()))
    };
    is_same(|p| p.tag) && is_same(|p| p.anchor)
}

/// Whether two nodes say what their bytes say, and those are the same.
fn says_its_bytes(old: Node<'_>, new: Node<'_>) -> bool {
    let (a, b) = (old.entry(), new.entry());
    let is_plain = !a.is_cooked && !b.is_cooked && a.kind == b.kind;
    let (before, after) = (old.document.source, new.document.source);
    let is_scalar = matches!(a.kind, Kind::Scalar(_));
    is_plain && is_scalar && a.span.slice(before) == b.span.slice(after)
}

fn compare(old: Node<'_>, new: Node<'_>, edited: bool) -> Result<(), VerifyError> {
    let Kind::Scalar(style) = new.kind() else {
        return Ok(());
    };
    let (Some(before), Some(after)) = (old.scalar(), new.scalar()) else {
        return Ok(());
    };
    let found = after.value();
    let expected = if edited {
        cooked(style, after).map(Cow::Owned)
    } else {
        (old.kind() == new.kind()).then(|| before.value())
    };
    if expected.as_ref() == Some(&found) {
        return Ok(());
    }
    Err(VerifyError::Value {
        address: old.address(),
        at: old.span(),
        expected: expected.unwrap_or_default().into_owned(),
        found: found.into_owned(),
    })
}

/// What the bytes of a scalar say, with the tabs of its indentation read as in the whole file.
fn cooked(style: Style, scalar: Scalar<'_>) -> Option<String> {
    let document = scalar.document();
    let raw = scalar.span().slice(document.source);
    if document.arena.columns.is_none() {
        let raw = String::from_utf8_lossy(raw);
        return cook::text(style, &raw, scalar.indentation().len());
    }
    let widened = |bytes| Shadow::new(bytes, document.arena.columns).text;
    let indent = widened(scalar.indentation()).len();
    cook::text(style, &widened(raw), indent).map(|text| Shadow::restore(&text))
}

/// Whether `large` is `small` with one entry more, whose key is node `key` of `large` and whose bytes
/// `inserted` brings. Bytes that are no node's, such as comments, are not looked at.
pub(crate) fn differs_by_entry(
    small: &Document<'_>,
    large: &Document<'_>,
    key: u32,
    inserted: &Edit,
) -> bool {
    let is_key = |node: Node<'_>| node.is_key() && node.scalar().is_some();
    if !large.nodes().nth(key as usize).is_some_and(is_key) {
        return false;
    }
    let added = large.arena.subtree_end(key + 1) - key;
    let later = |id: u32| match id {
        NONE => NONE,
        id if id < key => id,
        id => id + added,
    };
    let same = |old: Node<'_>| {
        let new = Node {
            document: large,
            id: later(old.id),
        };
        let (a, b) = (old.entry(), new.entry());
        let slot = if old.is_in_mapping() {
            later(a.slot)
        } else {
            a.slot
        };
        let moved = if a.span.start < inserted.span.start {
            0
        } else {
            inserted.text.len() as u32
        };
        let bytes = |span: Option<Span>, document: &Document<'_>| {
            span.map(|span| span.slice(document.source).to_vec())
        };
        (a.kind, later(a.parent), slot, a.is_key) == (b.kind, b.parent, b.slot, b.is_key)
            && (a.span.is_empty() || a.kind.is_collection() || a.span.start + moved == b.span.start)
            && bytes(old.tag(), small) == bytes(new.tag(), large)
            && bytes(old.anchor(), small) == bytes(new.anchor(), large)
            && (a.kind != Kind::Alias || later(a.link) == b.link)
            && old.scalar().map(|s| s.value()) == new.scalar().map(|s| s.value())
    };
    small.len() == large.len()
        && small.errors().len() == large.errors().len()
        && small.arena.nodes.len() + added as usize == large.arena.nodes.len()
        && small.nodes().all(same)
}
