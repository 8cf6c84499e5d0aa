//! `storyline diff --objects`: what a person reads, at the widths of terminals.
#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;

use common::{Place, Run};

const BEFORE: &[(&str, &str)] = &[
    (
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {\n  join: users {\n    \
         sql_on: ${orders.user_id} = ${users.id} ;;\n  }\n}\n",
    ),
    (
        "views/orders.view.lkml",
        "# Orders.\nview: orders {\n  sql_table_name: shop.orders ;;\n  dimension: id { type: number }\n  \
         dimension: old { hidden: yes }\n  measure: total {\n    type: sum\n    sql:\n      CASE\n        \
         WHEN ${TABLE}.paid THEN ${TABLE}.total\n      END ;;\n  }\n}\n",
    ),
    (
        "views/users.view.lkml",
        "view: users {\n  dimension: name {}\n}\n",
    ),
    (
        "sales.dashboard.lookml",
        "- dashboard: sales\n  title: Sales\n  elements:\n  - name: total\n    type: single_value\n    \
         fields: [orders.total]\n",
    ),
    ("notes.txt", "one\n"),
];

const AFTER: &[(&str, &str)] = &[
    (
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {\n  join: users {\n    \
         sql_on: ${orders.user_id} = ${users.id} ;;\n    relationship: many_to_one\n  }\n}\nexplore: users {}\n",
    ),
    (
        "views/orders.view.lkml",
        "# All orders.\nview: orders {\n  sql_table_name: shop.orders_2 ;;\n  dimension: id {\n    \
         primary_key: yes\n    type: number\n  }\n  measure: total {\n    type: sum\n    sql:\n      CASE\n        \
         WHEN ${TABLE}.paid_at IS NOT NULL THEN ${TABLE}.total\n      END ;;\n  }\n  measure: tax {\n    \
         type: sum\n    sql: ${TABLE}.tax ;;\n    description: \"All taxes that were paid with orders, in the currency of the shop\"\n  }\n}\n",
    ),
    (
        "views/people.view.lkml",
        "view: users {\n  dimension: name {}\n}\n",
    ),
    (
        "sales.dashboard.lookml",
        "- dashboard: sales\n  title: Sales\n  elements:\n  - name: total\n    type: single_value\n    \
         fields: [orders.total, orders.tax]\n  - name: trend\n    type: looker_line\n",
    ),
    ("notes.txt", "two\n"),
];

fn place(before: &[(&str, &str)], after: &[(&str, &str)]) -> Place {
    let place = Place::of(before);
    for (path, text) in after {
        let path = place.top.join("after").join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    place
}

fn told(place: &Place, columns: &str, args: &[&str]) -> Run {
    let args = [&["diff", ".", "../after", "--objects"], args].concat();
    place.run_with(&[("COLUMNS", OsStr::new(columns))], "", &args)
}

#[test]
fn what_a_person_reads() {
    let place = place(BEFORE, AFTER);
    insta::assert_snapshot!(told(&place, "80", &[]), @r#"
    $ storyline diff . ../after --objects
    --- stdout
    notes.txt
      text, line 1 (not an object):
        - one
        + two
    sales.dashboard.lookml
        dashboard sales
        ~ tile total
          ~ fields: [orders.total] -> [orders.total, orders.tax]
        + tile trend
          + - name: trend
          +   type: looker_line
    shop.model.lkml
        model shop
          explore orders
          ~ join users
            + relationship: many_to_one
        + explore users
          + explore: users {}
    views/orders.view.lkml
      ~ view orders
        ~ sql_table_name: shop.orders -> shop.orders_2
        - dimension old
          - dimension: old { hidden: yes }
        ~ dimension id
          + primary_key: yes
        ~ measure total
          ~ sql:
              CASE
            -   WHEN ${TABLE}.paid THEN ${TABLE}.total
            +   WHEN ${TABLE}.paid_at IS NOT NULL THEN ${TABLE}.total
              END
        + measure tax
          + measure: tax {
          +   type: sum
          +   sql: ${TABLE}.tax ;;
          +   description: "All taxes that were paid with orders, in the currency
              of the shop"
          + }
      text, line 1 (comments only):
        - # Orders.
        + # All orders.
    views/people.view.lkml (was views/users.view.lkml)
      > view users
    --- exit code 0
    "#);
    let wide = told(&place, "120", &[]);
    let narrow = told(&place, "80", &[]);
    let lines = |run: &Run| run.stdout().lines().map(|line| line.chars().count()).max();
    assert!(
        lines(&narrow) <= Some(80) && lines(&wide) <= Some(120),
        "{wide}"
    );
    assert!(lines(&wide) > Some(80), "{wide}");
    insta::assert_snapshot!(told(&place, "80", &["--stat"]), @r#"
    $ storyline diff . ../after --objects --stat
    --- stdout
     explores             | 1 added
     joins                | 1 changed
     views                | 1 changed, 1 moved
     dimensions           | 1 removed, 1 changed
     measures             | 1 added, 1 changed
     tiles                | 1 added, 1 changed
    2 changes are none of an object
    --- exit code 0
    "#);
    insta::assert_snapshot!(told(&place, "80", &["--", "sales.dashboard.lookml"]), @r#"
    $ storyline diff . ../after --objects -- sales.dashboard.lookml
    --- stdout
    sales.dashboard.lookml
        dashboard sales
        ~ tile total
          ~ fields: [orders.total] -> [orders.total, orders.tax]
        + tile trend
          + - name: trend
          +   type: looker_line
    --- exit code 0
    "#);
    let same = place.run(&["diff", ".", ".", "--objects", "--exit-code"]);
    assert_eq!((same.stdout(), same.code()), ("", Some(0)));
    assert_eq!(told(&place, "80", &["--exit-code"]).code(), Some(1));
}

/// What a file says cannot act on a terminal, nor pass for something else.
#[test]
fn names_that_act() {
    let after = [(
        "x\u{1b}[2J.view.lkml",
        "view: \u{1b}[31mx {\n  dimension: a\u{202e}b { label: \"\u{9b}5m\" }\n}\n",
    )];
    let place = place(&[], &after);
    insta::assert_snapshot!(told(&place, "80", &[]), @r#"
    $ storyline diff . ../after --objects
    --- stdout
    x\u{1b}[2J.view.lkml (new file)
      + view \u{1b}[31mx (1 dimension)
        + view: \u{1b}[31mx {
        +   dimension: a\u{202e}b { label: "\u{9b}5m" }
        + }
    --- exit code 0
    "#);
}

#[test]
fn what_does_not_parse_is_text() {
    let before = [("v.view.lkml", "view: v {\n  dimension: a {}\n}\n")];
    let after = [("v.view.lkml", "view: v {\n  dimension: a {}\n")];
    let place = place(&before, &after);
    insta::assert_snapshot!(told(&place, "80", &[]), @r#"
    $ storyline diff . ../after --objects
    --- stdout
    v.view.lkml
      text, line 3 (does not parse):
        - }
    --- exit code 0
    "#);
}
