//! What is kept or found elsewhere saves time and changes nothing: memos that are damaged, and branches
//! that a fresh clone recognises.

use std::fs;

use storyline_repo::{Kind, NewCommit, ObjectId, Objects, RawCommit, signature};
use storyline_stamp::Direction;

use crate::histories::fixed;
use crate::place::{Place, add};

/// A repository with a history, its commits, and what they become.
fn projected() -> (Place, Vec<ObjectId>, Vec<ObjectId>) {
    let place = Place::new();
    let commits = fixed().write(&place);
    let made = place.project_by_memo(&commits, Direction::Stamp);
    let made = made.expect("a history that can be projected");
    (place, commits, made)
}

#[test]
fn a_damaged_memo_is_none() {
    let (place, commits, made) = projected();
    let mut files = fs::read_dir(place.root.join("storyline")).expect("a memo was kept");
    let file = files.next().expect("one file").expect("readable").path();
    let sound = fs::read(&file).expect("readable");
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        change(&mut bytes);
        fs::write(&file, bytes).expect("writable");
        let again = place.project_by_memo(&commits, Direction::Stamp);
        assert_eq!(again.expect("as before"), made);
        let back = place.project_by_memo(&made, Direction::Unstamp);
        assert_eq!(back.expect("there was a way there"), commits);
    };
    damaged(&|bytes| bytes.truncate(bytes.len() / 2));
    damaged(&|bytes| bytes.clear());
    damaged(&|bytes| bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x20));
    for part in 1..8 {
        damaged(&|bytes| {
            let at = bytes.len() * part / 8;
            bytes[at..]
                .iter_mut()
                .take(4096)
                .for_each(|byte| *byte = !*byte);
        });
    }
}

/// How many commits a clone without a memo recognises in `there`, and what it then makes of `commits`.
fn recognised(place: &Place, commits: &[ObjectId], there: ObjectId) -> (usize, Vec<ObjectId>) {
    let clone = Place::borrowing(&place.root.join("objects"));
    let mut count = 0;
    let made = clone.project_with(commits, Direction::Stamp, |projector| {
        count = projector
            .recognise(commits, there)
            .expect("all objects are there");
    });
    (count, made.expect("as before").0)
}

#[test]
fn a_fresh_clone_recognises_a_branch() {
    let (place, commits, made) = projected();
    let history = |objects: &Objects, tip| objects.walk(&[tip], &[]).expect("readable").len();
    let (tip, there) = (commits[commits.len() - 1], made[made.len() - 1]);
    let (count, again) = recognised(&place, &[tip], there);
    assert_eq!(again, [there]);
    assert_eq!(count, history(&place.objects(), tip));
    // With a commit of somebody's own on top, what is below is recognised.
    let own = on_top(&place, there, |objects| {
        objects.tree_of(there).expect("readable")
    });
    assert_eq!(recognised(&place, &[tip], own), (count, vec![there]));
    // What has nothing to do with it says nothing.
    assert_eq!(recognised(&place, &[tip], tip).1, [there]);
}

#[test]
fn a_branch_with_another_tree_is_not_recognised() {
    let (place, commits, made) = projected();
    let (tip, there) = (commits[commits.len() - 1], made[made.len() - 1]);
    let objects = place.objects();
    let bytes = objects.read_as(there, Kind::Commit).expect("it was made");
    let raw = RawCommit::parse(&bytes).expect("a commit");
    let other = objects.tree_of(made[0]).expect("readable");
    let forged = place.write(|writer| {
        add(
            writer,
            Kind::Commit,
            &raw.rewritten(other, raw.parents(), false),
        )
    });
    assert_ne!(forged, there);
    assert_eq!(recognised(&place, &[tip], forged), (0, vec![there]));
}

fn on_top(place: &Place, parent: ObjectId, tree: impl Fn(&Objects) -> ObjectId) -> ObjectId {
    let tree = tree(&place.objects());
    let who = signature("Looker", "looker@example.com", 1_000_000_000, 0);
    let commit = NewCommit {
        tree,
        parents: &[parent],
        author: &who,
        committer: &who,
        message: b"In the IDE\n",
    };
    place.write(|writer| add(writer, Kind::Commit, &commit.to_bytes()))
}
