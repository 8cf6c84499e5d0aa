//! Refs move together, and only from where they were thought to be.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use storyline_repo::{Expected, Git as Program, ObjectId, RefError, RefName, RefUpdate};

use crate::git::{Git, id};

fn name(name: &str) -> RefName {
    RefName::new(name).expect("a plain name")
}

fn program() -> Program {
    let variables = std::env::vars_os().filter(|(name, _)| name == "PATH");
    Program::new(variables)
}

fn update(at: &str, old: Expected, new: Option<ObjectId>) -> RefUpdate {
    RefUpdate {
        name: name(at),
        old,
        new,
    }
}

fn move_refs(git: &Git, updates: &[RefUpdate]) -> Result<(), RefError> {
    program().update_refs(&git.opened(), updates, "storyline: sync")
}

fn shown(error: &RefError) -> String {
    let diagnostic = error.diagnostic();
    let help = diagnostic.help.join("\n");
    format!("{}: {}\n{help}", diagnostic.id, diagnostic.title)
}

fn standing(git: &Git) -> Vec<(String, ObjectId)> {
    let found = git.opened().references("refs/").expect("readable");
    found
        .into_iter()
        .map(|(name, id)| (name.short().into(), id))
        .collect()
}

#[test]
fn all_or_none() {
    let git = Git::new();
    let [a, b] = [1, 2].map(|n| git.commit(&[], n, &n.to_string()));
    let (is_a, is_b) = (Expected::Is(a), Expected::Is(b));
    let (x, y, pin) = (
        "refs/heads/x",
        "refs/heads/y",
        "refs/storyline/story/ABC-1/1",
    );
    let made = [
        update(x, Expected::Absent, Some(a)),
        update(pin, Expected::Any, Some(b)),
    ];
    move_refs(&git, &made).expect("nothing is there yet");
    let now = [
        ("storyline/story/ABC-1/1".to_owned(), b),
        ("x".to_owned(), a),
    ];
    let sorted = |mut refs: Vec<_>| {
        refs.sort();
        refs
    };
    assert_eq!(sorted(standing(&git)), now);
    git.run(&["pack-refs", "--all"]);
    for wrong in [
        [update(y, Expected::Absent, Some(b)), update(x, is_b, None)],
        [
            update(y, Expected::Any, Some(b)),
            update(x, Expected::Absent, Some(b)),
        ],
        [update(pin, is_b, None), update(y, is_a, Some(b))],
        [update(pin, is_b, None), update(x, Expected::Absent, None)],
    ] {
        let error = move_refs(&git, &wrong).expect_err("one is not there");
        assert!(matches!(error, RefError::Moved { .. }), "{error:?}");
        assert_eq!(sorted(standing(&git)), now);
    }
    let none = ObjectId::from_bytes([9; 20]);
    let blob = git.hash("blob", b"");
    for refused in [
        update(y, Expected::Absent, Some(none)),
        update(y, Expected::Absent, Some(blob)),
        update("refs/heads/x/y", Expected::Absent, Some(a)),
        update("refs/storyline/story", Expected::Absent, Some(a)),
    ] {
        let both = [update(x, is_a, Some(b)), refused];
        let error = move_refs(&git, &both).expect_err("Git refuses it");
        assert!(matches!(error, RefError::Refused { .. }), "{error:?}");
        assert_eq!(sorted(standing(&git)), now);
    }
    let last = [update(x, is_a, Some(b)), update(pin, Expected::Any, None)];
    move_refs(&git, &last).expect("all as expected");
    assert_eq!(standing(&git), [("x".to_owned(), b)]);
    let log = git.run(&["reflog", "show", "--format=%gs", "x"]);
    assert_eq!(log, "storyline: sync\nstoryline: sync");
    assert_eq!(git.opened().reference(&name(pin)).expect("readable"), None);
    move_refs(&git, &[]).expect("nothing to do");
}

#[test]
fn errors_say_what_to_do() {
    let git = Git::new();
    let [a, b] = [1, 2].map(|n| git.commit(&[], n, &n.to_string()));
    git.run(&["update-ref", "refs/heads/x", &a.to_string()]);
    let error = move_refs(&git, &[update("refs/heads/x", Expected::Is(b), Some(b))]);
    insta::assert_snapshot!(shown(&error.expect_err("moved")), @r"
    ref-moved: somebody else moved `refs/heads/x`
    it was expected at 5e61494ae4998c1a85c3a7970d1db4378c40b16e and stands at cb97bd20c549204a05e11434c6ad4135251aeea4; no ref was moved, run the command again: it starts from what is there now
    ");
    let none = ObjectId::from_bytes([9; 20]);
    let error = move_refs(
        &git,
        &[update("refs/heads/y", Expected::Absent, Some(none))],
    );
    insta::assert_snapshot!(shown(&error.expect_err("refused")), @r"
    refs-not-moved: git did not move the refs
    git said: fatal: cannot update ref 'refs/heads/y': trying to write ref 'refs/heads/y' with nonexistent object 0909090909090909090909090909090909090909
    no ref was moved; mend what it says, then run the command again
    ");
}

#[test]
fn a_branch_that_is_checked_out_stays() {
    let git = Git::new();
    let [a, b] = [1, 2].map(|n| git.commit(&[], n, &n.to_string()));
    git.run(&["update-ref", "refs/heads/main", &a.to_string()]);
    git.run(&["worktree", "add", "--quiet", "-b", "story/x", "../work"]);
    git.run(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    for (branch, folder) in [("main", "project"), ("story/x", "work")] {
        let branch = format!("refs/heads/{branch}");
        let updates = [update(&branch, Expected::Is(a), Some(b))];
        for root in [&git.root, &git.beside("work")] {
            let repository = storyline_repo::Repository::discover(root).expect("readable");
            let repository = repository.expect("there");
            let error = program().update_refs(&repository, &updates, "x");
            let error = error.expect_err("it is checked out");
            assert_eq!(error.diagnostic().id, "branch-checked-out");
            assert!(
                matches!(error, RefError::CheckedOut { folder: found, .. } if found.ends_with(folder))
            );
        }
        let bare = storyline_repo::Repository::open_bare(&git.beside("bare.git"));
        let bare = bare.expect("readable");
        git.run_in(
            &git.beside("bare.git"),
            &["fetch", "--quiet", "../project", &b.to_string()],
            b"",
        );
        program()
            .update_refs(&bare, &updates, "x")
            .expect("nobody is there");
    }
}

#[test]
fn no_update_is_lost() {
    const EACH: usize = 12;
    let git = Git::new();
    let commits: Vec<_> = (0..60).map(|n| git.commit(&[], n, "x")).collect();
    git.run(&["update-ref", "refs/heads/x", &commits[0].to_string()]);
    let lost = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let repository = git.opened();
                let mut won = 0;
                while won < EACH {
                    let old = repository
                        .reference(&name("refs/heads/x"))
                        .expect("readable");
                    let old = old.expect("it is never removed");
                    let at = commits.iter().position(|c| *c == old).expect("one of ours");
                    let next = update("refs/heads/x", Expected::Is(old), Some(commits[at + 1]));
                    match program().update_refs(&repository, &[next], "x") {
                        Ok(()) => won += 1,
                        Err(RefError::Moved { .. } | RefError::Refused { .. }) => {
                            lost.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => panic!("{error:?}"),
                    }
                }
            });
        }
    });
    let end = id(&git.run(&["rev-parse", "refs/heads/x"]));
    let end = commits.iter().position(|commit| *commit == end);
    assert_eq!(end, Some(4 * EACH), "after {lost:?} that were refused");
}

#[test]
fn names_of_refs() {
    for (full, short) in [
        ("refs/heads/main", "main"),
        ("refs/heads/story/a-b", "story/a-b"),
        ("refs/tags/v1", "v1"),
        ("refs/storyline/backup/x", "storyline/backup/x"),
    ] {
        assert_eq!(name(full).short(), short);
    }
    for bad in [
        "main",
        "HEAD",
        "-x",
        "refs/-x",
        "refs/heads/-x",
        "refs/heads/a/-b",
        "refs/heads/",
        "",
    ] {
        assert!(RefName::new(bad).is_err(), "{bad}");
    }
    assert!(RefName::branch("-x").is_err());
    assert_eq!(
        RefName::branch("a/b").map(|n| n.to_string()),
        Ok("refs/heads/a/b".into())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn names_are_good_when_git_says_so(name in "refs/([a.@{/~^:?*\\[\u{e9} \t\\\\]|[.]lock){1,6}") {
        let git = Git::new();
        let mut command = git.command(&git.root, &["check-ref-format", &name]);
        let good = command.status().expect("git is there").success();
        prop_assert_eq!(RefName::new(&name).is_ok(), good, "{}", name);
    }
}
