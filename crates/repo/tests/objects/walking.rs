//! Histories of every shape.

use proptest::prelude::*;
use storyline_repo::{ObjectError, ObjectId, Repository};

use crate::git::{Git, id};

/// Commits by number; each has the parents that `shape` says and the date that `date` gives it.
fn history(git: &Git, shape: &[Vec<usize>], date: impl Fn(usize) -> i64) -> Vec<ObjectId> {
    let mut commits: Vec<ObjectId> = Vec::new();
    for (number, parents) in shape.iter().enumerate() {
        let parents: Vec<_> = parents.iter().map(|parent| commits[*parent]).collect();
        commits.push(git.commit(&parents, date(number), &number.to_string()));
    }
    commits
}

fn numbers(commits: &[ObjectId], found: &[ObjectId]) -> Vec<usize> {
    let number = |id: &ObjectId| commits.iter().position(|c| c == id);
    found
        .iter()
        .map(|id| number(id).expect("one of ours"))
        .collect()
}

#[test]
fn parents_come_first_and_hidden_ones_not() {
    let git = Git::new();
    // 0 - 1 - 3 - 5, 0 - 2 - 3, 4 is a root of its own that 5 merges; 6 comes from 1.
    let shape = [
        vec![],
        vec![0],
        vec![0],
        vec![1, 2],
        vec![],
        vec![3, 2, 4],
        vec![1],
    ];
    let commits = history(&git, &shape, |n| n as i64 * 100_000);
    let objects = git.objects();
    let walked = |tips: &[usize], hidden: &[usize]| {
        let of = |numbers: &[usize]| -> Vec<_> { numbers.iter().map(|n| commits[*n]).collect() };
        let walked = objects.walk(&of(tips), &of(hidden)).expect("all are there");
        for commit in &walked {
            let parents = numbers(&commits, &commit.parents);
            assert_eq!(parents, shape[numbers(&commits, &[commit.id])[0]]);
        }
        let ids: Vec<_> = walked.iter().map(|commit| commit.id).collect();
        numbers(&commits, &ids)
    };
    assert_eq!(walked(&[5], &[]), [0, 1, 2, 3, 4, 5]);
    assert_eq!(walked(&[6, 5], &[]), [0, 1, 6, 2, 3, 4, 5]);
    assert_eq!(walked(&[5], &[6]), [2, 3, 4, 5]);
    assert_eq!(walked(&[5], &[3]), [4, 5]);
    assert_eq!(walked(&[5], &[5]), [0; 0]);
    assert_eq!(walked(&[1], &[5]), [0; 0]);
    let none = ObjectId::from_bytes([9; 20]);
    assert_eq!(
        objects.walk(&[commits[1]], &[none]).expect("hidden").len(),
        2
    );
    let error = objects.walk(&[none], &[]).expect_err("it is missing");
    assert_eq!(error.diagnostic().id, "object-missing");
    let tree = objects.tree_of(commits[0]).expect("a commit");
    assert!(matches!(
        objects.walk(&[tree], &[]),
        Err(ObjectError::WrongKind { .. })
    ));
}

#[test]
fn a_long_history_needs_no_stack() {
    let git = Git::new();
    let import: String = (1..=20_000)
        .map(|n| {
            let from = if n > 1 {
                format!("from :{}\n", n - 1)
            } else {
                String::new()
            };
            format!(
                "commit refs/heads/main\nmark :{n}\ncommitter A <a> {n} +0000\ndata 0\n{from}\n"
            )
        })
        .collect();
    git.run_in(&git.root, &["fast-import", "--quiet"], import.as_bytes());
    let tip = git.opened().resolve("main").expect("it is there");
    let walked = git.objects().walk(&[tip], &[]).expect("all are there");
    assert_eq!(walked.len(), 20_000);
    assert!(walked[0].parents.is_empty());
}

#[test]
fn shallow_clones_are_refused_but_where_it_does_not_matter() {
    let git = Git::new();
    let shape = [vec![], vec![0], vec![1], vec![2]];
    let commits = history(&git, &shape, |n| n as i64);
    git.run(&["update-ref", "refs/heads/main", &commits[3].to_string()]);
    let url = format!("file://{}", git.root.display());
    git.run(&["clone", "--quiet", "--depth=2", &url, "../shallow"]);
    let repository = Repository::discover(&git.beside("shallow")).expect("readable");
    let repository = repository.expect("there");
    assert!(repository.is_shallow());
    let objects = repository.objects().expect("readable");
    let error = objects.walk(&[commits[3]], &[]).expect_err("it was cut");
    assert_eq!(error.diagnostic().id, "repository-shallow");
    assert_eq!(
        objects
            .walk(&[commits[3]], &[commits[2]])
            .expect("enough")
            .len(),
        1
    );
    assert!(objects.is_ancestor(commits[2], commits[3]).expect("enough"));
    let error = objects
        .is_ancestor(commits[0], commits[3])
        .expect_err("it was cut");
    assert_eq!(error.diagnostic().id, "repository-shallow");
}

/// Any graph, with dates that may lie by any amount.
fn graphs() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<i64>)> {
    let node = (
        any::<[u8; 3]>(),
        0..4usize,
        prop_oneof![9 => Just(0), 1 => -400_000..400_000i64],
    );
    proptest::collection::vec(node, 1..14).prop_map(|nodes| {
        let shape = nodes.iter().enumerate().map(|(number, (picks, count, _))| {
            let picks = picks.iter().take(if number == 0 { 0 } else { *count });
            let mut parents: Vec<_> = picks.map(|p| usize::from(*p) % number).collect();
            parents.dedup();
            parents
        });
        let dates = nodes.iter().enumerate();
        let dates = dates.map(|(n, (_, _, lie))| (1_000_000 + 1000 * n as i64 + lie).max(0));
        (shape.collect(), dates.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn relations_are_those_that_git_finds((shape, dates) in graphs(), picks in any::<[u8; 2]>()) {
        let git = Git::new();
        let commits = history(&git, &shape, |n| dates[n]);
        let objects = git.objects();
        let [a, b] = picks.map(|pick| usize::from(pick) % commits.len());
        // The truth, from the shape alone.
        let above = |tip: usize| {
            let mut reached = vec![false; shape.len()];
            reached[tip] = true;
            for number in (0..shape.len()).rev().filter(|n| *n <= tip) {
                if reached[number] {
                    shape[number].iter().for_each(|parent| reached[*parent] = true);
                }
            }
            reached
        };
        let (of_a, of_b) = (above(a), above(b));
        prop_assert_eq!(objects.is_ancestor(commits[a], commits[b]).expect("there"), of_b[a]);
        let common: Vec<_> = (0..shape.len()).filter(|n| of_a[*n] && of_b[*n]).collect();
        let best = common.iter().filter(|n| common.iter().all(|c| c == *n || !above(*c)[**n]));
        let mut best: Vec<_> = best.map(|n| commits[*n]).collect();
        best.sort();
        prop_assert_eq!(objects.merge_bases(commits[a], commits[b]).expect("there"), best);
        let walked = objects.walk(&[commits[a]], &[commits[b]]).expect("there");
        let mut walked = numbers(&commits, &walked.iter().map(|c| c.id).collect::<Vec<_>>());
        walked.sort();
        let lies = dates.windows(2).any(|pair| pair[0] > pair[1] + 86_400);
        let wanted: Vec<_> = (0..shape.len()).filter(|n| of_a[*n] && !of_b[*n]).collect();
        if lies {
            prop_assert!(wanted.iter().all(|n| walked.contains(n)));
        } else {
            prop_assert_eq!(walked, wanted);
        }
        let list = git.run(&["rev-list", "--topo-order", &commits[a].to_string()]);
        let all = objects.walk(&[commits[a]], &[]).expect("there");
        prop_assert_eq!(list.lines().map(id).count(), all.len());
    }
}
