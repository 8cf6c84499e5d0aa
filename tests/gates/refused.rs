//! What cannot be said, and gates that somebody tampered with.

use crate::{gate, promote, refused, submit, team};

#[test]
fn what_cannot_be_said() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    insta::assert_snapshot!(refused(&ada, &team, &["accept", "ABC-1", "--on", "nowhere"]), @r#"
    $ storyline accept ABC-1 --on nowhere
    --- stderr
    error[unknown-stage]: `nowhere` is no stage of the pipeline
     |
     = help: stages are `acceptance-1`, `acceptance-2`, `production`
    --- exit code 2
    "#);
    insta::assert_snapshot!(refused(&ada, &team, &["accept", "ABC-2", "--on", "acceptance-1"]), @r#"
    $ storyline accept ABC-2 --on acceptance-1
    --- stderr
    error[unknown-story]: no revision of story ABC-2 was handed in at [DIR]/canonical.git
     |
     = help: `storyline story submit ABC-2` does; `storyline story list` has all stories
    --- exit code 2
    "#);
    insta::assert_snapshot!(refused(&ada, &team, &["accept", "../x", "--on", "acceptance-1"]), @r#"
    $ storyline accept ../x --on acceptance-1
    --- stderr
    error[story-id]: `../x` cannot be the id of a story: it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first
     |
     = help: take the key of its ticket, such as `ABC-12`, or a few words: `lifetime-value`
    --- exit code 2
    "#);
    let blank = ["hold", "ABC-1", "--on", "acceptance-1", "--reason", " \n"];
    let told = refused(&ada, &team, &blank).to_string();
    insta::assert_snapshot!(told.replace("--reason  \n", "--reason [BLANK]"), @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason [BLANK]
    --- stderr
    error[no-reason]: a hold needs a reason
     |
     = help: say what is wrong, for those who are to mend it: `--reason "…"`
    --- exit code 2
    "#);
    let long = "x".repeat(4097);
    let told = refused(
        &ada,
        &team,
        &["hold", "ABC-1", "--on", "acceptance-1", "--reason", &long],
    );
    insta::assert_snapshot!(told.to_string().replace(&long, "[LONG]"), @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason [LONG]
    --- stderr
    error[reason-too-long]: the text has 4097 bytes; 4096 are allowed
     |
     = help: write where the rest is to be found
    --- exit code 2
    "#);
    insta::assert_snapshot!(
        refused(&ada, &team, &["accept", "ABC-1", "--on", "acceptance-1", "--revision", "123456"]),
        @r#"
    $ storyline accept ABC-1 --on acceptance-1 --revision 123456
    --- stderr
    error[unknown-revision]: story ABC-1 has no revision `123456`
     |
     = help: `storyline story show ABC-1` has them all
    --- exit code 2
    "#
    );
    ada.succeeds(&["story", "withdraw", "ABC-1", "--reason", "not wanted"]);
    insta::assert_snapshot!(refused(&ada, &team, &["accept", "ABC-1", "--on", "acceptance-1"]), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[story-withdrawn]: story ABC-1 is withdrawn
     |
     = help: `storyline story submit ABC-1` takes it up again
    --- exit code 2
    "#);
}

#[test]
fn a_gate_that_was_rewritten_by_force() {
    let team = team("[stage.production]\naccepted_in = [\"acceptance-1\"]\n");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let (name, accept) = (
        gate("acceptance-1"),
        ["accept", "ABC-1", "--on", "acceptance-1"],
    );
    ada.succeeds(&accept);
    let accepted = team.tip(&name).expect("it was accepted");
    ada.succeeds(&[
        "hold",
        "ABC-1",
        "--on",
        "acceptance-1",
        "--reason",
        "totals",
    ]);
    let held = team.tip(&name).expect("it was held");
    team.git(&team.canonical, &["update-ref", &name, &accepted]);
    insta::assert_snapshot!(refused(&ada, &team, &accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[gate-rewritten]: `refs/storyline/gate/acceptance-1` of [DIR]/canonical.git lost entries that this clone has seen
     |
     = help: `git log refs/storyline/gate/acceptance-1` shows what was there
     = help: to bring it back: `git push --force [DIR]/canonical.git <1>:refs/storyline/gate/acceptance-1`
     = help: if it is meant: `git update-ref -d refs/storyline/gate/acceptance-1` here, then run the command again
    --- exit code 3
    "#);
    // A promotion does not go by it either, and it is told until somebody decides.
    for _ in 0..2 {
        let told = refused(&ada, &team, &["promote", "ABC-1", "--to", "production"]);
        assert!(told.stderr().contains("error[gate-rewritten]"), "{told}");
    }
    team.git(&team.canonical, &["update-ref", "-d", &name]);
    let told = refused(&ada, &team, &accept);
    assert!(told.stderr().contains("error[gate-rewritten]"), "{told}");
    let told = refused(&ada, &team, &accept);
    let commands = told.commands();
    let back = commands
        .iter()
        .find(|command| command.starts_with("git push"));
    let words: Vec<_> = back.expect("it is told").split(' ').skip(1).collect();
    ada.git(&words);
    assert_eq!(team.tip(&name), Some(held));
    let told = refused(&ada, &team, &accept);
    assert!(told.stderr().contains("error[revision-held]"), "{told}");
}

/// A merge goes forward as any push does, and along its first parents there is no hold.
#[test]
fn a_merge_that_hides_a_hold() {
    let team = team("");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    let (name, accept) = (
        gate("acceptance-1"),
        ["accept", "ABC-1", "--on", "acceptance-1"],
    );
    ada.succeeds(&accept);
    let accepted = team.tip(&name).expect("it was accepted");
    ada.succeeds(&[
        "hold",
        "ABC-1",
        "--on",
        "acceptance-1",
        "--reason",
        "totals",
    ]);
    let held = team.tip(&name).expect("it was held");
    let tree = ada.git(&["rev-parse", &format!("{held}^{{tree}}")]);
    let merge = [
        "commit-tree",
        &tree,
        "-p",
        &accepted,
        "-p",
        &held,
        "-m",
        "x",
    ];
    let merge = ada.git(&merge);
    ada.git(&["push", "--quiet", "origin", &format!("{merge}:{name}")]);
    let told = refused(&ada, &team, &accept);
    assert!(told.stderr().contains("error[gate-rewritten]"), "{told}");
    let eve = team.clone("eve");
    insta::assert_snapshot!(refused(&eve, &team, &accept), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[gate-merged]: commit <1> on `refs/storyline/gate/acceptance-1` of [DIR]/canonical.git is a merge, which may hide what was said
     |
     = help: `git log --graph refs/storyline/gate/acceptance-1` shows all of it
     = help: to go back to before it: `git push --force [DIR]/canonical.git <1>^1:refs/storyline/gate/acceptance-1`, or `^2`; then `git update-ref -d refs/storyline/gate/acceptance-1` here
    --- exit code 3
    "#);
    let told = refused(&eve, &team, &["promote", "ABC-1", "--to", "acceptance-1"]);
    assert!(told.stderr().contains("error[gate-merged]"), "{told}");
}
