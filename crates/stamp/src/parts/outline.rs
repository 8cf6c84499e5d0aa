//! What paths alone say, gathered folder by folder.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use storyline_dbt::Projects;
use storyline_text::{RelPath, Span};

use crate::candidate::{is_model, model_name};
use crate::paths::folded;
use crate::{Entry, EntryKind};

/// What the paths of a tree, or of a part of it, say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outline {
    /// Model files and whatever else might stand where one is going; sorted by path.
    pub(super) like_models: Vec<Entry>,
    /// Files that make their folder a dbt project.
    pub(super) dbt: Vec<RelPath>,
    /// A model file's name is no text.
    pub(super) unnamed: bool,
    /// A folder is called like a model file.
    pub(super) odd_folder: bool,
    pub(super) root_folders: BTreeSet<Box<[u8]>>,
}

/// Whether something of this name stands, or may stand one day, where a model file would.
fn is_like_model(name: &[u8]) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(".model"));
    FINDER.find(&folded(name)).is_some()
}

impl Outline {
    /// Whether what is called `name` has to be added; `at_root` says that no folder is around it.
    pub fn wants(name: &[u8], kind: Option<EntryKind>, at_root: bool) -> bool {
        match kind {
            None => at_root || is_like_model(name),
            Some(_) => is_like_model(name) || name.starts_with(b"dbt_project."),
        }
    }

    /// Whether the regular file at `path` defines a model, whose name its path holds.
    pub fn is_model(path: &RelPath) -> bool {
        model_name(path).is_some()
    }

    /// Adds what stands at `path`, which sorts after everything that was added before; `None` for a
    /// folder, whose contents are added apart.
    pub fn add(&mut self, path: &RelPath, kind: Option<EntryKind>) {
        let is_like_model = || is_like_model(path.file_name());
        match kind {
            None => {
                self.odd_folder |= is_like_model();
                if path.parent().is_empty() {
                    self.root_folders.insert(path.as_bytes().into());
                }
            }
            Some(kind) => {
                if is_like_model() {
                    self.like_models.push(Entry {
                        path: path.clone(),
                        kind,
                        size: 0,
                    });
                    let is_text = std::str::from_utf8(path.file_name()).is_ok();
                    self.unnamed |= kind == EntryKind::File && is_model(path) && !is_text;
                }
                if kind == EntryKind::File && storyline_dbt::is_project(path) {
                    self.dbt.push(path.clone());
                }
            }
        }
    }

    /// Adds what a folder holds.
    pub fn extend(&mut self, folder: &Self) {
        self.like_models.extend_from_slice(&folder.like_models);
        self.dbt.extend_from_slice(&folder.dbt);
        self.unnamed |= folder.unnamed;
        self.odd_folder |= folder.odd_folder;
    }

    /// Whether a folder of this name is at the root.
    pub(super) fn has_root_folder(&self, name: &str) -> bool {
        self.root_folders.contains(name.as_bytes())
    }

    /// Regular files that define a model, with its name and the name's place in the path.
    pub(super) fn models(&self) -> impl Iterator<Item = (&RelPath, Span, &str)> {
        let files = self
            .like_models
            .iter()
            .filter(|e| e.kind == EntryKind::File);
        files.filter_map(|entry| {
            let (span, name) = model_name(&entry.path)?;
            Some((&entry.path, span, name))
        })
    }

    /// The dbt projects.
    pub(super) fn projects(&self) -> Projects {
        Projects::among(&self.dbt)
    }
}
