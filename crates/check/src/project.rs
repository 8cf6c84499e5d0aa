//! What only all files together show.

use std::collections::BTreeMap;

use storyline_manifest::Kind;
use storyline_stamp::{SitePlace, Tree, dangling_includes, sites};
use storyline_text::{Diagnostic, Label, RelPath, Visible};

use crate::finding::Finding;

/// Models that two files define.
pub(crate) fn models_twice(tree: &Tree, out: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, RelPath> = BTreeMap::new();
    for site in sites(tree, None, None) {
        if site.place != SitePlace::Path || site.kind != Kind::Model {
            continue;
        }
        if let Some(first) = seen.get(&site.name) {
            out.push(Finding::new(storyline_stamp::model_twice(
                &site.name, first, &site.file,
            )));
        } else {
            seen.insert(site.name, site.file);
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
