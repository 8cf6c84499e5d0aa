//! A command that is stopped, or that fails, at every single step.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use storyline_stamp::TreePatch;

use super::{change, folder, patch, path, snapshot};
use crate::apply::apply;
use crate::undo::recover_with;
use crate::{Applied, ApplyError, FolderError, Kept, Recovered, recover};

/// What a killed command leaves behind as a panic.
struct Killed;

const FILES: &[(&str, &str)] = &[
    ("views/edited.view.lkml", "view: edited {}"),
    ("views/same.view.lkml", "view: same {}"),
    ("left.model.lkml", "left"),
    ("right.model.lkml", "right"),
    ("one.lkml", "1"),
    ("two.lkml", "2"),
    ("three.lkml", "3"),
    ("models/Orders.model.lkml", "orders"),
    ("models/plain.model.lkml", "plain"),
    ("models/both.model.lkml", "both"),
    ("bystander.lkml", "bystander"),
    ("empty/", ""),
];

fn everything() -> TreePatch {
    patch([
        change("left.model.lkml", "right.model.lkml", "left", "left"),
        change(
            "models/Orders.model.lkml",
            "models/orders.model.lkml",
            "orders",
            "orders",
        ),
        change(
            "models/both.model.lkml",
            "new/deep/both_dev.model.lkml",
            "both",
            "both_dev",
        ),
        change(
            "models/plain.model.lkml",
            "models/plain_dev.model.lkml",
            "plain",
            "plain",
        ),
        change("one.lkml", "two.lkml", "1", "1"),
        change(
            "right.model.lkml",
            "left.model.lkml",
            "right",
            "right, edited",
        ),
        change("three.lkml", "one.lkml", "3", "3!"),
        change("two.lkml", "three.lkml", "2", "2"),
        change(
            "views/edited.view.lkml",
            "views/edited.view.lkml",
            "view: edited {}",
            "view: other {}",
        ),
    ])
}

fn start(in_git: bool) -> tempfile::TempDir {
    let dir = folder(FILES);
    if in_git {
        fs::create_dir(dir.path().join(".git")).expect("a new folder");
    }
    dir
}

fn run(root: &Path, hook: &dyn Fn(usize) -> io::Result<()>) -> Result<Applied, ApplyError> {
    let root = Dir::open_ambient_dir(root, ambient_authority()).expect("a folder");
    apply(&root, &everything(), hook)
}

fn kill_at(n: usize) -> impl Fn(usize) -> io::Result<()> {
    move |step| if step == n { panic_any(Killed) } else { Ok(()) }
}

/// Whether `act` was killed; any other panic goes on.
fn killed<T>(act: impl FnOnce() -> T) -> bool {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(_) => false,
        Err(panic) if panic.is::<Killed>() => true,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// A process that is being started holds copies of all open files for a moment, locks included;
/// tests that play a kill exclude that.
static STARTING: RwLock<()> = RwLock::new(());

/// For tests that play kills: the panics say nothing, and no process is being started.
fn playing() -> RwLockReadGuard<'static, ()> {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Killed>() {
            usual(info);
        }
    }));
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// The folder before and after the whole patch, and in how many steps it gets there.
fn ends(in_git: bool) -> (String, String, usize) {
    let dir = start(in_git);
    let before = snapshot(dir.path());
    let steps = Cell::new(0);
    let count = |step| {
        steps.set(step + 1);
        Ok(())
    };
    let applied = run(dir.path(), &count).expect("nothing stands in the way");
    assert_eq!(
        applied,
        Applied {
            edited: 4,
            moved: 8
        }
    );
    (before, snapshot(dir.path()), steps.get())
}

#[test]
fn the_whole_patch() {
    let (_, after, _) = ends(false);
    insta::assert_snapshot!(after, @"
    bystander.lkml 644 bystander
    empty d
    left.model.lkml 644 right, edited
    models d
    models/orders.model.lkml 644 orders
    models/plain_dev.model.lkml 644 plain
    new d
    new/deep d
    new/deep/both_dev.model.lkml 644 both_dev
    one.lkml 644 3!
    right.model.lkml 644 left
    three.lkml 644 2
    two.lkml 644 1
    views d
    views/edited.view.lkml 644 view: other {}
    views/same.view.lkml 644 view: same {}
    ");
}

#[test]
fn a_kill_at_any_step_is_undone() {
    let _playing = playing();
    for in_git in [false, true] {
        let (before, after, steps) = ends(in_git);
        let mut final_at = BTreeSet::new();
        for n in 0..steps {
            let dir = start(in_git);
            assert!(killed(|| run(dir.path(), &kill_at(n))), "step {n}");
            recover(dir.path()).expect("recovers");
            let found = snapshot(dir.path());
            if found == after {
                final_at.insert(n);
            } else {
                assert_eq!(found, before, "killed at step {n}");
            }
            assert_eq!(recover(dir.path()).expect("recovers"), None);
        }
        // Once final, always final; and all that is left then is tidying up.
        let first = *final_at.first().expect("the last step only tidies up");
        assert_eq!(final_at.len(), steps - first);
    }
}

#[test]
fn a_repository_that_is_made_after_a_kill_hides_no_journal() {
    let _playing = playing();
    let (before, _, steps) = ends(false);
    let dir = start(false);
    assert!(killed(|| run(dir.path(), &kill_at(steps / 2))));
    fs::create_dir(dir.path().join(".git")).expect("a new folder");
    assert!(matches!(
        crate::Folder::open(dir.path()),
        Err(FolderError::Busy { .. })
    ));
    let recovered = recover(dir.path()).expect("recovers");
    assert!(recovered.is_some_and(|recovered| !recovered.restored.is_empty()));
    fs::remove_dir(dir.path().join(".git")).expect("nothing was put there");
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn a_kill_in_a_folder_below_is_noticed() {
    let _playing = playing();
    let (before, _, steps) = ends(false);
    let above = folder(&[("a", "1"), ("below/", "")]);
    let below = above.path().join("below");
    fs::remove_dir(&below).expect("it is empty");
    let dir = start(false);
    assert!(killed(|| run(dir.path(), &kill_at(steps / 2))));
    fs::rename(dir.keep(), &below).expect("one file system");
    let opened = crate::Folder::open(above.path());
    let expected = super::path("below");
    assert!(matches!(opened, Err(FolderError::UnfinishedBelow { folder }) if folder == expected));
    recover(&below).expect("recovers");
    assert_eq!(snapshot(&below), before);
    crate::Folder::open(above.path()).expect("nothing is left");
}

#[test]
fn a_kill_at_any_step_of_recovery_is_finished_by_the_next() {
    let _playing = playing();
    let (before, _, steps) = ends(false);
    let mut kills = 0;
    // Every third step of the command, every step of its recovery.
    for n in (0..steps).step_by(3) {
        for m in 0.. {
            let dir = start(false);
            assert!(killed(|| run(dir.path(), &kill_at(n))));
            let again = killed(|| recover_with(dir.path(), &kill_at(m)));
            let journal = dir.path().join(".storyline/undo/journal.json").exists();
            recover(dir.path()).expect("recovers");
            if journal {
                assert_eq!(snapshot(dir.path()), before, "killed at {n}, then at {m}");
            }
            assert!(!dir.path().join(".storyline").exists());
            if !again {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > steps, "only {kills} kills");
}

#[test]
fn a_failure_at_any_step_leaves_everything_unchanged() {
    let _playing = playing();
    let (before, after, steps) = ends(false);
    for once in [true, false] {
        for n in 0..steps {
            let dir = start(false);
            let full = |step| match step {
                step if step == n || (step > n && !once) => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(()),
            };
            let expect = match run(dir.path(), &full) {
                Ok(_) => &after,
                Err(ApplyError::Io { .. }) => &before,
                Err(ApplyError::NotUndone { cause, .. }) if !once => {
                    assert!(matches!(*cause, ApplyError::Io { .. }));
                    recover(dir.path()).expect("recovers");
                    &before
                }
                Err(other) => panic!("step {n}: {other}"),
            };
            // What could not be tidied up is no change, and the next command does it.
            recover(dir.path()).expect("recovers");
            assert_eq!(&snapshot(dir.path()), expect, "failed at step {n}");
        }
    }
}

#[test]
fn what_somebody_changed_after_the_kill_is_kept() {
    let _playing = playing();
    let (_, _, steps) = ends(false);
    // The last kill that is still undone finds every new file in its place.
    let dir = (0..steps)
        .rev()
        .find_map(|n| {
            let dir = start(false);
            assert!(killed(|| run(dir.path(), &kill_at(n))));
            let journal = dir.path().join(".storyline/undo/journal.json").exists();
            journal.then_some(dir)
        })
        .expect("some kill is undone");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("writes");
    write("views/edited.view.lkml", "mine");
    write("new/deep/both_dev.model.lkml", "mine too");
    fs::remove_file(dir.path().join("left.model.lkml")).expect("removes");
    write("left.model.lkml", "and mine");

    let recovered = recover(dir.path()).expect("recovers").expect("a journal");
    let kept = |path_: &str, original: &str| Kept {
        path: path(path_),
        original: path(original),
    };
    assert_eq!(
        recovered.kept,
        [
            kept("left.model.lkml", ".storyline/undo/kept/1"),
            kept("new/deep/both_dev.model.lkml", "models/both.model.lkml"),
            kept("views/edited.view.lkml", ".storyline/undo/kept/2"),
        ]
    );
    insta::assert_snapshot!(snapshot(dir.path()), @"
    .storyline d
    .storyline/undo d
    .storyline/undo/kept d
    .storyline/undo/kept/1 644 left
    .storyline/undo/kept/2 644 view: edited {}
    bystander.lkml 644 bystander
    empty d
    left.model.lkml 644 and mine
    models d
    models/Orders.model.lkml 644 orders
    models/both.model.lkml 644 both
    models/plain.model.lkml 644 plain
    new d
    new/deep d
    new/deep/both_dev.model.lkml 644 mine too
    one.lkml 644 1
    right.model.lkml 644 right
    three.lkml 644 3
    two.lkml 644 2
    views d
    views/edited.view.lkml 644 mine
    views/same.view.lkml 644 view: same {}
    ");
    assert_eq!(recover(dir.path()).expect("recovers"), None);
}

#[test]
fn what_somebody_put_back_after_the_kill_is_no_conflict() {
    let _playing = playing();
    let (before, _, steps) = ends(false);
    for n in 0..steps {
        let dir = start(false);
        assert!(killed(|| run(dir.path(), &kill_at(n))));
        if !dir.path().join(".storyline/undo/journal.json").exists() {
            continue;
        }
        let edited = dir.path().join("views/edited.view.lkml");
        fs::remove_file(&edited).expect("removes");
        fs::write(&edited, "view: edited {}").expect("writes");
        let recovered = recover(dir.path()).expect("recovers").expect("a journal");
        assert_eq!(recovered.kept, []);
        assert_eq!(snapshot(dir.path()), before);
    }
}

/// Set for the process that is going to be killed.
const VICTIM: &str = "STORYLINE_TEST_VICTIM";

/// Does nothing of its own: the process that the next test starts and kills.
#[test]
fn victim() {
    let Some(root) = std::env::var_os(VICTIM) else {
        return;
    };
    let mut step_to_die_at = [0];
    io::stdin().read_exact(&mut step_to_die_at).expect("a step");
    let wait = |step| {
        if step == usize::from(step_to_die_at[0]) {
            io::stderr().write_all(b"!").expect("somebody listens");
            io::stdin().read_exact(&mut [0]).expect("never answered");
        }
        Ok(())
    };
    run(root.as_ref(), &wait).expect("killed before");
}

#[test]
fn a_real_kill_frees_the_lock_and_is_undone() {
    let (before, _, steps) = ends(false);
    let dir = start(false);
    let starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "tests::kills::victim", "--nocapture"])
        .env(VICTIM, dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(starting);
    let step = u8::try_from(steps * 2 / 3).expect("a small patch");
    let mut stdin = victim.stdin.take().expect("piped");
    stdin.write_all(&[step]).expect("it reads");
    let mut stderr = victim.stderr.take().expect("piped");
    stderr.read_exact(&mut [0]).expect("it gets there");

    let busy = run(dir.path(), &|_| Ok(()));
    assert!(matches!(busy, Err(ApplyError::Busy { pid }) if pid == Some(victim.id())));
    let busy = recover(dir.path());
    assert!(matches!(busy, Err(FolderError::Busy { pid }) if pid == Some(victim.id())));

    victim.kill().expect("it is still there");
    victim.wait().expect("it is gone");
    let unfinished = run(dir.path(), &|_| Ok(()));
    assert!(matches!(unfinished, Err(ApplyError::Unfinished { .. })));
    let Recovered { restored, kept } = recover(dir.path()).expect("recovers").expect("a journal");
    assert_eq!((restored.len(), kept.len()), (9, 0));
    assert_eq!(snapshot(dir.path()), before);
}
