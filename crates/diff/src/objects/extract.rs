//! From a file's bytes to its objects: which language it is in.

use std::borrow::Cow;

use storyline_dbt::{is_profiles, is_project};
use storyline_text::RelPath;

use super::kind::ObjectKind;
use super::tree::Tree;
use super::yaml::{self, Dialect};
use super::{lookml, sql};

/// The objects of a file; `None` of one that holds none.
pub(crate) fn tree<'s>(path: &RelPath, bytes: &'s [u8]) -> Option<Tree<'s>> {
    let name = path.file_name();
    let ends = |ends: &[&[u8]]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[b".lkml", b".lookml"]) {
        return Some(of_lookml(path, bytes));
    }
    if ends(&[b".yml", b".yaml"]) {
        return of_yaml(path, bytes);
    }
    if ends(&[b".sql", b".py"]) {
        return sql::tree(path, bytes);
    }
    None
}

fn of_lookml<'s>(path: &RelPath, bytes: &'s [u8]) -> Tree<'s> {
    if storyline_lookml::is_legacy(bytes) {
        let document = storyline_yaml::read(bytes);
        if has_dashboards(&document) {
            let shown = Cow::Borrowed(bytes);
            return yaml::tree(&document, shown, Dialect::Dashboards, path.as_bytes());
        }
        return in_file(path, &storyline_lookml::from_yaml(&document));
    }
    in_file(path, &storyline_lookml::parse(bytes))
}

fn in_file<'s>(path: &RelPath, document: &storyline_lookml::Document<'s>) -> Tree<'s> {
    let name = path.file_name();
    let models = [&b".model.lkml"[..], b".model.lookml"];
    if let Some(model) = models.iter().find_map(|end| name.strip_suffix(*end)) {
        return lookml::tree(document, ObjectKind::Model, model);
    }
    if matches!(name, b"manifest.lkml" | b"manifest.lookml") {
        return lookml::tree(document, ObjectKind::Manifest, b"");
    }
    lookml::tree(document, ObjectKind::File, path.as_bytes())
}

fn has_dashboards(document: &storyline_yaml::Document<'_>) -> bool {
    let items = document.roots().flat_map(|root| root.children());
    let mut keys = items.flat_map(|item| item.entries().map(|(key, _)| key));
    keys.any(|key| key.scalar().is_some_and(|key| key.value() == "dashboard"))
}

fn of_yaml<'s>(path: &RelPath, bytes: &'s [u8]) -> Option<Tree<'s>> {
    let document = storyline_yaml::read(bytes);
    let (dialect, shown) = if is_profiles(path) {
        let shown = storyline_dbt::masked(bytes);
        (Dialect::Profiles, Cow::Owned(shown))
    } else if is_project(path) {
        (Dialect::Project, Cow::Borrowed(bytes))
    } else if yaml::is_properties(&document) || yaml::is_broken(&document) {
        (Dialect::Properties, Cow::Borrowed(bytes))
    } else {
        return None;
    };
    Some(yaml::tree(&document, shown, dialect, path.as_bytes()))
}
