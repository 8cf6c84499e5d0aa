//! Which manifest a tree holds, read once however many commits have it.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use storyline_manifest::{Environment, Manifest, is_manifest_file};
use storyline_stamp::EntryKind as FileKind;
use storyline_text::RelPath;

use super::Opaque;
use super::folder::{Folder, Part};
use super::trees::Trees;
use crate::id::{Kind, ObjectId};
use crate::object_error::ObjectError;

/// The main file, and the folder of files with one environment each.
const MAIN: &[u8] = b"storyline.toml";
const FOLDER: &[u8] = b"environments";

/// A manifest that some tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ManifestId(u32);

/// The objects that a manifest consists of: its main file, and the folder of environments.
type Files = (Option<ObjectId>, Option<ObjectId>);

/// All manifests of a history, as one environment sees them.
pub(super) struct Manifests {
    environment: String,
    /// For trees without one.
    lent: Option<Files>,
    known: FxHashMap<Files, Result<ManifestId, Opaque>>,
    manifests: Vec<Arc<Manifest>>,
}

impl Manifests {
    pub(super) fn new(environment: &str) -> Self {
        Self {
            environment: environment.into(),
            lent: None,
            known: FxHashMap::default(),
            manifests: Vec::new(),
        }
    }

    /// Has trees without a manifest use that of `tree`.
    pub(super) fn lend(
        &mut self,
        trees: &mut Trees<'_>,
        tree: ObjectId,
    ) -> Result<(), ObjectError> {
        let root = trees.root(tree);
        self.lent = trees.folder(root)?.map(|folder| files(&folder));
        Ok(())
    }

    /// The manifest that is lent, if one is, as bytes.
    pub(super) fn lent(&self) -> Vec<u8> {
        let (main, folder) = self.lent.unwrap_or_default();
        let ids = [main, folder].into_iter().flatten();
        ids.flat_map(|id| *id.as_bytes()).collect()
    }

    pub(super) fn get(&self, id: ManifestId) -> (&Arc<Manifest>, &Environment) {
        let manifest = &self.manifests[id.0 as usize];
        let environment = manifest.environment(&self.environment);
        (
            manifest,
            environment.expect("it was looked for before the manifest got an id"),
        )
    }

    /// The manifest in `root`, or why it says nothing about the environment.
    pub(super) fn of(
        &mut self,
        trees: &mut Trees<'_>,
        root: &Folder,
    ) -> Result<Result<ManifestId, Opaque>, ObjectError> {
        let mut files = files(root);
        if files.0.is_none() {
            files = self.lent.unwrap_or(files);
        }
        if let Some(known) = self.known.get(&files) {
            return Ok(*known);
        }
        let found = self.read(trees, files)?;
        self.known.insert(files, found);
        Ok(found)
    }

    fn read(
        &mut self,
        trees: &mut Trees<'_>,
        (main, folder): Files,
    ) -> Result<Result<ManifestId, Opaque>, ObjectError> {
        let Some(main) = main else {
            return Ok(Err(Opaque::NoManifest));
        };
        let main_path = RelPath::new(MAIN).expect("a plain path");
        let blob = |id, path: &RelPath| {
            let bytes = trees.objects.read_as(id, Kind::Blob);
            bytes.map_err(|error| error.at(path.as_bytes()))
        };
        let bytes = blob(main, &main_path)?;
        let main = (main_path, bytes);
        let folder = folder.map(|id| trees.at_root(FOLDER, id));
        let folder = folder.map(|place| trees.folder(place)).transpose()?;
        let folder = folder.flatten();
        let parts = folder.iter().flat_map(|folder| folder.entries());
        let parts = parts.filter_map(|entry| match entry.part {
            Part::File(FileKind::File, path) => Some((trees.paths().get(path).clone(), entry.id)),
            _ => None,
        });
        let parts: Vec<_> = parts.filter(|(path, _)| is_manifest_file(path)).collect();
        // Most manifests of a long history came before the environment: none of them is read.
        let own = [self.environment.as_bytes(), b".toml"].concat();
        let is_named = parts.iter().any(|(path, _)| path.file_name() == own)
            || memchr::memmem::find(&main.1, self.environment.as_bytes()).is_some()
            // A quoted key may be spelled in many ways.
            || memchr::memchr(b'\\', &main.1).is_some();
        if !is_named {
            return Ok(Err(Opaque::NoEnvironment));
        }
        let mut files = vec![main];
        for (path, id) in parts {
            files.push((path.clone(), blob(id, &path)?));
        }
        let Ok(manifest) = Manifest::parse(&files) else {
            return Ok(Err(Opaque::BrokenManifest));
        };
        if manifest.environment(&self.environment).is_err() {
            return Ok(Err(Opaque::NoEnvironment));
        }
        self.manifests.push(Arc::new(manifest));
        let number =
            u32::try_from(self.manifests.len() - 1).expect("fewer manifests than bytes of memory");
        Ok(Ok(ManifestId(number)))
    }
}

fn files(root: &Folder) -> Files {
    let main = root.find(MAIN).filter(|entry| entry.is_file());
    let folder = root.find(FOLDER).filter(|entry| entry.is_folder());
    (main.map(|entry| entry.id), folder.map(|entry| entry.id))
}
