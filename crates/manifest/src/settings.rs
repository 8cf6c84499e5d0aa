//! The settings of an environment or template as they stand: patterns read, places kept, nothing
//! filled in. A mistake in a template is found here once, whoever uses it.

use std::collections::BTreeMap;

use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};

use crate::error::{Place, Report};
use crate::file::{Deploy, EnvironmentTable, Map, NameRule, Spanned, Text};
use crate::names::Kind;
use crate::pattern::{Pattern, Variable};
use crate::value::check_constant_name;

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
    /// Constants have one key together, so they are overridden together.
    pub(crate) constants: Option<BTreeMap<Kind, Rule>>,
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
const HOME: &[Variable] = &[Variable::Env, Variable::User];
const STORY: &[Variable] = &[Variable::Id, Variable::Env, Variable::User];

/// Reads one file's sections.
pub(crate) struct Reader<'r> {
    pub(crate) file: &'r RelPath,
    pub(crate) text: &'r str,
    /// `[canonical.constants]`.
    pub(crate) constants: &'r BTreeMap<String, String>,
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
            constants: table.constants.as_ref().map(|c| self.constants(c)),
        }
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    fn literal(&self, text: &Text) -> Located<String> {
        Located {
            place: self.place(text.span),
            value: text.value.clone(),
        }
    }

    fn optional(&mut self, text: &Option<Text>, allowed: &[Variable]) -> Option<Located<Pattern>> {
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
        match Pattern::parse(&text.value, allowed) {
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

    /// Bytes `at` of a string's value, where the file spells it without escapes; else the string.
    fn inside(&self, text: &Text, at: std::ops::Range<usize>) -> Span {
        let raw = text.span.slice(self.text.as_bytes());
        match raw.get(1..raw.len().saturating_sub(1)) {
            Some(inner) if inner == text.value.as_bytes() => {
                let start = text.span.start as usize + 1;
                Span::at(start + at.start..start + at.end)
            }
            _ => text.span,
        }
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

    fn constants(&mut self, constants: &Map<NameRule>) -> BTreeMap<Kind, Rule> {
        let mut names = BTreeMap::new();
        for (name, rule) in constants {
            if let Err(reason) = check_constant_name(&name.value) {
                let place = self.place(name.span);
                self.report.push(refused(
                    "the constant's name",
                    &name.value,
                    place.label(""),
                    &reason,
                ));
            }
            let rule = match &rule.value {
                NameRule::Pattern(text) => self.constant(&name.value, rule.span, text),
                NameRule::Table(table) => self.table(rule.span, table),
            };
            names.insert(Kind::constant(&name.value), rule);
        }
        names
    }

    /// A constant's string: a pattern for every value, or the value that replaces the canonical one.
    fn constant(&mut self, name: &str, span: Span, value: &str) -> Rule {
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
            Some(pattern) if pattern.value.uses(Variable::Name) => rule.rest = self.reversible(pattern),
            Some(pattern) => match self.constants.get(name) {
                Some(canonical) => rule.entries.push((canonical.clone(), pattern)),
                None => self.report.push(
                    Diagnostic::error(
                        "constant-without-canonical",
                        format!("it is not said which value of constant `{name}` this one replaces"),
                    )
                    .label(place.label("the way back needs it"))
                    .help(format!(
                        "add `{name} = \"…\"` to `[canonical.constants]`, with the value that the canonical project has"
                    )),
                ),
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
