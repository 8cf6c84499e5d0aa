//! Files and folders that both sides moved, beside what `git merge-tree` makes of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use storyline_repo::ObjectId;

use crate::git::{Git, id};
use crate::merging::{Files, check, merged, told, tree};

const A: &str = "1\n2\n3\n4\n5\n6\n";
const A_HERE: &str = "one\n2\n3\n4\n5\n6\n";
const A_THERE: &str = "1\n2\n3\n4\n5\nsix\n";
const B: &str = "i\nj\nk\nl\n";

#[test]
fn a_file_that_both_moved() {
    // To two places: nobody says to which.
    let two = check([&[("a", A)], &[("b", A)], &[("c", A)]]);
    insta::assert_snapshot!(two, @r#"
    100644 b: 1 2 3 4 5 6
    "b" Moved { from: "a", to: Some("c") }
    "#);
    let edited = check([&[("a", A)], &[("b", A_HERE)], &[("c", A_THERE)]]);
    insta::assert_snapshot!(edited, @r#"
    100644 b: one 2 3 4 5 6
    "b" Moved { from: "a", to: Some("c") }
    "#);
    // To the same place it is one file.
    let one = check([&[("a", A)], &[("b", A_HERE)], &[("b", A_THERE)]]);
    insta::assert_snapshot!(one, @r"
    100644 b: one 2 3 4 5 six
    ");
    let other = "1\n2\n3\n4\n5\n666\n";
    let lines = check([&[("a", A)], &[("b", other)], &[("b", A_THERE)]]);
    insta::assert_snapshot!(lines, @r#"
    100644 b: 1 2 3 4 5 666
    "b" 6: "6\n" "666\n" "six\n"
    "#);
}

#[test]
fn a_file_that_one_side_moved_and_the_other_removed() {
    // It goes wherever it is, unless it is another one there.
    insta::assert_snapshot!(check([&[("a", A), ("z", B)], &[("b", A), ("z", B)], &[("z", B)]]), @r"
    100644 z: i j k l
    ");
    insta::assert_snapshot!(check([&[("a", A)], &[("b", A_HERE)], &[]]), @r#"
    100644 b: one 2 3 4 5 6
    "b" Moved { from: "a", to: None }
    "#);
    // What the change moves is gone here.
    insta::assert_snapshot!(check([&[("a", A), ("z", B)], &[("z", B)], &[("b", A), ("z", B)]]), @r#"
    100644 z: i j k l
    "a" Gone
    "#);
    insta::assert_snapshot!(check([&[("a", A)], &[], &[("b", A_THERE)]]), @r#"
    "a" Gone
    "#);
    // Both removed it.
    insta::assert_snapshot!(check([&[("a", A), ("z", B)], &[("z", B)], &[("z", B)]]), @r"
    100644 z: i j k l
    ");
}

#[test]
fn a_file_that_one_side_moved_and_edited() {
    insta::assert_snapshot!(check([&[("a", A)], &[("a", A_HERE)], &[("b/c", A_THERE)]]), @r"
    100644 b/c: one 2 3 4 5 six
    ");
    insta::assert_snapshot!(check([&[("a", A)], &[("b/c", A_HERE)], &[("a", A_THERE)]]), @r"
    100644 b/c: one 2 3 4 5 six
    ");
    let other = "1\n2\n3\n4\n5\n666\n";
    insta::assert_snapshot!(check([&[("a", A)], &[("a", other)], &[("b/c", A_THERE)]]), @r#"
    100644 a: 1 2 3 4 5 666
    100644 b/c: 1 2 3 4 5 six
    "a" 6: "6\n" "666\n" "six\n"
    "#);
}

#[test]
fn a_folder_that_one_side_moved() {
    let base = [("old/a", A), ("old/b", B), ("old/sub/c", "c\nc\n")];
    let moved = [("new/a", A), ("new/b", B), ("new/sub/c", "c\nc\n")];
    let more = [&base[..], &[("old/d", "d\n"), ("old/sub/e", "e\n")]].concat();
    // The change moves it, and somebody added files here; and the other way round.
    insta::assert_snapshot!(check([&base, &more, &moved]), @r#"
    100644 new/a: 1 2 3 4 5 6
    100644 new/b: i j k l
    100644 new/sub/c: c c
    100644 old/d: d
    100644 old/sub/e: e
    "old/d" FolderMoved { to: Some("new/d") }
    "old/sub/e" FolderMoved { to: Some("new/sub/e") }
    "#);
    insta::assert_snapshot!(check([&base, &moved, &more]), @r#"
    100644 new/a: 1 2 3 4 5 6
    100644 new/b: i j k l
    100644 new/sub/c: c c
    "old/d" FolderMoved { to: Some("new/d") }
    "old/sub/e" FolderMoved { to: Some("new/sub/e") }
    "#);
    // Nothing was added: edits go along.
    let edited = [("old/a", A_HERE), ("old/b", B), ("old/sub/c", "c\nc\n")];
    insta::assert_snapshot!(check([&base, &edited, &moved]), @r"
    100644 new/a: one 2 3 4 5 6
    100644 new/b: i j k l
    100644 new/sub/c: c c
    ");
    // It is still there, or nobody can tell where it went.
    let part = [("new/a", A), ("old/b", B), ("new/sub/c", "c\nc\n")];
    insta::assert_snapshot!(check([&base, &more, &part]), @r#"
    100644 new/a: 1 2 3 4 5 6
    100644 new/sub/c: c c
    100644 old/b: i j k l
    100644 old/d: d
    100644 old/sub/e: e
    "old/sub/e" FolderMoved { to: Some("new/sub/e") }
    "#);
    let split = [("new/a", A), ("other/b", B)];
    insta::assert_snapshot!(check([&base[..2], &[&base[..2], &[("old/d", "d\n")]].concat(), &split]), @r#"
    100644 new/a: 1 2 3 4 5 6
    100644 old/d: d
    100644 other/b: i j k l
    "old/d" FolderMoved { to: None }
    "#);
}

/// What one side does to a file, or to the folder that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Nothing,
    Move(u8),
    Edit(usize),
    MoveAndEdit(u8, usize),
    Remove,
}

/// A text that is like no other one.
fn text(file: usize) -> Vec<String> {
    (0..12)
        .map(|line| format!("file {file}, line {line} of twelve\n"))
        .collect()
}

fn done(base: &[&str], acts: &[Act], folder: bool, adds: Option<u8>) -> Files {
    let mut files = Files::new();
    for (file, (path, act)) in base.iter().zip(acts).enumerate() {
        let mut lines = text(file);
        let (moves, edits) = match act {
            Act::Nothing => (None, None),
            Act::Move(to) => (Some(to), None),
            Act::Edit(line) => (None, Some(line)),
            Act::MoveAndEdit(to, line) => (Some(to), Some(line)),
            Act::Remove => continue,
        };
        if let Some(line) = edits {
            lines[*line] = format!("another line {line}\n");
        }
        let path = match moves {
            Some(to) => format!("to-{to}/{file}"),
            None if folder => path.replace("d/", "e/"),
            None => (*path).into(),
        };
        files.insert(path, lines.concat());
    }
    if let Some(number) = adds {
        files.insert(format!("d/new-{number}"), format!("new {number}\n"));
    }
    files
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Nothing),
        2 => (0..2u8).prop_map(Act::Move),
        2 => prop::sample::select(vec![0, 5, 11]).prop_map(Act::Edit),
        2 => (0..2u8, prop::sample::select(vec![0, 5, 11])).prop_map(|(to, line)| Act::MoveAndEdit(to, line)),
        1 => Just(Act::Remove),
    ]
}

/// What `git merge-tree` makes of it: its tree, if it is clean, and what it says.
fn by_git(git: &Git, [base, ours, theirs]: [ObjectId; 3]) -> (Option<ObjectId>, String) {
    let base = format!("--merge-base={base}");
    let mut command = git.command(&git.root, &["merge-tree", "--write-tree", &base]);
    command.args([ours.to_string(), theirs.to_string()]);
    let output = command.output().expect("git is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success().then(|| id(text.trim())), text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Where both are sure they agree, with one exception: what one side moved, untouched, and the other
    /// removed is gone here, and a conflict to Git.
    #[test]
    fn what_moved_is_what_git_says_moved(
        acts in prop::collection::vec((act(), act()), 4),
        folders in prop::option::weighted(0.3, any::<bool>()),
        adds in any::<[bool; 2]>(),
    ) {
        let base = ["a", "b", "d/c", "d/d"];
        let (ours, theirs): (Vec<_>, Vec<_>) = acts.into_iter().unzip();
        let plain = base.iter().enumerate().map(|(file, path)| ((*path).to_owned(), text(file).concat()));
        let sides = [
            plain.collect::<BTreeMap<_, _>>(),
            done(&base, &ours, folders == Some(false), adds[0].then_some(1)),
            done(&base, &theirs, folders == Some(true), adds[1].then_some(2)),
        ];
        let is_gone_untouched = ours.iter().zip(&theirs).any(|(ours, theirs)| {
            let stays = |act: &Act| matches!(act, Act::Move(_) | Act::Nothing);
            *theirs == Act::Remove && stays(ours)
        });
        let git = Git::new();
        let trees = sides.each_ref().map(|side| tree(&git, side));
        let result = merged(&git, trees, |_| false);
        let (clean, said) = by_git(&git, trees);
        let tree = result.clashes.is_empty().then_some(result.tree);
        if !(is_gone_untouched && tree.is_some()) {
            prop_assert_eq!(tree, clean, "{:#?}\n{}\n{}", sides, told(&git, &result), said);
        }
    }
}
