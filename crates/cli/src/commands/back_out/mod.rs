//! `storyline back-out`: a story goes off a stage, and is held there.
//!
//! ```text
//! who stands on it   told first, before anything is computed further
//! both ways          revert and rebuild; a person chooses where they differ
//! hold, then push    a hold is safe alone, and doing all of it again changes nothing more
//! ```

mod dependents;
mod follows;
mod tell;

use std::path::Path;
use std::process::ExitCode;

use storyline_promote::{
    Candidate, Deed, Entry, History, Landed, Stage, Take, TakenOff, Unproved, take_off,
};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{StoryId, paragraphs};
use storyline_repo::{Memo, NewCommit, ObjectId};
use storyline_text::Diagnostic;

use self::tell::{Gone, Outcome};
use super::story::{signature_now, story_id};
use crate::args::{BackOutArgs, Format, TakeArg};
use crate::canon::Canon;
use crate::failure::{Failure, FailureKind};
use crate::gates;
use crate::history::{Broken, Past};
use crate::output::{self, short};

/// A reason where nobody gives one.
const BACKED_OUT: &str = "backed out";

pub(crate) fn run(directory: &Path, args: &BackOutArgs) -> Result<ExitCode, Failure> {
    let id = story_id(&args.story)?;
    gates::refuse_long(reason(args))?;
    let canon = Canon::fetch(directory)?;
    let outcome = back_out(&canon, &id, args)?;
    let printed = match args.format {
        Format::Text => output::print(&outcome.text()),
        Format::Json => output::print_json(&outcome),
    };
    printed.map_err(|failure| match outcome.done {
        true => failure.help("the stage was changed; only this report is missing"),
        false => failure,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn back_out(canon: &Canon, id: &StoryId, args: &BackOutArgs) -> Result<Outcome, Failure> {
    let objects = canon.repository.objects()?;
    let mut past = Past::fetch(canon, &objects, &args.from, Broken::Stops)?;
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut stage = past.stage(&mut workspace);
    let history = &mut past.history;
    refuse_forged(&mut stage, history, id)?;
    let stories = dependents::going(&mut stage, history, id, args)?;
    let receiving = past.receiving.as_ref();
    let (branch, from) = match receiving {
        Some(now) => (&now.branch, now.tip),
        None => (&canon.branch, canon.tip),
    };
    let mut going = Going {
        args,
        committer: signature_now(&canon.repository)?,
        tip: from,
        gone: Vec::new(),
    };
    for story in &stories {
        going.take_off(&mut stage, history, story)?;
    }
    let Going { tip, gone, .. } = going;
    let mut outcome = Outcome::new(&args.from, branch, [from, tip], &gone);
    if receiving.is_none() {
        outcome.next = Some(follows::next(canon, &objects, &gone, args)?);
    }
    if !args.dry_run {
        workspace.write(&[tip])?;
        objects.refresh();
        for gone in &gone {
            gates::hold(canon, &args.from, &gone.revision, reason(args))?;
        }
        outcome.merge = match receiving {
            Some(now) => now.move_to(tip, id.as_str(), "storyline back-out")?,
            None => follows::push(canon, tip, id)?,
        };
        outcome.done = true;
    }
    workspace.finish();
    Ok(outcome)
}

fn reason(args: &BackOutArgs) -> &str {
    let given = args.reason.as_deref().map(str::trim);
    given
        .filter(|reason| !reason.is_empty())
        .unwrap_or(BACKED_OUT)
}

/// The stage while stories go off it.
struct Going<'a> {
    args: &'a BackOutArgs,
    committer: Vec<u8>,
    tip: ObjectId,
    gone: Vec<Gone>,
}

impl Going<'_> {
    fn take_off(
        &mut self,
        stage: &mut Stage<'_, '_>,
        history: &mut History,
        story: &StoryId,
    ) -> Result<(), Failure> {
        let taken = take_off(stage, history, story)?;
        let taken = taken.expect("what goes is on the stage");
        let take = self.args.take.map(|take| match take {
            TakeArg::Revert => Take::Revert,
            TakeArg::Rebuild => Take::Rebuild,
        });
        let chosen = match take {
            _ if taken.agreed().is_some() => taken.agreed(),
            Some(take) => taken.taking(take),
            None => None,
        };
        let Some(candidate) = chosen.cloned() else {
            return Err(tell::undecided(&taken, self.args));
        };
        let take = take.filter(|_| taken.agreed().is_none());
        let deed = taken.deed(take);
        let commit = self.commit(stage, &taken, &candidate, &deed)?;
        let entry = Entry {
            commit,
            parent: Some(self.tip),
            tree: candidate.tree,
            deeds: vec![deed],
            ..history.ledger().tip().cloned().expect("the story landed")
        };
        history.push(entry, candidate.view.clone());
        self.tip = commit;
        self.gone.push(Gone {
            revision: taken.revision,
            take,
            commit,
            tree: candidate.tree,
            changed: candidate.changed,
        });
        Ok(())
    }

    fn commit(
        &self,
        stage: &Stage<'_, '_>,
        taken: &TakenOff,
        candidate: &Candidate,
        deed: &Deed,
    ) -> Result<ObjectId, Failure> {
        let Landed { story, .. } = &taken.revision;
        let why = paragraphs(reason(self.args));
        let message = format!("Back out {story}\n\n{why}\n\n{deed}");
        Ok(stage.commit(&NewCommit {
            tree: candidate.tree,
            parents: &[self.tip],
            author: &self.committer,
            committer: &self.committer,
            message: message.as_bytes(),
        })?)
    }
}

/// Trailers that name a revision which nobody handed in would have something else taken off.
fn refuse_forged(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    story: &StoryId,
) -> Result<(), Failure> {
    let Some(there) = history.ledger().on_stage_of(story) else {
        return Ok(());
    };
    let Some(Unproved::RevisionUnknown { revision }) = history.verify(stage, there.entry)? else {
        return Ok(());
    };
    let title = format!(
        "commit {} says that it landed revision {} of {story}, which nobody handed in",
        short(there.commit),
        revision.revision.short()
    );
    let diagnostic = Diagnostic::error("landing-forged", title)
        .help(format!(
            "`storyline audit {}` tells what it did",
            stage.name()
        ))
        .help(format!(
            "`git revert {}` on the stage's branch takes that commit back",
            there.commit
        ));
    Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
}
