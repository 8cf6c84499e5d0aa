//! What became of objects, as data.

use std::collections::BTreeMap;
use std::ops::Range;

use super::kind::ObjectKind;
use crate::lines::Hunk;

/// All that differs, object by object, and what is no matter of objects. Indices of files are those of
/// [`Report::files`](crate::Report::files). Names and texts are bytes of files, to be shown through
/// [`Visible`](storyline_text::Visible); secrets in dbt's profiles are starred out in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectReport {
    /// By file and place; what holds others stands before them, also when only they changed.
    pub changes: Vec<ObjectChange>,
    /// What is to be shown as text. Only files that have some, or a note.
    pub files: Vec<FileRest>,
}

/// What became of one object. At least one of `left` and `right` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChange {
    /// What happened to it.
    pub change: Change,
    /// Where it was; `None` when it was added.
    pub left: Option<Place>,
    /// Where it is; `None` when it was removed.
    pub right: Option<Place>,
    /// Which of its parameters differ, in the order of the file. One that was added or removed is told as a
    /// whole, without its parameters.
    pub parameters: Vec<ParameterChange>,
    /// What it holds in another order.
    pub orders: Vec<Order>,
    /// The objects inside one that was added or removed, which are not told one by one.
    pub holds: BTreeMap<ObjectKind, usize>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is new, with all that is in it.
    Added,
    /// It is gone, with all that was in it.
    Removed,
    /// Its own parameters differ, or the order of what it holds, where that means something.
    Changed,
    /// Only the order of what it holds differs, and means nothing.
    Reordered,
    /// The same name, once on each side, is in another file now. Parameters may differ as well.
    Moved,
    /// All is the same but its name, and nothing else that came or went is.
    Renamed,
    /// It is as it was, but something that it holds is told.
    Inside,
}

/// Where an object is, on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of its file.
    pub file: usize,
    /// The objects that hold it, outermost first, and it itself. Never empty.
    pub path: Vec<Step>,
    /// Its lines, from 0, those of what it holds included.
    pub lines: Range<usize>,
    /// Those lines of the file's hunks that it explains, from 0, in order and apart. What it holds has
    /// its own.
    pub changed: Vec<Range<usize>>,
}

/// An object's kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name as it is written, without quotes; that of a model is its file's.
    pub name: Vec<u8>,
}

/// A parameter that differs. At least one of `left` and `right` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterChange {
    /// The way from the object: `sql`, `derived_table.sql`, `link[Open].url`.
    pub name: String,
    /// What it was; `None` when it was added.
    pub left: Option<Value>,
    /// What it is; `None` when it was removed.
    pub right: Option<Value>,
    /// Which lines of the two texts differ; empty where each is one line, or one is not there.
    pub hunks: Vec<Hunk>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Without quotes, and without the indentation that all lines below the first have in common. Lists and
    /// blocks as they are written.
    pub text: Vec<u8>,
    /// The lines of the file where the parameter stands, from 0.
    pub lines: Range<usize>,
}

/// Things that an object holds and that stand in another order now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whether that changes what they mean.
    pub matters: bool,
    /// Those that moved, as few as possible: `dimension id`, `sql`. In their new order.
    pub moved: Vec<String>,
}

/// What of a file no object explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRest {
    /// Index of the file.
    pub file: usize,
    /// What is to be said of the file as a whole.
    pub note: Option<Note>,
    /// Lines of its hunks that are to be shown as text, in order.
    pub rest: Vec<Rest>,
}

/// What is to be said of a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// It went from the YAML-like LookML to today's, or back.
    Syntax,
    /// Its bytes are no text, or it is a link or a repository.
    Opaque,
    /// Nothing but its mode differs: it became a program, or stopped being one.
    Mode,
}

/// Lines of one hunk that no object explains. One of the two may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Lines of the left file, from 0.
    pub left: Range<usize>,
    /// Lines of the right file, from 0.
    pub right: Range<usize>,
    /// Why.
    pub reason: Reason,
}

/// Why lines are told as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Only blanks, indentation or empty lines differ.
    Blank,
    /// Only comments differ, and perhaps blanks.
    Comments,
    /// The same is written otherwise: quotes, brackets, commas, lines.
    Spelling,
    /// The same stands in another order.
    Order,
    /// The file went from one syntax of LookML to the other.
    Syntax,
    /// What differs is starred out.
    Secret,
    /// The file does not parse on one of the sides.
    Unreadable,
    /// The file, or this part of it, is none of an object.
    NoObject,
}

impl Reason {
    /// The reason in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Blank => "blank space only",
            Self::Comments => "comments only",
            Self::Spelling => "written otherwise, with the same meaning",
            Self::Order => "order only, without meaning",
            Self::Syntax => "the other syntax of LookML",
            Self::Secret => "secrets, which are not shown",
            Self::Unreadable => "does not parse",
            Self::NoObject => "not an object",
        }
    }
}

/// How many objects of a kind were changed in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// New ones, those inside new ones included.
    pub added: usize,
    /// Those that are gone, those inside them included.
    pub removed: usize,
    /// Those that differ themselves.
    pub changed: usize,
    /// Those in which only an order differs that means nothing.
    pub reordered: usize,
    /// Those that are in another file now.
    pub moved: usize,
    /// Those with another name.
    pub renamed: usize,
    /// Those of which only something inside is told.
    pub inside: usize,
}

impl ObjectReport {
    /// How many objects of each kind were changed; kinds without any are left out.
    pub fn counts(&self) -> BTreeMap<ObjectKind, Count> {
        let mut counts: BTreeMap<ObjectKind, Count> = BTreeMap::new();
        for object in &self.changes {
            *counts.entry(object.kind()).or_default().of(object.change) += 1;
            for (kind, number) in &object.holds {
                *counts.entry(*kind).or_default().of(object.change) += number;
            }
        }
        counts
    }
}

impl Count {
    /// How many of them are told for themselves.
    pub fn all(&self) -> usize {
        self.added + self.removed + self.changed + self.moved + self.renamed
    }

    fn of(&mut self, change: Change) -> &mut usize {
        match change {
            Change::Added => &mut self.added,
            Change::Removed => &mut self.removed,
            Change::Changed => &mut self.changed,
            Change::Reordered => &mut self.reordered,
            Change::Moved => &mut self.moved,
            Change::Renamed => &mut self.renamed,
            Change::Inside => &mut self.inside,
        }
    }
}

impl ObjectChange {
    /// Where it is, or was.
    pub fn place(&self) -> &Place {
        let place = self.right.as_ref().or(self.left.as_ref());
        place.expect("one of the two is there")
    }

    /// What it is.
    pub fn kind(&self) -> ObjectKind {
        self.place().step().kind
    }
}

impl Place {
    /// The object's own kind and name.
    pub fn step(&self) -> &Step {
        self.path.last().expect("a path ends with the object")
    }
}
