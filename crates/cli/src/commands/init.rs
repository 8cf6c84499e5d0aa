//! `storyline init`

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_folder::ApplyError;
use storyline_init::{Proposal, Quiet, Survey, propose};
use storyline_repo::{Overview, Repository};
use storyline_text::{Diagnostic, Label, RelPath};

use crate::args::{Format, InitArgs};
use crate::failure::{Failure, FailureKind, Sources};
use crate::project::{MANIFEST, Project};
use crate::{json, output, report};

pub(crate) fn run(directory: &Path, args: &InitArgs) -> Result<ExitCode, Failure> {
    let project = Project::open(directory)?;
    if project.has_manifest_files() {
        return Err(exists());
    }
    let survey = Survey::read(&project.folder, git(project.folder.path()))?;
    let proposal = propose(&survey);
    let is_written = args.write && proposal.is_needed();
    if is_written {
        write(&project, &proposal)?;
    }
    let printed = match args.format {
        Format::Text => output::print(&text(&proposal, is_written)),
        Format::Json => output::print_json(&JsonProposal::new(&proposal, is_written)),
    };
    match is_written {
        true => {
            printed.map_err(|f| f.help("the manifest is written; only this report is missing"))?
        }
        false => printed?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What Git tells; a repository that cannot be read is told of, and tells nothing.
fn git(folder: &Path) -> Overview {
    let overview = Repository::discover(folder)
        .and_then(|repository| repository.map(|git| git.overview()).transpose());
    match overview {
        Ok(overview) => overview.unwrap_or_default(),
        Err(error) => {
            let mut diagnostic = error.diagnostic();
            diagnostic.severity = storyline_text::Severity::Warning;
            report::diagnostics(&[diagnostic], &Sources::new());
            Overview::default()
        }
    }
}

fn exists() -> Failure {
    let diagnostic = Diagnostic::error("manifest-exists", "this project has a manifest already")
        .label(Label::path(&manifest(), ""))
        .help(
            "`storyline doctor` tells what it lacks; edit it, or move it away and run `init` again",
        );
    Failure::new(FailureKind::Usage, diagnostic).unchanged()
}

fn manifest() -> RelPath {
    RelPath::new(MANIFEST.as_bytes()).expect("a plain path")
}

fn write(project: &Project, proposal: &Proposal) -> Result<(), Failure> {
    let text = proposal.manifest();
    let created = project.folder.create(&manifest(), text.as_bytes());
    created.map_err(|error| match error {
        ApplyError::Exists { .. } => exists(),
        error => error.into(),
    })
}

fn text(proposal: &Proposal, is_written: bool) -> String {
    let environments: Vec<_> = proposal.environments().collect();
    if !proposal.is_needed() {
        let mut out = String::from("no manifest is needed: nothing here has to be stamped\n");
        out.extend(proposal.quiet().iter().map(|quiet| format!("- {quiet}\n")));
        return out;
    }
    if !is_written {
        return proposal.manifest();
    }
    let next = match environments.first() {
        Some(first) => format!(
            "environments: {}\nnext: look it over, then `storyline stamp {first} --dry-run`\n",
            environments.join(", ")
        ),
        None => {
            "next: look it over, take the `#` from `[environment.dev1]` and the line below it, \
                 then `storyline stamp dev1 --dry-run`\n"
                .into()
        }
    };
    format!("wrote {MANIFEST}\n{next}")
}

/// A proposal for programs.
#[derive(Debug, Serialize)]
struct JsonProposal {
    /// Whether anything here has to be stamped.
    needed: bool,
    /// Whether the manifest was written.
    written: bool,
    environments: Vec<String>,
    nothing_to_stamp: Vec<JsonQuiet>,
    /// The text of `storyline.toml`; `null` when none is needed.
    manifest: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonQuiet {
    what: String,
    why: String,
    /// How many places show it.
    places: usize,
    /// The first of them.
    first: Vec<JsonSpot>,
}

#[derive(Debug, Serialize)]
struct JsonSpot {
    file: String,
    line: u32,
}

impl JsonProposal {
    fn new(proposal: &Proposal, is_written: bool) -> Self {
        let quiet = proposal.quiet().iter().map(|quiet: &Quiet| JsonQuiet {
            what: quiet.what.clone(),
            why: quiet.why.clone(),
            places: quiet.places,
            first: quiet
                .spots
                .iter()
                .map(|spot| JsonSpot {
                    file: json::text(spot.file.as_bytes()).into(),
                    line: spot.line,
                })
                .collect(),
        });
        Self {
            needed: proposal.is_needed(),
            written: is_written,
            environments: proposal.environments().map(Into::into).collect(),
            nothing_to_stamp: quiet.collect(),
            manifest: proposal.is_needed().then(|| proposal.manifest()),
        }
    }
}
