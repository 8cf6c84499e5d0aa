//! `storyline git-driver`: what Git calls to show and to merge files.

mod merge;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use storyline_stamp::may_be_stamped;
use storyline_text::{Diagnostic, RelPath};

use crate::args::DriverCommand;
use crate::failure::{Failure, usage};
use crate::ground::{self, Ground};
use crate::output::{self, shown};

/// Bytes of the largest file that is looked into.
const MAX_FILE: u64 = 16 << 20;

pub(crate) fn run(directory: &Path, command: &DriverCommand) -> Result<ExitCode, Failure> {
    match command {
        DriverCommand::Diff { file } => diff(directory, file),
        DriverCommand::Merge(args) => merge::run(directory, args),
    }
}

/// Prints a file without its stamp.
fn diff(directory: &Path, file: &Path) -> Result<ExitCode, Failure> {
    let bytes = fs::read(directory.join(file)).map_err(|error| unreadable(file, &error))?;
    let canonical = canonical(directory, file, &bytes);
    let printed = canonical.as_deref().unwrap_or(&bytes);
    output::stream(|out| out.write_all(printed))?;
    Ok(ExitCode::SUCCESS)
}

/// The file in canonical form; `None` when it is to be shown as it is, for whatever reason.
fn canonical(directory: &Path, file: &Path, bytes: &[u8]) -> Option<Vec<u8>> {
    // A byte 0 is what Git itself tells binary files by.
    if bytes.len() as u64 > MAX_FILE || memchr::memchr(0, bytes).is_some() {
        return None;
    }
    // Listing what is staged takes longer than all the rest.
    let name = RelPath::new(file.file_name()?.as_encoded_bytes()).ok()?;
    let manifest = ground::manifest(directory);
    if manifest.is_some_and(|manifest| !may_be_stamped(&manifest, &name, bytes)) {
        return None;
    }
    let ground = Ground::open(directory)?;
    let lens = ground.lens()?;
    // Git hands over a file of the working tree by its path, and anything else in a folder for
    // temporary files, with its name alone.
    let path = match file.is_relative() {
        true => RelPath::new(file.as_os_str().as_encoded_bytes()).ok()?,
        false => lens.place(name.as_bytes())?,
    };
    lens.canonical(&path, bytes)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let title = format!("cannot read {}: {error}", shown(file));
    usage(Diagnostic::error("file-unusable", title))
}
