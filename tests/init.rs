//! What `init` proposes for a project, alone and in a repository that real git made.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::Command;

use common::Place;
use serde_json::Value;

const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/*.view\"\n";

fn small() -> Place {
    Place::of(&[
        ("orders.model.lkml", MODEL),
        ("v.view.lkml", "view: v {}\n"),
    ])
}

/// Runs git in the project, with nobody's settings.
fn git(place: &Place, args: &[&str]) {
    let run = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
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

/// A repository with a commit on `main`.
fn repository(place: &Place) {
    git(place, &["init", "--quiet", "--initial-branch=main"]);
    git(place, &["add", "."]);
    git(place, &["commit", "--quiet", "--message", "first"]);
}

#[test]
fn two_lines_make_a_developer() {
    let place = small();
    let before = place.stands();
    assert_eq!(
        place
            .succeeds(&["init"])
            .lines()
            .filter(|l| l.contains("dev1]"))
            .count(),
        1
    );
    assert_eq!(place.stands(), before, "nothing is written unasked");
    insta::assert_snapshot!(place.run(&["init", "--write"]), @r"
    $ storyline init --write
    --- stdout
    wrote storyline.toml
    next: look it over, take the `#` from `[environment.dev1]` and the line below it, then `storyline stamp dev1 --dry-run`
    --- exit code 0
    ");
    let path = Path::new("storyline.toml");
    let text = std::fs::read_to_string(place.root.join(path)).expect("it was written");
    let text = text
        .replace("# [environment.dev1]", "[environment.dev1]")
        .replace("# template = \"developer\"", "template = \"developer\"");
    place.write(path, text);
    let canonical = place.stands();
    insta::assert_snapshot!(place.run(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stdout
    stamped dev1: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), canonical);
}

#[test]
fn what_git_tells() {
    let place = small();
    repository(&place);
    git(
        &place,
        &[
            "remote",
            "add",
            "origin",
            "https://me:s3cret@git.example.com/acme/looker.git",
        ],
    );
    git(&place, &["branch", "env/staging"]);
    git(&place, &["branch", "production"]);
    git(&place, &["pack-refs", "--all"]);
    let printed = place.succeeds(&["init", "--format", "json"]);
    assert!(!printed.contains("s3cret"));
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let manifest = printed["manifest"].as_str().expect("one is needed");
    let start = manifest
        .find("\n# The form")
        .expect("a repository was found");
    insta::assert_snapshot!(&manifest[start..], @r#"

    # The form that everybody shares and reviews.
    [canonical]
    repository = "https://git.example.com/acme/looker.git"
    branch     = "main"

    # What all developers have in common: {name} is the canonical name, {env} the
    # environment's; `:snake` makes an identifier of it.
    [template.developer]
    connections = "{name}_{env:snake}"   # warehouse -> warehouse_dev1
    models      = "{name}_{env:snake}"   # orders -> orders_dev1

    # A new developer, without the `#`:
    # [environment.dev1]
    # template = "developer"

    [environment.staging]
    branch = "env/staging"
    # connections = { warehouse = "warehouse_staging" }

    [environment.production]
    branch = "production"
    # connections = { warehouse = "warehouse_production" }

    # The way of a story through the stages, if this is it:
    # [pipeline]
    # stages = ["staging", "production"]
    "#);
    assert_eq!(
        printed["environments"],
        serde_json::json!(["staging", "production"])
    );
    assert_eq!(printed["written"], false);
    place.succeeds(&["init", "--write"]);
    let canonical = place.stands();
    insta::assert_snapshot!(place.run(&["stamp", "staging"]), @r"
    $ storyline stamp staging
    --- stdout
    stamped staging: 0 names in 0 files, 0 renamed, 3 unchanged
    --- exit code 0
    ");
    place.succeeds(&["unstamp", "staging"]);
    assert_eq!(place.stands(), canonical);
}

#[test]
fn a_manifest_is_never_overwritten() {
    for name in ["storyline.toml", "environments/dev1.toml"] {
        let place = small();
        place.write(name, "");
        let printed = place.refused(&["init", "--write"]);
        if name == "storyline.toml" {
            insta::assert_snapshot!(printed, @r"
            $ storyline init --write
            --- stderr
            error[manifest-exists]: this project has a manifest already
            --> storyline.toml
             = help: `storyline doctor` tells what it lacks; edit it, or move it away and run `init` again

            nothing was changed
            --- exit code 2
            ");
        }
    }
    let place = small();
    place.link("storyline.toml", "/nowhere");
    insta::assert_snapshot!(place.refused(&["init", "--write"]), @r"
    $ storyline init --write
    --- stderr
    error[file-unusable]: `storyline.toml` is a link, which is not followed
     |
     = help: put the manifest itself there, as a plain file

    nothing was changed
    --- exit code 2
    ");
}

#[test]
fn none_is_needed() {
    let place = Place::of(&[(
        "v.view.lkml",
        "view: v { sql_table_name: {{ _user_attributes['schema'] }}.t ;; }\n",
    )]);
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["init", "--write"]), @r"
    $ storyline init --write
    --- stdout
    no manifest is needed: nothing here has to be stamped
    - names of tables: Looker fills in `_user_attributes['schema']` for each person (v.view.lkml:1)
    --- exit code 0
    ");
    assert_eq!(place.stands(), before);
}

#[test]
fn a_repository_that_cannot_be_read() {
    let place = small();
    repository(&place);
    place.write(".git/config", "[core\n");
    insta::assert_snapshot!(
        place.run(&["init", "--write"]).to_string().lines().take(8).collect::<Vec<_>>().join("\n"),
        @r"
        $ storyline init --write
        --- stdout
        wrote storyline.toml
        next: look it over, take the `#` from `[environment.dev1]` and the line below it, then `storyline stamp dev1 --dry-run`
        --- stderr
        warning[repository-unreadable]: the Git repository of [DIR]/project cannot be read: failed to parse config file: missing ']' in section header (in [DIR]/project/.git/config:1)
         |
         = help: mend what it says; `git status` and `git fsck` say more
        "
    );
}
