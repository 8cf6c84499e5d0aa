//! What `noise` says of histories: those of forks in which names were changed by hand and back, and
//! those that only look like it.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::Command;

use common::Place;

/// Runs Git in the project, with a configuration of our own, at a given day.
#[track_caller]
fn git(place: &Place, day: usize, args: &[&str]) -> String {
    let date = format!("2024-05-{day:02}T12:00:00+0200");
    let run = Command::new("git")
        .args(args)
        .current_dir(&place.root)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", &place.top)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "a")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "a@example.com")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), &date)))
        .output()
        .expect("Git is installed");
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "git {args:?}: {errors}");
    String::from_utf8(run.stdout).expect("what is printed is text")
}

/// What a commit does to a file; no text takes it away.
type File<'a> = (&'a str, Option<&'a str>);

/// A repository with these commits, one a day.
fn history(commits: &[(&str, &[File<'_>])]) -> Place {
    let place = Place::new();
    git(
        &place,
        1,
        &["init", "--quiet", "--initial-branch", "master"],
    );
    for (day, (subject, files)) in commits.iter().enumerate() {
        for (path, text) in *files {
            match text {
                Some(text) => {
                    place.write(path, text);
                }
                None => fs::remove_file(place.root.join(path)).expect("it is there"),
            }
        }
        git(&place, day + 1, &["add", "--all"]);
        git(
            &place,
            day + 1,
            &["commit", "--quiet", "--message", subject],
        );
    }
    place
}

const MODEL: &str = "connection: \"warehouse\"\nlabel: \"Orders\"\ninclude: \"/views/*.view\"\n";
const STAMPED: &str =
    "connection: \"warehouse_dev1\"\nlabel: \"Orders (dev1)\"\ninclude: \"/views/*.view\"\n";
const VIEW: &str =
    "view: v {\n  dimension: a {\n    link: { label: \"a\" url: \"/explore/orders/v\" }\n  }\n}\n";
const BOARD: &str = "- dashboard: d\n  elements:\n  - name: a\n    model: orders\n";

fn fork() -> Place {
    let stamped = |text: &str| text.replace("orders", "orders_dev1");
    let (view, board) = (stamped(VIEW), stamped(BOARD));
    let story = format!("{view}# A story.\n");
    let both = format!("{}# Another.\n", story.replace("orders_dev1", "orders"));
    history(&[
        (
            "all",
            &[
                ("orders.model.lkml", Some(MODEL)),
                ("v.view.lkml", Some(VIEW)),
                ("d.dashboard.lookml", Some(BOARD)),
                ("README.md", Some("a\n")),
            ],
        ),
        (
            "rename for dev1",
            &[
                ("orders.model.lkml", None),
                ("orders_dev1.model.lkml", Some(STAMPED)),
                ("v.view.lkml", Some(&view)),
                ("d.dashboard.lookml", Some(&board)),
            ],
        ),
        ("a story", &[("v.view.lkml", Some(&story))]),
        (
            "take dev1 out and tell of it",
            &[
                ("orders_dev1.model.lkml", None),
                ("orders.model.lkml", Some(MODEL)),
                ("v.view.lkml", Some(&both)),
                ("d.dashboard.lookml", Some(BOARD)),
            ],
        ),
        (
            "another connection",
            &[(
                "orders.model.lkml",
                Some(&MODEL.replace("warehouse", "warehouse_dev2")),
            )],
        ),
        ("and back", &[("orders.model.lkml", Some(MODEL))]),
    ])
}

#[test]
fn names_that_were_changed_by_hand() {
    let place = fork();
    git(&place, 7, &["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    place.write("README.md", "b\n");
    git(
        &place,
        7,
        &["commit", "--quiet", "--all", "--message", "read me"],
    );
    git(&place, 8, &["checkout", "--quiet", "master"]);
    git(&place, 8, &["merge", "--quiet", "--no-edit", "side"]);
    insta::assert_snapshot!(place.run(&["noise"]), @r#"
    $ storyline noise
    --- stdout
    what looks like rename or connection noise:
      3 of 6 commits (50.0 %) and nothing else in them
      1 commit beside other changes
      20 of 22 changed lines (90.9 %) in LookML and dbt files
      4 commits with a name that came back in another one
    not counted: 1 merge, 1 commit without a parent

    what moved, by commits and changed lines
           4       8  connection
           2       8  model
           2       4  label

    names that took the place of others, by commits
      connection warehouse -> warehouse_dev1: 1 there, 1 back
      model orders -> orders_dev1: 1 there, 1 back
      label Orders -> Orders (dev1): 1 there, 1 back
      connection warehouse -> warehouse_dev2: 1 there, 1 back

    for example
      60e66966fb 2024-05-06 and back
        orders.model.lkml:1
        - connection: "warehouse_dev2"
        + connection: "warehouse"
      593ac4cf20 2024-05-05 another connection
        orders.model.lkml:1
        - connection: "warehouse"
        + connection: "warehouse_dev2"
      b4108908f8 2024-05-02 rename for dev1
        orders_dev1.model.lkml:1
        - connection: "warehouse"
        + connection: "warehouse_dev1"
        d.dashboard.lookml:4
        -     model: orders
        +     model: orders_dev1

    With Storyline such commits are not made: everybody commits the canonical names, and each environment's
    are put in and taken out by rule. `storyline init` proposes the manifest for it.
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["noise", "--limit", "3", "--format", "json"]), @r#"
    $ storyline noise --limit 3 --format json
    --- stdout
    {
      "judged": {
        "commits": 2,
        "lines": 2
      },
      "noise": {
        "commits": 1,
        "lines": 2
      },
      "mixed": 0,
      "came_back": 0,
      "not_judged": {
        "merges": 1,
        "without_parent": 0,
        "unreadable": 0,
        "missing_files": 0
      },
      "shallow": false,
      "kinds": [
        {
          "kind": "connection",
          "commits": 1,
          "lines": 2
        }
      ],
      "pairs": [
        {
          "kind": "connection",
          "from": "warehouse_dev2",
          "to": "warehouse",
          "there": 1,
          "back": 0
        }
      ],
      "examples": [
        {
          "commit": "60e66966fbbbad9f5ef72c62a87f5e815f65dced",
          "date": "2024-05-06",
          "subject": "and back",
          "mixed": false,
          "lines": [
            {
              "file": "orders.model.lkml",
              "line": 1,
              "before": "connection: \"warehouse_dev2\"",
              "after": "connection: \"warehouse\""
            }
          ]
        }
      ]
    }
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["noise", "HEAD~2..HEAD~1"]), @r#"
    $ storyline noise HEAD~2..HEAD~1
    --- stdout
    what looks like rename or connection noise:
      1 of 1 commit (100.0 %) and nothing else in them
      2 of 2 changed lines (100.0 %) in LookML and dbt files
      no name came back: each may have changed for good

    what moved, by commits and changed lines
           1       2  connection

    names that took the place of others, by commits
      connection warehouse_dev2 -> warehouse: 1 there

    for example
      60e66966fb 2024-05-06 and back
        orders.model.lkml:1
        - connection: "warehouse_dev2"
        + connection: "warehouse"

    With Storyline such commits are not made: everybody commits the canonical names, and each environment's
    are put in and taken out by rule. `storyline init` proposes the manifest for it.
    --- exit code 0
    "#);
}

#[test]
fn stories_are_no_noise() {
    let other = BOARD.replace("orders", "sales");
    let place = history(&[
        (
            "all",
            &[
                ("orders.model.lkml", Some(MODEL)),
                ("sales.model.lkml", Some(MODEL)),
                ("old.model.lkml", Some("connection: \"a\"\n")),
                ("d.dashboard.lookml", Some(BOARD)),
                (
                    "manifest.lkml",
                    Some(
                        "constant: C { value: \"1\" }\nremote_dependency: p { url: \"u\" ref: \"v1\" }\n",
                    ),
                ),
                ("dbt/dbt_project.yml", Some("name: shop\n")),
                (
                    "dbt/models/s.yml",
                    Some("sources:\n- name: raw\n  schema: raw_1\n"),
                ),
            ],
        ),
        (
            "another model's data",
            &[("d.dashboard.lookml", Some(&other))],
        ),
        (
            "and the first again",
            &[("d.dashboard.lookml", Some(BOARD))],
        ),
        (
            "another layout",
            &[("sales.model.lkml", Some(&MODEL.replace(": ", ":\t")))],
        ),
        (
            "another order",
            &[(
                "orders.model.lkml",
                Some("label: \"Orders\"\nconnection: \"warehouse\"\ninclude: \"/views/*.view\"\n"),
            )],
        ),
        (
            "no longer used",
            &[
                ("old.model.lkml", None),
                ("old_unused.model.lkml", Some("connection: \"a\"\n")),
            ],
        ),
        (
            "a newer hub",
            &[(
                "manifest.lkml",
                Some(
                    "constant: C { value: \"2\" }\nremote_dependency: p { url: \"u\" ref: \"v2\" }\n",
                ),
            )],
        ),
        (
            "a newer source",
            &[(
                "dbt/models/s.yml",
                Some("sources:\n- name: raw\n  schema: raw_2\n"),
            )],
        ),
        (
            "another place",
            &[
                ("sales.model.lkml", None),
                ("models/sales.model.lkml", Some(MODEL)),
            ],
        ),
    ]);
    insta::assert_snapshot!(place.run(&["noise"]), @r#"
    $ storyline noise
    --- stdout
    nothing in 8 commits looks like rename or connection noise
    not counted: 1 commit without a parent
    so this history tells no need for stamps; `storyline init` looks at the project itself
    --- exit code 0
    "#);
}

#[test]
fn targets_of_dbt_and_no_secret() {
    let profiles = |schema: &str| {
        format!("shop:\n  outputs:\n    dev: {{schema: {schema}, password: hunter2}}\n")
    };
    let (own, other) = (profiles("me"), profiles("\u{1b}you"));
    let place = history(&[
        (
            "all",
            &[
                ("profiles.yml", Some(&own)),
                ("dbt_project.yml", Some("profile: shop\n")),
            ],
        ),
        ("mine \u{1b}[31m", &[("profiles.yml", Some(&other))]),
        ("theirs", &[("profiles.yml", Some(&own))]),
    ]);
    insta::assert_snapshot!(place.run(&["noise"]), @r#"
    $ storyline noise
    --- stdout
    what looks like rename or connection noise:
      2 of 2 commits (100.0 %) and nothing else in them
      4 of 4 changed lines (100.0 %) in LookML and dbt files
      2 commits with a name that came back in another one
    not counted: 1 commit without a parent

    what moved, by commits and changed lines
           2       4  schema

    names that took the place of others, by commits
      schema me -> \u{1b}you: 1 there, 1 back

    for example
      577164ac6b 2024-05-03 theirs
        profiles.yml:3
        -     dev: {schema: \u{1b}you, password: *******}
        +     dev: {schema: me, password: *******}
      89c6f08047 2024-05-02 mine \u{1b}[31m
        profiles.yml:3
        -     dev: {schema: me, password: *******}
        +     dev: {schema: \u{1b}you, password: *******}

    With Storyline such commits are not made: everybody commits the canonical names, and each environment's
    are put in and taken out by rule. `storyline init` proposes the manifest for it.
    --- exit code 0
    "#);
}

#[test]
fn clones_of_every_sort() {
    let place = fork();
    for args in [
        &["clone", "--quiet", "--bare", ".", "../bare"][..],
        &[
            "clone",
            "--quiet",
            "--depth",
            "2",
            "--no-local",
            ".",
            "../shallow",
        ],
    ] {
        git(&place, 9, args);
    }
    let whole = place.succeeds(&["noise"]);
    assert_eq!(place.succeeds(&["-C", "../bare", "noise"]), whole);
    insta::assert_snapshot!(place.run(&["-C", "../shallow", "noise"]), @r#"
    $ storyline -C ../shallow noise
    --- stdout
    what looks like rename or connection noise:
      1 of 1 commit (100.0 %) and nothing else in them
      2 of 2 changed lines (100.0 %) in LookML and dbt files
      no name came back: each may have changed for good
    not counted: 1 commit without a parent
    this clone is shallow; `git fetch --unshallow` gets the rest of the history

    what moved, by commits and changed lines
           1       2  connection

    names that took the place of others, by commits
      connection warehouse_dev2 -> warehouse: 1 there

    for example
      60e66966fb 2024-05-06 and back
        orders.model.lkml:1
        - connection: "warehouse_dev2"
        + connection: "warehouse"

    With Storyline such commits are not made: everybody commits the canonical names, and each environment's
    are put in and taken out by rule. `storyline init` proposes the manifest for it.
    --- exit code 0
    "#);
    let blob = git(&place, 9, &["rev-parse", "HEAD:orders.model.lkml"]);
    let (folder, rest) = blob.trim().split_at(2);
    fs::remove_file(place.root.join(".git/objects").join(folder).join(rest)).expect("it is there");
    insta::assert_snapshot!(place.run(&["noise"]), @r#"
    $ storyline noise
    --- stdout
    nothing in 5 commits looks like rename or connection noise
    not counted: 1 commit without a parent
    passed over: 4 changed files whose bytes are not in this clone
    so this history tells no need for stamps; `storyline init` looks at the project itself
    --- exit code 0
    "#);
}

#[test]
fn what_is_no_history() {
    let place = Place::new();
    insta::assert_snapshot!(place.refused(&["noise"]), @r#"
    $ storyline noise
    --- stderr
    error[no-repository]: . is in no Git repository
     |
     = help: go into a clone, or name one: `storyline -C DIR noise`
    --- exit code 2
    "#);
    git(
        &place,
        1,
        &["init", "--quiet", "--initial-branch", "master"],
    );
    insta::assert_snapshot!(place.refused(&["noise"]), @r#"
    $ storyline noise
    --- stderr
    error[no-commit]: the Git repository of . has no commit yet
     |
     = help: name a branch that has some (`git branch --all` lists them), or commit first
    --- exit code 2
    "#);
    let place = fork();
    insta::assert_snapshot!(place.refused(&["noise", "nowhere..HEAD"]), @r#"
    $ storyline noise nowhere..HEAD
    --- stderr
    error[revision-unknown]: nowhere names no commit: revspec 'nowhere' not found
     |
     = help: `git log --oneline --all` and `git branch --all` show what there is
    --- exit code 2
    "#);
    insta::assert_snapshot!(place.refused(&["noise", "--", "--output=x"]), @r#"
    $ storyline noise -- --output=x
    --- stderr
    error[revision-unknown]: --output=x names no commit: no name begins with `-` or holds NUL
     |
     = help: `git log --oneline --all` and `git branch --all` show what there is
    --- exit code 2
    "#);
    insta::assert_snapshot!(place.refused(&["noise", "nowhere", "--format", "json"]), @r#"
    $ storyline noise nowhere --format json
    --- stdout
    {
      "done": false,
      "diagnostics": [
        {
          "id": "revision-unknown",
          "severity": "error",
          "message": "nowhere names no commit: revspec 'nowhere' not found",
          "places": [],
          "help": [
            "`git log --oneline --all` and `git branch --all` show what there is"
          ]
        }
      ]
    }
    --- stderr
    error[revision-unknown]: nowhere names no commit: revspec 'nowhere' not found
     |
     = help: `git log --oneline --all` and `git branch --all` show what there is
    --- exit code 2
    "#);
}
