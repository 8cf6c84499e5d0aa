//! `storyline status`: how stages are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::board::{Column, Next, Wrong};
use storyline_promote::{BackOut, Became, Deed, Proposal};

use crate::args::{Format, StatusArgs};
use crate::canon::Canon;
use crate::failure::Failure;
use crate::output::{self, count, short};
use crate::pipeline::Stages;
use crate::report;
use crate::stages::{need_stage, shown};

/// Steps of single stories that are told where there is none for all.
const MAX_STEPS: usize = 3;

pub(crate) fn run(directory: &Path, args: &StatusArgs) -> Result<ExitCode, Failure> {
    let canon = Canon::fetch(directory)?;
    if let Some(stage) = &args.stage {
        need_stage(&canon, stage)?;
    }
    let stages = Stages::fetch(&canon)?;
    let columns = stages.board().columns.into_iter();
    let told = columns.filter_map(|column| Told::new(&stages, column));
    let wanted = args.stage.as_deref();
    let told: Vec<_> = told
        .filter(|told| wanted.is_none_or(|stage| told.stage == stage))
        .collect();
    match args.format {
        Format::Text => {
            let texts: Vec<_> = told.iter().map(Told::text).collect();
            output::print(&texts.join("\n"))?;
        }
        Format::Json => output::print_json(&told)?,
    }
    for failure in stages.broken.values() {
        report::diagnostics(&failure.diagnostics, &failure.sources);
    }
    Ok(stages.exit_code())
}

/// A stage, for programs.
#[derive(Serialize)]
struct Told {
    stage: String,
    branch: String,
    /// `null` where it is not known.
    tip: Option<String>,
    follows_canonical: bool,
    stories: usize,
    held: usize,
    behind: usize,
    foreign: usize,
    manifest_behind: bool,
    merges: Vec<ToMerge>,
    next: Vec<String>,
    /// Why not all of this is known, if it is not.
    wrong: Option<Wrong>,
    /// What `behind` counts from.
    #[serde(skip)]
    before: Before,
}

/// Where stories are before they come to a stage.
enum Before {
    HandedIn,
    Stages(usize),
}

/// A commit that people were to merge.
#[derive(Serialize)]
struct ToMerge {
    commit: String,
    /// `null` when it is gone.
    branch: Option<String>,
    stories: Vec<String>,
    /// What it does to them: `land`, `back-out`, or `manifest`, which has none.
    kind: &'static str,
    /// What makes it anew, without the stage.
    #[serde(skip)]
    again: String,
    state: &'static str,
    /// The commit on the stage that has it.
    landed: Option<String>,
}

impl ToMerge {
    fn new((proposal, branch): &(Proposal, Option<String>)) -> Self {
        let stories = proposal.deeds.iter().filter_map(|deed| deed.story());
        let stories: BTreeSet<_> = stories.map(ToString::to_string).collect();
        let last = proposal.deeds.last();
        let again = match last {
            Some(Deed::BackOut(BackOut { revision, .. })) if stories.len() > 1 => {
                format!("back-out {} --with-dependents --from", revision.story)
            }
            Some(Deed::BackOut(BackOut { revision, .. })) => {
                format!("back-out {} --from", revision.story)
            }
            Some(Deed::Manifest { .. }) => "promote --manifest --to".into(),
            _ => {
                let stories: Vec<_> = stories.iter().map(String::as_str).collect();
                format!("promote {} --to", stories.join(" "))
            }
        };
        let (state, landed) = match proposal.became {
            Became::Landed(commit) => ("landed", Some(commit)),
            Became::LandedDifferently(commit) => ("landed-differently", Some(commit)),
            Became::Waits if branch.is_some() => ("waits", None),
            Became::Outdated if branch.is_some() => ("outdated", None),
            Became::Waits | Became::Outdated => ("dropped", None),
        };
        Self {
            commit: proposal.tip.to_string(),
            branch: branch.clone(),
            stories: stories.into_iter().collect(),
            kind: last.map_or("land", Deed::kind),
            again,
            state,
            landed: landed.map(|commit| commit.to_string()),
        }
    }

    fn text(&self, stage: &Told) -> Option<String> {
        let stories = match self.kind {
            "back-out" => format!("back-out of {}", self.stories.join(", ")),
            "manifest" => "the manifest".into(),
            _ => self.stories.join(", "),
        };
        let branch = shown(self.branch.as_deref().unwrap_or_default());
        let into = shown(&stage.branch);
        let landed = self.landed.as_deref().unwrap_or_default();
        let landed = short(landed);
        Some(match self.state {
            "waits" => format!("{branch} ({stories}) waits to be merged into {into}"),
            "outdated" => {
                let stage = shown(&stage.stage);
                format!(
                    "{branch} ({stories}) was made for another {into}: `storyline {} {stage}` makes it anew",
                    self.again
                )
            }
            "landed-differently" => {
                format!(
                    "{stories} landed as {landed}, and not as planned: `storyline audit {}` says how",
                    shown(&stage.stage)
                )
            }
            // As long as the branch is there, somebody may ask.
            "landed" if self.branch.is_some() => {
                format!("{stories} landed as planned, by {landed}; {branch} can go")
            }
            _ => return None,
        })
    }
}

impl Told {
    fn new(stages: &Stages<'_>, column: Column) -> Option<Self> {
        let name = column.stage?;
        let state = &stages.stages[&name];
        let groups = &stages.canon.manifest.pipeline;
        let before = match column.place.checked_sub(2).and_then(|at| groups.get(at)) {
            None => Before::HandedIn,
            Some(group) => Before::Stages(group.len()),
        };
        let mut next = column.next;
        if next.is_empty() {
            let steps = column
                .cards
                .iter()
                .filter_map(|card| match card.next.as_ref()? {
                    Next::Command(command) => Some(command.clone()),
                    Next::Merge { .. } => None,
                });
            next.extend(steps.take(MAX_STEPS));
        }
        Some(Self {
            branch: state.branch.clone(),
            tip: stages.tips.get(&name).map(ToString::to_string),
            stage: name,
            follows_canonical: column.follows_canonical,
            stories: column.stories,
            held: column.held,
            behind: column.behind,
            foreign: column.foreign,
            manifest_behind: column.manifest_behind,
            merges: state.proposals.iter().map(ToMerge::new).collect(),
            next,
            wrong: column.wrong,
            before,
        })
    }

    // Writing to a string cannot fail.
    fn text(&self) -> String {
        let name = shown(&self.stage);
        let mut out = match (&self.wrong, &self.tip) {
            (None, _) => format!("{name}: {}", stories(self.stories)),
            (Some(_), Some(_)) => {
                format!("{name}: {} when it was read last", stories(self.stories))
            }
            (Some(_), None) => format!("{name}: never read so far"),
        };
        if self.held > 0 {
            let _ = write!(out, ", {} held", self.held);
        }
        let tip = self.tip.as_ref().map(short);
        let _ = match tip {
            None => writeln!(out),
            Some(tip) if self.follows_canonical => {
                writeln!(out, "; follows canonical, which is at {tip}")
            }
            Some(tip) => writeln!(out, "; {} is at {tip}", shown(&self.branch)),
        };
        if let Some(Wrong { id, text, help }) = &self.wrong {
            let _ = writeln!(out, "  {id}: {}", shown(text));
            for help in help {
                let _ = writeln!(out, "  {}", shown(help));
            }
        }
        if self.behind > 0 {
            let _ = writeln!(out, "  {} not here", self.before.are(self.behind));
        }
        if self.manifest_behind {
            let _ = writeln!(out, "  its manifest is not canonical's");
        }
        if self.foreign > 0 {
            let what = count(self.foreign, "commit");
            let _ = writeln!(
                out,
                "  {what} of no story: `storyline audit {name}` lists them"
            );
        }
        for merge in self.merges.iter().filter_map(|merge| merge.text(self)) {
            let _ = writeln!(out, "  {merge}");
        }
        for next in &self.next {
            let _ = writeln!(out, "  next: {}", shown(next));
        }
        out
    }
}

/// `1 story`, `2 stories`.
fn stories(number: usize) -> String {
    match number {
        1 => "1 story".into(),
        _ => format!("{number} stories"),
    }
}

impl Before {
    /// Those that did not come from there.
    fn are(&self, number: usize) -> String {
        let be = if number == 1 { "is" } else { "are" };
        let stories = stories(number);
        match self {
            Self::HandedIn if number == 1 => format!("{stories} that was handed in is"),
            Self::HandedIn => format!("{stories} that were handed in are"),
            Self::Stages(1) => format!("{stories} of the stage before {be}"),
            Self::Stages(_) => format!("{stories} of the stages before {be}"),
        }
    }
}
