//! Changes applied to other trees, beside what `git merge-tree` makes of them.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use storyline_repo::merge::{ClashKind, Merge, Merged};
use storyline_repo::projection::{Leaf, Workspace};
use storyline_repo::{EntryKind, Memo, NewCommit, ObjectId, TreeEntry, write_tree};
use storyline_text::RelPath;

use crate::git::{Git, WHO, id};

/// Paths, and the texts there; `-> x` is a link to `x`.
pub(crate) type Files = BTreeMap<String, String>;

pub(crate) fn path(path: &str) -> RelPath {
    RelPath::new(path.as_bytes()).expect("a plain path")
}

pub(crate) fn files(files: &[(&str, &str)]) -> Files {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).into(), (*text).into()));
    files.collect()
}

/// A tree of these files, made by `git`.
pub(crate) fn tree(git: &Git, files: &Files) -> ObjectId {
    let mut input = String::new();
    for (path, text) in files {
        let (mode, text) = match text.strip_prefix("-> ") {
            Some(target) => ("120000", target),
            None => ("100644", text.as_str()),
        };
        let blob = git.hash("blob", text.as_bytes());
        writeln!(input, "{mode} {blob}\t{path}").expect("a string takes all");
    }
    git.hash("tree", b"");
    git.run(&["read-tree", "--empty"]);
    git.run_in(
        &git.root,
        &["update-index", "--index-info"],
        input.as_bytes(),
    );
    id(&git.run(&["write-tree"]))
}

pub(crate) fn merged(git: &Git, trees: [ObjectId; 3], skip: impl Fn(&RelPath) -> bool) -> Merged {
    let (repository, objects) = (git.opened(), git.objects());
    let mut workspace = Workspace::new(&objects, Memo::open(&repository));
    let [base, ours, theirs] = trees;
    let merge = Merge { base, ours, theirs };
    let merged = workspace.merge(merge, skip).expect("all is there");
    let who = format!("{WHO} 1 +0000");
    let commit = NewCommit {
        tree: merged.tree,
        parents: &[],
        author: who.as_bytes(),
        committer: who.as_bytes(),
        message: b"merged\n",
    };
    let commit = workspace.keep_commit(&commit).expect("it is writable");
    workspace.write(&[commit]).expect("it is writable");
    merged
}

/// The files of a tree and what clashes.
pub(crate) fn told(git: &Git, merged: &Merged) -> String {
    let mut told = String::new();
    let list = git.run(&["ls-tree", "-r", &merged.tree.to_string()]);
    for line in list.lines() {
        let (head, path) = line.split_once('\t').expect("as ls-tree prints it");
        let head: Vec<_> = head.split(' ').collect();
        let text = match head[1] {
            "blob" => git.run(&["cat-file", "blob", head[2]]).replace('\n', " "),
            _ => head[1].into(),
        };
        writeln!(told, "{} {path}: {text}", head[0]).expect("a string takes all");
    }
    for clash in &merged.clashes {
        let why = match &clash.why {
            ClashKind::Lines(lines) => {
                let lines = lines.iter().map(|clash| {
                    let [base, ours, theirs] = [&clash.base, &clash.ours, &clash.theirs]
                        .map(|text| String::from_utf8_lossy(text).into_owned());
                    format!("{}: {base:?} {ours:?} {theirs:?}", clash.line)
                });
                lines.collect::<Vec<_>>().join(", ")
            }
            why => format!("{why:?}"),
        };
        writeln!(told, "{:?} {why}", clash.path).expect("a string takes all");
    }
    told
}

/// What comes of applying `base` to `theirs` on `ours`.
pub(crate) fn check(sides: [&[(&str, &str)]; 3]) -> String {
    let git = Git::new();
    let trees = sides.map(|side| tree(&git, &files(side)));
    told(&git, &merged(&git, trees, |_| false))
}

const A: &str = "1\n2\n3\n4\n5\n6\n";
const A_HERE: &str = "one\n2\n3\n4\n5\n6\n";
const A_THERE: &str = "1\n2\n3\n4\n5\nsix\n";

#[test]
fn what_moved_is_followed() {
    // The stage has another name for it.
    let here = check([&[("a", A)], &[("b", A_HERE)], &[("a", A_THERE)]]);
    insta::assert_snapshot!(here, @"100644 b: one 2 3 4 5 six");
    // The change gives it another name.
    let there = check([&[("a", A)], &[("a", A_HERE)], &[("b/c", A)]]);
    insta::assert_snapshot!(there, @"100644 b/c: one 2 3 4 5 6");
    let edited = check([&[("a", A)], &[("a", A_HERE)], &[("b", A_THERE)]]);
    insta::assert_snapshot!(edited, @"100644 b: one 2 3 4 5 six");
}

#[test]
fn where_a_file_moved_is_not_guessed() {
    // Two that are the same, and two that are equally alike.
    let same = check([&[("a", A)], &[("b", A), ("c", A)], &[("a", A_THERE)]]);
    insta::assert_snapshot!(same, @r#"
    100644 b: 1 2 3 4 5 6
    100644 c: 1 2 3 4 5 6
    "a" Gone
    "#);
    let alike = check([
        &[("a", A)],
        &[("b", A_HERE), ("c", A_HERE)],
        &[("a", A_THERE)],
    ]);
    assert!(alike.ends_with("\"a\" Gone\n"), "{alike}");
    // What is there was another file, to the byte or more so.
    for other in [A_HERE, "one\n2\n3\n4\n5\n6\n7\n"] {
        let base = [("a", A), ("z", other)];
        let taken = check([&base, &[("b", A_HERE)], &[("a", A_THERE), ("z", other)]]);
        assert!(taken.ends_with("\"a\" Gone\n"), "{taken}");
    }
    // Files without bytes are not each other.
    let empty = check([&[("a", "")], &[("b", "")], &[("a", A)]]);
    insta::assert_snapshot!(empty, @r#"
    100644 b: 
    "a" Gone
    "#);
    // Names that are swapped.
    let swapped = check([
        &[("a", A), ("b", "x\n")],
        &[("a", A_HERE), ("b", "x\n")],
        &[("a", "x\n"), ("b", A)],
    ]);
    insta::assert_snapshot!(swapped, @r#"
    100644 a: one 2 3 4 5 6
    100644 b: 1 2 3 4 5 6
    "a" 1: "1\n2\n3\n4\n5\n6\n" "one\n2\n3\n4\n5\n6\n" "x\n"
    "#);
}

#[test]
fn a_file_that_moved_was_there_before() {
    let git = Git::new();
    let sides = [&[("a", A)], &[("b", A_HERE)], &[("a", A_THERE)]];
    let trees = sides.map(|side| tree(&git, &files(side)));
    let moved = merged(&git, trees, |_| false);
    let [before, after] = moved.touched[&path("b")];
    assert!(before.is_some() && after.is_some() && before != after);
    // Nothing is done where nothing is to be done.
    let skipped = merged(&git, trees, |at| *at == path("b"));
    assert_eq!(skipped.tree, trees[1]);
    assert_eq!(skipped.clashes.len(), 1);
}

#[test]
fn files_and_folders_in_each_others_way() {
    let file = check([
        &[],
        &[("a/x", "1\n"), ("b", "2\n")],
        &[("a", "3\n"), ("b/x", "4\n")],
    ]);
    insta::assert_snapshot!(file, @r#"
    100644 a/x: 1
    100644 b: 2
    "a" InTheWay
    "b/x" InTheWay
    "#);
    let replaced = check([
        &[("a/x", "1\n"), ("b", "2\n")],
        &[("a/x", "1\n"), ("b", "2\n")],
        &[("a", "1\n"), ("b/x/y", "2\n")],
    ]);
    insta::assert_snapshot!(replaced, @"
    100644 a: 1
    100644 b/x/y: 2
    ");
    let last = check([&[("a/x/y", "1\n")], &[("a/x/y", "1\n"), ("b", "")], &[]]);
    insta::assert_snapshot!(last, @"100644 b:");
    let kinds = check([
        &[("a", "-> x"), ("b", "1\n")],
        &[("a", "-> y"), ("b", "2\n")],
        &[("a", "-> z"), ("b", "-> z")],
    ]);
    insta::assert_snapshot!(kinds, @r#"
    120000 a: y
    100644 b: 2
    "a" Bytes
    "b" Kinds
    "#);
}

#[test]
fn lines_that_clash_are_told_as_they_are() {
    let lines = |base: &str, ours: &str, theirs: &str| {
        let told = check([&[("a", base)], &[("a", ours)], &[("a", theirs)]]);
        told.split_once('\n').expect("a file").1.to_owned()
    };
    // No end at the end, other ends, lines like marks, and nothing.
    insta::assert_snapshot!(lines("1\n2", "1\nb", "1\nc"), @r#""a" 2: "2" "b" "c""#);
    insta::assert_snapshot!(lines("1\r\n2", "1\r\nb\r\n", "1\r\nc"), @r#""a" 2: "2" "b\r\n" "c""#);
    insta::assert_snapshot!(lines("", "b", "c\n"), @r#""a" 1: "" "b" "c\n""#);
    insta::assert_snapshot!(lines("1\n2\n3\n", "1\n3\n", "1\nb\n3\n"), @r#""a" 2: "2\n" "" "b\n""#);
    let marks = "<".repeat(79) + "\n=======\n" + &"|".repeat(90) + "\n>>>>>>> x\n";
    let told = lines(&marks, &(marks.clone() + "b\n"), &(marks.clone() + "c\n"));
    insta::assert_snapshot!(told, @r#""a" 5: "" "b\n" "c\n""#);
    assert_eq!(lines("1\0", "2\0", "3\0"), "\"a\" Bytes\n");
}

/// Lines are those of the side that stays, whatever the other one did above.
#[test]
fn lines_that_clash_are_told_where_they_are() {
    let check = |base: &str, ours: &str, theirs: &str| {
        let [base, ours, theirs] = [base, ours, theirs].map(|text| text.replace(' ', "\n") + "\n");
        let told = check([&[("a", &base)], &[("a", &ours)], &[("a", &theirs)]]);
        told.lines().last().unwrap_or_default().to_owned()
    };
    let base = "1 2 3 4 5 6 7 8 9";
    let added = check(base, "1 2 3 4 5 6 seven 8 9", "0 0 1 2 3 4 5 6 sept 8 9");
    insta::assert_snapshot!(added, @r#""a" 7: "7\n" "seven\n" "sept\n""#);
    let removed = check(base, "1 2 3 4 5 6 seven 8 9", "1 4 5 6 sept 8 9");
    insta::assert_snapshot!(removed, @r#""a" 7: "7\n" "seven\n" "sept\n""#);
    let both = check(base, "0 1 2 3 4 5 6 seven 8 9", "1 2 four 5 6 sept 8 9");
    insta::assert_snapshot!(both, @r#""a" 8: "7\n" "seven\n" "sept\n""#);
    let gone = check(base, "1 2 3 4 5 6 8 9", "0 1 2 3 4 5 6 sept 8 9");
    insta::assert_snapshot!(gone, @r#""a" 7: "7\n" "" "sept\n""#);
    let again = check("d b b a", "d a", "a d");
    insta::assert_snapshot!(again, @r#""a" 1: "d\nb\nb\n" "d\n" """#);
}

#[test]
fn what_is_odd_stays_where_nothing_is_done() {
    let git = Git::new();
    let blob = git.hash("blob", b"1\n");
    let entry = |mode: &'static str, name: &'static str, id| TreeEntry {
        mode: mode.as_bytes(),
        name: name.as_bytes(),
        id,
    };
    // Unsorted, and with a name twice.
    let odd = [
        entry("100664", "z", blob),
        entry("100644", "a", blob),
        entry("120777", "a", blob),
    ];
    let odd = git.hash("tree", &write_tree(&odd));
    let root = |text: &[u8], below| {
        let entries = [
            entry("100664", "a", git.hash("blob", text)),
            entry("160000", "b", ObjectId::from_bytes([7; 20])),
            entry("040000", "c", below),
        ];
        git.hash("tree", &write_tree(&entries))
    };
    let objects = git.objects();
    let mut workspace = Workspace::new(&objects, Memo::open(&git.opened()));
    let leaf = |text: &[u8]| {
        let (kind, id) = (EntryKind::File, git.hash("blob", text));
        Some(Leaf { kind, id })
    };
    let mut edit = |tree, changes: &[(&str, Option<Leaf>)]| {
        let changes = changes.iter().map(|(at, leaf)| (path(at), *leaf)).collect();
        workspace.edited(tree, &changes).expect("all is there")
    };
    let tree = root(b"1\n", odd);
    assert_eq!(edit(tree, &[]), Ok(tree));
    assert_eq!(edit(tree, &[("c/none", None), ("a/none", None)]), Ok(tree));
    assert_eq!(edit(tree, &[("a", leaf(b"2\n"))]), Ok(root(b"2\n", odd)));
    assert_eq!(edit(tree, &[("a/x", leaf(b""))]), Err(path("a/x")));
    // The name that is there twice: taken out once, and never written over.
    assert_eq!(edit(tree, &[("c/a", leaf(b""))]), Err(path("c/a")));
    let once = [entry("100664", "z", blob), entry("120777", "a", blob)];
    let once = git.hash("tree", &write_tree(&once));
    assert_eq!(edit(tree, &[("c/a", None)]), Ok(root(b"1\n", once)));
    assert_eq!(
        edit(odd, &[("z", leaf(b"1\n")), ("z/x", leaf(b""))]),
        Err(path("z/x"))
    );
}

#[test]
fn deep_and_many_folders() {
    let git = Git::new();
    let (repository, objects) = (git.opened(), git.objects());
    let mut workspace = Workspace::new(&objects, Memo::open(&repository));
    let empty = workspace.empty().expect("it is writable");
    let id = workspace.keep(b"").expect("it is writable");
    let leaf = Some(Leaf {
        kind: EntryKind::File,
        id,
    });
    let many = (0..20_000).map(|n| format!("{n}/a"));
    let paths = many.chain(["a/".repeat(2_000) + "b"]);
    let mut changes: BTreeMap<_, _> = paths.map(|at| (path(&at), leaf)).collect();
    let full = workspace.edited(empty, &changes).expect("it is writable");
    let full = full.expect("nothing is in the way");
    changes.values_mut().for_each(|leaf| *leaf = None);
    assert_eq!(
        workspace.edited(full, &changes).expect("all is there"),
        Ok(empty)
    );
}

#[test]
fn only_what_is_needed_is_written() {
    let git = Git::new();
    let trees = [&[("a", A)], &[("a", A_HERE)], &[("a", A_THERE)]];
    let trees = trees.map(|side| tree(&git, &files(side)));
    let count = |git: &Git| {
        git.run(&["count-objects", "-v"])
            .lines()
            .skip(2)
            .take(3)
            .collect::<String>()
    };
    let before = count(&git);
    {
        let objects = git.objects();
        let mut workspace = Workspace::new(&objects, Memo::open(&git.opened()));
        let [base, ours, theirs] = trees;
        workspace.keep(b"not needed").expect("it is writable");
        workspace
            .merge(Merge { base, ours, theirs }, |_| false)
            .expect("all is there");
    }
    assert_eq!(count(&git), before);
    assert!(
        !std::fs::read_dir(git.root.join(".git/objects/pack"))
            .is_ok_and(|mut d| d.next().is_some())
    );
    let merged = merged(&git, trees, |_| false);
    assert_eq!(told(&git, &merged), "100644 a: one 2 3 4 5 six\n");
    // A commit, its tree and one file.
    assert!(
        git.run(&["count-objects", "-v"])
            .contains("in-pack: 3\npacks: 1\n")
    );
    git.run(&["fsck", "--strict", "--full"]);
}

/// Three trees with much in common, in which names are files and folders.
fn sides() -> impl Strategy<Value = [Files; 3]> {
    let lines = prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 0..7);
    let text = (lines, any::<bool>())
        .prop_map(|(lines, is_ended)| lines.join("\n") + if is_ended { "\n" } else { "" });
    let text = prop_oneof![9 => text, 1 => Just("-> a".to_owned())];
    let names = vec!["a", "a-b", "a/b", "a/c", "b", "b/a/c", "c/d", "c/e"];
    let files = prop::collection::btree_map(prop::sample::select(names), text, 0..6);
    (files.clone(), files.clone(), files, any::<[bool; 16]>()).prop_map(
        |(base, ours, theirs, keep)| {
            let mixed = |side: &BTreeMap<&str, String>, keep: &[bool]| {
                // Each path is as before, or as this side has it.
                let mut mixed = Files::new();
                for (n, at) in ["a", "a-b", "a/b", "a/c", "b", "b/a/c", "c/d", "c/e"]
                    .iter()
                    .enumerate()
                {
                    let from = if keep[n] { side } else { &base };
                    let clear = |(old, _): (&String, &String)| {
                        !format!("{at}/").starts_with(&format!("{old}/"))
                    };
                    if let Some(text) = from.get(at).filter(|_| mixed.iter().all(clear)) {
                        mixed.insert((*at).into(), text.clone());
                    }
                }
                mixed
            };
            [
                mixed(&base, &[false; 8]),
                mixed(&ours, &keep[..8]),
                mixed(&theirs, &keep[8..]),
            ]
        },
    )
}

/// What `git merge-tree` makes of it, if it is clean.
fn merged_by_git(git: &Git, trees: [ObjectId; 3]) -> Option<ObjectId> {
    let trees = trees.map(|tree| tree.to_string());
    let [base, ours, theirs] = trees.each_ref().map(String::as_str);
    let base = format!("--merge-base={base}");
    let mut command = git.command(&git.root, &["-c", "merge.renames=false"]);
    command.args(["merge-tree", "--write-tree", &base, ours, theirs]);
    let output = command.output().expect("git is there");
    output
        .status
        .success()
        .then(|| id(&String::from_utf8_lossy(&output.stdout)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_merged_is_what_git_merges(sides in sides()) {
        let git = Git::new();
        let trees = sides.each_ref().map(|side| tree(&git, side));
        let result = merged(&git, trees, |_| false);
        let [base, ours, theirs] = trees;
        for (trees, expected) in [
            ([base, base, theirs], theirs),
            ([base, ours, base], ours),
            ([base, ours, ours], ours),
        ] {
            let law = merged(&git, trees, |_| false);
            prop_assert_eq!((law.tree, law.clashes), (expected, vec![]));
        }
        let list = git.run(&["ls-tree", "-r", "--name-only", &result.tree.to_string()]);
        for at in sides[1].keys().filter(|at| !result.touched.contains_key(&path(at))) {
            prop_assert!(list.lines().any(|line| line == at), "{} is lost", at);
        }
        for clash in &result.clashes {
            let ClashKind::Lines(lines) = &clash.why else { continue };
            let Some(text) = sides[1].get(&clash.path.to_string()) else { continue };
            let rows: Vec<_> = text.split_inclusive('\n').collect();
            for clash in lines {
                let rest = rows[clash.line - 1..].concat();
                prop_assert!(rest.as_bytes().starts_with(&clash.ours), "{:?} in {:?}", clash, text);
            }
        }
        // This git looks for names that changed whatever `merge.renames` says.
        let [before, sides @ ..] = &sides;
        let may_move = sides.iter().any(|side| {
            let adds = side.keys().any(|at| !before.contains_key(at));
            adds && before.keys().any(|at| !side.contains_key(at))
        });
        // It takes a file without bytes that was added twice, or stands for a link twice, for none.
        let adds_nothing = result.clashes.iter().any(|clash| {
            let is_empty = |side: &Files| side.get(&clash.path.to_string()).is_some_and(String::is_empty);
            matches!(clash.why, ClashKind::AddedTwice | ClashKind::Kinds) && sides.iter().any(is_empty)
        });
        if !may_move && !adds_nothing {
            let tree = result.clashes.is_empty().then_some(result.tree);
            prop_assert_eq!(tree, merged_by_git(&git, trees), "{:?}", result.clashes);
        }
    }
}
