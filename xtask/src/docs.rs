//! `cargo xtask docs`: pages that are generated and committed.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Result, bail};
use clap::Command;

use crate::project;

/// Writes `docs/cli.md`, the reference of the command line, `docs/checks/README.md`, the list of
/// what `storyline check` finds, and `docs/preview.schema.json`, the schema of `storyline preview --json`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail when a page is not up to date.
    #[arg(long)]
    check: bool,
}

const CLI_HEAD: &str = "# The command line\n\n\
    Generated from the program's own help by `cargo xtask docs`.\n";

const CHECKS_HEAD: &str = "# What `storyline check` finds\n\n\
    Each finding has an id, and a page that tells why it matters and how to mend it; \
    `storyline check --explain ID`\nprints the page. This list is generated from the pages by \
    `cargo xtask docs`.\n\n\
    | id | what is wrong |\n| --- | --- |\n";

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut stale = Vec::new();
    let pages = [
        ("docs/cli.md", cli()),
        ("docs/checks/README.md", checks()),
        ("docs/preview.schema.json", storyline_cli::preview_schema()),
    ];
    for (name, page) in pages {
        let path = project::root().join(name);
        let there = fs::read_to_string(&path).unwrap_or_default();
        match (there == page, args.check) {
            (true, _) => println!("{name} is up to date"),
            (false, true) => stale.push(name),
            (false, false) => {
                fs::write(&path, page)?;
                println!("{name} is written");
            }
        }
    }
    if !stale.is_empty() {
        bail!("run `cargo xtask docs`: stale are {}", stale.join(", "));
    }
    Ok(())
}

fn checks() -> String {
    let mut page = String::from(CHECKS_HEAD);
    for rule in storyline_check::RULES {
        let (id, summary) = (rule.id, rule.summary());
        writeln!(page, "| [`{id}`]({id}.md) | {summary} |").expect("a String takes everything");
    }
    page
}

fn cli() -> String {
    let mut program = storyline_cli::command().term_width(80);
    program.build();
    let mut page = String::from(CLI_HEAD);
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
