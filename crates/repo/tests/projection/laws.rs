//! Laws of projection, on histories made at random.

use std::fs;
use std::process::Command;

use proptest::prelude::*;
use storyline_repo::projection::{Opaque, ProjectionError};
use storyline_repo::{Kind, ObjectId, Objects};
use storyline_stamp::Direction;

use crate::histories::{History, fixed, histories, sound_histories};
use crate::place::{Place, Projected, read_commit};
use crate::reference::{self, opposite};

const WAYS: [Direction; 2] = [Direction::Stamp, Direction::Unstamp];

/// What becomes of a history; `None` when it is rightly told to be ambiguous.
fn projected(place: &Place, commits: &[ObjectId], way: Direction) -> Option<Projected> {
    match place.project(commits, way) {
        Ok(projected) => Some(projected),
        Err(ProjectionError::Ambiguous { commit }) => {
            let (_, tree, _) = read_commit(&place.objects(), commit);
            let there = reference::project(place, tree, way);
            let from = reference::project(place, tree, opposite(way));
            assert!(there.is_err() && from.is_ok_and(|from| from != tree));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Every tree is what planning it as a whole makes of it, and no more of a commit changed.
fn is_as_planned(place: &Place, commits: &[ObjectId], way: Direction, projected: &Projected) {
    let objects = place.objects();
    for (from, to) in commits.iter().zip(&projected.0) {
        let (before, tree, parents) = read_commit(&objects, *from);
        let (after, made, new_parents) = read_commit(&objects, *to);
        let opaque = projected.1.iter().find(|opaque| opaque.id == *from);
        let expected = reference::project(place, tree, way);
        match (expected, opaque.map(|opaque| opaque.why)) {
            (Ok(expected), None) => assert_eq!(made, expected, "the tree of {from}"),
            // A part of a tree that is odd makes it one that is refused.
            (Err(Opaque::OddTree), Some(_)) => assert_eq!(made, tree),
            (Err(why), Some(found)) => assert_eq!((made, found), (tree, why)),
            (expected, found) => panic!("{from}: {expected:?}, {found:?}"),
        }
        let became =
            |id: &ObjectId| projected.0[commits.iter().position(|c| c == id).expect("ours")];
        assert_eq!(new_parents, parents.iter().map(became).collect::<Vec<_>>());
        if (tree, &parents) == (made, &new_parents) {
            assert_eq!(from, to, "what does not change keeps its name");
        } else {
            assert_eq!(without_ids(&before), without_ids(&swapped(&after)));
        }
    }
}

/// A commit without the lines that a projection changes.
fn without_ids(commit: &[u8]) -> Vec<&[u8]> {
    let lines = commit.split_inclusive(|byte| *byte == b'\n');
    lines
        .skip_while(|line| line.starts_with(b"tree ") || line.starts_with(b"parent "))
        .collect()
}

/// A commit in which signatures trade places with those that were put aside.
fn swapped(commit: &[u8]) -> Vec<u8> {
    let mut in_headers = true;
    let mut swapped = Vec::new();
    for line in commit.split_inclusive(|byte| *byte == b'\n') {
        in_headers &= line != b"\n";
        match line {
            _ if !in_headers => swapped.extend_from_slice(line),
            [b'g', b'p', b'g', b's', b'i', b'g', ..] => {
                swapped.extend_from_slice(b"x-storyline-");
                swapped.extend_from_slice(line);
            }
            _ if line.starts_with(b"x-storyline-gpgsig") => swapped.extend_from_slice(&line[12..]),
            _ => swapped.extend_from_slice(line),
        }
    }
    swapped
}

/// Whatever was known before, and in whatever order commits come, they become the same.
fn depends_on_nothing(place: &Place, commits: &[ObjectId], way: Direction, expected: &[ObjectId]) {
    let backwards: Vec<_> = commits.iter().rev().copied().collect();
    let made = place.project(&backwards, way).expect("it was possible").0;
    assert!(made.iter().rev().eq(expected));
    for (commit, expected) in commits.iter().zip(expected) {
        let alone = place.project(&[*commit], way).expect("it was possible").0;
        assert_eq!(alone, [*expected]);
    }
    let half = commits.len() / 2;
    let known = || {
        commits[..half]
            .iter()
            .copied()
            .zip(expected[..half].iter().copied())
    };
    let rest = place.project_with(&commits[half..], way, |projector| projector.assume(known()));
    assert_eq!(rest.expect("it was possible").0, expected[half..]);
    let batches = place.project_with(commits, way, |projector| {
        projector
            .project(&commits[..half])
            .expect("it was possible");
    });
    assert_eq!(batches.expect("it was possible").0, expected);
    // A memo that is empty, one that knows a part, and one that knows all.
    for commits in [&commits[..half], commits, commits] {
        let made = place.project_by_memo(commits, way);
        assert_eq!(made.expect("it was possible"), expected[..commits.len()]);
    }
}

/// Another repository, in which only what was there at first is, makes the same.
fn is_the_same_elsewhere(history: &History, way: Direction, expected: &[ObjectId]) {
    let first = Place::new();
    let commits = history.write(&first);
    let second = Place::borrowing(&first.root.join("objects"));
    let made = second.project(&commits, way).expect("it was possible").0;
    assert_eq!(made, expected);
    let has = |objects: &Objects, id: &ObjectId| objects.read_as(*id, Kind::Commit).is_ok();
    assert!(made.iter().all(|id| has(&second.objects(), id)));
    let untouched = first.objects();
    let is_new = |(from, to): &(&ObjectId, &ObjectId)| from != to && !commits.contains(to);
    let mut new = commits.iter().zip(&made).filter(is_new);
    assert!(
        new.all(|(_, to)| !has(&untouched, to)),
        "what is borrowed from is not written to"
    );
}

/// Git finds nothing new to complain of.
fn is_sound(place: &Place, made: &[ObjectId]) {
    for (number, id) in made.iter().enumerate() {
        let file = place.root.join(format!("refs/heads/b{number}"));
        fs::write(file, format!("{id}\n")).expect("a new file");
    }
    fs::write(place.root.join("HEAD"), "ref: refs/heads/b0\n").expect("a file of ours");
    let mut git = Command::new("git");
    git.args(["fsck", "--strict", "--full", "--no-dangling"])
        .current_dir(&place.root);
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let said = git.output().expect("git is installed");
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(said, "");
}

fn check(history: &History) {
    for way in WAYS {
        let place = Place::new();
        let commits = history.write(&place);
        let Some(made) = projected(&place, &commits, way) else {
            continue;
        };
        is_as_planned(&place, &commits, way, &made);
        let back = place
            .project(&made.0, opposite(way))
            .expect("it comes back");
        assert_eq!(back.0, commits, "there and back");
        depends_on_nothing(&place, &commits, way, &made.0);
        is_the_same_elsewhere(history, way, &made.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn histories_go_there_and_back(history in histories()) {
        check(&history);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn git_is_content(history in sound_histories()) {
        for way in WAYS {
            let place = Place::new();
            let commits = history.write(&place);
            if let Some((made, _)) = projected(&place, &commits, way) {
                is_sound(&place, &[commits, made].concat());
            }
        }
    }
}

#[test]
fn the_fixed_history_goes_there_and_back() {
    check(&fixed());
}
