//! What was found out before, kept between commands.
//!
//! It is disposable: whatever is not there, or cannot be read, is found out again, and a second command
//! that runs meanwhile does without. Keys are hashes of all that an answer depends on, so that nothing in
//! it ever becomes wrong; what stands there is hashed along, so that a damaged answer is none.

use std::fs;
use std::path::PathBuf;

use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};
use rustc_hash::FxHashMap;

use crate::Repository;

/// Raised whenever an answer may come out differently.
const EDITION: u32 = 2;
/// A file that has grown larger, in bytes, is begun anew.
const MAX_FILE: u64 = 2 << 30;
/// Answers that wait to be written. More are forgotten.
const MAX_NEW: usize = 2_000_000;
/// Bytes of the hash beside an answer.
const SEAL: usize = 8;

const TABLE: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("memo");

/// The hash of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The question that consists of these parts.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Answers of former commands, and new ones.
#[derive(Default)]
pub struct Memo {
    store: Option<Database>,
    old: Option<ReadOnlyTable<[u8; 32], &'static [u8]>>,
    new: FxHashMap<Key, Box<[u8]>>,
}

impl Memo {
    /// That of a repository; one that forgets when its file cannot be used.
    pub fn open(repository: &Repository) -> Self {
        let folder = repository.common_dir().join("storyline");
        let file = folder.join(format!("memo-{}-{EDITION}", env!("CARGO_PKG_VERSION")));
        if file.metadata().is_ok_and(|found| found.len() > MAX_FILE) {
            // Nothing but time is lost.
            let _ = fs::remove_file(&file);
        }
        let store = fs::create_dir_all(&folder).ok().and_then(|()| opened(file));
        let old = store.as_ref().and_then(|store| {
            let reading = store.begin_read().ok()?;
            reading.open_table(TABLE).ok()
        });
        Self {
            store,
            old,
            new: FxHashMap::default(),
        }
    }

    /// The answer to a question, which is only put together when there may be one.
    pub fn get(&self, question: impl FnOnce() -> Key) -> Option<Vec<u8>> {
        if self.old.is_none() && self.new.is_empty() {
            return None;
        }
        let key = question();
        if let Some(known) = self.new.get(&key) {
            return Some(known.to_vec());
        }
        let found = self.old.as_ref()?.get(key.0).ok()??;
        let (seal, answer) = found.value().split_at_checked(SEAL)?;
        (seal == seal_of(key, answer)).then(|| answer.to_vec())
    }

    /// Whether there is anything to remember answers with.
    pub(crate) fn is_there(&self) -> bool {
        self.store.is_some()
    }

    /// Remembers an answer, if it can.
    pub fn put(&mut self, question: impl FnOnce() -> Key, answer: impl FnOnce() -> Vec<u8>) {
        if self.is_there() && self.new.len() < MAX_NEW {
            self.new.insert(question(), answer().into());
        }
    }

    /// How many answers are new.
    pub(crate) fn count(&self) -> usize {
        self.new.len()
    }

    /// Writes what is new. Failing to is no failure of a command.
    pub fn save(mut self) {
        self.old = None;
        let Some(store) = self.store.filter(|_| !self.new.is_empty()) else {
            return;
        };
        let mut new: Vec<_> = self.new.into_iter().collect();
        new.sort_unstable_by_key(|(key, _)| *key);
        let write = || -> Result<(), redb::Error> {
            let writing = store.begin_write()?;
            {
                let mut table = writing.open_table(TABLE)?;
                for (key, answer) in &new {
                    let sealed = [&seal_of(*key, answer), &**answer].concat();
                    table.insert(key.0, &*sealed)?;
                }
            }
            Ok(writing.commit()?)
        };
        let _ = write();
    }
}

/// The file's database; a new one when it is none.
fn opened(file: PathBuf) -> Option<Database> {
    match Database::create(&file) {
        Ok(store) => Some(store),
        // Another command has it open.
        Err(redb::DatabaseError::DatabaseAlreadyOpen) => None,
        Err(_) => {
            fs::remove_file(&file).ok()?;
            Database::create(&file).ok()
        }
    }
}

fn seal_of(key: Key, answer: &[u8]) -> [u8; SEAL] {
    let hash = Key::of(&[key.as_bytes(), answer]).0;
    std::array::from_fn(|at| hash[at])
}
