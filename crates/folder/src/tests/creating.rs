//! Files that are added.

use std::fs;
use std::io;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::{folder, path, snapshot, told};
use crate::{ApplyError, Folder, create};

#[test]
fn a_new_file() {
    let dir = folder(&[("sub/a", "1")]);
    let opened = Folder::open(dir.path()).expect("a folder");
    opened.create(&path("b"), b"2").expect("nothing is there");
    opened
        .create(&path("sub/b"), b"3")
        .expect("nothing is there");
    assert_eq!(fs::read(dir.path().join("b")).expect("it is there"), b"2");
    assert_eq!(snapshot(dir.path()).lines().count(), 4, "and no draft");
}

#[test]
fn what_stands_there_stays() {
    let dir = folder(&[("a", "1"), ("folder/", "")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nowhere", dir.path().join("link")).expect("a new link");
    let before = snapshot(dir.path());
    let opened = Folder::open(dir.path()).expect("a folder");
    let names = match cfg!(unix) {
        true => vec!["a", "folder", "link"],
        false => vec!["a", "folder"],
    };
    for name in names {
        let error = opened.create(&path(name), b"2").expect_err("it is taken");
        assert!(matches!(error, ApplyError::Exists { .. }), "{error}");
    }
    for name in [".git/config", "NUL", "missing/a"] {
        let error = opened.create(&path(name), b"2").expect_err("not there");
        assert!(!told(&error.diagnostic()).is_empty());
    }
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn every_step_may_fail() {
    let mut refused = 0;
    for failing in 0..8 {
        let dir = folder(&[("a", "1")]);
        let before = snapshot(dir.path());
        let root = Dir::open_ambient_dir(dir.path(), ambient_authority()).expect("a folder");
        let hook = |step| match step == failing {
            true => Err(io::Error::other("full")),
            false => Ok(()),
        };
        let created = create::create(&root, &path("b"), b"2", &hook);
        refused += usize::from(created.is_err());
        let after = snapshot(dir.path());
        let is_whole = after.lines().count() == 2 && after.ends_with(" 2");
        let is_as_before = created.is_err() && after == before;
        assert!(is_whole || is_as_before, "step {failing}: {after}");
    }
    assert!(refused > 1, "some steps have no other way");
}
