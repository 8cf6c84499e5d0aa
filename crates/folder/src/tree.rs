//! The steps that change a folder, one system call each, none of which follows a link.
//!
//! A path is resolved folder by folder, refusing links, and the step then acts on a bare name in an
//! open folder. Before each step a hook is called: tests stop or fail there, everybody else passes
//! one that does nothing.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, Metadata, OpenOptions, Permissions};
use storyline_text::RelPath;

use crate::error::Fault;
use crate::names::to_os;

/// Called before each step with its number, from 0; an error fails the step.
pub(crate) type Hook<'a> = &'a dyn Fn(usize) -> io::Result<()>;

/// How many open folders are remembered: the journal's, and those of the files at hand.
const OPEN_FOLDERS: usize = 8;

/// How many files are flushed at once; they wait for the disk, not for a processor.
const FLUSHES: usize = 16;

/// A folder that is being changed.
pub(crate) struct Tree<'a> {
    root: &'a Dir,
    hook: Hook<'a>,
    steps: Cell<usize>,
    /// The folders used last, the latest at the end.
    open: RefCell<Vec<(Vec<u8>, Arc<Dir>)>>,
}

/// What stands at a path.
pub(crate) enum Seen {
    /// A regular file.
    File(FileSeen),
    /// A link, a folder or something else that is never touched.
    Other,
}

/// A regular file, opened and looked at.
pub(crate) struct FileSeen {
    pub(crate) file: File,
    pub(crate) len: u64,
    pub(crate) permissions: Permissions,
    /// Device and number: equal for two names of one file.
    pub(crate) id: (u64, u64),
}

impl FileSeen {
    /// The rest of the file.
    pub(crate) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len).unwrap_or(0) + 1);
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The hash of the rest of the file.
    pub(crate) fn hash(&mut self) -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&mut self.file)?;
        Ok(hasher.finalize())
    }
}

/// Opens a regular file of a folder; a link, or anything that would block, is refused.
pub(crate) fn open_regular(dir: &Dir, name: &Path) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    options.follow(FollowSymlinks::No).nonblock(true);
    let irregular = || io::Error::other("it is not a regular file");
    let file = dir.open_with(name, &options).map_err(|error| {
        // The system's own words for a link or a socket would speak of something else.
        let there = dir.symlink_metadata(name);
        let irregular_there = there.is_ok_and(|metadata| !metadata.is_file());
        if irregular_there { irregular() } else { error }
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(irregular());
    }
    Ok((file.into_std(), metadata))
}

/// Makes a file that did not exist, readable for nobody else until it has its mode.
pub(crate) fn create_new(
    dir: &Dir,
    name: &Path,
    permissions: Option<&Permissions>,
) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.follow(FollowSymlinks::No);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = dir.open_with(name, &options)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions.clone())?;
    }
    Ok(file.into_std())
}

impl<'a> Tree<'a> {
    pub(crate) fn new(root: &'a Dir, hook: Hook<'a>) -> Self {
        Self {
            root,
            hook,
            steps: Cell::new(0),
            open: RefCell::default(),
        }
    }

    /// What stands at `path`; `None` for nothing, also when its folder is missing.
    pub(crate) fn look(&self, path: &RelPath) -> Result<Option<Seen>, Fault> {
        let seen = self.at(path, |dir, name| {
            if !dir.symlink_metadata(name)?.is_file() {
                return Ok(Seen::Other);
            }
            let (file, metadata) = open_regular(dir, name)?;
            Ok(Seen::File(FileSeen {
                len: metadata.len(),
                permissions: metadata.permissions(),
                id: (metadata.dev(), metadata.ino()),
                file,
            }))
        });
        match seen {
            Ok(seen) => Ok(Some(seen)),
            Err(fault) if fault.is_missing() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The names in a folder; none when it is missing.
    pub(crate) fn names(&self, path: &RelPath) -> Result<Vec<std::ffi::OsString>, Fault> {
        let names = self.at(path, |dir, name| {
            let entries = dir.open_dir_nofollow(name)?.entries()?;
            entries.map(|entry| Ok(entry?.file_name())).collect()
        });
        match names {
            Err(fault) if fault.is_missing() => Ok(Vec::new()),
            names => names,
        }
    }

    /// Renames over whatever file stands at `to`.
    pub(crate) fn rename(&self, from: &RelPath, to: &RelPath) -> Result<(), Fault> {
        self.step_between(from, to, |a, from, b, to| a.rename(from, b, to))
    }

    /// Gives a file a second name, where nothing may stand yet.
    pub(crate) fn link(&self, from: &RelPath, to: &RelPath) -> Result<(), Fault> {
        self.step_between(from, to, |a, from, b, to| a.hard_link(from, b, to))
    }

    /// Moves a file to where nothing may stand yet. Where files cannot have two names, what appears
    /// there in the same instant is not noticed.
    pub(crate) fn put(&self, from: &RelPath, to: &RelPath) -> Result<(), Fault> {
        match self.link(from, to) {
            Ok(()) => self.remove(from),
            Err(taken) if taken.is_taken() => Err(taken),
            Err(_) if self.look(to)?.is_some() => {
                Err(fault(to, io::ErrorKind::AlreadyExists.into()))
            }
            Err(_) => self.rename(from, to),
        }
    }

    pub(crate) fn remove(&self, path: &RelPath) -> Result<(), Fault> {
        self.step(path, |dir, name| dir.remove_file(name))
    }

    /// Makes a folder; one that is there already is an error of that kind.
    pub(crate) fn make_folder(&self, path: &RelPath) -> Result<(), Fault> {
        self.step(path, |dir, name| dir.create_dir(name))
    }

    /// Removes a folder, which must be empty.
    pub(crate) fn remove_folder(&self, path: &RelPath) -> Result<(), Fault> {
        self.step(path, |dir, name| dir.remove_dir(name))?;
        self.forget();
        Ok(())
    }

    /// Forgets open folders: what is made anew at their paths is another one.
    pub(crate) fn forget(&self) {
        self.open.borrow_mut().clear();
    }

    /// Writes a new file; without `permissions` one that only its owner reads.
    pub(crate) fn create(
        &self,
        path: &RelPath,
        bytes: &[u8],
        permissions: Option<&Permissions>,
    ) -> Result<(), Fault> {
        self.step(path, |dir, name| {
            create_new(dir, name, permissions)?.write_all(bytes)
        })
    }

    /// Writes a new file that others may read as far as the system's mask lets them.
    pub(crate) fn create_shared(&self, path: &RelPath, bytes: &[u8]) -> Result<(), Fault> {
        self.step(path, |dir, name| {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            let mut file = dir.open_with(name, options.follow(FollowSymlinks::No))?;
            file.write_all(bytes)
        })
    }

    /// Opens a file that is made when missing, for the lock.
    pub(crate) fn open_or_create(&self, path: &RelPath) -> Result<cap_std::fs::File, Fault> {
        self.step(path, |dir, name| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true);
            dir.open_with(name, options.follow(FollowSymlinks::No))
        })
    }

    /// Flushes files of one folder to the disk, many at once: the file system then commits them
    /// together, where one by one each would wait for a commit of its own.
    pub(crate) fn flush_files(&self, paths: &[RelPath]) -> Result<(), Fault> {
        let Some(first) = paths.first() else {
            return Ok(());
        };
        let share = paths.len().div_ceil(FLUSHES);
        self.step(first, |dir, _| {
            std::thread::scope(|scope| {
                let flush = |paths: &[RelPath]| paths.iter().try_for_each(|p| flush_file(dir, p));
                let flushes = paths
                    .chunks(share)
                    .map(|paths| scope.spawn(move || flush(paths)));
                let flushes: Vec<_> = flushes.collect();
                flushes
                    .into_iter()
                    .try_for_each(|done| done.join().expect("flushing does not panic"))
            })
        })
    }

    /// Flushes the folders that hold `paths`, so that names made and removed there are on the disk.
    pub(crate) fn flush_folders_of<'p>(
        &self,
        paths: impl Iterator<Item = &'p RelPath>,
    ) -> Result<(), Fault> {
        let mut paths: Vec<&RelPath> = paths.collect();
        paths.sort_unstable_by_key(|path| path.parent());
        paths.dedup_by_key(|path| path.parent());
        paths
            .into_iter()
            .try_for_each(|path| match self.step(path, |dir, _| flush_folder(dir)) {
                // A folder that was not made has nothing to flush.
                Err(fault) if fault.is_missing() => Ok(()),
                done => done,
            })
    }

    fn step<T>(
        &self,
        path: &RelPath,
        act: impl FnOnce(&Dir, &Path) -> io::Result<T>,
    ) -> Result<T, Fault> {
        self.at(path, |dir, name| {
            self.announce()?;
            act(dir, name)
        })
    }

    fn step_between(
        &self,
        from: &RelPath,
        to: &RelPath,
        act: impl FnOnce(&Dir, &Path, &Dir, &Path) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let source = self.folder_of(from).map_err(|e| fault(from, e))?;
        let name = to_os(from.file_name()).map_err(|e| fault(from, e))?;
        self.step(to, |dir, to| act(&source, name, dir, to))
    }

    fn announce(&self) -> io::Result<()> {
        let step = self.steps.get();
        self.steps.set(step + 1);
        (self.hook)(step)
    }

    fn at<T>(
        &self,
        path: &RelPath,
        act: impl FnOnce(&Dir, &Path) -> io::Result<T>,
    ) -> Result<T, Fault> {
        let dir = self.folder_of(path);
        dir.and_then(|dir| act(&dir, to_os(path.file_name())?))
            .map_err(|source| fault(path, source))
    }

    /// The folder that holds `path`, reached without following a link.
    fn folder_of(&self, path: &RelPath) -> io::Result<Arc<Dir>> {
        let parent = path.parent();
        let mut open = self.open.borrow_mut();
        if let Some(at) = open.iter().position(|(known, _)| known == parent) {
            open[at..].rotate_left(1);
        } else {
            let mut dir = self.root.try_clone()?;
            if !parent.is_empty() {
                for name in parent.split(|b| *b == b'/') {
                    dir = dir.open_dir_nofollow(to_os(name)?)?;
                }
            }
            if open.len() == OPEN_FOLDERS {
                open.remove(0);
            }
            open.push((parent.to_vec(), Arc::new(dir)));
        }
        let (_, dir) = open.last().expect("pushed, or rotated to the end");
        Ok(Arc::clone(dir))
    }
}

fn fault(path: &RelPath, source: io::Error) -> Fault {
    Fault {
        path: path.clone(),
        source,
    }
}

fn flush_file(dir: &Dir, path: &RelPath) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).follow(FollowSymlinks::No);
    let file = dir.open_with(to_os(path.file_name())?, &options)?;
    file.sync_all()
}

/// The handle of a folder may be one for lookups only, which cannot be flushed: open it anew.
#[cfg(unix)]
fn flush_folder(dir: &Dir) -> io::Result<()> {
    match dir.open(".")?.sync_all() {
        // Some file systems cannot flush folders, and say it so.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

/// Elsewhere folders are not flushed by hand.
#[cfg(not(unix))]
fn flush_folder(_: &Dir) -> io::Result<()> {
    Ok(())
}
