//! What is asked before anything is written: whether the files would be in order, and whether one may push.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::common::team::{VIEW, view};
use crate::{FILES, Pipeline, again, story};

/// Has a stage's repository run this before it takes a push.
fn guard(pipeline: &Pipeline, stage: &str, hook: &str, script: &str) {
    let hook = pipeline.repository(stage).join("hooks").join(hook);
    fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    fs::write(&hook, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a file of ours");
}

#[test]
fn a_candidate_that_is_not_in_order() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let (path, model) = FILES[0];
    let broken = format!("{model}explore: broken {{ from: users\n");
    story(&ada, "A-1", &[(path, &broken)]);
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[unstampable]: with story A-1 the files cannot be stamped for acceptance
     |
     = help: mend it in the story, or in the manifest

    error[lookml-unclosed-block]: this `{` is never closed
     --> shop.model.lkml:4:17
      |
    4 | explore: broken { from: users
      |                 ^
      |
      = help: add a `}` where the block ends

    nothing was changed
    --- exit code 3
    ");
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance", "--dry-run"]), @r"
    $ storyline promote A-1 --to acceptance --dry-run
    --- stderr
    error[unstampable]: with story A-1 the files cannot be stamped for acceptance
     |
     = help: mend it in the story, or in the manifest

    error[lookml-unclosed-block]: this `{` is never closed
     --> shop.model.lkml:4:17
      |
    4 | explore: broken { from: users
      |                 ^
      |
      = help: add a `}` where the block ends

    nothing was changed
    --- exit code 3
    ");
    let secret = "shop:\n  outputs:\n    dev:\n      type: postgres\n      password: tiger\n";
    story(&ada, "S-1", &[("profiles.yml", secret)]);
    assert_snapshot!(pipeline.refused(&ada, &["promote", "S-1", "--to", "acceptance"]), @r#"
    $ storyline promote S-1 --to acceptance
    --- stderr
    error[candidate-check-failed]: with S-1 the files of acceptance would not be in order
     |
     = help: mend the story, `storyline story submit` it, and promote it then

    error[secret-literal]: `shop.outputs.dev.password` is a secret that everybody with this file can read
     --> profiles.yml:5:17
      |
    5 |       password:  …
      |                 ^ not shown
      |
      = help: take it from the environment: `password: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"`
      = help: change the secret too, since it stays in the history

    nothing was changed
    --- exit code 1
    "#);
    // What is wrong on the stage already stops nobody, also where it moves within the file.
    let hand = pipeline.on("acceptance", "hand");
    hand.commit(
        "views/odd.view.lkml",
        "view: odd {\n  dimension: id {}\n\n\n\n\n\n  measure: a {\n",
        "By hand",
    );
    hand.git(&["push", "--quiet", "origin", "main"]);
    again(
        &ada,
        "A-1",
        &[(path, model), (VIEW, &view("orders", "sum"))],
    );
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    ada.land(
        "views/odd.view.lkml",
        "view: odd {\n  dimension: id {}\n\n\n\n\n\n  measure: a {\n",
        "The same",
    );
    story(
        &ada,
        "B-2",
        &[(
            "views/odd.view.lkml",
            "view: odd {\n  # first\n  dimension: id {}\n\n\n\n\n\n  measure: a {\n",
        )],
    );
    assert_snapshot!(ada.run(&["promote", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: Work on B-2
          M views/odd.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
}

#[test]
fn somebody_who_may_not_push() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    guard(
        &pipeline,
        "acceptance",
        "pre-receive",
        "echo 'only the release team \u{1b}[31m' >&2; exit 1",
    );
    let told = pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- stderr
    error[push-refused]: the remote [DIR]/acceptance.git refused the push
     |
     = help: git said: remote: only the release team \u{1b}[31m
     = help: git said: error: failed to push some refs to '[DIR]/acceptance.git'
     = help: git said: refs/storyline/probe/acceptance/<1>: [remote rejected] (pre-receive hook declined)
     = help: nothing was changed there: there still is no `refs/storyline/probe/acceptance/<1>`; mend what it says, then run the command again
     = help: nothing of acceptance was changed: this only asked whether you may push there, by a ref below `refs/storyline/`, where you need the right as well
    --- exit code 3
    ");
    // To look is allowed.
    ada.succeeds(&["promote", "A-1", "--to", "acceptance", "--dry-run"]);
    ada.land("storyline.toml", &pipeline.manifest("# more\n"), "More");
    let told = pipeline.refused(&ada, &["promote", "--manifest", "--to", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
    --- stderr
    error[push-refused]: the remote [DIR]/acceptance.git refused the push
     |
     = help: git said: remote: only the release team \u{1b}[31m
     = help: git said: error: failed to push some refs to '[DIR]/acceptance.git'
     = help: git said: refs/storyline/probe/acceptance/<2>: [remote rejected] (pre-receive hook declined)
     = help: nothing was changed there: there still is no `refs/storyline/probe/acceptance/<2>`; mend what it says, then run the command again
     = help: nothing of acceptance was changed: this only asked whether you may push there, by a ref below `refs/storyline/`, where you need the right as well
    --- exit code 3
    ");
}

/// The probe goes through, and the branch is protected.
#[test]
fn a_branch_that_is_protected() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    guard(
        &pipeline,
        "acceptance",
        "update",
        "case $1 in refs/heads/*) echo 'protected branch' >&2; exit 1;; esac",
    );
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- stderr
    error[push-refused]: the remote [DIR]/acceptance.git refused the push
     |
     = help: git said: remote: protected branch
     = help: git said: remote: error: hook declined to update refs/heads/main
     = help: git said: error: failed to push some refs to '[DIR]/acceptance.git'
     = help: git said: refs/heads/main: [remote rejected] (hook declined)
     = help: nothing was changed there: `refs/heads/main` still stands at <3>; mend what it says, then run the command again
    --- exit code 3
    ");
}

#[test]
fn a_server_that_takes_branches_alone() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    guard(
        &pipeline,
        "acceptance",
        "update",
        "case $1 in refs/heads/*) ;; *) echo 'no such namespace' >&2; exit 1;; esac",
    );
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- stderr
    error[push-refused]: the remote [DIR]/acceptance.git refused the push
     |
     = help: git said: remote: no such namespace
     = help: git said: remote: error: hook declined to update refs/storyline/probe/acceptance/<1>
     = help: git said: error: failed to push some refs to '[DIR]/acceptance.git'
     = help: git said: refs/storyline/probe/acceptance/<1>: [remote rejected] (hook declined)
     = help: nothing was changed there: there still is no `refs/storyline/probe/acceptance/<1>`; mend what it says, then run the command again
     = help: nothing of acceptance was changed: this only asked whether you may push there, by a ref below `refs/storyline/`, where you need the right as well
    --- exit code 3
    ");
}

/// A push in the moment before ours: the stage is as that one left it.
#[test]
fn a_race_that_is_lost() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    let hand = pipeline.on("acceptance", "hand");
    let other = hand.commit("NOTICE.md", "By hand.\n", "By hand");
    hand.git(&["push", "--quiet", "origin", "HEAD:refs/heads/other"]);
    // The probe is taken away, and just then the branch moves.
    let script = format!(
        "while read old new ref; do case $ref-$new in refs/storyline/probe/*-0000*) git update-ref refs/heads/main {other};; esac; done"
    );
    guard(&pipeline, "acceptance", "post-receive", &script);
    let told = ada.run(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- stderr
    error[push-conflict]: somebody else moved refs of [DIR]/acceptance.git
     |
     = help: `refs/heads/main` was expected at <3> and stands at <5>
     = help: run the command again: it starts from what is there now
    --- exit code 3
    ");
    assert_eq!(pipeline.tip("acceptance"), other);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(pipeline.landed("acceptance"), @r"
    The shop
    By hand
    Land A-1: Work on A-1
    ");
}
