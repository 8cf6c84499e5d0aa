//! What becomes of each file and path of a tree, once its outline and gist are known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use storyline_manifest::{Environment, Kind, Manifest, Names};
use storyline_text::{Edit, Patch, RelPath, Span};

use super::{Class, Gist, Outline, Reading, Said, Unfit, words};
use crate::candidate::{Candidate, Shape, renamed};
use crate::own::{Decision, Form, Own};
use crate::write::{self, Fresh, Source};
use crate::{Direction, Entry, form, paths, patterns};

/// Takes the files of one tree, and of all others that say the same together, to or from an
/// environment's form.
pub struct Stamper {
    names: Names,
    direction: Direction,
    own: Own,
    reading: Arc<Reading>,
    like_models: Vec<Entry>,
    renames: BTreeMap<RelPath, RelPath>,
    /// The project's name before and after.
    projects: [Option<String>; 2],
    /// Whether a pattern of a folder matches the same files before and after, as far as it was asked.
    verdicts: Mutex<FxHashMap<Pattern, bool>>,
    /// What becomes of names, as far as it was asked.
    decided: Mutex<FxHashMap<Kind, FxHashMap<String, NameDecision>>>,
}

/// Another name for one, or none.
type NameDecision = Result<Option<Arc<str>>, Unfit>;

/// A folder, and a pattern in a file there.
type Pattern = (Vec<u8>, Vec<u8>);

/// A name that takes the place of another in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewName {
    /// The number of the candidate.
    pub(super) candidate: usize,
    pub(super) name: Arc<str>,
}

/// A file with other names in it.
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say, at the path where the file will be.
    pub said: Said,
    /// The names that give the file's former bytes back when they are put in: that was tried. `None`
    /// when it does not do so simply.
    pub back: Option<Vec<NewName>>,
}

impl Stamper {
    /// Whether the tree whose paths say `outline` and whose files say `gist` may be taken there at all.
    ///
    /// # Errors
    /// [`Unfit`] when it is refused, or has to be planned as a whole.
    pub fn check(
        manifest: &Manifest,
        environment: &Environment,
        direction: Direction,
        outline: &Outline,
        gist: &Gist,
    ) -> Result<(), Unfit> {
        if outline.unnamed || gist.is_broken {
            return Err(Unfit::Refused);
        }
        if outline.odd_folder {
            return Err(Unfit::Undecided);
        }
        check_form(manifest, environment, direction, outline, gist)
    }

    /// Decides for trees that passed [`Stamper::check`], whose paths say `outline` and whose files, read by
    /// `reading`, call the project so.
    ///
    /// # Errors
    /// [`Unfit`] when they are refused, or have to be planned as a whole.
    pub fn new(
        manifest: &Manifest,
        environment: &Environment,
        direction: Direction,
        reading: &Arc<Reading>,
        outline: &Outline,
        project: Option<&str>,
    ) -> Result<Self, Unfit> {
        let names = environment.names().clone();
        let after = match (project, direction) {
            (None, _) => None,
            (Some(name), Direction::Stamp) => names.stamp(&Kind::Project, name).ok(),
            (Some(name), Direction::Unstamp) => names.unstamp(&Kind::Project, name),
        };
        let after = after.as_deref().or(project);
        if project != after && after.is_some_and(|name| outline.has_root_folder(name)) {
            return Err(Unfit::Undecided);
        }
        let mut stamper = Self {
            own: own(outline, project, manifest, environment, direction),
            projects: [project, after].map(|name| name.map(Into::into)),
            names,
            direction,
            reading: reading.clone(),
            like_models: outline.like_models.clone(),
            renames: BTreeMap::new(),
            verdicts: Mutex::default(),
            decided: Mutex::default(),
        };
        stamper.renames = stamper.renames(outline)?;
        match paths::check(&stamper.like_models, &stamper.renames).is_empty() {
            true => Ok(stamper),
            false => Err(Unfit::Refused),
        }
    }

    /// Bytes that are the same for stampers that decide alike about every file. `reading` is the
    /// identity of the reading.
    pub fn identity(&self, reading: &[u8]) -> Vec<u8> {
        let told = format!("{} {:?}", self.direction, self.own);
        let mut out = Vec::new();
        let mut put = |bytes: &[u8]| {
            out.extend((bytes.len() as u64).to_le_bytes());
            out.extend(bytes);
        };
        put(told.as_bytes());
        for entry in &self.like_models {
            put(entry.path.as_bytes());
            put(&[entry.kind as u8]);
        }
        // No path is empty.
        put(b"");
        for path in self.renames.iter().flat_map(|(from, to)| [from, to]) {
            put(path.as_bytes());
        }
        put(b"");
        put(&self.names.identity());
        put(reading);
        out
    }

    /// Where the file at `path` goes, if it goes elsewhere.
    pub fn renamed(&self, path: &RelPath) -> Option<&RelPath> {
        self.renames.get(path)
    }

    /// The names that are put into the file at `path`; none when its bytes stay.
    ///
    /// # Errors
    /// [`Unfit::Refused`] for a stray, a name without a counterpart, and an include pattern that would
    /// match other files.
    pub fn decide(&self, path: &RelPath, said: &Said) -> Result<Vec<NewName>, Unfit> {
        let mut new = Vec::new();
        let mut decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, candidate) in said.candidates.iter().enumerate() {
            let name = match depends_on_name_alone(&candidate.shape) {
                false => self.decide_name(candidate)?,
                true => {
                    let known = decided.get(&candidate.kind);
                    match known.and_then(|known| known.get(&candidate.name)) {
                        Some(known) => known.clone()?,
                        None => {
                            let name = self.decide_name(candidate);
                            let known = decided.entry(candidate.kind.clone()).or_default();
                            known.insert(candidate.name.clone(), name.clone());
                            name?
                        }
                    }
                }
            };
            new.extend(name.map(|name| NewName {
                candidate: number,
                name,
            }));
        }
        drop(decided);
        match said
            .includes
            .iter()
            .all(|i| self.keeps(path, i, said, &new))
        {
            true => Ok(new),
            false => Err(Unfit::Refused),
        }
    }

    /// What takes the place of a candidate's name, if anything does.
    fn decide_name(&self, candidate: &Candidate) -> NameDecision {
        let canonical = match self.own.decide(candidate, self.form(), &[&self.names]) {
            Decision::Foreign => return Ok(None),
            Decision::Stray => return Err(Unfit::Refused),
            Decision::Own(canonical) => canonical,
        };
        let name = match self.direction {
            Direction::Unstamp => canonical,
            Direction::Stamp => self.stamped(&candidate.kind, &canonical)?,
        };
        Ok((name != candidate.name).then(|| name.into()))
    }

    /// Puts names into the file that [`Stamper::renamed`] moves to `to`, and reads the result again, or knows
    /// what it says without.
    ///
    /// # Errors
    /// [`Unfit::Refused`] when they cannot stand where they should.
    pub fn write(
        &self,
        to: &RelPath,
        class: &Class,
        (source, said): (&Source<'_>, &Said),
        new: &[NewName],
    ) -> Result<Written, Unfit> {
        if let Some(written) = words::write(source.bytes, said, new) {
            return Ok(written);
        }
        let names: Vec<_> = new
            .iter()
            .map(|new| (&said.candidates[new.candidate], new.name.to_string()))
            .collect();
        let bytes = source.bytes;
        let look = |fresh: &Fresh<'_>| {
            let after = self.reading.said(class.file_type, fresh.scan, fresh.bytes);
            let back = back(fresh.patch.inverse(bytes).edits(), &names, &after);
            let returns = |back: &Vec<NewName>| {
                let former = back.iter();
                let former = former.map(|n| (&after.candidates[n.candidate], n.name.to_string()));
                let patch = fresh.patch(&former.collect::<Vec<_>>());
                patch.is_ok_and(|patch| patch.apply(fresh.bytes).as_deref() == Ok(bytes))
            };
            let back = back.filter(returns);
            (after, back)
        };
        let written = write::rewrite_and(
            to,
            (class.file_type, source),
            &names,
            &self.reading.scope,
            look,
        );
        let (_, file, (said, back)) = written.map_err(|_| Unfit::Refused)?;
        let bytes = file.bytes;
        Ok(Written { bytes, said, back })
    }

    fn form(&self) -> Form<'_> {
        match self.direction {
            Direction::Stamp => Form::Canonical,
            Direction::Unstamp => Form::Stamped(&self.names),
        }
    }

    fn stamped(&self, kind: &Kind, name: &str) -> Result<String, Unfit> {
        let stamped = self.names.stamp(kind, name);
        stamped.map(Into::into).map_err(|_| Unfit::Refused)
    }

    /// The new paths of model files.
    fn renames(&self, outline: &Outline) -> Result<BTreeMap<RelPath, RelPath>, Unfit> {
        let mut renames = BTreeMap::new();
        for (path, _, name) in outline.models() {
            let new = match self.direction {
                Direction::Stamp => self.stamped(&Kind::Model, name)?,
                Direction::Unstamp => {
                    let back = self.names.unstamp(&Kind::Model, name);
                    back.ok_or(Unfit::Refused)?.into()
                }
            };
            if new != name {
                let to = renamed(path, &new).map_err(|_| Unfit::Refused)?;
                renames.insert(path.clone(), to);
            }
        }
        Ok(renames)
    }

    /// Whether an include of the file at `path` matches the same files before and after.
    fn keeps(
        &self,
        path: &RelPath,
        (span, before): &(Span, Vec<u8>),
        said: &Said,
        new: &[NewName],
    ) -> bool {
        if self.renames.is_empty() {
            return true;
        }
        let after = after(*span, before, &said.candidates, new);
        let projects = [0, 1].map(|form| self.projects[form].as_deref());
        let folder = path.parent();
        let patterns = [before.as_slice(), after.as_deref().unwrap_or(before)];
        if after.is_none() && patterns::is_out_of_the_way(before, folder, &self.like_models) {
            return true;
        }
        let key = (folder.to_vec(), before.clone());
        let lock = || self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = lock().get(&key) {
            return *verdict;
        }
        let found = patterns::moved(patterns, folder, &self.like_models, &self.renames, projects);
        lock().insert(key, found.is_none());
        found.is_none()
    }
}

/// Whether two candidates of one kind and name that are written so are decided alike.
fn depends_on_name_alone(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::Plain | Shape::Yaml | Shape::Toml | Shape::Json | Shape::Url(_)
    )
}

/// The former names where new ones were written, in the file as it is afterwards.
fn back(written: &[Edit], names: &[(&Candidate, String)], after: &Said) -> Option<Vec<NewName>> {
    let mut back = Vec::with_capacity(names.len());
    let mut candidates = after.candidates.iter().enumerate();
    for (edit, (candidate, new)) in written.iter().zip(names) {
        let place = edit.span;
        let touches = |c: &Candidate| c.span.start <= place.end && place.start <= c.span.end;
        let is_it = |c: &Candidate| c.kind == candidate.kind && c.name == *new && touches(c);
        let (number, _) = candidates.find(|(_, c)| is_it(c))?;
        back.push(NewName {
            candidate: number,
            name: candidate.name.as_str().into(),
        });
    }
    (back.len() == names.len()).then_some(back)
}

/// An include pattern with the new names that stand in it; `None` when there are none.
fn after(
    include: Span,
    before: &[u8],
    candidates: &[Candidate],
    new: &[NewName],
) -> Option<Vec<u8>> {
    let spans = new.iter().map(|new| (candidates[new.candidate].span, new));
    let inside = spans.filter(|(span, _)| include.contains(*span));
    let edits: Vec<_> = inside
        .map(|(Span { start, end }, new)| {
            let span = Span::new(start - include.start, end - include.start);
            Edit::replace(span, &*new.name)
        })
        .collect();
    let is_changed = !edits.is_empty();
    let patch = Patch::new(edits).ok().filter(|_| is_changed)?;
    patch.apply(before).ok()
}

/// The names that are the tree's own.
fn own(
    outline: &Outline,
    project: Option<&str>,
    manifest: &Manifest,
    environment: &Environment,
    direction: Direction,
) -> Own {
    let names = environment.names();
    let form = match direction {
        Direction::Stamp => Form::Canonical,
        Direction::Unstamp => Form::Stamped(names),
    };
    let project = project.and_then(|project| form.canonical(&Kind::Project, project));
    let stamped = project.as_deref().map(|p| names.stamp(&Kind::Project, p));
    let stamped = stamped.and_then(Result::ok);
    // Only a folder that is called like the project makes a difference.
    let spellings = project.as_deref().into_iter().chain(stamped.as_deref());
    let folders = spellings.filter(|name| outline.has_root_folder(name));
    Own {
        models: outline
            .models()
            .filter_map(|(.., name)| form.canonical(&Kind::Model, name))
            .collect(),
        folders: folders.map(|name| name.as_bytes().to_vec()).collect(),
        project,
        uses: manifest.uses().clone(),
        targets_apart: environment.dbt().is_some(),
    }
}

/// Refuses a tree that looks as if it were where it is to be taken.
fn check_form(
    manifest: &Manifest,
    environment: &Environment,
    direction: Direction,
    outline: &Outline,
    gist: &Gist,
) -> Result<(), Unfit> {
    let mut definitions = gist.definitions.clone();
    let models = outline
        .models()
        .map(|(.., name)| (Kind::Model, name.into(), false));
    definitions.extend(models);
    let is_there = match direction {
        Direction::Stamp => {
            let mut all = manifest.environments();
            all.any(|other| form::all_look_stamped(&definitions, other))
        }
        Direction::Unstamp => form::all_are_strange(&definitions, environment),
    };
    match is_there {
        true => Err(Unfit::Refused),
        false => Ok(()),
    }
}
