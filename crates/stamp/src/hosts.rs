//! Hosts that links of the project lead to, for whoever does not know yet which are the team's.

use std::collections::BTreeMap;

use crate::candidate::Shape;
use crate::own::{Decision, Form, Own};
use crate::tree::Tree;

/// Hosts, in lower case, of links that name the tree's own models or project, and how many links each
/// has. Those that [`Tree::read`] was told of are not among them. The tree is in canonical form.
pub fn linked_hosts(tree: &Tree) -> BTreeMap<&str, usize> {
    let own = Own::of(tree, Form::Canonical, None, false);
    let mut hosts = BTreeMap::new();
    let candidates = tree.files().flat_map(|(_, file)| &file.scan.candidates);
    for candidate in candidates {
        if let Shape::Elsewhere { host } = &candidate.shape
            && let Decision::Own(_) = own.decide(candidate, Form::Canonical, &[])
        {
            *hosts.entry(host.as_str()).or_default() += 1;
        }
    }
    hosts
}
