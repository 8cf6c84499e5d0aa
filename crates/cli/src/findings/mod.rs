//! Findings in the forms that people, editors and forges read: one file a form.

pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod json;
pub(crate) mod sarif;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use storyline_check::{Finding, Report};
use storyline_text::{Label, Position, RelPath};

use crate::cursor::Cursor;
use crate::json::text as utf8;

/// Where the project is in what a forge shows: forges know files by their path in the repository,
/// which is where a pipeline runs.
pub(crate) struct Place {
    prefix: PathBuf,
}

impl Place {
    /// The place of the project in `folder`, seen from where the program was started.
    pub(crate) fn of(folder: &Path) -> Self {
        let here = env::current_dir().and_then(|here| here.canonicalize());
        let below = here
            .ok()
            .and_then(|here| folder.strip_prefix(here).ok().map(Into::into));
        Self {
            prefix: below.unwrap_or_default(),
        }
    }

    /// `file` as a forge calls it.
    fn path(&self, file: &RelPath) -> String {
        let file = utf8(file.as_bytes());
        let folders = self.prefix.iter().map(|part| part.to_string_lossy());
        folders.chain([file]).collect::<Vec<_>>().join("/")
    }

    /// The same as a relative URI.
    fn uri(&self, file: &RelPath) -> String {
        let mut uri = String::new();
        for byte in self.path(file).bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(byte));
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri
    }
}

/// Lines and columns of labels, whichever file they are in.
#[derive(Default)]
struct Positions<'r> {
    cursors: BTreeMap<&'r RelPath, Cursor<'r>>,
}

impl<'r> Positions<'r> {
    /// Where a label starts and ends; `None` for one that points at a path.
    fn of(&mut self, label: &Label, report: &'r Report) -> Option<(Position, Position)> {
        let span = label.span?;
        let (file, source) = report.sources.get_key_value(&label.file)?;
        let cursor = self
            .cursors
            .entry(file)
            .or_insert_with(|| Cursor::new(source));
        Some((cursor.position(span.start), cursor.position(span.end)))
    }
}

/// What is said about a finding where there is room for one text: title, and what to do.
fn message(finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let lines = [&diagnostic.title].into_iter().chain(&diagnostic.help);
    let lines: Vec<_> = lines.map(String::as_str).collect();
    lines.join("\n")
}
