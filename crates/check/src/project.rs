//! What only all files together show.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use storyline_manifest::Kind;
use storyline_stamp::{Site, SitePlace, Tree, dangling_includes, model_twice, sites};
use storyline_text::{Diagnostic, Label, RelPath, Visible};

use crate::finding::Finding;

/// Models that two files of one project define.
pub(crate) fn models_twice(tree: &Tree, out: &mut Vec<Finding>) {
    let is_model = |site: &Site| site.place == SitePlace::Path && site.kind == Kind::Model;
    let mut seen: BTreeMap<(Vec<u8>, String), RelPath> = BTreeMap::new();
    for site in sites(tree, None, None).into_iter().filter(is_model) {
        let project = tree.project_folder(&site.file).to_vec();
        match seen.entry((project, site.name)) {
            Entry::Vacant(first) => {
                first.insert(site.file);
            }
            Entry::Occupied(first) => {
                let (_, name) = first.key();
                out.push(Finding::new(model_twice(name, first.get(), &site.file)));
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
