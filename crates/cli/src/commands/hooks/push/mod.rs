//! `storyline hooks pre-push`: whether what is about to be pushed belongs where it goes.
//!
//! Only commits that the remote does not have are looked at, and in them only files that no parent has,
//! each by the manifest that its commit holds. What cannot be judged passes: a hook that stops what it
//! does not understand is one that people remove.

mod place;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use storyline_manifest::{Environment, Manifest};
use storyline_repo::{Kind, ObjectError, ObjectId, Objects, Repository, Snapshot, Walked};
use storyline_stamp::{Lens, Misplaced};
use storyline_text::{Diagnostic, LineIndex, RelPath};

use crate::args::PrePushArgs;
use crate::canon;
use crate::failure::{Failure, FailureKind, Sources};
use crate::project::MANIFEST;
use crate::{ground, report};

use place::{Remote, Wanted};

/// Bytes of the largest file that is looked into.
const MAX_FILE: usize = 16 << 20;

pub(super) fn run(directory: &Path, args: &PrePushArgs) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    // What Git did not tell cannot be judged.
    let _ = io::stdin().lock().read_to_end(&mut lines);
    let Some(repository) = ground::repository(directory) else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut refused = Vec::new();
    for update in String::from_utf8_lossy(&lines)
        .lines()
        .filter_map(Update::read)
    {
        match judge(&repository, args, &update) {
            Ok(told) => refused.extend(told),
            Err(error) => {
                report::diagnostics(&[told::not_judged(&update, &error)], &Sources::new())
            }
        }
    }
    if refused.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure {
        kind: FailureKind::Conflict,
        diagnostics: refused,
        sources: Sources::new(),
        unchanged: false,
    })
}

/// A branch that is about to move.
struct Update {
    branch: String,
    new: ObjectId,
    old: Option<ObjectId>,
}

impl Update {
    /// Reads `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`; `None` for what is no branch, or goes away.
    fn read(line: &str) -> Option<Self> {
        // What was typed for the first may hold blanks.
        let mut words = line.rsplit(' ');
        let (old, remote, new) = (words.next()?, words.next()?, words.next()?);
        let id = |word: &str| {
            let is_none = word.bytes().all(|byte| byte == b'0');
            ObjectId::from_hex(word.as_bytes()).filter(|_| !is_none)
        };
        Some(Self {
            branch: remote.strip_prefix("refs/heads/")?.into(),
            new: id(new)?,
            old: id(old),
        })
    }
}

/// What speaks against an update.
fn judge(
    repository: &Repository,
    args: &PrePushArgs,
    update: &Update,
) -> Result<Vec<Diagnostic>, ObjectError> {
    let Some(manifest) = manifest(repository, update.new) else {
        return Ok(Vec::new());
    };
    let Some(remote) = Remote::of(repository, &manifest, args) else {
        return Ok(Vec::new());
    };
    let Some(wanted) = remote.wanted(&manifest, &update.branch) else {
        return Ok(Vec::new());
    };
    let Ok(objects) = repository.objects() else {
        return Ok(Vec::new());
    };
    let old = update.old.filter(|old| objects.contains(*old));
    let mut hidden = remote.known(repository, wanted);
    hidden.extend(old);
    let commits = objects.walk(&[update.new], &hidden)?;
    let canonical = match wanted {
        Wanted::Canonical => Vec::new(),
        Wanted::Environment(_) => remote.canonical_tips(repository, &manifest),
    };
    let judge = Judge {
        repository,
        objects: &objects,
        wanted,
        base: old.or(hidden.first().copied()),
    };
    let merges = judge.merges(&commits, &canonical, &hidden)?;
    if !merges.is_empty() {
        return Ok(told::merges(&merges, update, &remote, wanted));
    }
    Ok(told::commits(
        &judge.commits(&commits)?,
        update,
        &remote,
        wanted,
    ))
}

/// The manifest that says where environments live: canonical's as it was fetched last, or the one that is
/// pushed.
fn manifest(repository: &Repository, pushed: ObjectId) -> Option<Manifest> {
    let fetched = repository.references(place::CANONICAL).unwrap_or_default();
    let fetched = fetched.into_iter().map(|(_, id)| id);
    let mut commits = fetched.chain([pushed]).chain(repository.head());
    let found = commits.find_map(|commit| canon::manifest_of(repository, commit).ok()?);
    found.map(|(manifest, _)| manifest)
}

/// What a commit brings to where it does not belong.
struct Brought {
    commit: ObjectId,
    /// Each with its file and, for one that stands in it, its line.
    names: Vec<(RelPath, Option<usize>, Misplaced)>,
}

/// Looks at commits for one branch.
struct Judge<'r> {
    repository: &'r Repository,
    objects: &'r Objects,
    wanted: Wanted<'r>,
    /// A commit that the remote has.
    base: Option<ObjectId>,
}

/// The files of a manifest in a tree, by which trees with the same manifest are known.
type ManifestKey = (ObjectId, Option<ObjectId>);

impl<'r> Judge<'r> {
    /// Merges that bring commits of canonical to an environment's branch, and what they bring.
    fn merges(
        &self,
        commits: &[Walked],
        canonical: &[ObjectId],
        hidden: &[ObjectId],
    ) -> Result<Vec<(ObjectId, ObjectId)>, ObjectError> {
        if canonical.is_empty() || commits.iter().all(|commit| commit.parents.len() < 2) {
            return Ok(Vec::new());
        }
        let brought = self.objects.walk(canonical, hidden)?;
        let brought: BTreeSet<_> = brought.into_iter().map(|commit| commit.id).collect();
        let is_canonical = |id: &ObjectId| brought.contains(id);
        let mut found = Vec::new();
        for commit in commits.iter().filter(|commit| commit.parents.len() > 1) {
            let Some(parent) = commit.parents.iter().find(|parent| is_canonical(parent)) else {
                continue;
            };
            // What came before the environment is the same in both.
            let tree = self.objects.tree_of(*parent)?;
            if !is_canonical(&commit.id) && self.manifest_key(tree)?.is_some() {
                found.push((commit.id, *parent));
            }
        }
        Ok(found)
    }

    /// Which manifest is in a tree; `None` without one.
    fn manifest_key(&self, tree: ObjectId) -> Result<Option<ManifestKey>, ObjectError> {
        let main = self.objects.entry_at(tree, MANIFEST.as_bytes())?;
        let folder = self.objects.entry_at(tree, b"environments")?;
        Ok(main.map(|(_, id)| (id, folder.map(|(_, id)| id))))
    }

    /// What the commits bring, the oldest first.
    fn commits(&self, commits: &[Walked]) -> Result<Vec<Brought>, ObjectError> {
        let mut by_manifest: BTreeMap<ManifestKey, Vec<(usize, &Walked)>> = BTreeMap::new();
        for (number, commit) in commits.iter().enumerate() {
            // Without a manifest, names are what they are.
            if let Some(key) = self.manifest_key(commit.tree)? {
                by_manifest.entry(key).or_default().push((number, commit));
            }
        }
        let mut found = Vec::new();
        for commits in by_manifest.values() {
            let Some((_, newest)) = commits.last() else {
                continue;
            };
            let Ok(Some((manifest, _))) = canon::manifest_of(self.repository, newest.id) else {
                continue;
            };
            let environment = match self.wanted {
                Wanted::Canonical => None,
                // A commit that does not know it is projected as it is.
                Wanted::Environment(wanted) => match manifest.environment(&wanted.name) {
                    Ok(environment) => Some(environment),
                    Err(_) => continue,
                },
            };
            let Some(lens) = self.lens(&manifest, environment, newest.id) else {
                continue;
            };
            for (number, commit) in commits {
                let names = self.names(commit, &lens, environment)?;
                if !names.is_empty() {
                    let commit = commit.id;
                    found.push((*number, Brought { commit, names }));
                }
            }
        }
        found.sort_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, brought)| brought).collect())
    }

    /// Canonical names are those that the remote has already; an environment's are those of the commit.
    fn lens<'m>(
        &self,
        manifest: &'m Manifest,
        environment: Option<&'m Environment>,
        commit: ObjectId,
    ) -> Option<Lens<'m>> {
        let of = |commit| Snapshot::of(self.repository, commit).ok();
        match environment {
            Some(_) => Lens::with_form(&of(commit)?, manifest, environment).ok(),
            None => match self.base.and_then(of) {
                Some(base) => Lens::with_form(&base, manifest, None).ok(),
                None => Lens::of(&of(commit)?, manifest).ok()?,
            },
        }
    }

    /// Names that are misplaced in files that no parent has like this.
    fn names(
        &self,
        commit: &Walked,
        lens: &Lens<'_>,
        environment: Option<&Environment>,
    ) -> Result<Vec<(RelPath, Option<usize>, Misplaced)>, ObjectError> {
        let mut found = Vec::new();
        for (path, id) in self.changed(commit)? {
            let bytes = self.objects.read_as(id, Kind::Blob)?;
            if bytes.len() > MAX_FILE {
                continue;
            }
            let names = lens.misplaced(&path, &bytes, environment);
            if names.is_empty() {
                continue;
            }
            let lines = LineIndex::new(&bytes);
            found.extend(names.into_iter().map(|name| {
                let line = name.span.map(|span| lines.line(span.start) as usize);
                (path.clone(), line, name)
            }));
        }
        Ok(found)
    }

    fn changed(&self, commit: &Walked) -> Result<Vec<(RelPath, ObjectId)>, ObjectError> {
        let files = |parent: Option<ObjectId>| {
            let files = self.objects.changed_files([parent, Some(commit.tree)])?;
            let files = files
                .into_iter()
                .filter_map(|file| Some((file.path, file.right?)));
            Ok::<BTreeMap<_, _>, ObjectError>(files.collect())
        };
        let mut parents = commit.parents.iter();
        let Some(first) = parents.next() else {
            return Ok(files(None)?.into_iter().collect());
        };
        let mut changed = files(Some(self.objects.tree_of(*first)?))?;
        for parent in parents {
            let other = files(Some(self.objects.tree_of(*parent)?))?;
            changed.retain(|path, _| other.contains_key(path));
        }
        Ok(changed.into_iter().collect())
    }
}
