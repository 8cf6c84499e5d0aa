//! What `diff` shows of two folders, and what it leaves out.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::{Place, storyline};
use serde_json::Value;

const ENVIRONMENTS: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models      = "{name}_dev1"

[environment.dev2]
connections = "{name}_dev2"
models      = "{name}_dev2"

[environment.production]
connections = { warehouse = "redshift" }
"#;

/// A canonical project, and beside it `dev1` and `dev2` stamped.
fn stamped() -> Place {
    let place = Place::of(&[
        ("storyline.toml", ENVIRONMENTS),
        (
            "orders.model.lkml",
            "connection: \"warehouse\"\ninclude: \"/v.view\"\nexplore: v {}\n",
        ),
        (
            "v.view.lkml",
            "view: v {\n  dimension: a {\n    link: { label: \"a\" url: \"/explore/orders/v\" }\n  }\n}\n",
        ),
    ]);
    place.succeeds(&["stamp", "dev1", "--into", "../dev1"]);
    place.succeeds(&["stamp", "dev2", "--into", "../dev2"]);
    place
}

/// Writes a file of a folder beside the project.
fn write(place: &Place, path: &str, bytes: impl AsRef<[u8]>) {
    fs::write(place.top.join(path), bytes).expect("a file");
}

#[test]
fn stamps_are_no_differences() {
    let place = stamped();
    insta::assert_snapshot!(place.run(&["diff", ".", "."]), @r"
    $ storyline diff . .
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["diff", ".", "../dev1"]), @r"
    $ storyline diff . ../dev1
    --- stderr
    2 files differ only by stamps; --raw shows them
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["diff", "../dev2", "../dev1"]), @r"
    $ storyline diff ../dev2 ../dev1
    --- stderr
    2 files differ only by stamps; --raw shows them
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["diff", ".", "../dev1", "--raw"]), @r#"
    $ storyline diff . ../dev1 --raw
    --- stdout
    diff --git a/orders.model.lkml b/orders.model.lkml
    deleted file mode 100644
    --- a/orders.model.lkml
    +++ /dev/null
    @@ -1,3 +0,0 @@
    -connection: "warehouse"
    -include: "/v.view"
    -explore: v {}
    diff --git a/orders_dev1.model.lkml b/orders_dev1.model.lkml
    new file mode 100644
    --- /dev/null
    +++ b/orders_dev1.model.lkml
    @@ -0,0 +1,3 @@
    +connection: "warehouse_dev1"
    +include: "/v.view"
    +explore: v {}
    diff --git a/v.view.lkml b/v.view.lkml
    --- a/v.view.lkml
    +++ b/v.view.lkml
    @@ -1,5 +1,5 @@
     view: v {
       dimension: a {
    -    link: { label: "a" url: "/explore/orders/v" }
    +    link: { label: "a" url: "/explore/orders_dev1/v" }
       }
     }
    --- exit code 0
    "#);
}

#[test]
fn a_story_in_a_fork_shows_alone() {
    let place = stamped();
    write(
        &place,
        "dev2/orders_dev2.model.lkml",
        "connection: \"warehouse_dev2\"\ninclude: \"/v.view\"\n# A comment.\nexplore: v {}\n",
    );
    write(&place, "dev2/new.view.lkml", "view: new {}");
    fs::remove_file(place.top.join("dev2/v.view.lkml")).expect("it is there");
    insta::assert_snapshot!(place.run(&["diff", "../dev1", "../dev2"]), @r#"
    $ storyline diff ../dev1 ../dev2
    --- stdout
    diff --git a/new.view.lkml b/new.view.lkml
    new file mode 100644
    --- /dev/null
    +++ b/new.view.lkml
    @@ -0,0 +1 @@
    +view: new {}
    \ No newline at end of file
    diff --git a/orders.model.lkml b/orders.model.lkml
    --- a/orders.model.lkml
    +++ b/orders.model.lkml
    @@ -1,3 +1,4 @@
     connection: "warehouse"
     include: "/v.view"
    +# A comment.
     explore: v {}
    diff --git a/v.view.lkml b/v.view.lkml
    deleted file mode 100644
    --- a/v.view.lkml
    +++ /dev/null
    @@ -1,5 +0,0 @@
    -view: v {
    -  dimension: a {
    -    link: { label: "a" url: "/explore/orders/v" }
    -  }
    -}
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["diff", "../dev1", "../dev2", "--stat"]), @r"
    $ storyline diff ../dev1 ../dev2 --stat
    --- stdout
     new.view.lkml     | +1 -0, added
     orders.model.lkml | +1 -0
     v.view.lkml       | +0 -5, removed
    3 files: 2 lines added, 5 lines removed
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["diff", "../dev1", "../dev2", "--format", "json"]), @r##"
    $ storyline diff ../dev1 ../dev2 --format json
    --- stdout
    {
      "left": {
        "form": "stamped",
        "environment": "dev1"
      },
      "right": {
        "form": "stamped",
        "environment": "dev2"
      },
      "files": [
        {
          "status": "added",
          "content": "text",
          "left": null,
          "right": {
            "path": "new.view.lkml",
            "kind": "file"
          },
          "hunks": [
            {
              "left": {
                "line": 1,
                "lines": []
              },
              "right": {
                "line": 1,
                "lines": [
                  "view: new {}"
                ]
              }
            }
          ]
        },
        {
          "status": "changed",
          "content": "text",
          "left": {
            "path": "orders.model.lkml",
            "kind": "file"
          },
          "right": {
            "path": "orders.model.lkml",
            "kind": "file"
          },
          "hunks": [
            {
              "left": {
                "line": 3,
                "lines": []
              },
              "right": {
                "line": 3,
                "lines": [
                  "# A comment.\n"
                ]
              }
            }
          ]
        },
        {
          "status": "removed",
          "content": "text",
          "left": {
            "path": "v.view.lkml",
            "kind": "file"
          },
          "right": null,
          "hunks": [
            {
              "left": {
                "line": 1,
                "lines": [
                  "view: v {\n",
                  "  dimension: a {\n",
                  "    link: { label: \"a\" url: \"/explore/orders/v\" }\n",
                  "  }\n",
                  "}\n"
                ]
              },
              "right": {
                "line": 1,
                "lines": []
              }
            }
          ]
        }
      ],
      "only_stamps": 0,
      "repositories": 0
    }
    --- exit code 0
    "##);
}

#[test]
fn paths_as_they_are_on_either_side() {
    let place = stamped();
    write(&place, "dev1/v.view.lkml", "view: v {}\n");
    write(
        &place,
        "dev1/orders_dev1.model.lkml",
        "connection: \"warehouse_dev1\"\n",
    );
    for path in ["orders.model.lkml", "./orders_dev1.model.lkml"] {
        let told = place.run(&["diff", ".", "../dev1", path, "--stat"]);
        assert_eq!(
            told.stdout(),
            " orders.model.lkml | +0 -2\n1 file: 0 lines added, 2 lines removed\n",
        );
        assert_eq!(told.code(), Some(0));
    }
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1", "orders"]), @r"
    $ storyline diff . ../dev1 orders
    --- stderr
    error[no-such-path]: neither side has `orders`
     |
     = help: name files and folders as they are called in canonical form
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1", "../dev1"]), @r"
    $ storyline diff . ../dev1 ../dev1
    --- stderr
    error[no-such-path]: ../dev1 is no path inside: `..` leaves its folder
     |
     = help: name files and folders as they are called in canonical form
    --- exit code 2
    ");
}

#[test]
fn a_form_that_is_not_clear() {
    let place = stamped();
    // Two names are of `dev1` now, and one of none.
    write(&place, "dev1/more_dev1.model.lkml", "");
    write(&place, "dev1/other.model.lkml", "");
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1"]), @r"
    $ storyline diff . ../dev1
    --- stderr
    error[unclear-form]: ../dev1 may be in more than one form: canonical, dev1
    --> more_dev1.model.lkml
     = help: say which one it is: `--right-env canonical` or `--right-env dev1`
     = help: `--raw` compares the bytes as they are
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1", "--right-env", "dev1"]), @r"
    $ storyline diff . ../dev1 --right-env dev1
    --- stderr
    error[stray-name]: model `other` does not belong to environment `dev1`
    --> other.model.lkml
     = help: if `other` is the canonical name, it is `other_dev1` in this environment: give the file that name, then unstamp again
     = help: the stamp of `dev1` cannot be taken out of ../dev1; `--right-env NAME` names another form
     = help: `--raw` compares the bytes as they are
    --- exit code 2
    ");
    insta::assert_snapshot!(place.run(&["diff", ".", "../dev1", "--right-env", "canonical", "--stat"]), @r"
    $ storyline diff . ../dev1 --right-env canonical --stat
    --- stdout
     more_dev1.model.lkml   | +0 -0, added
     orders.model.lkml      | +0 -3, removed
     orders_dev1.model.lkml | +3 -0, added
     other.model.lkml       | +0 -0, added
     v.view.lkml            | +1 -1
    5 files: 4 lines added, 4 lines removed
    --- exit code 0
    ");
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1", "--right-env", "dev3"]), @r"
    $ storyline diff . ../dev1 --right-env dev3
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev3`
     |
     = help: did you mean `dev1`?
    --- exit code 2
    ");
}

#[test]
fn names_that_two_forms_explain() {
    let place = stamped();
    place.write(
        "storyline.toml",
        format!(
            "{ENVIRONMENTS}\n[environment.staging]\nconnections = {{ warehouse = \"redshift\" }}\n"
        ),
    );
    place.succeeds(&["stamp", "production", "--into", "../production"]);
    insta::assert_snapshot!(place.run(&["diff", ".", "../production"]), @r"
    $ storyline diff . ../production
    --- stderr
    1 file differs only by stamps; --raw shows it
    --- exit code 0
    ");
    place.write(
        "storyline.toml",
        "[environment.a]\nmodels = { x = \"y\", y = \"x\" }\n",
    );
    place.write("x.model.lkml", "").write("y.model.lkml", "");
    insta::assert_snapshot!(place.refused(&["diff", ".", "../dev1"]), @r"
    $ storyline diff . ../dev1
    --- stderr
    error[unclear-form]: . may be in more than one form: canonical, a
    --> x.model.lkml
     = help: say which one it is: `--left-env canonical` or `--left-env a`
     = help: `--raw` compares the bytes as they are
    --- exit code 2
    ");
}

#[test]
fn folders_without_a_manifest() {
    let place = stamped();
    fs::remove_file(place.top.join("dev1/storyline.toml")).expect("it is there");
    insta::assert_snapshot!(place.run(&["diff", "../dev1", "."]), @r#"
    $ storyline diff ../dev1 .
    --- stdout
    diff --git a/storyline.toml b/storyline.toml
    new file mode 100644
    --- /dev/null
    +++ b/storyline.toml
    @@ -0,0 +1,10 @@
    +[environment.dev1]
    +connections = "{name}_dev1"
    +models      = "{name}_dev1"
    +
    +[environment.dev2]
    +connections = "{name}_dev2"
    +models      = "{name}_dev2"
    +
    +[environment.production]
    +connections = { warehouse = "redshift" }
    --- stderr
    note[one-manifest]: ../dev1 has no `storyline.toml`, so that of . is used for both

    2 files differ only by stamps; --raw shows them
    --- exit code 0
    "#);
    fs::remove_file(place.top.join("dev2/storyline.toml")).expect("it is there");
    insta::assert_snapshot!(place.run(&["diff", "../dev1", "../dev2", "orders_dev1.model.lkml"]), @r#"
    $ storyline diff ../dev1 ../dev2 orders_dev1.model.lkml
    --- stdout
    diff --git a/orders_dev1.model.lkml b/orders_dev1.model.lkml
    deleted file mode 100644
    --- a/orders_dev1.model.lkml
    +++ /dev/null
    @@ -1,3 +0,0 @@
    -connection: "warehouse_dev1"
    -include: "/v.view"
    -explore: v {}
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.refused(&["diff", "../dev1", "../dev2", "--left-env", "dev1"]), @r#"
    $ storyline diff ../dev1 ../dev2 --left-env dev1
    --- stderr
    error[no-manifest]: neither side has a `storyline.toml`, so nobody says what `dev1` is
     |
     = help: `storyline init --write` proposes one from what the project shows
    --- exit code 2
    "#);
}

#[test]
fn links_modes_and_bytes_that_are_no_text() {
    let place = stamped();
    place.write("logo.png", "\0").write("run.sh", "");
    place.link("here", "v.view.lkml");
    place.write("old.txt", "the same\n");
    place.succeeds(&["stamp", "dev1", "--into", "../odd"]);
    let odd = place.top.join("odd");
    write(&place, "odd/logo.png", "\0\0");
    fs::remove_file(odd.join("here")).expect("it is there");
    symlink("storyline.toml", odd.join("here")).expect("a link");
    fs::rename(odd.join("old.txt"), odd.join("new.txt")).expect("a file");
    place.mode("run.sh", 0o755);
    insta::assert_snapshot!(place.run(&["diff", ".", "../odd"]), @r"
    $ storyline diff . ../odd
    --- stdout
    diff --git a/here b/here
    --- a/here
    +++ b/here
    @@ -1 +1 @@
    -v.view.lkml
    \ No newline at end of file
    +storyline.toml
    \ No newline at end of file
    diff --git a/logo.png b/logo.png
    Binary files a/logo.png and b/logo.png differ
    diff --git a/old.txt b/new.txt
    similarity index 100%
    rename from old.txt
    rename to new.txt
    diff --git a/run.sh b/run.sh
    old mode 100755
    new mode 100644
    --- stderr
    the bytes of 1 binary file are not shown, so that `git apply` refuses this diff; --as-text shows them
    2 files differ only by stamps; --raw shows them
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["diff", ".", "../odd", "--stat"]), @r"
    $ storyline diff . ../odd --stat
    --- stdout
     here               | +1 -1
     logo.png           | binary
     old.txt -> new.txt | same bytes, moved
     run.sh             | same bytes
    4 files: 1 line added, 1 line removed
    --- stderr
    the bytes of 1 binary file are not shown, so that `git apply` refuses this diff; --as-text shows them
    2 files differ only by stamps; --raw shows them
    --- exit code 0
    ");
    let shown = place.run(&["diff", ".", "../odd", "logo.png", "--as-text"]);
    assert!(
        shown
            .stdout()
            .ends_with("-\0\n\\ No newline at end of file\n+\0\0\n\\ No newline at end of file\n")
    );
}

/// A pipe gets every byte, for `git apply`; names of files are spelled out all the same.
#[test]
fn bytes_reach_a_pipe_as_they_are() {
    let place = Place::of(&[("a\x1b[31m", "")]);
    fs::create_dir(place.top.join("b")).expect("a folder");
    write(&place, "b/a\x1b[31m", b"caf\xe9\x1b[2J\r\n");
    let mut command = storyline();
    command.args(["diff", ".", "../b"]).current_dir(&place.root);
    let output = command.output().expect("the program was built");
    let expect = b"diff --git \"a/a\\033[31m\" \"b/a\\033[31m\"\n--- \"a/a\\033[31m\"\n\
        +++ \"b/a\\033[31m\"\n@@ -0,0 +1 @@\n+caf\xe9\x1b[2J\r\n";
    assert_eq!(
        output.stdout.escape_ascii().to_string(),
        expect.escape_ascii().to_string()
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn secrets_are_starred_out() {
    let place = Place::of(&[("profiles.yml", "a:\n  host: here\n  password: hunter2\n")]);
    fs::create_dir(place.top.join("b")).expect("a folder");
    write(
        &place,
        "b/profiles.yml",
        "a:\n  host: there\n  password: hunter3\n",
    );
    insta::assert_snapshot!(place.run(&["diff", ".", "../b"]), @r"
    $ storyline diff . ../b
    --- stdout
    diff --git a/profiles.yml b/profiles.yml
    --- a/profiles.yml
    +++ b/profiles.yml
    @@ -1,3 +1,3 @@
     a:
    -  host: here
    -  password: *******
    +  host: there
    +  password: *******
    --- stderr
    secrets in 1 file are starred out: do not apply this diff
    --- exit code 0
    ");
    let json = place.run(&["diff", ".", "../b", "--format", "json", "--raw"]);
    assert!(!json.stdout().contains("hunter"), "{json}");
}

#[test]
fn a_failure_as_json() {
    let place = stamped();
    place.write("storyline.toml", "[environment.dev1\n");
    let run = place.run(&["diff", ".", "../dev1", "--format", "json"]);
    let told: Value = serde_json::from_str(run.stdout()).expect("JSON");
    assert_eq!((run.code(), &told["done"]), (Some(2), &Value::Bool(false)));
    assert_eq!(
        place
            .run(&["diff", ".", "../dev1", "--raw", "--stat"])
            .code(),
        Some(0)
    );
    assert_eq!(place.run(&["diff", "."]).code(), Some(2));
    assert_eq!(place.run(&["diff", ".", "../nowhere"]).code(), Some(2));
}

/// A stamped copy of any fixture shows nothing but what was changed in it.
#[test]
fn every_fixture_shows_its_story_alone() {
    for (name, file) in [
        ("acme/hub", "manifest.lkml"),
        ("acme/shop", "manifest.lkml"),
        ("acme-dbt", "dbt_project.yml"),
    ] {
        let place = Place::fixture(name);
        let manifest = fs::read_to_string(place.root.join("storyline.toml")).expect("a manifest");
        let environments = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("[environment.")?.strip_suffix(']'));
        for environment in environments {
            let copy = format!("../{environment}");
            place.succeeds(&["stamp", environment, "--into", &copy]);
            let diff = ["diff", ".", &copy, "--right-env", environment];
            let told = place.run(&[&diff[..], &["--exit-code"]].concat());
            assert_eq!(
                (told.stdout(), told.code()),
                ("", Some(0)),
                "{name}: {told}"
            );
            let there = place.top.join(environment);
            let text = fs::read_to_string(there.join(file)).expect("it is in all of them");
            write(
                &place,
                &format!("{environment}/{file}"),
                format!("{text}# A story.\n"),
            );
            write(
                &place,
                &format!("{environment}/story.view.lkml"),
                "view: story {}\n",
            );
            let told = place.run(&[&diff[..], &["--stat"]].concat());
            let paths = told
                .stdout()
                .lines()
                .filter_map(|line| line.split_once('|'));
            let paths: Vec<_> = paths.map(|(path, _)| path.trim()).collect();
            assert_eq!(paths, [file, "story.view.lkml"], "{name}: {told}");
        }
    }
}
