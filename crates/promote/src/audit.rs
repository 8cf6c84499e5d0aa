//! Whether a stage holds what its history says, and nothing else.
//!
//! Every entry since the stage began is done again. What does not come out the same, and what says nothing,
//! is *foreign*: somebody changed the stage itself. A foreign commit that was made a story afterwards, by a
//! hot fix that holds, is foreign no more.

use std::collections::{BTreeSet, HashSet};

use storyline_manifest::Manifest;
use storyline_repo::story::Person;
use storyline_repo::{Kind, ObjectError, ObjectId, Objects, RawCommit};
use storyline_text::RelPath;

use crate::PromoteError;
use crate::deed::Deed;
use crate::history::{History, Unproved};
use crate::ledger::tell;
use crate::stage::Stage;

/// Commits that are looked at for how a stage began.
const MAX_BEGINNING: usize = 1000;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// How the stage began.
    pub begins: Beginning,
    /// How many entries are younger.
    pub examined: usize,
    /// Those that are not what they say, oldest first.
    pub foreign: Vec<Foreign>,
}

/// How a stage began: what is older counts as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// It came under the manifest by this commit.
    Adopted(ObjectId),
    /// This commit of the stage has a canonical commit's files.
    Canonical(ObjectId),
    /// The stage follows canonical, whose manifest says so since this commit.
    Declared(ObjectId),
    /// Nothing says so: what is older than its first story was not looked at.
    Unknown,
}

/// A commit on a stage that is not what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The commit.
    pub commit: ObjectId,
    /// Why it does not hold.
    pub why: Unproved,
    /// Who wrote it; bytes that are no UTF-8 are replaced here and below.
    pub author: String,
    /// When it was committed: seconds since 1970.
    pub when: i64,
    /// The first line of its message.
    pub subject: String,
    /// Canonical paths that are not as they should be: against what comes out when it is done again, or
    /// against what was there before. As the stage has them, where there is no canonical form.
    pub files: BTreeSet<RelPath>,
}

/// Does the whole history of a stage again.
///
/// # Errors
/// When an object of the stage, or of canonical, is missing or broken.
pub fn audit(stage: &mut Stage<'_, '_>, history: &mut History) -> Result<Audit, PromoteError> {
    let (begins, first) = match history.follows() {
        true => declared(stage, history)?,
        false => beginning(stage, history)?,
    };
    let mut on = history.ledger().landed_before(first);
    let mut foreign = Vec::new();
    let mut hot_fixes = HashSet::new();
    for at in first..history.ledger().entries.len() {
        let why = history.verify_knowing(stage, at, &on)?;
        let deeds = &history.ledger().entries[at].deeds;
        deeds.iter().for_each(|deed| tell(&mut on, deed));
        match why {
            None => hot_fixes.extend(deeds.iter().filter_map(|deed| match deed {
                Deed::HotFix { commit, .. } => Some(*commit),
                _ => None,
            })),
            Some(why) => foreign.push((at, why)),
        }
    }
    let entries = &history.ledger().entries;
    foreign.retain(|(at, _)| !hot_fixes.contains(&entries[*at].commit));
    let foreign = foreign.into_iter();
    let foreign = foreign.map(|(at, why)| {
        let files = files(stage, history, at, &why)?;
        let commit = history.ledger().entries[at].commit;
        Ok(Foreign::of(stage.workspace.objects(), commit, why, files)?)
    });
    let foreign = foreign.collect::<Result<_, PromoteError>>()?;
    Ok(Audit {
        begins,
        examined: history.ledger().entries.len() - first,
        foreign,
    })
}

/// How the stage began, and the first entry behind that.
fn beginning(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
) -> Result<(Beginning, usize), PromoteError> {
    let first = history.ledger().begins();
    let entries = &history.ledger().entries;
    if let Some(entry) = entries.get(first)
        && entry.deeds.contains(&Deed::Adopt)
    {
        return Ok((Beginning::Adopted(entry.commit), first + 1));
    }
    let walked = stage
        .workspace
        .objects()
        .walk(&[history.canonical()], &[])?;
    let canonical: HashSet<_> = walked.into_iter().map(|commit| commit.tree).collect();
    for at in (0..first).rev().take(MAX_BEGINNING) {
        let (commit, tree) = (
            history.ledger().entries[at].commit,
            history.ledger().entries[at].tree,
        );
        // What has no canonical form is projected as it is.
        let tree = match history.view(stage, at) {
            Ok(view) => view.tree,
            Err(PromoteError::Object(error)) => return Err(error.into()),
            Err(_) => tree,
        };
        if canonical.contains(&tree) {
            return Ok((Beginning::Canonical(commit), at + 1));
        }
    }
    Ok((Beginning::Unknown, first))
}

/// Where canonical's manifest began to have the stage as it is now, and the first entry behind that.
fn declared(
    stage: &mut Stage<'_, '_>,
    history: &History,
) -> Result<(Beginning, usize), PromoteError> {
    let entries = &history.ledger().entries;
    let mut known = None;
    let mut first = entries.len();
    for (at, entry) in entries.iter().enumerate().rev() {
        let files = stage.workspace.manifest_files(entry.tree)?;
        if known.as_ref() != Some(&files) {
            let manifest = Manifest::parse(&files);
            if !manifest.is_ok_and(|manifest| is_followed(&manifest, stage.name())) {
                break;
            }
            known = Some(files);
        }
        first = at;
    }
    let begins = entries.get(first).map(|entry| entry.commit);
    Ok((
        begins.map_or(Beginning::Unknown, Beginning::Declared),
        entries.len().min(first + 1),
    ))
}

fn is_followed(manifest: &Manifest, stage: &str) -> bool {
    let environment = manifest.environment(stage);
    let follows = environment.is_ok_and(|environment| environment.follows_canonical);
    follows && manifest.pipeline.iter().flatten().any(|name| name == stage)
}

impl Foreign {
    /// Reads who made a commit.
    pub(crate) fn of(
        objects: &Objects,
        commit: ObjectId,
        why: Unproved,
        files: BTreeSet<RelPath>,
    ) -> Result<Self, ObjectError> {
        let bytes = objects.read_as(commit, Kind::Commit)?;
        let parsed = RawCommit::parse(&bytes);
        let parsed = parsed.map_err(|reason| ObjectError::Commit { id: commit, reason })?;
        let message = String::from_utf8_lossy(parsed.message());
        let author = String::from_utf8_lossy(parsed.author().unwrap_or_default());
        let name = author.split_once(" <").map_or(&*author, |(name, _)| name);
        let committer = parsed.committer().and_then(Person::and_time);
        Ok(Self {
            commit,
            author: name.into(),
            when: committer.map_or(0, |(_, when)| when),
            subject: message.lines().next().unwrap_or_default().into(),
            files,
            why,
        })
    }
}

fn files(
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    at: usize,
    why: &Unproved,
) -> Result<BTreeSet<RelPath>, PromoteError> {
    let before = at.checked_sub(1);
    let mut views = [None, None];
    let expected = match why {
        Unproved::DoesNotRecompute { expected } => *expected,
        _ => None,
    };
    for (side, at) in [before, Some(at)].into_iter().enumerate() {
        let Some(at) = at else { continue };
        views[side] = match history.view(stage, at) {
            Ok(view) => Some(view.tree),
            Err(PromoteError::Object(error)) => return Err(error.into()),
            Err(_) => None,
        };
    }
    let tree = |at: usize| history.ledger().entries[at].tree;
    let [from, to] = match (expected.or(views[0]), views[1]) {
        (Some(from), Some(to)) => [Some(from), Some(to)],
        _ => [before.map(tree), Some(tree(at))],
    };
    let differences = stage.workspace.differences(from, to)?;
    Ok(differences.into_keys().collect())
}
