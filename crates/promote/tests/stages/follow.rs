//! What canonical has got of stories, however people merged it.

use std::collections::BTreeMap;

use storyline_promote::{Followed, Landed};
use storyline_repo::story::{Event, Person, Record, Revision, Story, StoryId};
use storyline_repo::{ObjectId, Repository};

use super::forges::git;
use super::shop::{Shop, VIEW};

/// The stories of the shop, as their logs would tell of them.
fn stories(shop: &Shop) -> BTreeMap<StoryId, Story> {
    let mut stories: BTreeMap<StoryId, Story> = BTreeMap::new();
    for revision in &shop.revisions {
        let Revision { story, .. } = revision;
        let record = Record {
            commit: revision.own().expect("it has one").tip,
            event: Event::Submitted(revision.clone()),
            who: Person {
                name: "Jo".into(),
                email: "jo@example.com".into(),
            },
            when: 0,
        };
        let known = stories.entry(story.clone());
        let known = known.or_insert_with(|| Story::new(story.clone()));
        known.records.push(record);
    }
    stories
}

/// The revisions that canonical has, by the names that the test gives them.
fn check(shop: &Shop, names: &[(&str, &Landed)]) -> String {
    let repository = Repository::open_bare(&shop.root).expect("it is readable");
    let objects = repository.objects().expect("they are readable");
    let followed = Followed::read(&repository, &objects, shop.canonical, &stories(shop));
    let on = followed.expect("it is readable").ledger.on_stage();
    let has = |landed: &Landed| on.values().any(|on| on.revision == *landed);
    let names = names.iter().filter(|(_, landed)| has(landed));
    let names: Vec<_> = names.map(|(name, _)| *name).collect();
    names.join(" ")
}

/// Merges a commit into canonical by Git, with the files that it has.
fn merge(shop: &mut Shop, commit: ObjectId, files_of: ObjectId) {
    let tree = format!("{files_of}^{{tree}}");
    let (ours, theirs) = (shop.canonical.to_string(), commit.to_string());
    let arguments = [
        "commit-tree",
        &tree,
        "-p",
        &ours,
        "-p",
        &theirs,
        "-m",
        "Merge",
    ];
    let merged = git(&shop.root, &arguments);
    shop.canonical = ObjectId::from_hex(merged.as_bytes()).expect("an id");
}

#[test]
fn a_story_built_on_an_older_revision_does_not_bring_that_back() {
    let mut shop = Shop::new();
    let base = shop.canonical;
    let old = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    shop.canonical = old.change.to;
    let two = shop.story("TWO", &[(VIEW, "h {}", "h1 {}")]);
    shop.canonical = base;
    let new = shop.commit(Some(old.change.to), &[(VIEW, "b {}", "b1 {}")], "More");
    let new = shop.submitted("ONE", base, new);
    let names = [("old", &old), ("new", &new), ("two", &two)];
    // The newer one is squashed, then the other one merged.
    let squashed = [(VIEW, "a {}", "a1 {}"), (VIEW, "b {}", "b1 {}")];
    shop.canonical = shop.commit(Some(base), &squashed, "Squashed (#7)");
    assert_eq!(check(&shop, &names), "new");
    let both = shop.commit(Some(shop.canonical), &[(VIEW, "h {}", "h1 {}")], "Both");
    merge(&mut shop, two.change.to, both);
    assert_eq!(check(&shop, &names), "new two");
}

#[test]
fn a_newer_revision_takes_the_place_of_the_older_one() {
    let mut shop = Shop::new();
    let base = shop.canonical;
    let old = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    let new = shop.commit(Some(old.change.to), &[(VIEW, "b {}", "b1 {}")], "More");
    let new = shop.submitted("ONE", base, new);
    let names = [("old", &old), ("new", &new)];
    merge(&mut shop, old.change.to, old.change.to);
    assert_eq!(check(&shop, &names), "old");
    merge(&mut shop, new.change.to, new.change.to);
    assert_eq!(check(&shop, &names), "new");
}
