//! dbt projects: profiles, variables, schemas and databases, sources, exposures.

use insta::assert_snapshot;
use storyline_stamp::Direction;

use crate::files::{Files, manifest};
use crate::sites::check;

/// All kinds of dbt's get a suffix.
const SUFFIX: &str = r#"models = "{name}_dev1"
schemas = "{name}_dev1"
databases = "{name}_dev1"
profiles = "{name}_dev1"
dbt_projects = "{name}_dev1"
vars = { source = "raw_{name}", lookback = "30" }
looker = { url = "https://acme.looker.com" }
[canonical.vars]
lookback = "3""#;

const SHOP: &str = r#"
=== dbt/dbt_project.yml
name: shop
profile: 'sandbox'
models:
  shop:
    staging: {+schema: staging} # shop
vars:
  lookback: 3
  shop: {source: "prod"}
=== dbt/profiles.yml
sandbox:
  target: dev
  outputs:
    dev:
      type: postgres
      password: hunter2
      dbname: warehouse
      schema: analytics
    local: {type: duckdb, path: data/warehouse.duckdb}
=== dbt/models/orders.yml
sources:
  - name: raw
    database: "{{ var('db') }}"
    schema: raw
exposures:
  - name: weekly
    url: https://acme.looker.com/explore/orders/orders
=== dbt/models/orders.sql
select * from {{ ref('shop', 'raw') }}
=== dbt/target/manifest.yml
sources: [{schema: raw}]
=== orders.model.lkml
connection: "c"
"#;

#[test]
fn a_project() {
    assert_snapshot!(check(SUFFIX, SHOP), @r#"
    dbt/dbt_project.yml:1:7 dbt-project "shop" own
    dbt/dbt_project.yml:2:11 profile "sandbox" own
    dbt/dbt_project.yml:4:3 dbt-project "shop" own
    dbt/dbt_project.yml:5:24 schema "staging" own
    dbt/dbt_project.yml:7:13 var:lookback "3" own
    dbt/dbt_project.yml:8:3 dbt-project "shop" own
    dbt/dbt_project.yml:8:19 var:source "prod" own
    dbt/models/orders.yml:4:13 schema "raw" own
    dbt/models/orders.yml:7:42 model "orders" own
    dbt/profiles.yml:1:1 profile "sandbox" own
    dbt/profiles.yml:7:15 database "warehouse" own
    dbt/profiles.yml:8:15 schema "analytics" own
    dbt/profiles.yml:9:38 database "warehouse" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:14 connection "c" own
    dbt/dbt_project.yml:1:7 shop -> shop_dev1
    dbt/dbt_project.yml:2:11 sandbox -> sandbox_dev1
    dbt/dbt_project.yml:4:3 shop -> shop_dev1
    dbt/dbt_project.yml:5:24 staging -> staging_dev1
    dbt/dbt_project.yml:7:13 3 -> 30
    dbt/dbt_project.yml:8:3 shop -> shop_dev1
    dbt/dbt_project.yml:8:19 prod -> raw_prod
    dbt/models/orders.yml:4:13 raw -> raw_dev1
    dbt/models/orders.yml:7:42 orders -> orders_dev1
    dbt/profiles.yml:1:1 sandbox -> sandbox_dev1
    dbt/profiles.yml:7:15 warehouse -> warehouse_dev1
    dbt/profiles.yml:8:15 analytics -> analytics_dev1
    dbt/profiles.yml:9:38 warehouse -> warehouse_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    Notice dbt-project-in-sql: dbt project `shop` gets another name, and only its `dbt_project.yml` is changed
      dbt/dbt_project.yml:1:7
      help: where SQL, macros, selectors or other projects say `shop`, as in `ref('shop', …)` and `shop.macro()`, leave the name out or keep it in all environments
    "#);
}

#[test]
fn an_environment_with_a_target_of_its_own() {
    let rules = SUFFIX.replace("[canonical", "dbt = {}\n[canonical");
    assert_snapshot!(check(&rules, SHOP), @r#"
    dbt/dbt_project.yml:1:7 dbt-project "shop" own
    dbt/dbt_project.yml:2:11 profile "sandbox" own
    dbt/dbt_project.yml:4:3 dbt-project "shop" own
    dbt/dbt_project.yml:5:24 schema "staging" own
    dbt/dbt_project.yml:7:13 var:lookback "3" own
    dbt/dbt_project.yml:8:3 dbt-project "shop" own
    dbt/dbt_project.yml:8:19 var:source "prod" own
    dbt/models/orders.yml:4:13 schema "raw" own
    dbt/models/orders.yml:7:42 model "orders" own
    dbt/profiles.yml:1:1 profile "sandbox" own
    dbt/profiles.yml:7:15 database "warehouse" own
    dbt/profiles.yml:8:15 schema "analytics" own
    dbt/profiles.yml:9:38 database "warehouse" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:14 connection "c" own
    dbt/dbt_project.yml:1:7 shop -> shop_dev1
    dbt/dbt_project.yml:2:11 sandbox -> sandbox_dev1
    dbt/dbt_project.yml:4:3 shop -> shop_dev1
    dbt/dbt_project.yml:5:24 staging -> staging_dev1
    dbt/dbt_project.yml:7:13 3 -> 30
    dbt/dbt_project.yml:8:3 shop -> shop_dev1
    dbt/dbt_project.yml:8:19 prod -> raw_prod
    dbt/models/orders.yml:4:13 raw -> raw_dev1
    dbt/models/orders.yml:7:42 orders -> orders_dev1
    dbt/profiles.yml:1:1 sandbox -> sandbox_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    Notice dbt-project-in-sql: dbt project `shop` gets another name, and only its `dbt_project.yml` is changed
      dbt/dbt_project.yml:1:7
      help: where SQL, macros, selectors or other projects say `shop`, as in `ref('shop', …)` and `shop.macro()`, leave the name out or keep it in all environments
    "#);
}

#[test]
fn a_looker_project_of_the_same_name() {
    let files = "
=== manifest.lkml
project_name: \"shop\"
=== dbt_project.yml
name: shop
profile: shop
=== x.model.lkml
include: \"//shop/x.view\"
";
    assert_snapshot!(check("projects = \"{name}-dev1\"", files), @r#"
    dbt_project.yml:1:7 dbt-project "shop" own
    dbt_project.yml:2:10 profile "shop" own
    manifest.lkml:1:16 project "shop" own
    x.model.lkml model "x" own
    x.model.lkml:1:13 project "shop" own
    manifest.lkml:1:16 shop -> shop-dev1
    x.model.lkml:1:13 shop -> shop-dev1
    "#);
    assert_snapshot!(check("dbt_projects = \"{name}_dev1\"", files), @r#"
    dbt_project.yml:1:7 dbt-project "shop" own
    dbt_project.yml:2:10 profile "shop" own
    manifest.lkml:1:16 project "shop" own
    x.model.lkml model "x" own
    x.model.lkml:1:13 project "shop" own
    dbt_project.yml:1:7 shop -> shop_dev1
    Notice dbt-project-in-sql: dbt project `shop` gets another name, and only its `dbt_project.yml` is changed
      dbt_project.yml:1:7
      help: where SQL, macros, selectors or other projects say `shop`, as in `ref('shop', …)` and `shop.macro()`, leave the name out or keep it in all environments
    "#);
}

#[test]
fn names_that_a_table_leaves_out() {
    let files = "=== profiles.yml\na:\n  outputs:\n    dev: {schema: analytics}\n=== m/dbt_project.yml\nmodels:\n  +schema: marts\n";
    let files = Files::parse(files);
    let manifest = manifest("schemas = { analytics = \"a_dev1\" }");
    let refused = files
        .plan(&manifest, Direction::Stamp)
        .expect_err("refused");
    assert_eq!(refused.diagnostics.len(), 1);
    assert_snapshot!(files.show(&refused.diagnostics[0]), @r#"
    Error unknown-name: the environment has no schema for `marts`
      m/dbt_project.yml:2:12
      storyline.toml no entry here, and no `"*"`
      help: add `"marts" = "…"` to the table, or `"*" = "{name}"` to keep all other names
    "#);
}

#[test]
fn stamped_twice() {
    let manifest = manifest("schemas = \"{name}_dev1\"");
    let twice = |text: &str| {
        let files = Files::parse(text);
        let refused = files
            .plan(&manifest, Direction::Stamp)
            .expect_err("refused");
        files.show(&refused.diagnostics[0])
    };
    let profiles = "=== profiles.yml\na:\n  outputs:\n    dev: {schema: analytics_dev1}\n";
    assert_snapshot!(twice(profiles), @r"
    Error already-stamped: this folder is in the form of `dev1` already
      profiles.yml:3:19 like all others, this is a name of that environment
      help: to take the stamp out, run `storyline unstamp dev1`
      help: if these are the canonical names, choose other names for the environment
    ");
}

#[test]
fn files_that_cannot_be_read() {
    assert_snapshot!(check(SUFFIX, "=== dbt_project.yml\nname: a\n=== x.yml\nsources: {{ schema }\n"), @r#"
    dbt_project.yml:1:7 dbt-project "a" own
    dbt_project.yml:1:7 a -> a_dev1
    Notice dbt-project-in-sql: dbt project `a` gets another name, and only its `dbt_project.yml` is changed
      dbt_project.yml:1:7
      help: where SQL, macros, selectors or other projects say `a`, as in `ref('a', …)` and `a.macro()`, leave the name out or keep it in all environments
    Warning yaml-syntax: brackets or braces do not match, or a comma is missing between them
      x.yml:1:10 here
      help: close every `[` with `]` and every `{` with `}`; put a value in quotes if they are a part of it
      help: no name in this file is stamped
    "#);
    assert_snapshot!(check(SUFFIX, "=== dbt_project.yml\nname: a\n b: c\n"), @"REFUSED `:` is not allowed here");
    assert_snapshot!(check(SUFFIX, "=== profiles.yml\na: {outputs: {x: {schema: s, schema: t}}}\n"), @r#"
    profiles.yml:1:1 profile "a" own
    profiles.yml:1:27 schema "s" own
    profiles.yml:1:38 schema "t" own
    REFUSED `s_dev1` cannot be written here: `a.outputs.x.schema` is ambiguous: a key on the way to it stands twice in its mapping
    "#);
    assert_snapshot!(check(SUFFIX, "=== schema.yml\nsources: [{schema: s}]\n"), @"");
}
