//! `cargo xtask corpus --history`: whole histories, there and back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use storyline_repo::projection::{Opaque, Projector};
use storyline_repo::{
    Kind, NewCommit, ObjectId, Objects, Repository, TreeEntry, signature, write_tree,
};
use storyline_stamp::Direction;

/// The environment that the lent manifest declares; it renames whatever can be.
const ENVIRONMENT: &str = "dev1";
const MANIFEST: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models = "{name}_dev1"
projects = "{name}-dev1"
labels = "{name} (dev1)"
schemas = "{name}_dev1"
databases = "{name}_dev1"
profiles = "{name}_dev1"
dbt_projects = "{name}_dev1"
"#;

/// Projects the history of `HEAD` in each folder and takes it back, in repositories that borrow all
/// objects, and prints what came of it.
///
/// # Errors
/// When a history does not come back to the very same commit.
pub(crate) fn run(folders: &[impl AsRef<Path>]) -> Result<()> {
    println!("| repository | commit | commits | changed | as they are |");
    println!("| --- | --- | --- | --- | --- |");
    for folder in folders {
        let folder = folder.as_ref();
        let row = row(folder).with_context(|| folder.display().to_string())?;
        println!("{row}");
    }
    Ok(())
}

fn row(folder: &Path) -> Result<String> {
    let repository = Repository::discover(folder)?.context("this is no repository")?;
    let tip = repository.resolve("HEAD")?;
    let place = tempfile::tempdir()?;
    let objects = borrowing(place.path(), &repository.common_dir().join("objects"))?;
    let lender = lender(&objects)?;
    let take = |tip, direction| -> Result<_> {
        let mut projector = Projector::new(&objects, ENVIRONMENT, direction);
        projector.lend_manifest_of(lender)?;
        let made = projector.project(&[tip])?[0];
        let commits = projector.all().count();
        let changed = projector.all().filter(|(from, to)| from != to).count();
        let mut opaque: BTreeMap<_, usize> = BTreeMap::new();
        for commit in projector.opaque() {
            *opaque.entry(why(commit.why)).or_default() += 1;
        }
        projector.finish()?;
        Ok((made, commits, changed, opaque))
    };
    let (made, commits, changed, opaque) = take(tip, Direction::Stamp)?;
    let (back, ..) = take(made, Direction::Unstamp)?;
    ensure!(back == tip, "{tip} became {made}, and that became {back}");
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.replace('+', "/");
    let tip = &tip.to_string()[..10];
    let opaque = opaque.iter().map(|(why, count)| format!("{count} {why}"));
    let opaque = opaque.collect::<Vec<_>>().join(", ");
    Ok(format!(
        "| {name} | {tip} | {commits} | {changed} | {opaque} |"
    ))
}

fn why(why: Opaque) -> &'static str {
    match why {
        Opaque::NoManifest => "without a manifest",
        Opaque::BrokenManifest => "with a broken manifest",
        Opaque::NoEnvironment => "without the environment",
        Opaque::Refused => "refused",
        Opaque::OddTree => "with odd trees",
    }
}

/// A new repository in `folder` that has all of `objects` too.
fn borrowing(folder: &Path, objects: &Path) -> Result<Objects> {
    for inside in ["objects/pack", "objects/info", "refs/heads"] {
        fs::create_dir_all(folder.join(inside))?;
    }
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n")?;
    let objects = objects.canonicalize()?.into_os_string();
    let line = [objects.as_encoded_bytes(), b"\n"].concat();
    fs::write(folder.join("objects/info/alternates"), line)?;
    Ok(Repository::open_bare(folder)?.objects()?)
}

/// A commit that holds the manifest, and nothing else.
fn lender(objects: &Objects) -> Result<ObjectId> {
    let writer = objects.writer();
    let blob = writer.add(Kind::Blob, MANIFEST.as_bytes())?;
    let entry = TreeEntry {
        mode: b"100644",
        name: b"storyline.toml",
        id: blob,
    };
    let tree = writer.add(Kind::Tree, &write_tree(&[entry]))?;
    let who = signature("A", "a@example.com", 1_000_000_000, 0);
    let commit = NewCommit {
        tree,
        parents: &[],
        author: &who,
        committer: &who,
        message: b"Manifest\n",
    };
    let commit = writer.add(Kind::Commit, &commit.to_bytes())?;
    writer.finish()?;
    Ok(commit)
}
