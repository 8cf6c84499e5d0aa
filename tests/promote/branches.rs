//! Protected branches: people merge what was pushed for them, as they like, by plain Git.

use insta::assert_snapshot;

use crate::common::team::{Clone, VIEW, numbered, view};
use crate::{Pipeline, story};

const POLICY: &str = "\n[stage.acceptance]\nlanding = \"branch\"\n";
const PROMOTE: [&str; 4] = ["promote", "A-1", "--to", "acceptance"];
const PROPOSED: &str = "origin/storyline/land/acceptance/A-1";

struct Proposed<'p> {
    pipeline: &'p Pipeline,
    ada: Clone<'p>,
    /// Who merges.
    forge: Clone<'p>,
}

impl<'p> Proposed<'p> {
    fn new(pipeline: &'p Pipeline) -> Self {
        let ada = pipeline.team.clone("ada");
        story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
        ada.succeeds(&PROMOTE);
        Self {
            pipeline,
            ada,
            forge: pipeline.on("acceptance", "forge"),
        }
    }

    /// Somebody merges by these commands of Git, and what landed is known again.
    #[track_caller]
    fn merged(&self, commands: &[&[&str]]) {
        let forge = &self.forge;
        for command in commands {
            forge.git(command);
        }
        forge.git(&[
            "push",
            "--quiet",
            "origin",
            "main",
            ":storyline/land/acceptance/A-1",
        ]);
        let before = self.pipeline.refs();
        let told = self.ada.succeeds(&PROMOTE);
        assert!(told.stdout().contains("  = A-1 revision "), "{told}");
        assert!(told.stdout().ends_with("nothing is to be done\n"), "{told}");
        assert_eq!(self.pipeline.refs(), before, "{told}");
        // It goes on from there.
        let ada = &self.ada;
        crate::again(ada, "A-1", &[(VIEW, &view("orders", "total"))]);
        let told = ada.succeeds(&PROMOTE);
        assert!(told.stdout().contains("  ~ A-1 revision "), "{told}");
    }

    /// The stage moves by another commit.
    fn moves(&self) {
        let forge = &self.forge;
        forge.commit("NOTICE.md", "By hand.\n", "By hand");
        forge.git(&["push", "--quiet", "origin", "main"]);
    }
}

#[test]
fn a_branch_for_people_to_merge() {
    let pipeline = Pipeline::with(POLICY);
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    assert_snapshot!(ada.run(&PROMOTE), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    pushed as storyline/land/acceptance/A-1: merge it into main by a pull request
    next: `storyline status acceptance` says what became of it
    --- exit code 0
    ");
    let all = ["for-each-ref", "--format=%(objectname) %(refname)"];
    assert_snapshot!(numbered(&pipeline.git("acceptance", &all)), @r"
    <1> refs/heads/main
    <2> refs/heads/storyline/land/acceptance/A-1
    <2> refs/storyline/landing/acceptance/<2>
    ");
    // Once more, before it is merged: nothing new.
    let before = pipeline.refs();
    assert_snapshot!(ada.run(&PROMOTE), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    pushed as storyline/land/acceptance/A-1: merge it into main by a pull request
    next: `storyline status acceptance` says what became of it
    --- exit code 0
    ");
    assert_eq!(pipeline.refs(), before);
    // Another revision takes the place of the first.
    crate::again(&ada, "A-1", &[(VIEW, &view("orders", "total"))]);
    ada.succeeds(&PROMOTE);
    let tip = pipeline.git(
        "acceptance",
        &["show", &format!("storyline/land/acceptance/A-1:{VIEW}")],
    );
    assert!(tip.contains("measure: total"), "{tip}");
}

/// Several stories are one branch, and stay one.
#[test]
fn several_stories() {
    let pipeline = Pipeline::with(POLICY);
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    let both = ["promote", "A-1", "B-2", "--to", "acceptance"];
    assert_snapshot!(ada.run(&both), @r"
    $ storyline promote A-1 B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml
      + B-2 revision <3>: Work on B-2
          A views/b.view.lkml

    2 stories to land, 2 files to change; acceptance goes from <4> to <5>

    pushed as storyline/land/acceptance/A-1+B-2: merge it into main by a pull request
    next: `storyline status acceptance` says what became of it
    --- exit code 0
    ");
    let before = pipeline.refs();
    ada.succeeds(&both);
    assert_eq!(pipeline.refs(), before);
    // A squash puts both messages into one, or loses them.
    let forge = pipeline.on("acceptance", "forge");
    let branch = "origin/storyline/land/acceptance/A-1+B-2";
    let messages = forge.git(&[
        "log",
        "--reverse",
        "--format=* %B",
        &format!("main..{branch}"),
    ]);
    for message in [&format!("Two (#1)\n\n{messages}"), "Two (#1)"] {
        forge.git(&["reset", "--quiet", "--hard", "origin/main"]);
        forge.git(&["merge", "--quiet", "--squash", branch]);
        forge.git(&["commit", "--quiet", "-m", message]);
        forge.git(&[
            "push",
            "--quiet",
            "--force",
            &pipeline.url("acceptance"),
            "main",
        ]);
        ada.git(&["update-ref", "-d", "refs/storyline/remote/acceptance/main"]);
        for again in [&both[..], &PROMOTE] {
            let told = ada.succeeds(again);
            assert!(told.stdout().contains("  = A-1 revision "), "{told}");
            assert!(told.stdout().ends_with("nothing is to be done\n"), "{told}");
        }
    }
}

#[test]
fn merged_by_a_merge_commit() {
    let pipeline = Pipeline::with(POLICY);
    Proposed::new(&pipeline).merged(&[&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge it (#1)",
        PROPOSED,
    ]]);
}

#[test]
fn merged_by_going_forward() {
    let pipeline = Pipeline::with(POLICY);
    Proposed::new(&pipeline).merged(&[&["merge", "--quiet", "--ff-only", PROPOSED]]);
}

#[test]
fn squashed_with_its_message() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    let message = proposed.forge.git(&["log", "-1", "--format=%b", PROPOSED]);
    let message = format!("Land A-1 (#1)\n\n* {message}\n\nCo-authored-by: Eve <eve@example.com>");
    proposed.merged(&[
        &["merge", "--quiet", "--squash", PROPOSED],
        &["commit", "--quiet", "-m", &message],
    ]);
}

#[test]
fn squashed_without_its_message() {
    let pipeline = Pipeline::with(POLICY);
    Proposed::new(&pipeline).merged(&[
        &["merge", "--quiet", "--squash", PROPOSED],
        &["commit", "--quiet", "-m", "Something (#1)"],
    ]);
}

#[test]
fn rebased_after_the_stage_moved() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    proposed.moves();
    proposed.merged(&[&["cherry-pick", PROPOSED]]);
}

#[test]
fn merged_after_the_stage_moved() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    proposed.moves();
    proposed.merged(&[&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge it (#1)",
        PROPOSED,
    ]]);
}

#[test]
fn squashed_without_its_message_after_the_stage_moved() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    proposed.moves();
    proposed.merged(&[
        &["merge", "--quiet", "--squash", PROPOSED],
        &["commit", "--quiet", "-m", "Something (#1)"],
    ]);
}

/// Two commits make the change of the same proposal: which of them it was is asked, not guessed.
#[test]
fn silent_squashes_that_could_both_be_it() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    proposed.moves();
    let forge = &proposed.forge;
    for _ in 0..2 {
        forge.git(&["cherry-pick", "--no-commit", PROPOSED]);
        forge.git(&["commit", "--quiet", "-m", "Something (#1)"]);
        forge.git(&["revert", "--no-edit", "HEAD"]);
    }
    forge.git(&["push", "--quiet", "origin", "main"]);
    let told = proposed.ada.run(&["log", "acceptance", "--story", "A-1"]);
    assert_snapshot!(told, @r#"
    $ storyline log acceptance --story A-1
    --- stdout
    nothing landed on acceptance
    --- stderr
    warning[ambiguous-landing]: acceptance commit <1> could be A-1, and so could another one
     |
     = help: it does not count; `storyline promote` says by a commit of its own what is there

    warning[ambiguous-landing]: acceptance commit <2> could be A-1, and so could another one
     |
     = help: it does not count; `storyline promote` says by a commit of its own what is there
    --- exit code 0
    "#);
}

/// Before it is merged the stage moves: the branch is made anew from there.
#[test]
fn made_anew_when_the_stage_moved() {
    let pipeline = Pipeline::with(POLICY);
    let proposed = Proposed::new(&pipeline);
    proposed.moves();
    assert_snapshot!(proposed.ada.run(&PROMOTE), @r"
    $ storyline promote A-1 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    pushed as storyline/land/acceptance/A-1: merge it into main by a pull request
    next: `storyline status acceptance` says what became of it
    --- exit code 0
    ");
    let branch = "storyline/land/acceptance/A-1";
    assert_eq!(
        pipeline.git("acceptance", &["rev-parse", &format!("{branch}~1")]),
        pipeline.tip("acceptance")
    );
}
