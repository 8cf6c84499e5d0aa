//! `storyline check`: what it finds, where, and what `--fix` does about it.

mod common;

use std::process::Command;

use common::Place;
use serde_json::Value;

/// Everything that is said about a project of `files`.
#[track_caller]
fn check(files: &[(&str, &str)]) -> String {
    Place::of(files).run(&["check"]).to_string()
}

#[test]
fn a_sound_project() {
    insta::assert_snapshot!(check(&[
        ("a.model.lkml", "connection: \"c\"\ninclude: \"views/*.view\"\nexplore: orders {}\n"),
        ("views/orders.view.lkml", "view: orders { dimension: id {} }\n"),
        ("notes.md", "connection: {"),
    ]), @r#"
    $ storyline check
    --- stdout
    nothing found in 2 files
    --- exit code 0
    "#);
}

#[test]
fn mistakes_that_looker_would_stumble_over() {
    insta::assert_snapshot!(check(&[
        ("a.model.lkml", "connection: \"c\"\ninclude: \"/views/user.view\"\nexplore: orders {\n"),
        ("b/a.model.lkml", "label: \"A\"\n"),
        ("views/users.view.lkml", "view: users { dimension id {} }\n"),
        ("x.dashboard.lookml", "- dashboard: x\n  title: a: b\n"),
        ("y.dashboard.lookml", "- dashboard: y\n  title: One\n  title: Two\n"),
    ]), @r#"
    $ storyline check
    --- stdout
    error[include-unresolved]: no file matches `/views/user.view`
     --> a.model.lkml:2:11
      |
    2 | include: "/views/user.view"
      |           ^^^^^^^^^^^^^^^^ includes nothing
      |
      = help: write the path as it is in the project, from its root with a `/` before it, or remove the line

    error[lookml-unclosed-block]: this `{` is never closed
     --> a.model.lkml:3:17
      |
    3 | explore: orders {
      |                 ^
      |
      = help: add a `}` where the block ends

    error[model-twice]: model `a` is defined twice
    --> b/a.model.lkml
     = note: defined here
    ::: a.model.lkml
     = note: and here
     = help: a model's name is its file's, and has to be unique on the whole Looker instance; rename or remove one of the files

    error[lookml-missing-colon]: a `:` is missing after this word
     --> views/users.view.lkml:1:15
      |
    1 | view: users { dimension id {} }
      |               ^^^^^^^^^
      |
      = help: parameters are written `name: value`

    error[yaml-syntax]: `:` is not allowed here
     --> x.dashboard.lookml:2:11
      |
    2 |   title: a: b
      |           ^ here
      |
      = help: put the value in quotes if `: ` is a part of it, and close the brackets that are open above

    warning[yaml-duplicate-key]: `title` stands twice in one mapping, and only the last one counts
     --> y.dashboard.lookml:3:3
      |
    3 |   title: Two
      |   ^^^^^ this one counts
      |
     ::: y.dashboard.lookml:2:3
      |
    2 |   title: One
      |   ----- this one does not
      |
      = help: remove the one that is not meant

    5 errors, 1 warning in 5 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
}

#[test]
fn projects_in_folders_of_one_repository() {
    insta::assert_snapshot!(check(&[
        ("a/manifest.lkml", "project_name: \"a\"\n"),
        ("a/m/x.model.lkml", "connection: \"c\"\ninclude: \"/views/*.view\"\ninclude: \"/views/y\"\n"),
        ("a/views/y.view.lkml", "view: y {}\n"),
        ("b/manifest.lkml", "project_name: \"b\"\n"),
        ("b/x.model.lkml", "connection: \"c\"\ninclude: \"/views/y.view\"\n"),
    ]), @r#"
    $ storyline check
    --- stdout
    error[include-unresolved]: no file matches `/views/y`
     --> a/m/x.model.lkml:3:11
      |
    3 | include: "/views/y"
      |           ^^^^^^^^ includes nothing
      |
      = help: write the path as it is in the project, from its root with a `/` before it, or remove the line

    error[include-unresolved]: no file matches `/views/y.view`
     --> b/x.model.lkml:2:11
      |
    2 | include: "/views/y.view"
      |           ^^^^^^^^^^^^^ includes nothing
      |
      = help: write the path as it is in the project, from its root with a `/` before it, or remove the line

    2 errors in 5 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
}

#[test]
fn a_profile_that_takes_everything_from_variables() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/acme-dbt");
    insta::assert_snapshot!(Place::new().run(&["-C", fixture, "check"]).stdout(), @r#"
    nothing found in 3 files
    "#);
}

const ENTRIES: &str = "explore: orders {
  model: shop
  label: \"Orders\"   # as it is
}
explore: +orders { label: \"x\" model: \"shop\" }
view: users {
\tmodel: shop # why
  dimension: model {}
}\r
view: +users { model: shop }
explore: e {\r
  model: shop\r
}";

#[test]
fn needless_entries_are_taken_out_and_nothing_else() {
    let place = Place::of(&[("a.explore.lkml", ENTRIES)]);
    let found = place.run(&["check"]);
    assert_eq!(found.code(), Some(1));
    insta::assert_snapshot!(place.run(&["check", "--fix"]), @r#"
    $ storyline check --fix
    --- stdout
    nothing found in 1 file
    --- stderr
    mended 5 findings
    --- exit code 0
    "#);
    let mended = std::fs::read_to_string(place.root.join("a.explore.lkml")).expect("it is there");
    insta::assert_debug_snapshot!(mended, @r#"
    "explore: orders {\n  label: \"Orders\"   # as it is\n}\nexplore: +orders { label: \"x\" }\nview: users {\n\t# why\n  dimension: model {}\n}\r\nview: +users { }\nexplore: e {\r\n}"
    "#);
}

#[test]
fn only_what_is_asked_for() {
    let place = Place::of(&[
        ("a.explore.lkml", "explore: a { model: m }\n"),
        ("b/c.explore.lkml", "explore: c { model: m }\n"),
        ("b/d/e.explore.lkml", "explore: e { model: m }\n"),
    ]);
    let found = |args: &[&str]| {
        let run = place.run(&[&["check", "--format", "json"], args].concat());
        let report: Value = serde_json::from_slice(&run.output.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("a list").clone();
        let files = findings.iter().map(|f| f["places"][0]["file"].as_str());
        files
            .map(|file| file.expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[]).len(), 3);
    assert_eq!(found(&["."]).len(), 3);
    assert_eq!(found(&["a.explore.lkml"]), ["a.explore.lkml"]);
    assert_eq!(found(&["b"]), ["b/c.explore.lkml", "b/d/e.explore.lkml"]);
    assert_eq!(
        found(&["b/d/", "a.explore.lkml"]),
        ["a.explore.lkml", "b/d/e.explore.lkml"]
    );
    assert_eq!(found(&["../project/b/d"]), ["b/d/e.explore.lkml"]);
    assert_eq!(found(&[".."]), [""; 0]);
    insta::assert_snapshot!(place.run(&["check", "nowhere"]), @r#"
    $ storyline check nowhere
    --- stderr
    error[no-such-path]: there is no nowhere
     |
     = help: paths are seen from the project's folder, or from where you are
    --- exit code 2
    "#);
}

const MANIFEST: &str = "[environment.dev1]
models = \"{name}_dev1\"
labels = \"{name} (dev1)\"
connections = { warehouse = \"warehouse_dev1\" }
";

#[test]
fn names_that_do_not_belong() {
    insta::assert_snapshot!(check(&[
        ("storyline.toml", MANIFEST),
        ("shop.model.lkml", "connection: \"warehouse\"\n"),
        ("more.model.lkml", "connection: \"lake\"\nlabel: \"More\"\n"),
        ("x.dashboard.lookml", "- dashboard: x\n  elements:\n  - name: a\n    model: shop_dev1\n"),
    ]), @r#"
    $ storyline check
    --- stdout
    error[unknown-name]: the environment has no connection for `lake`
     --> more.model.lkml:1:14
      |
    1 | connection: "lake"
      |              ^^^^
      |
     ::: storyline.toml:4:15
      |
    4 | connections = { warehouse = "warehouse_dev1" }
      |               -------------------------------- no entry here, and no `"*"`
      |
      = help: add `"lake" = "…"` to the table, or `"*" = "{name}"` to keep all other names

    warning[label-missing]: this model has no label, so its copies look alike in the Explore menu
    --> shop.model.lkml
     = help: add a line such as `label: "shop"`, which `dev1` then changes

    error[stamped-name]: model `shop_dev1` is what environment `dev1` calls one of this project's own
     --> x.dashboard.lookml:4:12
      |
    4 |     model: shop_dev1
      |            ^^^^^^^^^
      |
      = help: in canonical form, write `shop`; if another project's is meant, choose other names for the environment

    2 errors, 1 warning in 3 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
    let stamped = Place::of(&[
        ("storyline.toml", MANIFEST),
        (
            "shop_dev1.model.lkml",
            "connection: \"warehouse_dev1\"\nlabel: \"Shop (dev1)\"\n",
        ),
        (
            "x.dashboard.lookml",
            "- dashboard: x\n  elements:\n  - name: a\n    model: shop\n",
        ),
    ]);
    insta::assert_snapshot!(stamped.run(&["check"]), @r#"
    $ storyline check
    --- stdout
    error[stray-name]: model `shop` does not belong to environment `dev1`
     --> x.dashboard.lookml:4:12
      |
    4 |     model: shop
      |            ^^^^
      |
      = help: if `shop` is the canonical name, it is `shop_dev1` in this environment: write that, then unstamp again

    1 error in 2 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
}

#[test]
fn the_form_that_a_clone_is_set_to() {
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1]\nconnections = { a = \"b\", \"*\" = \"{name}\" }\n",
        ),
        ("shop.model.lkml", "connection: \"a\"\n"),
    ]);
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .args(args)
            .current_dir(&place.root)
            .status();
        assert!(status.expect("Git is installed").success());
    };
    git(&["init", "--quiet"]);
    assert_eq!(place.run(&["check"]).code(), Some(0));
    git(&["config", "storyline.environment", "dev1"]);
    insta::assert_snapshot!(place.run(&["check"]), @r#"
    $ storyline check
    --- stdout
    error[already-canonical]: nothing in this folder has a name of `dev1`
     --> shop.model.lkml:1:14
      |
    1 | connection: "a"
      |              ^ like all others, this is none of that environment's names
      |
      = help: if the folder is in canonical form, there is nothing to take out
      = help: if it is in the form of another environment, name that one

    1 error in 1 file; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
    assert_eq!(place.run(&["check", "--env", "canonical"]).code(), Some(0));
    git(&["config", "storyline.environment", "dev2"]);
    assert_eq!(place.run(&["check"]).code(), Some(2));
}

#[test]
fn secrets_are_found_and_never_shown() {
    let place = Place::of(&[(
        "profiles.yml",
        "shop:\n  outputs:\n    dev:\n      user: me\n      password: hunter2 # hunter2: x\n    prod: {password: \"{{ env_var('P') }}\", token: 'hunter2', private_key_path: a}\n",
    )]);
    insta::assert_snapshot!(place.run(&["check"]), @r#"
    $ storyline check
    --- stdout
    error[secret-literal]: `shop.outputs.dev.password` is a secret that everybody with this file can read
     --> profiles.yml:5:17
      |
    5 |       password:  …
      |                 ^ not shown
      |
      = help: take it from the environment: `password: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"`
      = help: change the secret too, since it stays in the history

    error[secret-literal]: `shop.outputs.prod.token` is a secret that everybody with this file can read
     --> profiles.yml:6:52
      |
    6 |     prod: {password: "{{ env_var('P') }}", token: ' …
      |                                                    ^ not shown
      |
      = help: take it from the environment: `token: "{{ env_var('DBT_ENV_SECRET_TOKEN') }}"`
      = help: change the secret too, since it stays in the history

    2 errors in 1 file; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
    for format in ["text", "json", "sarif", "github", "gitlab"] {
        let run = place.run(&["check", "--format", format]);
        assert!(!run.to_string().contains("hunter2"), "{run}");
        assert_eq!(run.code(), Some(1));
    }
    // Nor where the file cannot be read, and the line itself is the place of the mistake.
    let broken = Place::of(&[("profiles.yml", "shop:\n  password: hunter2: x\n")]);
    insta::assert_snapshot!(broken.run(&["check"]), @r#"
    $ storyline check
    --- stdout
    error[yaml-syntax]: `:` is not allowed here
     --> profiles.yml:2:20
      |
    2 |   password: ******** *
      |                    ^ here
      |
      = help: put the value in quotes if `: ` is a part of it, and close the brackets that are open above

    1 error in 1 file; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
}

#[test]
fn forms_for_forges() {
    let place = Place::of(&[(
        "views/50% of: it,.view.lkml",
        "view: users { model: \"caf\u{e9}\" }\n",
    )]);
    insta::assert_snapshot!(place.run(&["check", "--format", "github"]), @r#"
    $ storyline check --format github
    --- stdout
    ::warning file=views/50%25 of%3A it%2C.view.lkml,line=1,endLine=1,col=15,endColumn=28,title=model-entry::`model` is no parameter of a view%0Aremove it: a view belongs to every model that includes its file
    --- exit code 1
    "#);
    let gitlab = place.run(&["check", "--format", "gitlab"]);
    insta::assert_snapshot!(gitlab, @r#"
    $ storyline check --format gitlab
    --- stdout
    [
      {
        "description": "`model` is no parameter of a view\nremove it: a view belongs to every model that includes its file",
        "check_name": "model-entry",
        "fingerprint": "002079b3834cb5379479883c68d94d471fd5e2229423a06470ea68b30a2a5b5b",
        "severity": "minor",
        "location": {
          "path": "views/50% of: it,.view.lkml",
          "lines": {
            "begin": 1,
            "end": 1
          }
        }
      }
    ]
    --- exit code 1
    "#);
    let sarif = place.run(&["check", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&sarif.output.stdout).expect("JSON");
    insta::assert_snapshot!(sarif["runs"][0]["results"].to_string(), @r#"
    [{"fixes":[{"artifactChanges":[{"artifactLocation":{"uri":"views/50%25%20of%3A%20it%2C.view.lkml"},"replacements":[{"deletedRegion":{"byteLength":15,"byteOffset":14,"endColumn":29,"endLine":1,"startColumn":15,"startLine":1},"insertedContent":{"text":""}}]}]}],"level":"warning","locations":[{"message":{"text":"needless"},"physicalLocation":{"artifactLocation":{"uri":"views/50%25%20of%3A%20it%2C.view.lkml"},"region":{"byteLength":14,"byteOffset":14,"endColumn":28,"endLine":1,"startColumn":15,"startLine":1}}}],"message":{"text":"`model` is no parameter of a view\nremove it: a view belongs to every model that includes its file"},"relatedLocations":[],"ruleId":"model-entry","ruleIndex":0}]
    "#);
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"],
        "model-entry"
    );
}

#[test]
fn a_forge_knows_files_by_their_path_in_the_repository() {
    let place = Place::of(&[("looker/a.explore.lkml", "explore: a { model: m }\n")]);
    let run = place.run(&["-C", "looker", "check", "--format", "github"]);
    assert!(
        run.stdout().contains("file=looker/a.explore.lkml,"),
        "{run}"
    );
}

#[test]
fn every_finding_is_explained() {
    let place = Place::new();
    let told = place
        .run(&["check", "--explain", "model-entry"])
        .to_string();
    insta::assert_snapshot!(told, @r#"
    $ storyline check --explain model-entry
    --- stdout
    # `model-entry`

    A view or an explore has a `model` entry.

    A file belongs to every model that includes it, so the entry says nothing that Looker needs; and in every other environment, where the model has another name, it is wrong. `storyline check --fix` takes it out, with its line where nothing else stands on it, and touches no other byte.

    ```lookml
    explore: orders {
      model: shop
      label: "Orders"
    }
    ```

    Better:

    ```lookml
    explore: orders {
      label: "Orders"
    }
    ```
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["check", "--explain", "nothing"]).to_string().lines().take(3).collect::<Vec<_>>().join("\n"), @r#"
    $ storyline check --explain nothing
    --- stderr
    error[unknown-finding]: no finding is called `nothing`
    "#);
}

/// What has to be done for each finding again would make this take minutes.
#[test]
fn a_great_many_findings_of_one_file() {
    const MANY: usize = 20_000;
    let place = Place::of(&[]);
    let entries = "  model: m\n".repeat(MANY);
    place.write("v.view.lkml", format!("view: v {{\n{entries}}}\n"));
    place.write(
        "w.view.lkml",
        format!("view: w {{ {} }}\n", "model: m ".repeat(MANY)),
    );
    let secrets = (0..MANY).map(|n| format!("      password_{n}: hunter{n}\n"));
    let secrets = secrets.collect::<String>();
    place.write("profiles.yml", format!("p:\n  outputs:\n    t:\n{secrets}"));
    let run = place.run(&["check", "--fix"]);
    assert_eq!(run.stderr(), format!("mended {} findings\n", 2 * MANY));
    assert_eq!(run.stdout().matches("error[secret-literal]").count(), MANY);
    assert!(!run.stdout().contains("hunter"));
    let read = |name: &str| std::fs::read_to_string(place.root.join(name)).expect("it is there");
    assert_eq!(read("v.view.lkml"), "view: v {\n}\n");
    assert_eq!(read("w.view.lkml"), "view: w { }\n");
}

#[test]
fn a_folder_inside_a_project() {
    let place = Place::of(&[
        ("manifest.lkml", "project_name: \"shop\"\n"),
        (
            "a.model.lkml",
            "connection: \"c\"\ninclude: \"/nothing.view\"\n",
        ),
        ("shared/users.view.lkml", "view: users {}\n"),
        (
            "shop/orders.view.lkml",
            "include: \"/shared/users.view\"\ninclude: \"/none.view\"\n",
        ),
        ("shop/deep/x.view.lkml", "view: x { dimension a {} }\n"),
    ]);
    insta::assert_snapshot!(place.run_in("shop", &["check"]), @r#"
    $ storyline check
    --- stdout
    error[lookml-missing-colon]: a `:` is missing after this word
     --> shop/deep/x.view.lkml:1:11
      |
    1 | view: x { dimension a {} }
      |           ^^^^^^^^^
      |
      = help: parameters are written `name: value`

    error[include-unresolved]: no file matches `/none.view`
     --> shop/orders.view.lkml:2:11
      |
    2 | include: "/none.view"
      |           ^^^^^^^^^^ includes nothing
      |
      = help: write the path as it is in the project, from its root with a `/` before it, or remove the line

    2 errors in 5 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
    insta::assert_snapshot!(place.run_in("shop", &["check", "orders.view.lkml", "shared"]), @r#"
    $ storyline check orders.view.lkml shared
    --- stdout
    error[include-unresolved]: no file matches `/none.view`
     --> shop/orders.view.lkml:2:11
      |
    2 | include: "/none.view"
      |           ^^^^^^^^^^ includes nothing
      |
      = help: write the path as it is in the project, from its root with a `/` before it, or remove the line

    1 error in 5 files; `storyline check --explain ID` tells more
    --- exit code 1
    "#);
}

#[test]
fn a_manifest_that_is_a_folder() {
    insta::assert_snapshot!(check(&[
        ("a.model.lkml", "connection: \"c\"\n"),
        ("storyline.toml/x", ""),
    ]), @r#"
    $ storyline check
    --- stderr
    error[file-unusable]: `storyline.toml` is a folder
     |
     = help: put the manifest itself there, as a plain file
    --- exit code 2
    "#);
}

#[test]
fn a_manifest_that_cannot_be_read_is_in_the_report() {
    let place = Place::of(&[("storyline.toml", "[environment.dev1]\nmodel = \"x\"\n")]);
    insta::assert_snapshot!(place.run(&["check", "--format", "github"]), @r#"
    $ storyline check --format github
    --- stdout
    ::error file=storyline.toml,line=2,endLine=2,col=1,endColumn=6,title=unknown-key::unknown key `model`%0Adid you mean `models`?
    --- stderr
    error[unknown-key]: unknown key `model`
     --> storyline.toml:2:1
      |
    2 | model = "x"
      | ^^^^^ in `environment.dev1`
      |
      = help: did you mean `models`?
    --- exit code 2
    "#);
    for format in ["sarif", "gitlab"] {
        let run = place.run(&["check", "--format", format]);
        let report: Value = serde_json::from_str(run.stdout()).expect("JSON");
        assert!(report.to_string().contains("unknown-key"), "{run}");
        assert_eq!(run.code(), Some(2));
    }
}
