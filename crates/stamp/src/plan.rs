//! From a tree and an environment's names to the changes that stamp or unstamp it.
//!
//! A plan is all or nothing: what cannot be stamped, or would not come back, is told and nothing
//! is planned. Each plan is proved before it is handed out: the changed files are read again and
//! the way back is planned too, and has to give the bytes and paths that we started from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use storyline_manifest::{Environment, Kind, Manifest, NameError, Names};
use storyline_text::{Diagnostic, Edit, Label, Patch, RelPath, Severity};

use crate::candidate::{Candidate, Shape, renamed};
use crate::own::{Decision, Form, Own};
use crate::tree::{File, Tree};
use crate::{Change, TreePatch, form, paths, patterns, refusal, write};

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
#[error("{direction} of {environment} refused: {}", counted(diagnostics.len()))]
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

fn counted(errors: usize) -> String {
    match errors {
        1 => "1 error".into(),
        more => format!("{more} errors"),
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stamp => "stamp",
            Self::Unstamp => "unstamp",
        })
    }
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
    let (changed, notices) = context.plan().map_err(refused)?;
    context.prove(&changed).map_err(refused)?;
    let changes = changed.into_iter().map(|(change, _)| change).collect();
    Ok(Plan {
        patch: TreePatch { changes },
        notices,
    })
}

/// What names alone say against taking `tree` to or from `environment`: errors, and warnings that
/// the tree may be in another form. Nothing is rewritten or proved, so that it can be asked for many
/// environments; a tree without objections may still be refused by [`plan`].
pub fn objections(
    tree: &Tree,
    manifest: &Manifest,
    environment: &Environment,
    direction: Direction,
) -> Vec<Diagnostic> {
    let context = Context {
        tree,
        manifest,
        environment,
        direction,
    };
    let mut draft = context.draft();
    draft.notices.clear();
    context.check_form(&mut draft);
    let taken = paths::check(tree.entries(), &draft.renames);
    draft
        .errors
        .into_iter()
        .chain(taken)
        .chain(draft.notices)
        .collect()
}

struct Context<'a> {
    tree: &'a Tree,
    manifest: &'a Manifest,
    environment: &'a Environment,
    direction: Direction,
}

/// A change, and the file afterwards as it was read again.
pub(crate) type Changed = (Change, Arc<File>);

/// A plan in the making.
#[derive(Default)]
struct Draft<'t> {
    names: BTreeMap<&'t RelPath, Vec<(&'t Candidate, String)>>,
    renames: BTreeMap<RelPath, RelPath>,
    /// Links to own names on hosts that are not declared: how many, and the first.
    elsewhere: BTreeMap<&'t str, (usize, Label)>,
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

    /// Decides about every name; what cannot be decided is an error of the draft.
    fn draft(&self) -> Draft<'t> {
        let uses = Some(self.manifest.uses());
        let targets_apart = self.environment.dbt().is_some();
        let own = Own::of(self.tree, self.form(), uses, targets_apart);
        let mut draft = Draft::default();
        self.models(&mut draft);
        for (path, file) in self.tree.files() {
            draft.errors.extend(file.scan.errors.iter().cloned());
            draft.notices.extend(file.scan.warnings.iter().cloned());
            for candidate in &file.scan.candidates {
                let decision = own.decide(candidate, self.form(), &[self.names()]);
                self.candidate(path, candidate, decision, &mut draft);
            }
            let names = draft.names.get(path).into_iter().flatten();
            let mut projects = names.filter(|(c, _)| c.kind == Kind::DbtProject);
            if let Some((first, _)) = projects.next() {
                let label = Label::at(path, first.span, "");
                let told = refusal::dbt_project_in_sql(&first.name, label);
                draft.notices.push(told);
            }
        }
        for (host, (links, label)) in std::mem::take(&mut draft.elsewhere) {
            draft.notices.push(refusal::elsewhere(host, links, label));
        }
        draft
    }

    /// From names to changes and notices, with everything checked but the way back.
    fn plan(&self) -> Result<(Vec<Changed>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut draft = self.draft();
        draft.notices.extend(self.tree.warnings());
        draft.notices.extend(self.shared_slugs());
        self.check_form(&mut draft);
        let taken = paths::check(self.tree.entries(), &draft.renames);
        draft.errors.extend(taken);
        if !draft.errors.is_empty() {
            return Err(draft.errors);
        }
        let mut errors = Vec::new();
        let mut changed = Vec::new();
        for result in self.changes(&draft) {
            match result {
                Ok(change) => changed.push(change),
                Err(diagnostic) => errors.push(diagnostic),
            }
        }
        errors.extend(self.includes(&draft.renames, &changed));
        match errors.is_empty() {
            true => Ok((changed, draft.notices)),
            false => Err(errors),
        }
    }

    /// Slugs stay, though models are renamed so that a second copy can stand on one instance.
    fn shared_slugs(&self) -> Option<Diagnostic> {
        let is_copy = self.direction == Direction::Stamp && self.names().maps(&Kind::Model);
        if !is_copy || self.names().origin(&Kind::Slug, "").is_some() {
            return None;
        }
        let mut slugs = self.tree.files().flat_map(|(path, file)| {
            let slugs = file.scan.candidates.iter().filter(|c| c.kind == Kind::Slug);
            slugs.map(move |slug| Label::at(path, slug.span, ""))
        });
        let first = slugs.next()?;
        Some(refusal::shared_slugs(
            1 + slugs.count(),
            first,
            self.environment,
        ))
    }

    /// Whether the tree looks as if it were where it is to be taken.
    fn check_form(&self, draft: &mut Draft<'t>) {
        match self.direction {
            Direction::Stamp => {
                let told = form::before_stamp(self.tree, self.manifest, self.environment);
                let (errors, warnings): (Vec<_>, Vec<_>) = told
                    .into_iter()
                    .partition(|told| told.severity == Severity::Error);
                draft.errors.extend(errors);
                draft.notices.extend(warnings);
            }
            Direction::Unstamp => {
                if let Some(told) = form::before_unstamp(self.tree, self.environment) {
                    // It says what all the strays would say one by one.
                    draft.errors.retain(|error| error.id != "stray-name");
                    draft.errors.insert(0, told);
                }
            }
        }
    }

    /// Paths of model files.
    fn models(&self, draft: &mut Draft<'t>) {
        let unnamed = self.tree.unnamed_models().map(refusal::unreadable_name);
        draft.errors.extend(unnamed);
        let mut seen: BTreeMap<&str, &RelPath> = BTreeMap::new();
        for (path, _, name) in self.tree.models() {
            if let Some(first) = seen.insert(name, path) {
                // Looker minds, but both are renamed alike and come back alike.
                let mut told = refusal::model_twice(name, first, path);
                told.severity = Severity::Warning;
                draft.notices.push(told);
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
                    let stray = refusal::stray(kind, name, label, self.environment, self.manifest);
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
        if let Shape::Elsewhere { host } = shape {
            let told = self.direction == Direction::Stamp && self.names().maps(kind);
            if told && matches!(decision, Decision::Own(_)) {
                let seen = draft.elsewhere.entry(host);
                seen.or_insert((0, label)).0 += 1;
            }
            return;
        }
        match decision {
            Decision::Foreign => {}
            Decision::Stray => draft.errors.push(match self.direction {
                Direction::Stamp => refusal::stamped_name(kind, name, label, self.environment),
                Direction::Unstamp => {
                    refusal::stray(kind, name, label, self.environment, self.manifest)
                }
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

    /// What becomes of each file that does not stay as it is, by path.
    fn changes(&self, draft: &Draft<'t>) -> Vec<Result<Changed, Diagnostic>> {
        let files = self
            .tree
            .files()
            .filter(|(path, _)| draft.names.contains_key(path) || draft.renames.contains_key(path));
        let files: Vec<_> = files.collect();
        let change = |(path, file): &(&RelPath, &Arc<File>)| {
            let to = draft.renames.get(path).unwrap_or(path);
            let (patch, after) = match draft.names.get(path) {
                None => (Patch::default(), self.tree.moved(path, to, file)),
                Some(names) => {
                    write::rewrite(to, (file.file_type, &file.bytes), names, self.tree.scope())
                        .map(|(patch, after)| (patch, Arc::new(after)))
                        .map_err(|unwritable| refusal::unwritable(path, &unwritable))?
                }
            };
            let change = Change {
                from: (*path).clone(),
                to: to.clone(),
                before: file.bytes.clone(),
                patch,
            };
            Ok((change, after))
        };
        files.par_iter().map(change).collect()
    }

    /// Include patterns that would match other files.
    fn includes(
        &self,
        renames: &BTreeMap<RelPath, RelPath>,
        changed: &[Changed],
    ) -> Vec<Diagnostic> {
        let patches = changed
            .iter()
            .map(|(change, _)| (&change.from, &change.patch));
        let patches: BTreeMap<_, _> = patches.collect();
        let uses = self.tree.files().flat_map(|(path, file)| {
            let patch = patches.get(path).copied();
            file.scan.includes.iter().map(move |include| patterns::Use {
                file: path,
                span: include.span,
                before: include.span.slice(&file.bytes),
                patch,
            })
        });
        let project = self.tree.project();
        let renamed = project.map(|project| self.renamed_project(project));
        let projects = [project, renamed.as_deref()];
        patterns::check(uses, self.tree.entries(), renames, projects)
    }

    fn renamed_project(&self, project: &str) -> String {
        let new = match self.direction {
            Direction::Stamp => self.names().stamp(&Kind::Project, project).ok(),
            Direction::Unstamp => self.names().unstamp(&Kind::Project, project),
        };
        new.map_or_else(|| project.into(), Into::into)
    }

    /// Plans the way back on the tree as it would be, and compares. What `changed` does was checked;
    /// the way back does it backwards or is refused, so nothing of it is checked again.
    fn prove(&self, changed: &[Changed]) -> Result<(), Vec<Diagnostic>> {
        let tree = self.tree.patched(changed);
        let back = Context {
            tree: &tree,
            direction: self.direction.back(),
            ..*self
        };
        let draft = back.draft();
        if !draft.errors.is_empty() {
            let reasons = draft.errors.into_iter();
            let reasons =
                reasons.map(|reason| refusal::no_way_back(self.direction, reason, changed));
            return Err(reasons.collect());
        }
        let known: BTreeSet<_> = changed.iter().map(|(change, _)| &change.to).collect();
        let mut others = draft.names.keys().copied().chain(draft.renames.keys());
        if let Some(path) = others.find(|path| !known.contains(path)) {
            return Err(vec![refusal::not_reversible(path, None, self.direction)]);
        }
        let lost = changed.par_iter().filter_map(|(change, file)| {
            let names = draft.names.get(&change.to).map_or(&[][..], Vec::as_slice);
            let to = draft.renames.get(&change.to).unwrap_or(&change.to);
            let edit = comes_back(change, &file.bytes, to, names).err()?;
            Some(refusal::not_reversible(&change.from, edit, self.direction))
        });
        let lost: Vec<_> = lost.collect();
        match lost.is_empty() {
            true => Ok(()),
            false => Err(lost),
        }
    }
}

/// Whether `names` and the path `to` undo `change`; if not, the edit that is not undone.
fn comes_back<'c>(
    change: &'c Change,
    after: &[u8],
    to: &RelPath,
    names: &[(&Candidate, String)],
) -> Result<(), Option<&'c Edit>> {
    let first = change.patch.edits().first();
    if *to != change.from {
        return Err(None);
    }
    let back = write::patch(after, names).map_err(|_| first)?;
    if back
        .apply(after)
        .is_ok_and(|returned| returned == change.before)
    {
        return Ok(());
    }
    let undone = change.patch.inverse(&change.before);
    let mut pairs = change.patch.edits().iter().zip(undone.edits());
    let lost = pairs.find(|(_, undo)| back.edits().binary_search(undo).is_err());
    Err(lost.map(|(edit, _)| edit).or(first))
}

/// A name's error with the place in the tree before the place in the manifest.
fn at(label: Label, error: &NameError) -> Diagnostic {
    let mut diagnostic = error.diagnostic();
    diagnostic.labels.insert(0, label);
    diagnostic
}
