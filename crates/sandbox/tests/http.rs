//! Talking with remotes by HTTP, and what is left of it when the connection fails.
#![cfg(unix)]

mod common;

use std::fs;
use std::time::Duration;

use common::{Place, branch, push, url};
use storyline_repo::{Git, NetError, ObjectId, Push, Url};
use storyline_sandbox::servers::{Fault, HttpServer, Request};

/// A clone, and a server whose repository stands where the clone's first commit is.
struct Company {
    place: Place,
    server: HttpServer,
    git: Git,
    url: Url,
    first: ObjectId,
    second: ObjectId,
}

impl Company {
    fn new() -> Self {
        let place = Place::new();
        let root = place.remote.parent().expect("it is in a folder");
        let server = HttpServer::start(root).expect("a port");
        let git = place.program_with("http");
        let url = url(&server.url("looker.git"));
        let first = place.tip(&place.clone, "HEAD").expect("it has a commit");
        let pushed = git.push(
            &place.repository(),
            &url,
            &[push("main", None, Some(first))],
        );
        pushed.expect("it is empty");
        let second = place.commit("second");
        Self {
            place,
            server,
            git,
            url,
            first,
            second,
        }
    }

    /// Pushes the second commit, and a branch that is new.
    fn push(&self) -> Result<(), NetError> {
        let pushes = [
            push("main", Some(self.first), Some(self.second)),
            push("new", None, Some(self.first)),
        ];
        self.git.push(&self.place.repository(), &self.url, &pushes)
    }

    /// Where both branches stand.
    fn there(&self) -> [Option<ObjectId>; 2] {
        ["refs/heads/main", "refs/heads/new"].map(|name| self.place.there(name))
    }
}

const SAID: &str = "git said: ";

/// What is told of an error, with names for what differs from run to run. What git says differs from
/// one version to the next.
#[track_caller]
fn check(company: &Company, error: &NetError, expect: impl FnOnce(String)) {
    let told = error.diagnostic();
    let mut text = format!("{}: {}", told.id, told.title);
    let mut help = told.help;
    help.dedup_by(|a, b| a.starts_with(SAID) && b.starts_with(SAID));
    for help in help {
        let help = match help.starts_with(SAID) {
            true => format!("{SAID}…"),
            false => help,
        };
        text.push_str("\n  ");
        text.push_str(&help);
    }
    for (found, name) in [
        (company.first.to_string(), "FIRST"),
        (company.second.to_string(), "SECOND"),
        (company.url.to_string(), "http://SERVER/looker.git"),
    ] {
        text = text.replace(&found, name);
    }
    expect(text);
}

#[test]
fn there_and_back() {
    let place = Place::new();
    let root = place.remote.parent().expect("it is in a folder");
    let server = HttpServer::start(root).expect("a port");
    place.there_and_back(&place.program_with("http"), &url(&server.url("looker.git")));
}

#[test]
fn with_the_users_credential_helper() {
    let place = Place::new();
    let root = place.remote.parent().expect("it is in a folder");
    let server = HttpServer::start_for(root, "me", "s3cret").expect("a port");
    let url = url(&server.url("looker.git"));
    let git = place.program_with("http");
    let error = git
        .list(&place.repository(), &url, &[])
        .expect_err("nobody says who we are");
    assert_eq!(error.diagnostic().id, "remote-unreachable");
    let known = server.url("").replace("http://", "http://me:s3cret@");
    fs::write(place.home.join(".git-credentials"), known).expect("a file");
    place.configure("[credential]\nhelper = store\n");
    place.there_and_back(&git, &url);
}

#[test]
fn a_refusal() {
    let company = Company::new();
    company.server.fail(Request::Prepare, Fault::Status(403));
    let error = company.push().expect_err("it is forbidden");
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    push-refused: the remote http://SERVER/looker.git refused the push
      git said: …
      nothing was changed there: `refs/heads/main` still stands at FIRST, there still is no `refs/heads/new`; mend what it says, then run the command again
    "#)
    });
    company
        .place
        .pre_receive("echo 'main is protected' >&2; exit 1");
    let error = company.push().expect_err("the hook says no");
    let help = error.diagnostic().help;
    assert!(
        help.contains(&"git said: remote: main is protected".into()),
        "{help:?}"
    );
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    push-refused: the remote http://SERVER/looker.git refused the push
      git said: …
      nothing was changed there: `refs/heads/main` still stands at FIRST, there still is no `refs/heads/new`; mend what it says, then run the command again
    "#)
    });
    assert_eq!(company.there(), [Some(company.first), None]);
}

#[test]
fn lost_before_the_server_took_it() {
    let company = Company::new();
    company.server.fail(Request::Push, Fault::Lost);
    let error = company.push().expect_err("it is lost");
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    push-refused: the remote http://SERVER/looker.git refused the push
      git said: …
      nothing was changed there: `refs/heads/main` still stands at FIRST, there still is no `refs/heads/new`; mend what it says, then run the command again
    "#)
    });
    assert_eq!(company.there(), [Some(company.first), None]);
    company
        .push()
        .expect("nothing is in the way of a second try");
}

#[test]
fn lost_after_the_server_took_it() {
    let company = Company::new();
    for bytes in [0, 1, 20] {
        company.server.fail(Request::Push, Fault::Cut(bytes));
    }
    company
        .push()
        .expect("it is done, as the remote's refs tell");
    assert_eq!(company.there(), [Some(company.second), Some(company.first)]);
}

#[test]
fn lost_for_good() {
    let company = Company::new();
    company.server.fail(Request::Push, Fault::Cut(0));
    company.server.fail(Request::Read, Fault::Status(503));
    let error = company.push().expect_err("nobody knows");
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    push-outcome-unknown: it is not known whether http://SERVER/looker.git took the push
      git said: …
      `refs/heads/main` was to go from FIRST to SECOND: it did, or it did not
      `refs/heads/new` was to be made at FIRST: it did, or it did not
      `git ls-remote http://SERVER/looker.git refs/heads/main refs/heads/new` says which; to run the command again is safe in both cases
    "#)
    });
    company.push().expect("to say it again is safe");
}

#[test]
fn somebody_else_is_faster() {
    let company = Company::new();
    // Between our look at its refs and our push.
    let (remote, home) = (company.place.remote.clone(), company.place.home.clone());
    company.server.fail(
        Request::Push,
        Fault::First(Box::new(move || {
            let moved = std::process::Command::new("git")
                .args(["update-ref", "-d", "refs/heads/main"])
                .current_dir(remote)
                .env_clear()
                .envs(common::variables(&home))
                .status();
            assert!(moved.expect("git is installed").success());
        })),
    );
    let error = company.push().expect_err("it is gone");
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    push-conflict: somebody else moved refs of http://SERVER/looker.git
      `refs/heads/main` is not there any more
      run the command again: it starts from what is there now
    "#)
    });
    assert_eq!(company.there(), [None, None]);
}

#[test]
fn only_forward() {
    let company = Company::new();
    company.push().expect("nothing is in the way");
    let other = company.place.git(
        &company.place.clone,
        &["commit-tree", "-m", "other", "HEAD^{tree}"],
    );
    let other = ObjectId::from_hex(other.as_bytes());
    let pushes = [Push {
        forward_only: true,
        ..push("main", Some(company.second), other)
    }];
    let repository = company.place.repository();
    let error = company
        .git
        .push(&repository, &company.url, &pushes)
        .expect_err("it has another root");
    assert_eq!(error.diagnostic().id, "push-refused");
    assert_eq!(company.there()[0], Some(company.second));
    let third = Some(company.place.commit("third"));
    let forward = Push {
        new: third,
        ..pushes[0].clone()
    };
    company
        .git
        .push(&repository, &company.url, &[forward])
        .expect("it is forward");
    assert_eq!(company.there()[0], third);
}

#[test]
fn silence_has_an_end() {
    let company = Company::new();
    company.server.fail(Request::Read, Fault::Silence);
    let git = company.git.clone().with_time_limit(Duration::from_secs(2));
    let error = git
        .list(&company.place.repository(), &company.url, &[])
        .expect_err("nobody answers");
    check(&company, &error, |told| {
        insta::assert_snapshot!(told, @r#"
    time-limit: git did not finish with http://SERVER/looker.git within 2 s
      git was stopped, and nothing had changed there by then; run the command again, with a longer limit in seconds if the remote is slow: `git config --global storyline.timeLimit 1800`
    "#)
    });
}

#[test]
fn what_a_remote_cuts_off_is_an_error() {
    let company = Company::new();
    let repository = company.place.repository();
    for bytes in [0, 10, 100] {
        company.server.fail(Request::Fetch, Fault::Cut(bytes));
        let error = company.git.list(&repository, &company.url, &["refs/"]);
        let error = error.expect_err("a part is not the whole");
        assert_eq!(error.diagnostic().id, "remote-unreachable");
    }
    let listed = company
        .git
        .list(&repository, &company.url, &["refs/"])
        .expect("all is well");
    assert_eq!(listed, [(branch("main"), company.first)].into());
}
