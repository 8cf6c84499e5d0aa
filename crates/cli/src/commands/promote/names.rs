//! Names that a story uses and that the stage, with the story on it, does not have: only another story brings
//! them.

use storyline_diff::names::{self, File, Lacking};
use storyline_manifest::is_manifest_file;
use storyline_promote::Step;
use storyline_repo::projection::{Differences, Leaf, Workspace};
use storyline_repo::{EntryKind, ObjectError, ObjectId};
use storyline_text::RelPath;

use crate::compared::tree::sides;
use crate::failure::Failure;

/// The names that a revision lacks in the canonical tree `candidate`, which is the stage with it and with all
/// that comes along.
pub(super) fn lacking(
    workspace: &mut Workspace<'_>,
    step: &Step,
    candidate: ObjectId,
) -> Result<Vec<Lacking>, Failure> {
    let author = workspace.tree_of(step.wanted.revision.change.to)?;
    let mut differences = workspace.differences(Some(author), Some(candidate))?;
    differences.retain(|path, _| !is_manifest_file(path));
    if differences.is_empty() {
        return Ok(Vec::new());
    }
    let mut changed = Vec::new();
    for path in step.candidate.changed.keys() {
        changed.extend(
            workspace
                .leaf(candidate, path)?
                .map(|leaf| (path.clone(), leaf)),
        );
    }
    let changed = read(workspace, changed.into_iter())?;
    let changed: Vec<_> = changed
        .iter()
        .map(|(path, bytes)| File { path, bytes })
        .collect();
    let [had, has] = sides(workspace, &differences)?;
    // The rest of the candidate is only looked at where something seems to be lacking.
    let [_, nothing] = sides(workspace, &Differences::new())?;
    if names::lacking(&changed, &had, &has, &nothing)?.is_empty() {
        return Ok(Vec::new());
    }
    let whole = whole(workspace, candidate)?;
    let [_, all] = sides(workspace, &whole)?;
    Ok(names::lacking(&changed, &had, &has, &all)?)
}

/// Everything in a tree, as what it has and nothing has not.
fn whole(workspace: &mut Workspace<'_>, tree: ObjectId) -> Result<Differences, ObjectError> {
    workspace.differences(None, Some(tree))
}

fn read(
    workspace: &Workspace<'_>,
    leaves: impl Iterator<Item = (RelPath, Leaf)>,
) -> Result<Vec<(RelPath, Vec<u8>)>, ObjectError> {
    let files =
        leaves.filter(|(_, leaf)| matches!(leaf.kind, EntryKind::File | EntryKind::Executable));
    files
        .map(|(path, leaf)| Ok((path, workspace.read(leaf.id)?)))
        .collect()
}
