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
        serde_json::to_writer_pretty(Escaped(&mut *out), value)?;
        out.write_all(b"\n")
    })
}

/// `value` as [`print_json`] prints it, for a file.
pub(crate) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    serde_json::to_writer_pretty(Escaped(&mut out), value).expect("a Vec takes everything");
    out.push(b'\n');
    out
}

/// Writes JSON, with what could act on a terminal escaped, so that programs read the same text. Takes
/// whole characters, as JSON is handed out.
pub(crate) struct Escaped<'w>(pub(crate) &'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        let acts = |c: &char| Visible::hides(*c) && *c != '\n';
        let mut rest = std::str::from_utf8(json).map_err(io::Error::other)?;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| acts(c)) {
            self.0.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_all(rest.as_bytes())?;
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Enough of an object's id to tell it by.
pub(crate) fn short(id: impl std::fmt::Display) -> String {
    id.to_string().chars().take(12).collect()
}

/// A path of the system's, fit for a terminal.
pub(crate) fn shown(path: &Path) -> String {
    Visible(path.as_os_str().as_encoded_bytes()).to_string()
}

/// A time as people and programs read it, in UTC.
pub(crate) fn date(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => "at an impossible time".into(),
    }
}
