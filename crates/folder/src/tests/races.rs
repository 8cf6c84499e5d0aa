//! Somebody swaps a folder for a link that leads out, all the time, while we read and write.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use storyline_stamp::FileSet;

use super::{change, folder, patch, path, snapshot};
use crate::{ApplyError, Folder, recover};

const ROUNDS: usize = 300;

/// Calls `act` while `dir` is swapped for a link to `outside` and back, until both have happened
/// often and `act` has succeeded as well.
fn while_swapped(dir: &Path, outside: &Path, mut act: impl FnMut() -> bool) {
    let aside = dir.with_extension("aside");
    let stop = AtomicBool::new(false);
    let swaps = AtomicUsize::new(0);
    let pause = |turn: usize| (0..turn % 5).for_each(|_| std::thread::yield_now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::rename(dir, &aside).expect("renames");
                symlink(outside, dir).expect("a link");
                pause(swaps.load(Ordering::Relaxed));
                fs::remove_file(dir).expect("removes");
                fs::rename(&aside, dir).expect("renames");
                pause(swaps.fetch_add(1, Ordering::Relaxed) / 5);
            }
        });
        let (mut rounds, mut successes) = (0, 0);
        while rounds < ROUNDS || successes == 0 || swaps.load(Ordering::Relaxed) < ROUNDS {
            successes += usize::from(act());
            rounds += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn nothing_outside_is_read() {
    let inside = folder(&[("dir/sub/a", "inside")]);
    let outside = folder(&[("sub/a", "outside"), ("sub/b", "outside")]);
    let opened = Folder::open(inside.path()).expect("a folder");
    while_swapped(&inside.path().join("dir"), outside.path(), || {
        let bytes = opened.read(&path("dir/sub/a"));
        assert!(bytes.as_ref().is_ok_and(|bytes| **bytes == *b"inside") || bytes.is_err());
        if let Ok(listed) = Folder::open(inside.path()) {
            let names = listed.entries().iter().map(|e| e.path.to_string());
            assert!(names.into_iter().all(|name| !name.ends_with('b')));
        }
        bytes.is_ok()
    });
}

#[test]
fn nothing_outside_is_written() {
    let inside = folder(&[("dir/sub/a", "a"), ("b", "b")]);
    let outside = folder(&[("sub/a", "a"), ("b", "outside")]);
    let before = snapshot(outside.path());
    let mut there = true;
    while_swapped(&inside.path().join("dir"), outside.path(), || {
        let (from, to) = if there {
            ("dir/sub/a", "dir/sub/c")
        } else {
            ("dir/sub/c", "dir/sub/a")
        };
        let (old, new) = if there { ("a", "c") } else { ("c", "a") };
        let Ok(opened) = Folder::open(inside.path()) else {
            return false;
        };
        let result = opened.apply(&patch([change(from, to, old, new)]));
        if let Err(ApplyError::NotUndone { .. } | ApplyError::Unfinished { .. }) = result {
            let _ = recover(inside.path());
        }
        there ^= result.is_ok();
        assert_eq!(snapshot(outside.path()), before);
        result.is_ok()
    });
    recover(inside.path()).expect("recovers");
    let texts = snapshot(inside.path());
    assert!(
        texts.contains(if there {
            "dir/sub/a 644 a"
        } else {
            "dir/sub/c 644 c"
        }),
        "{texts}"
    );
}
