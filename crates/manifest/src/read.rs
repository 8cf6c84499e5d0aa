//! From bytes to the manifest: each file decoded, parsed and checked for shape, then all of them
//! read as a whole.

use std::collections::BTreeMap;

use serde::Deserialize;
use storyline_text::{Diagnostic, Label, LineIndex, RelPath, Span, Visible};
use toml::de::DeTable;

use crate::error::{ManifestErrors, Report, did_you_mean, nearest};
use crate::file::{EnvironmentTable, ManifestFile, Map};
use crate::manifest::{Environment, Manifest};
use crate::names::Kind;
use crate::resolve::resolve;
use crate::settings::{Reader, Settings, refused};
use crate::shape;
use crate::value::check_identifier;

/// The path of the manifest's main file.
pub(crate) const MAIN: &[u8] = b"storyline.toml";

/// The environment that a file of its own declares, by the file's name.
pub(crate) fn environment_of(path: &RelPath) -> Option<&[u8]> {
    let inside = path.as_bytes().strip_prefix(b"environments/")?;
    let name = inside.strip_suffix(b".toml")?;
    (!inside.contains(&b'/')).then_some(name)
}

/// A file that can be read as a whole.
struct Document<'d, T> {
    path: &'d RelPath,
    text: &'d str,
    table: T,
}

pub(crate) fn read<B: AsRef<[u8]>>(files: &[(RelPath, B)]) -> Result<Manifest, ManifestErrors> {
    let mut report = Report::default();
    let mut main = None;
    let mut environments = Vec::new();
    for (path, bytes) in files {
        let bytes = bytes.as_ref();
        if path.as_bytes() == MAIN {
            main = Some(document::<ManifestFile>(path, bytes, "", &mut report));
        } else if environment_of(path).is_some() {
            let at = "/definitions/Environment";
            environments.push(document::<EnvironmentTable>(path, bytes, at, &mut report));
        }
    }
    let main = main.unwrap_or_else(|| {
        report.push(
            Diagnostic::error("manifest-missing", "there is no `storyline.toml`")
                .help("run `storyline init --write` to make one"),
        );
        None
    });
    // A file that could not be read would make others look wrong that are not.
    let environments: Option<Vec<_>> = environments.into_iter().collect();
    let (Some(main), Some(environments)) = (main, environments) else {
        return Err(report.into_errors());
    };
    let manifest = manifest(&main, &environments, &mut report);
    report.finish(manifest)
}

/// Reads one file whose root is at `pointer` in the schema; `None` when it cannot be.
fn document<'d, T: Deserialize<'d>>(
    path: &'d RelPath,
    bytes: &'d [u8],
    pointer: &str,
    report: &mut Report,
) -> Option<Document<'d, T>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            report.push(not_utf8(bytes, error.valid_up_to(), path));
            return None;
        }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            report.push(syntax(text, &error, path));
        }
        return None;
    }
    if !shape::check(&table, pointer, path, report) {
        return None;
    }
    match T::deserialize(toml::Deserializer::from(table)) {
        Ok(table) => Some(Document { path, text, table }),
        Err(error) => {
            report.push(syntax(text, &error, path));
            None
        }
    }
}

fn not_utf8(bytes: &[u8], at: usize, file: &RelPath) -> Diagnostic {
    let span = Span::at(at..at + 1);
    let position = LineIndex::new(bytes).position(bytes, span.start);
    let byte = Visible(span.slice(bytes));
    let (line, column) = (position.line, position.column);
    Diagnostic::error(
        "not-utf8",
        format!("byte `{byte}` at line {line}, column {column} is not UTF-8"),
    )
    .label(Label::at(file, span, ""))
    .help("save the file as UTF-8")
}

/// What the TOML reader says, in our form.
fn syntax(text: &str, error: &toml::de::Error, file: &RelPath) -> Diagnostic {
    let end = text.len();
    let span = Span::at(error.span().unwrap_or(end..end));
    let message = error.message().trim_end();
    if message == "duplicate key" {
        let key = Visible(span.slice(text.as_bytes()));
        return Diagnostic::error("duplicate-key", format!("`{key}` is there twice"))
            .label(Label::at(file, span, "the second one"))
            .help("take one of them away, or move what it holds to the other");
    }
    Diagnostic::error("toml-syntax", message)
        .label(Label::at(file, span, ""))
        .help("write it as TOML: `[section]` on a line of its own, `key = \"text\"` below")
}

fn manifest(
    main: &Document<'_, ManifestFile>,
    files: &[Document<'_, EnvironmentTable>],
    report: &mut Report,
) -> Manifest {
    let table = &main.table;
    let constants = table.canonical.constants.iter();
    let constants = constants.map(|(k, v)| (Kind::constant(&k.value), v.value.clone()));
    let vars = table.canonical.vars.iter();
    let vars = vars.map(|(k, v)| (Kind::var(&k.value), v.value.clone()));
    let canonical: BTreeMap<Kind, String> = constants.chain(vars).collect();
    let mut reader = Reader {
        file: main.path,
        text: main.text,
        canonical: &canonical,
        report,
    };
    let templates = sections(&mut reader, &table.template);
    for template in templates.values() {
        if let Some(named) = &template.template {
            let diagnostic = Diagnostic::error("template-inherits", "templates do not inherit")
                .label(named.place.label("a template within a template"))
                .help("say everything in one template; environments override it key by key");
            reader.report.push(diagnostic);
        }
    }
    let mut settings = sections(&mut reader, &table.environment);
    for file in files {
        let mut reader = Reader {
            file: file.path,
            text: file.text,
            canonical: &canonical,
            report: reader.report,
        };
        environment_file(&mut reader, &file.table, &mut settings);
    }
    let environments = settings.iter().map(|(name, own)| {
        let template = template_of(own, &templates, reader.report);
        (name.clone(), resolve(name, own, template, reader.report))
    });
    let environments: BTreeMap<String, Environment> = environments.collect();
    reader.manifest(table, environments)
}

fn sections(reader: &mut Reader<'_>, table: &Map<EnvironmentTable>) -> BTreeMap<String, Settings> {
    let mut sections = BTreeMap::new();
    for (name, section) in table {
        let place = reader.place(name.span);
        check_section_name(&name.value, place.label(""), reader.report);
        sections.insert(
            name.value.clone(),
            reader.settings(name.span, &section.value),
        );
    }
    sections
}

/// Adds the environment that a file of its own declares.
fn environment_file(
    reader: &mut Reader<'_>,
    table: &EnvironmentTable,
    environments: &mut BTreeMap<String, Settings>,
) {
    let name = environment_of(reader.file).unwrap_or_default();
    let name = Visible(name).to_string();
    check_section_name(&name, Label::path(reader.file, ""), reader.report);
    let settings = reader.settings(Span::default(), table);
    if let Some(first) = environments.get(&name) {
        let title = format!("environment `{name}` is declared twice");
        let diagnostic = Diagnostic::error("duplicate-environment", title)
            .label(settings.place.label("this file"))
            .label(first.place.label("and this section"))
            .help("take one of them away");
        reader.report.push(diagnostic);
    }
    environments.insert(name, settings);
}

fn check_section_name(name: &str, label: Label, report: &mut Report) {
    let reason = match check_identifier(name) {
        Err(reason) => reason,
        Ok(()) if name == "canonical" => "it means the canonical form".into(),
        Ok(()) => return,
    };
    report.push(refused("the name", name, label, &reason));
}

fn template_of<'t>(
    environment: &Settings,
    templates: &'t BTreeMap<String, Settings>,
    report: &mut Report,
) -> Option<&'t Settings> {
    let named = environment.template.as_ref()?;
    let template = templates.get(&named.value);
    if template.is_none() {
        let known: Vec<&str> = templates.keys().map(String::as_str).collect();
        let near = nearest(&named.value, known.iter().copied());
        let name = Visible(named.value.as_bytes());
        report.push(
            Diagnostic::error("unknown-template", format!("there is no template `{name}`"))
                .label(named.place.label(""))
                .help(did_you_mean(near, "templates", &known)),
        );
    }
    template
}
