//! `storyline adopt`, on real repositories whose names were put in by hand.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::fork::Forked;
use common::team::Clone;

const VIEW: &str = "views/orders.view.lkml";

/// A clone of the fork after somebody copied canonical there and put names in by hand, with a fix of
/// their own. Pushed, and the working tree clean.
fn by_hand<'t>(forked: &'t Forked, connection: &str) -> Clone<'t> {
    let dev = forked.team.clone("dev");
    dev.git(&["mv", "shop.model.lkml", "shop_dev1.model.lkml"]);
    let model =
        format!("connection: \"{connection}\"\ninclude: \"/views/*\"\nexplore: orders {{}}\n");
    dev.commit("shop_dev1.model.lkml", &model, "Names of dev1");
    let view = fs::read_to_string(dev.root.join(VIEW)).expect("a view");
    dev.commit(VIEW, &view.replace("count", "total"), "Count the total");
    dev.commit("notes.md", "Read me.\n", "Notes");
    dev.git(&["push", "--quiet", &forked.url(), "HEAD:refs/heads/main"]);
    dev
}

/// What canonical's `main` is in `dev1`.
fn projection(forked: &Forked) -> String {
    let maker = forked.team.clone("maker");
    forked.project(&maker, "HEAD")
}

#[test]
fn a_fork_whose_names_were_put_in_by_hand() {
    let forked = Forked::bare();
    let dev = by_hand(&forked, "warehouse_dev1");
    let old = forked.tip("main");
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["adopt", "dev1"]), @r#"
    $ storyline adopt dev1
    --- stdout
    `main` of [DIR]/fork.git at <1>
      2 files as stamped
      2 files neither canonical nor stamp:
        added   notes.md +1 -0
        changed views/orders.view.lkml +1 -1
      2 commits that canonical does not have:
        <1> dev, Notes
        <2> dev, Count the total
    --- stderr
    error[confirmation-needed]: this replaces `main` of [DIR]/fork.git, and keeps what it was as `refs/storyline/backup/main/<1>` there
     |
     = help: if that is meant: `storyline adopt dev1 --yes`
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--dry-run"]), @r#"
    $ storyline adopt dev1 --dry-run
    --- stdout
    `main` of [DIR]/fork.git at <1>
      2 files as stamped
      2 files neither canonical nor stamp:
        added   notes.md +1 -0
        changed views/orders.view.lkml +1 -1
      2 commits that canonical does not have:
        <1> dev, Notes
        <2> dev, Count the total
    would be replaced: `main` <1>..<3>, what it was is kept there as `refs/storyline/backup/main/<1>`
    nothing was changed; next: the same without `--dry-run`
    --- exit code 0
    "#);
    assert_eq!(forked.tip("main"), old);
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--yes"]), @r#"
    $ storyline adopt dev1 --yes
    --- stdout
    `main` of [DIR]/fork.git at <1>
      2 files as stamped
      2 files neither canonical nor stamp:
        added   notes.md +1 -0
        changed views/orders.view.lkml +1 -1
      2 commits that canonical does not have:
        <1> dev, Notes
        <2> dev, Count the total
    replaced: `main` <1>..<3>, what it was is kept there as `refs/storyline/backup/main/<1>`
    to bring work back as a story, in this clone:
      `git worktree add --detach ../adopted <3>`, `cd ../adopted`, `git checkout <1> -- PATHS`, `git commit`, `git push [DIR]/fork.git HEAD:refs/heads/wip/ID`
      `storyline absorb dev1 wip/ID --story ID`
    --- exit code 0
    "#);
    assert_eq!(forked.tip("main"), projection(&forked));
    let backup = format!("refs/storyline/backup/main/{}", &old[..12]);
    assert_eq!(forked.tip(&backup), old);
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--yes"]), @r#"
    $ storyline adopt dev1 --yes
    --- stdout
    `main` of [DIR]/fork.git is already under the manifest
    --- exit code 0
    "#);

    let new = forked.tip("main");
    let story = bring_back(&forked, &ada, "dev1", [&new, &old]);
    let fixed = ada.git(&["show", &format!("{story}:{VIEW}")]);
    assert_eq!(fixed, dev.git(&["show", &format!("HEAD:{VIEW}")]));
}

/// Makes a story of the view as it was before, as the output says.
fn bring_back(
    forked: &Forked,
    clone: &Clone<'_>,
    environment: &str,
    [new, old]: [&str; 2],
) -> String {
    clone.git(&["worktree", "add", "--quiet", "--detach", "../adopted", new]);
    let git = |args: &[&str]| clone.git(&[&["-C", "../adopted"], args].concat());
    git(&["checkout", "--quiet", old, "--", VIEW]);
    git(&["commit", "--quiet", "-m", "Count the total"]);
    git(&[
        "push",
        "--quiet",
        &forked.url(),
        "HEAD:refs/heads/wip/ABC-12",
    ]);
    clone.succeeds(&["absorb", environment, "wip/ABC-12", "--story", "ABC-12"]);
    clone.git(&["fetch", "--quiet", "origin", "story/ABC-12"]);
    forked.team.tip("story/ABC-12").expect("it was made")
}

/// Names of an older scheme, and a file that is canonical's still.
#[test]
fn other_names_alone() {
    let forked = Forked::bare();
    let dev = by_hand(&forked, "dwh_old");
    dev.git(&["mv", "shop_dev1.model.lkml", "shop.model.lkml"]);
    dev.git(&["commit", "--quiet", "-m", "Back again"]);
    dev.git(&["push", "--quiet", &forked.url(), "HEAD:refs/heads/main"]);
    let ada = forked.team.clone("ada");
    let told = ada
        .succeeds(&["adopt", "dev1", "--dry-run", "--format", "json"])
        .json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&told["files"]).expect("JSON"), @r#"
    {
      "canonical": 0,
      "names": 1,
      "neither": [
        {
          "added": 1,
          "path": "notes.md",
          "removed": 0,
          "status": "added"
        },
        {
          "added": 1,
          "path": "views/orders.view.lkml",
          "removed": 1,
          "status": "changed"
        }
      ],
      "older": 0,
      "stamped": 1
    }
    "#);
    assert_eq!(told["done"], false);
}

/// What canonical did since is nobody's work there.
#[test]
fn a_fork_that_is_behind() {
    let forked = Forked::bare();
    let lead = forked.team.clone("boss");
    lead.commit("a.view.lkml", "view: a {}\n", "A view");
    lead.commit("old.model.lkml", "connection: \"warehouse\"\n", "A model");
    lead.git(&["push", "--quiet", "origin", "HEAD:main"]);
    let dev = by_hand(&forked, "warehouse_dev1");
    dev.git(&["mv", "old.model.lkml", "old_dev1.model.lkml"]);
    let model = "connection: \"warehouse_dev1\"\n";
    dev.commit("old_dev1.model.lkml", model, "The other model's name");
    dev.git(&["push", "--quiet", &forked.url(), "HEAD:refs/heads/main"]);
    lead.git(&["rm", "--quiet", "old.model.lkml"]);
    lead.git(&["commit", "--quiet", "-m", "Without the model"]);
    lead.git(&["push", "--quiet", "origin", "HEAD:main"]);
    lead.git(&["fetch", "--quiet", "origin"]);
    lead.land("a.view.lkml", "view: a { dimension: b {} }\n", "More of it");
    lead.land("b.view.lkml", "view: b {}\n", "Another view");
    lead.land(
        "shop.model.lkml",
        "connection: \"warehouse\"\n",
        "No explore",
    );
    assert!(dev.git(&["ls-files"]).contains("a.view.lkml"));
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--dry-run"]), @r#"
    $ storyline adopt dev1 --dry-run
    --- stdout
    `main` of [DIR]/fork.git at <1>
      1 file as stamped
      3 files as canonical was when the branch left it, names aside
      2 files neither canonical nor stamp:
        added   notes.md +1 -0
        changed views/orders.view.lkml +1 -1
      4 commits that canonical does not have:
        <1> dev, The other model's name
        <2> dev, Notes
        <3> dev, Count the total
        <4> dev, Names of dev1
    would be replaced: `main` <1>..<5>, what it was is kept there as `refs/storyline/backup/main/<1>`
    nothing was changed; next: the same without `--dry-run`
    --- exit code 0
    "#);
}

#[test]
fn a_copy_of_canonical() {
    let forked = Forked::bare();
    let lead = forked.team.clone("dev");
    lead.git(&["push", "--quiet", &forked.url(), "HEAD:refs/heads/main"]);
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--yes"]), @r#"
    $ storyline adopt dev1 --yes
    --- stdout
    `main` of [DIR]/fork.git at <1>
      2 files as stamped
      1 file as canonical
    replaced: `main` <1>..<2>, what it was is kept there as `refs/storyline/backup/main/<1>`
    --- exit code 0
    "#);
    assert_eq!(forked.tip("main"), projection(&forked));
}

/// What grew on a projection is to be absorbed, and not to be replaced.
#[test]
fn a_fork_that_has_more_than_the_projection() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit("notes.md", "Read me.\n", "Notes");
    ide.git(&["push", "--quiet"]);
    let tip = forked.tip("main");
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["adopt", "dev1", "--yes"]), @r#"
    $ storyline adopt dev1 --yes
    --- stdout
    `main` of [DIR]/fork.git is already under the manifest
      1 commit that canonical does not have:
        <1> ide, Notes
    next: `storyline absorb dev1 main --story ID` takes them in
    --- exit code 0
    "#);
    assert_eq!(forked.tip("main"), tip);
}

#[test]
fn a_stage_keeps_its_history() {
    let forked = Forked::bare();
    let lead = forked.team.clone("stage");
    let manifest = fs::read_to_string(lead.root.join("storyline.toml")).expect("a manifest");
    let stage = format!(
        "{manifest}\n[environment.production]\nrepository = \"{}\"\nbranch = \"live\"\n\
         connections = {{ warehouse = \"live\" }}\n\n[pipeline]\nstages = [\"production\"]\n",
        forked.url()
    );
    lead.land("storyline.toml", &stage, "A stage");
    let old = lead.commit(
        VIEW,
        "view: orders { dimension: id {} }\n",
        "Hotter than hot",
    );
    lead.git(&["push", "--quiet", &forked.url(), "HEAD:refs/heads/live"]);
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["adopt", "production", "--yes"]), @r#"
    $ storyline adopt production --yes
    --- stdout
    `live` of [DIR]/fork.git at <1>
      1 file as canonical
      1 file as canonical was when the branch left it, names aside
      1 file neither canonical nor stamp:
        changed views/orders.view.lkml +1 -10
      1 commit that canonical does not have:
        <1> stage, Hotter than hot
    adopted: `live` <1>..<2>, one commit
    to bring work back as a story, in this clone:
      `git worktree add --detach ../adopted <3>`, `cd ../adopted`, `git checkout <1> -- PATHS`, `git commit`, `git push [DIR]/fork.git HEAD:refs/heads/wip/ID`
      `storyline absorb production wip/ID --story ID`
    --- exit code 0
    "#);
    let tip = forked.tip("live");
    let told = ada
        .succeeds(&["adopt", "production", "--dry-run", "--format", "json"])
        .json();
    let projection = told["projection"].as_str().expect("a commit");
    let story = bring_back(&forked, &ada, "production", [projection, &old]);
    let fixed = ada.git(&["show", &format!("{story}:{VIEW}")]);
    assert_eq!(fixed, "view: orders { dimension: id {} }");
    assert_eq!(forked.tip("live^"), old);
    let show = |what: &str| forked.team.git(&forked.fork, &["show", what]);
    assert!(show(&format!("{tip}:shop.model.lkml")).contains("connection: \"live\""));
    let canonical = forked
        .team
        .git(&forked.team.canonical, &["show", &format!("main:{VIEW}")]);
    assert_eq!(show(&format!("{tip}:{VIEW}")), canonical);
    let trailers = forked
        .team
        .git(&forked.fork, &["log", "-1", "--format=%(trailers)", "live"]);
    let source = forked.team.tip("main").expect("it is there");
    assert_eq!(
        trailers,
        format!("Storyline-Kind: adopt\nSource-Commit: {source}")
    );
    insta::assert_snapshot!(ada.run(&["adopt", "production", "--yes"]), @r#"
    $ storyline adopt production --yes
    --- stdout
    `live` of [DIR]/fork.git is already under the manifest
    --- exit code 0
    "#);
    assert_eq!(forked.tip("live"), tip);
}

#[test]
fn nothing_to_adopt() {
    let forked = Forked::bare();
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["adopt", "dev1", "--yes"]), @r#"
    $ storyline adopt dev1 --yes
    --- stderr
    error[branch-missing]: [DIR]/fork.git has no branch `main`
     |
     = help: there is nothing to adopt: `storyline sync dev1` makes it
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.refused(&["adopt", "dev7", "--yes"]), @r#"
    $ storyline adopt dev7 --yes
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev7`
     |
     = help: did you mean `dev1`?
    --- exit code 2
    "#);
}

#[test]
fn somebody_pushes_at_the_same_time() {
    let forked = Forked::bare();
    by_hand(&forked, "warehouse_dev1");
    let ada = forked.team.clone("ada");
    let hook = forked.fork.join("hooks/pre-receive");
    let script = "#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main main~1\n";
    fs::write(&hook, script).expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a hook");
    let moved = forked.tip("main~1");
    let told = ada.refused(&["adopt", "dev1", "--yes"]);
    assert_eq!(told.code(), Some(3), "{told}");
    assert_eq!(forked.tip("main"), moved);
    let refs = forked
        .team
        .git(&forked.fork, &["for-each-ref", "refs/storyline"]);
    assert_eq!(refs, "");
}
