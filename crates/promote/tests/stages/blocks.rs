//! Long histories: what was read of a stage before is the same as what its commits say.

use std::fs;

use storyline_promote::{BackOut, Deed, Landed, Landing, Ledger, Span, Take};
use storyline_repo::{Memo, NewCommit, ObjectId, Repository, signature};

use super::shop::Shop;

/// Commits; two blocks and some.
const COMMITS: u8 = 250;
const ROUNDS: u8 = 3;

fn id(first: u8, second: u8) -> ObjectId {
    let mut bytes = [second; 20];
    bytes[0] = first;
    ObjectId::from_bytes(bytes)
}

/// What the commit of this number says: all there is, and nothing now and then.
fn message(number: u8, round: u8) -> String {
    let revision = Landed {
        story: format!("S-{}", number / 3).parse().expect("an id"),
        revision: id(number, round).to_string().parse().expect("an id"),
        change: Span {
            from: id(1, number),
            to: id(2, number),
        },
    };
    let landing = |depends: &[&str]| Landing {
        revision: revision.clone(),
        replaces: number
            .is_multiple_of(2)
            .then(|| id(3, round).to_string().parse().expect("an id")),
        depends: depends
            .iter()
            .map(|id| id.parse().expect("an id"))
            .collect(),
        promotion: format!("p: {number} — {round}"),
    };
    let take = [None, Some(Take::Revert), Some(Take::Rebuild)][usize::from(round)];
    let deed = match number % 7 {
        0 => return format!("Just a commit {number}\n"),
        1 => Deed::Manifest { source: id(4, 4) },
        2 => Deed::Adopt,
        3 => Deed::BackOut(BackOut { revision, take }),
        4 => Deed::HotFix {
            revision,
            commit: id(5, number),
        },
        5 => Deed::Land(landing(&["A-1", "b_2"])),
        _ => {
            let two = [landing(&[]), landing(&["C.3"])].map(Deed::Land);
            return format!("Two\n\n{}\n{}", two[0], two[1]).replace('\n', "\r\n");
        }
    };
    format!("Subject {number}\n\n{deed}")
}

/// A history in which some commits are merges; its commits, oldest first.
fn grow(shop: &Shop) -> Vec<ObjectId> {
    shop.within(|workspace| {
        let tree = workspace.tree_of(shop.tip).expect("it is there");
        let mut commits = vec![shop.tip];
        for (number, round) in (0..ROUNDS).flat_map(|r| (0..COMMITS).map(move |n| (n, r))) {
            let when = i64::from(number) - i64::from(round) * 1000;
            let who = signature("Jo", "jo@example.com", when, 0);
            let first = *commits.last().expect("there is one");
            let merged = commits[commits.len() / 2];
            let parents = [first, merged];
            let message = message(number, round);
            let commit = NewCommit {
                tree,
                parents: if number.is_multiple_of(5) {
                    &parents
                } else {
                    &parents[..1]
                },
                author: &who,
                committer: &who,
                message: message.as_bytes(),
            };
            commits.push(workspace.keep_commit(&commit).expect("there is room"));
        }
        let tip = *commits.last().expect("there is one");
        workspace.write(&[tip]).expect("the disk has room");
        commits
    })
}

#[test]
fn what_was_read_before() {
    let shop = Shop::new();
    let commits = grow(&shop);
    let repository = Repository::open_bare(&shop.root).expect("it is readable");
    let read = |memo: &mut Memo, at: usize| {
        let objects = repository.objects().expect("they are readable");
        Ledger::read(&objects, memo, commits[at], &[]).expect("it is readable")
    };
    let fresh: Vec<_> = (0..commits.len())
        .step_by(37)
        .map(|at| (at, read(&mut Memo::default(), at)))
        .collect();
    let last = fresh.last().expect("there is one");
    assert!(last.1.entries.len() > 700 && !last.1.on_stage().is_empty());
    // Older tips first: blocks end elsewhere. Then with all that they left.
    for _ in 0..2 {
        for (at, expect) in &fresh {
            let mut memo = Memo::open(&repository);
            assert!(read(&mut memo, *at) == *expect, "at commit {at}");
            memo.save();
        }
    }
    // The tip from anew, so that all but the newest entries are in blocks; then the objects are not needed.
    fs::remove_dir_all(shop.root.join("storyline")).expect("the memo is there");
    let tip = commits.len() - 1;
    let mut memo = Memo::open(&repository);
    let expect = read(&mut memo, tip);
    memo.save();
    let in_blocks = commits.len() / 256 * 256 - 1;
    fs::remove_dir_all(shop.root.join("objects")).expect("they are there");
    fs::create_dir(shop.root.join("objects")).expect("there is room");
    let ledger = read(&mut Memo::open(&repository), in_blocks);
    assert!(ledger.entries == expect.entries[..=in_blocks]);
}
