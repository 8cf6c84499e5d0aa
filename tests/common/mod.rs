//! A folder to try the program in, what the program says there, and what stands there afterwards.

#![allow(dead_code, reason = "each test program needs a part of it")]

pub(crate) mod company;
pub(crate) mod fork;
pub(crate) mod pipeline;
pub(crate) mod staged;
pub(crate) mod team;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program, with nothing of our environment.
pub(crate) fn storyline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storyline"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// A temporary folder with a project in it.
pub(crate) struct Place {
    /// Removed at the end.
    _folder: TempDir,
    /// The temporary folder, without links on the way to it.
    pub(crate) top: PathBuf,
    /// The project.
    pub(crate) root: PathBuf,
}

impl Place {
    /// With an empty project.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path().canonicalize().expect("it is there");
        let root = top.join("project");
        fs::create_dir(&root).expect("a new folder");
        Self {
            _folder: folder,
            top,
            root,
        }
    }

    /// With these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let place = Self::new();
        for (path, text) in files {
            place.write(path, text);
        }
        place
    }

    /// With the files of `fixtures/acme/NAME`.
    pub(crate) fn acme(name: &str) -> Self {
        Self::fixture(&format!("acme/{name}"))
    }

    /// With the files of `fixtures/NAME`.
    pub(crate) fn fixture(name: &str) -> Self {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name);
        let place = Self::new();
        for (path, stands) in listing(&fixture) {
            if let Stands::File { bytes, .. } = stands {
                place.write(&path, bytes);
            }
        }
        place
    }

    /// Writes a file of the project, and the folders above it. Its mode is the same everywhere.
    pub(crate) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        let parent = path.parent().expect("it is below the project");
        fs::create_dir_all(parent).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a file of ours");
        self
    }

    pub(crate) fn link(&self, path: &str, target: &str) -> &Self {
        symlink(target, self.root.join(path)).expect("a link");
        self
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) -> &Self {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.root.join(path), permissions).expect("a file of ours");
        self
    }

    /// Runs the program in the project.
    pub(crate) fn run(&self, args: &[impl AsRef<OsStr>]) -> Run {
        self.run_in("", args)
    }

    /// The same with `folder` as the current one.
    pub(crate) fn run_in(&self, folder: &str, args: &[impl AsRef<OsStr>]) -> Run {
        self.run_with(&[], folder, args)
    }

    /// The same with variables in the environment.
    pub(crate) fn run_with(
        &self,
        variables: &[(&str, &OsStr)],
        folder: &str,
        args: &[impl AsRef<OsStr>],
    ) -> Run {
        let mut shown = String::from("$ storyline");
        for arg in args {
            let _ = write!(shown, " {}", arg.as_ref().to_string_lossy());
        }
        let output = storyline()
            .args(args)
            .envs(variables.iter().copied())
            .current_dir(self.root.join(folder))
            .output();
        Run {
            shown,
            output: output.expect("the program was built"),
            top: self.top.clone(),
        }
    }

    /// Everything in the project.
    pub(crate) fn stands(&self) -> Listing {
        listing(&self.root)
    }

    /// Checks that `args` are refused, that the temporary folder is afterwards what it was before,
    /// and returns the whole message.
    #[track_caller]
    pub(crate) fn refused(&self, args: &[&str]) -> String {
        let before = listing(&self.top);
        let run = self.run(args);
        assert!(!run.output.status.success(), "{run}");
        assert_eq!(listing(&self.top), before, "{run}");
        run.to_string()
    }

    /// Checks that `args` go well and returns what was printed on standard output.
    #[track_caller]
    pub(crate) fn succeeds(&self, args: &[impl AsRef<OsStr>]) -> String {
        let run = self.run(args);
        assert!(run.output.status.success(), "{run}");
        run.stdout().into()
    }
}

/// What a command printed and how it ended.
pub(crate) struct Run {
    shown: String,
    pub(crate) output: Output,
    top: PathBuf,
}

impl Run {
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).expect("what is printed is text")
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).expect("what is printed is text")
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }
}

/// The whole outcome, the same on every machine.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.shown.clone();
        for (name, printed) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            if !printed.is_empty() {
                let _ = write!(text, "\n--- {name}\n{}", printed.trim_end());
            }
        }
        match self.code() {
            Some(code) => write!(text, "\n--- exit code {code}")?,
            None => write!(text, "\n--- {}", self.output.status)?,
        }
        let top = self
            .top
            .to_str()
            .expect("temporary folders have plain names");
        f.write_str(&text.replace(top, "[DIR]"))
    }
}

/// A folder as it stands on the disk: every path below it, with what is there.
pub(crate) type Listing = BTreeMap<PathBuf, Stands>;

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Stands {
    Folder { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
    Link { target: PathBuf },
}

impl fmt::Debug for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { mode } => write!(f, "folder {mode:o}"),
            Self::File { mode, bytes } => write!(f, "file {mode:o} {}", bytes.escape_ascii()),
            Self::Link { target } => write!(f, "link to {}", target.display()),
        }
    }
}

pub(crate) fn listing(folder: &Path) -> Listing {
    let mut found = Listing::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("an entry");
            let mode = metadata.mode() & 0o7777;
            let stands = if metadata.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                Stands::Link { target }
            } else if metadata.is_dir() {
                open.push(path.clone());
                Stands::Folder { mode }
            } else {
                let bytes = fs::read(&path).expect("a file");
                Stands::File { mode, bytes }
            };
            let name = path.strip_prefix(folder).expect("it is below");
            found.insert(name.to_owned(), stands);
        }
    }
    found
}
