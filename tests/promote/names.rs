//! Stories that use what the stage does not have: who brings it, and what is to be typed next.

use insta::assert_snapshot;

use crate::absent::refused;
use crate::common::team::{VIEW, view};
use crate::{FILES, Pipeline, merge, story, types};

/// A story uses what another one brought to canonical.
#[test]
fn names_that_only_another_story_brings() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let geo = "view: geo {\n  dimension: region {}\n}\n";
    story(
        &ada,
        "A-1",
        &[
            ("views/geo.view.lkml", geo),
            ("dbt_project.yml", "name: shop\n"),
            ("models/base.sql", "select 1\n"),
            (
                "models/sources.yml",
                "sources:\n  - name: raw\n    tables:\n      - name: events\n",
            ),
        ],
    );
    story(
        &ada,
        "A-2",
        &[("tables.explore.lkml", "explore: tables { from: users }\n")],
    );
    merge(&ada, "A-1");
    merge(&ada, "A-2");
    let model = |more: &str| format!("{}{more}", FILES[0].1);
    story(
        &ada,
        "VIEW",
        &[(FILES[0].0, &model("explore: e { from: geo }\n"))],
    );
    story(
        &ada,
        "FIELD",
        &[(
            VIEW,
            &view("orders", "count { sql: ${geo.region} ;; } measure: b"),
        )],
    );
    story(
        &ada,
        "EXPLORE",
        &[(FILES[0].0, &model("explore: more { extends: [tables] }\n"))],
    );
    story(
        &ada,
        "INCLUDE",
        &[(FILES[0].0, &model("include: \"/tables.explore.lkml\"\n"))],
    );
    story(
        &ada,
        "REF",
        &[("models/top.sql", "select * from {{ ref('base') }}\n")],
    );
    story(
        &ada,
        "SOURCE",
        &[(
            "models/top.sql",
            "select * from {{ source('raw', 'events') }}\n",
        )],
    );
    assert_snapshot!(refused(&pipeline, &ada, &["VIEW"]), @r"
    $ storyline promote VIEW --to acceptance
    --- stderr
    error[name-missing]: story VIEW uses what acceptance does not have: view geo; A-1 brings it
     --> shop.model.lkml:4:1
      |
    4 | explore: e { from: geo }
      | ^^^^^^^^^^^^^^^^^^^^^^^^ in `from`
      |
      = help: bring both: `storyline promote A-1 VIEW --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_snapshot!(refused(&pipeline, &ada, &["FIELD"]), @r"
    $ storyline promote FIELD --to acceptance
    --- stderr
    error[name-missing]: story FIELD uses what acceptance does not have: view geo; A-1 brings it
     --> views/orders.view.lkml:9:3
      |
    9 |   measure: count { sql: ${geo.region} ;; } measure: b {}
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `sql`
      |
      = help: bring both: `storyline promote A-1 FIELD --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_snapshot!(refused(&pipeline, &ada, &["EXPLORE"]), @r"
    $ storyline promote EXPLORE --to acceptance
    --- stderr
    error[name-missing]: story EXPLORE uses what acceptance does not have: explore tables; A-2 brings it
     --> shop.model.lkml:4:1
      |
    4 | explore: more { extends: [tables] }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `extends`
      |
      = help: bring both: `storyline promote A-2 EXPLORE --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_snapshot!(refused(&pipeline, &ada, &["INCLUDE"]), @r#"
    $ storyline promote INCLUDE --to acceptance
    --- stderr
    error[name-missing]: story INCLUDE uses what acceptance does not have: file /tables.explore.lkml; A-2 brings it
     --> shop.model.lkml:4:1
      |
    4 | include: "/tables.explore.lkml"
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `include`
      |
      = help: bring both: `storyline promote A-2 INCLUDE --to acceptance`

    nothing was changed
    --- exit code 3
    "#);
    assert_snapshot!(refused(&pipeline, &ada, &["REF"]), @r"
    $ storyline promote REF --to acceptance
    --- stderr
    error[name-missing]: story REF uses what acceptance does not have: dbt model base; A-1 brings it
     --> models/top.sql:1:1
      |
    1 | select * from {{ ref('base') }}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `ref`
      |
      = help: bring both: `storyline promote A-1 REF --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    let told = refused(&pipeline, &ada, &["SOURCE"]);
    assert_snapshot!(told, @r"
    $ storyline promote SOURCE --to acceptance
    --- stderr
    error[name-missing]: story SOURCE uses what acceptance does not have: dbt source raw.events; A-1 brings it
     --> models/top.sql:1:1
      |
    1 | select * from {{ source('raw', 'events') }}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `source`
      |
      = help: bring both: `storyline promote A-1 SOURCE --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_eq!(types(&ada, &told, "storyline promote").code(), Some(0));
    // With it on the stage, they come.
    for id in ["VIEW", "FIELD"] {
        ada.succeeds(&["promote", id, "--to", "acceptance"]);
    }
    // What came to canonical without a story.
    ada.land(
        "views/free.view.lkml",
        "view: free {\n  dimension: id {}\n}\n",
        "Free",
    );
    story(
        &ada,
        "FREE",
        &[(VIEW, &view("${free.SQL_TABLE_NAME}", "count"))],
    );
    assert_snapshot!(ada.run(&["promote", "FREE", "--to", "production"]), @r"
    $ storyline promote FREE --to production
    --- stderr
    error[name-missing]: story FREE uses what production does not have: view free; no story brings it
     --> views/orders.view.lkml:2:3
      |
    2 |   sql_table_name: ${free.SQL_TABLE_NAME} ;;
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in `sql`
      |
      = help: it came to canonical without a story: promote it as one, or take it into this one

    nothing was changed
    --- exit code 3
    ");
}
