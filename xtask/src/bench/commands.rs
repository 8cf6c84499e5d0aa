//! Whole processes: `storyline` as a user starts it, next to a plain copy of the folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::clock::Times;
use super::report::{Goal, Report};
use crate::{project, python};

/// What is added to the copy of the checkout, which has no manifest.
const MANIFEST: &str = "\
[environment.dev1]
models      = \"{name}_{env}\"
connections = \"{name}_{env}\"
labels      = \"{name} ({env})\"
";

/// Measures `sites`, `stamp --into` and `cp -r`, which take turns.
pub(crate) fn measure(folder: &Path, runs: usize, report: &mut Report) -> Result<()> {
    project::succeed(project::cargo().args(["build", "--quiet", "--release"]))?;
    let program = project::target().join("release/storyline");
    let scratch = project::target().join("bench");
    let (project, copy) = (scratch.join("project"), scratch.join("copy"));
    fs::create_dir_all(&scratch)?;
    if project.exists() {
        fs::remove_dir_all(&project)?;
    }
    project::succeed(Command::new("cp").arg("-r").arg(folder).arg(&project))?;
    fs::write(project.join("storyline.toml"), MANIFEST)?;
    let request = json!({
        "runs": runs.max(1),
        "remove": copy,
        "commands": {
            "sites": [program, "-C", project, "sites"],
            "stamp": [program, "-C", project, "stamp", "dev1", "--into", copy],
            "cp": ["cp", "-r", project, copy],
        },
    });
    let script = project::root().join("xtask/python/bench_commands.py");
    let mut python = Command::new(python::environment()?);
    let answer = python::ask(python.arg(script), request.to_string().as_bytes())?;
    fs::remove_dir_all(&scratch)?;
    let [sites, stamp, cp] = ["sites", "stamp", "cp"].map(|name| times(&answer, name));
    let (sites, stamp, cp) = (sites?, stamp?, cp?);
    report.row(
        "`storyline sites`, whole process",
        seconds(&sites),
        Goal::most("0.5 s", sites.median(), 0.5),
    );
    report.row(
        "`storyline stamp ENV --into DIR`, whole process",
        seconds(&stamp),
        Goal::most("1.0 s", stamp.median(), 1.0),
    );
    report.row("`cp -r` of the same folder", seconds(&cp), Goal::none());
    let ratio = stamp.median() / cp.median();
    report.row(
        "`stamp --into` / `cp -r`",
        format!("{ratio:.2}"),
        Goal::most("2", ratio, 2.0),
    );
    Ok(())
}

fn times(answer: &Value, name: &str) -> Result<Times> {
    let seconds = answer[name]
        .as_array()
        .with_context(|| format!("no `{name}`"))?;
    Ok(Times::new(
        seconds.iter().filter_map(Value::as_f64).collect(),
    ))
}

fn seconds(times: &Times) -> String {
    format!("{:.3} s of CPU, best {:.3}", times.median(), times.best())
}
