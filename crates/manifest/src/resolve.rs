//! From settings to an environment: the template filled in, patterns filled, maps proved injective
//! as far as a table can be.

use std::collections::BTreeMap;

use storyline_text::Diagnostic;

use crate::error::{Place, Report};
use crate::manifest::{Environment, Looker, StoryBranch};
use crate::names::{Entry, Kind, NameMap, Names, Rest, check_pair};
use crate::pattern::{Pattern, Variable};
use crate::settings::{Located, LookerSettings, Rule, Settings, refused};
use crate::value::{check_branch, check_identifier, check_name, check_repository, host_of};

/// The environment `name`; what `own` does not say, `template` does, key by key.
pub(crate) fn resolve(
    name: &str,
    own: &Settings,
    template: Option<&Settings>,
    report: &mut Report,
) -> Environment {
    macro_rules! pick {
        ($key:ident) => {
            own.$key
                .as_ref()
                .or_else(|| template.and_then(|t| t.$key.as_ref()))
        };
    }
    let user = pick!(user);
    if let Some(user) = user
        && let Err(reason) = check_identifier(&user.value)
    {
        report.push(refused("user", &user.value, user.place.label(""), &reason));
    }
    let mut fill = Fill {
        env: name,
        user: user.map(|u| u.value.as_str()),
        place: &own.place,
        user_was_missed: false,
        report,
    };
    let rules = merged(&own.names, template.map(|t| &t.names));
    let constants = pick!(constants).into_iter().flatten();
    let vars = pick!(vars).into_iter().flatten();
    let maps = rules.into_iter().chain(constants).chain(vars);
    Environment {
        name: name.into(),
        place: own.place.clone(),
        user: user.map(|u| u.value.clone()),
        repository: pick!(repository).map(|p| fill.checked(p, "repository", check_repository)),
        branch: pick!(branch).map(|p| fill.checked(p, "branch", check_branch)),
        story_branch: pick!(story_branch).map(|p| fill.story_branch(p)),
        follows_canonical: pick!(follows_canonical).is_some_and(|f| *f),
        names: Names {
            maps: maps
                .map(|(kind, rule)| (kind.clone(), fill.map(kind, rule)))
                .collect(),
        },
        looker: pick!(looker).map(|looker| fill.looker(looker)),
        dbt: pick!(dbt).map(|dbt| fill.dbt(dbt)),
    }
}

fn merged<'a>(
    own: &'a BTreeMap<Kind, Rule>,
    template: Option<&'a BTreeMap<Kind, Rule>>,
) -> BTreeMap<&'a Kind, &'a Rule> {
    template.into_iter().flatten().chain(own).collect()
}

/// Fills the patterns of one environment.
pub(crate) struct Fill<'f> {
    env: &'f str,
    user: Option<&'f str>,
    /// Where the environment stands.
    place: &'f Place,
    user_was_missed: bool,
    report: &'f mut Report,
}

impl Fill<'_> {
    pub(crate) fn bind(&mut self, pattern: &Located<Pattern>) -> Pattern {
        if self.user.is_none() && pattern.value.uses(Variable::User) && !self.user_was_missed {
            self.user_was_missed = true;
            let env = self.env;
            let diagnostic = Diagnostic::error(
                "user-missing",
                format!("environment `{env}` has no `user`, which its patterns use"),
            )
            .label(self.place.label("this environment"))
            .label(pattern.place.label("`{user}` is used here"))
            .help(format!("add `user = \"…\"` to environment `{env}`"));
            self.report.push(diagnostic);
        }
        pattern.value.bind(|variable| match variable {
            Variable::Env => Some(self.env),
            // A stand-in, so that the checks that follow do not trip over the same mistake.
            Variable::User => Some(self.user.unwrap_or("user")),
            Variable::Name | Variable::Id => None,
        })
    }

    pub(crate) fn checked(
        &mut self,
        pattern: &Located<Pattern>,
        what: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> String {
        let text = self.bind(pattern).text();
        if let Err(reason) = check(&text) {
            self.report
                .push(refused(what, &text, pattern.place.label(""), &reason));
        }
        text
    }

    fn story_branch(&mut self, pattern: &Located<Pattern>) -> StoryBranch {
        let branch = StoryBranch(self.bind(pattern));
        check_story_branch(&branch, &pattern.place, self.report);
        branch
    }

    fn looker(&mut self, looker: &LookerSettings) -> Looker {
        let url = |url: &str| host_of(url).map(drop);
        let project = |name: &str| check_name(&Kind::Project, name);
        Looker {
            url: looker
                .url
                .as_ref()
                .map(|p| self.checked(p, "Looker's URL", url)),
            project: looker
                .project
                .as_ref()
                .map(|p| self.checked(p, "project", project)),
            deploy: looker.deploy,
        }
    }

    fn map(&mut self, kind: &Kind, rule: &Rule) -> NameMap {
        let mut map = NameMap {
            place: rule.place.clone(),
            entries: BTreeMap::new(),
            inverse: BTreeMap::new(),
            rest: match &rule.rest {
                Some(pattern) => self.rest(kind, pattern),
                None if kind.is_strict() => Rest::Refuse,
                None => Rest::Keep,
            },
        };
        for (name, pattern) in &rule.entries {
            let bound = self
                .bind(pattern)
                .bind(|v| (v == Variable::Name).then_some(name));
            let (value, place) = (bound.text(), pattern.place.clone());
            if let Err((refused_name, reason)) = check_pair(kind, name, &value) {
                self.report.push(refused(
                    &kind.to_string(),
                    refused_name,
                    place.label(""),
                    &reason,
                ));
            }
            if let Some(other) = map.inverse.insert(value.clone(), name.clone())
                && let Some(first) = map.entries.get(&other)
            {
                let title = format!("{kind} `{other}` and `{name}` become one name");
                let cure = "give each a name of its own; two connections may lead to one database";
                self.report.push(
                    Diagnostic::error("duplicate-name", title)
                        .label(place.label(format!("for `{name}`")))
                        .label(first.place.label(format!("for `{other}`")))
                        .help(cure),
                );
            }
            map.entries.insert(name.clone(), Entry { value, place });
        }
        map
    }

    fn rest(&mut self, kind: &Kind, pattern: &Located<Pattern>) -> Rest {
        let (before, after) = self.bind(pattern).around(Variable::Name);
        let sample = format!("{before}sample{after}");
        if let Err((_, reason)) = check_pair(kind, "sample", &sample) {
            self.report.push(refused(
                &kind.to_string(),
                &sample,
                pattern.place.label(""),
                &reason,
            ));
        }
        Rest::Around {
            before,
            after,
            place: pattern.place.clone(),
        }
    }
}

/// Tries the pattern of a story's branch.
pub(crate) fn check_story_branch(branch: &StoryBranch, place: &Place, report: &mut Report) {
    let sample = branch.of("sample");
    if let Err(reason) = check_branch(&sample) {
        report.push(refused("story branch", &sample, place.label(""), &reason));
    }
}
