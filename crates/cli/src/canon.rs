//! The canonical branch as its remote has it: what every command starts from that works with Git.
//!
//! A command must not do what a branch under review says. So the manifest is read from the canonical
//! branch, fetched just now, and not from the working tree. Only where that branch is has to be known
//! before: the manifest of `HEAD` may name it, but is believed only if one of the clone's remotes, which
//! its owner added, is the same place; and what is fetched from there has to agree.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use storyline_manifest::{Manifest, is_manifest_file};
use storyline_repo::{
    Expected, Fetched, Git, Listing, NotARefName, ObjectId, RefName, RefUpdate, Remote, Repository,
    Snapshot, Url,
};
use storyline_stamp::{EntryKind, FileSet};
use storyline_text::{Diagnostic, Visible};

use crate::failure::{Failure, Sources, usage};
use crate::git;
use crate::output::shown;
use crate::project::MANIFEST;
use crate::report;

/// Where the canonical branch is kept in a clone.
const TRACKING: &str = "refs/storyline/remote/canonical/";
/// Where refs are that tell what the canonical repository had when somebody last asked for them alone.
const MIRROR: &str = "refs/storyline/there/";

/// The canonical branch, as it is now.
pub(crate) struct Canon {
    /// The clone that one works in.
    pub(crate) repository: Repository,
    /// The program that talks with remotes.
    pub(crate) git: Git,
    /// What the canonical branch says.
    pub(crate) manifest: Manifest,
    /// Its bytes, for excerpts.
    pub(crate) manifest_sources: Sources,
    /// The canonical repository.
    pub(crate) url: Url,
    /// The canonical branch's short name.
    pub(crate) branch: String,
    /// Its newest commit.
    pub(crate) tip: ObjectId,
    /// What the command began by asking for.
    asked: Listing,
    /// All refs, once that was not enough.
    all: OnceCell<Listing>,
}

impl Canon {
    /// Finds the canonical repository from the clone in `directory`, fetches its branch and reads the
    /// manifest there.
    pub(crate) fn fetch(directory: &Path) -> Result<Self, Failure> {
        Self::fetch_with(directory, &[])
    }

    /// The same, for a command that begins with the branch and the refs in these folders, which come along. What
    /// else it needs it asks for then.
    pub(crate) fn fetch_with(directory: &Path, folders: &[String]) -> Result<Self, Failure> {
        let repository = repository(directory)?;
        let git = git::program(Some(&repository))?;
        let head = match repository.head() {
            Some(head) => manifest_of(&repository, head)?.map(|found| (head, found)),
            None => None,
        };
        let (url, branch) = place(&repository, head.as_ref().map(|(_, (found, _))| found))?;
        let (source, tracking) = (branch_ref(&branch)?, tracking_ref(&branch)?);
        let wanted = [(source.clone(), tracking)];
        let brought = match folders {
            [] => None,
            _ => git.bring(&repository, &url, &wanted, folders, MIRROR)?,
        };
        // A listing tells what it is that cannot be brought.
        let asked = match brought {
            Some(brought) => brought,
            None => git.listing(&repository, &url)?,
        };
        let fetched = git.fetch_listed(&repository, &asked, &wanted)?;
        let Some(tip) = fetched.found.get(&source).copied() else {
            let title = format!("{url} has no branch `{}`", Visible(branch.as_bytes()));
            let diagnostic = Diagnostic::error("canonical-branch-missing", title).help(format!(
                "write the right one in `{MANIFEST}`: `[canonical] branch = \"…\"`"
            ));
            return Err(usage(diagnostic));
        };
        let found = match head {
            Some((head, found)) if head == tip => Some(found),
            _ => manifest_of(&repository, tip)?,
        };
        let Some((manifest, manifest_sources)) = found else {
            let title = format!(
                "`{}` of {url} has no `{MANIFEST}`",
                Visible(branch.as_bytes())
            );
            let diagnostic = Diagnostic::error("no-manifest", title)
                .help("`storyline init --write` proposes one; commit it, and land it there first");
            return Err(usage(diagnostic));
        };
        let canon = Self {
            repository,
            git,
            manifest,
            manifest_sources,
            url,
            branch,
            tip,
            asked,
            all: OnceCell::new(),
        };
        canon.refuse_elsewhere()?;
        Ok(canon)
    }

    /// What the canonical repository was asked and that tells of these names, or of folders that end with `/`, as
    /// they were when the command began or first asked.
    pub(crate) fn there(&self, names: &[&str]) -> Result<&Listing, Failure> {
        if self.asked.tells(names) {
            return Ok(&self.asked);
        }
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let all = self.git.listing(&self.repository, &self.url)?;
        Ok(self.all.get_or_init(|| all))
    }

    /// What stands in these folders now, whatever the command saw before.
    pub(crate) fn ask_again(&self, folders: &[String]) -> Result<Listing, Failure> {
        let Self {
            git,
            repository,
            url,
            ..
        } = self;
        Ok(match git.bring(repository, url, &[], folders, MIRROR)? {
            Some(brought) => brought,
            None => git.listing(repository, url)?,
        })
    }

    /// The refs of the canonical repository that have these names or are in these folders.
    pub(crate) fn refs(&self, names: &[&str]) -> Result<BTreeMap<RefName, ObjectId>, Failure> {
        let there = self.there(names)?;
        Ok(self.git.refs(&self.repository, there, names)?)
    }

    /// Brings refs of the canonical repository into the clone, as they were when the command began.
    pub(crate) fn fetch_refs(&self, refs: &[(RefName, RefName)]) -> Result<Fetched, Failure> {
        let names: Vec<_> = refs.iter().map(|(source, _)| source.as_str()).collect();
        let there = self.there(&names)?;
        Ok(self.git.fetch_listed(&self.repository, there, refs)?)
    }

    /// Brings refs of the clone that are copies of the remote's to where it has them now.
    pub(crate) fn copy_refs(
        &self,
        copies: &[(RefName, ObjectId)],
        why: &str,
    ) -> Result<(), Failure> {
        let updates: Vec<_> = copies
            .iter()
            .map(|(name, id)| RefUpdate {
                name: name.clone(),
                old: Expected::Any,
                new: Some(*id),
            })
            .collect();
        Ok(self.git.update_refs(&self.repository, &updates, why)?)
    }

    /// The manifest that was fetched has to name the place that it was fetched from.
    fn refuse_elsewhere(&self) -> Result<(), Failure> {
        let canonical = &self.manifest.canonical;
        let there = canonical.repository.as_deref().map(url).transpose()?;
        let branch = canonical.branch.as_deref();
        let is_here = there
            .as_ref()
            .is_none_or(|there| same_place(there, &self.url))
            && branch.is_none_or(|branch| branch == self.branch);
        if is_here {
            return Ok(());
        }
        let named = there.as_ref().unwrap_or(&self.url);
        let named_branch = branch.unwrap_or(&self.branch);
        let title = format!(
            "canonical was fetched from `{}` of {}, whose manifest says that it is `{}` of {named}",
            Visible(self.branch.as_bytes()),
            self.url,
            Visible(named_branch.as_bytes()),
        );
        let diagnostic = Diagnostic::error("canonical-elsewhere", title)
            .help("`git switch` to a branch with the newer manifest, and see that a remote of this clone is that repository")
            .help("nothing was done with either");
        Err(Failure {
            sources: self.manifest_sources.clone(),
            ..usage(diagnostic)
        })
    }
}

/// A branch of a remote, or of the clone.
pub(crate) fn branch_ref(branch: &str) -> Result<RefName, Failure> {
    RefName::branch(branch).map_err(no_ref)
}

/// Where a branch of the canonical repository is kept in the clone.
pub(crate) fn tracking_ref(branch: &str) -> Result<RefName, Failure> {
    name(&format!("{TRACKING}{branch}"))
}

/// The ref of this name.
pub(crate) fn name(name: &str) -> Result<RefName, Failure> {
    RefName::new(name).map_err(no_ref)
}

fn no_ref(error: NotARefName) -> Failure {
    usage(Diagnostic::error("ref-name", error.to_string()).help("choose another name"))
}

/// The repository that one works in.
pub(crate) fn repository(directory: &Path) -> Result<Repository, Failure> {
    let found = Repository::discover(directory).map_err(|error| usage(error.diagnostic()))?;
    found.ok_or_else(|| {
        let title = format!("{} is in no Git repository", shown(directory));
        let help = "`git clone` the canonical repository, and run the command in the clone";
        usage(Diagnostic::error("no-repository", title).help(help))
    })
}

/// Where the canonical branch is, as far as the clone and the manifest of its `HEAD` tell.
fn place(repository: &Repository, manifest: Option<&Manifest>) -> Result<(Url, String), Failure> {
    let remotes = repository
        .remotes()
        .map_err(|error| usage(error.diagnostic()))?;
    let canonical = manifest.map(|manifest| manifest.canonical.clone());
    let canonical = canonical.unwrap_or_default();
    let (remote, url) = match &canonical.repository {
        Some(text) => trusted(url(text)?, &remotes)?,
        None => origin(&remotes)?,
    };
    let branch = canonical.branch.or_else(|| remote.default_branch.clone());
    let branch = branch.ok_or_else(|| {
        let title = format!("which branch of {url} is the canonical one is not known");
        let diagnostic = Diagnostic::error("canonical-branch-unknown", title)
            .help(format!(
                "write it in `{MANIFEST}`: `[canonical] branch = \"…\"`"
            ))
            .help(format!(
                "or `git remote set-head {} --auto`",
                Visible(remote.name.as_bytes())
            ));
        usage(diagnostic)
    })?;
    Ok((url, branch))
}

/// The remote of the clone that is the place that a branch's manifest names.
fn trusted(named: Url, remotes: &[Remote]) -> Result<(&Remote, Url), Failure> {
    let mut known = remotes
        .iter()
        .filter_map(|r| Some((r, Url::parse(&r.url).ok()?)));
    known.find(|(_, url)| same_place(url, &named)).ok_or_else(|| {
        let title = format!(
            "the manifest of HEAD says that canonical is {named}, which is no remote of this clone"
        );
        let diagnostic = Diagnostic::error("canonical-unknown", title)
            .help(format!("if that is right: `git remote add canonical {named}`"))
            .help("a branch may say anything, so nothing was fetched from there");
        usage(diagnostic)
    })
}

fn origin(remotes: &[Remote]) -> Result<(&Remote, Url), Failure> {
    let Some(origin) = remotes.iter().find(|remote| remote.name == "origin") else {
        let diagnostic = Diagnostic::error(
            "canonical-unknown",
            "nothing says where the canonical repository is",
        )
        .help(format!(
            "write it in `{MANIFEST}`: `[canonical] repository = \"…\"`"
        ));
        return Err(usage(diagnostic));
    };
    let url = url(&origin.url)?;
    let title = format!("the manifest names no canonical repository: taking `origin`, {url}");
    report::diagnostics(
        &[Diagnostic::notice("canonical-is-origin", title)],
        &Sources::new(),
    );
    Ok((origin, url))
}

/// Whether two addresses lead to one repository: the way there and the user may differ.
pub(crate) fn same_place(a: &Url, b: &Url) -> bool {
    let path = |url: &Url| {
        let path = url.path().trim_matches('/').to_owned();
        path.strip_suffix(".git").unwrap_or(&path).to_owned()
    };
    let host = |url: &Url| url.host().map(str::to_ascii_lowercase);
    host(a) == host(b) && path(a) == path(b)
}

/// The address that a manifest or a remote names.
pub(crate) fn url(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| usage(error.diagnostic()))
}

/// The manifest in the tree of a commit, and its bytes.
pub(crate) fn manifest_of(
    repository: &Repository,
    commit: ObjectId,
) -> Result<Option<(Manifest, Sources)>, Failure> {
    manifest_in(&Snapshot::of_manifest(repository, commit)?)
}

/// The same of files that are listed already.
pub(crate) fn manifest_in(snapshot: &Snapshot) -> Result<Option<(Manifest, Sources)>, Failure> {
    manifest_among(sources_in(snapshot)?)
}

/// The manifest's files in the tree of a commit.
pub(crate) fn manifest_sources(
    repository: &Repository,
    commit: ObjectId,
) -> Result<Sources, Failure> {
    sources_in(&Snapshot::of_manifest(repository, commit)?)
}

fn sources_in(snapshot: &Snapshot) -> Result<Sources, Failure> {
    let entries = snapshot.entries().iter();
    let mut sources = Sources::new();
    for entry in entries.filter(|e| e.kind == EntryKind::File && is_manifest_file(&e.path)) {
        let bytes = snapshot.read(&entry.path)?.into_owned();
        sources.insert(entry.path.clone(), bytes);
    }
    Ok(sources)
}

/// The same of their bytes.
pub(crate) fn manifest_among(sources: Sources) -> Result<Option<(Manifest, Sources)>, Failure> {
    if !sources
        .keys()
        .any(|path| path.as_bytes() == MANIFEST.as_bytes())
    {
        return Ok(None);
    }
    let files: Vec<_> = sources
        .iter()
        .map(|(path, bytes)| (path.clone(), bytes))
        .collect();
    match Manifest::parse(&files) {
        Ok(manifest) => Ok(Some((manifest, sources))),
        Err(errors) => Err(Failure {
            sources,
            ..errors.into()
        }),
    }
}
