//! `storyline completions SHELL`

use std::process::ExitCode;

use crate::failure::Failure;
use crate::{args, output};

pub(crate) fn run(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "storyline", &mut script);
    output::stream(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}
