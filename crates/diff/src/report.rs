//! What differs, as data.

use storyline_text::RelPath;

use crate::lines::{Hunk, lines};
use crate::side::Kind;

/// All that differs between two sides in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files that differ, by path. Where a file became a link, or the other way round, its path
    /// stands twice: removed, then added.
    pub files: Vec<FileChange>,
    /// How many files differ by nothing but their stamps.
    pub only_stamps: usize,
    /// Repositories inside both sides, which were not looked into.
    pub repositories: usize,
}

/// One file that differs. At least one of `left` and `right` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// What it was; `None` when it was added.
    pub left: Option<Stand>,
    /// What it is; `None` when it was removed.
    pub right: Option<Stand>,
    /// What became of its bytes.
    pub content: Content,
}

/// A file on one side, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Where.
    pub path: RelPath,
    /// What it is.
    pub kind: Kind,
    /// All its bytes.
    pub bytes: Vec<u8>,
}

/// How the bytes of a file differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Not at all: it was moved, or became a program or stopped being one.
    Same,
    /// In these lines, in order. A file that is not there has none.
    Text(Vec<Hunk>),
    /// In bytes that are no text.
    Binary,
    /// It is a repository of its own, which is not looked into.
    Repository,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is where it was.
    Changed,
    /// The same bytes, and no others, are elsewhere now.
    Moved,
}

impl FileChange {
    /// What happened to the file.
    pub fn status(&self) -> Status {
        match (&self.left, &self.right) {
            (None, _) => Status::Added,
            (_, None) => Status::Removed,
            (Some(left), Some(right)) if left.path != right.path => Status::Moved,
            _ => Status::Changed,
        }
    }

    /// Where the file is, or was.
    pub fn path(&self) -> &RelPath {
        let stand = self.right.as_ref().or(self.left.as_ref());
        &stand.expect("one of the two is there").path
    }

    /// The hunks with their lines: of each side the number of the first, from 0, and the lines with
    /// their ends.
    pub fn texts(&self) -> impl Iterator<Item = [(usize, Vec<&[u8]>); 2]> {
        let hunks = match &self.content {
            Content::Text(hunks) => &**hunks,
            _ => &[],
        };
        let [left, right] = [&self.left, &self.right].map(|stand| lines(bytes_of(stand)));
        hunks.iter().map(move |hunk| {
            [(&left, &hunk.left), (&right, &hunk.right)]
                .map(|(lines, range)| (range.start, lines[range.clone()].to_vec()))
        })
    }

    /// How many lines were removed, and how many added.
    pub fn lines(&self) -> (usize, usize) {
        let Content::Text(hunks) = &self.content else {
            return (0, 0);
        };
        let sizes = hunks.iter().map(|h| (h.left.len(), h.right.len()));
        sizes.fold((0, 0), |(a, b), (left, right)| (a + left, b + right))
    }
}

/// The bytes of a file; none of one that is not there.
pub(crate) fn bytes_of(stand: &Option<Stand>) -> &[u8] {
    stand.as_ref().map_or(&[], |stand| &stand.bytes)
}
