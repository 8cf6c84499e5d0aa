//! Sites of the YAML-like LookML of 2013 to 2016.

use insta::assert_snapshot;

use crate::sites::{SUFFIX, check};

#[test]
fn a_model() {
    let files = "
=== orders.model.lookml
# orders
- connection: warehouse
- connection: 'warehouse'   # twice
- label: \"It's ours\"
- scoping: true
- include: \"*.view.lookml\"
- include: sales.model
- include: ['sales.model.lookml', \"users.view\"]

- explore: orders
  model: orders
  label: /dashboards/sales::x
  joins:
  - join: users
    sql_on: ${orders.user_id} = ${users.id}
=== sales.model.lookml
- label: 'It''s theirs'
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:2:15 connection "warehouse" own
    orders.model.lookml:3:16 connection "warehouse" own
    orders.model.lookml:4:11 label "It's ours" own
    orders.model.lookml:7:12 model "sales" own
    orders.model.lookml:8:14 model "sales" own
    orders.model.lookml:11:10 model "orders" own
    orders.model.lookml:12:22 model "sales" own
    sales.model.lookml model "sales" own
    sales.model.lookml:1:11 label "It's theirs" own
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:2:15 warehouse -> warehouse_dev1
    orders.model.lookml:3:16 warehouse -> warehouse_dev1
    orders.model.lookml:4:11 It's ours -> It's ours (dev1)
    orders.model.lookml:7:12 sales -> sales_dev1
    orders.model.lookml:8:14 sales -> sales_dev1
    orders.model.lookml:11:10 orders -> orders_dev1
    orders.model.lookml:12:22 sales -> sales_dev1
    sales.model.lookml -> sales_dev1.model.lookml
    sales.model.lookml:1:11 It''s theirs -> It''s theirs (dev1)
    "#);
}

#[test]
fn a_view() {
    let files = "
=== orders.model.lookml
- connection: warehouse
=== orders.view.lookml
- view: orders
  model: \"orders\"
  sql_table_name: model.orders
  fields:
  # see /explore/orders/x
  - dimension: a
    model: orders
    html: <a href=\"/dashboards/orders::x\">{{ value }}</a>
  - dimension: b
    links:
    - label: orders
      url: 'https://acme.looker.com/explore/orders/x'
    - {label: y, url: /explore/orders/y}
    sql: |
      {% if _model._name == 'orders' %} a
      {% else %} b {% endif %}
  - dimension: c
    html: |
      see /explore/orders/z
=== other.view.lookml
- view: other
  model: other
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:15 connection "warehouse" own
    orders.view.lookml:2:11 model "orders" own
    orders.view.lookml:5:18 model "orders" comment
    orders.view.lookml:8:32 model "orders" own
    orders.view.lookml:13:32 model "orders" own
    orders.view.lookml:15:30 model "orders" own
    orders.view.lookml:19:20 model "orders" own
    other.view.lookml:2:10 model "other" foreign
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:15 warehouse -> warehouse_dev1
    orders.view.lookml:2:11 orders -> orders_dev1
    orders.view.lookml:8:32 orders -> orders_dev1
    orders.view.lookml:13:32 orders -> orders_dev1
    orders.view.lookml:15:30 orders -> orders_dev1
    orders.view.lookml:19:20 orders -> orders_dev1
    Notice name-in-comment: model `orders` stands in a comment, which is never changed
      orders.view.lookml:5:18
    Notice undeclared-host: a link to an own name on `acme.looker.com` stays as it is
      orders.view.lookml:12:45
      help: if it is your Looker, say so: `looker = { url = "https://acme.looker.com" }` in an environment
    "#);
}

#[test]
fn dashboards_beside_views() {
    let files = "
=== orders.model.lookml
- connection: warehouse
- dashboard: orders
  elements:
  - name: a
    model: orders
  - {name: b, model: 'other'}
  filters:
  - model: orders
- view: x
  elements:
  - title: y
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:15 connection "warehouse" own
    orders.model.lookml:5:12 model "orders" own
    orders.model.lookml:6:23 model "other" foreign
    orders.model.lookml:8:12 model "orders" own
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:15 warehouse -> warehouse_dev1
    orders.model.lookml:5:12 orders -> orders_dev1
    orders.model.lookml:8:12 orders -> orders_dev1
    "#);
}

#[test]
fn a_project_manifest() {
    let files = "
=== manifest.lookml
- project_name: 'acme'
=== orders.model.lookml
- include: //acme/orders.model
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    manifest.lookml:1:18 project "acme" own
    orders.model.lookml model "orders" own
    orders.model.lookml:1:14 project "acme" own
    orders.model.lookml:1:19 model "orders" own
    manifest.lookml:1:18 acme -> acme_dev1
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:14 acme -> acme_dev1
    orders.model.lookml:1:19 orders -> orders_dev1
    "#);
}

#[test]
fn aliases_and_texts_over_lines() {
    let files = "
=== orders.model.lookml
- connection: &name warehouse
- connection: *name
=== sales.model.lookml
- connection: |
    warehouse
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:21 connection "warehouse" own
    sales.model.lookml model "sales" own
    sales.model.lookml:2:5 connection "warehouse" own
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:21 warehouse -> warehouse_dev1
    sales.model.lookml -> sales_dev1.model.lookml
    sales.model.lookml:2:5 warehouse -> warehouse_dev1
    "#);
}

#[test]
fn names_that_need_quotes() {
    let files = "
=== orders.model.lookml
- connection: 'warehouse'
- label: \"Orders\"
- explore: a
  model: orders
=== sales.model.lookml
- connection: \"lake\"
- label: 'It''s #1'
";
    let rules = "connections = \"#{name}\"\nlabels = \"{name}: dev's\"\nmodels = \"{name}&x\"";
    assert_snapshot!(check(rules, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:16 connection "warehouse" own
    orders.model.lookml:2:11 label "Orders" own
    orders.model.lookml:4:10 model "orders" own
    sales.model.lookml model "sales" own
    sales.model.lookml:1:16 connection "lake" own
    sales.model.lookml:2:11 label "It's #1" own
    orders.model.lookml -> orders&x.model.lookml
    orders.model.lookml:1:16 warehouse -> #warehouse
    orders.model.lookml:2:11 Orders -> Orders: dev's
    orders.model.lookml:4:10 orders -> orders&x
    sales.model.lookml -> sales&x.model.lookml
    sales.model.lookml:1:16 lake -> #lake
    sales.model.lookml:2:11 It''s #1 -> It''s #1: dev''s
    "#);
}

#[test]
fn quotes_that_would_not_go_away_again() {
    let files = "
=== orders.model.lookml
- connection: warehouse
";
    let rules = "connections = \"#{name}\"";
    assert_snapshot!(check(rules, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:15 connection "warehouse" own
    REFUSED `unstamp` would not give back this file as it is now
    "#);
}

#[test]
fn todays_syntax_in_a_lookml_file() {
    let files = "
=== orders.model.lookml
connection: \"warehouse\"
explore: a { model: orders }
=== a.view.lookml
# - view
view: a { model: \"orders\" label: \"/explore/orders/a\" }
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    a.view.lookml:2:19 model "orders" own
    a.view.lookml:2:44 model "orders" own
    orders.model.lookml model "orders" own
    orders.model.lookml:1:14 connection "warehouse" own
    orders.model.lookml:2:21 model "orders" own
    a.view.lookml:2:19 orders -> orders_dev1
    a.view.lookml:2:44 orders -> orders_dev1
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:14 warehouse -> warehouse_dev1
    orders.model.lookml:2:21 orders -> orders_dev1
    "#);
}

#[test]
fn a_link_in_a_block_that_tabs_indent() {
    let files = "
=== orders.model.lookml
- connection: warehouse
=== orders.view.lookml
- view: orders
\tfields:
\t- dimension: id
\t  html: |
\t    <a href=\"/explore/orders/orders\">
\t\t  {{ value }}</a>
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lookml model "orders" own
    orders.model.lookml:1:15 connection "warehouse" own
    orders.view.lookml:5:24 model "orders" own
    orders.model.lookml -> orders_dev1.model.lookml
    orders.model.lookml:1:15 warehouse -> warehouse_dev1
    orders.view.lookml:5:24 orders -> orders_dev1
    "#);
}
