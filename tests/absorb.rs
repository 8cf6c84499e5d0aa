//! `storyline absorb`, on real repositories: Looker's IDE is imitated by plain git in a clone of the fork.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::fork::Forked;
use common::team::Clone;

const VIEW: &str = "views/orders.view.lkml";
const MODEL: &str = "shop_dev1.model.lkml";

fn view(measure: &str) -> String {
    format!("view: orders {{\n  sql_table_name: orders ;;\n  measure: {measure} {{}}\n}}\n")
}

/// Pushes what is checked out as a branch of the fork.
fn push(ide: &Clone<'_>, branch: &str) {
    let refspec = format!("HEAD:refs/heads/{branch}");
    ide.git(&["push", "--quiet", "origin", &refspec]);
}

/// All that a commit says but for what its tree and parents are.
fn words(clone: &Clone<'_>, commit: &str) -> String {
    let text = clone.git(&["cat-file", "commit", commit]);
    let lines = text
        .lines()
        .map(|line| line.replace("x-storyline-gpgsig", "gpgsig"));
    let lines = lines.filter(|line| !line.starts_with("tree ") && !line.starts_with("parent "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn commits_of_the_ide_become_a_story() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count the total");
    let tip = ide.commit(VIEW, &view("grand_total"), "Name it better\n\nAs agreed.");
    push(&ide, "dev-ada-x1y2");
    let ada = forked.team.clone("ada");
    let absorb = ["absorb", "dev1", "dev-ada-x1y2", "--story", "ABC-12"];
    insta::assert_snapshot!(ada.run(&[&absorb[..], &["--dry-run"]].concat()), @r#"
    $ storyline absorb dev1 dev-ada-x1y2 --story ABC-12 --dry-run
    --- stdout
    would absorb 2 commits of `dev-ada-x1y2` of [DIR]/fork.git into story ABC-12
      story/ABC-12 new at <1>
      <2> -> <3> ide, Count the total
      <4> -> <1> ide, Name it better
    nothing was changed; next: the same without `--dry-run`
    --- exit code 0
    "#);
    assert_eq!(forked.team.tip("story/ABC-12"), None);
    insta::assert_snapshot!(ada.run(&absorb), @r#"
    $ storyline absorb dev1 dev-ada-x1y2 --story ABC-12
    --- stdout
    absorbed 2 commits of `dev-ada-x1y2` of [DIR]/fork.git into story ABC-12
      story/ABC-12 new at <1>
      <2> -> <3> ide, Count the total
      <4> -> <1> ide, Name it better
    next: `storyline story submit ABC-12`
    --- exit code 0
    "#);
    let story = forked.team.tip("story/ABC-12").expect("it was made");
    ada.git(&["fetch", "--quiet", &forked.url(), "dev-ada-x1y2"]);
    for back in ["", "~1"] {
        let (here, there) = (format!("{story}{back}"), format!("{tip}{back}"));
        assert_eq!(words(&ada, &here), words(&ada, &there));
    }
    let base = ada.git(&["rev-parse", &format!("{story}~2")]);
    assert_eq!(forked.team.tip("main"), Some(base));
    assert_eq!(ada.git(&["diff", "--name-only", "main", &story]), VIEW);
    assert_eq!(forked.project(&ada, &story), tip);
    insta::assert_snapshot!(ada.run(&absorb), @r#"
    $ storyline absorb dev1 dev-ada-x1y2 --story ABC-12
    --- stdout
    nothing to absorb: `dev-ada-x1y2` of [DIR]/fork.git has no commit that canonical or story ABC-12 lacks
    --- exit code 0
    "#);
    ada.succeeds(&["story", "submit", "ABC-12"]);
}

/// What `sync` would make of the story is what it was made of.
#[test]
fn sync_has_nothing_to_do_afterwards() {
    let forked = Forked::bare();
    let ada = forked.team.clone("ada");
    ada.succeeds(&["sync", "dev1"]);
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    let tip = forked.tip("wip/ABC-12");
    ada.succeeds(&["absorb", "dev1", "wip/ABC-12"]);
    let sync = ["sync", "dev1", "--story", "ABC-12"];
    insta::assert_snapshot!(ada.run(&sync), @r#"
    $ storyline sync dev1 --story ABC-12
    --- stdout
    dev1 is up to date: main at <1>, wip/ABC-12 at <2>
    --- exit code 0
    "#);
    assert_eq!(forked.tip("wip/ABC-12"), tip);
    // The story goes on in canonical form, and then there again.
    ada.git(&["fetch", "--quiet", "origin", "story/ABC-12"]);
    ada.git(&["switch", "--quiet", "-c", "story/ABC-12", "FETCH_HEAD"]);
    ada.commit("readme.md", "Read me.\n", "A page");
    ada.succeeds(&["story", "submit", "ABC-12"]);
    ada.succeeds(&sync);
    ide.git(&["pull", "--quiet", "--ff-only", "origin", "wip/ABC-12"]);
    ide.commit(VIEW, &view("grand_total"), "Name it better");
    push(&ide, "wip/ABC-12");
    ada.succeeds(&["absorb", "dev1", "--story", "ABC-12"]);
    assert_eq!(forked.tip("wip/ABC-12"), ide.git(&["rev-parse", "HEAD"]));
}

/// Merges, several authors, a signature and a commit without a change travel, and the story's branch
/// goes on, here and there.
#[test]
fn whatever_git_can_commit_travels() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    ada.succeeds(&["story", "start", "ABC-12"]);
    let (ide, other) = (forked.ide("ide"), forked.ide("bob"));
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    insta::assert_snapshot!(ada.run(&["absorb", "dev1", "wip/ABC-12"]), @r#"
    $ storyline absorb dev1 wip/ABC-12
    --- stdout
    absorbed 1 commit of `wip/ABC-12` of [DIR]/fork.git into story ABC-12
      story/ABC-12 <1>..<2>
      <3> -> <2> ide, Count
    next: `storyline story submit ABC-12`
    --- exit code 0
    "#);
    let old = forked.team.tip("story/ABC-12");
    assert_eq!(old, Some(ada.git(&["rev-parse", "story/ABC-12"])));

    other.commit("readme.md", "Read me.\n", "A page");
    other.git(&["commit", "--quiet", "--allow-empty", "-m", "Nothing at all"]);
    let bobs = other.git(&["rev-parse", "HEAD"]);
    ide.git(&["fetch", "--quiet", "../bob", &bobs]);
    ide.git(&["merge", "--quiet", "--no-ff", "-m", "Both", &bobs]);
    let text = ide.git(&["cat-file", "commit", "HEAD"]);
    let signed = text.replacen("\n\n", "\ngpgsig -----BEGIN\n abc\n -----END\n\n", 1) + "\n";
    fs::write(ide.root.join("../signed"), signed).expect("a file");
    let signed = ide.git(&["hash-object", "-t", "commit", "-w", "../signed"]);
    ide.git(&["reset", "--quiet", "--hard", &signed]);
    push(&ide, "wip/ABC-12");
    ada.git(&["switch", "--quiet", "story/ABC-12"]);
    insta::assert_snapshot!(ada.run(&["absorb", "dev1", "--story", "ABC-12"]), @r#"
    $ storyline absorb dev1 --story ABC-12
    --- stdout
    absorbed 3 commits of `wip/ABC-12` of [DIR]/fork.git into story ABC-12
      story/ABC-12 <1>..<2>
      <3> -> <4> bob, A page
      <5> -> <6> bob, Nothing at all
      <7> -> <2> ide, Both
    note: your branch `story/ABC-12` is checked out and was left at <1>: `git merge --ff-only <2>`
    next: `storyline story submit ABC-12`
    --- exit code 0
    "#);
    let new = forked.team.tip("story/ABC-12").expect("it is there");
    assert_eq!(
        old,
        Some(ada.git(&["rev-parse", "story/ABC-12"])),
        "it is checked out"
    );
    assert_eq!(ada.git(&["status", "--porcelain"]), "");
    ada.git(&["merge", "--quiet", "--ff-only", &new]);
    ada.git(&["fetch", "--quiet", &forked.url(), "wip/ABC-12"]);
    assert!(
        ada.git(&["cat-file", "commit", &new])
            .contains("\nx-storyline-gpgsig -----BEGIN\n")
    );
    assert_eq!(words(&ada, &new), words(&ada, &signed));
    assert_eq!(words(&ada, &format!("{new}^2")), words(&ada, &bobs));
    assert_eq!(forked.tip("wip/ABC-12"), signed);
}

#[test]
fn for_programs() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    let there = ide.commit(VIEW, &view("total"), "Count \u{1b}[31m");
    push(&ide, "wip/ABC-12");
    let ada = forked.team.clone("ada");
    let told = ada
        .succeeds(&["absorb", "dev1", "wip/ABC-12", "--format", "json"])
        .json();
    let story = forked.team.tip("story/ABC-12").expect("it was made");
    let expected = serde_json::json!({
        "environment": "dev1",
        "story": "ABC-12",
        "from": "wip/ABC-12",
        "branch": "story/ABC-12",
        "old": null,
        "new": story,
        "commits": [{
            "there": there,
            "here": story,
            "author": "ide",
            "subject": "Count \u{1b}[31m",
            "as_it_is": false,
        }],
        "done": true,
        "notes": [],
    });
    assert_eq!(told, expected);
}

#[test]
fn names_that_do_not_belong_there() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    let ide = forked.ide("ide");
    // Canonical's connection in the environment's model.
    let stray = "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n";
    ide.commit(MODEL, stray, "Another connection");
    push(&ide, "wip/S-1");
    insta::assert_snapshot!(ada.refused(&["absorb", "dev1", "wip/S-1"]), @r#"
    $ storyline absorb dev1 wip/S-1
    --- stderr
    error[stray-name]: connection `warehouse` does not belong to environment `dev1`
     --> shop_dev1.model.lkml:1:14
      |
    1 | connection: "warehouse"
      |              ^^^^^^^^^
      |
      = help: if `warehouse` is the canonical name, it is `warehouse_dev1` in this environment: write that, then unstamp again

    error[commit-not-stamped]: commit <1> cannot be taken back to canonical form: it is not in the environment's form ("Another connection", by ide)
     |
     = help: mend it in the environment's repository, in that very commit (`git commit --amend`, `git rebase -i`), push it there, then run the command again; it cannot be taken in as it is, since stamping would make another commit of it
    --- exit code 1
    "#);
    // A file that nobody can read, mended later.
    ide.git(&["reset", "--quiet", "--hard", "origin/main"]);
    let broken = ide.commit(
        MODEL,
        "connection: \"warehouse_dev1\"\nexplore: orders {\n",
        "Half of it",
    );
    let whole = "connection: \"warehouse_dev1\"\nexplore: orders {\n}\n";
    let mended = ide.commit(MODEL, whole, "The other half");
    push(&ide, "wip/S-2");
    insta::assert_snapshot!(ada.refused(&["absorb", "dev1", "wip/S-2"]), @r#"
    $ storyline absorb dev1 wip/S-2
    --- stderr
    error[lookml-unclosed-block]: this `{` is never closed
     --> shop_dev1.model.lkml:2:17
      |
    2 | explore: orders {
      |                 ^
      |
      = help: add a `}` where the block ends

    error[commit-not-stamped]: commit <1> cannot be taken back to canonical form: it is not in the environment's form ("Half of it", by ide)
     |
     = help: mend it in the environment's repository, in that very commit (`git commit --amend`, `git rebase -i`), push it there, then run the command again
     = help: `--allow-strays` takes such commits in as they are, names of the environment and all
    --- exit code 1
    "#);
    insta::assert_snapshot!(ada.run(&["absorb", "dev1", "wip/S-2", "--allow-strays"]), @r#"
    $ storyline absorb dev1 wip/S-2 --allow-strays
    --- stdout
    absorbed 2 commits of `wip/S-2` of [DIR]/fork.git into story S-2
      story/S-2 new at <1>
      <2> -> <3> ide, Half of it (as it is)
      <4> -> <1> ide, The other half
    next: `storyline story submit S-2`
    --- exit code 0
    "#);
    let story = forked.team.tip("story/S-2").expect("it was made");
    ada.git(&["fetch", "--quiet", &forked.url(), "wip/S-2"]);
    let tree = |commit: &str| ada.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
    assert_eq!(tree(&format!("{story}~1")), tree(&broken));
    let canonical = ada.git(&["show", &format!("{story}:shop.model.lkml")]);
    assert_eq!(canonical, whole.replace("_dev1", "").trim_end());
    assert_eq!(forked.tip("wip/S-2"), mended);
    // Canonical itself, merged there.
    ide.git(&["reset", "--quiet", "--hard", "origin/main"]);
    ide.git(&["fetch", "--quiet", &forked.team.url(), "main"]);
    ide.git(&[
        "merge",
        "--quiet",
        "-s",
        "ours",
        "--allow-unrelated-histories",
        "-m",
        "Canonical",
        "FETCH_HEAD",
    ]);
    push(&ide, "wip/S-3");
    insta::assert_snapshot!(ada.refused(&["absorb", "dev1", "wip/S-3"]), @r#"
    $ storyline absorb dev1 wip/S-3
    --- stderr
    error[ambiguous-commit]: the branch holds canonical commit <1> in canonical form
     |
     = help: somebody merged canonical itself there; what belongs there is its projection: `storyline sync dev1`
     = help: take that commit out of the branch (`git rebase`), push it there, then run the command again
    --- exit code 1
    "#);
}

#[test]
fn a_story_that_went_on() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    ada.succeeds(&["story", "start", "ABC-12"]);
    ada.git(&["switch", "--quiet", "story/ABC-12"]);
    ada.commit("readme.md", "Read me.\n", "A page");
    ada.git(&["push", "--quiet", "origin", "story/ABC-12"]);
    let told = ada.refused(&["absorb", "dev1", "wip/ABC-12"]);
    insta::assert_snapshot!(told, @r#"
    $ storyline absorb dev1 wip/ABC-12
    --- stderr
    error[story-moved]: story ABC-12 went on without what `wip/ABC-12` of [DIR]/fork.git has
     |
     = help: `story/ABC-12` alone has: 1 commit
               <1> ada, A page
     = help: to be absorbed, in canonical form: 1 commit
               <2> ide, Count
     = help: to bring both together, in canonical form: `git switch --detach <1>`, `git merge <2>`, `git push [DIR]/canonical.git HEAD:refs/heads/story/ABC-12`, `git switch -`; then `storyline sync dev1 --story ABC-12` brings the result there
     = help: or take them in as a story of their own: `storyline absorb dev1 wip/ABC-12 --story OTHER-ID`
    --- exit code 3
    "#);
    // What it says to do works.
    let text = told.to_string();
    assert_eq!(told.code(), Some(3), "{text}");
    for command in told.commands() {
        if let Some(git) = command.strip_prefix("git ") {
            ada.git(&git.split(' ').collect::<Vec<_>>());
        }
    }
    let both = forked.team.tip("story/ABC-12").expect("it is there");
    assert_eq!(
        ada.git(&["ls-tree", "--name-only", &both, "readme.md", VIEW]),
        format!("readme.md\n{VIEW}")
    );
    insta::assert_snapshot!(ada.run(&["absorb", "dev1", "wip/ABC-12"]), @r#"
    $ storyline absorb dev1 wip/ABC-12
    --- stdout
    nothing to absorb: `wip/ABC-12` of [DIR]/fork.git has no commit that canonical or story ABC-12 lacks
    --- exit code 0
    "#);
    assert_eq!(forked.team.tip("story/ABC-12"), Some(both));
}

#[test]
fn nothing_that_can_be_absorbed() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    let ide = forked.ide("ide");
    ide.git(&["switch", "--quiet", "--orphan", "other"]);
    ide.commit("readme.md", "Another project.\n", "Elsewhere");
    push(&ide, "wip/ABC-12");
    push(&ide, "wip/abc-13");
    ada.succeeds(&["story", "start", "ABC-13"]);
    let told = [
        &["absorb", "dev1", "wip/ABC-12"][..],
        &["absorb", "dev1", "wip/abc-13"],
        &["absorb", "dev2"],
        &["absorb", "dev1"],
        &["absorb", "dev1", "dev-ada"],
        &["absorb", "dev1", "dev-ada", "--story", "A-1"],
        &["absorb", "dev1", "--story", "ABC-13"],
        &["absorb", "dev1", "--story", "../x"],
    ];
    let told = told.map(|args| ada.refused(args).to_string());
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    $ storyline absorb dev1 wip/ABC-12
    --- stderr
    error[foreign-history]: `wip/ABC-12` of [DIR]/fork.git has no commit in common with canonical
     |
     = help: if it is a copy of the project that was made by hand: `storyline adopt dev1`
    --- exit code 2

    $ storyline absorb dev1 wip/abc-13
    --- stderr
    error[story-exists]: there is a story ABC-13, which some systems take for abc-13
     |
     = help: if it is that one: `storyline absorb dev1 wip/abc-13 --story ABC-13`; if not, choose another id
    --- exit code 2

    $ storyline absorb dev2
    --- stderr
    error[unknown-environment]: the manifest has no environment `dev2`
     |
     = help: did you mean `dev1`?
    --- exit code 2

    $ storyline absorb dev1
    --- stderr
    error[story-unknown]: which story the commits of `main` belong to is not known
     |
     = help: say it: `storyline absorb dev1 main --story ID`; a new id begins a new story
    --- exit code 2

    $ storyline absorb dev1 dev-ada
    --- stderr
    error[story-unknown]: which story the commits of `dev-ada` belong to is not known
     |
     = help: say it: `storyline absorb dev1 dev-ada --story ID`; a new id begins a new story
    --- exit code 2

    $ storyline absorb dev1 dev-ada --story A-1
    --- stderr
    error[branch-missing]: [DIR]/fork.git has no branch `dev-ada`
     |
     = help: it has `main`, `wip/ABC-12`, `wip/abc-13`
    --- exit code 2

    $ storyline absorb dev1 --story ABC-13
    --- stderr
    error[branch-missing]: [DIR]/fork.git has no branch `wip/ABC-13`
     |
     = help: it has `main`, `wip/ABC-12`, `wip/abc-13`
     = help: `storyline sync dev1 --story ABC-13` puts the story there
    --- exit code 2

    $ storyline absorb dev1 --story ../x
    --- stderr
    error[story-id]: `../x` cannot be the id of a story: it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first
     |
     = help: take the key of its ticket, such as `ABC-12`, or a few words: `lifetime-value`
    --- exit code 2
    "#);
}

#[test]
fn hostile_branches() {
    let forked = Forked::new();
    let ada = forked.team.clone("ada");
    for branch in [
        "-x",
        "--upload-pack=x",
        "a..b",
        "refs/heads/../x",
        "x\u{1b}[31m",
        "a b",
        "",
        "a:b",
        "x.lock",
        "@{-1}",
        "+x",
    ] {
        let told = ada
            .refused(&["absorb", "dev1", "--story", "A-1", "--", branch])
            .to_string();
        let (_, told) = told
            .split_once('\n')
            .expect("the command stands in the first line");
        let is_named = ["ref-name", "branch-missing"]
            .iter()
            .any(|id| told.contains(id));
        assert!(is_named && !told.contains('\u{1b}'), "{told}");
    }
}

/// Neither what is checked out nor what is not committed matters.
#[test]
fn the_working_tree_is_left_alone() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    let ada = forked.team.clone("ada");
    ada.git(&["switch", "--quiet", "--detach", "HEAD~1"]);
    ada.write(VIEW, "changed");
    ada.write("new", "new");
    let status = ada.git(&["status", "--porcelain", "--branch"]);
    ada.succeeds(&["absorb", "dev1", "wip/ABC-12"]);
    assert_eq!(ada.git(&["status", "--porcelain", "--branch"]), status);
}

#[test]
fn a_hook_that_refuses() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    let ada = forked.team.clone("ada");
    hook(&forked, "echo stories are closed today >&2; exit 1");
    let told = ada.refused(&["absorb", "dev1", "wip/ABC-12"]);
    assert_eq!(told.code(), Some(3), "{told}");
    let told = told.to_string();
    assert!(
        told.contains("push-refused") && told.contains("stories are closed today"),
        "{told}"
    );
    hook(&forked, "exit 0");
    ada.succeeds(&["absorb", "dev1", "wip/ABC-12"]);
}

fn hook(forked: &Forked, script: &str) {
    let file = forked.team.canonical.join("hooks/pre-receive");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a hook");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a hook");
}

/// Somebody else pushes the story while the push is under way, and then the program is killed.
#[test]
fn others_at_the_same_time_and_a_sudden_end() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    let (ada, bob) = (forked.team.clone("ada"), forked.team.clone("bob"));
    hook(
        &forked,
        "rm hooks/pre-receive; unset GIT_QUARANTINE_PATH; git update-ref refs/heads/story/ABC-12 refs/heads/main",
    );
    let told = ada.run(&["absorb", "dev1", "wip/ABC-12"]);
    assert_eq!(told.code(), Some(3), "{told}");
    assert_eq!(forked.team.tip("story/ABC-12"), forked.team.tip("main"));

    let pipe = forked.team.canonical.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    hook(
        &forked,
        "rm hooks/pre-receive; read pid < pipe; kill -9 $pid",
    );
    let mut absorb = ada
        .command(&["absorb", "dev1", "wip/ABC-12"])
        .spawn()
        .expect("it was built");
    fs::write(&pipe, format!("{}\n", absorb.id())).expect("the hook reads it");
    let ended = absorb.wait().expect("it ended");
    assert!(!ended.success());
    for clone in [&ada, &bob] {
        clone.succeeds(&["absorb", "dev1", "wip/ABC-12"]);
    }
    let story = forked.team.tip("story/ABC-12").expect("it is there");
    ada.git(&["fetch", "--quiet", "origin", "story/ABC-12"]);
    assert_eq!(ada.git(&["diff", "--name-only", "main", &story]), VIEW);
}

#[test]
fn clones_that_lack_objects() {
    let forked = Forked::new();
    let ide = forked.ide("ide");
    ide.commit(VIEW, &view("total"), "Count");
    push(&ide, "wip/ABC-12");
    let ada = forked.team.clone("ada");
    let url = format!("file://{}", forked.team.url());
    ada.git(&["fetch", "--quiet", "--depth=1", &url, "main"]);
    let told = ada.refused(&["absorb", "dev1", "wip/ABC-12"]).to_string();
    assert!(told.contains("error[repository-shallow]"), "{told}");
    let bob = forked.team.clone("bob");
    let blob = bob.git(&["rev-parse", "HEAD:storyline.toml"]);
    let (folder, file) = blob.split_at(2);
    let loose = bob.root.join(".git/objects").join(folder).join(file);
    fs::remove_file(loose).expect("a clone by path has the same files");
    let told = bob.refused(&["absorb", "dev1", "wip/ABC-12"]).to_string();
    assert!(told.contains("the repository lacks object"), "{told}");
}

#[test]
fn one_repository_with_branches() {
    let forked = Forked::bare();
    let lead = forked.team.clone("second");
    let manifest = fs::read_to_string(lead.root.join("storyline.toml")).expect("a manifest");
    let start = manifest.find("repository = \"").expect("canonical's");
    let at = manifest[start + 1..]
        .find("repository = ")
        .expect("the fork's")
        + start
        + 1;
    let manifest = format!(
        "{}branch = \"env/dev1\"\nstory_branch = \"env/dev1/{{id}}\"\n",
        &manifest[..at]
    );
    lead.land("storyline.toml", &manifest, "A branch for dev1");
    lead.git(&["pull", "--quiet"]);
    let tip = forked.project(&lead, "HEAD");
    lead.git(&[
        "push",
        "--quiet",
        "origin",
        &format!("{tip}:refs/heads/dev1"),
    ]);
    lead.git(&["switch", "--quiet", "--detach", &tip]);
    lead.commit(VIEW, &view("total"), "Count");
    push(&lead, "env/dev1/ABC-12");
    insta::assert_snapshot!(lead.run(&["absorb", "dev1", "env/dev1/ABC-12"]), @r#"
    $ storyline absorb dev1 env/dev1/ABC-12
    --- stdout
    absorbed 1 commit of `env/dev1/ABC-12` of [DIR]/canonical.git into story ABC-12
      story/ABC-12 new at <1>
      <2> -> <1> second, Count
    next: `storyline story submit ABC-12`
    --- exit code 0
    "#);
}
