//! Sites in dashboards, in URLs and in Liquid, and what becomes of them.

use insta::assert_snapshot;

use crate::sites::{SUFFIX, check};

#[test]
fn dashboards() {
    let files = "
=== orders.model.lkml
=== order.model.lkml
=== sales.dashboard.lookml
- dashboard: orders
  model: orders
  title: orders
  elements:
  - name: a
    model: orders # orders
    explore: orders
    distribution_model: orders
    type: table
  - {model: 'order', explore: order, listen: {model: orders}}
  - merged_queries:
    - model: \"orders\"
    - model: system__activity
  - model: \"@{MODEL}\"
  - model: |
      orders
  - model: other
  filters:
  - name: f
    model: orders
    listens_to_filters: []
- dashboard: second
  elements: [{model: orders}]
=== single.dashboard.lookml
dashboard: one
elements:
- model: order
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    order.model.lkml model "order" own
    orders.model.lkml model "orders" own
    sales.dashboard.lookml:6:12 model "orders" own
    sales.dashboard.lookml:10:14 model "order" own
    sales.dashboard.lookml:12:15 model "orders" own
    sales.dashboard.lookml:13:14 model "system__activity" foreign
    sales.dashboard.lookml:16:1 model "orders\n" foreign
    sales.dashboard.lookml:17:12 model "other" foreign
    sales.dashboard.lookml:20:12 model "orders" own
    sales.dashboard.lookml:23:22 model "orders" own
    single.dashboard.lookml:3:10 model "order" own
    order.model.lkml -> order_dev1.model.lkml
    orders.model.lkml -> orders_dev1.model.lkml
    sales.dashboard.lookml:6:12 orders -> orders_dev1
    sales.dashboard.lookml:10:14 order -> order_dev1
    sales.dashboard.lookml:12:15 orders -> orders_dev1
    sales.dashboard.lookml:20:12 orders -> orders_dev1
    sales.dashboard.lookml:23:22 orders -> orders_dev1
    single.dashboard.lookml:3:10 order -> order_dev1
    "#);
    let files = "
=== orders.model.lkml
=== aliases.dashboard.lookml
- dashboard: a
  extends: &elements
  - model: orders
    merged_queries: &queries
    - {model: &name orders}
  elements: *elements
  filters:
  - &filter
    model: *name
    listen: {model: orders}
  - <<: *filter
- dashboard: b
  common: &element {model: orders, other: {model: orders}}
  elements:
  - *element
  - merged_queries: *queries
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    aliases.dashboard.lookml:3:12 model "orders" own
    aliases.dashboard.lookml:5:21 model "orders" own
    aliases.dashboard.lookml:13:28 model "orders" own
    orders.model.lkml model "orders" own
    aliases.dashboard.lookml:3:12 orders -> orders_dev1
    aliases.dashboard.lookml:5:21 orders -> orders_dev1
    aliases.dashboard.lookml:13:28 orders -> orders_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    "#);
}

#[test]
fn dashboards_with_tabs_and_line_ends_of_windows() {
    let files = "
=== orders.model.lkml
=== a.dashboard.lookml
- dashboard: a\r
  elements:\r
  - model: orders\r
    url: \"/explore/orders/x\"\r
=== b.dashboard.lookml
- dashboard: a
  elements:
  -\tmodel: orders
\t\ttitle: x
";
    assert_snapshot!(check(SUFFIX, files), @r#"
    a.dashboard.lookml:3:12 model "orders" own
    a.dashboard.lookml:4:20 model "orders" own
    b.dashboard.lookml:3:12 model "orders" own
    orders.model.lkml model "orders" own
    a.dashboard.lookml:3:12 orders -> orders_dev1
    a.dashboard.lookml:4:20 orders -> orders_dev1
    b.dashboard.lookml:3:12 orders -> orders_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    "#);
}

#[test]
fn urls() {
    let files = r#"
=== R&D.model.lkml
=== orders.model.lkml
# /explore/orders/x and /dashboards/orders::x
=== manifest.lkml
project_name: "acme"
application: kiosk { url: "https://localhost:8080/bundle.js" file: "explore/orders/bundle.js" }
application: shop { url: "/extensions/acme::shop" }
=== x.view.lkml
view: x {
  dimension: a { link: { url: "/dashboards/orders::main?x={{ value }}" label: "dashboards/orders::main" } }
  dimension: b { html: <a href="/embed/dashboards-next/orders::x">/embed/explore/orders/y?a=b</a> /looks/12 /dashboards/12 ;; }
  dimension: c { html: https://acme.looker.com/explore/orders/y https://other.looker.com/explore/orders/y ;; }
  dimension: d { html: @{host}/explore/orders/y {{ host }}/explore/orders/y //acme.looker.com/explore/orders/y ;; }
  dimension: e { html: /explore/R&D/x /explore/R%26D/x /explore/R&amp;D/x /dashboards/R%26D%3A%3Ax ;; }
  dimension: f { html: /explore/other/x /explore/{{ _model._name }}/x my_explore/orders/x ;; }
  dimension: g { link: { url: "/extensions/acme::shop /applications/acme::shop /extensions/other::shop" } }
  dimension: h { map_layer_name: m }
}
map_layer: m { file: "/explore/orders/m.topojson" url: "/explore/orders/m" }
=== text.dashboard.lookml
- dashboard: a
  elements:
  - type: text
    body_text: |
      [a](/dashboards/orders::x) https://acme.looker.com/dashboards/orders::x
      https://other.com/login?next=https://acme.looker.com/explore/orders/x
    note: {text: 'it''s /explore/orders/x, [b](/explore/R&amp;D/x)'}
"#;
    let rules = format!("{SUFFIX}\nlooker = {{ url = \"https://Acme.looker.com:9999\" }}");
    assert_snapshot!(check(&rules, files), @r#"
    R&D.model.lkml model "R&D" own
    manifest.lkml:1:16 project "acme" own
    manifest.lkml:2:28 url "https://localhost:8080/bundle.js" own
    manifest.lkml:3:27 url "/extensions/acme::shop" own
    manifest.lkml:3:39 project "acme" own
    orders.model.lkml model "orders" own
    orders.model.lkml:1:12 model "orders" comment
    orders.model.lkml:1:37 model "orders" comment
    text.dashboard.lookml:5:23 model "orders" own
    text.dashboard.lookml:5:69 model "orders" own
    text.dashboard.lookml:6:68 model "orders" own
    text.dashboard.lookml:7:34 model "orders" own
    text.dashboard.lookml:7:57 model "R&D" own
    x.view.lkml:2:44 model "orders" own
    x.view.lkml:2:91 model "orders" own
    x.view.lkml:3:56 model "orders" own
    x.view.lkml:3:82 model "orders" own
    x.view.lkml:4:56 model "orders" own
    x.view.lkml:5:40 model "orders" own
    x.view.lkml:5:68 model "orders" own
    x.view.lkml:5:103 model "orders" own
    x.view.lkml:6:33 model "R&D" own
    x.view.lkml:6:48 model "R&D" own
    x.view.lkml:6:65 model "R&D" own
    x.view.lkml:6:87 model "R&D" own
    x.view.lkml:7:33 model "other" foreign
    x.view.lkml:8:44 project "acme" own
    x.view.lkml:8:69 project "acme" own
    x.view.lkml:8:92 project "other" foreign
    x.view.lkml:11:66 model "orders" own
    R&D.model.lkml -> R&D_dev1.model.lkml
    manifest.lkml:1:16 acme -> acme_dev1
    manifest.lkml:3:39 acme -> acme_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    text.dashboard.lookml:5:23 orders -> orders_dev1
    text.dashboard.lookml:5:69 orders -> orders_dev1
    text.dashboard.lookml:6:68 orders -> orders_dev1
    text.dashboard.lookml:7:34 orders -> orders_dev1
    text.dashboard.lookml:7:57 R&amp;D -> R&amp;D_dev1
    x.view.lkml:2:44 orders -> orders_dev1
    x.view.lkml:2:91 orders -> orders_dev1
    x.view.lkml:3:56 orders -> orders_dev1
    x.view.lkml:3:82 orders -> orders_dev1
    x.view.lkml:4:56 orders -> orders_dev1
    x.view.lkml:5:40 orders -> orders_dev1
    x.view.lkml:5:68 orders -> orders_dev1
    x.view.lkml:5:103 orders -> orders_dev1
    x.view.lkml:6:33 R&D -> R&D_dev1
    x.view.lkml:6:48 R%26D -> R%26D_dev1
    x.view.lkml:6:65 R&amp;D -> R&amp;D_dev1
    x.view.lkml:6:87 R%26D -> R%26D_dev1
    x.view.lkml:8:44 acme -> acme_dev1
    x.view.lkml:8:69 acme -> acme_dev1
    x.view.lkml:11:66 orders -> orders_dev1
    Notice name-in-comment: model `orders` stands in a comment, which is never changed
      orders.model.lkml:1:12
    Notice name-in-comment: model `orders` stands in a comment, which is never changed
      orders.model.lkml:1:37
    Notice undeclared-host: a link to an own name on `other.looker.com` stays as it is
      x.view.lkml:4:98
      help: if it is your Looker, say so: `looker = { url = "https://other.looker.com" }` in an environment
    "#);
}

#[test]
fn urls_are_encoded_where_a_name_needs_it() {
    let files = "
=== sales.model.lkml
=== a.view.lkml
view: a { dimension: x { html: /explore/sales/x https://a.b/explore/sales/x ;; } }
";
    let rules = "models = { sales = \"all sales\" }\nlooker = { url = \"https://a.b\" }";
    assert_snapshot!(check(rules, files), @r#"
    a.view.lkml:1:41 model "sales" own
    a.view.lkml:1:69 model "sales" own
    sales.model.lkml model "sales" own
    a.view.lkml:1:41 sales -> all%20sales
    a.view.lkml:1:69 sales -> all%20sales
    sales.model.lkml -> all sales.model.lkml
    "#);
}

#[test]
fn liquid() {
    let files = r#"
=== orders.model.lkml
=== sales.model.lkml
=== x.view.lkml
view: x {
  label: "{% if _model._name == 'orders' %}a{% elsif _model._name != \"sales\" %}b{% endif %}"
  dimension: b {
    sql: {% if 'orders' == _model._name or _model._name == "other" %} orders {% endif %}
      {% case _model._name %}{% when 'orders', 'sales' %}x{% endcase %} ;;
    # _model._name == 'orders'
  }
}
=== x.dashboard.lookml
- dashboard: x
  title: '{% if _model._name == ''orders'' %}'
  note: "{% if _model._name == \"orders\" %}{% if _model._name == 'sales' %}"
  elements: []
"#;
    assert_snapshot!(check(SUFFIX, files), @r#"
    orders.model.lkml model "orders" own
    sales.model.lkml model "sales" own
    x.dashboard.lookml:2:35 model "orders" own
    x.dashboard.lookml:3:34 model "orders" own
    x.dashboard.lookml:3:68 model "sales" own
    x.view.lkml:2:34 model "orders" own
    x.view.lkml:2:72 model "sales" own
    x.view.lkml:4:17 model "orders" own
    x.view.lkml:4:61 model "other" foreign
    x.view.lkml:5:39 model "orders" own
    x.view.lkml:5:49 model "sales" own
    x.view.lkml:6:24 model "orders" comment
    orders.model.lkml -> orders_dev1.model.lkml
    sales.model.lkml -> sales_dev1.model.lkml
    x.dashboard.lookml:2:35 orders -> orders_dev1
    x.dashboard.lookml:3:34 orders -> orders_dev1
    x.dashboard.lookml:3:68 sales -> sales_dev1
    x.view.lkml:2:34 orders -> orders_dev1
    x.view.lkml:2:72 sales -> sales_dev1
    x.view.lkml:4:17 orders -> orders_dev1
    x.view.lkml:5:39 orders -> orders_dev1
    x.view.lkml:5:49 sales -> sales_dev1
    Notice name-in-comment: model `orders` stands in a comment, which is never changed
      x.view.lkml:6:24
    "#);
}

#[test]
fn slugs_of_dashboards() {
    let tree = "
=== orders.model.lkml
=== a.dashboard.lookml
- dashboard: a
  preferred_slug: AbC9
  elements:
  - {model: orders, preferred_slug: x}
- dashboard: b
  preferred_slug: 'd-e'
=== b.dashboard.lookml
dashboard: c
preferred_slug: &s f_g
";
    let models = "models = \"{name}_dev1\"";
    let pattern = format!("{models}\nslugs = \"{{name}}-{{env}}\"");
    assert_snapshot!(check(&pattern, tree), @r#"
    a.dashboard.lookml:2:19 slug "AbC9" own
    a.dashboard.lookml:4:13 model "orders" own
    a.dashboard.lookml:6:20 slug "d-e" own
    b.dashboard.lookml:2:20 slug "f_g" own
    orders.model.lkml model "orders" own
    a.dashboard.lookml:2:19 AbC9 -> AbC9-dev1
    a.dashboard.lookml:4:13 orders -> orders_dev1
    a.dashboard.lookml:6:20 d-e -> d-e-dev1
    b.dashboard.lookml:2:20 f_g -> f_g-dev1
    orders.model.lkml -> orders_dev1.model.lkml
    "#);
    let table = format!("{models}\nslugs = {{ AbC9 = \"x\" }}");
    assert_snapshot!(check(&table, tree), @r#"
    a.dashboard.lookml:2:19 slug "AbC9" own
    a.dashboard.lookml:4:13 model "orders" own
    a.dashboard.lookml:6:20 slug "d-e" own
    b.dashboard.lookml:2:20 slug "f_g" own
    orders.model.lkml model "orders" own
    a.dashboard.lookml:2:19 AbC9 -> x
    a.dashboard.lookml:4:13 orders -> orders_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    "#);
    assert_snapshot!(check(models, tree), @r#"
    a.dashboard.lookml:2:19 slug "AbC9" own
    a.dashboard.lookml:4:13 model "orders" own
    a.dashboard.lookml:6:20 slug "d-e" own
    b.dashboard.lookml:2:20 slug "f_g" own
    orders.model.lkml model "orders" own
    a.dashboard.lookml:4:13 orders -> orders_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    Notice slug-shared: 3 dashboards have slugs, which stay as they are
      a.dashboard.lookml:2:19
      help: two copies on one Looker instance overwrite each other's dashboards of one slug
      help: to give `dev1` slugs of its own, add `slugs = "{name}-{env:kebab}"` to it; if it stands on an instance of its own, add `slugs = "{name}"`
    "#);
    assert_snapshot!(check(&format!("{models}\nslugs = \"{{name}}\""), tree), @r#"
    a.dashboard.lookml:2:19 slug "AbC9" own
    a.dashboard.lookml:4:13 model "orders" own
    a.dashboard.lookml:6:20 slug "d-e" own
    b.dashboard.lookml:2:20 slug "f_g" own
    orders.model.lkml model "orders" own
    a.dashboard.lookml:4:13 orders -> orders_dev1
    orders.model.lkml -> orders_dev1.model.lkml
    "#);
}
