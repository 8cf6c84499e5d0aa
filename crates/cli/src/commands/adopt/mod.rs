//! `storyline adopt`: an existing repository comes under the manifest.
//!
//! A repository whose names were put in by hand holds a history that no projection gives. A developer's
//! fork is replaced by the projection, and what it was is kept under a backup ref there. A stage keeps
//! its history and gets one commit with the projection's files. What is neither canonical nor stamp is
//! told first. A stage that follows canonical is replaced like a fork.

mod compare;
mod own;
mod told;

use std::collections::HashSet;
use std::io::{self, BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use storyline_repo::projection::Projector;
use storyline_repo::{Kind, Memo, NewCommit, ObjectId, Objects, Push, RefName, Snapshot};
use storyline_stamp::{Direction, Refused, Scope, Tree, plan};
use storyline_text::{Diagnostic, Visible};

use self::compare::{Comparison, Files, compare};
use self::own::own_commits;
use self::told::Adopted;
use super::story::signature_now;
use crate::args::{AdoptArgs, Format};
use crate::canon::{Canon, branch_ref};
use crate::failure::{Failure, FailureKind};
use crate::fork::{Fork, backup_ref};
use crate::home::receives_stories;
use crate::output;
use crate::report;

/// Says in a commit's message that a stage came under the manifest by it.
const ADOPTED: &str = "Storyline-Kind: adopt";

pub(crate) fn run(directory: &Path, args: &AdoptArgs) -> Result<ExitCode, Failure> {
    let canon = Canon::fetch(directory)?;
    let fork = Fork::of(&canon, &args.environment)?;
    let there = fork.fetch(&fork.branch)?.ok_or_else(|| missing(&fork))?;
    let objects = canon.repository.objects()?;
    let mut projector = Projector::new(&objects, &args.environment, Direction::Stamp)
        .with_memo(Memo::open(&canon.repository));
    let stamped = projector.project(&[canon.tip])?[0];
    let canonical = objects.walk(&[canon.tip], &[])?.into_iter();
    let canonical = canonical.map(|commit| commit.id);
    let shared = canonical
        .filter(|id| projector.known(*id) == Some(*id))
        .collect();
    projector.finish()?;
    objects.refresh();
    let adoption = Adoption {
        fork: &fork,
        objects: &objects,
        there,
        stamped,
        shared,
    };
    if let Some(standing) = adoption.standing()? {
        let printed = match args.format {
            Format::Text => output::print(&standing.text(&fork)),
            Format::Json => output::print_json(&standing),
        };
        return printed.map(|()| ExitCode::SUCCESS);
    }
    let mut adopted = Adopted {
        environment: &args.environment,
        repository: fork.url.to_string(),
        branch: &fork.branch,
        old: there.to_string(),
        new: stamped.to_string(),
        projection: stamped.to_string(),
        backup: None,
        files: Some(adoption.comparison()?),
        commits: own_commits(&fork, &objects, there)?,
        already: false,
        done: false,
    };
    if args.format == Format::Text {
        output::print(&adopted.survey())?;
    }
    let change = adoption.change()?;
    adopted.new = change.new.to_string();
    adopted.backup = change.backup.as_ref().map(ToString::to_string);
    if !args.dry_run {
        confirm(&fork, args, &change)?;
        adoption.carry_out(&change)?;
        adopted.done = true;
    }
    let printed = match args.format {
        Format::Text => output::print(&adopted.outcome(&fork)),
        Format::Json => output::print_json(&adopted),
    };
    printed.map_err(|failure| match adopted.done {
        true => failure.help("the environment is adopted; only this report is missing"),
        false => failure,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// An environment's branch and what it is to become.
struct Adoption<'a> {
    fork: &'a Fork<'a>,
    objects: &'a Objects,
    /// Where the branch stands.
    there: ObjectId,
    /// The projection of the canonical branch.
    stamped: ObjectId,
    /// Canonical commits that are their own projections.
    shared: HashSet<ObjectId>,
}

/// How the branch is to move.
struct Change {
    new: ObjectId,
    /// Where the old tip is kept, unless it stays in the history.
    backup: Option<RefName>,
}

impl Adoption<'_> {
    fn canon(&self) -> &Canon {
        self.fork.canon
    }

    /// Whether stories are promoted there, which then has a history of its own. A stage that follows
    /// canonical has none: `sync` keeps it at the projection, so that it has to become one.
    fn is_stage(&self) -> bool {
        receives_stories(&self.canon().manifest, self.fork.environment)
    }

    /// What is told of a branch that is under the manifest already; `None` of one that is not.
    fn standing(&self) -> Result<Option<Adopted<'_>>, Failure> {
        let Self {
            objects,
            there,
            stamped,
            ..
        } = *self;
        let is_projection = objects.is_ancestor(there, stamped)?;
        // A commit that canonical itself does not have says that the branch grew on a projection.
        let bases = objects.merge_bases(there, stamped)?;
        let grew = bases.iter().any(|base| !self.shared.contains(base));
        let is_adopted = self.is_stage() && self.was_adopted()?;
        if !is_projection && !grew && !is_adopted {
            return Ok(None);
        }
        let own = match is_projection || is_adopted {
            true => Vec::new(),
            false => own_commits(self.fork, objects, there)?,
        };
        Ok(Some(Adopted {
            environment: &self.fork.environment.name,
            repository: self.fork.url.to_string(),
            branch: &self.fork.branch,
            old: there.to_string(),
            new: there.to_string(),
            projection: stamped.to_string(),
            backup: None,
            files: None,
            commits: own,
            already: true,
            done: false,
        }))
    }

    /// Whether the stage's history has a commit by which it was adopted.
    fn was_adopted(&self) -> Result<bool, Failure> {
        let own = self.objects.walk(&[self.there], &[self.canon().tip])?;
        for commit in own.iter().rev() {
            let bytes = self.objects.read_as(commit.id, Kind::Commit)?;
            let mut lines = bytes.split(|byte| *byte == b'\n');
            if lines.any(|line| line == ADOPTED.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn comparison(&self) -> Result<Comparison, Failure> {
        let canon = self.canon();
        let (manifest, environment) = (&canon.manifest, self.fork.environment);
        let snapshot = |id| Snapshot::of(&canon.repository, id);
        let scope = Scope::of(manifest, environment);
        let canonical = snapshot(canon.tip)?;
        let tree = Tree::read(&canonical, &scope)?;
        let stamp = plan(&tree, manifest, environment, Direction::Stamp);
        let stamp = stamp.map_err(|refused| refusal(&tree, refused))?;
        let base = self.objects.merge_bases(self.there, canon.tip)?;
        let before = base.first().map(|base| snapshot(*base)).transpose()?;
        let old = before.as_ref().map(|files| Tree::read(files, &scope));
        let old = old.transpose()?;
        // Where what canonical was cannot be stamped, its paths are canonical's alone.
        let old_stamp = old.as_ref().map(|tree| {
            let stamp = plan(tree, manifest, environment, Direction::Stamp);
            stamp.map(|plan| plan.patch).unwrap_or_default()
        });
        let (stamped, found) = (snapshot(self.stamped)?, snapshot(self.there)?);
        let before = before.as_ref().map(Files::of);
        let before = before.as_ref().zip(old.as_ref()).zip(old_stamp.as_ref());
        compare(
            manifest,
            environment,
            (&Files::of(&canonical), &tree, &stamp.patch),
            before.map(|((files, tree), stamp)| (files, tree, stamp)),
            &Files::of(&stamped),
            &Files::of(&found),
        )
    }

    /// Decides what becomes of the branch, and makes the commit that a stage gets.
    fn change(&self) -> Result<Change, Failure> {
        let Self {
            fork,
            objects,
            there,
            stamped,
            ..
        } = *self;
        let canon = self.canon();
        if !self.is_stage() {
            return Ok(Change {
                new: stamped,
                backup: Some(backup_ref(&fork.branch, there)?),
            });
        }
        let signature = signature_now(&canon.repository)?;
        let environment = &fork.environment.name;
        let message = format!(
            "Take the names of {environment} from the manifest\n\n{ADOPTED}\nSource-Commit: {}\n",
            canon.tip
        );
        let commit = NewCommit {
            tree: objects.tree_of(stamped)?,
            parents: &[there],
            author: &signature,
            committer: &signature,
            message: message.as_bytes(),
        };
        let pack = objects.writer();
        let new = pack.add(Kind::Commit, &commit.to_bytes())?;
        pack.finish()?;
        objects.refresh();
        Ok(Change { new, backup: None })
    }

    fn carry_out(&self, change: &Change) -> Result<(), Failure> {
        let Self { fork, there, .. } = *self;
        let canon = self.canon();
        let mut pushes = Vec::new();
        if let Some(backup) = &change.backup {
            let kept = fork.refs(&[backup.as_str()])?;
            pushes.push(Push {
                destination: backup.clone(),
                expected: kept.get(backup).copied(),
                new: Some(there),
                forward_only: false,
            });
        }
        pushes.push(Push {
            destination: branch_ref(&fork.branch)?,
            expected: Some(there),
            new: Some(change.new),
            forward_only: change.backup.is_none(),
        });
        canon.git.push(&canon.repository, &fork.url, &pushes)?;
        let copy = (fork.tracking_ref(&fork.branch)?, change.new);
        canon.copy_refs(&[copy], "storyline adopt")
    }
}

/// Canonical itself cannot be stamped.
fn refusal(tree: &Tree, refused: Refused) -> Failure {
    let labels = refused.diagnostics.iter().flat_map(|told| &told.labels);
    let sources = labels
        .filter(|label| !tree.holds_secrets(&label.file))
        .filter_map(|label| Some((label.file.clone(), tree.source(&label.file)?.to_vec())));
    Failure {
        sources: sources.collect(),
        ..refused.into()
    }
}

/// Asks whoever can answer; others have to say it beforehand.
fn confirm(fork: &Fork<'_>, args: &AdoptArgs, change: &Change) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    let environment = &args.environment;
    let branch = Visible(fork.branch.as_bytes());
    let what = match &change.backup {
        Some(backup) => format!(
            "replaces `{branch}` of {}, and keeps what it was as `{backup}` there",
            fork.url
        ),
        None => format!("adds a commit to `{branch}` of {}", fork.url),
    };
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let diagnostic = Diagnostic::error("confirmation-needed", format!("this {what}")).help(
            format!("if that is meant: `storyline adopt {environment} --yes`"),
        );
        return Err(Failure::new(FailureKind::Usage, diagnostic).unchanged());
    }
    report::say(&format!("this {what}\ntype `{environment}` to go on: "));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && answer.trim() == environment {
        true => Ok(()),
        false => {
            let diagnostic =
                Diagnostic::error("not-confirmed", format!("`{environment}` was not typed"))
                    .help("run the command again when it is meant");
            Err(Failure::new(FailureKind::Usage, diagnostic).unchanged())
        }
    }
}

fn missing(fork: &Fork<'_>) -> Failure {
    let branch = Visible(fork.branch.as_bytes());
    let title = format!("{} has no branch `{branch}`", fork.url);
    let diagnostic = Diagnostic::error("branch-missing", title).help(format!(
        "there is nothing to adopt: `storyline sync {}` makes it",
        fork.environment.name
    ));
    Failure::new(FailureKind::Usage, diagnostic).unchanged()
}
