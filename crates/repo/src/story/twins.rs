//! Commits that are alone with what they do.

use std::collections::{HashMap, HashSet};

use super::change::Footprint;
use super::{Change, StoryError};
use crate::{ObjectId, Repository};

/// Those of `commits` that change something, and do not make the same change as one of `others`, in
/// their order. Merges bring what others made, and are left out.
///
/// # Errors
/// When an object cannot be read.
pub fn without_twin(
    repository: &Repository,
    commits: &[ObjectId],
    others: &[ObjectId],
) -> Result<Vec<ObjectId>, StoryError> {
    let changes = |commits: &[ObjectId]| {
        let mut found = Vec::with_capacity(commits.len());
        for commit in commits {
            let change = Change::of(repository, *commit)?;
            found.extend(change.filter(|c| !c.files.is_empty()).map(|c| (*commit, c)));
        }
        Ok::<_, StoryError>(found)
    };
    let commits = changes(commits)?;
    // Texts are compared only where files and modes are the same.
    let asked: HashSet<Footprint> = commits.iter().map(|(_, c)| c.footprint()).collect();
    let mut patches = HashMap::new();
    for (_, change) in changes(others)? {
        let footprint = change.footprint();
        if asked.contains(&footprint) {
            let patch = change.patch_id(repository)?;
            patches
                .entry(footprint)
                .or_insert_with(HashSet::new)
                .insert(patch);
        }
    }
    let mut alone = Vec::new();
    for (commit, change) in commits {
        let has_twin = match patches.get(&change.footprint()) {
            Some(patches) => patches.contains(&change.patch_id(repository)?),
            None => false,
        };
        if !has_twin {
            alone.push(commit);
        }
    }
    Ok(alone)
}
