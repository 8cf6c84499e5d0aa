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
use crate::ledger::{Entry, tell};
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
    /// By commits with canonical commits' files, of which this is the last: the first ones under the manifest that
    /// have such.
    Canonical(ObjectId),
    /// The stage follows canonical, whose manifest says so since this commit.
    Declared(ObjectId),
    /// It never had a canonical commit's files: what it had when it came under the manifest counts as it was.
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
    let Since {
        begins,
        first,
        canonical,
    } = match history.follows() {
        true => declared(stage, history)?,
        false => beginning(stage, history)?,
    };
    let mut on = history.ledger().landed_before(first);
    let mut foreign = Vec::new();
    let mut hot_fixes = HashSet::new();
    for at in (first..history.ledger().entries.len()).filter(|at| !canonical.contains(at)) {
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

/// Where the examined part of a history begins.
struct Since {
    begins: Beginning,
    /// The first entry behind that.
    first: usize,
    /// Entries that say nothing and have a canonical commit's files: whoever made them brought nothing else.
    canonical: HashSet<usize>,
}

/// How the stage began: with the first commits under the manifest that have canonical commits' files.
fn beginning(stage: &mut Stage<'_, '_>, history: &mut History) -> Result<Since, PromoteError> {
    let objects = stage.workspace.objects();
    let walked = objects.walk(&[history.canonical()], &[])?;
    let trees: HashSet<_> = walked.into_iter().map(|commit| commit.tree).collect();
    let told = history.ledger().begins();
    // Anybody can say that it was adopted: it counts where nothing but canonical's files came with it.
    if let Some(Entry { commit, deeds, .. }) = history.ledger().entries.get(told).cloned()
        && deeds.contains(&Deed::Adopt)
        && Files::of(stage, history, told, &trees)?.are_canonical
    {
        return Ok(Since {
            begins: Beginning::Adopted(commit),
            first: told + 1,
            canonical: HashSet::new(),
        });
    }
    let mut since = Since {
        begins: Beginning::Unknown,
        first: told,
        canonical: HashSet::new(),
    };
    let mut older = None;
    for at in (0..told).rev().take(MAX_BEGINNING) {
        let files = Files::of(stage, history, at, &trees)?;
        match (files.are_canonical, files.have_manifest) {
            (true, true) => drop(since.canonical.insert(at)),
            (true, false) => drop(older.get_or_insert(at)),
            (false, true) => since.first = at + 1,
            (false, false) => {}
        }
    }
    if let Some(mut at) = since.canonical.iter().min().copied().or(older) {
        while since.canonical.contains(&(at + 1)) {
            at += 1;
        }
        since.begins = Beginning::Canonical(history.ledger().entries[at].commit);
        since.first = at + 1;
    }
    Ok(since)
}

/// Whose files a commit of a stage has.
struct Files {
    /// Those of a canonical commit.
    are_canonical: bool,
    /// Whether the stage was under the manifest.
    have_manifest: bool,
}

impl Files {
    fn of(
        stage: &mut Stage<'_, '_>,
        history: &mut History,
        at: usize,
        canonical: &HashSet<ObjectId>,
    ) -> Result<Self, PromoteError> {
        let tree = history.ledger().entries[at].tree;
        // What has no canonical form is projected as it is.
        let (tree, have_manifest) = match history.view(stage, at) {
            Ok(view) => (view.tree, true),
            Err(PromoteError::Object(error)) => return Err(error.into()),
            Err(PromoteError::NoManifest { .. } | PromoteError::NoEnvironment { .. }) => {
                (tree, false)
            }
            Err(_) => (tree, true),
        };
        Ok(Self {
            are_canonical: canonical.contains(&tree),
            have_manifest,
        })
    }
}

/// Where canonical's manifest began to have the stage as it is now, and the first entry behind that.
fn declared(stage: &mut Stage<'_, '_>, history: &History) -> Result<Since, PromoteError> {
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
    Ok(Since {
        begins: begins.map_or(Beginning::Unknown, Beginning::Declared),
        first: entries.len().min(first + 1),
        canonical: HashSet::new(),
    })
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
