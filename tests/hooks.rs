//! `storyline hooks`: what is written into a clone, what stays of what was there, and which pushes the hook
//! refuses.
#![cfg(unix)]

mod common;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::fork::Forked;
use common::team::{Clone, numbered};
use common::{Listing, listing};

/// Git's own files in a clone, without what changes by itself.
fn git_s(clone: &Clone<'_>) -> Listing {
    listing(&clone.root.join(".git"))
}

fn hook(clone: &Clone<'_>, name: &str, script: &str) {
    let folder = clone.root.join(".git/hooks");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    fs::write(&file, script).expect("a file");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("a file of ours");
}

#[track_caller]
fn is_whole(clone: &Clone<'_>) {
    let told = clone.succeeds(&["hooks", "check"]);
    assert!(!told.stdout().contains("missing"), "{told}");
}

#[test]
fn what_is_written_is_taken_away_again() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let before = git_s(&ide);
    insta::assert_snapshot!(ide.run(&["hooks", "check"]), @r"
    $ storyline hooks check
    --- stdout
    missing    setting `diff.storyline.textconv`
    missing    setting `diff.storyline.cachetextconv`
    missing    setting `merge.storyline.name`
    missing    setting `merge.storyline.driver`
    missing    attributes in [DIR]/ide/.git/info/attributes
    missing    hook `pre-commit` in [DIR]/ide/.git/hooks
    missing    hook `pre-push` in [DIR]/ide/.git/hooks
               `storyline hooks install` writes what is missing or changed
    --- exit code 1
    ");
    ide.succeeds(&["hooks", "install"]);
    is_whole(&ide);
    let once = git_s(&ide);
    ide.succeeds(&["hooks", "install"]);
    assert_eq!(git_s(&ide), once, "twice is once");
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(git_s(&ide), before);
    insta::assert_snapshot!(ide.run(&["hooks", "remove"]), @r"
    $ storyline hooks remove
    --- stdout
    nothing of Storyline is installed here
    --- exit code 0
    ");
}

#[test]
fn what_was_there_before_comes_back() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    hook(&ide, "pre-commit", "#!/bin/sh\nexit 0\n");
    hook(&ide, "pre-push", "#!/bin/sh\ncat > \"$0.seen\"\n");
    let info = ide.root.join(".git/info");
    fs::create_dir_all(&info).expect("a folder");
    fs::write(info.join("attributes"), "*.lkml -text\n*.x binary").expect("a file");
    ide.git(&["config", "diff.storyline.xfuncname", "^view"]);
    let before = git_s(&ide);
    ide.succeeds(&["hooks", "install", "--tracked"]);
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(git_s(&ide), before);
    assert!(!ide.root.join(".gitattributes").exists());
    ide.succeeds(&["hooks", "install"]);
    is_whole(&ide);
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(git_s(&ide), before);
}

#[test]
fn hooks_that_were_there_run_first() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let seen = forked.team.top.join("seen");
    let log = format!(
        "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> {}\n",
        seen.display()
    );
    hook(&ide, "pre-commit", &log);
    hook(
        &ide,
        "pre-push",
        &format!("{log}cat >> {}\n", seen.display()),
    );
    ide.succeeds(&["hooks", "install"]);
    ide.commit("README.md", "1\n", "One");
    ide.git(&["push", "--quiet", "origin", "HEAD:refs/heads/topic"]);
    let told = fs::read_to_string(&seen).expect("both ran");
    insta::assert_snapshot!(numbered(&told.replace(&forked.url(), "[FORK]")), @r"
    pre-commit.before-storyline 
    pre-push.before-storyline origin [FORK]
    HEAD <1> refs/heads/topic <2>
    ");
    // Their word counts.
    for name in ["pre-commit", "pre-push"] {
        hook(
            &ide,
            &format!("{name}.before-storyline"),
            "#!/bin/sh\nexit 3\n",
        );
    }
    ide.write("README.md", "2\n");
    assert!(!ide.try_git(&["commit", "-am", "Two"]).status.success());
    ide.git(&["commit", "--quiet", "--no-verify", "-am", "Two"]);
    assert!(
        !ide.try_git(&["push", "origin", "HEAD:topic"])
            .status
            .success()
    );
    // One that is not executable is passed over, as Git does.
    let kept = ide.root.join(".git/hooks/pre-push.before-storyline");
    fs::set_permissions(kept, fs::Permissions::from_mode(0o644)).expect("a file of ours");
    ide.git(&["push", "--quiet", "origin", "HEAD:topic"]);
}

#[test]
fn a_command_that_was_killed_is_put_right() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    hook(&ide, "pre-commit", "#!/bin/sh\nexit 0\n");
    let before = git_s(&ide);
    let hooks = ide.root.join(".git/hooks");
    let kill = || {
        let kept = hooks.join("pre-commit.before-storyline");
        fs::rename(hooks.join("pre-commit"), kept).expect("a hook");
        ide.git(&["config", "diff.storyline.textconv", "half"]);
    };
    kill();
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(git_s(&ide), before);
    kill();
    assert_eq!(ide.run(&["hooks", "check"]).code(), Some(1));
    ide.succeeds(&["hooks", "install"]);
    is_whole(&ide);
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(git_s(&ide), before);
}

#[test]
fn a_hook_that_came_later_is_nobody_s_to_move() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    hook(&ide, "pre-push", "#!/bin/sh\nexit 0\n");
    ide.succeeds(&["hooks", "install"]);
    hook(&ide, "pre-push", "#!/bin/sh\nexit 1\n");
    for command in ["install", "remove"] {
        let told = ide.run(&["hooks", command]);
        assert_eq!(told.code(), Some(2), "{told}");
        assert!(told.stderr().contains("error[hook-kept-twice]"), "{told}");
    }
    let hooks = ide.root.join(".git/hooks");
    for (name, expect) in [("pre-push", "1"), ("pre-push.before-storyline", "0")] {
        let text = fs::read_to_string(hooks.join(name)).expect("it is there");
        assert_eq!(text, format!("#!/bin/sh\nexit {expect}\n"));
    }
}

#[test]
fn a_folder_of_hooks_that_others_share() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let shared = forked.team.top.join("shared");
    fs::create_dir(&shared).expect("a new folder");
    let path = shared.to_str().expect("a plain path");
    ide.git(&["config", "core.hooksPath", path]);
    let told = ide.succeeds(&["hooks", "install"]);
    assert!(listing(&shared).is_empty());
    insta::assert_snapshot!(told, @r#"
    $ storyline hooks install
    --- stdout
    written    setting `diff.storyline.textconv`
    written    setting `diff.storyline.cachetextconv`
    written    setting `merge.storyline.name`
    written    setting `merge.storyline.driver`
    written    attributes in [DIR]/ide/.git/info/attributes
    left alone hook `pre-commit` in [DIR]/shared
               `core.hooksPath` leads to a folder that is not this clone's alone: add the line `storyline check --staged` to [DIR]/shared/pre-commit
    left alone hook `pre-push` in [DIR]/shared
               `core.hooksPath` leads to a folder that is not this clone's alone: add the line `storyline hooks pre-push -- "$1" "$2"` to [DIR]/shared/pre-push
    --- exit code 0
    "#);
    assert_eq!(ide.run(&["hooks", "check"]).code(), Some(1));
    for (name, line) in [
        ("pre-commit", "storyline check --staged"),
        ("pre-push", "storyline hooks pre-push -- \"$1\" \"$2\""),
    ] {
        fs::write(shared.join(name), format!("#!/bin/sh\n{line}\n")).expect("a file");
    }
    is_whole(&ide);
    // One inside Git's own folder is the clone's.
    ide.git(&["config", "core.hooksPath", ".git/own"]);
    ide.succeeds(&["hooks", "install"]);
    assert!(ide.root.join(".git/own/pre-push").is_file());
    is_whole(&ide);
}

#[test]
fn linked_worktrees_share_what_is_installed() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let linked = forked.team.top.join("linked");
    let linked = linked.to_str().expect("a plain path");
    ide.git(&["worktree", "add", "--quiet", linked]);
    ide.succeeds(&["-C", linked, "hooks", "install"]);
    is_whole(&ide);
    ide.succeeds(&["-C", linked, "hooks", "check"]);
    fs::write(Path::new(linked).join("bad.view.lkml"), "view: x {\n").expect("a file");
    ide.git(&["-C", linked, "add", "."]);
    let run = ide.try_git(&["-C", linked, "commit", "-m", "Bad"]);
    assert!(!run.status.success(), "{run:?}");
}

#[test]
fn what_is_staged_is_checked() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.succeeds(&["hooks", "install"]);
    // What is in the folder alone is no part of the commit.
    ide.write("views/more.view.lkml", "view: more {\n");
    ide.commit("README.md", "1\n", "One");
    ide.git(&["add", "."]);
    let run = ide.try_git(&["commit", "-m", "Two"]);
    assert!(!run.status.success(), "{run:?}");
    let told = String::from_utf8_lossy(&run.stderr) + String::from_utf8_lossy(&run.stdout);
    assert!(told.contains("lookml-unclosed-block"), "{told}");
    // Mended in the folder, and not staged.
    ide.write("views/more.view.lkml", "view: more {}\n");
    assert!(!ide.try_git(&["commit", "-m", "Two"]).status.success());
    ide.git(&["commit", "--quiet", "-am", "Two"]);
    // A name that is not this environment's.
    ide.write("more_dev1.model.lkml", "connection: \"warehouse\"\n");
    ide.git(&["add", "."]);
    assert!(!ide.try_git(&["commit", "-m", "Three"]).status.success());
    ide.git(&["commit", "--quiet", "--no-verify", "-m", "Three"]);
}

#[test]
fn a_program_with_an_odd_path() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let folder = forked.team.top.join("it's 100% \"here\" $HOME");
    fs::create_dir(&folder).expect("a new folder");
    let program = folder.join("storyline");
    // A program that this process had written could not be started while another thread starts one.
    let copied = Command::new("cp")
        .args([Path::new(env!("CARGO_BIN_EXE_storyline")), &program])
        .status();
    assert!(copied.expect("cp is there").success());
    let run = |args: &[&str]| {
        let output = Command::new(&program)
            .args(args)
            .current_dir(&ide.root)
            .env_clear()
            .env("HOME", forked.team.top.join("home-ide"))
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .output();
        output.expect("it is a program")
    };
    assert!(run(&["hooks", "install"]).status.success());
    assert!(run(&["hooks", "check"]).status.success());
    assert!(!ide.git(&["log", "-p"]).contains("warehouse_dev1"));
    ide.commit("README.md", "1\n", "One");
    ide.git(&["push", "--quiet", "origin", "HEAD:main"]);
    fs::remove_file(&program).expect("it is there");
    let told = ide.run(&["hooks", "check"]);
    assert!(
        told.stdout().contains("the program that it calls is gone"),
        "{told}"
    );
    // Without it everything goes on.
    ide.commit("README.md", "2\n", "Two");
    ide.git(&["push", "--quiet", "origin", "HEAD:main"]);
    assert!(ide.git(&["log", "-p"]).contains("warehouse_dev1"));
}

/// What a push says, and whether it went well.
fn push(clone: &Clone<'_>, args: &[&str]) -> (bool, String) {
    let run = clone.try_git(&[&["push", "--porcelain"], args].concat());
    let told = String::from_utf8_lossy(&run.stderr);
    let ids = told.lines().filter_map(|line| line.strip_prefix("error["));
    let ids: Vec<_> = ids.filter_map(|line| line.split(']').next()).collect();
    (run.status.success(), ids.join(" "))
}

#[test]
fn pushes_to_all_kinds_of_places() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let elsewhere = forked.team.top.join("elsewhere.git");
    forked.team.init("elsewhere.git");
    ide.git(&["remote", "add", "corporate", &forked.team.url()]);
    ide.git(&[
        "remote",
        "add",
        "elsewhere",
        elsewhere.to_str().expect("a plain path"),
    ]);
    ide.git(&["fetch", "--quiet", "corporate"]);
    ide.succeeds(&["hooks", "install"]);
    let model = fs::read_to_string(ide.root.join("shop_dev1.model.lkml")).expect("a model");
    ide.commit("shop_dev1.model.lkml", &format!("{model}# One\n"), "One");
    let yes = (true, String::new());
    let check = |args: &[&str]| push(&ide, &[&["--dry-run"], args].concat());
    // Stamped names: the fork, its stories, and wherever nothing is said.
    assert_eq!(check(&["origin", "HEAD:main"]), yes);
    assert_eq!(check(&["origin", "HEAD:wip/x"]), yes);
    assert_eq!(check(&["origin", "HEAD:topic"]), yes);
    assert_eq!(check(&["elsewhere", "HEAD:main"]), yes);
    assert_eq!(check(&["corporate", "HEAD:topic"]), yes);
    assert_eq!(check(&["corporate", "HEAD:refs/storyline/x"]), yes);
    assert_eq!(check(&["corporate", "HEAD:refs/tags/x"]), yes);
    assert_eq!(check(&["corporate", ":main"]), yes);
    let (pushed, ids) = check(&["--force", "corporate", "HEAD:main"]);
    assert!(!pushed && ids.contains("stamped-names-pushed"), "{ids}");
    let (pushed, ids) = check(&["corporate", "HEAD:story/x"]);
    assert!(!pushed && ids.contains("stamped-names-pushed"), "{ids}");
    assert_eq!(check(&["--no-verify", "corporate", "HEAD:story/x"]), yes);
    // The same repository by the way from here.
    ide.git(&["remote", "add", "beside", "../canonical.git"]);
    let (pushed, ids) = check(&["--force", "beside", "HEAD:main"]);
    assert!(!pushed && ids.contains("stamped-names-pushed"), "{ids}");
    // The address in place of the remote's name.
    let (pushed, _) = check(&["--force", &forked.team.url(), "HEAD:main"]);
    assert!(!pushed);

    // Canonical names.
    ide.git(&["switch", "--quiet", "-c", "story", "corporate/main"]);
    let model = fs::read_to_string(ide.root.join("shop.model.lkml")).expect("a model");
    ide.commit("shop.model.lkml", &format!("{model}# Two\n"), "Two");
    assert_eq!(check(&["corporate", "HEAD:main"]), yes);
    assert_eq!(check(&["corporate", "HEAD:story/x"]), yes);
    let (pushed, ids) = check(&["--force", "origin", "HEAD:main"]);
    assert!(!pushed && ids.contains("foreign-names-pushed"), "{ids}");
    let (pushed, ids) = check(&["origin", "HEAD:wip/x"]);
    assert!(!pushed && ids.contains("foreign-names-pushed"), "{ids}");
    assert_eq!(check(&["origin", "HEAD:topic"]), yes);
}

#[test]
fn what_a_refused_push_says() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.git(&["remote", "add", "corporate", &forked.team.url()]);
    ide.git(&["fetch", "--quiet", "corporate"]);
    ide.git(&["switch", "--quiet", "-c", "story", "corporate/main"]);
    ide.succeeds(&["hooks", "install"]);
    ide.git(&["config", "storyline.environment", "dev1"]);
    ide.write(
        "views/a.view.lkml",
        "view: a {\n  dimension: x {\n    link: { url: \"/explore/shop_dev1/x\" }\n  }\n}\n",
    );
    ide.git(&["add", "."]);
    ide.git(&["commit", "--quiet", "--no-verify", "-m", "A link"]);
    let run = ide.try_git(&["push", "corporate", "HEAD:story/x"]);
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    let top = forked.team.top.to_str().expect("a plain path");
    insta::assert_snapshot!(numbered(&told.replace(top, "[DIR]")), @r#"
    error[stamped-names-pushed]: refs/heads/story/x of [DIR]/canonical.git is in canonical form, and commit <1> brings names of `dev1`
    --> views/a.view.lkml
     = note: line 3: model `shop_dev1` is a name of `dev1`
     = help: `storyline absorb dev1` makes a story of what was done in that environment
     = help: or take the names out of the commit: `storyline unstamp dev1`, then `git commit --amend`
     = help: nothing was pushed; `git push --no-verify` pushes all the same

    error: failed to push some refs to '[DIR]/canonical.git'
    "#);
}

#[test]
fn a_merge_of_canonical_is_a_sync() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.git(&["remote", "add", "corporate", &forked.team.url()]);
    let lead = forked.team.clone("lead2");
    lead.land("README.md", "1\n", "One");
    ide.git(&["fetch", "--quiet", "corporate"]);
    ide.succeeds(&["hooks", "install"]);
    ide.git(&[
        "merge",
        "--quiet",
        "--no-edit",
        "--allow-unrelated-histories",
        "-X",
        "ours",
        "corporate/main",
    ]);
    let run = ide.try_git(&["push", "origin", "HEAD:main"]);
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    let top = forked.team.top.to_str().expect("a plain path");
    insta::assert_snapshot!(numbered(&told.replace(top, "[DIR]")), @r#"
    error[canonical-merged]: refs/heads/main of [DIR]/fork.git is in the form of `dev1`, and commit <1> merges canonical's commit <2> into it
     |
     = help: run `storyline sync dev1`: it brings the same with the names of `dev1`
     = help: and take the merge back: `git reset --keep ORIG_HEAD` when it is the last commit
     = help: nothing was pushed; `git push --no-verify` pushes all the same

    error: failed to push some refs to '[DIR]/fork.git'
    "#);
}

/// Runs when `STORYLINE_PYTHON` names a Python that has pre-commit; continuous integration (`CI` is
/// set) must have one.
#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn beside_pre_commit_s_own_hook() {
    let Some(python) = env::var_os("STORYLINE_PYTHON") else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_PYTHON is not set");
        println!("skipped: hooks beside pre-commit's: STORYLINE_PYTHON is not set");
        return;
    };
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let framework = || {
        let run = Command::new(&python)
            .args(["-m", "pre_commit", "install"])
            .current_dir(&ide.root)
            .env("HOME", forked.team.top.join("home-ide"))
            .output();
        assert!(run.expect("Python starts").status.success());
    };
    let hooks = ide.root.join(".git/hooks");
    let present = |name: &str| hooks.join(name).exists();
    let config = "repos:\n- repo: local\n  hooks:\n  - id: seen\n    name: seen\n    \
        language: system\n    entry: touch ../seen\n    always_run: true\n    pass_filenames: false\n";
    ide.commit(".pre-commit-config.yaml", config, "Checks");
    let seen = forked.team.top.join("seen");
    // Both look at every commit, however they came.
    let check = || {
        is_whole(&ide);
        ide.write("bad.view.lkml", "view: bad {\n");
        ide.git(&["add", "."]);
        let run = ide.try_git(&["commit", "-m", "Bad"]);
        assert!(!run.status.success(), "{run:?}");
        fs::remove_file(&seen).expect("pre-commit ran what it is told to");
        ide.git(&["rm", "--quiet", "--force", "bad.view.lkml"]);
        ide.git(&["commit", "--quiet", "--allow-empty", "-m", "Good"]);
    };
    framework();
    let theirs = fs::read(hooks.join("pre-commit")).expect("it was installed");
    ide.succeeds(&["hooks", "install"]);
    check();
    framework();
    assert!(present("pre-commit.legacy"));
    check();
    ide.succeeds(&["hooks", "remove"]);
    assert_eq!(fs::read(hooks.join("pre-commit")).ok(), Some(theirs));
    assert!(!present("pre-commit.legacy") && !present("pre-commit.before-storyline"));
    // The other way round, and where pre-commit runs our check itself.
    fs::remove_file(hooks.join("pre-commit")).expect("it is there");
    ide.succeeds(&["hooks", "install"]);
    framework();
    check();
    ide.succeeds(&["hooks", "remove"]);
    ide.write(
        ".pre-commit-config.yaml",
        &format!("{config}  - id: storyline-check\n"),
    );
    ide.succeeds(&["hooks", "install"]);
    assert!(!present("pre-commit.before-storyline"));
    is_whole(&ide);
}

#[test]
fn environments_on_branches_of_the_canonical_repository() {
    let forked = Forked::bare();
    let lead = forked.team.clone("branches");
    let manifest = fs::read_to_string(lead.root.join("storyline.toml")).expect("a manifest");
    let stages = "[environment.integration]\nbranch = \"env/integration\"\nfollows = \"canonical\"\n\n\
        [environment.acceptance]\nbranch = \"env/acceptance\"\nmodels = \"{name}_acceptance\"\n";
    lead.commit("storyline.toml", &format!("{manifest}\n{stages}"), "Stages");
    lead.succeeds(&["hooks", "install"]);
    let check = |to: &str| push(&lead, &["--dry-run", "origin", &format!("HEAD:{to}")]);
    // What is not on the remote yet brings no file with a name.
    assert!(check("env/acceptance").0);
    lead.commit("more.model.lkml", "connection: \"warehouse\"\n", "More");
    assert!(check("main").0);
    assert!(check("env/integration").0, "names stay as they are there");
    assert_eq!(
        check("env/acceptance"),
        (false, "foreign-names-pushed".into())
    );
}
