//! Branches that people merge onto a stage with Git itself, or that a forge merges in one of its ways.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use storyline_promote::{Landed, Ledger, Sequence};
use storyline_repo::{Memo, ObjectId};

use super::shop::{STAGE, Shop, VIEW};

/// A clone of the shop's repository with the stage checked out, and the branch `landing`, as Storyline made
/// it, beside it.
struct Clone {
    folder: tempfile::TempDir,
    shop: Shop,
    landing: ObjectId,
}

/// The subject of a commit, and the rest of its message.
type Message = (String, String);

/// Runs git without any configuration of somebody's.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Forge"),
        ("GIT_AUTHOR_EMAIL", "forge@example.com"),
        ("GIT_COMMITTER_NAME", "Forge"),
        ("GIT_COMMITTER_EMAIL", "forge@example.com"),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("git is there");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

impl Clone {
    /// With two stories on the branch.
    fn new() -> Self {
        let mut shop = Shop::new();
        let [one, two] = two_stories(&mut shop);
        let sequence = shop
            .proposed(&[&one, &two], "Something new")
            .expect("it fits");
        Self::of(shop, &sequence)
    }

    fn of(shop: Shop, sequence: &Sequence) -> Self {
        let landing = sequence.landings.last().expect("something lands").commit;
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (branch, tip) in [(STAGE, shop.tip), ("landing", landing)] {
            let name = format!("refs/heads/{branch}");
            git(&shop.root, &["update-ref", &name, &tip.to_string()]);
        }
        let from = shop.root.to_str().expect("text");
        git(
            folder.path(),
            &["clone", "--quiet", "--branch", STAGE, from, "."],
        );
        Self {
            folder,
            shop,
            landing,
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.folder.path(), arguments)
    }

    /// Pushes what is checked out.
    fn push(&mut self) {
        self.git(&["push", "--quiet", "origin", &format!("HEAD:{STAGE}")]);
        let tip = self.git(&["rev-parse", "HEAD"]);
        self.shop.tip = ObjectId::from_hex(tip.as_bytes()).expect("an id");
    }

    /// Squashes the branch with this message.
    fn squash(&mut self, message: &str) {
        self.git(&["merge", "--squash", "--quiet", "origin/landing"]);
        let as_it_is = "--cleanup=verbatim";
        self.git(&["commit", "--quiet", as_it_is, "--message", message]);
        self.push();
    }

    /// What the messages of the branch's commits say, oldest first: subject and body.
    fn messages(&self) -> Vec<Message> {
        let range = format!("{}..{}", self.shop.tip, self.landing);
        let all = self.git(&["log", "--reverse", "--format=%B%x00", &range]);
        let all = all.split_terminator('\0').map(|message| {
            let (subject, body) = message.trim().split_once("\n\n").expect("it has a body");
            (subject.to_owned(), body.to_owned())
        });
        all.collect()
    }

    /// What is on the stage by its newest commit: `proposed` are branches that Storyline knows of.
    fn on_stage(&self, proposed: &[ObjectId]) -> String {
        let ledger = self.shop.within(|workspace| {
            Ledger::read(
                workspace.objects(),
                &mut Memo::default(),
                self.shop.tip,
                proposed,
            )
            .expect("it is readable")
        });
        let on = ledger.on_stage();
        on.keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn two_stories(shop: &mut Shop) -> [Landed; 2] {
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    let two = shop.story("TWO", &[(VIEW, "b {}", "b1 {}")]);
    [one, two]
}

#[test]
fn a_merge_brings_what_the_branch_brings() {
    let mut clone = Clone::new();
    clone.git(&[
        "merge",
        "--no-ff",
        "--quiet",
        "--message",
        "Merge pull request #7",
        "origin/landing",
    ]);
    clone.push();
    assert_eq!(clone.on_stage(&[]), "ONE TWO");
    assert_snapshot!(clone.shop.audited(), @"begins: canonical, examined: 1");
    clone.shop.back_out("ONE", None);
    assert_eq!(clone.shop.lines(), "a b1 c d e f g h");
}

#[test]
fn a_rebase_brings_what_the_branch_brings() {
    let mut clone = Clone::new();
    clone.git(&["checkout", "--quiet", "--detach", "origin/landing"]);
    clone.git(&[
        "rebase",
        "--quiet",
        "--force-rebase",
        &format!("origin/{STAGE}"),
    ]);
    clone.push();
    assert_ne!(clone.shop.tip, clone.landing);
    assert_eq!(clone.on_stage(&[]), "ONE TWO");
    assert_snapshot!(clone.shop.audited(), @"begins: canonical, examined: 2");
}

#[test]
fn a_squash_without_a_word_is_known_by_what_was_proposed() {
    let mut clone = Clone::new();
    clone.squash("Release of Tuesday (#7)");
    assert_eq!(clone.on_stage(&[]), "", "nobody can tell");
    assert_eq!(clone.on_stage(&[clone.landing]), "ONE TWO");
}

/// The very files that a branch has are what it brings: one more, and it is somebody's own commit.
#[test]
fn a_squash_with_something_else_in_it_is_not_what_was_proposed() {
    let mut clone = Clone::new();
    clone.git(&["merge", "--squash", "--quiet", "origin/landing"]);
    std::fs::write(clone.folder.path().join("more"), "more\n").expect("the disk has room");
    clone.git(&["add", "more"]);
    clone.git(&["commit", "--quiet", "--message", "Release of Tuesday (#7)"]);
    clone.push();
    assert_eq!(clone.on_stage(&[clone.landing]), "");
}

/// As forges make one message of several: each in the middle of a text, and the names of those who had a hand
/// in it behind.
fn github(messages: &[Message]) -> String {
    let each = messages.iter();
    let each = each.map(|(subject, body)| format!("* {subject}\n\n{body}\n\n"));
    let all: String = each.collect();
    format!("Stories of Tuesday (#7)\n\n{all}---------\n\nCo-authored-by: Ada <ada@example.com>\n")
}

fn gitlab(messages: &[Message]) -> String {
    let each = messages.iter().map(|(subject, body)| {
        let body = body.replace('\n', "\n  ");
        format!("* {subject}\n\n  {body}\n\n")
    });
    let all: String = each.collect();
    format!(
        "Stories of Tuesday\n\n{all}See merge request acme/looker!7\n\nApproved-by: Ada <ada@example.com>\n"
    )
}

fn git_itself(messages: &[Message]) -> String {
    let each = messages.iter().map(|(subject, body)| {
        let body = body.replace('\n', "\n    ");
        format!("commit 7be1e0ed\nAuthor: Jo\n\n    {subject}\n\n    {body}\n\n")
    });
    let all: String = each.collect();
    format!("Squashed commit of the following:\n\n{all}")
}

fn windows(messages: &[Message]) -> String {
    github(messages).replace('\n', "\r\n")
}

#[test]
fn squashes_of_forges_keep_the_trailers() {
    for style in [github, gitlab, git_itself, windows] {
        let mut clone = Clone::new();
        let message = style(&clone.messages());
        clone.squash(&message);
        assert_eq!(clone.on_stage(&[]), "ONE TWO", "{message}");
        assert_eq!(clone.shop.audit().foreign, [], "{message}");
    }
}

/// Behind the trailers of a single commit, in their own paragraph.
#[test]
fn those_who_had_a_hand_in_it_stand_behind_the_trailers() {
    let mut shop = Shop::new();
    let [one, _] = two_stories(&mut shop);
    let sequence = shop.proposed(&[&one], "Something new").expect("it fits");
    let mut clone = Clone::of(shop, &sequence);
    let [(subject, body)] = &clone.messages()[..] else {
        panic!("one commit");
    };
    let message = format!("{subject} (#7)\n\n{body}\nCo-authored-by: Ada <ada@example.com>\n");
    clone.squash(&message);
    assert_eq!(clone.on_stage(&[]), "ONE");
    assert_snapshot!(clone.shop.audited(), @"begins: canonical, examined: 1");
}

/// In plain Git, what a reverted merge brought does not come with the next one, since its commits are there.
/// A newer revision of a story brings all of it, whatever somebody did meanwhile.
#[test]
fn a_reverted_merge_takes_nothing_from_what_lands_later() {
    let mut shop = Shop::new();
    let base = shop.canonical;
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    let more = shop.commit(Some(one.change.to), &[(VIEW, "b {}", "b1 {}")], "More");
    let newer = shop.submitted("ONE", base, more);
    let sequence = shop.proposed(&[&one], "Something new").expect("it fits");
    let mut clone = Clone::of(shop, &sequence);
    clone.git(&["merge", "--no-ff", "--quiet", "--no-edit", "origin/landing"]);
    clone.git(&["revert", "--mainline", "1", "--no-edit", "HEAD"]);
    clone.push();
    assert_eq!(clone.shop.lines(), "a b c d e f g h");
    clone.shop.promote(&[&newer]).expect("it fits");
    assert_eq!(clone.shop.lines(), "a1 b1 c d e f g h");
    assert_snapshot!(clone.shop.audited(), @r#"
    begins: canonical, examined: 3
    no-trailers Forge: Revert "Merge remote-tracking branch 'origin/landing' into acceptance" [views/orders.view.lkml]
    "#);
}

/// The stage moved, and the message is lost: what the commit does tells.
#[test]
fn a_silent_squash_onto_a_stage_that_moved() {
    let mut clone = Clone::new();
    std::fs::write(clone.folder.path().join("NOTICE.md"), "By hand\n").expect("a new file");
    clone.git(&["add", "."]);
    clone.git(&["commit", "--quiet", "--message", "By hand"]);
    clone.push();
    clone.squash("Something");
    assert_eq!(clone.on_stage(&[clone.landing]), "ONE TWO");
    assert_eq!(clone.on_stage(&[]), "");
    // Another that does the same: which it was cannot be told.
    clone.git(&["revert", "--no-edit", "HEAD"]);
    clone.push();
    clone.squash("Something again");
    assert_eq!(clone.on_stage(&[clone.landing]), "");
}

/// Two proposals would give the same files: which was squashed cannot be told, unless both do the same.
#[test]
fn a_silent_squash_of_one_of_several() {
    let mut shop = Shop::new();
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    let same = shop.story("SAME", &[(VIEW, "a {}", "a1 {}")]);
    let tip = |landed: &Landed, subject: &str| {
        let sequence = shop.proposed(&[landed], subject).expect("it fits");
        sequence.landings.last().expect("something lands").commit
    };
    let [first, second] = ["Something", "Something else"].map(|subject| tip(&one, subject));
    let other = tip(&same, "The same");
    let sequence = shop.proposed(&[&one], "Something").expect("it fits");
    let mut clone = Clone::of(shop, &sequence);
    clone.squash("Something");
    assert_eq!(clone.on_stage(&[first, second]), "ONE");
    assert_eq!(clone.on_stage(&[other]), "SAME");
    assert_eq!(clone.on_stage(&[first, other]), "");
}
