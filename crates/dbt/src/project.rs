//! Names in `dbt_project.yml`.

use storyline_yaml::{Kind, Node};

use crate::name::{Name, NameKind, whole};
use crate::walk::{Walk, is_key};

/// Keys at the root below which folders of the project get settings.
const SETTINGS: [&str; 12] = [
    "models",
    "seeds",
    "snapshots",
    "tests",
    "data_tests",
    "unit_tests",
    "sources",
    "exposures",
    "metrics",
    "semantic-models",
    "saved-queries",
    "functions",
];

/// Settings that hold other keys than settings, and that people also write without the `+` that no
/// folder's name has.
const MAPPINGS: [&str; 4] = ["meta", "quoting", "column_types", "labels"];

/// Adds the profile that the project uses, its own name wherever it stands, the values of its
/// variables, and the schemas and databases that folders go to.
pub(crate) fn names(root: Node<'_>, out: &mut Vec<Name>) {
    let top = Walk::default().entries(root);
    let named = top.iter().filter(|(key, _)| is_key(*key, "name"));
    let own = named
        .filter_map(|(_, value)| whole(NameKind::Project, *value))
        .next_back();
    out.extend(own.clone());
    let own = own.map(|name| name.text);
    let mut folders = Walk::default();
    for (key, value) in top {
        let Some(key) = key.scalar().map(|key| key.value()) else {
            continue;
        };
        match &*key {
            "profile" => out.extend(whole(NameKind::Profile, value)),
            "vars" => vars(value, own.as_deref(), out),
            "dispatch" => dispatch(value, own.as_deref(), out),
            key if SETTINGS.contains(&key) => {
                settings(value, own.as_deref(), &mut folders, out);
            }
            _ => {}
        }
    }
}

/// A key that is the project's own name.
fn own_key(key: Node<'_>, own: Option<&str>) -> Option<Name> {
    whole(NameKind::Project, key).filter(|name| own == Some(name.text.as_str()))
}

/// Variables for all, and those of one package below its name.
fn vars(node: Node<'_>, own: Option<&str>, out: &mut Vec<Name>) {
    let (mut all, mut packages) = (Walk::default(), Walk::default());
    for (key, value) in all.entries(node) {
        if value.kind() != Kind::Mapping {
            out.extend(var(key, value));
            continue;
        }
        out.extend(own_key(key, own));
        let of_package = packages.entries(value).into_iter();
        out.extend(of_package.filter_map(|(key, value)| var(key, value)));
    }
}

fn var(key: Node<'_>, value: Node<'_>) -> Option<Name> {
    let name = key.scalar()?.value();
    whole(NameKind::Var((&*name).into()), value)
}

/// Packages in whose macros dbt looks first.
fn dispatch(node: Node<'_>, own: Option<&str>, out: &mut Vec<Name>) {
    let mut walk = Walk::default();
    for rule in node.children() {
        let orders = walk.values(rule, "search_order");
        let packages = orders.iter().flat_map(|order| order.children());
        out.extend(packages.filter_map(|package| own_key(package, own)));
    }
}

/// Settings of folders, at any depth.
fn settings(node: Node<'_>, own: Option<&str>, walk: &mut Walk, out: &mut Vec<Name>) {
    let packages = walk.entries(node);
    out.extend(packages.iter().filter_map(|(key, _)| own_key(*key, own)));
    let mut waiting = vec![packages];
    while let Some(folder) = waiting.pop() {
        for (key, value) in folder {
            out.extend(setting(key, value));
            let Some(key) = key.scalar().map(|key| key.value()) else {
                continue;
            };
            let is_folder = !key.starts_with('+') && !MAPPINGS.contains(&&*key);
            if is_folder && value.kind() == Kind::Mapping {
                waiting.push(walk.entries(value));
            }
        }
    }
}

/// The schema or database that a setting says.
pub(crate) fn setting(key: Node<'_>, value: Node<'_>) -> Option<Name> {
    let key = key.scalar()?.value();
    let kind = match key.strip_prefix('+').unwrap_or(&key) {
        "schema" | "target_schema" | "dataset" => NameKind::Schema,
        "database" | "target_database" | "project" | "catalog" => NameKind::Database,
        _ => return None,
    };
    whole(kind, value)
}
