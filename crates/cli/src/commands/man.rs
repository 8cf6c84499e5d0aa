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
            let write = || {
                std::fs::create_dir_all(folder)?;
                clap_mangen::generate_to(args::command(), folder)
            };
            write().map_err(|error| cannot_write(folder, &error))?;
        }
        None => {
            let mut page = Vec::new();
            let man = clap_mangen::Man::new(args::command());
            man.render(&mut page)
                .map_err(|error| Failure::output(&error))?;
            output::print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn cannot_write(folder: &Path, error: &io::Error) -> Failure {
    let title = format!("cannot write the manual into {}: {error}", folder.display());
    let diagnostic =
        Diagnostic::error("output-failed", title).help("name a folder that you may write");
    Failure::new(FailureKind::Usage, diagnostic)
}
