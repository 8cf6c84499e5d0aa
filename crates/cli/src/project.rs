//! A project as commands meet it: the folder, its manifest, and what the files say.

use std::path::Path;

use storyline_folder::{Folder, recover};
use storyline_manifest::{Manifest, is_manifest_file};
use storyline_repo::Repository;
use storyline_stamp::{EntryKind, FileSet, Scope, Tree};
use storyline_text::Diagnostic;

use crate::failure::{Failure, FailureKind, Sources};
use crate::output::shown;
use crate::report;

/// What options that name an environment call the form that is none's; it stands for a stage where people are
/// to merge something into canonical itself. No environment may be called so.
pub(crate) const CANONICAL: &str = "canonical";

/// The setting of a clone that names its environment.
pub(crate) const OWN_ENVIRONMENT: &str = "storyline.environment";

/// The manifest's main file.
pub(crate) const MANIFEST: &str = "storyline.toml";

pub(crate) struct Project {
    pub(crate) folder: Folder,
    manifest: Option<Manifest>,
    manifest_files: Sources,
}

impl Project {
    /// Opens the project in `directory`, after finishing what a killed command left there.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        let Self {
            folder,
            mut manifest_files,
            ..
        } = Self::open_as_it_is(directory)?;
        refuse_other_than_file(&folder)?;
        for entry in folder.entries() {
            if entry.kind == EntryKind::File && is_manifest_file(&entry.path) {
                let bytes = folder.read(&entry.path)?.into_owned();
                manifest_files.insert(entry.path.clone(), bytes);
            }
        }
        let files: Vec<_> = manifest_files.iter().map(|(p, b)| (p.clone(), b)).collect();
        let has_main = files
            .iter()
            .any(|(path, _)| path.as_bytes() == MANIFEST.as_bytes());
        let manifest = has_main.then(|| Manifest::parse(&files)).transpose();
        match manifest {
            Ok(manifest) => Ok(Self {
                folder,
                manifest,
                manifest_files,
            }),
            Err(errors) => Err(Failure {
                sources: manifest_files,
                ..errors.into()
            }),
        }
    }

    /// The same without a look at its manifest, as if it had none.
    pub(crate) fn open_as_it_is(directory: &Path) -> Result<Self, Failure> {
        if let Some(recovered) = recover(directory)? {
            report::diagnostics(&recovered.diagnostics(), &Sources::new());
        }
        let folder = Folder::open(directory).map_err(|error| Failure::from(error).unchanged())?;
        Ok(Self {
            folder,
            manifest: None,
            manifest_files: Sources::new(),
        })
    }

    /// Whether any file of a manifest is there, also without the main one.
    pub(crate) fn has_manifest_files(&self) -> bool {
        !self.manifest_files.is_empty()
    }

    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The manifest's bytes, for excerpts.
    pub(crate) fn manifest_files(&self) -> &Sources {
        &self.manifest_files
    }

    /// The environment that Git's configuration of this clone names. A repository that cannot be read
    /// names none; `doctor` tells of it.
    pub(crate) fn own_environment(&self) -> Option<String> {
        let git = Repository::discover(self.folder.path()).ok()??;
        git.setting(OWN_ENVIRONMENT).ok()?
    }

    /// The manifest, for a command that cannot do without.
    pub(crate) fn need_manifest(&self) -> Result<&Manifest, Failure> {
        self.manifest.as_ref().ok_or_else(|| {
            let folder = self.folder.path();
            let title = format!("there is no `{MANIFEST}` in {}", shown(folder));
            let mut above = folder.ancestors().skip(1);
            let help = match above.find(|dir| dir.join(MANIFEST).is_file()) {
                Some(above) => {
                    let above = shown(above);
                    format!("there is one in {above}: run the command with `-C {above}`")
                }
                None => "`storyline init --write` proposes one from what the project shows".into(),
            };
            let diagnostic = Diagnostic::error("no-manifest", title).help(help);
            Failure::new(FailureKind::Usage, diagnostic).unchanged()
        })
    }

    /// Reads every file that may hold a site of `scope`.
    pub(crate) fn tree(&self, scope: &Scope) -> Result<Tree, Failure> {
        Ok(Tree::read(&self.folder, scope)?)
    }

    /// Files that `diagnostics` point into, fit to show: without the secrets of profiles.
    pub(crate) fn sources(&self, tree: &Tree, diagnostics: &[Diagnostic]) -> Sources {
        sources(&self.manifest_files, tree, diagnostics)
    }
}

/// Files of a tree that `diagnostics` point into, and its manifest's.
pub(crate) fn sources(
    manifest_files: &Sources,
    tree: &Tree,
    diagnostics: &[Diagnostic],
) -> Sources {
    let mut sources = manifest_files.clone();
    let labels = diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels);
    for label in labels.filter(|label| label.span.is_some()) {
        if let Some(bytes) = tree.source(&label.file) {
            let shown = || match tree.holds_secrets(&label.file) {
                true => storyline_dbt::masked(bytes),
                false => bytes.to_vec(),
            };
            sources.entry(label.file.clone()).or_insert_with(shown);
        }
    }
    sources
}

/// A manifest that is a link or a folder is not read. Going on would pass for a project without one.
fn refuse_other_than_file(folder: &Folder) -> Result<(), Failure> {
    let what = match folder.path().join(MANIFEST).symlink_metadata() {
        Ok(found) if found.is_symlink() => "a link, which is not followed",
        Ok(found) if found.is_dir() => "a folder",
        Ok(found) if !found.is_file() => "no plain file",
        _ => return Ok(()),
    };
    let diagnostic = Diagnostic::error("file-unusable", format!("`{MANIFEST}` is {what}"))
        .help("put the manifest itself there, as a plain file");
    Err(Failure::new(FailureKind::Usage, diagnostic).unchanged())
}
