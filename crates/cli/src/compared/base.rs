//! Where a change begins, if nobody says so: what a preview starts from.

use std::path::Path;

use storyline_repo::{ObjectId, Repository};
use storyline_text::Diagnostic;

use super::named::{Form, Named, Place, one, working_tree};
use crate::canon::{self, Canon};
use crate::failure::{Failure, usage};
use crate::project::{CANONICAL, OWN_ENVIRONMENT};

const HELP: &str = "`--base` names what it is to be compared with";

/// Both sides of a change that leads to `head`, or to the working tree. Without `base` it begins where it left
/// the canonical branch, as its remote has it now; in a clone of an environment, and where nothing says which
/// branch is canonical, where it left the branch's upstream. An environment is compared with canonical.
pub(crate) fn since(
    directory: &Path,
    base: Option<&Path>,
    head: Option<&Path>,
) -> Result<[Named; 2], Failure> {
    let head = head.map_or_else(|| Ok(working_tree()), |head| one(directory, head))?;
    if let Some(base) = base {
        return Ok([one(directory, base)?, head]);
    }
    if let Some(Form::Environment(_)) = head.form {
        return Ok([one(directory, Path::new(CANONICAL))?, head]);
    }
    let repository = canon::repository(directory)?;
    let commit = match &head.place {
        Place::Commit(commit) => *commit,
        Place::WorkingTree => match repository.head() {
            Some(commit) => commit,
            None => return Ok([nothing(), head]),
        },
        Place::Folder(_) | Place::Nothing => {
            let title = format!("where {} began is not known", head.name);
            return Err(usage(Diagnostic::error("no-base", title).help(HELP)));
        }
    };
    let (name, tip) = target(directory, &repository)?;
    let bases = repository.objects()?.merge_bases(tip, commit)?;
    let Some(base) = bases.first() else {
        let title = format!("{name} and {} have no commit in common", head.name);
        let diagnostic = Diagnostic::error("no-merge-base", title)
            .help("a shallow clone lacks them: `git fetch --unshallow`")
            .help(HELP);
        return Err(usage(diagnostic));
    };
    let base = Named {
        name: format!("where {} left {name}", head.name),
        place: Place::Commit(*base),
        form: None,
    };
    Ok([base, head])
}

fn nothing() -> Named {
    Named {
        name: "nothing".into(),
        place: Place::Nothing,
        form: None,
    }
}

/// What changes are made for: the branch that they are to land on, and its tip.
fn target(directory: &Path, repository: &Repository) -> Result<(&'static str, ObjectId), Failure> {
    let own = repository.setting(OWN_ENVIRONMENT).ok().flatten();
    let has_manifest = match repository.head() {
        Some(head) => canon::manifest_of(repository, head)?.is_some(),
        None => false,
    };
    if own.is_none() && has_manifest {
        return Ok((CANONICAL, Canon::fetch(directory)?.tip));
    }
    let known = [
        ("its upstream", "@{upstream}"),
        ("the default branch of `origin`", "refs/remotes/origin/HEAD"),
    ];
    let mut known = known.into_iter();
    let found = known.find_map(|(name, rev)| Some((name, repository.resolve(rev).ok()?)));
    found.ok_or_else(|| {
        let title = "nothing says which branch this change is for: it has no upstream";
        usage(Diagnostic::error("no-base", title).help(HELP))
    })
}
