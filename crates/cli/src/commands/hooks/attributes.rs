//! Git's attributes: which files the drivers are called for.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use memchr::memmem;
use storyline_manifest::{Kind, Manifest};
use storyline_repo::{Repository, Snapshot};
use storyline_text::Diagnostic;

use super::{State, unusable, write};
use crate::canon;
use crate::failure::{Failure, usage};

const BEGIN: &str = "# storyline: begin. `storyline hooks remove` takes these lines away.";
/// The same, where the line before it had no end.
const BEGIN_AFTER: &str = "# storyline: begin, after a line that did not end. `storyline hooks remove` takes these lines away.";
const END: &str = "# storyline: end";
/// What both beginnings begin with.
const MARK: &[u8] = b"# storyline: begin";

/// Files that hold names wherever they stand.
const LOOKML: [&str; 2] = ["*.lkml", "*.lookml"];
/// Where dbt's names are stamped.
const DBT: [&str; 2] = ["*.yml", "*.yaml"];

/// Our lines in a file of attributes.
pub(crate) struct Attributes {
    pub(crate) file: PathBuf,
    patterns: Vec<&'static str>,
}

/// A file of attributes, taken apart.
struct Found {
    before: Vec<u8>,
    ours: Vec<u8>,
    after: Vec<u8>,
}

impl Attributes {
    /// Those of the clone alone, or the ones that are `tracked`.
    pub(super) fn of(repository: &Repository, tracked: bool) -> Result<Self, Failure> {
        let file = match (tracked, repository.workdir()) {
            (false, _) => repository.common_dir().join("info/attributes"),
            (true, Some(root)) => root.join(".gitattributes"),
            (true, None) => {
                let title = "a bare repository has no `.gitattributes` to write";
                let help = "leave `--tracked` out, or commit the file in a clone";
                return Err(usage(
                    Diagnostic::error("no-working-tree", title).help(help),
                ));
            }
        };
        let manifest = manifest(repository);
        let dbt = manifest.is_some_and(|manifest| stamps_yaml(&manifest));
        let patterns = LOOKML.into_iter().chain(DBT.into_iter().filter(|_| dbt));
        Ok(Self {
            file,
            patterns: patterns.collect(),
        })
    }

    /// Whether `.gitattributes` has them.
    pub(super) fn are_tracked(repository: &Repository) -> Result<bool, Failure> {
        let file = repository.workdir().map(|root| root.join(".gitattributes"));
        let found = file.map(|file| Found::read(&file)).transpose()?;
        Ok(found.is_some_and(|found| !found.ours.is_empty()))
    }

    pub(super) fn look(&self) -> Result<State, Failure> {
        let found = Found::read(&self.file)?;
        Ok(match found.ours.is_empty() {
            true => State::Missing,
            false if found.ours == self.lines(found.begin()).as_bytes() => State::InPlace,
            false => State::Changed("the lines are not those for this project"),
        })
    }

    fn lines(&self, begin: &str) -> String {
        let lines = self.patterns.iter();
        let lines = lines.map(|pattern| format!("{pattern} diff=storyline merge=storyline\n"));
        format!("{begin}\n{}{END}\n", lines.collect::<String>())
    }

    pub(super) fn install(&self) -> Result<(), Failure> {
        let mut found = Found::read(&self.file)?;
        let begin = match found.ours.is_empty() {
            false => found.begin(),
            true if found.before.is_empty() || found.before.ends_with(b"\n") => BEGIN,
            true => {
                found.before.push(b'\n');
                BEGIN_AFTER
            }
        };
        let ours = self.lines(begin);
        let bytes = [&found.before, ours.as_bytes(), &found.after].concat();
        write(&real(&self.file), &bytes, None)
    }

    /// Takes our lines away, and the file with them when nothing else is in it.
    pub(super) fn remove(&self) -> Result<bool, Failure> {
        let mut found = Found::read(&self.file)?;
        if found.ours.is_empty() {
            return Ok(false);
        }
        if found.begin() == BEGIN_AFTER {
            found.before.pop();
        }
        let rest = [found.before, found.after].concat();
        match rest.is_empty() {
            true => fs::remove_file(&self.file).map_err(|error| unusable(&self.file, &error))?,
            false => write(&real(&self.file), &rest, None)?,
        }
        Ok(true)
    }
}

impl Found {
    /// A file that is not there is an empty one.
    fn read(file: &Path) -> Result<Self, Failure> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unusable(file, &error)),
        };
        let starts = memmem::find_iter(&bytes, MARK).find(|at| is_line(&bytes, *at));
        let Some(start) = starts else {
            return Ok(Self {
                before: bytes,
                ours: Vec::new(),
                after: Vec::new(),
            });
        };
        let end = memmem::find(&bytes[start..], END.as_bytes());
        // Somebody may have cut our lines short.
        let end = end.map_or(MARK.len(), |end| end + END.len());
        let line = memchr::memchr(b'\n', &bytes[start + end..]);
        let end = line.map_or(bytes.len(), |line| start + end + line + 1);
        Ok(Self {
            before: bytes[..start].into(),
            ours: bytes[start..end].into(),
            after: bytes[end..].into(),
        })
    }

    fn begin(&self) -> &'static str {
        match self.ours.starts_with(BEGIN_AFTER.as_bytes()) {
            true => BEGIN_AFTER,
            false => BEGIN,
        }
    }
}

fn is_line(bytes: &[u8], at: usize) -> bool {
    at == 0 || bytes[at - 1] == b'\n'
}

/// The file itself, where a link leads to it.
fn real(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.into())
}

/// What is staged, or checked out, says it.
fn manifest(repository: &Repository) -> Option<Manifest> {
    let staged = Snapshot::of_index(repository, None).ok();
    let staged = staged.and_then(|files| canon::manifest_in(&files).ok()?);
    let found = staged.or_else(|| canon::manifest_of(repository, repository.head()?).ok()?);
    found.map(|(manifest, _)| manifest)
}

/// Whether names of any environment stand in YAML that is no LookML.
fn stamps_yaml(manifest: &Manifest) -> bool {
    let mut kinds = manifest.environments().flat_map(|e| e.names().mapped());
    let is_dbt = |kind: &Kind| {
        matches!(
            kind,
            Kind::Schema | Kind::Database | Kind::Profile | Kind::DbtProject | Kind::Var(_)
        )
    };
    kinds.any(is_dbt) || !manifest.sites.is_empty()
}
