//! `storyline unstamp ENV`

use std::path::Path;
use std::process::ExitCode;

use storyline_stamp::Direction;

use crate::args::StampArgs;
use crate::commands::stamp;
use crate::failure::Failure;

pub(crate) fn run(directory: &Path, args: &StampArgs) -> Result<ExitCode, Failure> {
    stamp::take(Path::new(""), directory, args, Direction::Unstamp)
}
