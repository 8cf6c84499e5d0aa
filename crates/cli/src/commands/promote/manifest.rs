//! `storyline promote --manifest`: canonical's manifest comes to a stage, as a commit of its own.
//!
//! From then on the stage's names are those that it says. Models whose names change get other addresses in
//! Looker, so that one has to type the stage's name.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Deed, PromoteError, Stage, View};
use storyline_repo::projection::Workspace;
use storyline_repo::{Memo, NewCommit, ObjectId};
use storyline_text::{Diagnostic, RelPath, Visible};

use super::preflight;
use crate::args::{Format, PromoteArgs};
use crate::canon::Canon;
use crate::commands::story::signature_now;
use crate::failure::{Failure, FailureKind, usage};
use crate::output::{self, count, short};
use crate::report;
use crate::stages::{StageNow, shown};

/// Models that are named in a question.
const MAX_NAMED: usize = 10;

pub(super) fn run(canon: &Canon, name: &str, args: &PromoteArgs) -> Result<ExitCode, Failure> {
    let objects = canon.repository.objects()?;
    let stage = StageNow::receiving(canon, &objects, name)?;
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut trees = Stage::new(&mut workspace, name);
    let old = objects.tree_of(stage.tip)?;
    let new = tree(&mut trees, old, objects.tree_of(canon.tip)?)?;
    let renamed = models_gone(&mut workspace, old, new)?;
    let mut landed = ManifestLanded {
        stage: name,
        from: stage.tip.to_string(),
        to: stage.tip.to_string(),
        source: canon.tip.to_string(),
        models_renamed: renamed
            .iter()
            .map(|path| Visible(path.as_bytes()).to_string())
            .collect(),
        already: old == new,
        merge: None,
        done: old == new,
    };
    if old != new {
        let commit = commit(canon, &workspace, &stage, new)?;
        landed.to = commit.to_string();
        workspace.write(&[commit])?;
        workspace.finish();
        if args.format == Format::Text {
            output::print(&landed.plan(&stage))?;
        }
        if !args.dry_run {
            confirm(&landed, args.confirm.as_deref())?;
            preflight::may_push_to(&stage, &short(&landed.to))?;
            landed.merge = stage.move_to(commit, "manifest", "storyline promote")?;
            landed.done = true;
        }
    }
    match args.format {
        Format::Text => output::print(&landed.outcome())?,
        Format::Json => output::print_json(&landed)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The stage's tree with canonical's manifest.
fn tree(
    stage: &mut Stage<'_, '_>,
    old: ObjectId,
    canonical: ObjectId,
) -> Result<ObjectId, Failure> {
    let view = match stage.view(old) {
        Ok(view) => view,
        Err(PromoteError::NoEnvironment { .. } | PromoteError::NoManifest { .. }) => {
            by_names_of(stage, old, canonical)?
        }
        Err(error) => return Err(error.into()),
    };
    match stage.with_manifest_of(&view, canonical)? {
        Ok(view) => Ok(stage.stamped(&view)?),
        Err(path) => {
            let title = format!(
                "{} stands where a file of the manifest is to be",
                Visible(path.as_bytes())
            );
            let diagnostic = Diagnostic::error("manifest-in-the-way", title);
            Err(usage(
                diagnostic.help("take it away on the stage, by a story"),
            ))
        }
    }
}

/// A stage whose own manifest does not say what its names are: canonical's names are in its files already, or
/// none were put in so far.
fn by_names_of(
    stage: &mut Stage<'_, '_>,
    old: ObjectId,
    canonical: ObjectId,
) -> Result<View, Failure> {
    let as_it_is = View::as_it_is(old);
    let Ok(named) = stage.with_manifest_of(&as_it_is, canonical)? else {
        return Ok(as_it_is);
    };
    Ok(match stage.view(named.tree) {
        Ok(view) if view.kept.is_empty() => view,
        Ok(_) | Err(PromoteError::Unstampable { .. }) => as_it_is,
        Err(error) => return Err(error.into()),
    })
}

fn commit(
    canon: &Canon,
    workspace: &Workspace<'_>,
    stage: &StageNow<'_>,
    tree: ObjectId,
) -> Result<ObjectId, Failure> {
    let deed = Deed::Manifest { source: canon.tip };
    let message = format!("Take canonical's manifest\n\n{deed}");
    let signature = signature_now(&canon.repository)?;
    Ok(workspace.keep_commit(&NewCommit {
        tree,
        parents: &[stage.tip],
        author: &signature,
        committer: &signature,
        message: message.as_bytes(),
    })?)
}

/// Model files that another name takes the place of.
fn models_gone(
    workspace: &mut Workspace<'_>,
    old: ObjectId,
    new: ObjectId,
) -> Result<Vec<RelPath>, Failure> {
    let differences = workspace.differences(Some(old), Some(new))?;
    let gone = differences.into_iter().filter(|(path, sides)| {
        let name = path.file_name();
        let is_model = [&b".model.lkml"[..], b".model.lookml"]
            .iter()
            .any(|end| name.ends_with(end));
        is_model && sides[1].is_none()
    });
    Ok(gone.map(|(path, _)| path).collect())
}

/// Asks whoever can answer, where models get other names; others have to say it beforehand.
fn confirm(landed: &ManifestLanded<'_>, said: Option<&str>) -> Result<(), Failure> {
    let stage = landed.stage;
    if landed.models_renamed.is_empty() || said == Some(stage) {
        return Ok(());
    }
    let what = format!(
        "this gives {} of stage `{}` another name: their dashboards, schedules and links in Looker have to follow",
        count(landed.models_renamed.len(), "model"),
        shown(stage)
    );
    if said.is_none() && io::stdin().is_terminal() && io::stderr().is_terminal() {
        report::say(&format!("{what}\ntype `{}` to go on: ", shown(stage)));
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == stage {
            return Ok(());
        }
    }
    let diagnostic = Diagnostic::error("confirmation-needed", what).help(format!(
        "if that is meant: `storyline promote --manifest --to {stage} --confirm {stage}`",
        stage = shown(stage)
    ));
    Err(Failure::new(FailureKind::Usage, diagnostic).unchanged())
}

/// What was done, for programs.
#[derive(Serialize)]
struct ManifestLanded<'a> {
    stage: &'a str,
    /// Where the stage was.
    from: String,
    /// Where it is, or would be.
    to: String,
    /// The canonical commit whose manifest it is.
    source: String,
    /// Model files that get another name.
    models_renamed: Vec<String>,
    /// Whether it had that manifest before.
    already: bool,
    /// The branch that people merge.
    merge: Option<String>,
    done: bool,
}

impl ManifestLanded<'_> {
    fn plan(&self, stage: &StageNow<'_>) -> String {
        let mut text = format!(
            "the manifest of canonical commit {} to {} (branch {} of {})\n",
            short(&self.source),
            shown(self.stage),
            shown(&stage.branch),
            stage.url
        );
        for path in self.models_renamed.iter().take(MAX_NAMED) {
            text.push_str(&format!("  {path} gets another name\n"));
        }
        text
    }

    fn outcome(&self) -> String {
        let stage = shown(self.stage);
        match (self.already, self.done) {
            (true, _) => format!("{stage} has canonical's manifest already\n"),
            (false, true) => match &self.merge {
                Some(branch) => format!("pushed as {}: merge it there\n", shown(branch)),
                None => format!("landed: {stage} is at {}\n", short(&self.to)),
            },
            (false, false) => String::new(),
        }
    }
}
