//! Folders made for a test, patches of them, and what stands in them afterwards.

mod creating;
mod exporting;
mod failures;
mod gates;
mod kills;
mod races;
mod reading;

use std::fs;
use std::path::Path;

use storyline_stamp::{Change, TreePatch};
use storyline_text::{Diagnostic, Edit, Patch, RelPath, Span, Visible};
use tempfile::TempDir;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a plain path")
}

/// A folder with these files; a name that ends in `/` is an empty folder. It is in memory where the
/// system offers that: the tests flush tens of thousands of times.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let memory = Path::new("/dev/shm");
    let dir = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let dir = dir.expect("a temporary folder");
    for (name, text) in files {
        let at = dir.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(at).expect("a new folder");
        } else {
            fs::create_dir_all(at.parent().expect("in the folder")).expect("a new folder");
            fs::write(at, text).expect("a new file");
        }
    }
    dir
}

/// A change of a file that holds `before`; the same text after it is a change of the path alone.
fn change(from: &str, to: &str, before: &str, after: &str) -> Change {
    let whole = Edit::replace(Span::at(0..before.len()), after);
    let edits = if before == after { vec![] } else { vec![whole] };
    Change {
        from: path(from),
        to: path(to),
        before: before.into(),
        patch: Patch::new(edits).expect("one edit at most"),
    }
}

fn patch(changes: impl IntoIterator<Item = Change>) -> TreePatch {
    TreePatch {
        changes: changes.into_iter().collect(),
    }
}

/// Everything below a folder, a line each: `d` folders, `l` links, files with mode and text.
fn snapshot(root: &Path) -> String {
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).expect("a folder") {
            let at = entry.expect("an entry").path();
            let inside = at.strip_prefix(root).expect("below the root");
            let name = Visible(inside.as_os_str().as_encoded_bytes()).to_string();
            let metadata = at.symlink_metadata().expect("an entry");
            lines.push(if metadata.is_dir() {
                waiting.push(at);
                format!("{name} d")
            } else if metadata.is_symlink() {
                let target = fs::read_link(&at).expect("a link");
                format!("{name} -> {}", target.display())
            } else {
                let text = fs::read(&at).expect("a file");
                format!("{name} {:o} {}", mode(&metadata), Visible(&text))
            });
        }
    }
    lines.sort_unstable();
    lines.join("\n")
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777
}

#[cfg(not(unix))]
fn mode(metadata: &fs::Metadata) -> u32 {
    if metadata.permissions().readonly() {
        0o444
    } else {
        0o644
    }
}

/// A diagnostic as plain text.
fn told(diagnostic: &Diagnostic) -> String {
    let Diagnostic {
        id,
        title,
        labels,
        help,
        ..
    } = diagnostic;
    let mut text = format!("{id}: {title}");
    for label in labels {
        text += format!("\n  at {} {}", label.file, label.text).trim_end();
    }
    for line in help {
        text += &format!("\n  help: {line}");
    }
    text
}
