//! The demo shows real commands: typed again where it says, each prints what the demo showed.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::Command;

use common::{Place, listing, storyline};

#[test]
fn the_demo_can_be_typed_again() {
    let place = Place::new();
    let told = place.run(&["demo", "../company"]);
    insta::assert_snapshot!(told, @r#"
    $ storyline demo ../company
    --- stdout
    A company with a hub project and a shop that imports it, in ../company

    dev1
      $ storyline -C canonical/hub stamp dev1 --into dev1/hub
      stamped dev1 into dev1/hub: 4 names in 2 files, 1 renamed, 2 unchanged
        hub_metrics_dev1.model.lkml
        - connection: "warehouse"
        - label: "Company metrics"
        + connection: "warehouse_dev1"
        + label: "Company metrics (dev1)"
        manifest.lkml
        - project_name: "hub"
        + project_name: "hub-dev1"
        - value: "analytics"
        + value: "dev1_analytics"
      $ storyline -C dev1/hub unstamp dev1 --into dev1-unstamped/hub
      unstamped dev1 into dev1-unstamped/hub: 4 names in 2 files, 1 renamed, 2 unchanged
      compared with canonical: 4 files identical
      $ storyline -C canonical/shop stamp dev1 --into dev1/shop
      stamped dev1 into dev1/shop: 18 names in 5 files, 2 renamed, 3 unchanged
        dashboards/overview.dashboard.lookml
        - model: orders
        + model: orders_dev1
        - The archive is [over there](/explore/orders_history/orders),
        - company figures are [here](/dashboards/hub_metrics::company).
        + The archive is [over there](/explore/orders_history_dev1/orders),
        + company figures are [here](/dashboards/hub_metrics_dev1::company).
        - - model: orders
        + - model: orders_dev1
        - - model: hub_metrics
        + - model: hub_metrics_dev1
        - model: "orders"
        + model: "orders_dev1"
        manifest.lkml
        - project_name: "shop"
        + project_name: "shop-dev1"
        - project: "hub"
        + project: "hub-dev1"
        - value: "analytics"
        + value: "dev1_analytics"
        models/orders_dev1.model.lkml
        - connection: "warehouse"
        - label:      "Orders"    # shown in the Explore menu
        + connection: "warehouse_dev1"
        + label:      "Orders (dev1)"    # shown in the Explore menu
        - include: "//hub/views/calendar.view.lkml"
        + include: "//hub-dev1/views/calendar.view.lkml"
        models/orders_history_dev1.model.lkml
        - connection: "warehouse_archive"
        - label: "Orders, all years"
        + connection: "warehouse_archive_dev1"
        + label: "Orders, all years (dev1)"
        - include: "orders.model.lkml"
        + include: "orders_dev1.model.lkml"
        views/orders.view.lkml
        - url: "/explore/orders_history/orders?fields=orders.count&f[orders.id]={{ value }}"
        + url: "/explore/orders_history_dev1/orders?fields=orders.count&f[orders.id]={{ value }}"
        - sql: {% if _model._name == 'orders' %} 'live' {% else %} 'archive' {% endif %} ;;
        + sql: {% if _model._name == 'orders_dev1' %} 'live' {% else %} 'archive' {% endif %} ;;
        - html: <a href="/dashboards/orders::overview">{{ rendered_value }}</a> ;;
        + html: <a href="/dashboards/orders_dev1::overview">{{ rendered_value }}</a> ;;
      $ storyline -C dev1/shop unstamp dev1 --into dev1-unstamped/shop
      unstamped dev1 into dev1-unstamped/shop: 18 names in 5 files, 2 renamed, 3 unchanged
      compared with canonical: 8 files identical

    integration
      $ storyline -C canonical/hub stamp integration --into integration/hub
      stamped integration into integration/hub: 1 name in 1 file, 0 renamed, 3 unchanged
      $ storyline -C integration/hub unstamp integration --into integration-unstamped/hub
      unstamped integration into integration-unstamped/hub: 1 name in 1 file, 0 renamed, 3 unchanged
      compared with canonical: 4 files identical
      $ storyline -C canonical/shop stamp integration --into integration/shop
      stamped integration into integration/shop: 1 name in 1 file, 0 renamed, 7 unchanged
      $ storyline -C integration/shop unstamp integration --into integration-unstamped/shop
      unstamped integration into integration-unstamped/shop: 1 name in 1 file, 0 renamed, 7 unchanged
      compared with canonical: 8 files identical

    production
      $ storyline -C canonical/hub stamp production --into production/hub
      stamped production into production/hub: 2 names in 2 files, 0 renamed, 2 unchanged
      $ storyline -C production/hub unstamp production --into production-unstamped/hub
      unstamped production into production-unstamped/hub: 2 names in 2 files, 0 renamed, 2 unchanged
      compared with canonical: 4 files identical
      $ storyline -C canonical/shop stamp production --into production/shop
      stamped production into production/shop: 3 names in 3 files, 0 renamed, 5 unchanged
      $ storyline -C production/shop unstamp production --into production-unstamped/shop
      unstamped production into production-unstamped/shop: 3 names in 3 files, 0 renamed, 5 unchanged
      compared with canonical: 8 files identical

    Stamped for 3 environments, unstamped, and not a byte was lost.
    Look around in ../company
    --- exit code 0
    "#);
    let company = place.top.join("company");
    let before = listing(&company);
    for entry in fs::read_dir(&company).expect("the demo made it") {
        let entry = entry.expect("an entry");
        if entry.file_name() != "canonical" {
            fs::remove_dir_all(entry.path()).expect("it is ours");
            fs::create_dir(entry.path()).expect("it is ours");
        }
    }
    let mut lines = told.stdout().lines();
    while let Some(line) = lines.next() {
        let Some(typed) = line.strip_prefix("  $ storyline ") else {
            continue;
        };
        let mut command: Command = storyline();
        command.args(typed.split(' ')).current_dir(&company);
        let output = command.output().expect("the program was built");
        let shown = lines.next().map(|line| format!("{}\n", line.trim_start()));
        let printed = String::from_utf8(output.stdout).expect("text");
        assert_eq!(Some(printed), shown, "{typed}");
    }
    assert_eq!(listing(&company), before);
}
