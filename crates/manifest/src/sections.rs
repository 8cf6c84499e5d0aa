//! The sections of the main file that stand for themselves: canonical form, other repositories and
//! projects, declared sites.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use storyline_text::{Diagnostic, Visible};

use crate::error::{did_you_mean, listed, nearest};
use crate::file::{
    CanonicalTable, LookerTable, ManifestFile, Map, RepositoryTable, Spanned, Text, UsesTable,
};
use crate::manifest::{Canonical, Environment, Looker, Manifest, Repository, StoryBranch};
use crate::names::Kind;
use crate::pattern::Variable;
use crate::resolve::check_story_branch;
use crate::settings::{Reader, refused};
use crate::value::{
    check_branch, check_host, check_identifier, check_name, check_repository, host_of,
};

/// The rules editions that this program can produce.
const EDITIONS: [u32; 1] = [1];

impl Reader<'_> {
    /// Everything, around the `environments` that are read already.
    pub(crate) fn manifest(
        &mut self,
        table: &ManifestFile,
        environments: BTreeMap<String, Environment>,
    ) -> Manifest {
        let pipeline = self.pipeline(&table.pipeline.stages, &environments);
        let canonical = self.canonical(&table.canonical);
        Manifest {
            rules: self.rules(table.storyline.rules.as_ref()),
            story_branch: self.canonical_story_branch(&table.story.branch),
            steps: self.steps(&table.stage, &pipeline),
            policies: self.policies(&table.stage, &pipeline, &environments),
            repositories: self.repositories(&table.repository),
            sites: table
                .site
                .iter()
                .filter_map(|site| self.site(site).map(Arc::new))
                .collect(),
            uses: self.uses(&table.uses),
            hosts: self.hosts(&table.looker.hosts, &canonical, &environments),
            pipeline,
            canonical,
            environments,
        }
    }

    fn rules(&mut self, rules: Option<&Spanned<i64>>) -> u32 {
        let Some(rules) = rules else {
            return EDITIONS[0];
        };
        let known = EDITIONS.into_iter().find(|e| i64::from(*e) == rules.value);
        known.unwrap_or_else(|| {
            let title = format!("this program does not know rules edition {}", rules.value);
            let editions = listed(&EDITIONS.map(|e| e.to_string()));
            let place = self.place(rules.span);
            self.report.push(
                Diagnostic::error("unknown-edition", title)
                    .label(place.label(""))
                    .help(format!(
                        "editions: {editions}; a newer program may know more"
                    )),
            );
            EDITIONS[0]
        })
    }

    fn canonical(&mut self, table: &CanonicalTable) -> Canonical {
        for name in table.constants.keys() {
            self.check_owner(name, &Kind::constant(&name.value));
        }
        for name in table.vars.keys() {
            self.check_owner(name, &Kind::var(&name.value));
        }
        Canonical {
            repository: self.checked(&table.repository, "repository", check_repository),
            branch: self.checked(&table.branch, "branch", check_branch),
            looker: table.looker.as_ref().map(|looker| self.looker(looker)),
            constants: values(&table.constants),
            vars: values(&table.vars),
        }
    }

    fn looker(&mut self, table: &LookerTable) -> Looker {
        let project = |name: &str| check_name(&Kind::Project, name);
        Looker {
            url: self.checked(&table.url, "Looker's URL", |url| host_of(url).map(drop)),
            project: self.checked(&table.project, "project", project),
            deploy: table.deploy,
        }
    }

    fn canonical_story_branch(&mut self, text: &Option<Text>) -> StoryBranch {
        let Some(pattern) = self.story_branch(text, &[Variable::Id]) else {
            return StoryBranch::default();
        };
        let branch = StoryBranch(pattern.value);
        check_story_branch(&branch, &pattern.place, self.report);
        branch
    }

    fn hosts(
        &mut self,
        more: &[Text],
        canonical: &Canonical,
        environments: &BTreeMap<String, Environment>,
    ) -> BTreeSet<String> {
        for host in more {
            self.check(host, "host", check_host);
        }
        let lookers = environments.values().filter_map(|e| e.looker.as_ref());
        let lookers = lookers.chain(&canonical.looker);
        let urls = lookers.filter_map(|looker| host_of(looker.url.as_ref()?).ok());
        let more = more.iter().map(|host| host.value.to_ascii_lowercase());
        urls.chain(more).collect()
    }

    fn uses(&mut self, table: &Map<UsesTable>) -> BTreeMap<String, Vec<String>> {
        let mut uses = BTreeMap::new();
        for (project, used) in table {
            self.check(project, "project", |name| check_name(&Kind::Project, name));
            for model in &used.value.models {
                self.check(model, "model", |name| check_name(&Kind::Model, name));
            }
            let models = used.value.models.iter().map(|m| m.value.clone());
            uses.insert(project.value.clone(), models.collect());
        }
        uses
    }

    fn repositories(&mut self, table: &Map<RepositoryTable>) -> BTreeMap<String, Repository> {
        let mut repositories = BTreeMap::new();
        for (name, repository) in table {
            self.check(name, "the repository's name", check_identifier);
            self.check(&repository.value.url, "repository", check_repository);
            let url = repository.value.url.value.clone();
            let order = repository.value.order;
            repositories.insert(name.value.clone(), Repository { url, order });
        }
        repositories
    }

    pub(crate) fn unknown(&mut self, text: &Text, what: &str, several: &str, known: &[&str]) {
        let near = nearest(&text.value, known.iter().copied());
        let name = Visible(text.value.as_bytes());
        let id = match what {
            "environment" => "unknown-environment",
            "stage" => "unknown-stage",
            _ => "unknown-kind",
        };
        let diagnostic = Diagnostic::error(id, format!("`{name}` is no {what}"))
            .label(self.place(text.span).label(""))
            .help(did_you_mean(near, several, known));
        self.report.push(diagnostic);
    }

    pub(crate) fn check(
        &mut self,
        text: &Text,
        what: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) {
        if let Err(reason) = check(&text.value) {
            let label = self.place(text.span).label("");
            self.report.push(refused(what, &text.value, label, &reason));
        }
    }

    pub(crate) fn checked(
        &mut self,
        text: &Option<Text>,
        what: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<String> {
        let text = text.as_ref()?;
        self.check(text, what, check);
        Some(text.value.clone())
    }
}

fn values(table: &Map<String>) -> BTreeMap<String, String> {
    let values = table.iter();
    values
        .map(|(k, v)| (k.value.clone(), v.value.clone()))
        .collect()
}
