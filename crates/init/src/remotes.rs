//! Where the canonical form lives, and whose forks of it are known.

use storyline_repo::{Overview, Remote};

use crate::branches::rank;

/// Names of the remote that everybody shares, the surest first.
const SHARED: [&str; 2] = ["upstream", "origin"];

/// Names of the branch that everybody shares, the surest first.
const MAIN: [&str; 2] = ["main", "master"];

/// The remotes of a repository by what they seem to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Homes {
    /// URL of what everybody shares.
    pub(crate) repository: Option<String>,
    /// Its branch.
    pub(crate) branch: Option<String>,
    /// The pattern of the forks' URLs.
    pub(crate) forks: Option<String>,
    /// The owners of the forks.
    pub(crate) users: Vec<String>,
    /// Remotes that are called like stages, and their URLs.
    pub(crate) stages: Vec<(String, String)>,
}

impl Homes {
    pub(crate) fn of(git: &Overview) -> Self {
        let (stages, others): (Vec<_>, Vec<_>) =
            git.remotes.iter().partition(|r| rank(&r.name).is_some());
        let named = SHARED
            .iter()
            .find_map(|n| others.iter().find(|r| r.name == *n));
        let shared = named.or_else(|| others.first().filter(|_| others.len() == 1));
        let mut homes = Self {
            repository: shared.map(|r| r.url.clone()),
            branch: branch(git, shared.copied()),
            stages: stages
                .into_iter()
                .map(|r| (r.name.clone(), r.url.clone()))
                .collect(),
            ..Self::default()
        };
        let Some(shared) = shared else { return homes };
        for remote in others.iter().filter(|r| r.name != shared.name) {
            let Some((pattern, user)) = fork(&shared.url, &remote.url) else {
                continue;
            };
            if homes.forks.get_or_insert_with(|| pattern.clone()) == &pattern {
                homes.users.push(user.into());
            }
        }
        homes
    }
}

fn branch(git: &Overview, shared: Option<&Remote>) -> Option<String> {
    if let Some(branch) = shared.and_then(|remote| remote.default_branch.clone()) {
        return Some(branch);
    }
    let has = |name: &&&str| git.branches.iter().any(|branch| branch.name == **name);
    let main = MAIN.iter().find(has).map(|name| (*name).to_owned());
    main.or_else(|| git.current.clone())
}

/// The pattern of a fork's URL and its owner, when it differs from what is shared in one part alone.
fn fork<'u>(shared: &str, fork: &'u str) -> Option<(String, &'u str)> {
    let separators = ['/', ':'];
    let (a, b): (Vec<_>, Vec<_>) = (
        shared.split(separators).collect(),
        fork.split(separators).collect(),
    );
    let mut differing = a.iter().zip(&b).filter(|(a, b)| a != b);
    let (_, user) = differing.next()?;
    if a.len() != b.len() || differing.next().is_some() || user.is_empty() {
        return None;
    }
    // The owner is neither the host nor the repository itself.
    let is_last = b.last() == Some(user);
    let start = user.as_ptr() as usize - fork.as_ptr() as usize;
    let (before, after) = (&fork[..start], &fork[start + user.len()..]);
    let is_host = before.is_empty() || before.ends_with("://");
    let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
    (!is_last && !is_host).then(|| {
        (
            format!("{}{{user}}{}", literal(before), literal(after)),
            *user,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks() {
        let shared = "git@github.com:acme/looker.git";
        for (url, expect) in [
            (
                "git@github.com:anna/looker.git",
                Some(("git@github.com:{user}/looker.git", "anna")),
            ),
            ("git@github.com:acme/looker-2.git", None),
            ("git@gitlab.com:acme/looker.git", None),
            ("git@github.com:anna/looker-2.git", None),
            ("https://github.com/anna/looker.git", None),
            (shared, None),
        ] {
            let found = fork(shared, url);
            let found = found
                .as_ref()
                .map(|(pattern, user)| (pattern.as_str(), *user));
            assert_eq!(found, expect, "{url}");
        }
        assert_eq!(
            fork("https://host/a/{x}", "https://host/b/{x}"),
            Some(("https://host/{user}/{{x}}".into(), "b")),
        );
    }
}
