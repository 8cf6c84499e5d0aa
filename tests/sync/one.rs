//! One environment, from its first sync on.

use super::*;

#[test]
fn first_sync_nothing_to_do_and_new_commits() {
    let team = with_dev1();
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.run(&["sync", "dev1", "--dry-run"]), @r#"
    $ storyline sync dev1 --dry-run
    --- stdout
    dev1 would move at [DIR]/dev1.git:
      main  new at <1>, 2 commits
    --- exit code 0
    "#);
    assert_eq!(branches(&team, "dev1"), "");
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      main  new at <1>, 2 commits
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 is up to date: main at <1>
    --- exit code 0
    "#);
    ada.land(VIEW, &view("orders_v2"), "Read the new table");
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      main  <1>..<2>, 1 commit
    --- exit code 0
    "#);
    let files = team.git(
        &fork(&team, "dev1"),
        &["ls-tree", "-r", "--name-only", "main"],
    );
    insta::assert_snapshot!(files, @r#"
    shop_dev1.model.lkml
    storyline.toml
    views/orders.view.lkml
    "#);
    let json = ada.run(&["sync", "dev1", "--format", "json"]);
    insta::assert_snapshot!(json, @r#"
    $ storyline sync dev1 --format json
    --- stdout
    {
      "done": true,
      "dry_run": false,
      "canonical": {
        "repository": "[DIR]/canonical.git",
        "branch": "main",
        "commit": "<1>"
      },
      "environments": [
        {
          "environment": "dev1",
          "outcome": "up-to-date",
          "repository": "[DIR]/dev1.git",
          "branches": [
            {
              "branch": "main",
              "story": null,
              "old": "<2>",
              "new": "<2>",
              "commits": 0,
              "backup": null
            }
          ],
          "opaque": [],
          "rebuilt": [],
          "diagnostics": []
        }
      ]
    }
    --- exit code 0
    "#);
}

#[test]
fn the_working_tree_does_not_matter() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    ada.git(&["switch", "--quiet", "--detach", "HEAD~1"]);
    ada.write(VIEW, "half a view {");
    ada.write("storyline.toml.orig", "[");
    let before = ada.git(&["status", "--porcelain", "--branch"]);
    ada.succeeds(&["sync", "dev1", "--story", "ABC-12"]);
    assert_eq!(ada.git(&["status", "--porcelain", "--branch"]), before);
}

#[test]
fn unknown_environment_and_no_manifest() {
    let team = with_dev1();
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["sync", "dev2"]), @r#"
    $ storyline sync dev2
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev2`
     |
     = help: did you mean `dev1`?
    --- exit code 2
    "#);
    let bob = team.clone("bob");
    bob.git(&["rm", "--quiet", "storyline.toml"]);
    bob.git(&["commit", "--quiet", "-m", "No manifest"]);
    bob.git(&["push", "--quiet", "origin", "main"]);
    insta::assert_snapshot!(ada.refused(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stderr
    error[no-manifest]: `main` of [DIR]/canonical.git has no `storyline.toml`
     |
     = help: `storyline init --write` proposes one; commit it, and land it there first
    --- exit code 2
    "#);
}

#[test]
fn hostile_addresses() {
    for url in [
        "ext::sh -c 'touch canary'",
        "ext::touch%20canary",
        "EXT::touch canary",
        "-x",
        "--upload-pack=touch canary",
        "ssh://-oProxyCommand=touch canary/x",
        "ssh://-oProxyCommand=touch/x",
        "file://-x",
        "git@host:-x",
        "../dev1.git",
        "http://127.0.0.1:1/dev1.git",
    ] {
        let team = with_dev1();
        let ada = team.clone("ada");
        let environment =
            format!("[environment.dev1]\nrepository = \"{url}\"\nmodels = \"{{name}}_x\"\n");
        land_manifest(&ada, &team, &environment);
        let told = ada.refused(&["sync", "dev1"]);
        assert_eq!(told.code(), Some(2), "{told}");
        for folder in [&ada.root, &team.top, &ada.root.join(".git")] {
            assert!(!folder.join("canary").exists(), "{told}");
        }
    }
}
