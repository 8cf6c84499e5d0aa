//! The command line: arguments, output, exit codes. The only crate that prints.
//!
//! Each command is one file in `commands`. It asks the libraries for data (sites, a plan, an
//! error), and hands it to `output` or `report`, which turn it into words. What goes wrong is a
//! `Failure`, whose kind decides the exit code.

mod args;
mod canon;
mod changes;
mod commands;
mod compared;
mod cursor;
mod excerpt;
mod failure;
mod findings;
mod fork;
mod gates;
mod git;
mod ground;
mod history;
mod home;
mod json;
mod logs;

mod moved;
mod output;
mod pager;
mod pages;
mod pipeline;
mod project;
mod report;
mod side;
mod stages;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

pub use args::command;
pub use changes::schema as preview_schema;
use failure::{Failure, FailureKind};

/// Runs the program on the process's own arguments.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs the program on `args`, the first of which is its name. Prints to standard output and
/// standard error.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match args::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" that go to standard output; a closed pipe is no news.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // No unwinding state is used afterwards: the message is the last thing that happens.
    match catch_unwind(AssertUnwindSafe(|| commands::run(&cli))) {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => {
            tell(&cli.command, &failure);
            failure.kind.exit_code()
        }
        Err(_) => {
            report::bug();
            FailureKind::Bug.exit_code()
        }
    }
}

/// People read standard error, programs standard output.
fn tell(command: &args::Command, failure: &Failure) {
    if command.format() == args::Format::Json {
        // Where this fails too, standard error has the first failure, which is the one to tell.
        let _ = output::print_json(&json::JsonFailure::new(failure));
    }
    report::failure(failure, command.changes_files());
}
