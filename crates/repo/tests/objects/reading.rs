//! Objects wherever Git keeps them.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use storyline_repo::{EntryKind, Kind, ObjectError, ObjectId, Repository};

use crate::git::{Git, id};

const NONE: ObjectId = ObjectId::from_bytes([9; 20]);

/// Commits `count` files, each a bit different from the one before, and packs them.
fn packed(git: &Git, count: usize) -> Vec<ObjectId> {
    for number in 0..count {
        let text = format!(
            "view: v{number} {{\n{}}}\n",
            "dimension: d {}\n".repeat(200)
        );
        fs::write(git.root.join(format!("{number}.lkml")), text).expect("a file");
    }
    git.run(&["add", "."]);
    git.run(&["commit", "--quiet", "-m", "files"]);
    git.run(&["repack", "-adq"]);
    let list = git.run(&["ls-tree", "HEAD", "--format=%(objectname)"]);
    list.lines().map(id).collect()
}

#[test]
fn all_are_read_once_whatever_keeps_them() {
    let git = Git::new();
    let mut ids = packed(&git, 300);
    ids.push(git.hash("blob", b"loose"));
    let other = git.beside("borrows");
    let clone = ["clone", "--quiet", "--shared", ".", "../borrows"];
    git.run(&clone);
    git.run(&["worktree", "add", "--quiet", "--detach", "../work"]);
    for root in [&git.root, &other, &git.beside("work")] {
        let repository = Repository::discover(root).expect("readable");
        let objects = repository.expect("there").objects().expect("readable");
        let read = Mutex::new(BTreeMap::new());
        let mut asked = ids.clone();
        asked.extend_from_slice(&ids[..5]);
        asked.push(NONE);
        let done: Result<(), ObjectError> = objects.read_all(&asked, |id, object| {
            let found = match object {
                Ok(object) => ObjectId::of(object.kind, object.bytes).ok(),
                Err(ObjectError::Missing { .. }) => None,
                Err(error) => return Err(error),
            };
            let before = read.lock().expect("nobody panics").insert(id, found);
            assert_eq!(before, None, "{id} comes once");
            Ok(())
        });
        done.expect("all are readable");
        let mut expect: BTreeMap<_, _> = ids.iter().map(|id| (*id, Some(*id))).collect();
        expect.insert(NONE, None);
        assert_eq!(read.into_inner().expect("nobody panics"), expect);
    }
}

#[test]
fn an_error_ends_it() {
    let git = Git::new();
    let ids = packed(&git, 3);
    let ended = git.objects().read_all(&ids, |_, _| Err("enough"));
    assert_eq!(ended, Err("enough"));
}

#[test]
fn missing_objects_are_named() {
    let git = Git::new();
    let blob = git.hash("blob", b"x");
    let entry = |id: ObjectId| [b"100644 a\0", &id.as_bytes()[..]].concat();
    let (here, gone) = (
        git.hash("tree", &entry(blob)),
        git.hash("tree", &entry(NONE)),
    );
    let below = [b"40000 d\0", &gone.as_bytes()[..]].concat();
    let tree = git.hash("tree", &below);
    let objects = git.objects();
    assert_eq!(
        objects.blob_at(here, b"a").expect("readable"),
        Some(b"x".into())
    );
    assert_eq!(objects.blob_at(here, b"b").expect("readable"), None);
    assert_eq!(objects.blob_at(here, b"a/b").expect("readable"), None);
    assert_eq!(objects.blob_at(tree, b"d").expect("readable"), None);
    assert_eq!(
        objects.entry_at(tree, b"d").expect("readable"),
        Some((EntryKind::Tree, gone))
    );
    let shown = |error: ObjectError| {
        let diagnostic = error.diagnostic();
        format!(
            "{}: {}\n{}",
            diagnostic.id,
            diagnostic.title,
            diagnostic.help.join("\n")
        )
    };
    let error = objects.blob_at(tree, b"d/a").expect_err("it is missing");
    insta::assert_snapshot!(shown(error), @r"
    object-missing: the repository lacks object 0909090909090909090909090909090909090909 (d/a)
    `git fetch origin 0909090909090909090909090909090909090909` gets it where it still is; `git fsck` lists what is missing
    ");
    let error = objects.read_as(blob, Kind::Tree).expect_err("no tree");
    insta::assert_snapshot!(shown(error), @r"
    object-broken: object c1b0730e0133447badcfd47fd144e254807b06e1 is a blob, not a tree
    `git fsck` says more; a fresh clone has what the remote has
    ");
    assert!(!objects.contains(NONE) && objects.contains(blob));
    let header = objects.header(blob).expect("it is there");
    assert_eq!((header.kind, header.size), (Kind::Blob, 1));
    git.run(&["config", "remote.origin.promisor", "true"]);
    let error = git.objects().header(NONE).expect_err("it is missing");
    insta::assert_snapshot!(shown(error), @r"
    object-missing: the repository lacks object 0909090909090909090909090909090909090909
    this is a partial clone: `git cat-file -e 0909090909090909090909090909090909090909` fetches it, `git fetch --refetch --no-filter` everything
    ");
}

#[test]
fn what_others_write_is_seen() {
    let git = Git::new();
    git.hash("blob", b"first");
    let objects = git.objects();
    assert!(!objects.contains(NONE));
    let ids = packed(&git, 2);
    objects.refresh();
    assert!(ids.iter().all(|id| objects.contains(*id)));
    let loose = git.hash("blob", b"later");
    assert!(objects.read(loose).is_ok());
    // The old pack goes away, the new one is found.
    fs::write(git.root.join("more"), "more").expect("a file");
    git.run(&["add", "."]);
    git.run(&["commit", "--quiet", "-m", "more"]);
    git.run(&["repack", "-adq"]);
    assert!(ids.iter().all(|id| objects.read(*id).is_ok()));
}

#[test]
fn replacements_and_broken_objects() {
    let git = Git::new();
    let (one, two) = (git.hash("blob", b"one"), git.hash("blob", b"two"));
    git.run(&["replace", &one.to_string(), &two.to_string()]);
    let objects = git.objects();
    assert_eq!(objects.read(one).expect("it is there").bytes, b"one");
    let name = two.to_string();
    let file = git
        .root
        .join(".git/objects")
        .join(&name[..2])
        .join(&name[2..]);
    fs::remove_file(&file).expect("a loose object");
    fs::write(&file, "no zlib").expect("a file");
    let error = objects.read(two).expect_err("it is broken");
    assert_eq!(error.diagnostic().id, "object-broken");
}

#[test]
fn sorts_of_repositories() {
    let git = Git::new();
    let first = git.commit(&[], 1, "first");
    let second = git.commit(&[first], 2, "second");
    git.run(&["update-ref", "refs/heads/main", &second.to_string()]);
    git.run(&["tag", "-a", "v1", "-m", "tagged", "main"]);
    let repository = git.opened();
    assert!(!repository.is_bare() && !repository.is_shallow());
    assert!(!repository.is_partial().expect("readable"));
    for revision in ["HEAD~1", "main^", "v1~1", &first.to_string()[..12]] {
        assert_eq!(repository.resolve(revision).expect("it is there"), first);
    }
    for revision in [
        "-x",
        "--all",
        "",
        "no",
        "HEAD^{tree}",
        "a..b",
        "\0",
        "HEAD~9",
    ] {
        let error = repository.resolve(revision).expect_err("no commit");
        assert_eq!(error.diagnostic().id, "revision-unknown", "{revision}");
    }
    let bare = git.beside("bare.git");
    git.run(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let bare = Repository::open_bare(&bare).expect("it is there");
    assert!(bare.is_bare());
    assert_eq!(bare.git_dir(), bare.common_dir());
    assert!(Repository::open_bare(&git.beside("none")).is_err());
    git.run(&["worktree", "add", "--quiet", "--detach", "../work"]);
    let work = Repository::discover(&git.beside("work")).expect("readable");
    let work = work.expect("there");
    assert_ne!(work.git_dir(), work.common_dir());
    git.run(&["init", "--quiet", "--object-format=sha256", "../sha256"]);
    let error = Repository::discover(&git.beside("sha256")).expect_err("other names");
    assert_eq!(error.diagnostic().id, "object-format-unsupported");
}
