//! Where this program is, for those who call it later.

use std::env;
use std::path::PathBuf;

use storyline_text::Diagnostic;

use crate::failure::{Failure, usage};

/// A path of the running program that outlives an update, as text. Package managers put a link into a
/// folder of `PATH`, and every version somewhere else.
pub(super) fn lasting() -> Result<String, Failure> {
    let unknown = |why: &str| {
        let title = format!("where this program is cannot be written down: {why}");
        let help = "put it into a folder whose path is plain text, such as `~/.cargo/bin`";
        usage(Diagnostic::error("program-unknown", title).help(help))
    };
    let here = env::current_exe().map_err(|error| unknown(&error.to_string()))?;
    let linked = linked(&here).unwrap_or(here);
    let path = linked.into_os_string().into_string();
    let path = path.map_err(|_| unknown("its path is no text"))?;
    match path.contains(['\n', '\r', '\0']) {
        true => Err(unknown("its path holds a line end")),
        false => Ok(path),
    }
}

/// The first program of that name in `PATH`, if it is the one that runs.
fn linked(here: &std::path::Path) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let mut folders = env::split_paths(&folders).filter(|folder| folder.is_absolute());
    let found = folders.find_map(|folder| {
        let path = folder.join(here.file_name()?);
        path.is_file().then_some(path)
    })?;
    let is_it = found.canonicalize().ok()? == here.canonicalize().ok()?;
    is_it.then_some(found)
}
