//! Commands that cannot be carried out as they were typed, and all that people are told. Each test
//! also compares the whole folder before and after.
#![cfg(unix)]

mod common;

use std::fs;

use common::Place;

/// Suffixes for everything.
const SUFFIX: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models      = "{name}_dev1"
"#;

#[track_caller]
fn check(files: &[(&str, &str)], args: &[&str]) -> String {
    Place::of(files).refused(args)
}

#[test]
fn no_manifest() {
    let place = Place::of(&[("orders.model.lkml", "connection: \"c\"\n")]);
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r#"
    $ storyline stamp dev1
    --- stderr
    error[no-manifest]: there is no `storyline.toml` in [DIR]/project
     |
     = help: `storyline init --write` proposes one from what the project shows

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn the_manifest_is_in_a_folder_above() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("models/orders.model.lkml", "connection: \"c\"\n"),
    ]);
    insta::assert_snapshot!(place.refused(&["-C", "models", "stamp", "dev1"]), @r"
    $ storyline -C models stamp dev1
    --- stderr
    error[no-manifest]: there is no `storyline.toml` in [DIR]/project/models
     |
     = help: there is one in [DIR]/project: run the command with `-C [DIR]/project`

    nothing was changed
    --- exit code 2
    ");
}

#[test]
fn an_environment_that_nobody_named() {
    let files = [
        (
            "storyline.toml",
            "[environment.dev1]\n[environment.production]\n",
        ),
        ("orders.model.lkml", "connection: \"c\"\n"),
    ];
    insta::assert_snapshot!(check(&files, &["stamp", "porduction"]), @r"
    $ storyline stamp porduction
    --- stderr
    error[unknown-environment]: the manifest has no environment `porduction`
     |
     = help: did you mean `production`?

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(check(&files, &["unstamp", "x"]), @r"
    $ storyline unstamp x
    --- stderr
    error[unknown-environment]: the manifest has no environment `x`
     |
     = help: environments: `dev1`, `production`

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(check(&files, &["sites", "--env", "dev2"]), @r"
    $ storyline sites --env dev2
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev2`
     |
     = help: did you mean `dev1`?
    --- exit code 2
    ");
}

#[test]
fn destinations_that_cannot_be() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("orders.model.lkml", "connection: \"c\"\n"),
    ]);
    fs::create_dir(place.top.join("full")).expect("a folder");
    fs::write(place.top.join("full/file"), "").expect("a file");
    insta::assert_snapshot!(place.refused(&["stamp", "dev1", "--into", "../full"]), @r"
    $ storyline stamp dev1 --into ../full
    --- stderr
    error[export-not-empty]: ../full is not an empty folder
     |
     = help: nothing was written
     = help: name a folder that does not exist yet
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["stamp", "dev1", "--into", "copy"]), @r"
    $ storyline stamp dev1 --into copy
    --- stderr
    error[export-overlap]: [DIR]/project/copy and the project lie in one another
     |
     = help: nothing was written
     = help: name a folder beside the project
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["stamp", "dev1", "--into", "../full/file/copy"]), @r"
    $ storyline stamp dev1 --into ../full/file/copy
    --- stderr
    error[export-failed]: cannot make ../full/file/copy: Not a directory (os error 20)
     |
     = help: the project is unchanged
     = help: mend what the system says, or name another folder
    --- exit code 2
    ");
}

#[test]
fn refusals_are_json_too() {
    let files = [
        ("storyline.toml", SUFFIX),
        ("a.model.lkml", "connection: \"c\n"),
    ];
    let json = ["--format", "json"];
    insta::assert_snapshot!(check(&files, &[&["stamp", "dev1"], &json[..]].concat()), @r#"
    $ storyline stamp dev1 --format json
    --- stdout
    {
      "done": false,
      "diagnostics": [
        {
          "id": "lookml-unterminated-string",
          "severity": "error",
          "message": "this text has no closing `\"`",
          "places": [
            {
              "file": "a.model.lkml",
              "start": 12,
              "end": 14,
              "line": 1,
              "column": 13,
              "text": ""
            }
          ],
          "help": [
            "add a `\"` at its end; a `\"` inside the text is written `\\\"`"
          ]
        }
      ]
    }
    --- stderr
    error[lookml-unterminated-string]: this text has no closing `"`
     --> a.model.lkml:1:13
      |
    1 | connection: "c
      |             ^^
      |
      = help: add a `"` at its end; a `"` inside the text is written `\"`

    nothing was changed
    --- exit code 1
    "#);
    insta::assert_snapshot!(check(&files, &[&["stamp", "dev"], &json[..]].concat()), @r#"
    $ storyline stamp dev --format json
    --- stdout
    {
      "done": false,
      "diagnostics": [
        {
          "id": "unknown-environment",
          "severity": "error",
          "message": "the manifest has no environment `dev`",
          "places": [],
          "help": [
            "did you mean `dev1`?"
          ]
        }
      ]
    }
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev`
     |
     = help: did you mean `dev1`?

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(check(&files, &[&["parse", "b.lkml"], &json[..]].concat()), @r#"
    $ storyline parse b.lkml --format json
    --- stdout
    {
      "done": false,
      "diagnostics": [
        {
          "id": "file-unreadable",
          "severity": "error",
          "message": "cannot read b.lkml: No such file or directory (os error 2)",
          "places": [],
          "help": [
            "name a LookML file, or `-` for standard input"
          ]
        }
      ]
    }
    --- stderr
    error[file-unreadable]: cannot read b.lkml: No such file or directory (os error 2)
     |
     = help: name a LookML file, or `-` for standard input
    --- exit code 2
    "#);
}

#[test]
fn folders_that_are_none() {
    let place = Place::of(&[("storyline.toml", SUFFIX)]);
    insta::assert_snapshot!(place.refused(&["-C", "storyline.toml", "sites"]), @r"
    $ storyline -C storyline.toml sites
    --- stderr
    error[folder-unreadable]: cannot open storyline.toml: Not a directory (os error 20)
     |
     = help: give the folder of a project with `-C DIR`, one that you may read
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["-C", "nowhere", "stamp", "dev1"]), @r"
    $ storyline -C nowhere stamp dev1
    --- stderr
    error[folder-unreadable]: cannot open nowhere: No such file or directory (os error 2)
     |
     = help: give the folder of a project with `-C DIR`, one that you may read

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["parse", "."]), @r"
    $ storyline parse .
    --- stderr
    error[file-unreadable]: cannot read .: Is a directory (os error 21)
     |
     = help: name a LookML file, or `-` for standard input
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["demo", "."]), @r"
    $ storyline demo .
    --- stderr
    error[demo-failed]: cannot write .: File exists (os error 17)
     |
     = help: name a folder that does not exist yet: `storyline demo DIR`
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["man", "--into", "storyline.toml"]), @r"
    $ storyline man --into storyline.toml
    --- stderr
    error[output-failed]: cannot write the manual into storyline.toml: File exists (os error 17)
     |
     = help: name a folder that you may write
    --- exit code 2
    ");
}

#[test]
fn arguments_that_are_none() {
    let place = Place::of(&[("storyline.toml", SUFFIX)]);
    insta::assert_snapshot!(place.refused(&["stmap", "dev1"]), @r"
    $ storyline stmap dev1
    --- stderr
    error: unrecognized subcommand 'stmap'

      tip: some similar subcommands exist: 'status', 'unstamp', 'stamp'

    Usage: storyline [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["stamp"]), @r"
    $ storyline stamp
    --- stderr
    error: the following required arguments were not provided:
      <ENVIRONMENT>

    Usage: storyline stamp <ENVIRONMENT>

    For more information, try '--help'.
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["parse", "--tokens", "storyline.toml"]), @r"
    $ storyline parse --tokens storyline.toml
    --- stderr
    error[tokens-as-text]: tokens are printed as JSON only
     |
     = help: add `--format json`
    --- exit code 2
    ");
}

#[test]
fn a_dashboard_is_no_lookml() {
    let place = Place::acme("shop");
    let file = "dashboards/overview.dashboard.lookml";
    insta::assert_snapshot!(place.refused(&["parse", file]), @r"
    $ storyline parse dashboards/overview.dashboard.lookml
    --- stderr
    error[dashboard-is-yaml]: a LookML dashboard is YAML, which `parse` does not read
    --> dashboards/overview.dashboard.lookml
     = help: `storyline sites` lists the names in it; any YAML parser reads the rest
    --- exit code 2
    ");
}
