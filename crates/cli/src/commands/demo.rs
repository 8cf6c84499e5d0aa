//! `storyline demo`

use std::process::ExitCode;

use crate::args::DemoArgs;
use crate::failure::Failure;

pub(crate) fn run(_args: &DemoArgs) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
