//! One file alone, in whichever form it is.
//!
//! Git hands its drivers single files that may come from any commit: canonical's, an environment's, one of
//! long ago. Which form such a file is in, its names tell; which names are the project's own, a tree
//! tells that is known to be in one form.
//!
//! A guess does no harm here. What is made of a file gives the file back when its environment's names
//! are put in, so that two files that look the same through a lens differ by stamps alone; and what
//! could be in two forms is left as it is.

mod blocks;

use std::borrow::Cow;
use std::collections::BTreeSet;

use storyline_dbt::Projects;
use storyline_manifest::{Environment, Kind, Manifest};
use storyline_text::RelPath;

use crate::candidate::{Candidate, FileScan, FileType, Shape};
use crate::own::{Decision, Form, Own};
use crate::tree::{self, Tree};
use crate::{Entry, EntryKind, FileSet, ReadError, Scope, form, write};

pub use blocks::blocks;

/// What is known of a project, to look at single files with.
pub struct Lens<'m> {
    manifest: &'m Manifest,
    scope: Scope,
    /// The form of the tree that the names were found in.
    form: Option<&'m Environment>,
    entries: Vec<Entry>,
    projects: Projects,
    /// Where targets of dbt's profiles are a part of stamps, and where they are apart.
    own: [Own; 2],
    /// Names that are the project's own wherever they stand, canonical.
    known: BTreeSet<(Kind, String)>,
}

/// The form that a file is in, as far as its names tell.
#[derive(Clone, Copy, Debug)]
pub enum FileForm<'m> {
    /// It is the same in every form.
    Any,
    /// The one that people share.
    Canonical,
    /// This environment's.
    Stamped(&'m Environment),
    /// It cannot be read, holds names of two forms, or could be in either.
    Unclear,
}

/// A name that does not belong in the form that a file should be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// What it names.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// Where it stands; a model's name that stands in the file's path has none.
    pub span: Option<storyline_text::Span>,
    /// The environment whose name it looks like; `None` for a canonical one, or somebody else's.
    pub environment: Option<String>,
}

/// Candidates that get another name.
type NewNames<'c> = Vec<(&'c Candidate, String)>;

impl<'m> Lens<'m> {
    /// Looks at the paths of a tree, and into the few files that say what is the project's own. Which form
    /// the tree is in, its names tell; `None` when they do not.
    ///
    /// # Errors
    /// The first of those files that cannot be read.
    pub fn of(files: &dyn FileSet, manifest: &'m Manifest) -> Result<Option<Self>, ReadError> {
        let scope = Scope::all(Some(manifest));
        let tree = Tree::read(&Defining(files), &scope)?;
        let form = form::form(&tree, manifest).ok();
        Ok(form.map(|form| Self::new(&tree, scope, manifest, form)))
    }

    /// The same with a tree that is in the form of `environment`, or in canonical form.
    ///
    /// # Errors
    /// The first of those files that cannot be read.
    pub fn with_form(
        files: &dyn FileSet,
        manifest: &'m Manifest,
        environment: Option<&'m Environment>,
    ) -> Result<Self, ReadError> {
        let scope = Scope::all(Some(manifest));
        let tree = Tree::read(&Defining(files), &scope)?;
        Ok(Self::new(&tree, scope, manifest, environment))
    }

    fn new(
        tree: &Tree,
        scope: Scope,
        manifest: &'m Manifest,
        form: Option<&'m Environment>,
    ) -> Self {
        let own_form = form.map_or(Form::Canonical, |e| Form::Stamped(e.names()));
        let uses = Some(manifest.uses());
        let own = [false, true].map(|apart| Own::of(tree, own_form, uses, apart));
        let known = tree.definitions(true).filter_map(|(_, kind, name)| {
            let name = own_form.canonical(kind, name)?;
            Some((kind.clone(), name))
        });
        let entries = tree.entries().iter();
        let regular = entries.filter(|entry| entry.kind == EntryKind::File);
        Self {
            known: known.collect(),
            projects: Projects::among(regular.map(|entry| &entry.path)),
            entries: tree.entries().to_vec(),
            manifest,
            scope,
            form,
            own,
        }
    }

    /// The form that the tree is in; `None` is the canonical one.
    pub fn form(&self) -> Option<&'m Environment> {
        self.form
    }

    /// Where in the tree a file is that only has its `name` left, or one that is read like it. `None`
    /// when there are several that are read in different ways.
    pub fn place(&self, name: &[u8]) -> Option<RelPath> {
        let is_it =
            |entry: &&Entry| entry.kind == EntryKind::File && entry.path.file_name() == name;
        let mut places = self.entries.iter().filter(is_it).map(|entry| &entry.path);
        let Some(first) = places.next() else {
            return RelPath::new(name).ok();
        };
        let read_as = |path: &RelPath| {
            let rules = self.scope.rules_of(path).map(|(number, _)| number);
            (
                FileType::of(path, &self.projects),
                rules.collect::<Vec<_>>(),
            )
        };
        let alike = read_as(first);
        places
            .all(|path| read_as(path) == alike)
            .then(|| first.clone())
    }

    /// The form that `bytes` are in, as the file at `path`.
    pub fn form_of(&self, path: &RelPath, bytes: &[u8]) -> FileForm<'m> {
        let (_, scan) = self.scan(path, bytes);
        self.judge(&scan)
    }

    /// The file in canonical form; `None` when it is so already, or its form is not clear.
    pub fn canonical(&self, path: &RelPath, bytes: &[u8]) -> Option<Vec<u8>> {
        self.take(path, bytes, None).ok()?
    }

    /// The file in the form of `to`, or in canonical form; `None` when it is in that form already.
    ///
    /// # Errors
    /// When its form is not clear, or a name has no counterpart.
    pub fn take(
        &self,
        path: &RelPath,
        bytes: &[u8],
        to: Option<&Environment>,
    ) -> Result<Option<Vec<u8>>, NotTaken> {
        let (file_type, scan) = self.scan(path, bytes);
        let from = match self.judge(&scan) {
            FileForm::Any => return Ok(None),
            FileForm::Unclear => return Err(NotTaken),
            FileForm::Canonical => None,
            FileForm::Stamped(from) => Some(from),
        };
        if from.map(|from| &from.name) == to.map(|to| &to.name) {
            return Ok(None);
        }
        let mut taken: Cow<'_, [u8]> = bytes.into();
        let mut scan = scan;
        if let Some(from) = from {
            let names = self.unstamped(&scan, from).ok_or(NotTaken)?;
            let (bytes, after) = self.put(path, file_type, &taken, &names)?;
            let back = self.stamped(&after, from).ok_or(NotTaken)?;
            let back = write::patch(&bytes, &back).map_err(|_| NotTaken)?;
            if back.apply(&bytes).as_deref() != Ok(&*taken) {
                return Err(NotTaken);
            }
            taken = bytes.into();
            scan = after;
        }
        if let Some(to) = to {
            let names = self.stamped(&scan, to).ok_or(NotTaken)?;
            if !names.is_empty() {
                let (bytes, _) = self.put(path, file_type, &taken, &names)?;
                taken = bytes.into();
            }
        }
        Ok((*taken != *bytes).then(|| taken.into_owned()))
    }

    /// Names in the file at `path` that do not belong where all is in the form of `environment`, or in
    /// canonical form. What cannot be read holds none.
    pub fn misplaced(
        &self,
        path: &RelPath,
        bytes: &[u8],
        environment: Option<&Environment>,
    ) -> Vec<Misplaced> {
        let (_, scan) = self.scan(path, bytes);
        let model = crate::candidate::model_name(path);
        let model = model.map(|(_, name)| (Kind::Model, name.to_owned()));
        let mut found = Vec::new();
        if let Some((kind, name)) = model {
            let environment = match environment {
                Some(environment) => {
                    let is_stray = environment.names().unstamp(&kind, &name).is_none();
                    is_stray.then_some(None)
                }
                None => self.looks_stamped(&kind, &name, |_| true).map(Some),
            };
            found.extend(environment.map(|environment| Misplaced {
                kind,
                name,
                span: None,
                environment,
            }));
        }
        for candidate in names(&scan) {
            let environment = match environment {
                Some(environment) => {
                    let form = Form::Stamped(environment.names());
                    let decision = self.own(environment).decide(candidate, form, &[]);
                    (decision == Decision::Stray).then_some(None)
                }
                None => {
                    let owns =
                        |canonical: &str| self.own[0].has(canonical, candidate, Form::Canonical);
                    self.looks_stamped(&candidate.kind, &candidate.name, owns)
                        .map(Some)
                }
            };
            found.extend(environment.map(|environment| Misplaced {
                kind: candidate.kind.clone(),
                name: candidate.name.clone(),
                span: Some(candidate.span),
                environment,
            }));
        }
        found
    }

    /// The environment that would take a name, which is no canonical one that is known, back to another
    /// one that is own.
    fn looks_stamped(
        &self,
        kind: &Kind,
        name: &str,
        owns: impl Fn(&str) -> bool,
    ) -> Option<String> {
        if self.is_known(kind, name) {
            return None;
        }
        let mut environments = self.manifest.environments();
        let found = environments.find(|environment| {
            let names = environment.names();
            let back = names.unstamp(kind, name);
            !names.has_entry(kind, name) && back.is_some_and(|back| back != name && owns(&back))
        });
        found.map(|environment| environment.name.clone())
    }

    fn scan(&self, path: &RelPath, bytes: &[u8]) -> (FileType, FileScan) {
        let file_type = FileType::of(path, &self.projects);
        (file_type, tree::scan(path, bytes, file_type, &self.scope))
    }

    fn own(&self, environment: &Environment) -> &Own {
        &self.own[usize::from(environment.dbt().is_some())]
    }

    fn is_known(&self, kind: &Kind, name: &str) -> bool {
        match kind {
            Kind::Model => self.own[0].has_model(name),
            Kind::Project => self.own[0].has_project(name),
            _ => self.known.contains(&(kind.clone(), name.into())),
        }
    }

    /// Which form a file's names tell.
    fn judge(&self, scan: &FileScan) -> FileForm<'m> {
        if !scan.errors.is_empty() {
            return FileForm::Unclear;
        }
        let mut fit: Vec<(&'m Environment, NewNames<'_>)> = Vec::new();
        let mut is_mixed = false;
        for environment in self.manifest.environments() {
            match self.evidence(scan, environment) {
                Evidence::None => {}
                Evidence::Mixed => is_mixed = true,
                Evidence::Fits(names) => fit.push((environment, names)),
            }
        }
        let is_tree_s =
            |found: &&(&Environment, _)| self.form.is_some_and(|form| form.name == found.0.name);
        match fit.as_slice() {
            [] if is_mixed => FileForm::Unclear,
            [] if self.changes_anywhere(scan) => FileForm::Canonical,
            [] => FileForm::Any,
            [(first, names), others @ ..] => {
                if let Some((environment, _)) = fit.iter().find(is_tree_s) {
                    return FileForm::Stamped(environment);
                }
                match others.iter().all(|(_, other)| other == names) {
                    true => FileForm::Stamped(first),
                    false => FileForm::Unclear,
                }
            }
        }
    }

    /// What the names say about one environment.
    fn evidence<'s>(&self, scan: &'s FileScan, environment: &Environment) -> Evidence<'s> {
        let map = environment.names();
        let form = Form::Stamped(map);
        let own = self.own(environment);
        let (mut found, mut has_strays, mut is_certain) = (Vec::new(), false, false);
        for candidate in names(scan).filter(|c| map.maps(&c.kind)) {
            match own.decide(candidate, form, &[]) {
                Decision::Foreign => {}
                Decision::Stray => has_strays = true,
                Decision::Own(canonical) => {
                    if canonical != candidate.name {
                        let (kind, name) = (&candidate.kind, &candidate.name);
                        is_certain |= !self.is_known(kind, name) && !map.has_entry(kind, name);
                        found.push((candidate, canonical));
                    }
                }
            }
        }
        match (found.is_empty(), has_strays, is_certain) {
            (true, ..) => Evidence::None,
            (false, false, true) => Evidence::Fits(found),
            // Canonical names may look like stamps, if all of them are known.
            (false, true, false) => Evidence::None,
            (false, true, true) | (false, false, false) => Evidence::Mixed,
        }
    }

    /// Whether any environment has another name for one of the file's.
    fn changes_anywhere(&self, scan: &FileScan) -> bool {
        let mut environments = self.manifest.environments();
        environments.any(|environment| {
            let own = self.own(environment);
            names(scan)
                .filter(|candidate| environment.names().maps(&candidate.kind))
                .any(|c| matches!(own.decide(c, Form::Canonical, &[]), Decision::Own(_)))
        })
    }

    /// The canonical names of a file in the form of `environment`, where they are others.
    fn unstamped<'s>(&self, scan: &'s FileScan, environment: &Environment) -> Option<NewNames<'s>> {
        match self.evidence(scan, environment) {
            Evidence::Fits(names) => Some(names),
            _ => None,
        }
    }

    /// The names of `environment` for a file in canonical form, where they are others.
    fn stamped<'s>(&self, scan: &'s FileScan, environment: &Environment) -> Option<NewNames<'s>> {
        let map = environment.names();
        let own = self.own(environment);
        let mut found = Vec::new();
        for candidate in names(scan) {
            match own.decide(candidate, Form::Canonical, &[map]) {
                Decision::Foreign => {}
                Decision::Stray => return None,
                Decision::Own(name) => {
                    let stamped = map.stamp(&candidate.kind, &name).ok()?.into_owned();
                    if stamped != name {
                        found.push((candidate, stamped));
                    }
                }
            }
        }
        Some(found)
    }

    /// A file with other names, and what it says then.
    fn put(
        &self,
        path: &RelPath,
        file_type: FileType,
        bytes: &[u8],
        names: &NewNames<'_>,
    ) -> Result<(Vec<u8>, FileScan), NotTaken> {
        let written = write::rewrite(path, (file_type, bytes), names, &self.scope);
        let (_, file) = written.map_err(|_| NotTaken)?;
        Ok((file.bytes, file.scan))
    }
}

/// Whether a file called `name` may be in the form of an environment: a quick look without its tree, which
/// spares most files a longer one.
pub fn may_be_stamped(manifest: &Manifest, name: &RelPath, bytes: &[u8]) -> bool {
    let file_type = FileType::of(name, &Projects::default());
    // Where other files are decides what they are read as.
    let is_known = match file_type {
        FileType::ProjectManifest | FileType::Dbt(_) | FileType::Other => false,
        FileType::Model | FileType::Object | FileType::LookMl | FileType::Dashboard => true,
    };
    if !is_known || !manifest.sites.is_empty() {
        return true;
    }
    let scan = tree::scan(name, bytes, file_type, &Scope::all(Some(manifest)));
    let changes = |candidate: &Candidate| {
        let (kind, name) = (&candidate.kind, candidate.name.as_str());
        let mut environments = manifest.environments();
        environments.any(|e| {
            e.names()
                .unstamp(kind, name)
                .is_some_and(|back| back != name)
        })
    };
    scan.errors.is_empty() && names(&scan).any(changes)
}

/// A file that cannot be taken to another form; it stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file's form is not clear, or one of its names has no counterpart")]
pub struct NotTaken;

/// What a file's names say about one environment.
enum Evidence<'c> {
    /// None of them is its own.
    None,
    /// Some are, and others speak against it; or all could be canonical ones as well.
    Mixed,
    /// All that it may change are its own, and these are others in canonical form.
    Fits(NewNames<'c>),
}

/// The candidates that a stamp may change.
fn names(scan: &FileScan) -> impl Iterator<Item = &Candidate> {
    let told = |c: &&Candidate| !matches!(c.shape, Shape::Comment | Shape::Elsewhere { .. });
    scan.candidates.iter().filter(told)
}

/// The files of a tree, of which only those have something in them that say what is the project's own.
struct Defining<'f>(&'f dyn FileSet);

impl FileSet for Defining<'_> {
    fn entries(&self) -> &[Entry] {
        self.0.entries()
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        match FileType::of(path, &Projects::default()) {
            FileType::Model | FileType::ProjectManifest => self.0.read(path),
            _ => Ok(Cow::Borrowed(b"")),
        }
    }
}
