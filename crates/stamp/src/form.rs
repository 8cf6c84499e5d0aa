//! Guesses about the form that a tree is in, for people who forgot.
//!
//! A second stamp on top of the first would be put in, and taken out again, without a complaint. So
//! names that a pattern makes are looked at before: when all of them look like its results, the
//! folder most likely has its stamp; when some do, that is told.

use storyline_manifest::{Environment, Kind, Manifest};
use storyline_text::{Diagnostic, Label};

use crate::refusal;
use crate::tree::Tree;

/// What the names of `tree` say against stamping it for `environment`: an error, or a warning.
pub(crate) fn before_stamp(
    tree: &Tree,
    manifest: &Manifest,
    environment: &Environment,
) -> Option<Diagnostic> {
    let target = std::iter::once(environment);
    let others = manifest
        .environments()
        .filter(|e| e.name != environment.name);
    let stamped = target.chain(others).find_map(|environment| {
        let (mut looks, total) = alike(tree, environment, looks_stamped);
        (total > 0 && looks.len() == total).then(|| (looks.swap_remove(0), environment))
    });
    if let Some((label, environment)) = stamped {
        return Some(refusal::already_stamped(label, environment));
    }
    let (some, _) = alike(tree, environment, looks_stamped);
    (!some.is_empty()).then(|| refusal::looks_stamped(some, environment))
}

/// What they say against taking the stamp of `environment` out.
pub(crate) fn before_unstamp(tree: &Tree, environment: &Environment) -> Option<Diagnostic> {
    let (mut strange, total) = alike(tree, environment, |environment, kind, name| {
        environment.names().unstamp(kind, name).is_none()
    });
    let all = total > 0 && strange.len() == total;
    all.then(|| refusal::already_canonical(strange.swap_remove(0), environment))
}

/// The names of kinds that `environment` changes for which `is` holds, and how many there are.
fn alike(
    tree: &Tree,
    environment: &Environment,
    is: impl Fn(&Environment, &Kind, &str) -> bool,
) -> (Vec<Label>, usize) {
    let changed = |kind: &Kind| environment.names().maps(kind);
    let names: Vec<_> = tree
        .definitions()
        .filter(|(_, kind, _)| changed(kind))
        .collect();
    let total = names.len();
    let alike = names
        .into_iter()
        .filter(|(_, kind, name)| is(environment, kind, name));
    (alike.map(|(label, ..)| label).collect(), total)
}

fn looks_stamped(environment: &Environment, kind: &Kind, name: &str) -> bool {
    let names = environment.names();
    let back = names.unstamp(kind, name);
    back.is_some_and(|back| back != name) && !names.has_entry(kind, name)
}
