//! A user's home, a clone and a remote to talk with, all in a temporary folder.

#![allow(dead_code, reason = "each test program needs a part of it")]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use storyline_repo::{Git, ObjectId, Push, RefName, Repository, Url};
use tempfile::TempDir;

/// The variables of a user with this home.
pub(crate) fn variables(home: &Path) -> Vec<(OsString, OsString)> {
    vec![
        ("HOME".into(), home.into()),
        ("PATH".into(), env::var_os("PATH").unwrap_or_default()),
    ]
}

pub(crate) struct Place {
    _folder: TempDir,
    /// The temporary folder, without links on the way to it.
    pub(crate) top: PathBuf,
    /// Of the user; has a `.gitconfig` that says who it is.
    pub(crate) home: PathBuf,
    /// A bare repository in a folder of its own.
    pub(crate) remote: PathBuf,
    /// A clone's working tree; it has no remote.
    pub(crate) clone: PathBuf,
}

impl Place {
    /// With an empty remote and a clone with one commit on `main`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path().canonicalize().expect("it is there");
        let place = Self {
            _folder: folder,
            home: top.join("home"),
            remote: top.join("served/looker.git"),
            clone: top.join("clone"),
            top,
        };
        fs::create_dir(&place.home).expect("a new folder");
        place.configure(
            "[user]\nname = Dev\nemail = dev@example.com\n[init]\ndefaultBranch = main\n",
        );
        for (folder, kind) in [(&place.remote, &["--bare"][..]), (&place.clone, &[])] {
            fs::create_dir_all(folder).expect("a new folder");
            place.git(folder, &[&["init", "--quiet"], kind].concat());
        }
        place.commit("first");
        place
    }

    /// Adds to the user's configuration of Git.
    pub(crate) fn configure(&self, text: &str) {
        let path = self.home.join(".gitconfig");
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("a file");
    }

    /// Runs git by hand, and returns what it prints.
    pub(crate) fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let run = Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(variables(&self.home))
            .output()
            .expect("git is installed");
        assert!(run.status.success(), "git {arguments:?}: {run:?}");
        String::from_utf8(run.stdout).expect("text").trim().into()
    }

    /// A new commit on the clone's branch.
    pub(crate) fn commit(&self, message: &str) -> ObjectId {
        self.git(
            &self.clone,
            &["commit", "--quiet", "--allow-empty", "-m", message],
        );
        self.tip(&self.clone, "HEAD").expect("just made")
    }

    /// Where a ref of a repository stands.
    pub(crate) fn tip(&self, folder: &Path, name: &str) -> Option<ObjectId> {
        let shown = Command::new("git")
            .args(["rev-parse", "--verify", "--quiet", name])
            .current_dir(folder)
            .env_clear()
            .envs(variables(&self.home))
            .output()
            .expect("git is installed");
        ObjectId::from_hex(shown.stdout.trim_ascii())
    }

    /// Where a ref of the remote stands.
    pub(crate) fn there(&self, name: &str) -> Option<ObjectId> {
        self.tip(&self.remote, name)
    }

    /// Lets the remote run `script` before it takes a push.
    pub(crate) fn pre_receive(&self, script: &str) {
        write_program(&self.remote.join("hooks/pre-receive"), script);
    }

    pub(crate) fn repository(&self) -> Repository {
        Repository::discover(&self.clone)
            .expect("it is readable")
            .expect("it is there")
    }

    /// The git program of this user.
    pub(crate) fn program(&self) -> Git {
        Git::new(variables(&self.home))
    }

    /// The same where these protocols may be used, too.
    pub(crate) fn program_with(&self, protocols: &str) -> Git {
        let protocols = protocols.parse().expect("known protocols");
        self.program().with_protocols(protocols)
    }

    /// Pushes, lists, fetches and deletes.
    pub(crate) fn there_and_back(&self, git: &Git, url: &Url) {
        let repository = self.repository();
        let first = self.tip(&self.clone, "HEAD");
        let pushes = [push("main", None, first), push("story/s1", None, first)];
        git.push(&repository, url, &pushes).expect("it is empty");
        let second = self.commit("second");
        let pushes = [
            push("main", first, Some(second)),
            push("story/s1", first, None),
        ];
        git.push(&repository, url, &pushes)
            .expect("it is as expected");
        let listed = git.list(&repository, url, &["refs/"]).expect("it is there");
        assert_eq!(listed, [(branch("main"), second)].into());
        let third = self.commit("third");
        let tracking = RefName::new("refs/storyline/remote/dev1/main").expect("a name");
        self.git(
            &self.remote,
            &[
                "fetch",
                "--quiet",
                self.clone.to_str().expect("text"),
                "+HEAD:refs/heads/main",
            ],
        );
        self.git(&self.clone, &["reset", "--quiet", "--hard", "HEAD~2"]);
        self.git(&self.clone, &["reflog", "expire", "--expire=all", "--all"]);
        self.git(&self.clone, &["gc", "--quiet", "--prune=now"]);
        let fetched = git.fetch(
            &repository,
            url,
            &[
                (branch("main"), tracking.clone()),
                (branch("gone"), tracking.clone()),
            ],
        );
        let fetched = fetched.expect("it is there");
        assert_eq!(fetched.found, [(branch("main"), third)].into());
        assert_eq!(fetched.missing, [branch("gone")].into());
        assert_eq!(self.tip(&self.clone, tracking.as_str()), Some(third));
        assert_eq!(
            self.git(&self.clone, &["log", "--format=%s", tracking.as_str()]),
            "third\nsecond\nfirst"
        );
    }

    /// The remote by its path.
    pub(crate) fn path(&self) -> Url {
        url(self.remote.to_str().expect("text"))
    }
}

/// Writes a shell script that can be run.
pub(crate) fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our own file");
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

pub(crate) fn branch(name: &str) -> RefName {
    RefName::branch(name).expect("a branch's name")
}

/// A branch's move, without regard to history.
pub(crate) fn push(name: &str, expected: Option<ObjectId>, new: Option<ObjectId>) -> Push {
    Push {
        destination: branch(name),
        expected,
        new,
        forward_only: false,
    }
}
