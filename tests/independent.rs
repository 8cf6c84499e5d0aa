//! A stamped project seen by a reader that shares no code with ours: a script with regular
//! expressions and PyYAML lists every place that names a model, and finds none that was forgotten.
//!
//! Runs when `STORYLINE_PYTHON` names a Python that has PyYAML; continuous integration (`CI` is set)
//! must have one. `STORYLINE_CORPUS` may name folders of Looker projects, separated by colons, that
//! are tried too.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

use common::{Place, listing};

const MANIFEST: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models      = "{name}_dev1"
projects    = "{name}_dev1"
looker      = { url = "https://acme.looker.com" }
"#;

fn check(python: &Path, canonical: &Path, stamped: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/python/independent_check.py");
    Command::new(python)
        .arg(script)
        .args([canonical, stamped])
        .args(["_dev1", "acme.looker.com"])
        .output()
        .expect("a Python that can be started")
}

/// Stamps the project at `place`, has the result checked, unstamps it and compares.
fn there_and_back(python: &Path, place: &Place) {
    place.write("storyline.toml", MANIFEST);
    let (a, b) = (place.top.join("a"), place.top.join("b"));
    place.succeeds(&["stamp", "dev1", "--into", "../a"]);
    place.succeeds(&["-C", "../a", "unstamp", "dev1", "--into", "../b"]);
    let same = listing(&place.root) == listing(&b);
    assert!(same, "{} came back different", place.root.display());

    let output = check(python, &place.root, &a);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    // The script has to see what was not stamped, or its silence would mean nothing.
    let output = check(python, &place.root, &place.root);
    assert_eq!(output.status.code(), Some(1), "{told}");
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn no_own_name_is_left_behind() {
    let Some(python) = env::var_os("STORYLINE_PYTHON") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_PYTHON is not set");
        println!("skipped: independent check of a stamp: STORYLINE_PYTHON is not set");
        return;
    };
    let python = Path::new(&python);
    for project in ["hub", "shop"] {
        there_and_back(python, &Place::acme(project));
    }
    let corpus = env::var_os("STORYLINE_CORPUS").unwrap_or_default();
    let folders = env::split_paths(&corpus).filter(|folder| folder != Path::new(""));
    for folder in folders {
        let place = Place::new();
        fs::remove_dir(&place.root).expect("it is empty");
        let copied = Command::new("cp")
            .arg("-r")
            .args([&folder, &place.root])
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        there_and_back(python, &place);
    }
}
