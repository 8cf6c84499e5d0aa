//! `storyline release`: a revision that was held may go on, once it is accepted anew.

use std::path::Path;
use std::process::ExitCode;

use storyline_promote::gate::Action;

use crate::args::ReleaseArgs;
use crate::failure::Failure;
use crate::gates::{self, Asked};

pub(crate) fn run(directory: &Path, args: &ReleaseArgs) -> Result<ExitCode, Failure> {
    gates::say(
        directory,
        &Asked {
            action: Action::Release,
            target: &args.target,
            reason: args.message.as_deref().unwrap_or_default(),
            sign: false,
        },
    )
}
