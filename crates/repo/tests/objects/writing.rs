//! Packs that Git is content with.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use proptest::prelude::*;
use storyline_repo::{Kind, ObjectId, TreeEntry, Written, write_tree};

use crate::git::Git;

/// The files of the folder for packs, by how they end.
fn files(git: &Git) -> Vec<String> {
    let folder = git.root.join(".git/objects/pack");
    let files = fs::read_dir(folder).into_iter().flatten();
    let names = files.map(|file| file.expect("readable").file_name());
    let ends = names.map(|name| {
        let name = name.to_string_lossy().into_owned();
        name.split(['-', '.'])
            .next_back()
            .map(Into::into)
            .unwrap_or(name)
    });
    let mut ends: Vec<_> = ends.collect();
    ends.sort();
    ends
}

/// Git has nothing to say against the repository.
fn is_sound(git: &Git) {
    let said = git.run(&["fsck", "--strict", "--full", "--no-dangling"]);
    assert_eq!(said, "");
    let folder = git.root.join(".git/objects/pack");
    for file in fs::read_dir(&folder).into_iter().flatten() {
        let path = file.expect("readable").path();
        if path.extension().is_some_and(|end| end == "idx") {
            git.run(&["verify-pack", &path.to_string_lossy()]);
        }
    }
    assert!(git.run(&["count-objects", "-v"]).contains("garbage: 0"));
}

#[test]
fn what_is_written_is_there() {
    let git = Git::new();
    let objects = git.objects();
    let writer = objects.writer();
    let text = "dimension: d {}\n".repeat(100_000);
    let blobs: Vec<_> = (0..500)
        .map(|n| format!("{n}\n{}", &text[..n * n % text.len()]))
        .chain([String::new(), text.clone()])
        .collect();
    let ids: Vec<_> = blobs
        .iter()
        .map(|blob| writer.add(Kind::Blob, blob.as_bytes()).expect("written"))
        .collect();
    let names: Vec<_> = (0..ids.len()).map(|n| format!("{n:04}")).collect();
    let entries = names.iter().zip(&ids).map(|(name, id)| TreeEntry {
        mode: b"100644",
        name: name.as_bytes(),
        id: *id,
    });
    let tree = write_tree(&entries.collect::<Vec<_>>());
    let tree = writer.add(Kind::Tree, &tree).expect("written");
    let who = "A <a@example.com> 1 +0000";
    let commit = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n");
    let commit = writer
        .add(Kind::Commit, commit.as_bytes())
        .expect("written");
    let tag = format!("object {commit}\ntype commit\ntag v1\ntagger {who}\n\nx\n");
    let tag = writer.add(Kind::Tag, tag.as_bytes()).expect("written");
    // They can be read before they are there for anybody else.
    for (id, blob) in ids.iter().zip(&blobs) {
        assert!(writer.contains(*id) && !objects.contains(*id));
        let read = writer.read_as(*id, Kind::Blob).expect("just written");
        assert_eq!(read, blob.as_bytes());
    }
    let error = writer.read_as(tree, Kind::Blob).expect_err("another kind");
    assert_eq!(error.diagnostic().id, "object-broken");
    assert_eq!(writer.read(tag).expect("just written").kind, Kind::Tag);
    let written = writer.finish().expect("a writable folder");
    assert_eq!(written.objects, ids.len() + 3);
    assert_eq!(files(&git), ["idx", "pack"]);
    for (id, blob) in ids.iter().zip(&blobs) {
        assert_eq!(objects.read(*id).expect("written").bytes, blob.as_bytes());
    }
    assert_eq!(objects.tree_of(commit).expect("written"), tree);
    git.run(&["update-ref", "refs/heads/main", &commit.to_string()]);
    is_sound(&git);
    assert_eq!(
        git.run(&["show", &format!("main:{}", names[7])]),
        blobs[7].trim()
    );
    // Nothing is written twice.
    let writer = objects.writer();
    for blob in &blobs {
        writer
            .add(Kind::Blob, blob.as_bytes())
            .expect("it is there");
    }
    assert_eq!(writer.finish().expect("nothing to do"), Written::default());
    assert_eq!(files(&git), ["idx", "pack"]);
}

#[test]
fn what_is_there_is_made_young_again() {
    let git = Git::new();
    let objects = git.objects();
    let write = |blob: &[u8]| {
        let writer = objects.writer();
        writer.add(Kind::Blob, blob).expect("written");
        writer.finish().expect("written")
    };
    write(b"packed");
    let loose = git.hash("blob", b"loose").to_string();
    let folder = git.root.join(".git/objects");
    let packs = fs::read_dir(folder.join("pack")).expect("readable");
    let packs = packs.map(|file| file.expect("readable").path());
    let pack = packs
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "pack"));
    let files = [
        pack.expect("written"),
        folder.join(&loose[..2]).join(&loose[2..]),
    ];
    for (file, blob) in files.iter().zip([&b"packed"[..], b"loose"]) {
        let open = fs::File::open(file).expect("readable");
        open.set_modified(SystemTime::UNIX_EPOCH).expect("our own");
        assert_eq!(write(blob), Written::default());
        let modified = open.metadata().and_then(|file| file.modified());
        assert!(modified.expect("known") > SystemTime::UNIX_EPOCH);
    }
}

#[test]
fn threads_write_together() {
    let git = Git::new();
    let objects = git.objects();
    let writer = objects.writer();
    let text = |n: usize| format!("{n} {}", "x".repeat(n * 10));
    std::thread::scope(|scope| {
        for start in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                for n in (0..2000).map(|n| (n + start * 300) % 2000) {
                    let id = writer.add(Kind::Blob, text(n).as_bytes()).expect("written");
                    assert_eq!(writer.read(id).expect("there").bytes, text(n).as_bytes());
                }
            });
        }
    });
    assert_eq!(writer.finish().expect("written").objects, 2000);
    is_sound(&git);
}

#[test]
fn what_is_dropped_leaves_nothing() {
    let git = Git::new();
    let objects = git.objects();
    let writer = objects.writer();
    let id = writer.add(Kind::Blob, b"gone").expect("written");
    drop(writer);
    assert_eq!(files(&git), [""; 0]);
    assert!(objects.read(id).is_err());
    // Killed, it leaves a file that Git takes for its own rubbish.
    let pack = git.root.join(".git/objects/pack");
    fs::write(pack.join("tmp_pack_killed"), b"PACK\0\0\0\x02").expect("a file");
    fs::write(pack.join("tmp_idx_killed"), b"").expect("a file");
    git.run(&["fsck", "--strict"]);
    git.run(&["prune", "--expire=now"]);
    assert_eq!(files(&git), [""; 0]);
}

#[test]
fn a_full_disk_is_an_error() {
    let git = Git::new();
    let objects = git.objects();
    let pack = git.root.join(".git/objects/pack");
    fs::remove_dir(&pack).expect("it is empty");
    fs::write(&pack, b"in the way").expect("a file");
    let error = objects
        .writer()
        .add(Kind::Blob, b"x")
        .expect_err("no folder");
    assert_eq!(error.diagnostic().id, "object-not-written");
}

#[test]
fn worktrees_and_borrowed_objects() {
    let git = Git::new();
    let tree = git.hash("tree", b"");
    let commit = git.commit(&[], 1, "first");
    git.run(&["update-ref", "refs/heads/main", &commit.to_string()]);
    git.run(&["worktree", "add", "--quiet", "--detach", "../work"]);
    git.run(&["clone", "--quiet", "--shared", ".", "../borrows"]);
    let write = |root: &Path| {
        let repository = storyline_repo::Repository::discover(root).expect("readable");
        let objects = repository.expect("there").objects().expect("readable");
        let writer = objects.writer();
        assert_eq!(writer.add(Kind::Tree, b"").expect("borrowed"), tree);
        let name = root.to_string_lossy().into_owned();
        writer.add(Kind::Blob, name.as_bytes()).expect("written");
        writer.finish().expect("written").objects
    };
    assert_eq!(write(&git.beside("work")), 1);
    assert_eq!(files(&git), ["idx", "pack"]);
    assert_eq!(write(&git.beside("borrows")), 1);
    assert_eq!(files(&git), ["idx", "pack"], "it stays with who borrows");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn names_and_bytes_are_those_of_git(
        blobs in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 1..20),
    ) {
        let git = Git::new();
        let objects = git.objects();
        let writer = objects.writer();
        for blob in &blobs {
            let id = writer.add(Kind::Blob, blob).expect("written");
            prop_assert_eq!(Ok(id), ObjectId::of(Kind::Blob, blob));
        }
        writer.finish().expect("written");
        is_sound(&git);
        for blob in &blobs {
            prop_assert_eq!(&objects.read(git.hash("blob", blob)).expect("there").bytes, blob);
        }
    }
}
