//! What stands in the way of a sync, and what to type next.

use std::collections::BTreeMap;

use storyline_manifest::Environment;
use storyline_repo::story::{CommitSummary, StoryId};
use storyline_repo::{ObjectId, RefName, Repository, Url};
use storyline_text::{Diagnostic, Visible};

use crate::failure::Failure;
use crate::failure::usage;
use crate::output::{count, date, short};

/// Commits that are listed one by one.
const MAX_LISTED: usize = 20;

/// The branch holds commits that are nowhere else.
pub(super) fn own_way(
    repository: &Repository,
    url: &Url,
    environment: &Environment,
    (branch, story): (&RefName, Option<&StoryId>),
    own: &[ObjectId],
) -> Result<Diagnostic, Failure> {
    let (name, shown) = (&environment.name, Visible(branch.short().as_bytes()));
    let commits = count(own.len(), "commit");
    let title = format!("`{shown}` of {url} has {commits} of its own");
    let mut told = Diagnostic::error("fork-went-its-own-way", title);
    for id in own.iter().take(MAX_LISTED) {
        let commit = CommitSummary::read(repository, *id)?;
        told = told.help(format!(
            "{} {}, {}: {}",
            short(id),
            date(commit.when),
            Visible(commit.author.as_bytes()),
            Visible(commit.subject.as_bytes())
        ));
    }
    let more = own.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        told = told.help(format!("and {more} more"));
    }
    let story = story.map_or("ID", StoryId::as_str);
    Ok(told
        .help(format!(
            "`storyline absorb {name} {shown} --story {story}` makes them part of a story"
        ))
        .help(format!("nothing was moved at {url}")))
}

/// Refuses branches that Git cannot keep beside each other.
pub(super) fn refuse_in_the_way<'w>(
    environment: &Environment,
    wanted: impl Iterator<Item = &'w RefName>,
    there: &'w BTreeMap<RefName, ObjectId>,
) -> Result<(), Failure> {
    let mut names: Vec<&RefName> = there.keys().chain(wanted).collect();
    names.sort_by_cached_key(|name| format!("{name}/"));
    let is_below = |above: &RefName, name: &RefName| {
        let rest = name.as_str().strip_prefix(above.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    // With a `/` at the end of each, what is below a name follows it at once.
    let Some([above, below]) = names.array_windows().find(|[a, b]| is_below(a, b)) else {
        return Ok(());
    };
    let [above, below] = [above, below].map(|name| Visible(name.short().as_bytes()).to_string());
    let title = format!("`{above}` and `{below}` cannot be branches of one repository");
    let diagnostic = Diagnostic::error("branch-in-the-way", title)
        .label(environment.place.label("declared here"))
        .help("Git keeps branches as files in folders, and one name is the other's folder")
        .help(format!(
            "choose another `branch` or `story_branch` for `{}`, or delete the branch that is in the way",
            environment.name
        ));
    Err(usage(diagnostic))
}

/// There is nothing of a story to show.
pub(super) fn no_branch(url: &Url, story: &StoryId) -> Failure {
    let title = format!("story {story} has no branch at {url}");
    let help = format!(
        "`storyline story show {story}` has its revisions, from which a branch can be made again"
    );
    usage(Diagnostic::error("story-branch-missing", title).help(help))
}

/// What an environment's branches tell, beside what became of them.
pub(super) fn notes(
    canonical: &str,
    environment: &Environment,
    too_old: &[StoryId],
    only_here: &[StoryId],
) -> Vec<Diagnostic> {
    let old = too_old.iter();
    let old = old.map(|story| self::too_old(canonical, environment, story, false));
    let alone = only_here.iter().map(|story| only(environment, story));
    old.chain(alone).collect()
}

/// Somebody's work may be there and nowhere else.
fn only(environment: &Environment, story: &StoryId) -> Diagnostic {
    let name = &environment.name;
    let title = format!(
        "story {story} has a branch in `{name}` that was worked on, and none in the canonical repository"
    );
    Diagnostic::warning("story-only-there", title)
        .help(format!(
            "`storyline absorb {name} --story {story}` takes what is new there in"
        ))
        .help("if nothing of it is wanted, delete the branch there")
}

/// There is no place for a story.
pub(super) fn no_story_branch(environment: &Environment, story: &StoryId) -> Failure {
    let name = &environment.name;
    let title = format!("story {story} has no place in `{name}`");
    let diagnostic = Diagnostic::error("no-story-branch", title)
        .label(environment.place.label("it has no `story_branch`"))
        .help(format!("add `story_branch = \"story/{{id}}\"` to `{name}`"));
    usage(diagnostic)
}

/// The story's manifest does not know the environment, so that its names cannot be put in.
pub(super) fn too_old(
    canonical: &str,
    environment: &Environment,
    story: &StoryId,
    was_wanted: bool,
) -> Diagnostic {
    let name = &environment.name;
    let title = format!("story {story} was cut before `{name}` came into the manifest");
    let told = match was_wanted {
        true => Diagnostic::error("story-too-old", title),
        false => Diagnostic::warning("story-too-old", title),
    };
    let canonical = Visible(canonical.as_bytes());
    told.help(format!(
        "take canonical in, on the story's branch: `git merge origin/{canonical}`, push, then sync again"
    ))
}
