//! Listing, fetching and pushing by path: what `storyline_repo::Git` does whatever the protocol.
#![cfg(unix)]

mod common;

use std::fs;
use std::thread;

use common::{Place, branch, push};
use storyline_repo::{Git, NetError, RefName};

fn name(name: &str) -> RefName {
    RefName::new(name).expect("a ref's name")
}

/// The user's git, which may use paths.
fn git(place: &Place) -> Git {
    place
        .program()
        .with_protocols("file".parse().expect("a protocol"))
}

#[test]
fn there_and_back() {
    let place = Place::new();
    let (git, repository, url) = (git(&place), place.repository(), place.path());
    let first = place.tip(&place.clone, "HEAD");
    let pushes = [push("main", None, first), push("story/s1", None, first)];
    git.push(&repository, &url, &pushes).expect("it is empty");
    let listed = |prefixes: &[&str]| {
        let refs = git.list(&repository, &url, prefixes).expect("it is there");
        refs.into_iter()
            .map(|(name, id)| (name.to_string(), Some(id)))
            .collect::<Vec<_>>()
    };
    let main = ("refs/heads/main".to_owned(), first);
    let story = ("refs/heads/story/s1".to_owned(), first);
    assert_eq!(listed(&["refs/heads/"]), [main.clone(), story.clone()]);
    assert_eq!(listed(&["refs/heads/main", "refs/heads/story"]), [main]);
    assert_eq!(listed(&["refs/heads/story/", "heads/main"]), [story]);
    assert_eq!(listed(&[]), []);

    let second = place.commit("second");
    let forward = [
        push("main", first, Some(second)),
        push("story/s1", first, None),
    ];
    git.push(&repository, &url, &forward)
        .expect("it stands there");
    assert_eq!(place.there("refs/heads/main"), Some(second));
    assert_eq!(place.there("refs/heads/story/s1"), None);
    git.push(&repository, &url, &forward)
        .expect("it has happened already");

    let tracking = name("refs/storyline/remote/dev1/main");
    let wanted = [
        (branch("main"), tracking.clone()),
        (
            branch("story/s1"),
            name("refs/storyline/remote/dev1/story/s1"),
        ),
    ];
    let fetched = git.fetch(&repository, &url, &wanted).expect("it is there");
    assert_eq!(
        fetched.found.into_iter().collect::<Vec<_>>(),
        [(branch("main"), second)]
    );
    assert_eq!(
        fetched.missing.into_iter().collect::<Vec<_>>(),
        [branch("story/s1")]
    );
    assert_eq!(place.tip(&place.clone, tracking.as_str()), Some(second));
    assert!(!place.clone.join(".git/FETCH_HEAD").exists());
}

#[test]
fn pushes_that_are_refused() {
    let place = Place::new();
    let (git, repository, url) = (git(&place), place.repository(), place.path());
    let first = place.tip(&place.clone, "HEAD");
    git.push(&repository, &url, &[push("main", None, first)])
        .expect("it is empty");
    place.pre_receive("echo 'no \u{1b}[31mtoday' >&2; exit 1");
    let second = place.commit("second");
    let both = [push("main", first, Some(second)), push("new", None, first)];
    let error = git.push(&repository, &url, &both).expect_err("the hook");
    let NetError::Refused { words, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        words.to_string().contains(r"remote: no \u{1b}[31mtoday"),
        "{words}"
    );
    assert_eq!(
        (
            place.there("refs/heads/main"),
            place.there("refs/heads/new")
        ),
        (first, None)
    );

    // Whoever expects something else moves nothing, also of what is as expected.
    fs::remove_file(place.remote.join("hooks/pre-receive")).expect("it is there");
    let third = place.commit("third");
    let both = [
        push("main", Some(second), Some(third)),
        push("new", None, first),
    ];
    let error = git
        .push(&repository, &url, &both)
        .expect_err("it stands elsewhere");
    insta::with_settings!({filters => vec![(r"[0-9a-f]{40}", "ID")]}, {
        insta::assert_snapshot!(error.diagnostic().help.join("\n"), @r#"
    `refs/heads/main` was expected at ID and stands at ID
    run the command again: it starts from what is there now
    "#);
    });
    let both = [push("main", None, Some(second))];
    let error = git.push(&repository, &url, &both).expect_err("it is there");
    assert_eq!(error.diagnostic().id, "push-conflict");
    assert_eq!(
        (
            place.there("refs/heads/main"),
            place.there("refs/heads/new")
        ),
        (first, None)
    );
}

#[test]
fn one_of_many_wins() {
    let place = Place::new();
    let (git, url) = (git(&place), place.path());
    let first = place.tip(&place.clone, "HEAD");
    git.push(&place.repository(), &url, &[push("main", None, first)])
        .expect("it is empty");
    let commits: Vec<_> = (0..6).map(|n| place.commit(&n.to_string())).collect();
    let results: Vec<_> = thread::scope(|scope| {
        let pushed = commits.iter().map(|commit| {
            let (git, url, repository) = (&git, &url, place.repository());
            scope.spawn(move || git.push(&repository, url, &[push("main", first, Some(*commit))]))
        });
        let pushed: Vec<_> = pushed.collect();
        pushed
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let winners = commits
        .iter()
        .zip(&results)
        .filter(|(_, result)| result.is_ok());
    let winners: Vec<_> = winners.map(|(commit, _)| Some(*commit)).collect();
    assert_eq!(winners, [place.there("refs/heads/main")]);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(
            matches!(error, NetError::Moved { .. } | NetError::Refused { .. }),
            "{error}"
        );
    }
}

#[test]
fn many_fetch_the_same() {
    let place = Place::new();
    let (git, url) = (git(&place), place.path());
    let tip = place.tip(&place.clone, "HEAD").expect("it has a commit");
    git.push(&place.repository(), &url, &[push("main", None, Some(tip))])
        .expect("it is empty");
    let wanted = [(branch("main"), name("refs/storyline/remote/dev1/main"))];
    thread::scope(|scope| {
        for _ in 0..6 {
            let (git, url, wanted, repository) = (&git, &url, &wanted, place.repository());
            scope.spawn(move || {
                let fetched = git.fetch(&repository, url, wanted).expect("it is there");
                assert_eq!(fetched.found, [(branch("main"), tip)].into());
            });
        }
    });
}
