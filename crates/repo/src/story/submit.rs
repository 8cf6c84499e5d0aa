//! From a branch's tip to what is handed in, or why it is not taken.

use std::collections::{BTreeMap, HashSet};

use memchr::memchr_iter;

use super::{Change, FileStatus, Part, RevisionId, Story, StoryError, StoryId, trailer};
use crate::{ObjectId, Repository};

/// What is to be handed in of one repository.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The story.
    pub story: &'a StoryId,
    /// The tip of its branch.
    pub tip: ObjectId,
    /// The tip of the canonical branch.
    pub canonical: ObjectId,
    /// Stories that it is said to depend on, besides those that `Depends-On:` in its commits names.
    pub depends_on: &'a [StoryId],
    /// All stories that there are, to know those that it holds.
    pub stories: &'a BTreeMap<StoryId, Story>,
}

/// What there is to a story in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where it begins and ends.
    pub part: Part,
    /// The stories that it is built on, in the revisions that it holds.
    pub depends: BTreeMap<StoryId, RevisionId>,
    /// How many commits it has.
    pub commits: usize,
    /// What it changes.
    pub change: Change,
}

/// A dependency, and the tip of the revision that the story holds.
type Dependencies = BTreeMap<StoryId, (RevisionId, ObjectId)>;

impl Submission<'_> {
    /// Finds out where the story begins and what it depends on, and looks it over.
    ///
    /// # Errors
    /// When it is not fit to be handed in, or an object cannot be read.
    pub fn draft(&self, repository: &Repository) -> Result<Draft, StoryError> {
        let git = repository.git();
        let dependencies = self.dependencies(git)?;
        let base = self.base(git, &dependencies)?;
        let change = Change::between(repository, Some(base), self.tip)?;
        if change.files.is_empty() {
            return Err(StoryError::Empty {
                story: self.story.clone(),
            });
        }
        let commits = commits(git, self.tip, [base])?;
        self.refuse_undeclared(&commits, &dependencies)?;
        refuse_conflicts(git, &change)?;
        let depends = dependencies
            .into_iter()
            .map(|(id, (revision, _))| (id, revision));
        Ok(Draft {
            part: Part {
                base,
                tip: self.tip,
            },
            depends: depends.collect(),
            commits: commits.len(),
            change,
        })
    }

    /// What the story says that it depends on. What a dependency's own commits say is that one's matter.
    fn dependencies(&self, git: &git2::Repository) -> Result<Dependencies, StoryError> {
        let mut found = Dependencies::new();
        for on in self.depends_on {
            found.insert(on.clone(), self.held(git, on)?);
        }
        loop {
            let tips = found.values().map(|(_, tip)| *tip);
            let own = commits(git, self.tip, tips.chain([self.canonical]))?;
            let mut said = Vec::new();
            for commit in own {
                said.extend(trailer::depends_on(git, commit)?);
            }
            let new = said.into_iter().find(|on| !found.contains_key(on));
            let Some(new) = new else {
                return Ok(found);
            };
            let held = self.held(git, &new)?;
            found.insert(new, held);
        }
    }

    /// The newest revision of `on` that the branch holds.
    fn held(
        &self,
        git: &git2::Repository,
        on: &StoryId,
    ) -> Result<(RevisionId, ObjectId), StoryError> {
        let (story, on) = (self.story.clone(), on.clone());
        if story == on {
            return Err(StoryError::OnItself { story });
        }
        let known = self.stories.get(&on).filter(|s| s.revision().is_some());
        let Some(known) = known else {
            return Err(StoryError::DependencyNotSubmitted { story, on });
        };
        for (_, revision) in known.revisions().rev() {
            if let Some(part) = revision.own()
                && holds(git, self.tip, part.tip)?
            {
                return Ok((revision.id(), part.tip));
            }
        }
        Err(StoryError::DependencyAbsent { story, on })
    }

    /// The newest commit that the story is built on: one that holds all others.
    fn base(
        &self,
        git: &git2::Repository,
        dependencies: &Dependencies,
    ) -> Result<ObjectId, StoryError> {
        let bases = git.merge_bases(self.canonical.to_git(), self.tip.to_git());
        let mut candidates: Vec<_> = match bases {
            Ok(bases) => bases.iter().map(|id| ObjectId::from_git(*id)).collect(),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Vec::new(),
            Err(error) => return Err(StoryError::unreadable(&error)),
        };
        let story = self.story.clone();
        if candidates.is_empty() {
            return Err(StoryError::NoCanonicalCommit { story });
        }
        candidates.extend(dependencies.values().map(|(_, tip)| *tip));
        for base in &candidates {
            let mut holds_all = true;
            for other in &candidates {
                holds_all &= holds(git, *base, *other)?;
            }
            if holds_all {
                return Ok(*base);
            }
        }
        Err(StoryError::NoSingleBase { story, candidates })
    }

    /// Another live story among the commits would be released with this one, and nobody said so.
    fn refuse_undeclared(
        &self,
        commits: &[ObjectId],
        dependencies: &Dependencies,
    ) -> Result<(), StoryError> {
        let commits: HashSet<_> = commits.iter().collect();
        let others = self.stories.values().filter(|story| {
            let is_other = story.id != *self.story && !dependencies.contains_key(&story.id);
            is_other && story.withdrawn().is_none()
        });
        for other in others {
            let mut revisions = other.revisions().rev();
            let tip = |revision: &super::Revision| revision.own().map(|part| part.tip);
            let held = revisions.find(|(_, r)| tip(r).is_some_and(|tip| commits.contains(&tip)));
            if let Some((_, revision)) = held {
                return Err(StoryError::UndeclaredDependency {
                    story: self.story.clone(),
                    on: other.id.clone(),
                    revision: revision.id(),
                });
            }
        }
        Ok(())
    }
}

/// Whether `commit` is `other` or has it in its history.
fn holds(git: &git2::Repository, commit: ObjectId, other: ObjectId) -> Result<bool, StoryError> {
    let below = git.graph_descendant_of(commit.to_git(), other.to_git());
    Ok(commit == other || below.map_err(|error| StoryError::unreadable(&error))?)
}

/// The commits of `tip`'s history without those of `hidden`, newest first.
pub(super) fn commits(
    git: &git2::Repository,
    tip: ObjectId,
    hidden: impl IntoIterator<Item = ObjectId>,
) -> Result<Vec<ObjectId>, StoryError> {
    let walk = || {
        let mut walk = git.revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
        walk.push(tip.to_git())?;
        for hidden in hidden {
            walk.hide(hidden.to_git())?;
        }
        walk.map(|id| id.map(ObjectId::from_git))
            .collect::<Result<Vec<_>, _>>()
    };
    walk().map_err(|error| StoryError::unreadable(&error))
}

/// Refuses files in which a merge left its marks, where they had none before.
fn refuse_conflicts(git: &git2::Repository, change: &Change) -> Result<(), StoryError> {
    let marked = |id: ObjectId| {
        // Another repository's commit is no blob here.
        let blob = git.find_blob(id.to_git()).ok();
        blob.and_then(|blob| conflict_mark(blob.content()))
    };
    let kept = change
        .files
        .iter()
        .filter(|file| file.status != FileStatus::Removed);
    for file in kept {
        if let Some(line) = marked(file.new)
            && marked(file.old).is_none()
        {
            let path = file.path.clone();
            return Err(StoryError::ConflictMarks { path, line });
        }
    }
    Ok(())
}

/// The line, from 1, of the first of the three marks of a conflict that stand in their order.
fn conflict_mark(text: &[u8]) -> Option<usize> {
    let starts = std::iter::once(0).chain(memchr_iter(b'\n', text).map(|at| at + 1));
    let mut open = None;
    let mut halfway = false;
    for (index, start) in starts.enumerate() {
        let rest = &text[start..];
        let line = rest.split(|b| *b == b'\n').next().unwrap_or(rest);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"<<<<<<< ") {
            (open, halfway) = (Some(index + 1), false);
        } else if line == b"=======" {
            halfway = open.is_some();
        } else if line.starts_with(b">>>>>>> ") && halfway {
            return open;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_conflicts() {
        let conflict = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\nd\n";
        for (text, line) in [
            ("", None),
            (conflict, Some(2)),
            (&*conflict.replace('\n', "\r\n"), Some(2)),
            ("Title\n=======\n", None),
            ("<<<<<<< a\n>>>>>>> b\n", None),
            (">>>>>>> b\n=======\n<<<<<<< a\n", None),
            (" <<<<<<< a\n=======\n>>>>>>> b\n", None),
        ] {
            assert_eq!(conflict_mark(text.as_bytes()), line, "{text}");
        }
    }
}
