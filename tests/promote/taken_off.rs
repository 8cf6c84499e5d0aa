//! Protected branches: people merge what takes a story off, as they like, by plain Git.

use insta::assert_snapshot;

use crate::common::team::{Clone, VIEW, view};
use crate::{Pipeline, story};

const POLICY: &str = "\n[stage.acceptance]\nlanding = \"branch\"\n";
const BACK_OUT: [&str; 4] = ["back-out", "A-1", "--from", "acceptance"];
const STATUS: [&str; 2] = ["status", "acceptance"];
const BRANCH: &str = "storyline/land/acceptance/A-1";
const PROPOSED: &str = "origin/storyline/land/acceptance/A-1";

/// Two stories are on the stage, and one of them waits to be taken off.
struct Waiting<'p> {
    pipeline: &'p Pipeline,
    ada: Clone<'p>,
    /// Who merges.
    forge: Clone<'p>,
    /// The stage's tree without the story.
    before: String,
}

impl<'p> Waiting<'p> {
    fn new(pipeline: &'p Pipeline) -> Self {
        let ada = pipeline.team.clone("ada");
        let forge = pipeline.on("acceptance", "forge");
        let b = [("views/b.view.lkml", "view: b {}\n")];
        let mut before = String::new();
        for (id, files) in [("B-2", &b[..]), ("A-1", &[(VIEW, &view("orders", "sum"))])] {
            before = pipeline.git("acceptance", &["rev-parse", "main^{tree}"]);
            story(&ada, id, files);
            ada.succeeds(&["promote", id, "--to", "acceptance"]);
            let branch = format!("storyline/land/acceptance/{id}");
            forge.git(&["fetch", "--quiet", "origin"]);
            forge.git(&["merge", "--quiet", "--ff-only", &format!("origin/{branch}")]);
            let gone = format!(":{branch}");
            forge.git(&["push", "--quiet", "origin", "main", &gone]);
        }
        ada.succeeds(&BACK_OUT);
        forge.git(&["fetch", "--quiet", "origin"]);
        Self {
            pipeline,
            ada,
            forge,
            before,
        }
    }

    /// The stage moves by another commit.
    fn moves(&self) {
        self.forge.commit("NOTICE.md", "By hand.\n", "By hand");
        self.forge.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Somebody merges by these commands of Git; `hand_made` commits are on the stage besides.
    #[track_caller]
    fn merged(&self, commands: &[&[&str]], hand_made: usize) {
        let ada = &self.ada;
        for command in commands {
            self.forge.git(command);
        }
        self.forge.git(&["push", "--quiet", "origin", "main"]);
        let log = ada.succeeds(&["log", "acceptance", "--story", "A-1", "-n", "1"]);
        assert!(log.stdout().contains("  back-out  A-1 "), "{log}");
        let status = ada.succeeds(&STATUS);
        assert!(
            status.stdout().starts_with("acceptance: 1 story"),
            "{status}"
        );
        let how = if hand_made == 0 {
            "landed as planned"
        } else {
            "landed as"
        };
        let landed = format!("A-1 {how}");
        assert!(status.stdout().contains(&landed), "{status}");
        let audit = ada.run(&["audit", "acceptance", "--format", "json"]).json();
        let foreign = audit["foreign"].as_array().expect("a list");
        assert_eq!(foreign.len(), hand_made, "{audit}");
        let told = self.pipeline.refused(ada, &BACK_OUT);
        assert!(told.stderr().contains("story-not-on-stage"), "{told}");
        if hand_made == 0 {
            let tree = ["rev-parse", "main^{tree}"];
            assert_eq!(self.pipeline.git("acceptance", &tree), self.before);
        }
        // It comes back as a whole.
        self.forge
            .git(&["push", "--quiet", "origin", &format!(":{BRANCH}")]);
        ada.succeeds(&["release", "A-1", "--on", "acceptance"]);
        let told = ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
        assert!(told.stdout().contains("  + A-1 revision "), "{told}");
    }
}

#[test]
fn a_branch_that_waits() {
    let pipeline = Pipeline::with(POLICY);
    let waiting = Waiting::new(&pipeline);
    let ada = &waiting.ada;
    assert_snapshot!(ada.run(&STATUS), @r#"
    $ storyline status acceptance
    --- stdout
    acceptance: 2 stories, 1 held; main is at <1>
      storyline/land/acceptance/A-1 (back-out of A-1) waits to be merged into main
      next: storyline accept B-2 --on acceptance
      next: storyline story submit A-1
    --- exit code 0
    "#);
    // Once more, before it is merged: nothing new.
    let before = pipeline.refs();
    assert_snapshot!(ada.run(&BACK_OUT), @r#"
    $ storyline back-out A-1 --from acceptance
    --- stdout
    ready to be backed out A-1 revision <1> from acceptance
      M views/orders.view.lkml
    held there; next: merge `storyline/land/acceptance/A-1` into `main`
    --- exit code 0
    "#);
    assert_eq!(pipeline.refs(), before);
    waiting.moves();
    assert_snapshot!(ada.run(&STATUS), @r#"
    $ storyline status acceptance
    --- stdout
    acceptance: 2 stories, 1 held; main is at <1>
      1 commit of no story: `storyline audit acceptance` lists them
      storyline/land/acceptance/A-1 (back-out of A-1) was made for another main: `storyline back-out A-1 --from acceptance` makes it anew
      next: storyline accept B-2 --on acceptance
      next: storyline story submit A-1
    --- exit code 0
    "#);
    ada.succeeds(&BACK_OUT);
    assert_eq!(
        pipeline.git("acceptance", &["rev-parse", &format!("{BRANCH}~1")]),
        pipeline.tip("acceptance")
    );
}

#[test]
fn merged_by_a_merge_commit() {
    let pipeline = Pipeline::with(POLICY);
    let merge = [
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge it (#1)",
        PROPOSED,
    ];
    Waiting::new(&pipeline).merged(&[&merge], 0);
    let pipeline = Pipeline::with(POLICY);
    let waiting = Waiting::new(&pipeline);
    waiting.moves();
    waiting.merged(&[&merge], 1);
}

#[test]
fn squashed_with_and_without_its_message() {
    for moves in [false, true] {
        for message in [true, false] {
            let pipeline = Pipeline::with(POLICY);
            let waiting = Waiting::new(&pipeline);
            if moves {
                waiting.moves();
            }
            let body = waiting.forge.git(&["log", "-1", "--format=%b", PROPOSED]);
            let message = match message {
                true => {
                    format!("Back out A-1 (#1)\n\n* {body}\n\nCo-authored-by: Eve <e@example.com>")
                }
                false => "Something (#1)".into(),
            };
            waiting.merged(
                &[
                    &["merge", "--quiet", "--squash", PROPOSED],
                    &["commit", "--quiet", "-m", &message],
                ],
                usize::from(moves),
            );
        }
    }
}

#[test]
fn rebased() {
    for moves in [false, true] {
        let pipeline = Pipeline::with(POLICY);
        let waiting = Waiting::new(&pipeline);
        if moves {
            waiting.moves();
        }
        waiting.merged(&[&["cherry-pick", PROPOSED]], usize::from(moves));
    }
}

/// A story and the one that stands on it go together, also where the message of their squash is lost.
#[test]
fn several_stories() {
    for message in [true, false] {
        let pipeline = Pipeline::with("");
        let ada = pipeline.team.clone("ada");
        story(&ada, "A-1", &[(VIEW, &view("orders", "sum"))]);
        ada.succeeds(&["promote", "A-1", "--to", "acceptance"]);
        crate::merge(&ada, "A-1");
        story(&ada, "B-2", &[(VIEW, &view("orders", "total"))]);
        ada.succeeds(&["promote", "B-2", "--to", "acceptance"]);
        crate::merge(&ada, "B-2");
        let lead = pipeline.team.clone("guard");
        lead.commit("storyline.toml", &pipeline.manifest(POLICY), "Guard");
        lead.git(&["push", "--quiet", "origin", "main"]);
        ada.succeeds(&[&BACK_OUT[..], &["--with-dependents"]].concat());
        let forge = pipeline.on("acceptance", "forge");
        let range = format!("main..{PROPOSED}");
        let messages = forge.git(&["log", "--reverse", "--format=* %B", &range]);
        let message = match message {
            true => format!("Two (#1)\n\n{messages}"),
            false => "Two (#1)".into(),
        };
        forge.git(&["merge", "--quiet", "--squash", PROPOSED]);
        forge.git(&["commit", "--quiet", "-m", &message]);
        forge.git(&["push", "--quiet", "origin", "main"]);
        let status = ada.succeeds(&STATUS);
        assert!(
            status.stdout().starts_with("acceptance: 0 stories"),
            "{status}"
        );
        assert!(
            status
                .stdout()
                .contains("back-out of A-1, B-2 landed as planned"),
            "{status}"
        );
        ada.succeeds(&["audit", "acceptance"]);
    }
}
