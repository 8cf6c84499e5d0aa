//! Standard output: written as it comes, and quiet when nobody reads on.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use storyline_text::Visible;

use crate::failure::Failure;

/// Runs `write` on standard output. A reader that went away (`| head`) is no failure.
pub(crate) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

/// Prints `text` as it is.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    stream(|out| out.write_all(text.as_bytes()))
}

/// Prints `value` as JSON on lines of its own.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    stream(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// A path of the system's, fit for a terminal.
pub(crate) fn shown(path: &Path) -> String {
    Visible(path.as_os_str().as_encoded_bytes()).to_string()
}
