//! `storyline audit`: whether a stage holds what its history says, and nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Beginning, Foreign, Stage, Unproved, audit};
use storyline_repo::Memo;
use storyline_repo::projection::Workspace;
use storyline_text::Visible;

use crate::args::{AuditArgs, Format};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind};
use crate::history;
use crate::json;
use crate::output::{self, count, date};
use crate::stages::StageNow;

/// Files that are shown of one commit.
const MAX_FILES: usize = 20;

pub(crate) fn run(directory: &Path, args: &AuditArgs) -> Result<ExitCode, Failure> {
    let canon = Canon::fetch(directory)?;
    let objects = canon.repository.objects()?;
    let now = StageNow::receiving(&canon, &objects, &args.stage)?;
    let mut history = history::of(&canon, &now)?;
    objects.refresh();
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let audit = audit(&mut Stage::new(&mut workspace, &args.stage), &mut history)?;
    workspace.finish();
    let told = Audited {
        stage: &args.stage,
        tip: now.tip.to_string(),
        begins: match audit.begins {
            Beginning::Adopted(commit) => Begins::new("adopted", Some(commit)),
            Beginning::Canonical(commit) => Begins::new("canonical", Some(commit)),
            Beginning::Unknown => Begins::new("unknown", None),
        },
        examined: audit.examined,
        foreign: audit.foreign.iter().map(ForeignCommit::new).collect(),
    };
    match args.format {
        Format::Text => output::print(&told.text())?,
        Format::Json => output::print_json(&told)?,
    }
    Ok(match told.foreign.is_empty() {
        true => ExitCode::SUCCESS,
        false => FailureKind::Findings.exit_code(),
    })
}

/// What was found, for programs.
#[derive(Serialize)]
struct Audited<'a> {
    stage: &'a str,
    tip: String,
    begins: Begins,
    /// How many commits are younger than the beginning.
    examined: usize,
    foreign: Vec<ForeignCommit>,
}

#[derive(Serialize)]
struct Begins {
    how: &'static str,
    commit: Option<String>,
}

#[derive(Serialize)]
struct ForeignCommit {
    commit: String,
    why: &'static str,
    reason: String,
    author: String,
    /// Seconds since 1970.
    when: i64,
    subject: String,
    /// Canonical paths.
    files: Vec<String>,
}

impl Begins {
    fn new(how: &'static str, commit: Option<storyline_repo::ObjectId>) -> Self {
        Self {
            how,
            commit: commit.map(|commit| commit.to_string()),
        }
    }
}

impl ForeignCommit {
    fn new(foreign: &Foreign) -> Self {
        Self {
            commit: foreign.commit.to_string(),
            why: foreign.why.word(),
            reason: reason(&foreign.why),
            author: foreign.author.clone(),
            when: foreign.when,
            subject: foreign.subject.clone(),
            files: foreign
                .files
                .iter()
                .map(|path| json::text(path.as_bytes()).into())
                .collect(),
        }
    }
}

fn reason(why: &Unproved) -> String {
    match why {
        Unproved::NoTrailers => "it does not say what it does".into(),
        Unproved::RevisionUnknown { revision } => format!(
            "no revision {} of {} with this change was handed in",
            revision.revision.short(),
            revision.story
        ),
        Unproved::RevisionGone { revision, missing } => format!(
            "object {missing} of {}, revision {}, is gone: nobody can tell",
            revision.story,
            revision.revision.short()
        ),
        Unproved::NotOnStage { story } => {
            format!("what it says of {story} is not how the stage was before")
        }
        Unproved::SourceForeign { source } => {
            format!("it brings the manifest of {source}, which is no canonical commit")
        }
        Unproved::DoesNotFit(trouble) => {
            let paths: Vec<_> = trouble.paths().map(|path| path.to_string()).collect();
            format!("what it says does not fit there: {}", paths.join(", "))
        }
        Unproved::DoesNotRecompute { .. } => "what it says gives other files".into(),
        Unproved::Unreadable { reason } => reason.clone(),
    }
}

impl Audited<'_> {
    fn text(&self) -> String {
        let stage = Visible(self.stage.as_bytes());
        let foreign = match self.foreign.len() {
            0 => "none is foreign".into(),
            1 => "1 is foreign".into(),
            more => format!("{more} are foreign"),
        };
        let since = match &self.begins.commit {
            Some(commit) => format!("since {}", &commit[..12]),
            None => "since its first story; how it began is not known".into(),
        };
        let examined = count(self.examined, "commit");
        let mut text = format!("{stage}: {examined} {since}, {foreign}\n");
        for commit in &self.foreign {
            let id = &commit.commit[..12];
            let _ = writeln!(
                text,
                "\n{id} {}, {}: {}\n  {}: {}",
                date(commit.when),
                Visible(commit.author.as_bytes()),
                Visible(commit.subject.as_bytes()),
                commit.why,
                Visible(commit.reason.as_bytes()),
            );
            for file in commit.files.iter().take(MAX_FILES) {
                let _ = writeln!(text, "    {}", Visible(file.as_bytes()));
            }
            if let Some(more) = commit.files.len().checked_sub(MAX_FILES + 1) {
                let _ = writeln!(text, "    and {} more", more + 1);
            }
        }
        if self
            .foreign
            .iter()
            .any(|commit| commit.why == "no-trailers")
        {
            let _ = writeln!(
                text,
                "\nnext: `storyline absorb {stage} --commit COMMIT --story ID` makes a story of one"
            );
        }
        text
    }
}
