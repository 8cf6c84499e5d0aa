//! `cargo xtask test`: all tests, with what they need.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::{browser, postgres, project, python, ssh};

/// Something that tests need besides cargo, and the variable that says where it is.
struct Need {
    variable: &'static str,
    what: &'static str,
    find: fn() -> Result<PathBuf>,
}

const NEEDS: [Need; 6] = [
    Need {
        variable: "STORYLINE_PYTHON",
        what: "Python",
        find: || python::environment(&python::PEERS),
    },
    Need {
        variable: "STORYLINE_DBT",
        what: "dbt",
        find: || Ok(python::environment(&python::DBT)?.with_file_name("dbt")),
    },
    Need {
        variable: "STORYLINE_POSTGRES",
        what: "PostgreSQL",
        find: postgres::programs,
    },
    Need {
        variable: "STORYLINE_SSHD",
        what: "OpenSSH's server",
        find: ssh::server,
    },
    Need {
        variable: "STORYLINE_CHROMIUM",
        what: "Chromium",
        find: browser::chromium,
    },
    Need {
        variable: "STORYLINE_NODE_MODULES",
        what: "Node.js, with the packages that drive a browser",
        find: browser::packages,
    },
];

/// Runs all tests, and makes what they need first.
///
/// That is Python environments below `target/`, with the packages that we compare ourselves with and
/// with dbt, PostgreSQL, OpenSSH's server, and Chromium with what drives it. Without one of them its tests are skipped, by name;
/// with CI set that is a failure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed on to `cargo test`; all crates unless `-p` is among them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--no-fail-fast"]);
    if !args.arguments.iter().any(|a| a == "-p" || a == "--package") {
        cargo.arg("--workspace");
    }
    cargo.args(&args.arguments);
    let mut skipped = Vec::new();
    for need in NEEDS {
        match (need.find)() {
            Ok(found) => {
                cargo.env(need.variable, found);
            }
            Err(reason) if python::must_not_skip() => {
                return Err(reason)
                    .with_context(|| format!("tests need {}, and CI skips none", need.what));
            }
            Err(reason) => {
                cargo.env_remove(need.variable);
                let tests = tests_with(need.variable)?.into_iter();
                skipped
                    .extend(tests.map(|test| format!("skipped: {}: {reason:#}", test.display())));
            }
        }
    }
    let passed = project::succeed(&mut cargo);
    for line in skipped {
        println!("{line}");
    }
    passed
}

/// The test files that ask for a variable, by path from the root.
fn tests_with(variable: &str) -> Result<Vec<PathBuf>> {
    let root = project::root();
    let mut tests = Vec::new();
    for folder in ["crates", "tests"] {
        for entry in WalkDir::new(root.join(folder)).sort_by_file_name() {
            let entry = entry?;
            let is_source = entry.path().extension().is_some_and(|e| e == "rs");
            if is_source && std::fs::read_to_string(entry.path())?.contains(variable) {
                tests.push(entry.path().strip_prefix(&root)?.into());
            }
        }
    }
    Ok(tests)
}
