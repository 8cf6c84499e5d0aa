//! `storyline back-out`, `story depends` and `bisect-story`, on a stage of a real repository.
#![cfg(unix)]

mod common;

use common::staged::{FILE, begin, lines};
use common::team::Team;

/// The whole story goes, and nothing but the story; what is mended brings all of it again.
#[test]
fn a_story_that_failed_goes_is_held_and_comes_back() {
    let team = Team::new();
    let ada = begin(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.hand_in("TWO", &[("b", "b1"), ("d", "d1")]);
    ada.hand_in("THREE", &[("c", "c1")]);
    ada.promote(&["ONE", "TWO", "THREE"]);
    let back_out = [
        "back-out",
        "TWO",
        "--from",
        "acceptance",
        "--reason",
        "totals differ",
    ];
    let dry = [&back_out[..], &["--dry-run"]].concat();
    insta::assert_snapshot!(ada.succeeds(&dry), @r#"
    $ storyline back-out TWO --from acceptance --reason totals differ --dry-run
    --- stdout
    would back out TWO revision <1> from acceptance
      M views/lines.view.lkml
    nothing was changed; next: the same without `--dry-run`
    --- exit code 0
    "#);
    assert_eq!(ada.on_stage(), "a1 b1 c1 d1");
    insta::assert_snapshot!(ada.succeeds(&back_out), @r#"
    $ storyline back-out TWO --from acceptance --reason totals differ
    --- stdout
    backed out TWO revision <1> from acceptance
      M views/lines.view.lkml
      env/acceptance <2>..<3>
    held there; next: mend it, and `storyline story submit TWO`
    --- exit code 0
    "#);
    assert_eq!(ada.on_stage(), "a1 b c1 d");
    insta::assert_snapshot!(ada.git(&["log", "-1", "--format=%s%n%n%b", "origin/env/acceptance"]).lines().take(3).collect::<Vec<_>>().join("\n"), @r#"
    Back out TWO

    totals differ
    "#);
    insta::assert_snapshot!(ada.refused(&back_out), @r#"
    $ storyline back-out TWO --from acceptance --reason totals differ
    --- stderr
    error[story-not-on-stage]: story TWO is not on `acceptance`
     |
     = help: on it: ONE, THREE

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.refused(&["promote", "TWO", "--to", "acceptance"]), @r#"
    $ storyline promote TWO --to acceptance
    --- stderr
    error[not-admitted]: acceptance does not take story TWO, revision <1>: held on acceptance by ada: totals differ
     |
     = help: once it is mended: `storyline story submit TWO`; or `storyline release TWO --on acceptance`

    nothing was changed
    --- exit code 3
    "#);
    ada.git(&["switch", "--quiet", "story/TWO"]);
    ada.commit(FILE, &lines(&[("b", "b2"), ("d", "d1")]), "Mend it");
    ada.succeeds(&["story", "submit", "TWO"]);
    ada.git(&["switch", "--quiet", "main"]);
    ada.promote(&["TWO"]);
    assert_eq!(ada.on_stage(), "a1 b2 c1 d1");
    ada.succeeds(&["audit", "acceptance"]);
}

#[test]
fn stories_that_stand_on_it_are_told_first() {
    let team = Team::new();
    let ada = begin(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.promote(&["ONE"]);
    ada.git(&["switch", "--quiet", "main"]);
    ada.succeeds(&["story", "start", "TWO", "--depends-on", "ONE"]);
    ada.git(&["switch", "--quiet", "story/TWO"]);
    ada.commit(
        FILE,
        &lines(&[("a", "a2")]),
        "Change TWO\n\nDepends-On: ONE",
    );
    ada.succeeds(&["story", "submit", "TWO"]);
    ada.git(&["switch", "--quiet", "main"]);
    ada.promote(&["TWO"]);
    insta::assert_snapshot!(ada.run(&["story", "depends", "ONE", "--on", "acceptance"]), @r#"
    $ storyline story depends ONE --on acceptance
    --- stdout
    ONE stands on no other story on acceptance
    TWO says that it is built on ONE
    TWO changed what ONE changed: views/lines.view.lkml:2
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["story", "depends", "TWO"]), @r#"
    $ storyline story depends TWO
    --- stdout
    TWO says that it is built on ONE
    no other story stands on TWO
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.refused(&["back-out", "ONE", "--from", "acceptance"]), @r#"
    $ storyline back-out ONE --from acceptance
    --- stderr
    error[story-has-dependents]: other stories on `acceptance` stand on ONE
     |
     = help: TWO says that it is built on ONE
     = help: TWO changed what ONE changed: views/lines.view.lkml:2
     = help: to take them off as well: `storyline back-out ONE --from acceptance --with-dependents`
     = help: to take off ONE all the same: `storyline back-out ONE --from acceptance --alone`

    nothing was changed
    --- exit code 3
    "#);
    let alone = ["back-out", "ONE", "--from", "acceptance", "--alone"];
    insta::assert_snapshot!(ada.refused(&alone), @r#"
    $ storyline back-out ONE --from acceptance --alone
    --- stderr
    error[back-out-conflict]: ONE does not simply go off `acceptance`
     |
     = help: revert does not fit
               views/lines.view.lkml:2
     = help: rebuild does not fit TWO (<1>) again
               views/lines.view.lkml:2
     = help: because of TWO, in views/lines.view.lkml
     = help: or take off TWO first: `storyline back-out TWO --from acceptance`

    nothing was changed
    --- exit code 3
    "#);
    let both = [
        "back-out",
        "ONE",
        "--from",
        "acceptance",
        "--with-dependents",
    ];
    insta::assert_snapshot!(ada.succeeds(&both), @r#"
    $ storyline back-out ONE --from acceptance --with-dependents
    --- stdout
    backed out TWO revision <1> from acceptance
      M views/lines.view.lkml
    backed out ONE revision <2> from acceptance
      M views/lines.view.lkml
      env/acceptance <3>..<4>
    held there; next: mend it, and `storyline story submit ONE`
    --- exit code 0
    "#);
    assert_eq!(ada.on_stage(), "a b c d");
    ada.succeeds(&["audit", "acceptance"]);
}

#[test]
fn a_person_chooses_where_both_ways_differ() {
    let team = Team::new();
    let ada = begin(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.hand_in("TWO", &[("a", "a1"), ("b", "b1")]);
    ada.promote(&["ONE", "TWO"]);
    insta::assert_snapshot!(ada.refused(&["back-out", "ONE", "--from", "acceptance"]), @r#"
    $ storyline back-out ONE --from acceptance
    --- stderr
    error[back-out-differs]: taking ONE off `acceptance` backwards and rebuilding without it give different files
     |
     = help: revert changes
               M views/lines.view.lkml
     = help: rebuild changes nothing
     = help: they differ in views/lines.view.lkml
     = help: because of TWO, in views/lines.view.lkml
     = help: `storyline back-out ONE --from acceptance --take revert` lands that one
     = help: `storyline back-out ONE --from acceptance --take rebuild` lands that one
     = help: or take off TWO first: `storyline back-out TWO --from acceptance`

    nothing was changed
    --- exit code 3
    "#);
    ada.succeeds(&[
        "back-out",
        "ONE",
        "--from",
        "acceptance",
        "--take",
        "rebuild",
    ]);
    assert_eq!(ada.on_stage(), "a1 b1 c d");
    ada.succeeds(&["audit", "acceptance"]);
}

#[test]
fn a_person_s_command_finds_the_story_to_blame() {
    let team = Team::new();
    let ada = begin(&team);
    for (id, line, new) in [("ONE", "a", "a1"), ("TWO", "b", "b1"), ("THREE", "c", "c1")] {
        ada.hand_in(id, &[(line, new)]);
    }
    ada.promote(&["ONE", "TWO", "THREE"]);
    let test = |script: &str| {
        let args = ["bisect-story", "acceptance", "--", "sh", "-c", script];
        ada.run(&args)
    };
    insta::assert_snapshot!(test("! grep -n b1 views/lines.view.lkml"), @r#"
    $ storyline bisect-story acceptance -- sh -c ! grep -n b1 views/lines.view.lkml
    --- stdout
    tree <1>: exit status: 1
      | 6:  dimension: b1 {}
    tree <2>: exit status: 1
      | 6:  dimension: b1 {}
    tree <3>: exit status: 1
      | 6:  dimension: b1 {}
    to blame: TWO
    passes with ONE, THREE; no larger set does, in 4 runs
    next: `storyline back-out TWO --from acceptance`
    --- exit code 1
    "#);
    insta::assert_snapshot!(test("true"), @r#"
    $ storyline bisect-story acceptance -- sh -c true
    --- stdout
    acceptance passes as it is: no story is to blame
    --- exit code 0
    "#);
    insta::assert_snapshot!(test("test -z \"$GIT_DIR\" && false"), @r#"
    $ storyline bisect-story acceptance -- sh -c test -z "$GIT_DIR" && false
    --- stdout
    tree <1>: exit status: 1
    tree <2>: exit status: 1
    tree <3>: exit status: 1
    tree <4>: exit status: 1
    tree <5>: exit status: 1
    acceptance does not pass without any story either, in 5 runs: none is to blame
    --- exit code 1
    "#);
    insta::assert_snapshot!(ada.run(&["bisect-story", "acceptance", "--", "/no/such/program"]), @r#"
    $ storyline bisect-story acceptance -- /no/such/program
    --- stderr
    error[command-not-run]: cannot run /no/such/program: No such file or directory (os error 2)
     |
     = help: name a program that can be run
    --- exit code 2
    "#);
}

/// A stage that follows canonical has what canonical has: the story's change is taken back there.
#[test]
fn a_stage_that_follows_canonical_gets_a_revert() {
    let team = Team::new();
    let ada = begin(&team);
    let follows = ada.git(&["show", "main:storyline.toml"]).replace(
        "branch = \"env/acceptance\"",
        "branch = \"env/acceptance\"\nfollows = \"canonical\"",
    );
    ada.land("storyline.toml", &follows, "Follow");
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.git(&["fetch", "--quiet", "origin"]);
    ada.git(&["switch", "--quiet", "--detach", "origin/main"]);
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge ONE",
        "origin/story/ONE",
    ]);
    ada.git(&["push", "--quiet", "origin", "HEAD:main"]);
    insta::assert_snapshot!(ada.run(&["back-out", "ONE", "--from", "acceptance"]), @r#"
    $ storyline back-out ONE --from acceptance
    --- stdout
    backed out ONE revision <1> from acceptance
      M views/lines.view.lkml
      main <2>..<3>
    held there; next: `storyline sync acceptance`; canonical's history has the story's commits, so mend it in new ones: on its branch `git rebase --no-ff <4>`, then `storyline story submit ONE`
    --- exit code 0
    "#);
    ada.git(&["fetch", "--quiet", "origin"]);
    let canonical = || ada.git(&["show", &format!("origin/main:{FILE}")]);
    assert_eq!(canonical(), lines(&[]).trim());
    // What was told brings all of it again, where merging the old commits would bring nothing.
    ada.git(&["switch", "--quiet", "story/ONE"]);
    let base = ada.git(&["merge-base", "HEAD^", "origin/main"]);
    // Within the same second the new commits would be the old ones.
    ada.git(&["rebase", "--quiet", "--no-ff", "--signoff", &base]);
    ada.commit("views/more.view.lkml", "view: more {}\n", "Mend it");
    ada.git(&["switch", "--quiet", "--detach", "origin/main"]);
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge ONE",
        "story/ONE",
    ]);
    ada.git(&["push", "--quiet", "origin", "HEAD:main"]);
    assert_eq!(canonical(), lines(&[("a", "a1")]).trim());
}
