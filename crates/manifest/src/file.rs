//! What stands in the files, key by key. These types are the one source of what a manifest may
//! hold: serde reads with them, and the JSON Schema made from them serves editors and the check
//! for unknown keys alike. Doc comments here are what an editor shows.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use storyline_text::Span;

/// A value and where it stands; compared by value alone.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) span: Span,
    pub(crate) value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            span: Span::at(spanned.span()),
            value: spanned.into_inner(),
        })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Ord> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Eq for Spanned<T> {}

impl<T: Ord> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

/// A string with its place.
pub(crate) type Text = Spanned<String>;

/// A table whose keys people choose.
pub(crate) type Map<T> = BTreeMap<Text, Spanned<T>>;

/// The manifest of a Storyline project: `storyline.toml`.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, title = "storyline.toml")]
pub(crate) struct ManifestFile {
    /// What concerns Storyline itself.
    pub(crate) storyline: Storyline,
    /// The canonical form: the one that people share and review.
    pub(crate) canonical: CanonicalTable,
    /// How stories are kept.
    pub(crate) story: StoryTable,
    /// Settings that several environments share.
    pub(crate) template: Map<EnvironmentTable>,
    /// Environments by name. One may stand in `environments/NAME.toml` instead.
    pub(crate) environment: Map<EnvironmentTable>,
    /// Other projects whose models are stamped by the same names, by project.
    pub(crate) uses: Map<UsesTable>,
    /// The stages that stories go through.
    pub(crate) pipeline: PipelineTable,
    /// What a stage asks of stories, and what a promotion to it runs, by stage.
    pub(crate) stage: Map<StageTable>,
    /// Other repositories that a story may span, by name.
    pub(crate) repository: Map<RepositoryTable>,
    /// Looker as a whole.
    pub(crate) looker: LookerHosts,
    /// Places in files of other languages where names stand.
    pub(crate) site: Vec<Spanned<SiteTable>>,
}

/// What concerns Storyline itself.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Storyline {
    /// The rules edition, 1 unless said: the output of an edition never changes.
    pub(crate) rules: Option<Spanned<i64>>,
}

/// The canonical form: the one that people share and review.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Canonical", deny_unknown_fields)]
pub(crate) struct CanonicalTable {
    /// URL of the corporate repository, as `git clone` takes it.
    pub(crate) repository: Option<Text>,
    /// Its branch.
    pub(crate) branch: Option<Text>,
    /// The Looker instance and project that serve the canonical form, if any do.
    pub(crate) looker: Option<LookerTable>,
    /// Constants whose value environments replace: the canonical value by the constant's name.
    pub(crate) constants: Map<String>,
    /// dbt variables whose value environments replace: the canonical value by the variable's name.
    pub(crate) vars: Map<String>,
}

/// How stories are kept.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Story", deny_unknown_fields)]
pub(crate) struct StoryTable {
    /// The branch of a story, a pattern with `{id}`.
    pub(crate) branch: Option<Text>,
}

/// A named set of names, and where it lives. In patterns, `{env}` is the environment's name and
/// `{user}` its user; `:snake`, `:kebab`, `:upper` and `:lower` change them, as in `{env:snake}`;
/// `{{` and `}}` are single braces.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Environment", deny_unknown_fields)]
pub(crate) struct EnvironmentTable {
    /// The template that fills in what is not said here. Not in a template.
    pub(crate) template: Option<Text>,
    /// What `{user}` stands for: the owner of the fork.
    pub(crate) user: Option<Text>,
    /// URL of the repository, a pattern with `{env}` and `{user}`.
    pub(crate) repository: Option<Text>,
    /// The branch that carries this environment, a pattern with `{env}` and `{user}`.
    pub(crate) branch: Option<Text>,
    /// Where a story shows up in the repository, a pattern with `{id}`, `{env}` and `{user}`.
    pub(crate) story_branch: Option<Text>,
    /// Whether the environment is kept at the canonical branch instead of receiving stories.
    pub(crate) follows: Option<Follows>,
    /// The Looker instance and project that serve this environment.
    pub(crate) looker: Option<LookerTable>,
    /// Names of database connections. One that a table without `"*"` leaves out is an error.
    pub(crate) connections: Option<Spanned<NameRule>>,
    /// Names of models: their file names and every reference.
    pub(crate) models: Option<Spanned<NameRule>>,
    /// Names of Looker projects.
    pub(crate) projects: Option<Spanned<NameRule>>,
    /// Labels of models, so that copies stay apart in the Explore menu.
    pub(crate) labels: Option<Spanned<NameRule>>,
    /// Revisions that remote dependencies are taken at.
    pub(crate) refs: Option<Spanned<NameRule>>,
    /// Database schemas. One that a table without `"*"` leaves out is an error.
    pub(crate) schemas: Option<Spanned<NameRule>>,
    /// Databases. One that a table without `"*"` leaves out is an error.
    pub(crate) databases: Option<Spanned<NameRule>>,
    /// URLs.
    pub(crate) urls: Option<Spanned<NameRule>>,
    /// dbt profiles: their keys in `profiles.yml`, and `profile` of `dbt_project.yml`.
    pub(crate) profiles: Option<Spanned<NameRule>>,
    /// dbt projects: `name` of `dbt_project.yml`, and the keys there that are the same.
    pub(crate) dbt_projects: Option<Spanned<NameRule>>,
    /// Slugs of LookML dashboards, which are unique on a whole Looker instance.
    pub(crate) slugs: Option<Spanned<NameRule>>,
    /// Values of constants by the constant's name: a value (`[canonical.constants]` then says
    /// which one it replaces), a pattern with `{name}`, or a table of values.
    pub(crate) constants: Option<Map<NameRule>>,
    /// Values of dbt variables by the variable's name, said as those of constants are
    /// (`[canonical.vars]`).
    pub(crate) vars: Option<Map<NameRule>>,
    /// The target of a `profiles.yml` that dbt uses for this environment.
    pub(crate) dbt: Option<Spanned<DbtTable>>,
}

/// The target of a `profiles.yml` that dbt uses for an environment.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Dbt", deny_unknown_fields)]
pub(crate) struct DbtTable {
    /// The file, as seen from the project's root.
    pub(crate) file: Option<Text>,
    /// The profile in it.
    pub(crate) profile: Option<Text>,
    /// The target's name, a pattern with `{env}` and `{user}`.
    pub(crate) target: Option<Text>,
    /// The target that it is a copy of, but for its settings.
    pub(crate) like: Option<Text>,
    /// Its settings. Texts are patterns with `{env}` and `{user}`, in which `{{ … }}` is Jinja. What
    /// is secret has to come from `env_var`.
    pub(crate) settings: Map<DbtValue>,
}

/// A value of a dbt target's setting.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum DbtValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl<'de> Deserialize<'de> for DbtValue {
    /// By hand, so that a mistake never repeats the value, which may be a secret.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl Visitor<'_> for Value {
            type Value = DbtValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a whole number, true or false")
            }

            fn visit_str<E>(self, text: &str) -> Result<DbtValue, E> {
                Ok(DbtValue::Text(text.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<DbtValue, E> {
                Ok(DbtValue::Integer(number))
            }

            fn visit_bool<E>(self, value: bool) -> Result<DbtValue, E> {
                Ok(DbtValue::Boolean(value))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// What an environment may follow.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Follows {
    /// The canonical branch: the environment is moved by `sync`.
    Canonical,
}

/// How canonical names become an environment's names.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum NameRule {
    /// A pattern with `{name}`, and also `{env}` and `{user}`.
    Pattern(String),
    /// Canonical name to environment name. The key `"*"` is a pattern for all others.
    Table(Map<String>),
}

impl<'de> Deserialize<'de> for NameRule {
    /// By hand, since serde's own untagged reading loses where the entries stand.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = NameRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pattern or a table")
            }

            fn visit_str<E>(self, pattern: &str) -> Result<NameRule, E> {
                Ok(NameRule::Pattern(pattern.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<NameRule, A::Error> {
                let mut table = Map::new();
                while let Some((name, value)) = entries.next_entry()? {
                    table.insert(name, value);
                }
                Ok(NameRule::Table(table))
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

/// A Looker project on an instance.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Looker", deny_unknown_fields)]
pub(crate) struct LookerTable {
    /// The instance, as in a browser. In an environment a pattern with `{env}` and `{user}`.
    pub(crate) url: Option<Text>,
    /// The project's name there. In an environment a pattern with `{env}` and `{user}`.
    pub(crate) project: Option<Text>,
    /// What the instance is told to deploy.
    pub(crate) deploy: Option<Deploy>,
}

/// What a Looker instance is told to deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deploy {
    /// The very commit; needs advanced deploy mode.
    Ref,
    /// The environment's branch.
    Branch,
}

/// Models of another project that are stamped by the same names.
#[derive(serde::Deserialize, JsonSchema)]
#[schemars(rename = "Uses", deny_unknown_fields)]
pub(crate) struct UsesTable {
    /// Canonical names of that project's models.
    pub(crate) models: Vec<Text>,
}

/// The stages that stories go through.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Pipeline", deny_unknown_fields)]
pub(crate) struct PipelineTable {
    /// Environments in order; those in a list of their own stand side by side.
    pub(crate) stages: Vec<Spanned<Texts>>,
}

/// One text or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Texts {
    /// One alone.
    One(String),
    /// Several, in order.
    Several(Vec<Text>),
}

impl Spanned<Texts> {
    /// All of them, each with its place.
    pub(crate) fn texts(&self) -> Vec<Text> {
        match &self.value {
            Texts::Several(texts) => texts.clone(),
            Texts::One(text) => vec![Text {
                span: self.span,
                value: text.clone(),
            }],
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    /// By hand for the same reason as [`NameRule`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;
        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts::One(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Texts, A::Error> {
                let mut several = Vec::new();
                while let Some(text) = texts.next_element()? {
                    several.push(text);
                }
                Ok(Texts::Several(several))
            }
        }
        deserializer.deserialize_any(OneOrSeveral)
    }
}

/// What a stage asks of stories, and what a promotion to it runs.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Stage", deny_unknown_fields)]
pub(crate) struct StageTable {
    /// How a promotion gets onto its branch: `push` unless said.
    pub(crate) landing: Option<Spanned<Landing>>,
    /// Stages on which a revision has to be accepted before it lands here; this one too, for an
    /// approval before it lands.
    pub(crate) accepted_in: Vec<Text>,
    /// How long a revision has to have been on the stages before: a number with `s`, `m`, `h` or `d`,
    /// as in `24h`.
    pub(crate) soak: Option<Text>,
    /// How many people have to accept a revision on this stage; 1 unless said.
    pub(crate) approvals: Option<Spanned<i64>>,
    /// Who may: lines `PRINCIPAL TYPE KEY`, as in OpenSSH's `allowed_signers`. With any, only entries
    /// that one of these keys signed count.
    pub(crate) approvers: Vec<Text>,
    /// The steps, in any order.
    pub(crate) step: Vec<StepTable>,
}

/// How a promotion gets onto a stage's branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Landing {
    /// It is pushed there.
    #[default]
    Push,
    /// It is pushed to a branch of its own, for a pull request.
    Branch,
}

/// One program that a promotion runs.
#[derive(serde::Deserialize, JsonSchema)]
#[schemars(rename = "Step", deny_unknown_fields)]
pub(crate) struct StepTable {
    /// Its name, shown in plans and logs; once a stage.
    pub(crate) name: Text,
    /// When it runs.
    pub(crate) phase: Phase,
    /// Order within the phase: lower waves run first.
    #[serde(default)]
    pub(crate) wave: i32,
    /// The program and its arguments; no shell is involved.
    pub(crate) run: Spanned<Vec<String>>,
    /// How long it may take: a number with `s`, `m`, `h` or `d`, as in `30m`.
    #[serde(default)]
    pub(crate) timeout: Option<Text>,
}

/// When a step of a promotion runs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before anything is pushed.
    PreSync,
    /// With the push.
    Sync,
    /// After everything is deployed.
    PostSync,
    /// Only when the promotion failed.
    SyncFail,
}

/// Another repository that a story may span.
#[derive(serde::Deserialize, JsonSchema)]
#[schemars(rename = "Repository", deny_unknown_fields)]
pub(crate) struct RepositoryTable {
    /// URL, as `git clone` takes it.
    pub(crate) url: Text,
    /// Repositories with a lower number are promoted first.
    #[serde(default)]
    pub(crate) order: i32,
}

/// Looker as a whole.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LookerHosts {
    /// Further host names by which Looker is known, such as old ones that links still use.
    pub(crate) hosts: Vec<Text>,
}

/// A place in files of another language where names stand.
#[derive(serde::Deserialize, JsonSchema)]
#[schemars(rename = "Site", deny_unknown_fields)]
pub(crate) struct SiteTable {
    /// The files: a glob or a list of globs, in which `*` and `?` stay inside a folder and `**`
    /// does not.
    pub(crate) files: Spanned<Texts>,
    /// Where in a YAML, TOML or JSON file: keys joined by dots, `*` for any, `[0]` or `[*]` for
    /// items of a list, `**` for any depth.
    #[serde(default)]
    pub(crate) path: Option<Text>,
    /// Where in a file of any other kind: a regular expression whose one group is the name.
    #[serde(default)]
    pub(crate) pattern: Option<Text>,
    /// What stands there: `connection`, `model`, `project`, `label`, `ref`, `schema`, `database`,
    /// `url`, `profile`, `dbt-project`, `slug`, `constant:NAME` or `var:NAME`.
    pub(crate) kind: Text,
}
