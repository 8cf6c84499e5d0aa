//! Names in the YAML beside models: sources, exposures, and the settings of single models.

use storyline_yaml::Node;

use crate::name::{Name, NameKind, whole};
use crate::project::setting;
use crate::walk::{Walk, is_key};

/// Keys at the root whose items may have `config`.
const CONFIGURED: [&str; 5] = [
    "models",
    "seeds",
    "snapshots",
    "data_tests",
    "saved_queries",
];

/// Adds where sources come from, where models go to, and where exposures are looked at.
pub(crate) fn names(root: Node<'_>, out: &mut Vec<Name>) {
    let (mut items, mut configs) = (Walk::default(), Walk::default());
    for (key, list) in Walk::default().entries(root) {
        let Some(section) = key.scalar().map(|key| key.value()) else {
            continue;
        };
        let entries = list.children().flat_map(|item| items.entries(item));
        for (key, value) in entries.collect::<Vec<_>>() {
            match &*section {
                // A source without `schema` has its own name for one; that is no place of a schema.
                "sources" => out.extend(setting(key, value)),
                "exposures" if is_key(key, "url") => out.extend(whole(NameKind::Url, value)),
                section if CONFIGURED.contains(&section) && is_key(key, "config") => {
                    let config = configs.entries(value).into_iter();
                    out.extend(config.filter_map(|(key, value)| setting(key, value)));
                }
                _ => {}
            }
        }
    }
}
