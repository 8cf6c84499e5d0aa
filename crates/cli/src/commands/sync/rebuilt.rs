//! What the warehouse has to build anew once an environment's models have names of their own.

use std::sync::OnceLock;

use storyline_check::{PersistentTable, persistent_tables};
use storyline_manifest::{Environment, Kind};
use storyline_repo::{ObjectId, Objects, Repository, Snapshot};
use storyline_stamp::{EntryKind, FileSet};
use storyline_text::RelPath;

use crate::failure::Failure;

/// What model files end in.
const ENDINGS: [&str; 2] = [".model.lkml", ".model.lookml"];

/// Canonical's models and kept tables, looked for once however many environments ask.
#[derive(Default)]
pub(super) struct Canonical {
    models: OnceLock<Vec<Model>>,
    tables: OnceLock<Vec<PersistentTable>>,
}

/// A model file, in parts.
struct Model {
    folder: String,
    name: String,
    ending: &'static str,
}

impl Model {
    fn of(path: &RelPath) -> Option<Self> {
        let path = std::str::from_utf8(path.as_bytes()).ok()?;
        let at = path.rfind('/').map_or(0, |at| at + 1);
        let (folder, file) = path.split_at(at);
        let ending = ENDINGS.into_iter().find(|ending| file.ends_with(ending))?;
        Some(Self {
            folder: folder.into(),
            name: file.strip_suffix(ending)?.into(),
            ending,
        })
    }

    /// Its path in the environment, if it is another one there.
    fn renamed(&self, environment: &Environment) -> Option<String> {
        let stamped = environment.names().stamp(&Kind::Model, &self.name).ok()?;
        let Self { folder, ending, .. } = self;
        (*stamped != self.name).then(|| format!("{folder}{stamped}{ending}"))
    }
}

impl Canonical {
    /// The kept tables that are built anew when the environment's branch leaves `found`, where none of the
    /// names that its models are to have has stood so far; none when they stay as they are.
    pub(super) fn rebuilt(
        &self,
        repository: &Repository,
        objects: &Objects,
        tip: ObjectId,
        environment: &Environment,
        found: Option<ObjectId>,
    ) -> Result<&[PersistentTable], Failure> {
        let snapshot = || Snapshot::of(repository, tip);
        let models = once(&self.models, || {
            let snapshot = snapshot()?;
            let files = snapshot.entries().iter();
            let files = files.filter(|entry| entry.kind == EntryKind::File);
            Ok(files.filter_map(|entry| Model::of(&entry.path)).collect())
        })?;
        let renamed = models.iter().filter_map(|model| model.renamed(environment));
        let renamed: Vec<_> = renamed.collect();
        if let Some(found) = found {
            let tree = objects.tree_of(found)?;
            for path in &renamed {
                if objects.entry_at(tree, path.as_bytes())?.is_some() {
                    return Ok(&[]);
                }
            }
        }
        match renamed.is_empty() {
            true => Ok(&[]),
            false => once(&self.tables, || Ok(persistent_tables(&snapshot()?)?)).map(Vec::as_slice),
        }
    }
}

/// What `cell` holds, made now if nobody has. Two may make it at once, and then one counts.
fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, Failure>) -> Result<&T, Failure> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}
