//! On a stage that follows canonical: the story's change is taken back on canonical itself.

use storyline_promote::{BackOut, Deed, Stage, Trouble, View};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{StoryId, paragraphs};
use storyline_repo::{Memo, NetError, NewCommit, ObjectId, Objects, Push};
use storyline_text::{Diagnostic, Visible};

use super::tell::{Gone, Outcome};
use super::{dependents, reason};
use crate::args::BackOutArgs;
use crate::canon::{Canon, branch_ref, tracking_ref};
use crate::commands::story::signature_now;
use crate::failure::{Failure, FailureKind};
use crate::gates;
use crate::history;
use crate::stages::followed;

/// Takes a story's change back on canonical. Stories that stand on it are told, and stay.
pub(super) fn run(canon: &Canon, id: &StoryId, args: &BackOutArgs) -> Result<Outcome, Failure> {
    let objects = canon.repository.objects()?;
    let on = followed(canon, &objects)?.ledger.on_stage();
    let Some(there) = on.get(id) else {
        return Err(history::not_there(&on, id.as_str(), &args.from));
    };
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut stage = Stage::new(&mut workspace, &args.from);
    let view = View {
        tree: stage.workspace.tree_of(canon.tip)?,
        kept: std::collections::BTreeSet::new(),
    };
    dependents::closure(&mut stage, &view, &on, id, args)?;
    let revision = there.revision.clone();
    let applied = stage.take_off(&view, revision.change)?;
    let applied = applied.map_err(|trouble| conflict(id, &trouble))?;
    let tree = applied.view.tree;
    let deed = Deed::BackOut(BackOut {
        revision: revision.clone(),
        take: None,
    });
    let committer = signature_now(&canon.repository)?;
    let message = format!("Back out {id}\n\n{}\n\n{deed}", paragraphs(reason(args)));
    let commit = stage.commit(&NewCommit {
        tree,
        parents: &[canon.tip],
        author: &committer,
        committer: &committer,
        message: message.as_bytes(),
    })?;
    let gone = Gone {
        revision,
        take: None,
        commit,
        changed: applied.touched,
        tree,
    };
    let mut outcome = Outcome::new(&args.from, &canon.branch, [canon.tip, commit], &[gone]);
    // Merging what a history has already brings nothing again, however it was taken back.
    outcome.next = Some(format!(
        "`storyline sync {}`; canonical's history has the story's commits, so mend it in new ones: on its branch \
         `git rebase --no-ff {}`, then `storyline story submit {id}`",
        Visible(args.from.as_bytes()),
        there.revision.change.from,
    ));
    if !args.dry_run {
        workspace.write(&[commit])?;
        objects.refresh();
        gates::hold(canon, &args.from, &there.revision, reason(args))?;
        outcome.merge = push(canon, &objects, commit, id)?;
        outcome.done = true;
    }
    workspace.finish();
    Ok(outcome)
}

fn conflict(id: &StoryId, trouble: &Trouble) -> Failure {
    let title = format!("{id} does not simply go off canonical");
    let paths = trouble.paths().map(|path| format!("both changed {path}"));
    let diagnostic = paths.fold(
        Diagnostic::error("back-out-conflict", title),
        Diagnostic::help,
    );
    let diagnostic = diagnostic
        .help("take it back by hand, with a story of its own: what came later stands on it");
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}

/// Moves canonical; or, where the remote does not let anybody, pushes a branch for people to merge.
fn push(
    canon: &Canon,
    objects: &Objects,
    commit: ObjectId,
    id: &StoryId,
) -> Result<Option<String>, Failure> {
    let push = Push {
        destination: branch_ref(&canon.branch)?,
        expected: Some(canon.tip),
        new: Some(commit),
        forward_only: true,
    };
    match canon.git.push(&canon.repository, &canon.url, &[push]) {
        Err(NetError::Refused { .. }) => {}
        pushed => {
            pushed?;
            canon.copy_refs(
                &[(tracking_ref(&canon.branch)?, commit)],
                "storyline back-out",
            )?;
            return Ok(None);
        }
    }
    let branch = format!("storyline/land/canonical/{id}");
    let destination = branch_ref(&branch)?;
    let there = canon
        .git
        .list(&canon.repository, &canon.url, &[destination.as_str()])?;
    objects.refresh();
    let push = Push {
        expected: there.get(&destination).copied(),
        destination,
        new: Some(commit),
        forward_only: false,
    };
    canon.git.push(&canon.repository, &canon.url, &[push])?;
    Ok(Some(branch))
}
