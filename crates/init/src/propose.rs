//! From what was found to what a first manifest says.

use std::collections::BTreeMap;

use storyline_manifest::Kind;
use storyline_stamp::{Site, SiteStatus};

use crate::branches::{self, order, rank};
use crate::dbt::Profile;
use crate::evidence::{Means, Quiet, Spot};
use crate::proposal::{DbtRule, Environment, Proposal, Rule, Template};
use crate::remotes::Homes;
use crate::render::{self, counted, key, listed, quoted};
use crate::survey::Survey;
use crate::trial;

/// What every name becomes where identifiers are wanted.
const IDENTIFIER: &str = "{name}_{env:snake}";

/// Words in the names of constants that hold what environments differ in.
const TELLING: [&str; 14] = [
    "connection",
    "conn",
    "schema",
    "database",
    "db",
    "dataset",
    "catalog",
    "warehouse",
    "project",
    "env",
    "environment",
    "target",
    "host",
    "instance",
];

/// Longest value of a constant that is looked at, in bytes; longer ones are SQL or HTML.
const MAX_VALUE: usize = 100;

/// Proposes a manifest for a project that has none.
pub fn propose(survey: &Survey) -> Proposal {
    let homes = Homes::of(&survey.git);
    let repository = homes.repository.clone();
    let repository = repository.filter(|r| accepts("canonical", "repository", r));
    let branch = homes.branch.clone();
    let branch = branch.filter(|b| accepts("canonical", "branch", b));
    let constants = constants(survey);
    let mut template = Template {
        repository: template_repository(&homes),
        rules: rules(survey),
        constants: constants.iter().map(constant_rule).collect(),
        dbt: dbt_rule(survey),
    };
    let environments = environments(survey, &homes, &template);
    let stages = environments.iter().map(|e| e.name.clone());
    let stages: Vec<_> = stages.filter(|name| rank(name).is_some()).collect();
    let hosts = survey.hosts.iter();
    let hosts = hosts
        .filter(|(host, _)| trial::is_accepted(&format!("[looker]\nhosts = [{}]\n", quoted(host))));
    let names = |kind| survey.names(kind, SiteStatus::Own);
    let is_needed = template.rules.iter().any(|rule| rule.is_live)
        || !constants.is_empty()
        || !survey.profiles.is_empty();
    let broken = trial::try_rules(&survey.tree, &mut template);
    Proposal {
        found: found(survey),
        is_needed,
        repository,
        branch,
        constants: constants.into_iter().map(|c| (c.name, c.value)).collect(),
        hosts: hosts.cloned().collect(),
        uses: uses(survey),
        quiet: quiet(
            survey,
            environments.is_empty() && survey.git.remotes.len() < 2,
        ),
        template,
        environments,
        stages,
        connections: names(&Kind::Connection)
            .into_keys()
            .map(Into::into)
            .collect(),
        broken,
    }
}

fn accepts(section: &str, name: &str, value: &str) -> bool {
    trial::is_accepted(&format!("[{section}]\n{name} = {}\n", quoted(value)))
}

/// What was found, a line a kind.
fn found(survey: &Survey) -> Vec<String> {
    let mut lines = Vec::new();
    let kinds = [
        (&Kind::Connection, "connection"),
        (&Kind::Model, "model"),
        (&Kind::Project, "project"),
        (&Kind::Label, "label"),
    ];
    for (kind, noun) in kinds {
        let names = survey.names(kind, SiteStatus::Own);
        if !names.is_empty() {
            let shown = listed(names.keys().copied());
            lines.push(format!("{}: {shown}", counted(names.len(), noun)));
        }
    }
    for profile in &survey.profiles {
        let targets: Vec<_> = profile.targets.iter().map(|t| t.name.as_str()).collect();
        let targets = listed(targets.into_iter());
        let Profile { name, file, .. } = profile;
        lines.push(format!(
            "dbt profile `{name}` with targets {targets} ({file})"
        ));
    }
    lines
}

/// A rule for each kind of name that the project has.
fn rules(survey: &Survey) -> Vec<Rule> {
    let kinds = [
        (Kind::Connection, "connections", IDENTIFIER, true),
        (Kind::Model, "models", IDENTIFIER, true),
        (Kind::Project, "projects", "{name}-{env}", true),
        (Kind::Label, "labels", "{name} ({env})", true),
        // Two copies on one instance would share them.
        (Kind::Slug, "slugs", "{name}-{env}", true),
        // Where data comes from is most often the same for everybody.
        (Kind::Schema, "schemas", IDENTIFIER, false),
        (Kind::Database, "databases", IDENTIFIER, false),
    ];
    let kinds = kinds
        .into_iter()
        .filter_map(|(kind, key, pattern, is_live)| {
            let names = survey.names(&kind, SiteStatus::Own);
            let example = names.keys().next()?;
            Some(Rule {
                key: key.into(),
                pattern: pattern.into(),
                about: example_of(pattern, example),
                is_live,
            })
        });
    kinds.collect()
}

fn example_of(pattern: &str, name: &str) -> String {
    let stamped = pattern.replace("{name}", name);
    let stamped = stamped
        .replace("{env:snake}", "dev1")
        .replace("{env}", "dev1");
    format!("{name} -> {stamped}")
}

/// A constant that holds what environments differ in.
struct Constant {
    name: String,
    value: String,
    is_connection: bool,
}

fn constants(survey: &Survey) -> Vec<Constant> {
    let mut roles: BTreeMap<&str, bool> = BTreeMap::new();
    for (means, ..) in survey.evidence.iter() {
        match means {
            Means::ConnectionConstant(name) => drop(roles.insert(name, true)),
            Means::TableConstant(name) => drop(roles.entry(name).or_default()),
            _ => {}
        }
    }
    let all = survey.constants().into_iter();
    let telling = all.filter_map(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        let told = || lower.split(['_', '-']).any(|word| TELLING.contains(&word));
        let is_connection = roles
            .get(name)
            .copied()
            .or_else(|| told().then_some(false))?;
        let is_plain = value.len() <= MAX_VALUE && !value.contains(['"', '\\', '\n', '{', '%']);
        let section = format!("[canonical.constants]\n{} = {}\n", key(name), quoted(value));
        // A manifest is no place to copy a secret to.
        let is_plain = is_plain && !storyline_dbt::is_secret(name);
        (is_plain && trial::is_accepted(&section)).then(|| Constant {
            name: name.into(),
            value: value.into(),
            is_connection,
        })
    });
    telling.collect()
}

/// Only that a connection differs is sure; what else a constant holds its team knows.
fn constant_rule(constant: &Constant) -> Rule {
    Rule {
        key: key(&constant.name),
        pattern: IDENTIFIER.into(),
        about: example_of(IDENTIFIER, &constant.value),
        is_live: constant.is_connection,
    }
}

/// A target for each developer, where one profile alone says how.
fn dbt_rule(survey: &Survey) -> Option<DbtRule> {
    let [profile] = survey.profiles.as_slice() else {
        return None;
    };
    let like = profile.for_developers()?;
    let schema = like.schema.as_ref();
    let rule = DbtRule {
        file: String::from_utf8(profile.file.as_bytes().to_vec()).ok()?,
        profile: profile.name.clone(),
        like: like.name.clone(),
        schema: schema.map(|(key, value)| (key.clone(), format!("{value}_{{env:snake}}"))),
    };
    let template = Template {
        dbt: Some(rule.clone()),
        ..Template::default()
    };
    let developer = Environment {
        name: "dev1".into(),
        is_developer: true,
        ..Environment::default()
    };
    trial::is_accepted(&render::environment(&developer, &template)).then_some(rule)
}

fn template_repository(homes: &Homes) -> Option<(String, bool)> {
    let pattern = homes.forks.as_ref()?;
    accepts("template.developer", "repository", pattern).then(|| (pattern.clone(), true))
}

/// Environments that branches, remotes and forks tell of, each under a name of its own.
fn environments(survey: &Survey, homes: &Homes, template: &Template) -> Vec<Environment> {
    let mut all: BTreeMap<(usize, String), Environment> = BTreeMap::new();
    for (name, url) in &homes.stages {
        let environment = all.entry((order(name), name.clone())).or_default();
        environment.repository = Some(url.clone());
    }
    for carried in branches::environments(&survey.git, homes.branch.as_deref()) {
        let name = (order(&carried.name), carried.name.clone());
        let environment = all.entry(name).or_default();
        environment.is_developer = carried.is_developer;
        environment.branch = Some(carried.branch);
        if carried.is_developer && homes.forks.is_some() {
            // The template speaks of forks; this one is a branch of what everybody shares.
            environment.repository = homes.repository.clone();
        }
    }
    if template.dbt.is_some() {
        targets(survey, &mut all);
    }
    for user in &homes.users {
        let environment = all.entry((order(user), user.clone())).or_default();
        environment.is_developer = true;
        environment.user = Some(user.clone());
    }
    let named = all.into_iter().map(|((_, name), environment)| Environment {
        name,
        ..environment
    });
    // One that no manifest may hold, such as a branch with an odd name, is left to the reader.
    named
        .filter(|e| trial::is_accepted(&render::environment(e, template)))
        .collect()
}

/// Adds dbt's targets that are called like stages: to the only environment of that stage, or as one
/// of their own. The first stage is where developers work.
fn targets(survey: &Survey, all: &mut BTreeMap<(usize, String), Environment>) {
    let targets = survey.profiles.iter().flat_map(|profile| &profile.targets);
    for target in targets.map(|target| &target.name) {
        let Some(place) = rank(target).filter(|place| *place > 0) else {
            continue;
        };
        let mut same = all.keys().filter(|(order, _)| *order == place).cloned();
        let key = match (same.next(), same.next()) {
            (Some(only), None) => only,
            _ => (place, target.clone()),
        };
        all.entry(key).or_default().target = Some(target.clone());
    }
}

/// Models that every Looker instance has.
const OF_LOOKER: [&str; 2] = ["system__activity", "i__looker"];

/// Models of others that are named here, by the project that an include names beside them.
fn uses(survey: &Survey) -> Vec<(Option<String>, Vec<String>)> {
    let mut uses: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    let mut last: Option<&Site> = None;
    let foreign = |site: &&Site| site.status == SiteStatus::Foreign;
    for site in survey.sites.iter().filter(foreign) {
        let before = last.replace(site);
        if site.kind != Kind::Model || OF_LOOKER.contains(&site.name.as_str()) {
            continue;
        }
        let project = before.filter(|b| stand_together(survey, b, site));
        let models = uses.entry(project.map(|b| b.name.clone())).or_default();
        models.push(site.name.clone());
    }
    let projects = survey.names(&Kind::Project, SiteStatus::Foreign);
    if let (1, Some(project)) = (projects.len(), projects.keys().next())
        && let Some(models) = uses.remove(&None)
    {
        // The only project that is imported.
        let known = uses.entry(Some((*project).into())).or_default();
        known.extend(models);
    }
    for models in uses.values_mut() {
        models.sort();
        models.dedup();
    }
    uses.into_iter().collect()
}

/// Whether `project` and `model` are parts of one include: `//project/folder/x.model`.
fn stand_together(survey: &Survey, project: &Site, model: &Site) -> bool {
    let source = survey.tree.source(&model.file).unwrap_or_default();
    let (from, to) = (project.span.end as usize, model.span.start as usize);
    let between = source.get(from..to).unwrap_or_default();
    project.kind == Kind::Project
        && project.file == model.file
        && between.starts_with(b"/")
        && !between.iter().any(|b| b"\"\n,".contains(b))
}

/// What needs no stamp. With `is_alone`, nothing tells of a second environment yet.
fn quiet(survey: &Survey, is_alone: bool) -> Vec<Quiet> {
    let mut quiet = Vec::new();
    for (means, spots, places) in survey.evidence.iter() {
        let (what, why) = told(means);
        quiet.push(Quiet {
            what: what.into(),
            why,
            spots: spots.into(),
            places,
        });
    }
    let connections = survey.names(&Kind::Connection, SiteStatus::Own);
    if let (Some((name, places)), 1, true) =
        (connections.iter().next(), connections.len(), is_alone)
    {
        quiet.push(Quiet {
            what: "connections, where every tier has a Looker instance of its own".into(),
            why: format!(
                "all models use `{name}`; a connection can have that name on each instance, and \
                 `connections` can be left out"
            ),
            spots: first_connections(survey),
            places: *places,
        });
    }
    quiet
}

fn told(means: &Means) -> (&'static str, String) {
    match means {
        Means::ConnectionConstant(name) => (
            "connections",
            format!(
                "`connection: \"@{{{name}}}\"` takes the name from a constant, whose value is \
                 stamped, or set by each project that imports this one"
            ),
        ),
        Means::TableConstant(name) => (
            "names of tables",
            format!("`@{{{name}}}` takes a part from a constant; only its value has to be stamped"),
        ),
        Means::UserAttribute(name) => (
            "names of tables",
            format!("Looker fills in `_user_attributes['{name}']` for each person"),
        ),
        Means::ProdAndDev => (
            "names of tables",
            "Looker itself chooses between `-- if prod --` and `-- if dev --`".into(),
        ),
        Means::DbtVariables => (
            "dbt's targets",
            "dbt takes values from `env_var(…)`; set the variables where it runs".into(),
        ),
        Means::DbtTarget => (
            "dbt's settings",
            "dbt itself decides by `target`, which is chosen when it runs".into(),
        ),
    }
}

fn first_connections(survey: &Survey) -> Vec<Spot> {
    let sites = survey.sites.iter().filter(|s| s.kind == Kind::Connection);
    let spot = |site: &Site| {
        let source = survey.tree.source(&site.file).unwrap_or_default();
        let lines = storyline_text::LineIndex::new(source);
        Spot {
            file: site.file.clone(),
            line: lines.position(source, site.span.start).line,
        }
    };
    sites.take(3).map(spot).collect()
}
