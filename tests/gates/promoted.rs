//! What gates let through.

use std::fs;

use crate::common::team::Team;
use crate::{promote, refused, submit, team, views};

#[test]
fn a_revision_that_is_held_goes_nowhere() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    ada.succeeds(&[
        "hold",
        "ABC-1",
        "--on",
        "production",
        "--reason",
        "not before May",
    ]);
    insta::assert_snapshot!(refused(&ada, &team, &["promote", "ABC-1", "--to", "production"]), @r#"
    $ storyline promote ABC-1 --to production
    --- stderr
    error[not-admitted]: production does not take story ABC-1, revision <1>: held on production by ada: not before May
     |
     = help: once it is mended: `storyline story submit ABC-1`; or `storyline release ABC-1 --on production`

    nothing was changed
    --- exit code 3
    "#);
    ada.succeeds(&["release", "ABC-1", "--on", "production"]);
    promote(&ada, "ABC-1", &["production"]);
    assert_eq!(views(&team, "production"), "abc_1");
}

#[test]
fn accepted_on_both_of_two_stages_side_by_side() {
    let team = team("[stage.production]\naccepted_in = [\"acceptance-1\", \"acceptance-2\"]\n");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1", "acceptance-2"]);
    let production = ["promote", "ABC-1", "--to", "production"];
    insta::assert_snapshot!(refused(&ada, &team, &production), @r#"
    $ storyline promote ABC-1 --to production
    --- stderr
    error[not-admitted]: production does not take story ABC-1, revision <1>: not accepted on acceptance-1 (advisory); not accepted on acceptance-2 (advisory)
     |
     = help: `storyline accept ABC-1 --on acceptance-1`
     = help: `storyline accept ABC-1 --on acceptance-2`

    nothing was changed
    --- exit code 3
    "#);
    ada.succeeds(&["accept", "ABC-1", "--on", "acceptance-1"]);
    insta::assert_snapshot!(refused(&ada, &team, &production), @r#"
    $ storyline promote ABC-1 --to production
    --- stderr
    error[not-admitted]: production does not take story ABC-1, revision <1>: not accepted on acceptance-2 (advisory)
     |
     = help: `storyline accept ABC-1 --on acceptance-2`

    nothing was changed
    --- exit code 3
    "#);
    ada.succeeds(&["accept", "ABC-1", "--on", "acceptance-2"]);
    insta::assert_snapshot!(ada.run(&production), @r#"
    $ storyline promote ABC-1 --to production
    --- stdout
    promotion <1> to production (branch env/production of [DIR]/canonical.git)

      + ABC-1 revision <2>: ABC-1 reads one
          A views/abc_1.view.lkml
          accepted on acceptance-1 by ada (advisory)
          accepted on acceptance-2 by ada (advisory)

    1 story to land, 1 file to change; production goes from <3> to <4>

    landed: production is at <4>
    next: `storyline accept ABC-1 --on production`, or `storyline hold` with a reason
    --- exit code 0
    "#);
    assert_eq!(views(&team, "production"), "abc_1");
}

#[test]
fn two_people_have_to_accept_and_one_of_them_twice_is_one() {
    let team = team(
        "[stage.acceptance-1]\napprovals = 2\n[stage.production]\naccepted_in = [\"acceptance-1\"]\n",
    );
    let (ada, bob) = (team.clone("ada"), team.clone("bob"));
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let accept = ["accept", "ABC-1", "--on", "acceptance-1"];
    ada.succeeds(&accept);
    insta::assert_snapshot!(ada.run(&accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    already accepted by you: ABC-1 on acceptance-1, revision <1>
      1 of 2 approvals (advisory): ada@example.com
    --- exit code 0
    "#);
    let production = ["promote", "ABC-1", "--to", "production"];
    insta::assert_snapshot!(refused(&ada, &team, &production), @r#"
    $ storyline promote ABC-1 --to production
    --- stderr
    error[not-admitted]: production does not take story ABC-1, revision <1>: not accepted on acceptance-1 (advisory)
     |
     = help: `storyline accept ABC-1 --on acceptance-1`

    nothing was changed
    --- exit code 3
    "#);
    bob.succeeds(&accept);
    promote(&ada, "ABC-1", &["production"]);
}

#[test]
fn a_time_to_soak() {
    let team = team("[stage.production]\nsoak = \"2d\"\n");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let told = refused(&ada, &team, &["promote", "ABC-1", "--to", "production"]);
    assert!(told.stderr().contains("error[not-admitted]"), "{told}");
    assert!(
        told.stderr()
            .contains(" of 2d; not on acceptance-2, where it has to stay for 2d"),
        "{told}"
    );
    assert_eq!(views(&team, "production"), "");
}

/// Makes what a stage has seem to be there for longer, by so many days.
fn age(team: &Team, stage: &str, days: i64) {
    let branch = format!("refs/heads/env/{stage}");
    let commit = team.git(&team.canonical, &["cat-file", "commit", &branch]);
    let mut lines: Vec<String> = commit.lines().map(str::to_owned).collect();
    let mut committers = lines
        .iter_mut()
        .filter(|line| line.starts_with("committer "));
    let committer = committers.next().expect("there is one");
    let (rest, zone) = committer.rsplit_once(' ').expect("a zone");
    let (who, when) = rest.rsplit_once(' ').expect("a time");
    let when: i64 = when.parse().expect("seconds");
    *committer = format!("{who} {} {zone}", when - days * 24 * 60 * 60);
    let file = team.top.join("older");
    fs::write(&file, lines.join("\n") + "\n").expect("there is room");
    let file = file.to_str().expect("text");
    let older = team.git(
        &team.canonical,
        &["hash-object", "-t", "commit", "-w", file],
    );
    team.git(&team.canonical, &["update-ref", &branch, older.trim()]);
}

#[test]
fn a_time_to_soak_that_is_over() {
    let team = team("[stage.production]\nsoak = \"2d\"\n");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1", "acceptance-2"]);
    age(&team, "acceptance-1", 3);
    age(&team, "acceptance-2", 1);
    // Whoever saw the branches as they were would be told that they were rewritten.
    let one_more_day = team.clone("bob");
    let production = ["promote", "ABC-1", "--to", "production"];
    let told = refused(&one_more_day, &team, &production);
    assert!(told.stderr().contains(": on acceptance-2 for "), "{told}");
    age(&team, "acceptance-2", 1);
    let bob = team.clone("later");
    bob.succeeds(&production);
    assert_eq!(views(&team, "production"), "abc_1");
}

/// What happens by hand where stages are branches: whatever failed is backed out before a release.
#[test]
fn production_gets_only_accepted_stories_also_while_a_failed_one_sits_in_staging() {
    let team = team("[stage.production]\naccepted_in = [\"acceptance-1\"]\n");
    let ada = team.clone("ada");
    for id in ["ABC-1", "ABC-2", "ABC-3", "ABC-4"] {
        submit(&ada, id);
        promote(&ada, id, &["acceptance-1"]);
    }
    for id in ["ABC-1", "ABC-3"] {
        ada.succeeds(&["accept", id, "--on", "acceptance-1"]);
    }
    ada.succeeds(&[
        "hold",
        "ABC-2",
        "--on",
        "acceptance-1",
        "--reason",
        "totals differ",
    ]);
    let staging = team.tip("env/acceptance-1");
    let train = [
        "promote",
        "--accepted",
        "--from",
        "acceptance-1",
        "--to",
        "production",
    ];
    insta::assert_snapshot!(ada.run(&train), @r#"
    $ storyline promote --accepted --from acceptance-1 --to production
    --- stdout
    promotion <1> to production (branch env/production of [DIR]/canonical.git)

      + ABC-1 revision <2>: ABC-1 reads one
          A views/abc_1.view.lkml
          accepted on acceptance-1 by ada (advisory)
      + ABC-3 revision <3>: ABC-3 reads one
          A views/abc_3.view.lkml
          accepted on acceptance-1 by ada (advisory)
      - ABC-2 revision <4>: left out, held on acceptance-1 by ada: totals differ
      - ABC-4 revision <5>: left out, not accepted on acceptance-1 (advisory)
    note: production will differ from acceptance-1 in 2 files: views/abc_2.view.lkml, views/abc_4.view.lkml

    2 stories to land, 2 files to change; production goes from <6> to <7>

    landed: production is at <7>
    next: `storyline accept ABC-1 --on production`, or `storyline hold` with a reason
    --- exit code 0
    "#);
    assert_eq!(views(&team, "production"), "abc_1 abc_3");
    assert_eq!(views(&team, "acceptance-1"), "abc_1 abc_2 abc_3 abc_4");
    assert_eq!(
        team.tip("env/acceptance-1"),
        staging,
        "nothing was backed out"
    );
    // Mended, handed in anew and accepted, it goes with the next one.
    ada.git(&["switch", "--quiet", "story/ABC-2"]);
    crate::change(&ada, "ABC-2", "two");
    promote(&ada, "ABC-2", &["acceptance-1"]);
    let told = ada.succeeds(&train);
    assert!(told.stdout().contains("nothing is to be done"), "{told}");
    ada.succeeds(&["accept", "ABC-2", "--on", "acceptance-1"]);
    ada.succeeds(&train);
    assert_eq!(views(&team, "production"), "abc_1 abc_2 abc_3");
}

/// A developer's branch holds what others did as well; a story brings its own change alone.
#[test]
fn the_whole_story_and_nothing_but_the_story() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    crate::change(&ada, "ABC-1", "two");
    ada.commit("views/more.view.lkml", "view: more {}\n", "ABC-1: one more");
    ada.succeeds(&["story", "submit", "ABC-1"]);
    submit(&ada, "ABC-2");
    ada.land("views/landed.view.lkml", "view: landed {}\n", "Not a story");
    promote(&ada, "ABC-1", &["production"]);
    assert_eq!(views(&team, "production"), "abc_1 more");
    promote(&ada, "ABC-2", &["production"]);
    assert_eq!(views(&team, "production"), "abc_1 abc_2 more");
}
