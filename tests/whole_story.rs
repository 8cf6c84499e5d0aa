//! What promotion is for: a stage gets the whole story and nothing but the story, and production only
//! stories that were accepted.
#![cfg(unix)]

mod common;

use common::pipeline::{Pipeline, Story};
use common::team::Team;

const DASHBOARD: &str = "boards/orders.dashboard.lookml";
const VIEW: &str = "views/orders.view.lkml";
const PROFILES: &str = "dbt/profiles.yml";
const SOURCES: &str = "dbt/models/sources.yml";

/// The view with a description at its head, and a measure at its end.
fn view(label: &str, measure: &str) -> String {
    format!(
        "view: orders {{\n  label: \"{label}\"\n  sql_table_name: shop.orders ;;\n\n  \
         dimension: id   {{ primary_key: yes }} # as ever\n\n\n\n  dimension: state {{}}\n\n\n\n  \
         measure: {measure} {{ type: count }}\n}}\n"
    )
}

/// The dashboard with a title, and a tile of this type far below.
fn dashboard(title: &str, tile: &str) -> String {
    format!(
        "- dashboard: orders\n  title: {title}\n  layout: newspaper\n\n\n  elements:\n  \
         - name: months   # on the wall\n    model: shop\n    explore: orders\n\n\n\n    type: {tile}\n"
    )
}

fn sources(table: &str) -> String {
    format!("version: 2\n\nsources:\n  - name: shop\n    tables:\n      - name:  {table}\n")
}

/// A project of LookML and dbt with three stories that were begun together: two change the same files, the
/// third adds and removes some.
fn company(team: &Team) -> (Pipeline<'_>, [Story; 3]) {
    let ada = team.clone("ada");
    let model = "connection: \"warehouse\"\ninclude: \"/views/*.view.lkml\"\n\
                 include: \"/boards/*.dashboard.lookml\"\n\nexplore: orders {}\n";
    for (path, text) in [
        ("shop.model.lkml", model),
        (VIEW, &view("Orders", "count")),
        ("views/old.view.lkml", "view: old { dimension: id {} }\n"),
        (DASHBOARD, &dashboard("Orders", "looker_column")),
        (
            "dbt/dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\n",
        ),
        (
            PROFILES,
            "shop:\n  target: dev\n  outputs:\n    dev:\n      type: redshift\n",
        ),
        (SOURCES, &sources("orders")),
    ] {
        ada.write(path, text);
    }
    ada.git(&["add", "--all"]);
    ada.git(&["commit", "--quiet", "--message", "The shop"]);
    ada.git(&["push", "--quiet", "origin", "HEAD:main"]);
    let pipeline = Pipeline::begin(team, ada);
    let one = pipeline.hand_in("ONE", None, |ada| {
        ada.commit(VIEW, &view("All orders", "count"), "A label");
        ada.commit(
            DASHBOARD,
            &dashboard("All orders", "looker_column"),
            "A title",
        );
        ada.commit(SOURCES, &sources("all_orders"), "A table");
    });
    let two = pipeline.hand_in("TWO", None, |ada| {
        ada.commit(DASHBOARD, &dashboard("Orders", "looker_line"), "A line");
        ada.commit(VIEW, &view("Orders", "how_many"), "A name");
    });
    let three = pipeline.hand_in("THREE", None, |ada| {
        ada.git(&["rm", "--quiet", "views/old.view.lkml"]);
        ada.commit(
            "views/new.view.lkml",
            "view: new { dimension: id {} }\n",
            "Another view",
        );
        let model =
            "connection: \"warehouse\"\ninclude: \"/views/new.view.lkml\"\nexplore: new {}\n";
        ada.commit("new.model.lkml", model, "A model for it");
        ada.commit(
            "dbt/models/new.sql",
            "select 1 as id\n",
            "And where it comes from",
        );
    });
    (pipeline, [one, two, three])
}

#[test]
fn the_whole_story_and_nothing_but_the_story() {
    let team = Team::without_commits("canonical.git");
    let (pipeline, [one, two, three]) = company(&team);
    let ada = &pipeline.ada;
    for (promoted, has) in [
        (&two, &[&two][..]),
        (&three, &[&two, &three]),
        (&one, &[&one, &two, &three]),
    ] {
        ada.succeeds(&["promote", &promoted.id, "--to", "acceptance"]);
        pipeline.has("acceptance", has);
    }
    // Each off again, the others on, whatever the order in which they came.
    for (off, left) in [
        (&two, [&one, &three]),
        (&one, [&two, &three]),
        (&three, [&one, &two]),
    ] {
        ada.succeeds(&["back-out", &off.id, "--from", "acceptance"]);
        pipeline.has("acceptance", &left);
        ada.succeeds(&["release", &off.id, "--on", "acceptance"]);
        ada.succeeds(&["promote", &off.id, "--to", "acceptance"]);
        pipeline.has("acceptance", &[&one, &two, &three]);
    }
    pipeline.has("production", &[]);
    ada.succeeds(&["audit", "acceptance"]);
}

#[test]
fn production_has_the_accepted_stories_to_the_last_byte() {
    let team = Team::without_commits("canonical.git");
    let (pipeline, [mut one, two, three]) = company(&team);
    let ada = &pipeline.ada;
    let train = [
        "promote",
        "--accepted",
        "--from",
        "acceptance",
        "--to",
        "production",
    ];
    ada.succeeds(&["promote", "ONE", "TWO", "THREE", "--to", "acceptance"]);
    ada.succeeds(&train);
    pipeline.has("production", &[]);

    let hold = [
        "hold",
        "ONE",
        "--on",
        "acceptance",
        "--reason",
        "totals differ",
    ];
    ada.succeeds(&hold);
    ada.succeeds(&["accept", "TWO", "--on", "acceptance"]);
    ada.succeeds(&train);
    pipeline.has("production", &[&two]);
    ada.succeeds(&["accept", "THREE", "--on", "acceptance"]);
    ada.succeeds(&train);
    pipeline.has("production", &[&two, &three]);
    pipeline.has("acceptance", &[&one, &two, &three]);

    // What is handed in is not accepted because the revision before it was, nor the other way round.
    pipeline.hand_in_again(&mut one, |ada| {
        ada.commit(SOURCES, &sources("every_order"), "The right table");
    });
    ada.succeeds(&["promote", "ONE", "--to", "acceptance"]);
    ada.succeeds(&train);
    pipeline.has("production", &[&two, &three]);
    ada.succeeds(&["accept", "ONE", "--on", "acceptance"]);
    ada.succeeds(&train);
    pipeline.has("production", &[&one, &two, &three]);
    pipeline.has("acceptance", &[&one, &two, &three]);
    ada.succeeds(&["audit", "production"]);
}
