//! Guesses about the form that a tree is in, for people who forgot.
//!
//! A second stamp on top of the first would be put in, and taken out again, without a complaint. So
//! names that a pattern makes are looked at before: when all of them look like its results, the
//! folder most likely has its stamp; when some do, that is told.

use std::collections::BTreeSet;

use storyline_manifest::{Environment, Kind, Manifest};
use storyline_text::{Diagnostic, Label};

use crate::parts::Definition;
use crate::refusal;
use crate::tree::Tree;

/// Why it is not clear which form a tree is in.
#[derive(Clone, Debug)]
pub struct Unclear<'m> {
    /// The forms that it may be in, at least two; `None` is the canonical one.
    pub forms: Vec<Option<&'m Environment>>,
    /// A name that one of them would explain.
    pub place: Label,
}

/// The form that `tree` is in, as far as its own names tell: an environment's, or `None` for the
/// canonical one. Environments that would take all its names back alike count as one.
///
/// # Errors
/// When more than one form would explain the names. A few that look like an environment's among many
/// that do not are taken for canonical ones.
pub fn form<'m>(
    tree: &Tree,
    manifest: &'m Manifest,
) -> Result<Option<&'m Environment>, Unclear<'m>> {
    let mut fit: Vec<Evidence<'m>> = Vec::new();
    let mut mostly = Vec::new();
    for environment in manifest.environments() {
        let evidence = Evidence::of(tree, environment);
        if evidence.stamped.is_empty() {
            continue;
        }
        if evidence.strange == 0 {
            if !fit.iter().any(|f| agree(tree, f.environment, environment)) {
                fit.push(evidence);
            }
        } else if evidence.certain && evidence.stamped.len() > evidence.strange {
            mostly.push(evidence);
        }
    }
    let maybe_canonical = fit.iter().all(|evidence| !evidence.certain);
    let found = if fit.is_empty() { mostly } else { fit };
    match &*found {
        [] => Ok(None),
        [only] if !maybe_canonical => Ok(Some(only.environment)),
        [first, ..] => {
            let canonical = maybe_canonical.then_some(None);
            let environments = found.iter().map(|evidence| Some(evidence.environment));
            Err(Unclear {
                forms: canonical.into_iter().chain(environments).collect(),
                place: first.stamped[0].clone(),
            })
        }
    }
}

/// What the names of a tree say about one environment.
struct Evidence<'m> {
    environment: &'m Environment,
    /// Names that it would take back to other ones.
    stamped: Vec<Label>,
    /// How many names are none of its own.
    strange: usize,
    /// Whether a name among `stamped` is no canonical one that a table gives a stamp.
    certain: bool,
}

impl<'m> Evidence<'m> {
    fn of(tree: &Tree, environment: &'m Environment) -> Self {
        let names = environment.names();
        let is_taken_back = |_: &Environment, kind: &Kind, name: &str| {
            names.unstamp(kind, name).is_some_and(|back| back != name)
        };
        let is_strange =
            |_: &Environment, kind: &Kind, name: &str| names.unstamp(kind, name).is_none();
        Self {
            environment,
            stamped: alike(tree, environment, is_taken_back).0,
            strange: alike(tree, environment, is_strange).0.len(),
            certain: !alike(tree, environment, looks_stamped).0.is_empty(),
        }
    }
}

/// Whether two environments would take every name of the tree back to the same one.
fn agree(tree: &Tree, a: &Environment, b: &Environment) -> bool {
    let (a, b) = (a.names(), b.names());
    let mut texts = tree
        .files()
        .flat_map(|(_, file)| &file.scan.candidates)
        .map(|candidate| (&candidate.kind, candidate.name.as_str()));
    let mut models = tree.models().map(|(.., name)| (&Kind::Model, name));
    let same = |(kind, name)| a.unstamp(kind, name) == b.unstamp(kind, name);
    texts.all(same) && models.all(same)
}

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
        .definitions(environment.dbt().is_none())
        .filter(|(_, kind, _)| changed(kind))
        .collect();
    let total = names.len();
    let alike = names
        .into_iter()
        .filter(|(_, kind, name)| is(environment, kind, name));
    (alike.map(|(label, ..)| label).collect(), total)
}

/// Whether there are definitions of kinds that `environment` changes, and all look like its stamps.
pub(crate) fn all_look_stamped(
    definitions: &BTreeSet<Definition>,
    environment: &Environment,
) -> bool {
    all_are(definitions, environment, looks_stamped)
}

/// Whether there are such definitions, and none is a name of `environment`'s.
pub(crate) fn all_are_strange(
    definitions: &BTreeSet<Definition>,
    environment: &Environment,
) -> bool {
    all_are(definitions, environment, |environment, kind, name| {
        environment.names().unstamp(kind, name).is_none()
    })
}

fn all_are(
    definitions: &BTreeSet<Definition>,
    environment: &Environment,
    is: impl Fn(&Environment, &Kind, &str) -> bool,
) -> bool {
    let targets = environment.dbt().is_none();
    let counts =
        |kind: &Kind, in_target: bool| (targets || !in_target) && environment.names().maps(kind);
    let counted = definitions
        .iter()
        .filter(|(kind, _, in_target)| counts(kind, *in_target));
    let mut counted = counted.peekable();
    counted.peek().is_some() && counted.all(|(kind, name, _)| is(environment, kind, name))
}

fn looks_stamped(environment: &Environment, kind: &Kind, name: &str) -> bool {
    let names = environment.names();
    let back = names.unstamp(kind, name);
    back.is_some_and(|back| back != name) && !names.has_entry(kind, name)
}
