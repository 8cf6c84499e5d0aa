//! Which names are sites, whose they are, and what becomes of them: a table of LookML's places.
//! Dashboards and links, where names stand in text of other languages, are in `links`.

use std::fmt::Write as _;

use insta::assert_snapshot;
use storyline_stamp::{Direction, SitePlace, TreePatch, sites};

use crate::files::{Files, dev1, manifest};

/// Every kind gets a suffix.
pub(crate) const SUFFIX: &str = r#"connections = "{name}_dev1"
models = "{name}_dev1"
projects = "{name}_dev1"
labels = "{name} (dev1)""#;

/// The sites of `files` in canonical form, then what stamping changes. Stamped, the same places
/// are sites, and the way back gives the same bytes.
#[track_caller]
pub(crate) fn check(rules: &str, files: &str) -> String {
    let manifest = manifest(rules);
    let files = Files::parse(files);
    let mut out = listed(&files, rules, false);
    let plan = match files.plan(&manifest, Direction::Stamp) {
        Ok(plan) => plan,
        Err(refused) => {
            let titles = refused.diagnostics.iter().map(|d| d.title.as_str());
            let _ = writeln!(out, "REFUSED {}", titles.collect::<Vec<_>>().join("; "));
            return out;
        }
    };
    out.push_str(&changes(&files, &plan.patch));
    for notice in &plan.notices {
        out.push_str(&files.show(notice));
    }
    let stamped = files.apply(&plan.patch);
    let back = stamped
        .plan(&manifest, Direction::Unstamp)
        .expect("what was stamped");
    assert_eq!(stamped.apply(&back.patch), files);
    assert!(!listed(&stamped, rules, true).contains(" stray"));
    out
}

/// The sites of `files`, which are in the form of the environment.
fn stamped(rules: &str, files: &str) -> String {
    listed(&Files::parse(files), rules, true)
}

fn listed(files: &Files, rules: &str, stamped: bool) -> String {
    let manifest = manifest(rules);
    let environment = stamped.then(|| dev1(&manifest));
    let mut out = String::new();
    for site in sites(&files.tree(&manifest), Some(&manifest), environment) {
        let span = (site.place == SitePlace::Text).then_some(site.span);
        let place = files.place(&site.file, span);
        let _ = writeln!(out, "{place} {} {:?} {}", site.kind, site.name, site.status);
    }
    out
}

fn changes(files: &Files, patch: &TreePatch) -> String {
    let mut out = String::new();
    for change in &patch.changes {
        if change.from != change.to {
            let _ = writeln!(out, "{} -> {}", change.from, change.to);
        }
        for edit in change.patch.edits() {
            let old = String::from_utf8_lossy(edit.span.slice(&change.before));
            let new = String::from_utf8_lossy(&edit.text);
            let place = files.place(&change.from, Some(edit.span));
            let _ = writeln!(out, "{place} {old} -> {new}");
        }
    }
    out
}

#[test]
fn models_are_files() {
    let files = r#"
=== models/orders.model.lkml
=== old/sales.model.lookml
connection: "c"
=== cube.dev.model.lkml
=== R&D-Team.model.lkml
=== link linked.model.lkml
=== module module.model.lkml
=== orders.view.lkml
view: orders {}
=== orders.model.lkml.bak
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    R&D-Team.model.lkml model "R&D-Team" own
    cube.dev.model.lkml model "cube.dev" own
    models/orders.model.lkml model "orders" own
    old/sales.model.lookml model "sales" own
    old/sales.model.lookml:1:14 connection "c" own
    R&D-Team.model.lkml -> R&D-Team_dev1.model.lkml
    cube.dev.model.lkml -> cube.dev_dev1.model.lkml
    models/orders.model.lkml -> models/orders_dev1.model.lkml
    old/sales.model.lookml -> old/sales_dev1.model.lookml
    old/sales.model.lookml:1:14 c -> c_dev1
    "#);
}

#[test]
fn connections() {
    let files = r#"
=== orders.model.lkml
connection: "warehouse"
# connection: "old"
explore: connection {
  connection: "inside"
}
=== one.model.lkml
connection: warehouse
connection: "second"
=== constant.model.lkml
connection: "@{CONNECTION}"
=== base.lkml
connection: "included"
=== manifest.lkml
constant: CONNECTION { value: "warehouse" }
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    base.lkml:1:14 connection "included" own
    constant.model.lkml model "constant" own
    manifest.lkml:1:32 constant:CONNECTION "warehouse" own
    one.model.lkml model "one" own
    one.model.lkml:1:13 connection "warehouse" own
    one.model.lkml:2:14 connection "second" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:14 connection "warehouse" own
    base.lkml:1:14 included -> included_dev1
    constant.model.lkml -> constant_dev1.model.lkml
    one.model.lkml -> one_dev1.model.lkml
    one.model.lkml:1:13 warehouse -> warehouse_dev1
    one.model.lkml:2:14 second -> second_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    orders.model.lkml:1:14 warehouse -> warehouse_dev1
    "#);
    let table =
        "connections = { warehouse = \"redshift\", second = \"second\", \"*\" = \"{name}_x\" }";
    assert_snapshot!(check(table, files), @r#"
    base.lkml:1:14 connection "included" own
    constant.model.lkml model "constant" own
    manifest.lkml:1:32 constant:CONNECTION "warehouse" own
    one.model.lkml model "one" own
    one.model.lkml:1:13 connection "warehouse" own
    one.model.lkml:2:14 connection "second" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:14 connection "warehouse" own
    base.lkml:1:14 included -> included_x
    one.model.lkml:1:13 warehouse -> redshift
    orders.model.lkml:1:14 warehouse -> redshift
    "#);
}

#[test]
fn includes() {
    let files = r#"
=== m/orders.model.lkml
include: "orders.model.lkml"
include: "sales.model"
include: "../top.model.lkml"
include: "/m/sales.model.lookml"
include: "//acme/m/orders.model"
include: "//other/orders.model"
include: "*.model"
include: "/**/*.model.lkml"
include: "/views/orders.view"
include: "unknown.model"
include: [ "orders.model.lkml", # both
  "/explore/orders/x.view.lkml" ]
include: "@{FOLDER}/orders.model"
include: "/dashboards/orders::x.dashboard"
=== m/sales.model.lookml
=== top.model.lkml
=== manifest.lkml
project_name: "acme"
=== explore/orders/x.view.lkml
include: "/m/orders.model"
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    explore/orders/x.view.lkml:1:14 model "orders" own
    m/orders.model.lkml model "orders" own
    m/orders.model.lkml:1:11 model "orders" own
    m/orders.model.lkml:2:11 model "sales" own
    m/orders.model.lkml:3:14 model "top" own
    m/orders.model.lkml:4:14 model "sales" own
    m/orders.model.lkml:5:13 project "acme" own
    m/orders.model.lkml:5:20 model "orders" own
    m/orders.model.lkml:6:13 project "other" foreign
    m/orders.model.lkml:6:19 model "orders" foreign
    m/orders.model.lkml:10:11 model "unknown" foreign
    m/orders.model.lkml:11:13 model "orders" own
    m/orders.model.lkml:13:21 model "orders" own
    m/sales.model.lookml model "sales" own
    manifest.lkml:1:16 project "acme" own
    top.model.lkml model "top" own
    explore/orders/x.view.lkml:1:14 orders -> orders_dev1
    m/orders.model.lkml -> m/orders_dev1.model.lkml
    m/orders.model.lkml:1:11 orders -> orders_dev1
    m/orders.model.lkml:2:11 sales -> sales_dev1
    m/orders.model.lkml:3:14 top -> top_dev1
    m/orders.model.lkml:4:14 sales -> sales_dev1
    m/orders.model.lkml:5:13 acme -> acme_dev1
    m/orders.model.lkml:5:20 orders -> orders_dev1
    m/orders.model.lkml:11:13 orders -> orders_dev1
    m/orders.model.lkml:13:21 orders -> orders_dev1
    m/sales.model.lookml -> m/sales_dev1.model.lookml
    manifest.lkml:1:16 acme -> acme_dev1
    top.model.lkml -> top_dev1.model.lkml
    "#);
}

#[test]
fn names_that_are_parts_of_others() {
    let files = r#"
=== order.model.lkml
=== orders.model.lkml
=== orders_dev1.model.lkml
label: "orders"
explore: orders_dev1 { from: orders view_name: order }
=== x.view.lkml
view: orders { dimension: orders { link: { url: "/explore/orders_dev1/orders /explore/order/x /explore/orders/x" } } }
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    order.model.lkml model "order" own
    orders.model.lkml model "orders" own
    orders_dev1.model.lkml model "orders_dev1" own
    orders_dev1.model.lkml:1:9 label "orders" own
    x.view.lkml:1:59 model "orders_dev1" own
    x.view.lkml:1:87 model "order" own
    x.view.lkml:1:104 model "orders" own
    order.model.lkml -> order_dev1.model.lkml
    orders.model.lkml -> orders_dev1.model.lkml
    orders_dev1.model.lkml -> orders_dev1_dev1.model.lkml
    orders_dev1.model.lkml:1:9 orders -> orders (dev1)
    x.view.lkml:1:59 orders_dev1 -> orders_dev1_dev1
    x.view.lkml:1:87 order -> order_dev1
    x.view.lkml:1:104 orders -> orders_dev1
    Warning looks-stamped: a name looks as if it were of `dev1` already
      orders_dev1.model.lkml
      help: if these are canonical names, all is well; if not, somebody stamped a part of this folder, or wrote them by hand
    "#);
    let swap = "models = { order = \"orders\", orders = \"order\" }";
    assert_snapshot!(check(swap, files), @r#"
    order.model.lkml model "order" own
    orders.model.lkml model "orders" own
    orders_dev1.model.lkml model "orders_dev1" own
    orders_dev1.model.lkml:1:9 label "orders" own
    x.view.lkml:1:59 model "orders_dev1" own
    x.view.lkml:1:87 model "order" own
    x.view.lkml:1:104 model "orders" own
    order.model.lkml -> orders.model.lkml
    orders.model.lkml -> order.model.lkml
    x.view.lkml:1:87 order -> orders
    x.view.lkml:1:104 orders -> order
    "#);
}

#[test]
fn stamped_form() {
    let files = r#"
=== orders_dev1.model.lkml
connection: "warehouse"
label: "Sales"
=== sales.model.lkml
connection: "lake_dev1"
include: "orders.model"
include: "orders_dev1.model"
include: "//acme/orders_dev1.model"
include: "//acme_dev1/orders_dev1.model"
include: "//other/orders_dev1.model"
=== manifest.lkml
project_name: "acme_dev1"
=== x.view.lkml
view: x { dimension: y { html: /explore/orders/a /explore/orders_dev1/a /explore/other_dev1/a /explore/sales/a ;; } }
"#;
    assert_snapshot!(stamped(SUFFIX, files), @r#"
    manifest.lkml:1:16 project "acme_dev1" own
    orders_dev1.model.lkml model "orders_dev1" own
    orders_dev1.model.lkml:1:14 connection "warehouse" stray
    orders_dev1.model.lkml:2:9 label "Sales" stray
    sales.model.lkml model "sales" stray
    sales.model.lkml:1:14 connection "lake_dev1" own
    sales.model.lkml:2:11 model "orders" stray
    sales.model.lkml:3:11 model "orders_dev1" own
    sales.model.lkml:4:13 project "acme" stray
    sales.model.lkml:4:18 model "orders_dev1" foreign
    sales.model.lkml:5:13 project "acme_dev1" own
    sales.model.lkml:5:23 model "orders_dev1" own
    sales.model.lkml:6:13 project "other" foreign
    sales.model.lkml:6:19 model "orders_dev1" foreign
    x.view.lkml:1:41 model "orders" stray
    x.view.lkml:1:59 model "orders_dev1" own
    x.view.lkml:1:82 model "other_dev1" foreign
    x.view.lkml:1:104 model "sales" foreign
    "#);
    assert_snapshot!(stamped(SUFFIX, "=== manifest.lkml\nproject_name: \"acme\"\n"), @r#"manifest.lkml:1:16 project "acme" stray"#);
}

#[test]
fn project_manifest() {
    let files = r#"
=== manifest.lkml
project_name: "acme"
local_dependency: {
  project: "acme"
  override_constant: SCHEMA { value: "a" }
}
local_dependency: { project: "hub" }
local_dependency: { project: "@{HUB}" }
remote_dependency: hub {
  url: "git@github.com:acme/hub.git"
  ref: "master"
  override_constant: OTHER { value: "b" }
}
constant: SCHEMA { value: "a" export: override_optional }
constant: SQL {
  value: "select 1
    from t"
}
constant: LOCALE { value: "en" }
application: kiosk { label: "Kiosk" url: "https://localhost:8080/bundle.js" }
visualization: { id: "acme" label: "acme" file: "acme.js" }
=== a.view.lkml
include: "//acme/x.view"
include: "//hub/views/*.view"
=== sub/manifest.lkml
project_name: "acme"
constant: SCHEMA { value: "a" }
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    a.view.lkml:1:13 project "acme" own
    a.view.lkml:2:13 project "hub" foreign
    manifest.lkml:1:16 project "acme" own
    manifest.lkml:3:13 project "acme" own
    manifest.lkml:4:39 constant:SCHEMA "a" own
    manifest.lkml:6:31 project "hub" foreign
    manifest.lkml:8:20 project "hub" foreign
    manifest.lkml:9:9 url "git@github.com:acme/hub.git" own
    manifest.lkml:10:9 ref "master" own
    manifest.lkml:11:38 constant:OTHER "b" own
    manifest.lkml:13:28 constant:SCHEMA "a" own
    manifest.lkml:15:11 constant:SQL "select 1\n    from t" own
    manifest.lkml:18:28 constant:LOCALE "en" own
    manifest.lkml:19:43 url "https://localhost:8080/bundle.js" own
    a.view.lkml:1:13 acme -> acme_dev1
    manifest.lkml:1:16 acme -> acme_dev1
    manifest.lkml:3:13 acme -> acme_dev1
    "#);
    let rules = r#"projects = { acme = "acme-two", hub = "hub-two" }
refs = { master = "dev1" }
urls = { "https://localhost:8080/bundle.js" = "https://localhost:9090/bundle.js" }
constants = { SCHEMA = "dev", SQL = "{name} limit 1", OTHER = { b = "c", "*" = "{name}" } }
[canonical.constants]
SCHEMA = "a"
"#;
    assert_snapshot!(check(rules, files), @r#"
    a.view.lkml:1:13 project "acme" own
    a.view.lkml:2:13 project "hub" foreign
    manifest.lkml:1:16 project "acme" own
    manifest.lkml:3:13 project "acme" own
    manifest.lkml:4:39 constant:SCHEMA "a" own
    manifest.lkml:6:31 project "hub" foreign
    manifest.lkml:8:20 project "hub" foreign
    manifest.lkml:9:9 url "git@github.com:acme/hub.git" own
    manifest.lkml:10:9 ref "master" own
    manifest.lkml:11:38 constant:OTHER "b" own
    manifest.lkml:13:28 constant:SCHEMA "a" own
    manifest.lkml:15:11 constant:SQL "select 1\n    from t" own
    manifest.lkml:18:28 constant:LOCALE "en" own
    manifest.lkml:19:43 url "https://localhost:8080/bundle.js" own
    a.view.lkml:1:13 acme -> acme-two
    manifest.lkml:1:16 acme -> acme-two
    manifest.lkml:3:13 acme -> acme-two
    manifest.lkml:4:39 a -> dev
    manifest.lkml:10:9 master -> dev1
    manifest.lkml:11:38 b -> c
    manifest.lkml:13:28 a -> dev
    manifest.lkml:15:11 select 1
        from t -> select 1
        from t limit 1
    manifest.lkml:19:43 https://localhost:8080/bundle.js -> https://localhost:9090/bundle.js
    "#);
}

#[test]
fn hub_and_spoke() {
    let files = r#"
=== spoke.model.lkml
include: "//hub/hub.model"
include: "//hub/other.model"
include: "//third/hub.model"
include: "hub.model"
=== manifest.lkml
project_name: "spoke"
local_dependency: { project: "hub" }
local_dependency: { project: "third" }
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: hub
  - model: other
  - {type: text, body_text: "/explore/hub/x /extensions/hub::y"}
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    a.dashboard.lookml:3:12 model "hub" foreign
    a.dashboard.lookml:4:12 model "other" foreign
    a.dashboard.lookml:5:39 model "hub" foreign
    a.dashboard.lookml:5:57 project "hub" foreign
    manifest.lkml:1:16 project "spoke" own
    manifest.lkml:2:31 project "hub" foreign
    manifest.lkml:3:31 project "third" foreign
    spoke.model.lkml model "spoke" own
    spoke.model.lkml:1:13 project "hub" foreign
    spoke.model.lkml:1:17 model "hub" foreign
    spoke.model.lkml:2:13 project "hub" foreign
    spoke.model.lkml:2:17 model "other" foreign
    spoke.model.lkml:3:13 project "third" foreign
    spoke.model.lkml:3:19 model "hub" foreign
    spoke.model.lkml:4:11 model "hub" foreign
    manifest.lkml:1:16 spoke -> spoke_dev1
    spoke.model.lkml -> spoke_dev1.model.lkml
    "#);
    let uses = format!("{SUFFIX}\n[uses.hub]\nmodels = [\"hub\"]");
    assert_snapshot!(check(&uses, files), @r#"
    a.dashboard.lookml:3:12 model "hub" own
    a.dashboard.lookml:4:12 model "other" foreign
    a.dashboard.lookml:5:39 model "hub" own
    a.dashboard.lookml:5:57 project "hub" own
    manifest.lkml:1:16 project "spoke" own
    manifest.lkml:2:31 project "hub" own
    manifest.lkml:3:31 project "third" foreign
    spoke.model.lkml model "spoke" own
    spoke.model.lkml:1:13 project "hub" own
    spoke.model.lkml:1:17 model "hub" own
    spoke.model.lkml:2:13 project "hub" own
    spoke.model.lkml:2:17 model "other" foreign
    spoke.model.lkml:3:13 project "third" foreign
    spoke.model.lkml:3:19 model "hub" foreign
    spoke.model.lkml:4:11 model "hub" foreign
    a.dashboard.lookml:3:12 hub -> hub_dev1
    a.dashboard.lookml:5:39 hub -> hub_dev1
    a.dashboard.lookml:5:57 hub -> hub_dev1
    manifest.lkml:1:16 spoke -> spoke_dev1
    manifest.lkml:2:31 hub -> hub_dev1
    spoke.model.lkml -> spoke_dev1.model.lkml
    spoke.model.lkml:1:13 hub -> hub_dev1
    spoke.model.lkml:1:17 hub -> hub_dev1
    spoke.model.lkml:2:13 hub -> hub_dev1
    "#);
}

#[test]
fn labels() {
    let files = r#"
=== orders.model.lkml
label: "Sales"
explore: x { label: "Sales" }
=== empty.model.lkml
label: ""
=== constant.model.lkml
label: "@{LABEL}"
=== x.view.lkml
label: "Sales"
view: x { label: "Sales" }
=== manifest.lkml
constant: LABEL { value: "Sales" }
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    constant.model.lkml model "constant" own
    empty.model.lkml model "empty" own
    manifest.lkml:1:27 constant:LABEL "Sales" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:9 label "Sales" own
    constant.model.lkml -> constant_dev1.model.lkml
    empty.model.lkml -> empty_dev1.model.lkml
    orders.model.lkml -> orders_dev1.model.lkml
    orders.model.lkml:1:9 Sales -> Sales (dev1)
    "#);
}

#[test]
fn of_an_explore_only_model_names_one() {
    let files = r#"
=== orders.model.lkml
explore: orders {
  from: orders
  view_name: orders
  extends: [orders]
  join: orders { from: orders }
  model: orders
  aggregate_table: orders { query: { dimensions: [orders.id] } }
}
explore: +orders { label: "orders" }
test: orders { explore_source: orders { column: id {} } }
datagroup: orders { sql_trigger: select max(id) from orders ;; }
model: orders {}
view: orders { derived_table: { explore_source: orders { column: id {} } sql_table_name: orders.orders ;; } }
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lkml model "orders" own
    orders.model.lkml:6:10 model "orders" own
    orders.model.lkml -> orders_dev1.model.lkml
    orders.model.lkml:6:10 orders -> orders_dev1
    "#);
}

#[test]
fn models_that_two_folders_define() {
    let files = "
=== a/orders.model.lkml
connection: \"c\"
=== b/orders.model.lookml
- connection: c
=== x.view.lkml
view: x { dimension: y { link: { url: \"/explore/orders/x\" } } }
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    a/orders.model.lkml model "orders" own
    a/orders.model.lkml:1:14 connection "c" own
    b/orders.model.lookml model "orders" own
    b/orders.model.lookml:1:15 connection "c" own
    x.view.lkml:1:49 model "orders" own
    a/orders.model.lkml -> a/orders_dev1.model.lkml
    a/orders.model.lkml:1:14 c -> c_dev1
    b/orders.model.lookml -> b/orders_dev1.model.lookml
    b/orders.model.lookml:1:15 c -> c_dev1
    x.view.lkml:1:49 orders -> orders_dev1
    Warning model-twice: model `orders` is defined twice
      b/orders.model.lookml defined here
      a/orders.model.lkml and here
      help: a model's name is its file's, and has to be unique on the whole Looker instance; rename or remove one of the files
    "#);
}

#[test]
fn includes_that_begin_with_the_project() {
    let files = "
=== manifest.lkml
project_name: \"shop\"
=== a.model.lkml
include: \"/shop/views/*.view\"
include: \"/views/x.view\"
include: \"//shop/views/x.view\"
include: \"/lake/x.view\"
=== b.model.lookml
- include: /shop/views/x
=== views/x.view.lkml
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    a.model.lkml model "a" own
    a.model.lkml:1:12 project "shop" own
    a.model.lkml:3:13 project "shop" own
    b.model.lookml model "b" own
    b.model.lookml:1:13 project "shop" own
    manifest.lkml:1:16 project "shop" own
    a.model.lkml -> a_dev1.model.lkml
    a.model.lkml:1:12 shop -> shop_dev1
    a.model.lkml:3:13 shop -> shop_dev1
    b.model.lookml -> b_dev1.model.lookml
    b.model.lookml:1:13 shop -> shop_dev1
    manifest.lkml:1:16 shop -> shop_dev1
    "#);
    let with_a_folder = format!("{files}=== shop/views/y.view.lkml\n");
    assert_snapshot!(check(SUFFIX, &with_a_folder), @r#"
    a.model.lkml model "a" own
    a.model.lkml:3:13 project "shop" own
    b.model.lookml model "b" own
    manifest.lkml:1:16 project "shop" own
    a.model.lkml -> a_dev1.model.lkml
    a.model.lkml:3:13 shop -> shop_dev1
    b.model.lookml -> b_dev1.model.lookml
    manifest.lkml:1:16 shop -> shop_dev1
    "#);
    assert_snapshot!(stamped(SUFFIX, "
=== manifest.lkml
project_name: \"shop_dev1\"
=== a.model.lkml
include: \"/shop/views/x.view\"
include: \"/shop_dev1/views/x.view\"
"), @r#"
    a.model.lkml model "a" stray
    a.model.lkml:1:12 project "shop" stray
    a.model.lkml:2:12 project "shop_dev1" own
    manifest.lkml:1:16 project "shop_dev1" own
    "#);
}
