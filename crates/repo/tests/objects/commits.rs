//! Commits keep every byte.

use proptest::prelude::*;
use storyline_repo::{Kind, MalformedCommit, NewCommit, ObjectId, RawCommit, signature};

use crate::git::{Git, id};

fn ids(commit: &RawCommit<'_>) -> (ObjectId, Vec<ObjectId>) {
    (commit.tree(), commit.parents().to_vec())
}

/// Rewriting with what is there changes nothing, and swapping twice is no change.
fn comes_back(bytes: &[u8]) {
    let commit = RawCommit::parse(bytes).expect("a commit");
    let (tree, parents) = ids(&commit);
    assert_eq!(commit.rewritten(tree, &parents, false), bytes);
    let other = ObjectId::from_bytes([7; 20]);
    let there = commit.rewritten(other, &[other, other], true);
    let there = RawCommit::parse(&there).expect("still a commit");
    assert_eq!(ids(&there), (other, vec![other, other]));
    assert_eq!(there.message(), commit.message());
    assert_eq!(there.rewritten(tree, &parents, true), bytes);
}

const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
const PARENT: &str = "parent 1111111111111111111111111111111111111111\n";

const SIGNED: &str = "\
author A <a@example.com> 1 +0000
committer A <a@example.com> 1 +0000
gpgsig -----BEGIN PGP SIGNATURE-----
 \n iQ
 gpgsig inside
 -----END PGP SIGNATURE-----
gpgsig-sha256 other
encoding ISO-8859-1
mergetag object 1111111111111111111111111111111111111111
 type commit
 tag v1
 gpgsig not this one
x-storyline-gpgsig aside before
HG:rename a:b

One line
gpgsig in the message
";

#[test]
fn signatures_are_put_aside_and_nothing_else() {
    let bytes = format!("{TREE}{PARENT}{SIGNED}");
    comes_back(bytes.as_bytes());
    let commit = RawCommit::parse(bytes.as_bytes()).expect("a commit");
    let (tree, parents) = ids(&commit);
    let swapped = commit.rewritten(tree, &parents, true);
    insta::assert_snapshot!(String::from_utf8_lossy(&swapped), @r"
    tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
    parent 1111111111111111111111111111111111111111
    author A <a@example.com> 1 +0000
    committer A <a@example.com> 1 +0000
    x-storyline-gpgsig -----BEGIN PGP SIGNATURE-----
     
     iQ
     gpgsig inside
     -----END PGP SIGNATURE-----
    x-storyline-gpgsig-sha256 other
    encoding ISO-8859-1
    mergetag object 1111111111111111111111111111111111111111
     type commit
     tag v1
     gpgsig not this one
    gpgsig aside before
    HG:rename a:b

    One line
    gpgsig in the message
    ");
    let names = commit.headers().map(|h| String::from_utf8_lossy(h.name));
    insta::assert_snapshot!(names.collect::<Vec<_>>().join(" "), @"author committer gpgsig gpgsig-sha256 encoding mergetag x-storyline-gpgsig HG:rename");
    assert_eq!(commit.encoding(), Some(&b"ISO-8859-1"[..]));
    assert_eq!(
        commit.header(b"x-storyline-gpgsig"),
        Some(&b"aside before"[..])
    );
}

#[test]
fn odd_commits_are_read_as_git_reads_them() {
    let git = Git::new();
    let parent = git.commit(&[], 1, "parent");
    let tree = git.hash("tree", b"");
    let head = format!("tree {tree}\nparent {parent}\n");
    let who = "author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n";
    for rest in [
        SIGNED.as_bytes(),
        who.as_bytes(),
        format!("{who}\nno line break").as_bytes(),
        format!("{who}\n\n\nempty lines\n\n").as_bytes(),
        format!("{who}\nN\0L").as_bytes(),
        b"committer C <> 99999999999999999999 +9999\nauthor A\n\nodd order",
        b"author A <a> -1 -0000\ncommitter \xff\xfe <\xff> 1 +0000\n\n\xe9\n",
        b"author A <a> 1 +0\nauthor B <b> 2 +0\ncommitter\n\ntwice",
        b"author A",
        b"x-no-value\nx-empty \n goes on\n\n",
        b"\n",
    ] {
        let bytes = [head.as_bytes(), rest].concat();
        comes_back(&bytes);
        let name = git.hash("commit", &bytes);
        assert_eq!(ObjectId::of(Kind::Commit, &bytes), Ok(name));
        let shown = git.run(&["log", "-1", "--format=%T %P", &name.to_string()]);
        assert_eq!(shown, format!("{tree} {parent}"));
        let read = git.objects().read_as(name, Kind::Commit);
        assert_eq!(read.expect("just written"), bytes);
    }
}

#[test]
fn what_is_no_commit() {
    for (bytes, expect) in [
        (String::new(), MalformedCommit::Tree),
        (PARENT.into(), MalformedCommit::Tree),
        (TREE[..44].into(), MalformedCommit::Tree),
        (TREE.trim_end().into(), MalformedCommit::Tree),
        (TREE.replace("4b8", "4B8"), MalformedCommit::Tree),
        (format!(" {TREE}"), MalformedCommit::Tree),
        (
            format!("{TREE}author A\n{PARENT}\n"),
            MalformedCommit::Parent,
        ),
        (format!("{TREE}parent 1\n\n"), MalformedCommit::Parent),
        (format!("{TREE}parent"), MalformedCommit::Parent),
        (format!("{TREE} more\n\n"), MalformedCommit::Continued),
        (
            format!("{TREE}{PARENT} more\n\n"),
            MalformedCommit::Continued,
        ),
    ] {
        let found = RawCommit::parse(bytes.as_bytes());
        assert_eq!(found.map(|c| ids(&c)), Err(expect), "{bytes}");
    }
}

#[test]
fn new_commits_are_those_that_git_makes() {
    let git = Git::new();
    let tree = git.hash("tree", b"").to_string();
    let first = id(&git.run(&["commit-tree", &tree, "-m", "first"]));
    let second = ["commit-tree", &tree, "-p", &first.to_string(), "-m", "é"];
    let expect = id(&git.run(&second));
    let who = signature("A", "a@example.com", 1_000_000_000, 0);
    let commit = NewCommit {
        tree: id(&tree),
        parents: &[first],
        author: &who,
        committer: &who,
        message: "é\n".as_bytes(),
    };
    assert_eq!(ObjectId::of(Kind::Commit, &commit.to_bytes()), Ok(expect));
    let odd = signature(" .A\n<B>. \"", "a\n@b>", -5, -330);
    assert_eq!(String::from_utf8_lossy(&odd), "AB <a@b> -5 -0530");
}

proptest! {
    #[test]
    fn every_commit_comes_back(
        parents in 0..4usize,
        headers in "((gpgsig|x-storyline-gpgsig|x|a)[a-z-]{0,3}( [^\n\0]{0,6})?(\n [^\n]{0,6}){0,2}\n){0,5}",
        message in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
    ) {
        let mut bytes = format!("{TREE}{}{headers}", PARENT.repeat(parents)).into_bytes();
        if let Some(message) = &message {
            bytes.push(b'\n');
            bytes.extend(message);
        }
        comes_back(&bytes);
        let commit = RawCommit::parse(&bytes).expect("a commit");
        prop_assert_eq!(commit.parents().len(), parents);
        prop_assert_eq!(commit.message(), message.unwrap_or_default());
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let bytes = [TREE.as_bytes(), &bytes].concat();
        if RawCommit::parse(&bytes).is_ok() {
            comes_back(&bytes);
        }
    }
}
