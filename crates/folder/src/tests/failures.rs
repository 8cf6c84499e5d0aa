//! Patches that cannot be carried out: the folder stays as it was, and the error says why.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use storyline_stamp::Change;

use super::{change, folder, patch, snapshot, told};
use crate::apply::apply;
use crate::{Folder, FolderError, recover};

/// Applies `changes` to a folder that `prepare` has made difficult; the result in words.
fn check(prepare: impl FnOnce(&Path), changes: impl IntoIterator<Item = Change>) -> String {
    let dir = folder(&[("a.lkml", "a"), ("b.lkml", "b"), ("sub/c.lkml", "c")]);
    prepare(dir.path());
    let before = snapshot(dir.path());
    let opened = Folder::open(dir.path()).expect("a folder");
    let error = opened.apply(&patch(changes)).expect_err("refused");
    let after = snapshot(dir.path());
    let changed: Vec<&str> = after
        .lines()
        .filter(|line| !before.lines().any(|old| old == *line))
        .collect();
    let gone = before
        .lines()
        .filter(|line| !after.lines().any(|new| new == *line));
    let gone: Vec<&str> = gone.collect();
    format!(
        "{}\nnew: {changed:?}, gone: {gone:?}",
        told(&error.diagnostic())
    )
}

fn nothing(_: &Path) {}

#[test]
fn a_target_that_exists() {
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", "b.lkml", "a", "A")]), @"
    path-exists: b.lkml exists already
      at b.lkml stands in the way
      help: nothing was changed: every file is as it was before
      help: move it away or give it another name, then run the command again
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", "sub", "a", "a")]), @"
    path-exists: sub exists already
      at sub stands in the way
      help: nothing was changed: every file is as it was before
      help: move it away or give it another name, then run the command again
    new: [], gone: []
    "
    );
}

#[test]
fn a_folder_that_is_a_file() {
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", "b.lkml/a.lkml", "a", "A")]), @"
    write-failed: cannot write b.lkml/a.lkml: Not a directory (os error 20)
      at b.lkml/a.lkml
      help: nothing was changed: every file is as it was before
      help: mend what the system says, then run the command again
    new: [], gone: []
    "
    );
}

#[test]
fn a_file_that_is_read_only() {
    let protect = |root: &Path| {
        let at = root.join("a.lkml");
        let mut permissions = at.metadata().expect("a file").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(at, permissions).expect("ours");
    };
    insta::assert_snapshot!(
        check(protect, [change("a.lkml", "a.lkml", "a", "A"), change("b.lkml", "b.lkml", "b", "B")]),
        @"
    write-failed: cannot write a.lkml: the file is read-only
      at a.lkml
      help: nothing was changed: every file is as it was before
      help: mend what the system says, then run the command again
    new: [], gone: []
    "
    );
}

#[test]
fn a_file_that_is_other_than_planned() {
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", "a.lkml", "x", "A"), change("b.lkml", "B.lkml", "b", "B")]),
        @"
    changed-meanwhile: a.lkml was changed while the command ran
      at a.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was changed: every file is as it was before
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(nothing, [change("gone.lkml", "a2.lkml", "x", "A")]), @"
    changed-meanwhile: gone.lkml was changed while the command ran
      at gone.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was changed: every file is as it was before
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", "d/e/a.lkml", "x", "x")]), @"
    changed-meanwhile: a.lkml was changed while the command ran
      at a.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was changed: every file is as it was before
    new: [], gone: []
    "
    );
}

#[cfg(unix)]
#[test]
fn a_link_on_the_way_or_at_the_end() {
    let prepare = |root: &Path| {
        std::os::unix::fs::symlink("sub", root.join("way")).expect("a link");
        std::os::unix::fs::symlink("a.lkml", root.join("end.lkml")).expect("a link");
    };
    insta::assert_snapshot!(
        check(prepare, [change("way/c.lkml", "way/c.lkml", "c", "C")]), @"
    write-failed: cannot write way/c.lkml: Not a directory (os error 20)
      at way/c.lkml
      help: nothing was changed: every file is as it was before
      help: mend what the system says, then run the command again
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(prepare, [change("a.lkml", "way/a.lkml", "a", "A")]), @"
    write-failed: cannot write way/a.lkml: Not a directory (os error 20)
      at way/a.lkml
      help: nothing was changed: every file is as it was before
      help: mend what the system says, then run the command again
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(prepare, [change("end.lkml", "end.lkml", "a", "A")]), @"
    changed-meanwhile: end.lkml was changed while the command ran
      at end.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was changed: every file is as it was before
    new: [], gone: []
    "
    );
    insta::assert_snapshot!(
        check(prepare, [change("a.lkml", "end.lkml", "a", "A")]), @"
    path-exists: end.lkml exists already
      at end.lkml stands in the way
      help: nothing was changed: every file is as it was before
      help: move it away or give it another name, then run the command again
    new: [], gone: []
    "
    );
}

#[test]
fn paths_that_nobody_may_write() {
    for to in [
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        ".storyline/undo/lock",
        "sub/nul.lkml",
    ] {
        insta::allow_duplicates! {
            let said = check(nothing, [change("a.lkml", to, "a", "A")]);
            insta::assert_snapshot!(said.replace(to, "PATH").lines().last().unwrap_or(""), @"new: [], gone: []");
            assert!(said.starts_with("unsafe-path"), "{said}");
        }
    }
    insta::assert_snapshot!(
        check(nothing, [change("a.lkml", ".git/hooks/pre-commit", "a", "A")]), @"
    unsafe-path: .git/hooks/pre-commit must not be written: some file systems take it for `.git`
      at .git/hooks/pre-commit
      help: nothing was changed: every file is as it was before
    new: [], gone: []
    "
    );
}

/// Somebody saves a file at every moment in turn: their text survives, and a patch that is refused
/// changes nothing else.
#[test]
fn files_that_somebody_saves_meanwhile() {
    let changes = || {
        [
            change("a.lkml", "a.lkml", "a", "A"),
            change("b.lkml", "moved.lkml", "b", "B"),
            change("sub/c.lkml", "c.lkml", "c", "c"),
        ]
    };
    let mut lost = Vec::new();
    let moments = (0..64).flat_map(|n| [(n, false), (n, true)]);
    for ((n, by_rename), name) in
        moments.flat_map(|m| ["a.lkml", "b.lkml", "sub/c.lkml"].map(|f| (m, f)))
    {
        let dir = folder(&[("a.lkml", "a"), ("b.lkml", "b"), ("sub/c.lkml", "c")]);
        let at = |name: &str| dir.path().join(name);
        let root = Dir::open_ambient_dir(dir.path(), ambient_authority()).expect("a folder");
        let saved = Cell::new(false);
        let save = |step| {
            if step == n {
                saved.set(true);
                let draft = if by_rename { "draft" } else { name };
                fs::write(at(draft), "mine")?;
                fs::rename(at(draft), at(name))?;
            }
            Ok(())
        };
        let result = apply(&root, &patch(changes()), &save);
        let after = snapshot(dir.path());
        if saved.get() && !after.contains("mine") {
            lost.push((name, by_rename));
        }
        for other in ["a.lkml", "b.lkml", "sub/c.lkml"] {
            let stands =
                fs::read_to_string(at(other)).is_ok_and(|text| text.len() == 1 && text != "A");
            assert!(
                result.is_ok() || stands || other == name,
                "{name} at {n}: {after}"
            );
        }
    }
    // The one moment that no system call covers: between the last look and the rename over it.
    assert_eq!(lost, [("a.lkml", true)]);
}

#[test]
fn the_folder_itself() {
    let dir = folder(&[]);
    let missing = dir.path().join("missing");
    let error = Folder::open(&missing).expect_err("missing");
    let said = told(&error.diagnostic()).replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(said, @"
    folder-unreadable: cannot open DIR/missing: No such file or directory (os error 2)
      help: give the folder of a project with `-C DIR`, one that you may read
    ");
    assert!(matches!(recover(&missing), Err(FolderError::Open { .. })));
}

#[test]
fn a_journal_that_came_with_the_repository() {
    let check = |text: &str| {
        let dir = folder(&[
            (".storyline/undo/journal.json", text),
            (".storyline/undo/old-0", "x"),
        ]);
        let before = snapshot(dir.path());
        let error = recover(dir.path()).expect_err("refused");
        assert_eq!(snapshot(dir.path()), before);
        told(&error.diagnostic())
    };
    insta::assert_snapshot!(check("{"), @"
    journal-unreadable: the journal .storyline/undo/journal.json of a stopped command cannot be read: EOF while parsing an object at line 1 column 1
      at .storyline/undo/journal.json left by a stopped command
      help: nothing was changed; the originals are in files `old-*` beside it
      help: put them back by hand, or with git, then delete that folder
    ");
    insta::assert_snapshot!(check(r#"{"version": 2, "folders": [], "moves": []}"#), @"
    journal-unreadable: the journal .storyline/undo/journal.json of a stopped command cannot be read: it has version 2, this program writes 1
      at .storyline/undo/journal.json left by a stopped command
      help: nothing was changed; the originals are in files `old-*` beside it
      help: put them back by hand, or with git, then delete that folder
    ");
    let hostile = r#"{"version": 1, "folders": [], "moves": [
        {"from": ".git/hooks/pre-commit", "to": "a", "before": "", "after": ""}]}"#;
    insta::assert_snapshot!(check(hostile), @"
    journal-unreadable: the journal .storyline/undo/journal.json of a stopped command cannot be read: .git/hooks/pre-commit must not be written: some file systems take it for `.git`
      at .storyline/undo/journal.json left by a stopped command
      help: nothing was changed; the originals are in files `old-*` beside it
      help: put them back by hand, or with git, then delete that folder
    ");
    insta::assert_snapshot!(check(&hostile.replace(".git/hooks", "../..")), @"
    journal-unreadable: the journal .storyline/undo/journal.json of a stopped command cannot be read: `..` leaves its folder at line 2 column 35
      at .storyline/undo/journal.json left by a stopped command
      help: nothing was changed; the originals are in files `old-*` beside it
      help: put them back by hand, or with git, then delete that folder
    ");
}
