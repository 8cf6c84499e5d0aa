//! A stage that follows canonical: what landed there, who stands on whom, and how a story goes off again.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::staged::{FILE, begin, lines};
use common::team::{Clone, Team, Told};

/// A clone of a company whose stage follows canonical.
fn following(team: &Team) -> Clone<'_> {
    let ada = begin(team);
    let follows = ada.git(&["show", "main:storyline.toml"]).replace(
        "branch = \"env/acceptance\"",
        "branch = \"env/acceptance\"\nfollows = \"canonical\"",
    );
    ada.land("storyline.toml", &follows, "Follow");
    ada.succeeds(&["sync", "acceptance"]);
    ada
}

impl Clone<'_> {
    /// Stands on canonical as it is, away from all branches.
    fn on_canonical(&self) {
        self.git(&["fetch", "--quiet", "origin"]);
        self.git(&["switch", "--quiet", "--detach", "origin/main"]);
    }

    /// Pushes what stands there, and goes back to a branch that has it.
    fn push_canonical(&self) {
        self.git(&["push", "--quiet", "origin", "HEAD:main"]);
        self.git(&["switch", "--quiet", "main"]);
        self.git(&["fetch", "--quiet", "origin"]);
        self.git(&["reset", "--quiet", "--hard", "origin/main"]);
    }

    fn merge(&self, id: &str) {
        self.on_canonical();
        let branch = format!("origin/story/{id}");
        let message = format!("Merge {id}");
        self.git(&["merge", "--quiet", "--no-ff", "-m", &message, &branch]);
        self.push_canonical();
    }

    fn squash(&self, id: &str, message: &str) {
        self.on_canonical();
        self.git(&[
            "merge",
            "--quiet",
            "--squash",
            &format!("origin/story/{id}"),
        ]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.push_canonical();
    }

    /// The lines of the file on canonical.
    fn on_main(&self) -> String {
        self.git(&["fetch", "--quiet", "origin"]);
        let text = self.git(&["show", &format!("origin/main:{FILE}")]);
        let lines = text.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("dimension: ")?;
            Some(name.trim_end_matches(" {}").to_owned())
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    fn audit(&self) -> String {
        without_dates(&self.run(&["audit", "acceptance"]))
    }
}

/// Nobody pushes to canonical's branch any more.
fn protect(team: &Team) {
    let hook = team.canonical.join("hooks/pre-receive");
    let script = "#!/bin/sh\nwhile read -r old new ref; do\n  test \"$ref\" != refs/heads/main || exit 1\ndone\n";
    fs::create_dir_all(team.canonical.join("hooks")).expect("a folder");
    fs::write(&hook, script).expect("a new file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// The time of commits is that of the clock.
fn without_dates(told: &Told) -> String {
    let told = told.to_string();
    let lines = told.lines().map(|line| match line.split_once(" UTC, ") {
        Some((before, rest)) => {
            let id = before.split(' ').next().unwrap_or_default();
            format!("{id} [TIME], {rest}")
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Stories come by merges, squashes, rebases and pushes; all of them are theirs.
#[test]
fn whatever_brought_stories_is_accounted_for() {
    let team = Team::new();
    let ada = following(&team);
    for (id, line, new) in [("ONE", "a", "a1"), ("TWO", "b", "b1")] {
        ada.hand_in(id, &[(line, new)]);
    }
    // In two commits each, of which the second changes what the first wrote.
    for (id, line) in [("REBASED", "c"), ("PUSHED", "d")] {
        ada.start(id);
        ada.commit(FILE, &lines(&[(line, "x")]), "First");
        let last = format!("{line}1");
        ada.commit(FILE, &lines(&[(line, &last)]), "Second");
        ada.succeeds(&["story", "submit", id]);
        ada.git(&["switch", "--quiet", "main"]);
    }
    ada.on_canonical();
    ada.git(&["merge", "--quiet", "--ff-only", "origin/story/PUSHED"]);
    ada.push_canonical();
    ada.merge("ONE");
    ada.squash("TWO", "Two (#2)");
    ada.on_canonical();
    ada.git(&["cherry-pick", "main..origin/story/REBASED"]);
    ada.push_canonical();
    assert_eq!(ada.on_main(), "a1 b1 c1 d1");
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1>, 6 commits behind: `storyline sync acceptance` brings it on
    acceptance: 6 commits of canonical since <1>, none is foreign
    --- exit code 0
    "#);
    ada.succeeds(&["sync", "acceptance"]);
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1>
    acceptance: 6 commits of canonical since <2>, none is foreign
    --- exit code 0
    "#);
    for (id, left) in [
        ("REBASED", "a1 b1 c d1"),
        ("PUSHED", "a1 b1 c d"),
        ("TWO", "a1 b c d"),
        ("ONE", "a b c d"),
    ] {
        ada.succeeds(&["back-out", id, "--from", "acceptance"]);
        assert_eq!(ada.on_main(), left, "without {id}");
    }
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1>, 4 commits behind: `storyline sync acceptance` brings it on
    acceptance: 10 commits of canonical since <2>, none is foreign
    --- exit code 0
    "#);
}

#[test]
fn what_no_story_did_is_foreign() {
    let team = Team::new();
    let ada = following(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.hand_in("TWO", &[("b", "b1")]);
    ada.merge("ONE");
    ada.on_canonical();
    ada.commit("NOTES.md", "By hand.\n", "By hand");
    ada.push_canonical();
    // Somebody changed more while merging.
    ada.on_canonical();
    ada.git(&["merge", "--quiet", "--squash", "origin/story/TWO"]);
    let text = lines(&[("a", "a1"), ("b", "b1"), ("d", "d1")]);
    ada.commit(FILE, &text, "Two (#2)\n\nStory-Id: TWO");
    ada.push_canonical();
    ada.succeeds(&["sync", "acceptance"]);
    // And worked on the stage's own branch.
    ada.commit_there("views/x.view.lkml", "view: x {}\n", "In a hurry");
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1> with 1 commit more

    <2> [TIME], ada: In a hurry
      not-projected: it is the projection of no canonical commit
        views/x.view.lkml

    next: `storyline absorb acceptance env/acceptance --story ID` makes a story of them

    acceptance: 3 commits of canonical since <3>, 2 are foreign

    <4> [TIME], ada: By hand
      no-story: no story accounts for it
        NOTES.md

    <1> [TIME], ada: Two (#2)
      does-not-recompute: what it says gives other files
        views/lines.view.lkml
    --- exit code 1
    "#);
    let told = ada.run(&["audit", "acceptance", "--format", "json"]).json();
    assert_eq!(told["begins"]["how"], "declared");
    assert_eq!(told["carried"]["branch"], "env/acceptance");
    assert_eq!(told["carried"]["behind"], 0);
    assert_eq!(told["carried"]["foreign"][0]["why"], "not-projected");
    // What was told makes a story of it.
    ada.succeeds(&["absorb", "acceptance", "env/acceptance", "--story", "HURRY"]);
    ada.git(&["fetch", "--quiet", "origin"]);
    ada.git(&["switch", "--quiet", "story/HURRY"]);
    ada.succeeds(&["story", "submit", "HURRY"]);
    ada.merge("HURRY");
    ada.succeeds(&["sync", "acceptance"]);
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1>
    acceptance: 4 commits of canonical since <2>, 2 are foreign

    <3> [TIME], ada: By hand
      no-story: no story accounts for it
        NOTES.md

    <4> [TIME], ada: Two (#2)
      does-not-recompute: what it says gives other files
        views/lines.view.lkml
    --- exit code 1
    "#);
}

#[test]
fn a_person_s_command_finds_the_story_to_blame() {
    let team = Team::new();
    let ada = following(&team);
    for (id, line, new) in [("ONE", "a", "a1"), ("TWO", "b", "b1"), ("THREE", "c", "c1")] {
        ada.hand_in(id, &[(line, new)]);
    }
    ada.merge("ONE");
    ada.squash("TWO", "Two (#2)");
    ada.merge("THREE");
    // The names are the stage's.
    let test = "ls; test -e shop_acc.model.lkml && ! grep -n b1 views/lines.view.lkml";
    let args = ["bisect-story", "acceptance", "--", "sh", "-c", test];
    insta::assert_snapshot!(ada.run(&args), @r#"
    $ storyline bisect-story acceptance -- sh -c ls; test -e shop_acc.model.lkml && ! grep -n b1 views/lines.view.lkml
    --- stdout
    tree <1>: exit status: 1
      | shop_acc.model.lkml
      | storyline.toml
      | views
      | 6:  dimension: b1 {}
    tree <2>: exit status: 1
      | shop_acc.model.lkml
      | storyline.toml
      | views
      | 6:  dimension: b1 {}
    tree <3>: exit status: 1
      | shop_acc.model.lkml
      | storyline.toml
      | views
      | 6:  dimension: b1 {}
    to blame: TWO
    passes with ONE, THREE; no larger set does, in 4 runs
    next: `storyline back-out TWO --from acceptance`
    --- exit code 1
    "#);
}

/// Who stands on it is told first; with them, the newest goes first.
#[test]
fn stories_that_stand_on_it_are_told_first() {
    let team = Team::new();
    let ada = following(&team);
    ada.hand_in("ONE", &[("a", "a1"), ("d", "d1")]);
    ada.merge("ONE");
    ada.start("TWO");
    ada.commit(FILE, &lines(&[("a", "a2"), ("d", "d1")]), "Change TWO");
    ada.succeeds(&["story", "submit", "TWO"]);
    ada.merge("TWO");
    insta::assert_snapshot!(ada.run(&["story", "depends", "ONE", "--on", "acceptance"]), @r#"
    $ storyline story depends ONE --on acceptance
    --- stdout
    ONE stands on no other story on acceptance
    TWO changed what ONE changed: views/lines.view.lkml:2
    --- exit code 0
    "#);
    let back_out = ["back-out", "ONE", "--from", "acceptance"];
    insta::assert_snapshot!(ada.refused(&back_out), @r#"
    $ storyline back-out ONE --from acceptance
    --- stderr
    error[story-has-dependents]: other stories on `acceptance` stand on ONE
     |
     = help: TWO changed what ONE changed: views/lines.view.lkml:2
     = help: to take them off as well: `storyline back-out ONE --from acceptance --with-dependents`
     = help: to take off ONE all the same: `storyline back-out ONE --from acceptance --alone`

    nothing was changed
    --- exit code 3
    "#);
    insta::assert_snapshot!(ada.refused(&[&back_out[..], &["--alone"]].concat()), @r#"
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
    let both = [&back_out[..], &["--with-dependents"]].concat();
    insta::assert_snapshot!(ada.succeeds(&[&both[..], &["--dry-run"]].concat()), @r#"
    $ storyline back-out ONE --from acceptance --with-dependents --dry-run
    --- stdout
    would back out TWO revision <1> from acceptance
      M views/lines.view.lkml
    would back out ONE revision <2> from acceptance
      M views/lines.view.lkml
    nothing was changed; next: the same without `--dry-run`
    --- exit code 0
    "#);
    assert_eq!(ada.on_main(), "a2 b c d1");
    insta::assert_snapshot!(ada.succeeds(&both), @r#"
    $ storyline back-out ONE --from acceptance --with-dependents
    --- stdout
    backed out TWO revision <1> from acceptance
      M views/lines.view.lkml
    backed out ONE revision <2> from acceptance
      M views/lines.view.lkml
      main <3>..<4>
    held there; next: `storyline sync acceptance`; canonical's history has the story's commits, so mend it in new ones: on its branch `git rebase --no-ff <5>`, then `storyline story submit ONE`
    --- exit code 0
    "#);
    assert_eq!(ada.on_main(), "a b c d");
    insta::assert_snapshot!(ada.audit(), @r#"
    $ storyline audit acceptance
    --- stdout
    acceptance: env/acceptance is the projection of canonical <1>, 4 commits behind: `storyline sync acceptance` brings it on
    acceptance: 4 commits of canonical since <1>, none is foreign
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.refused(&back_out), @r#"
    $ storyline back-out ONE --from acceptance
    --- stderr
    error[story-not-on-stage]: story ONE is not on `acceptance`
     |
     = help: no story is

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn a_person_chooses_where_both_ways_differ() {
    let team = Team::new();
    let ada = following(&team);
    ada.hand_in("ONE", &[("a", "a1")]);
    ada.hand_in("TWO", &[("a", "a1"), ("b", "b1")]);
    ada.merge("ONE");
    ada.merge("TWO");
    let back_out = ["back-out", "ONE", "--from", "acceptance"];
    insta::assert_snapshot!(ada.refused(&back_out), @r#"
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
    ada.succeeds(&[&back_out[..], &["--take", "rebuild"]].concat());
    assert_eq!(ada.on_main(), "a1 b1 c d");
    ada.succeeds(&["sync", "acceptance"]);
    ada.succeeds(&["audit", "acceptance"]);
}

/// Where nobody may push to canonical, a branch waits for people, however they merge it.
#[test]
fn canonical_that_nobody_may_push_to() {
    for how in ["merge", "squash", "rebase", "silent"] {
        let team = Team::new();
        let ada = following(&team);
        ada.hand_in("ONE", &[("a", "a1")]);
        ada.merge("ONE");
        protect(&team);
        let back_out = ["back-out", "ONE", "--from", "acceptance"];
        let told = ada.succeeds(&back_out);
        if how == "merge" {
            insta::assert_snapshot!(told, @r#"
    $ storyline back-out ONE --from acceptance
    --- stdout
    ready to be backed out ONE revision <1> from acceptance
      M views/lines.view.lkml
    held there; next: merge `storyline/land/canonical/ONE` into `main`, then `storyline sync acceptance`; canonical's history has the story's commits, so mend it in new ones: on its branch `git rebase --no-ff <2>`, then `storyline story submit ONE`
    --- exit code 0
    "#);
            let before = team.refs();
            ada.succeeds(&back_out);
            assert_eq!(team.refs(), before);
            insta::assert_snapshot!(ada.run(&["status", "acceptance"]), @r#"
    $ storyline status acceptance
    --- stdout
    acceptance: 1 story, 1 held; follows canonical, which is at <1>
      storyline/land/canonical/ONE (back-out of ONE) waits to be merged into main
      next: storyline story submit ONE
    --- exit code 0
    "#);
        }
        assert_eq!(ada.on_main(), "a1 b c d");
        fs::remove_file(team.canonical.join("hooks/pre-receive")).expect("it is there");
        ada.on_canonical();
        let proposed = "origin/storyline/land/canonical/ONE";
        match how {
            "merge" => {
                ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge (#3)", proposed]);
            }
            "rebase" => {
                ada.git(&["cherry-pick", proposed]);
            }
            _ => {
                let message = match how {
                    "squash" => ada.git(&["log", "-1", "--format=%B", proposed]),
                    _ => "Something (#3)".into(),
                };
                ada.git(&["merge", "--quiet", "--squash", proposed]);
                ada.git(&["commit", "--quiet", "-m", &message]);
            }
        }
        ada.push_canonical();
        assert_eq!(ada.on_main(), "a b c d");
        ada.refused(&back_out);
        ada.succeeds(&["sync", "acceptance"]);
        ada.succeeds(&["audit", "acceptance"]);
        let status = ada.succeeds(&["status", "acceptance"]);
        assert!(
            status.stdout().contains("back-out of ONE landed"),
            "{how}: {status}"
        );
        let log = ada.succeeds(&["log", "acceptance", "--story", "ONE", "-n", "1"]);
        assert!(log.stdout().contains("  back-out  ONE "), "{how}: {log}");
    }
}
