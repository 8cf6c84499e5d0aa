//! What a tree lacks.

use proptest::prelude::*;
use storyline_diff::names::{File, lacking};

use crate::project::Project;

/// What `story`, files of the candidate, lacks on `stage`, when its author had `theirs`: a line each.
pub(crate) fn told(story: &str, theirs: &str, stage: &str) -> Vec<String> {
    let story = Project::new(story);
    let [author, candidate] = [theirs, stage].map(|rest| {
        let rest = Project::new(rest);
        let kept = rest.files().filter(|file| story.get(file.path).is_none());
        let files: Vec<_> = story.files().chain(kept).collect();
        Project::new(&text_of(&files))
    });
    let changed: Vec<_> = story.files().collect();
    let [had, has] = [author.differing(&candidate), candidate.differing(&author)];
    let found = lacking(&changed, &had, &has, &candidate).expect("nothing fails in memory");
    let line = |one: &storyline_diff::names::Lacking| {
        format!("{}:{} {} ({})", one.path, one.line, one.name, one.what)
    };
    found.iter().map(line).collect()
}

fn text_of(files: &[File<'_>]) -> String {
    let one = |file: &File<'_>| {
        let text = String::from_utf8_lossy(file.bytes);
        format!("== {}\n{}\n", file.path, text.trim_end())
    };
    files.iter().map(one).collect()
}

#[track_caller]
fn check(story: &str, theirs: &str, stage: &str, expect: &[&str]) {
    assert_eq!(told(story, theirs, stage), expect);
    // On the author's own tree nothing is lacking.
    assert_eq!(told(story, theirs, theirs), [""; 0]);
}

#[track_caller]
fn ok(story: &str, theirs: &str, stage: &str) {
    check(story, theirs, stage, &[]);
}

const MODEL: &str = "== m.model.lkml
include: \"/v.view\"
explore: e {
  from: a
  join: b { sql_on: ${e.id} = ${b.id} ;; }
}
";

#[test]
fn views_and_files() {
    let views = "== v.view.lkml\nview: a { dimension: id {} }\nview: b { dimension: id {} }\n";
    check(
        MODEL,
        views,
        "== v.view.lkml\nview: a { dimension: id {} }\n",
        &["m.model.lkml:4 view b (join)"],
    );
    check(
        MODEL,
        views,
        "",
        &[
            "m.model.lkml:1 file /v.view (include)",
            "m.model.lkml:3 view a (from)",
            "m.model.lkml:4 view b (join)",
        ],
    );
    // Elsewhere is as good.
    let moved = "== v.view.lkml\nview: b { dimension: id {} }\n== w.view.lkml\nview: a { dimension: id {} }\n";
    ok(MODEL, views, moved);
    // What nobody has is not lacking.
    ok(MODEL, "", "");
}

#[test]
fn fields() {
    let views = |id: &str| {
        format!("== v.view.lkml\nview: a {{ dimension: id {{}} }}\nview: b {{ {id} }}\n")
    };
    let theirs = views("dimension: id {}");
    let lacks = ["m.model.lkml:4 field b.id (sql)"];
    check(MODEL, &theirs, &views(""), &lacks);
    // From a refinement, or what is extended, however far.
    let other = |text: &str| format!("{}== w.view.lkml\n{text}\n", views(""));
    ok(MODEL, &theirs, &other("view: +b { dimension: id {} }"));
    ok(
        MODEL,
        &theirs,
        &other(
            "view: +b { extends: [c] }\n== x.view.lkml\nview: c { extends: [d] }\n== y.view.lkml\nview: d { dimension: id {} }",
        ),
    );
    check(
        MODEL,
        &theirs,
        &other("view: +b { extends: [c] } view: c {}"),
        &lacks,
    );
    // From another project, perhaps.
    ok(MODEL, &theirs, &other("view: +b { extends: [c] }"));
}

#[test]
fn fields_of_the_view_itself() {
    let story = "== v.view.lkml\nview: v { extends: [base] measure: m { sql: ${x} + ${y} + ${t_week} ;; } }\n";
    let base = |text: &str| format!("== base.view.lkml\nview: base {{ {text} }}\n");
    let theirs = base("dimension: x {} dimension_group: t { timeframes: [week] }");
    check(
        story,
        &theirs,
        &base(""),
        &[
            "v.view.lkml:1 field v.t_week (sql)",
            "v.view.lkml:1 field v.x (sql)",
        ],
    );
    ok(
        story,
        &theirs,
        &base("dimension: x {} dimension_group: t {}"),
    );
}

#[test]
fn what_explores_call_views() {
    let story = "== v.view.lkml\nview: v { dimension: d { sql: ${a.x} ;; } }\n";
    let model = "== m.model.lkml\nexplore: e { join: a { from: b } }\n";
    let theirs = format!("== a.view.lkml\nview: a {{ dimension: x {{}} }}\n{model}");
    ok(
        story,
        &theirs,
        &format!("== a.view.lkml\nview: a {{}}\n{model}"),
    );
    check(
        story,
        "== a.view.lkml\nview: a { dimension: x {} }\n",
        "== a.view.lkml\nview: a {}\n",
        &["v.view.lkml:1 field a.x (sql)"],
    );
}

#[test]
fn files_that_do_not_parse_may_hold_anything() {
    let theirs = "== v.view.lkml\nview: a { dimension: id {} }\nview: b { dimension: id {} }\n";
    ok(
        MODEL,
        theirs,
        "== v.view.lkml\nview: a { dimension: id { \n",
    );
}

#[test]
fn dashboards_and_constants() {
    let story = "== d.dashboard.lookml
- dashboard: d
  elements:
  - name: a
    model: m
    explore: e
    fields: [v.x, v.y]
== w.view.lkml
view: w { sql_table_name: @{SCHEMA}.w ;; }
";
    let theirs = "== m.model.lkml\nexplore: e { view_name: v }\n== v.view.lkml\nview: v { dimension: x {} }\n== manifest.lkml\nconstant: SCHEMA { value: \"s\" }\n";
    check(
        story,
        theirs,
        "== v.view.lkml\nview: v {}\n",
        &[
            "d.dashboard.lookml:4 model m (model)",
            "d.dashboard.lookml:5 explore e (tile)",
            "d.dashboard.lookml:6 field v.x (fields)",
            "w.view.lkml:1 constant SCHEMA (text)",
        ],
    );
}

#[test]
fn dbt() {
    let story = "== models/a.sql\nselect * from {{ ref('b') }} join {{ source('s', 't') }}\n";
    let sources = "== models/s.yml\nsources:\n- name: s\n  tables:\n  - name: t\n";
    let theirs = format!("{sources}== models/b.sql\nselect 1\n");
    check(
        story,
        &theirs,
        "",
        &[
            "models/a.sql:1 dbt model b (ref)",
            "models/a.sql:1 dbt source s.t (source)",
        ],
    );
    ok(
        story,
        &theirs,
        &format!("{sources}== elsewhere/b.sql\nselect 1\n"),
    );
    ok(story, &theirs, &format!("{sources}== seeds/b.csv\n1\n"));
}

/// Files of which each provides or uses something.
const FILES: [&str; 10] = [
    "a.view.lkml\nview: a { dimension: x {} }",
    "b.view.lkml\nview: b { extends: [a] dimension: y { sql: ${x} ;; } }",
    "c.view.lkml\nview: +b { dimension: z { sql: ${y} + ${a.x} ;; } }",
    "m.model.lkml\ninclude: \"/*.view\" explore: b { join: a { sql_on: ${a.x} = ${b.z} ;; } }",
    "n.model.lkml\ninclude: \"/a.view\" explore: f { from: b join: a { from: b } }",
    "e.lkml\nexplore: +b { join: c { sql_on: ${c.x} = ${a.x} ;; } }",
    "f.view.lkml\nview: c { dimension: x {} dimension: y {} }",
    "models/a.sql\nselect * from {{ ref('b') }}",
    "models/b.sql\nselect * from {{ source('s', 't') }}",
    "models/s.yml\nsources: [{name: s, tables: [{name: t}]}]",
];

fn some(wanted: &[bool]) -> String {
    let files = FILES.iter().zip(wanted).filter(|(_, wanted)| **wanted);
    let files = files.map(|(file, _)| format!("== {file}\n"));
    // Of views that nobody defines nothing is known.
    let base = "== z.view.lkml\nview: a {} view: b {} view: c {}\n".to_owned();
    [base].into_iter().chain(files).collect()
}

proptest! {
    #[test]
    fn more_files_lack_less(
        story in proptest::collection::vec(any::<bool>(), 10),
        theirs in proptest::collection::vec(any::<bool>(), 10),
        stage in proptest::collection::vec(any::<bool>(), 10),
        more in 0..10usize,
    ) {
        let [story, theirs] = [story, theirs].map(|wanted| some(&wanted));
        prop_assert_eq!(told(&story, &theirs, &theirs), [""; 0]);
        let before = told(&story, &theirs, &some(&stage));
        let mut stage = stage;
        stage[more] = true;
        let after = told(&story, &theirs, &some(&stage));
        prop_assert!(after.iter().all(|line| before.contains(line)), "{:?} {:?}", before, after);
    }
}

#[test]
fn grants_and_datagroups_of_models() {
    let story = "== o.explore.lkml\nexplore: o { required_access_grants: [g] persist_with: d }\n";
    let model = |text: &str| format!("== m.model.lkml\n{text}\n");
    let theirs = model("access_grant: g {} datagroup: d {}");
    check(
        story,
        &theirs,
        &model(""),
        &[
            "o.explore.lkml:1 access grant g (required_access_grants)",
            "o.explore.lkml:1 datagroup d (persist_with)",
        ],
    );
    // In another file, which the model may include.
    ok(
        story,
        &theirs,
        "== other.lkml\naccess_grant: g {} datagroup: d {}\n",
    );
    ok(story, "", "");
}

#[test]
fn versions_of_models() {
    let story = "== models/a.sql\nselect * from {{ ref('m', v=2) }} join {{ ref('m') }}\n";
    let model = |versions: &str| {
        format!(
            "== models/m.yml\nmodels:\n- name: m\n  versions:\n{versions}== models/m_v1.sql\nselect 1\n"
        )
    };
    let theirs = model("  - v: 1\n  - v: 2\n");
    let lacks = ["models/a.sql:1 dbt model m.v2 (ref)"];
    check(story, &theirs, &model("  - v: 1\n"), &lacks);
    ok(story, &theirs, &model("  - v: 2\n"));
    // A model that got versions meanwhile is still there by its name.
    let plain = "== models/m.sql\nselect 1\n";
    let story = "== models/a.sql\nselect * from {{ ref('m') }}\n";
    ok(story, plain, &theirs);
    ok(story, &theirs, plain);
    check(story, plain, "", &["models/a.sql:1 dbt model m (ref)"]);
}
