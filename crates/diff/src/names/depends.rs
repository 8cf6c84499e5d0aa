//! What one story uses of what another adds.

use std::collections::{BTreeMap, HashMap, HashSet};

use storyline_stamp::Pattern;
use storyline_text::RelPath;

use super::facts::Facts;
use super::lineage::Lineage;
use super::{Name, NameKind, Provided, Used};

/// A file before and after a story.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Where it is.
    pub path: &'a RelPath,
    /// What it held; `None` where it was not there.
    pub before: Option<&'a [u8]>,
    /// What it holds; `None` where it is gone.
    pub after: Option<&'a [u8]>,
}

/// What a change of a file adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Names that it provides after, and did not before.
    pub provided: Vec<Provided>,
    /// Names that it uses after, and did not before: each once, where it stands first.
    pub used: Vec<Used>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// The line, from 1.
    pub line: u32,
}

/// Why one story depends on another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Because {
    /// A name that the other adds.
    pub name: Name,
    /// Where the other provides it.
    pub provided_at: Place,
    /// Where it is used.
    pub used_at: Place,
}

/// The names that a file provides and uses since a change.
pub fn added(change: &Change<'_>) -> Added {
    let [before, after] = Sides::new(change).0;
    let [was_provided, was_used] = [provided(&before), used(&before)];
    let mut added = Added::default();
    for one in after
        .provided
        .iter()
        .filter(|one| !was_provided.contains(&one.name))
    {
        added.provided.push(one.clone());
    }
    let mut seen = HashSet::new();
    let mut uses = after.used.clone();
    uses.sort_by_key(|one| one.line);
    uses.retain(|one| !was_used.contains(&one.name) && seen.insert(one.name.clone()));
    added.used = uses;
    added
}

/// What the changes of one story use of what those of another, `of`, add; by name, then by place, and each name once a
/// file. What a story adds itself it does not need from another.
pub fn depends_by_name(user: &[Change<'_>], of: &[Change<'_>]) -> Vec<Because> {
    let [user_sides, of_sides] = [user, of].map(|changes| {
        let sides = changes.iter().map(Sides::new);
        sides.collect::<Vec<_>>()
    });
    let offered = new_names(of, &of_sides);
    let own = new_names(user, &user_sides);
    let after = || of_sides.iter().chain(&user_sides).map(|sides| &sides.0[1]);
    let lineage = Lineage::new(after());
    let aliases: HashSet<_> = after().flat_map(|facts| &facts.aliases).collect();
    let mut because = BTreeMap::new();
    for (change, Sides([before, after])) in user.iter().zip(&user_sides) {
        let was_used = used(before);
        for use_of in after
            .used
            .iter()
            .filter(|one| !was_used.contains(&one.name))
        {
            let is_alias = use_of.may_be_alias && aliases.contains(&viewed(&use_of.name).to_vec());
            let found = match is_alias {
                true => None,
                false => behind(use_of, change.path, &offered, &lineage),
            };
            let Some((name, place)) = found.filter(|(name, _)| !own.contains_key(name)) else {
                continue;
            };
            let used_at = Place {
                path: change.path.clone(),
                line: use_of.line,
            };
            let entry = because
                .entry((name.clone(), change.path))
                .or_insert_with(|| Because {
                    name: name.clone(),
                    provided_at: place.clone(),
                    used_at: used_at.clone(),
                });
            entry.used_at = used_at.min(entry.used_at.clone());
        }
    }
    because.into_values().collect()
}

/// The name of a view that a use stands on, or the name itself.
fn viewed(name: &Name) -> &[u8] {
    name.parts().map_or(&name.text, |(view, _)| view)
}

/// A file before and after.
struct Sides([Facts; 2]);

impl Sides {
    fn new(change: &Change<'_>) -> Self {
        let read = |bytes: Option<&[u8]>| {
            bytes.map_or_else(Facts::default, |bytes| Facts::read(change.path, bytes))
        };
        Self([change.before, change.after].map(read))
    }
}

fn provided(facts: &Facts) -> HashSet<&Name> {
    facts.provided.iter().map(|one| &one.name).collect()
}

fn used(facts: &Facts) -> HashSet<&Name> {
    facts.used.iter().map(|one| &one.name).collect()
}

/// What a story provides after, and nowhere before.
fn new_names<'s>(changes: &[Change<'_>], sides: &'s [Sides]) -> HashMap<&'s Name, Place> {
    let before: HashSet<_> = sides
        .iter()
        .flat_map(|sides| provided(&sides.0[0]))
        .collect();
    let mut new: HashMap<&Name, Place> = HashMap::new();
    for (change, Sides([_, after])) in changes.iter().zip(sides) {
        for one in after
            .provided
            .iter()
            .filter(|one| !before.contains(&one.name))
        {
            let place = Place {
                path: change.path.clone(),
                line: one.line,
            };
            new.entry(&one.name).or_insert(place);
        }
    }
    new
}

/// What of all that is offered a use means.
fn behind<'s>(
    used: &Used,
    path: &RelPath,
    offered: &'s HashMap<&'s Name, Place>,
    lineage: &Lineage<'_>,
) -> Option<(&'s Name, &'s Place)> {
    let name = &used.name;
    if name.kind == NameKind::Include {
        // What a pattern happens to match is not what somebody had in mind.
        let is_literal = !name.text.iter().any(|b| b"*?[{".contains(b));
        let pattern = Pattern::new(&name.text, path.parent(), None).filter(|_| is_literal)?;
        let mut files = offered
            .iter()
            .filter(|(name, _)| name.kind == NameKind::Include);
        let found = files.find(|(_, place)| pattern.matches(&place.path));
        return found.map(|(name, place)| (*name, place));
    }
    let get = |name: &Name| {
        offered
            .get_key_value(name)
            .map(|(name, place)| (*name, place))
    };
    match name.parts() {
        Some((view, field)) => {
            let views = lineage.of(view).into_iter();
            let mut names = views.map(|view| Name::field(view, field));
            names.find_map(|name| get(&name))
        }
        None => get(name),
    }
}
