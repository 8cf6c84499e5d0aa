//! `storyline profile`, on a project for Redshift as a company has it, and what it tells.
#![cfg(unix)]

mod common;

use common::Place;

#[test]
fn a_target_beside_the_others() {
    let place = Place::fixture("acme-dbt");
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["profile", "dev1", "--check"]), @r"
    $ storyline profile dev1 --check
    --- stdout
    profiles.yml: would add target `dev1` of profile `acme`, like `dev`
    settings: type, host, port, user, password, dbname, schema, threads, sslmode, ra3_node
    --- exit code 1
    ");
    assert_eq!(place.stands(), before);
    insta::assert_snapshot!(place.run(&["profile", "dev1"]), @r"
    $ storyline profile dev1
    --- stdout
    profiles.yml: added target `dev1` of profile `acme`, like `dev`
    settings: type, host, port, user, password, dbname, schema, threads, sslmode, ra3_node
    --- exit code 0
    ");
    let profiles = std::fs::read_to_string(place.root.join("profiles.yml")).expect("it is there");
    insta::assert_snapshot!(profiles, @r#"
    # Where dbt runs: from a laptop or from CI, through a tunnel.
    acme:
      target: dev
      outputs:
        dev:
          type: redshift
          host: "{{ env_var('REDSHIFT_HOST', 'localhost') }}"
          port: 5439
          user: "{{ env_var('REDSHIFT_USER') }}"
          password: "{{ env_var('REDSHIFT_PASSWORD') }}"
          dbname: analytics
          schema: dbt # each developer has one
          threads: 4
          sslmode: prefer # the tunnel ends at another name
          ra3_node: true
        dev1:
          type: redshift
          host: "{{ env_var('REDSHIFT_HOST', 'localhost') }}"
          port: 5439
          user: "{{ env_var('REDSHIFT_USER') }}"
          password: "{{ env_var('REDSHIFT_PASSWORD') }}"
          dbname: analytics
          schema: dbt_dev1
          threads: 4
          sslmode: prefer
          ra3_node: true
    "#);
    let after = place.stands();
    insta::assert_snapshot!(place.run(&["profile", "dev1", "--check", "--format", "json"]), @r#"
    $ storyline profile dev1 --check --format json
    --- stdout
    {
      "environment": "dev1",
      "file": "profiles.yml",
      "profile": "acme",
      "target": "dev1",
      "like": "dev",
      "done": false,
      "up_to_date": true,
      "new": false,
      "settings": [],
      "variables": [],
      "diagnostics": []
    }
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["profile", "dev1"]), @r"
    $ storyline profile dev1
    --- stdout
    profiles.yml: target `dev1` of profile `acme` is as it should be
    --- exit code 0
    ");
    assert_eq!(place.stands(), after);
    // Its stamp leaves the targets alone, and both come off again.
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r"
    $ storyline stamp dev1 --dry-run
    --- stdout
    ~ models/sources.yml: 1 name
    would stamp dev1: 1 name in 1 file, 0 renamed, 3 unchanged
    --- exit code 0
    ");
    place.succeeds(&["stamp", "dev1"]);
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), after);
}

#[test]
fn a_profile_that_is_stamped() {
    let place = Place::fixture("acme-dbt");
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["sites"]), @r"
    $ storyline sites
    --- stdout
    dbt_project.yml:1:7: dbt-project acme (own)
    dbt_project.yml:3:10: profile acme (own)
    dbt_project.yml:6:3: dbt-project acme (own)
    dbt_project.yml:9:16: schema marts (own)
    dbt_project.yml:12:17: var:raw_database raw (own)
    dbt_project.yml:13:3: dbt-project acme (own)
    dbt_project.yml:14:20: var:lookback_days 3 (own)
    models/sources.yml:4:13: schema shop (own)
    models/sources.yml:11:45: model orders (own)
    profiles.yml:2:1: profile acme (own)
    profiles.yml:11:15: database analytics (own)
    profiles.yml:12:15: schema dbt (own)
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["stamp", "production", "--dry-run"]), @r"
    $ storyline stamp production --dry-run
    --- stdout
    ~ dbt_project.yml: 1 name
    ~ profiles.yml: 2 names
    would stamp production: 3 names in 2 files, 0 renamed, 2 unchanged
    --- exit code 0
    ");
    place.succeeds(&["stamp", "production"]);
    place.succeeds(&["unstamp", "production"]);
    assert_eq!(place.stands(), before);
    insta::assert_snapshot!(place.refused(&["profile", "production"]), @r"
    $ storyline profile production
    --- stderr
    error[dbt-no-target]: environment `production` has no target of dbt's
    --> storyline.toml
     = note: this environment
     = help: add `[environment.production.dbt]`, be it empty; its target then stands beside the others of the profile, and `stamp production` leaves those as they are

    nothing was changed
    --- exit code 2
    ");
}

/// A secret in the sibling is not copied, printed, or kept anywhere else.
#[test]
fn secrets_are_never_shown() {
    const SECRET: &str = "hunter2-and-more";
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1]\nschemas = { a = \"b\" }\n[environment.dev1.dbt]\n",
        ),
        (
            "profiles.yml",
            "a:\n  outputs:\n    dev: {type: postgres, password: hunter2-and-more, schema: a}\n",
        ),
    ]);
    let told = |args: &[&str]| {
        let run = place.run(args).to_string();
        assert!(!run.contains(SECRET), "{run}");
        run
    };
    insta::assert_snapshot!(told(&["profile", "dev1", "--dry-run", "--format", "json"]), @r#"
    $ storyline profile dev1 --dry-run --format json
    --- stdout
    {
      "environment": "dev1",
      "file": "profiles.yml",
      "profile": "a",
      "target": "dev1",
      "like": "dev",
      "done": false,
      "up_to_date": false,
      "new": true,
      "settings": [
        "type",
        "password",
        "schema"
      ],
      "variables": [
        "DBT_ENV_SECRET_DEV1_PASSWORD"
      ],
      "diagnostics": []
    }
    --- exit code 0
    "#);
    told(&["profile", "dev1"]);
    let profiles = std::fs::read_to_string(place.root.join("profiles.yml")).expect("it is there");
    assert_eq!(profiles.matches(SECRET).count(), 1, "{profiles}");
    let strange = profiles.replace("schema: a}", "schema: strange}");
    place.write("profiles.yml", strange);
    insta::assert_snapshot!(told(&["profile", "dev1"]), @r#"
    $ storyline profile dev1
    --- stderr
    error[unknown-name]: the environment has no schema for `strange`
     --> profiles.yml:3:63
      |
    3 |     dev: {type: postgres, password: ****************, schema: strange …
      |                                                               ^^^^^^^
      |
     ::: storyline.toml:2:11
      |
    2 | schemas = { a = "b" }
      |           ----------- no entry here, and no `"*"`
      |
      = help: add `"strange" = "…"` to the table, or `"*" = "{name}"` to keep all other names

    nothing was changed
    --- exit code 2
    "#);
    place.write(
        "storyline.toml",
        "[environment.dev1]\nschemas = { a = \"b\" }\n",
    );
    insta::assert_snapshot!(told(&["stamp", "dev1"]), @r#"
    $ storyline stamp dev1
    --- stderr
    error[unknown-name]: the environment has no schema for `strange`
     --> profiles.yml:3:63
      |
    3 |     dev: {type: postgres, password: ****************, schema: strange}
      |                                                               ^^^^^^^
      |
     ::: storyline.toml:2:11
      |
    2 | schemas = { a = "b" }
      |           ----------- no entry here, and no `"*"`
      |
      = help: add `"strange" = "…"` to the table, or `"*" = "{name}"` to keep all other names

    error[unknown-name]: the environment has no schema for `b`
     --> profiles.yml:4:95
      |
    4 |     dev1: {type: postgres, password: "{{ env_var('DBT_ENV_SECRET_DEV1_PASSWORD') }}", schema: b}
      |                                                                                               ^
      |
     ::: storyline.toml:2:11
      |
    2 | schemas = { a = "b" }
      |           ----------- no entry here, and no `"*"`
      |
      = help: did you mean `a`?
      = help: add `"b" = "…"` to the table, or `"*" = "{name}"` to keep all other names

    nothing was changed
    --- exit code 1
    "#);
    place.write(
        "profiles.yml",
        "a: {outputs: {dev: {password: hunter2-and-more\n",
    );
    told(&["stamp", "dev1"]);
    told(&["sites"]);
}

#[test]
fn files_that_cannot_be_used() {
    let place = Place::fixture("acme-dbt");
    place.write("empty/x", "");
    place.link("link.yml", "profiles.yml");
    insta::assert_snapshot!(place.refused(&["profile", "dev1", "--file", "empty"]), @r"
    $ storyline profile dev1 --file empty
    --- stderr
    error[file-unusable]: cannot use empty: it is a folder
     |
     = help: name a file with `--file`, in a folder that is there

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["profile", "dev1", "--file", "link.yml"]), @r"
    $ storyline profile dev1 --file link.yml
    --- stderr
    error[file-unusable]: link.yml is a link, which is not followed
     |
     = help: name the file itself: `--file PATH`, or `file` in the environment's `dbt` table

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["profile", "dev1", "--file", "none/profiles.yml"]), @r"
    $ storyline profile dev1 --file none/profiles.yml
    --- stderr
    error[file-unusable]: cannot use none/profiles.yml: No such file or directory (os error 2)
     |
     = help: name a file with `--file`, in a folder that is there

    nothing was changed
    --- exit code 2
    ");
    insta::assert_snapshot!(place.refused(&["profile", "dev1", "--file", "new.yml"]), @r"
    $ storyline profile dev1 --file new.yml
    --- stderr
    error[dbt-unknown-profile]: there is no profile `acme`
    --> new.yml
     = help: write the profile in the file, or `type` and its other settings under `settings` in the environment's `dbt` table

    nothing was changed
    --- exit code 2
    ");
    place.write("ci/profiles.yml", "acme: {outputs: {}}\n");
    insta::assert_snapshot!(place.refused(&["profile", "dev1"]), @r#"
    $ storyline profile dev1
    --- stderr
    error[dbt-several-profiles]: nobody says which file is meant
    --> ci/profiles.yml
    ::: profiles.yml
     = help: write `file = "…"` in the environment's `dbt` table, or give `--file PATH`

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn a_file_of_its_own() {
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1.dbt]\nprofile = \"shop\"\n[environment.dev1.dbt.settings]\ntype = \"duckdb\"\npath = \"shop.duckdb\"\nthreads = 2\n",
        ),
        ("dbt/dbt_project.yml", "name: shop\n"),
    ]);
    insta::assert_snapshot!(place.run(&["profile", "dev1"]), @r"
    $ storyline profile dev1
    --- stdout
    dbt/profiles.yml: added target `dev1` of profile `shop`
    settings: type, path, threads
    --- exit code 0
    ");
    let outside = place.top.join("profiles.yml");
    insta::assert_snapshot!(place.run(&["profile", "dev1", "--file", "../profiles.yml"]), @r"
    $ storyline profile dev1 --file ../profiles.yml
    --- stdout
    ../profiles.yml: added target `dev1` of profile `shop`
    settings: type, path, threads
    --- exit code 0
    ");
    let written = std::fs::read(place.root.join("dbt/profiles.yml")).expect("it was written");
    assert_eq!(written, std::fs::read(outside).expect("so was this"));
    insta::assert_snapshot!(String::from_utf8_lossy(&written), @r"
    shop:
      target: dev1
      outputs:
        dev1:
          type: duckdb
          path: shop.duckdb
          threads: 2
    ");
}
