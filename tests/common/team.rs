//! A small team on real repositories: a canonical one that is bare, and developers' clones of it.

#![allow(dead_code, reason = "each test program needs a part of it")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use tempfile::TempDir;

use super::storyline;

/// The canonical project's files at first, but for the manifest's first lines.
const MANIFEST: &str = "[environment.dev1]
connections = \"{name}_dev1\"
models      = \"{name}_dev1\"
";
const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n";

/// A view that stories change.
pub(crate) const VIEW: &str = "views/orders.view.lkml";

/// The text of that view, with a table and a measure that stand far apart.
pub(crate) fn view(table: &str, measure: &str) -> String {
    format!(
        "view: orders {{\n  sql_table_name: {table} ;;\n  dimension: id {{}}\n\n\n\n\n\n  \
         measure: {measure} {{}}\n}}\n"
    )
}

/// A canonical repository, and a folder for clones of it.
pub(crate) struct Team {
    _folder: TempDir,
    /// The temporary folder, without links on the way to it.
    pub(crate) top: PathBuf,
    /// The canonical repository.
    pub(crate) canonical: PathBuf,
}

/// Somebody's clone.
pub(crate) struct Clone<'t> {
    team: &'t Team,
    /// The working tree's root.
    pub(crate) root: PathBuf,
}

impl Team {
    /// With one commit on canonical's `main`.
    pub(crate) fn new() -> Self {
        let team = Self::without_commits("canonical.git");
        let first = team.clone("first");
        let url = team.url();
        let manifest =
            format!("[canonical]\nrepository = \"{url}\"\nbranch = \"main\"\n\n{MANIFEST}");
        for (path, text) in [
            ("storyline.toml", manifest.as_str()),
            ("shop.model.lkml", MODEL),
            (VIEW, &view("orders", "count")),
        ] {
            first.write(path, text);
        }
        first.git(&["add", "."]);
        first.git(&["commit", "--quiet", "-m", "First"]);
        first.git(&["push", "--quiet", "origin", "main"]);
        team
    }

    /// With a canonical repository of this name, which is empty.
    pub(crate) fn without_commits(canonical: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path().canonicalize().expect("it is there");
        let team = Self {
            canonical: top.join(canonical),
            _folder: folder,
            top,
        };
        team.init(canonical);
        team
    }

    /// Makes a bare repository, without a branch.
    pub(crate) fn init(&self, name: &str) {
        let args = ["init", "--quiet", "--bare", "--initial-branch=main", name];
        self.git(&self.top, &args);
    }

    /// The address of the canonical repository.
    pub(crate) fn url(&self) -> String {
        self.canonical.to_str().expect("a plain path").into()
    }

    /// A new clone, of somebody with a name of their own.
    pub(crate) fn clone(&self, name: &str) -> Clone<'_> {
        self.clone_of(&self.url(), name)
    }

    /// A new clone of another repository.
    pub(crate) fn clone_of(&self, url: &str, name: &str) -> Clone<'_> {
        let home = self.top.join(format!("home-{name}"));
        fs::create_dir(&home).expect("a new folder");
        let settings = format!(
            "[user]\nname = {name}\nemail = {name}@example.com\n[init]\ndefaultBranch = main\n\
             [storyline]\nprotocols = file\n"
        );
        fs::write(home.join(".gitconfig"), settings).expect("a new file");
        let clone = Clone {
            team: self,
            root: self.top.join(name),
        };
        clone.run_git(&self.top, &["clone", "--quiet", url, name]);
        clone
    }

    /// Runs git as nobody in particular.
    pub(crate) fn git(&self, folder: &Path, args: &[&str]) -> String {
        printed(command("git", &self.top, folder).args(args).output(), args)
    }

    /// Where a ref of the canonical repository stands.
    pub(crate) fn tip(&self, name: &str) -> Option<String> {
        let run = command("git", &self.top, &self.canonical)
            .args(["rev-parse", "--verify", "--quiet", name])
            .output()
            .expect("git is installed");
        let text = String::from_utf8(run.stdout).expect("text");
        run.status.success().then(|| text.trim().into())
    }

    /// All refs of the canonical repository and where they stand.
    pub(crate) fn refs(&self) -> String {
        self.git(
            &self.canonical,
            &["for-each-ref", "--format=%(objectname) %(refname)"],
        )
    }
}

impl Clone<'_> {
    fn home(&self) -> PathBuf {
        let name = self.root.file_name().expect("it has a name");
        let home = format!("home-{}", name.to_str().expect("a plain name"));
        self.team.top.join(home)
    }

    fn run_git(&self, folder: &Path, args: &[&str]) -> String {
        printed(
            command("git", &self.home(), folder).args(args).output(),
            args,
        )
    }

    /// Runs git in the clone.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.run_git(&self.root, args)
    }

    /// Runs git where it may fail.
    pub(crate) fn try_git(&self, args: &[&str]) -> Output {
        let run = command("git", &self.home(), &self.root).args(args).output();
        run.expect("git is installed")
    }

    /// Writes a file of the working tree.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("it is in the clone")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Commits a file on the branch that is checked out, and returns the commit.
    pub(crate) fn commit(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text);
        self.git(&["add", path]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits a file on canonical's `main`, and goes back to the branch that was checked out.
    pub(crate) fn land(&self, path: &str, text: &str, message: &str) -> String {
        self.git(&["fetch", "--quiet", "origin"]);
        self.git(&["switch", "--quiet", "--detach", "origin/main"]);
        let commit = self.commit(path, text, message);
        self.git(&["push", "--quiet", "origin", "HEAD:main"]);
        self.git(&["switch", "--quiet", "-"]);
        commit
    }

    /// The program, to be run in the clone.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = storyline();
        command
            .args(args)
            .env("HOME", self.home())
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .current_dir(&self.root);
        command
    }

    /// Runs the program in the clone.
    pub(crate) fn run(&self, args: &[&str]) -> Told {
        let output = self.command(args).output();
        Told {
            shown: format!("$ storyline {}", args.join(" ")),
            output: output.expect("the program was built"),
            top: self.team.top.clone(),
        }
    }

    /// Starts a story and goes to its branch.
    #[track_caller]
    pub(crate) fn start(&self, id: &str) {
        self.succeeds(&["story", "start", id]);
        self.git(&["switch", "--quiet", &format!("story/{id}")]);
    }

    /// Checks that the program goes well.
    #[track_caller]
    pub(crate) fn succeeds(&self, args: &[&str]) -> Told {
        let told = self.run(args);
        assert_eq!(told.code(), Some(0), "{told}");
        told
    }

    /// Checks that the program refuses and that no ref moved, here or there, and no file changed.
    #[track_caller]
    pub(crate) fn refused(&self, args: &[&str]) -> Told {
        let stands = || {
            let own = self.git(&["for-each-ref", "refs/heads", "refs/storyline/story"]);
            (
                self.team.refs(),
                own,
                self.git(&["status", "--porcelain", "--branch"]),
            )
        };
        let before = stands();
        let told = self.run(args);
        assert_ne!(told.code(), Some(0), "{told}");
        assert_eq!(stands(), before, "{told}");
        told
    }
}

fn command(program: &str, home: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", home)
        .env("PATH", env::var_os("PATH").unwrap_or_default());
    command
}

#[track_caller]
fn printed(run: std::io::Result<Output>, args: &[&str]) -> String {
    let run = run.expect("git is installed");
    assert!(run.status.success(), "git {args:?}: {run:?}");
    String::from_utf8(run.stdout).expect("text").trim().into()
}

/// What the program printed and how it ended.
pub(crate) struct Told {
    shown: String,
    output: Output,
    top: PathBuf,
}

impl Told {
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).expect("what is printed is text")
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).expect("what is printed is text")
    }

    /// What is to be typed next: all that stands between backquotes in the help.
    pub(crate) fn commands(&self) -> Vec<String> {
        let told = String::from_utf8_lossy(&self.output.stderr).into_owned();
        let quoted = told.split('`').skip(1).step_by(2);
        quoted
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout()).expect("it is JSON")
    }
}

/// The outcome, the same at any time and in any folder: names of objects are numbered as they come,
/// and times left out.
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = self.shown.clone();
        for (name, bytes) in [
            ("stdout", &self.output.stdout),
            ("stderr", &self.output.stderr),
        ] {
            let printed = String::from_utf8_lossy(bytes);
            if !printed.is_empty() {
                let _ = write!(text, "\n--- {name}\n{}", printed.trim_end());
            }
        }
        let _ = match self.code() {
            Some(code) => write!(text, "\n--- exit code {code}"),
            None => write!(text, "\n--- {}", self.output.status),
        };
        let top = self
            .top
            .to_str()
            .expect("temporary folders have plain names");
        f.write_str(&numbered(&text.replace(top, "[DIR]")))
    }
}

/// With `<1>`, `<2>`, … in place of objects' names, which have twelve digits or more.
pub(crate) fn numbered(text: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let word = &rest[start..];
        let word = &word[..word
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(word.len())];
        out.push_str(&rest[..start]);
        rest = &rest[start + word.len()..];
        let is_name = word.len() >= 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_name {
            out.push_str(word);
            continue;
        }
        let name = &word[..12];
        let number = seen.iter().position(|known| *known == name);
        let number = number.unwrap_or_else(|| {
            seen.push(name);
            seen.len() - 1
        });
        let _ = write!(out, "<{}>", number + 1);
    }
    out + rest
}
