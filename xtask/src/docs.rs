//! `cargo xtask docs`: pages that are generated and committed.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Result, bail};
use clap::Command;

use crate::project;

/// Writes `docs/cli.md`, the reference of the command line.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail when the page is not up to date.
    #[arg(long)]
    check: bool,
}

const PAGE: &str = "docs/cli.md";

const HEAD: &str = "# The command line\n\n\
    Generated from the program's own help by `cargo xtask docs`.\n";

pub(crate) fn run(args: &Args) -> Result<()> {
    let path = project::root().join(PAGE);
    let page = page();
    let there = fs::read_to_string(&path).unwrap_or_default();
    match (there == page, args.check) {
        (true, _) => println!("{PAGE} is up to date"),
        (false, true) => bail!("{PAGE} is stale: run `cargo xtask docs`"),
        (false, false) => {
            fs::write(&path, page)?;
            println!("{PAGE} is written");
        }
    }
    Ok(())
}

fn page() -> String {
    let mut program = storyline_cli::command().term_width(80);
    program.build();
    let mut page = String::from(HEAD);
    // A stack instead of recursion keeps the commands in the order of the help.
    let mut ahead = vec![program];
    while let Some(mut command) = ahead.pop() {
        section(&mut command, &mut page);
        let below = command.get_subcommands().filter(|c| !c.is_hide_set());
        let below: Vec<Command> = below.cloned().collect();
        ahead.extend(below.into_iter().rev());
    }
    page
}

fn section(command: &mut Command, page: &mut String) {
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", help.trim_end())
        .expect("a String takes everything");
}
