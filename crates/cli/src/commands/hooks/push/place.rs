//! Where a push goes: which repository, and which form its branch is to be in.

use storyline_manifest::{Environment, Manifest};
use storyline_repo::{ObjectId, Repository, Url, without_credentials};

use crate::args::PrePushArgs;
use crate::canon::same_place;

/// Where canonical's branches are kept once they were fetched.
pub(super) const CANONICAL: &str = "refs/storyline/remote/canonical/";

/// The repository that is pushed to.
pub(super) struct Remote {
    /// Its addresses: as Git uses it, and as it was configured.
    urls: Vec<Url>,
    /// Names of remotes that are the same place.
    names: Vec<String>,
    /// Its address, fit to show.
    pub(super) shown: String,
    canonical: Option<(Url, Option<String>)>,
    /// Names of remotes that are the canonical repository.
    canonical_names: Vec<String>,
}

/// The form that a branch is to be in.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'m> {
    Canonical,
    Environment(&'m Environment),
}

impl Remote {
    pub(super) fn of(
        repository: &Repository,
        manifest: &Manifest,
        args: &PrePushArgs,
    ) -> Option<Self> {
        let remotes = repository.remotes().ok()?;
        let parsed = remotes
            .iter()
            .filter_map(|remote| Some((remote, Url::parse(&remote.url).ok()?)));
        let parsed: Vec<_> = parsed.collect();
        let given = Url::parse(&without_credentials(&args.url)).ok();
        let named = parsed
            .iter()
            .filter(|(remote, _)| remote.name == args.remote);
        let urls: Vec<_> = given
            .into_iter()
            .chain(named.map(|(_, url)| url.clone()))
            .collect();
        let names_of = |urls: &[Url]| {
            let same = parsed
                .iter()
                .filter(|(_, url)| urls.iter().any(|other| same_place(url, other)));
            same.map(|(remote, _)| remote.name.clone())
                .collect::<Vec<_>>()
        };
        let canonical = match &manifest.canonical.repository {
            Some(text) => Url::parse(text).ok(),
            None => {
                let mut origin = parsed.iter().filter(|(remote, _)| remote.name == "origin");
                origin.next().map(|(_, url)| url.clone())
            }
        };
        let canonical = canonical.map(|url| {
            let mut same = parsed.iter().filter(|(_, other)| same_place(&url, other));
            let usual = same.find_map(|(remote, _)| remote.default_branch.clone());
            let branch = manifest.canonical.branch.clone().or(usual);
            (url, branch)
        });
        Some(Self {
            names: names_of(&urls),
            canonical_names: canonical
                .as_ref()
                .map(|(url, _)| names_of(std::slice::from_ref(url)))
                .unwrap_or_default(),
            shown: without_credentials(&args.url),
            canonical,
            urls,
        })
    }

    /// The form of a branch there; `None` when anything may be in it.
    pub(super) fn wanted<'m>(&self, manifest: &'m Manifest, branch: &str) -> Option<Wanted<'m>> {
        let is_at = |url: &Url| self.urls.iter().any(|own| same_place(own, url));
        let (canonical, canonical_branch) = self.canonical.as_ref()?;
        let is_canonical_s = canonical_branch.as_deref() == Some(branch)
            || manifest.story_branch.id_in(branch).is_some();
        if is_at(canonical) && is_canonical_s {
            return Some(Wanted::Canonical);
        }
        let lives_there = |environment: &&Environment| {
            let url = match &environment.repository {
                Some(text) => Url::parse(text).ok(),
                None if environment.branch.is_some() => Some(canonical.clone()),
                None => None,
            };
            let own = environment.branch.as_ref().or(canonical_branch.as_ref());
            let stories = environment.story_branch.as_ref();
            url.is_some_and(|url| is_at(&url))
                && (own.is_some_and(|own| own == branch)
                    || stories.is_some_and(|stories| stories.id_in(branch).is_some()))
        };
        let environment = manifest.environments().find(lives_there)?;
        // Where all names stay as they are, both forms are one.
        environment.names().mapped().next()?;
        Some(Wanted::Environment(environment))
    }

    /// Commits that the repository has, as far as is known here.
    pub(super) fn known(&self, repository: &Repository, wanted: Wanted<'_>) -> Vec<ObjectId> {
        let mut known = tips(repository, &self.names);
        let fetched = match wanted {
            Wanted::Canonical => CANONICAL.to_owned(),
            Wanted::Environment(environment) => {
                format!("refs/storyline/remote/{}/", environment.name)
            }
        };
        let fetched = repository.references(&fetched).unwrap_or_default();
        known.extend(fetched.into_iter().map(|(_, id)| id));
        known
    }

    /// Where canonical stands, as far as is known here.
    pub(super) fn canonical_tips(
        &self,
        repository: &Repository,
        manifest: &Manifest,
    ) -> Vec<ObjectId> {
        let fetched = repository.references(CANONICAL).unwrap_or_default();
        let mut found: Vec<_> = fetched.into_iter().map(|(_, id)| id).collect();
        let branch = self
            .canonical
            .as_ref()
            .and_then(|(_, branch)| branch.as_deref());
        for name in &self.canonical_names {
            let prefix = format!("refs/remotes/{name}/");
            let refs = repository.references(&prefix).unwrap_or_default();
            let own = refs.into_iter().filter(|(name, _)| {
                let short = name.as_str().strip_prefix(&prefix);
                short.is_some_and(|short| {
                    Some(short) == branch || manifest.story_branch.id_in(short).is_some()
                })
            });
            found.extend(own.map(|(_, id)| id));
        }
        found
    }
}

/// Where the branches of remotes stood when they were fetched last.
fn tips(repository: &Repository, remotes: &[String]) -> Vec<ObjectId> {
    let of = |name: &String| {
        let refs = repository.references(&format!("refs/remotes/{name}/"));
        refs.unwrap_or_default().into_iter().map(|(_, id)| id)
    };
    remotes.iter().flat_map(of).collect()
}
