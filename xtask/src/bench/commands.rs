//! Whole processes: `storyline` as a user starts it, next to a plain copy of the folder.

use std::path::Path;
use std::process::Command;
use std::{fmt, fs};

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

/// Measures `sites`, `check`, `stamp --into` and `cp -r`, which take turns.
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
        "into": copy,
        "commands": {
            "sites": [program, "-C", project, "sites"],
            "check": [program, "-C", project, "check", "--format", "json"],
            "stamp": [program, "-C", project, "stamp", "dev1", "--into", copy],
            "cp": ["cp", "-r", project, copy],
        },
    });
    let script = project::root().join("xtask/python/bench_commands.py");
    let mut python = Command::new(python::environment(&python::PEERS)?);
    let answer = python::ask(python.arg(script), request.to_string().as_bytes())?;
    fs::remove_dir_all(&scratch)?;
    let [sites, check, stamp, cp] =
        ["sites", "check", "stamp", "cp"].map(|name| times(&answer, name));
    let (sites, check, stamp, cp) = (sites?, check?, stamp?, cp?);
    report.row(
        "`storyline sites`, whole process",
        sites.to_string(),
        Goal::most("0.5 s of CPU", sites.cpu.median(), 0.5),
    );
    report.row(
        "`storyline check`, whole process",
        check.to_string(),
        Goal::most("0.5 s of CPU", check.cpu.median(), 0.5),
    );
    report.row(
        "`storyline stamp ENV --into DIR`, whole process",
        stamp.to_string(),
        Goal::most("1.0 s of CPU", stamp.cpu.median(), 1.0),
    );
    report.row("`cp -r` of the same folder", cp.to_string(), Goal::none());
    let ratio = |stamp: &Times, cp: &Times| stamp.median() / cp.median();
    let (cpu, wall) = (ratio(&stamp.cpu, &cp.cpu), ratio(&stamp.wall, &cp.wall));
    report.row(
        "`stamp --into` / `cp -r`",
        format!("{wall:.2} by the clock, {cpu:.2} of CPU"),
        Goal::most("2 by the clock", wall, 2.0),
    );
    Ok(())
}

/// A command's runs.
struct Runs {
    cpu: Times,
    wall: Times,
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, wall) = (self.cpu.median(), self.wall.median());
        let (best_cpu, best_wall) = (self.cpu.best(), self.wall.best());
        write!(
            f,
            "{cpu:.3} s of CPU, best {best_cpu:.3}; {wall:.3} s by the clock, best {best_wall:.3}"
        )
    }
}

fn times(answer: &Value, name: &str) -> Result<Runs> {
    let seconds = |what| {
        let seconds = answer[name][what].as_array();
        let seconds = seconds.with_context(|| format!("no `{name}`"))?;
        let seconds = seconds.iter().filter_map(Value::as_f64);
        anyhow::Ok(Times::new(seconds.collect()))
    };
    Ok(Runs {
        cpu: seconds("cpu")?,
        wall: seconds("wall")?,
    })
}
