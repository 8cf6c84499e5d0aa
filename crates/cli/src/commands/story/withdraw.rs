//! `storyline story withdraw`: a story that shall not go on. Nothing is deleted.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::Push;
use storyline_repo::story::Event;

use super::{Stories, log_name, signature_now, story_id};
use crate::args::{Format, WithdrawArgs};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(directory: &Path, args: &WithdrawArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.id)?;
    let stories = Stories::fetch(directory, Some(&id))?;
    let story = stories.need(&id)?;
    let canon = &stories.canon;
    let is_new = story.withdrawn().is_none();
    if is_new {
        let reason = args.reason.clone().unwrap_or_default();
        let signature = signature_now(&canon.repository)?;
        let record = story.record(&canon.repository, &Event::Withdrawn { reason }, &signature)?;
        let log = log_name(&id)?;
        let push = Push {
            destination: log.clone(),
            expected: story.newest().map(|newest| newest.commit),
            new: Some(record),
            forward_only: true,
        };
        canon.git.push(&canon.repository, &canon.url, &[push])?;
        canon.copy_refs(&[(log, record)], "storyline story withdraw")?;
    }
    match args.format {
        Format::Text => {
            let head = match is_new {
                true => format!("withdrew {id}; its branch and revisions stay\n"),
                false => format!("{id} is withdrawn already\n"),
            };
            output::print(&format!(
                "{head}next: `storyline story submit {id}` takes it up again\n"
            ))?;
        }
        Format::Json => output::print_json(&Withdrawn {
            story: id.as_str(),
            new: is_new,
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, for programs.
#[derive(Serialize)]
struct Withdrawn<'a> {
    story: &'a str,
    /// Whether it was not withdrawn before.
    new: bool,
}
