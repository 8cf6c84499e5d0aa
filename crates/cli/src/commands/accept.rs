//! `storyline accept`: a revision does on a stage what it should.

use std::path::Path;
use std::process::ExitCode;

use storyline_promote::gate::Action;

use crate::args::AcceptArgs;
use crate::failure::Failure;
use crate::gates::{self, Asked};

pub(crate) fn run(directory: &Path, args: &AcceptArgs) -> Result<ExitCode, Failure> {
    gates::say(
        directory,
        &Asked {
            action: Action::Accept,
            target: &args.target,
            reason: args.message.as_deref().unwrap_or_default(),
            sign: args.sign,
        },
    )
}
