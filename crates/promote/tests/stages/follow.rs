//! What canonical has got of stories, however people merged it.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use storyline_promote::{Followed, History, Landed, Pinned, Stage, audit, take_off};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{Event, Person, Record, Revision, Story, StoryId};
use storyline_repo::{Memo, ObjectId, Repository};

use super::forges::git;
use super::shop::{MANIFEST, STAGE, Shop, VIEW, told};

/// The stage's lines of the manifest, once it follows canonical.
const FOLLOWS: &str = "[pipeline]\nstages = [\"acceptance\"]\n\n[environment.acceptance]\nbranch = \"env/acceptance\"\n\
                       follows = \"canonical\"\nmodels = \"{name}_acc\"\nconnections = \"{name}_acc\"\n";

/// A shop whose stage follows canonical.
fn following() -> Shop {
    let mut shop = Shop::new();
    let edit = [("storyline.toml", MANIFEST, FOLLOWS)];
    shop.canonical = shop.commit(Some(shop.canonical), &edit, "Follow");
    shop
}

/// Looks at canonical as it is now.
fn look<T>(shop: &Shop, act: impl FnOnce(&mut Stage<'_, '_>, &mut History) -> T) -> T {
    let repository = Repository::open_bare(&shop.root).expect("it is readable");
    let objects = repository.objects().expect("they are readable");
    let followed = Followed::read(
        &repository,
        &objects,
        &mut Memo::default(),
        shop.canonical,
        &[],
        &stories(shop),
    );
    let followed = followed.expect("it is readable");
    let mut history = History::following(followed, shop.canonical, Pinned::of(&shop.revisions));
    let mut workspace = Workspace::new(&objects, Memo::default());
    act(&mut Stage::following(&mut workspace, STAGE), &mut history)
}

fn audited(shop: &Shop) -> String {
    told(look(shop, audit_of))
}

fn audit_of(stage: &mut Stage<'_, '_>, history: &mut History) -> storyline_promote::Audit {
    audit(stage, history).expect("it is readable")
}

/// What both ways of taking a story off make of the view: its lines, or what is wrong.
fn without(shop: &Shop, id: &str) -> String {
    look(shop, |stage, history| {
        let id = id.parse().expect("a good id");
        let taken = take_off(stage, history, &id).expect("it is readable");
        let taken = taken.expect("it is there");
        let revert = taken.revert.as_ref().map(|revert| revert.tree);
        let rebuild = taken.rebuild.as_ref().map(|rebuild| rebuild.tree);
        let ways = [revert.ok(), rebuild.ok()];
        let lines = ways.map(|tree| match tree {
            Some(tree) => lines(stage, tree),
            None => "does not fit".into(),
        });
        match lines {
            [revert, rebuild] if revert == rebuild => revert,
            [revert, rebuild] => format!("revert: {revert}; rebuild: {rebuild}"),
        }
    })
}

fn lines(stage: &mut Stage<'_, '_>, tree: ObjectId) -> String {
    let path = storyline_text::RelPath::new(VIEW.as_bytes()).expect("a plain path");
    let leaf = stage.workspace.leaf(tree, &path).expect("a tree");
    let text = stage.workspace.read(leaf.expect("it is there").id);
    let text = String::from_utf8(text.expect("it is there")).expect("text");
    let lines = text.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("dimension: ")?;
        Some(name.trim_end_matches(" {}"))
    });
    lines.collect::<Vec<_>>().join(" ")
}

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
    let followed = Followed::read(
        &repository,
        &objects,
        &mut Memo::default(),
        shop.canonical,
        &[],
        &stories(shop),
    );
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

/// Commits that came one by one are one story, and go together; what lies between them stays.
#[test]
fn a_story_that_came_in_steps() {
    let mut shop = following();
    let base = shop.canonical;
    let first = [(VIEW, "a {}", "a1 {}")];
    let second = [(VIEW, "a1 {}", "a2 {}"), (VIEW, "b {}", "b2 {}")];
    let own = shop.commit(Some(base), &first, "First");
    let own = shop.commit(Some(own), &second, "Second");
    shop.submitted("ONE", base, own);
    shop.canonical = shop.commit(Some(base), &[(VIEW, "h {}", "h1 {}")], "By hand");
    shop.canonical = shop.commit(Some(shop.canonical), &first, "First (#1)");
    shop.canonical = shop.commit(Some(shop.canonical), &[(VIEW, "g {}", "g1 {}")], "Between");
    shop.canonical = shop.commit(Some(shop.canonical), &second, "Second (#1)");
    assert_snapshot!(audited(&shop), @r#"
    begins: declared, examined: 4
    no-story Jo: By hand [views/orders.view.lkml]
    no-story Jo: Between [views/orders.view.lkml]
    "#);
    assert_eq!(without(&shop, "ONE"), "a b c d e f g1 h1");
}

/// What a commit says is done again.
#[test]
fn what_was_changed_while_it_landed_is_told() {
    let mut shop = following();
    let base = shop.canonical;
    let one = [(VIEW, "a {}", "a1 {}")];
    shop.story("ONE", &one);
    let more = [one[0], (VIEW, "b {}", "b1 {}")];
    shop.canonical = shop.commit(Some(base), &more, "One (#1)\n\nStory-Id: ONE");
    assert_snapshot!(audited(&shop), @r#"
    begins: declared, examined: 1
    does-not-recompute Jo: One (#1) [views/orders.view.lkml]
    "#);
}

/// A story's trailer names no revision, and a newer one came later.
#[test]
fn each_revision_came_with_its_own_commit() {
    let mut shop = following();
    let base = shop.canonical;
    let old = [(VIEW, "a {}", "a1 {}")];
    shop.story("ONE", &old);
    shop.canonical = shop.commit(Some(base), &old, "One (#1)\n\nStory-Id: ONE");
    let new = [(VIEW, "a {}", "a1 {}"), (VIEW, "b {}", "b1 {}")];
    let tip = shop.commit(Some(base), &new, "New");
    shop.submitted("ONE", base, tip);
    shop.canonical = shop.commit(Some(shop.canonical), &new[1..], "One (#2)\n\nStory-Id: ONE");
    assert_snapshot!(audited(&shop), @r#"
    begins: declared, examined: 2
    "#);
    assert_eq!(without(&shop, "ONE"), "a b c d e f g h");
}

/// A newer revision that goes on from where the older one landed adds to it; both are the story.
#[test]
fn a_revision_that_adds_to_one_that_landed() {
    let mut shop = following();
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    merge(&mut shop, one.change.to, one.change.to);
    let base = shop.canonical;
    let more = shop.commit(Some(base), &[(VIEW, "b {}", "b1 {}")], "More");
    shop.submitted("ONE", base, more);
    merge(&mut shop, more, more);
    assert_snapshot!(audited(&shop), @r#"
    begins: declared, examined: 2
    "#);
    assert_snapshot!(without(&shop, "ONE"), @r#"
    revert: a1 b c d e f g h; rebuild: a b c d e f g h
    "#);
}

/// One merge brings a story and the one that it is built on.
#[test]
fn stories_that_came_together() {
    let mut shop = following();
    let base = shop.canonical;
    let one = shop.story("TWO", &[(VIEW, "a {}", "a1 {}")]);
    let two = shop.commit(Some(one.change.to), &[(VIEW, "a1 {}", "a2 {}")], "Two");
    shop.submitted("ONE", one.change.to, two);
    shop.canonical = base;
    merge(&mut shop, two, two);
    assert_snapshot!(audited(&shop), @r#"
    begins: declared, examined: 1
    "#);
    assert_eq!(without(&shop, "ONE"), "a1 b c d e f g h");
}

/// Git merges only what is new of a story that goes on, so that others may have changed what it brought before.
#[test]
fn a_revision_that_goes_on_while_others_stand_on_it() {
    let mut shop = following();
    let base = shop.canonical;
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    shop.canonical = one.change.to;
    let two = shop.story("TWO", &[(VIEW, "a1 {}", "a2 {}")]);
    let more = shop.commit(Some(one.change.to), &[(VIEW, "h {}", "h1 {}")], "More");
    shop.canonical = base;
    merge(&mut shop, one.change.to, one.change.to);
    merge(&mut shop, two.change.to, two.change.to);
    shop.submitted("ONE", base, more);
    let merged = shop.commit(Some(shop.canonical), &[(VIEW, "h {}", "h1 {}")], "Merged");
    merge(&mut shop, more, merged);
    assert_snapshot!(audited(&shop), @"begins: declared, examined: 3");
    assert_eq!(without(&shop, "TWO"), "a1 b c d e f g h1");
}

/// One commit does what two stories do, and says of neither that it is it.
#[test]
fn a_commit_that_could_be_either_story() {
    let mut shop = following();
    let base = shop.canonical;
    let edit = [(VIEW, "a {}", "a1 {}")];
    shop.story("ONE", &edit);
    shop.story("TWO", &edit);
    shop.canonical = shop.commit(Some(base), &edit, "Something (#1)");
    assert_snapshot!(audited(&shop), @r"
    begins: declared, examined: 1
    ambiguous Jo: Something (#1) [views/orders.view.lkml]
    ");
}
