//! Pushes that meet others, are refused, or whose end nobody sees.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::{env, fs, thread};

use storyline_sandbox::servers::{Fault, HttpServer, Request, SshServer};

use super::*;
use crate::common::team::{Clone, Team};

#[test]
fn two_at_once() {
    let team = with_dev1();
    let clones = ["ada", "bob", "cay"].map(|name| team.clone(name));
    let codes: Vec<_> = thread::scope(|scope| {
        let running = clones
            .iter()
            .map(|clone| scope.spawn(|| clone.run(&["sync", "dev1"]).code()));
        let running: Vec<_> = running.collect();
        let ended = running.into_iter().map(|run| run.join().expect("it ran"));
        ended.collect()
    });
    assert!(
        codes.iter().all(|code| matches!(code, Some(0 | 3))),
        "{codes:?}"
    );
    assert!(codes.contains(&Some(0)), "{codes:?}");
    let told = clones[0].succeeds(&["sync", "dev1"]);
    assert!(told.stdout().contains("up to date"), "{told}");
}

/// A server for the team's repositories, where `dev1` lives.
fn served(team: &Team, url: &str) {
    let environment = developer(team, "dev1");
    let path = fork(team, "dev1").display().to_string();
    let lead = team.clone("lead-of-server");
    land_manifest(&lead, team, &environment.replace(&path, url));
}

fn allow_http(clone: &Clone<'_>) {
    clone.git(&["config", "storyline.protocols", "file http"]);
}

#[test]
fn somebody_is_faster() {
    let team = with_dev1();
    let server = HttpServer::start(&team.top).expect("a port");
    served(&team, &server.url("dev1.git"));
    let (ada, bob) = (team.clone("ada"), team.clone("bob"));
    allow_http(&ada);
    allow_http(&bob);
    thread::scope(|scope| {
        // The same is done between the look and the push.
        let (send, done) = std::sync::mpsc::channel();
        let bob = &bob;
        let (start, started) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            started.recv().expect("it is told");
            send.send(bob.run(&["sync", "dev1"]).code())
                .expect("somebody waits");
        });
        let first = Fault::First(Box::new(move || {
            start.send(()).expect("it waits");
            assert_eq!(done.recv(), Ok(Some(0)));
        }));
        server.fail(Request::Push, first);
        let told = ada.run(&["sync", "dev1"]);
        assert_eq!(told.code(), Some(0), "{told}");
    });
    // Something else is pushed in between.
    ada.land(VIEW, &view("orders_v2"), "Read the new table");
    let path = fork(&team, "dev1");
    let ide = team.clone_of(&path.display().to_string(), "ide");
    let own = ide.commit("README.md", "Mine.\n", "Mine");
    let (folder, url) = (ide.root.clone(), path.clone());
    let first = Fault::First(Box::new(move || {
        let push = std::process::Command::new("git")
            .args(["push", "--quiet"])
            .arg(url)
            .arg("main")
            .current_dir(folder)
            .status();
        assert!(push.expect("git is installed").success());
    }));
    server.fail(Request::Push, first);
    let told = ada.run(&["sync", "dev1"]);
    assert_eq!(told.code(), Some(3), "{told}");
    assert!(told.to_string().contains("error[push-conflict]"), "{told}");
    assert_eq!(team.git(&path, &["rev-parse", "main"]), own);
    // The answer to a push that went well is lost.
    ide.git(&["push", "--quiet", "--force", "origin", "HEAD~1:main"]);
    server.fail(Request::Push, Fault::Cut(0));
    let told = ada.run(&["sync", "dev1"]);
    assert_eq!(told.code(), Some(0), "{told}");
    assert!(told.stdout().contains("moved"), "{told}");
}

#[test]
fn by_ssh() {
    let Some(sshd) = env::var_os("STORYLINE_SSHD").map(PathBuf::from) else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_SSHD is not set");
        return;
    };
    let team = with_dev1();
    let folder = team.top.join("sshd");
    fs::create_dir(&folder).expect("a new folder");
    let server = SshServer::start(&sshd, &folder, &team.top).expect("keys and a port");
    served(&team, &server.url("dev1.git"));
    let ada = team.clone("ada");
    let home = ada.root.with_file_name("home-ada").join(".gitconfig");
    let settings = fs::read_to_string(&home).expect("it is there");
    let ssh = format!("{settings}[core]\nsshCommand = {}\n", server.command());
    fs::write(home, ssh).expect("a file");
    let told = ada.run(&["sync", "dev1"]);
    assert_eq!(told.code(), Some(0), "{told}");
    assert!(branches(&team, "dev1").contains("refs/heads/main"));
}

fn hook(team: &Team, name: &str, hook: &str, script: &str) {
    let path = fork(team, name).join("hooks").join(hook);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
}

#[test]
fn a_push_that_is_refused() {
    let team = with_dev1();
    hook(
        &team,
        "dev1",
        "pre-receive",
        "echo 'not on a Friday' >&2; exit 1",
    );
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["sync", "dev1"]), @r#"
    $ storyline sync dev1
    --- stderr
    error[push-refused]: the remote [DIR]/dev1.git refused the push
     |
     = help: git said: remote: not on a Friday
     = help: git said: error: failed to push some refs to '[DIR]/dev1.git'
     = help: git said: refs/heads/main: [remote rejected] (pre-receive hook declined)
     = help: nothing was changed there: there still is no `refs/heads/main`; mend what it says, then run the command again
    --- exit code 3
    "#);
    assert_eq!(branches(&team, "dev1"), "");
    assert_eq!(ada.git(&["for-each-ref", "refs/storyline/remote/dev1"]), "");
}

#[test]
#[cfg(target_os = "linux")]
fn killed_after_the_push() {
    let team = with_dev1();
    // The hook's parents are git's two programs and Storyline.
    let script = "p=$PPID\n\
        while [ \"$(cat /proc/$p/comm)\" != storyline ]; do\n\
          p=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$p/stat)\n\
          [ \"$p\" -gt 1 ] || exit 0\n\
        done\nkill -9 $p";
    hook(&team, "dev1", "post-receive", script);
    let ada = team.clone("ada");
    assert_eq!(ada.run(&["sync", "dev1"]).code(), None);
    fs::remove_file(fork(&team, "dev1").join("hooks/post-receive")).expect("it is there");
    assert_eq!(ada.git(&["for-each-ref", "refs/storyline/remote/dev1"]), "");
    let told = ada.succeeds(&["sync", "dev1"]);
    assert!(told.stdout().contains("up to date"), "{told}");
}
