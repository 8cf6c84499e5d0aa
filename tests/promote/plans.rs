//! Plans: shown, saved, carried out as they are, and refused when they are out of date or not ours.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::common::team::{Clone, VIEW, view};
use crate::{Pipeline, again, story};

/// A pipeline with a story, and a clone of somebody.
fn with_story(pipeline: &Pipeline) -> Clone<'_> {
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    ada
}

const SAVE: [&str; 6] = ["promote", "A-1", "--to", "acceptance", "--plan", "a.plan"];
const APPLY: [&str; 3] = ["promote", "--apply", "a.plan"];

fn plan(clone: &Clone<'_>) -> Value {
    let text = fs::read_to_string(clone.root.join("a.plan")).expect("it was saved");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_plan_is_carried_out_as_it_is() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    let before = pipeline.refs();
    assert_snapshot!(ada.run(&SAVE), @r"
    $ storyline promote A-1 --to acceptance --plan a.plan
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    saved; next: `storyline promote --apply a.plan`
    --- exit code 0
    ");
    assert_eq!(pipeline.refs(), before);
    let saved = plan(&ada);
    let own = ada.git(&["for-each-ref", "refs/heads", "refs/remotes"]);
    // Somebody else, elsewhere, later.
    let bob = pipeline.team.clone("bob");
    fs::copy(ada.root.join("a.plan"), bob.root.join("a.plan")).expect("a file");
    assert_snapshot!(bob.run(&APPLY), @r"
    $ storyline promote --apply a.plan
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    assert_eq!(saved["to"], pipeline.tip("acceptance").as_str());
    assert_eq!(
        saved["landings"][0]["commit"],
        pipeline.tip("acceptance").as_str()
    );
    assert_eq!(
        ada.git(&["for-each-ref", "refs/heads", "refs/remotes"]),
        own
    );
    // It was carried out.
    assert_snapshot!(pipeline.refused(&bob, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: the stage's newest commit was <1>, and is <2>
     = help: A-1 is there already
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn a_plan_for_programs() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    let told = ada.run(&["promote", "A-1", "--to", "acceptance", "--format", "json"]);
    let told = told.to_string();
    let lines = told
        .lines()
        .map(|line| match line.trim_start().starts_with("\"made\"") {
            true => "    \"made\": …",
            false => line,
        });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    $ storyline promote A-1 --to acceptance --format json
    --- stdout
    {
      "plan": {
        "format": 1,
        "promotion": "<1>",
        "stage": "acceptance",
        "source": null,
        "repository": "[DIR]/acceptance.git",
        "branch": "main",
        "landing": "push",
        "from": "<2>",
        "to": "<3>",
        "policy": "<4>",
        "gates": {},
        "made": …
        "landings": [
          {
            "story": "A-1",
            "revision": "<5>",
            "newest": true,
            "subject": "Work on A-1",
            "base": "<6>",
            "tip": "<7>",
            "replaces": null,
            "depends": [],
            "commit": "<3>",
            "tree": "<8>",
            "files": [
              {
                "status": "M",
                "path": "views/orders.view.lkml"
              }
            ],
            "gate": []
          }
        ],
        "there": [],
        "left_out": [],
        "notes": []
      },
      "done": true,
      "merge": null
    }
    --- exit code 0
    "#);
}

#[test]
fn nothing_is_written_by_a_dry_run() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    let before = pipeline.refs();
    let own = ada.git(&["for-each-ref", "refs/heads", "refs/remotes", "refs/tags"]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance", "--dry-run"]);
    ada.succeeds(&[
        "promote",
        "A-1",
        "--to",
        "acceptance",
        "--dry-run",
        "--format",
        "json",
    ]);
    ada.succeeds(&["promote", "--manifest", "--to", "acceptance", "--dry-run"]);
    ada.succeeds(&SAVE);
    ada.succeeds(&["promote", "--apply", "a.plan", "--dry-run"]);
    assert_eq!(pipeline.refs(), before);
    assert_eq!(
        ada.git(&["for-each-ref", "refs/heads", "refs/remotes", "refs/tags"]),
        own
    );
    assert_eq!(ada.git(&["status", "--porcelain"]), "?? a.plan");
}

/// Each thing that a plan rests on changes once.
#[test]
fn plans_that_are_out_of_date() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&SAVE);
    // The stage moves.
    ada.succeeds(&["promote", "B-2", "--to", "acceptance"]);
    let told = pipeline.refused(&ada, &APPLY);
    assert_snapshot!(told, @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: the stage's newest commit was <1>, and is <2>
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
    // The story is handed in again.
    ada.succeeds(&SAVE);
    again(&ada, "A-1", &[(VIEW, &view("orders", "total"))]);
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: A-1 was handed in again: revision <1>, not <2>
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
    // Somebody holds it.
    ada.succeeds(&SAVE);
    ada.succeeds(&["promote", "A-1", "--to", "production"]);
    ada.succeeds(&["hold", "A-1", "--on", "acceptance", "--reason", "No"]);
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[not-admitted]: acceptance does not take story A-1, revision <1>: held on acceptance by ada: No
     |
     = help: once it is mended: `storyline story submit A-1`; or `storyline release A-1 --on acceptance`

    nothing was changed
    --- exit code 3
    ");
    ada.succeeds(&["release", "A-1", "--on", "acceptance"]);
    ada.succeeds(&SAVE);
    ada.succeeds(&["hold", "A-1", "--on", "acceptance", "--reason", "No"]);
    ada.succeeds(&["release", "A-1", "--on", "acceptance"]);
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: the gate of acceptance was <1>, and is <2>
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
    // The manifest changes.
    ada.succeeds(&SAVE);
    ada.land("storyline.toml", &pipeline.manifest("# more\n"), "More");
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: canonical's manifest was <1>, and is <2>
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
    // It is withdrawn.
    ada.succeeds(&SAVE);
    ada.succeeds(&["story", "withdraw", "A-1"]);
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[story-withdrawn]: story A-1 was withdrawn
     |
     = help: `storyline story submit A-1` takes it up again

    nothing was changed
    --- exit code 2
    ");
}

/// What somebody changed in a plan is not done.
#[test]
fn plans_that_were_edited() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&SAVE);
    let saved = plan(&ada);
    let zeros = "0".repeat(40);
    let edits: [(&str, Value); 10] = [
        ("/landings/0/commit", zeros.clone().into()),
        ("/landings/0/tree", zeros.clone().into()),
        ("/landings/0/story", "B-2".into()),
        ("/landings/0/revision", zeros.clone().into()),
        ("/landings/0/subject", "Another".into()),
        ("/to", zeros.into()),
        ("/stage", "production".into()),
        ("/promotion", "000000000000".into()),
        ("/made", "ada <ada@example.com> 1 +0000\nparent x".into()),
        ("/landings", Value::Array(Vec::new())),
    ];
    let mut all = String::new();
    for (place, value) in edits {
        let mut edited = saved.clone();
        *edited.pointer_mut(place).expect("it is there") = value;
        ada.write("a.plan", &edited.to_string());
        all += &format!("{place}\n{}\n", pipeline.refused(&ada, &APPLY));
    }
    assert_snapshot!(all, @r"
    /landings/0/commit
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /landings/0/tree
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /landings/0/story
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: B-2 was handed in again: revision <1>, not <2>
     = help: plan again: `storyline promote B-2 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /landings/0/revision
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: A-1 was handed in again: revision <1>, not <2>
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /landings/0/subject
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /to
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /stage
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: the stage's repository was [DIR]/acceptance.git, and is [DIR]/production.git
     = help: the stage's newest commit was <1>, and is <2>
     = help: plan again: `storyline promote A-1 --to production --plan FILE`

    nothing was changed
    --- exit code 3
    /promotion
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /made
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote A-1 --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    /landings
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-stale]: the plan is out of date
     |
     = help: made again it is another one: somebody changed the file
     = help: plan again: `storyline promote STORY… --to acceptance --plan FILE`

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn what_is_no_plan() {
    let pipeline = Pipeline::new();
    let ada = with_story(&pipeline);
    ada.succeeds(&SAVE);
    let saved = plan(&ada).to_string();
    let mut all = String::new();
    for text in [
        "",
        &saved[..saved.len() / 2],
        "[]",
        "\u{1b}[31m",
        &saved.replace("\"format\":1", "\"format\":2"),
        &saved.replace("\"format\":1", "\"format\":1,\"more\":1"),
        "{\"format\": 7, \"lease\": 3}",
    ] {
        ada.write("a.plan", text);
        all += &format!("{}\n", pipeline.refused(&ada, &APPLY));
    }
    assert_snapshot!(all, @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: EOF while parsing a value at line 1 column 0
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: EOF while parsing an object at line 1 column 408
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: invalid length 0, expected struct Plan with 16 elements at line 1 column 2
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: expected value at line 1 column 1
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: its format is 2, and this program knows 1
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: unknown field `more`, expected one of `format`, `promotion`, `stage`, `source`, `repository`, `branch`, `landing`, `from`, `to`, `policy`, `gates`, `made`, `landings`, `there`, `left_out`, `notes` at line 1 column 34
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: unknown field `lease`, expected one of `format`, `promotion`, `stage`, `source`, `repository`, `branch`, `landing`, `from`, `to`, `policy`, `gates`, `made`, `landings`, `there`, `left_out`, `notes` at line 1 column 21
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    ");
    let file = fs::File::create(ada.root.join("a.plan")).expect("a file");
    file.set_len(65 << 20).expect("a hole");
    assert_snapshot!(pipeline.refused(&ada, &APPLY), @r"
    $ storyline promote --apply a.plan
    --- stderr
    error[plan-unreadable]: a.plan is no plan: it has 68157440 bytes, and no more than 67108864 are read
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    ");
    assert_snapshot!(pipeline.refused(&ada, &["promote", "--apply", "nowhere"]), @r"
    $ storyline promote --apply nowhere
    --- stderr
    error[plan-unreadable]: nowhere is no plan: No such file or directory (os error 2)
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    ");
    assert_snapshot!(pipeline.refused(&ada, &["promote", "--apply", "views"]), @r"
    $ storyline promote --apply views
    --- stderr
    error[plan-unreadable]: views is no plan: Is a directory (os error 21)
     |
     = help: `storyline promote STORY… --to STAGE --plan FILE` writes one

    nothing was changed
    --- exit code 2
    ");
    let into = [
        "promote",
        "A-1",
        "--to",
        "acceptance",
        "--plan",
        "nowhere/a.plan",
    ];
    assert_snapshot!(pipeline.refused(&ada, &into), @r"
    $ storyline promote A-1 --to acceptance --plan nowhere/a.plan
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- stderr
    error[plan-not-written]: cannot write nowhere/a.plan: No such file or directory (os error 2)
     |
     = help: name another file

    nothing was changed
    --- exit code 2
    ");
}
