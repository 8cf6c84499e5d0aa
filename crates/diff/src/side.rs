//! One of the two sets of files that are compared: a folder, or a Git tree.

use std::borrow::Cow;

use storyline_stamp::ReadError;
use storyline_text::RelPath;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Whether it is a program; `None` where that is not known.
        executable: Option<bool>,
    },
    /// A symbolic link, whose bytes are its target.
    Symlink,
    /// A repository of its own, which is not looked into.
    Submodule,
}

impl Kind {
    /// Whether one can become the other without being removed first.
    pub(crate) fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// The same, mode included; a mode that is not known is any.
    pub(crate) fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (
                Self::File {
                    executable: Some(a),
                },
                Self::File {
                    executable: Some(b),
                },
            ) => a == b,
            _ => self.is_like(other),
        }
    }
}

/// One path of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: RelPath,
    /// What it is.
    pub kind: Kind,
    /// A hash of its bytes, where one is known: what is equal by it has the same bytes.
    pub hash: Option<[u8; 20]>,
}

/// A set of files as data.
pub trait Side: Sync {
    /// Every path, sorted by bytes.
    fn entries(&self) -> &[Entry];

    /// The bytes of a file, the target of a link, or the line that Git has for a repository whose hash is
    /// known, among [`Side::entries`].
    ///
    /// # Errors
    /// When it is gone, unreadable or no longer of its kind.
    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError>;
}
