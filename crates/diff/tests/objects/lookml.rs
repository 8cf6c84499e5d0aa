//! LookML.

use crate::check;

const ORDERS: &str = "view: orders {
  sql_table_name: shop.orders ;;

  dimension: id {
    primary_key: yes
    type: number
    sql: ${TABLE}.id ;;
  }

  dimension: status {
    type: string
    sql: ${TABLE}.status ;;
  }

  measure: count { type: count drill_fields: [id, status] }
}
";

#[test]
fn a_parameter_changes() {
    let after = ORDERS
        .replace("type: string", "type: number")
        .replace("[id, status]", "[id]");
    check!(ORDERS, &after, @r#"
    view orders [0 0]
    ~ dimension status [11 11]
        type: "string" -> "number"
    ~ measure count [15 15]
        drill_fields: "[id, status]" -> "[id]"
    "#);
}

#[test]
fn fields_come_and_go() {
    let after = ORDERS.replace(
        "  dimension: status {\n    type: string\n    sql: ${TABLE}.status ;;\n  }\n\n",
        "",
    );
    check!(ORDERS, &after, @r#"
    view orders [0 0]
    - dimension status [10-14 none]
    "#);
    check!(&after, ORDERS, @r#"
    view orders [0 0]
    + dimension status [none 10-14]
    "#);
}

#[test]
fn a_field_has_another_name() {
    check!(ORDERS, &ORDERS.replace("dimension: status", "dimension: state"), @r#"
    view orders [0 0]
    = dimension state [10 10] was status
    "#);
}

#[test]
fn fields_in_another_order() {
    let (head, rest) = ORDERS.split_once("  dimension: id").expect("it is there");
    let (id, status) = rest.split_once("  dimension: status").expect("it is there");
    let (status, end) = status.split_once("  measure").expect("it is there");
    let after = format!("{head}  dimension: status{status}  dimension: id{id}  measure{end}");
    check!(ORDERS, &after, @r#"
    ^ view orders [10-14 4-8]
        order (no meaning): dimension status
    "#);
}

#[test]
fn comments_and_blank_space() {
    let after = ORDERS.replace("  dimension: id", "  # The key.\n  dimension: id");
    check!(ORDERS, &after, @r#"
    x.view.lkml [0 4]: comments only
    "#);
    check!(ORDERS, &ORDERS.replace("    type", "      type"), @r#"
    x.view.lkml [6 6]: blank space only
    x.view.lkml [11 11]: blank space only
    "#);
    check!(ORDERS, &ORDERS.replace("type: string", "type: \"string\""), @r#"
    x.view.lkml [11 11]: written otherwise, with the same meaning
    "#);
}

#[test]
fn a_view_moves() {
    let before = format!("== a.view.lkml\n{ORDERS}view: b {{}}\n== c.view.lkml\nview: c {{}}\n");
    let after = format!("== a.view.lkml\nview: b {{}}\n== c.view.lkml\nview: c {{}}\n{ORDERS}");
    check!(&before, &after, @r#"
    > view orders [1-16 2-17] a.view.lkml -> c.view.lkml
    "#);
    let moved = format!("== d/orders.view.lkml\n{ORDERS}");
    check!(&format!("== orders.view.lkml\n{ORDERS}"), &moved, @r#"
    > view orders [0 0] orders.view.lkml -> d/orders.view.lkml
    "#);
    let renamed = moved.replace("view: orders", "view: purchases");
    check!(&format!("== orders.view.lkml\n{ORDERS}"), &renamed, @r#"
    = view purchases [1-16 1-16] was orders orders.view.lkml -> d/orders.view.lkml
    "#);
}

#[test]
fn sql_of_several_lines() {
    let before = "view: v {\n  derived_table: {\n    sql:\n      SELECT a,\n        b\n      FROM t\n    ;;\n  }\n}\n";
    check!(before, &before.replace("b\n", "b,\n        c\n"), @r#"
    ~ view v [5 5-6]
        derived_table.sql: "SELECT a,\n  b\nFROM t" -> "SELECT a,\n  b,\n  c\nFROM t" [2 2-3]
    "#);
    check!(before, &before.replace("      ", "        "), @r#"
    x.view.lkml [4-6 4-6]: blank space only
    "#);
}

#[test]
fn both_syntaxes() {
    let legacy = "- view: orders\n  sql_table_name: shop.orders\n  fields:\n  - dimension: id\n    primary_key: yes\n    type: number\n    sql: ${TABLE}.id\n  - dimension: status\n    type: string\n    sql: ${TABLE}.status\n  - measure: count\n    type: count\n    drill_fields: [id, status]\n";
    check!(legacy, ORDERS, @r#"
    x.view.lkml: Syntax
    x.view.lkml [1-4 1-4]: the other syntax of LookML
    x.view.lkml [7-8 7-10]: the other syntax of LookML
    x.view.lkml [10-13 12-16]: the other syntax of LookML
    "#);
}

#[test]
fn refinements() {
    let before = "include: \"a\"\ninclude: \"b\"\nview: +x {\n  label: \"1\"\n}\nview: +x {\n  label: \"2\"\n}\nview: +y {\n  label: \"3\"\n}\n";
    let after = "include: \"b\"\ninclude: \"a\"\nview: +x {\n  label: \"2\"\n}\nview: +x {\n  label: \"1\"\n}\nview: +y {\n  label: \"3\"\n}\n";
    check!(before, after, @r#"
    ~ file x.view.lkml [1,3-5 2,6-8]
        order (matters): include a, view refinement +x
    "#);
}

#[test]
fn a_model() {
    let before = "== shop.model.lkml\nconnection: \"c\"\ninclude: \"*.view\"\nexplore: orders {\n  join: users {\n    sql_on: ${orders.user_id} = ${users.id} ;;\n    relationship: many_to_one\n  }\n}\nexplore: old {}\n";
    let after = "== shop.model.lkml\nconnection: \"d\"\ninclude: \"*.view\"\ninclude: \"*.explore\"\nexplore: orders {\n  join: users {\n    sql_on: ${orders.user_id} = ${users.id} ;;\n    relationship: one_to_one\n  }\n  always_filter: { filters: [orders.status: \"done\"] }\n}\n";
    check!(before, after, @r#"
    ~ model shop [1 1]
        connection: "c" -> "d"
      + include *.explore [none 3]
      ~ explore orders [0 9]
          always_filter: none -> "{ filters: [orders.status: \"done\"] }"
        ~ join users [6 7]
            relationship: "many_to_one" -> "one_to_one"
      - explore old [9 none]
    "#);
}

#[test]
fn what_does_not_parse() {
    check!(ORDERS, &ORDERS.replace("number\n", "number }}\n"), @r#"
    x.view.lkml [6 6]: does not parse
    "#);
    check!("== README.md\na\n", "== README.md\nb\n", @r#"
    README.md [1 1]: not an object
    "#);
}
