//! Talking with remotes by SSH, with the user's own settings for it.
//!
//! Runs when `STORYLINE_SSHD` names OpenSSH's server; continuous integration (`CI` is set) must have
//! it.
#![cfg(unix)]

mod common;

use std::env;
use std::fs;
use std::path::PathBuf;

use common::{Place, url};
use storyline_sandbox::servers::SshServer;

/// OpenSSH's server, or a line that says that a test is skipped.
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn sshd() -> Option<PathBuf> {
    let found = env::var_os("STORYLINE_SSHD").map(PathBuf::from);
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "STORYLINE_SSHD is not set");
        println!("skipped: remotes by SSH: STORYLINE_SSHD is not set");
    }
    found
}

fn start(sshd: &std::path::Path, place: &Place) -> SshServer {
    let folder = place.top.join("sshd");
    fs::create_dir(&folder).expect("a new folder");
    let root = place.remote.parent().expect("it is in a folder");
    SshServer::start(sshd, &folder, root).expect("keys and a port")
}

#[test]
fn there_and_back() {
    let Some(sshd) = sshd() else { return };
    let place = Place::new();
    let server = start(&sshd, &place);
    place.configure(&format!("[core]\nsshCommand = {}\n", server.command()));
    place.there_and_back(&place.program(), &url(&server.url("looker.git")));
}

#[test]
fn nobody_is_asked() {
    let Some(sshd) = sshd() else { return };
    let place = Place::new();
    let server = start(&sshd, &place);
    // Without its key, ssh would ask whether the server is known.
    fs::write(place.top.join("sshd/known_hosts"), "").expect("a file");
    place.configure(&format!("[core]\nsshCommand = {}\n", server.command()));
    let error = place
        .program()
        .list(&place.repository(), &url(&server.url("looker.git")), &[]);
    assert_eq!(
        error.expect_err("it is not known").diagnostic().id,
        "remote-unreachable"
    );
}

#[test]
fn nothing_but_repositories_of_its_own() {
    let Some(sshd) = sshd() else { return };
    let place = Place::new();
    let server = start(&sshd, &place);
    place.configure(&format!("[core]\nsshCommand = {}\n", server.command()));
    for path in ["../clone", "other.git", "/looker.git", "x'y"] {
        let error = place
            .program()
            .list(&place.repository(), &url(&server.url(path)), &[]);
        assert_eq!(
            error.expect_err("it is not served").diagnostic().id,
            "remote-unreachable"
        );
    }
}
