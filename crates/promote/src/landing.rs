//! A revision comes to a stage: its change is applied to the stage's canonical view, which is stamped again.
//!
//! A newer revision takes the old one off first, in the same commit.

use std::collections::BTreeMap;

use storyline_repo::ObjectId;
use storyline_repo::merge::Clash;
use storyline_repo::projection::Leaf;
use storyline_text::RelPath;

use crate::PromoteError;
use crate::deed::Landed;
use crate::stage::{Applied, Span, Stage, View};

/// What is to land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Land {
    /// The revision.
    pub revision: Landed,
    /// The one of the same story that is on the stage.
    pub replaces: Option<Landed>,
}

/// A stage's tree with a revision on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The stage in canonical form.
    pub view: View,
    /// The stage's tree.
    pub tree: ObjectId,
    /// Canonical paths that change, with what was there and what will be.
    pub changed: BTreeMap<RelPath, [Option<Leaf>; 2]>,
    /// How many paths the change is about, also where nothing was left to do.
    pub touched: usize,
}

/// Why a change does not fit onto a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The change that did not fit.
    pub change: Span,
    /// Whether it was to be taken off.
    pub off: bool,
    /// Where lines or files clash.
    pub clashes: Vec<Clash>,
    /// Files on the stage that hold names that do not belong there.
    pub unclear: Vec<RelPath>,
}

impl Trouble {
    /// The paths that it is about.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        let clashing = self.clashes.iter().map(|clash| &clash.path);
        clashing.chain(&self.unclear)
    }
}

impl Stage<'_, '_> {
    /// Puts a revision onto a view, without stamping it.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn put_on(
        &mut self,
        view: &View,
        land: &Land,
    ) -> Result<Result<Applied, Trouble>, PromoteError> {
        let mut view = view.clone();
        let mut touched = BTreeMap::new();
        if let Some(old) = &land.replaces {
            match self.take_off(&view, old.change)? {
                Ok(applied) => {
                    view = applied.view;
                    touched = applied.touched;
                }
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        let change = land.revision.change;
        let mut applied = self.apply(&view, change)?;
        if !applied.fits() {
            return Ok(Err(trouble(applied, change, false)));
        }
        for (path, [before, after]) in touched {
            let place = applied.touched.entry(path).or_insert([before, after]);
            place[0] = before;
        }
        Ok(Ok(applied))
    }

    /// Takes a change off a view, without stamping it.
    ///
    /// # Errors
    /// When an object is missing or broken.
    pub fn take_off(
        &mut self,
        view: &View,
        change: Span,
    ) -> Result<Result<Applied, Trouble>, PromoteError> {
        let applied = self.apply(view, change.reversed())?;
        Ok(match applied.fits() {
            true => Ok(applied),
            false => Err(trouble(applied, change, true)),
        })
    }

    /// Puts a revision onto a view and stamps it.
    ///
    /// # Errors
    /// When the names do not fit, or an object is missing or broken.
    pub fn land(
        &mut self,
        view: &View,
        land: &Land,
    ) -> Result<Result<Candidate, Trouble>, PromoteError> {
        match self.put_on(view, land)? {
            Ok(applied) => self.candidate(applied).map(Ok),
            Err(trouble) => Ok(Err(trouble)),
        }
    }

    /// The candidate of a view that was changed.
    ///
    /// # Errors
    /// When the names do not fit, or an object is missing or broken.
    pub fn candidate(&mut self, applied: Applied) -> Result<Candidate, PromoteError> {
        let tree = self.stamped(&applied.view)?;
        let touched = applied.touched.len();
        let changed = applied
            .touched
            .into_iter()
            .filter(|(_, sides)| sides[0] != sides[1]);
        Ok(Candidate {
            tree,
            changed: changed.collect(),
            touched,
            view: applied.view,
        })
    }
}

fn trouble(applied: Applied, change: Span, off: bool) -> Trouble {
    Trouble {
        change,
        off,
        clashes: applied.clashes,
        unclear: applied.unclear,
    }
}
