//! One file a command.

mod absorb;
mod accept;
mod adopt;
mod audit;
mod back_out;
mod bisect_story;
mod board;
mod check;
mod completions;
mod demo;
mod diff;
mod doctor;
mod git_driver;
mod hold;
mod hooks;
mod init;
mod log;
mod man;
mod manifest;
mod noise;
mod parse;
mod preview;
mod profile;
mod promote;
mod release;
mod sites;
mod stamp;
mod status;
pub(crate) mod story;
mod sync;
mod unstamp;

use std::process::ExitCode;

use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Runs the command that was asked for.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    match &cli.command {
        Command::Check(args) => check::run(&cli.directory, args),
        Command::Init(args) => init::run(&cli.directory, args),
        Command::Doctor(args) => doctor::run(&cli.directory, args),
        Command::Sites(args) => sites::run(&cli.directory, args),
        Command::Stamp(args) => stamp::run(&cli.directory, args),
        Command::Unstamp(args) => unstamp::run(&cli.directory, args),
        Command::Diff(args) => diff::run(&cli.directory, args),
        Command::Preview(args) => preview::run(&cli.directory, args),
        Command::Profile(args) => profile::run(&cli.directory, args),
        Command::Story(command) => story::run(&cli.directory, command),
        Command::Accept(args) => accept::run(&cli.directory, args),
        Command::Hold(args) => hold::run(&cli.directory, args),
        Command::Release(args) => release::run(&cli.directory, args),
        Command::Absorb(args) => absorb::run(&cli.directory, args),
        Command::Adopt(args) => adopt::run(&cli.directory, args),
        Command::Sync(args) => sync::run(&cli.directory, args),
        Command::Parse(args) => parse::run(&cli.directory, args),
        Command::Noise(args) => noise::run(&cli.directory, args),
        Command::BackOut(args) => back_out::run(&cli.directory, args),
        Command::Audit(args) => audit::run(&cli.directory, args),
        Command::BisectStory(args) => bisect_story::run(&cli.directory, args),
        Command::Promote(args) => promote::run(&cli.directory, args),
        Command::Status(args) => status::run(&cli.directory, args),
        Command::Log(args) => log::run(&cli.directory, args),
        Command::Board(args) => board::run(&cli.directory, args),
        Command::Manifest(command) => manifest::run(command),
        Command::Hooks(command) => hooks::run(&cli.directory, command),
        Command::GitDriver(command) => git_driver::run(&cli.directory, command),
        Command::Demo(args) => demo::run(args),
        Command::Completions { shell } => completions::run(*shell),
        Command::Man { into } => man::run(into.as_deref()),
    }
}
