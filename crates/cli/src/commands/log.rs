//! `storyline log`: what happened on a stage.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Deed, Entry, Ledger};
use storyline_repo::story::{Person, StoryId};
use storyline_repo::{Kind, ObjectError, Objects, RawCommit};

use crate::args::{Format, LogArgs};
use crate::canon::Canon;
use crate::commands::story::story_id;
use crate::failure::Failure;
use crate::home::receives_stories;
use crate::output::{self, date, short};
use crate::stages::{StageNow, followed, need_stage, shown};

pub(crate) fn run(directory: &Path, args: &LogArgs) -> Result<ExitCode, Failure> {
    let story = args.story.as_deref().map(story_id).transpose()?;
    let canon = Canon::fetch(directory)?;
    let name = &args.stage;
    need_stage(&canon, name)?;
    let objects = canon.repository.objects()?;
    let ledger = match receives_stories(&canon.manifest, canon.manifest.environment(name)?) {
        true => StageNow::receiving(&canon, &objects, name)?.ledger,
        false => followed(&canon, &objects)?.ledger,
    };
    let mut rows = Vec::new();
    let limit = args.limit.unwrap_or(usize::MAX);
    for (entry, deed) in happened(&ledger, story.as_ref()).take(limit) {
        rows.push(Row::new(&objects, entry, deed)?);
    }
    match args.format {
        Format::Text => output::print(&text(name, &rows))?,
        Format::Json => output::print_json(&rows)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Entries since the first that says what it does, newest first, and each thing that one does.
fn happened<'l>(
    ledger: &'l Ledger,
    story: Option<&'l StoryId>,
) -> impl Iterator<Item = (&'l Entry, Option<&'l Deed>)> {
    let entries = ledger.entries[ledger.begins()..].iter().rev();
    let all = entries.flat_map(|entry| {
        let silent = entry.deeds.is_empty().then_some((entry, None));
        let deeds = entry.deeds.iter().rev();
        deeds.map(move |deed| (entry, Some(deed))).chain(silent)
    });
    all.filter(move |(_, deed)| {
        story.is_none_or(|story| deed.is_some_and(|deed| deed.story() == Some(story)))
    })
}

/// One thing that happened, for programs.
#[derive(Serialize)]
struct Row {
    /// `land`, `back-out`, `manifest`, `adopt`, `hot-fix` or `foreign`.
    kind: &'static str,
    commit: String,
    /// When it was committed: seconds since 1970.
    when: i64,
    /// Who did it: whoever committed, or of a commit that is no story's whoever wrote it.
    who: String,
    /// The first line of its message.
    subject: String,
    story: Option<String>,
    revision: Option<String>,
    /// The revision that it took off.
    replaces: Option<String>,
    promotion: Option<String>,
}

impl Row {
    fn new(objects: &Objects, entry: &Entry, deed: Option<&Deed>) -> Result<Self, ObjectError> {
        let id = entry.commit;
        let bytes = objects.read_as(id, Kind::Commit)?;
        let commit =
            RawCommit::parse(&bytes).map_err(|reason| ObjectError::Commit { id, reason })?;
        let who = match deed {
            Some(_) => commit.committer(),
            None => commit.author(),
        };
        let who = who.and_then(Person::and_time).map(|(who, _)| who.name);
        let first = commit.message().split(|byte| *byte == b'\n').next();
        let landing = match deed {
            Some(Deed::Land(landing)) => Some(landing),
            _ => None,
        };
        let revision = deed.and_then(Deed::revision);
        Ok(Self {
            kind: deed.map_or("foreign", Deed::kind),
            commit: id.to_string(),
            when: entry.when,
            who: who.unwrap_or_default(),
            subject: String::from_utf8_lossy(first.unwrap_or_default()).into(),
            story: revision.map(|landed| landed.story.to_string()),
            revision: revision.map(|landed| landed.revision.to_string()),
            replaces: landing.and_then(|landing| Some(landing.replaces?.to_string())),
            promotion: landing.map(|landing| landing.promotion.clone()),
        })
    }

    /// What it is about, for people.
    fn what(&self) -> String {
        let (Some(story), Some(revision)) = (&self.story, &self.revision) else {
            return shown(&self.subject).to_string();
        };
        let mut what = format!("{story} revision {}", short(revision));
        if let Some(replaces) = &self.replaces {
            let _ = write!(what, ", which replaces {}", short(replaces));
        }
        match self
            .promotion
            .as_deref()
            .filter(|promotion| !promotion.is_empty())
        {
            Some(promotion) => format!("{what} (promotion {})", shown(promotion)),
            None => what,
        }
    }
}

// Writing to a string cannot fail.
fn text(stage: &str, rows: &[Row]) -> String {
    if rows.is_empty() {
        return format!("nothing landed on {}\n", shown(stage));
    }
    let mut out = String::new();
    for row in rows {
        let _ = writeln!(
            out,
            "{}  {}  {:8}  {}, by {}",
            short(&row.commit),
            date(row.when),
            row.kind,
            row.what(),
            shown(&row.who)
        );
    }
    out
}
