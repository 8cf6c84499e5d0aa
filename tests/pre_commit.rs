//! The hook as pre-commit runs it: the real pre-commit builds the program from this checkout and
//! stands between a commit and its mistakes.
//!
//! Runs when `STORYLINE_PYTHON` names a Python that has pre-commit; continuous integration (`CI` is
//! set) must have one.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use common::Place;

/// Git with nobody's configuration.
fn git(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    output.expect("Git is installed")
}

/// Copies the sources of this checkout into a repository of their own, as they stand here.
fn published(into: &Path) -> String {
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        fs::create_dir_all(into.join(&folder)).expect("a new folder");
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder);
        for entry in fs::read_dir(here).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            // In a second work tree `.git` is a file that leads to the repository itself.
            if ["target", ".git"].map(Path::new).contains(&&*path) {
                continue;
            }
            if entry.file_type().expect("a type").is_dir() {
                open.push(path);
            } else {
                fs::copy(entry.path(), into.join(path)).expect("a file");
            }
        }
    }
    for args in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "all"],
    ] {
        let output = git(into, args);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let commit = git(into, &["rev-parse", "HEAD"]).stdout;
    String::from_utf8_lossy(&commit).trim().into()
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn a_commit_with_a_mistake_is_stopped() {
    let Some(python) = env::var_os("STORYLINE_PYTHON") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_PYTHON is not set");
        println!("skipped: the hook in pre-commit: STORYLINE_PYTHON is not set");
        return;
    };
    let place = Place::of(&[
        ("a.model.lkml", "connection: \"c\"\nexplore: orders {}\n"),
        ("notes.md", "explore: orders {\n"),
    ]);
    let repository = place.top.join("storyline");
    let revision = published(&repository);
    place.write(
        ".pre-commit-config.yaml",
        format!(
            "repos:\n- repo: {}\n  rev: {revision}\n  hooks:\n  - id: storyline-check\n",
            repository.display(),
        ),
    );
    assert!(git(&place.root, &["init", "--quiet"]).status.success());
    let pre_commit = |args: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "pre_commit"]).args(args);
        command.env("PRE_COMMIT_HOME", place.top.join("home"));
        // Dependencies that a release build has compiled are found again.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
        command.env(
            "CARGO_TARGET_DIR",
            target.expect("it is below the target folder"),
        );
        command
            .current_dir(&place.root)
            .output()
            .expect("Python starts")
    };
    let commit = || {
        assert!(git(&place.root, &["add", "."]).status.success());
        let output = pre_commit(&["run", "--color", "never"]);
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (passed, told) = commit();
    assert!(passed, "{told}");
    assert!(
        told.contains("storyline check") && told.contains("Passed"),
        "{told}"
    );

    place.write(
        "b.explore.lkml",
        "include: \"/gone.view\"\nexplore: more { model: a }\n",
    );
    let (passed, told) = commit();
    assert!(!passed, "{told}");
    for id in ["error[include-unresolved]", "warning[model-entry]"] {
        assert!(told.contains(id), "{told}");
    }
}
