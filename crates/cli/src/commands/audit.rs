//! `storyline audit`: whether a stage holds what its history says, and nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Beginning, Carried, Foreign, Ledger, Unproved, audit};
use storyline_repo::projection::Workspace;
use storyline_repo::{Memo, Objects};
use storyline_text::Visible;

use crate::args::{AuditArgs, Format};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind};
use crate::fork::Fork;
use crate::history::{Broken, Past};
use crate::home::Skip;
use crate::json;
use crate::output::{self, count, date, short};

/// Files that are shown of one commit.
const MAX_FILES: usize = 20;

pub(crate) fn run(directory: &Path, args: &AuditArgs) -> Result<ExitCode, Failure> {
    let canon = Canon::fetch(directory)?;
    let objects = canon.repository.objects()?;
    let mut past = Past::fetch(&canon, &objects, &args.stage, Broken::IsTold)?;
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let audit = audit(&mut past.stage(&mut workspace), &mut past.history)?;
    let carried = match past.receiving {
        Some(_) => None,
        None => Carries::read(
            &canon,
            &objects,
            &mut workspace,
            &args.stage,
            past.history.ledger(),
        )?,
    };
    workspace.finish();
    let tip = past.receiving.map_or(canon.tip, |now| now.tip);
    let told = Audited {
        stage: &args.stage,
        tip: tip.to_string(),
        carried,
        begins: match audit.begins {
            Beginning::Adopted(commit) => Begins::new("adopted", Some(commit)),
            Beginning::Canonical(commit) => Begins::new("canonical", Some(commit)),
            Beginning::Declared(commit) => Begins::new("declared", Some(commit)),
            Beginning::Unknown => Begins::new("unknown", None),
        },
        examined: audit.examined,
        foreign: audit.foreign.iter().map(ForeignCommit::new).collect(),
    };
    match args.format {
        Format::Text => output::print(&told.text())?,
        Format::Json => output::print_json(&told)?,
    }
    Ok(match told.is_clean() {
        true => ExitCode::SUCCESS,
        false => FailureKind::Findings.exit_code(),
    })
}

/// What was found, for programs.
#[derive(Serialize)]
struct Audited<'a> {
    stage: &'a str,
    tip: String,
    /// What the stage's own branch carries; `null` unless it follows canonical and has one.
    carried: Option<Carries>,
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

/// The branch of a stage that follows canonical.
#[derive(Serialize)]
struct Carries {
    branch: String,
    /// `null` where there is no such branch yet.
    tip: Option<String>,
    /// The canonical commit whose projection it is, or was before somebody committed there.
    canonical: Option<String>,
    /// Commits that canonical got since, along first parents.
    behind: usize,
    /// Commits that are the projection of none.
    foreign: Vec<ForeignCommit>,
}

impl Carries {
    /// Fetches the branch, and computes again what it should be. Nothing where the stage lives nowhere.
    fn read(
        canon: &Canon,
        objects: &Objects,
        workspace: &mut Workspace<'_>,
        stage: &str,
        ledger: &Ledger,
    ) -> Result<Option<Self>, Failure> {
        let environment = canon.manifest.environment(stage)?;
        if Skip::of(&canon.manifest, environment).is_some() {
            return Ok(None);
        }
        let fork = Fork::of(canon, stage)?;
        let tip = fork.fetch(&fork.branch)?;
        objects.refresh();
        let found = tip.map(|tip| Carried::read(workspace, stage, ledger, tip));
        let found = found.transpose()?;
        let foreign = found.iter().flat_map(|found| &found.foreign);
        Ok(Some(Self {
            tip: tip.map(|tip| tip.to_string()),
            canonical: found
                .as_ref()
                .and_then(|found| found.canonical)
                .map(|id| id.to_string()),
            behind: found.as_ref().map_or(0, |found| found.behind),
            foreign: foreign.map(ForeignCommit::new).collect(),
            branch: fork.branch,
        }))
    }

    // Writing to a string cannot fail.
    fn text(&self, stage: &str) -> String {
        let (stage, branch) = (Visible(stage.as_bytes()), Visible(self.branch.as_bytes()));
        if self.tip.is_none() {
            return format!(
                "{stage} has no branch {branch} yet: `storyline sync {stage}` makes it\n"
            );
        }
        let is = match (&self.canonical, self.foreign.len()) {
            (None, _) => "the projection of no canonical commit".into(),
            (Some(of), 0) => format!("the projection of canonical {}", short(of)),
            (Some(of), more) => format!(
                "the projection of canonical {} with {} more",
                short(of),
                count(more, "commit")
            ),
        };
        let mut text = format!("{stage}: {branch} is {is}");
        if self.foreign.is_empty() && self.behind > 0 {
            let behind = count(self.behind, "commit");
            let _ = write!(
                text,
                ", {behind} behind: `storyline sync {stage}` brings it on"
            );
        }
        text.push('\n');
        self.foreign
            .iter()
            .for_each(|commit| commit.tell(&mut text));
        if !self.foreign.is_empty() {
            let _ = writeln!(
                text,
                "\nnext: `storyline absorb {stage} {branch} --story ID` makes a story of them\n"
            );
        }
        text
    }
}

fn reason(why: &Unproved) -> String {
    match why {
        Unproved::NoTrailers => "it does not say what it does".into(),
        Unproved::NoStory => "no story accounts for it".into(),
        Unproved::Ambiguous { stories } => {
            let stories: Vec<_> = stories.iter().map(ToString::to_string).collect();
            format!("it could be any of {}", stories.join(", "))
        }
        Unproved::NotProjected => "it is the projection of no canonical commit".into(),
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

impl ForeignCommit {
    // Writing to a string cannot fail.
    fn tell(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n{} {}, {}: {}\n  {}: {}",
            short(&self.commit),
            date(self.when),
            Visible(self.author.as_bytes()),
            Visible(self.subject.as_bytes()),
            self.why,
            Visible(self.reason.as_bytes()),
        );
        for file in self.files.iter().take(MAX_FILES) {
            let _ = writeln!(text, "    {}", Visible(file.as_bytes()));
        }
        if let Some(more) = self.files.len().checked_sub(MAX_FILES + 1) {
            let _ = writeln!(text, "    and {} more", more + 1);
        }
    }
}

impl Audited<'_> {
    fn is_clean(&self) -> bool {
        let carried = self.carried.iter().flat_map(|carried| &carried.foreign);
        self.foreign.is_empty() && carried.count() == 0
    }

    fn text(&self) -> String {
        let stage = Visible(self.stage.as_bytes());
        let foreign = match self.foreign.len() {
            0 => "none is foreign".into(),
            1 => "1 is foreign".into(),
            more => format!("{more} are foreign"),
        };
        let since = match &self.begins.commit {
            Some(commit) => format!("since {}", short(commit)),
            None => "since it came under the manifest; how it began is not known".into(),
        };
        let follows = self.begins.how == "declared";
        let of = if follows { " of canonical" } else { "" };
        let examined = count(self.examined, "commit");
        let mut text = match &self.carried {
            Some(carried) => carried.text(self.stage),
            None => String::new(),
        };
        let _ = writeln!(text, "{stage}: {examined}{of} {since}, {foreign}");
        self.foreign
            .iter()
            .for_each(|commit| commit.tell(&mut text));
        let is_silent = |commit: &ForeignCommit| commit.why == "no-trailers";
        if !follows && self.foreign.iter().any(is_silent) {
            let _ = writeln!(
                text,
                "\nnext: `storyline absorb {stage} --commit COMMIT --story ID` makes a story of one"
            );
        }
        text
    }
}
