//! A stage's history, held against what revisions really are.
//!
//! What a commit says is a claim, and anybody can write trailers. So each entry is done again: from the view
//! of its parent, with the change that the revision has by its story's log. What comes out is known by its
//! tree, so that the view of each entry that holds is carried on to the next one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use storyline_repo::story::{Revision, RevisionId, StoryId};
use storyline_repo::{ObjectError, ObjectId};

use crate::PromoteError;
use crate::back_out::{follow, without};
use crate::deed::{BackOut, Deed, Landed, Landing, Take};
use crate::follow::Followed;
use crate::landing::{Land, Trouble};
use crate::ledger::{Entry, Ledger, OnStage, tell};
use crate::stage::{Span, Stage, View};

/// The change that each revision makes, as its story's log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinned(HashMap<(StoryId, RevisionId), Span>);

impl Pinned {
    /// The changes of revisions in the repository that the pipeline is declared in.
    pub fn of<'r>(revisions: impl IntoIterator<Item = &'r Revision>) -> Self {
        let changes = revisions.into_iter().filter_map(|revision| {
            let part = revision.own()?;
            let change = Span {
                from: part.base,
                to: part.tip,
            };
            Some(((revision.story.clone(), revision.id()), change))
        });
        Self(changes.collect())
    }

    /// Whether such a revision, with this change, was handed in.
    pub fn is(&self, landed: &Landed) -> bool {
        let key = (landed.story.clone(), landed.revision);
        self.0.get(&key) == Some(&landed.change)
    }
}

/// Why an entry does not count as what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// It says nothing.
    NoTrailers,
    /// It is on canonical, and no story brought it.
    NoStory,
    /// It says nothing, and makes the very change of several stories.
    Ambiguous {
        /// Which.
        stories: Vec<StoryId>,
    },
    /// It is on the branch of a stage that follows canonical, and is the projection of no canonical commit.
    NotProjected,
    /// No such revision, with this change, was handed in.
    RevisionUnknown {
        /// What it names.
        revision: Landed,
    },
    /// The objects of a revision are gone, so that nobody can tell.
    RevisionGone {
        /// The revision.
        revision: Landed,
        /// What is missing.
        missing: ObjectId,
    },
    /// It replaces a revision, or takes one off, that was not on the stage.
    NotOnStage {
        /// The story.
        story: StoryId,
    },
    /// The manifest that it brings is that of no canonical commit.
    SourceForeign {
        /// The commit that it names.
        source: ObjectId,
    },
    /// What it says that it does cannot be done.
    DoesNotFit(Box<Trouble>),
    /// What it says that it does gives other files.
    DoesNotRecompute {
        /// The canonical tree that comes out, if any does.
        expected: Option<ObjectId>,
    },
    /// Its files, or those before it, cannot be taken to canonical form.
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl Unproved {
    /// A word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoTrailers => "no-trailers",
            Self::NoStory => "no-story",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NotProjected => "not-projected",
            Self::RevisionUnknown { .. } => "revision-unknown",
            Self::RevisionGone { .. } => "revision-gone",
            Self::NotOnStage { .. } => "not-on-stage",
            Self::SourceForeign { .. } => "source-foreign",
            Self::DoesNotFit(_) => "does-not-fit",
            Self::DoesNotRecompute { .. } => "does-not-recompute",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

/// A stage's ledger, with what was found out about its entries.
pub struct History {
    ledger: Ledger,
    canonical: ObjectId,
    pinned: Pinned,
    /// What else is known where canonical is followed.
    following: Option<Following>,
    views: HashMap<usize, View>,
    proofs: HashMap<usize, Option<Unproved>>,
}

/// What is known of canonical's history beside its ledger.
struct Following {
    /// Other entries that hold parts of what came with one.
    parts: BTreeMap<usize, BTreeSet<usize>>,
    /// All of those.
    all_parts: HashSet<usize>,
    ambiguous: BTreeMap<ObjectId, Vec<StoryId>>,
}

impl History {
    /// Nothing was found out yet. `canonical` is the tip of the canonical branch.
    pub fn new(ledger: Ledger, canonical: ObjectId, pinned: Pinned) -> Self {
        Self {
            ledger,
            canonical,
            pinned,
            following: None,
            views: HashMap::new(),
            proofs: HashMap::new(),
        }
    }

    /// The same of a stage that follows canonical, whose trees are those of [`Stage::following`].
    pub fn following(followed: Followed, canonical: ObjectId, pinned: Pinned) -> Self {
        let Followed {
            ledger,
            parts,
            ambiguous,
            ..
        } = followed;
        Self {
            following: Some(Following {
                all_parts: parts.values().flatten().copied().collect(),
                parts,
                ambiguous,
            }),
            ..Self::new(ledger, canonical, pinned)
        }
    }

    /// Whether canonical is followed: there a story's later revision may add to an earlier one.
    pub(crate) fn follows(&self) -> bool {
        self.following.is_some()
    }

    /// The other entries that hold parts of what came with this one.
    pub(crate) fn parts(&self, at: usize) -> Option<&BTreeSet<usize>> {
        self.following.as_ref()?.parts.get(&at)
    }

    /// Whether an entry holds a part of what several brought together.
    pub(crate) fn is_shared(&self, at: usize) -> bool {
        let following = self.following.as_ref();
        following.is_some_and(|all| all.all_parts.contains(&at) || all.parts.contains_key(&at))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What is on the stage of all that was handed in. Other stories are a claim of somebody's, and may have no
    /// commits at all.
    pub fn on_stage(&self) -> BTreeMap<StoryId, OnStage> {
        let known = self.ledger.clone().knowing(|landed| self.pinned.is(landed));
        known.on_stage()
    }

    /// The tip of the canonical branch.
    pub(crate) fn canonical(&self) -> ObjectId {
        self.canonical
    }

    /// Puts an entry on top, that was made just now and holds.
    pub fn push(&mut self, entry: Entry, view: View) {
        let at = self.ledger.entries.len();
        self.ledger.entries.push(entry);
        self.views.insert(at, view);
        self.proofs.insert(at, None);
    }

    /// The stage in canonical form after an entry.
    ///
    /// # Errors
    /// When it has none, or an object is missing or broken.
    pub fn view(&mut self, stage: &mut Stage<'_, '_>, at: usize) -> Result<View, PromoteError> {
        if let Some(view) = self.views.get(&at) {
            return Ok(view.clone());
        }
        let view = stage.view(self.ledger.entries[at].tree)?;
        self.views.insert(at, view.clone());
        Ok(view)
    }

    /// Does an entry again. `None` says that it is what it says.
    ///
    /// # Errors
    /// When an object of the stage is missing or broken.
    pub fn verify(
        &mut self,
        stage: &mut Stage<'_, '_>,
        at: usize,
    ) -> Result<Option<Unproved>, PromoteError> {
        if let Some(known) = self.proofs.get(&at) {
            return Ok(known.clone());
        }
        let on = self.ledger.landed_before(at);
        self.verify_knowing(stage, at, &on)
    }

    /// The same, when it is known what was on the stage before.
    pub(crate) fn verify_knowing(
        &mut self,
        stage: &mut Stage<'_, '_>,
        at: usize,
        on: &BTreeMap<StoryId, Landed>,
    ) -> Result<Option<Unproved>, PromoteError> {
        if let Some(known) = self.proofs.get(&at) {
            return Ok(known.clone());
        }
        if self.ledger.entries[at].deeds.iter().any(is_rebuilt) {
            self.verify_rebuilt_before(stage, at)?;
        }
        self.prove(stage, at, on)
    }

    /// To do again what was rebuilt, what was rebuilt before has to be known: oldest first, so that none
    /// waits for another.
    fn verify_rebuilt_before(
        &mut self,
        stage: &mut Stage<'_, '_>,
        end: usize,
    ) -> Result<(), PromoteError> {
        for at in 0..end {
            let deeds = &self.ledger.entries[at].deeds;
            if !self.proofs.contains_key(&at) && deeds.iter().any(is_rebuilt) {
                let on = self.ledger.landed_before(at);
                self.prove(stage, at, &on)?;
            }
        }
        Ok(())
    }

    fn prove(
        &mut self,
        stage: &mut Stage<'_, '_>,
        at: usize,
        on: &BTreeMap<StoryId, Landed>,
    ) -> Result<Option<Unproved>, PromoteError> {
        let found = match self.again(stage, at, on) {
            Ok(found) => found,
            Err(PromoteError::Object(error)) => return Err(error.into()),
            Err(error) => Some(Unproved::Unreadable {
                reason: error.to_string(),
            }),
        };
        self.proofs.insert(at, found.clone());
        Ok(found)
    }

    fn again(
        &mut self,
        stage: &mut Stage<'_, '_>,
        at: usize,
        on: &BTreeMap<StoryId, Landed>,
    ) -> Result<Option<Unproved>, PromoteError> {
        let Entry { tree, deeds, .. } = self.ledger.entries[at].clone();
        if deeds.is_empty() {
            return Ok(self.silent(at));
        }
        let Some(mut view) = self.before(stage, at)? else {
            return Ok(Some(Unproved::DoesNotRecompute { expected: None }));
        };
        // Other stories make no difference to it.
        let named = deeds.iter().filter_map(Deed::story);
        let named = named.filter_map(|story| Some((story.clone(), on.get(story)?.clone())));
        let mut on: BTreeMap<_, _> = named.collect();
        let mut names_change = false;
        for (nth, deed) in deeds.iter().enumerate() {
            if let Some(why) = self.unknown(stage, deed, &on)? {
                return Ok(Some(why));
            }
            let done = match deed {
                Deed::BackOut(BackOut {
                    revision,
                    take: Some(Take::Rebuild),
                }) => without(stage, self, &[&revision.story], (at, nth))?.ok(),
                Deed::HotFix { revision, commit } => {
                    let done = self.is_hot_fix(stage, at, revision, *commit);
                    match or_gone(done, Some(revision))? {
                        Ok(true) => Some(view.clone()),
                        Ok(false) => None,
                        Err(gone) => return Ok(Some(gone)),
                    }
                }
                _ => match act(stage, &view, deed, &on)? {
                    Ok(view) => Some(view),
                    Err(why) => return Ok(Some(why)),
                },
            };
            let Some(done) = done else {
                return Ok(Some(Unproved::DoesNotRecompute { expected: None }));
            };
            view = done;
            names_change |= matches!(deed, Deed::Manifest { .. });
            tell(&mut on, deed);
        }
        if stage.stamped(&view)? != tree {
            let expected = Some(view.tree);
            return Ok(Some(Unproved::DoesNotRecompute { expected }));
        }
        // Under another manifest other files may be the ones that cannot be taken to canonical form.
        if !names_change {
            self.views.entry(at).or_insert(view);
        }
        Ok(None)
    }

    /// What is wrong with an entry that says nothing.
    fn silent(&self, at: usize) -> Option<Unproved> {
        let Some(following) = &self.following else {
            return Some(Unproved::NoTrailers);
        };
        if following.all_parts.contains(&at) {
            return None;
        }
        let commit = self.ledger.entries[at].commit;
        let stories = following.ambiguous.get(&commit).cloned();
        let ambiguous = stories.map(|stories| Unproved::Ambiguous { stories });
        Some(ambiguous.unwrap_or(Unproved::NoStory))
    }

    /// The stage before an entry, and before all entries that hold parts of what it brings; `None` when nothing
    /// was before, or what came between does not fit there.
    fn before(
        &mut self,
        stage: &mut Stage<'_, '_>,
        at: usize,
    ) -> Result<Option<View>, PromoteError> {
        let parts = self.parts(at).cloned().unwrap_or_default();
        let first = parts.first().copied().unwrap_or(at);
        let Some(before) = first.checked_sub(1) else {
            return Ok(None);
        };
        let mut view = self.view(stage, before)?;
        for between in (first..at).filter(|between| !parts.contains(between)) {
            match follow(stage, self, &view, between)? {
                Ok(followed) => view = followed,
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(view))
    }

    /// What in a deed cannot be, whatever the files are.
    fn unknown(
        &self,
        stage: &Stage<'_, '_>,
        deed: &Deed,
        on: &BTreeMap<StoryId, Landed>,
    ) -> Result<Option<Unproved>, PromoteError> {
        if let Some(revision) = deed.revision() {
            if !self.pinned.is(revision) {
                return Ok(Some(Unproved::RevisionUnknown {
                    revision: revision.clone(),
                }));
            }
            // What nobody handed in did not come, so that it is not replaced either.
            let there = on.get(&revision.story).filter(|old| self.pinned.is(old));
            let fits = match deed {
                Deed::Land(landing) if self.follows() && landing.replaces.is_none() => true,
                Deed::Land(landing) => there.map(|old| old.revision) == landing.replaces,
                Deed::BackOut(_) => there == Some(revision),
                _ => there.is_none(),
            };
            let story = revision.story.clone();
            return Ok((!fits).then_some(Unproved::NotOnStage { story }));
        }
        let Deed::Manifest { source } = deed else {
            return Ok(None);
        };
        let objects = stage.workspace.objects();
        let is_canonical = objects.is_ancestor(*source, self.canonical)?;
        Ok((!is_canonical).then_some(Unproved::SourceForeign { source: *source }))
    }

    /// Whether a commit on the stage makes the change of a revision, and nothing else.
    fn is_hot_fix(
        &mut self,
        stage: &mut Stage<'_, '_>,
        before: usize,
        revision: &Landed,
        commit: ObjectId,
    ) -> Result<bool, PromoteError> {
        let mut entries = self.ledger.entries[..before].iter();
        let Some(at) = entries.rposition(|entry| entry.commit == commit) else {
            return Ok(false);
        };
        let Some(parent) = at.checked_sub(1) else {
            return Ok(false);
        };
        let [from, to] = [self.view(stage, parent)?, self.view(stage, at)?];
        let applied = stage.apply(&from, revision.change)?;
        Ok(applied.fits() && applied.view.tree == to.tree)
    }
}

fn is_rebuilt(deed: &Deed) -> bool {
    matches!(deed, Deed::BackOut(back_out) if back_out.take == Some(Take::Rebuild))
}

/// Does what a deed says, but for those that need the whole history.
pub(crate) fn act(
    stage: &mut Stage<'_, '_>,
    view: &View,
    deed: &Deed,
    on: &BTreeMap<StoryId, Landed>,
) -> Result<Result<View, Unproved>, PromoteError> {
    let done = match deed {
        Deed::Land(Landing {
            revision, replaces, ..
        }) => {
            let replaces = on.get(&revision.story).filter(|_| replaces.is_some());
            let mut land = Land {
                revision: revision.clone(),
                replaces: replaces.cloned(),
            };
            if let Some(old) = replaces
                && stage.adds(old, revision)?
            {
                land.revision.change.from = old.change.to;
                land.replaces = None;
            }
            stage.put_on(view, &land)
        }
        Deed::BackOut(BackOut { revision, .. }) => stage.take_off(view, revision.change),
        Deed::Manifest { source } => {
            let tree = stage.workspace.tree_of(*source)?;
            let view = stage.with_manifest_of(view, tree)?;
            return Ok(view.map_err(|_| Unproved::DoesNotRecompute { expected: None }));
        }
        // The files stay as they are.
        Deed::HotFix { .. } | Deed::Adopt => return Ok(Ok(view.clone())),
    };
    Ok(match or_gone(done, deed.revision())? {
        Ok(Ok(applied)) => Ok(applied.view),
        Ok(Err(trouble)) => Err(Unproved::DoesNotFit(Box::new(trouble))),
        Err(gone) => Err(gone),
    })
}

/// Tells a revision whose objects are gone from a broken stage.
fn or_gone<T>(
    done: Result<T, PromoteError>,
    revision: Option<&Landed>,
) -> Result<Result<T, Unproved>, PromoteError> {
    match (done, revision) {
        (Ok(done), _) => Ok(Ok(done)),
        (Err(PromoteError::Object(ObjectError::Missing { id, .. })), Some(revision)) => {
            Ok(Err(Unproved::RevisionGone {
                revision: revision.clone(),
                missing: id,
            }))
        }
        (Err(error), _) => Err(error),
    }
}
