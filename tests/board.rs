//! `storyline status`, `log` and `board`, on a company of bare repositories.
#![cfg(unix)]

mod common;

#[path = "../crates/diff/tests/page/browser.rs"]
mod browser;

use std::fs;

use browser::looked_at;
use common::team::{Clone, Team, VIEW, view};

/// Stages after the canonical repository, each in one of its own.
const STAGES: [&str; 2] = ["acceptance", "production"];

/// A company with stages; `policy` is what the manifest says of them.
fn company(policy: &str) -> Team {
    let team = Team::new();
    let ada = team.clone("ada");
    let mut manifest = fs::read_to_string(ada.root.join("storyline.toml")).expect("it has one");
    for stage in STAGES {
        team.init(&format!("{stage}.git"));
        let url = team.top.join(format!("{stage}.git"));
        manifest.push_str(&format!(
            "\n[environment.{stage}]\nrepository = \"{}\"\nmodels = \"{{name}}_{stage}\"\n",
            url.display()
        ));
    }
    manifest.push_str(&format!(
        "\n[pipeline]\nstages = [\"acceptance\", \"production\"]\n{policy}"
    ));
    ada.commit("storyline.toml", &manifest, "Stages");
    ada.git(&["push", "--quiet", "origin", "main"]);
    for stage in STAGES {
        let stamped = ada.succeeds(&["stamp", stage, "--rev", "HEAD"]);
        let commit = stamped
            .stdout()
            .lines()
            .last()
            .expect("a commit")
            .to_owned();
        let url = team.top.join(format!("{stage}.git"));
        let url = url.to_str().expect("a plain path");
        ada.git(&["push", "--quiet", url, &format!("{commit}:refs/heads/main")]);
    }
    team
}

/// Hands in a story that writes one file.
fn story(clone: &Clone<'_>, id: &str, path: &str, text: &str) {
    clone.start(id);
    clone.git(&["switch", "--quiet", &format!("story/{id}")]);
    clone.commit(path, text, &format!("{id}: a change"));
    clone.succeeds(&["story", "submit", id]);
    clone.git(&["switch", "--quiet", "main"]);
}

/// Without times, which are those of the clock.
fn timeless() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+ seconds?", "[AGE]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[DATE]");
    settings.add_filter(r#""(since|when)": \d+"#, r#""$1": 0"#);
    settings.bind_to_scope()
}

#[test]
fn a_company_with_three_stories() {
    let _timeless = timeless();
    let team = company("");
    let ada = team.clone("bob");
    story(&ada, "A-1", VIEW, &view("orders_2", "count"));
    story(&ada, "B-2", "views/b.view.lkml", "view: b {}\n");
    story(&ada, "C-3", "views/c.view.lkml", "view: c {}\n");
    insta::assert_snapshot!(ada.run(&["status"]), @r"
    $ storyline status
    --- stdout
    acceptance: 0 stories; main is at <1>
      3 stories that were handed in are not here

    production: 0 stories; main is at <2>
    --- exit code 0
    ");
    insta::assert_snapshot!(ada.run(&["log", "production"]), @r#"
    $ storyline log production
    --- stdout
    nothing landed on production
    --- exit code 0
    "#);
    ada.succeeds(&["promote", "A-1", "B-2", "C-3", "--to", "acceptance"]);
    ada.succeeds(&[
        "hold",
        "A-1",
        "--on",
        "acceptance",
        "--reason",
        "totals differ",
    ]);
    ada.succeeds(&["accept", "B-2", "--on", "acceptance"]);
    ada.succeeds(&["accept", "C-3", "--on", "acceptance"]);
    insta::assert_snapshot!(ada.run(&["status"]), @r#"
    $ storyline status
    --- stdout
    acceptance: 3 stories, 1 held; main is at <1>
      next: storyline promote --accepted --from acceptance --to production

    production: 0 stories; main is at <2>
      3 stories of the stage before are not here
    --- exit code 0
    "#);
    ada.succeeds(&[
        "promote",
        "--accepted",
        "--from",
        "acceptance",
        "--to",
        "production",
    ]);
    insta::assert_snapshot!(ada.run(&["status", "production", "--format", "json"]), @r#"
    $ storyline status production --format json
    --- stdout
    [
      {
        "stage": "production",
        "branch": "main",
        "tip": "<1>",
        "follows_canonical": false,
        "stories": 2,
        "held": 0,
        "behind": 1,
        "foreign": 0,
        "manifest_behind": false,
        "merges": [],
        "next": [],
        "wrong": null
      }
    ]
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["log", "acceptance", "-n", "1", "--story", "A-1"]), @r#"
    $ storyline log acceptance -n 1 --story A-1
    --- stdout
    <1>  [DATE]  land      A-1 revision <2> (promotion <3>), by bob
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["log", "production", "-n", "1", "--format", "json"]), @r#"
    $ storyline log production -n 1 --format json
    --- stdout
    [
      {
        "kind": "land",
        "commit": "<1>",
        "when": 0,
        "who": "bob",
        "subject": "Land C-3: C-3: a change",
        "story": "C-3",
        "revision": "<2>",
        "replaces": null,
        "promotion": "<3>"
      }
    ]
    --- exit code 0
    "#);
}

#[test]
fn a_board_as_a_page() {
    let _timeless = timeless();
    let policy = "[stage.acceptance]\napprovals = 2\n";
    let team = company(policy);
    let ada = team.clone("bob");
    story(&ada, "A-1", VIEW, &view("orders_2", "count"));
    story(&ada, "B-2", "views/b.view.lkml", "view: b {}\n");
    story(&ada, "C-3", "views/c.view.lkml", "view: c {}\n");
    story(&ada, "D-4", "views/d.view.lkml", "view: d {}\n");
    ada.succeeds(&["promote", "A-1", "B-2", "C-3", "--to", "acceptance"]);
    let reason = "<script>alert(1)</script> totals\u{202e} differ";
    ada.succeeds(&["hold", "A-1", "--on", "acceptance", "--reason", reason]);
    ada.succeeds(&["accept", "B-2", "--on", "acceptance"]);
    ada.succeeds(&["promote", "C-3", "--to", "production"]);
    insta::assert_snapshot!(ada.run(&["board"]), @r#"
    $ storyline board
    --- stdout
    HANDED IN
    1 here

    D-4 <1> [AGE]
      D-4: a change
      > storyline promote D-4 --to acceptance

    ACCEPTANCE
    3 here, 1 held

    A-1 <2> [AGE]
      A-1: a change
      - held by bob: <script>alert(1)</script> totals\u{202e} differ
      > storyline story submit A-1

    B-2 <3> [AGE]
      B-2: a change
      + accepted by bob (advisory)
      ~ 1 more to accept it
      > storyline accept B-2 --on acceptance

    and 1 that went on or are done

    PRODUCTION
    1 here

    C-3 <4> [AGE]
      C-3: a change
    --- exit code 0
    "#);
    insta::assert_snapshot!(ada.run(&["board", "--format", "json"]), @r#"
    $ storyline board --format json
    --- stdout
    {
      "columns": [
        {
          "stage": null,
          "place": 0,
          "follows_canonical": false,
          "stories": 1,
          "held": 0,
          "behind": 0,
          "cards": [
            {
              "story": "D-4",
              "revision": "<1>",
              "subject": "D-4: a change",
              "since": 0,
              "gate": null,
              "newer": null,
              "withdrawn": false,
              "asks": [],
              "next": {
                "command": "storyline promote D-4 --to acceptance"
              },
              "wrong": null
            }
          ],
          "foreign": 0,
          "manifest_behind": false,
          "next": [],
          "wrong": null
        },
        {
          "stage": "acceptance",
          "place": 1,
          "follows_canonical": false,
          "stories": 3,
          "held": 1,
          "behind": 1,
          "cards": [
            {
              "story": "A-1",
              "revision": "<2>",
              "subject": "A-1: a change",
              "since": 0,
              "gate": {
                "accepted": [],
                "held": {
                  "by": "bob",
                  "reason": "<script>alert(1)</script> totals\u202e differ"
                },
                "missing": 2,
                "advisory": true
              },
              "newer": null,
              "withdrawn": false,
              "asks": [],
              "next": {
                "command": "storyline story submit A-1"
              },
              "wrong": null
            },
            {
              "story": "B-2",
              "revision": "<3>",
              "subject": "B-2: a change",
              "since": 0,
              "gate": {
                "accepted": [
                  "bob"
                ],
                "held": null,
                "missing": 1,
                "advisory": true
              },
              "newer": null,
              "withdrawn": false,
              "asks": [],
              "next": {
                "command": "storyline accept B-2 --on acceptance"
              },
              "wrong": null
            }
          ],
          "foreign": 0,
          "manifest_behind": false,
          "next": [],
          "wrong": null
        },
        {
          "stage": "production",
          "place": 2,
          "follows_canonical": false,
          "stories": 1,
          "held": 0,
          "behind": 2,
          "cards": [
            {
              "story": "C-3",
              "revision": "<4>",
              "subject": "C-3: a change",
              "since": 0,
              "gate": null,
              "newer": null,
              "withdrawn": false,
              "asks": [],
              "next": null,
              "wrong": null
            }
          ],
          "foreign": 0,
          "manifest_behind": false,
          "next": [],
          "wrong": null
        }
      ]
    }
    --- exit code 0
    "#);
    ada.succeeds(&["board", "--format", "html", "--output", "board.html"]);
    let page = fs::read_to_string(ada.root.join("board.html")).expect("it was written");
    let orders = looked_at(&[("board.html", page)]);
    if let Some(order) = orders.get("board.html") {
        insta::assert_snapshot!(order, @r#"
    a To the stories
    a handed in
    a acceptance
    a production
    "#);
    }
}
