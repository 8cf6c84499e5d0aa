//! `storyline man`

use std::io;
use std::path::Path;
use std::process::ExitCode;

use storyline_text::Diagnostic;

use crate::failure::{Failure, FailureKind};
use crate::{args, output};

pub(crate) fn run(into: Option<&Path>) -> Result<ExitCode, Failure> {
    match into {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(args::command(), folder))
                .map_err(|error| cannot_write(folder, &error))?;
        }
        None => {
            let man = clap_mangen::Man::new(args::command());
            output::stream(|mut out| man.render(&mut out))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn cannot_write(folder: &Path, error: &io::Error) -> Failure {
    let title = format!(
        "cannot write the manual into {}: {error}",
        output::shown(folder)
    );
    let diagnostic =
        Diagnostic::error("output-failed", title).help("name a folder that you may write");
    Failure::new(FailureKind::Usage, diagnostic)
}
