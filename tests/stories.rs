//! `storyline story`, on real repositories: a bare one that is canonical, and developers' clones.
#![cfg(unix)]

mod common;

use std::fs;

use common::team::{Clone, Team, VIEW, view};

/// A list without ages, which are those of the clock.
fn states(clone: &Clone<'_>) -> String {
    let list = clone
        .succeeds(&["story", "list", "--format", "json"])
        .json();
    let rows = list.as_array().expect("a list").iter().map(|row| {
        let gone = row["branch"].is_null();
        let words = [row["story"].as_str(), row["state"].as_str()];
        let words = words.map(|word| word.expect("text")).join(" ");
        let branch = if gone { ", branch gone" } else { "" };
        format!("{words}, {} revisions{branch}", row["revisions"])
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_story_from_its_start_to_a_second_revision() {
    let team = Team::new();
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.run(&["story", "start", "ABC-12"]), @r#"
    $ storyline story start ABC-12
    --- stdout
    started ABC-12: branch story/ABC-12 at <1>, here and at [DIR]/canonical.git
    next: `git switch story/ABC-12`, commit, `storyline story submit ABC-12`
    --- exit code 0
    "#);
    let status = ada.git(&["status", "--porcelain", "--branch"]);
    assert_eq!(
        status, "## main...origin/main",
        "the working tree stays as it is"
    );
    ada.git(&["switch", "--quiet", "story/ABC-12"]);
    let first = ada.commit(VIEW, &view("orders_v2", "count"), "Read the new table");
    insta::assert_snapshot!(ada.run(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stdout
    submitted ABC-12: revision <1>
      base <2>
      tip  <3>
      1 commit, 1 file
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stdout
    ABC-12 is already there: revision <1>
      base <2>
      tip  <3>
      1 commit, 1 file
    --- exit code 0
    "#);
    let refs = team.refs();

    ada.write(VIEW, &view("orders_v3", "count"));
    ada.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    insta::assert_snapshot!(ada.refused(&["story", "submit", "ABC-12"]), @r#"
    $ storyline story submit ABC-12
    --- stderr
    error[story-diverged]: branch `story/ABC-12` is at <1> here and at <2> at [DIR]/canonical.git
     |
     = help: if yours replaces what is there: `git push --force-with-lease=story/ABC-12:<2> [DIR]/canonical.git story/ABC-12`
     = help: if both count: `git pull --rebase [DIR]/canonical.git story/ABC-12`
     = help: then submit again; revisions that were handed in stay whatever becomes of the branch
    --- exit code 3
    "#);
    assert_eq!(team.refs(), refs);
    assert_eq!(states(&ada), "ABC-12 submitted, 1 revisions");
    ada.git(&["push", "--quiet", "--force", "origin", "story/ABC-12"]);
    assert_eq!(states(&ada), "ABC-12 changed, 1 revisions");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    assert_eq!(states(&ada), "ABC-12 submitted, 2 revisions");

    // Nothing is lost when the branch is, here or there.
    ada.git(&["push", "--quiet", "origin", ":story/ABC-12"]);
    team.git(
        &team.canonical,
        &["reflog", "expire", "--expire=now", "--all"],
    );
    team.git(&team.canonical, &["gc", "--quiet", "--prune=now"]);
    team.git(&team.canonical, &["cat-file", "-e", &first]);
    let bob = team.clone("bob");
    let shown = bob.run(&["story", "show", "ABC-12"]).to_string();
    insta::assert_snapshot!(without_times(&shown), @r#"
    $ storyline story show ABC-12
    --- stdout
    ABC-12: submitted, its branch is gone

    revision <1> by ada, [TIME]
      base <2>
      tip  <3>
      <3> Read the new table (ada)
      changed views/orders.view.lkml

    revision <4> by ada, [TIME]
      base <2>
      tip  <5>
      <5> Read the new table (ada)
      changed views/orders.view.lkml
    --- exit code 0
    "#);
    bob.git(&["cat-file", "-e", &first]);
    assert_eq!(states(&bob), "ABC-12 submitted, 2 revisions, branch gone");
    assert!(
        team.refs()
            .contains(&format!("{first} refs/storyline/story/ABC-12/"))
    );
}

fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(", 2") {
        Some((before, rest)) if rest.ends_with(" UTC") => format!("{before}, [TIME]"),
        _ => line.into(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_revision_alone() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    let json = ada
        .succeeds(&["story", "show", "ABC-12", "--format", "json"])
        .json();
    let revision = json["events"][0]["revision"]
        .as_str()
        .expect("a name")
        .to_owned();
    ada.commit(VIEW, &view("a", "sum"), "Two");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    let alone = ada.succeeds(&[
        "story",
        "show",
        "ABC-12",
        &revision[..8],
        "--format",
        "json",
    ]);
    assert_eq!(alone.json()["events"].as_array().map(Vec::len), Some(1));
    // The name is what Git calls the text, and the text is in the log.
    let log = "refs/storyline/story/ABC-12/log^1";
    let message = team.git(&team.canonical, &["log", "-1", "--format=%b", log]);
    let text = message.split("\n\n").next().expect("a paragraph");
    fs::write(team.top.join("text"), format!("{text}\n")).expect("a file");
    let path = team.top.join("text");
    let hash = team.git(
        &team.canonical,
        &["hash-object", path.to_str().expect("plain")],
    );
    assert_eq!(hash, revision);
    for unknown in ["000", "0123456789ab", "main"] {
        let told = ada.refused(&["story", "show", "ABC-12", unknown]);
        assert!(told.to_string().contains("unknown-revision"), "{told}");
    }
}

#[test]
fn withdrawn_and_taken_up_again() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    let pins = team.refs();
    insta::assert_snapshot!(ada.run(&["story", "withdraw", "ABC-12", "--reason", "nobody\u{1b} needs it"]), @r#"
    $ storyline story withdraw ABC-12 --reason nobody needs it
    --- stdout
    withdrew ABC-12; its branch and revisions stay
    next: `storyline story submit ABC-12` takes it up again
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["story", "withdraw", "ABC-12"]), @r#"
    $ storyline story withdraw ABC-12
    --- stdout
    ABC-12 is withdrawn already
    next: `storyline story submit ABC-12` takes it up again
    --- exit code 0
    "#);
    assert_eq!(states(&ada), "ABC-12 withdrawn, 1 revisions");
    let kept = pins.lines().filter(|line| !line.ends_with("/log"));
    assert!(kept.clone().count() >= 3 && kept.clone().all(|line| team.refs().contains(line)));
    ada.succeeds(&["story", "submit", "ABC-12"]);
    assert_eq!(states(&ada), "ABC-12 submitted, 1 revisions");
    let shown = ada.run(&["story", "show", "ABC-12"]).to_string();
    insta::assert_snapshot!(without_times(&shown), @r#"
    $ storyline story show ABC-12
    --- stdout
    ABC-12: submitted, branch story/ABC-12 at <1>

    revision <2> by ada, [TIME]
      base <3>
      tip  <1>
      <1> One (ada)
      changed views/orders.view.lkml

    withdrawn by ada, [TIME]
      nobody needs it

    revision <2> by ada, [TIME]
      base <3>
      tip  <1>
      <1> One (ada)
      changed views/orders.view.lkml
    --- exit code 0
    "#);
}

#[test]
fn landed_by_merge_squash_and_rebase() {
    let team = Team::new();
    let ada = team.clone("ada");
    for id in ["merged", "squashed", "rebased", "half", "open"] {
        ada.git(&["switch", "--quiet", "main"]);
        ada.start(id);
        if id == "open" {
            continue;
        }
        let file = format!("views/{id}.view.lkml");
        ada.commit(&file, "view: a {}\n", "One");
        ada.commit(&file, "view: a {}\nview: b {}\n", "Two");
        ada.succeeds(&["story", "submit", id]);
    }
    ada.land("README.md", "Something else.\n", "Something else");
    ada.git(&["switch", "--quiet", "main"]);
    ada.git(&["pull", "--quiet", "origin", "main"]);
    ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "story/merged"]);
    ada.git(&["merge", "--quiet", "--squash", "story/squashed"]);
    ada.git(&["commit", "--quiet", "-m", "Squash"]);
    ada.git(&["cherry-pick", "main~0..story/rebased"]);
    ada.git(&["cherry-pick", "story/half~1"]);
    ada.git(&["push", "--quiet", "origin", "main", ":story/rebased"]);
    insta::assert_snapshot!(states(&ada), @r#"
    half submitted, 1 revisions
    merged landed, 1 revisions
    open open, 0 revisions
    rebased landed, 1 revisions, branch gone
    squashed landed, 1 revisions
    "#);
}

#[test]
fn two_hand_in_at_once() {
    let team = Team::new();
    let (ada, bob) = (team.clone("ada"), team.clone("bob"));
    ada.start("ABC-12");
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.git(&["push", "--quiet", "origin", "story/ABC-12"]);
    let codes: Vec<_> = std::thread::scope(|scope| {
        let runs =
            [&ada, &bob].map(|clone| scope.spawn(|| clone.run(&["story", "submit", "ABC-12"])));
        runs.into_iter()
            .map(|run| run.join().expect("it ends").code())
            .collect()
    });
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(
        codes.iter().all(|code| matches!(code, Some(0 | 3))),
        "{codes:?}"
    );
    for clone in [&ada, &bob] {
        let told = clone.succeeds(&["story", "submit", "ABC-12"]);
        assert!(told.stdout().contains("already there"), "{told}");
        assert_eq!(states(clone), "ABC-12 submitted, 1 revisions");
    }
}

#[test]
fn killed_between_the_push_and_the_refs_here() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("ABC-12");
    ada.git(&["switch", "--quiet", "main"]);
    ada.git(&["branch", "--quiet", "-D", "story/ABC-12"]);
    let told = ada.refused(&["story", "start", "ABC-12"]);
    assert!(told.to_string().contains("git fetch"), "{told}");
    let url = team.url();
    ada.git(&["fetch", "--quiet", &url, "story/ABC-12:story/ABC-12"]);
    ada.git(&["switch", "--quiet", "story/ABC-12"]);
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    let refs = team.refs();
    for name in ada
        .git(&["for-each-ref", "--format=%(refname)", "refs/storyline"])
        .lines()
    {
        ada.git(&["update-ref", "-d", name]);
    }
    let told = ada.succeeds(&["story", "submit", "ABC-12"]);
    assert!(told.stdout().contains("already there"), "{told}");
    assert_eq!(team.refs(), refs);
}

#[test]
fn stories_on_stories() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.start("one");
    ada.commit(VIEW, &view("a", "count"), "One");
    ada.succeeds(&["story", "submit", "one"]);
    insta::assert_snapshot!(ada.run(&["story", "start", "two", "--depends-on", "one"]), @r#"
    $ storyline story start two --depends-on one
    --- stdout
    started two: branch story/two at <1> of story one, here and at [DIR]/canonical.git
    next: `git switch story/two`, commit, `storyline story submit two --depends-on one`
    --- exit code 0
    "#);
    ada.git(&["switch", "--quiet", "story/two"]);
    ada.commit(VIEW, &view("a", "sum"), "Two");
    insta::assert_snapshot!(ada.refused(&["story", "submit", "two"]), @r#"
    $ storyline story submit two
    --- stderr
    error[undeclared-dependency]: the branch of story two holds story one (revision <1>)
     |
     = help: if it is built on it: `storyline story submit two --depends-on one`
     = help: if not, rebase it onto canonical without those commits
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.run(&["story", "submit", "two", "--depends-on", "one"]), @r#"
    $ storyline story submit two --depends-on one
    --- stdout
    submitted two: revision <1>
      base <2>
      tip  <3>
      built on one, revision <4>
      1 commit, 1 file
    --- exit code 0
    "#);
    ada.git(&[
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "Two\n\nDepends-On: one",
    ]);
    ada.git(&["push", "--quiet", "--force", "origin", "story/two"]);
    let told = ada.succeeds(&["story", "submit", "two"]);
    assert!(told.stdout().contains("built on one"), "{told}");
    assert_eq!(
        states(&ada),
        "one submitted, 1 revisions\ntwo submitted, 2 revisions"
    );
}
