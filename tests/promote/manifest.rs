//! Canonical's manifest comes to a stage, by itself.

use insta::assert_snapshot;

use crate::common::team::{VIEW, numbered, view};
use crate::{Pipeline, story};

const LAND: [&str; 4] = ["promote", "--manifest", "--to", "acceptance"];

#[test]
fn a_newer_manifest() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    assert_snapshot!(ada.run(&LAND), @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    acceptance has canonical's manifest already
    --- exit code 0
    ");
    ada.land("storyline.toml", &pipeline.manifest("# more\n"), "More");
    ada.land(
        "environments/dev1.toml",
        "models = \"{name}_dev1\"\n",
        "Add dev1",
    );
    ada.land(VIEW, &view("orders", "sum"), "Something else");
    story(&ada, "A-1", &[("new.md", "New.\n")]);
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance", "--dry-run"]), @r"
    $ storyline promote A-1 --to acceptance --dry-run
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          A new.md
    note: the manifest on acceptance is not canonical's: `storyline promote --manifest --to acceptance` lands canonical's

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- exit code 0
    ");
    assert_snapshot!(ada.run(&[&LAND[..], &["--dry-run"]].concat()), @r"
    $ storyline promote --manifest --to acceptance --dry-run
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
    --- exit code 0
    ");
    assert_snapshot!(ada.run(&LAND), @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
    landed: acceptance is at <2>
    --- exit code 0
    ");
    assert_snapshot!(ada.run(&LAND), @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    acceptance has canonical's manifest already
    --- exit code 0
    ");
    let commit = pipeline.git(
        "acceptance",
        &["log", "-1", "--format=%B", "--name-status", "main"],
    );
    assert_snapshot!(numbered(&commit), @r"
    Take canonical's manifest

    Storyline-Kind: manifest
    Source-Commit: <1>


    A	environments/dev1.toml
    M	storyline.toml
    ");
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          A new.md

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
}

/// Models get other names, which somebody has to mean.
#[test]
fn a_manifest_with_other_names() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(
        &ada,
        "A-1",
        &[
            (VIEW, &view("orders", "sum")),
            ("new.model.lkml", "connection: \"warehouse\"\n"),
        ],
    );
    let manifest = pipeline
        .manifest("")
        .replace("{name}_acceptance\"", "{name}_acc\"");
    ada.land("storyline.toml", &manifest, "Shorter names");
    let told = pipeline.refused(&ada, &LAND);
    assert_snapshot!(told, @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
      shop_acceptance.model.lkml gets another name
    --- stderr
    error[confirmation-needed]: this gives 1 model of stage `acceptance` another name: their dashboards, schedules and links in Looker have to follow
     |
     = help: if that is meant: `storyline promote --manifest --to acceptance --confirm acceptance`

    nothing was changed
    --- exit code 2
    ");
    let told = pipeline.refused(&ada, &[&LAND[..], &["--confirm", "production"]].concat());
    assert_eq!(told.code(), Some(2), "{told}");
    let json = [&LAND[..], &["--format", "json"]].concat();
    assert_snapshot!(pipeline.refused(&ada, &json), @r#"
    $ storyline promote --manifest --to acceptance --format json
    --- stdout
    {
      "done": false,
      "diagnostics": [
        {
          "id": "confirmation-needed",
          "severity": "error",
          "message": "this gives 1 model of stage `acceptance` another name: their dashboards, schedules and links in Looker have to follow",
          "places": [],
          "help": [
            "if that is meant: `storyline promote --manifest --to acceptance --confirm acceptance`"
          ]
        }
      ]
    }
    --- stderr
    error[confirmation-needed]: this gives 1 model of stage `acceptance` another name: their dashboards, schedules and links in Looker have to follow
     |
     = help: if that is meant: `storyline promote --manifest --to acceptance --confirm acceptance`

    nothing was changed
    --- exit code 2
    "#);
    let told = pipeline.refused(&ada, &LAND);
    assert_snapshot!(crate::types(&ada, &told, "storyline promote"), @r"
    $ storyline promote --manifest --to acceptance --confirm acceptance
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
      shop_acceptance.model.lkml gets another name
    landed: acceptance is at <2>
    --- exit code 0
    ");
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    let files = pipeline.git("acceptance", &["ls-tree", "--name-only", "main"]);
    assert_snapshot!(files, @r"
    board.dashboard.lookml
    new_acc.model.lkml
    shop_acc.model.lkml
    storyline.toml
    views
    ");
    let models = pipeline.git("acceptance", &["grep", "-h", "connection:", "main"]);
    assert_snapshot!(models, @r#"
    connection: "warehouse_acc"
    connection: "warehouse_acc"
    "#);
}

#[test]
fn a_manifest_that_does_not_know_the_stage() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let manifest = pipeline.manifest("");
    let (before, rest) = manifest
        .split_once("[environment.production]")
        .expect("it is there");
    let (_, pipeline_section) = rest.split_once("[pipeline]").expect("it is there");
    let without = format!("{before}[pipeline]{pipeline_section}").replace(", \"production\"", "");
    ada.land("storyline.toml", &without, "Without production");
    assert_snapshot!(pipeline.refused(&ada, &["promote", "--manifest", "--to", "production"]), @r"
    $ storyline promote --manifest --to production
    --- stderr
    error[unknown-stage]: `production` is no stage of the pipeline
     |
     = help: stages are `integration`, `acceptance`

    nothing was changed
    --- exit code 2
    ");
}
