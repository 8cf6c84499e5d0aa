//! Stories that come, and what a stage is afterwards.

use insta::assert_snapshot;

use crate::common::team::{VIEW, numbered, view};
use crate::{Pipeline, again, merge, revision, story, types};

/// A view of its own, which clashes with nothing.
fn other(name: &str) -> String {
    format!("view: {name} {{\n  dimension: id {{}}\n}}\n")
}

/// The whole story and nothing but the story: what it changes, under the stage's names, in one commit.
#[test]
fn the_whole_story_and_nothing_but_the_story() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(
        &ada,
        "A-1",
        &[
            (VIEW, &view("orders", "sum")),
            (
                "geo.model.lkml",
                "connection: \"warehouse\"\nexplore: users { from: users }\ninclude: \"/views/users.view.lkml\"\n",
            ),
        ],
    );
    story(&ada, "B-2", &[("views/b.view.lkml", &other("b"))]);
    let before = pipeline.tip("acceptance");
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          A geo.model.lkml
          M views/orders.view.lkml

    1 story to land, 2 files to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    let commit = pipeline.git(
        "acceptance",
        &["log", "-1", "--format=%an, %cn%n%B", "main"],
    );
    assert_snapshot!(numbered(&commit), @r"
    ada, ada
    Land A-1: Work on A-1

    Storyline-Kind: land
    Story-Id: A-1
    Story-Revision: <1>
    Story-Base: <2>
    Source-Commit: <3>
    Promotion-Id: <4>
    ");
    let patch = ["diff", "--no-renames", "--unified=0", &before, "main"];
    assert_snapshot!(numbered(&pipeline.git("acceptance", &patch)), @r#"
    diff --git a/geo_acceptance.model.lkml b/geo_acceptance.model.lkml
    new file mode 100644
    index 0000000..6d350f4
    --- /dev/null
    +++ b/geo_acceptance.model.lkml
    @@ -0,0 +1,3 @@
    +connection: "warehouse_acceptance"
    +explore: users { from: users }
    +include: "/views/users.view.lkml"
    diff --git a/views/orders.view.lkml b/views/orders.view.lkml
    index b685cd8..8c927e5 100644
    --- a/views/orders.view.lkml
    +++ b/views/orders.view.lkml
    @@ -9 +9 @@ view: orders {
    -  measure: count {}
    +  measure: sum {}
    "#);
    assert_eq!(pipeline.landed("production"), "The shop");

    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      = A-1 revision <2>: already there
    nothing is to be done
    --- exit code 0
    ");
    again(&ada, "A-1", &[(VIEW, &view("orders", "total"))]);
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      ~ A-1 revision <2>, which replaces <3>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    let commit = pipeline.git("acceptance", &["log", "-1", "--format=%B", "main"]);
    assert!(commit.contains("\nReplaces: "), "{commit}");
    assert_eq!(
        pipeline.git("acceptance", &["show", &format!("main:{VIEW}")]) + "\n",
        view("orders", "total")
    );
}

#[test]
fn two_stories_and_an_older_revision() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    let old = revision(&ada, "A-1");
    again(&ada, "A-1", &[(VIEW, &view("orders", "total"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", &other("b"))]);
    let asked = format!("A-1@{}", &old[..14]);
    assert_snapshot!(ada.run(&["promote", "B-2", &asked, "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 A-1@<1> B-2 --to acceptance
    --- stdout
    promotion <2> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <3>: Work on B-2
          A views/b.view.lkml
      + A-1 revision <1>: Work on A-1
          M views/orders.view.lkml

    2 stories to land, 2 files to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    assert_snapshot!(ada.run(&["promote", "B-2", "A-1", "--to", "acceptance", "--dry-run"]), @r"
    $ storyline promote B-2 A-1 --to acceptance --dry-run
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      ~ A-1 revision <2>, which replaces <3>: Work on A-1
          M views/orders.view.lkml
      = B-2 revision <4>: already there

    1 story to land, 1 file to change; acceptance goes from <5> to <6>
    --- exit code 0
    ");
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    // Back to the older one, which somebody asks for.
    assert_snapshot!(ada.run(&["promote", &asked, "--to", "acceptance"]), @r"
    $ storyline promote A-1@<1> --to acceptance
    --- stdout
    promotion <2> to acceptance (branch main of [DIR]/acceptance.git)

      ~ A-1 revision <1>, which replaces <3>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1@123456789012", "--to", "acceptance"]), @r"
    $ storyline promote A-1@<1> --to acceptance
    --- stderr
    error[unknown-revision]: story A-1 has no revision `<1>`
     |
     = help: `storyline story show A-1` has them all

    nothing was changed
    --- exit code 2
    ");
    let none = ["promote", "A-1@", "--to", "acceptance"];
    assert_snapshot!(pipeline.refused(&ada, &none), @r"
    $ storyline promote A-1@ --to acceptance
    --- stderr
    error[unknown-revision]: story A-1 has no revision ``
     |
     = help: `storyline story show A-1` has them all

    nothing was changed
    --- exit code 2
    ");
    let twice = ["promote", "A-1", &asked, "--to", "acceptance"];
    assert_snapshot!(pipeline.refused(&ada, &twice), @r"
    $ storyline promote A-1 A-1@<1> --to acceptance
    --- stderr
    error[story-twice]: two revisions of story A-1 are asked for
     |
     = help: name the one that is meant

    nothing was changed
    --- exit code 2
    ");
}

#[test]
fn one_that_is_built_on_another() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    ada.succeeds(&["story", "start", "B-2", "--depends-on", "A-1"]);
    ada.git(&["switch", "--quiet", "story/B-2"]);
    ada.commit(
        "views/b.view.lkml",
        &other("b"),
        "On top\n\nDepends-On: A-1",
    );
    ada.succeeds(&["story", "submit", "B-2"]);
    let told = pipeline.refused(&ada, &["promote", "B-2", "--to", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[dependency-missing]: story B-2 is built on A-1, revision <1>, which is not on acceptance
     |
     = help: bring both: `storyline promote A-1 B-2 --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_snapshot!(ada.run(&["promote", "B-2", "A-1", "--to", "acceptance", "--dry-run"]), @r"
    $ storyline promote B-2 A-1 --to acceptance --dry-run
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml
      + B-2 revision <3>: On top
          A views/b.view.lkml

    2 stories to land, 2 files to change; acceptance goes from <4> to <5>
    --- exit code 0
    ");
    assert_eq!(types(&ada, &told, "storyline promote").code(), Some(0));
    assert_snapshot!(pipeline.landed("acceptance"), @r"
    The shop
    Land A-1: Work on A-1
    Land B-2: On top
    ");
    let commit = pipeline.git("acceptance", &["log", "-1", "--format=%B", "main"]);
    assert!(commit.contains("\nDepends-On: A-1\n"), "{commit}");
}

#[test]
fn two_that_delete_the_same_file() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    for (id, view) in [("A-1", "first"), ("B-2", "second")] {
        let path = format!("views/{id}.view.lkml");
        // Unlike what is deleted: it would have been moved there.
        let text = format!("view: {view} {{\n  sql_table_name: table_of_{view} ;;\n}}\n");
        story(&ada, id, &[("views/users.view.lkml", ""), (&path, &text)]);
    }
    story(&ada, "C-3", &[("views/users.view.lkml", "")]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(ada.run(&["promote", "B-2", "C-3", "--to", "acceptance"]), @r"
    $ storyline promote B-2 C-3 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: Work on B-2
          A views/B-2.view.lkml
      + C-3 revision <3>: Work on C-3
          nothing changes: everything is there already

    2 stories to land, 1 file to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    assert_snapshot!(ada.run(&["promote", "A-1", "B-2", "C-3", "--to", "acceptance"]), @r"
    $ storyline promote A-1 B-2 C-3 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      = A-1 revision <2>: already there
      = B-2 revision <3>: already there
      = C-3 revision <4>: already there
    nothing is to be done
    --- exit code 0
    ");
}

/// What a story says of the manifest stays behind, and lands by itself.
#[test]
fn stories_that_change_the_manifest() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let manifest = pipeline.manifest("# more\n");
    story(&ada, "A-1", &[("storyline.toml", &manifest)]);
    story(
        &ada,
        "B-2",
        &[
            ("storyline.toml", &manifest),
            ("views/b.view.lkml", &other("b")),
        ],
    );
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "acceptance"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[story-manifest-only]: story A-1 changes nothing but the manifest
     |
     = help: once canonical has it: `storyline promote --manifest --to acceptance`

    nothing was changed
    --- exit code 2
    ");
    merge(&ada, "A-1");
    assert_snapshot!(ada.run(&["promote", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: Work on B-2
          A views/b.view.lkml
    note: B-2 changes storyline.toml too, which stays behind: `storyline promote --manifest --to acceptance` lands canonical's
    note: the manifest on acceptance is not canonical's: `storyline promote --manifest --to acceptance` lands canonical's

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    let files = pipeline.git("acceptance", &["diff", "--name-only", "main~1", "main"]);
    assert_eq!(files, "views/b.view.lkml");
}

/// Nothing of a story is left to do where somebody did the same on the stage by hand.
#[test]
fn a_change_that_is_there() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "B-2", &[("views/b.view.lkml", &other("b"))]);
    let hand = pipeline.on("acceptance", "hand");
    hand.commit("views/b.view.lkml", &other("b"), "By hand");
    hand.git(&["push", "--quiet", "origin", "main"]);
    assert_snapshot!(ada.run(&["promote", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: Work on B-2
          nothing changes: everything is there already

    1 story to land, 0 files to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
}

/// What people write is shown as text, whatever it does to a terminal.
#[test]
fn hostile_texts() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    ada.start("A-1");
    ada.commit(
        "views/\u{1b}[31m\u{202e}b.view.lkml",
        &other("b"),
        "Red \u{1b}[31m\u{7} and back \u{202e}wards\u{2066}\n\nStoryline-Kind: land",
    );
    ada.succeeds(&["story", "submit", "A-1"]);
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "acceptance", "--dry-run"]), @r"
    $ storyline promote A-1 --to acceptance --dry-run
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Red \u{1b}[31m\u{7} and back \u{202e}wards\u{2066}
          A views/\u{1b}[31m\u{202e}b.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>
    --- exit code 0
    ");
    let told = ada.succeeds(&["promote", "A-1", "--to", "acceptance", "--format", "json"]);
    let is_plain = |c: char| c == '\n' || !(c.is_control() || "\u{202e}\u{2066}".contains(c));
    assert!(told.stdout().chars().all(is_plain), "{told}");
    let commit = pipeline.git("acceptance", &["log", "-1", "--format=%B", "main"]);
    assert_snapshot!(numbered(&commit.escape_debug().to_string().replace("\\n", "\n")), @r"
    Land A-1: Red [31m and back \u{202e}wards\u{2066}

    Storyline-Kind: land
    Story-Id: A-1
    Story-Revision: <1>
    Story-Base: <2>
    Source-Commit: <3>
    Promotion-Id: <4>
    ");
    let told = ada.run(&["promote", "A-1", "--to", "acceptance\u{1b}[31m"]);
    assert_snapshot!(told.stderr(), @r"
    error[unknown-stage]: `acceptance\u{1b}[31m` is no stage of the pipeline
     |
     = help: stages are `integration`, `acceptance`, `production`

    nothing was changed
    ");
}
