//! Stages that lie: histories that were rewritten, and messages that claim what their files do not say.

use insta::assert_snapshot;

use crate::common::team::{VIEW, view};
use crate::{Pipeline, story, types, types_git};

#[test]
fn a_stage_that_was_rewritten() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    let good = pipeline.tip("acceptance");
    let rewrite = || pipeline.git("acceptance", &["update-ref", "refs/heads/main", "main~1"]);
    rewrite();
    let told = pipeline.refused(&ada, &["promote", "B-2", "--to", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[stage-rewritten]: stage acceptance was rewritten: `main` of [DIR]/acceptance.git is at <1>, which does not go on from <2>
     |
     = help: to bring it back: `git push --force-with-lease=main:<1> [DIR]/acceptance.git <2>:main`
     = help: if that was meant: `git update-ref -d refs/storyline/remote/acceptance/main`, and run the command again

    nothing was changed
    --- exit code 3
    ");
    // It is told again until somebody decides.
    pipeline.refused(&ada, &["promote", "B-2", "--to", "acceptance"]);
    types_git(&ada, &told, "git push");
    assert_eq!(pipeline.tip("acceptance"), good);
    ada.succeeds(&["promote", "B-2", "--to", "acceptance", "--dry-run"]);
    rewrite();
    let told = pipeline.refused(&ada, &["promote", "B-2", "--to", "acceptance"]);
    types_git(&ada, &told, "git update-ref");
    assert_snapshot!(ada.run(&["promote", "A-1", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote A-1 B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml
      + B-2 revision <3>: Work on B-2
          A views/b.view.lkml

    2 stories to land, 2 files to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
}

#[test]
fn messages_that_lie() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    let message = pipeline.git("acceptance", &["log", "-1", "--format=%B", "main"]);
    let hand = pipeline.on("production", "hand");
    hand.commit("README.md", "Nothing of A-1.\n", &message);
    hand.git(&["push", "--quiet", "origin", "main"]);
    let told = pipeline.refused(&ada, &["promote", "A-1", "--to", "production"]);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 --to production
    --- stderr
    error[landing-forged]: commit <1> on production says that it lands story A-1, and does not: does-not-recompute
     |
     = help: `storyline audit production` shows what it did
     = help: `storyline back-out A-1 --from production` says that it is not there; then `storyline release A-1 --on production`, and promote it again

    nothing was changed
    --- exit code 3
    ");
    hand.git(&["revert", "--no-edit", "HEAD"]);
    hand.git(&["push", "--quiet", "origin", "main"]);
    for command in ["storyline back-out", "storyline release"] {
        let typed = types(&ada, &told, command);
        assert_eq!(typed.code(), Some(0), "{typed}");
    }
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "production"]), @r"
    $ storyline promote A-1 --to production
    --- stdout
    promotion <1> to production (branch main of [DIR]/production.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; production goes from <3> to <4>

    landed: production is at <4>
    next: `storyline accept A-1 --on production`, or `storyline hold` with a reason
    --- exit code 0
    ");
    hand.git(&["pull", "--quiet"]);
    // Trailers that no program of ours writes are no trailers.
    for lie in [
        "Storyline-Kind: land\nStory-Id: B-2",
        "Storyline-Kind: land\nStory-Id: ../x\nStory-Revision: 0\nStory-Base: 0\nSource-Commit: 0",
        "Storyline-Kind: fly",
    ] {
        hand.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            &format!("Lie\n\n{lie}"),
        ]);
    }
    hand.git(&["push", "--quiet", "origin", "main"]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&["promote", "B-2", "--to", "production"]);
}

/// What a message says of a revision that nobody handed in takes nothing off, however it names another change.
#[test]
fn a_revision_that_nobody_handed_in() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&["promote", "B-2", "--to", "production"]);
    let message = pipeline.git("production", &["log", "-1", "--format=%B", "main"]);
    let hand = pipeline.on("production", "hand");
    // The change of B-2, under the name of A-1.
    let lie = message.replace("Story-Id: B-2", "Story-Id: A-1");
    hand.git(&["commit", "--quiet", "--allow-empty", "-m", &lie]);
    hand.git(&["push", "--quiet", "origin", "main"]);
    assert_snapshot!(ada.run(&["promote", "A-1", "--to", "production"]), @r"
    $ storyline promote A-1 --to production
    --- stdout
    promotion <1> to production (branch main of [DIR]/production.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml

    1 story to land, 1 file to change; production goes from <3> to <4>

    landed: production is at <4>
    next: `storyline accept A-1 --on production`, or `storyline hold` with a reason
    --- exit code 0
    ");
    let files = pipeline.git("production", &["ls-tree", "--name-only", "main", "views/"]);
    assert!(files.contains("views/b.view.lkml"), "{files}");
    let told = ada.run(&["audit", "production"]);
    let says = |reason: &str| told.stdout().contains(reason);
    assert!(says("revision-unknown") && !says("not-on-stage"), "{told}");
}

/// What a message names may not even exist. Only who asks for that very story is stopped.
#[test]
fn messages_that_name_what_nobody_has() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    let message = pipeline.git("acceptance", &["log", "-1", "--format=%B", "main"]);
    let mut lie = String::new();
    for line in message.lines() {
        let (key, value) = line.split_once(": ").unwrap_or((line, ""));
        let value = match key {
            "Story-Id" => "B-2".to_owned(),
            "Story-Revision" | "Story-Base" | "Source-Commit" => "7".repeat(value.len()),
            _ => value.to_owned(),
        };
        let colon = if line.contains(": ") { ": " } else { "" };
        lie += &format!("{key}{colon}{value}\n");
    }
    let hand = pipeline.on("acceptance", "hand");
    hand.git(&["commit", "--quiet", "--allow-empty", "-m", &lie]);
    hand.git(&["push", "--quiet", "origin", "main"]);
    assert_snapshot!(ada.run(&["status"]), @r"
    $ storyline status
    --- stdout
    integration: 0 stories; follows canonical, which is at <1>
      2 stories that were handed in are not here

    acceptance: 1 story; main is at <2>
      1 commit of no story: `storyline audit acceptance` lists them
      next: storyline accept A-1 --on acceptance

    production: 0 stories; main is at <3>
      1 story of the stage before is not here
    --- exit code 0
    ");
    let told = pipeline.refused(&ada, &["back-out", "B-2", "--from", "acceptance"]);
    assert_snapshot!(told, @r"
    $ storyline back-out B-2 --from acceptance
    --- stderr
    error[landing-forged]: commit <1> says that it landed revision <2> of B-2, which nobody handed in
     |
     = help: `storyline audit acceptance` tells what it did
     = help: `git revert <1>` on the stage's branch takes that commit back

    nothing was changed
    --- exit code 3
    ");
    let told = ada.run(&["audit", "acceptance"]);
    assert!(
        told.stdout().contains("revision-unknown") && told.code() == Some(1),
        "{told}"
    );
    ada.succeeds(&["story", "depends", "A-1", "--on", "acceptance"]);
    story(&ada, "C-3", &[(VIEW, &view("orders", "average"))]);
    let told = pipeline.refused(&ada, &["promote", "C-3", "--to", "acceptance"]);
    assert!(told.stderr().contains("in the way is A-1"), "{told}");
    let bisect = ["bisect-story", "acceptance", "--", "test", "!", "-e", VIEW];
    let told = ada.run(&bisect);
    assert!(!told.stdout().contains("B-2"), "{told}");
    ada.succeeds(&["back-out", "A-1", "--from", "acceptance"]);
    ada.succeeds(&["promote", "B-2", "--to", "acceptance"]);
}
