//! Readers and writers of one folder at the same time.

use std::sync::mpsc;
use std::thread;

use crate::folder::open_root;
use crate::gate::Gate;
use crate::{ApplyError, Folder, FolderError};

use super::{change, folder, patch, snapshot};

#[test]
fn a_folder_is_not_read_while_it_is_changed() {
    let dir = folder(&[("a", "1")]);
    let (_, root) = open_root(dir.path()).expect("it is there");
    let gate = Gate::enter(&root).expect("nobody else");
    let opened = gate.alone(|| Folder::open(dir.path()).map(|_| ()));
    assert!(matches!(opened, Ok(Err(FolderError::Busy { pid: None }))));
    // Afterwards it is.
    Folder::open(dir.path()).expect("readers do not exclude each other");
}

#[test]
fn a_change_waits_for_readers() {
    let dir = folder(&[("a", "1"), ("b", "1")]);
    let reader = Folder::open(dir.path()).expect("it is there");
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let writer = Folder::open(dir.path()).expect("readers do not exclude each other");
            tell.send(()).expect("somebody listens");
            writer.apply(&patch([change("a", "c", "1", "2")]))
        });
        told.recv().expect("it gets there");
        // Whether the writer waits by now or comes later: as long as the reader is here, all stays.
        assert!(reader.path().join("a").exists());
        assert!(!reader.path().join("c").exists());
        drop(reader);
        let applied = writer.join().expect("no panic").expect("nobody is left");
        assert_eq!((applied.edited, applied.moved), (1, 1));
    });
}

#[test]
fn of_two_changes_the_second_finds_the_first() {
    let dir = folder(&[("a", "1")]);
    let change = |text| patch([change("a", "a", "1", text)]);
    let results: Vec<_> = thread::scope(|scope| {
        let writers = ["2", "3"].map(|text| {
            let writer = Folder::open(dir.path()).expect("readers do not exclude each other");
            let patch = change(text);
            scope.spawn(move || writer.apply(&patch))
        });
        writers.map(|w| w.join().expect("no panic")).into()
    });
    let won = results.iter().filter(|result| result.is_ok()).count();
    let found = |result: &&Result<_, _>| matches!(result, Err(ApplyError::ChangedMeanwhile { .. }));
    assert_eq!((won, results.iter().filter(found).count()), (1, 1));
    assert!(snapshot(dir.path()).lines().count() == 1);
}
