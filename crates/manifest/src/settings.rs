//! The settings of an environment or template as they stand: patterns read, places kept, nothing
//! filled in. A mistake in a template is found here once, whoever uses it.

use std::collections::BTreeMap;
use std::ops::Range;

use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};

use crate::dbt::DbtSettings;
use crate::error::{Place, Report};
use crate::file::{Deploy, EnvironmentTable, Map, NameRule, Spanned, Text};
use crate::names::Kind;
use crate::pattern::{Pattern, PatternProblem, Variable};
use crate::value::{check_var_name, check_word};

/// A value and where it stands.
pub(crate) struct Located<T> {
    pub(crate) place: Place,
    pub(crate) value: T,
}

pub(crate) struct Settings {
    /// The key of the section, or the whole file.
    pub(crate) place: Place,
    pub(crate) template: Option<Located<String>>,
    pub(crate) user: Option<Located<String>>,
    pub(crate) repository: Option<Located<Pattern>>,
    pub(crate) branch: Option<Located<Pattern>>,
    pub(crate) story_branch: Option<Located<Pattern>>,
    pub(crate) follows_canonical: Option<bool>,
    pub(crate) looker: Option<LookerSettings>,
    pub(crate) names: BTreeMap<Kind, Rule>,
    /// Constants have one key together, so they are overridden together; variables likewise.
    pub(crate) constants: Option<BTreeMap<Kind, Rule>>,
    pub(crate) vars: Option<BTreeMap<Kind, Rule>>,
    pub(crate) dbt: Option<DbtSettings>,
}

pub(crate) struct LookerSettings {
    pub(crate) url: Option<Located<Pattern>>,
    pub(crate) project: Option<Located<Pattern>>,
    pub(crate) deploy: Option<Deploy>,
}

/// How one kind's names change.
pub(crate) struct Rule {
    pub(crate) place: Place,
    pub(crate) entries: Vec<(String, Located<Pattern>)>,
    /// The pattern for all names without an entry.
    pub(crate) rest: Option<Located<Pattern>>,
}

const NAME: &[Variable] = &[Variable::Name, Variable::Env, Variable::User];
pub(crate) const HOME: &[Variable] = &[Variable::Env, Variable::User];
const STORY: &[Variable] = &[Variable::Id, Variable::Env, Variable::User];

/// Reads one file's sections.
pub(crate) struct Reader<'r> {
    pub(crate) file: &'r RelPath,
    pub(crate) text: &'r str,
    /// `[canonical.constants]` and `[canonical.vars]`.
    pub(crate) canonical: &'r BTreeMap<Kind, String>,
    pub(crate) report: &'r mut Report,
}

impl Reader<'_> {
    pub(crate) fn settings(&mut self, span: Span, table: &EnvironmentTable) -> Settings {
        Settings {
            place: self.place(span),
            template: table.template.as_ref().map(|t| self.literal(t)),
            user: table.user.as_ref().map(|t| self.literal(t)),
            repository: self.optional(&table.repository, HOME),
            branch: self.optional(&table.branch, HOME),
            story_branch: self.story_branch(&table.story_branch, STORY),
            follows_canonical: table.follows.as_ref().map(|_| true),
            looker: table.looker.as_ref().map(|looker| LookerSettings {
                url: self.optional(&looker.url, HOME),
                project: self.optional(&looker.project, HOME),
                deploy: looker.deploy,
            }),
            names: self.names(table),
            constants: table
                .constants
                .as_ref()
                .map(|c| self.values(c, Kind::constant)),
            vars: table.vars.as_ref().map(|v| self.values(v, Kind::var)),
            dbt: table.dbt.as_ref().map(|dbt| self.dbt(dbt)),
        }
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    pub(crate) fn literal(&self, text: &Text) -> Located<String> {
        Located {
            place: self.place(text.span),
            value: text.value.clone(),
        }
    }

    pub(crate) fn optional(
        &mut self,
        text: &Option<Text>,
        allowed: &[Variable],
    ) -> Option<Located<Pattern>> {
        text.as_ref().and_then(|t| self.pattern(t, allowed))
    }

    /// A branch for stories, in which `{id}` has to stand.
    pub(crate) fn story_branch(
        &mut self,
        text: &Option<Text>,
        allowed: &[Variable],
    ) -> Option<Located<Pattern>> {
        let pattern = self.optional(text, allowed)?;
        if pattern.value.uses(Variable::Id) {
            return Some(pattern);
        }
        let title = "all stories would share one branch";
        let diagnostic = Diagnostic::error("story-branch-without-id", title)
            .label(pattern.place.label("no `{id}` in it"))
            .help("write `{id}` where the story's name goes, as in `story/{id}`");
        self.report.push(diagnostic);
        None
    }

    fn pattern(&mut self, text: &Text, allowed: &[Variable]) -> Option<Located<Pattern>> {
        self.parsed(text, Pattern::parse(&text.value, allowed))
    }

    /// A pattern that was read out of `text`, or what is wrong with it.
    pub(crate) fn parsed(
        &mut self,
        text: &Text,
        pattern: Result<Pattern, PatternProblem>,
    ) -> Option<Located<Pattern>> {
        match pattern {
            Ok(value) => Some(Located {
                place: self.place(text.span),
                value,
            }),
            Err(problem) => {
                let place = self.place(self.inside(text, problem.at));
                let diagnostic = Diagnostic::error(problem.id, problem.title)
                    .label(place.label(""))
                    .help(problem.help);
                self.report.push(diagnostic);
                None
            }
        }
    }

    /// Bytes `at` of a string's value in the file; the whole string if it has several lines.
    pub(crate) fn inside(&self, text: &Text, at: Range<usize>) -> Span {
        let raw = text.span.slice(self.text.as_bytes());
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let start = text.span.start as usize + 1;
        let escapes = raw.starts_with(b"\"");
        let bytes = match inner == text.value.as_bytes() {
            true => Some(at),
            false if raw.starts_with(b"\"\"\"") || !escapes => None,
            false => spelled(inner, at.start)
                .zip(spelled(inner, at.end))
                .map(|(s, e)| s..e),
        };
        bytes.map_or(text.span, |at| Span::at(start + at.start..start + at.end))
    }

    fn names(&mut self, table: &EnvironmentTable) -> BTreeMap<Kind, Rule> {
        let rules = [
            (Kind::Connection, &table.connections),
            (Kind::Model, &table.models),
            (Kind::Project, &table.projects),
            (Kind::Label, &table.labels),
            (Kind::Ref, &table.refs),
            (Kind::Schema, &table.schemas),
            (Kind::Database, &table.databases),
            (Kind::Url, &table.urls),
            (Kind::Profile, &table.profiles),
            (Kind::DbtProject, &table.dbt_projects),
            (Kind::Slug, &table.slugs),
        ];
        let mut names = BTreeMap::new();
        for (kind, rule) in rules {
            let Some(Spanned { span, value }) = rule else {
                continue;
            };
            let rule = match value {
                NameRule::Pattern(pattern) => self.everything(*span, pattern),
                NameRule::Table(table) => self.table(*span, table),
            };
            names.insert(kind, rule);
        }
        names
    }

    /// The values of constants or variables, each of which is a kind of its own.
    fn values(&mut self, table: &Map<NameRule>, of: fn(&str) -> Kind) -> BTreeMap<Kind, Rule> {
        let mut names = BTreeMap::new();
        for (name, rule) in table {
            let kind = of(&name.value);
            self.check_owner(name, &kind);
            let rule = match &rule.value {
                NameRule::Pattern(text) => self.one_value(&kind, &name.value, rule.span, text),
                NameRule::Table(table) => self.table(rule.span, table),
            };
            names.insert(kind, rule);
        }
        names
    }

    /// Whether a constant or variable, whose values are of `kind`, can be called so.
    pub(crate) fn check_owner(&mut self, name: &Text, kind: &Kind) {
        match kind {
            Kind::Var(_) => self.check(name, "the variable's name", check_var_name),
            _ => self.check(name, "the constant's name", check_word),
        }
    }

    /// A string: a pattern for every value, or the value that replaces the canonical one.
    fn one_value(&mut self, kind: &Kind, name: &str, span: Span, value: &str) -> Rule {
        let text = Text {
            span,
            value: value.into(),
        };
        let place = self.place(span);
        let mut rule = Rule {
            place: place.clone(),
            entries: Vec::new(),
            rest: None,
        };
        match self.pattern(&text, NAME) {
            None => {}
            Some(pattern) if pattern.value.uses(Variable::Name) => {
                rule.rest = self.reversible(pattern)
            }
            Some(pattern) => match self.canonical.get(kind) {
                Some(canonical) => rule.entries.push((canonical.clone(), pattern)),
                None => self.report.push(without_canonical(kind, name, &place)),
            },
        }
        rule
    }

    /// One pattern for all names.
    fn everything(&mut self, span: Span, pattern: &str) -> Rule {
        let text = Text {
            span,
            value: pattern.into(),
        };
        let rest = self.pattern(&text, NAME).and_then(|p| self.reversible(p));
        Rule {
            place: self.place(span),
            entries: Vec::new(),
            rest,
        }
    }

    fn table(&mut self, span: Span, table: &Map<String>) -> Rule {
        let mut rule = Rule {
            place: self.place(span),
            entries: Vec::new(),
            rest: None,
        };
        for (name, value) in table {
            let Some(pattern) = self.pattern(value, NAME) else {
                continue;
            };
            if name.value == "*" {
                rule.rest = self.reversible(pattern);
            } else {
                rule.entries.push((name.value.clone(), pattern));
            }
        }
        rule
    }

    fn reversible(&mut self, pattern: Located<Pattern>) -> Option<Located<Pattern>> {
        match pattern.value.check_reversible() {
            Ok(()) => Some(pattern),
            Err((id, title)) => {
                let diagnostic = Diagnostic::error(id, title)
                    .label(pattern.place.label(""))
                    .help("write `{name}` once and without a filter, or a table: name by name");
                self.report.push(diagnostic);
                None
            }
        }
    }
}

/// Where byte `at` of a string's value is in its spelling, which may hold escapes.
fn spelled(spelling: &[u8], at: usize) -> Option<usize> {
    let (mut written, mut meant) = (0, 0);
    while meant < at {
        let rest = &spelling[written..];
        let (width, bytes) = match rest {
            [b'\\', b'x' | b'u' | b'U', ..] => {
                let width = match rest[1] {
                    b'x' => 4,
                    b'u' => 6,
                    _ => 10,
                };
                let digits = std::str::from_utf8(rest.get(2..width)?).ok()?;
                let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                (width, character.len_utf8())
            }
            [b'\\', _, ..] => (2, 1),
            [_, ..] => (1, 1),
            [] => return None,
        };
        written += width;
        meant += bytes;
    }
    Some(written)
}

/// The way back from an environment's one value is unknown.
fn without_canonical(kind: &Kind, name: &str, place: &Place) -> Diagnostic {
    let (id, what, section) = match kind {
        Kind::Var(_) => ("var-without-canonical", "variable", "vars"),
        _ => ("constant-without-canonical", "constant", "constants"),
    };
    let name = Visible(name.as_bytes());
    let title = format!("it is not said which value of {what} `{name}` this one replaces");
    Diagnostic::error(id, title)
        .label(place.label("the way back needs it"))
        .help(format!(
            "add `{name} = \"…\"` to `[canonical.{section}]`, with the value that the canonical project has"
        ))
}

/// A value that cannot stand where it would have to.
pub(crate) fn refused(what: &str, value: &str, label: Label, reason: &str) -> Diagnostic {
    let value = Visible(value.as_bytes());
    Diagnostic::error(
        "unsafe-value",
        format!("{what} `{value}` is refused: {reason}"),
    )
    .label(label)
    .help("choose another value")
}
