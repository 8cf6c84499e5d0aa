//! Files that a command makes for others: all of them, or none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use storyline_text::Diagnostic;
use tempfile::{Builder, NamedTempFile};

use crate::failure::{Failure, usage};
use crate::output::{self, shown};

/// What stands for standard output.
const STDOUT: &str = "-";

/// Where pages go; `None` is one that nobody asked for.
pub(crate) struct Pages<const N: usize>([Option<Target>; N]);

enum Target {
    Stdout,
    File(PathBuf),
}

impl<const N: usize> Pages<N> {
    /// Reads what was typed, seen from where one is, before anything else is done.
    pub(crate) fn new(typed: [Option<&Path>; N]) -> Result<Self, Failure> {
        let stdout = typed
            .iter()
            .flatten()
            .filter(|path| **path == Path::new(STDOUT));
        if stdout.count() > 1 {
            let diagnostic = Diagnostic::error("output-twice", "two pages cannot both be printed");
            return Err(usage(diagnostic.help("write one of them into a file")));
        }
        let mut targets = [const { None }; N];
        for (target, path) in targets.iter_mut().zip(typed) {
            *target = match path {
                None => None,
                Some(path) if path == Path::new(STDOUT) => Some(Target::Stdout),
                Some(path) => Some(Target::File(file(path.into())?)),
            };
        }
        Ok(Self(targets))
    }

    /// Whether nobody asked for any.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Makes those that were asked for. Files are put in place once all of them are written.
    pub(crate) fn write(self, make: [&dyn Fn() -> Vec<u8>; N]) -> Result<(), Failure> {
        let mut printed = None;
        let mut written = Vec::new();
        for (target, make) in self.0.into_iter().zip(make) {
            match target {
                None => {}
                Some(Target::Stdout) => printed = Some(make()),
                Some(Target::File(path)) => {
                    let made = beside(&path, &make());
                    let made = made.map_err(|error| cannot_write(&path, error.kind()))?;
                    written.push((made, path));
                }
            }
        }
        for (made, path) in written {
            let placed = made.persist(&path);
            placed.map_err(|error| cannot_write(&path, error.error.kind()))?;
        }
        match printed {
            Some(page) => output::stream(|out| out.write_all(&page)),
            None => Ok(()),
        }
    }
}

/// Refuses what is there and no file, which a new one would not replace.
fn file(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.metadata() {
        Ok(there) if !there.is_file() => {
            let what = if there.is_dir() {
                "a folder"
            } else {
                "no regular file"
            };
            let title = format!("{} is {what}", shown(&path));
            let help = "name a file; `-` is standard output";
            Err(usage(Diagnostic::error("output-failed", title).help(help)))
        }
        _ => Ok(path),
    }
}

/// A file beside the one that it will be.
fn beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut made = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    made.write_all(bytes)?;
    made.flush()?;
    Ok(made)
}

/// Without the name that the file had beside.
fn cannot_write(path: &Path, error: io::ErrorKind) -> Failure {
    let title = format!("cannot write {}: {error}", shown(path));
    let diagnostic = Diagnostic::error("output-failed", title)
        .help("name a file in a folder that is there and that you may write");
    usage(diagnostic)
}
