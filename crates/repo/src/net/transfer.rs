//! What a remote has, and bringing it here.

use std::collections::{BTreeMap, BTreeSet};

use super::error::NetError;
use super::git::Git;
use super::url::Url;
use super::words::Words;
use crate::id::ObjectId;
use crate::ref_name::RefName;
use crate::repository::Repository;

/// How often a fetch is tried: somebody may delete a source, or fetch the same, in the middle.
const ATTEMPTS: usize = 2;

/// What a fetch brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Where the sources that the remote has stand, and now their destinations too.
    pub found: BTreeMap<RefName, ObjectId>,
    /// The sources that the remote does not have. Their destinations are as they were.
    pub missing: BTreeSet<RefName>,
}

/// Characters of an id.
const ID: usize = 40;

/// The refs of a remote as they stood at one moment.
///
/// Asking costs what the remote has refs, so a command asks once and works from the answer. What it then
/// pushes expects refs where this says that they stand, and fails where they moved since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    url: Url,
    /// A line for each ref, each of which [`is_ref`].
    lines: Vec<u8>,
}

impl Listing {
    /// The remote that was asked.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The refs whose names are one of `prefixes`, or begin with one that ends with `/`. What Git would not
    /// accept as a name, and what is no text, is nobody's branch.
    pub fn refs(&self, prefixes: &[&str]) -> BTreeMap<RefName, ObjectId> {
        let prefixes = prefixes.iter().map(|prefix| prefix.as_bytes());
        let (folders, mut names): (Vec<&[u8]>, Vec<&[u8]>) =
            prefixes.partition(|prefix| prefix.ends_with(b"/"));
        names.sort_unstable();
        let is_wanted = |name: &[u8]| {
            names.binary_search(&name).is_ok() || folders.iter().any(|f| name.starts_with(f))
        };
        let refs = lines(&self.lines).filter_map(|line| {
            let (id, name) = line.split_at_checked(ID)?;
            let name = Some(&name[1..]).filter(|name| is_wanted(name))?;
            let name = RefName::new(std::str::from_utf8(name).ok()?).ok()?;
            Some((name, ObjectId::from_hex(id)?))
        });
        refs.collect()
    }
}

fn lines(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    let ends = memchr::memchr_iter(b'\n', output).chain([output.len()]);
    let lines = ends.map(move |end| &output[std::mem::replace(&mut from, end + 1)..end]);
    lines.filter(|line| !line.is_empty())
}

/// Whether a line is an id, a tab, and something.
fn is_ref(line: &[u8]) -> bool {
    line.get(ID) == Some(&b'\t') && ObjectId::from_hex(&line[..ID]).is_some()
}

impl Git {
    /// The refs that `url` has and whose names are one of `prefixes`, or begin with one that ends
    /// with `/`. `repository` is the clone whose settings hold; nothing in it changes.
    ///
    /// # Errors
    /// When the remote cannot be reached, or not in this way.
    pub fn list(
        &self,
        repository: &Repository,
        url: &Url,
        prefixes: &[&str],
    ) -> Result<BTreeMap<RefName, ObjectId>, NetError> {
        Ok(self.listing(repository, url)?.refs(prefixes))
    }

    /// All refs that `url` has now. `repository` is the clone whose settings hold; nothing in it changes.
    ///
    /// # Errors
    /// When the remote cannot be reached, or not in this way.
    pub fn listing(&self, repository: &Repository, url: &Url) -> Result<Listing, NetError> {
        let arguments = list_arguments(url);
        let ended = self.run(repository.git_dir(), url, &arguments)?;
        if !ended.status.success() {
            return Err(NetError::Unreachable {
                url: url.clone(),
                words: Words::of(&ended.errors),
            });
        }
        if !lines(&ended.output).all(is_ref) {
            return Err(NetError::Unreadable { url: url.clone() });
        }
        Ok(Listing {
            url: url.clone(),
            lines: ended.output,
        })
    }

    /// Brings refs of `url` (the sources) into `repository`, where they stand as the destinations,
    /// whatever these were before. No tags, submodules or other refs come along.
    ///
    /// # Errors
    /// When the remote cannot be reached, or its refs cannot be brought. The repository may then have
    /// some of them; the next fetch brings the others.
    pub fn fetch(
        &self,
        repository: &Repository,
        url: &Url,
        refs: &[(RefName, RefName)],
    ) -> Result<Fetched, NetError> {
        self.fetch_listed(repository, &self.listing(repository, url)?, refs)
    }

    /// The same from a remote that was asked already: a source is there if it was there then.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub fn fetch_listed(
        &self,
        repository: &Repository,
        listing: &Listing,
        refs: &[(RefName, RefName)],
    ) -> Result<Fetched, NetError> {
        let url = listing.url();
        let sources: Vec<_> = refs.iter().map(|(source, _)| source.as_str()).collect();
        let mut there = listing.refs(&sources);
        let mut words = Words::default();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                there = self.list(repository, url, &sources)?;
            }
            let is_stale = |(source, destination): &&(RefName, RefName)| {
                let there = there.get(source);
                there.is_some_and(|id| tip(repository, destination) != Some(*id))
            };
            let stale: Vec<_> = refs.iter().filter(is_stale).collect();
            if stale.is_empty() {
                return Ok(fetched(repository, refs, &there));
            }
            let ended = self.run(repository.git_dir(), url, &fetch_arguments(url, &stale))?;
            if ended.status.success() {
                return Ok(fetched(repository, refs, &there));
            }
            words = Words::of(&ended.errors);
        }
        Err(NetError::Unreachable {
            url: url.clone(),
            words,
        })
    }
}

/// Where a ref stands; one that cannot be read is fetched anew.
fn tip(repository: &Repository, name: &RefName) -> Option<ObjectId> {
    repository.reference(name).ok().flatten()
}

/// Reads back what there is now.
fn fetched(
    repository: &Repository,
    refs: &[(RefName, RefName)],
    there: &BTreeMap<RefName, ObjectId>,
) -> Fetched {
    let mut fetched = Fetched::default();
    for (source, destination) in refs {
        let is_there = there.contains_key(source);
        match tip(repository, destination).filter(|_| is_there) {
            Some(id) => {
                fetched.found.insert(source.clone(), id);
            }
            None => {
                fetched.missing.insert(source.clone());
            }
        }
    }
    fetched
}

pub(super) fn list_arguments(url: &Url) -> Vec<String> {
    let options = ["ls-remote", "--quiet", "--refs", "--end-of-options"];
    let options = options.into_iter().map(Into::into);
    options.chain([url.argument().into()]).collect()
}

pub(super) fn fetch_arguments(url: &Url, refs: &[&(RefName, RefName)]) -> Vec<String> {
    let options = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-prune",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--refmap=",
        "--end-of-options",
    ];
    let refspecs = refs
        .iter()
        .map(|(source, destination)| format!("+{source}:{destination}"));
    let options = options.into_iter().map(Into::into);
    options
        .chain([url.argument().into()])
        .chain(refspecs)
        .collect()
}
