//! `storyline audit`, and `absorb --commit`, on a stage of a real repository.
#![cfg(unix)]

mod common;

use common::staged::{FILE, begin, lines};
use common::team::Team;

#[test]
fn a_stage_holds_what_its_history_says() {
    let team = Team::new();
    let ada = begin(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.promote(&["ONE"]);
    insta::assert_snapshot!(ada.run(&["audit", "acceptance"]), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: 1 commit since <1>, none is foreign
    --- exit code 0
    "#);
}

#[test]
fn what_was_done_on_the_stage_itself_is_foreign_until_it_is_a_story() {
    let team = Team::new();
    let ada = begin(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.promote(&["ONE"]);
    let text = lines(&[("a", "a1"), ("d", "d1")]);
    let commit = ada.commit_there(FILE, &text, "Mended in a hurry");
    let forged = "Land TWO\n\nStoryline-Kind: adopt";
    ada.commit_there("views/x.view.lkml", "view: x {}\n", forged);
    let told = ada.run(&["audit", "acceptance"]).to_string();
    let told = without_dates(&told);
    insta::assert_snapshot!(told, @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: 3 commits since <1>, 2 are foreign

    <2> [TIME], ada: Mended in a hurry
      no-trailers: it does not say what it does
        views/lines.view.lkml

    <3> [TIME], ada: Land TWO
      does-not-recompute: what it says gives other files
        views/x.view.lkml

    next: `storyline absorb acceptance --commit COMMIT --story ID` makes a story of one
    --- exit code 1
    "#);
    let absorb = [
        "absorb",
        "acceptance",
        "--commit",
        &commit[..12],
        "--story",
        "FIX",
    ];
    insta::assert_snapshot!(ada.succeeds(&absorb), @r#"
    $ storyline absorb acceptance --commit <1> --story FIX
    --- stdout
    made <1> of acceptance story FIX, revision <2>
      story/FIX new at <3>
    next: merge story FIX into canonical, or `storyline promote FIX --to STAGE`
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.refused(&absorb), @r#"
    $ storyline absorb acceptance --commit <1> --story FIX
    --- stderr
    error[commit-not-foreign]: commit <1> is story FIX already
     |
     = help: `storyline audit acceptance` lists those that can become stories
    --- exit code 2
    "#);
    insta::assert_snapshot!(without_dates(&ada.run(&["audit", "acceptance"]).to_string()), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: 4 commits since <1>, 1 is foreign

    <2> [TIME], ada: Land TWO
      does-not-recompute: what it says gives other files
        views/x.view.lkml
    --- exit code 1
    "#);
    ada.succeeds(&["back-out", "FIX", "--from", "acceptance"]);
    assert_eq!(ada.on_stage(), "a1 b c d");
}

/// The time of commits is that of the clock.
fn without_dates(told: &str) -> String {
    let lines = told.lines().map(|line| match line.split_once(" UTC, ") {
        Some((before, rest)) => {
            let id = before.split(' ').next().unwrap_or_default();
            format!("{id} [TIME], {rest}")
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
