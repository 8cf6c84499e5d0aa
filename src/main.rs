//! The `storyline` program: everything is in `crates/cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    storyline_cli::main()
}
