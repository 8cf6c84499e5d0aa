//! The YAML-like LookML of 2013 to 2016, which is recognised and not yet stamped.

use storyline_text::{Diagnostic, Label, RelPath};

use crate::candidate::FileScan;

/// Whether a `.lookml` file holds the old syntax: a list at the root.
pub(crate) fn is_yaml(path: &RelPath, bytes: &[u8]) -> bool {
    if !path.as_bytes().ends_with(b".lookml") {
        return false;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    first.is_some_and(|line| line.starts_with(b"- ") || line.starts_with(b"---"))
}

pub(crate) fn scan(path: &RelPath) -> FileScan {
    let diagnostic = Diagnostic::error(
        "legacy-lookml",
        "this file is LookML of 2013 to 2016, which cannot be stamped yet",
    )
    .label(Label::path(path, ""))
    .help("convert the project to today's LookML with Looker's own converter");
    FileScan {
        errors: vec![diagnostic],
        ..FileScan::default()
    }
}
