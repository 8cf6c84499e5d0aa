//! Small projects, one a shape, and what is proposed for each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use storyline_manifest::Manifest;
use storyline_repo::{Branch, Overview, Remote};
use storyline_stamp::{Direction, Entry, EntryKind, FileSet, ReadError, Scope, Tree, plan};
use storyline_text::RelPath;

use crate::{Survey, propose};

/// A tree in memory.
struct Files {
    entries: Vec<Entry>,
    bytes: BTreeMap<RelPath, Vec<u8>>,
}

impl FileSet for Files {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let bytes = self.bytes.get(path).expect("only listed files are read");
        Ok(Cow::Borrowed(bytes))
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a plain path")
}

fn files(files: &[(&str, &str)]) -> Files {
    let bytes: BTreeMap<_, _> = files
        .iter()
        .map(|(name, text)| (path(name), text.as_bytes().to_vec()))
        .collect();
    let entry = |(path, bytes): (&RelPath, &Vec<u8>)| Entry {
        path: path.clone(),
        kind: EntryKind::File,
        size: bytes.len() as u64,
    };
    Files {
        entries: bytes.iter().map(entry).collect(),
        bytes,
    }
}

/// A repository with these remotes and branches, of which the first is the remotes' default.
fn git(remotes: &[(&str, &str)], branches: &[&str]) -> Overview {
    let remote = |(name, url): &(&str, &str)| Remote {
        name: (*name).into(),
        url: (*url).into(),
        default_branch: branches.first().map(|b| (*b).into()),
    };
    let branch = |name: &&str| Branch {
        name: (*name).into(),
        remote: None,
    };
    Overview {
        remotes: remotes.iter().map(remote).collect(),
        branches: branches.iter().map(branch).collect(),
        current: None,
    }
}

/// What is proposed; that it is a manifest; and that what it declares, and a developer after its
/// template, can be stamped.
#[track_caller]
fn check(tree: &[(&str, &str)], git: Overview) -> String {
    let files = files(tree);
    let survey = Survey::read(&files, git).expect("all files are read");
    let proposal = propose(&survey);
    if !proposal.is_needed() {
        let quiet = proposal.quiet().iter().map(|quiet| format!("- {quiet}\n"));
        return quiet.fold("not needed\n".into(), |all, line| all + &line);
    }
    let text = proposal.manifest();
    let tried =
        format!("{text}\n[environment.trial]\ntemplate = \"developer\"\nuser = \"trial\"\n");
    let manifest = Manifest::parse(&[(path("storyline.toml"), tried)]);
    let manifest = manifest.unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let tree = Tree::read(&files, &Scope::all(Some(&manifest))).expect("all files are read");
    let declared: Vec<_> = manifest.environments().map(|e| e.name.as_str()).collect();
    assert!(proposal.environments().all(|name| declared.contains(&name)));
    for environment in manifest.environments() {
        let planned = plan(&tree, &manifest, environment, Direction::Stamp);
        planned.unwrap_or_else(|refused| panic!("{:?}\n{text}", refused.diagnostics));
    }
    let start = text.find("# Found").expect("the head comes first");
    text[start..].into()
}

const MODEL: (&str, &str) = (
    "orders.model.lkml",
    "connection: \"warehouse\"\nlabel: \"Orders\"\ninclude: \"/*.view\"\n",
);

#[test]
fn a_plain_project() {
    let view = "view: v { link: { url: \"https://acme.looker.com/explore/orders/x\" } }";
    insta::assert_snapshot!(
        check(&[MODEL, ("manifest.lkml", "project_name: \"acme\"\n"), ("v.view.lkml", view)], git(&[], &[])),
        @r#"
        # Found in this project:
        # - 1 connection: `warehouse`
        # - 1 model: `orders`
        # - 1 project: `acme`
        # - 1 label: `Orders`

        # Looker, as links to this project's models call it. Take out what is not yours.
        [looker]
        hosts = [
          "acme.looker.com", # 1 link
        ]

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # warehouse -> warehouse_dev1
        models      = "{name}_{env:snake}"   # orders -> orders_dev1
        projects    = "{name}-{env}"         # acme -> acme-dev1
        labels      = "{name} ({env})"       # Orders -> Orders (dev1)

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        # Nothing has to be stamped for:
        # - connections, where every tier has a Looker instance of its own: all models use `warehouse`; a
        #   connection can have that name on each instance, and `connections` can be left out
        #   (orders.model.lkml:1)
        "#
    );
}

#[test]
fn constants() {
    let manifest = "constant: CONNECTION { value: \"warehouse\" export: override_required }\n\
         constant: SCHEMA { value: \"analytics\" }\n\
         constant: red { value: \"<p style='color: red'>\" }\n\
         constant: ORDERS_DB { value: \"a\\\\b\" }\n";
    let view =
        "view: v { sql_table_name: @{SCHEMA}.t ;; }\nview: w { sql_table_name: @{SCHEMA}.u ;; }";
    insta::assert_snapshot!(
        check(
            &[("m.model.lkml", "connection: \"@{CONNECTION}\"\n"), ("manifest.lkml", manifest), ("v.view.lkml", view)],
            git(&[], &[]),
        ),
        @r#"
        # Found in this project:
        # - 1 model: `m`

        # What constants say in canonical form.
        [canonical.constants]
        CONNECTION = "warehouse"
        SCHEMA = "analytics"

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        models = "{name}_{env:snake}"   # m -> m_dev1

        [template.developer.constants]
        CONNECTION = "{name}_{env:snake}"   # warehouse -> warehouse_dev1
        # SCHEMA   = "{name}_{env:snake}"   # analytics -> analytics_dev1

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        # Nothing has to be stamped for:
        # - connections: `connection: "@{CONNECTION}"` takes the name from a constant, whose value is
        #   stamped, or set by each project that imports this one (m.model.lkml:1)
        # - names of tables: `@{SCHEMA}` takes a part from a constant; only its value has to be stamped
        #   (v.view.lkml:1, v.view.lkml:2)
        "#
    );
}

#[test]
fn user_attributes_and_modes() {
    let view = "view: v { sql_table_name: {{ _user_attributes['schema'] }}.t ;; }\n\
         view: w { derived_table: { sql: select * from\n -- if prod -- prod.t\n -- if dev -- dev.t\n ;; } }\n";
    insta::assert_snapshot!(
        check(&[("orders.model.lkml", "connection: \"c\""), ("v.view.lkml", view)], git(&[], &[])),
        @r#"
        # Found in this project:
        # - 1 connection: `c`
        # - 1 model: `orders`

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # c -> c_dev1
        models      = "{name}_{env:snake}"   # orders -> orders_dev1

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        # Nothing has to be stamped for:
        # - names of tables: Looker fills in `_user_attributes['schema']` for each person (v.view.lkml:1)
        # - names of tables: Looker itself chooses between `-- if prod --` and `-- if dev --`
        #   (v.view.lkml:3)
        # - connections, where every tier has a Looker instance of its own: all models use `c`; a connection
        #   can have that name on each instance, and `connections` can be left out (orders.model.lkml:1)
        "#
    );
}

#[test]
fn forks_and_branches() {
    let git = git(
        &[
            ("anna", "git@git.example.com:anna/looker.git"),
            ("origin", "git@git.example.com:dev1-acme/looker.git"),
            (
                "production",
                "https://git.example.com/acme/looker-production",
            ),
            ("upstream", "git@git.example.com:acme/looker.git"),
        ],
        &[
            "master",
            "env/acceptance",
            "integration",
            "dev-tom",
            "dev-tom-smith-a1b2",
            "feature/x",
        ],
    );
    insta::assert_snapshot!(check(&[MODEL], git), @r#"
    # Found in this project:
    # - 1 connection: `warehouse`
    # - 1 model: `orders`
    # - 1 label: `Orders`

    # The form that everybody shares and reviews.
    [canonical]
    repository = "git@git.example.com:acme/looker.git"
    branch     = "master"

    # What all developers have in common: {name} is the canonical name, {env} the
    # environment's; `:snake` makes an identifier of it.
    [template.developer]
    repository  = "git@git.example.com:{user}/looker.git"
    connections = "{name}_{env:snake}"   # warehouse -> warehouse_dev1
    models      = "{name}_{env:snake}"   # orders -> orders_dev1
    labels      = "{name} ({env})"       # Orders -> Orders (dev1)

    [environment.integration]
    branch = "integration"
    # connections = { warehouse = "warehouse_integration" }

    [environment.acceptance]
    branch = "env/acceptance"
    # connections = { warehouse = "warehouse_acceptance" }

    [environment.production]
    repository = "https://git.example.com/acme/looker-production"
    # connections = { warehouse = "warehouse_production" }

    [environment.anna]
    template = "developer"
    user     = "anna"

    [environment.dev-tom]
    template   = "developer"
    repository = "git@git.example.com:acme/looker.git"
    branch     = "dev-tom"

    [environment.dev1-acme]
    template = "developer"
    user     = "dev1-acme"

    # The way of a story through the stages, if this is it:
    # [pipeline]
    # stages = ["integration", "acceptance", "production"]
    "#);
}

#[test]
fn names_of_other_projects() {
    let model =
        "connection: \"c\"\ninclude: \"//hub/models/base.model\"\ninclude: \"//hub/v.view\"\n";
    let dashboard = "- dashboard: d\n  elements:\n  - {name: a, model: other}\n  - {name: b, model: system__activity}\n";
    insta::assert_snapshot!(
        check(&[("spoke.model.lkml", model), ("d.dashboard.lookml", dashboard)], git(&[], &[])),
        @r#"
        # Found in this project:
        # - 1 connection: `c`
        # - 1 model: `spoke`

        # Models of `hub` are named here. If its repository has the same environments, its names are stamped
        # along:
        # [uses.hub]
        # models = ["base", "other"]

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # c -> c_dev1
        models      = "{name}_{env:snake}"   # spoke -> spoke_dev1

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        # Nothing has to be stamped for:
        # - connections, where every tier has a Looker instance of its own: all models use `c`; a connection
        #   can have that name on each instance, and `connections` can be left out (spoke.model.lkml:1)
        "#
    );
}

#[test]
fn odd_names() {
    let git = git(
        &[("origin", "ext::")],
        &[
            "main",
            "env/\u{1b}[31m",
            "env/a b",
            "env/\"x",
            "env/{x}",
            "staging.lock",
        ],
    );
    insta::assert_snapshot!(
        check(
            &[
                ("R&D.model.lkml", "connection: \"Big Query\"\n"),
                ("cube.dev.model.lkml", "connection: \"c-1\"\n"),
                ("50%.model.lkml", "label: \"\u{202e}a\"\n"),
            ],
            git,
        ),
        @r#"
        # Found in this project:
        # - 2 connections: `Big Query`, `c-1`
        # - 3 models: `50%`, `R&D`, `cube.dev`
        # - 1 label: `\u{202e}a`

        # The form that everybody shares and reviews.
        [canonical]
        branch = "main"

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # Big Query -> Big Query_dev1
        # models    = "{name}_{env:snake}"   # refused: model `50%` is refused: it holds `%` (50%.model.lkml)
        # labels    = "{name} ({env})"       # refused: label `\u{202e}a` is refused: it holds `\u{202e}` (50%.model.lkml)

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"
        "#
    );
}

const PROFILES: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: postgres, dbname: dw, schema: analytics}\n\
     \x20   qa: {type: postgres, dbname: dw, schema: qa}\n    prod: {type: postgres, dbname: dw, schema: main}\n";

#[test]
fn dbt_alone() {
    let project = "name: shop\nprofile: shop\n";
    insta::assert_snapshot!(
        check(&[("dbt_project.yml", project), ("profiles.yml", PROFILES)], git(&[], &["main", "production"])),
        @r#"
        # Found in this project:
        # - dbt profile `shop` with targets `dev`, `qa`, `prod` (profiles.yml)

        # The form that everybody shares and reviews.
        [canonical]
        branch = "main"

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        # schemas   = "{name}_{env:snake}"   # analytics -> analytics_dev1
        # databases = "{name}_{env:snake}"   # dw -> dw_dev1

        # A target of a developer's own in `profiles.yml`, a copy of `dev` but for these settings:
        # `storyline profile` writes it.
        [template.developer.dbt]
        file    = "profiles.yml"
        profile = "shop"
        target  = "{env:snake}"
        like    = "dev"
        settings = { schema = "analytics_{env:snake}" }

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        [environment.qa]
        dbt = { file = "profiles.yml", profile = "shop", target = "qa" }

        [environment.production]
        branch = "production"
        dbt = { file = "profiles.yml", profile = "shop", target = "prod" }

        # The way of a story through the stages, if this is it:
        # [pipeline]
        # stages = ["qa", "production"]
        "#
    );
}

#[test]
fn looker_and_dbt() {
    let profiles = "shop:\n  outputs:\n    dev: {type: bigquery, project: p, dataset: \"{{ env_var('D') }}\"}\n";
    insta::assert_snapshot!(
        check(&[MODEL, ("dbt/dbt_project.yml", "name: shop\n"), ("dbt/profiles.yml", profiles)], git(&[], &[])),
        @r#"
        # Found in this project:
        # - 1 connection: `warehouse`
        # - 1 model: `orders`
        # - 1 label: `Orders`
        # - dbt profile `shop` with targets `dev` (dbt/profiles.yml)

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # warehouse -> warehouse_dev1
        models      = "{name}_{env:snake}"   # orders -> orders_dev1
        labels      = "{name} ({env})"       # Orders -> Orders (dev1)
        # databases = "{name}_{env:snake}"   # p -> p_dev1

        # A target of a developer's own in `dbt/profiles.yml`, a copy of `dev` but for these settings:
        # `storyline profile` writes it.
        [template.developer.dbt]
        file    = "dbt/profiles.yml"
        profile = "shop"
        target  = "{env:snake}"
        like    = "dev"

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"

        # Nothing has to be stamped for:
        # - connections, where every tier has a Looker instance of its own: all models use `warehouse`; a
        #   connection can have that name on each instance, and `connections` can be left out
        #   (orders.model.lkml:1)
        "#
    );
}

#[test]
fn dbt_that_asks_its_environment() {
    let profiles = "shop:\n  outputs:\n    dev:\n      schema: \"{{ env_var('SCHEMA') }}\"\n";
    let project = "name: shop\nmodels:\n  +enabled: \"{{ target.name == 'prod' }}\"\n";
    insta::assert_snapshot!(
        check(&[("dbt_project.yml", project), ("profiles.yml", profiles)], git(&[], &["main"])),
        @r"
        not needed
        - dbt's targets: dbt takes values from `env_var(…)`; set the variables where it runs (profiles.yml:4)
        - dbt's settings: dbt itself decides by `target`, which is chosen when it runs (dbt_project.yml:3)
        "
    );
}

#[test]
fn nothing_to_stamp() {
    insta::assert_snapshot!(check(&[("README.md", "Nothing.")], git(&[], &["main", "production"])), @r"not needed");
    let view = "view: v { sql_table_name: {{ _user_attributes['schema'] }}.t ;; }";
    insta::assert_snapshot!(check(&[("v.view.lkml", view)], git(&[], &[])), @r"
    not needed
    - names of tables: Looker fills in `_user_attributes['schema']` for each person (v.view.lkml:1)
    ");
}

#[test]
fn a_broken_project() {
    insta::assert_snapshot!(
        {
            let files = files(&[MODEL, ("b/more.model.lkml", "connection: \"c\" explore: {")]);
            let survey = Survey::read(&files, Overview::default()).expect("all files are read");
            propose(&survey).manifest()
        },
        @r#"
        # What differs from one environment to the next: `storyline stamp ENV` puts these names in and
        # `storyline unstamp ENV` takes them out. This is a proposal: change whatever does not fit.
        #
        # Found in this project:
        # - 2 connections: `c`, `warehouse`
        # - 2 models: `more`, `orders`
        # - 1 label: `Orders`
        #
        # Nothing can be stamped yet: this `{` is never closed (b/more.model.lkml). `storyline check` tells
        # more.

        # What all developers have in common: {name} is the canonical name, {env} the
        # environment's; `:snake` makes an identifier of it.
        [template.developer]
        connections = "{name}_{env:snake}"   # c -> c_dev1
        models      = "{name}_{env:snake}"   # more -> more_dev1
        labels      = "{name} ({env})"       # Orders -> Orders (dev1)

        # A new developer, without the `#`:
        # [environment.dev1]
        # template = "developer"
        "#
    );
}
