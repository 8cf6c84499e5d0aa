//! `storyline manifest schema`

use std::process::ExitCode;

use crate::args::ManifestCommand;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(command: &ManifestCommand) -> Result<ExitCode, Failure> {
    match command {
        ManifestCommand::Schema => output::print(&storyline_manifest::json_schema())?,
    }
    Ok(ExitCode::SUCCESS)
}
