//! The house stays as `ARCHITECTURE.md` draws it: crates know only those below them, every source
//! file says why it exists, and none grows so long that nobody reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// Lines that a source file may have.
const MAX_LINES: usize = 600;

/// Crates that know a language and nothing of environments: of ours they may use only one another
/// and `text`.
const LANGUAGES: [&str; 3] = ["dbt", "lookml", "yaml"];

#[test]
fn a_crate_uses_only_crates_below_it() {
    let below = code_map();
    let crates = crates();
    let drawn: Vec<&String> = below.keys().collect();
    let there: Vec<&String> = crates.keys().collect();
    assert_eq!(drawn, there, "the code map (left) and crates/ (right)");
    let arrows = crates
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())));
    let wrong: Vec<_> = arrows
        .filter(|(from, to)| {
            let upwards = below[*from] >= below[*to];
            let talkative = LANGUAGES.contains(from) && *to != "text" && !LANGUAGES.contains(to);
            upwards || talkative
        })
        .collect();
    assert!(wrong.is_empty(), "arrows that point upwards: {wrong:?}");
}

#[test]
fn the_program_only_starts_the_command_line() {
    let metadata = metadata();
    let program = package(&metadata, |name| name == "storyline").next();
    let (_, package) = program.expect("the root package");
    let of_the_program = |d: &&Value| d["kind"].is_null();
    let names = dependencies(package).filter(of_the_program);
    let names: Vec<_> = names.filter_map(|d| d["name"].as_str()).collect();
    assert_eq!(names, ["storyline-cli"]);
}

#[test]
fn every_source_file_says_why_it_exists() {
    let silent: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(path, _)| path.components().any(|part| part.as_os_str() == "src"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "files without a `//!` head: {silent:?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<(PathBuf, usize)> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "files of over {MAX_LINES} lines: {long:?}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of the code map, with how far down each stands.
fn code_map() -> BTreeMap<String, usize> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is there");
    let headings = page.lines().filter_map(|line| {
        let name = line.strip_prefix("### `crates/")?;
        name.strip_suffix('`').map(str::to_owned)
    });
    headings
        .enumerate()
        .map(|(row, name)| (name, row))
        .collect()
}

/// The folders of `crates/`, each with those that its crate depends on, tests included.
fn crates() -> BTreeMap<String, Vec<String>> {
    let metadata = metadata();
    let found = package(&metadata, |name| name.starts_with("storyline-"));
    found
        .map(|(name, package)| (name["storyline-".len()..].to_owned(), ours(package)))
        .collect()
}

fn package<'m>(
    metadata: &'m Value,
    is_wanted: impl Fn(&str) -> bool + 'm,
) -> impl Iterator<Item = (&'m str, &'m Value)> {
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages.iter().filter_map(move |package| {
        let name = package["name"].as_str()?;
        is_wanted(name).then_some((name, package))
    })
}

/// The dependencies of a package, tests included, that are crates of this workspace.
fn ours(package: &Value) -> Vec<String> {
    let names = dependencies(package).filter_map(|d| d["name"].as_str());
    names
        .filter_map(|name| name.strip_prefix("storyline-"))
        .map(str::to_owned)
        .collect()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    let dependencies = package["dependencies"].as_array();
    dependencies.expect("a list of dependencies").iter()
}

fn metadata() -> Value {
    let cargo = env::var_os("CARGO").expect("cargo runs the tests");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// All Rust files of the workspace and their text, by path from the root.
fn sources() -> Vec<(PathBuf, String)> {
    let mut ahead: Vec<PathBuf> = ["crates", "src", "tests", "xtask"]
        .map(PathBuf::from)
        .into();
    let mut sources = Vec::new();
    while let Some(folder) = ahead.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("a type").is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(root().join(&path)).expect("UTF-8");
                sources.push((path, text));
            }
        }
    }
    sources.sort();
    sources
}
