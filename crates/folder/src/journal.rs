//! The undo journal: what a killed command was about to do, in words that the next one can undo.
//!
//! The journal folder holds
//!
//! - `lock`: locked by the process that changes the project, with its number inside. The system
//!   gives the lock back when that process dies, however it dies.
//! - `new-N`: the bytes that the file of change N will have.
//! - `old-N`: the file of change N as it was; there from the moment it is set aside until it is back
//!   in its place, or the change is final.
//! - `journal.json`: the changes. While it stands, everything is to be undone; it appears complete
//!   (by a rename) before the first file of the project is touched, and removing it makes the change
//!   final.
//! - `kept/N`: originals that could not return because somebody had put something else there.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, Metadata};
use serde::{Deserialize, Serialize};
use storyline_text::RelPath;

use crate::error::Fault;
use crate::names::{GIT, unsafe_move};
use crate::tree::{Seen, Tree};

/// The folder at the root that holds the journal of a project without a `.git` folder.
pub(crate) const OUTSIDE_GIT: &str = ".storyline";

/// How often a lock file that its holder removes at the same moment is made anew.
const LOCK_ATTEMPTS: usize = 64;

/// Where the journal folder is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Ours, but other parts of the program may keep things there.
    home: &'static str,
}

impl Place {
    /// Inside `.git` when that is a real folder, so that git never lists the journal.
    pub(crate) fn of(root: &Dir) -> Self {
        let inside = root.symlink_metadata(GIT).is_ok_and(|m| m.is_dir());
        let home = if inside {
            ".git/storyline"
        } else {
            OUTSIDE_GIT
        };
        Self { home }
    }

    /// Everywhere that a journal may stand: `.git` may have come since it was written.
    pub(crate) fn all(root: &Dir) -> impl Iterator<Item = Self> {
        let now = Self::of(root);
        let outside = Self { home: OUTSIDE_GIT };
        [now, outside]
            .into_iter()
            .take(if now.home == OUTSIDE_GIT { 1 } else { 2 })
    }

    pub(crate) fn home(self) -> RelPath {
        RelPath::new(self.home.as_bytes()).expect("both homes are plain paths")
    }

    pub(crate) fn folder(self) -> RelPath {
        self.path("undo")
    }

    pub(crate) fn lock(self) -> RelPath {
        self.path("undo/lock")
    }

    pub(crate) fn journal(self) -> RelPath {
        self.path("undo/journal.json")
    }

    pub(crate) fn journal_draft(self) -> RelPath {
        self.path("undo/new-journal")
    }

    /// The bytes that change `index` will write.
    pub(crate) fn staged(self, index: usize) -> RelPath {
        self.path(&format!("undo/new-{index}"))
    }

    /// The file of change `index` as it was.
    pub(crate) fn original(self, index: usize) -> RelPath {
        self.path(&format!("undo/old-{index}"))
    }

    pub(crate) fn kept_folder(self) -> RelPath {
        self.path("undo/kept")
    }

    pub(crate) fn kept(self, number: usize) -> RelPath {
        self.path(&format!("undo/kept/{number}"))
    }

    fn path(self, below: &str) -> RelPath {
        let path = format!("{}/{below}", self.home);
        RelPath::new(path.as_bytes()).expect("plain names below a plain path")
    }
}

/// What is to be undone.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    pub(crate) version: u32,
    /// Folders that are made, parents before children.
    #[serde(with = "paths")]
    pub(crate) folders: Vec<RelPath>,
    pub(crate) moves: Vec<Move>,
}

/// One change; its position is the number in the names of its files.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    #[serde(with = "path")]
    pub(crate) from: RelPath,
    #[serde(with = "path")]
    pub(crate) to: RelPath,
    /// BLAKE3 of the bytes before, in hexadecimal digits.
    pub(crate) before: String,
    /// BLAKE3 of the bytes after.
    pub(crate) after: String,
}

impl Journal {
    pub(crate) const VERSION: u32 = 1;

    /// The journal as it stands in the folder; `None` when there is none.
    pub(crate) fn read(tree: &Tree, place: Place) -> Result<Option<Result<Self, String>>, Fault> {
        let path = place.journal();
        let mut file = match tree.look(&path)? {
            None => return Ok(None),
            Some(Seen::Other) => return Ok(Some(Err("it is no regular file".into()))),
            Some(Seen::File(file)) => file,
        };
        let bytes = file.read().map_err(|source| Fault { path, source })?;
        let journal = serde_json::from_slice::<Self>(&bytes).map_err(|e| e.to_string());
        Ok(Some(journal.and_then(Self::checked)))
    }

    /// Writes the journal, whole or not at all, and flushes it.
    pub(crate) fn write(&self, tree: &Tree, place: Place) -> Result<(), Fault> {
        let (draft, path) = (place.journal_draft(), place.journal());
        let bytes = serde_json::to_vec(self).expect("lists of text and numbers are JSON");
        tree.create(&draft, &bytes, None)?;
        tree.flush_files(std::slice::from_ref(&draft))?;
        tree.rename(&draft, &path)?;
        tree.flush_folders_of([&path].into_iter())
    }

    /// A journal may have come with a repository: it moves nothing that a patch may not.
    fn checked(self) -> Result<Self, String> {
        if self.version != Self::VERSION {
            let version = self.version;
            return Err(format!("it has version {version}, this program writes 1"));
        }
        let moves = self.moves.iter().map(|change| (&change.from, &change.to));
        let folders = self.folders.iter().map(|folder| (folder, folder));
        match moves
            .chain(folders)
            .find_map(|(from, to)| unsafe_move(from, to))
        {
            Some((path, reason)) => Err(format!("{path} must not be written: {reason}")),
            None => Ok(self),
        }
    }
}

/// The right to change the folder, held by at most one process.
#[derive(Debug)]
pub(crate) struct Hold {
    place: Place,
    /// The lock ends when this is closed.
    lock: File,
}

/// Why the folder cannot be held.
#[derive(Debug)]
pub(crate) enum HoldError {
    Busy(Option<u32>),
    Io(Fault),
}

impl From<Fault> for HoldError {
    fn from(fault: Fault) -> Self {
        Self::Io(fault)
    }
}

impl Hold {
    /// Takes the lock, without waiting.
    pub(crate) fn take(tree: &Tree, place: Place) -> Result<Self, HoldError> {
        let path = place.lock();
        let failed = |source| Fault {
            path: path.clone(),
            source,
        };
        for _ in 0..LOCK_ATTEMPTS {
            let made = make_if_missing(tree, &place.home())
                .and_then(|()| make_if_missing(tree, &place.folder()))
                .and_then(|()| tree.open_or_create(&path));
            let file = match made {
                // The last holder has just removed the folder: make it anew.
                Err(fault) if fault.is_missing() => {
                    tree.forget();
                    continue;
                }
                made => made?,
            };
            let id = id_of(&file.metadata().map_err(failed)?);
            let mut lock = file.into_std();
            match lock.try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(HoldError::Busy(read_pid(&mut lock)));
                }
                Err(std::fs::TryLockError::Error(source)) => return Err(failed(source).into()),
            }
            // A lock on a file that its last holder removed meanwhile excludes nobody.
            match tree.look(&path)? {
                Some(Seen::File(seen)) if seen.id == id => {}
                _ => {
                    tree.forget();
                    continue;
                }
            }
            write_pid(&mut lock).map_err(failed)?;
            return Ok(Self { place, lock });
        }
        let source = io::Error::other("other processes make and remove it all the time");
        Err(failed(source).into())
    }

    /// Gives the lock back and removes the journal folder, unless something is kept in it. What
    /// cannot be removed stays for the next command.
    pub(crate) fn release(self, tree: &Tree) {
        let Self { place, lock } = self;
        let _ = tree.remove(&place.lock());
        drop(lock);
        let _ = tree.remove_folder(&place.folder());
        let _ = tree.remove_folder(&place.home());
    }
}

/// Removes staged files, drafts and originals of a change that is final or never began.
pub(crate) fn sweep(tree: &Tree, place: Place) -> Result<(), Fault> {
    for name in tree.names(&place.folder())? {
        let ours = name
            .to_str()
            .filter(|name| name.starts_with("new-") || name.starts_with("old-"));
        if let Some(name) = ours {
            tree.remove(&place.path(&format!("undo/{name}")))?;
        }
    }
    Ok(())
}

/// Removes the journal for good: what it speaks of is undone, or final.
pub(crate) fn discard(tree: &Tree, place: Place) -> Result<(), Fault> {
    let journal = place.journal();
    tree.remove(&journal)?;
    tree.flush_folders_of([&journal].into_iter())
}

pub(crate) fn make_if_missing(tree: &Tree, path: &RelPath) -> Result<(), Fault> {
    match tree.make_folder(path) {
        Err(fault) if !fault.is_taken() => Err(fault),
        _ => Ok(()),
    }
}

fn id_of(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    write!(lock, "{}", std::process::id())
}

/// Where the system lets nobody read a locked file, nobody learns who holds it.
fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Paths as text where they are text, as a list of bytes otherwise.
mod path {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use storyline_text::RelPath;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    pub(super) enum Spelled {
        Text(String),
        Bytes(Vec<u8>),
    }

    impl From<&RelPath> for Spelled {
        fn from(path: &RelPath) -> Self {
            let bytes = path.as_bytes().to_vec();
            String::from_utf8(bytes).map_or_else(|e| Self::Bytes(e.into_bytes()), Self::Text)
        }
    }

    impl Spelled {
        pub(super) fn into_path<E: Error>(self) -> Result<RelPath, E> {
            let bytes = match self {
                Self::Text(text) => text.into_bytes(),
                Self::Bytes(bytes) => bytes,
            };
            RelPath::new(&bytes).map_err(E::custom)
        }
    }

    pub(super) fn serialize<S: Serializer>(path: &RelPath, to: S) -> Result<S::Ok, S::Error> {
        Spelled::from(path).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RelPath, D::Error> {
        Spelled::deserialize(from)?.into_path()
    }
}

mod paths {
    use serde::{Deserialize, Deserializer, Serializer};
    use storyline_text::RelPath;

    use super::path::Spelled;

    pub(super) fn serialize<S: Serializer>(paths: &[RelPath], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(Spelled::from))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<RelPath>, D::Error> {
        let spelled: Vec<Spelled> = Vec::deserialize(from)?;
        spelled.into_iter().map(Spelled::into_path).collect()
    }
}
