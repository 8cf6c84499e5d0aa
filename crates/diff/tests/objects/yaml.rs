//! Dashboards and dbt.

use storyline_diff::objects::Outline;
use storyline_text::{RelPath, Visible};

use crate::check;
use crate::told::told;

const DASHBOARD: &str = "== kpi.dashboard.lookml
- dashboard: kpi
  title: KPIs
  layout: newspaper
  elements:
  - name: Orders
    title: Orders
    model: shop
    explore: orders
    fields: [orders.id, orders.count]
    filters:
      orders.status: done
    row: 0
    col: 0
  - title: Users
    model: shop
    type: text
    body_text: |
      One
      Two
    row: 4
    col: 0
  filters:
  - name: Date
    type: field_filter
  - name: Country
    type: field_filter
";

#[test]
fn a_dashboard() {
    let after = DASHBOARD
        .replace("title: KPIs", "title: 'KPIs'\n  description: \"It's all\"")
        .replace("status: done", "status: open")
        .replace("Two", "Two\n      Three")
        .replace(
            "  - name: Date\n    type: field_filter\n  - name: Country\n    type: field_filter\n",
            "  - name: Country\n    type: field_filter\n  - name: Date\n    type: field_filter\n",
        );
    check!(DASHBOARD, &after, @r#"
    ~ dashboard kpi [2,23-24 2-3,27-28]
        description: none -> "It's all"
        order (matters): dashboard filter Date
      ~ tile Orders [11 12]
          filters.orders.status: "done" -> "open"
      ~ tile Users [0 21]
          body_text: "One\nTwo" -> "One\nTwo\nThree" [2 2-3]
    "#);
}

#[test]
fn tiles_come_and_go() {
    let (before, _) = DASHBOARD
        .split_once("  - title: Users")
        .expect("it is there");
    check!(DASHBOARD, before, @r#"
    dashboard kpi [0 0]
    - tile Users [14-22 none]
    - dashboard filter Date [23-24 none]
    - dashboard filter Country [25-26 none]
    "#);
}

const PROPERTIES: &str = "== dbt/models/schema.yml
version: 2
models:
  - name: orders
    description: >
      All orders.
    columns:
      - name: id
        tests: [unique, not_null]
      - name: status
        description: Where it is
sources:
  - name: shop
    schema: raw
    tables:
      - name: orders
      - name: users
exposures:
  - name: kpi
    type: dashboard
";

#[test]
fn properties() {
    let after = PROPERTIES
        .replace("schema: raw", "schema: landing")
        .replace("[unique, not_null]", "[unique]")
        .replace("All orders.", "All orders, as they came.")
        .replace(
            "      - name: users\n",
            "      - name: customers\n        columns: [{name: id}]\n",
        );
    check!(PROPERTIES, &after, @r#"
    ~ model description orders [5 5]
        description: "All orders." -> "All orders, as they came."
        column id [0 8]
        - data test not_null [8 none]
    ~ source shop [13 13]
        schema: "raw" -> "landing"
      - source table users [16 none]
      + source table customers [none 16-17], 1 column
    "#);
    check!(PROPERTIES, "", @r#"
    - file dbt/models/schema.yml [1-2 none]
        version: "2" -> none
    - model description orders [3-11 none], 2 columns, 2 data tests
    - source shop [12-17 none], 2 source tables
    - exposure kpi [18-19 none]
    "#);
}

#[test]
fn selects_and_macros() {
    let before = "== models/orders.sql\nselect id,\n  status\nfrom {{ ref('raw') }}\n== macros/m.sql\n{% macro a(x) %}\n  {{ x }}\n{% endmacro %}\n\n{% macro b() -%}\n  1\n{%- endmacro %}\n";
    let after = "== models/orders.sql\nselect id,\n  status,\n  total\nfrom {{ ref('raw') }}\n== macros/m.sql\n{% macro a(x, y) %}\n  {{ x }}\n{% endmacro %}\n\n{% macro b() -%}\n  2\n{%- endmacro %}\n";
    check!(before, after, @r#"
    ~ macro a [1 1]
        arguments: "(x)" -> "(x, y)"
    ~ macro b [6 6]
        sql: "1" -> "2"
    ~ dbt model orders [2 2-3]
        sql: "select id,\n  status\nfrom {{ ref('raw') }}" -> "select id,\n  status,\n  total\nfrom {{ ref('raw') }}" [2 2-3]
    "#);
}

const PROFILES: &str = "== profiles.yml
shop:
  target: dev
  outputs:
    dev:
      type: postgres
      schema: dev
      password: hunter2
    prod:
      type: postgres
      schema: prod
      password: \"{{ env_var('PW') }}\"
";

#[test]
fn what_a_model_is_configured_with() {
    let before = "== models/orders.sql\n{{ config(\n  materialized='view',\n  meta={'a': {}}\n) }}\n\nselect 1\n";
    check!(before, &before.replace("view", "table"), @r#"
    ~ dbt model orders [2 2]
        config: "{{ config(\n  materialized='view',\n  meta={'a': {}}\n) }}" -> "{{ config(\n  materialized='table',\n  meta={'a': {}}\n) }}" [2 2]
    "#);
    let python = "== models/p.py\ndef model(dbt, session):\n    return 1\n";
    check!(python, &python.replace("    return", "  return"), @r#"
    ~ dbt model p [2 2]
        code: "def model(dbt, session):\n    return 1" -> "def model(dbt, session):\n  return 1" [2 2]
    "#);
}

#[test]
fn what_does_not_parse() {
    check!(PROPERTIES, &PROPERTIES.replace("  - name: kpi", "  - \" name: kpi"), @r#"
    dbt/models/schema.yml [18 18]: does not parse
    "#);
}

#[test]
fn profiles_without_their_secrets() {
    let after = PROFILES
        .replace("schema: dev", "schema: dev2")
        .replace("hunter2", "hunter3")
        .replace(
            "    prod:",
            "    ci: {type: postgres, password: hunter4}\n    prod:",
        );
    check!(PROFILES, &after, @r#"
    profile shop [0 0]
    ~ profile target dev [6-7 6-7]
        schema: "dev" -> "dev2"
        password: "*******" -> "*******"
    + profile target ci [none 8]
    "#);
    let broken = after.replace("hunter3", "[hunter5\n  x: : }");
    check!(PROFILES, &broken, @r#"
    profiles.yml [6-7 6-9]: does not parse
    "#);
    let noted = format!("{PROFILES}# password: hunter6\n");
    check!(&noted, &noted.replace("hunter6", "hunter7"), @r#"
    profiles.yml [12 12]: secrets, which are not shown
    "#);
    for text in [
        told(&noted, PROFILES),
        told(PROFILES, &after),
        told(PROFILES, &broken),
        told("", PROFILES),
    ] {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[test]
fn a_file_by_itself() {
    let outline = |path: &str, text: &str| {
        let path = RelPath::new(path.as_bytes()).expect("a path");
        let outline = Outline::read(&path, text.as_bytes()).expect("it holds objects");
        let mut out = String::new();
        for object in outline.objects() {
            let path = object.path().into_iter();
            let path = path.map(|step| format!("{} {}", step.kind.word(), Visible(&step.name)));
            let path: Vec<_> = path.collect();
            let says = [
                &["extends"][..],
                &["explore"],
                &["from"],
                &["derived_table", "explore_source"],
            ];
            let says = says.iter().flat_map(|way| object.values(way));
            let says: Vec<_> = says.map(|value| Visible(value).to_string()).collect();
            let lines = object.lines();
            out += &format!(
                "{}-{} {} {says:?}\n",
                lines.start,
                lines.end,
                path.join(" / ")
            );
        }
        out
    };
    insta::assert_snapshot!(outline("m.model.lkml", "explore: o {\n  extends: [a, b]\n  join: u { from: v }\n}\nview: n { derived_table: { explore_source: o { column: a {} } } }\n"), @r#"
    0-5 model m []
    0-4 model m / explore o ["a", "b"]
    2-3 model m / explore o / join u ["v"]
    4-5 model m / view n ["o"]
    "#);
    insta::assert_snapshot!(outline("d.dashboard.lookml", &DASHBOARD[DASHBOARD.find('\n').map_or(0, |at| at + 1)..]), @r#"
    0-26 file d.dashboard.lookml []
    0-26 dashboard kpi []
    4-13 dashboard kpi / tile Orders ["orders"]
    13-21 dashboard kpi / tile Users []
    22-24 dashboard kpi / dashboard filter Date []
    24-26 dashboard kpi / dashboard filter Country []
    "#);
}
