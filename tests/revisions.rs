//! `stamp --rev` and `unstamp --rev`: what they print, and what a repository has afterwards. Who wrote a
//! commit and when is the same everywhere, and so are the commits' names.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Place, Run};

const MANIFEST: &str = "[environment.dev1]
connections = \"{name}_dev1\"
models      = \"{name}_dev1\"
";
const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n";
const VIEW: &str = "view: orders {\n  dimension: id {}\n}\n";

/// A project in a repository.
struct History {
    place: Place,
}

impl History {
    fn new() -> Self {
        let history = Self {
            place: Place::new(),
        };
        history.git(&["init", "--quiet", "--initial-branch=main"]);
        history
    }

    /// Two commits, the second of which brings the manifest, and a third one.
    fn grown() -> Self {
        let history = Self::new();
        history.commit(&[("shop.model.lkml", MODEL)]);
        history.commit(&[("storyline.toml", MANIFEST)]);
        history.commit(&[("views/orders.view.lkml", VIEW)]);
        history
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.place.root, args)
    }

    #[track_caller]
    fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(folder).env_clear();
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
        let ran = command.output().expect("git is installed");
        assert!(ran.status.success(), "git {args:?}: {ran:?}");
        String::from_utf8(ran.stdout).expect("text").trim().into()
    }

    /// Commits files, none of which may be ignored, and returns the commit.
    fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            self.place.write(path, text);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "A change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// All that a repository is: refs, objects, what is checked out.
    fn stands(&self) -> [String; 3] {
        [
            self.git(&["for-each-ref"]),
            self.git(&["cat-file", "--batch-all-objects", "--batch-check"]),
            self.git(&["status", "--porcelain", "--branch"]),
        ]
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_in("", args)
    }

    fn run_in(&self, folder: &str, args: &[&str]) -> Run {
        let path = std::env::var_os("PATH").unwrap_or_default();
        self.place.run_with(&[("PATH", &path)], folder, args)
    }

    /// Checks that the program refuses, and that the repository is as it was.
    #[track_caller]
    fn refused(&self, args: &[&str]) -> Run {
        let before = self.stands();
        let run = self.run(args);
        assert_ne!(run.code(), Some(0), "{run}");
        assert_eq!(self.stands(), before, "{run}");
        run
    }
}

#[test]
fn there_and_back() {
    let history = History::grown();
    let tip = history.git(&["rev-parse", "HEAD"]);
    history.place.write("shop.model.lkml", "not committed");
    insta::assert_snapshot!(history.run(&["stamp", "dev1", "--rev", "main", "--branch", "dev1"]), @r#"
    $ storyline stamp dev1 --rev main --branch dev1
    --- stdout
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83
    --- stderr
    stamped dev1: 3 commits, 2 changed, 1 as before
    files as they are in 1 commit: no manifest
    new branch dev1
    --- exit code 0
    "#);
    insta::assert_snapshot!(history.git(&["log", "--format=%H", "--name-status", "dev1"]), @r#"
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83

    A	views/orders.view.lkml
    b3e29ab2eccda9a6ee44a53923b53ae2a563ecc6

    R057	shop.model.lkml	shop_dev1.model.lkml
    A	storyline.toml
    9bdf90c276b6af217cb2d7f310960a8e066f013b

    A	shop.model.lkml
    "#);
    let stamped = MODEL.replace("warehouse", "warehouse_dev1");
    let shown = history.git(&["show", "dev1:shop_dev1.model.lkml"]);
    assert_eq!(shown, stamped.trim());
    insta::assert_snapshot!(history.run(&["unstamp", "dev1", "--rev", "dev1"]), @r#"
    $ storyline unstamp dev1 --rev dev1
    --- stdout
    dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
    --- stderr
    unstamped dev1: no commits that were not done before
    --- exit code 0
    "#);
    assert_eq!(history.git(&["rev-parse", "main"]), tip);
    assert_eq!(history.git(&["status", "--porcelain"]), "M shop.model.lkml");
    history.git(&["fsck", "--strict"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let history = History::grown();
    let before = history.stands();
    insta::assert_snapshot!(history.run(&["stamp", "dev1", "--rev", "HEAD", "--branch", "dev1", "--dry-run"]), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1 --dry-run
    --- stdout
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83
    --- stderr
    would stamp dev1: 3 commits, 2 changed, 1 as before
    files as they are in 1 commit: no manifest
    new branch dev1
    --- exit code 0
    "#);
    assert_eq!(history.stands(), before);
}

#[test]
fn for_programs() {
    let history = History::grown();
    insta::assert_snapshot!(history.run(&["stamp", "dev1", "--rev", "HEAD", "--branch", "dev1", "--format", "json"]), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1 --format json
    --- stdout
    {
      "command": "stamp",
      "environment": "dev1",
      "done": true,
      "commit": "c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83",
      "branch": "dev1",
      "commits": 3,
      "changed": 2,
      "opaque": [
        {
          "commit": "9bdf90c276b6af217cb2d7f310960a8e066f013b",
          "why": "no-manifest"
        }
      ]
    }
    --- exit code 0
    "#);
}

#[test]
fn a_branch_moves_forward_or_not_at_all() {
    let history = History::grown();
    let stamp = |rev, branch| history.run(&["stamp", "dev1", "--rev", rev, "--branch", branch]);
    assert_eq!(stamp("HEAD~1", "dev1").code(), Some(0));
    insta::assert_snapshot!(stamp("HEAD", "dev1"), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stdout
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83
    --- stderr
    stamped dev1: 1 commit, 1 changed, 0 as before
    branch dev1 moved on from b3e29ab2eccda9a6ee44a53923b53ae2a563ecc6
    --- exit code 0
    "#);
    insta::assert_snapshot!(stamp("HEAD", "dev1"), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stdout
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83
    --- stderr
    stamped dev1: no commits that were not done before
    branch dev1 was there already
    --- exit code 0
    "#);
    let refused =
        |branch: &str| history.refused(&["stamp", "dev1", "--rev", "HEAD~1", "--branch", branch]);
    insta::assert_snapshot!(refused("dev1"), @r#"
    $ storyline stamp dev1 --rev HEAD~1 --branch dev1
    --- stderr
    error[not-fast-forward]: the branch `dev1` is at c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83, which b3e29ab2eccda9a6ee44a53923b53ae2a563ecc6 did not grow out of
     |
     = help: name another branch, or none; what that branch has would be lost
     = help: `git log b3e29ab2eccda9a6ee44a53923b53ae2a563ecc6..c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83` shows it, once `--rev` ran without `--branch`

    nothing was changed
    --- exit code 3
    "#);
    insta::assert_snapshot!(refused("main"), @r#"
    $ storyline stamp dev1 --rev HEAD~1 --branch main
    --- stderr
    error[branch-checked-out]: the branch `main` is checked out in [DIR]/project
     |
     = help: nothing was moved; `git -C '[DIR]/project' switch --detach` leaves the branch, then run the command again

    nothing was changed
    --- exit code 3
    "#);
    history.git(&["worktree", "add", "--quiet", "-b", "elsewhere", "../beside"]);
    insta::assert_snapshot!(refused("elsewhere"), @r#"
    $ storyline stamp dev1 --rev HEAD~1 --branch elsewhere
    --- stderr
    error[branch-checked-out]: the branch `elsewhere` is checked out in [DIR]/beside
     |
     = help: nothing was moved; `git -C '[DIR]/beside' switch --detach` leaves the branch, then run the command again

    nothing was changed
    --- exit code 3
    "#);
    insta::assert_snapshot!(refused("HEAD"), @r#"
    $ storyline stamp dev1 --rev HEAD~1 --branch HEAD
    --- stderr
    error[ref-name]: `refs/heads/HEAD` is not the full name of a ref
     |
     = help: choose another name

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(refused("a..b"), @r#"
    $ storyline stamp dev1 --rev HEAD~1 --branch a..b
    --- stderr
    error[ref-name]: `refs/heads/a..b` is not the full name of a ref
     |
     = help: choose another name

    nothing was changed
    --- exit code 2
    "#);
}

#[test]
fn commits_that_keep_their_files() {
    let history = History::grown();
    history.commit(&[("orders.model.lkml", "explore: orders {\n")]);
    history.commit(&[
        ("orders.model.lkml", "connection: \"lake\"\n"),
        ("storyline.toml", "[environment.dev1"),
    ]);
    let tip = history.commit(&[("storyline.toml", MANIFEST)]);
    insta::assert_snapshot!(history.run(&["stamp", "dev1", "--rev", "HEAD", "--branch", "dev1"]), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stdout
    89ed4f0871388374177f4850329f15feed84a1bd
    --- stderr
    stamped dev1: 6 commits, 5 changed, 1 as before
    files as they are in 1 commit: a broken manifest
    files as they are in 1 commit: no manifest
    files as they are in 1 commit: they are refused
      `storyline stamp dev1 --rev ea5feeb2a0221b348b4d537159fab7e81c5a6083` says why
    new branch dev1
    --- exit code 0
    "#);
    insta::assert_snapshot!(history.run(&["unstamp", "dev1", "--rev", "dev1", "--branch", "back"]), @r#"
    $ storyline unstamp dev1 --rev dev1 --branch back
    --- stdout
    4a2bd967fc213fde46f4f50494d86c45a129396c
    --- stderr
    unstamped dev1: no commits that were not done before
    new branch back
    --- exit code 0
    "#);
    assert_eq!(history.git(&["rev-parse", "back"]), tip);
}

#[test]
fn a_commit_that_is_refused_itself() {
    let history = History::new();
    let refused = || history.refused(&["stamp", "dev1", "--rev", "HEAD", "--branch", "dev1"]);
    history.commit(&[("shop.model.lkml", MODEL)]);
    insta::assert_snapshot!(refused(), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stderr
    error[no-manifest]: there is no `storyline.toml` in commit 9bdf90c276b6af217cb2d7f310960a8e066f013b
     |
     = help: `storyline init --write` proposes one from what the project shows; commit it
     = help: to try what a manifest would do with commits before it, lend it: `--manifest-from REV`

    nothing was changed
    --- exit code 2
    "#);
    history.commit(&[("storyline.toml", "[environment.\n")]);
    insta::assert_snapshot!(refused(), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stderr
    error[toml-syntax]: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
     --> storyline.toml:1:14
      |
    1 | [environment.
      |              ^
      |
      = help: write it as TOML: `[section]` on a line of its own, `key = "text"` below
      = help: the files are those of commit 6a242ba7cea6baff627fac77b406c8b019f46ace

    nothing was changed
    --- exit code 2
    "#);
    history.commit(&[(
        "storyline.toml",
        "[environment.dev2]\nmodels = \"{name}_{env}\"\n",
    )]);
    insta::assert_snapshot!(refused(), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev1`
     |
     = help: did you mean `dev2`?
     = help: the files are those of commit 2014bc05e700269a5aa9a37dfc63cfa3c80b3060

    nothing was changed
    --- exit code 2
    "#);
    history.commit(&[
        ("storyline.toml", MANIFEST),
        ("shop.model.lkml", "\n\nexplore: orders {\n"),
    ]);
    insta::assert_snapshot!(refused(), @r#"
    $ storyline stamp dev1 --rev HEAD --branch dev1
    --- stderr
    error[lookml-unclosed-block]: this `{` is never closed
     --> shop.model.lkml:3:17
      |
    3 | explore: orders {
      |                 ^
      |
      = help: add a `}` where the block ends
      = help: the files are those of commit c16cb99a72a200ed762be7d3595c0b2d8bedbb5c

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_tree_that_git_would_not_write() {
    let history = History::grown();
    let blob = history.git(&["hash-object", "-w", "storyline.toml"]);
    // Bytes as `printf` has them, in octal.
    let digits: Vec<_> = (0..40).step_by(2).map(|at| &blob[at..at + 2]).collect();
    let bytes = digits
        .iter()
        .map(|hex| u8::from_str_radix(hex, 16).expect("a name"));
    let id: String = bytes.map(|byte| format!("\\{byte:03o}")).collect();
    let tree = format!("100644 storyline.toml\\0{id}100644 a\\0{id}");
    let write = format!("printf '{tree}' | git hash-object -w --stdin --literally -t tree");
    let mut shell = Command::new("sh");
    let written = shell
        .args(["-c", &write])
        .current_dir(&history.place.root)
        .output();
    let tree = String::from_utf8(written.expect("a shell").stdout).expect("text");
    let commit = history.git(&["commit-tree", tree.trim(), "-m", "Odd", "-p", "HEAD"]);
    insta::assert_snapshot!(history.refused(&["stamp", "dev1", "--rev", &commit]), @r#"
    $ storyline stamp dev1 --rev 947a2bf6128906f1586c40665516592a3a0163e1
    --- stderr
    error[odd-tree]: the tree of commit 947a2bf6128906f1586c40665516592a3a0163e1 is not as Git writes trees
     |
     = help: `git fsck --strict` says what is odd; a projection takes it as it is

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_commit_that_could_come_of_two() {
    let history = History::grown();
    history.git(&["mv", "shop.model.lkml", "shop_dev1.model.lkml"]);
    history.commit(&[(
        "shop_dev1.model.lkml",
        &MODEL.replace("warehouse", "warehouse_dev1"),
    )]);
    history.commit(&[("a.view.lkml", VIEW)]);
    insta::assert_snapshot!(history.refused(&["stamp", "dev1", "--rev", "HEAD"]), @r#"
    $ storyline stamp dev1 --rev HEAD
    --- stderr
    error[ambiguous-commit]: commit a522b75fb405864b5a2551c500ff6dde1af3bfa0 could be the projection of two commits
     |
     = help: its tree is refused in one form and accepted in the other: names of an environment were committed where they do not belong. `git show a522b75fb405864b5a2551c500ff6dde1af3bfa0` shows which; that commit has to be taken out of the history

    nothing was changed
    --- exit code 1
    "#);
}

#[test]
fn a_manifest_that_is_lent() {
    let history = History::grown();
    history.git(&["switch", "--quiet", "--detach", "HEAD~2"]);
    let stamp =
        |from: &str| history.run(&["stamp", "dev1", "--rev", "HEAD", "--manifest-from", from]);
    insta::assert_snapshot!(stamp("main"), @r#"
    $ storyline stamp dev1 --rev HEAD --manifest-from main
    --- stdout
    440be68c0b3099caf95c43194cea1230d409cc00
    --- stderr
    stamped dev1: 1 commit, 1 changed, 0 as before
    --- exit code 0
    "#);
    insta::assert_snapshot!(stamp("HEAD"), @r#"
    $ storyline stamp dev1 --rev HEAD --manifest-from HEAD
    --- stderr
    error[no-manifest]: there is no `storyline.toml` in commit 9bdf90c276b6af217cb2d7f310960a8e066f013b
     |
     = help: `storyline init --write` proposes one from what the project shows; commit it
     = help: to try what a manifest would do with commits before it, lend it: `--manifest-from REV`

    nothing was changed
    --- exit code 2
    "#);
    let bare = ["stamp", "dev1", "--manifest-from", "main"];
    insta::assert_snapshot!(history.refused(&bare), @r#"
    $ storyline stamp dev1 --manifest-from main
    --- stderr
    error: the following required arguments were not provided:
      --rev <REV>

    Usage: storyline stamp --rev <REV> --manifest-from <REV> <ENVIRONMENT>

    For more information, try '--help'.
    --- exit code 2
    "#);
    let into = ["stamp", "dev1", "--rev", "HEAD", "--into", "../copy"];
    insta::assert_snapshot!(history.refused(&into), @r#"
    $ storyline stamp dev1 --rev HEAD --into ../copy
    --- stderr
    error: the argument '--rev <REV>' cannot be used with '--into <DIR>'

    Usage: storyline stamp --rev <REV> <ENVIRONMENT>

    For more information, try '--help'.
    --- exit code 2
    "#);
}

#[test]
fn revisions_that_are_none() {
    let history = History::grown();
    for (revision, says) in [
        ("--rev=-x", "no name begins with `-`"),
        ("--rev=--upload-pack=touch x", "no name begins with `-`"),
        ("--rev=nothing", "nothing names no commit"),
        ("--rev=", " names no commit"),
        ("--rev=HEAD:storyline.toml", "names no commit"),
        ("--rev=main..HEAD", "names no commit"),
        ("--rev=\u{1b}[31m", "\\u{1b}[31m names no commit"),
    ] {
        let run = history.refused(&["stamp", "dev1", revision]);
        assert_eq!(run.code(), Some(2), "{run}");
        assert!(run.stderr().contains("error[revision-unknown]"), "{run}");
        assert!(run.stderr().contains(says), "{run}");
    }
}

#[test]
fn repositories_that_are_none_bare_or_not_whole() {
    let history = History::grown();
    history.git(&["config", "remote.origin.promisor", "true"]);
    let tip = history.git(&["rev-parse", "HEAD"]);
    let top = history.place.top.clone();
    history.git_in(&top, &["clone", "--quiet", "--bare", "project", "bare.git"]);
    let url = format!("file://{}", history.place.root.display());
    history.git_in(&top, &["clone", "--quiet", "--depth=1", &url, "shallow"]);
    let stamp = |folder| history.run_in(folder, &["stamp", "dev1", "--rev", &tip]);
    insta::assert_snapshot!(stamp("../bare.git"), @r#"
    $ storyline stamp dev1 --rev dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
    --- stdout
    c2ccdf88214b5a97a47c522cb5b3fc9666ab9c83
    --- stderr
    stamped dev1: 3 commits, 2 changed, 1 as before
    files as they are in 1 commit: no manifest
    --- exit code 0
    "#);
    insta::assert_snapshot!(stamp("../shallow"), @r#"
    $ storyline stamp dev1 --rev dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
    --- stderr
    error[repository-shallow]: the repository is shallow: it lacks what came before commit dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
     |
     = help: `git fetch --unshallow` gets the rest

    nothing was changed
    --- exit code 2
    "#);
    insta::assert_snapshot!(stamp(".."), @r#"
    $ storyline stamp dev1 --rev dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
    --- stderr
    error[no-repository]: . is in no Git repository
     |
     = help: `git clone` the canonical repository, and run the command in the clone

    nothing was changed
    --- exit code 2
    "#);
    let blob = history.git(&["rev-parse", "HEAD:shop.model.lkml"]);
    let file = history
        .place
        .root
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(file).expect("it is there");
    insta::assert_snapshot!(stamp(""), @r#"
    $ storyline stamp dev1 --rev dc0bbdc1641d1cbad93a88bf086df7896bd78dd5
    --- stderr
    error[object-missing]: the repository lacks object 6856faf0b1df0c429583659d2f176b0774cdd3b6 (shop.model.lkml)
     |
     = help: this is a partial clone: `git cat-file -e 6856faf0b1df0c429583659d2f176b0774cdd3b6` fetches it, `git fetch --refetch --no-filter` everything

    nothing was changed
    --- exit code 2
    "#);
}
