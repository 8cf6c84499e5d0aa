//! What a remote has, and bringing it here.

use std::collections::{BTreeMap, BTreeSet};

use super::error::NetError;
use super::git::Git;
use super::url::Url;
use super::words::Words;
use crate::id::ObjectId;
use crate::ref_name::RefName;
use crate::refs::{Expected, RefUpdate};
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

/// The refs of a remote, or some of them, as they stood at one moment.
///
/// Asking for all costs what the remote has refs, so a command asks once and works from the answer. What it
/// then pushes expects refs where this says that they stand, and fails where they moved since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    url: Url,
    /// The names, and folders that end with `/`, that were asked for, and whose commits came along; `None`: all
    /// were, and nothing came.
    brought: Option<Vec<String>>,
    /// A line for each ref, each of which [`is_ref`].
    lines: Vec<u8>,
}

impl Listing {
    /// The remote that was asked.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it tells of all refs that [`Git::refs`] finds by these prefixes.
    pub fn tells(&self, prefixes: &[&str]) -> bool {
        let is_told = |prefix: &&str, brought: &[String]| {
            let mut brought = brought.iter();
            brought.any(|part| part == prefix || part.ends_with('/') && prefix.starts_with(part))
        };
        let brought = self.brought.as_deref();
        brought.is_none_or(|brought| prefixes.iter().all(|prefix| is_told(prefix, brought)))
    }
}

/// Those of the lines that [`Git::list`] looks for.
fn among(text: &[u8], prefixes: &[&str]) -> BTreeMap<RefName, ObjectId> {
    let prefixes = prefixes.iter().map(|prefix| prefix.as_bytes());
    let (folders, mut names): (Vec<&[u8]>, Vec<&[u8]>) =
        prefixes.partition(|prefix| prefix.ends_with(b"/"));
    names.sort_unstable();
    let is_wanted = |name: &[u8]| {
        names.binary_search(&name).is_ok() || folders.iter().any(|f| name.starts_with(f))
    };
    let refs = lines(text).filter_map(|line| {
        let (id, name) = line.split_at_checked(ID)?;
        let name = Some(&name[1..]).filter(|name| is_wanted(name))?;
        let name = RefName::new(std::str::from_utf8(name).ok()?).ok()?;
        Some((name, ObjectId::from_hex(id)?))
    });
    refs.collect()
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
    /// The refs of a remote that was asked already, by their names or by folders as [`Self::list`] has them. One
    /// that was asked for others only is asked anew.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn refs(
        &self,
        repository: &Repository,
        listing: &Listing,
        prefixes: &[&str],
    ) -> Result<BTreeMap<RefName, ObjectId>, NetError> {
        match listing.tells(prefixes) {
            true => Ok(among(&listing.lines, prefixes)),
            false => self.list(repository, listing.url(), prefixes),
        }
    }

    /// The refs that `url` has and whose names are one of `prefixes`, or begin with one that ends
    /// with `/`. What Git would not accept as a name, and what is no text, is nobody's branch. `repository` is
    /// the clone whose settings hold; nothing in it changes.
    ///
    /// # Errors
    /// When the remote cannot be reached, or not in this way.
    pub fn list(
        &self,
        repository: &Repository,
        url: &Url,
        prefixes: &[&str],
    ) -> Result<BTreeMap<RefName, ObjectId>, NetError> {
        let is_branch = |prefix: &&str| prefix.starts_with("refs/heads/");
        let options: &[_] = match prefixes.iter().all(is_branch) {
            // Then the remote does not tell of others.
            true => &["--heads"],
            false => &[],
        };
        Ok(among(&self.ask(repository, url, options)?, prefixes))
    }

    /// All refs that `url` has now. `repository` is the clone whose settings hold; nothing in it changes.
    ///
    /// # Errors
    /// When the remote cannot be reached, or not in this way.
    pub fn listing(&self, repository: &Repository, url: &Url) -> Result<Listing, NetError> {
        Ok(Listing {
            url: url.clone(),
            brought: None,
            lines: self.ask(repository, url, &[])?,
        })
    }

    /// The lines of `git ls-remote`.
    fn ask(
        &self,
        repository: &Repository,
        url: &Url,
        options: &[&str],
    ) -> Result<Vec<u8>, NetError> {
        let arguments = list_arguments(url, options);
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
        Ok(ended.output)
    }

    /// Brings refs of `url`, all of which have to be there, as [`Self::fetch`] does; and with them all refs in
    /// some folders, whose names end with `/`, to where they stand below `mirror` as there below `refs/`. What is
    /// gone from a folder there goes here. It costs what all of these are, whatever else the remote has.
    ///
    /// `None` when something of it cannot be had; [`Self::fetch`] says what. The repository may then have the rest.
    ///
    /// # Errors
    /// When `git` does not run to its end.
    pub fn bring(
        &self,
        repository: &Repository,
        url: &Url,
        refs: &[(RefName, RefName)],
        folders: &[String],
        mirror: &str,
    ) -> Result<Option<Listing>, NetError> {
        let arguments = bring_arguments(url, refs, folders, mirror);
        let ended = self.run(repository.git_dir(), url, &arguments)?;
        if !ended.status.success() {
            return Ok(None);
        }
        let mut lines = String::new();
        let mut tell = |name: &str, id: ObjectId| lines += &format!("{id}\t{name}\n");
        for (source, destination) in refs {
            match tip(repository, destination) {
                Some(id) => tell(source.as_str(), id),
                None => return Ok(None),
            }
        }
        for folder in folders {
            let here = mirrored(mirror, folder);
            let Ok(found) = repository.references(&here) else {
                return Ok(None);
            };
            for (name, id) in found {
                tell(&name.as_str().replacen(&here, folder, 1), id);
            }
        }
        let names = refs.iter().map(|(source, _)| source.to_string());
        Ok(Some(Listing {
            url: url.clone(),
            brought: Some(names.chain(folders.iter().cloned()).collect()),
            lines: lines.into(),
        }))
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
        let mut there = self.refs(repository, listing, &sources)?;
        if listing.brought.is_some() && listing.tells(&sources) {
            self.copy(repository, &stale(repository, refs, &there), &there);
        }
        let mut words = Words::default();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                there = self.list(repository, url, &sources)?;
            }
            let stale = stale(repository, refs, &there);
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

    /// Has refs stand where their sources do, whose commits are here. Where that does not work, a fetch may.
    fn copy(
        &self,
        repository: &Repository,
        refs: &[&(RefName, RefName)],
        there: &BTreeMap<RefName, ObjectId>,
    ) {
        let updates = refs.iter().map(|(source, destination)| RefUpdate {
            name: destination.clone(),
            old: Expected::Any,
            new: there.get(source).copied(),
        });
        let updates: Vec<_> = updates.collect();
        if !updates.is_empty() {
            let _ = self.update_refs(repository, &updates, "storyline fetch");
        }
    }
}

/// Those that stand elsewhere than their sources do there.
fn stale<'r>(
    repository: &Repository,
    refs: &'r [(RefName, RefName)],
    there: &BTreeMap<RefName, ObjectId>,
) -> Vec<&'r (RefName, RefName)> {
    let is_stale = |(source, destination): &&(RefName, RefName)| {
        let there = there.get(source);
        there.is_some_and(|id| tip(repository, destination) != Some(*id))
    };
    refs.iter().filter(is_stale).collect()
}

/// Where a folder of a remote's refs is kept below `mirror`.
fn mirrored(mirror: &str, folder: &str) -> String {
    format!("{mirror}{}", folder.trim_start_matches("refs/"))
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

pub(super) fn list_arguments(url: &Url, more: &[&str]) -> Vec<String> {
    let options = ["ls-remote", "--quiet", "--refs"];
    let options = options.iter().chain(more).chain(&["--end-of-options"]);
    let options = options.map(ToString::to_string);
    options.chain([url.argument().into()]).collect()
}

pub(super) fn fetch_arguments(url: &Url, refs: &[&(RefName, RefName)]) -> Vec<String> {
    fetching(url, "--no-prune", refs.iter().map(|pair| refspec(pair)))
}

pub(super) fn bring_arguments(
    url: &Url,
    refs: &[(RefName, RefName)],
    folders: &[String],
    mirror: &str,
) -> Vec<String> {
    let folders = folders
        .iter()
        .map(|folder| format!("+{folder}*:{}*", mirrored(mirror, folder)));
    fetching(url, "--prune", refs.iter().map(refspec).chain(folders))
}

fn refspec((source, destination): &(RefName, RefName)) -> String {
    format!("+{source}:{destination}")
}

fn fetching(url: &Url, prune: &str, refspecs: impl Iterator<Item = String>) -> Vec<String> {
    let options = [
        "fetch",
        "--quiet",
        "--no-tags",
        prune,
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--refmap=",
        "--end-of-options",
    ];
    let options = options.into_iter().map(Into::into);
    options
        .chain([url.argument().into()])
        .chain(refspecs)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(brought: Option<&[&str]>, prefixes: &[&str], expect: bool) {
        let listing = Listing {
            url: Url::parse("https://git.example.com/a.git").expect("a plain address"),
            brought: brought.map(|parts| parts.iter().map(ToString::to_string).collect()),
            lines: Vec::new(),
        };
        assert_eq!(listing.tells(prefixes), expect);
    }

    #[test]
    fn what_a_listing_tells_of() {
        check(None, &["refs/a/", "refs/b"], true);
        let brought = Some(&["refs/heads/main", "refs/story/S-1/"][..]);
        check(brought, &["refs/heads/main"], true);
        check(brought, &["refs/story/S-1/log", "refs/story/S-1/"], true);
        check(brought, &["refs/heads/main", "refs/heads/main2"], false);
        check(brought, &["refs/heads/"], false);
        check(brought, &["refs/heads/main/"], false);
        check(brought, &["refs/story/S-1"], false);
        check(brought, &["refs/story/S-12/log"], false);
        check(brought, &["refs/story/"], false);
    }
}
