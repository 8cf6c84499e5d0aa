//! `storyline demo`: what Storyline does, on a small company, with the commands that do it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use similar::{ChangeTag, TextDiff};
use storyline_folder::Folder;
use storyline_sandbox::{BuildError, ENVIRONMENTS, PROJECTS};
use storyline_stamp::{Direction, FileSet};
use storyline_text::Diagnostic;

use crate::args::{DemoArgs, Format, StampArgs};
use crate::commands::stamp;
use crate::failure::{Failure, FailureKind};
use crate::output::{count, print};

pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let root = match &args.directory {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("storyline-demo-{}", std::process::id())),
    };
    std::fs::create_dir(&root).map_err(|source| {
        failed(&BuildError {
            path: root.clone(),
            source,
        })
    })?;
    let canonical = root.join("canonical");
    std::fs::create_dir(&canonical).map_err(|source| {
        failed(&BuildError {
            path: canonical.clone(),
            source,
        })
    })?;
    print(&format!(
        "A company with a hub project and a shop that imports it, in {}\n",
        root.display(),
    ))?;
    for project in PROJECTS {
        project
            .build(&canonical.join(project.name))
            .map_err(|error| failed(&error))?;
    }
    for environment in ENVIRONMENTS {
        let stamped = root.join(environment);
        let back = root.join(format!("{environment}-unstamped"));
        for folder in [&stamped, &back] {
            std::fs::create_dir(folder).map_err(|source| {
                failed(&BuildError {
                    path: folder.clone(),
                    source,
                })
            })?;
        }
        print(&format!("\n{environment}\n"))?;
        for project in PROJECTS {
            let folder = |root: &Path| root.join(project.name);
            take(
                &folder(&canonical),
                environment,
                folder(&stamped),
                Direction::Stamp,
            )?;
            if environment == ENVIRONMENTS[0] {
                print(&changed_lines(&folder(&canonical), &folder(&stamped))?)?;
            }
            take(
                &folder(&stamped),
                environment,
                folder(&back),
                Direction::Unstamp,
            )?;
            let files = compare(&folder(&canonical), &folder(&back))?;
            print(&format!(
                "  compared with canonical: {} identical\n",
                count(files, "file")
            ))?;
        }
    }
    print(&format!(
        "\nStamped for {}, unstamped, and not a byte was lost.\nLook around in {}\n",
        count(ENVIRONMENTS.len(), "environment"),
        root.display(),
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn failed(error: &BuildError) -> Failure {
    let diagnostic = Diagnostic::error("demo-failed", error.to_string())
        .help("name a folder that does not exist yet: `storyline demo DIR`");
    Failure::new(FailureKind::Usage, diagnostic)
}

fn take(
    from: &Path,
    environment: &str,
    into: PathBuf,
    direction: Direction,
) -> Result<(), Failure> {
    let command = match direction {
        Direction::Stamp => "stamp",
        Direction::Unstamp => "unstamp",
    };
    let (shown, shown_into) = (short(from), short(&into));
    print(&format!(
        "  $ storyline -C {shown} {command} {environment} --into {shown_into}\n  "
    ))?;
    let args = StampArgs {
        environment: environment.into(),
        into: Some(into),
        dry_run: false,
        format: Format::Text,
    };
    stamp::take(from, &args, direction).map(|_| ())
}

/// The last two components, which is all that differs in the demo.
fn short(path: &Path) -> String {
    let parent = path.parent().and_then(Path::file_name);
    let names = parent.into_iter().chain(path.file_name());
    names
        .map(|name| name.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
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
        let diff = TextDiff::from_lines(&*a, &*b);
        for change in diff.iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            out.push_str(&format!("    {sign} {}\n", change.to_string_lossy().trim()));
        }
    }
    Ok(out)
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
