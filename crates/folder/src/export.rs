//! Writing a changed copy of the whole tree, as fast as a plain copy.
//!
//! Folders are made first, each once; then files are copied in parallel, grouped by folder, so that
//! a file costs an open on either side and one copy inside the system.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rayon::prelude::*;
use storyline_stamp::{Change, Entry, EntryKind, TreePatch};
use storyline_text::RelPath;

use crate::error::{ExportError, Fault};
use crate::folder::Folder;
use crate::names::{ancestors, first_unsafe, to_os};
use crate::tree::{create_new, open_regular};

/// What [`Folder::export`] wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files and links.
    pub files: usize,
    /// Those of them with other bytes or another path than in the project.
    pub changed: usize,
}

pub(crate) fn export(
    folder: &Folder,
    patch: &TreePatch,
    dest: &Path,
) -> Result<Exported, ExportError> {
    if let Some((path, reason)) = first_unsafe(patch) {
        let path = path.clone();
        return Err(ExportError::Unsafe { path, reason });
    }
    let copy = Copy::plan(folder, patch)?;
    let Destination { path, is_there } = Destination::check(folder, dest)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Destination { path, source }
    };
    let draft = draft_of(&path);
    fs::create_dir(&draft).map_err(failed(&draft))?;
    let written = Dir::open_ambient_dir(&draft, ambient_authority())
        .map_err(failed(&draft))
        .and_then(|dir| copy.write(&dir))
        .and_then(|()| {
            if is_there {
                fs::remove_dir(&path).map_err(failed(&path))?;
            }
            fs::rename(&draft, &path).map_err(failed(&path))
        });
    if let Err(error) = written {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&draft);
        return Err(error);
    }
    Ok(Exported {
        files: copy.items.values().map(Vec::len).sum(),
        changed: patch.changes.len(),
    })
}

/// Where the copy will be.
struct Destination {
    /// Absolute, without links.
    path: PathBuf,
    /// As an empty folder.
    is_there: bool,
}

impl Destination {
    fn check(folder: &Folder, dest: &Path) -> Result<Self, ExportError> {
        let failed = |source| ExportError::Destination {
            path: dest.to_owned(),
            source,
        };
        let not_empty = || ExportError::NotEmpty {
            path: dest.to_owned(),
        };
        let (path, is_there) = match fs::symlink_metadata(dest) {
            Ok(metadata) if metadata.is_dir() => {
                if fs::read_dir(dest).map_err(failed)?.next().is_some() {
                    return Err(not_empty());
                }
                (fs::canonicalize(dest).map_err(failed)?, true)
            }
            Ok(_) => return Err(not_empty()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = dest.file_name().ok_or_else(not_empty)?;
                let parent = match dest.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                (fs::canonicalize(parent).map_err(failed)?.join(name), false)
            }
            Err(error) => return Err(failed(error)),
        };
        if path.starts_with(&folder.path) || folder.path.starts_with(&path) {
            return Err(ExportError::Overlap { path });
        }
        Ok(Self { path, is_there })
    }
}

/// The name under which the copy grows, beside the destination.
fn draft_of(dest: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(dest.file_name().unwrap_or_default());
    name.push(format!(".storyline-{}", std::process::id()));
    dest.with_file_name(name)
}

/// One file or link of the copy.
struct Item<'a> {
    entry: &'a Entry,
    to: &'a RelPath,
    change: Option<&'a Change>,
}

/// The whole copy, before anything is written.
struct Copy<'a> {
    root: &'a Dir,
    /// Parents before children.
    folders: BTreeSet<&'a [u8]>,
    /// By the folder that they come into; the root is empty.
    items: BTreeMap<&'a [u8], Vec<Item<'a>>>,
}

impl<'a> Copy<'a> {
    fn plan(folder: &'a Folder, patch: &'a TreePatch) -> Result<Self, ExportError> {
        let changes = patch.changes.iter().map(|change| (&change.from, change));
        let mut changes: BTreeMap<&RelPath, &Change> = changes.collect();
        let mut folders = BTreeSet::new();
        let mut items: BTreeMap<&[u8], Vec<Item>> = BTreeMap::new();
        for empty in &folder.listing.empty {
            folders.extend(ancestors(empty.as_bytes()));
            folders.insert(empty.as_bytes());
        }
        for entry in &folder.listing.entries {
            if entry.kind == EntryKind::Submodule {
                folders.extend(ancestors(entry.path.as_bytes()));
                folders.insert(entry.path.as_bytes());
                continue;
            }
            let change = match entry.kind {
                EntryKind::File => changes.remove(&entry.path),
                _ => None,
            };
            let to = change.map_or(&entry.path, |change| &change.to);
            if !items.contains_key(to.parent()) {
                folders.extend(ancestors(to.as_bytes()));
            }
            let item = Item { entry, to, change };
            items.entry(to.parent()).or_default().push(item);
        }
        if let Some(path) = changes.into_keys().next() {
            return Err(ExportError::ChangedMeanwhile { path: path.clone() });
        }
        Ok(Self {
            root: &folder.root,
            folders,
            items,
        })
    }

    fn write(&self, dest: &Dir) -> Result<(), ExportError> {
        for folder in &self.folders {
            to_os(folder)
                .and_then(|name| dest.create_dir(name))
                .map_err(|source| Fault {
                    path: RelPath::new(folder).expect("the front of a path is a path"),
                    source,
                })?;
        }
        self.items.par_iter().try_for_each(|(folder, items)| {
            let inner = match *folder {
                b"" => dest.try_clone(),
                folder => to_os(folder).and_then(|name| dest.open_dir(name)),
            };
            let inner = inner.map_err(|source| Fault {
                path: items[0].to.clone(),
                source,
            })?;
            items
                .par_iter()
                .try_for_each(|item| self.item(item, &inner))
        })
    }

    fn item(&self, item: &Item, dest: &Dir) -> Result<(), ExportError> {
        let Item { entry, to, change } = item;
        let copied = to_os(entry.path.as_bytes()).and_then(|from| {
            let to = to_os(to.file_name())?;
            if entry.kind == EntryKind::Symlink {
                return link(self.root, from, dest, to).map(|()| true);
            }
            let (mut source, metadata) = open_regular(self.root, from)?;
            if let Some(change) = change {
                let mut before = Vec::with_capacity(change.before.len() + 1);
                source.read_to_end(&mut before)?;
                if before != change.before {
                    return Ok(false);
                }
                let mut target = create_new(dest, to, Some(&metadata.permissions()))?;
                target.write_all(&change.after())?;
            } else {
                let mut target = create_new(dest, to, Some(&metadata.permissions()))?;
                io::copy(&mut source, &mut target)?;
            }
            Ok(true)
        });
        let path = entry.path.clone();
        match copied {
            Ok(true) => Ok(()),
            Ok(false) => Err(ExportError::ChangedMeanwhile { path }),
            Err(source) => Err(ExportError::Copy { path, source }),
        }
    }
}

/// Makes a link with the same target, wherever that points.
#[cfg(unix)]
fn link(root: &Dir, from: &Path, dest: &Dir, to: &Path) -> io::Result<()> {
    dest.symlink_contents(root.read_link_contents(from)?, to)
}

/// Makes a link with the same target; the system wants to know what that is, and says when it
/// cannot be told.
#[cfg(not(unix))]
fn link(root: &Dir, from: &Path, dest: &Dir, to: &Path) -> io::Result<()> {
    use cap_fs_ext::DirExt;
    let target = root.read_link_contents(from)?;
    match root.metadata(from)?.is_dir() {
        true => dest.symlink_dir(target, to),
        false => dest.symlink_file(target, to),
    }
}
