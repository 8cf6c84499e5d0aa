//! Entries that come into a mapping or go out of it: whole lines, in the style of those around them.
//!
//! Everything else that this crate edits has a place already. A new entry has none, so how its
//! lines are indented, ended, quoted and set apart is taken from its siblings. Such an edit is tried
//! before it is handed out: the file with it is read, and has to differ by that entry alone.

use std::iter;

use storyline_text::{Edit, Patch, Span};

use crate::document::Document;
use crate::error::EditError;
use crate::layout::Layout;
use crate::node::{Kind, Node, Style};
use crate::plain::{self, Meaning};
use crate::read::read;
use crate::verify::differs_by_entry;

/// A scalar that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewScalar {
    /// Text: without quotes where every reader takes it for text, else in the quotes that most
    /// values around it have.
    Text(String),
    /// A number or a word such as `true`: never in quotes.
    Bare(String),
}

impl From<&str> for NewScalar {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// The value of an entry that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// `key: value`
    Scalar(NewScalar),
    /// `key:`, and these entries below it.
    Mapping(Vec<(String, NewScalar)>),
}

impl Node<'_> {
    /// Adds an entry after the last one of this mapping, and after the comments that follow that
    /// one in its column or deeper. It is indented, quoted and set apart as its siblings are; a file
    /// without a line break at its end stays so. Such an edit was verified and stands alone: apply
    /// it and read the file again before the next.
    ///
    /// # Errors
    /// [`EditError::KeyExists`]; [`EditError::Alias`] and [`EditError::DuplicateKey`] as for
    /// [`crate::Scalar::replace`]; [`EditError::Entry`] for what is no mapping of one entry a line.
    pub fn insert_entry(self, key: &str, value: &NewValue) -> Result<Edit, EditError> {
        let layout = Layout::of(self)?;
        if let Some(known) = self.get(key) {
            let (address, at) = (known.address(), known.key_span());
            return Err(EditError::KeyExists { address, at });
        }
        let source = self.document.source;
        let at = layout.end();
        let blank = layout.is_airy().then(String::new);
        let lines = blank.into_iter().chain(self.lines(&layout, key, value)?);
        let line_break = layout.line_break();
        let finished = source[..at].ends_with(b"\n") || source[..at].ends_with(b"\r");
        let text: String = match finished {
            true => lines.map(|line| line + line_break).collect(),
            false => lines.map(|line| line_break.to_owned() + &line).collect(),
        };
        let edit = Edit::replace(Span::at(at..at), text);
        let added = self.document.arena.subtree_end(self.id);
        self.prove(&edit, |after| {
            let new = after.nodes().nth(added as usize);
            differs_by_entry(self.document, after, added, &edit)
                && new.is_some_and(|new| says(new, key, value))
        })?;
        Ok(edit)
    }

    /// Takes the entry that this key or value belongs to out of its mapping: its lines, the
    /// comments below them that are deeper than its key, and the empty line that sets it apart. As
    /// with [`Node::insert_entry`], the edit was verified and stands alone.
    ///
    /// # Errors
    /// As [`Node::insert_entry`]; [`EditError::Entry`] also for the only entry of a mapping, and
    /// where an alias needs an anchor that would go.
    pub fn remove_entry(self) -> Result<Edit, EditError> {
        let Some(mapping) = self.parent().filter(|p| p.kind() == Kind::Mapping) else {
            return Err(self.no_entry("it is not an entry of a mapping"));
        };
        let layout = Layout::of(mapping)?;
        if mapping.entries().nth(1).is_none() {
            return Err(self.no_entry("its mapping would be left without entries"));
        }
        let key = self.entry().slot;
        let lines = layout.lines_of(self.at(key));
        let lines = lines.ok_or_else(|| self.no_entry("its line starts with something else"))?;
        let edit = Edit::replace(lines, "");
        let source = self.document.source;
        self.prove(&edit, |after| {
            let place = Span::new(lines.start, lines.start);
            let back = Edit::replace(place, lines.slice(source));
            differs_by_entry(after, self.document, key, &back)
        })?;
        Ok(edit)
    }

    /// The value of the first entry with this key, whatever it is; `None` for what is no mapping,
    /// and without such an entry. Aliases and merges are not followed.
    pub fn get(self, key: &str) -> Option<Self> {
        let mut entries = self.entries();
        let found = entries.find(|(known, _)| known.plain_key().as_deref() == Some(key));
        found.map(|(_, value)| value)
    }

    fn key_span(self) -> Span {
        self.at(self.entry().slot).span()
    }

    pub(crate) fn no_entry(self, reason: &'static str) -> EditError {
        EditError::Entry {
            address: self.address(),
            at: self.span(),
            reason,
        }
    }

    /// The lines of a new entry, without their ends.
    fn lines(
        self,
        layout: &Layout<'_>,
        key: &str,
        value: &NewValue,
    ) -> Result<Vec<String>, EditError> {
        let quotes = self.quotes();
        let line = |indent: usize, key: &str, value: &str| {
            format!("{:indent$}{}:{value}", "", write(key, quotes))
        };
        let scalar = |value: &NewScalar| match value {
            NewScalar::Text(text) => Ok(format!(" {}", write(text, quotes))),
            NewScalar::Bare(word) if is_bare(word) => Ok(format!(" {word}")),
            NewScalar::Bare(_) => {
                Err(self.no_entry("the new value has to be in quotes, and was meant not to be"))
            }
        };
        let column = layout.column;
        match value {
            NewValue::Scalar(value) => Ok(vec![line(column, key, &scalar(value)?)]),
            NewValue::Mapping(entries) if entries.is_empty() => Ok(vec![line(column, key, " {}")]),
            NewValue::Mapping(entries) => {
                let inner = column + layout.step();
                let below = entries.iter();
                let below = below.map(|(key, value)| Ok(line(inner, key, &scalar(value)?)));
                iter::once(Ok(line(column, key, ""))).chain(below).collect()
            }
        }
    }

    /// The quotes that most values of the mapping have, or of the file.
    fn quotes(self) -> Style {
        let arena = &self.document.arena;
        let inside = self.id as usize..arena.subtree_end(self.id) as usize;
        let more_single = |range: std::ops::Range<usize>| {
            let values = arena.nodes[range].iter().filter(|entry| !entry.is_key);
            let more = values.fold(0, |more, entry| match entry.kind {
                Kind::Scalar(Style::Single) => more + 1,
                Kind::Scalar(Style::Double) => more - 1,
                _ => more,
            });
            (more != 0).then_some(more > 0)
        };
        let single = more_single(inside).or_else(|| more_single(0..arena.nodes.len()));
        match single {
            Some(true) => Style::Single,
            _ => Style::Double,
        }
    }

    fn prove(self, edit: &Edit, holds: impl Fn(&Document<'_>) -> bool) -> Result<(), EditError> {
        // One edit overlaps no other, and its bytes are the file's.
        let patch = Patch::new(vec![edit.clone()]).unwrap_or_default();
        let after = patch.apply(self.document.source).unwrap_or_default();
        match holds(&read(&after)) {
            true => Ok(()),
            false => Err(self.no_entry("more than the entry would change")),
        }
    }
}

/// A text without quotes where it can be, else in these, unless the others spare an escape.
fn write(text: &str, quotes: Style) -> String {
    if plain::is_safe(text, false) && plain::meaning(text) == Meaning::Text {
        return text.to_owned();
    }
    let double = || format!("\"{}\"", plain::double(text));
    let Some(single) = plain::single(text).map(|text| format!("'{text}'")) else {
        return double();
    };
    let prefers_single = match (text.contains('\''), text.contains(['"', '\\'])) {
        (true, false) => false,
        (false, true) => true,
        _ => quotes == Style::Single,
    };
    if prefers_single { single } else { double() }
}

fn is_bare(word: &str) -> bool {
    let known = !matches!(plain::meaning(word), Meaning::Text | Meaning::Special);
    known && plain::is_safe(word, false)
}

/// Whether `key` and the value after it are what was to be written.
fn says(key: Node<'_>, text: &str, value: &NewValue) -> bool {
    let scalar = |node: Node<'_>, wanted: &NewScalar| {
        let (NewScalar::Text(wanted) | NewScalar::Bare(wanted)) = wanted;
        node.plain_key().as_deref() == Some(wanted)
    };
    let found = key.at(key.id + 1);
    key.plain_key().as_deref() == Some(text)
        && match value {
            NewValue::Scalar(wanted) => scalar(found, wanted),
            NewValue::Mapping(wanted) => {
                let entries: Vec<_> = found.entries().collect();
                let mut pairs = entries.iter().zip(wanted);
                found.kind() == Kind::Mapping
                    && entries.len() == wanted.len()
                    && pairs.all(|((key, value), (text, wanted))| {
                        key.plain_key().as_deref() == Some(text) && scalar(*value, wanted)
                    })
            }
        }
}
