//! Which commits on a stage are not what they say.

use insta::assert_snapshot;
use storyline_promote::{Deed, Landing, Take};

use super::shop::{MANIFEST, Shop, VIEW};

/// A line of the view, and what it becomes.
fn line<'e>(from: &'e str, to: &'e str) -> (&'static str, &'e str, &'e str) {
    (VIEW, from, to)
}

#[test]
fn what_stories_do_recomputes() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let two = shop.story(
        "TWO",
        &[
            line("b {}", "b1 {}"),
            ("views/new.view.lkml", "", "view: new {}\n"),
        ],
    );
    let newer = shop.story("ONE", &[line("a {}", "a2 {}"), line("c {}", "c2 {}")]);
    shop.land(&one);
    shop.land(&two);
    shop.land(&newer);
    assert_eq!(shop.lines(), "a2 b1 c2 d e f g h");
    shop.back_out("TWO", None);
    shop.back_out("ONE", None);
    assert_eq!(shop.lines(), "a b c d e f g h");
    shop.land(&newer);
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 6");
}

#[test]
fn what_somebody_did_to_the_stage_itself_is_foreign() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.on_stage(&[line("b {}", "b1 {}")], "Mended in a hurry");
    shop.land(&one);
    shop.on_stage(
        &[(
            "shop_acc.model.lkml",
            "orders {}",
            "orders {}\nexplore: more {}",
        )],
        "Another",
    );
    assert_snapshot!(shop.audited(), @r"
    begins: canonical, examined: 3
    no-trailers Jo: Mended in a hurry [views/orders.view.lkml]
    no-trailers Jo: Another [shop.model.lkml]
    ");
}

#[test]
fn forged_trailers_do_not_recompute() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let claim = |landed| {
        let deed = Deed::Land(Landing {
            revision: landed,
            replaces: None,
            depends: Vec::new(),
            promotion: String::new(),
        });
        format!("Land\n\n{deed}")
    };
    // More than the story; not the story; a revision that nobody handed in; nothing that is there.
    shop.on_stage(
        &[line("a {}", "a1 {}"), line("h {}", "h1 {}")],
        &claim(one.clone()),
    );
    shop.claim_back_out(&one, &[line("h1 {}", "h2 {}")]);
    let mut unknown = one.clone();
    unknown.change.to = shop.tip;
    shop.on_stage(&[], &claim(unknown));
    shop.back_out("ONE", Some(Take::Revert));
    shop.claim_back_out(&one, &[]);
    assert_snapshot!(shop.audited(), @r#"
    begins: canonical, examined: 5
    does-not-recompute Jo: Land [views/orders.view.lkml]
    does-not-recompute Jo: Back out [views/orders.view.lkml]
    revision-unknown Jo: Land []
    revision-unknown Jo: Back out ONE [views/orders.view.lkml]
    not-on-stage Jo: Back out []
    "#);
}

#[test]
fn a_newer_manifest_recomputes() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.land(&one);
    let newer = MANIFEST.replacen("_acc", "_acceptance", 1);
    let renamed = [("storyline.toml", "", newer.as_str())];
    shop.canonical = shop.commit(Some(shop.canonical), &renamed, "Rename");
    let deed = Deed::Manifest {
        source: shop.canonical,
    };
    let model = "connection: \"warehouse_acc\"\ninclude: \"/views/*\"\nexplore: orders {}\n";
    shop.on_stage(
        &[
            ("storyline.toml", "", &newer),
            ("shop_acc.model.lkml", model, ""),
            ("shop_acceptance.model.lkml", "", model),
        ],
        &format!("Manifest\n\n{deed}"),
    );
    assert_snapshot!(shop.audited(), @"begins: canonical, examined: 2");
}

/// What was made by hand before the first story is no beginning, also where it was taken back, or says that it is
/// one.
#[test]
fn a_stage_begins_with_what_canonical_had() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let adopt = format!("Adopt\n\n{}", Deed::Adopt);
    shop.on_stage(&[line("h {}", "h1 {}")], "By hand");
    shop.on_stage(&[line("h1 {}", "h {}")], "Taken back");
    shop.on_stage(&[line("g {}", "g1 {}")], &adopt);
    shop.land(&one);
    assert_snapshot!(shop.audited(), @r#"
    begins: canonical, examined: 4
    no-trailers Jo: By hand [views/orders.view.lkml]
    does-not-recompute Jo: Adopt [views/orders.view.lkml]
    "#);
}

/// It went with canonical for a while before stories came.
#[test]
fn a_stage_that_began_with_several_commits() {
    let mut shop = Shop::new();
    for (from, to) in [("h {}", "h1 {}"), ("h1 {}", "h2 {}")] {
        shop.canonical = shop.commit(Some(shop.canonical), &[line(from, to)], "More");
        shop.on_stage(&[line(from, to)], "More");
    }
    shop.on_stage(&[line("g {}", "g1 {}")], "By hand");
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    shop.land(&one);
    assert_snapshot!(shop.audited(), @r"
    begins: canonical, examined: 2
    no-trailers Jo: By hand [views/orders.view.lkml]
    ");
}

/// It never had canonical's files: since it came under the manifest, everything is looked at.
#[test]
fn how_a_stage_began_is_not_known() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[line("a {}", "a1 {}")]);
    let edits = [
        ("storyline.toml", "", MANIFEST),
        (VIEW, "", &*super::shop::view().replace("h {}", "h2 {}")),
    ];
    shop.tip = shop.commit(None, &edits[1..], "Long ago");
    shop.on_stage(&[line("g {}", "g2 {}")], "Later");
    shop.on_stage(&edits[..1], "The manifest");
    shop.on_stage(&[line("f {}", "f2 {}")], "By hand");
    shop.land(&one);
    assert_snapshot!(shop.audited(), @r#"
    begins: unknown, examined: 2
    no-trailers Jo: By hand [views/orders.view.lkml]
    "#);
}
