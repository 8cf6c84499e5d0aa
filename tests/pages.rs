//! `storyline preview --html`: the pages of real merges, as a browser shows them.
#![cfg(unix)]

mod common;

#[path = "../crates/diff/tests/page/browser.rs"]
mod browser;

use std::fs;

use browser::looked_at;
use common::Place;
use common::team::{Clone, Team, VIEW, view};

/// The page of the last commit of a clone.
fn page(clone: &Clone<'_>) -> String {
    clone.succeeds(&[
        "preview",
        "--base",
        "HEAD^1",
        "--head",
        "HEAD",
        "--html",
        "page.html",
    ]);
    fs::read_to_string(clone.root.join("page.html")).expect("it was written")
}

/// A branch that changes a view and adds names that would act in a page, merged.
fn merge(team: &Team) -> String {
    let dev = team.clone("dev");
    dev.git(&["switch", "--quiet", "--create", "feature"]);
    dev.commit(VIEW, &view("orders_2", "tax"), "Tax");
    let name = "views/<img src=x onerror=alert(1)>\u{202e}.view.lkml";
    dev.commit(
        name,
        "view: v { label: \"</td><script>alert(1)</script>\" }\n",
        "More",
    );
    dev.git(&["switch", "--quiet", "main"]);
    dev.git(&["merge", "--quiet", "--no-ff", "--no-edit", "feature"]);
    page(&dev)
}

/// What differs between a project and a stamped copy that somebody changed.
fn fork() -> String {
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1]\nconnections = \"{name}_dev1\"\nmodels = \"{name}_dev1\"\n",
        ),
        (
            "shop.model.lkml",
            "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n",
        ),
        (VIEW, &view("orders", "count")),
    ]);
    place.succeeds(&["stamp", "dev1", "--into", "../after"]);
    fs::write(place.top.join("after").join(VIEW), view("orders", "tax")).expect("a file of ours");
    let page = place.top.join("page.html");
    let shown = page.to_str().expect("a plain name");
    place.succeeds(&[
        "preview", "--base", ".", "--head", "../after", "--html", shown,
    ]);
    fs::read_to_string(page).expect("it was written")
}

#[test]
fn from_a_merge_to_what_is_seen() {
    let team = Team::new();
    let pages = [("merge.html", merge(&team)), ("fork.html", fork())];
    let orders = looked_at(&pages);
    if let Some(order) = orders.get("merge.html") {
        insta::assert_snapshot!(order, @r"
        a To the changes
        summary Explores 1
        summary What changes
        a + view v
        a ~ view orders
        a - measure count
        a + measure tax
        summary + views/<img src=x onerror=alert(1)>\u{202e}.view.lkml new f
        a line 1
        summary ~ views/orders.view.lkml +2 -2
        a line 2
        a line 9
        a line 9
        ");
    }
    if let Some(order) = orders.get("fork.html") {
        insta::assert_snapshot!(order, @r"
        a To the changes
        summary Explores 1
        summary What changes
        a · view orders
        a - measure count
        a + measure tax
        input canonical
        summary ~ views/orders.view.lkml +1 -1
        a line 9
        a line 9
        ");
    }
}
