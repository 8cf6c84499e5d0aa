//! `storyline diff` on repositories: revisions, the working tree, environments, stories.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use common::fork::Forked;
use common::team::{Clone, Team, VIEW, view};

const ORDERS: &str = "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n";

/// Commits a file in the fork, as Looker does, on a branch of its own.
fn commit_in_fork(forked: &Forked, branch: &str, path: &str, text: &str) {
    let ide = forked.ide(&format!("in-{branch}"));
    ide.git(&["switch", "--quiet", "--create", branch]);
    ide.commit(path, text, "From Looker");
    ide.git(&["push", "--quiet", "origin", branch]);
}

/// Whether `git apply` makes `after` of `before` with what `diff` prints.
#[track_caller]
fn applies(clone: &Clone<'_>, sides: &[&str], before: &str, after: &str) {
    let told = clone.succeeds(&[&["diff"], sides].concat());
    let index = clone.root.join(".git/trial");
    let run = |args: &[&str], input: &str| {
        let mut command = std::process::Command::new("git");
        command
            .args(args)
            .current_dir(&clone.root)
            .env("GIT_INDEX_FILE", &index)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("git is installed");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("git reads");
        drop(stdin);
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {args:?}\n{input}");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    };
    run(&["read-tree", before], "");
    if !told.stdout().is_empty() {
        run(&["apply", "--cached"], told.stdout());
    }
    let made = run(&["write-tree"], "");
    fs::remove_file(&index).expect("it is there");
    assert_eq!(
        made,
        clone.git(&["rev-parse", &format!("{after}^{{tree}}")]),
        "{told}"
    );
}

#[test]
fn the_working_tree() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["diff"]), @r#"
    $ storyline diff
    --- exit code 0
    "#);
    ada.write(VIEW, &view("orders", "revenue"));
    ada.write("views/new.view.lkml", "view: new {}\n");
    ada.write(".gitignore", "*.log\n");
    ada.write("noise.log", "nobody wants it");
    let before = ada.git(&["count-objects", "--verbose"]);
    insta::assert_snapshot!(ada.run(&["diff"]), @r#"
    $ storyline diff
    --- stdout
    diff --git a/.gitignore b/.gitignore
    new file mode 100644
    --- /dev/null
    +++ b/.gitignore
    @@ -0,0 +1 @@
    +*.log
    diff --git a/views/new.view.lkml b/views/new.view.lkml
    new file mode 100644
    --- /dev/null
    +++ b/views/new.view.lkml
    @@ -0,0 +1 @@
    +view: new {}
    diff --git a/views/orders.view.lkml b/views/orders.view.lkml
    --- a/views/orders.view.lkml
    +++ b/views/orders.view.lkml
    @@ -6,5 +6,5 @@
     
     
     
    -  measure: count {}
    +  measure: revenue {}
     }
    --- exit code 0
    "#);
    assert_eq!(ada.git(&["count-objects", "--verbose"]), before);
    assert_eq!(ada.run(&["diff", "--exit-code"]).code(), Some(1));
    insta::assert_snapshot!(ada.run(&["diff", "--stat", "--", "views"]), @r#"
    $ storyline diff --stat -- views
    --- stdout
     views/new.view.lkml    | +1 -0, added
     views/orders.view.lkml | +1 -1
    2 files: 2 lines added, 1 line removed
    --- exit code 0
    "#);
    // What is staged, and what is no more, counts too.
    ada.git(&["add", "--all"]);
    ada.git(&["rm", "--quiet", "--cached", "storyline.toml"]);
    fs::remove_file(ada.root.join("storyline.toml")).expect("it is there");
    fs::remove_file(ada.root.join("shop.model.lkml")).expect("it is there");
    insta::assert_snapshot!(ada.run(&["diff", "HEAD", "--stat"]), @r#"
    $ storyline diff HEAD --stat
    --- stdout
     .gitignore             | +1 -0, added
     shop.model.lkml        | +0 -3, removed
     storyline.toml         | +0 -9, removed
     views/new.view.lkml    | +1 -0, added
     views/orders.view.lkml | +1 -1
    5 files: 3 lines added, 13 lines removed
    --- stderr
    note[one-manifest]: the working tree has no `storyline.toml`, so that of HEAD is used for both
    --- exit code 0
    "#);
    let in_folder = ada
        .command(&["-C", "views", "diff", "--stat", "--", "new.view.lkml"])
        .output();
    let in_folder = in_folder.expect("the program was built");
    insta::assert_snapshot!(String::from_utf8_lossy(&in_folder.stdout), @r#"
     views/new.view.lkml | +1 -0, added
    1 file: 1 line added, 0 lines removed
    "#);
}

#[test]
fn a_fork_shows_its_story_alone() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.run(&["diff", "canonical", "dev1"]), @r#"
    $ storyline diff canonical dev1
    --- stderr
    1 file differs only by stamps; --raw shows it
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["diff", "canonical", "dev1", "--raw", "--stat"]), @r#"
    $ storyline diff canonical dev1 --raw --stat
    --- stdout
     shop.model.lkml      | +0 -3, removed
     shop_dev1.model.lkml | +3 -0, added
    2 files: 3 lines added, 3 lines removed
    --- exit code 0
    "#);
    let text = format!(
        "# New.\n{}",
        ORDERS.replace("\"warehouse\"", "\"warehouse_dev1\"")
    );
    commit_in_fork(&forked, "dev-ada", "shop_dev1.model.lkml", &text);
    insta::assert_snapshot!(ada.run(&["diff", "main", "dev1:dev-ada"]), @r#"
    $ storyline diff main dev1:dev-ada
    --- stdout
    diff --git a/shop.model.lkml b/shop.model.lkml
    --- a/shop.model.lkml
    +++ b/shop.model.lkml
    @@ -1,3 +1,4 @@
    +# New.
     connection: "warehouse"
     include: "/views/*"
     explore: orders {}
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["diff", "dev1:dev-ada", "main", "--stat"]), @r#"
    $ storyline diff dev1:dev-ada main --stat
    --- stdout
     shop.model.lkml | +0 -1
    1 file: 0 lines added, 1 line removed
    --- exit code 0
    "#);
    // The same by what was fetched, whose form its names tell.
    let fetched = "refs/storyline/remote/dev1/dev-ada";
    let told = ada.run(&["diff", "main", fetched, "--stat"]);
    let expect = " shop.model.lkml | +1 -0\n1 file: 1 line added, 0 lines removed\n";
    assert_eq!(told.stdout(), expect);
    let canonical = ada.succeeds(&["unstamp", "dev1", "--rev", fetched]);
    applies(&ada, &["main", fetched], "main", canonical.stdout().trim());
}

#[test]
fn ranges_and_stories() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    ada.start("tax");
    ada.commit(VIEW, &view("orders", "tax"), "Tax");
    ada.git(&["push", "--quiet", "origin", "story/tax"]);
    ada.succeeds(&["story", "submit", "tax"]);
    ada.land("views/other.view.lkml", "view: other {}\n", "Another story");
    ada.git(&["fetch", "--quiet"]);
    insta::assert_snapshot!(ada.run(&["diff", "story:tax"]), @r#"
    $ storyline diff story:tax
    --- stdout
    diff --git a/views/orders.view.lkml b/views/orders.view.lkml
    --- a/views/orders.view.lkml
    +++ b/views/orders.view.lkml
    @@ -6,5 +6,5 @@
     
     
     
    -  measure: count {}
    +  measure: tax {}
     }
    --- exit code 0
    "#);
    applies(&ada, &["story:tax"], "origin/main~1", "story/tax");
    applies(
        &ada,
        &["origin/main..story/tax"],
        "origin/main",
        "story/tax",
    );
    let since = ada.run(&["diff", "origin/main...story/tax", "--stat"]);
    let story = ada.run(&["diff", "story:tax", "--stat"]);
    assert_eq!(since.stdout(), story.stdout());
    insta::assert_snapshot!(ada.run(&["diff", "origin/main.."]).stdout(), @r#"
    diff --git a/views/orders.view.lkml b/views/orders.view.lkml
    --- a/views/orders.view.lkml
    +++ b/views/orders.view.lkml
    @@ -6,5 +6,5 @@
     
     
     
    -  measure: count {}
    +  measure: tax {}
     }
    diff --git a/views/other.view.lkml b/views/other.view.lkml
    deleted file mode 100644
    --- a/views/other.view.lkml
    +++ /dev/null
    @@ -1 +0,0 @@
    -view: other {}
    "#);
    ada.commit(VIEW, &view("orders", "taxes"), "Taxes");
    assert_eq!(
        ada.run(&["diff", "story:tax", "--stat"]).stdout(),
        story.stdout()
    );
    insta::assert_snapshot!(ada.run(&["diff", "story:tax", "--", "storyline.toml"]), @r#"
    $ storyline diff story:tax -- storyline.toml
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["diff", "story:nothing"]), @r#"
    $ storyline diff story:nothing
    --- stderr
    error[unknown-story]: there is no story nothing at [DIR]/canonical.git
     |
     = help: `storyline story list` has them all; `storyline story start nothing` begins one
    --- exit code 2
    "#);
}

#[test]
fn what_is_no_side() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["diff", "nothing"]), @r#"
    $ storyline diff nothing
    --- stderr
    error[unknown-side]: `nothing` is no folder, no revision and no environment
     |
     = help: `git branch --all` lists branches, `storyline sync --all --dry-run` environments, `storyline story list` stories
     = help: what shall be compared may be: a folder, a revision, `A..B`, an environment, `ENV:BRANCH`, `story:ID`, `canonical`
     = help: paths stand after `--`
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.refused(&["diff", "dev1:nothing", "main"]), @r#"
    $ storyline diff dev1:nothing main
    --- stderr
    error[no-such-branch]: [DIR]/fork.git has no branch `nothing`
     |
     = help: `git ls-remote --heads [DIR]/fork.git` lists what it has
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.refused(&["diff", "main", "--", "nowhere"]), @r#"
    $ storyline diff main -- nowhere
    --- stderr
    error[no-such-path]: neither side has `nowhere`
     |
     = help: name files and folders as they are called in canonical form
    --- exit code 2
    "#);
    ada.git(&["branch", "views"]);
    insta::assert_snapshot!(ada.refused(&["diff", "views"]), @r#"
    $ storyline diff views
    --- stderr
    error[ambiguous-side]: `views` is a folder and a revision
     |
     = help: `./views` is the folder; `refs/heads/views`, or whatever else it is, the revision
    --- exit code 2
    "#);
    let stray = ORDERS.replace("\"warehouse\"", "\"warehouse_dev1\"");
    ada.write("shop_dev1.model.lkml", &stray);
    insta::assert_snapshot!(ada.refused(&["diff", "--right-env", "dev1"]), @r#"
    $ storyline diff --right-env dev1
    --- stderr
    error[stray-name]: model `shop` does not belong to environment `dev1`
    --> shop.model.lkml
     = help: if `shop` is the canonical name, it is `shop_dev1` in this environment: give the file that name, then unstamp again

    error[stray-name]: connection `warehouse` does not belong to environment `dev1`
     --> shop.model.lkml:1:14
      |
    1 | connection: "warehouse"
      |              ^^^^^^^^^
      |
      = help: if `warehouse` is the canonical name, it is `warehouse_dev1` in this environment: write that, then unstamp again

    error[path-taken]: `shop.model.lkml` exists already
    --> shop_dev1.model.lkml
     = note: would become `shop.model.lkml`
    ::: shop.model.lkml
     = note: stands there
     = help: rename or remove one of the two, or choose other names for the environment
     = help: the stamp of `dev1` cannot be taken out of the working tree; `--right-env NAME` names another form
     = help: `--raw` compares the bytes as they are
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.run(&["diff", "--right-env", "canonical", "--stat"]), @r#"
    $ storyline diff --right-env canonical --stat
    --- stdout
     shop_dev1.model.lkml | +3 -0, added
    1 file: 3 lines added, 0 lines removed
    --- exit code 0
    "#);
}

#[test]
fn links_modes_and_repositories_inside() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    ada.write("run.sh", "#!/bin/sh\n");
    std::os::unix::fs::symlink("run.sh", ada.root.join("link")).expect("a link");
    ada.git(&["add", "--all"]);
    let head = ada.git(&["rev-parse", "HEAD"]);
    let inside = format!("160000,{head},inside");
    ada.git(&["update-index", "--add", "--cacheinfo", &inside]);
    ada.git(&["commit", "--quiet", "-m", "Odd"]);
    ada.git(&["update-index", "--chmod=+x", "run.sh"]);
    let other = ada.git(&["rev-parse", "HEAD"]);
    let inside = format!("160000,{other},inside");
    ada.git(&["update-index", "--cacheinfo", &inside]);
    ada.git(&["commit", "--quiet", "-m", "Odder"]);
    insta::assert_snapshot!(ada.run(&["diff", "HEAD~2", "HEAD"]), @r#"
    $ storyline diff HEAD~2 HEAD
    --- stdout
    diff --git a/inside b/inside
    new file mode 160000
    --- /dev/null
    +++ b/inside
    @@ -0,0 +1 @@
    +Subproject commit <1>
    diff --git a/link b/link
    new file mode 120000
    --- /dev/null
    +++ b/link
    @@ -0,0 +1 @@
    +run.sh
    \ No newline at end of file
    diff --git a/run.sh b/run.sh
    new file mode 100755
    --- /dev/null
    +++ b/run.sh
    @@ -0,0 +1 @@
    +#!/bin/sh
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["diff", "HEAD~1", "HEAD"]), @r#"
    $ storyline diff HEAD~1 HEAD
    --- stdout
    diff --git a/inside b/inside
    --- a/inside
    +++ b/inside
    @@ -1 +1 @@
    -Subproject commit <1>
    +Subproject commit <2>
    diff --git a/run.sh b/run.sh
    old mode 100644
    new mode 100755
    --- exit code 0
    "#);
    applies(&ada, &["HEAD~2", "HEAD"], "HEAD~2", "HEAD");
    applies(&ada, &["HEAD~1", "HEAD"], "HEAD~1", "HEAD");
    applies(&ada, &["HEAD", "HEAD~2"], "HEAD", "HEAD~2");
}

#[test]
fn before_the_first_commit_and_without_a_working_tree() {
    let team = Team::without_commits("canonical.git");
    let ada = team.clone("ada");
    ada.write("v.view.lkml", "view: v {}\n");
    insta::assert_snapshot!(ada.run(&["diff"]), @r#"
    $ storyline diff
    --- stdout
    diff --git a/v.view.lkml b/v.view.lkml
    new file mode 100644
    --- /dev/null
    +++ b/v.view.lkml
    @@ -0,0 +1 @@
    +view: v {}
    --- exit code 0
    "#);
    let told = ada.run(&["-C", "../canonical.git", "diff"]);
    insta::assert_snapshot!(told, @r#"
    $ storyline -C ../canonical.git diff
    --- stderr
    error[no-working-tree]: this repository is bare: it has no working tree
     |
     = help: name two revisions: `storyline diff A B`
    --- exit code 2
    "#);
}

/// On a terminal, which `script` makes one.
#[cfg(target_os = "linux")]
#[test]
fn the_pager_that_git_would_use() {
    let team = Team::new();
    let ada = team.clone("ada");
    ada.write(VIEW, &view("orders", "revenue"));
    let program = ada.command(&[]).get_program().to_owned();
    let on_terminal = |args: &str, variables: &[(&str, &str)]| {
        let line = format!("{} {args}", program.to_str().expect("a plain path"));
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let own = ada.command(&[]);
        let envs = own
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        script
            .env_clear()
            .envs(envs)
            .envs(variables.iter().copied());
        let output = script.current_dir(&ada.root).stdin(Stdio::null()).output();
        let output = output.expect("script is part of Linux");
        String::from_utf8(output.stdout).expect("text")
    };
    let first = |args: &str, variables: &[(&str, &str)]| {
        let told = on_terminal(args, variables);
        let line = told.lines().next().expect("a line");
        line.replace("\x1b[1m", "").replace("\x1b[0m", "")
    };
    let header = "diff --git a/views/orders.view.lkml b/views/orders.view.lkml";
    let pager = ("PAGER", "sed s/^/paged:/");
    assert_eq!(first("diff", &[pager]), format!("paged:{header}"));
    assert_eq!(
        first("diff --stat", &[pager]),
        "paged: views/orders.view.lkml | +1 -1"
    );
    assert_eq!(first("diff --no-pager", &[pager]), header);
    assert_eq!(first("diff", &[pager, ("GIT_PAGER", "cat")]), header);
    ada.git(&["config", "core.pager", "sed s/^/set:/"]);
    assert_eq!(first("diff", &[pager]), format!("set:{header}"));
    // One that cannot be started, or ends early, takes nothing with it but what it should show.
    assert_eq!(on_terminal("diff", &[("GIT_PAGER", "true")]), "");
    // Within a line, the words that differ.
    let told = on_terminal("diff --no-pager", &[("TERM", "xterm")]);
    let added = told.lines().find(|line| line.contains("+  measure"));
    let expect =
        "\x1b[32m+  measure: \x1b[0m\x1b[1m\x1b[4m\x1b[32mrevenue\x1b[0m\x1b[32m {}\x1b[0m";
    assert_eq!(added, Some(expect));
}
