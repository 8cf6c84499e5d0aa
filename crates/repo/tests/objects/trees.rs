//! Trees keep every byte, and their order is Git's.

use proptest::prelude::*;
use storyline_repo::{
    EntryKind, Kind, ObjectId, TreeEntry, is_sorted, parse_tree, sort_tree, write_tree,
};

use crate::git::Git;

const ID: ObjectId = ObjectId::from_bytes([1; 20]);

fn entry<'a>(mode: &'a str, name: &'a str) -> TreeEntry<'a> {
    let (mode, name) = (mode.as_bytes(), name.as_bytes());
    TreeEntry { mode, name, id: ID }
}

#[test]
fn odd_modes_are_kept_and_understood() {
    for (mode, kind) in [
        ("40000", EntryKind::Tree),
        ("040000", EntryKind::Tree),
        ("100644", EntryKind::File),
        ("100664", EntryKind::File),
        ("100600", EntryKind::File),
        ("100755", EntryKind::Executable),
        ("100700", EntryKind::Executable),
        ("120000", EntryKind::Symlink),
        ("120777", EntryKind::Symlink),
        ("160000", EntryKind::Submodule),
        ("0", EntryKind::Unknown),
        ("644", EntryKind::Unknown),
        ("20000", EntryKind::Unknown),
        ("77777777777777777777", EntryKind::Unknown),
    ] {
        assert_eq!(entry(mode, "a").kind(), kind, "{mode}");
        let bytes = write_tree(&[entry(mode, "a")]);
        let parsed = parse_tree(&bytes).expect("a tree");
        assert_eq!(parsed, [entry(mode, "a")]);
        assert_eq!(write_tree(&parsed), bytes);
    }
}

#[test]
fn what_is_no_tree() {
    let good = write_tree(&[entry("100644", "a")]);
    for (bytes, at) in [
        (&b"x"[..], 0),
        (b"100644 \0aaaaaaaaaaaaaaaaaaaa", 0),
        (b" a\0aaaaaaaaaaaaaaaaaaaa", 0),
        (b"100648 a\0aaaaaaaaaaaaaaaaaaaa", 0),
        (b"100644 a\0aaaaaaaaaaaaaaaaaaa", 0),
        (b"100644 a", 0),
        (&[&good[..], b"1"].concat(), good.len()),
    ] {
        assert_eq!(parse_tree(bytes).map_err(|e| e.at), Err(at), "{bytes:?}");
    }
    assert_eq!(parse_tree(b""), Ok(vec![]));
}

#[test]
fn the_order_is_that_of_git() {
    let sorted = |entries: &[(&str, &str)]| {
        let entries: Vec<_> = entries.iter().map(|(m, n)| entry(m, n)).collect();
        is_sorted(&entries)
    };
    assert!(sorted(&[
        ("100644", "a-b"),
        ("40000", "a"),
        ("100644", "a0")
    ]));
    assert!(sorted(&[
        ("100644", "a"),
        ("100644", "a-b"),
        ("100644", "a0")
    ]));
    assert!(!sorted(&[("40000", "a"), ("100644", "a-b")]));
    assert!(!sorted(&[("100644", "b"), ("100644", "a")]));
    assert!(!sorted(&[("100644", "a"), ("100755", "a")]), "twice");
    assert!(!sorted(&[("100644", "a"), ("40000", "a")]), "twice");
    assert!(!sorted(&[
        ("100644", "a"),
        ("100644", "a-"),
        ("40000", "a")
    ]));
    assert!(sorted(&[("100644", "a"), ("100644", "a-"), ("40000", "b")]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sorted_as_git_writes_them(names in proptest::collection::btree_set("[ab./-]{1,4}", 1..8)) {
        // `mktree` refuses slashes and sorts what it is given.
        let names: Vec<_> = names.iter().map(|n| n.replace('/', "+")).collect();
        let git = Git::new();
        let (file, folder) = (git.hash("blob", b""), git.hash("tree", b""));
        let mut seen = std::collections::BTreeSet::new();
        let mut entries: Vec<_> = names.iter().filter(|name| seen.insert(*name)).map(|name| {
            let folders = name.len() % 2 == 0;
            let (mode, id) = if folders { ("40000", folder) } else { ("100644", file) };
            TreeEntry { id, ..entry(mode, name) }
        }).collect();
        let lines: String = entries.iter().map(|e| {
            let kind = if e.id == folder { "tree" } else { "blob" };
            let mode = if e.id == folder { "040000" } else { "100644" };
            format!("{mode} {kind} {}\t{}\n", e.id, String::from_utf8_lossy(e.name))
        }).collect();
        sort_tree(&mut entries);
        prop_assert!(is_sorted(&entries));
        let made = git.run_in(&git.root, &["mktree"], lines.as_bytes());
        let bytes = write_tree(&entries);
        prop_assert_eq!(ObjectId::of(Kind::Tree, &bytes).map(|id| id.to_string()), Ok(made));
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let bytes = [&write_tree(&[entry("100644", "a")]), &bytes[..]].concat();
        if let Ok(entries) = parse_tree(&bytes) {
            prop_assert_eq!(write_tree(&entries), bytes);
        }
    }
}
