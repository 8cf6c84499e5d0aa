//! `storyline preview`: what reviewers read, what programs read, and what neither gets.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::Command;

use common::team::{Team, view};
use common::{Place, Run};
use serde_json::Value;

/// A project, and beside it another state of it.
fn place(before: &[(&str, &str)], after: &[(&str, &str)]) -> Place {
    let place = Place::of(before);
    for (path, text) in after {
        write(&place, &format!("after/{path}"), text);
    }
    place
}

fn write(place: &Place, path: &str, bytes: impl AsRef<[u8]>) {
    let path = place.top.join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn preview(place: &Place, args: &[&str]) -> Run {
    let args = [&["preview", "--base", ".", "--head", "../after"], args].concat();
    place.run(&args)
}

const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/*.view\"\nexplore: orders {}\n";
const VIEW: &str = "view: orders {\n  dimension: id { type: number }\n  measure: total {\n    type: sum\n    sql: ${TABLE}.net ;;\n  }\n}\n";
const BOARD: &str = "- dashboard: sales\n  title: Sales\n  elements:\n  - name: total\n    model: shop\n    explore: orders\n    type: single_value\n";
const DBT: &str = "select *\nfrom {{ ref('stg_orders') }}\nwhere net > 0\n";

#[test]
fn what_reviewers_read() {
    let before = [
        ("shop.model.lkml", MODEL),
        ("orders.view.lkml", VIEW),
        ("sales.dashboard.lookml", BOARD),
        ("dbt/models/orders.sql", DBT),
        ("notes.txt", "one\n"),
        ("broken.view.lkml", "view: b {}\n"),
    ];
    let after = [
        (
            "shop.model.lkml",
            "connection: \"warehouse\"\ninclude: \"/*.view\"\nexplore: orders {\n  join: broken { from: b sql_on: 1=1 ;; }\n}\nexplore: all_orders { from: orders }\n",
        ),
        (
            "orders.view.lkml",
            "view: orders {\n  dimension: id { type: string }\n  measure: total {\n    type: sum\n    sql: ${TABLE}.net\n      + ${TABLE}.tax ;;\n  }\n  dimension: state {}\n}\n",
        ),
        (
            "sales.dashboard.lookml",
            &BOARD.replace("single_value", "looker_line"),
        ),
        ("dbt/models/orders.sql", &DBT.replace("> 0", ">= 0")),
        ("notes.txt", "two\n"),
        ("broken.view.lkml", "view: b {\n"),
        ("logo.png", "\0\u{1}"),
    ];
    let place = place(&before, &after);
    insta::assert_snapshot!(preview(&place, &[]), @r#"
    $ storyline preview --base . --head ../after
    --- stdout
    <!-- storyline:preview -->
    **1 explore added; 1 explore, 1 view, 1 dashboard and 1 dbt model changed; 2 explores and 1 dashboard stand on that; 1 file does not parse.**

    From `.` to `../after`.

    | | added | changed | removed | moved or renamed |
    | --- | ---: | ---: | ---: | ---: |
    | explores | 1 |  |  |  |
    | joins | 1 |  |  |  |
    | dimensions | 1 | 1 |  |  |
    | measures |  | 1 |  |  |
    | tiles |  | 1 |  |  |
    | dbt models |  | 1 |  |  |

    <details><summary><b>2 explores</b> stand on that</summary>

    - `shop/all_orders`: explore `all_orders`, view `orders`
    - `shop/orders`: explore `orders`, view `b`, view `orders`

    </details>

    <details><summary><b>1 dashboard</b> stands on that</summary>

    - `shop/sales`: explore `orders`, view `b`, view `orders`

    </details>

    <details><summary>The list of explores for <code>spectacles sql --explores</code></summary>

    ```
    shop/all_orders
    shop/orders
    ```

    </details>

    <details><summary><b>explore</b> <code>all_orders</code> added in <code>shop.model.lkml</code></summary>

    ```diff
    + explore: all_orders { from: orders }
    ```

    </details>

    <details><summary><b>explore</b> <code>orders</code> changed in <code>shop.model.lkml</code></summary>

    **added** join `broken`

    ```diff
    + join: broken { from: b sql_on: 1=1 ;; }
    ```

    </details>

    <details><summary><b>view</b> <code>orders</code> changed in <code>orders.view.lkml</code></summary>

    **changed** dimension `id`

    - `type`: `number` → `string`

    **changed** measure `total`

    - `sql`:

      ```diff
      - ${TABLE}.net
      + ${TABLE}.net
      + + ${TABLE}.tax
      ```

    **added** dimension `state`

    ```diff
    + dimension: state {}
    ```

    </details>

    <details><summary><b>dashboard</b> <code>sales</code> changed in <code>sales.dashboard.lookml</code></summary>

    **changed** tile `total`

    - `type`: `single_value` → `looker_line`

    </details>

    <details><summary><b>dbt model</b> <code>orders</code> changed in <code>dbt/models/orders.sql</code></summary>

    - `sql`:

      ```diff
        select *
        from {{ ref('stg_orders') }}
      - where net > 0
      + where net >= 0
      ```

    </details>

    <details><summary><b>file</b> <code>broken.view.lkml</code>: text (does not parse)</summary>

    Line 1, does not parse:

    ```diff
    - view: b {}
    + view: b {
    ```

    </details>

    <details><summary><b>file</b> <code>notes.txt</code>: text (not an object)</summary>

    Line 1, not an object:

    ```diff
    - one
    + two
    ```

    </details>

    <details><summary><b>file</b> <code>shop.model.lkml</code>: text (written otherwise, with the same meaning)</summary>

    Line 3, written otherwise, with the same meaning:

    ```diff
    + explore: orders {
    ```

    </details>

    <details><summary><b>1 file</b> without objects</summary>

    - `logo.png` added: no text: its bytes are not shown

    </details>
    --- exit code 0
    "#);
    insta::assert_snapshot!(preview(&place, &["--explores", "-"]), @r#"
    $ storyline preview --base . --head ../after --explores -
    --- stdout
    shop/all_orders
    shop/orders
    --- exit code 0
    "#);
}

#[test]
fn a_stamped_fork_tells_nothing_but_the_story() {
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1]\nconnections = \"{name}_dev1\"\nmodels = \"{name}_dev1\"\n",
        ),
        ("shop.model.lkml", MODEL),
        ("orders.view.lkml", VIEW),
        ("sales.dashboard.lookml", BOARD),
    ]);
    place.succeeds(&["stamp", "dev1", "--into", "../after"]);
    insta::assert_snapshot!(preview(&place, &[]), @r#"
    $ storyline preview --base . --head ../after
    --- stdout
    <!-- storyline:preview -->
    **Nothing differs but stamps, in 2 files.**

    From `.` to `../after`.
    --- exit code 0
    "#);
    write(
        &place,
        "after/orders.view.lkml",
        VIEW.replace("type: sum", "type: average"),
    );
    insta::assert_snapshot!(preview(&place, &[]), @r#"
    $ storyline preview --base . --head ../after
    --- stdout
    <!-- storyline:preview -->
    **1 view changed; 1 explore and 1 dashboard stand on that; 2 files differ only by stamps.**

    From `.` to `../after`.

    | | added | changed | removed | moved or renamed |
    | --- | ---: | ---: | ---: | ---: |
    | measures |  | 1 |  |  |

    <details><summary><b>1 explore</b> stands on that</summary>

    - `shop/orders`: view `orders`

    </details>

    <details><summary><b>1 dashboard</b> stands on that</summary>

    - `shop/sales`: view `orders`

    </details>

    <details><summary>The list of explores for <code>spectacles sql --explores</code></summary>

    ```
    shop/orders
    ```

    </details>

    <details><summary><b>view</b> <code>orders</code> changed in <code>orders.view.lkml</code></summary>

    **changed** measure `total`

    - `type`: `sum` → `average`

    </details>
    --- exit code 0
    "#);
}

#[test]
fn secrets_reach_no_page() {
    let profile = |secret: &str| {
        format!(
            "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      password: {secret}\n      schema: {}\n",
            &secret[..1]
        )
    };
    let before = [("profiles.yml", &*profile("a-canary-1"))];
    let place = place(&before, &[("profiles.yml", &profile("b-canary-2"))]);
    let pages = [
        "--markdown",
        "a.md",
        "--html",
        "a.html",
        "--json",
        "-",
        "--explores",
        "e",
    ];
    let run = preview(&place, &pages);
    let mut all = run.to_string();
    for page in ["a.md", "a.html", "e"] {
        all += &fs::read_to_string(place.root.join(page)).expect("it was written");
    }
    assert!(!all.contains("canary"), "{all}");
    assert!(
        run.stderr().contains("secrets in 1 file are starred out"),
        "{run}"
    );
}

#[test]
fn data_has_a_schema() {
    let hostile =
        "view: <b>@team {\n  label: \"\u{202e}`#1\u{1b}[2J\"\n  dimension: d\u{7} {}\n}\n# GH-1\n";
    let place = place(
        &[
            (
                "m.model.lkml",
                "include: \"*.view\"\nexplore: e { from: v }\n",
            ),
            ("v.view.lkml", "view: v {}\n"),
            ("a.txt", "a"),
        ],
        &[
            (
                "m.model.lkml",
                "include: \"*.view\"\nexplore: e { from: v }\n",
            ),
            ("v.view.lkml", "view: v { label: \"x\" }\n"),
            ("w.view.lkml", hostile),
            ("b.txt", "a"),
            ("c.bin", "\0"),
        ],
    );
    let told = preview(&place, &["--json", "-"]);
    let data: Value = serde_json::from_str(told.stdout()).expect("it is JSON");
    assert_eq!(data["version"], 1);
    assert_eq!(data["impact"]["explores"][0]["name"], "e");
    assert!(!told.stdout().contains(['\u{1b}', '\u{202e}', '\u{7}']));
    let of_diff = place.succeeds(&["diff", ".", "../after", "--objects", "--format", "json"]);
    let of_diff: Value = serde_json::from_str(&of_diff).expect("it is JSON");
    assert_eq!(of_diff["objects"], data["objects"]);
    assert_eq!(of_diff["files"], data["files"]);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/preview.schema.json");
    let schema = fs::read_to_string(schema).expect("docs have it");
    assert_eq!(
        schema,
        storyline_cli::preview_schema(),
        "run `cargo xtask docs`"
    );
    for (name, data) in [("preview.json", &data), ("diff.json", &of_diff)] {
        place.write(name, data.to_string());
    }
    place.write("schema.json", schema);
    validate(&place);
}

/// Judges the data by somebody else's reading of the schema.
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn validate(place: &Place) {
    const JUDGE: &str = "\
import json, jsonschema
schema = json.load(open('schema.json'))
jsonschema.Draft202012Validator.check_schema(schema)
for name in ['preview.json', 'diff.json']:
    jsonschema.Draft202012Validator(schema).validate(json.load(open(name)))
";
    let Some(python) = std::env::var_os("STORYLINE_PYTHON") else {
        let in_ci = std::env::var_os("CI").is_some();
        assert!(!in_ci, "STORYLINE_PYTHON is not set");
        println!("skipped: somebody else's reading of the schema: STORYLINE_PYTHON is not set");
        return;
    };
    let mut judge = Command::new(python);
    let output = judge.args(["-c", JUDGE]).current_dir(&place.root).output();
    let output = output.expect("STORYLINE_PYTHON is a Python");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_page_that_cannot_be_written_is_told_and_nothing_is() {
    let place = place(
        &[("a.view.lkml", VIEW)],
        &[("a.view.lkml", "view: orders {}\n")],
    );
    let before = place.stands();
    insta::assert_snapshot!(preview(&place, &["--markdown", "a.md", "--json", "."]), @r#"
    $ storyline preview --base . --head ../after --markdown a.md --json .
    --- stderr
    error[output-failed]: . is a folder
     |
     = help: name a file; `-` is standard output
    --- exit code 2
    "#);
    insta::assert_snapshot!(preview(&place, &["--markdown", "a.md", "--json", "no/a.json"]), @r#"
    $ storyline preview --base . --head ../after --markdown a.md --json no/a.json
    --- stderr
    error[output-failed]: cannot write no/a.json: entity not found
     |
     = help: name a file in a folder that is there and that you may write
    --- exit code 2
    "#);
    insta::assert_snapshot!(preview(&place, &["--markdown", "-", "--json", "-"]), @r#"
    $ storyline preview --base . --head ../after --markdown - --json -
    --- stderr
    error[output-twice]: two pages cannot both be printed
     |
     = help: write one of them into a file
    --- exit code 2
    "#);
    assert_eq!(before, place.stands());
}

#[test]
fn very_many_files_and_a_very_long_one() {
    let place = Place::of(&[("long.view.lkml", "view: long {}\n")]);
    for number in 0..10_000 {
        for (folder, label) in [("project", "a"), ("after", "b")] {
            let text = format!("view: v{number} {{ label: \"{label}\" }}\n");
            let path = format!("{number:05}.view.lkml");
            match folder {
                "project" => drop(place.write(path, text)),
                _ => write(&place, &format!("after/{path}"), text),
            }
        }
    }
    let dimension = |n| format!("  dimension: d{n} {{ sql: ${{TABLE}}.d{n} ;; }}\n");
    let many: String = (0..500_000).map(dimension).collect();
    write(
        &place,
        "after/long.view.lkml",
        format!("view: long {{\n{many}}}\n"),
    );
    let run = preview(&place, &[]);
    assert!(run.stdout().len() < 60_000);
    let lines: Vec<_> = run.stdout().lines().collect();
    insta::assert_snapshot!(lines[1], @"**10001 views changed; no explore of a model here stands on that.**");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("sections are left out")),
        "{lines:?}"
    );
}

#[test]
fn a_pull_request_begins_where_it_left_canonical() {
    let team = Team::new();
    let dev = team.clone("dev");
    dev.git(&["switch", "--quiet", "--create", "feature"]);
    dev.commit("views/orders.view.lkml", &view("orders", "tax"), "Tax");
    let lead = team.clone("lead");
    lead.commit("views/other.view.lkml", "view: other {}\n", "Other");
    lead.git(&["push", "--quiet", "origin", "HEAD"]);
    insta::assert_snapshot!(dev.succeeds(&["preview"]), @r#"
    $ storyline preview
    --- stdout
    <!-- storyline:preview -->
    **1 view changed; 1 explore stands on that.**

    From `where the working tree left canonical` to `the working tree`.

    | | added | changed | removed | moved or renamed |
    | --- | ---: | ---: | ---: | ---: |
    | measures | 1 |  | 1 |  |

    <details><summary><b>1 explore</b> stands on that</summary>

    - `shop/orders`: view `orders`

    </details>

    <details><summary>The list of explores for <code>spectacles sql --explores</code></summary>

    ```
    shop/orders
    ```

    </details>

    <details><summary><b>view</b> <code>orders</code> changed in <code>views/orders.view.lkml</code></summary>

    **removed** measure `count`

    ```diff
    - measure: count {}
    ```

    **added** measure `tax`

    ```diff
    + measure: tax {}
    ```

    </details>
    --- exit code 0
    "#);
}
