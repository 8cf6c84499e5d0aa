//! Project paths as the operating system spells them, and which of them nobody may change.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use storyline_stamp::TreePatch;
use storyline_text::{RelPath, UnsafeName, check_component};

use crate::journal::OUTSIDE_GIT;

/// The repository's own folder, or the file that stands for it in a worktree or submodule.
pub(crate) const GIT: &str = ".git";

/// A project path for calls on a folder handle.
#[cfg(unix)]
pub(crate) fn to_os(bytes: &[u8]) -> io::Result<&Path> {
    use std::os::unix::ffi::OsStrExt;
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// A project path for calls on a folder handle; systems that count names in characters have none
/// for bytes that are not UTF-8.
#[cfg(not(unix))]
pub(crate) fn to_os(bytes: &[u8]) -> io::Result<&Path> {
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|e| io::Error::new(io::ErrorKind::InvalidFilename, e))?;
    Ok(Path::new(text))
}

/// The bytes of a name that the system listed; `None` when it has no bytes in a project.
#[cfg(unix)]
pub(crate) fn from_os(name: &OsStr) -> Option<Cow<'_, [u8]>> {
    use std::os::unix::ffi::OsStrExt;
    Some(Cow::Borrowed(name.as_bytes()))
}

/// The bytes of a name that the system listed; `None` when it has no bytes in a project.
#[cfg(not(unix))]
pub(crate) fn from_os(name: &OsStr) -> Option<Cow<'_, [u8]>> {
    name.to_str().map(|text| Cow::Borrowed(text.as_bytes()))
}

/// `name` inside `parent`, which is empty for the root.
pub(crate) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() {
        return name.to_vec();
    }
    [parent, b"/", name].concat()
}

/// The folders above a path, the outermost first.
pub(crate) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, b)| **b == b'/');
    slashes.map(|(at, _)| &path[..at])
}

/// The first path of a patch that must not be written: one in a repository's own folder or in the
/// journal, or one with a new component that some operating system reads as something else.
pub(crate) fn first_unsafe(patch: &TreePatch) -> Option<(&RelPath, UnsafeName)> {
    let mut changes = patch.changes.iter();
    changes.find_map(|change| unsafe_move(&change.from, &change.to))
}

/// The same for one file.
pub(crate) fn unsafe_move<'p>(
    from: &'p RelPath,
    to: &'p RelPath,
) -> Option<(&'p RelPath, UnsafeName)> {
    let refused = |path| Some((path, refused(path, from)?));
    refused(from).or_else(|| refused(to))
}

/// Components that stand in `existing` may be odd, they only travel; the others are new names.
fn refused(path: &RelPath, existing: &RelPath) -> Option<UnsafeName> {
    let mut old = existing.as_bytes().split(|b| *b == b'/');
    let components = path.as_bytes().split(|b| *b == b'/');
    for (depth, name) in components.enumerate() {
        let is_new = old.next() != Some(name);
        if depth == 0 && name.eq_ignore_ascii_case(OUTSIDE_GIT.as_bytes()) {
            return Some(UnsafeName::GitDirectory);
        }
        match check_component(name) {
            Err(reason) if is_new || reason == UnsafeName::GitDirectory => return Some(reason),
            _ => {}
        }
    }
    None
}
