//! What is said in few words: signs of changes, numbers of things.

use std::collections::BTreeMap;

use crate::objects::{Change, ObjectKind};
use crate::render::verdict::count;
use crate::report::{FileChange, Status};

/// The sign of what happened, so that colours say nothing that the text does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Added,
    Removed,
    Changed,
    Moved,
    /// Something inside is told.
    Context,
}

impl Sign {
    pub(crate) fn of(change: Change) -> Self {
        match change {
            Change::Added => Self::Added,
            Change::Removed => Self::Removed,
            Change::Changed => Self::Changed,
            Change::Moved | Change::Renamed => Self::Moved,
            Change::Inside | Change::Reordered => Self::Context,
        }
    }

    pub(crate) fn of_file(file: &FileChange) -> Self {
        match file.status() {
            Status::Added => Self::Added,
            Status::Removed => Self::Removed,
            Status::Changed => Self::Changed,
            Status::Moved => Self::Moved,
        }
    }

    pub(crate) fn html(self) -> &'static str {
        match self {
            Self::Added => "<span class=\"s a\">+</span>",
            Self::Removed => "<span class=\"s d\">-</span>",
            Self::Changed => "<span class=\"s m\">~</span>",
            Self::Moved => "<span class=\"s v\">&gt;</span>",
            Self::Context => "<span class=\"s\">\u{b7}</span>",
        }
    }
}

/// `3 dimensions, 1 measure`
pub(crate) fn holds(holds: &BTreeMap<ObjectKind, usize>) -> String {
    let parts = holds
        .iter()
        .map(|(kind, number)| count(*number, [kind.word(), kind.words()]));
    parts.collect::<Vec<_>>().join(", ")
}
