//! `storyline hold`: a revision does not go on from a stage.

use std::path::Path;
use std::process::ExitCode;

use storyline_promote::gate::Action;
use storyline_text::Diagnostic;

use crate::args::HoldArgs;
use crate::failure::{Failure, usage};
use crate::gates::{self, Asked};

pub(crate) fn run(directory: &Path, args: &HoldArgs) -> Result<ExitCode, Failure> {
    if args.reason.trim().is_empty() {
        let diagnostic = Diagnostic::error("no-reason", "a hold needs a reason")
            .help("say what is wrong, for those who are to mend it: `--reason \"…\"`");
        return Err(usage(diagnostic));
    }
    gates::say(
        directory,
        &Asked {
            action: Action::Hold,
            target: &args.target,
            reason: &args.reason,
            sign: false,
        },
    )
}
