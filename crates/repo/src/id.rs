//! Names of objects, and the kinds of object that have them.
//!
//! An id of our own keeps the libraries that read Git's files out of every interface above.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The SHA-1 name of an object. Ordered as its bytes are, which is how Git sorts names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectId([u8; 20]);

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A tree with a message and parents.
    Commit,
    /// A folder.
    Tree,
    /// A file's bytes, or a symbolic link's target.
    Blob,
    /// An annotated tag.
    Tag,
}

/// Text that is not forty hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the 40 hexadecimal digits of an object's name")]
pub struct NotAnId;

/// Bytes that were made to have the name of other bytes. Git refuses such an object as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the object's bytes are part of an attack on SHA-1")]
pub struct CollisionAttack;

impl ObjectId {
    /// The id that has these bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its twenty bytes, as trees hold them.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The id of forty hexadecimal digits; `None` for anything else, capitals too, which Git never
    /// writes.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let hex: &[u8; 40] = hex.try_into().ok()?;
        let (mut bytes, mut wrong) = ([0; 20], 0);
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| DIGITS[usize::from(digit)]);
            *byte = high << 4 | low;
            wrong |= high | low;
        }
        (wrong < 16).then_some(Self(bytes))
    }

    /// The name that Git gives to an object.
    ///
    /// # Errors
    /// When the bytes look like one half of a collision.
    pub fn of(kind: Kind, bytes: &[u8]) -> Result<Self, CollisionAttack> {
        gix_object::compute_hash(gix_hash::Kind::Sha1, kind.to_gix(), bytes)
            .map(Self::from_gix_owned)
            .map_err(|_| CollisionAttack)
    }

    pub(crate) fn from_gix_owned(id: gix_hash::ObjectId) -> Self {
        Self::from_gix(&id)
    }

    /// Only of repositories whose names are SHA-1, which [`crate::Repository`] sees to.
    pub(crate) fn from_gix(id: &gix_hash::oid) -> Self {
        let bytes = id.as_bytes().try_into();
        Self(bytes.expect("a SHA-1 name has twenty bytes"))
    }

    pub(crate) fn to_gix(self) -> gix_hash::ObjectId {
        gix_hash::ObjectId::Sha1(self.0)
    }

    pub(crate) fn from_git(id: git2::Oid) -> Self {
        let bytes = id.as_bytes().try_into();
        Self(bytes.expect("a SHA-1 name has twenty bytes"))
    }

    pub(crate) fn to_git(self) -> git2::Oid {
        git2::Oid::from_bytes(&self.0).expect("twenty bytes are a name")
    }
}

/// What a byte stands for as a digit; 16 and more for what is none. There are lists of a hundred thousand ids.
const DIGITS: [u8; 256] = {
    let (mut digits, mut value) = ([0xff; 256], 0);
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

impl Hash for ObjectId {
    /// It is a hash already: some of it will do.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let start = self.0.first_chunk().expect("twenty bytes begin with eight");
        state.write_u64(u64::from_le_bytes(*start));
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::from_hex(text.as_bytes()).ok_or(NotAnId)
    }
}

impl Kind {
    /// The word that Git has for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    pub(crate) fn to_gix(self) -> gix_object::Kind {
        match self {
            Self::Commit => gix_object::Kind::Commit,
            Self::Tree => gix_object::Kind::Tree,
            Self::Blob => gix_object::Kind::Blob,
            Self::Tag => gix_object::Kind::Tag,
        }
    }

    pub(crate) fn from_gix(kind: gix_object::Kind) -> Self {
        match kind {
            gix_object::Kind::Commit => Self::Commit,
            gix_object::Kind::Tree => Self::Tree,
            gix_object::Kind::Blob => Self::Blob,
            gix_object::Kind::Tag => Self::Tag,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
