//! `storyline sync`, on real repositories: a canonical one, and developers' forks.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod many;
mod one;
mod pushes;
mod stories;

use std::path::PathBuf;

use common::team::{Clone, Team};

const VIEW: &str = "views/orders.view.lkml";

/// A developer's environment, with a repository of its own.
fn developer(team: &Team, name: &str) -> String {
    let url = fork(team, name).display().to_string();
    format!(
        "[environment.{name}]\nrepository = \"{url}\"\nstory_branch = \"story/{{id}}\"\n\
         connections = \"{{name}}_{name}\"\nmodels = \"{{name}}_{name}\"\n\n"
    )
}

fn fork(team: &Team, name: &str) -> PathBuf {
    team.top.join(format!("{name}.git"))
}

/// Makes an environment's repository, without a branch.
fn make_fork(team: &Team, name: &str) {
    let folder = format!("{name}.git");
    team.git(
        &team.top,
        &[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            &folder,
        ],
    );
}

/// Lands a manifest with these environments on canonical.
fn land_manifest(clone: &Clone<'_>, team: &Team, environments: &str) {
    let text = format!(
        "[canonical]\nrepository = \"{}\"\nbranch = \"main\"\n\n{environments}",
        team.url()
    );
    clone.land("storyline.toml", &text, "Environments");
}

/// A team whose environment `dev1` has an empty repository.
fn with_dev1() -> Team {
    let team = Team::new();
    make_fork(&team, "dev1");
    land_manifest(&team.clone("lead"), &team, &developer(&team, "dev1"));
    team
}

/// Branches, backups and the like of an environment's repository, with the subjects of their commits.
fn branches(team: &Team, name: &str) -> String {
    let format = "--format=%(refname) %(contents:subject)";
    masked(&team.git(&fork(team, name), &["for-each-ref", format]))
}

/// With names of objects, which have twelve digits or more, left out.
fn masked(text: &str) -> String {
    let is_name = |word: &str| word.len() >= 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| {
        let end = word.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, rest) = word.split_at(end.unwrap_or(word.len()));
        [if is_name(word) { "[ID]" } else { word }, rest].concat()
    });
    words.collect()
}

fn view(first: &str) -> String {
    format!("view: orders {{\n  sql_table_name: {first} ;;\n  dimension: id {{}}\n}}\n")
}

/// A clone with a story on canonical that has one commit.
fn with_story<'t>(team: &'t Team, name: &str, id: &str) -> Clone<'t> {
    let clone = team.clone(name);
    let branch = format!("story/{id}");
    clone.git(&["switch", "--quiet", "-c", &branch]);
    clone.commit(VIEW, &view("orders_v2"), "Read the new table");
    clone.git(&["push", "--quiet", "origin", &branch]);
    clone
}
