//! What is typed for one of the two things that are compared, and what it stands for.

use std::path::{Path, PathBuf};

use storyline_repo::{ObjectId, Repository};
use storyline_text::{Diagnostic, Visible};

use crate::canon::{self, Canon};
use crate::commands::story::{Stories, story_id};
use crate::failure::{Failure, usage};
use crate::fork::Fork;
use crate::output::shown;
use crate::project::CANONICAL;

/// What begins the name of a story.
const STORY: &str = "story:";

/// One of the two things that are compared.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// How messages call it.
    pub(crate) name: String,
    /// Where its files are.
    pub(crate) place: Place,
    /// The form that it is in, where what was typed says so.
    pub(crate) form: Option<Form>,
}

/// Where files are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In a folder, all of them.
    Folder(PathBuf),
    /// In the working tree, those that Git does not ignore.
    WorkingTree,
    /// In a commit.
    Commit(ObjectId),
    /// Nowhere: before the first commit.
    Nothing,
}

/// The form that files are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The one that people share.
    Canonical,
    /// That of the environment of this name.
    Environment(String),
}

/// Both things, from what was typed: nothing, one, or both.
pub(crate) fn both(
    directory: &Path,
    left: Option<&Path>,
    right: Option<&Path>,
) -> Result<[Named; 2], Failure> {
    let Some(left) = left else {
        return Ok([head(&canon::repository(directory)?), working_tree()]);
    };
    if let Some(right) = right {
        return Ok([one(directory, left)?, one(directory, right)?]);
    }
    if let Some(text) = left.to_str() {
        if let Some(id) = text.strip_prefix(STORY) {
            return story(directory, id);
        }
        if let Some(range) = range(directory, text)? {
            return Ok(range);
        }
    }
    let left = one(directory, left)?;
    canon::repository(directory)?;
    Ok([left, working_tree()])
}

fn head(repository: &Repository) -> Named {
    Named {
        name: "HEAD".into(),
        place: repository.head().map_or(Place::Nothing, Place::Commit),
        form: None,
    }
}

pub(super) fn working_tree() -> Named {
    Named {
        name: "the working tree".into(),
        place: Place::WorkingTree,
        form: None,
    }
}

/// `A..B` and `A...B`, as Git reads them.
fn range(directory: &Path, text: &str) -> Result<Option<[Named; 2]>, Failure> {
    let Some((left, right)) = text.split_once("..") else {
        return Ok(None);
    };
    if directory.join(text).is_dir() {
        return Ok(None);
    }
    let since_base = right.starts_with('.');
    let right = right.strip_prefix('.').unwrap_or(right);
    let or_head = |text: &str| if text.is_empty() { "HEAD" } else { text }.to_owned();
    let [left, right] = [left, right].map(or_head);
    let [left, right] = [
        one(directory, Path::new(&left))?,
        one(directory, Path::new(&right))?,
    ];
    if !since_base {
        return Ok(Some([left, right]));
    }
    let (Place::Commit(a), Place::Commit(b)) = (&left.place, &right.place) else {
        return Ok(None);
    };
    let objects = canon::repository(directory)?.objects()?;
    let Some(base) = objects.merge_bases(*a, *b)?.first().copied() else {
        let title = format!("{} and {} have no commit in common", left.name, right.name);
        let help = "with two dots, or none, they are compared as they are";
        return Err(usage(Diagnostic::error("no-merge-base", title).help(help)));
    };
    let base = Named {
        name: format!("where {} and {} part", left.name, right.name),
        place: Place::Commit(base),
        form: None,
    };
    Ok(Some([base, right]))
}

/// One thing: a folder, a revision, an environment, a story.
pub(super) fn one(directory: &Path, typed: &Path) -> Result<Named, Failure> {
    let name = shown(typed);
    let folder = crate::args::from_directory(directory, typed);
    let is_path = typed.is_absolute() || typed.starts_with(".") || typed.starts_with("..");
    let as_folder = || Named {
        name: name.clone(),
        place: Place::Folder(folder.clone()),
        form: None,
    };
    let Some(text) = typed.to_str().filter(|_| !is_path) else {
        return Ok(as_folder());
    };
    if let Some(id) = text.strip_prefix(STORY) {
        let [_, tip] = story(directory, id)?;
        return Ok(tip);
    }
    let commit = match Repository::discover(directory)? {
        Some(repository) => repository.resolve(text).ok(),
        None => None,
    };
    match (commit, folder.is_dir()) {
        (Some(_), true) => {
            let title = format!("`{name}` is a folder and a revision");
            let diagnostic = Diagnostic::error("ambiguous-side", title).help(format!(
                "`./{name}` is the folder; `refs/heads/{name}`, or whatever else it is, the revision"
            ));
            Err(usage(diagnostic))
        }
        (Some(commit), false) => Ok(Named {
            name,
            place: Place::Commit(commit),
            form: None,
        }),
        (None, true) => Ok(as_folder()),
        (None, false) => elsewhere(directory, text),
    }
}

/// Canonical, an environment, or a branch of one, fetched just now.
fn elsewhere(directory: &Path, text: &str) -> Result<Named, Failure> {
    let (environment, branch) = match text.split_once(':') {
        Some((environment, branch)) => (environment, Some(branch)),
        None => (text, None),
    };
    let is_known = text == CANONICAL || may_name_environment(directory, environment);
    if !is_known {
        return Err(unknown(text));
    }
    let canon = Canon::fetch(directory)?;
    if text == CANONICAL {
        return Ok(Named {
            name: text.into(),
            place: Place::Commit(canon.tip),
            form: Some(Form::Canonical),
        });
    }
    let fork = Fork::of(&canon, environment)?;
    let branch = branch.unwrap_or(&fork.branch);
    let Some(tip) = fork.fetch(branch)? else {
        let branch = Visible(branch.as_bytes());
        let title = format!("{} has no branch `{branch}`", fork.url);
        let help = format!("`git ls-remote --heads {}` lists what it has", fork.url);
        return Err(usage(Diagnostic::error("no-such-branch", title).help(help)));
    };
    Ok(Named {
        name: Visible(text.as_bytes()).to_string(),
        place: Place::Commit(tip),
        form: Some(Form::Environment(environment.into())),
    })
}

/// Whether the manifest at hand knows an environment of this name. Which one counts is canonical's; this
/// one only tells a mistyped revision from an environment before anything is fetched.
fn may_name_environment(directory: &Path, name: &str) -> bool {
    let manifest = || {
        let repository = Repository::discover(directory).ok()??;
        let (manifest, _) = canon::manifest_of(&repository, repository.head()?).ok()??;
        manifest.environment(name).ok().map(drop)
    };
    manifest().is_some()
}

fn unknown(text: &str) -> Failure {
    let title = format!(
        "`{}` is no folder, no revision and no environment",
        Visible(text.as_bytes())
    );
    let diagnostic = Diagnostic::error("unknown-side", title)
        .help("`git branch --all` lists branches, `storyline sync --all --dry-run` environments, `storyline story list` stories")
        .help("what shall be compared may be: a folder, a revision, `A..B`, an environment, `ENV:BRANCH`, `story:ID`, `canonical`")
        .help("paths stand after `--`");
    usage(diagnostic)
}

/// A story from where it begins to where it is: its newest revision, or the one that `ID@REVISION` names;
/// before anything was handed in, its branch.
fn story(directory: &Path, text: &str) -> Result<[Named; 2], Failure> {
    let (id, revision) = match text.split_once('@') {
        Some((id, revision)) => (id, Some(revision)),
        None => (text, None),
    };
    let id = story_id(id)?;
    let stories = Stories::fetch(directory, Some(&id))?;
    let (base, tip) = stories.span(&id, revision)?;
    let side = |name: String, commit: Option<ObjectId>| Named {
        name,
        place: commit.map_or(Place::Nothing, Place::Commit),
        form: Some(Form::Canonical),
    };
    Ok([
        side(format!("where story {id} begins"), base),
        side(format!("story {id}"), Some(tip)),
    ])
}
