//! What single files provide and use.

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use storyline_diff::names::{provided, used};

use crate::project::path_of;

/// A line each; what a file of this path provides anyway is left out.
fn told(path: &str, text: &str) -> String {
    let path = path_of(path);
    let mut out = String::new();
    for one in provided(&path, text.as_bytes()) {
        if one.name.text != path.as_bytes() {
            let _ = writeln!(out, "{} provides {}", one.line, one.name);
        }
    }
    for one in used(&path, text.as_bytes()) {
        let _ = writeln!(out, "{} uses {} ({})", one.line, one.name, one.what);
    }
    out
}

#[test]
fn views() {
    let text = "include: \"/base/*.view\"
view: orders {
  extends: [base_orders]
  sql_table_name: @{SCHEMA}.orders ;;
  dimension: id { sql: ${TABLE}.id ;; }
  dimension_group: created { timeframes: [raw, date] sql: ${TABLE}.created ;; }
  dimension_group: open { type: duration intervals: [day] }
  measure: total {
    sql: ${id} + ${users.age}
      + ${created_date} ;;
    filters: [users.state: \"x\", id: \"1\"]
    drill_fields: [id, details*, users.name]
    html: {{ users.link._value }} {{ value }} ;;
  }
  set: details { fields: [id, -created_date] }
}
view: +users { dimension: Age { sql: {% parameter unit %} ;; } }
view: daily {
  derived_table: {
    explore_source: orders { column: id { field: orders.id } bind_all_filters: yes }
  }
}
view: raw { derived_table: { sql: SELECT * FROM ${daily.SQL_TABLE_NAME} ;; } }
";
    assert_snapshot!(told("v.view.lkml", text), @r#"
    2 provides view orders
    5 provides field orders.id
    6 provides field orders.created
    6 provides field orders.created_raw
    6 provides field orders.created_date
    7 provides field orders.open
    7 provides field orders.days_open
    8 provides field orders.total
    15 provides field orders.details*
    17 provides field users.age
    18 provides view daily
    23 provides view raw
    1 uses file /base/*.view (include)
    3 uses view base_orders (extends)
    4 uses constant SCHEMA (text)
    9 uses field orders.id (sql)
    9 uses field users.age (sql)
    10 uses field orders.created_date (sql)
    11 uses field users.state (filters)
    11 uses field orders.id (filters)
    12 uses field orders.id (drill_fields)
    12 uses field orders.details* (drill_fields)
    12 uses field users.name (drill_fields)
    13 uses field users.link (liquid)
    15 uses field orders.id (fields)
    15 uses field orders.created_date (fields)
    17 uses view users (refinement)
    17 uses field users.unit (liquid)
    20 uses explore orders (explore_source)
    20 uses field orders.id (field)
    23 uses view daily (sql)
    "#);
}

#[test]
fn explores() {
    let text = "include: \"v.view\"
explore: orders {
  extends: [base]
  from: all_orders
  always_filter: { filters: [orders.state: \"x\"] }
  join: users { sql_on: ${orders.user_id} = ${users.id} ;; fields: [users.name, users.details*] }
  join: sellers { from: users sql_on: ${sellers.id} = ${shops.seller} ;; }
}
explore: alone {}
explore: +alone { aggregate_table: a { query: { dimensions: [alone.id] filters: [alone.x: \"1\"] } } }
explore: template { extension: required }
";
    assert_snapshot!(told("m.model.lkml", text), @r#"
    1 provides model m
    2 provides explore orders
    9 provides explore alone
    11 provides explore template
    1 uses file v.view (include)
    3 uses explore base (extends)
    4 uses view all_orders (from)
    5 uses field all_orders.state (filters)
    6 uses view users (join)
    6 uses field all_orders.user_id (sql)
    6 uses field users.id (sql)
    6 uses field users.name (fields)
    6 uses field users.details* (fields)
    7 uses view users (from)
    7 uses field users.id (sql)
    7 uses field shops.seller (sql)
    9 uses view alone (explore)
    10 uses explore alone (refinement)
    10 uses field alone.id (field)
    10 uses field alone.x (filters)
    "#);
}

#[test]
fn grants_and_datagroups() {
    let text = "access_grant: finance { user_attribute: team allowed_values: [\"finance\"] }
datagroup: daily { sql_trigger: SELECT 1 ;; }
persist_with: daily
explore: orders {
  persist_with: hourly
  required_access_grants: [finance, sales]
  aggregate_table: a { materialization: { datagroup_trigger: nightly } }
}
view: totals {
  derived_table: { datagroup_trigger: daily sql: SELECT 1 ;; }
  dimension: id { required_access_grants: [hr] }
}
";
    assert_snapshot!(told("m.model.lkml", text), @r"
    1 provides model m
    1 provides access grant finance
    2 provides datagroup daily
    4 provides explore orders
    9 provides view totals
    11 provides field totals.id
    3 uses datagroup daily (persist_with)
    4 uses view orders (explore)
    5 uses datagroup hourly (persist_with)
    6 uses access grant finance (required_access_grants)
    6 uses access grant sales (required_access_grants)
    7 uses datagroup nightly (datagroup_trigger)
    10 uses datagroup daily (datagroup_trigger)
    11 uses access grant hr (required_access_grants)
    ");
}

#[test]
fn versions_of_dbt_models() {
    let text = "models:
- name: orders
  latest_version: 2
  columns:
  - name: id
  versions:
  - v: 1
    defined_in: orders_old
    columns:
    - include: all
  - v: 2
- name: plain
";
    assert_snapshot!(told("models/schema.yml", text), @r"
    2 provides dbt model orders
    7 provides dbt model orders.v1
    11 provides dbt model orders.v2
    12 uses dbt model plain (description)
    ");
    let text = "select * from {{ ref('orders', v=1) }} join {{ ref('orders', version='2') }} join {{ ref('orders') }}";
    assert_snapshot!(told("models/a.sql", text), @r"
    1 provides dbt model a
    1 uses dbt model orders.v1 (ref)
    1 uses dbt model orders.v2 (ref)
    1 uses dbt model orders (ref)
    ");
}

#[test]
fn the_syntax_of_2013() {
    let text = "- include: users.view
- explore: orders
  joins:
  - join: users
    foreign_key: user_id
  - join: sellers
    from: users
    sql_on: ${sellers.id} = ${orders.seller}
- view: orders
  extends: base
  fields:
  - dimension: id
    sql: ${TABLE}.id
  - dimension_group: created
    type: time
    timeframes: [date, week]
  - measure: total
    type: sum
    sql: ${id}
    drill_fields: [id, users.name]
";
    assert_snapshot!(told("m.model.lookml", text), @r#"
    1 provides model m
    2 provides explore orders
    9 provides view orders
    12 provides field orders.id
    14 provides field orders.created
    14 provides field orders.created_date
    14 provides field orders.created_week
    17 provides field orders.total
    1 uses file users.view (include)
    2 uses view orders (explore)
    4 uses view users (join)
    7 uses view users (from)
    8 uses field users.id (sql)
    8 uses field orders.seller (sql)
    10 uses view base (extends)
    19 uses field orders.id (sql)
    20 uses field orders.id (drill_fields)
    20 uses field users.name (drill_fields)
    "#);
}

#[test]
fn dashboards() {
    let text = "- dashboard: sales
  title: Sales
  extends: base
  elements:
  - name: a
    model: shop
    explore: orders
    fields: [orders.total, users.state]
    filters:
      orders.created_date: 7 days
    sorts: [orders.total desc]
    listen:
      State: users.state
  filters:
  - name: State
    model: shop
    explore: orders
    field: users.state
";
    assert_snapshot!(told("sales.dashboard.lookml", text), @r#"
    1 provides dashboard sales
    3 uses dashboard base (extends)
    6 uses model shop (model)
    7 uses explore orders (tile)
    8 uses field orders.total (fields)
    8 uses field users.state (fields)
    10 uses field orders.created_date (filters)
    11 uses field orders.total (sorts)
    13 uses field users.state (listen)
    16 uses model shop (model)
    17 uses explore orders (tile)
    18 uses field users.state (field)
    "#);
}

#[test]
fn sql_of_dbt() {
    let text = "{{ config(materialized='table') }}
select * from {{ ref('stg_orders') }} -- {{ ref('seen') }}
join {{ source('shop', 'users') }} {# {{ ref('unseen') }} #}
join {{ ref('other', 'theirs') }}
where {{ cents('total') }} > 1
";
    assert_snapshot!(told("models/orders.sql", text), @r#"
    1 provides dbt model orders
    1 uses dbt macro config (call)
    2 uses dbt model stg_orders (ref)
    2 uses dbt model seen (ref)
    3 uses dbt source shop.users (source)
    5 uses dbt macro cents (call)
    "#);
    let text = "{% snapshot orders_history %} select * from {{ ref('orders') }} {% endsnapshot %}";
    assert_snapshot!(told("snapshots/s.sql", text), @r#"
    1 provides dbt model orders_history
    1 uses dbt model orders (ref)
    "#);
    assert_snapshot!(told("macros/m.sql", "{% macro cents(x) %} {{ x }} / 100 {% endmacro %}"), @r#"
    1 provides dbt macro cents
    1 uses dbt macro cents (call)
    "#);
    assert_snapshot!(told("seeds/countries.csv", "a,b\n"), @"1 provides dbt model countries");
    assert_snapshot!(told("models/py.py", "def model(dbt, session):\n    return dbt.ref('orders')\n"), @r#"
    1 provides dbt model py
    2 uses dbt model orders (ref)
    "#);
}

#[test]
fn yaml_of_dbt() {
    let text = "sources:
- name: shop
  tables:
  - name: users
models:
- name: orders
  columns:
  - name: id
    tests:
    - relationships: {to: ref('users'), field: id}
exposures:
- name: sales
  depends_on:
  - ref('orders')
  - source('shop', 'users')
snapshots:
- name: orders_history
  relation: ref('orders')
";
    assert_snapshot!(told("models/schema.yml", text), @r#"
    4 provides dbt source shop.users
    17 provides dbt model orders_history
    6 uses dbt model orders (description)
    10 uses dbt model users (ref)
    14 uses dbt model orders (ref)
    15 uses dbt source shop.users (source)
    18 uses dbt model orders (ref)
    "#);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        path in 0..PATHS.len(),
    ) {
        provided(&path_of(PATHS[path]), &bytes);
        used(&path_of(PATHS[path]), &bytes);
    }

    #[test]
    fn any_pieces_are_taken(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..60),
        path in 0..PATHS.len(),
    ) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let path = path_of(PATHS[path]);
        let lines = text.lines().count().max(1) as u32 + 1;
        prop_assert!(provided(&path, text.as_bytes()).iter().all(|one| (1..=lines).contains(&one.line)));
        prop_assert!(used(&path, text.as_bytes()).iter().all(|one| (1..=lines).contains(&one.line)));
    }
}

const PATHS: [&str; 8] = [
    "a.view.lkml",
    "a.model.lkml",
    "a.view.lookml",
    "a.dashboard.lookml",
    "models/a.sql",
    "models/a.py",
    "models/a.yml",
    "seeds/a.csv",
];

const PIECES: [&str; 48] = [
    "view: ",
    "explore: ",
    "join: ",
    "dimension: ",
    "measure: ",
    "set: ",
    "+",
    "a",
    "b",
    ".",
    "*",
    " {",
    "}",
    "[",
    "]",
    ",",
    "\n",
    "\n  ",
    "\n- ",
    "- dashboard: ",
    "elements:",
    "extends: ",
    "from: ",
    "view_name: ",
    "filters: ",
    "fields: ",
    "sql: ",
    "sql_on: ",
    " ;;",
    "${",
    "@{",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "'",
    "\"",
    "\\",
    "ref(",
    "source(",
    ")",
    "models:",
    "sources:",
    "tables:",
    "name: ",
    "._value",
    "dbt.",
];
