//! Pages of all that may happen to a project, as a browser shows them.

use storyline_diff::objects::{ObjectKind, Step};
use storyline_diff::{Impact, Kind, Standing};

use crate::browser::looked_at;
use crate::files::{FILE, Files, page};

const BEFORE: &[(&str, &str)] = &[
    (
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {\n  join: users {\n    \
         sql_on: ${orders.user_id} = ${users.id} ;;\n  }\n}\n",
    ),
    (
        "other.model.lkml",
        "connection: \"warehouse\"\nexplore: other {}\n",
    ),
    (
        "views/orders.view.lkml",
        "# Orders.\nview: orders {\n  sql_table_name: shop.orders ;;\n  dimension: id { type: number }\n  \
         dimension: old { hidden: yes }\n\n\n\n\n\n\n\n\n  measure: total {\n    type: sum\n    sql:\n      CASE\n        \
         WHEN ${TABLE}.paid THEN ${TABLE}.total\n      END ;;\n  }\n}\n",
    ),
    (
        "views/users.view.lkml",
        "view: users {\n  dimension: name {}\n}\n",
    ),
    (
        "views/broken.view.lkml",
        "view: b {\n  dimension: a {}\n}\n",
    ),
    (
        "sales.dashboard.lookml",
        "- dashboard: sales\n  title: Sales\n  elements:\n  - name: total\n    type: single_value\n    \
         fields: [orders.total]\n",
    ),
    (
        "models/schema.yml",
        "version: 2\nmodels:\n  - name: orders\n    columns:\n      - name: id\n        tests: [unique]\n",
    ),
    ("notes.txt", "one  \ntwo"),
];

const AFTER: &[(&str, &str)] = &[
    (
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {\n  join: users {\n    \
         sql_on: ${orders.user_id} = ${users.id} ;;\n    relationship: many_to_one\n  }\n}\nexplore: users {}\n",
    ),
    (
        "other.model.lkml",
        "connection: \"warehouse\"\nexplore: other {}\n",
    ),
    (
        "views/orders.view.lkml",
        "# All orders.\nview: orders {\n  sql_table_name: shop.orders_2 ;;\n  dimension: id {\n    \
         primary_key: yes\n    type: number\n  }\n\n\n\n\n\n\n\n\n  measure: total {\n    type: sum\n    sql:\n      CASE\n        \
         WHEN ${TABLE}.paid_at IS NOT NULL THEN ${TABLE}.total\n      END ;;\n  }\n  measure: tax {\n    \
         type: sum\n    sql: ${TABLE}.tax ;;\n    description: \"All taxes that were paid with orders, in the currency of the shop\"\n  }\n}\n",
    ),
    (
        "views/people.view.lkml",
        "view: users {\n  dimension: name {}\n}\n",
    ),
    ("views/broken.view.lkml", "view: b {\n  dimension: a {{\n"),
    (
        "sales.dashboard.lookml",
        "- dashboard: sales\n  title: Sales\n  elements:\n  - name: total\n    type: single_value\n    \
         fields: [orders.total, orders.tax]\n  - name: trend\n    type: looker_line\n",
    ),
    (
        "models/schema.yml",
        "version: 2\nmodels:\n  - name: orders\n    description: All orders.\n    columns:\n      - name: id\n        \
         tests: [unique, not_null]\n",
    ),
    ("notes.txt", "one\ntwo\n"),
];

/// What a story does, with stamps in the raw text.
fn story() -> String {
    let stamped: Vec<_> = AFTER
        .iter()
        .map(|(path, text)| (*path, text.replace("\"warehouse\"", "\"warehouse_dev1\"")))
        .collect();
    let stamped: Vec<_> = stamped
        .iter()
        .map(|(path, text)| (*path, &**text))
        .collect();
    let standing = |name: &str, model: &str| Standing {
        model: model.into(),
        name: name.into(),
        on: vec![Step {
            kind: ObjectKind::View,
            name: "orders".into(),
        }],
    };
    let impact = Impact {
        explores: vec![standing("orders", "shop")],
        dashboards: vec![standing("sales", "")],
        elsewhere: 1,
    };
    let [before, after, raw] = [BEFORE, AFTER, &stamped].map(Files::texts);
    page(&before, &after, &raw, &impact)
}

/// Names and texts that would act in a page that let them.
fn hostile() -> String {
    let script = "<script>alert(1)</script><img src=http://x.invalid/ onerror=alert(1)>";
    let text = format!(
        "view: v {{\n  dimension: d {{ label: \"{script}\" html: {script} ;; }}\n}}\n\
         </td></table></style><link rel=stylesheet href=http://x.invalid/>\n"
    );
    let names = [
        "<img src=x onerror=alert(1)>.view.lkml",
        "\u{202e}\u{1b}[31m.view.lkml",
    ];
    let before = names.map(|name| (name.into(), FILE, text.clone().into_bytes()));
    let after = names.map(|name| {
        let text = text.replace("alert(1)", "\u{202e}alert(2)\u{1b}[0m\u{7}");
        (name.into(), FILE, text.into_bytes())
    });
    let link = (
        b"link".to_vec(),
        Kind::Symlink,
        b"javascript:alert(1)".to_vec(),
    );
    let wide = (b"wide.txt".to_vec(), FILE, "x".repeat(9000).into_bytes());
    let after = Files::new(after.into_iter().chain([link, wide]));
    page(&Files::new(before), &after, &after, &Impact::default())
}

#[test]
fn everybody_finds_their_way() {
    let nothing = Files::default();
    let nothing = page(&nothing, &nothing, &nothing, &Impact::default());
    let pages = [
        ("story.html", story()),
        ("hostile.html", hostile()),
        ("nothing.html", nothing),
    ];
    if let Some(order) = looked_at(&pages).get("story.html") {
        insta::assert_snapshot!(order, @r"
    a To the changes
    summary Explores 1
    summary Dashboards 1
    summary What changes
    a · model shop
    a · explore orders
    a ~ join users
    a + explore users
    a ~ view orders
    a - dimension old
    a ~ dimension id
    a ~ measure total
    a + measure tax
    a > view users
    a · dashboard sales
    a ~ tile total
    a + tile trend
    a ~ model description orders
    a · column id
    a + data test not_null
    a ~ notes.txt
    a ~ views/broken.view.lkml
    input canonical
    summary ~ models/schema.yml +2 -1
    a line 4
    a line 6
    a line 7
    summary ~ notes.txt +2 -2
    summary ~ sales.dashboard.lookml +3 -1
    a line 6
    a line 7
    summary ~ shop.model.lkml +2 -0
    a line 6
    a line 9
    summary ~ views/broken.view.lkml +1 -2
    summary ~ views/orders.view.lkml +12 -5
    a line 3
    a line 5
    a line 5
    a line 20
    a line 23
    summary > views/people.view.lkml moved, was views/users.view.lkml
    ");
    }
}
