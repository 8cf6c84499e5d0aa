//! What the branch of a stage carries that follows canonical.
//!
//! `sync` leaves it at the projection of a canonical commit. Here all of them are projected again, whatever was
//! found out before: the ids of commits hold the files of all that are below.

use std::collections::{BTreeSet, HashMap};

use storyline_repo::projection::{Projector, Workspace};
use storyline_repo::{ObjectId, Objects};
use storyline_stamp::Direction;
use storyline_text::RelPath;

use crate::PromoteError;
use crate::audit::Foreign;
use crate::history::Unproved;
use crate::ledger::Ledger;

/// What a branch carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The canonical commit whose projection it is, or was before somebody committed there; `None` for a
    /// branch that has nothing of canonical's.
    pub canonical: Option<ObjectId>,
    /// How many commits canonical got since, along first parents.
    pub behind: usize,
    /// Commits that are the projection of none, oldest first.
    pub foreign: Vec<Foreign>,
}

impl Carried {
    /// Looks at the branch of the stage `name` that ends at `tip`, while `canonical` is the history of the
    /// canonical branch. Nothing is written.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn read(
        workspace: &mut Workspace<'_>,
        name: &str,
        canonical: &Ledger,
        tip: ObjectId,
    ) -> Result<Self, PromoteError> {
        let objects = workspace.objects();
        let Some(newest) = canonical.tip() else {
            return Ok(Self {
                canonical: None,
                behind: 0,
                foreign: Vec::new(),
            });
        };
        let mut projector = Projector::new(objects, name, Direction::Stamp);
        projector.project(&[newest.commit])?;
        let projected: HashMap<_, _> = projector.all().map(|(from, to)| (to, from)).collect();
        let walked = objects.walk(&[tip], &[])?;
        let mut foreign = Vec::new();
        for commit in walked.iter().filter(|own| !projected.contains_key(&own.id)) {
            let files = files(workspace, objects, commit.parents.first(), commit.tree)?;
            let why = Unproved::NotProjected;
            foreign.push(Foreign::of(objects, commit.id, why, files)?);
        }
        let parents = walked.iter();
        let parents: HashMap<_, _> = parents
            .map(|c| (c.id, c.parents.first().copied()))
            .collect();
        let mut at = Some(tip);
        while let Some(id) = at.filter(|id| !projected.contains_key(id)) {
            at = parents[&id];
        }
        let carries = at.map(|id| projected[&id]);
        let since = canonical.entries.iter().rev();
        Ok(Self {
            canonical: carries,
            behind: since
                .take_while(|entry| Some(entry.commit) != carries)
                .count(),
            foreign,
        })
    }
}

/// Paths that a commit changes, as the stage has them.
fn files(
    workspace: &mut Workspace<'_>,
    objects: &Objects,
    parent: Option<&ObjectId>,
    tree: ObjectId,
) -> Result<BTreeSet<RelPath>, PromoteError> {
    let before = parent.map(|parent| objects.tree_of(*parent)).transpose()?;
    let differences = workspace.differences(before, Some(tree))?;
    Ok(differences.into_keys().collect())
}
