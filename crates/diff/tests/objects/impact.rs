//! What stands on what changed, in small projects.

use storyline_diff::objects::{Step, objects};
use storyline_diff::{Impact, Standing, impact};
use storyline_stamp::TreePatch;

use crate::told::{side, text_report};

pub(crate) fn impact_of(before: &str, after: &str) -> Impact {
    let report = text_report(before, after);
    let nothing = TreePatch::default();
    let found = impact(&side(after), &nothing, &report, &objects(&report));
    found.expect("nothing fails in memory")
}

/// The impact, a line each.
fn check(before: &str, after: &str, expect: &[&str]) {
    let impact = impact_of(before, after);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let step = |step: &Step| format!("{} {}", step.kind.word(), text(&step.name));
    let line = |what: &str, one: &Standing| {
        let on: Vec<_> = one.on.iter().map(step).collect();
        format!(
            "{what} {}/{}: {}",
            text(&one.model),
            text(&one.name),
            on.join(", ")
        )
    };
    let explores = impact.explores.iter().map(|one| line("explore", one));
    let boards = impact.dashboards.iter().map(|one| line("dashboard", one));
    let mut found: Vec<_> = explores.chain(boards).collect();
    if impact.elsewhere > 0 {
        found.push(format!("{} elsewhere", impact.elsewhere));
    }
    assert_eq!(found, expect);
}

/// A project in which `view: v` stands in a file of its own.
fn with_view(project: &str, view: &str) -> String {
    format!("== v.view.lkml\n{view}\n{project}")
}

/// `view: v` changes in `project`.
fn changes_view(project: &str, expect: &[&str]) {
    let view = |label: &str| format!("view: v {{ dimension: d {{ label: \"{label}\" }} }}");
    check(
        &with_view(project, &view("a")),
        &with_view(project, &view("b")),
        expect,
    );
}

#[test]
fn explores_stand_on_views_by_name_from_joins_and_extends() {
    changes_view(
        "== m.model.lkml
include: \"/*.view\"
explore: v {}
explore: by_from { from: v }
explore: by_view_name { view_name: v }
explore: by_join { view_name: other join: v {} join: x { from: y } }
explore: by_join_from { view_name: other join: x { from: v } }
explore: template { extension: required from: v }
explore: by_extends { extends: [template] view_name: other }
explore: not_at_all { view_name: other }
",
        &[
            "explore m/by_extends: view v",
            "explore m/by_from: view v",
            "explore m/by_join: view v",
            "explore m/by_join_from: view v",
            "explore m/by_view_name: view v",
            "explore m/v: view v",
        ],
    );
}

#[test]
fn views_stand_on_views_and_explores() {
    changes_view(
        "== more.view.lkml
view: child { extends: [v] }
view: sql { derived_table: { sql: select * from ${v.SQL_TABLE_NAME} ;; } }
view: native { derived_table: { explore_source: v { column: d {} } } }
view: +refined { extends: [v] }
view: refined {}
== m.model.lkml
include: \"*.view.lkml\"
explore: v {}
explore: child {}
explore: sql {}
explore: native {}
explore: refined {}
",
        &[
            "explore m/child: view v",
            "explore m/native: view v",
            "explore m/refined: view v",
            "explore m/sql: view v",
            "explore m/v: view v",
        ],
    );
}

#[test]
fn a_model_sees_what_it_includes() {
    let project = "== a/a.model.lkml
include: \"/a/x.explore\"
== a/x.explore.lkml
include: \"/v.view\"
explore: v {}
== b.model.lkml
include: \"//other/**/*.view\"
explore: v {}
";
    changes_view(project, &["explore a/v: view v", "1 elsewhere"]);
}

#[test]
fn old_lookml_and_dashboards() {
    changes_view(
        "== m.model.lookml
- include: v.view.lkml
- explore: v
- explore: w
  joins:
    - join: v
== board.dashboard.lookml
- dashboard: board
  elements:
    - name: a
      model: m
      explore: w
    - name: b
      merged_queries:
        - model: m
          explore: v
- dashboard: heir
  extends: board
- dashboard: foreign
  elements:
    - name: a
      model: other
      explore: w
",
        &[
            "explore m/v: view v",
            "explore m/w: view v",
            "dashboard m/board: view v",
            "dashboard /heir: view v",
        ],
    );
}

#[test]
fn what_is_removed_is_missed() {
    let project = "== m.model.lkml
include: \"*.view\"
explore: e { join: v {} }
explore: f {}
== b.dashboard.lookml
- dashboard: b
  elements:
    - name: a
      model: m
      explore: e
";
    check(
        &with_view(project, "view: v {}"),
        project,
        &["explore m/e: view v", "dashboard m/b: view v"],
    );
    let without = project.replace("explore: f {}\n", "");
    check(project, &without, &[]);
    let without = project.replace("explore: e { join: v {} }\n", "");
    check(project, &without, &["dashboard m/b: explore e"]);
}

#[test]
fn refinements_new_models_and_settings_of_models() {
    let project = "== m.model.lkml\ninclude: \"*.view\"\nexplore: v {}\n";
    let refined = |view: &str| with_view(project, &format!("view: v {{}}\n{view}"));
    check(
        &refined(""),
        &refined("view: +v { label: \"x\" }"),
        &["explore m/v: view refinement +v"],
    );
    check("", project, &["explore m/v: explore v"]);
    let setting = format!("{project}connection: \"c\"\n");
    check(project, &setting, &["explore m/v: model m"]);
    let label = format!("{project}label: \"c\"\n");
    check(project, &label, &[]);
    let moves_nothing = with_view(project, "# a comment\nview: v {}");
    check(&refined(""), &moves_nothing, &[]);
}

#[test]
fn what_does_not_parse_may_be_anything() {
    let project = "== m.model.lkml\ninclude: \"*.view\"\nexplore: v {}\n";
    check(
        &with_view(project, "view: v {}"),
        &with_view(project, "view: v { dimension: x {\n"),
        &["explore m/v: view v"],
    );
}

#[test]
fn circles_end() {
    changes_view(
        "== m.model.lkml
include: \"/m.model\"
include: \"*.view\"
explore: a { extends: [b] }
explore: b { extends: [a] join: v {} }
",
        &["explore m/a: view v", "explore m/b: view v"],
    );
}
