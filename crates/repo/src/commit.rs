//! Commits as the bytes that they are.
//!
//! A commit's name is the hash of its bytes, so a commit that was taken apart and printed again may get
//! another name: encodings, signatures, headers that nobody knows and dates that never were would have
//! to survive. Nothing is printed here. A commit is read for what is needed, and a rewritten one is a
//! copy in which the `tree` and `parent` lines changed.

use memchr::memchr;

use crate::id::ObjectId;

/// Where a signature is kept while it would be a bad one.
const ASIDE: &[u8] = b"x-storyline-gpgsig";
const SIGNATURE: &[u8] = b"gpgsig";

/// The bytes of a commit, and where its parts are.
#[derive(Clone, Debug)]
pub struct RawCommit<'a> {
    bytes: &'a [u8],
    tree: ObjectId,
    parents: Vec<ObjectId>,
    /// Where the lines of `tree` and `parent` end.
    rest: usize,
    /// Where the headers end: at the empty line, or at the end when there is none.
    end: usize,
}

/// One header below the parents: `author`, `gpgsig`, and whatever else there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// What stands before the first space.
    pub name: &'a [u8],
    /// The rest, without the last line break; further lines still begin with their space.
    pub value: &'a [u8],
}

/// Bytes that are no commit, whatever the object says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCommit {
    /// It does not begin with a `tree` line.
    #[error("no `tree` line at the beginning")]
    Tree,
    /// A `parent` line is broken, or stands behind other headers, where Git does not see it.
    #[error("a `parent` line that is broken or out of place")]
    Parent,
    /// The lines of `tree` and `parent` have one line each.
    #[error("a `tree` or `parent` line goes on")]
    Continued,
}

impl<'a> RawCommit<'a> {
    /// Finds the parts of a commit. Anything may be missing but the tree.
    ///
    /// # Errors
    /// When a parent or the tree cannot be told as Git tells them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedCommit> {
        let (tree, mut rest) = id_line(bytes, 0, b"tree ").ok_or(MalformedCommit::Tree)?;
        let mut parents = Vec::new();
        while let Some((parent, next)) = id_line(bytes, rest, b"parent ") {
            parents.push(parent);
            rest = next;
        }
        if bytes.get(rest) == Some(&b' ') {
            return Err(MalformedCommit::Continued);
        }
        let mut end = rest;
        while end < bytes.len() && bytes[end] != b'\n' {
            let line = &bytes[end..line_end(bytes, end)];
            if name_of(line) == b"parent" {
                return Err(MalformedCommit::Parent);
            }
            end += line.len();
        }
        Ok(Self {
            bytes,
            tree,
            parents,
            rest,
            end,
        })
    }

    /// All of it.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The tree of its files.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// Its parents in their order, which says what was merged into what. One may be there twice.
    pub fn parents(&self) -> &[ObjectId] {
        &self.parents
    }

    /// The headers below the parents, in their order.
    pub fn headers(&self) -> impl Iterator<Item = Header<'a>> {
        let mut rest = &self.bytes[self.rest..self.end];
        std::iter::from_fn(move || {
            let (header, next) = first_header(rest)?;
            rest = next;
            let name = name_of(header);
            let value = header.strip_suffix(b"\n").unwrap_or(header);
            let value = value.get(name.len() + 1..).unwrap_or_default();
            Some(Header { name, value })
        })
    }

    /// The first header of a name.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut headers = self.headers();
        headers.find(|h| h.name == name).map(|h| h.value)
    }

    /// Who wrote it and when: `NAME <EMAIL> SECONDS OFFSET`, or whatever stands there.
    pub fn author(&self) -> Option<&'a [u8]> {
        self.header(b"author")
    }

    /// Who committed it and when.
    pub fn committer(&self) -> Option<&'a [u8]> {
        self.header(b"committer")
    }

    /// The encoding of message and names, when it is not UTF-8.
    pub fn encoding(&self) -> Option<&'a [u8]> {
        self.header(b"encoding")
    }

    /// What stands below the empty line, byte for byte; nothing when there is no such line.
    pub fn message(&self) -> &'a [u8] {
        self.bytes.get(self.end + 1..).unwrap_or_default()
    }

    /// The same commit with another tree and other parents. With `swap_signatures`, headers that begin
    /// with `gpgsig` are put aside (`x-storyline-gpgsig…`), since a signature says nothing of other bytes,
    /// and those that are aside come back. Doing so twice gives the commit that one began with.
    pub fn rewritten(
        &self,
        tree: ObjectId,
        parents: &[ObjectId],
        swap_signatures: bool,
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes.len() + 64 + 48 * parents.len());
        push_ids(&mut bytes, tree, parents);
        if swap_signatures {
            let mut rest = &self.bytes[self.rest..self.end];
            while let Some((header, next)) = first_header(rest) {
                push_swapped(&mut bytes, header);
                rest = next;
            }
        } else {
            bytes.extend_from_slice(&self.bytes[self.rest..self.end]);
        }
        bytes.extend_from_slice(&self.bytes[self.end..]);
        bytes
    }
}

/// The id of the line that begins at `at` with `word`, and where the next line begins.
fn id_line(bytes: &[u8], at: usize, word: &[u8]) -> Option<(ObjectId, usize)> {
    let rest = bytes.get(at..)?.strip_prefix(word)?;
    let id = ObjectId::from_hex(rest.get(..40)?)?;
    (rest.get(40) == Some(&b'\n')).then_some((id, at + word.len() + 41))
}

/// Where the line at `at` ends, with its line break.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n + 1)
}

fn name_of(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    &line[..memchr(b' ', line).unwrap_or(line.len())]
}

/// Splits off a header with the lines that it goes on in.
fn first_header(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let mut end = line_end(bytes, 0);
    while bytes.get(end) == Some(&b' ') {
        end = line_end(bytes, end);
    }
    Some(bytes.split_at(end))
}

fn push_swapped(bytes: &mut Vec<u8>, header: &[u8]) {
    if let Some(rest) = header.strip_prefix(ASIDE) {
        bytes.extend_from_slice(SIGNATURE);
        bytes.extend_from_slice(rest);
    } else if let Some(rest) = header.strip_prefix(SIGNATURE) {
        bytes.extend_from_slice(ASIDE);
        bytes.extend_from_slice(rest);
    } else {
        bytes.extend_from_slice(header);
    }
}

fn push_ids(bytes: &mut Vec<u8>, tree: ObjectId, parents: &[ObjectId]) {
    bytes.extend_from_slice(format!("tree {tree}\n").as_bytes());
    for parent in parents {
        bytes.extend_from_slice(format!("parent {parent}\n").as_bytes());
    }
}

/// A commit that did not exist before.
#[derive(Clone, Copy, Debug)]
pub struct NewCommit<'a> {
    /// The tree of its files.
    pub tree: ObjectId,
    /// Its parents in their order.
    pub parents: &'a [ObjectId],
    /// Who wrote it and when, as in another commit's header or from [`signature`].
    pub author: &'a [u8],
    /// Who committed it and when.
    pub committer: &'a [u8],
    /// UTF-8, with the line break at its end.
    pub message: &'a [u8],
}

impl NewCommit<'_> {
    /// The bytes of the object.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_ids(&mut bytes, self.tree, self.parents);
        for (name, value) in [("author ", self.author), ("committer ", self.committer)] {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend(value.iter().filter(|b| !matches!(b, b'\n' | 0)));
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(self.message);
        bytes
    }
}

/// A person and a time as commits have them. As Git does, leaves out what would end the name or the
/// address; `seconds` are those since 1970, `offset` is the time zone's in minutes east.
pub fn signature(name: &str, email: &str, seconds: i64, offset: i32) -> Vec<u8> {
    let clean = |text: &str| -> String {
        let text = text
            .chars()
            .filter(|c| !matches!(c, '<' | '>' | '\n' | '\0'));
        let text: String = text.collect();
        let crud = |c: char| c <= ' ' || matches!(c, '.' | ',' | ':' | ';' | '"' | '\\' | '\'');
        text.trim_matches(crud).into()
    };
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
    let zone = format!("{sign}{:02}{:02}", minutes / 60 % 100, minutes % 60);
    format!("{} <{}> {seconds} {zone}", clean(name), clean(email)).into()
}
