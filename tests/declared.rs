//! Sites that people declare in YAML, TOML, JSON and text, from the manifest to the disk and back.
#![cfg(unix)]

mod common;

use common::Place;

const MANIFEST: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models      = "{name}_dev1"
schemas     = { core = "dev1 core" }

[[site]]
files = ["*.yml", "config/*.toml", "config/*.json"]
path  = "targets.*.connection"
kind  = "connection"

[[site]]
files   = "**/*.env"
pattern = '(?m)^LOOKER_MODEL=(\w+)$'
kind    = "model"

[[site]]
files = "config/*"
path  = "schema"
kind  = "schema"
"#;

fn place() -> Place {
    Place::of(&[
        ("storyline.toml", MANIFEST),
        ("orders.model.lkml", "connection: \"c\"\n"),
        (
            "a.yml",
            "# c\ntargets:\n  dev: {connection: 'c', x: c} # c\n  ci:\n    connection: c # c",
        ),
        (
            "config/a.toml",
            "schema = \"\"\"\ncore\"\"\"\n[targets.\"a.b\"]\r\n connection='c' # c\n",
        ),
        (
            "config/a.json",
            "{\n\t\"schema\" : \"core\", // core\n\t\"targets\": {\"x\": {\"connection\":\"c\"}},\n}",
        ),
        (
            "x/y/.env",
            "LOOKER_MODEL=orders\nLOOKER_MODEL=other\n# LOOKER_MODEL=orders\n",
        ),
    ])
}

#[test]
fn there_and_back() {
    let place = place();
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["sites"]), @r#"
    $ storyline sites
    --- stdout
    a.yml:3:22: connection c (own)
    a.yml:5:17: connection c (own)
    config/a.json:2:14: schema core (own)
    config/a.json:3:34: connection c (own)
    config/a.toml:2:1: schema core (own)
    config/a.toml:4:14: connection c (own)
    orders.model.lkml: model orders (own)
    orders.model.lkml:1:14: connection c (own)
    x/y/.env:1:14: model orders (own)
    x/y/.env:2:14: model other (foreign)
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["stamp", "dev1"]), @r#"
    $ storyline stamp dev1
    --- stdout
    stamped dev1: 8 names in 5 files, 1 renamed, 1 unchanged
    --- exit code 0
    "#);
    insta::assert_debug_snapshot!(place.stands(), @r#"
    {
        "a.yml": file 644 # c\ntargets:\n  dev: {connection: \'c_dev1\', x: c} # c\n  ci:\n    connection: c_dev1 # c,
        "config": folder 755,
        "config/a.json": file 644 {\n\t\"schema\" : \"dev1 core\", // core\n\t\"targets\": {\"x\": {\"connection\":\"c_dev1\"}},\n},
        "config/a.toml": file 644 schema = \"\"\"\ndev1 core\"\"\"\n[targets.\"a.b\"]\r\n connection=\'c_dev1\' # c\n,
        "orders_dev1.model.lkml": file 644 connection: \"c_dev1\"\n,
        "storyline.toml": file 644 [environment.dev1]\nconnections = \"{name}_dev1\"\nmodels      = \"{name}_dev1\"\nschemas     = { core = \"dev1 core\" }\n\n[[site]]\nfiles = [\"*.yml\", \"config/*.toml\", \"config/*.json\"]\npath  = \"targets.*.connection\"\nkind  = \"connection\"\n\n[[site]]\nfiles   = \"**/*.env\"\npattern = \'(?m)^LOOKER_MODEL=(\\w+)$\'\nkind    = \"model\"\n\n[[site]]\nfiles = \"config/*\"\npath  = \"schema\"\nkind  = \"schema\"\n,
        "x": folder 755,
        "x/y": folder 755,
        "x/y/.env": file 644 LOOKER_MODEL=orders_dev1\nLOOKER_MODEL=other\n# LOOKER_MODEL=orders\n,
    }
    "#);
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
}

#[test]
fn rules_that_mean_nothing() {
    let place = place();
    place.write("config/b.json/c", "x").write("d/a.txt", "x");
    let more = "
[[site]]
files = \"config/b.json\"
path  = \"a\"
kind  = \"schema\"

[[site]]
files   = \"d/*.txt\"
pattern = '^(y)'
kind    = \"schema\"
";
    let manifest = MANIFEST.to_owned() + more;
    let manifest = manifest.replace("config/*\"", "config/a.*\"");
    place.write("storyline.toml", manifest.replace("schemas  ", "#"));
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r#"
    $ storyline stamp dev1 --dry-run
    --- stdout
    ~ a.yml: 2 names
    ~ config/a.json: 1 name
    ~ config/a.toml: 1 name
    > orders.model.lkml -> orders_dev1.model.lkml: 1 name
    ~ x/y/.env: 1 name
    would stamp dev1: 6 names in 5 files, 1 renamed, 3 unchanged
    --- exit code 0
    "#);
    place.write("storyline.toml", manifest);
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]).stderr(), @r#"
    warning[site-matches-nothing]: no file is meant by this `[[site]]`
      --> storyline.toml:21:1
       |
    21 | [[site]]
       | ^^^^^^^^
      ::: config/b.json
       = note: this is a folder
       = help: write `files` as seen from the project's root; `*` stays inside a folder, `**` does not

    warning[site-matches-nothing]: the file that this `[[site]]` means has no such place
      --> storyline.toml:26:1
       |
    26 | [[site]]
       | ^^^^^^^^
       |
       = help: compare its `path` or `pattern` with the files; `^` and `$` stand for lines only after `(?m)`
    "#);
    let told = place.run(&["sites"]);
    assert!(told.stderr().contains("site-matches-nothing"));
    insta::assert_snapshot!(place.run(&["unstamp", "dev1"]), @r#"
    $ storyline unstamp dev1
    --- stderr
    error[already-canonical]: nothing in this folder has a name of `dev1`
    --> orders.model.lkml
     = note: like all others, this is none of that environment's names
     = help: if the folder is in canonical form, there is nothing to take out
     = help: if it is in the form of another environment, name that one

    nothing was changed
    --- exit code 1
    "#);
}

/// The manifest with one more site.
fn declared(site: &str) -> String {
    let manifest = format!("[environment.dev1]\nmodels = \"{{name}}_x\"\n\n[[site]]\n{site}\n");
    let files = [
        ("storyline.toml", &*manifest),
        ("a.yml", "a: 'x\n"),
        ("b.txt", "a"),
    ];
    Place::of(&files).refused(&["stamp", "dev1"])
}

#[test]
fn expressions_that_are_not_linear() {
    insta::assert_snapshot!(declared("files = \"*\"\nkind = \"model\"\npattern = '(?!x)(\\w+)'"), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-pattern]: `(?!` looks ahead or behind, which takes more than linear time
     --> storyline.toml:7:12
      |
    7 | pattern = '(?!x)(\w+)'
      |            ^^^
      |
      = help: write what stands before and after the name into the pattern, and only the name into the group, as in `db=(\w+);`

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(declared("files = \"*\"\nkind = \"model\"\npattern = \"(\\\\w+)=\\\\1\""), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-pattern]: `\1` refers to a group again, which takes more than linear time
     --> storyline.toml:7:19
      |
    7 | pattern = "(\\w+)=\\1"
      |                   ^^^
      |
      = help: write out what stands there, or write one `[[site]]` for each text that may stand there

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(declared("files = \"*\"\nkind = \"model\"\npattern = '(a)(b)'"), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-pattern]: the pattern has 2 groups, where one has to hold the name
     --> storyline.toml:7:12
      |
    7 | pattern = '(a)(b)'
      |            ^^^^^^
      |
      = help: put the name alone in parentheses, and write `(?:…)` for all other groups

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn globs_and_paths_that_are_wrong() {
    let rest = "\nkind = \"model\"\npath = \"a\"";
    insta::assert_snapshot!(declared(&format!("files = \"../*.yml\"{rest}")), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-glob]: the glob `../*.yml` is refused: `..` leaves its folder
     --> storyline.toml:5:9
      |
    5 | files = "../*.yml"
      |         ^^^^^^^^^^
      |
      = help: write paths as seen from the project's root, as in `dbt/profiles.yml` or `config/**/*.json`

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(declared(&format!("files = \"{{a,b\"{rest}")), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-glob]: `{a,b` is no glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
     --> storyline.toml:5:9
      |
    5 | files = "{a,b"
      |         ^^^^^^
      |
      = help: write paths as seen from the project's root, as in `dbt/profiles.yml` or `config/**/*.json`

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(declared("files = \"a.yml\"\nkind = \"model\"\npath = \"a.[x]\""), @r#"
    $ storyline stamp dev1
    --- stderr
    error[bad-path]: a key, in double quotes if it is an odd one should stand here
     --> storyline.toml:7:11
      |
    7 | path = "a.[x]"
      |           ^
      |
      = help: write keys joined by dots, odd ones in double quotes, as in `outputs.*.dbname` or `targets[0]."db.name"`

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn files_that_are_not_read_as_what_they_are() {
    let rest = "\nkind = \"model\"\npath = \"a\"";
    insta::assert_snapshot!(declared(&format!("files = \"a.yml\"{rest}")), @r#"
    $ storyline stamp dev1
    --- stderr
    error[yaml-syntax]: a quote is opened here or above and not closed
     --> a.yml:2:1
      |
    2 |
      | ^ here
      |
      = help: close the quote; inside '…' an apostrophe is written twice

    nothing was changed
    --- exit code 1
    "#);
    insta::assert_snapshot!(declared(&format!("files = \"b.txt\"{rest}")), @r#"
    $ storyline stamp dev1
    --- stderr
    error[site-without-language]: only YAML, TOML and JSON have places with a `path`
     --> b.txt
      = note: this file is none of them, by its name
      |
     ::: storyline.toml:4:1
      |
    4 | [[site]]
      | -------- this has a `path`
      |
      = help: write a `pattern` in place of the `path`, or `files` that leave this one out

    nothing was changed
    --- exit code 1
    "#);
}

/// The key is shown, and what stands behind it nowhere.
#[test]
fn secrets_in_the_manifest() {
    let manifest = "[environment.dev1.dbt.settings]\nuser = \"me\"\npassword = \"hunter2\"\n";
    let told = Place::of(&[("storyline.toml", manifest)]).refused(&["stamp", "dev1"]);
    assert!(!told.contains("hunter2"));
    insta::assert_snapshot!(told, @r#"
    $ storyline stamp dev1
    --- stderr
    error[literal-secret]: the secret `password` stands in the manifest
     --> storyline.toml:3:1
      |
    3 | password …
      | ^^^^^^^^ its value is not shown here
      |
      = help: write `password = "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"`, and set that variable where dbt runs
      = help: whoever could read this file knows the secret: change it

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn slugs_that_two_copies_share() {
    let manifest = "[environment.dev1]\nmodels = \"{name}_dev1\"\n";
    let dashboard = "- dashboard: a\n  preferred_slug: AbC9\n";
    let place = Place::of(&[
        ("storyline.toml", manifest),
        ("a.model.lkml", ""),
        ("a.dashboard.lookml", dashboard),
    ]);
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r#"
    $ storyline stamp dev1 --dry-run
    --- stdout
    > a.model.lkml -> a_dev1.model.lkml: 0 names
    would stamp dev1: 0 names in 1 file, 1 renamed, 2 unchanged
    --- stderr
    note[slug-shared]: a dashboard has a slug, which stays as it is
     --> a.dashboard.lookml:2:19
      |
    2 |   preferred_slug: AbC9
      |                   ^^^^
      |
      = help: two copies on one Looker instance overwrite each other's dashboards of one slug
      = help: to give `dev1` slugs of its own, add `slugs = "{name}-{env:kebab}"` to it; if it stands on an instance of its own, add `slugs = "{name}"`
    --- exit code 0
    "#);
    place.write(
        "storyline.toml",
        manifest.to_owned() + "slugs = \"{name}-{env}\"\n",
    );
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r#"
    $ storyline stamp dev1 --dry-run
    --- stdout
    ~ a.dashboard.lookml: 1 name
    > a.model.lkml -> a_dev1.model.lkml: 0 names
    would stamp dev1: 1 name in 2 files, 1 renamed, 1 unchanged
    --- exit code 0
    "#);
}
