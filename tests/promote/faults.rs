//! What may happen in the middle: the program is killed, two come at once, the line is bad.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, thread};

use insta::assert_snapshot;
use storyline_sandbox::servers::{Fault, HttpServer, Request, SshServer};

use crate::common::company::named;
use crate::common::team::{Clone, VIEW, view};
use crate::{Pipeline, STAGES, story};

const PROMOTE: [&str; 5] = ["promote", "A-1", "B-2", "--to", "acceptance"];

fn start(clone: &Clone<'_>, args: &[&str]) -> Command {
    let mut command = clone.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn two_stories<'p>(pipeline: &'p Pipeline) -> Clone<'p> {
    let ada = pipeline.team.clone("ada");
    story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
    story(&ada, "B-2", &[("views/b.view.lkml", "view: b {}\n")]);
    ada
}

/// Both stories are on the stage, or neither is, whenever the program is killed.
#[test]
fn killed_at_any_moment() {
    const KILLS: u32 = 30;
    let pipeline = Pipeline::new();
    let ada = two_stories(&pipeline);
    let before = pipeline.tip("acceptance");
    let started = Instant::now();
    ada.succeeds(&PROMOTE);
    let took = started.elapsed();
    let back = || {
        pipeline.git("acceptance", &["update-ref", "refs/heads/main", &before]);
        let copy = "refs/storyline/remote/acceptance/main";
        ada.git(&["update-ref", "-d", copy]);
    };
    for kill in 0..KILLS {
        back();
        let mut child = start(&ada, &PROMOTE)
            .spawn()
            .expect("the program was built");
        // Moments all over the run; which step they meet is up to the machine.
        thread::sleep(took * kill / (KILLS - 2));
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        let landed = pipeline.landed("acceptance");
        let landed = landed.lines().count();
        assert!(landed == 1 || landed == 3, "kill {kill}: {landed} commits");
        // What it had asked git to push may still arrive in between.
        let told = ada.run(&PROMOTE);
        if told.stderr().contains("error[push-conflict]") {
            ada.succeeds(&PROMOTE);
        } else {
            assert_eq!(told.code(), Some(0), "kill {kill}: {told}");
        }
        let landed = pipeline.landed("acceptance");
        assert_eq!(
            landed, "The shop\nLand A-1: Work on A-1\nLand B-2: Work on B-2",
            "kill {kill}"
        );
    }
    // What a killed one left behind is taken away by those that come later.
    ada.succeeds(&PROMOTE);
    story(&ada, "C-3", &[("c.md", "C.\n")]);
    ada.succeeds(&["promote", "C-3", "--to", "acceptance"]);
    let probes = pipeline.git("acceptance", &["for-each-ref", "refs/storyline/probe"]);
    assert_eq!(probes, "");
}

#[test]
fn two_at_once() {
    let pipeline = Pipeline::new();
    let ada = two_stories(&pipeline);
    let bob = pipeline.team.clone("bob");
    let one = ["promote", "A-1", "--to", "acceptance"];
    let other = ["promote", "B-2", "--to", "acceptance"];
    let children = [start(&ada, &one), start(&bob, &other)]
        .map(|mut c| c.spawn().expect("the program was built"));
    let ends = children.map(|child| child.wait_with_output().expect("it ends"));
    for end in &ends {
        let told = String::from_utf8_lossy(&end.stderr);
        assert!(
            end.status.success() || told.contains("error[push-conflict]"),
            "{told}"
        );
    }
    assert!(ends.iter().any(|end| end.status.success()));
    ada.succeeds(&one);
    bob.succeeds(&other);
    assert_eq!(pipeline.landed("acceptance").lines().count(), 3);
}

/// The way to a stage: what the manifest has as its address, and how Git gets there.
fn served(serve: impl Fn(&Path) -> Server) -> (Pipeline, Server) {
    let pipeline = Pipeline::new();
    let server = serve(&pipeline.team.top);
    let lead = pipeline.team.clone("admin");
    let mut manifest = pipeline.manifest("");
    for stage in STAGES {
        manifest = manifest.replace(&pipeline.url(stage), &server.url(&format!("{stage}.git")));
    }
    lead.land("storyline.toml", &manifest, "On a server");
    (pipeline, server)
}

enum Server {
    Http(HttpServer),
    Ssh(SshServer),
}

impl Server {
    fn url(&self, repository: &str) -> String {
        match self {
            Self::Http(server) => server.url(repository),
            Self::Ssh(server) => server.url(repository),
        }
    }
}

fn by_http(folder: &Path) -> Server {
    Server::Http(HttpServer::start(folder).expect("a port"))
}

fn through(pipeline: &Pipeline, server: &Server) -> String {
    let ada = two_stories(pipeline);
    ada.git(&["config", "--global", "storyline.protocols", "file http ssh"]);
    if let Server::Ssh(server) = server {
        ada.git(&["config", "--global", "core.sshCommand", &server.command()]);
    }
    let told = ada.run(&PROMOTE).to_string();
    told.replace(server.url("").trim_end_matches('/'), "[SERVER]")
}

#[test]
fn by_http_and_by_ssh() {
    let (pipeline, server) = served(by_http);
    let told = through(&pipeline, &server);
    assert_snapshot!(told, @r"
    $ storyline promote A-1 B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [SERVER]/acceptance.git)

      + A-1 revision <2>: Work on A-1
          M views/orders.view.lkml
      + B-2 revision <3>: Work on B-2
          A views/b.view.lkml
    note: the manifest on acceptance is not canonical's: `storyline promote --manifest --to acceptance` lands canonical's

    2 stories to land, 2 files to change; acceptance goes from <4> to <5>

    landed: acceptance is at <5>
    next: `storyline accept A-1 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    let Some(sshd) = named("STORYLINE_SSHD", "promote by SSH") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_SSHD is not set");
        return;
    };
    let (pipeline, server) = served(|folder| {
        let keys = folder.join("sshd");
        fs::create_dir(&keys).expect("a new folder");
        Server::Ssh(SshServer::start(&sshd, &keys, folder).expect("keys and a port"))
    });
    assert_eq!(through(&pipeline, &server), told);
}

/// Whatever the network does in between, what became of it is read back, and running it again does the rest.
#[test]
fn with_a_bad_line() {
    let (pipeline, server) = served(by_http);
    let Server::Http(http) = &server else {
        unreachable!("it is one")
    };
    let ada = pipeline.team.clone("ada");
    ada.git(&["config", "--global", "storyline.protocols", "file http"]);
    // So many requests of the kind go well before.
    let requests = [
        (Request::Read, &[0, 2, 5][..]),
        (Request::Fetch, &[0]),
        (Request::Prepare, &[0, 1, 2]),
        (Request::Push, &[0, 1, 2]),
    ];
    let mut number = 0;
    for (request, calms) in requests {
        for fault in [|| Fault::Lost, || Fault::Cut(9)] {
            for &calm in calms {
                number += 1;
                let id = format!("S-{number}");
                story(&ada, &id, &[(&format!("{id}.md"), "New.\n")]);
                let promote = ["promote", &id, "--to", "acceptance"];
                let before = pipeline.tip("acceptance");
                for _ in 0..calm {
                    http.fail(request, Fault::First(Box::new(|| ())));
                }
                http.fail(request, fault());
                let told = ada.run(&promote);
                let moved = pipeline.tip("acceptance") != before;
                let says_unchanged = told.stderr().contains("nothing was changed\n");
                let is_named =
                    told.stderr().starts_with("error[") && told.stderr().contains("help: ");
                assert!(
                    told.code() == Some(0) || is_named,
                    "{request:?} {calm}: {told}"
                );
                assert!(
                    told.code() != Some(0) || moved,
                    "{request:?} {calm}: {told}"
                );
                assert!(!(moved && says_unchanged), "{request:?} {calm}: {told}");
                // A fault that found no request so far waits for the next command.
                for _ in 0..=calm {
                    ada.run(&promote);
                }
                ada.succeeds(&promote);
                let landed = pipeline.landed("acceptance");
                assert_eq!(landed.lines().count(), number + 1, "{landed}");
            }
        }
    }
}
