//! Files and folders that a story and a stage moved, and trees as other programs write them.

use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use crate::absent::refused;
use crate::common::team::{VIEW, view};
use crate::{FILES, Pipeline, story};

const USERS: (&str, &str) = FILES[1];

#[test]
fn a_file_that_both_moved() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let (path, text) = USERS;
    story(&ada, "A-1", &[(path, ""), ("views/people.view.lkml", text)]);
    story(
        &ada,
        "B-2",
        &[(path, ""), ("views/persons.view.lkml", text)],
    );
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(refused(&pipeline, &ada, &["B-2"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 1 file
    --> views/people.view.lkml
     = note: the stage moved views/users.view.lkml here, and the story to views/persons.view.lkml
     = help: in the way is A-1, which is on acceptance: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn a_file_that_was_moved_and_is_removed() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let (path, text) = USERS;
    story(&ada, "A-1", &[(path, ""), ("views/people.view.lkml", text)]);
    story(&ada, "B-2", &[(path, "")]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(ada.run(&["promote", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: Work on B-2
          D views/people.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    // It is another one by now.
    let longer = text.replace(
        "  dimension: id {}\n",
        "  dimension: id {}\n  dimension: name {}\n",
    );
    story(&ada, "C-3", &[(path, ""), ("views/all.view.lkml", &longer)]);
    ada.succeeds(&["promote", "C-3", "--to", "production"]);
    assert_snapshot!(pipeline.refused(&ada, &["promote", "B-2", "--to", "production"]), @r"
    $ storyline promote B-2 --to production
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto production: 1 file
    --> views/all.view.lkml
     = note: the stage moved views/users.view.lkml here and changed it, and the story removes it
     = help: in the way is C-3, which is on production: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn a_folder_that_was_moved() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let (path, text) = USERS;
    let orders = view("orders", "count");
    let model = FILES[0].1.replace("/views/", "/looker/");
    let moved = [
        (path, ""),
        (VIEW, ""),
        ("looker/users.view.lkml", text),
        ("looker/orders.view.lkml", &orders),
        (FILES[0].0, &model),
    ];
    story(&ada, "A-1", &moved);
    story(&ada, "B-2", &[("views/new.view.lkml", "view: new {}\n")]);
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    assert_snapshot!(refused(&pipeline, &ada, &["B-2"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stderr
    error[landing-conflict]: story B-2 does not fit onto acceptance: 1 file
    --> views/new.view.lkml
     = note: what stood beside it was moved: it may belong to looker/new.view.lkml
     = help: in the way is A-1, which is on acceptance: take its change into B-2, and submit it again

    nothing was changed
    --- exit code 3
    ");
    ada.succeeds(&["promote", "B-2", "--to", "production"]);
    assert_snapshot!(pipeline.refused(&ada, &["promote", "A-1", "--to", "production"]), @r"
    $ storyline promote A-1 --to production
    --- stderr
    error[landing-conflict]: story A-1 does not fit onto production: 1 file
    --> views/new.view.lkml
     = note: what stood beside it was moved: it may belong to looker/new.view.lkml
     = help: in the way is B-2, which is on production: take its change into A-1, and submit it again

    nothing was changed
    --- exit code 3
    ");
}

#[test]
fn a_file_that_was_moved_and_edited() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let moved = view("orders_2", "count");
    story(
        &ada,
        "A-1",
        &[(VIEW, ""), ("views/moved.view.lkml", &moved)],
    );
    story(&ada, "B-2", &[(VIEW, &view("orders", "sum"))]);
    // Either way round.
    for (stage, ids) in [
        ("acceptance", ["A-1", "B-2"]),
        ("production", ["B-2", "A-1"]),
    ] {
        for id in ids {
            ada.succeeds(&["promote", id, "--to", stage]);
        }
        let files = pipeline.git(stage, &["ls-tree", "--name-only", "main", "views/"]);
        assert_eq!(files, "views/moved.view.lkml\nviews/users.view.lkml");
        let text = pipeline.git(stage, &["show", "main:views/moved.view.lkml"]);
        assert_eq!(text, view("orders_2", "sum").trim());
    }
}

/// A tree of these entries, which are written as they are.
fn tree(pipeline: &Pipeline, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        let digits = (0..id.len()).step_by(2).map(|at| &id[at..at + 2]);
        bytes.extend(digits.map(|digits| u8::from_str_radix(digits, 16).expect("digits")));
    }
    let file = pipeline.team.top.join("tree");
    fs::write(&file, bytes).expect("a file");
    let file = file.to_str().expect("a plain path");
    pipeline.git(
        "acceptance",
        &["hash-object", "-t", "tree", "-w", "--literally", file],
    )
}

/// The modes and names of a tree of the stage, as they are.
fn entries(pipeline: &Pipeline, tree: &str) -> Vec<String> {
    let mut command = Command::new("git");
    command.args(["cat-file", "tree", tree]);
    let output = command
        .current_dir(pipeline.repository("acceptance"))
        .output();
    let mut rest = &output.expect("git is there").stdout[..];
    let mut entries = Vec::new();
    while let Some(nul) = rest.iter().position(|byte| *byte == 0) {
        entries.push(String::from_utf8_lossy(&rest[..nul]).into_owned());
        rest = &rest[nul + 21..];
    }
    entries
}

#[test]
fn modes_of_other_programs() {
    let pipeline = Pipeline::new();
    let ada = pipeline.team.clone("ada");
    let blob = |text: &str| {
        let file = pipeline.team.top.join("blob");
        fs::write(&file, text).expect("a file");
        let file = file.to_str().expect("a plain path");
        pipeline.git("acceptance", &["hash-object", "-w", file])
    };
    // A dashboard with a model's name that does not belong there: nobody can take it to canonical form.
    let stray = blob("- dashboard: stray\n  elements:\n  - name: a\n    model: shop\n");
    let text = blob("Text.\n");
    let kept = tree(&pipeline, &[("100664", "stray.dashboard.lookml", &stray)]);
    let listed = pipeline.git("acceptance", &["ls-tree", "main"]);
    let listed: Vec<_> = listed
        .lines()
        .filter_map(|line| {
            let (head, name) = line.split_once('\t')?;
            let mut words = head.split(' ');
            Some((words.next()?.trim_start_matches('0'), name, words.nth(1)?))
        })
        .collect();
    let more = [
        ("100664", "a.md", text.as_str()),
        ("100664", "b.dashboard.lookml", stray.as_str()),
        ("040000", "c", kept.as_str()),
    ];
    let mut all = [&more[..], &listed].concat();
    all.sort_by_key(|(_, name, _)| *name);
    let odd = tree(&pipeline, &all);
    let commit = [
        "-c",
        "user.name=eve",
        "-c",
        "user.email=eve@example.com",
        "commit-tree",
        &odd,
        "-p",
        "main",
        "-m",
        "Odd",
    ];
    let commit = pipeline.git("acceptance", &commit);
    pipeline.git("acceptance", &["update-ref", "refs/heads/main", &commit]);
    let before = entries(&pipeline, &odd);
    story(
        &ada,
        "A-1",
        &[(VIEW, &view("orders", "sum")), ("new.md", "New.\n")],
    );
    ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
    let mut after = entries(&pipeline, "main^{tree}");
    after.retain(|entry| entry != "100644 new.md");
    assert_eq!(after, before);
    assert_eq!(
        entries(&pipeline, "main:c"),
        ["100664 stray.dashboard.lookml"]
    );
    let kept = |tip: &str| {
        pipeline.git(
            "acceptance",
            &["rev-parse", &format!("{tip}:c"), &format!("{tip}:a.md")],
        )
    };
    assert_eq!(kept("main"), kept("main^"));
}
