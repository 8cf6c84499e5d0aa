//! What one story uses of another.

use storyline_diff::names::{Change, added, depends_by_name};
use storyline_text::RelPath;

use crate::project::Project;

/// The changes from one project to another.
fn changes<'a>(before: &'a Project, after: &'a Project) -> Vec<Change<'a>> {
    let files = before.files().chain(after.files());
    let mut paths: Vec<&RelPath> = files.map(|file| file.path).collect();
    paths.retain(|path| before.get(path) != after.get(path));
    paths.sort();
    paths.dedup();
    let change = |path| Change {
        path,
        before: before.get(path),
        after: after.get(path),
    };
    paths.into_iter().map(change).collect()
}

/// Why `user` depends on `of`, each a project before and after.
#[track_caller]
fn check(user: [&str; 2], of: [&str; 2], expect: &[&str]) {
    let [user, of] = [user, of].map(|texts| texts.map(Project::new));
    let because = depends_by_name(&changes(&user[0], &user[1]), &changes(&of[0], &of[1]));
    let line = |one: &storyline_diff::names::Because| {
        let [from, to] = [&one.used_at, &one.provided_at];
        format!(
            "{}:{} uses {} of {}:{}",
            from.path, from.line, one.name, to.path, to.line
        )
    };
    assert_eq!(because.iter().map(line).collect::<Vec<_>>(), expect);
}

const VIEW: &str = "== v.view.lkml\nview: v {\n  dimension: x {}\n}\n";

#[test]
fn what_another_adds() {
    let model = "== m.model.lkml\ninclude: \"v.view\"\nexplore: e {\n  join: v { sql_on: ${v.x} = 1 ;; }\n}\n";
    check(
        ["", model],
        ["", VIEW],
        &[
            "m.model.lkml:3 uses view v of v.view.lkml:1",
            "m.model.lkml:3 uses field v.x of v.view.lkml:2",
            "m.model.lkml:1 uses file v.view.lkml of v.view.lkml:1",
        ],
    );
    // What was there before is no reason, nor what was used before.
    check(["", model], [VIEW, &format!("{VIEW}\n")], &[]);
    check([model, &format!("{model}\n")], ["", VIEW], &[]);
    // What moved was there before.
    let renamed = VIEW.replace("v.view", "w.view");
    check(["", model], [VIEW, &renamed], &[]);
}

#[test]
fn a_field_of_what_is_extended() {
    let view = "== w.view.lkml\nview: w {\n  extends: [v]\n  measure: m { sql: ${x} ;; }\n}\n";
    check(
        [&view.replace("${x}", "1"), view],
        ["== v.view.lkml\nview: v {\n}\n", VIEW],
        &["w.view.lkml:3 uses field v.x of v.view.lkml:2"],
    );
}

#[test]
fn what_both_add_is_each_ones_own() {
    let both = format!("{VIEW}== m.model.lkml\nexplore: v {{}}\n");
    check(["", &both], ["", VIEW], &[]);
}

#[test]
fn models_of_dbt() {
    check(
        ["", "== models/b.sql\nselect 1\nfrom {{ ref('a') }}\n"],
        ["", "== models/a.sql\nselect 1\n"],
        &["models/b.sql:2 uses dbt model a of models/a.sql:1"],
    );
}

#[test]
fn what_a_change_adds() {
    let [before, after] = [
        "== v.view.lkml\nview: v { dimension: a {} }\n",
        "== v.view.lkml\nview: v {\n  dimension: a {}\n  dimension: b { sql: ${a} ;; }\n}\n",
    ]
    .map(Project::new);
    let [change] = changes(&before, &after)[..] else {
        panic!("one file changes");
    };
    let added = added(&change);
    let provided = added
        .provided
        .iter()
        .map(|one| format!("{} {}", one.line, one.name));
    let used = added
        .used
        .iter()
        .map(|one| format!("{} {}", one.line, one.name));
    assert_eq!(provided.collect::<Vec<_>>(), ["3 field v.b"]);
    assert_eq!(used.collect::<Vec<_>>(), ["3 field v.a"]);
}
