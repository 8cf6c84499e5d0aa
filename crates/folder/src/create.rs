//! Adding one file to a folder: complete or not at all, and never in the place of another.

use cap_std::fs::Dir;
use storyline_text::RelPath;

use crate::error::ApplyError;
use crate::names::unsafe_move;
use crate::tree::{Hook, Tree};

/// Writes `bytes` beside `path`, then gives them its name if nothing has it.
pub(crate) fn create(
    root: &Dir,
    path: &RelPath,
    bytes: &[u8],
    hook: Hook<'_>,
) -> Result<(), ApplyError> {
    let refused = |reason| ApplyError::Unsafe {
        path: path.clone(),
        reason,
    };
    let suffix = format!(".storyline-{}", std::process::id());
    let draft = [b".", path.file_name(), suffix.as_bytes()].concat();
    let draft = path.with_file_name(&draft).map_err(refused)?;
    if let Some((_, reason)) = unsafe_move(&draft, path) {
        return Err(refused(reason));
    }
    let tree = Tree::new(root, hook);
    if tree.look(path)?.is_some() {
        return Err(ApplyError::Exists { path: path.clone() });
    }
    tree.create_shared(&draft, bytes)?;
    let placed = tree
        .flush_files(std::slice::from_ref(&draft))
        .and_then(|()| tree.put(&draft, path))
        .and_then(|()| tree.flush_folders_of(std::iter::once(path)));
    placed.map_err(|fault| {
        // The first error is the one to tell.
        let _ = tree.remove(&draft);
        match fault.is_taken() {
            true => ApplyError::Exists { path: path.clone() },
            false => fault.into(),
        }
    })
}
