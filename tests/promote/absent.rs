//! Stories that do not come: what is in their way, what they lack, and what is to be typed next.

use std::fs;

use insta::assert_snapshot;

use crate::common::team::{Clone, VIEW, view};
use crate::{FILES, Pipeline, again, merge, story, types};

const TO: [&str; 2] = ["--to", "acceptance"];

/// Checks that these stories do not come to `acceptance`.
#[track_caller]
pub(crate) fn refused(pipeline: &Pipeline, clone: &Clone<'_>, stories: &[&str]) -> crate::Told {
    pipeline.refused(clone, &[&["promote"], stories, &TO].concat())
}

#[test]
fn one_is_in_the_way() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[(VIEW, &view("orders", "total"))]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(refused(&pipeline, &ada, &["B-2"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 1 file
     --> views/orders.view.lkml:9:3
      |
    9 |   measure: sum {}
      |   ^^^^^^^^^^^^^^^ both changed these lines
      |
      = help: in views/orders.view.lkml the story has `measure: total {}`
      = help: in the way is A-1, which is on acceptance: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
    // Neither does it come behind another one.
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "B-2", "--to", "production"]), @r"
    $ storyline promote A-1 B-2 --to production
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto production: 1 file
     --> views/orders.view.lkml:9:3
      |
    9 |   measure: sum {}
      |   ^^^^^^^^^^^^^^^ both changed these lines
      |
      = help: in views/orders.view.lkml the story has `measure: total {}`
      = help: in the way is A-1, which is on production: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn one_is_missing() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    merge(&ada, "A-1");
    story(&ada, "B-2", &[(VIEW, &view("orders", "total"))]);
    let told = refused(&pipeline, &ada, &["B-2"]);
    assert_snapshot!(told, @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 1 file
     --> views/orders.view.lkml:9:3
      |
    9 |   measure: count {}
      |   ^^^^^^^^^^^^^^^^^ both changed these lines
      |
      = help: in views/orders.view.lkml the story has `measure: total {}`
      = help: it stands on A-1, which is not on acceptance: `storyline promote A-1 B-2 --to acceptance`

    nothing was changed
    --- exit code 3
    ");
    assert_eq!(types(&ada, &told, "storyline promote").code(), Some(0));
    assert_snapshot!(pipeline.landed("acceptance"), @r"
    The shop
    Land A-1: Work on A-1
    Land B-2: Work on B-2
    ");
}

#[test]
fn a_conflict_in_a_dashboard() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let (path, text) = FILES[2];
    story(
        &ada,
        "A-1",
        &[(path, &text.replace("title: Board", "title: Sales"))],
    );
    story(
        &ada,
        "B-2",
        &[(path, &text.replace("title: Board", "title: Orders"))],
    );
    story(
        &ada,
        "C-3",
        &[(path, &text.replace("single_value", "table"))],
    );
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(refused(&pipeline, &ada, &["B-2"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 1 file
     --> board.dashboard.lookml:2:3
      |
    2 |   title: Sales
      |   ^^^^^^^^^^^^ both changed these lines
      |
      = help: in board.dashboard.lookml the story has `title: Orders`
      = help: in the way is A-1, which is on acceptance: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
    ada.succeeds(&["promote", "C-3", "--to", "acceptance"]);
    let board = pipeline.git("acceptance", &["show", &format!("main:{path}")]);
    assert!(
        board.contains("title: Sales") && board.contains("type: table"),
        "{board}"
    );
    assert!(board.contains("model: shop_acceptance"), "{board}");
}

/// Files that are removed, added twice, or no text.
#[test]
fn conflicts_of_files() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(
        &ada,
        "A-1",
        &[
            ("views/users.view.lkml", ""),
            ("new.md", "One.\n"),
            ("logo.png", "\0one\n"),
        ],
    );
    story(
        &ada,
        "B-2",
        &[
            (
                "views/users.view.lkml",
                "view: users {\n  dimension: name {}\n}\n",
            ),
            ("new.md", "Two.\n"),
            ("logo.png", "\0two\n"),
        ],
    );
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(refused(&pipeline, &ada, &["B-2"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 3 files
    --> logo.png
     = note: both added it
    ::: new.md
     = note: both added it
    ::: views/users.view.lkml
     = note: the story changes or moves it, and the stage does not have it
     = help: in the way is A-1, which is on acceptance: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn stories_that_there_are_not() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    assert_snapshot!(refused(&pipeline, &ada, &["A-1"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[unknown-story]: nothing was handed in of a story A-1
     |
     = help: `storyline story list` has them all; `storyline story submit A-1` hands one in

    nothing was changed
    --- exit code 2
    ");
    ada.start("A-1");
    ada.git(&["switch", "--quiet", "main"]);
    assert_snapshot!(refused(&pipeline, &ada, &["A-1"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[unknown-story]: nothing was handed in of a story A-1
     |
     = help: `storyline story list` has them all; `storyline story submit A-1` hands one in

    nothing was changed
    --- exit code 2
    ");
    again(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    ada.succeeds(&[
        "story",
        "withdraw",
        "A-1",
        "--reason",
        "Not now\u{1b}[31m\nnor later",
    ]);
    let told = refused(&pipeline, &ada, &["A-1"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[story-withdrawn]: story A-1 was withdrawn: Not now[31m
     |
     = help: `storyline story submit A-1` takes it up again

    nothing was changed
    --- exit code 2
    ");
    assert_eq!(types(&ada, &told, "storyline story submit").code(), Some(0));
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    story(&ada, "W-2", &[("w.md", "W.\n")]);
    ada.start("W-1");
    ada.git(&["switch", "--quiet", "main"]);
    ada.succeeds(&["story", "withdraw", "W-1"]);
    assert_snapshot!(refused(&pipeline, &ada, &["W-1", "W-2"]), @r"
    $ storyline promote W-1 W-2 --to acceptance
    --- stderr
    error[story-withdrawn]: story W-1 was withdrawn
     |
     = help: `storyline story submit W-1` takes it up again

    nothing was changed
    --- exit code 2
    ");
    assert_snapshot!(refused(&pipeline, &ada, &["a/b"]), @r"
    $ storyline promote a/b --to acceptance
    --- stderr
    error[story-id]: `a/b` cannot be the id of a story: it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first
     |
     = help: take the key of its ticket, such as `ABC-12`, or a few words: `lifetime-value`

    nothing was changed
    --- exit code 2
    ");
}

/// What a clone has seen of a story, and of others, is not what there is.
#[test]
fn a_story_that_somebody_took_away() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[("a.md", "A.\n")]);
    story(&ada, "A-12", &[("a12.md", "A.\n")]);
    let log = ada.git(&["rev-parse", "refs/storyline/story/A-1/log"]);
    ada.succeeds(&["promote", "A-1", "A-12", "--to", "acceptance"]);
    let take_away = ["push", "--quiet", "origin", "--delete"];
    ada.git(&[&take_away[..], &["refs/storyline/story/A-1/log"]].concat());
    let production = ["promote", "A-1", "--to", "production"];
    let told = pipeline.refused(&ada, &production);
    assert!(told.stderr().contains("error[unknown-story]"), "{told}");
    ada.succeeds(&["promote", "A-12", "--to", "production"]);
    // It is there for whoever gives it back.
    let give_back = format!("{}:refs/storyline/story/A-1/log", log.trim());
    ada.git(&["push", "--quiet", "origin", &give_back]);
    ada.succeeds(&production);
}

#[test]
fn a_revision_whose_objects_are_gone() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    let revision = ada.git(&["rev-parse", "story/A-1"]);
    // A log that names a commit, and does not keep it: as a tool would leave it that prunes.
    let log = "refs/storyline/story/A-1/log";
    let at = pipeline.team.tip(log).expect("it was handed in");
    let git = |args: &[&str]| pipeline.team.git(&pipeline.team.canonical, args);
    let text = git(&["cat-file", "commit", &at]);
    let lines = text.lines().filter(|line| !line.starts_with("parent "));
    let file = pipeline.team.top.join("commit");
    fs::write(&file, lines.collect::<Vec<_>>().join("\n") + "\n").expect("a file");
    let made = git(&[
        "hash-object",
        "-t",
        "commit",
        "-w",
        &file.display().to_string(),
    ]);
    git(&["update-ref", log, &made]);
    let refs = git(&[
        "for-each-ref",
        "--format=%(refname)",
        "refs/storyline/story/A-1/",
        "refs/heads/story/",
    ]);
    for name in refs.lines().filter(|name| *name != log) {
        git(&["update-ref", "-d", name]);
    }
    git(&["gc", "--quiet", "--prune=now"]);
    let bob = pipeline.team.clone("bob");
    let logs = "+refs/storyline/story/*:refs/storyline/story/*";
    bob.git(&["fetch", "--quiet", "origin", logs]);
    assert_snapshot!(refused(&pipeline, &bob, &["A-1"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[revision-gone]: commit <1> of story A-1, revision <2>, is gone
     |
     = help: `storyline story submit A-1` hands in what its branch holds now
     = help: or push the commit again from a clone that has it, and `git fetch` it here

    nothing was changed
    --- exit code 2
    ");
    // Who has the commit brings it back.
    ada.git(&[
        "push",
        "--quiet",
        "origin",
        &format!("{revision}:refs/heads/story/A-1"),
    ]);
    bob.git(&["fetch", "--quiet"]);
    bob.succeeds(&["promote", "A-1", "--to", "acceptance"]);
}

#[test]
fn stages_that_there_are_not() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    let told = pipeline.refused(&ada, &["promote", "A-1", "--to", "nowhere"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to nowhere
    --- stderr
    error[unknown-stage]: `nowhere` is no stage of the pipeline
     |
     = help: stages are `integration`, `acceptance`, `production`

    nothing was changed
    --- exit code 2
    ");
    let told = pipeline.refused(&ada, &["promote", "A-1", "--to", "integration"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to integration
    --- stderr
    error[stage-follows-canonical]: stage `integration` follows canonical: stories are not promoted to it
     --> storyline.toml:5:14
      |
    5 | [environment.integration]
      |              ^^^^^^^^^^^ declared here
      |
      = help: a story gets there by landing on the canonical branch
      = help: `storyline sync integration` brings the stage to where canonical is

    nothing was changed
    --- exit code 2
    ");
    pipeline.git("acceptance", &["update-ref", "-d", "refs/heads/main"]);
    let told = refused(&pipeline, &ada, &["A-1"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[stage-branch-missing]: stage `acceptance` has no branch `main` at [DIR]/acceptance.git
     |
     = help: begin it with what canonical is now: `storyline stamp acceptance --rev <1> --branch stage-acceptance`, then `git push [DIR]/acceptance.git stage-acceptance:main`

    nothing was changed
    --- exit code 2
    ");
    types(&ada, &told, "storyline stamp");
    crate::types_git(&ada, &told, "git push");
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
}

#[test]
fn a_stage_without_a_manifest() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    let hand = pipeline.on("acceptance", "hand");
    let manifest = fs::read_to_string(hand.root.join("storyline.toml")).expect("it has one");
    // It does not know the stage.
    hand.commit(
        "storyline.toml",
        &manifest
            .replace("environment.acceptance", "environment.other")
            .replace("\"acceptance\"", "\"other\""),
        "Other",
    );
    hand.git(&["push", "--quiet", "origin", "main"]);
    let told = refused(&pipeline, &ada, &["A-1"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[stage-manifest-behind]: the `storyline.toml` on stage `acceptance` does not know it
     |
     = help: `storyline promote --manifest --to acceptance` lands the newer one

    nothing was changed
    --- exit code 2
    ");
    // It is taken for what canonical says of it.
    assert_snapshot!(types(&ada, &told, "storyline promote"), @r"
    $ storyline promote --manifest --to acceptance
    --- stdout
    the manifest of canonical commit <1> to acceptance (branch main of [DIR]/acceptance.git)
    landed: acceptance is at <2>
    --- exit code 0
    ");
    assert_eq!(pipeline.git("acceptance", &["diff", "main", "main~2"]), "");
    // It is broken, then gone.
    hand.git(&["pull", "--quiet"]);
    hand.commit("storyline.toml", "[", "Broken");
    hand.git(&["push", "--quiet", "origin", "main"]);
    assert_snapshot!(refused(&pipeline, &ada, &["A-1"]), @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[stage-manifest-behind]: the `storyline.toml` on stage `acceptance` does not know it
     |
     = help: `storyline promote --manifest --to acceptance` lands the newer one

    nothing was changed
    --- exit code 2
    ");
    hand.git(&["rm", "--quiet", "storyline.toml"]);
    hand.git(&["commit", "--quiet", "-m", "Gone"]);
    hand.git(&["push", "--quiet", "origin", "main"]);
    let told = refused(&pipeline, &ada, &["A-1"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to acceptance
    --- stderr
    error[stage-without-manifest]: stage `acceptance` has no `storyline.toml` that can be read
     |
     = help: `storyline adopt acceptance` brings it under the manifest
     = help: where it was, and somebody took the file away: `storyline promote --manifest --to acceptance`

    nothing was changed
    --- exit code 2
    ");
    assert_eq!(types(&ada, &told, "storyline promote").code(), Some(0));
    assert_eq!(pipeline.git("acceptance", &["diff", "main", "main~5"]), "");
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
}
