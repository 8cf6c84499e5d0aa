//! The short way to put names into a dashboard: words in the place of words.
//!
//! A word makes way for another one without a doubt ([`storyline_yaml::is_word`]): all else in the file is read
//! as before. It holds neither the slash of a link nor the dot of a variable, so no text of the file names
//! anything that it did not name before. What the file says afterwards is then known without reading it again,
//! and so are the names that bring it back: putting them in is tried all the same.

use storyline_text::{Edit, Patch, Span};
use storyline_yaml::{Document, MAX_BYTES, is_word};

use super::{NewName, Said, Written};
use crate::candidate::{Candidate, Shape};

/// Whether all these candidates, as far as they are scalars of YAML, are words of `document`.
pub(super) fn are_words(document: &Document<'_>, candidates: &[Candidate]) -> bool {
    let mut scalars = candidates.iter().filter(|c| c.shape == Shape::Yaml);
    scalars.all(|candidate| {
        let scalar = document.scalar_at(candidate.span.start);
        scalar.is_some_and(|scalar| scalar.content() == candidate.span && scalar.is_word())
    })
}

/// Puts words into a file that says `said`; `None` when that is not all there is to it.
pub(super) fn write(source: &[u8], said: &Said, new: &[NewName]) -> Option<Written> {
    let is_scalar = |new: &NewName| said.candidates[new.candidate].shape == Shape::Yaml;
    if !said.takes_words || !new.iter().all(|new| is_scalar(new) && is_word(&new.name)) {
        return None;
    }
    let there = patch(said, new)?;
    let bytes = there.apply(source).ok()?;
    let back = new.iter().map(|new| NewName {
        candidate: new.candidate,
        name: said.candidates[new.candidate].name.as_str().into(),
    });
    let back: Vec<_> = back.collect();
    let said = moved(said, &there);
    let returns = patch(&said, &back)?.apply(&bytes).as_deref() == Ok(source);
    (returns && bytes.len() <= MAX_BYTES).then_some(Written {
        bytes,
        said,
        back: Some(back),
    })
}

fn patch(said: &Said, new: &[NewName]) -> Option<Patch> {
    let edits = new.iter().map(|new| {
        let candidate = &said.candidates[new.candidate];
        Edit::replace(candidate.span, &*new.name)
    });
    Patch::new(edits.collect()).ok()
}

/// What a file says after these edits, each of which replaces a word.
fn moved(said: &Said, there: &Patch) -> Said {
    let mut after = said.clone();
    let mut edits = there.edits().iter().peekable();
    let mut grown = 0;
    for candidate in &mut after.candidates {
        let Span { start, end } = candidate.span;
        while let Some(edit) = edits.next_if(|edit| edit.span.end <= start) {
            grown += edit.text.len() as i64 - edit.span.len() as i64;
        }
        // Both fit: they are offsets in a text that is in memory.
        let moved = |at: u32| (i64::from(at) + grown) as usize;
        candidate.span = Span::at(moved(start)..moved(end));
        // Nothing but a whole word is where a word is, though it may be a name twice.
        if let Some(edit) = edits.peek().filter(|edit| edit.span.start == start) {
            candidate.span = Span::at(moved(start)..moved(start) + edit.text.len());
            candidate.name = String::from_utf8_lossy(&edit.text).into_owned();
        }
    }
    after
}
