//! Squashes that lost their message, on a stage that had moved meanwhile.
//!
//! What such a commit does is known by its files alone: it makes of its parent what a proposal does, when that is
//! applied there. Two proposals that it could be, and a proposal that two commits could be, are told, and count
//! as nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use storyline_repo::merge::Merge;
use storyline_repo::projection::Workspace;
use storyline_repo::story::{RevisionId, StoryId};
use storyline_repo::{Memo, ObjectError, ObjectId, Objects};
use storyline_text::RelPath;

use crate::deed::Deed;
use crate::ledger::{Chain, Ledger, chain};

/// Commits that say nothing and are held against proposals, the newest.
const MAX_SILENT: usize = 1000;

/// A commit that people were to merge, and that no entry tells of.
struct Open {
    /// The entry that it was made for.
    base: usize,
    tree: ObjectId,
    /// Paths that it changes.
    paths: BTreeSet<RelPath>,
    deeds: Vec<Deed>,
}

/// A deed, but for what promoted it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Does<'d> {
    kind: &'static str,
    revision: Option<(&'d StoryId, RevisionId)>,
    source: Option<ObjectId>,
}

impl Open {
    /// What it does, whenever it was proposed.
    fn does(&self) -> Vec<Does<'_>> {
        let does = self.deeds.iter().map(|deed| Does {
            kind: deed.kind(),
            revision: deed.revision().map(|r| (&r.story, r.revision)),
            source: match deed {
                Deed::Manifest { source } => Some(*source),
                _ => None,
            },
        });
        does.collect()
    }
}

impl Ledger {
    /// Has commits that say nothing do what those of `proposed` do that they are the squashes of.
    pub(crate) fn recognise_moved(
        &mut self,
        objects: &Objects,
        proposed: &[ObjectId],
    ) -> Result<(), ObjectError> {
        if proposed.is_empty() || self.entries.iter().all(|entry| !entry.deeds.is_empty()) {
            return Ok(());
        }
        // Files are compared as they are, so that nothing is worth keeping.
        let mut workspace = Workspace::new(objects, Memo::default());
        let open = self.open(&mut workspace, proposed)?;
        let Some(oldest) = open.iter().map(|open| open.base).min() else {
            return Ok(());
        };
        let silent = (oldest + 1..self.entries.len()).rev();
        let silent = silent.filter(|at| self.entries[*at].deeds.is_empty());
        let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in silent.take(MAX_SILENT) {
            let matching = self.matching(&mut workspace, at, &open)?;
            if !matching.is_empty() {
                found.insert(at, matching);
            }
        }
        self.settle(&open, &found);
        Ok(())
    }

    /// Those that were not merged yet, as far as messages tell.
    fn open(
        &self,
        workspace: &mut Workspace<'_>,
        proposed: &[ObjectId],
    ) -> Result<Vec<Open>, ObjectError> {
        let objects = workspace.objects();
        let entries = self.entries.iter().enumerate();
        let places: HashMap<_, _> = entries.map(|(at, entry)| (entry.commit, at)).collect();
        let mut open = Vec::new();
        for tip in proposed.iter().filter(|tip| !places.contains_key(tip)) {
            let found = chain(objects, *tip, |id| places.contains_key(&id))?;
            let Some(Chain {
                from: Some(from),
                deeds,
            }) = found
            else {
                continue;
            };
            let base = places[&from];
            let tree = objects.tree_of(*tip)?;
            let paths = workspace.differences(Some(self.entries[base].tree), Some(tree))?;
            let proposal = Open {
                base,
                tree,
                paths: paths.into_keys().collect(),
                deeds,
            };
            if !proposal.paths.is_empty() && !self.tells(&proposal) {
                open.push(proposal);
            }
        }
        Ok(open)
    }

    /// Whether later entries say that they do a part of it.
    fn tells(&self, open: &Open) -> bool {
        let later = self.entries[open.base + 1..].iter();
        let mut told = later.flat_map(|entry| &entry.deeds);
        told.any(|told| {
            let mut deeds = open.deeds.iter();
            deeds.any(|deed| deed.kind() == told.kind() && deed.revision() == told.revision())
        })
    }

    /// The proposals that an entry may be the squash of.
    fn matching(
        &self,
        workspace: &mut Workspace<'_>,
        at: usize,
        open: &[Open],
    ) -> Result<Vec<usize>, ObjectError> {
        let (before, tree) = (self.entries[at - 1].tree, self.entries[at].tree);
        let changed = workspace.differences(Some(before), Some(tree))?;
        let mut matching = Vec::new();
        for (nth, proposal) in open.iter().enumerate() {
            let is_like = !changed.is_empty()
                && proposal.base < at
                && changed.keys().all(|path| proposal.paths.contains(path));
            if !is_like {
                continue;
            }
            let merge = Merge {
                base: self.entries[proposal.base].tree,
                ours: before,
                theirs: proposal.tree,
            };
            let merged = workspace.merge(merge, |_| false)?;
            if merged.clashes.is_empty() && merged.tree == tree {
                matching.push(nth);
            }
        }
        Ok(matching)
    }

    /// What is sure counts.
    fn settle(&mut self, open: &[Open], found: &BTreeMap<usize, Vec<usize>>) {
        let mut places: BTreeMap<_, BTreeSet<usize>> = BTreeMap::new();
        for (at, matching) in found {
            for nth in matching {
                places.entry(open[*nth].does()).or_default().insert(*at);
            }
        }
        for (at, matching) in found {
            let does: BTreeSet<_> = matching.iter().map(|nth| open[*nth].does()).collect();
            let entry = &mut self.entries[*at];
            if does.len() == 1 && does.iter().all(|does| places[does].len() == 1) {
                // The same may have been proposed again for a newer stage.
                let newest = matching.iter().max_by_key(|nth| open[**nth].base);
                let newest = newest.expect("one matches");
                entry.deeds.clone_from(&open[*newest].deeds);
                continue;
            }
            let stories = does.iter().flatten();
            let stories = stories.filter_map(|does| Some(does.revision.as_ref()?.0.clone()));
            let stories: BTreeSet<_> = stories.collect();
            self.unsure
                .insert(entry.commit, stories.into_iter().collect());
        }
    }
}
