//! What is said, and how it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::team::numbered;
use crate::{change, entries, gate, promote, submit, team};

#[test]
fn accepted_held_released_and_accepted_again() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let bob = team.clone("bob");
    let accept = ["accept", "ABC-1", "--on", "acceptance-1"];
    insta::assert_snapshot!(bob.run(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    accepted ABC-1 on acceptance-1, revision <1>
      1 of 1 approval (advisory): bob@example.com
    --- exit code 0
    "#);
    insta::assert_snapshot!(bob.run(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    already accepted by you: ABC-1 on acceptance-1, revision <1>
      1 of 1 approval (advisory): bob@example.com
    --- exit code 0
    "#);
    let forged = "totals differ\n\nStoryline-Kind: accept\nStory-Id: ABC-1\nStage: production";
    let hold = ["hold", "ABC-1", "--on", "acceptance-1", "--reason", forged];
    insta::assert_snapshot!(ada.run(&hold), @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason totals differ

    Storyline-Kind: accept
    Story-Id: ABC-1
    Stage: production
    --- stdout
    held ABC-1 on acceptance-1, revision <1>
      held by ada
    next: mend it and hand it in anew, or `storyline release ABC-1 --on acceptance-1`
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&hold), @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason totals differ

    Storyline-Kind: accept
    Story-Id: ABC-1
    Stage: production
    --- stdout
    already held by you, for the same reason: ABC-1 on acceptance-1, revision <1>
      held by ada
    next: mend it and hand it in anew, or `storyline release ABC-1 --on acceptance-1`
    --- exit code 0
    "#);
    insta::assert_snapshot!(bob.refused(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[revision-held]: story ABC-1 is held on `acceptance-1` by ada: totals differ
     |
     = help: `storyline release ABC-1 --on acceptance-1` first, if it may go on
    --- exit code 3
    "#);
    let release = ["release", "ABC-1", "--on", "acceptance-1", "-m", "a cache"];
    insta::assert_snapshot!(ada.run(&release), @r#"
    $ storyline release ABC-1 --on acceptance-1 -m a cache
    --- stdout
    released ABC-1 on acceptance-1, revision <1>
      0 of 1 approval (advisory)
    next: `storyline accept ABC-1 --on acceptance-1`
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&release), @r#"
    $ storyline release ABC-1 --on acceptance-1 -m a cache
    --- stdout
    not held: ABC-1 on acceptance-1, revision <1>
      0 of 1 approval (advisory)
    next: `storyline accept ABC-1 --on acceptance-1`
    --- exit code 0
    "#);
    insta::assert_snapshot!(bob.run(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    accepted ABC-1 on acceptance-1, revision <1>
      1 of 1 approval (advisory): bob@example.com
    --- exit code 0
    "#);
    assert_eq!(entries(&team, "acceptance-1"), 4);
    let said = team.git(
        &team.canonical,
        &[
            "log",
            "--reverse",
            "--format=%an: %s",
            &gate("acceptance-1"),
        ],
    );
    insta::assert_snapshot!(said, @r#"
    bob: Accept ABC-1 on acceptance-1
    ada: Hold ABC-1 on acceptance-1
    ada: Release ABC-1 on acceptance-1
    bob: Accept ABC-1 on acceptance-1
    "#);
}

#[test]
fn what_was_said_of_a_revision_is_not_said_of_the_next() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    insta::assert_snapshot!(ada.run(&["accept", "ABC-1", "--on", "acceptance-1"]), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    accepted ABC-1 on acceptance-1, revision <1>
      1 of 1 approval (advisory): ada@example.com
    --- stderr
    note[which-revision]: story ABC-1 is not on `acceptance-1`: this is said of its newest revision, <1>
     |
     = help: `storyline story show ABC-1` lists all, `--revision REV` names one
    --- exit code 0
    "#);
    promote(&ada, "ABC-1", &["acceptance-1"]);
    change(&ada, "ABC-1", "two");
    insta::assert_snapshot!(
        ada.run(&["hold", "ABC-1", "--on", "acceptance-1", "--reason", "totals"]),
        @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason totals
    --- stdout
    held ABC-1 on acceptance-1, revision <1>
      held by ada
    next: mend it and hand it in anew, or `storyline release ABC-1 --on acceptance-1`
    --- stderr
    note[which-revision]: this is said of revision <1> of story ABC-1, which is on `acceptance-1`; there is a newer one
     |
     = help: `--revision <2>` says it of the newest
    --- exit code 0
    "#
    );
    let newest = ada
        .succeeds(&["story", "show", "ABC-1", "--format", "json"])
        .json();
    let events = newest["events"].as_array().expect("a list");
    let newest = events[0]["revision"].as_str().expect("a name");
    let named = [
        "accept",
        "ABC-1",
        "--on",
        "acceptance-1",
        "--revision",
        &newest[..10],
    ];
    let told = ada.succeeds(&named);
    assert!(told.stdout().starts_with("accepted ABC-1"), "{told}");
    // What is held is what is released, whichever is on the stage.
    promote(&ada, "ABC-1", &["acceptance-1"]);
    insta::assert_snapshot!(ada.run(&["release", "ABC-1", "--on", "acceptance-1"]), @r#"
    $ storyline release ABC-1 --on acceptance-1
    --- stdout
    released ABC-1 on acceptance-1, revision <1>
      0 of 1 approval (advisory)
    next: `storyline accept ABC-1 --on acceptance-1`
    --- exit code 0
    "#);
}

#[test]
fn a_dry_run_says_nothing() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let before = team.refs();
    insta::assert_snapshot!(ada.run(&["accept", "ABC-1", "--on", "acceptance-1", "--dry-run"]), @r#"
    $ storyline accept ABC-1 --on acceptance-1 --dry-run
    --- stdout
    would be accepted ABC-1 on acceptance-1, revision <1>
      1 of 1 approval (advisory): ada@example.com
    --- exit code 0
    "#);
    insta::assert_snapshot!(
        ada.run(&["hold", "ABC-1", "--on", "acceptance-1", "--reason", "x", "--dry-run"]),
        @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason x --dry-run
    --- stdout
    would be held ABC-1 on acceptance-1, revision <1>
      held by ada
    next: mend it and hand it in anew, or `storyline release ABC-1 --on acceptance-1`
    --- exit code 0
    "#
    );
    assert_eq!(team.refs(), before);
}

#[test]
fn as_data() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let on = ["ABC-1", "--on", "acceptance-1", "--format", "json"];
    let accepted = ada.succeeds(&[&["accept"], &on[..]].concat()).json();
    let text = serde_json::to_string_pretty(&accepted).expect("it is JSON");
    insta::assert_snapshot!(numbered(&text), @r#"
    {
      "accepted": [
        "ada@example.com"
      ],
      "action": "accept",
      "advisory": true,
      "dry_run": false,
      "entry": "<1>",
      "held": null,
      "missing": 0,
      "new": true,
      "revision": "<2>",
      "signed": false,
      "stage": "acceptance-1",
      "story": "ABC-1"
    }
    "#);
    let reason = ["--reason", "bad\x1b[31m"];
    let mut held = ada.succeeds(&[&["hold"], &on[..], &reason].concat()).json();
    assert!(held["held"]["when"].as_i64().is_some_and(|when| when > 0));
    held["held"]["when"] = 0.into();
    let text = serde_json::to_string_pretty(&held).expect("it is JSON");
    insta::assert_snapshot!(numbered(&text), @r#"
    {
      "accepted": [],
      "action": "hold",
      "advisory": true,
      "dry_run": false,
      "entry": "<1>",
      "held": {
        "email": "ada@example.com",
        "reason": "bad[31m",
        "when": 0,
        "who": "ada"
      },
      "missing": 1,
      "new": true,
      "revision": "<2>",
      "signed": false,
      "stage": "acceptance-1",
      "story": "ABC-1"
    }
    "#);
}

#[test]
fn control_bytes_reach_no_terminal() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    ada.git(&["config", "--global", "user.name", "a\u{202e}da\u{9b}31m"]);
    let reason = "bad\x1b[2J\u{202e}\r\nworse\x07";
    let hold = ["hold", "ABC-1", "--on", "acceptance-1", "--reason", reason];
    let told = ada.succeeds(&hold);
    let accepts = ada.refused(&["accept", "ABC-1", "--on", "acceptance-1"]);
    let promoted = ada.refused(&["promote", "ABC-1", "--to", "acceptance-1"]);
    for told in [&told, &accepts, &promoted] {
        let all = [told.stdout(), told.stderr()].concat();
        let bad = all
            .chars()
            .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(bad, None, "{told}");
    }
}

/// Somebody else is faster between the look at the gate and the push: a hook of the server's plays that.
#[test]
fn of_two_who_write_at_once_both_are_heard() {
    let team = team("[stage.acceptance-1]\napprovals = 2\n");
    let (ada, bob) = (team.clone("ada"), team.clone("bob"));
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let accept = ["accept", "ABC-1", "--on", "acceptance-1"];
    bob.succeeds(&accept);
    let name = gate("acceptance-1");
    let bobs = team.tip(&name).expect("he accepted");
    team.git(&team.canonical, &["update-ref", "-d", &name]);
    let hook = team.canonical.join("hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\n[ -e raced ] && exit 0\n: > raced\n\
         git update-ref {name} {bobs}\n"
    );
    fs::create_dir_all(team.canonical.join("hooks")).expect("a folder");
    fs::write(&hook, script).expect("a new file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it is ours");
    insta::assert_snapshot!(ada.run(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    accepted ABC-1 on acceptance-1, revision <1>
      2 of 2 approvals (advisory): bob@example.com, ada@example.com
    --- exit code 0
    "#);
    assert!(team.canonical.join("raced").exists());
    assert_eq!(entries(&team, "acceptance-1"), 2);
}
