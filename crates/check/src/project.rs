//! What only all files together show.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use storyline_stamp::{Tree, dangling_includes, model_twice};
use storyline_text::{Diagnostic, Label, RelPath, Visible};

use crate::finding::Finding;

/// Models that two files of one project define.
pub(crate) fn models_twice(tree: &Tree, out: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(&[u8], &str), &RelPath> = BTreeMap::new();
    for (path, _, name) in tree.models() {
        match seen.entry((tree.project_folder(path), name)) {
            Entry::Vacant(first) => {
                first.insert(path);
            }
            Entry::Occupied(first) => {
                out.push(Finding::new(model_twice(name, first.get(), path)));
            }
        }
    }
}

/// Includes that match no file.
pub(crate) fn includes(tree: &Tree, out: &mut Vec<Finding>) {
    for include in dangling_includes(tree) {
        let pattern = tree
            .source(&include.file)
            .map(|source| include.span.slice(source));
        let pattern = Visible(pattern.unwrap_or_default());
        let told = Diagnostic::error("include-unresolved", format!("no file matches `{pattern}`"))
            .label(Label::at(&include.file, include.span, "includes nothing"))
            .help("write the path as it is in the project, from its root with a `/` before it, or remove the line");
        out.push(Finding::new(told));
    }
}
