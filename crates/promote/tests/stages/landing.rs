//! What comes onto a stage, and what stops it.

use std::fmt::Write as _;

use insta::assert_snapshot;
use storyline_promote::{Refusal, Refused, Sequence};
use storyline_repo::{Kind, ObjectId, RawCommit};
use storyline_text::RelPath;

use super::shop::{MANIFEST, Shop, VIEW};

/// A dashboard, whose model is called otherwise on the stage.
const BOARD: &str = "boards/daily.dashboard.lookml";
const BOARD_TEXT: &str = "- dashboard: daily\n  title: Daily\n  elements:\n  - name: all\n    model: shop\n    explore: orders\n";

fn line<'e>(from: &'e str, to: &'e str) -> (&'static str, &'e str, &'e str) {
    (VIEW, from, to)
}

fn told(done: &Result<Sequence, Box<Refused>>) -> String {
    let mut text = String::new();
    let sequence = match done {
        Ok(sequence) => sequence,
        Err(refused) => {
            let why = match &refused.refusal {
                Refusal::Conflict(trouble) => {
                    let clashes = trouble.clashes.iter().map(|clash| clash.path.to_string());
                    let unclear = trouble
                        .unclear
                        .iter()
                        .map(|path| format!("{path} (unclear)"));
                    clashes.chain(unclear).collect::<Vec<_>>().join(" ")
                }
                Refusal::ManifestOnly => "nothing but the manifest".into(),
                Refusal::DependencyMissing { on, .. } => format!("needs {on}"),
                Refusal::Unstampable(reasons) => {
                    let ids = reasons.iter().map(|reason| reason.id.to_string());
                    ids.collect::<Vec<_>>().join(" ")
                }
            };
            return format!("{} stays: {why}", refused.wanted.revision.story);
        }
    };
    for step in &sequence.landings {
        let files: Vec<_> = step
            .candidate
            .changed
            .keys()
            .map(ToString::to_string)
            .collect();
        let replaces = step.replaces.map_or("", |_| " in place of another");
        let story = &step.wanted.revision.story;
        let _ = writeln!(text, "{story} comes{replaces}: [{}]", files.join(" "));
        for file in &step.manifest_files {
            let _ = writeln!(text, "  without {file}");
        }
    }
    for (wanted, _) in &sequence.there {
        let _ = writeln!(text, "{} is there", wanted.revision.story);
    }
    text
}

/// The message of the stage's newest commit, with words for the names of revisions and commits.
fn message(shop: &Shop, names: &[(&str, String)]) -> String {
    let message = shop.within(|workspace| {
        let bytes = workspace.objects().read_as(shop.tip, Kind::Commit);
        let bytes = bytes.expect("it is there");
        let commit = RawCommit::parse(&bytes).expect("it was just made");
        String::from_utf8(commit.message().to_vec()).expect("text")
    });
    let named = |text: String, (name, id): &(&str, String)| text.replace(id, name);
    names.iter().fold(message, named)
}

/// The blob at a path of the stage itself.
fn blob(shop: &Shop, path: &str) -> Option<ObjectId> {
    let path = RelPath::new(path.as_bytes()).expect("a plain path");
    shop.within(|workspace| {
        let tree = workspace.tree_of(shop.tip).expect("it is there");
        let leaf = workspace.leaf(tree, &path).expect("a tree");
        leaf.map(|leaf| leaf.id)
    })
}

fn tree(shop: &Shop, commit: ObjectId) -> ObjectId {
    shop.within(|workspace| workspace.tree_of(commit).expect("it is there"))
}

/// A shop whose canonical branch, and whose stage, have a dashboard.
fn with_board() -> Shop {
    let mut shop = Shop::new();
    let board = shop.story("BOARD", &[(BOARD, "", BOARD_TEXT)]);
    shop.promote(&[&board]).expect("it fits");
    shop.canonical = board.change.to;
    shop
}

#[test]
fn a_newer_revision_comes_in_one_commit_in_place_of_the_older_one() {
    let mut shop = Shop::new();
    let old = shop.story("ONE", &[line("a {}", "a1 {}"), line("b {}", "b1 {}")]);
    let new = shop.story("ONE", &[line("a {}", "a2 {}"), line("c {}", "c2 {}")]);
    let two = shop.story("TWO", &[line("h {}", "h1 {}")]);
    assert_snapshot!(told(&shop.promote(&[&old])), @"ONE comes: [views/orders.view.lkml]");
    shop.promote(&[&two]).expect("it fits");
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&new])), @"ONE comes in place of another: [views/orders.view.lkml]");
    assert_eq!(shop.lines(), "a2 b c2 d e f g h1");
    let names = [
        ("OLD", old.revision.to_string()),
        ("NEW", new.revision.to_string()),
        ("BASE", new.change.from.to_string()),
        ("TIP", new.change.to.to_string()),
    ];
    assert_snapshot!(message(&shop, &names), @"
    Land ONE: Something new

    Storyline-Kind: land
    Story-Id: ONE
    Story-Revision: NEW
    Story-Base: BASE
    Source-Commit: TIP
    Replaces: OLD
    Promotion-Id: p
    ");
    let parent = shop.look(|_, history| history.ledger().tip().and_then(|entry| entry.parent));
    assert_eq!(parent, Some(before), "one commit");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 3");
}

#[test]
fn the_same_revision_is_there_already() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let two = shop.story("TWO", &[line("b {}", "b1 {}")]);
    shop.promote(&[&one]).expect("it fits");
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE is there");
    assert_eq!(shop.tip, before);
    assert_snapshot!(told(&shop.promote(&[&one, &two])), @"
    TWO comes: [views/orders.view.lkml]
    ONE is there
    ");
}

/// Somebody wrote the canonical name of a model into a file on the stage. What is elsewhere does not care.
#[test]
fn unknown_content_elsewhere_blocks_nothing_and_stays_as_it_is() {
    let mut shop = with_board();
    shop.on_stage(&[(BOARD, "shop_acc", "shop")], "Mended in a hurry");
    let paths = ["storyline.toml", "shop_acc.model.lkml", BOARD];
    let before = paths.map(|path| blob(&shop, path));
    assert!(before.iter().all(Option::is_some));
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE comes: [views/orders.view.lkml]");
    assert_eq!(paths.map(|path| blob(&shop, path)), before);
    assert_eq!(shop.lines(), "a1 b c d e f g h");
}

#[test]
fn unknown_content_in_a_touched_file_stops_the_landing() {
    let mut shop = with_board();
    let one = shop.story("ONE", &[(BOARD, "Daily", "Weekly"), line("a {}", "a1 {}")]);
    shop.on_stage(&[(BOARD, "shop_acc", "shop")], "Mended in a hurry");
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE stays: boards/daily.dashboard.lookml (unclear)");
    assert_eq!(shop.tip, before);
    shop.on_stage(
        &[(BOARD, "model: shop", "model: shop_acc")],
        "Mended for good",
    );
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE comes: [boards/daily.dashboard.lookml views/orders.view.lkml]");
}

#[test]
fn what_does_not_fit_stops_all_that_were_asked_for() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let two = shop.story("TWO", &[line("b {}", "b1 {}"), line("a {}", "a2 {}")]);
    shop.promote(&[&one]).expect("it fits");
    let three = shop.story("THREE", &[line("c {}", "c1 {}")]);
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&three, &two])), @"TWO stays: views/orders.view.lkml");
    assert_eq!(shop.tip, before);
}

#[test]
fn two_stories_remove_the_same_file() {
    let mut shop = with_board();
    let one = shop.story("ONE", &[(BOARD, BOARD_TEXT, "")]);
    let two = shop.story("TWO", &[(BOARD, BOARD_TEXT, ""), line("a {}", "a1 {}")]);
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE comes: [boards/daily.dashboard.lookml]");
    assert_snapshot!(told(&shop.promote(&[&two])), @"TWO comes: [views/orders.view.lkml]");
    assert_eq!(blob(&shop, BOARD), None);
    // Backwards the file would come back; done anew, the other one still removes it. A person says which.
    let taken = shop.taken_off("ONE");
    assert!(taken.revert.is_ok() && taken.rebuild.is_ok());
    assert!(taken.agreed().is_none());
    let responsible: Vec<_> = taken.responsible.keys().map(ToString::to_string).collect();
    assert_eq!(responsible, ["TWO"]);
}

#[test]
fn a_removed_file_that_was_changed_on_the_stage_stops_the_landing() {
    let mut shop = with_board();
    let gone = shop.story("GONE", &[(BOARD, BOARD_TEXT, "")]);
    let edit = shop.story("EDIT", &[(BOARD, "Daily", "Weekly")]);
    shop.promote(&[&edit]).expect("it fits");
    assert_snapshot!(told(&shop.promote(&[&gone])), @"GONE stays: boards/daily.dashboard.lookml");
    shop.back_out("EDIT", None);
    assert_snapshot!(told(&shop.promote(&[&gone])), @"GONE comes: [boards/daily.dashboard.lookml]");
    assert_snapshot!(told(&shop.promote(&[&edit])), @"EDIT stays: boards/daily.dashboard.lookml");
}

#[test]
fn the_manifest_never_comes_with_a_story() {
    let mut shop = Shop::new();
    let newer = MANIFEST.replace("_acc", "_acceptance");
    let manifest = ("storyline.toml", "", newer.as_str());
    let both = shop.story("BOTH", &[manifest, line("a {}", "a1 {}")]);
    let only = shop.story("ONLY", &[manifest]);
    let before = blob(&shop, "storyline.toml");
    assert_snapshot!(told(&shop.promote(&[&both])), @"
    BOTH comes: [views/orders.view.lkml]
      without storyline.toml
    ");
    assert_eq!(blob(&shop, "storyline.toml"), before);
    assert_snapshot!(told(&shop.promote(&[&only])), @"ONLY stays: nothing but the manifest");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 1");
}

#[test]
fn a_name_that_would_not_come_back_stops_the_landing() {
    let mut shop = with_board();
    let one = shop.story("ONE", &[(BOARD, "model: shop", "model: shop_acc")]);
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE stays: stamped-name");
    assert_eq!(shop.tip, before);
}

#[test]
fn what_is_there_already_comes_as_an_empty_commit() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.on_stage(&[line("a {}", "a1 {}")], "Mended in a hurry");
    let before = shop.tip;
    assert_snapshot!(told(&shop.promote(&[&one])), @"ONE comes: []");
    assert_ne!(shop.tip, before);
    assert_eq!(tree(&shop, shop.tip), tree(&shop, before));
    let on = shop.look(|_, history| history.ledger().on_stage().into_keys().collect::<Vec<_>>());
    assert_eq!(
        on.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["ONE"]
    );
}

#[test]
fn a_subject_is_no_trailers() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.promote(&[&one]).expect("it fits");
    let two = shop.story("TWO", &[line("b {}", "b1 {}")]);
    let forged = format!(
        "Two\n\nStoryline-Kind: back-out\nStory-Id: ONE\nStory-Revision: {}\nStory-Base: {}\nSource-Commit: {}\n\n",
        one.revision, one.change.from, one.change.to
    );
    let sequence = shop.proposed(&[&two], &forged).expect("it fits");
    shop.tip = sequence.landings[0].commit;
    let on = shop.look(|_, history| history.ledger().on_stage().len());
    assert_eq!(on, 2);
}
