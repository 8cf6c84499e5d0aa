//! What `doctor` finds, in folders and in repositories that real git made.
#![cfg(unix)]

mod common;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::Place;
use serde_json::Value;

const MANIFEST: &str = "[environment.dev1]\nmodels = \"{name}_dev1\"\n\n[environment.dev2]\n\
    connections = { other = \"x\" }\n";

fn place() -> Place {
    Place::of(&[
        ("orders.model.lkml", "connection: \"warehouse\"\n"),
        ("storyline.toml", MANIFEST),
    ])
}

/// Runs git in the project, with nobody's settings.
fn git(place: &Place, args: &[&str]) {
    let run = Command::new("git")
        .args(args)
        .current_dir(&place.root)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git is installed");
    assert!(run.status.success(), "git {args:?}: {run:?}");
}

/// What is told of a project after git's commands, and that nothing was changed.
#[track_caller]
fn check(place: &Place, commands: &[&[&str]]) -> String {
    check_with("2.50.1", place, commands)
}

/// The same where git says that it has this version; where it says nothing, there is none.
#[track_caller]
fn check_with(version: &str, place: &Place, commands: &[&[&str]]) -> String {
    commands.iter().for_each(|args| git(place, args));
    let programs = place.top.join("bin");
    let _ = fs::remove_dir_all(&programs);
    fs::create_dir(&programs).expect("a new folder");
    if !version.is_empty() {
        let program = programs.join("git");
        let script = format!("#!/bin/sh\necho 'git version {version}'\n");
        fs::write(&program, script).expect("a new file");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("our file");
    }
    let before = place.stands();
    let path = [("PATH", programs.as_os_str())];
    let told = place.run_with(&path, "", &["doctor"]).to_string();
    assert_eq!(place.stands(), before);
    told
}

const INIT: &[&str] = &["init", "--quiet", "--initial-branch=main"];

#[test]
fn names_that_do_not_work() {
    insta::assert_snapshot!(check(&place(), &[]), @r#"
    $ storyline doctor
    --- stdout
    warning  not in a Git repository: nothing but this folder can be looked at
               mend: `git init`, or work in a clone
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 2 files
    ok       the manifest can be read: 2 environments (dev1, dev2)
    ok       stamp dev1 works: 1 file would change
    problem  stamp dev2 is refused for 1 reason: the environment has no connection for `warehouse` (orders.model.lkml)
               mend: add `"warehouse" = "…"` to the table, or `"*" = "{name}"` to keep all other names
    1 problem, 1 warning
    --- exit code 1
    "#);
}

#[test]
fn all_is_well() {
    let place = place();
    place.write(
        "storyline.toml",
        "[environment.dev1]\nmodels = \"{name}_dev1\"\n",
    );
    place.write(
        ".pre-commit-config.yaml",
        "repos:\n- repo: x\n  hooks:\n  - id: storyline-check\n",
    );
    insta::assert_snapshot!(check(&place, &[INIT]), @r"
    $ storyline doctor
    --- stdout
    ok       in a Git repository, on branch `main`
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 3 files
    ok       the manifest can be read: 1 environment (dev1)
    ok       stamp dev1 works: 1 file would change
    ok       Git leaves the bytes of LookML, YAML and TOML files alone
    warning  `git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same
               mend: `storyline hooks install`
    ok       pre-commit runs `storyline-check`
    0 problems, 1 warning
    --- exit code 0
    ");
    place.succeeds(&["stamp", "dev1"]);
    insta::assert_snapshot!(check(&place, &[&["config", "storyline.environment", "dev1"]]), @r"
    $ storyline doctor
    --- stdout
    ok       in a Git repository, on branch `main`
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 3 files
    ok       the manifest can be read: 1 environment (dev1)
    ok       unstamp dev1 works: 1 file would change
    ok       Git leaves the bytes of LookML, YAML and TOML files alone
    warning  `git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same
               mend: `storyline hooks install`
    ok       pre-commit runs `storyline-check`
    0 problems, 1 warning
    --- exit code 0
    ");
    insta::assert_snapshot!(check(&place, &[&["config", "storyline.environment", "dev9"]]), @r"
    $ storyline doctor
    --- stdout
    ok       in a Git repository, on branch `main`
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 3 files
    ok       the manifest can be read: 1 environment (dev1)
    problem  this clone is set to environment `dev9`, which the manifest does not have
               mend: `git config storyline.environment NAME`, or `git config --unset storyline.environment` for canonical form
    ok       Git leaves the bytes of LookML, YAML and TOML files alone
    warning  `git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same
               mend: `storyline hooks install`
    ok       pre-commit runs `storyline-check`
    1 problem, 1 warning
    --- exit code 1
    ");
}

#[test]
fn bytes_that_git_changes() {
    let place = place();
    place.write("storyline.toml", "[environment.dev1]\n");
    place.write("crlf.view.lkml", "view: v {}\r\n");
    place.write("raw/a.view.lkml", "view: v {}\r\n");
    place.write(
        ".gitattributes",
        "*.lkml text=auto\nraw/* -text\n*.yml filter=x\n*.yaml eol=crlf\n",
    );
    place
        .write("a.yml", "")
        .write("b.yml", "")
        .write("c.yaml", "");
    place.write(".pre-commit-config.yaml", "repos: []\n");
    insta::assert_snapshot!(check(&place, &[INIT, &["config", "core.hooksPath", ".hooks"]]), @r"
    $ storyline doctor
    --- stdout
    ok       in a Git repository, on branch `main`
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 9 files
    ok       the manifest can be read: 1 environment (dev1)
    ok       stamp dev1 works: 0 files would change
    warning  Git changes bytes of .pre-commit-config.yaml and 1 more: lines end in CR LF on the disk (`eol=crlf`)
               mend: write `*.lkml -text`, and the same for other endings, in `.gitattributes`
    warning  Git changes bytes of crlf.view.lkml: lines that end in CR LF are committed with LF alone
               mend: write `*.lkml -text`, and the same for other endings, in `.gitattributes`
    warning  Git changes bytes of a.yml and 1 more: `filter=x` rewrites them
               mend: take that attribute off these files in `.gitattributes`
    warning  `git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same
               mend: `storyline hooks install`
    warning  `.pre-commit-config.yaml` does not run `storyline-check`
               mend: add the hook `storyline-check` to it
    warning  `core.hooksPath` is .hooks: hooks that pre-commit installs do not run
               mend: `git config --unset core.hooksPath`, or call pre-commit from there
    0 problems, 6 warnings
    --- exit code 0
    ");
    insta::assert_snapshot!(check(&place, &[&["config", "core.autocrlf", "true"]]), @r"
    $ storyline doctor
    --- stdout
    ok       in a Git repository, on branch `main`
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 9 files
    ok       the manifest can be read: 1 environment (dev1)
    ok       stamp dev1 works: 0 files would change
    warning  Git changes bytes of crlf.view.lkml and 2 more: lines end in CR LF on the disk (`core.autocrlf`)
               mend: write `*.lkml -text`, and the same for other endings, in `.gitattributes`
    warning  Git changes bytes of .pre-commit-config.yaml and 1 more: lines end in CR LF on the disk (`eol=crlf`)
               mend: write `*.lkml -text`, and the same for other endings, in `.gitattributes`
    warning  Git changes bytes of a.yml and 1 more: `filter=x` rewrites them
               mend: take that attribute off these files in `.gitattributes`
    warning  `git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same
               mend: `storyline hooks install`
    warning  `.pre-commit-config.yaml` does not run `storyline-check`
               mend: add the hook `storyline-check` to it
    warning  `core.hooksPath` is .hooks: hooks that pre-commit installs do not run
               mend: `git config --unset core.hooksPath`, or call pre-commit from there
    0 problems, 6 warnings
    --- exit code 0
    ");
}

#[test]
fn without_a_manifest_or_with_a_broken_one() {
    let place = place();
    place.write(
        "storyline.toml",
        "[environment.dev1]\nmodel = \"x\"\n[looker]\nhosts = [\"\"]\n",
    );
    insta::assert_snapshot!(check(&place, &[]), @r"
    $ storyline doctor
    --- stdout
    warning  not in a Git repository: nothing but this folder can be looked at
               mend: `git init`, or work in a clone
    ok       git 2.50.1 talks with remotes
    problem  unknown key `model` (storyline.toml)
               mend: did you mean `models`?
    problem  host `` is refused: `` is no host name (storyline.toml)
               mend: choose another value
    2 problems, 1 warning
    --- exit code 1
    ");
    place.write("storyline.toml", "");
    insta::assert_snapshot!(check(&place, &[]), @r"
    $ storyline doctor
    --- stdout
    warning  not in a Git repository: nothing but this folder can be looked at
               mend: `git init`, or work in a clone
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 2 files
    warning  the manifest can be read, but declares no environment
               mend: add one to `storyline.toml`, such as `[environment.dev1]`
    0 problems, 2 warnings
    --- exit code 0
    ");
    std::fs::remove_file(place.root.join("storyline.toml")).expect("it is there");
    insta::assert_snapshot!(check(&place, &[]), @r"
    $ storyline doctor
    --- stdout
    warning  not in a Git repository: nothing but this folder can be looked at
               mend: `git init`, or work in a clone
    ok       git 2.50.1 talks with remotes
    ok       the folder can be read: 1 file
    warning  there is no `storyline.toml`
               mend: `storyline init` proposes one, or says that none is needed
    0 problems, 2 warnings
    --- exit code 0
    ");
}

#[test]
fn a_repository_that_cannot_be_read() {
    let place = place();
    git(&place, INIT);
    place.write(".git/config", "[core\n");
    let told = check(&place, &[]);
    assert!(told.contains("problem  the Git repository of "), "{told}");
}

#[test]
fn for_programs() {
    let path = env::var_os("PATH").unwrap_or_default();
    let printed = place().run_with(&[("PATH", &path)], "", &["doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(printed.stdout()).expect("JSON");
    let problems: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["state"] == "problem")
        .collect();
    assert_eq!(problems.len(), 1);
    assert!(problems[0]["mend"].is_string());
    assert_eq!(printed.code(), Some(1));
}

#[test]
fn the_git_program() {
    let place = Place::of(&[("storyline.toml", "")]);
    let told = |version| {
        let told = check_with(version, &place, &[]);
        let lines = told.lines().skip(4).take(2);
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told("2.47.3"), @r"
    ok       git 2.47.3 talks with remotes
    ok       the folder can be read: 1 file
    ");
    insta::assert_snapshot!(told("2.47.1.windows.2"), @r"
    warning  git 2.47.1 lacks security fixes, unless who packaged it put them in
               mend: install git 2.47.3, or the newest
    ");
    insta::assert_snapshot!(told("2.39.5 (Apple Git-154)"), @r"
    problem  git 2.39.5 is too old: Storyline needs 2.41 or later
               mend: install a newer Git, then run the command again; `storyline doctor` looks at it
    ");
    insta::assert_snapshot!(told(""), @r"
    problem  there is no `git` program: it is in no folder of `PATH`
               mend: install Git, so that `git version` answers, then run the command again
    ");
    insta::assert_snapshot!(told("x"), @r"
    problem  there is no `git` program: `git version` names no version
               mend: install Git, so that `git version` answers, then run the command again
    ");
}

#[test]
fn settings_of_the_git_program() {
    let told = |setting, value| {
        let place = Place::of(&[("storyline.toml", "")]);
        let told = check(&place, &[INIT, &["config", setting, value]]);
        let lines = told
            .lines()
            .skip_while(|line| !line.contains("problem"))
            .take(2);
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told("storyline.protocols", "file ext"), @r"
    problem  there is no protocol `ext`
               mend: `storyline.protocols` in Git's settings, and `STORYLINE_PROTOCOLS`, are words with spaces between them: `https`, `ssh`, `http`, `file`
    ");
    insta::assert_snapshot!(told("storyline.timeLimit", "10m"), @r"
    problem  the setting `storyline.timeLimit` is no number of seconds: `10m`
               mend: ten minutes are `git config --global storyline.timeLimit 600`
    ");
    assert!(told("storyline.protocols", "file http").starts_with("0 problems"));
}
