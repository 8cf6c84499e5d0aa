//! A folder or a commit as one side of a comparison, and which of its paths are asked for.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use storyline_diff::{Entry, Kind, Side};
use storyline_folder::Folder;
use storyline_repo::Snapshot;
use storyline_stamp::{EntryKind, FileSet, ReadError};
use storyline_text::{Diagnostic, RelPath};

use crate::failure::{Failure, usage};
use crate::output::shown;

/// The files, links and nested repositories of a folder.
pub(crate) struct FolderSide<'f> {
    folder: &'f Folder,
    entries: Vec<Entry>,
}

impl<'f> FolderSide<'f> {
    pub(crate) fn new(folder: &'f Folder) -> Self {
        let entries = folder.entries().iter().map(|entry| Entry {
            path: entry.path.clone(),
            kind: match entry.kind {
                EntryKind::File => Kind::File {
                    executable: folder.is_executable(&entry.path),
                },
                EntryKind::Symlink => Kind::Symlink,
                EntryKind::Submodule => Kind::Submodule,
            },
            hash: None,
        });
        Self {
            folder,
            entries: entries.collect(),
        }
    }
}

impl Side for FolderSide<'_> {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let found = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        match found.map(|index| self.entries[index].kind) {
            Ok(Kind::Symlink) => self.folder.link_target(path).map(Cow::Owned),
            _ => self.folder.read(path),
        }
    }
}

/// The files, links and nested repositories of a commit.
pub(crate) struct SnapshotSide<'s> {
    snapshot: &'s Snapshot,
    entries: Vec<Entry>,
}

impl<'s> SnapshotSide<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot) -> Self {
        let entries = snapshot.entries().iter().map(|entry| Entry {
            path: entry.path.clone(),
            kind: match entry.kind {
                EntryKind::File => Kind::File {
                    executable: Some(snapshot.is_executable(&entry.path)),
                },
                EntryKind::Symlink => Kind::Symlink,
                EntryKind::Submodule => Kind::Submodule,
            },
            hash: None,
        });
        Self {
            snapshot,
            entries: entries.collect(),
        }
    }
}

impl Side for SnapshotSide<'_> {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        self.snapshot.read(path)
    }
}

/// Paths that a person asked for, with all that is inside them; none are all.
pub(crate) struct Wanted(Vec<RelPath>);

impl Wanted {
    /// Reads `paths` as they were typed in the folder `below` the root.
    pub(crate) fn new<'p>(
        paths: impl Iterator<Item = &'p PathBuf> + Clone,
        below: &Path,
    ) -> Result<Self, Failure> {
        let is_root = below.as_os_str().is_empty();
        if is_root && paths.clone().any(|path| path == Path::new(".")) {
            return Ok(Self(Vec::new()));
        }
        let inside = |path: &PathBuf| {
            // Dots and slashes that say nothing go.
            let whole = below.join(path);
            let plain = whole.components().filter(|c| *c != Component::CurDir);
            let plain: PathBuf = plain.collect();
            RelPath::new(plain.as_os_str().as_encoded_bytes()).map_err(|reason| {
                let title = format!("{} is no path inside: {reason}", shown(path));
                let help = "name files and folders as they are called in canonical form";
                usage(Diagnostic::error("no-such-path", title).help(help))
            })
        };
        Ok(Self(paths.map(inside).collect::<Result<_, _>>()?))
    }

    /// Whether `path` was asked for.
    pub(crate) fn has(&self, path: &RelPath) -> bool {
        self.0.is_empty() || self.0.iter().any(|asked| is_inside(path, asked))
    }

    /// Those that were asked for; none are all.
    pub(crate) fn paths(&self) -> &[RelPath] {
        &self.0
    }

    /// What is told of a path that is on neither side.
    pub(crate) fn missing(path: &RelPath) -> Failure {
        let title = format!("neither side has `{path}`");
        let help = "name files and folders as they are called in canonical form";
        usage(Diagnostic::error("no-such-path", title).help(help))
    }

    /// Refuses a path that was asked for and is none of `paths`.
    pub(crate) fn check<'p>(
        &self,
        paths: impl Iterator<Item = &'p RelPath> + Clone,
    ) -> Result<(), Failure> {
        let mut asked = self.0.iter();
        let missing = asked.find(|asked| !paths.clone().any(|path| is_inside(path, asked)));
        missing.map_or(Ok(()), |missing| Err(Self::missing(missing)))
    }
}

fn is_inside(path: &RelPath, folder: &RelPath) -> bool {
    let rest = path.as_bytes().strip_prefix(folder.as_bytes());
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}
