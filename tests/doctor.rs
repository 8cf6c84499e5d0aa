//! What `doctor` finds, in folders and in repositories that real git made.
#![cfg(unix)]

mod common;

use std::process::Command;

use common::Place;
use serde_json::Value;

const MANIFEST: &str = "[environment.dev1]\nmodels = \"{name}_dev1\"\n\n[environment.dev2]\n\
    connections = { other = \"x\" }\n";

fn place() -> Place {
    Place::of(&[
        ("orders.model.lkml", "connection: \"warehouse\"\n"),
        ("storyline.toml", MANIFEST),
    ])
}

/// Runs git in the project, with nobody's settings.
fn git(place: &Place, args: &[&str]) {
    let run = Command::new("git")
        .args(args)
        .current_dir(&place.root)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git is installed");
    assert!(run.status.success(), "git {args:?}: {run:?}");
}

/// What is told of a project after git's commands, and that nothing was changed.
#[track_caller]
fn check(place: &Place, commands: &[&[&str]]) -> String {
    commands.iter().for_each(|args| git(place, args));
    let before = place.stands();
    let told = place.run(&["doctor"]).to_string();
    assert_eq!(place.stands(), before);
    told
}

const INIT: &[&str] = &["init", "--quiet", "--initial-branch=main"];

#[test]
fn names_that_do_not_work() {
    insta::assert_snapshot!(check(&place(), &[]), @"");
}

#[test]
fn all_is_well() {
    let place = place();
    place.write("storyline.toml", "[environment.dev1]\nmodels = \"{name}_dev1\"\n");
    place.write(
        ".pre-commit-config.yaml",
        "repos:\n- repo: x\n  hooks:\n  - id: storyline-check\n",
    );
    insta::assert_snapshot!(check(&place, &[INIT]), @"");
    place.succeeds(&["stamp", "dev1"]);
    insta::assert_snapshot!(check(&place, &[&["config", "storyline.environment", "dev1"]]), @"");
    insta::assert_snapshot!(check(&place, &[&["config", "storyline.environment", "dev9"]]), @"");
}

#[test]
fn bytes_that_git_changes() {
    let place = place();
    place.write("storyline.toml", "[environment.dev1]\n");
    place.write("crlf.view.lkml", "view: v {}\r\n");
    place.write("raw/a.view.lkml", "view: v {}\r\n");
    place.write(
        ".gitattributes",
        "*.lkml text=auto\nraw/* -text\n*.yml filter=x\n*.yaml eol=crlf\n",
    );
    place.write("a.yml", "").write("b.yml", "").write("c.yaml", "");
    place.write(".pre-commit-config.yaml", "repos: []\n");
    insta::assert_snapshot!(check(&place, &[INIT, &["config", "core.hooksPath", ".hooks"]]), @"");
    insta::assert_snapshot!(check(&place, &[&["config", "core.autocrlf", "true"]]), @"");
}

#[test]
fn without_a_manifest_or_with_a_broken_one() {
    let place = place();
    place.write("storyline.toml", "[environment.dev1]\nmodel = \"x\"\n[looker]\nhosts = [\"\"]\n");
    insta::assert_snapshot!(check(&place, &[]), @"");
    place.write("storyline.toml", "");
    insta::assert_snapshot!(check(&place, &[]), @"");
    std::fs::remove_file(place.root.join("storyline.toml")).expect("it is there");
    insta::assert_snapshot!(check(&place, &[]), @"");
}

#[test]
fn a_repository_that_cannot_be_read() {
    let place = place();
    git(&place, INIT);
    place.write(".git/config", "[core\n");
    let told = check(&place, &[]);
    assert!(told.contains("problem  the Git repository of "), "{told}");
}

#[test]
fn for_programs() {
    let printed = place().run(&["doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(printed.stdout()).expect("JSON");
    let problems: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["state"] == "problem")
        .collect();
    assert_eq!(problems.len(), 1);
    assert!(problems[0]["mend"].is_string());
    assert_eq!(printed.code(), Some(1));
}
