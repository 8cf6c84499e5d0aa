//! From two sides to what differs between them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use memchr::memchr;
use rayon::prelude::*;
use storyline_stamp::{Change, ReadError, TreePatch};
use storyline_text::RelPath;

use crate::lines;
use crate::report::{Content, FileChange, Report, Stand, bytes_of};
use crate::side::{Entry, Kind, Side};

/// As far as this, a NUL makes a file binary; Git looks as far.
const BINARY_WITHIN: usize = 8000;

/// Two sides, and which of their files are the same byte for byte.
pub struct Pair<'a> {
    left: &'a dyn Side,
    right: &'a dyn Side,
    /// Paths whose files are the same on both sides as they are.
    same: HashSet<&'a RelPath>,
}

/// What is compared, and how it is told.
pub struct Options<'a> {
    /// Whether a path belongs to what was asked for. It is asked about the path in canonical form
    /// and about those that the sides have.
    pub wanted: &'a (dyn Fn(&RelPath) -> bool + Sync),
    /// Whether files that do not look like text are told line by line too.
    pub text: bool,
}

/// A file of one side and where it stands in canonical form.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    side: &'a dyn Side,
    pub(crate) path: &'a RelPath,
    pub(crate) entry: &'a Entry,
    change: Option<&'a Change>,
}

impl<'a> Pair<'a> {
    /// Compares the sides byte for byte, as they are.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn new(left: &'a dyn Side, right: &'a dyn Side) -> Result<Self, ReadError> {
        let entries = right.entries();
        let same = left.entries().par_iter().filter_map(|entry| {
            let other = entries.binary_search_by(|other| other.path.cmp(&entry.path));
            let other = &entries[other.ok()?];
            if !entry.kind.is_same(other.kind) {
                return None;
            }
            let same = match (entry.hash, other.hash) {
                (Some(left), Some(right)) => left == right,
                _ if entry.kind == Kind::Submodule => true,
                _ => match (left.read(&entry.path), right.read(&entry.path)) {
                    (Ok(left), Ok(right)) => left == right,
                    (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
                },
            };
            same.then_some(Ok(&entry.path))
        });
        Ok(Self {
            left,
            right,
            same: same.collect::<Result<_, _>>()?,
        })
    }

    /// The paths of both sides, as they are.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> + Clone {
        let sides = [self.left, self.right].into_iter();
        sides
            .flat_map(|side| side.entries())
            .map(|entry| &entry.path)
    }

    /// Whether the sides are the same, byte for byte.
    pub fn is_same(&self) -> bool {
        let same = self.same.len();
        self.left.entries().len() == same && self.right.entries().len() == same
    }

    /// What differs once `left` and `right` are carried out, which take the sides' stamps out.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn report(
        &self,
        left: &'a TreePatch,
        right: &'a TreePatch,
        options: &Options<'_>,
    ) -> Result<Report, ReadError> {
        let mut by_path: BTreeMap<&RelPath, [Option<Item<'a>>; 2]> = BTreeMap::new();
        for (index, (side, patch)) in [(self.left, left), (self.right, right)].iter().enumerate() {
            for item in items(*side, patch) {
                by_path.entry(item.path).or_default()[index] = Some(item);
            }
        }
        let wanted = by_path.into_values().filter(|pair| {
            let mut items = pair.iter().flatten();
            items.any(|item| (options.wanted)(item.path) || (options.wanted)(&item.entry.path))
        });
        let wanted: Vec<_> = wanted.collect();
        let compared = wanted
            .into_par_iter()
            .map(|[left, right]| self.compare(left, right, options));
        let mut report = Report::default();
        for found in compared.collect::<Result<Vec<_>, _>>()? {
            match found {
                Found::Same => {}
                Found::OnlyStamp => report.only_stamps += 1,
                Found::Repository => report.repositories += 1,
                Found::Differs(changes) => report.files.extend(changes),
            }
        }
        report.files = moved(report.files);
        Ok(report)
    }

    fn compare(
        &self,
        left: Option<Item<'a>>,
        right: Option<Item<'a>>,
        options: &Options<'_>,
    ) -> Result<Found, ReadError> {
        let (left, right) = match (left, right) {
            (Some(left), Some(right)) if left.entry.kind.is_like(right.entry.kind) => (left, right),
            (left, right) => {
                let left = left.map(|left| left.stand()).transpose()?;
                let right = right.map(|right| right.stand()).transpose()?;
                let removed = left.map(|left| change(Some(left), None, options));
                let added = right.map(|right| change(None, Some(right), options));
                return Ok(Found::Differs(removed.into_iter().chain(added).collect()));
            }
        };
        if left.entry.kind == Kind::Submodule && left.entry.hash.is_none() {
            return Ok(Found::Repository);
        }
        let as_it_is = left.entry.path == right.entry.path && self.same.contains(&left.entry.path);
        if as_it_is && left.change == right.change {
            return Ok(Found::Same);
        }
        let (a, b) = (left.stand()?, right.stand()?);
        if a.bytes == b.bytes && a.kind.is_same(b.kind) {
            return Ok(match as_it_is {
                true => Found::Same,
                false => Found::OnlyStamp,
            });
        }
        Ok(Found::Differs(vec![change(Some(a), Some(b), options)]))
    }
}

/// What comparing one path gave.
enum Found {
    Same,
    OnlyStamp,
    Repository,
    Differs(Vec<FileChange>),
}

impl<'a> Item<'a> {
    /// The file in canonical form.
    fn stand(&self) -> Result<Stand, ReadError> {
        Ok(Stand {
            path: self.path.clone(),
            kind: self.entry.kind,
            bytes: self.bytes()?.into_owned(),
        })
    }

    /// Its bytes in canonical form.
    pub(crate) fn bytes(&self) -> Result<Cow<'a, [u8]>, ReadError> {
        match (self.change, self.entry.kind) {
            (_, Kind::Submodule) if self.entry.hash.is_none() => Ok(Cow::default()),
            (Some(change), _) => Ok(change.after().into()),
            (None, _) => self.side.read(&self.entry.path),
        }
    }
}

/// The files of a side with what `patch` makes of them, both sorted by the path that they have.
pub(crate) fn items<'a>(
    side: &'a dyn Side,
    patch: &'a TreePatch,
) -> impl Iterator<Item = Item<'a>> {
    let mut changes = patch.changes.iter().peekable();
    side.entries().iter().map(move |entry| {
        let change = changes.next_if(|change| change.from == entry.path);
        Item {
            side,
            path: change.map_or(&entry.path, |change| &change.to),
            entry,
            change,
        }
    })
}

fn change(left: Option<Stand>, right: Option<Stand>, options: &Options<'_>) -> FileChange {
    let stands = || left.iter().chain(&right);
    let [left_bytes, right_bytes] = [&left, &right].map(bytes_of);
    let is_closed = |stand: &Stand| stand.kind == Kind::Submodule && stand.bytes.is_empty();
    let content = if stands().any(is_closed) {
        Content::Repository
    } else if stands().count() == 2 && left_bytes == right_bytes {
        Content::Same
    } else if !options.text && stands().any(is_binary) {
        Content::Binary
    } else {
        Content::Text(lines::hunks(left_bytes, right_bytes))
    };
    FileChange {
        left,
        right,
        content,
    }
}

fn is_binary(stand: &Stand) -> bool {
    let head = &stand.bytes[..stand.bytes.len().min(BINARY_WITHIN)];
    matches!(stand.kind, Kind::File { .. }) && memchr(0, head).is_some()
}

/// Joins a removed and an added file into a moved one where nothing else has their bytes.
fn moved(files: Vec<FileChange>) -> Vec<FileChange> {
    // Which files, removed and added, hold these bytes.
    let mut by_bytes: HashMap<&[u8], [Vec<usize>; 2]> = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        let (side, stand) = match (&file.left, &file.right) {
            (Some(stand), None) => (0, stand),
            (None, Some(stand)) => (1, stand),
            _ => continue,
        };
        if matches!(stand.kind, Kind::File { .. }) && !stand.bytes.is_empty() {
            by_bytes.entry(&stand.bytes).or_default()[side].push(index);
        }
    }
    let moves = by_bytes.into_values().filter_map(|files| match files {
        [removed, added] if removed.len() == 1 && added.len() == 1 => Some((removed[0], added[0])),
        _ => None,
    });
    let moves: Vec<_> = moves.collect();
    let mut files: Vec<_> = files.into_iter().map(Some).collect();
    for (removed, added) in moves {
        let left = files[removed].take().and_then(|file| file.left);
        if let Some(file) = &mut files[added] {
            file.left = left;
            file.content = Content::Same;
        }
    }
    files.into_iter().flatten().collect()
}
