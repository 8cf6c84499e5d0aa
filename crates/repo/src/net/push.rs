//! Moving refs of a remote, and finding out whether they moved.

use std::collections::BTreeMap;

use super::error::NetError;
use super::git::Git;
use super::url::Url;
use super::words::Words;
use crate::id::ObjectId;
use crate::ref_name::RefName;
use crate::repository::Repository;

/// What is to become of one ref of a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The ref there.
    pub destination: RefName,
    /// Where it has to stand for this to happen; `None`: it must not be there.
    pub expected: Option<ObjectId>,
    /// Where it is to stand; `None`: it is to be gone.
    pub new: Option<ObjectId>,
    /// Whether the new commit has to have the expected one among its ancestors.
    pub forward_only: bool,
}

/// A ref that does not stand where a push was to bring it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What was to become of it.
    pub push: Push,
    /// Where it stands; `None`: it is not there.
    pub found: Option<ObjectId>,
}

impl Git {
    /// Moves refs of `url`, all or none, each only if it stands where it is expected to. Objects are
    /// taken from `repository`. No hook of the clone runs.
    ///
    /// That it returns `Ok` means that all refs were seen to stand where they were to.
    ///
    /// # Errors
    /// When the remote cannot be reached or refuses, or a push that has to go forward would not: then
    /// nothing moved. [`NetError::Moved`] when something else stands there, and
    /// [`NetError::OutcomeUnknown`] when what stands there cannot be read.
    pub fn push(
        &self,
        repository: &Repository,
        url: &Url,
        pushes: &[Push],
    ) -> Result<(), NetError> {
        if pushes.is_empty() {
            return Ok(());
        }
        if let Some(push) = pushes.iter().find(|push| !goes_forward(repository, push)) {
            return Err(NetError::NotForward {
                url: url.clone(),
                push: Box::new(push.clone()),
            });
        }
        let arguments = push_arguments(url, pushes);
        let failure = match self.run(repository.git_dir(), url, &arguments) {
            Ok(ended) => NetError::Refused {
                url: url.clone(),
                pushes: pushes.to_vec(),
                words: Words::of_push(&ended.output, &ended.errors),
            },
            Err(error @ (NetError::TimeLimit { .. } | NetError::TooLong { .. })) => error,
            // It did not start.
            Err(error) => return Err(error),
        };
        let names: Vec<_> = pushes
            .iter()
            .map(|push| push.destination.as_str())
            .collect();
        match self.list(repository, url, &names) {
            Ok(there) => judge(url, pushes, &there, failure),
            Err(unread) => Err(NetError::OutcomeUnknown {
                url: url.clone(),
                pushes: pushes.to_vec(),
                push: Box::new(failure),
                list: Box::new(unread),
            }),
        }
    }
}

/// What became of a push, by where its refs stand; `failure` when nothing did.
fn judge(
    url: &Url,
    pushes: &[Push],
    there: &BTreeMap<RefName, ObjectId>,
    failure: NetError,
) -> Result<(), NetError> {
    let found = |push: &Push| there.get(&push.destination).copied();
    if pushes.iter().all(|push| found(push) == push.new) {
        return Ok(());
    }
    if pushes.iter().all(|push| found(push) == push.expected) {
        return Err(failure);
    }
    // Somebody else was there. All or none of ours moved, so one that stands where it stood
    // while another is where it was to be was brought back since.
    let is_ours = |push: &&Push| found(push) == push.new;
    let has_landed = pushes
        .iter()
        .any(|push| push.new != push.expected && is_ours(&push));
    let is_told = |push: &&Push| !is_ours(push) && (has_landed || found(push) != push.expected);
    let moved = pushes.iter().filter(is_told).map(|push| Moved {
        push: push.clone(),
        found: found(push),
    });
    Err(NetError::Moved {
        url: url.clone(),
        moved: moved.collect(),
    })
}

/// Whether the push goes forward, if it has to; not when that cannot be told from what is here.
fn goes_forward(repository: &Repository, push: &Push) -> bool {
    match (push.forward_only, push.expected, push.new) {
        (true, Some(old), Some(new)) => repository.is_ancestor(old, new),
        (true, Some(_), None) => false,
        _ => true,
    }
}

pub(super) fn push_arguments(url: &Url, pushes: &[Push]) -> Vec<String> {
    let options = [
        "push",
        "--quiet",
        "--porcelain",
        "--atomic",
        "--no-verify",
        "--no-signed",
        "--no-follow-tags",
        "--no-recurse-submodules",
    ];
    let hex = |id: Option<ObjectId>| id.map_or_else(String::new, |id| id.to_string());
    let leases = pushes.iter().map(|push| {
        format!(
            "--force-with-lease={}:{}",
            push.destination,
            hex(push.expected)
        )
    });
    let refspecs = pushes
        .iter()
        .map(|push| format!("{}:{}", hex(push.new), push.destination));
    let options = options.into_iter().map(Into::into);
    let address = ["--end-of-options".into(), url.argument().into()];
    options
        .chain(leases)
        .chain(address)
        .chain(refspecs)
        .collect()
}
