//! The program is killed while it changes a folder, and started twice at once: the folder is always
//! whole, as before or as after.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Listing, Place, listing, storyline};

const MODELS: usize = 150;

/// Some hundred files, half of which change.
fn project(with_git: bool) -> Place {
    let place = Place::of(&[(
        "storyline.toml",
        "[environment.dev1]\nmodels = \"{name}_dev1\"\nconnections = \"{name}_dev1\"\n",
    )]);
    for number in 0..MODELS {
        let model = format!(
            "connection: \"c{}\"\ninclude: \"/views/*.view\"\n",
            number % 7
        );
        place.write(
            format!("models/{}/m{number}.model.lkml", number % 10),
            model,
        );
        place.write(
            format!("views/v{number}.view.lkml"),
            format!("view: v{number} {{}}\n"),
        );
    }
    if with_git {
        place.write(".git/HEAD", "ref: refs/heads/main\n");
    }
    place
}

fn start(place: &Place, command: &str) -> Child {
    storyline()
        .args([command, "dev1"])
        .current_dir(&place.root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built")
}

/// The canonical and the stamped form, and how long it takes to get from one to the other.
fn forms(place: &Place) -> (Listing, Listing, Duration) {
    let before = place.stands();
    let started = Instant::now();
    place.succeeds(&["stamp", "dev1"]);
    let took = started.elapsed();
    let after = place.stands();
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
    (before, after, took)
}

#[track_caller]
fn check_kills(with_git: bool) {
    const KILLS: u32 = 20;
    let place = project(with_git);
    let (before, after, took) = forms(&place);
    for kill in 0..KILLS {
        let mut child = start(&place, "stamp");
        // Moments all over the run; which step they meet is up to the machine.
        thread::sleep(took * kill / (KILLS - 2));
        child.kill().expect("it is ours");
        let ended = child.wait().expect("it is ours");
        let run = place.run(&["sites"]);
        assert_eq!(run.code(), Some(0), "{run}");
        let now = place.stands();
        if now == before {
            assert!(!ended.success(), "it said that it was done");
            continue;
        }
        assert!(
            now == after,
            "kill {kill}: neither as before nor as after\n{run}"
        );
        place.succeeds(&["unstamp", "dev1"]);
        assert!(
            place.stands() == before,
            "kill {kill}: not as before after unstamp"
        );
    }
}

#[test]
fn killed_at_any_moment() {
    check_kills(false);
}

#[test]
fn killed_at_any_moment_in_a_repository() {
    check_kills(true);
}

/// A copy that is killed leaves the project alone, and nothing under the name that was asked for
/// but a whole copy.
#[test]
fn killed_while_copying() {
    let place = project(false);
    let (before, after, took) = forms(&place);
    for kill in 0..10 {
        let mut child = storyline()
            .args(["stamp", "dev1", "--into", "../copy"])
            .current_dir(&place.root)
            .stdout(Stdio::null())
            .spawn()
            .expect("the program was built");
        thread::sleep(took * kill / 10);
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        assert!(place.stands() == before);
        let copy = place.top.join("copy");
        if copy.exists() {
            assert!(listing(&copy) == after, "kill {kill}: half a copy");
            fs::remove_dir_all(&copy).expect("it is ours");
        }
    }
}

/// Another process holds the folder, and says with its number who it is.
#[test]
fn a_folder_that_is_held() {
    let place = project(false);
    let before = place.stands();
    place.write(".storyline/undo/lock", "4711");
    let lock = fs::File::open(place.root.join(".storyline/undo/lock")).expect("it is there");
    lock.lock().expect("nobody else knows of it");
    insta::assert_snapshot!(place.refused(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stderr
    error[folder-busy]: process 4711 is changing this folder
     |
     = help: nothing was changed; wait until it has ended, then run the command again
    --- exit code 3
    ");
    drop(lock);
    place.succeeds(&["sites"]);
    assert!(
        place.stands() == before,
        "what a dead process left is removed"
    );
}

#[test]
fn a_journal_that_is_none() {
    let place = project(false);
    place.write(".storyline/undo/journal.json", "{\"version\": 1, \"moves\"");
    let told = place.run(&["stamp", "dev1"]).to_string();
    insta::assert_snapshot!(told, @r"
    $ storyline stamp dev1
    --- stderr
    error[journal-unreadable]: the journal .storyline/undo/journal.json of a stopped command cannot be read: EOF while parsing an object at line 1 column 22
    --> .storyline/undo/journal.json
     = note: left by a stopped command
     = help: nothing was changed; the originals are in files `old-*` beside it
     = help: put them back by hand, or with git, then delete that folder
    --- exit code 2
    ");
    let told = place.run(&["stamp", "dev1", "--format", "json"]);
    assert!(told.stdout().starts_with("{\n  \"done\": false"), "{told}");
}

#[test]
fn two_at_once() {
    let place = project(false);
    let (before, after, _) = forms(&place);
    for round in 0..8 {
        let both = [start(&place, "stamp"), start(&place, "stamp")];
        let ends = both.map(|child| child.wait_with_output().expect("it ends"));
        let codes = ends.each_ref().map(|end| end.status.code());
        let told = ends.map(|end| String::from_utf8(end.stderr).expect("text"));
        assert!(
            codes.contains(&Some(0)),
            "round {round}: {codes:?} {told:?}"
        );
        for (code, told) in codes.into_iter().zip(told) {
            let expected = match code {
                Some(0) => told.is_empty(),
                // It read the folder while that changed: whatever it saw, it wrote nothing.
                Some(1) => told.ends_with("nothing was changed\n"),
                Some(2) => told.contains("-unreadable]"),
                Some(3) => told.contains("[folder-busy]") || told.contains("[changed-meanwhile]"),
                _ => false,
            };
            assert!(expected, "round {round}: {code:?} {told}");
        }
        assert!(place.stands() == after, "round {round}: a mix");
        place.succeeds(&["unstamp", "dev1"]);
        assert!(place.stands() == before, "round {round}");
    }
}
