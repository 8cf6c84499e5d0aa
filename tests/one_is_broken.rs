//! One stage, or one story, that is broken: it is told where it would stand, and everything else is shown.
#![cfg(unix)]

mod common;

use std::fs;

use common::pipeline::Pipeline;
use common::team::{Clone, Team, VIEW, view};

const STATUS: &[&str] = &["status"];
const BOARD: &[&str] = &["board"];
const LIST: &[&str] = &["story", "list"];

/// Two stages, and the story A-1 on the first.
fn company(team: &Team) -> Pipeline<'_> {
    let pipeline = Pipeline::begin(team, team.clone("ada"));
    story(&pipeline, "A-1", VIEW, &view("orders_2", "count"));
    pipeline
        .ada
        .succeeds(&["promote", "A-1", "--to", "acceptance"]);
    pipeline
}

/// Hands in a story that writes one file.
fn story(pipeline: &Pipeline<'_>, id: &str, path: &str, text: &str) {
    pipeline.hand_in(id, None, |ada| {
        ada.commit(path, text, &format!("{id}: a change"));
    });
}

/// Puts a commit that nobody knows on top of a story's log.
fn break_log(team: &Team, id: &str) {
    let log = format!("refs/storyline/story/{id}/log");
    let tree = format!("{log}^{{tree}}");
    let commit = [
        "-c",
        "user.name=eve",
        "-c",
        "user.email=eve@example.com",
        "commit-tree",
    ];
    let commit = [
        &commit[..],
        &["-m", "Nothing to see\u{202e}", "-p", &log, &tree],
    ]
    .concat();
    let commit = team.git(&team.canonical, &commit);
    team.git(&team.canonical, &["update-ref", &log, &commit]);
}

/// Takes the objects of a commit out of a repository.
fn lose(objects: &std::path::Path, commit: &str) {
    let object = objects.join(&commit[..2]).join(&commit[2..]);
    fs::remove_file(object).expect("it is a loose object");
}

/// Without times, which are those of the clock.
fn timeless() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+ seconds?", "[AGE]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[WHEN]");
    settings.add_filter(r"(\S)  +", "$1  ");
    // What git says it says in any order.
    settings.add_filter(r"(?m)^.*git said: .*\n", "");
    settings.add_filter(r#""(since|when)": \d+"#, r#""$1": 0"#);
    settings.bind_to_scope()
}

/// What a clone is told.
fn told(clone: &Clone<'_>, commands: &[&[&str]]) -> String {
    let told = commands
        .iter()
        .map(|command| clone.run(command).to_string());
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_stage_without_its_branch() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    team.git(
        &team.top.join("production.git"),
        &["update-ref", "-d", "refs/heads/main"],
    );
    insta::assert_snapshot!(told(&pipeline.ada, &[STATUS, BOARD]), @r"
    $ storyline status
    --- stdout
    acceptance: 1 story; main is at <1>
      next: storyline accept A-1 --on acceptance

    production: never read so far
      stage-branch-missing: stage `production` has no branch `main` at [DIR]/production.git
      begin it with what canonical is now: `storyline stamp production --rev <2> --branch stage-production`, then `git push [DIR]/production.git stage-production:main`
      1 story of the stage before is not here
    --- exit code 2
    $ storyline board
    --- stdout
    HANDED IN
    0 here

    ACCEPTANCE
    1 here

    A-1 <1> [AGE]
      A-1: a change
      > storyline accept A-1 --on acceptance

    PRODUCTION
    0 here
    ! stage-branch-missing: stage `production` has no branch `main` at [DIR]/production.git
      begin it with what canonical is now: `storyline stamp production --rev <2> --branch stage-production`, then `git push [DIR]/production.git stage-production:main`
    --- exit code 2
    ");
}

#[test]
fn a_stage_that_does_not_answer() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    pipeline
        .ada
        .succeeds(&["accept", "A-1", "--on", "acceptance"]);
    pipeline.ada.succeeds(STATUS);
    fs::rename(team.top.join("production.git"), team.top.join("gone.git")).expect("it is there");
    insta::assert_snapshot!(told(&pipeline.ada, &[STATUS, BOARD, &["status", "--format", "json"]]), @r#"
    $ storyline status
    --- stdout
    acceptance: 1 story; main is at <1>

    production: 0 stories when it was read last; main is at <2>
      remote-unreachable: the remote [DIR]/production.git cannot be read
      nothing was changed there; when `git ls-remote [DIR]/production.git` works, run the command again
      1 story of the stage before is not here
    --- exit code 2
    $ storyline board
    --- stdout
    HANDED IN
    0 here

    ACCEPTANCE
    1 here

    A-1 <1> [AGE]
      A-1: a change
      + accepted by ada (advisory)
      ~ production cannot be read now

    PRODUCTION
    0 here
    ! remote-unreachable: the remote [DIR]/production.git cannot be read
      nothing was changed there; when `git ls-remote [DIR]/production.git` works, run the command again
    --- exit code 2
    $ storyline status --format json
    --- stdout
    [
      {
        "stage": "acceptance",
        "branch": "main",
        "tip": "<1>",
        "follows_canonical": false,
        "stories": 1,
        "held": 0,
        "behind": 0,
        "foreign": 0,
        "manifest_behind": false,
        "merges": [],
        "next": [],
        "wrong": null
      },
      {
        "stage": "production",
        "branch": "main",
        "tip": "<2>",
        "follows_canonical": false,
        "stories": 0,
        "held": 0,
        "behind": 1,
        "foreign": 0,
        "manifest_behind": false,
        "merges": [],
        "next": [],
        "wrong": {
          "id": "remote-unreachable",
          "text": "the remote [DIR]/production.git cannot be read",
          "help": [
            "nothing was changed there; when `git ls-remote [DIR]/production.git` works, run the command again"
          ]
        }
      }
    ]
    --- exit code 2
    "#);
    let page = pipeline.ada.run(&["board", "--format", "html"]);
    assert!(page.stdout().contains("<code>remote-unreachable</code>"));
}

#[test]
fn a_log_that_somebody_else_wrote() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    story(&pipeline, "B-2", "views/b.view.lkml", "view: b {}\n");
    story(&pipeline, "C-3", "views/c.view.lkml", "view: c {}\n");
    break_log(&team, "A-1");
    break_log(&team, "C-3");
    insta::assert_snapshot!(told(&pipeline.ada, &[STATUS, BOARD, LIST]), @r"
    $ storyline status
    --- stdout
    acceptance: 1 story; main is at <1>
      1 story that was handed in is not here

    production: 0 stories; main is at <2>
      1 story of the stage before is not here
    --- stderr
    error[story-record]: commit <3> in the log of story A-1 is none of Storyline's
     |
     = help: `git show <3>` shows who wrote it; nothing of this story is done until it is gone from that ref

    error[story-record]: commit <4> in the log of story C-3 is none of Storyline's
     |
     = help: `git show <4>` shows who wrote it; nothing of this story is done until it is gone from that ref
    --- exit code 2
    $ storyline board
    --- stdout
    HANDED IN
    2 here

    C-3
      ! story-record: commit <1> in the log of story C-3 is none of Storyline's
        `git show <1>` shows who wrote it; nothing of this story is done until it is gone from that ref

    B-2 <2> [AGE]
      B-2: a change
      > storyline promote B-2 --to acceptance

    ACCEPTANCE
    1 here

    A-1 <3> [AGE]
      ! story-record: commit <4> in the log of story A-1 is none of Storyline's
        `git show <4>` shows who wrote it; nothing of this story is done until it is gone from that ref
      A-1: a change

    PRODUCTION
    0 here
    --- exit code 2
    $ storyline story list
    --- stdout
    STORY  STATE  REVISION  AGE  BRANCH
    A-1  broken  -  -  story-record: commit <1> in the log of story A-1 is none of Storyline's
    B-2  submitted  <2> (1)  [AGE]  story/B-2
    C-3  broken  -  -  story-record: commit <3> in the log of story C-3 is none of Storyline's
    A-1: `git show <1>` shows who wrote it; nothing of this story is done until it is gone from that ref
    C-3: `git show <3>` shows who wrote it; nothing of this story is done until it is gone from that ref
    --- exit code 2
    ");
}

#[test]
fn a_story_whose_objects_are_gone() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    let bob = team.clone("bob");
    bob.git(&["pull", "--quiet"]);
    story(&pipeline, "B-2", "views/b.view.lkml", "view: b {}\n");
    story(&pipeline, "C-3", "views/c.view.lkml", "view: c {}\n");
    let tip = team.tip("refs/heads/story/C-3").expect("it was handed in");
    lose(&team.canonical.join("objects"), &tip);
    insta::assert_snapshot!(told(&bob, &[STATUS, BOARD, LIST]), @r"
    $ storyline status
    --- stdout
    acceptance: 1 story; main is at <1>
      1 story that was handed in is not here
      next: storyline accept A-1 --on acceptance

    production: 0 stories; main is at <2>
      1 story of the stage before is not here
    --- stderr
    error[story-unreadable]: what there is of story C-3 cannot be fetched
     |
     = help: `git fsck` in the canonical repository says what is gone there; a clone that has it can give it back
    --- exit code 2
    $ storyline board
    --- stdout
    HANDED IN
    2 here

    C-3
      ! story-unreadable: what there is of story C-3 cannot be fetched
        `git fsck` in the canonical repository says what is gone there; a clone that has it can give it back

    B-2 <2> [AGE]
      B-2: a change
      > storyline promote B-2 --to acceptance

    ACCEPTANCE
    1 here

    A-1 <3> [AGE]
      A-1: a change
      > storyline accept A-1 --on acceptance

    PRODUCTION
    0 here
    --- exit code 2
    $ storyline story list
    --- stdout
    STORY  STATE  REVISION  AGE  BRANCH
    A-1  submitted  <1> (1)  [AGE]  story/A-1
    B-2  submitted  <2> (1)  [AGE]  story/B-2
    C-3  broken  -  -  story-unreadable: what there is of story C-3 cannot be fetched
    C-3: `git fsck` in the canonical repository says what is gone there; a clone that has it can give it back
    --- exit code 2
    ");
}

#[test]
fn objects_that_a_clone_lost() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    let ada = &pipeline.ada;
    let manifest = fs::read_to_string(ada.root.join("storyline.toml")).expect("it has one");
    let manifest = manifest.replace("stages = [", "stages = [\"integration\", ");
    let follows =
        "\n[environment.integration]\nbranch = \"env/integration\"\nfollows = \"canonical\"\n";
    ada.land(
        "storyline.toml",
        &(manifest + follows),
        "A stage that follows",
    );
    story(&pipeline, "B-2", "views/b.view.lkml", "view: b {}\n");
    // Which might be the story in another form.
    ada.land("more.md", "More.\n", "Something else");
    let bob = team.clone("bob");
    bob.succeeds(BOARD);
    let tip = team.tip("refs/heads/story/B-2").expect("it was handed in");
    lose(&bob.root.join(".git/objects"), &tip);
    insta::assert_snapshot!(told(&bob, &[BOARD, &["log", "integration"]]), @r"
    $ storyline board
    --- stdout
    HANDED IN
    1 here

    B-2
      ! story-unreadable: Git's objects cannot be read: object not found - no match for id (<1>)
        `git fsck` says more; in a partial or shallow clone, `git fetch` what is missing

    INTEGRATION
    0 here, follows canonical

    ACCEPTANCE
    1 here
    ! its manifest is not canonical's
    > storyline promote --manifest --to acceptance

    A-1 <2> [AGE]
      A-1: a change
      > storyline accept A-1 --on acceptance

    PRODUCTION
    0 here
    ! its manifest is not canonical's
    > storyline promote --manifest --to production
    --- exit code 2
    $ storyline log integration
    --- stdout
    nothing landed on integration
    --- stderr
    error[story-unreadable]: Git's objects cannot be read: object not found - no match for id (<1>)
     |
     = help: `git fsck` says more; in a partial or shallow clone, `git fetch` what is missing
    --- exit code 0
    ");
}

/// What is on a stage is examined all the same; nothing is taken off it.
#[test]
fn an_audit_and_a_back_out() {
    let _timeless = timeless();
    let team = Team::new();
    let pipeline = company(&team);
    story(&pipeline, "B-2", "views/b.view.lkml", "view: b {}\n");
    let ada = &pipeline.ada;
    ada.succeeds(&["promote", "B-2", "--to", "acceptance"]);
    break_log(&team, "A-1");
    let audit: &[&str] = &["audit", "acceptance"];
    let back_out: &[&str] = &["back-out", "B-2", "--from", "acceptance", "--reason", "No"];
    insta::assert_snapshot!(told(ada, &[audit, back_out]), @r"
    $ storyline audit acceptance
    --- stdout
    acceptance: 2 commits since <1>, 1 is foreign

    <2> [WHEN], ada: Land A-1: A-1: a change
      revision-unknown: no revision <3> of A-1 with this change was handed in
        views/orders.view.lkml
    --- stderr
    error[story-record]: commit <4> in the log of story A-1 is none of Storyline's
     |
     = help: `git show <4>` shows who wrote it; nothing of this story is done until it is gone from that ref
    --- exit code 1
    $ storyline back-out B-2 --from acceptance --reason No
    --- stderr
    error[story-record]: commit <1> in the log of story A-1 is none of Storyline's
     |
     = help: `git show <1>` shows who wrote it; nothing of this story is done until it is gone from that ref

    nothing was changed
    --- exit code 2
    ");
}

#[test]
fn a_promotion_of_another_story() {
    let team = Team::new();
    let pipeline = company(&team);
    let ada = &pipeline.ada;
    story(&pipeline, "B-2", "views/b.view.lkml", "view: b {}\n");
    story(&pipeline, "C-3", "views/c.view.lkml", "view: c {}\n");
    story(&pipeline, "D-4", VIEW, &view("orders_4", "count"));
    break_log(&team, "C-3");
    insta::assert_snapshot!(ada.run(&["promote", "B-2", "--to", "acceptance"]), @r"
    $ storyline promote B-2 --to acceptance
    --- stdout
    promotion <1> to acceptance (branch main of [DIR]/acceptance.git)

      + B-2 revision <2>: B-2: a change
          A views/b.view.lkml

    1 story to land, 1 file to change; acceptance goes from <3> to <4>

    landed: acceptance is at <4>
    next: `storyline accept B-2 --on acceptance`, or `storyline hold` with a reason
    --- exit code 0
    ");
    // Who is in the way is told as well.
    insta::assert_snapshot!(ada.run(&["promote", "D-4", "--to", "acceptance"]), @r"
    $ storyline promote D-4 --to acceptance
    --- stderr
    error[story-record]: commit <1> in the log of story C-3 is none of Storyline's
     |
     = help: `git show <1>` shows who wrote it; nothing of this story is done until it is gone from that ref

    error[landing-conflict]: story D-4 does not fit onto acceptance: 1 file
     --> views/orders.view.lkml:2:3
      |
    2 |   sql_table_name: orders_2 ;;
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ both changed these lines
      |
      = help: in views/orders.view.lkml the story has `sql_table_name: orders_4 ;;`
      = help: in the way is A-1, which is on acceptance: take its change into D-4, and submit it again

    nothing was changed
    --- exit code 3
    ");
    insta::assert_snapshot!(ada.run(&["promote", "C-3", "--to", "acceptance"]), @r"
    $ storyline promote C-3 --to acceptance
    --- stderr
    error[story-record]: commit <1> in the log of story C-3 is none of Storyline's
     |
     = help: `git show <1>` shows who wrote it; nothing of this story is done until it is gone from that ref

    nothing was changed
    --- exit code 2
    ");
}
