//! Stages with approvers: what counts there.

use crate::common::team::Team;
use crate::{entries, key, promote, refused, signs, submit, team};

const ACCEPT: [&str; 4] = ["accept", "ABC-1", "--on", "acceptance-1"];

/// A team whose first stage has Ada's key as the only approver's; there is one of Eve's too.
fn guarded() -> Team {
    let keys = Team::without_commits("keys.git");
    let ada = key(&keys, "ada-key");
    let team = team(&format!(
        "[stage.acceptance-1]\napprovers = [\"lead@example.com {ada}\"]\n"
    ));
    for name in ["ada-key", "ada-key.pub"] {
        std::fs::rename(keys.top.join(name), team.top.join(name)).expect("a new name");
    }
    key(&team, "eve-key");
    let ada = team.clone("ada");
    submit(&ada, "ABC-1");
    promote(&ada, "ABC-1", &["acceptance-1"]);
    team
}

#[test]
fn only_keys_of_the_list_accept_and_release() {
    let team = guarded();
    let (bob, eve) = (team.clone("bob"), team.clone("eve"));
    insta::assert_snapshot!(refused(&bob, &team, &ACCEPT), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[not-an-approver]: stage `acceptance-1` counts signed entries alone, and no SSH key signs here
     |
     = help: `git config --global gpg.format ssh`, and `git config --global user.signingKey ~/.ssh/id_ed25519.pub`
    --- exit code 2
    "#);
    signs(&eve, &team, "eve-key");
    insta::assert_snapshot!(refused(&eve, &team, &ACCEPT), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stderr
    error[not-an-approver]: your key is none of the approvers of stage `acceptance-1`
     |
     = help: set `user.signingKey` to the key that is listed
     = help: or have yours listed on the canonical branch: `approvers` of `[stage.acceptance-1]`
    --- exit code 2
    "#);
    assert_eq!(entries(&team, "acceptance-1"), 0);
    // The clone's own settings name another program, which is not started.
    signs(&bob, &team, "ada-key");
    bob.git(&["config", "gpg.ssh.program", "/nonexistent"]);
    insta::assert_snapshot!(bob.run(&ACCEPT), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    accepted ABC-1 on acceptance-1, revision <1>
      1 of 1 approval: lead@example.com
    --- exit code 0
    "#);
    insta::assert_snapshot!(bob.run(&ACCEPT), @r#"
    $ storyline accept ABC-1 --on acceptance-1
    --- stdout
    already accepted by you: ABC-1 on acceptance-1, revision <1>
      1 of 1 approval: lead@example.com
    --- exit code 0
    "#);
    // To stop is for everybody; to let through is not.
    let carol = team.clone("carol");
    insta::assert_snapshot!(
        carol.run(&["hold", "ABC-1", "--on", "acceptance-1", "--reason", "totals"]),
        @r#"
    $ storyline hold ABC-1 --on acceptance-1 --reason totals
    --- stdout
    held ABC-1 on acceptance-1, revision <1>
      held by carol
    next: mend it and hand it in anew, or `storyline release ABC-1 --on acceptance-1`
    --- stderr
    warning[not-signed]: no SSH key signs, so the hold is not signed; it counts all the same
     |
     = help: `git config --global gpg.format ssh`, and `git config --global user.signingKey ~/.ssh/id_ed25519.pub`
    --- exit code 0
    "#
    );
    insta::assert_snapshot!(refused(&carol, &team, &["release", "ABC-1", "--on", "acceptance-1"]), @r#"
    $ storyline release ABC-1 --on acceptance-1
    --- stderr
    error[not-an-approver]: stage `acceptance-1` counts signed entries alone, and no SSH key signs here
     |
     = help: `git config --global gpg.format ssh`, and `git config --global user.signingKey ~/.ssh/id_ed25519.pub`
    --- exit code 2
    "#);
    bob.succeeds(&["release", "ABC-1", "--on", "acceptance-1"]);
    let told = bob.succeeds(&ACCEPT);
    assert!(
        told.stdout().contains("1 of 1 approval: lead@example.com"),
        "{told}"
    );
}

/// Anybody can push a commit that says what an entry says: without a signature it counts for nobody.
#[test]
fn an_entry_that_nobody_signed_counts_for_nobody() {
    let team = guarded();
    let bob = team.clone("bob");
    let gate = crate::gate("acceptance-1");
    signs(&bob, &team, "ada-key");
    bob.succeeds(&ACCEPT);
    let good = team.git(&team.canonical, &["log", "-1", "--format=%B", &gate]);
    team.git(&team.canonical, &["update-ref", "-d", &gate]);
    bob.git(&["update-ref", "-d", &gate]);
    let tree = bob.git(&["mktree"]);
    let forged = bob.git(&["commit-tree", &tree, "-m", &good]);
    bob.git(&["push", "--quiet", "origin", &format!("{forged}:{gate}")]);
    let told = bob.succeeds(&[&ACCEPT[..], &["--dry-run"]].concat());
    assert!(told.stdout().starts_with("would be accepted"), "{told}");
}

#[test]
fn a_key_that_does_not_sign() {
    let team = guarded();
    let bob = team.clone("bob");
    bob.git(&["config", "--global", "gpg.format", "ssh"]);
    bob.git(&["config", "--global", "user.signingKey", "/nonexistent/key"]);
    let told = refused(&bob, &team, &ACCEPT);
    assert!(told.stderr().contains("error[key-does-not-sign]"), "{told}");
    let signed = refused(
        &bob,
        &team,
        &["accept", "ABC-1", "--on", "acceptance-2", "--sign"],
    );
    assert!(
        signed.stderr().contains("error[key-does-not-sign]"),
        "{signed}"
    );
}

#[test]
fn signed_where_nobody_asks_for_it() {
    let team = guarded();
    let bob = team.clone("bob");
    let accept = ["accept", "ABC-1", "--on", "acceptance-2", "--sign"];
    let told = refused(&bob, &team, &accept);
    assert!(told.stderr().contains("error[no-signing-key]"), "{told}");
    signs(&bob, &team, "eve-key");
    let told = bob
        .succeeds(&[&accept[..], &["--format", "json"]].concat())
        .json();
    assert_eq!(
        (&told["signed"], &told["advisory"]),
        (&true.into(), &true.into())
    );
}
