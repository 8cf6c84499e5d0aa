//! A project as commands meet it: the folder, its manifest, and what the files say.

use std::path::Path;

use storyline_folder::{Folder, recover};
use storyline_manifest::{Manifest, is_manifest_file};
use storyline_stamp::{EntryKind, FileSet, Tree};
use storyline_text::{Diagnostic, RelPath};

use crate::failure::{Failure, FailureKind, Sources};
use crate::report;

/// The manifest's main file.
const MANIFEST: &str = "storyline.toml";

pub(crate) struct Project {
    pub(crate) folder: Folder,
    manifest: Option<Manifest>,
    manifest_files: Sources,
}

impl Project {
    /// Opens the project in `directory`, after finishing what a killed command left there.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        if let Some(recovered) = recover(directory)? {
            report::diagnostics(&recovered.diagnostics(), &Sources::new());
        }
        let folder = Folder::open(directory)?;
        let mut manifest_files = Sources::new();
        for entry in folder.entries() {
            if entry.kind == EntryKind::File && is_manifest_file(&entry.path) {
                let bytes = folder.read(&entry.path)?.into_owned();
                manifest_files.insert(entry.path.clone(), bytes);
            }
        }
        let is_main = |path: &RelPath| path.as_bytes() == MANIFEST.as_bytes();
        let manifest = match manifest_files.keys().any(is_main) {
            false => None,
            true => {
                let files: Vec<_> = manifest_files.iter().map(|(p, b)| (p.clone(), b)).collect();
                let manifest = Manifest::parse(&files).map_err(|errors| Failure {
                    sources: manifest_files.clone(),
                    unchanged: Some("nothing was changed".into()),
                    ..errors.into()
                })?;
                Some(manifest)
            }
        };
        Ok(Self {
            folder,
            manifest,
            manifest_files,
        })
    }

    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The manifest, for a command that cannot do without.
    pub(crate) fn need_manifest(&self) -> Result<&Manifest, Failure> {
        self.manifest.as_ref().ok_or_else(|| {
            let folder = self.folder.path();
            let mut diagnostic = Diagnostic::error(
                "no-manifest",
                format!("there is no `{MANIFEST}` in {}", folder.display()),
            );
            let above = folder
                .ancestors()
                .skip(1)
                .find(|dir| dir.join(MANIFEST).is_file());
            diagnostic = match above {
                Some(above) => diagnostic.help(format!(
                    "there is one in {}: run the command with `-C {}`",
                    above.display(),
                    above.display(),
                )),
                None => diagnostic.help(
                    "write one that names your environments; a first one is two lines: \
                     `[environment.dev1]` and `models = \"{name}_{env:snake}\"`",
                ),
            };
            Failure {
                unchanged: Some("nothing was changed".into()),
                ..Failure::new(FailureKind::Usage, diagnostic)
            }
        })
    }

    /// Reads every file that may hold a site.
    pub(crate) fn tree(&self) -> Result<Tree, Failure> {
        let hosts = self.manifest.as_ref().map(Manifest::hosts).cloned();
        Ok(Tree::read(&self.folder, &hosts.unwrap_or_default())?)
    }

    /// Files that `diagnostics` point into.
    pub(crate) fn sources(&self, tree: &Tree, diagnostics: &[Diagnostic]) -> Sources {
        let mut sources = self.manifest_files.clone();
        let labels = diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels);
        for label in labels.filter(|label| label.span.is_some()) {
            if let Some(bytes) = tree.source(&label.file) {
                sources
                    .entry(label.file.clone())
                    .or_insert_with(|| bytes.to_vec());
            }
        }
        sources
    }
}
