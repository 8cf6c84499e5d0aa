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

/// Environments in the manifests that are kept for other environments.
const MAX_KEPT: usize = 1 << 14;

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
    /// What was read for whichever environment; `None` is a broken one.
    read: FxHashMap<Files, Option<Arc<Manifest>>>,
    /// How many environments that is.
    weight: usize,
}

impl Manifests {
    pub(super) fn new(environment: &str) -> Self {
        Self {
            environment: environment.into(),
            lent: None,
            known: FxHashMap::default(),
            manifests: Vec::new(),
            read: FxHashMap::default(),
            weight: 0,
        }
    }

    /// Goes on as another environment sees them.
    pub(super) fn turn_to(&mut self, environment: &str) {
        self.environment = environment.into();
        self.known.clear();
        self.manifests.clear();
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
        let found = self.found(trees, files)?;
        self.known.insert(files, found);
        Ok(found)
    }

    fn found(
        &mut self,
        trees: &mut Trees<'_>,
        (main, folder): Files,
    ) -> Result<Result<ManifestId, Opaque>, ObjectError> {
        let Some(main) = main else {
            return Ok(Err(Opaque::NoManifest));
        };
        let folder = match folder {
            Some(id) => {
                let place = trees.at_root(FOLDER, id);
                Some((id, trees.folder(place)?))
            }
            None => None,
        };
        // Most manifests of a long history came before the environment: none of them is read.
        let own = [self.environment.as_bytes(), b".toml"].concat();
        let inside = folder.as_ref().and_then(|(_, folder)| folder.as_deref());
        let has_own = parts(trees, inside).any(|(path, _)| path.file_name() == own);
        if !has_own {
            let main = blob(trees, main, &main_path())?;
            let is_named = memchr::memmem::find(&main, self.environment.as_bytes()).is_some()
                // A quoted key may be spelled in many ways.
                || memchr::memchr(b'\\', &main).is_some();
            if !is_named {
                return Ok(Err(Opaque::NoEnvironment));
            }
        }
        let files = (Some(main), folder.as_ref().map(|(id, _)| *id));
        let manifest = match self.read.get(&files) {
            Some(manifest) => manifest.clone(),
            None => {
                let manifest = read(trees, main, inside)?.map(Arc::new);
                self.keep(files, manifest.clone());
                manifest
            }
        };
        let Some(manifest) = manifest else {
            return Ok(Err(Opaque::BrokenManifest));
        };
        if manifest.environment(&self.environment).is_err() {
            return Ok(Err(Opaque::NoEnvironment));
        }
        self.manifests.push(manifest);
        let number =
            u32::try_from(self.manifests.len() - 1).expect("fewer manifests than bytes of memory");
        Ok(Ok(ManifestId(number)))
    }

    /// Keeps what was read for other environments, as long as it is not much.
    fn keep(&mut self, files: Files, manifest: Option<Arc<Manifest>>) {
        let environments = manifest.iter().map(|found| found.environments().count());
        self.weight += 1 + environments.sum::<usize>();
        if self.weight > MAX_KEPT {
            self.read.clear();
            self.weight = 0;
        }
        self.read.insert(files, manifest);
    }
}

/// The manifest in these objects; `None` when it is broken.
fn read(
    trees: &Trees<'_>,
    main: ObjectId,
    folder: Option<&Folder>,
) -> Result<Option<Manifest>, ObjectError> {
    let mut files = vec![(main_path(), blob(trees, main, &main_path())?)];
    for (path, id) in parts(trees, folder) {
        files.push((path.clone(), blob(trees, id, path)?));
    }
    Ok(Manifest::parse(&files).ok())
}

/// The files of the folder of environments that declare one.
fn parts<'t>(
    trees: &'t Trees<'_>,
    folder: Option<&'t Folder>,
) -> impl Iterator<Item = (&'t RelPath, ObjectId)> {
    let entries = folder.into_iter().flat_map(Folder::entries);
    let files = entries.filter_map(|entry| match entry.part {
        Part::File(FileKind::File, path) => Some((trees.paths().get(path), entry.id)),
        _ => None,
    });
    files.filter(|(path, _)| is_manifest_file(path))
}

fn main_path() -> RelPath {
    RelPath::new(MAIN).expect("a plain path")
}

fn blob(trees: &Trees<'_>, id: ObjectId, path: &RelPath) -> Result<Vec<u8>, ObjectError> {
    let bytes = trees.objects.read_as(id, Kind::Blob);
    bytes.map_err(|error| error.at(path.as_bytes()))
}

fn files(root: &Folder) -> Files {
    let main = root.find(MAIN).filter(|entry| entry.is_file());
    let folder = root.find(FOLDER).filter(|entry| entry.is_folder());
    (main.map(|entry| entry.id), folder.map(|entry| entry.id))
}
