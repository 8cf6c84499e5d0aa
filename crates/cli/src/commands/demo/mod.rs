//! `storyline demo`: what Storyline does, on a small company, with the commands that do it.

mod desk;
mod pipeline;

use std::path::Path;
use std::process::ExitCode;

use similar::{ChangeTag, TextDiff};
use storyline_folder::Folder;
use storyline_sandbox::{BuildError, ENVIRONMENTS, PROJECTS, Project};
use storyline_stamp::{Direction, FileSet};
use storyline_text::Diagnostic;

use crate::args::{DemoArgs, Format, StampArgs};
use crate::commands::stamp;
use crate::failure::{Failure, FailureKind};
use crate::output::{count, print, shown};

pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let root = match &args.folder {
        Some(named) => named.clone(),
        None => std::env::temp_dir().join(format!("storyline-demo-{}", std::process::id())),
    };
    let canonical = root.join("canonical");
    make(&root)?;
    make(&canonical)?;
    print(&format!(
        "A company with a hub project and a shop that imports it, in {}\n",
        shown(&root),
    ))?;
    for project in PROJECTS {
        project
            .build(&canonical.join(project.name))
            .map_err(|error| failed(&error))?;
    }
    for environment in ENVIRONMENTS {
        print(&format!("\n{environment}\n"))?;
        there_and_back(&root, environment)?;
    }
    print(&format!(
        "\nStamped for {}, unstamped, and not a byte was lost.\n\n",
        count(ENVIRONMENTS.len(), "environment"),
    ))?;
    pipeline::run(&root)?;
    print(&format!("\nLook around in {}\n", shown(&root)))?;
    Ok(ExitCode::SUCCESS)
}

/// Stamps every project into a folder of the environment, unstamps it into another, and compares.
fn there_and_back(root: &Path, environment: &str) -> Result<(), Failure> {
    let back = format!("{environment}-unstamped");
    make(&root.join(environment))?;
    make(&root.join(&back))?;
    for Project { name, .. } in PROJECTS {
        let folder = |form: &str| root.join(form).join(name);
        let canonical = folder("canonical");
        take(
            root,
            environment,
            Direction::Stamp,
            ["canonical", environment],
            name,
        )?;
        if environment == ENVIRONMENTS[0] {
            print(&changed_lines(&canonical, &folder(environment))?)?;
        }
        take(
            root,
            environment,
            Direction::Unstamp,
            [environment, &back],
            name,
        )?;
        let files = compare(&canonical, &folder(&back))?;
        print(&format!(
            "  compared with canonical: {} identical\n",
            count(files, "file")
        ))?;
    }
    Ok(())
}

fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir(folder).map_err(|source| {
        failed(&BuildError {
            path: folder.to_owned(),
            source,
        })
    })
}

fn failed(error: &BuildError) -> Failure {
    let diagnostic = Diagnostic::error("demo-failed", error.to_string())
        .help("name a folder that does not exist yet: `storyline demo DIR`");
    Failure::new(FailureKind::Usage, diagnostic)
}

/// Shows a command as one would type it in `root`, and runs it.
fn take(
    root: &Path,
    environment: &str,
    direction: Direction,
    [from, to]: [&str; 2],
    project: &str,
) -> Result<(), Failure> {
    let from = Path::new(from).join(project);
    let into = Path::new(to).join(project);
    print(&format!(
        "  $ storyline -C {} {direction} {environment} --into {}\n  ",
        from.display(),
        into.display(),
    ))?;
    let args = StampArgs {
        environment: environment.into(),
        into: Some(into),
        rev: None,
        branch: None,
        manifest_from: None,
        dry_run: false,
        format: Format::Text,
    };
    stamp::take(root, &from, &args, direction).map(|_| ())
}

/// The lines that the stamp changed, file by file: renamed files stand at the same place in both.
fn changed_lines(before: &Path, after: &Path) -> Result<String, Failure> {
    let (before, after) = (Folder::open(before)?, Folder::open(after)?);
    let mut out = String::new();
    for (old, new) in before.entries().iter().zip(after.entries()) {
        let (a, b) = (before.read(&old.path)?, after.read(&new.path)?);
        if old.path == new.path && a == b {
            continue;
        }
        out.push_str(&format!("    {}\n", new.path));
        out.push_str(&changed(&a, &b));
    }
    Ok(out)
}

/// The lines that differ, but for blank ones.
fn changed(before: &[u8], after: &[u8]) -> String {
    let diff = TextDiff::from_lines(before, after);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let line = change.to_string_lossy();
        match line.trim() {
            "" => None,
            line => Some(format!("    {sign} {line}\n")),
        }
    });
    lines.collect()
}

/// Compares two folders byte for byte, and counts their files.
fn compare(left: &Path, right: &Path) -> Result<usize, Failure> {
    let (left, right) = (Folder::open(left)?, Folder::open(right)?);
    let mut same = left.entries() == right.entries();
    if same {
        for entry in left.entries() {
            same &= left.read(&entry.path)? == right.read(&entry.path)?;
        }
    }
    match same {
        true => Ok(left.entries().len()),
        false => Err(Failure::new(
            FailureKind::Bug,
            Diagnostic::error(
                "demo-differs",
                "the folder came back different; this is a bug",
            ),
        )),
    }
}
