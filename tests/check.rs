//! `storyline check`: what it finds, where, and what `--fix` does about it.

mod common;

use common::{Place, Run};
use serde_json::Value;

/// Everything that is said about a project of `files`.
#[track_caller]
fn check(files: &[(&str, &str)]) -> String {
    Place::of(files).run(&["check"]).to_string()
}

#[test]
fn a_sound_project() {
    insta::assert_snapshot!(check(&[
        ("a.model.lkml", "connection: \"c\"\ninclude: \"views/*.view\"\nexplore: orders {}\n"),
        ("views/orders.view.lkml", "view: orders { dimension: id {} }\n"),
        ("notes.md", "connection: {"),
    ]), @r"");
}

#[test]
fn mistakes_that_looker_would_stumble_over() {
    insta::assert_snapshot!(check(&[
        ("a.model.lkml", "connection: \"c\"\ninclude: \"/views/user.view\"\nexplore: orders {\n"),
        ("b/a.model.lkml", "label: \"A\"\n"),
        ("views/users.view.lkml", "view: users { dimension id {} }\n"),
        ("x.dashboard.lookml", "- dashboard: x\n  title: a: b\n"),
        ("y.dashboard.lookml", "- dashboard: y\n  title: One\n  title: Two\n"),
    ]), @r"");
}

const ENTRIES: &str = "explore: orders {
  model: shop
  label: \"Orders\"   # as it is
}
explore: +orders { label: \"x\" model: \"shop\" }
view: users {
\tmodel: shop # why
  dimension: model {}
}\r
view: +users { model: shop }
explore: e {\r
  model: shop\r
}";

#[test]
fn needless_entries_are_taken_out_and_nothing_else() {
    let place = Place::of(&[("a.explore.lkml", ENTRIES)]);
    let found = place.run(&["check"]);
    assert_eq!(found.output.status.code(), Some(1));
    insta::assert_snapshot!(place.run(&["check", "--fix"]), @r"");
    let mended = std::fs::read_to_string(place.root.join("a.explore.lkml")).expect("it is there");
    insta::assert_debug_snapshot!(mended, @"");
}

#[test]
fn only_what_is_asked_for() {
    let place = Place::of(&[
        ("a.explore.lkml", "explore: a { model: m }\n"),
        ("b/c.explore.lkml", "explore: c { model: m }\n"),
        ("b/d/e.explore.lkml", "explore: e { model: m }\n"),
    ]);
    let found = |args: &[&str]| {
        let run = place.run(&[&["check", "--format", "json"], args].concat());
        let report: Value = serde_json::from_slice(&run.output.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("a list").clone();
        let files = findings.iter().map(|f| f["places"][0]["file"].as_str());
        files
            .map(|file| file.expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[]).len(), 3);
    assert_eq!(found(&["."]).len(), 3);
    assert_eq!(found(&["a.explore.lkml"]), ["a.explore.lkml"]);
    assert_eq!(found(&["b"]), ["b/c.explore.lkml", "b/d/e.explore.lkml"]);
    assert_eq!(
        found(&["b/d/", "a.explore.lkml"]),
        ["a.explore.lkml", "b/d/e.explore.lkml"]
    );
    assert_eq!(found(&["../project/b/d"]), ["b/d/e.explore.lkml"]);
    assert_eq!(found(&[".."]), [""; 0]);
    insta::assert_snapshot!(place.run(&["check", "nowhere"]), @r"");
}

const MANIFEST: &str = "[environment.dev1]
models = \"{name}_dev1\"
labels = \"{name} (dev1)\"
connections = { warehouse = \"warehouse_dev1\" }
";

#[test]
fn names_that_do_not_belong() {
    insta::assert_snapshot!(check(&[
        ("storyline.toml", MANIFEST),
        ("shop.model.lkml", "connection: \"warehouse\"\n"),
        ("more.model.lkml", "connection: \"lake\"\nlabel: \"More\"\n"),
        ("x.dashboard.lookml", "- dashboard: x\n  elements:\n  - name: a\n    model: shop_dev1\n"),
    ]), @r"");
    let stamped = Place::of(&[
        ("storyline.toml", MANIFEST),
        (
            "shop_dev1.model.lkml",
            "connection: \"warehouse_dev1\"\nlabel: \"Shop (dev1)\"\n",
        ),
        (
            "x.dashboard.lookml",
            "- dashboard: x\n  elements:\n  - name: a\n    model: shop\n",
        ),
    ]);
    insta::assert_snapshot!(stamped.run(&["check", "--env", "dev1"]), @r"");
}

#[test]
fn forms_for_forges() {
    let place = Place::of(&[(
        "views/50% of: it,.view.lkml",
        "view: users { model: \"caf\u{e9}\" }\n",
    )]);
    let github = |run: &Run| String::from_utf8_lossy(&run.output.stdout).into_owned();
    insta::assert_snapshot!(github(&place.run(&["check", "--format", "github"])), @"");
    let gitlab = place.run(&["check", "--format", "gitlab"]);
    insta::assert_snapshot!(gitlab, @"");
    let sarif = place.run(&["check", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&sarif.output.stdout).expect("JSON");
    insta::assert_snapshot!(sarif["runs"][0]["results"].to_string(), @"");
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"],
        "model-entry"
    );
}

#[test]
fn a_forge_knows_files_by_their_path_in_the_repository() {
    let place = Place::of(&[("looker/a.explore.lkml", "explore: a { model: m }\n")]);
    let run = place.run(&["-C", "looker", "check", "--format", "github"]);
    let said = String::from_utf8_lossy(&run.output.stdout).into_owned();
    assert!(said.contains("file=looker/a.explore.lkml,"), "{run}");
}

#[test]
fn every_finding_is_explained() {
    let place = Place::new();
    let told = place
        .run(&["check", "--explain", "model-entry"])
        .to_string();
    insta::assert_snapshot!(told, @"");
    insta::assert_snapshot!(place.run(&["check", "--explain", "nothing"]).to_string().lines().take(3).collect::<Vec<_>>().join("\n"), @"");
}
