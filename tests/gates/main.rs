//! `storyline accept`, `hold` and `release`, and what `promote` makes of them, on real repositories: a canonical
//! one that carries the stages' branches too, and people's clones.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod keys;
mod promoted;
mod refused;
mod said;

use std::process::Command;

use common::team::{Clone, Team, Told, VIEW, view};

/// Stages of the pipeline, two of them side by side.
const STAGES: [&str; 3] = ["acceptance-1", "acceptance-2", "production"];

/// A team with stages, of which the manifest says `policy`; `ada` is who begins.
fn team(policy: &str) -> Team {
    let team = Team::without_commits("canonical.git");
    let first = team.clone("first");
    let stages = STAGES.map(|stage| {
        format!(
            "[environment.{stage}]\nbranch = \"env/{stage}\"\nmodels = \"{{name}}_{}\"\n\n",
            stage.replace('-', "_")
        )
    });
    let manifest = format!(
        "[canonical]\nrepository = \"{}\"\nbranch = \"main\"\n\n{}\
         [pipeline]\nstages = [[\"acceptance-1\", \"acceptance-2\"], \"production\"]\n\n{policy}",
        team.url(),
        stages.concat()
    );
    first.write("storyline.toml", &manifest);
    first.write(
        "shop.model.lkml",
        "connection: \"warehouse\"\ninclude: \"/views/*\"\n",
    );
    first.write(VIEW, &view("orders", "count"));
    first.git(&["add", "."]);
    first.git(&["commit", "--quiet", "-m", "First"]);
    first.git(&["push", "--quiet", "origin", "main"]);
    for stage in STAGES {
        let branch = format!("stage-{stage}");
        first.succeeds(&["stamp", stage, "--rev", "HEAD", "--branch", &branch]);
        first.git(&[
            "push",
            "--quiet",
            "origin",
            &format!("{branch}:env/{stage}"),
        ]);
    }
    team
}

/// Hands in a story that adds a view of its own.
fn submit(clone: &Clone<'_>, id: &str) {
    clone.git(&["switch", "--quiet", "main"]);
    clone.start(id);
    change(clone, id, "one");
}

/// Hands in what the branch of a story holds, with this change.
fn change(clone: &Clone<'_>, id: &str, table: &str) {
    let name = id.to_lowercase().replace('-', "_");
    let text = format!("view: {name} {{\n  sql_table_name: {table} ;;\n}}\n");
    clone.commit(
        &format!("views/{name}.view.lkml"),
        &text,
        &format!("{id} reads {table}"),
    );
    clone.succeeds(&["story", "submit", id]);
}

fn promote(clone: &Clone<'_>, id: &str, stages: &[&str]) {
    for stage in stages {
        clone.succeeds(&["promote", id, "--to", stage]);
    }
}

/// The ref of a stage's gate.
fn gate(stage: &str) -> String {
    format!("refs/storyline/gate/{stage}")
}

/// Commits on a gate in the canonical repository.
fn entries(team: &Team, stage: &str) -> usize {
    match team.tip(&gate(stage)) {
        Some(tip) => {
            let count = team.git(&team.canonical, &["rev-list", "--count", &tip]);
            count.parse().expect("a number")
        }
        None => 0,
    }
}

/// Views that are on a stage, beside the first.
fn views(team: &Team, stage: &str) -> String {
    let branch = format!("env/{stage}");
    let files = team.git(
        &team.canonical,
        &["ls-tree", "-r", "--name-only", &branch, "views/"],
    );
    let files = files.lines().filter(|file| *file != VIEW);
    let names = files.map(|file| {
        let name = file.trim_start_matches("views/");
        name.trim_end_matches(".view.lkml")
    });
    names.collect::<Vec<_>>().join(" ")
}

/// Checks that the program refuses, and that no ref moved in the canonical repository. A clone may learn of more.
#[track_caller]
fn refused(clone: &Clone<'_>, team: &Team, args: &[&str]) -> Told {
    let before = team.refs();
    let told = clone.run(args);
    assert_ne!(told.code(), Some(0), "{told}");
    assert_eq!(team.refs(), before, "{told}");
    told
}

/// Makes a key pair beside somebody's clone; the public key as a manifest has it.
fn key(team: &Team, name: &str) -> String {
    let file = team.top.join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&file)
        .status();
    assert!(made.expect("it is installed").success());
    let public = std::fs::read_to_string(file.with_extension("pub")).expect("it was made");
    public.trim().into()
}

/// Has somebody sign with a key.
fn signs(clone: &Clone<'_>, team: &Team, key: &str) {
    let file = team.top.join(format!("{key}.pub"));
    clone.git(&["config", "--global", "gpg.format", "ssh"]);
    let file = file.to_str().expect("a plain path");
    clone.git(&["config", "--global", "user.signingKey", file]);
}
