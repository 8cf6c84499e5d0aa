//! Projects in memory, from a text.

use std::borrow::Cow;

use storyline_diff::names::File;
use storyline_diff::{Entry, Kind, Side};
use storyline_stamp::ReadError;
use storyline_text::RelPath;

pub(crate) struct Project {
    entries: Vec<Entry>,
    bytes: Vec<Vec<u8>>,
}

impl Project {
    /// Of `== path` and what follows.
    pub(crate) fn new(text: &str) -> Self {
        let mut files: Vec<(RelPath, Vec<u8>)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("== ") {
                Some(path) => files.push((path_of(path.trim_end()), Vec::new())),
                None => {
                    let (_, bytes) = files.last_mut().expect("a path comes first");
                    bytes.extend_from_slice(line.as_bytes());
                }
            }
        }
        files.sort();
        let (paths, bytes): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let kind = Kind::File {
            executable: Some(false),
        };
        let entry = |path| Entry {
            path,
            kind,
            hash: None,
        };
        Self {
            entries: paths.into_iter().map(entry).collect(),
            bytes,
        }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = File<'_>> {
        let files = self.entries.iter().zip(&self.bytes);
        files.map(|(entry, bytes)| File {
            path: &entry.path,
            bytes,
        })
    }

    pub(crate) fn get(&self, path: &RelPath) -> Option<&[u8]> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        at.ok().map(|at| &*self.bytes[at])
    }

    /// Its files that `other` has not, or not so.
    pub(crate) fn differing(&self, other: &Self) -> Self {
        let files = self.entries.iter().cloned().zip(self.bytes.iter().cloned());
        let differing = files.filter(|(entry, bytes)| other.get(&entry.path) != Some(bytes));
        let (entries, bytes) = differing.unzip();
        Self { entries, bytes }
    }
}

impl Side for Project {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        Ok(Cow::Borrowed(self.get(path).expect("it is there")))
    }
}

pub(crate) fn path_of(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a path")
}
