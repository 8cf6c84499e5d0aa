//! What names of branches and remotes tell of environments.

use std::collections::BTreeSet;

use storyline_repo::Overview;

/// What stages are called, in the order in which teams put them.
const STAGES: [&[&str]; 7] = [
    &["dev", "develop", "development"],
    &["integration", "int"],
    &["test", "testing", "qa"],
    &["staging", "stage"],
    &["acceptance", "accept", "uat"],
    &["preprod", "preproduction"],
    &["production", "prod", "live"],
];

/// Folders of branches that are environments.
const FOLDERS: [&str; 3] = ["env/", "environment/", "environments/"];

/// More branches of developers than this are most likely no environments but work.
const MAX_DEVELOPERS: usize = 8;

/// An environment that a branch seems to carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) name: String,
    pub(crate) branch: String,
    /// Whether it looks like somebody's own.
    pub(crate) is_developer: bool,
}

/// The place of a stage called `name` among others; `None` when it is not called like one.
pub(crate) fn rank(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase().replace("pre-prod", "preprod");
    let word = match name.split_once(['-', '_']) {
        None => name.as_str(),
        Some((word, number)) if number.bytes().all(|b| b.is_ascii_digit()) => word,
        Some(_) => return None,
    };
    STAGES.iter().position(|words| words.contains(&word))
}

/// The environment that a branch called `branch` carries, if it is called like one.
fn carried(branch: &str) -> Option<Carried> {
    let in_folder = FOLDERS.iter().find_map(|f| branch.strip_prefix(f));
    let is_developer = in_folder.unwrap_or(branch).starts_with("dev-");
    let is_environment = match in_folder {
        Some(name) => !name.is_empty(),
        None => rank(branch).is_some() || (is_developer && !is_personal(branch)),
    };
    is_environment.then(|| Carried {
        name: in_folder.unwrap_or(branch).replace('/', "-"),
        branch: branch.into(),
        is_developer: is_developer && rank(branch).is_none(),
    })
}

/// Whether Looker made the branch for a person's development mode: `dev-anna-smith-x7pq`.
fn is_personal(branch: &str) -> bool {
    let mut words = branch.rsplit('-');
    let last = words.next().unwrap_or_default();
    let is_random = last.len() == 4 && last.bytes().all(|b| b.is_ascii_alphanumeric());
    is_random && words.count() >= 3
}

/// The environments that branches carry, stages first and in their order; `canonical` is none. One
/// name is taken once: folders before names alone.
pub(crate) fn environments(git: &Overview, canonical: Option<&str>) -> Vec<Carried> {
    let branches: BTreeSet<&str> = git.branches.iter().map(|b| b.name.as_str()).collect();
    let branches = branches.into_iter().filter(|b| Some(*b) != canonical);
    let mut found: Vec<_> = branches.filter_map(carried).collect();
    if found.iter().filter(|e| e.is_developer).count() > MAX_DEVELOPERS {
        found.retain(|e| !e.is_developer);
    }
    found.sort_by_key(|e| (order(&e.name), e.name.clone(), e.branch == e.name));
    found.dedup_by(|b, a| a.name == b.name);
    found
}

/// Stages in their order, then all others.
pub(crate) fn order(name: &str) -> usize {
    rank(name).unwrap_or(STAGES.len())
}

#[cfg(test)]
mod tests {
    use storyline_repo::Branch;

    use super::*;

    #[track_caller]
    fn check(branches: &str, expect: &[&str]) {
        let branches = branches.split(' ').map(|name| Branch {
            name: name.into(),
            remote: None,
        });
        let git = Overview {
            branches: branches.collect(),
            ..Overview::default()
        };
        let found = environments(&git, Some("main"));
        let found: Vec<_> = found
            .iter()
            .map(|e| match e.is_developer {
                true => format!("{} on {} (developer)", e.name, e.branch),
                false => format!("{} on {}", e.name, e.branch),
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn names_of_branches() {
        check(
            "prod main integration acceptance-2 acceptance-1 QA",
            &[
                "integration on integration",
                "QA on QA",
                "acceptance-1 on acceptance-1",
                "acceptance-2 on acceptance-2",
                "prod on prod",
            ],
        );
        check(
            "env/staging staging env/eu/north env/",
            &["staging on env/staging", "eu-north on env/eu/north"],
        );
        check(
            "dev dev-anna dev-anna-smith-x7pq dev-2",
            &[
                "dev on dev",
                "dev-2 on dev-2",
                "dev-anna on dev-anna (developer)",
            ],
        );
        check("feature/x fix-staging staging-login product", &[]);
        check(
            "dev-a dev-b dev-c dev-d dev-e dev-f dev-g dev-h dev-i uat",
            &["uat on uat"],
        );
    }
}
