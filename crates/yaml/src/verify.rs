//! Reads a file again after edits and compares it with what was meant.

use storyline_text::{Edit, Patch, Span};

use crate::cook;
use crate::document::{Document, NONE};
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
    let moved = Moved::new(patch);
    let mut edits = patch.edits().iter().map(|edit| edit.span).peekable();
    let mut others = after.nodes();
    for old in before.nodes() {
        let new = others.next();
        let same = new.filter(|new| is_same_place(old, *new, &moved));
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
        compare(old, new, edited)?;
    }
    if let Some(new) = others.next() {
        return Err(VerifyError::Structure {
            before: None,
            after: Some(new.span()),
        });
    }
    edits
        .next()
        .map_or(Ok(()), |outside| Err(VerifyError::Outside(outside)))
}

/// Where bytes of the old file are in the new one.
struct Moved {
    /// Start, end, and by how much the text grew with this edit and those before.
    edits: Vec<(Span, i64)>,
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
        }
    }

    fn span(&self, span: Span) -> Span {
        let starts = self
            .edits
            .partition_point(|(edit, _)| edit.start < span.start);
        let ends = self.edits.partition_point(|(edit, _)| edit.end <= span.end);
        let by = |count: usize| count.checked_sub(1).map_or(0, |at| self.edits[at].1);
        // Both fit: they are offsets in a text that is in memory.
        let start = (i64::from(span.start) + by(starts)) as usize;
        let end = (i64::from(span.end) + by(ends)) as usize;
        Span::at(start..end)
    }
}

fn is_same_place(old: Node<'_>, new: Node<'_>, moved: &Moved) -> bool {
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
    // Tags and anchors are never edited, so they do not grow with what comes right behind.
    let property = |old: Option<Span>, new: Option<Span>| {
        let start = |at: Span| moved.span(at).start;
        old.map(|at| (start(at), at.len())) == new.map(|at| (at.start, at.len()))
    };
    kinds
        && (a.parent, a.slot, a.is_key) == (b.parent, b.slot, b.is_key)
        && (nothing || place == b.span || filled)
        && property(old.tag(), new.tag())
        && property(old.anchor(), new.anchor())
        && (a.kind != Kind::Alias || a.link == b.link)
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
        cooked(style, after)
    } else {
        (old.kind() == new.kind()).then(|| before.value().into_owned())
    };
    if expected.as_deref() == Some(&*found) {
        return Ok(());
    }
    Err(VerifyError::Value {
        address: old.address(),
        at: old.span(),
        expected: expected.unwrap_or_default(),
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
