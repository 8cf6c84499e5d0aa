//! What becomes of a stage when a story goes off it.

use std::fmt::Write as _;

use insta::assert_snapshot;
use storyline_promote::{Take, TakenOff};

use super::shop::{Shop, VIEW, view};

fn line<'e>(from: &'e str, to: &'e str) -> (&'static str, &'e str, &'e str) {
    (VIEW, from, to)
}

fn told(taken: &TakenOff) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "agreed: {}", taken.agreed().is_some());
    let way = match &taken.revert {
        Ok(_) => "fits".into(),
        Err(trouble) => format!(
            "clashes in {:?}",
            trouble.paths().map(ToString::to_string).collect::<Vec<_>>()
        ),
    };
    let _ = writeln!(text, "revert: {way}");
    let way = match &taken.rebuild {
        Ok(_) => "fits".into(),
        Err(stuck) => format!(
            "stuck at {:?} in {:?}",
            stuck.story.as_ref().map(|s| s.to_string()),
            stuck.paths().map(ToString::to_string).collect::<Vec<_>>()
        ),
    };
    let _ = writeln!(text, "rebuild: {way}");
    for path in &taken.differing {
        let _ = writeln!(text, "differs: {path}");
    }
    for (story, paths) in &taken.responsible {
        let _ = writeln!(
            text,
            "responsible: {story} {:?}",
            paths.iter().map(|p| p.to_string()).collect::<Vec<_>>()
        );
    }
    text
}

#[test]
fn the_whole_story_goes_and_nothing_but_the_story() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}"), line("d {}", "d1 {}")]);
    let two = shop.story("TWO", &[line("b {}", "b1 {}")]);
    shop.land(&one);
    shop.on_stage(&[line("h {}", "h1 {}")], "Foreign");
    shop.land(&two);
    assert_snapshot!(told(&shop.taken_off("ONE")), @r"
    agreed: true
    revert: fits
    rebuild: fits
    ");
    shop.back_out("ONE", None);
    assert_eq!(shop.lines(), "a b1 c d e f g h1");
}

/// Reverting a merge and merging the mended branch silently leaves out what was reverted. Here a story is no
/// merge, so whatever comes later brings all of it.
#[test]
fn a_story_that_was_backed_out_comes_back_as_a_whole() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}"), line("d {}", "d1 {}")]);
    let base = one.change.from;
    let mended = shop.commit(Some(one.change.to), &[line("e {}", "e1 {}")], "Mended");
    let mended = shop.submitted("ONE", base, mended);
    shop.land(&one);
    shop.back_out("ONE", None);
    assert_eq!(shop.lines(), "a b c d e f g h");
    shop.land(&mended);
    assert_eq!(shop.lines(), "a1 b c d1 e1 f g h");
    shop.back_out("ONE", None);
    shop.land(&one);
    assert_eq!(shop.lines(), "a1 b c d1 e f g h");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 5");
}

#[test]
fn a_story_on_top_of_another_is_named() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let before = shop.canonical;
    shop.canonical = one.change.to;
    let two = shop.story("TWO", &[line("a1 {}", "a2 {}")]);
    let three = shop.story("THREE", &[line("b {}", "b1 {}")]);
    shop.canonical = before;
    shop.land(&one);
    shop.land(&two);
    shop.land(&three);
    assert_snapshot!(told(&shop.taken_off("ONE")), @r#"
    agreed: false
    revert: clashes in ["views/orders.view.lkml"]
    rebuild: stuck at Some("TWO") in ["views/orders.view.lkml"]
    responsible: TWO ["views/orders.view.lkml"]
    "#);
    // What stood on it came and went: nothing is in the way.
    shop.back_out("TWO", None);
    shop.back_out("ONE", None);
    assert_eq!(shop.lines(), "a b1 c d e f g h");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 5");
}

#[test]
fn a_person_chooses_where_both_ways_differ() {
    let mut shop = Shop::new();
    // Both add the same line: backwards, it goes; rebuilt, the other one still brings it.
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let two = shop.story("TWO", &[line("a {}", "a1 {}"), line("b {}", "b1 {}")]);
    shop.land(&one);
    shop.land(&two);
    assert_snapshot!(told(&shop.taken_off("ONE")), @r#"
    agreed: false
    revert: fits
    rebuild: fits
    differs: views/orders.view.lkml
    responsible: TWO ["views/orders.view.lkml"]
    "#);
    shop.back_out("ONE", Some(Take::Rebuild));
    assert_eq!(shop.lines(), "a1 b1 c d e f g h");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 3");
    shop.back_out("TWO", None);
    assert_eq!(shop.lines(), "a b c d e f g h");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 4");
}

#[test]
fn a_hot_fix_that_became_a_story_goes_with_its_commit() {
    let mut shop = Shop::new();
    shop.on_stage(&[line("b {}", "b1 {}")], "Mended in a hurry");
    let commit = shop.tip;
    let fix = shop.story("FIX", &[line("b {}", "b1 {}")]);
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.land(&one);
    shop.hot_fix(&fix, commit);
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 3");
    assert_snapshot!(told(&shop.taken_off("FIX")), @r"
    agreed: true
    revert: fits
    rebuild: fits
    ");
    shop.back_out("FIX", None);
    assert_eq!(shop.lines(), "a1 b c d e f g h");
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 4");
}

#[test]
fn a_foreign_file_in_names_of_its_own_stays_as_it_is() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let stray = "view: x {\n  derived_table: { explore_source: orders {} }\n}\n";
    shop.land(&one);
    shop.on_stage(&[("views/x.view.lkml", "", stray)], "Foreign");
    shop.back_out("ONE", None);
    assert_eq!(shop.text("views/x.view.lkml"), stray);
    assert_eq!(shop.text(VIEW), view());
}
