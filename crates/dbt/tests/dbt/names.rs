//! Names, in every shape that dbt allows.

use std::fmt::Write as _;

use storyline_dbt::{Extent, FileKind, NameKind, names};
use storyline_text::LineIndex;
use storyline_yaml::read;

/// `line:column kind text`, with `…` around a part of a scalar.
#[track_caller]
fn check(kind: FileKind, text: &str) -> String {
    let document = read(text.as_bytes());
    assert_eq!(document.errors(), []);
    let lines = LineIndex::new(text.as_bytes());
    let mut out = String::new();
    for name in names(kind, &document) {
        let at = lines.position(text.as_bytes(), name.span.start);
        let kind = match &name.kind {
            NameKind::Var(var) => format!("Var({var})"),
            kind => format!("{kind:?}"),
        };
        let name = match name.extent {
            Extent::Whole => name.text,
            Extent::Part => format!("…{}…", name.text),
        };
        let _ = writeln!(out, "{}:{} {kind} {name}", at.line, at.column);
    }
    out
}

#[test]
fn profiles() {
    let text = "\
config:
  send_anonymous_usage_stats: false
shop:
  target: dev
  outputs:
    dev:
      type: redshift
      host: analytics.example.com
      port: 5439
      user: alice
      password: \"{{ env_var('DBT_PASSWORD') }}\"
      dbname: warehouse
      schema: 'analytics' # shared
      sslmode: require
      ra3_node: true
    ci: {type: snowflake, account: a, database: CI, schema: \"S\", warehouse: W, role: R}
    bq: {type: bigquery, project: acme-prod, dataset: marts, execution_project: acme-x}
    dbx: {type: databricks, catalog: main, schema: marts, http_path: /x/y.db}
    jinja: {type: postgres, dbname: \"{{ env_var('D') }}\", schema: \"x_{{ target.name }}\"}
    unquoted:
      dbname: {{ env_var('D') }}
      schema:
\"other\":
  outputs:
    dev: {type: postgres, schema: \"a\\tb\"}
shared: {schema: not_a_profile}
";
    insta::assert_snapshot!(check(FileKind::Profiles, text), @r"
    3:1 Profile shop
    12:15 Database warehouse
    13:16 Schema analytics
    16:49 Database CI
    16:62 Schema S
    17:35 Database acme-prod
    17:55 Schema marts
    18:38 Database main
    18:52 Schema marts
    23:2 Profile other
    25:36 Schema a	b
    ");
}

#[test]
fn duckdb() {
    let text = "\
shop:
  outputs:
    a: {type: duckdb, path: shop.duckdb}
    b: {type: duckdb, path: '/data/shop.db'}
    c: {type: duckdb, path: \"md:shop?x=y\"}
    d: {type: duckdb, path: 'md:shop'}
    e: {type: duckdb, path: ':memory:'}
    f: {type: duckdb, path: s3://bucket/x.parquet}
    g: {type: duckdb, path: \"{{ env_var('D') }}/shop.duckdb\"}
    h: {type: duckdb, path: .duckdb}
    i:
      path: >
        shop.duckdb
    j: {type: duckdb, path: \"a\\\\shop.duckdb\"}
";
    insta::assert_snapshot!(check(FileKind::Profiles, text), @r"
    1:1 Profile shop
    3:29 Database …shop…
    4:36 Database …shop…
    5:33 Database …shop…
    6:33 Database …shop…
    ");
}

#[test]
fn anchors() {
    let text = "\
base: &base
  schema: analytics
  password: &p x
target: &dev
  <<: *base
  dbname: &d warehouse
shop: &shop
  outputs:
    dev: *dev
    ci:
      <<: [*base, *dev]
      dbname: *d
    loop: *nothing
copy: *shop
merged:
  <<: *shop
";
    let document = read(text.as_bytes());
    assert_eq!(document.errors().len(), 1);
    let found = names(FileKind::Profiles, &document);
    let found: Vec<_> = found.iter().map(|n| (&n.kind, &*n.text)).collect();
    insta::assert_debug_snapshot!(found, @r#"
    [
        (
            Schema,
            "analytics",
        ),
        (
            Profile,
            "target",
        ),
        (
            Database,
            "warehouse",
        ),
        (
            Profile,
            "shop",
        ),
        (
            Profile,
            "copy",
        ),
        (
            Profile,
            "merged",
        ),
    ]
    "#);
}

#[test]
fn project() {
    let text = "\
name: 'shop'
version: '1.0'
profile: sandbox
model-paths: [models]
models:
  shop:
    +materialized: view
    +meta: {schema: no}
    staging:
      +schema: staging
      finance:
        schema: \"finance\"
        +database: warehouse
    marts:
      +schema: \"{{ target.schema }}_marts\"
      quoting: {schema: true, database: false}
      schema: {+schema: in_a_folder}
seeds:
  +schema: seeds
  other_package:
    +database: raw
    column_types: {schema: text}
snapshots:
  shop:
    +target_schema: snapshots
data_tests:
  +schema: audit
vars:
  start_date: 2020-01-01
  lookback: 3
  'dbt_date:time_zone': 'America/Los_Angeles'
  list: [a, b]
  nothing:
  shop:
    start_date: \"2021-01-01\"
  other_package:
    source: shop
dispatch:
  - macro_namespace: dbt_utils
    search_order: ['shop', dbt_utils]
on-run-end: \"{{ shop.grant() }}\"
";
    insta::assert_snapshot!(check(FileKind::Project, text), @r"
    1:8 Project shop
    3:10 Profile sandbox
    6:3 Project shop
    10:16 Schema staging
    12:18 Schema finance
    13:20 Database warehouse
    17:25 Schema in_a_folder
    19:12 Schema seeds
    21:16 Database raw
    24:3 Project shop
    25:21 Schema snapshots
    27:12 Schema audit
    29:15 Var(start_date) 2020-01-01
    30:13 Var(lookback) 3
    31:26 Var(dbt_date:time_zone) America/Los_Angeles
    34:3 Project shop
    35:18 Var(start_date) 2021-01-01
    37:13 Var(source) shop
    40:21 Project shop
    ");
    insta::assert_snapshot!(check(FileKind::Project, "profile: \"{{ env_var('P') }}\"\n"), @"");
    insta::assert_snapshot!(check(FileKind::Project, "- name: x\n"), @"");
    insta::assert_snapshot!(check(FileKind::Project, "name: a\n---\nname: b\n"), @"");
}

#[test]
fn properties() {
    let text = "\
version: 2
sources:
  - name: raw
    tables: [{name: orders, schema: no}]
  - name: stripe
    database: raw
    schema: raw_stripe
    quoting: {database: true}
    tables: []
  - name: jinja
    schema: \"{{ var('s') }}\"
  - &bq
    name: bq
    project: acme
    dataset: events
  - <<: *bq
    name: bq2
models:
  - name: orders
    config: {schema: marts, materialized: table, +database: warehouse, meta: {schema: no}}
    columns: [{name: schema}]
exposures:
  - name: weekly
    url: https://acme.looker.com/explore/orders/orders
  - name: none
    url: ''
metrics:
  - {name: x, schema: no}
";
    insta::assert_snapshot!(check(FileKind::Properties, text), @r"
    6:15 Database raw
    7:13 Schema raw_stripe
    14:14 Database acme
    15:14 Schema events
    20:22 Schema marts
    20:61 Database warehouse
    24:10 Url https://acme.looker.com/explore/orders/orders
    ");
}

#[test]
fn aliases_of_aliases_cost_no_more_than_their_length() {
    let mut text = String::from("a0: &a0 {schema: x}\n");
    for level in 1..40 {
        let before = level - 1;
        let _ = writeln!(
            text,
            "a{level}: &a{level} {{<<: [{}]}}",
            vec![format!("*a{before}"); 9].join(", ")
        );
    }
    text.push_str("shop: {outputs: {dev: *a39, ci: *a38}}\n");
    let document = read(text.as_bytes());
    let found = names(FileKind::Profiles, &document);
    let schemas: Vec<_> = found
        .iter()
        .filter(|n| n.kind == NameKind::Schema)
        .collect();
    assert_eq!(schemas.len(), 1, "{found:?}");
}
