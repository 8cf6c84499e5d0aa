//! Which files of a tree are read, what one of them says, and what all say together.

use std::collections::BTreeSet;

use storyline_dbt::Projects;
use storyline_manifest::{Environment, Kind, Manifest};
use storyline_text::RelPath;
use storyline_yaml::Kept;

use super::{Outline, words};
use crate::candidate::{Candidate, FileScan, FileType, Shape};
use crate::declared::Language;
use crate::include::Pattern;
use crate::scope::Scope;
use crate::tree;
use crate::write::Source;

/// How the files of a tree are read for an environment.
#[derive(Debug)]
pub struct Reading {
    pub(super) scope: Scope,
    projects: Projects,
}

/// As what a file is read. What its bytes say depends on this alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    pub(super) file_type: FileType,
    /// Whether it is called `….lookml`, the only files that LookML of 2013-2016 may stand in.
    is_lookml: bool,
    /// Numbers of the declared sites that concern the file.
    rules: Vec<usize>,
    /// What those read it as.
    language: Option<Language>,
}

/// What one file says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Names that the environment may change.
    pub(super) candidates: Vec<Candidate>,
    /// Include patterns that may match a model, with their places.
    pub(super) includes: Vec<(storyline_text::Span, Vec<u8>)>,
    definitions: Vec<Definition>,
    project: Option<String>,
    is_broken: bool,
    /// A dashboard in which other words may be put in the place of names.
    pub(super) takes_words: bool,
}

/// A file that was parsed, as far as it is needed to write it.
#[derive(Debug)]
pub enum Parsed {
    /// Its bytes say enough.
    Bytes(Vec<u8>),
    /// With what was parsed.
    Yaml(Kept),
}

/// A name that is the project's own wherever it stands, and whether it stands in a target of dbt's
/// profiles.
pub(crate) type Definition = (Kind, String, bool);

/// What the files of a tree, or of a part of it, say together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gist {
    pub(super) definitions: BTreeSet<Definition>,
    pub(super) project: Option<String>,
    /// A file has an error, so that the tree is refused.
    pub(super) is_broken: bool,
    /// Some file's name or content may change.
    pub(super) may_change: bool,
}

impl Reading {
    /// How a tree whose paths say `outline` is read.
    pub fn new(manifest: &Manifest, environment: &Environment, outline: &Outline) -> Self {
        Self {
            scope: Scope::of(manifest, environment),
            projects: outline.projects(),
        }
    }

    /// Bytes that are the same for readings that read all files alike.
    pub fn identity(&self) -> Vec<u8> {
        format!("{} {:?}", self.scope.identity(), self.projects).into_bytes()
    }

    /// As what the regular file at `path` is read; `None` when nothing in it matters.
    pub fn class(&self, path: &RelPath) -> Option<Class> {
        let file_type = FileType::of(path, &self.projects);
        let rules: Vec<_> = self
            .scope
            .rules_of(path)
            .map(|(number, _)| number)
            .collect();
        let is_read = self.scope.concerns(file_type) || !rules.is_empty();
        is_read.then(|| Class {
            file_type,
            is_lookml: path.file_name().ends_with(b".lookml"),
            language: (!rules.is_empty()).then(|| Language::of(path)),
            rules,
        })
    }

    /// What `bytes` say as the file at `path`, which is of this class; and the file as it was parsed, if
    /// that took time and names may be put into it.
    pub fn read(&self, path: &RelPath, class: &Class, bytes: &[u8]) -> (Said, Option<Parsed>) {
        let (scan, document) = tree::scan_and_parse(path, bytes, class.file_type, &self.scope);
        let mut said = self.said(class.file_type, &scan, bytes);
        let document = document.filter(|_| !said.candidates.is_empty());
        let parsed = document.map(|document| {
            let is_plain = class.file_type == FileType::Dashboard && class.rules.is_empty();
            said.takes_words = is_plain && words::are_words(&document, &said.candidates);
            match said.takes_words {
                true => Parsed::Bytes(bytes.to_vec()),
                false => Parsed::Yaml(document.keep()),
            }
        });
        (said, parsed)
    }

    pub(super) fn said(&self, file_type: FileType, scan: &FileScan, bytes: &[u8]) -> Said {
        let includes = scan.includes.iter().map(|i| (i.span, i.span.slice(bytes)));
        let includes = includes.filter(|(_, pattern)| Pattern::may_match_model(pattern));
        let own = scan.candidates.iter().filter(|c| tree::defines(c));
        let definitions = own.map(|c| {
            let in_target = matches!(c.shape, Shape::Target(_));
            (c.kind.clone(), c.name.clone(), in_target)
        });
        let is_manifest = file_type == FileType::ProjectManifest;
        let mut named = scan.candidates.iter();
        let named = named.find(|c| is_manifest && c.shape == Shape::Definition);
        Said {
            includes: includes.map(|(span, p)| (span, p.to_vec())).collect(),
            definitions: definitions.collect(),
            project: named.map(|c| c.name.clone()),
            is_broken: !scan.errors.is_empty(),
            takes_words: false,
            candidates: {
                let candidates = scan.candidates.iter();
                candidates.filter(|c| self.matters(c)).cloned().collect()
            },
        }
    }

    /// Whether a candidate may be changed or refused; all others stay wherever they are.
    fn matters(&self, candidate: &Candidate) -> bool {
        match candidate.shape {
            Shape::Comment | Shape::Elsewhere { .. } => false,
            Shape::Definition => true,
            _ => self.scope.maps(&candidate.kind),
        }
    }
}

impl Parsed {
    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.capacity(),
            Self::Yaml(document) => document.weight(),
        }
    }

    /// Hands it to `write`.
    pub fn with<R>(self, write: impl FnOnce(&Source<'_>) -> R) -> R {
        match self {
            Self::Bytes(bytes) => write(&bytes.as_slice().into()),
            Self::Yaml(document) => document.with(|document| {
                write(&Source {
                    bytes: document.source(),
                    yaml: Some(document),
                })
            }),
        }
    }
}

impl Said {
    /// The gist of this file alone.
    pub fn gist(&self) -> Gist {
        Gist {
            definitions: self.definitions.iter().cloned().collect(),
            project: self.project.clone(),
            is_broken: self.is_broken,
            may_change: !self.candidates.is_empty() || !self.includes.is_empty(),
        }
    }

    /// Whether it is the same as if the file were not there.
    pub fn is_nothing(&self) -> bool {
        self.gist() == Gist::default()
    }

    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + self.candidates.len() * (size_of::<Candidate>() + 16)
            + self.definitions.len() * (size_of::<Definition>() + 16)
            + self
                .includes
                .iter()
                .map(|(_, p)| p.len() + 32)
                .sum::<usize>()
    }
}

impl Gist {
    /// Adds that a model file is there, whose name may change.
    pub fn add_model(&mut self) {
        self.may_change = true;
    }

    /// Adds what a file, or a folder's files, say; they come in the order of their paths.
    pub fn extend(&mut self, folder: &Self) {
        self.definitions.extend(folder.definitions.iter().cloned());
        self.project = self.project.take().or_else(|| folder.project.clone());
        self.is_broken |= folder.is_broken;
        self.may_change |= folder.may_change;
    }

    /// What the project calls itself.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Whether nothing in this part can change, or be refused, whatever the rest of the tree says.
    pub fn is_inert(&self) -> bool {
        !self.may_change && !self.is_broken
    }
}
