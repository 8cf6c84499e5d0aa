//! Readers and writers of one folder, kept apart.
//!
//! While files are moved in place a reader would see some of them before and some after. So an open
//! [`Folder`](crate::Folder) holds a shared lock on its root, and changing it in place an exclusive
//! one. The lock is the folder's own: nothing is written for it, and the system takes it back from a
//! process that dies. Where folders cannot be locked, everything works as without.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use cap_std::fs::Dir;

/// How long a command waits for others that read the folder; they need a second at most.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A lock on a folder, shared unless [`Gate::alone`] is running.
#[derive(Debug)]
pub(crate) struct Gate(Option<File>);

/// Another process changes the folder, or does not stop reading it.
#[derive(Debug)]
pub(crate) struct Occupied;

impl Gate {
    /// Waits for nobody: a folder that is being changed is no folder to read.
    pub(crate) fn enter(root: &Dir) -> Result<Self, Occupied> {
        let Ok(folder) = root.open(".") else {
            return Ok(Self(None));
        };
        let folder = folder.into_std();
        match folder.try_lock_shared() {
            Ok(()) => Ok(Self(Some(folder))),
            Err(TryLockError::WouldBlock) => Err(Occupied),
            Err(TryLockError::Error(_)) => Ok(Self(None)),
        }
    }

    /// Runs `change` while nobody else reads or changes the folder.
    pub(crate) fn alone<T>(&self, change: impl FnOnce() -> T) -> Result<T, Occupied> {
        let Some(folder) = &self.0 else {
            return Ok(change());
        };
        let started = Instant::now();
        // Trying gives the shared lock up, so two that want to be alone do not wait for each other;
        // what either read before is compared again by whoever comes second.
        while let Err(TryLockError::WouldBlock) = folder.try_lock() {
            if started.elapsed() > PATIENCE {
                return Err(Occupied);
            }
            std::thread::sleep(PAUSE);
        }
        let changed = change();
        // Held already, so this cannot fail but where locks do not work at all.
        let _ = folder.lock_shared();
        Ok(changed)
    }
}
