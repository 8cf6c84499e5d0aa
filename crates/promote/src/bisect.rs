//! Which stories break something that a person can test.
//!
//! A stage is rebuilt without each story in turn. When none alone is to blame, stories are put on one by one,
//! in the order in which they landed, and those stay with which it still passes.

use std::collections::{BTreeMap, HashMap};

use storyline_repo::ObjectId;
use storyline_repo::projection::Workspace;
use storyline_repo::story::StoryId;

use crate::PromoteError;
use crate::back_out::{Stuck, without};
use crate::history::History;
use crate::stage::Stage;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bisected {
    /// Each alone is to blame, when `is_exact`; otherwise those that did not go with what was there already.
    pub culprits: Vec<StoryId>,
    /// The largest set that passes, as far as was tried; `None` when nothing passes, not even without any story.
    pub passing: Option<Passing>,
    /// Whether no larger set passes. The greedy search does not know.
    pub is_exact: bool,
    /// Trees that were tested.
    pub tested: usize,
    /// Stories without which the stage cannot be rebuilt, and what is stuck.
    pub stuck: BTreeMap<StoryId, Stuck>,
}

/// A set of stories that passes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The stories, in the order in which they landed.
    pub stories: Vec<StoryId>,
    /// The stage's tree with them.
    pub tree: ObjectId,
}

/// What tests a tree in the stage's form.
type Test<'t, E> = &'t mut dyn FnMut(&mut Workspace<'_>, ObjectId) -> Result<bool, E>;

/// Finds the stories on a stage without which `test` passes. A tree is tested once.
///
/// # Errors
/// Those of `test`; or when an object is missing or broken.
pub fn bisect<E: From<PromoteError>>(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    test: Test<'_, E>,
) -> Result<Bisected, E> {
    let mut on: Vec<_> = history.on_stage().into_values().collect();
    on.sort_by_key(|on| on.entry);
    let stories: Vec<_> = on.into_iter().map(|on| on.revision.story).collect();
    let mut bisection = Bisection {
        stage,
        history,
        test,
        known: HashMap::new(),
    };
    let mut found = Bisected {
        culprits: Vec::new(),
        passing: None,
        is_exact: true,
        tested: 0,
        stuck: BTreeMap::new(),
    };
    bisection.alone(&stories, &mut found)?;
    if found.passing.is_none() {
        bisection.greedily(&stories, &mut found)?;
    }
    found.tested = bisection.known.len();
    Ok(found)
}

struct Bisection<'b, 'w, 'o, E> {
    stage: &'b mut Stage<'w, 'o>,
    history: &'b mut History,
    test: Test<'b, E>,
    known: HashMap<ObjectId, bool>,
}

impl<E: From<PromoteError>> Bisection<'_, '_, '_, E> {
    /// All of them, then all but one.
    fn alone(&mut self, stories: &[StoryId], found: &mut Bisected) -> Result<(), E> {
        if let Ok((tree, true)) = self.passes(&[])? {
            found.passing = Some(Passing {
                stories: stories.to_vec(),
                tree,
            });
            return Ok(());
        }
        for story in stories {
            match self.passes(&[story])? {
                Ok((tree, true)) => {
                    found.culprits.push(story.clone());
                    found.passing.get_or_insert_with(|| {
                        let others = stories.iter().filter(|other| *other != story);
                        Passing {
                            stories: others.cloned().collect(),
                            tree,
                        }
                    });
                }
                Ok(_) => {}
                Err(stuck) => drop(found.stuck.insert(story.clone(), stuck)),
            }
        }
        Ok(())
    }

    /// None of them, then one more at a time.
    fn greedily(&mut self, stories: &[StoryId], found: &mut Bisected) -> Result<(), E> {
        let all: Vec<_> = stories.iter().collect();
        let Ok((mut tree, true)) = self.passes(&all)? else {
            return Ok(());
        };
        found.is_exact = false;
        let mut out = all;
        let mut kept = Vec::new();
        for story in stories {
            let mut fewer = out.clone();
            fewer.retain(|other| *other != story);
            if let Ok((with, true)) = self.passes(&fewer)? {
                (tree, out) = (with, fewer);
                kept.push(story.clone());
            } else {
                found.culprits.push(story.clone());
            }
        }
        found.passing = Some(Passing {
            stories: kept,
            tree,
        });
        Ok(())
    }

    /// The tree without some stories, and whether it passes.
    fn passes(&mut self, out: &[&StoryId]) -> Result<Result<(ObjectId, bool), Stuck>, E> {
        let end = (self.history.ledger().entries.len(), 0);
        let tree = match (out, self.history.ledger().tip()) {
            ([], Some(tip)) => tip.tree,
            _ => match without(self.stage, self.history, out, end)? {
                Ok(view) => self.stage.stamped(&view)?,
                Err(stuck) => return Ok(Err(stuck)),
            },
        };
        let tree = self.stage.projected(tree)?;
        let passes = match self.known.get(&tree) {
            Some(known) => *known,
            None => (self.test)(self.stage.workspace, tree)?,
        };
        self.known.insert(tree, passes);
        Ok(Ok((tree, passes)))
    }
}
