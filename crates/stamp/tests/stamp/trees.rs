//! Whole projects made at random, out of the ways that names stand in real ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use storyline_manifest::{Kind, Names};
use storyline_stamp::EntryKind;
use storyline_text::RelPath;

use crate::files::{Files, path};

#[path = "trees/legacy.rs"]
mod legacy;

/// Environments whose maps tempt a stamp to go wrong; what they say goes into `[environment.dev1]`.
pub(crate) const RULES: &[&str] = &[
    // Suffix and prefix for everything.
    "connections = \"{name}_dev1\"\nmodels = \"{name}_dev1\"\nprojects = \"{name}_dev1\"\nlabels = \"{name} (dev1)\"\nrefs = \"{name}-dev1\"",
    "connections = \"dev1_{name}\"\nmodels = \"dev1.{name}\"\nprojects = \"dev1-{name}\"\nlabels = \"[dev1] {name}\"\nconstants = { SCHEMA = \"dev1_{name}\" }",
    // Swap, rotation, and names within names.
    "models = { orders = \"sales\", sales = \"orders\" }\nconnections = { lake = \"warehouse\", warehouse = \"lake\", \"*\" = \"{name}\" }",
    "models = { order = \"orders\", orders = \"orders_x\", orders_x = \"order\" }\nlabels = { Sales = \"Orders\", Orders = \"Sales\" }",
    "models = { order = \"orders_x_order\" }\nprojects = { acme = \"acme-acme\" }\nconnections = { lake = \"lakes\", \"*\" = \"{name}!\" }",
    // Odd characters, there and from there.
    "models = { orders = \"R&B-Orders.v2\", \"R&D\" = \"R&D.x\", \"cube.dev\" = \"Cube-DEV\" }\nprojects = \"{name}&co\"",
    "models = \"{name}&{env}\"\nconnections = \"{name}.{env}\"\nlabels = \"R&D's {name}\"",
    // A table with the rest, and constants with a canonical value.
    "models = { orders = \"bestellungen\", \"*\" = \"{name}-x\" }\nconstants = { SCHEMA = \"prod\", SQL = { \"select 1\" = \"select 2\", \"*\" = \"{name}\" } }\n[canonical.constants]\nSCHEMA = \"dev\"",
    // Projects that are stamped along, and hosts.
    "models = \"{name}_dev1\"\nprojects = \"{name}_dev1\"\nlooker = { url = \"https://acme.looker.com\" }\n[uses.hub]\nmodels = [\"hub\", \"events\"]",
    "connections = { warehouse = \"redshift\", lake = \"lake_prod\" }",
    // dbt: suffixes, and names within names; values of a variable trade places.
    "schemas = \"{name}_dev1\"\ndatabases = \"{name}.dev1\"\nprofiles = \"{name}_dev1\"\ndbt_projects = \"{name}_dev1\"\nmodels = \"{name}_dev1\"\nvars = { source = { raw = \"marts\", marts = \"raw\", \"*\" = \"{name}\" }, day = \"2021-12-31\" }\n[canonical.vars]\nday = \"2020-01-01\"",
    "schemas = { raw = \"raw_marts\", marts = \"raw\", \"*\" = \"{name}\" }\ndatabases = { lake = \"warehouse\", warehouse = \"lake\", \"*\" = \"{name}!\" }\nprofiles = { shop = \"acme\", acme = \"shop\" }\ndbt_projects = { shop = \"acme\" }",
    // An environment whose target stands beside the others.
    "schemas = \"{name}_dev1\"\ndatabases = \"dev1_{name}\"\nprofiles = \"{name}_dev1\"\ndbt = {}",
];

/// Rules that give every name that occurs another, one to one; trees with them are refused for
/// what the trees hold only.
pub(crate) const PLAIN: &[usize] = &[0, 1, 2, 3, 6, 8, 10, 11, 12];

/// Sites that every manifest declares.
pub(crate) const SITES: &str = r#"
[[site]]
files = "conf/*.{yml,toml,json}"
path = "targets.*.model"
kind = "model"
[[site]]
files = ["conf/*.yml", "conf/*.toml", "conf/*.json"]
path = "**.connections[*]"
kind = "connection"
[[site]]
files = "conf/**"
path = "targets.\"a b\".label"
kind = "label"
[[site]]
files = "**/*.env"
pattern = '(?m)^(?:MODEL|M)="([^"\r\n]+)"'
kind = "model"
"#;

const MODELS: &[&str] = &[
    "order", "orders", "orders_x", "sales", "cube.dev", "R&D", "Jira-Dev", "main",
];
/// Models of nobody, and some that environments make of own ones.
const STRANGERS: &[&str] = &["system__activity", "other"];
/// Own where the project `hub` is stamped along.
const HUB: &[&str] = &["hub", "events"];
const STAMPED: &[&str] = &["orders_dev1", "dev1.orders", "orders_x_order", "hub_dev1"];
const PROJECTS: &[&str] = &["acme", "hub", "third"];
const CONNECTIONS: &[&str] = &["warehouse", "lake"];
const LABELS: &[&str] = &["Sales", "Orders"];
const FOLDERS: &[&str] = &["", "models/", "a b/c/", "views/"];

/// What the names of a tree are.
#[derive(Clone, Debug)]
struct Words {
    /// Models that the tree defines.
    own: Vec<String>,
    /// Models that it speaks of.
    all: Vec<String>,
    /// Whether URLs may be percent-encoded. In an environment's form a plain tree has none: which
    /// encoding a name had is lost where the canonical name needs none.
    encoded: bool,
    projects: Vec<String>,
    connections: Vec<String>,
    labels: Vec<String>,
    /// Values of the constants `SCHEMA` and `SQL`.
    constants: [String; 2],
    reference: String,
    schemas: Vec<String>,
    databases: Vec<String>,
    profiles: Vec<String>,
    /// What the tree's dbt project is called.
    dbt_project: String,
    /// Values of the variables `source` and `day`.
    vars: [String; 2],
}

impl Words {
    /// Canonical names of `models`, or what `names` makes of them. What it has no name for is not
    /// said at all.
    fn new(models: Vec<&str>, plain: bool, names: Option<&Names>) -> Self {
        let one = |kind: &Kind, name: &str| match names {
            Some(names) => names.stamp(kind, name).ok().map(|name| name.into_owned()),
            None => Some(name.to_owned()),
        };
        let all = |kind: Kind, list: &[&str]| list.iter().filter_map(|n| one(&kind, n)).collect();
        let own: Vec<String> = all(Kind::Model, &models);
        let hub: Vec<String> = all(Kind::Model, HUB);
        let strangers = STRANGERS.iter().map(|name| name.to_string());
        let mut spoken: Vec<String> = own.iter().cloned().chain(hub).chain(strangers).collect();
        if !plain {
            spoken.extend(STAMPED.iter().chain(MODELS).map(|name| name.to_string()));
        }
        let constant = |kind: &str, value: &str| {
            one(&Kind::constant(kind), value).expect("every rule has values for constants")
        };
        let var = |name: &str, value: &str| {
            one(&Kind::var(name), value).expect("every rule has values for variables")
        };
        Self {
            schemas: all(Kind::Schema, &["raw", "marts", "raw_marts_"]),
            databases: all(Kind::Database, &["lake", "warehouse"]),
            profiles: all(Kind::Profile, &["shop", "acme"]),
            dbt_project: one(&Kind::DbtProject, "shop").expect("every rule has names for it"),
            vars: [var("source", "raw"), var("day", "2020-01-01")],
            own,
            all: spoken,
            encoded: !plain || names.is_none(),
            projects: all(Kind::Project, PROJECTS),
            connections: all(Kind::Connection, CONNECTIONS),
            labels: all(Kind::Label, LABELS),
            constants: [constant("SCHEMA", "dev"), constant("SQL", "select 1")],
            reference: one(&Kind::Ref, "main").expect("every rule has names for references"),
        }
    }
}

/// Whole trees in canonical form, or as `names` has them. Plain ones hold nothing that has to be
/// refused under the [`PLAIN`] rules.
pub(crate) fn trees(plain: bool, names: Option<Names>) -> impl Strategy<Value = Files> {
    let words = subsequence(MODELS, 1..5)
        .prop_map(move |models| Words::new(models, plain, names.as_ref()))
        .prop_filter("some model", |words| !words.own.is_empty());
    words.prop_flat_map(move |words| {
        let models = words.own.iter().map(|name| model(name, &words, plain));
        let models: Vec<_> = models.collect();
        let views = prop_oneof![
            view(&words).prop_map(|bytes| ("lkml", bytes)),
            legacy::view(&words).prop_map(|bytes| ("lookml", bytes)),
        ];
        let views = vec((select(FOLDERS), views), 0..3);
        let dashboards = vec((select(FOLDERS), dashboard(&words)), 0..3);
        let links = vec((select(FOLDERS), select(MODELS), any::<bool>()), 0..2);
        let others = (
            vec(config(&words, plain), 0..3),
            proptest::option::of(dbt(&words)),
        );
        let manifest = project_manifest(&words);
        (models, views, dashboards, manifest, links, others).prop_map(assemble)
    })
}

/// A folder, and a file's bytes.
type Placed = (&'static str, Vec<u8>);

/// Models, views, dashboards, the project's manifest; links (or else submodules) called as models;
/// the endings and texts of files with declared sites; a dbt project.
type Parts = (
    Vec<(RelPath, Vec<u8>)>,
    Vec<(&'static str, (&'static str, Vec<u8>))>,
    Vec<Placed>,
    Option<Vec<u8>>,
    Vec<(&'static str, &'static str, bool)>,
    (Vec<(&'static str, String)>, Option<Vec<(RelPath, Vec<u8>)>>),
);

fn assemble((models, views, dashboards, manifest, links, (configs, dbt)): Parts) -> Files {
    let mut files = Files::default();
    for (at, bytes) in models.into_iter().chain(dbt.into_iter().flatten()) {
        files.add(at, EntryKind::File, bytes);
    }
    for (index, (folder, (ending, bytes))) in views.into_iter().enumerate() {
        let at = path(&format!("{folder}orders{index}.view.{ending}"));
        files.add(at, EntryKind::File, bytes);
    }
    for (index, (folder, bytes)) in dashboards.into_iter().enumerate() {
        let at = path(&format!("{folder}d{index}.dashboard.lookml"));
        files.add(at, EntryKind::File, bytes);
    }
    if let Some(bytes) = manifest {
        files.add(path("manifest.lkml"), EntryKind::File, bytes);
    }
    for (index, (ending, text)) in configs.into_iter().enumerate() {
        let folder = if ending == "env" { "deploy/x" } else { "conf" };
        let at = path(&format!("{folder}/{index}.{ending}"));
        files.add(at, EntryKind::File, text.into_bytes());
    }
    for (index, (folder, name, is_link)) in links.into_iter().enumerate() {
        let at = path(&format!("{folder}{index}/{name}.model.lkml"));
        let kind = match is_link {
            true => EntryKind::Symlink,
            false => EntryKind::Submodule,
        };
        files.add(at, kind, Vec::new());
    }
    files
}

/// Pieces of a file one after the other, their line ends made `\r\n` in some.
fn pieces(piece: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    (vec(piece, 0..most), any::<u8>()).prop_map(|(pieces, dice)| {
        let text = pieces.concat();
        match dice % 5 {
            0 => text.replace('\n', "\r\n"),
            _ => text,
        }
    })
}

fn words(list: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    select(list.to_vec())
}

fn model(
    name: &str,
    words_of: &Words,
    plain: bool,
) -> impl Strategy<Value = (RelPath, Vec<u8>)> + use<> {
    let any_model = select(words_of.all.clone());
    let include = (any_model, select(words_of.projects.clone()), 0..9u8).prop_map(
        move |(model, project, form)| match form {
            0 => format!("include: \"{model}.model.lkml\"\n"),
            1 => format!("include: \"/models/{model}.model\"\n"),
            2 => format!("include: \"../{model}.model\" # {model}\n"),
            3 => format!("include: \"//{project}/{model}.model\"\n"),
            4 => format!("include: [\"//{project}/views/*.view\", \"{model}.view\"]\n"),
            5 => format!("include: \"/explore/{model}/x.view\"\n"),
            6 => "include: \"/**/*.model.lkml\"\n".into(),
            7 if !plain => format!("include: \"*{model}.model\"\n"),
            _ => "include: \"*.dashboard\"\n".into(),
        },
    );
    let connection = select(words_of.connections.clone());
    let label = select(words_of.labels.clone());
    let head = (connection, label, 0..5u8).prop_map(|(connection, label, form)| match form {
        0 if connection
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
        {
            format!("connection: {connection}\n")
        }
        1 => "connection: \"@{CONNECTION}\"\n".into(),
        2 => format!("label: \"{label}\" connection :\t\"{connection}\" # {connection}\n"),
        3 => String::new(),
        _ => format!("\u{feff}connection: \"{connection}\"\nlabel: \"{label}\"\n"),
    });
    let name = name.to_owned();
    let rest = pieces(prop_oneof![include, item(words_of)], 6);
    let todays = (head, rest).prop_map(|(head, rest)| head + &rest);
    let text = (todays, legacy::model(words_of), 0..4u8);
    let text = text.prop_map(|(todays, legacy, form)| match form {
        0 => ("lookml", legacy),
        1 => ("lookml", todays),
        _ => ("lkml", todays),
    });
    (words(FOLDERS), text).prop_map(move |(folder, (ending, text))| {
        let at = path(&format!("{folder}{name}.model.{ending}"));
        (at, text.into_bytes())
    })
}

/// A link to a model or a text that looks like one.
fn link(words_of: &Words) -> impl Strategy<Value = String> + use<> {
    let encoded = words_of.encoded;
    let hosts = [
        "",
        "https://acme.looker.com",
        "https://other.com",
        "@{host}",
    ];
    (select(words_of.all.clone()), words(&hosts), 0..9u8).prop_map(move |(model, host, form)| {
        match form {
            0 => format!("{host}/dashboards/{model}::main"),
            1 => format!("{host}/embed/dashboards-next/{model}::a?x=y"),
            2 => format!("{host}/explore/{model}/orders"),
            3 if encoded => format!("{host}/explore/{}/orders", model.replace('&', "%26")),
            4 => format!("{host}/extensions/third::{model}"),
            5 => format!("{{% if _model._name == '{model}' %}}"),
            6 => format!("{{% if '{model}' != _model._name %}}"),
            7 => format!("{host}/looks/{model} my_explore/{model}/x"),
            _ => format!("{model}::main"),
        }
    })
}

/// Something that stands in a view or model.
fn item(words_of: &Words) -> impl Strategy<Value = String> + use<> {
    (link(words_of), select(words_of.all.clone()), 0..6u8).prop_map(
        |(link, model, form)| match form {
            0 => format!("# {link}\nexplore: v_{form} {{ label: \"{link}\" }}\n"),
            1 => format!(
                "view: x {{\n\tdimension: y {{ html: <a href='{link}'>{model}</a> ;; }}\n}}\n"
            ),
            2 => format!("view: x {{ sql_table_name: {model}.t ;; label: \"{model}\" }}\n"),
            3 => format!("view: x {{ dimension: m {{ link: {{ url: \"{link}\" }} }} }}\n"),
            4 => format!("map_layer: m {{ file: \"/explore/{model}/m.json\" }}\n"),
            _ => format!("explore: x {{ from: orders model: \"{model}\" }}\n"),
        },
    )
}

fn view(words_of: &Words) -> impl Strategy<Value = Vec<u8>> + use<> {
    (pieces(item(words_of), 4), any::<u8>()).prop_map(|(text, dice)| {
        let mut bytes = text.into_bytes();
        match dice % 4 {
            0 => bytes.extend(b"# /explore/main/x \xff\xfe\n"),
            1 => bytes.extend(b"view: z { sql: \xff /explore/other/x \xc3 ;; }"),
            _ => {}
        }
        bytes
    })
}

fn dashboard(words_of: &Words) -> impl Strategy<Value = Vec<u8>> + use<> {
    let element = (select(words_of.all.clone()), link(words_of), 0..9u8);
    let element = element.prop_map(|(model, link, form)| match form {
        0 => format!("  - model: {model}\n    explore: orders # {model}\n"),
        1 => format!("  - {{model: '{model}', explore: {model}}}\n"),
        2 => format!("  - model: \"{model}\"\n    listen: {{orders: orders.id}}\n"),
        3 => format!("  - merged_queries:\n    - model: {model}\n    - {{model: {model}}}\n"),
        4 => format!("  - type: text\n    body_text: |\n      see {link}\n\n      or {link}\n"),
        5 => format!("  - body_text: >-\n      {link} is\n      there\n    model: {model}\n"),
        6 => format!(
            "  - &e{model_id}\n    model: {model}\n  - *e{model_id}\n",
            model_id = model.len()
        ),
        7 => format!("  -\tmodel: {model}\n"),
        _ => format!(
            "  - model: |\n      {model}\n    url: \"{}\"\n",
            link.replace('"', "'")
        ),
    });
    let filters = select(words_of.all.clone());
    (pieces(element, 5), filters).prop_map(|(elements, model)| {
        let line_end = if elements.contains('\r') { "\r\n" } else { "\n" };
        let head = format!("- dashboard: {model}\n  title: {model}\n  filters: [{{name: f, model: {model}}}]\n  elements:\n");
        (head.replace('\n', line_end) + &elements).into_bytes()
    })
}

fn project_manifest(words_of: &Words) -> impl Strategy<Value = Option<Vec<u8>>> + use<> {
    let [schema, sql] = words_of.constants.clone();
    let reference = words_of.reference.clone();
    let part = (select(words_of.projects.clone()), 0..8u8).prop_map(move |(project, form)| {
        match form {
            0 => format!(
                "local_dependency: {{\n  project: \"{project}\"\n  override_constant: SCHEMA {{ value: \"{schema}\" }}\n}}\n"
            ),
            1 => format!(
                "remote_dependency: {project} {{ url: \"https://x.org/r\" ref: \"{reference}\" }}\n"
            ),
            2 => format!("constant: SCHEMA {{ value: \"{schema}\" export: override_optional }}\n"),
            3 => format!("constant: SQL {{ value: \"{sql}\" }}\n"),
            4 => "constant: LONG { value: \"select\n  1\" }\n".into(),
            5 => "application: kiosk { label: \"k\" url: \"https://localhost:8080/b.js\" }\n".into(),
            6 => "local_dependency: { project: \"@{HUB}\" }\n".into(),
            _ => format!("# project_name: \"{project}\"\n"),
        }
    });
    let own = words_of.projects[0].clone();
    let named = pieces(part, 5).prop_map(move |rest| format!("project_name: \"{own}\"\n{rest}"));
    proptest::option::of(named.prop_map(String::into_bytes))
}

/// A file with declared sites: its ending and its text. Plain ones have quotes around every name.
fn config(words_of: &Words, plain: bool) -> impl Strategy<Value = (&'static str, String)> + use<> {
    let names = (
        select(words_of.all.clone()),
        select(words_of.connections.clone()),
        select(words_of.labels.clone()),
    );
    let quotes = match plain {
        true => vec!["\""],
        false => vec!["\"", "'", "", "\"\"\"", "'''\n"],
    };
    let form = (select(quotes), 0..4u8, any::<bool>());
    (names, form).prop_map(|((model, connection, label), (quotes, form, windows))| {
        let q = |name: &str| format!("{quotes}{name}{}", quotes.trim_end());
        let (ending, text) = match form {
            0 => ("yml", format!(
                "targets: # {model}\n  {model:?}: {{model: {}}}\n  a b:\n    label:   {} # x\n    y:\n    - connections: [{}, {connection:?}]\n",
                q(&model), q(&label), q(&connection),
            )),
            1 => ("toml", format!(
                "model = {model:?}\n[targets.x]\nmodel = {} # {model}\n[targets.\"a b\"]\nlabel = {}\ny = [{{ connections = [{}, {connection:?}] }}]\n",
                q(&model), q(&label), q(&connection),
            )),
            2 => ("json", format!(
                "{{\n\t\"targets\": {{ \"a b\": {{\"model\":{},\"label\": {label:?}}},\"c\": null }},\n\t\"connections\": [{connection:?}, [{}]] // {model}\n}}",
                q(&model), q(&connection),
            )),
            _ => ("env", format!(
                "MODEL=\"{model}\"\n# M=\"{model}\"\n M=\"{model}\"\nM=\"{model}\"\nMODEL={}\n",
                q(&model),
            )),
        };
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        (ending, text)
    })
}

/// A scalar in one of the styles that people have.
fn scalar(of: &[String]) -> impl Strategy<Value = String> + use<> {
    (select(of.to_vec()), 0..3u8).prop_map(|(name, style)| match style {
        0 => name,
        1 => format!("'{name}'"),
        _ => format!("\"{name}\""),
    })
}

/// A dbt project: profiles, `dbt_project.yml`, sources and exposures, in some folder.
fn dbt(words_of: &Words) -> impl Strategy<Value = Vec<(RelPath, Vec<u8>)>> + use<> {
    let schema = || scalar(&words_of.schemas);
    let database = || scalar(&words_of.databases);
    let file = select(words_of.databases.clone());
    let target = (schema(), database(), file, 0..5u8);
    let target = target.prop_map(|(schema, database, file, form)| match form {
        0 => format!("type: postgres, dbname: {database}, schema: {schema}, password: {file}"),
        1 => format!("type: duckdb, path: 'data/{file}.duckdb', schema: {schema}"),
        2 => format!("project: {database}, dataset: {schema}, keyfile: {file}"),
        3 => format!("schema: \"{{{{ env_var('S') }}}}\", host: {file}, user: {schema}"),
        _ => format!("dbname: {database}, schema: 'x_{{{{ {file} }}}}'"),
    });
    let targets = vec(target, 1..4);
    let profiles = (scalar(&words_of.profiles), targets).prop_map(|(profile, targets)| {
        let targets = targets.iter().enumerate();
        let targets = targets.map(|(at, target)| match at {
            1 => format!("    t{at}: {{{target}}} # {target}\n"),
            _ => format!("    t{at}:\n      {}\n", target.replace(", ", "\n      ")),
        });
        format!(
            "{profile}:\n  target: t0\n  outputs:\n{}",
            targets.collect::<String>()
        )
    });
    let [source, day] = words_of.vars.clone();
    let own = words_of.dbt_project.clone();
    let project = (
        scalar(&words_of.profiles),
        schema(),
        database(),
        scalar(&[own]),
        any::<bool>(),
    );
    let project = project.prop_map(move |(profile, schema, database, own, crlf)| {
        let text = format!(
            "name: {own}\nprofile: {profile} # {profile}\nmodels:\n  {own}:\n    +schema: {schema}\n    a: {{schema: {schema}, +database: {database}, +meta: {{schema: {schema}}}}}\nvars:\n  source: {source}\n  other: 3\n  {own}:\n    day: '{day}'\n    source: \"{source}\"\n"
        );
        match crlf {
            true => text.replace('\n', "\r\n"),
            false => text,
        }
    });
    let url = link(words_of);
    let properties = (schema(), database(), url).prop_map(|(schema, database, url)| {
        let url = url.replace('\'', "''");
        format!(
            "sources:\n- &s\n  name: raw\n  schema: {schema}\n  database: {database}\n- <<: *s\n  name: {schema}\nexposures:\n- {{name: e, url: '{url}'}}\nmodels:\n- name: m\n  config: {{schema: {schema}}}\n"
        )
    });
    (words(&["", "dbt/"]), project, profiles, properties).prop_map(
        |(folder, project, profiles, properties)| {
            let file =
                |name: &str, text: String| (path(&format!("{folder}{name}")), text.into_bytes());
            Vec::from([
                file("dbt_project.yml", project),
                file("profiles.yml", profiles),
                file("models/orders.yml", properties),
                file("target/old.yml", "sources: [{schema: raw}]".into()),
            ])
        },
    )
}
