//! `storyline stamp ENV --rev REV`: a commit with its whole history in place of the folder.
//!
//! What is in the working tree, and which branch it is on, does not matter. Nothing that was there is
//! changed: new commits come beside the old ones, and a branch moves forward or not at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_repo::projection::{Opaque, OpaqueCommit, Projector};
use storyline_repo::{
    Expected, Memo, ObjectId, Objects, RefError, RefName, RefUpdate, Repository, Snapshot,
};
use storyline_stamp::{Direction, Scope, Tree, plan};
use storyline_text::{Diagnostic, Visible};

use crate::args::{Format, StampArgs};
use crate::canon::{self, manifest_in};
use crate::failure::{Failure, FailureKind, usage};
use crate::output::{self, count};
use crate::project::{self, MANIFEST};
use crate::{git, report};

/// Takes `revision`, and all that it grew out of, to or from an environment's form.
pub(crate) fn take(
    directory: &Path,
    args: &StampArgs,
    revision: &str,
    direction: Direction,
) -> Result<ExitCode, Failure> {
    let repository = canon::repository(directory)?;
    let tip = repository.resolve(revision)?;
    let lender = match &args.manifest_from {
        Some(revision) => Some(lender(&repository, revision)?),
        None => None,
    };
    let branch = args.branch.as_deref();
    let branch = branch
        .map(|name| Branch::of(&repository, name))
        .transpose()?;
    let objects = repository.objects()?;
    let mut projector =
        Projector::new(&objects, &args.environment, direction).with_memo(Memo::open(&repository));
    if let Some(lender) = lender {
        projector.lend_manifest_of(lender)?;
    }
    let made = projector.project(&[tip])?[0];
    let found = Found::of(&projector, made);
    if let Some(why) = projector.why_opaque(tip) {
        let opaque = OpaqueCommit { id: tip, why };
        return Err(refusal(&repository, args, direction, (opaque, lender))?);
    }
    if let Some(branch) = &branch {
        branch.check(&projector, &objects, tip, made)?;
    }
    if !args.dry_run {
        projector.finish()?;
        if let Some(branch) = &branch {
            let why = format!("storyline: {direction} {}", args.environment);
            branch.move_to(&repository, made, &why)?;
        }
    }
    print(args, direction, &found, branch.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

/// The commit whose manifest is lent.
fn lender(repository: &Repository, revision: &str) -> Result<ObjectId, Failure> {
    let id = repository.resolve(revision)?;
    match manifest_in(&Snapshot::of_manifest(repository, id)?)? {
        Some(_) => Ok(id),
        None => Err(usage(no_manifest(id))),
    }
}

/// A local branch that is to be at the result.
struct Branch {
    name: RefName,
    /// Where it was found.
    old: Option<ObjectId>,
}

impl Branch {
    fn of(repository: &Repository, name: &str) -> Result<Self, Failure> {
        let name = canon::branch_ref(name)?;
        if let Some(folder) = repository.checked_out(&name) {
            return Err(Failure::from(RefError::CheckedOut { name, folder }).unchanged());
        }
        let old = repository.reference(&name)?;
        Ok(Self { name, old })
    }

    /// Refuses to lose commits: the branch has to stand at something that `made` grew out of.
    fn check(
        &self,
        projector: &Projector<'_>,
        objects: &Objects,
        tip: ObjectId,
        made: ObjectId,
    ) -> Result<(), Failure> {
        let Some(old) = self.old else { return Ok(()) };
        // What the projection grew out of is what its ancestors became.
        let history = objects.walk(&[tip], &[])?;
        let mut newest = history.iter().rev();
        if newest.any(|commit| projector.known(commit.id) == Some(old)) {
            return Ok(());
        }
        let name = Visible(self.name.short().as_bytes()).to_string();
        let title = format!("the branch `{name}` is at {old}, which {made} did not grow out of");
        let diagnostic = Diagnostic::error("not-fast-forward", title)
            .help("name another branch, or none; what that branch has would be lost")
            .help(format!(
                "`git log {made}..{old}` shows it, once `--rev` ran without `--branch`"
            ));
        Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
    }

    fn move_to(&self, repository: &Repository, made: ObjectId, why: &str) -> Result<(), Failure> {
        if self.old == Some(made) {
            return Ok(());
        }
        let update = RefUpdate {
            name: self.name.clone(),
            old: self.old.map_or(Expected::Absent, Expected::Is),
            new: Some(made),
        };
        let git = git::program(Some(repository))?;
        Ok(git.update_refs(repository, &[update], why)?)
    }
}

/// What a projection came to.
struct Found {
    commit: ObjectId,
    /// Those that no former command projected.
    commits: usize,
    /// Those whose projection is another commit.
    changed: usize,
    opaque: Vec<OpaqueCommit>,
}

impl Found {
    fn of(projector: &Projector<'_>, made: ObjectId) -> Self {
        Self {
            commit: made,
            commits: projector.all().count(),
            changed: projector.all().filter(|(from, to)| from != to).count(),
            opaque: projector.opaque().to_vec(),
        }
    }
}

/// Why the asked commit itself is opaque.
fn refusal(
    repository: &Repository,
    args: &StampArgs,
    direction: Direction,
    (opaque, lender): (OpaqueCommit, Option<ObjectId>),
) -> Result<Failure, Failure> {
    let OpaqueCommit { id, why } = opaque;
    if why == Opaque::OddTree {
        let title = format!("the tree of commit {id} is not as Git writes trees");
        let diagnostic = Diagnostic::error("odd-tree", title)
            .help("`git fsck --strict` says what is odd; a projection takes it as it is");
        return Ok(Failure::new(FailureKind::Findings, diagnostic).unchanged());
    }
    let of = |failure: Failure| failure.help(&format!("the files are those of commit {id}"));
    let files = Snapshot::of(repository, id)?;
    let mut found = manifest_in(&files).map_err(of)?;
    if let (None, Some(lender)) = (&found, lender) {
        found = manifest_in(&Snapshot::of_manifest(repository, lender)?)?;
    }
    let Some((manifest, sources)) = found else {
        return Ok(usage(no_manifest(id)));
    };
    let environment = match manifest.environment(&args.environment) {
        Ok(environment) => environment,
        Err(unknown) => return Ok(of(unknown.into())),
    };
    let tree = Tree::read(&files, &Scope::of(&manifest, environment))?;
    Ok(match plan(&tree, &manifest, environment, direction) {
        Err(refused) => of(Failure {
            sources: project::sources(&sources, &tree, &refused.diagnostics),
            ..refused.into()
        }),
        Ok(_) => {
            let title = format!("the tree of commit {id} would not come back as it is");
            let diagnostic = Diagnostic::error("not-reversible", title)
                .help(
                    "two paths differ by the case of their letters alone, or folders are too deep",
                )
                .help(format!("`git ls-tree -r {id}` lists all of it"));
            Failure::new(FailureKind::Findings, diagnostic).unchanged()
        }
    })
}

fn no_manifest(commit: ObjectId) -> Diagnostic {
    Diagnostic::error(
        "no-manifest",
        format!("there is no `{MANIFEST}` in commit {commit}"),
    )
    .help("`storyline init --write` proposes one from what the project shows; commit it")
    .help("to try what a manifest would do with commits before it, lend it: `--manifest-from REV`")
}

/// The result for programs.
#[derive(Serialize)]
struct JsonProjection {
    command: String,
    environment: String,
    /// Whether the commits were written.
    done: bool,
    commit: String,
    /// The branch that is there now, without `refs/heads/`.
    branch: Option<String>,
    commits: usize,
    changed: usize,
    opaque: Vec<JsonOpaque>,
}

#[derive(Serialize)]
struct JsonOpaque {
    commit: String,
    why: &'static str,
}

fn print(
    args: &StampArgs,
    direction: Direction,
    found: &Found,
    branch: Option<&Branch>,
) -> Result<(), Failure> {
    let printed = match args.format {
        Format::Text => {
            report::say(&summary(args, direction, found, branch));
            output::print(&format!("{}\n", found.commit))
        }
        Format::Json => output::print_json(&JsonProjection {
            command: direction.to_string(),
            environment: args.environment.clone(),
            done: !args.dry_run,
            commit: found.commit.to_string(),
            branch: branch.map(|branch| branch.name.short().into()),
            commits: found.commits,
            changed: found.changed,
            opaque: found.opaque.iter().map(json_opaque).collect(),
        }),
    };
    match args.dry_run {
        true => printed,
        false => printed.map_err(|failure| {
            failure.help("all commits are written; only this report is missing")
        }),
    }
}

fn json_opaque(opaque: &OpaqueCommit) -> JsonOpaque {
    JsonOpaque {
        commit: opaque.id.to_string(),
        why: match opaque.why {
            Opaque::NoManifest => "no-manifest",
            Opaque::BrokenManifest => "broken-manifest",
            Opaque::NoEnvironment => "no-environment",
            Opaque::Refused => "refused",
            Opaque::OddTree => "odd-tree",
        },
    }
}

fn summary(
    args: &StampArgs,
    direction: Direction,
    found: &Found,
    branch: Option<&Branch>,
) -> String {
    let did = match args.dry_run {
        true => format!("would {direction}"),
        false => format!("{direction}ed"),
    };
    let environment = Visible(args.environment.as_bytes());
    let mut out = match found.commits {
        0 => format!("{did} {environment}: no commits that were not done before\n"),
        commits => format!(
            "{did} {environment}: {}, {} changed, {} as before\n",
            count(commits, "commit"),
            found.changed,
            commits - found.changed,
        ),
    };
    // Writing to a string cannot fail.
    for (why, commits) in by_reason(&found.opaque) {
        let _ = writeln!(
            out,
            "files as they are in {}: {why}",
            count(commits.len(), "commit")
        );
        if why == REFUSED {
            let lent = args.manifest_from.as_deref().map(str::as_bytes);
            let lent = lent.map_or(String::new(), |rev| {
                format!(" --manifest-from {}", Visible(rev))
            });
            let first = commits[0];
            let _ = writeln!(
                out,
                "  `storyline {direction} {environment} --rev {first}{lent}` says why"
            );
        }
    }
    if let Some(Branch { name, old }) = branch {
        let name = Visible(name.short().as_bytes());
        let _ = match old {
            None => writeln!(out, "new branch {name}"),
            Some(old) if *old == found.commit => writeln!(out, "branch {name} was there already"),
            Some(old) => writeln!(out, "branch {name} moved on from {old}"),
        };
    }
    out
}

const REFUSED: &str = "they are refused";

/// Commits with their trees as they are by the reason, in a fixed order.
fn by_reason(opaque: &[OpaqueCommit]) -> BTreeMap<&'static str, Vec<ObjectId>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for OpaqueCommit { id, why } in opaque {
        let why = match why {
            Opaque::NoManifest => "no manifest",
            Opaque::BrokenManifest => "a broken manifest",
            Opaque::NoEnvironment => "a manifest without the environment",
            Opaque::Refused => REFUSED,
            Opaque::OddTree => "a tree that Git would not write",
        };
        found.entry(why).or_default().push(*id);
    }
    found
}
