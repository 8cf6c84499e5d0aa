//! A whole tree, read once: what each file says, and the bytes of those that say something.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use storyline_dbt::{FileKind, Projects};
use storyline_manifest::{Kind, Manifest};
use storyline_text::{Label, RelPath};
use storyline_yaml::Document;

use crate::candidate::{Candidate, FileScan, FileType, Shape, is_model, model_name};
use crate::plan::Changed;
use crate::url::Hosts;
use crate::{
    Entry, EntryKind, FileSet, ReadError, Scope, dashboard, dbt, declared, legacy, lookml,
};

/// A project as it was read from a [`FileSet`].
#[derive(Debug)]
pub struct Tree {
    entries: Vec<Entry>,
    /// Files that hold candidates, includes or something to tell, and all model files.
    files: BTreeMap<RelPath, Arc<File>>,
    scope: Scope,
}

/// One file of interest.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) file_type: FileType,
    pub(crate) bytes: Vec<u8>,
    pub(crate) scan: FileScan,
}

impl Tree {
    /// Reads every file that may hold a site of `scope`.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn read(files: &dyn FileSet, scope: &Scope) -> Result<Self, ReadError> {
        Self::read_those(files, scope, |_, _| true)
    }

    /// The same of every site, but only of files that may define names, which decide about all, and of those
    /// that are wanted. What is not read says nothing.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn read_for(
        files: &dyn FileSet,
        manifest: &Manifest,
        is_wanted: impl Fn(&RelPath) -> bool + Sync,
    ) -> Result<Self, ReadError> {
        let definitions = Scope::of_definitions(manifest);
        Self::read_those(files, &Scope::all(Some(manifest)), |path, file_type| {
            is_wanted(path) || definitions.reads(path, file_type)
        })
    }

    fn read_those(
        files: &dyn FileSet,
        scope: &Scope,
        is_wanted: impl Fn(&RelPath, FileType) -> bool + Sync,
    ) -> Result<Self, ReadError> {
        let entries = files.entries().to_vec();
        let regular = entries.iter().filter(|e| e.kind == EntryKind::File);
        let projects = Projects::among(regular.map(|entry| &entry.path));
        let scanned: Result<Vec<_>, ReadError> = entries
            .par_iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .map(|entry| (&entry.path, FileType::of(&entry.path, &projects)))
            .filter(|(path, file_type)| {
                scope.reads(path, *file_type) && is_wanted(path, *file_type)
            })
            .map(|(path, file_type)| {
                let bytes = files.read(path)?;
                let scan = scan(path, &bytes, file_type, scope);
                Ok(is_of_interest(&scan, file_type).then(|| {
                    let file = File {
                        file_type,
                        bytes: bytes.into_owned(),
                        scan,
                    };
                    (path.clone(), Arc::new(file))
                }))
            })
            .collect();
        Ok(Self {
            files: scanned?.into_iter().flatten().collect(),
            entries,
            scope: scope.clone(),
        })
    }

    /// All paths, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The folder of the Looker project that a file is in, without a `/` at its end: the nearest one
    /// above it that holds a `manifest.lkml`, or the root. Some repositories hold several projects.
    pub fn project_folder<'p>(&self, path: &'p RelPath) -> &'p [u8] {
        let holds_manifest = |folder: &[u8]| {
            ["manifest.lkml", "manifest.lookml"].iter().any(|name| {
                let path = [folder, b"/", name.as_bytes()].concat();
                let entries = &self.entries;
                let found = entries.binary_search_by(|e| e.path.as_bytes().cmp(&path));
                found.is_ok()
            })
        };
        let path = path.as_bytes();
        let folders = memchr::memrchr_iter(b'/', path).map(|at| &path[..at]);
        folders
            .into_iter()
            .find(|folder| holds_manifest(folder))
            .unwrap_or_default()
    }

    /// The bytes of a file that some diagnostic or site points into.
    pub fn source(&self, path: &RelPath) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.bytes.as_slice())
    }

    /// Whether a file may hold secrets, so that it is shown with care: dbt's profiles.
    pub fn holds_secrets(&self, path: &RelPath) -> bool {
        let file_type = self.files.get(path).map(|file| file.file_type);
        file_type == Some(FileType::Dbt(FileKind::Profiles))
    }

    /// The tree as it will be after changes whose files were read again already.
    pub(crate) fn patched(&self, changed: &[Changed]) -> Self {
        let changes: BTreeMap<_, _> = changed
            .iter()
            .map(|(c, file)| (&c.from, (&c.to, file)))
            .collect();
        let mut entries = self.entries.clone();
        for entry in &mut entries {
            if let Some((to, _)) = changes.get(&entry.path) {
                entry.path = (*to).clone();
            }
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let files = self.files.iter().map(|(path, file)| {
            let (path, file) = changes.get(path).copied().unwrap_or((path, file));
            (path.clone(), file.clone())
        });
        Self {
            files: files.collect(),
            entries,
            scope: self.scope.clone(),
        }
    }

    /// A file that is moved, and stays as it is: which sites are declared depends on its path.
    pub(crate) fn moved(&self, from: &RelPath, to: &RelPath, file: &Arc<File>) -> Arc<File> {
        let mut rules = self.scope.rules_of(from).chain(self.scope.rules_of(to));
        if rules.next().is_none() {
            return file.clone();
        }
        Arc::new(File {
            file_type: file.file_type,
            bytes: file.bytes.clone(),
            scan: scan(to, &file.bytes, file.file_type, &self.scope),
        })
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&RelPath, &Arc<File>)> {
        self.files.iter()
    }

    /// Model files: the path, the name's place in it, and the name.
    pub fn models(&self) -> impl Iterator<Item = (&RelPath, storyline_text::Span, &str)> {
        // Model files are always of interest, and links and submodules never are.
        self.files.keys().filter_map(|path| {
            let (span, name) = model_name(path)?;
            Some((path, span, name))
        })
    }

    /// Model files whose names are no text.
    pub(crate) fn unnamed_models(&self) -> impl Iterator<Item = &RelPath> {
        let files = self
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::File);
        let paths = files.map(|entry| &entry.path);
        paths.filter(|path| is_model(path) && std::str::from_utf8(path.file_name()).is_err())
    }

    /// Names that are the project's own wherever they stand: its models, connections, labels, and
    /// the project's; all that dbt names, but for values of variables, and without the targets of
    /// profiles unless `targets`.
    pub(crate) fn definitions(&self, targets: bool) -> impl Iterator<Item = (Label, &Kind, &str)> {
        let models = self.models();
        let models = models.map(|(path, _, name)| (Label::path(path, ""), &Kind::Model, name));
        let is_own = move |candidate: &&Candidate| match candidate.shape {
            Shape::Target(_) => targets && defines(candidate),
            _ => defines(candidate),
        };
        let texts = self.files.iter().flat_map(move |(path, file)| {
            let own = file.scan.candidates.iter().filter(is_own);
            own.map(move |c| (Label::at(path, c.span, ""), &c.kind, c.name.as_str()))
        });
        models.chain(texts)
    }

    /// `project_name` of the project's manifest.
    pub(crate) fn project(&self) -> Option<&str> {
        let mut manifests = self
            .files
            .iter()
            .filter(|(_, file)| file.file_type == FileType::ProjectManifest);
        let definition = manifests.find_map(|(_, file)| {
            let mut candidates = file.scan.candidates.iter();
            candidates.find(|c| c.shape == Shape::Definition)
        })?;
        Some(&definition.name)
    }
}

/// Whether a name is the project's own wherever it stands.
pub(crate) fn defines(candidate: &Candidate) -> bool {
    let is_own = matches!(
        candidate.kind,
        Kind::Connection
            | Kind::Label
            | Kind::Schema
            | Kind::Database
            | Kind::Profile
            | Kind::DbtProject
    );
    is_own || matches!(candidate.shape, Shape::Definition | Shape::Target(_))
}

/// Everything that one file says.
pub(crate) fn scan(path: &RelPath, bytes: &[u8], file_type: FileType, scope: &Scope) -> FileScan {
    scan_and_parse(path, bytes, file_type, scope).0
}

/// The same, and the file as it was parsed, if it had to be and is YAML.
pub(crate) fn scan_and_parse<'b>(
    path: &RelPath,
    bytes: &'b [u8],
    file_type: FileType,
    scope: &Scope,
) -> (FileScan, Option<Document<'b>>) {
    let (mut scan, document) = match scope.concerns(file_type) {
        true => built_in(path, bytes, file_type, scope.hosts()),
        false => Default::default(),
    };
    declared::add(path, bytes, scope, &mut scan);
    (scan, document)
}

/// What it says in the languages of Looker and dbt.
fn built_in<'b>(
    path: &RelPath,
    bytes: &'b [u8],
    file_type: FileType,
    hosts: &Hosts,
) -> (FileScan, Option<Document<'b>>) {
    let is_worth_reading = match file_type {
        FileType::Dbt(kind) => dbt::may_hold_names(bytes, kind),
        FileType::LookMl | FileType::Object => lookml::may_hold_names(bytes),
        _ => true,
    };
    if !is_worth_reading {
        return Default::default();
    }
    if file_type.is_lookml() && !storyline_lookml::is_legacy(bytes) {
        return (lookml::scan(path, bytes, file_type, hosts), None);
    }
    let document = storyline_yaml::read(bytes);
    let scan = scan_document(path, &document, file_type, hosts);
    (scan, Some(document))
}

/// What a YAML file says that is read already.
pub(crate) fn scan_document(
    path: &RelPath,
    document: &Document<'_>,
    file_type: FileType,
    hosts: &Hosts,
) -> FileScan {
    match file_type {
        FileType::Dbt(kind) => dbt::scan_document(path, document, kind, hosts),
        _ if file_type.is_lookml() => legacy::scan_document(path, document, file_type, hosts),
        _ => dashboard::scan_document(path, document, hosts),
    }
}

fn is_of_interest(scan: &FileScan, file_type: FileType) -> bool {
    file_type == FileType::Model
        || !scan.candidates.is_empty()
        || !scan.includes.is_empty()
        || !scan.errors.is_empty()
        || !scan.warnings.is_empty()
        || !scan.declared.is_empty()
}
