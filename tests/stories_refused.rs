//! Stories that are not begun or taken, and all that people are told then. Each test also compares all
//! refs and the working tree before and after.
#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};

use common::storyline;
use common::team::{Team, VIEW, view};

#[test]
fn somebody_else_has_that_story() {
    let team = Team::new();
    let (ada, bob) = (team.clone("ada"), team.clone("bob"));
    ada.succeeds(&["story", "start", "ABC-12"]);
    insta::assert_snapshot!(bob.refused(&["story", "start", "ABC-12"]), @r#"
    $ storyline story start ABC-12
    --- stderr
    error[story-exists]: story ABC-12 exists: [DIR]/canonical.git has its branch `story/ABC-12`
     |
     = help: to work on it: `git fetch [DIR]/canonical.git story/ABC-12:story/ABC-12`, then `git switch story/ABC-12`
    --- exit code 3
    "#);
    insta::assert_snapshot!(bob.refused(&["story", "start", "abc-12"]), @r#"
    $ storyline story start abc-12
    --- stderr
    error[story-exists]: there is a story ABC-12 at [DIR]/canonical.git, which some systems take for abc-12
     |
     = help: choose another id
    --- exit code 3
    "#);
    insta::assert_snapshot!(bob.refused(&["story", "submit", "ABC-13"]), @r#"
    $ storyline story submit ABC-13
    --- stderr
    error[unknown-story]: there is no story ABC-13 at [DIR]/canonical.git
     |
     = help: `storyline story list` has them all; `storyline story start ABC-13` begins one
    --- exit code 2
    "#);
}

#[test]
fn hostile_ids() {
    let team = Team::new();
    let ada = team.clone("ada");
    let long = "x".repeat(300);
    for id in [
        "../x", "a/b", "x.lock", "CON", "HEAD", "a b", "", "é", "a..b", &long,
    ] {
        for command in ["start", "submit", "show", "withdraw"] {
            let told = ada.refused(&["story", command, id]);
            assert_eq!(told.code(), Some(2), "{told}");
            assert!(told.to_string().contains("error[story-id]"), "{told}");
        }
    }
    for id in ["-x", "--upload-pack=x"] {
        assert_eq!(ada.refused(&["story", "start", id]).code(), Some(2), "{id}");
        let told = ada.refused(&["story", "start", "--", id]);
        assert!(told.to_string().contains("error[story-id]"), "{told}");
    }
    let bytes = OsStr::from_bytes(b"a\xff");
    let run = storyline()
        .args([OsStr::new("story"), OsStr::new("start"), bytes])
        .current_dir(&ada.root)
        .output();
    assert_eq!(run.expect("the program was built").status.code(), Some(2));
}

#[test]
fn work_that_is_not_ready() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[story-empty]: story ABC-12 changes nothing: its files are those that it is built on
     |
     = help: commit on its branch first; a story that is in canonical already needs nothing more
     = help: what was committed in Looker is taken in by `storyline absorb ENV --story ABC-12`
    --- exit code 2
    "#);
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.write(VIEW, &view("b", "count"));
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[uncommitted-changes]: views/orders.view.lkml changed since the last commit of story ABC-12
     |
     = help: `git commit` what belongs to it, `git stash` what does not, then submit again
    --- exit code 2
    "#);
    ada.commit(
        VIEW,
        "<<<<<<< HEAD\nview: a {}\n=======\nview: b {}\n>>>>>>> main\n",
        "Merge",
    );
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[conflict-marks]: views/orders.view.lkml has marks of a conflict that nobody resolved, from line 1 on
     |
     = help: resolve the conflict, commit, and submit again
    --- exit code 1
    "#);
    ada.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let tile = "- dashboard: a\n  elements:\n  - name: b\n    model: shop_dev1\n";
    ada.commit("a.dashboard.lookml", tile, "A name of dev1");
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[stamped-name]: model `shop_dev1` is what environment `dev1` calls one of this project's own
     --> a.dashboard.lookml:4:12
      |
    4 |     model: shop_dev1
      |            ^^^^^^^^^
      |
      = help: in canonical form, write `shop`; if another project's is meant, choose other names for the environment
    --- exit code 1
    "#);
    ada.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let model = "connection: \"warehouse_dev1\"\nexplore: orders {}\n";
    ada.commit("shop.model.lkml", model, "A name like one of dev1");
    insta::assert_snapshot!(ada.run(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stdout
    submitted ABC-12: revision <1>
      base <2>
      tip  <3>
      2 commits, 2 files
    --- stderr
    warning[looks-stamped]: a name looks as if it were of `dev1` already
     --> shop.model.lkml:1:14
      |
    1 | connection: "warehouse_dev1"
      |              ^^^^^^^^^^^^^^
      |
      = help: if these are canonical names, all is well; if not, somebody stamped a part of this folder, or wrote them by hand
    --- exit code 0
    "#);
    ada.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    ada.git(&["push", "--quiet", "--force", "origin", "story/ABC-12"]);
    // What is checked out does not matter to a branch.
    ada.git(&["switch", "--quiet", "--detach", "main"]);
    ada.write(VIEW, &view("b", "count"));
    ada.succeeds(&["story", "submit", "ABC-12"]);
}

#[test]
fn a_stamped_branch_is_no_story() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    ada.succeeds(&["stamp", "dev1"]);
    ada.git(&["add", "--all"]);
    ada.git(&["commit", "--quiet", "-m", "Stamp"]);
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[already-stamped]: this folder is in the form of `dev1` already
    --> shop_dev1.model.lkml
     = note: like all others, this is a name of that environment
     = help: to take the stamp out, run `storyline unstamp dev1`
     = help: if these are the canonical names, choose other names for the environment
    --- exit code 1
    "#);
}

#[test]
fn a_canonical_repository_that_refuses() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    ada.commit(VIEW, &view("a", "count"), "One");
    let hook = team.canonical.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    fs::write(&hook, "#!/bin/sh\necho only on Fridays >&2\nexit 1\n").expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    for args in [
        &["story", "submit", "ABC-12"][..],
        &["story", "start", "x"],
        &["story", "withdraw", "ABC-12"],
    ] {
        let told = ada.refused(args);
        assert_eq!(told.code(), Some(3), "{told}");
        let text = told.to_string();
        assert!(
            text.contains("push-refused") && text.contains("only on Fridays"),
            "{told}"
        );
    }
}

#[test]
fn a_branch_may_say_anything() {
    let team = Team::new();
    let ada = team.clone("ada");
    let manifest = |url: &str, branch: &str| {
        format!("[canonical]\nrepository = \"{url}\"\nbranch = \"{branch}\"\n")
    };
    let elsewhere = team.top.join("elsewhere.git");
    let elsewhere = elsewhere.to_str().expect("a plain path");
    ada.commit("storyline.toml", &manifest(elsewhere, "main"), "Look there");
    insta::assert_snapshot!(ada.refused(&["story", "list"]), @r#"
    $ storyline story list
    --- stderr
    error[canonical-unknown]: the manifest of HEAD says that canonical is [DIR]/elsewhere.git, which is no remote of this clone
     |
     = help: if that is right: `git remote add canonical [DIR]/elsewhere.git`
     = help: a branch may say anything, so nothing was fetched from there
    --- exit code 2
    "#);
    // Even where the clone knows that place, it has to agree.
    team.git(
        &team.top,
        &["clone", "--quiet", "--bare", &team.url(), elsewhere],
    );
    ada.git(&["remote", "add", "elsewhere", elsewhere]);
    insta::assert_snapshot!(ada.refused(&["story", "list"]), @r#"
    $ storyline story list
    --- stderr
    error[canonical-elsewhere]: canonical was fetched from `main` of [DIR]/elsewhere.git, whose manifest says that it is `main` of [DIR]/canonical.git
     |
     = help: `git switch` to a branch with the newer manifest, and see that a remote of this clone is that repository
     = help: nothing was done with either
    --- exit code 2
    "#);
    ada.commit(
        "storyline.toml",
        &manifest(&team.url(), "master"),
        "No such branch",
    );
    insta::assert_snapshot!(ada.refused(&["story", "list"]), @r#"
    $ storyline story list
    --- stderr
    error[canonical-branch-missing]: [DIR]/canonical.git has no branch `master`
     |
     = help: write the right one in `storyline.toml`: `[canonical] branch = "…"`
    --- exit code 2
    "#);
    ada.commit(
        "storyline.toml",
        &manifest("ext::sh -c x", "main"),
        "A program",
    );
    assert_eq!(ada.refused(&["story", "list"]).code(), Some(2));
}

#[test]
fn no_clone_no_manifest_and_no_permission() {
    let team = Team::new();
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.run(&["-C", "..", "story", "list"]), @r#"
    $ storyline -C .. story list
    --- stderr
    error[no-repository]: .. is in no Git repository
     |
     = help: `git clone` the canonical repository, and run the command in the clone
    --- exit code 2
    "#);
    ada.git(&["config", "--global", "--unset", "storyline.protocols"]);
    let told = ada.refused(&["story", "list"]).to_string();
    assert!(told.contains("error[protocol-not-allowed]"), "{told}");
    ada.git(&["config", "--global", "storyline.protocols", "file"]);
    ada.git(&["config", "--global", "--unset", "user.email"]);
    ada.git(&["switch", "--quiet", "-c", "story/x"]);
    ada.git(&[
        "-c",
        "user.email=a@example.com",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "x",
    ]);
    ada.write("README.md", "x\n");
    ada.git(&["add", "README.md"]);
    ada.git(&[
        "-c",
        "user.email=a@example.com",
        "commit",
        "--quiet",
        "-m",
        "x",
    ]);
    insta::assert_snapshot!(ada.refused(&["story", "submit", "x"]), @r#"
    $ storyline story submit x
    --- stderr
    error[no-identity]: who you are is not known: `user.email` is not set
     |
     = help: `git config --global user.email "…"`
    --- exit code 2
    "#);
    ada.git(&["config", "--global", "user.email", "a@example.com"]);
    ada.git(&["rm", "--quiet", "storyline.toml"]);
    ada.git(&["commit", "--quiet", "-m", "No manifest"]);
    ada.git(&["push", "--quiet", "origin", "HEAD:main"]);
    insta::assert_snapshot!(ada.refused(&["story", "list"]), @r#"
    $ storyline story list
    --- stderr
    note[canonical-is-origin]: the manifest names no canonical repository: taking `origin`, [DIR]/canonical.git

    error[no-manifest]: `main` of [DIR]/canonical.git has no `storyline.toml`
     |
     = help: `storyline init --write` proposes one; commit it, and land it there first
    --- exit code 2
    "#);
}

#[test]
fn a_shallow_clone() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.land("README.md", "Something.\n", "Something");
    let url = format!("file://{}", team.url());
    ada.git(&["fetch", "--quiet", "--depth=1", &url, "main"]);
    let told = ada.refused(&["story", "list"]);
    assert!(told.to_string().contains("git fetch --unshallow"), "{told}");
}

#[test]
fn a_clone_of_another_owner() {
    let team = Team::new();
    let ada = team.clone("ada");
    let nobody = Some(65_534);
    if chown(ada.root.join(".git"), nobody, nobody).is_err() {
        // Only root can give files away.
        return;
    }
    chown(&ada.root, nobody, nobody).expect("as before");
    let told = ada.run(&["story", "list"]).to_string();
    assert!(told.contains("error[repository-not-owned]"), "{told}");
}
