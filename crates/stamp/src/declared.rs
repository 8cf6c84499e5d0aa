//! Candidates that the manifest declares: `[[site]]`, in any file.

use std::collections::BTreeSet;
use std::str;

use storyline_manifest::{DeclaredSite, Locator};
use storyline_text::{Diagnostic, Label, RelPath, Span};
use storyline_yaml as yaml;

use crate::candidate::{Candidate, FileScan, Shape};
use crate::declared_data::Data;
use crate::scope::Scope;
use crate::{EntryKind, Tree, declared_json, declared_toml, declared_yaml, refusal};

/// What a file is written in, from its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    Yaml,
    Toml,
    Json,
    /// Any other.
    Text,
}

impl Language {
    pub(crate) fn of(path: &RelPath) -> Self {
        let name = path.file_name().to_ascii_lowercase();
        let ends = |endings: &[&[u8]]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[b".yml", b".yaml", b".dashboard.lookml", b".dashboard.lkml"]) {
            Self::Yaml
        } else if ends(&[b".toml"]) {
            Self::Toml
        } else if ends(&[b".json", b".jsonc", b".topojson", b".geojson"]) {
            Self::Json
        } else {
            Self::Text
        }
    }
}

/// What a declared site turns out to be at one place.
pub(crate) struct Found {
    /// The name as it is written, without quotes.
    pub(crate) span: Span,
    pub(crate) name: String,
    pub(crate) shape: Shape,
}

/// A file that was read as its language, once for all rules.
enum Content<'s> {
    Unread,
    Yaml(yaml::Document<'s>),
    Data(Data),
    Broken,
}

/// Adds the candidates of the file at `path` that `scope` declares to those that it has already.
pub(crate) fn add(path: &RelPath, source: &[u8], scope: &Scope, scan: &mut FileScan) {
    let mut content = Content::Unread;
    let mut found = Vec::new();
    for (number, rule) in scope.rules_of(path) {
        let before = (found.len(), scan.errors.len());
        let mut places = Vec::new();
        match &rule.locator {
            Locator::Pattern(regex) => places.extend(regex.captures_iter(source).filter_map(|c| {
                let group = c.get(1).filter(|group| !group.is_empty())?;
                Some(Found {
                    span: Span::at(group.range()),
                    name: str::from_utf8(group.as_bytes()).ok()?.into(),
                    shape: Shape::Plain,
                })
            })),
            Locator::Path(pattern) => {
                if matches!(content, Content::Unread) {
                    content = read(path, source, rule, &mut scan.errors);
                }
                match &content {
                    Content::Yaml(document) => {
                        let errors = &mut scan.errors;
                        declared_yaml::find(path, document, pattern, &mut places, errors);
                    }
                    Content::Data(data) => data.find(path, pattern, &mut places, &mut scan.errors),
                    Content::Unread | Content::Broken => {}
                }
            }
        }
        let (jinja, names): (Vec<_>, Vec<_>) = places.into_iter().partition(is_jinja);
        if let Some(first) = jinja.first() {
            let label = Label::at(path, first.span, "");
            scan.warnings.push(refusal::jinja(jinja.len(), label));
        }
        found.extend(names.into_iter().map(|place| (place, rule)));
        if before != (found.len(), scan.errors.len()) || !jinja.is_empty() {
            scan.declared.push(number);
        }
    }
    if !found.is_empty() {
        merge(path, found, scan);
    }
}

fn read<'s>(
    path: &RelPath,
    source: &'s [u8],
    rule: &DeclaredSite,
    errors: &mut Vec<Diagnostic>,
) -> Content<'s> {
    let data = match Language::of(path) {
        Language::Yaml => {
            let document = yaml::read(source);
            let told = document.errors().iter().map(|error| error.diagnostic(path));
            // A dashboard's were told already.
            let told: Vec<_> = told.filter(|error| !errors.contains(error)).collect();
            errors.extend(told);
            return Content::Yaml(document);
        }
        Language::Toml => declared_toml::read(path, source),
        Language::Json => declared_json::read(path, source),
        Language::Text => Err(refusal::no_language(path, rule)),
    };
    match data {
        Ok(data) => Content::Data(data),
        Err(error) => {
            errors.push(error);
            Content::Broken
        }
    }
}

/// Jinja is a program: what it gives differs from one environment to the next by itself.
fn is_jinja(found: &Found) -> bool {
    found.name.contains("{{") || found.name.contains("{%")
}

/// Puts declared candidates between those that are known. What both say counts once; where they
/// say different things, nobody knows what is meant.
fn merge(path: &RelPath, found: Vec<(Found, &DeclaredSite)>, scan: &mut FileScan) {
    let known = scan.candidates.drain(..).map(|candidate| (candidate, None));
    let declared = found.into_iter().map(|(found, rule)| {
        let candidate = Candidate {
            kind: rule.kind.clone(),
            span: found.span,
            name: found.name,
            shape: found.shape,
        };
        (candidate, Some(rule))
    });
    let mut all: Vec<_> = known.chain(declared).collect();
    // Stable: of two that say the same, the one that needs no rule stays.
    all.sort_by_key(|(candidate, _)| candidate.span);
    let mut furthest: Option<(Candidate, Option<&DeclaredSite>)> = None;
    for (candidate, rule) in all {
        if let Some((other, other_rule)) = &furthest
            && candidate.span.start < other.span.end
            && let Some(rule) = rule.or(*other_rule)
        {
            if (candidate.span, &candidate.kind) != (other.span, &other.kind) {
                let error = refusal::sites_disagree(path, &candidate, other, rule);
                scan.errors.push(error);
            }
            continue;
        }
        if furthest
            .as_ref()
            .is_none_or(|(other, _)| other.span.end <= candidate.span.end)
        {
            furthest = Some((candidate.clone(), rule));
        }
        scan.candidates.push(candidate);
    }
}

/// Whether a file that may have been edited at its declared sites is as it was but for those edits.
pub(crate) fn is_same(
    path: &RelPath,
    before: &[u8],
    after: &[u8],
    edited: &[(&Candidate, String)],
) -> bool {
    let read = match Language::of(path) {
        Language::Toml => declared_toml::read,
        Language::Json => declared_json::read,
        Language::Yaml | Language::Text => return true,
    };
    match (read(path, before), read(path, after)) {
        (Ok(before), Ok(after)) => before.is_same(&after, |span| {
            edited.binary_search_by_key(&span, |(c, _)| c.span).is_ok()
        }),
        _ => false,
    }
}

impl Tree {
    /// A warning for each declared site that says nothing about this tree.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let said = self.files().flat_map(|(_, file)| &file.scan.declared);
        let said: BTreeSet<_> = said.copied().collect();
        let rules = self.scope().rules().iter().enumerate();
        let silent = rules.filter(|(number, _)| !said.contains(number));
        silent.map(|(_, rule)| self.silent(rule)).collect()
    }

    fn silent(&self, rule: &DeclaredSite) -> Diagnostic {
        let meant = || {
            self.entries()
                .iter()
                .filter(|e| rule.files.contains(&e.path))
        };
        let files = meant().filter(|entry| entry.kind == EntryKind::File);
        if files.clone().next().is_some() {
            return refusal::no_place(rule, files.count());
        }
        let mut told = refusal::no_file(rule);
        if let Some(entry) = meant().next() {
            told = told.label(Label::path(
                &entry.path,
                "links and submodules are never followed",
            ));
        }
        let folders = self.entries().iter().filter_map(|entry| {
            let mut slashes = memchr::memchr_iter(b'/', entry.path.as_bytes());
            slashes.find_map(|at| {
                let folder = RelPath::new(&entry.path.as_bytes()[..at]).ok()?;
                rule.files.contains(&folder).then_some(folder)
            })
        });
        if let Some(folder) = folders.take(1).next() {
            told = told.label(Label::path(&folder, "this is a folder"));
        }
        told
    }
}
