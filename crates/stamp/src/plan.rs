//! From a tree and an environment's names to the changes that stamp or unstamp it.
//!
//! A plan is all or nothing: what cannot be stamped, or would not come back, is told and nothing
//! is planned. Each plan is proved before it is handed out: the changed files are read again and
//! the way back is planned too, and has to give the bytes and paths that we started from.

use std::collections::BTreeMap;

use storyline_manifest::{Environment, Kind, Manifest, NameError, Names};
use storyline_text::{Diagnostic, Label, RelPath};

use crate::candidate::{Candidate, Shape, renamed};
use crate::own::{Decision, Form, Own, Reserved};
use crate::tree::{File, Tree};
use crate::{Change, TreePatch, paths, patterns, refusal, write};

/// What stamping or unstamping will do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes.
    pub patch: TreePatch,
    /// What a person should know, though nothing stops: warnings and notices.
    pub notices: Vec<Diagnostic>,
}

/// Why a tree was not stamped or unstamped. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{} of {environment} refused: {} errors", match direction { Direction::Stamp => "stamp", Direction::Unstamp => "unstamp" }, diagnostics.len())]
pub struct Refused {
    /// What was tried.
    pub direction: Direction,
    /// For which environment.
    pub environment: String,
    /// Every reason, at least one.
    pub diagnostics: Vec<Diagnostic>,
}

/// The way a tree is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From canonical form to an environment's.
    Stamp,
    /// Back.
    Unstamp,
}

impl Direction {
    fn back(self) -> Self {
        match self {
            Self::Stamp => Self::Unstamp,
            Self::Unstamp => Self::Stamp,
        }
    }
}

/// Plans to take `tree` to or from `environment`.
///
/// # Errors
/// Everything that stands in the way, not only the first.
pub fn plan(
    tree: &Tree,
    manifest: &Manifest,
    environment: &Environment,
    direction: Direction,
) -> Result<Plan, Refused> {
    let refused = |diagnostics| Refused {
        direction,
        environment: environment.name.clone(),
        diagnostics,
    };
    let context = Context {
        tree,
        manifest,
        environment,
        direction,
    };
    let plan = context.plan().map_err(refused)?;
    context.prove(&plan.patch).map_err(refused)?;
    Ok(plan)
}

struct Context<'a> {
    tree: &'a Tree,
    manifest: &'a Manifest,
    environment: &'a Environment,
    direction: Direction,
}

/// A plan in the making.
#[derive(Default)]
struct Draft<'t> {
    names: BTreeMap<&'t RelPath, Vec<(&'t Candidate, String)>>,
    renames: BTreeMap<RelPath, RelPath>,
    notices: Vec<Diagnostic>,
    errors: Vec<Diagnostic>,
}

impl<'t> Context<'t> {
    fn names(&self) -> &Names {
        self.environment.names()
    }

    fn form(&self) -> Form<'_> {
        match self.direction {
            Direction::Stamp => Form::Canonical,
            Direction::Unstamp => Form::Stamped(self.names()),
        }
    }

    fn plan(&self) -> Result<Plan, Vec<Diagnostic>> {
        let own = Own::of(self.tree, self.form(), Some(self.manifest.uses()));
        let reserved = match self.direction {
            Direction::Stamp => own.reserved([self.names()]),
            Direction::Unstamp => Reserved::default(),
        };
        let mut draft = Draft::default();
        self.models(&mut draft);
        for (path, file) in self.tree.files() {
            draft.errors.extend(file.scan.errors.iter().cloned());
            draft.notices.extend(file.scan.warnings.iter().cloned());
            for candidate in &file.scan.candidates {
                let decision = own.decide(candidate, self.form(), &reserved);
                self.candidate(path, candidate, decision, &mut draft);
            }
        }
        if self.direction == Direction::Stamp && draft.errors.is_empty() {
            draft
                .errors
                .extend(refusal::already_stamped(self.tree, self.environment));
        }
        draft
            .errors
            .extend(paths::check(self.tree.entries(), &draft.renames));
        if !draft.errors.is_empty() {
            return Err(draft.errors);
        }
        self.finish(draft)
    }

    /// Paths of model files.
    fn models(&self, draft: &mut Draft<'t>) {
        let mut seen: BTreeMap<&str, &RelPath> = BTreeMap::new();
        for (path, _, name) in self.tree.models() {
            if let Some(first) = seen.insert(name, path) {
                draft.errors.push(refusal::model_twice(name, first, path));
            }
            let label = Label::path(path, "");
            let Some(new) = self.new_name(&Kind::Model, name, label, draft) else {
                continue;
            };
            if new == name {
                continue;
            }
            match renamed(path, &new) {
                Ok(to) => {
                    draft.renames.insert(path.clone(), to);
                }
                Err(reason) => draft.errors.push(refusal::unsafe_path(path, &new, &reason)),
            }
        }
    }

    /// What a site's name becomes; `None`, with an error, when it has no counterpart.
    fn new_name(
        &self,
        kind: &Kind,
        name: &str,
        label: Label,
        draft: &mut Draft<'t>,
    ) -> Option<String> {
        match self.direction {
            Direction::Stamp => match self.names().stamp(kind, name) {
                Ok(new) => Some(new.into_owned()),
                Err(error) => {
                    draft.errors.push(at(label, &error));
                    None
                }
            },
            Direction::Unstamp => {
                let new = self.names().unstamp(kind, name);
                if new.is_none() {
                    let stray = refusal::stray(kind, name, label, self.environment);
                    draft.errors.push(stray);
                }
                new.map(Into::into)
            }
        }
    }

    fn candidate(
        &self,
        path: &'t RelPath,
        candidate: &'t Candidate,
        decision: Decision,
        draft: &mut Draft<'t>,
    ) {
        let Candidate {
            kind,
            span,
            name,
            shape,
        } = candidate;
        let label = Label::at(path, *span, "");
        if *shape == Shape::Comment {
            if decision != Decision::Foreign && self.names().maps(kind) {
                draft.notices.push(refusal::in_comment(kind, name, label));
            }
            return;
        }
        match decision {
            Decision::Foreign => {}
            Decision::Stray => draft.errors.push(match self.direction {
                Direction::Stamp => {
                    refusal::stamped_name(kind, name, label, &self.environment.name)
                }
                Direction::Unstamp => refusal::stray(kind, name, label, self.environment),
            }),
            Decision::Own(canonical) => {
                let new = match self.direction {
                    Direction::Unstamp => Some(canonical),
                    Direction::Stamp => self.new_name(kind, name, label, draft),
                };
                if let Some(new) = new.filter(|new| new != name) {
                    draft.names.entry(path).or_default().push((candidate, new));
                }
            }
        }
    }

    /// From edits and renames to changes, checked file by file.
    fn finish(&self, mut draft: Draft<'t>) -> Result<Plan, Vec<Diagnostic>> {
        let mut changes = Vec::new();
        let mut patches = BTreeMap::new();
        for (path, file) in self.tree.files() {
            let names = draft.names.remove(path).unwrap_or_default();
            let to = draft.renames.get(path);
            if names.is_empty() && to.is_none() {
                continue;
            }
            let patch = match write::patch(path, &file.bytes, &names) {
                Ok(patch) => patch,
                Err(unwritable) => {
                    draft.errors.push(refusal::unwritable(path, &unwritable));
                    continue;
                }
            };
            patches.insert(path, patch.clone());
            changes.push(Change {
                from: path.clone(),
                to: to.unwrap_or(path).clone(),
                before: file.bytes.clone(),
                patch,
            });
        }
        let project = self.tree.project();
        let new_project = project.map(|p| self.renamed_project(p));
        let includes = self
            .tree
            .files()
            .flat_map(|(path, file): (&RelPath, &File)| {
                let patch = patches.get(path);
                file.scan.includes.iter().map(move |include| patterns::Use {
                    file: path,
                    span: include.span,
                    before: include.span.slice(&file.bytes),
                    patch,
                })
            });
        draft.errors.extend(patterns::check(
            includes,
            self.tree.entries(),
            &draft.renames,
            [project, new_project.as_deref()],
        ));
        if !draft.errors.is_empty() {
            return Err(draft.errors);
        }
        Ok(Plan {
            patch: TreePatch { changes },
            notices: draft.notices,
        })
    }

    fn renamed_project(&self, project: &str) -> String {
        let new = match self.direction {
            Direction::Stamp => self.names().stamp(&Kind::Project, project).ok(),
            Direction::Unstamp => self.names().unstamp(&Kind::Project, project),
        };
        new.map_or_else(|| project.into(), Into::into)
    }

    /// Plans the way back on the tree as it would be, and compares.
    fn prove(&self, patch: &TreePatch) -> Result<(), Vec<Diagnostic>> {
        let tree = self.tree.patched(patch);
        let back = Context {
            tree: &tree,
            direction: self.direction.back(),
            ..*self
        };
        let back = match back.plan() {
            Ok(back) => back.patch,
            Err(diagnostics) => {
                return Err(vec![refusal::no_way_back(self.direction, diagnostics)]);
            }
        };
        let mut back: BTreeMap<_, _> = back.changes.iter().map(|c| (&c.from, c)).collect();
        for change in &patch.changes {
            let returned = back.remove(&change.to);
            let same = match returned {
                Some(returned) => returned.to == change.from && returned.after() == change.before,
                None => change.to == change.from && change.patch.is_empty(),
            };
            if !same {
                return Err(vec![refusal::not_reversible(&change.from, self.direction)]);
            }
        }
        match back.into_keys().next() {
            Some(path) => Err(vec![refusal::not_reversible(path, self.direction)]),
            None => Ok(()),
        }
    }
}

/// A name's error with the place in the tree before the place in the manifest.
fn at(label: Label, error: &NameError) -> Diagnostic {
    let mut diagnostic = error.diagnostic();
    diagnostic.labels.insert(0, label);
    diagnostic
}
