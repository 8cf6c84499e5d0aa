//! The real `git`, with no configuration but its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use storyline_repo::{ObjectId, Objects, Repository};

pub(crate) struct Git {
    _folder: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

/// The bytes of the file that [`Git::commit_file`] commits.
pub(crate) const WHO: &str = "A <a@example.com>";

impl Git {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("project");
        let git = Self {
            _folder: folder,
            root: root.clone(),
        };
        std::fs::create_dir(&root).expect("a new folder");
        git.run(&["init", "--quiet", "--initial-branch=main"]);
        git
    }

    /// A name beside the repository that nothing has yet.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.with_file_name(name)
    }

    pub(crate) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_AUTHOR_DATE", "1000000000 +0000"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", "1000000000 +0000"),
        ] {
            command.env(name, value);
        }
        command
    }

    fn output(&self, folder: &Path, arguments: &[&str], input: &[u8]) -> std::process::Output {
        let mut command = self.command(folder, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("git is there");
        let mut stdin = child.stdin.take().expect("it was asked for");
        std::thread::scope(|scope| {
            // A program that has read enough closes its input.
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output().expect("it ends")
        })
    }

    /// What `git` prints, without spaces at the ends; anything but success is a failure.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.run_in(&self.root, arguments, b"")
    }

    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str], input: &[u8]) -> String {
        let output = self.output(folder, arguments, input);
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}{errors}");
        text
    }

    /// Writes a loose object, whatever its bytes are.
    pub(crate) fn hash(&self, kind: &str, bytes: &[u8]) -> ObjectId {
        let arguments = ["hash-object", "-w", "--stdin", "--literally", "-t", kind];
        id(&self.run_in(&self.root, &arguments, bytes))
    }

    /// An empty commit at a time, with a message.
    pub(crate) fn commit(&self, parents: &[ObjectId], date: i64, message: &str) -> ObjectId {
        let tree = self.hash("tree", b"");
        let parents = parents.iter().map(|parent| format!("parent {parent}\n"));
        let parents: String = parents.collect();
        let who = format!("{WHO} {date} +0000");
        let text = format!("tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{message}\n");
        self.hash("commit", text.as_bytes())
    }

    pub(crate) fn opened(&self) -> Repository {
        let found = Repository::discover(&self.root).expect("it is readable");
        found.expect("it is there")
    }

    pub(crate) fn objects(&self) -> Objects {
        self.opened().objects().expect("they are readable")
    }
}

pub(crate) fn id(text: &str) -> ObjectId {
    text.trim().parse().expect("git prints names")
}
