//! What people get wrong, and all that they are told: what happened, where, what is unchanged, what
//! to do next. Each test also compares the whole folder before and after.
#![cfg(unix)]

mod common;

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
fn broken_lookml() {
    let told = check(
        &[
            ("storyline.toml", SUFFIX),
            (
                "a.model.lkml",
                "connection: \"c\"\nexplore: x {\n  label: \"X\n}\n",
            ),
            ("b.model.lkml", "connection: \"c\"\n}\nexplore y\n"),
            (
                "views/v.view.lkml",
                "view: v {\n  dimension: d { sql: ${TABLE}.d }\n",
            ),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[lookml-unterminated-string]: this text has no closing `"`
     --> a.model.lkml:3:10
      |
    3 |   label: "X
      |          ^^
      |
      = help: add a `"` at its end; a `"` inside the text is written `\"`

    error[lookml-stray-close]: nothing is open that this could close
     --> b.model.lkml:2:1
      |
    2 | }
      | ^
      |
      = help: remove it, or look above for a block that was closed too early

    error[lookml-missing-colon]: a `:` is missing after this word
     --> b.model.lkml:3:1
      |
    3 | explore y
      | ^^^^^^^
      |
      = help: parameters are written `name: value`

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_connection_that_the_manifest_does_not_know() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[environment.prod]\nconnections = { main = \"main_prod\" }\n",
            ),
            ("a.model.lkml", "connection: \"main\"\n"),
            ("b.model.lkml", "# The old one.\nconnection: \"archive\"\n"),
        ],
        &["stamp", "prod"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp prod
    --- stderr
    error[unknown-name]: the environment has no connection for `archive`
     --> b.model.lkml:2:14
      |
    2 | connection: "archive"
      |              ^^^^^^^
      |
     ::: storyline.toml:2:15
      |
    2 | connections = { main = "main_prod" }
      |               ---------------------- no entry here, and no `"*"`
      |
      = help: add `"archive" = "…"` to the table, or `"*" = "{name}"` to keep all other names

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn an_include_pattern_that_would_match_other_files() {
    let told = check(
        &[
            ("storyline.toml", SUFFIX),
            ("orders.model.lkml", "connection: \"c\"\n"),
            (
                "all.model.lkml",
                "connection: \"c\"\ninclude: \"*ers.model\"\n",
            ),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[include-changes]: include pattern `*ers.model` would match other files
     --> all.model.lkml:2:11
      |
    2 | include: "*ers.model"
      |           ^^^^^^^^^^
     ::: orders.model.lkml
      = note: would become `orders_dev1.model.lkml`
      = help: include model files by their full names, or by a pattern without any part of a model's name, such as `*.model`

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_link_stands_where_a_model_would_go() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("orders.model.lkml", "connection: \"c\"\n"),
    ]);
    place.link("orders_dev1.model.lkml", "elsewhere");
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stderr
    error[path-taken]: `orders_dev1.model.lkml` exists already
    --> orders.model.lkml
     = note: would become `orders_dev1.model.lkml`
    ::: orders_dev1.model.lkml
     = note: stands there
     = help: rename or remove one of the two, or choose other names for the environment

    nothing was changed
    --- exit code 1
    ");
}

#[test]
fn names_that_differ_by_case_only() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[environment.prod]\nmodels = { orders = \"Sales\", sales = \"sales\" }\n",
            ),
            ("orders.model.lkml", "connection: \"c\"\n"),
            ("sales.model.lkml", "connection: \"c\"\n"),
        ],
        &["stamp", "prod"],
    );
    insta::assert_snapshot!(told, @r"
    $ storyline stamp prod
    --- stderr
    error[path-taken]: `Sales.model.lkml` and `sales.model.lkml` are one file to some file systems
    --> orders.model.lkml
     = note: would become `Sales.model.lkml`
    ::: sales.model.lkml
     = note: stands there
     = help: rename or remove one of the two, or choose other names for the environment

    nothing was changed
    --- exit code 1
    ");
}

#[test]
fn stray_names() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("orders_dev1.model.lkml", "connection: \"c_dev1\"\n"),
        ("sales.model.lkml", "connection: \"c\"\n"),
        (
            "o.dashboard.lookml",
            "- dashboard: o\n  elements:\n  - name: n\n    model: orders\n",
        ),
    ]);
    insta::assert_snapshot!(place.refused(&["unstamp", "dev1"]), @r#"
    $ storyline unstamp dev1
    --- stderr
    error[stray-name]: model `sales` does not belong to environment `dev1`
    --> sales.model.lkml
     = help: if `sales` is the canonical name, it is `sales_dev1` in this environment: give the file that name, then unstamp again

    error[stray-name]: model `orders` does not belong to environment `dev1`
     --> o.dashboard.lookml:4:12
      |
    4 |     model: orders
      |            ^^^^^^
      |
      = help: if `orders` is the canonical name, it is `orders_dev1` in this environment: write that, then unstamp again

    error[stray-name]: connection `c` does not belong to environment `dev1`
     --> sales.model.lkml:1:14
      |
    1 | connection: "c"
      |              ^
      |
      = help: if `c` is the canonical name, it is `c_dev1` in this environment: write that, then unstamp again

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_file_that_may_not_be_written() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("a.model.lkml", "connection: \"c\"\n"),
        ("orders.model.lkml", "connection: \"c\"\n"),
    ]);
    place.mode("orders.model.lkml", 0o444);
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stderr
    error[write-failed]: cannot write orders.model.lkml: the file is read-only
    --> orders.model.lkml
     = help: nothing was changed: every file is as it was before
     = help: mend what the system says, then run the command again
    --- exit code 2
    ");
}

#[test]
fn a_manifest_that_is_not_text() {
    let place = Place::of(&[("orders.model.lkml", "connection: \"c\"\n")]);
    place.write(
        "storyline.toml",
        b"[environment.dev1]\nmodels = \"caf\xe9\"\n",
    );
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r#"
    $ storyline stamp dev1
    --- stderr
    error[not-utf8]: byte `\xe9` at line 2, column 14 is not UTF-8
     --> storyline.toml:2:14
      |
    2 | models = "caf\xe9"
      |              ^^^^
      |
      = help: save the file as UTF-8

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn mistakes_in_the_manifest() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[storyline]\nrules = 2\n\n[environment.dev1]\nmodel = \"{name}_dev1\"\nconnections = \"{nam}_dev1\"\n",
            ),
            ("environments/prod.toml", "connections = [\"a\"]\n"),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[wrong-type]: `connections` is a list, not a string or a table
     --> environments/prod.toml:1:15
      |
    1 | connections = ["a"]
      |               ^^^^^
      |
      = help: write it as `"…"` or `{ … }`

    error[unknown-key]: unknown key `model`
     --> storyline.toml:5:1
      |
    5 | model = "{name}_dev1"
      | ^^^^^ in `environment.dev1`
      |
      = help: did you mean `models`?

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn two_names_with_one_stamped_name() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[environment.dev1]\nconnections = { main = \"own\", archive = \"own\" }\n",
            ),
            ("orders.model.lkml", "connection: \"main\"\n"),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[duplicate-name]: connection `archive` and `main` become one name
     --> storyline.toml:2:24
      |
    2 | connections = { main = "own", archive = "own" }
      |                        ^^^^^ for `main`
      |
     ::: storyline.toml:2:41
      |
    2 | connections = { main = "own", archive = "own" }
      |                                         ----- for `archive`
      |
      = help: give each a name of its own; two connections may lead to one database

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn a_name_taken_by_one_that_is_mapped_to_it() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[environment.dev1]\nconnections = { main = \"archive\", \"*\" = \"{name}\" }\n",
            ),
            ("orders.model.lkml", "connection: \"main\"\n"),
            ("old.model.lkml", "connection: \"archive\"\n"),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[not-injective]: connection `archive` would be called `archive`, which stands for `main`
     --> old.model.lkml:1:14
      |
    1 | connection: "archive"
      |              ^^^^^^^
      |
     ::: storyline.toml:2:24
      |
    2 | connections = { main = "archive", "*" = "{name}" }
      |                        --------- the entry for `main`
      |
      = help: give `archive` an entry with a value of its own

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn names_that_no_file_can_have() {
    let told = check(
        &[
            (
                "storyline.toml",
                "[environment.dev1]\nmodels = { orders = \"../orders\", sales = \"con\", \"*\" = \"{name}\" }\n",
            ),
            ("orders.model.lkml", "connection: \"c\"\n"),
            ("sales.model.lkml", "connection: \"c\"\n"),
        ],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[unsafe-value]: model `../orders` is refused: `/` cannot stand in a file name on every operating system
     --> storyline.toml:2:21
      |
    2 | models = { orders = "../orders", sales = "con", "*" = "{name}" }
      |                     ^^^^^^^^^^^
      |
      = help: choose another value

    error[unsafe-value]: model `con` is refused: `con` is a device on Windows
     --> storyline.toml:2:42
      |
    2 | models = { orders = "../orders", sales = "con", "*" = "{name}" }
      |                                          ^^^^^
      |
      = help: choose another value

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn already_stamped() {
    let place = Place::of(&[
        ("storyline.toml", SUFFIX),
        ("orders.model.lkml", "connection: \"c\"\n"),
    ]);
    place.succeeds(&["stamp", "dev1"]);
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stderr
    error[already-stamped]: this folder is in the form of `dev1` already
    --> orders_dev1.model.lkml
     = note: like all others, this is a name of that environment
     = help: to take the stamp out, run `storyline unstamp dev1`
     = help: if these are the canonical names, choose other names for the environment

    nothing was changed
    --- exit code 1
    ");
}

#[test]
fn mistakes_in_what_the_manifest_says() {
    let told = check(
        &[(
            "storyline.toml",
            "[storyline]\nrules = 2\n\n[environment.dev1]\ntemplate = \"dev\"\nconnections = \"{nam}_dev1\"\n",
        )],
        &["stamp", "dev1"],
    );
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[unknown-edition]: this program does not know rules edition 2
     --> storyline.toml:2:9
      |
    2 | rules = 2
      |         ^
      |
      = help: editions: `1`; a newer program may know more

    error[unknown-template]: there is no template `dev`
     --> storyline.toml:5:12
      |
    5 | template = "dev"
      |            ^^^^^
      |
      = help: there are no templates

    error[pattern-placeholder]: `{nam}` is no placeholder
     --> storyline.toml:6:17
      |
    6 | connections = "{nam}_dev1"
      |                 ^^^
      |
      = help: did you mean `{name}`?

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn more_than_anybody_reads() {
    let place = Place::of(&[("storyline.toml", SUFFIX)]);
    for number in 0..60 {
        place.write(format!("m{number}.model.lkml"), "connection: \"c\"\n}\n");
    }
    let told = place.refused(&["stamp", "dev1"]);
    assert_eq!(told.matches("error[lookml-stray-close]").count(), 50);
    let end = "\n10 more are not shown; `--format json` has them all\nnothing was changed\n";
    assert!(told.contains(end), "{told}");
}
