//! Stories that show up, change and land, and commits that somebody made there.

use std::fs;

use super::*;
use crate::common::team::{Clone, Team};

#[test]
fn a_story_new_further_on_and_amended() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      main  new at <1>, 2 commits
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["sync", "dev1", "--story", "ABC-12"]), @r#"
    $ storyline sync dev1 --story ABC-12
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      story/ABC-12  new at <1>, 1 commit
    --- exit code 0
    "#);
    ada.commit(VIEW, &view("orders_v3"), "Read the newer table");
    ada.git(&["push", "--quiet", "origin", "story/ABC-12"]);
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      story/ABC-12  <1>..<2>, 1 commit
    --- exit code 0
    "#);
    ada.write(VIEW, &view("orders_v4"));
    ada.git(&[
        "commit",
        "--quiet",
        "--all",
        "--amend",
        "-m",
        "Read the newest table",
    ]);
    ada.git(&["push", "--quiet", "--force", "origin", "story/ABC-12"]);
    // Nobody else's clone has ever seen the commit that was replaced.
    let bob = team.clone("bob");
    insta::assert_snapshot!(bob.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      story/ABC-12  <1>...<2>, replaced, 1 commit
        what it held besides is kept there as refs/storyline/backup/story/ABC-12/<1>
    --- exit code 0
    "#);
    insta::assert_snapshot!(branches(&team, "dev1"), @r#"
    refs/heads/main Environments
    refs/heads/story/ABC-12 Read the newest table
    refs/storyline/backup/story/ABC-12/[ID] Read the newer table
    refs/storyline/synced/story/ABC-12 Read the newest table
    "#);
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 is up to date: main at <1>, story/ABC-12 at <2>
    --- exit code 0
    "#);
}

#[test]
fn a_story_that_only_the_fork_has() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    ada.run(&["sync", "dev1", "--story", "ABC-12"]);
    ada.git(&["push", "--quiet", "origin", ":story/ABC-12"]);
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 is up to date: main at <1>
    --- exit code 0
    "#);
    let fork = team.clone_of("dev1", "looker");
    fork.git(&["switch", "--quiet", "story/ABC-12"]);
    fork.commit(VIEW, &view("orders_v9"), "In the IDE");
    fork.git(&["push", "--quiet", "origin", "story/ABC-12"]);
    insta::assert_snapshot!(ada.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 is up to date: main at <1>
    --- stderr
    warning[story-only-there]: story ABC-12 has a branch in `dev1` that was worked on, and none in the canonical repository
     |
     = help: `storyline absorb dev1 --story ABC-12` takes what is new there in
     = help: if nothing of it is wanted, delete the branch there
    --- exit code 0
    "#);
}

#[test]
fn stories_that_are_not_there() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    insta::assert_snapshot!(ada.refused(&["sync", "dev1", "--story", "ABC-13"]), @r#"
    $ storyline sync dev1 --story ABC-13
    --- stderr
    error[unknown-story]: there is no story ABC-13 at [DIR]/canonical.git
     |
     = help: `storyline story list` has them all; `storyline story start ABC-13` begins one
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.refused(&["sync", "dev1", "--story", "-x"]), @r#"
    $ storyline sync dev1 --story -x
    --- stderr
    error: unexpected argument '-x' found

      tip: to pass '-x' as a value, use '-- -x'

    Usage: storyline sync [OPTIONS] [ENVIRONMENT]

    For more information, try '--help'.
    --- exit code 2
    "#);
}

#[test]
fn a_story_from_before_the_environment() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    make_fork(&team, "dev2");
    let both = developer(&team, "dev1") + &developer(&team, "dev2");
    land_manifest(&ada, &team, &both);
    insta::assert_snapshot!(ada.refused(&["sync", "dev2", "--story", "ABC-12"]), @r#"
    $ storyline sync dev2 --story ABC-12
    --- stderr
    error[story-too-old]: story ABC-12 was cut before `dev2` came into the manifest
     |
     = help: take canonical in, on the story's branch: `git merge origin/main`, push, then sync again
    --- exit code 2
    "#);
    assert_eq!(branches(&team, "dev2"), "");
    let again = ada.refused(&["sync", "dev2", "--story", "ABC-12"]);
    assert!(again.to_string().contains("story-too-old"), "{again}");
    ada.git(&["fetch", "--quiet", "origin"]);
    ada.git(&["merge", "--quiet", "-m", "Take canonical in", "origin/main"]);
    ada.git(&["push", "--quiet", "origin", "story/ABC-12"]);
    insta::assert_snapshot!(ada.run(&["sync", "dev2", "--story", "ABC-12"]), @r#"
    $ storyline sync dev2 --story ABC-12
    --- stdout
    dev2 moved at [DIR]/dev2.git:
      main  new at <1>, 3 commits
      story/ABC-12  new at <2>, 2 commits
      3 commits as in canonical: the manifest does not know the environment (<3>, <4>, <5>)
    --- exit code 0
    "#);
}

/// Commits a view in the fork as Looker's IDE does.
fn commit_in_fork(team: &Team, name: &str, branch: &str, text: &str) -> String {
    let url = fork(team, name).display().to_string();
    let ide = team.clone_of(&url, &format!("ide-{}", branch.replace('/', "-")));
    ide.git(&["switch", "--quiet", branch]);
    let commit = ide.commit(VIEW, text, "Made in the IDE");
    ide.git(&["push", "--quiet", "origin", branch]);
    commit
}

#[test]
fn a_fork_that_went_its_own_way() {
    let team = with_dev1();
    let ada = with_story(&team, "ada", "ABC-12");
    ada.succeeds(&["sync", "dev1", "--story", "ABC-12"]);
    commit_in_fork(&team, "dev1", "main", &view("mine"));
    commit_in_fork(&team, "dev1", "story/ABC-12", &view("mine_too"));
    ada.land("README.md", "Something else.\n", "Something else");
    let before = branches(&team, "dev1");
    insta::assert_snapshot!(without_dates(&ada.refused(&["sync", "dev1"]).to_string()), @r#"
    $ storyline sync dev1
    --- stderr
    error[fork-went-its-own-way]: `main` of [DIR]/dev1.git has 1 commit of its own
     |
     = help: <1> [TIME], ide-main: Made in the IDE
     = help: `storyline absorb dev1 main --story ID` makes them part of a story
     = help: nothing was moved at [DIR]/dev1.git

    error[fork-went-its-own-way]: `story/ABC-12` of [DIR]/dev1.git has 1 commit of its own
     |
     = help: <2> [TIME], ide-story-ABC-12: Made in the IDE
     = help: `storyline absorb dev1 story/ABC-12 --story ABC-12` makes them part of a story
     = help: nothing was moved at [DIR]/dev1.git
    --- exit code 3
    "#);
    assert_eq!(branches(&team, "dev1"), before);
}

/// Commits that were made just now have other dates each time.
fn without_dates(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" UTC, ") {
        Some((before, after)) => {
            let before = before.rsplitn(3, ' ').last().unwrap_or_default();
            format!("{before} [TIME], {after}")
        }
        None => line.into(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The canonical commit that a commit on the fork's `main` is the projection of, by `git` alone: the
/// view holds no names.
fn absorbed(clone: &Clone<'_>, team: &Team, there: &str) -> String {
    let url = fork(team, "dev1").display().to_string();
    clone.git(&["fetch", "--quiet", &url, "main"]);
    clone.git(&["fetch", "--quiet", "origin"]);
    let text = clone.git(&["show", &format!("{there}:{VIEW}")]) + "\n";
    clone.git(&["switch", "--quiet", "--detach", "origin/main"]);
    clone.write(VIEW, &text);
    clone.git(&["add", VIEW]);
    let tree = clone.git(&["write-tree"]);
    clone.git(&["reset", "--quiet", "--hard"]);
    let parent = clone.git(&["rev-parse", "origin/main"]);
    let raw = clone.git(&["cat-file", "commit", there]) + "\n";
    let old = |what: &str| clone.git(&["rev-parse", &format!("{there}{what}")]);
    let raw = raw.replacen(&old("^{tree}"), &tree, 1);
    let raw = raw.replacen(&old("^"), &parent, 1);
    let file = team.top.join("commit");
    fs::write(&file, raw).expect("a file");
    let file = file.to_str().expect("a plain path");
    clone.git(&["hash-object", "-t", "commit", "-w", file])
}

#[test]
fn landed_by_squash_after_it_was_absorbed() {
    let team = with_dev1();
    let ada = team.clone("ada");
    ada.succeeds(&["sync", "dev1"]);
    let there = commit_in_fork(&team, "dev1", "main", &view("mine"));
    let here = absorbed(&ada, &team, &there);
    ada.git(&["branch", "story/ABC-12", &here]);
    ada.succeeds(&["story", "submit", "ABC-12"]);
    // Absorbed, and not landed.
    insta::assert_snapshot!(without_dates(&ada.refused(&["sync", "dev1"]).to_string()), @r#"
    $ storyline sync dev1
    --- stderr
    error[fork-went-its-own-way]: `main` of [DIR]/dev1.git has 1 commit of its own
     |
     = help: <1> [TIME], ide-main: Made in the IDE
     = help: `storyline absorb dev1 main --story ID` makes them part of a story
     = help: nothing was moved at [DIR]/dev1.git
    --- exit code 3
    "#);
    ada.land("README.md", "Something else.\n", "Something else");
    ada.land(VIEW, &view("mine"), "Squashed");
    ada.git(&["push", "--quiet", "origin", ":story/ABC-12"]);
    let bob = team.clone("bob");
    insta::assert_snapshot!(bob.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 moved at [DIR]/dev1.git:
      main  <1>...<2>, replaced, 2 commits
        what it held besides is kept there as refs/storyline/backup/main/<1>
    --- exit code 0
    "#);
    insta::assert_snapshot!(branches(&team, "dev1"), @r#"
    refs/heads/main Squashed
    refs/storyline/backup/main/[ID] Made in the IDE
    "#);
    insta::assert_snapshot!(bob.run(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stdout
    dev1 is up to date: main at <1>
    --- exit code 0
    "#);
}
