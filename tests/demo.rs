//! The demo shows real commands: typed again where it says, each prints what the demo showed.
#![cfg(unix)]

mod common;

use std::process::Command;
use std::{env, fs};

use common::team::numbered;
use common::{Place, Run, listing, storyline};

/// Where its second part begins.
const PIPELINE: &str = "Three stories on their way";

/// With git, and without anything that anybody has set.
fn demo(place: &Place) -> Run {
    let path = env::var_os("PATH").unwrap_or_default();
    let told = place.run_with(&[("PATH", &path)], "", &["demo", "../company"]);
    assert_eq!(told.code(), Some(0), "{told}");
    told
}

#[test]
fn the_demo_can_be_typed_again() {
    let place = Place::new();
    let told = demo(&place);
    let (told, _) = told.stdout().split_once(PIPELINE).expect("there it begins");
    insta::assert_snapshot!(told, @r#"
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
    "#);
    let company = place.top.join("company");
    fs::remove_dir_all(company.join("pipeline")).expect("it is ours");
    let before = listing(&company);
    for entry in fs::read_dir(&company).expect("the demo made it") {
        let entry = entry.expect("an entry");
        if entry.file_name() != "canonical" {
            fs::remove_dir_all(entry.path()).expect("it is ours");
            fs::create_dir(entry.path()).expect("it is ours");
        }
    }
    let mut lines = told.lines();
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

#[test]
fn production_gets_what_passed_and_the_rest_follows() {
    let place = Place::new();
    let told = demo(&place).to_string();
    let at = told.find(PIPELINE).expect("there it begins");
    insta::assert_snapshot!(numbered(&told[at..]), @r#"
    Three stories on their way from canonical to acceptance and production, which are repositories.
    What a command prints is shown where it is new.

    Ada begins the stories and hands them in
      $ storyline story start SHOP-1
      $ git switch story/SHOP-1
        views/orders.view.lkml
        + measure: live { type: count filters: [source: "archive"] }
      $ git commit --all --message "Count live orders"
      $ storyline story submit SHOP-1
        submitted SHOP-1: revision <1>
          base <2>
          tip  <3>
          1 commit, 1 file
      $ storyline story start SHOP-2
      $ git switch story/SHOP-2
        views/orders.view.lkml
        + dimension: is_large { type: yesno sql: ${TABLE}.items > 10 ;; }
      $ git commit --all --message "Tell large orders"
      $ storyline story submit SHOP-2
      $ storyline story start SHOP-3
      $ git switch story/SHOP-3
        dashboards/overview.dashboard.lookml
        - type: looker_column
        + type: looker_line
      $ git commit --all --message "Orders as a line"
      $ storyline story submit SHOP-3

    Acceptance gets them all
      $ storyline promote SHOP-1 SHOP-2 SHOP-3 --to acceptance
        promotion <4> to acceptance (branch main of [DIR]/company/pipeline/acceptance.git)

          + SHOP-1 revision <1>: Count live orders
              M views/orders.view.lkml
          + SHOP-2 revision <5>: Tell large orders
              M views/orders.view.lkml
          + SHOP-3 revision <6>: Orders as a line
              M dashboards/overview.dashboard.lookml

        3 stories to land, 3 files to change; acceptance goes from <7> to <8>

        landed: acceptance is at <8>
        next: `storyline accept SHOP-1 --on acceptance`, or `storyline hold` with a reason

    SHOP-1 fails there, the others do not
      $ storyline hold SHOP-1 --on acceptance --reason "it counts the archive"
        held SHOP-1 on acceptance, revision <1>
          held by Ada
        next: mend it and hand it in anew, or `storyline release SHOP-1 --on acceptance`
      $ storyline accept SHOP-2 --on acceptance
      $ storyline accept SHOP-3 --on acceptance

    Production gets those two, while SHOP-1 is still on acceptance
      $ storyline promote --accepted --from acceptance --to production
        promotion <9> to production (branch main of [DIR]/company/pipeline/production.git)

          + SHOP-2 revision <5>: Tell large orders
              M views/orders.view.lkml
              accepted on acceptance by Ada (advisory)
          + SHOP-3 revision <6>: Orders as a line
              M dashboards/overview.dashboard.lookml
              accepted on acceptance by Ada (advisory)
          - SHOP-1 revision <1>: left out, held on acceptance by Ada: it counts the archive
        note: production will differ from acceptance in 1 file: views/orders.view.lkml

        2 stories to land, 2 files to change; production goes from <10> to <11>

        landed: production is at <11>
        next: `storyline accept SHOP-2 --on production`, or `storyline hold` with a reason
      compared with `git merge` of SHOP-2, SHOP-3: 8 files identical

    SHOP-1 is mended and follows
      $ git switch story/SHOP-1
        views/orders.view.lkml
        - measure: live { type: count filters: [source: "archive"] }
        + measure: live { type: count filters: [source: "live"] }
      $ git commit --all --message "Count live orders, mended"
      $ storyline story submit SHOP-1
      $ storyline promote SHOP-1 --to acceptance
      $ storyline accept SHOP-1 --on acceptance
      $ storyline promote --accepted --from acceptance --to production
      compared with `git merge` of SHOP-1, SHOP-2, SHOP-3: 8 files identical

    SHOP-3 turns out to be wrong: off it goes, alone
      $ storyline back-out SHOP-3 --from production --reason "nobody can read it on the wall"
        backed out SHOP-3 revision <6> from production
          M dashboards/overview.dashboard.lookml
          main <12>..<13>
        held there; next: mend it, and `storyline story submit SHOP-3`
      compared with `git merge` of SHOP-1, SHOP-2: 8 files identical

    And comes back, mended
      $ git switch story/SHOP-3
        dashboards/overview.dashboard.lookml
        - type: looker_line
        + type: looker_area
      $ git commit --all --message "Orders as a line, mended"
      $ storyline story submit SHOP-3
      $ storyline promote SHOP-3 --to acceptance
      $ storyline accept SHOP-3 --on acceptance
      $ storyline promote --accepted --from acceptance --to production
      compared with `git merge` of SHOP-1, SHOP-2, SHOP-3: 8 files identical
      $ storyline audit production
        production: 5 commits since <10>, none is foreign

    Look around in ../company
    --- exit code 0
    "#);
    // One can go on from there.
    let ada = place.top.join("company/pipeline/ada");
    let ada = ada.to_str().expect("a plain path");
    let path = env::var_os("PATH").unwrap_or_default();
    let nothing = [
        "promote",
        "--accepted",
        "--from",
        "acceptance",
        "--to",
        "production",
    ];
    let told = place.run_with(&[("PATH", &path)], ada, &nothing);
    insta::assert_snapshot!(numbered(&told.to_string()), @r#"
    $ storyline promote --accepted --from acceptance --to production
    --- stdout
    promotion <1> to production (branch main of [DIR]/company/pipeline/production.git)

    note: production will have the very files of acceptance
    nothing is to be done
    --- exit code 0
    "#);
}
