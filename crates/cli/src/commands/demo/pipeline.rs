//! The demo's second part: three stories on their way to production, one of which fails on the way, and
//! another one there. After each promotion to production, what it has is compared with what Git alone
//! makes of the stories that are meant to be there.

use std::fs;
use std::path::Path;

use storyline_sandbox::PROJECTS;
use storyline_sandbox::pipeline::{Edit, STAGES, STORIES, Story, pipeline_manifest};
use storyline_text::Diagnostic;

use super::desk::Desk;
use super::{changed, failed, make};
use crate::failure::{Failure, FailureKind};
use crate::output::{count, print};

/// The branch of Ada's clone that has production in canonical form.
const UNSTAMPED: &str = "production-unstamped";

pub(super) fn run(root: &Path) -> Result<(), Failure> {
    print(&format!(
        "Three stories on their way from canonical to {}, which are repositories.\n\
         What a command prints is shown where it is new.\n",
        STAGES.join(" and "),
    ))?;
    let desk = company(root)?;
    let [first, second, third] = STORIES;
    let [acceptance, production] = STAGES;
    let train = [
        "storyline",
        "promote",
        "--accepted",
        "--from",
        acceptance,
        "--to",
        production,
    ];

    title("Ada begins the stories and hands them in")?;
    for story in [&first, &second, &third] {
        begin(&desk, story)?;
    }
    title("Acceptance gets them all")?;
    let ids = STORIES.map(|story| story.id);
    desk.shows(&[
        "storyline",
        "promote",
        ids[0],
        ids[1],
        ids[2],
        "--to",
        acceptance,
    ])?;

    title(&format!("{} fails there, the others do not", first.id))?;
    let (reason, _) = failing(&first);
    let hold = [
        "storyline",
        "hold",
        first.id,
        "--on",
        acceptance,
        "--reason",
        reason,
    ];
    desk.shows(&hold)?;
    accept(&desk, &second)?;
    accept(&desk, &third)?;

    title(&format!(
        "Production gets those two, while {} is still on acceptance",
        first.id
    ))?;
    desk.shows(&train)?;
    prove(&desk, &[&second, &third])?;

    title(&format!("{} is mended and follows", first.id))?;
    mend(&desk, &first)?;
    accept(&desk, &first)?;
    desk.does(&train)?;
    prove(&desk, &STORIES.each_ref())?;

    title(&format!(
        "{} turns out to be wrong: off it goes, alone",
        third.id
    ))?;
    let (reason, _) = failing(&third);
    let back_out = [
        "storyline",
        "back-out",
        third.id,
        "--from",
        production,
        "--reason",
        reason,
    ];
    desk.shows(&back_out)?;
    prove(&desk, &[&first, &second])?;

    title("And comes back, mended")?;
    mend(&desk, &third)?;
    accept(&desk, &third)?;
    desk.does(&train)?;
    prove(&desk, &STORIES.each_ref())?;
    desk.shows(&["storyline", "audit", production])
}

fn title(text: &str) -> Result<(), Failure> {
    print(&format!("\n{text}\n"))
}

/// Why a story fails somewhere, and its mend.
fn failing(story: &Story) -> (&'static str, Edit) {
    story
        .mend
        .expect("the sandbox's first and third story have one")
}

/// Makes the repositories, begins both stages with what canonical is, and goes to Ada's clone.
fn company(root: &Path) -> Result<Desk, Failure> {
    let top = root.join("pipeline");
    make(&top)?;
    let top = top
        .canonicalize()
        .map_err(|source| failed_at(&top, source))?;
    let folder = top.join("ada");
    let desk = |folder: &Path| Desk {
        home: top.clone(),
        folder: folder.to_owned(),
    };
    let (above, ada) = (desk(&top), desk(&folder));
    for name in ["canonical", STAGES[0], STAGES[1]] {
        let name = format!("{name}.git");
        above.run(&[
            "git",
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            &name,
        ])?;
    }
    let [_, shop] = PROJECTS;
    shop.build(&folder).map_err(|error| failed(&error))?;
    let text = top.to_str().ok_or_else(|| {
        let title = "the folder's name is not UTF-8, which a manifest has to be";
        Failure::new(FailureKind::Usage, Diagnostic::error("demo-failed", title))
    })?;
    write(&folder.join("storyline.toml"), &pipeline_manifest(text))?;
    ada.run(&["git", "init", "--quiet", "--initial-branch=main"])?;
    for [name, value] in [
        ["user.name", "Ada"],
        ["user.email", "ada@example.com"],
        ["commit.gpgSign", "false"],
        // Repositories in folders are reached in this clone, and in no other of the user's.
        ["storyline.protocols", "file"],
    ] {
        ada.run(&["git", "config", name, value])?;
    }
    ada.run(&["git", "add", "--all"])?;
    ada.run(&["git", "commit", "--quiet", "--message", "The shop"])?;
    ada.run(&[
        "git",
        "remote",
        "add",
        "origin",
        &format!("{text}/canonical.git"),
    ])?;
    ada.run(&["git", "push", "--quiet", "--set-upstream", "origin", "main"])?;
    for stage in STAGES {
        let branch = format!("stage-{stage}");
        ada.run(&[
            "storyline",
            "stamp",
            stage,
            "--rev",
            "main",
            "--branch",
            &branch,
        ])?;
        let to = format!("{text}/{stage}.git");
        ada.run(&["git", "push", "--quiet", &to, &format!("{branch}:main")])?;
        ada.run(&["git", "branch", "--quiet", "--delete", "--force", &branch])?;
    }
    Ok(ada)
}

/// A story is begun, committed and handed in.
fn begin(desk: &Desk, story: &Story) -> Result<(), Failure> {
    desk.does(&["storyline", "story", "start", story.id])?;
    desk.does(&["git", "switch", &format!("story/{}", story.id)])?;
    commit(desk, &story.edit, story.title)?;
    let submit = ["storyline", "story", "submit", story.id];
    match story.id == STORIES[0].id {
        true => desk.shows(&submit),
        false => desk.does(&submit),
    }
}

/// A story's branch gets another commit, is handed in again, and promoted to acceptance.
fn mend(desk: &Desk, story: &Story) -> Result<(), Failure> {
    let (_, edit) = failing(story);
    desk.does(&["git", "switch", &format!("story/{}", story.id)])?;
    commit(desk, &edit, &format!("{}, mended", story.title))?;
    desk.does(&["storyline", "story", "submit", story.id])?;
    desk.does(&["storyline", "promote", story.id, "--to", STAGES[0]])
}

fn commit(desk: &Desk, edit: &Edit, message: &str) -> Result<(), Failure> {
    let path = desk.folder.join(edit.path);
    let before = fs::read_to_string(&path).map_err(|source| failed_at(&path, source))?;
    let after = edit.made(&before).expect("the sandbox's edits fit");
    write(&path, &after)?;
    let lines = changed(before.as_bytes(), after.as_bytes());
    print(&format!("    {}\n{lines}", edit.path))?;
    desk.does(&["git", "commit", "--all", "--message", message])
}

fn accept(desk: &Desk, story: &Story) -> Result<(), Failure> {
    desk.does(&["storyline", "accept", story.id, "--on", STAGES[0]])
}

/// Compares production's files, unstamped, with canonical's after `git merge` of these stories' branches.
fn prove(desk: &Desk, stories: &[&Story]) -> Result<(), Failure> {
    let [_, production] = STAGES;
    let at = format!("refs/storyline/remote/{production}/main");
    desk.run(&[
        "storyline",
        "unstamp",
        production,
        "--rev",
        &at,
        "--branch",
        UNSTAMPED,
    ])?;
    desk.run(&["git", "switch", "--quiet", "--detach", "main"])?;
    for story in stories {
        let branch = format!("story/{}", story.id);
        desk.run(&["git", "merge", "--quiet", "--no-edit", &branch])?;
    }
    let files = |commit| desk.run(&["git", "ls-tree", "-r", "--full-tree", commit]);
    let (has, should) = (files(UNSTAMPED)?, files("HEAD")?);
    desk.run(&["git", "switch", "--quiet", "main"])?;
    let ids: Vec<_> = stories.iter().map(|story| story.id).collect();
    if has != should {
        let title = format!("production is not {}; this is a bug", ids.join(" and "));
        let diagnostic = Diagnostic::error("demo-differs", title);
        return Err(Failure::new(FailureKind::Bug, diagnostic));
    }
    print(&format!(
        "  compared with `git merge` of {}: {} identical\n",
        ids.join(", "),
        count(has.lines().count(), "file"),
    ))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| failed_at(path, source))
}

fn failed_at(path: &Path, source: std::io::Error) -> Failure {
    failed(&storyline_sandbox::BuildError {
        path: path.to_owned(),
        source,
    })
}
