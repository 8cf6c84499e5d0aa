//! Project tasks that are not part of the program: `cargo xtask TASK`.
#![expect(
    clippy::print_stdout,
    reason = "tasks talk to the person who runs them"
)]

mod bench;
mod browser;
mod corpus;
mod docs;
mod postgres;
mod project;
mod python;
mod ssh;
mod test;

use anyhow::Result;
use clap::Parser;

/// Tasks for people who work on Storyline.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    Test(test::Args),
    Corpus(corpus::Args),
    Bench(bench::Args),
    Docs(docs::Args),
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Test(args) => test::run(&args),
        Task::Corpus(args) => project::optimised(|| corpus::run(&args)),
        Task::Bench(args) => project::optimised(|| bench::run(&args)),
        Task::Docs(args) => docs::run(&args),
    }
}
