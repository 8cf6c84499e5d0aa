//! The words for what stands in the way of a stamp.

use storyline_manifest::{DeclaredSite, Environment, Kind, Manifest};
use storyline_text::{Diagnostic, Edit, Label, RelPath, Span, UnsafeName, Visible};

use crate::candidate::Candidate;
use crate::plan::{Changed, Direction};
use crate::write::{Unwritable, Why};

fn shown(name: &str) -> Visible<'_> {
    Visible(name.as_bytes())
}

/// `constant:SCHEMA` is no word for a sentence.
fn word(kind: &Kind) -> String {
    match kind {
        Kind::Constant(name) => format!("value of constant {}", shown(name)),
        Kind::Var(name) => format!("value of variable {}", shown(name)),
        kind => kind.to_string(),
    }
}

/// Two files of one tree that define the same model, which Looker refuses.
pub fn model_twice(name: &str, first: &RelPath, second: &RelPath) -> Diagnostic {
    Diagnostic::error("model-twice", format!("model `{}` is defined twice", shown(name)))
        .label(Label::path(second, "defined here"))
        .label(Label::path(first, "and here"))
        .help("a model's name is its file's, and has to be unique on the whole Looker instance; rename or remove one of the files")
}

pub(crate) fn stray(
    kind: &Kind,
    name: &str,
    label: Label,
    environment: &Environment,
    manifest: &Manifest,
) -> Diagnostic {
    let title = format!(
        "{} `{}` does not belong to environment `{}`",
        word(kind),
        shown(name),
        environment.name,
    );
    let cure = match label.span {
        Some(_) => "write that",
        None => "give the file that name",
    };
    let others = manifest
        .environments()
        .filter(|e| e.name != environment.name);
    let elsewhere = others.filter_map(|other| {
        let canonical = other.names().unstamp(kind, name)?;
        let here = environment.names().stamp(kind, &canonical).ok()?;
        (canonical != name).then(|| {
            format!(
                "`{}` is what `{}` calls `{}`, which is `{}` in this environment: {cure}, then unstamp again",
                shown(name),
                other.name,
                shown(&canonical),
                shown(&here),
            )
        })
    });
    let canonical = || match environment.names().stamp(kind, name) {
        Ok(stamped) if stamped != name => format!(
            "if `{}` is the canonical name, it is `{}` in this environment: {cure}, then unstamp again",
            shown(name),
            shown(&stamped),
        ),
        _ => {
            "write a name that the manifest gives this environment, or add this one to the manifest"
                .into()
        }
    };
    let help = elsewhere.take(1).next().unwrap_or_else(canonical);
    Diagnostic::error("stray-name", title)
        .label(label)
        .help(help)
}

pub(crate) fn stamped_name(
    kind: &Kind,
    name: &str,
    label: Label,
    environment: &Environment,
) -> Diagnostic {
    let title = format!(
        "{} `{}` is what environment `{}` calls one of this project's own",
        word(kind),
        shown(name),
        environment.name,
    );
    let canonical = environment.names().unstamp(kind, name);
    let write = canonical.map(|canonical| format!("write `{}`", shown(&canonical)));
    Diagnostic::error("stamped-name", title).label(label).help(format!(
        "in canonical form, {}; if another project's is meant, choose other names for the environment",
        write.as_deref().unwrap_or("write the canonical name"),
    ))
}

/// A dbt project's name is followed where it stands in YAML, and nowhere else.
pub(crate) fn dbt_project_in_sql(name: &str, label: Label) -> Diagnostic {
    let name = shown(name);
    let title = format!(
        "dbt project `{name}` gets another name, and only its `dbt_project.yml` is changed"
    );
    Diagnostic::notice("dbt-project-in-sql", title)
        .label(label)
        .help(format!(
            "where SQL, macros, selectors or other projects say `{name}`, as in `ref('{name}', …)` and `{name}.macro()`, leave the name out or keep it in all environments"
        ))
}

pub(crate) fn already_stamped(mut label: Label, environment: &Environment) -> Diagnostic {
    let environment = &environment.name;
    let title = format!("this folder is in the form of `{environment}` already");
    label.text = "like all others, this is a name of that environment".into();
    Diagnostic::error("already-stamped", title)
        .label(label)
        .help(format!(
            "to take the stamp out, run `storyline unstamp {environment}`"
        ))
        .help("if these are the canonical names, choose other names for the environment")
}

pub(crate) fn already_canonical(mut label: Label, environment: &Environment) -> Diagnostic {
    let environment = &environment.name;
    let title = format!("nothing in this folder has a name of `{environment}`");
    label.text = "like all others, this is none of that environment's names".into();
    Diagnostic::error("already-canonical", title)
        .label(label)
        .help("if the folder is in canonical form, there is nothing to take out")
        .help("if it is in the form of another environment, name that one")
}

/// A few of the names that look as if they had been stamped, among others that do not.
pub(crate) fn looks_stamped(labels: Vec<Label>, environment: &Environment) -> Diagnostic {
    let environment = &environment.name;
    let title = match labels.len() {
        1 => format!("a name looks as if it were of `{environment}` already"),
        more => format!("{more} names look as if they were of `{environment}` already"),
    };
    let labels = labels.into_iter().take(5);
    let told = labels.fold(
        Diagnostic::warning("looks-stamped", title),
        Diagnostic::label,
    );
    told.help("if these are canonical names, all is well; if not, somebody stamped a part of this folder, or wrote them by hand")
}

pub(crate) fn elsewhere(host: &str, links: usize, label: Label) -> Diagnostic {
    let host = shown(host);
    let title = match links {
        1 => format!("a link to an own name on `{host}` stays as it is"),
        more => format!("{more} links to own names on `{host}` stay as they are"),
    };
    Diagnostic::notice("undeclared-host", title).label(label).help(format!(
        "if it is your Looker, say so: `looker = {{ url = \"https://{host}\" }}` in an environment"
    ))
}

pub(crate) fn unreadable_name(path: &RelPath) -> Diagnostic {
    Diagnostic::error("unsafe-name", "the name of this model is not UTF-8")
        .label(Label::path(path, ""))
        .help("rename the file")
}

pub(crate) fn unsafe_path(path: &RelPath, name: &str, reason: &UnsafeName) -> Diagnostic {
    Diagnostic::error(
        "unsafe-name",
        format!("model `{}` cannot be a file's name: {reason}", shown(name)),
    )
    .label(Label::path(path, "this file would get it"))
    .help("choose another name for the environment")
}

pub(crate) fn path_taken(
    from: &RelPath,
    to: &RelPath,
    other: &RelPath,
    other_to: &RelPath,
) -> Diagnostic {
    let diagnostic = match to == other_to {
        true => Diagnostic::error("path-taken", format!("`{to}` exists already")),
        false => Diagnostic::error(
            "path-taken",
            format!("`{to}` and `{other_to}` are one file to some file systems"),
        ),
    };
    let there = match other == other_to {
        true => "stands there".into(),
        false => format!("would become `{other_to}`"),
    };
    diagnostic
        .label(Label::path(from, format!("would become `{to}`")))
        .label(Label::path(other, there))
        .help("rename or remove one of the two, or choose other names for the environment")
}

pub(crate) fn path_is_folder(from: &RelPath, to: &RelPath, inside: &RelPath) -> Diagnostic {
    Diagnostic::error("path-taken", format!("`{to}` is a folder already"))
        .label(Label::path(from, format!("would become `{to}`")))
        .label(Label::path(inside, "is in that folder"))
        .help("rename the folder, or choose other names for the environment")
}

pub(crate) fn include_changes(
    pattern: &[u8],
    label: Label,
    from: &RelPath,
    to: &RelPath,
) -> Diagnostic {
    Diagnostic::error(
        "include-changes",
        format!("include pattern `{}` would match other files", Visible(pattern)),
    )
    .label(label)
    .label(Label::path(from, format!("would become `{to}`")))
    .help("include model files by their full names, or by a pattern without any part of a model's name, such as `*.model`")
}

pub(crate) fn in_comment(kind: &Kind, name: &str, label: Label) -> Diagnostic {
    Diagnostic::notice(
        "name-in-comment",
        format!(
            "{} `{}` stands in a comment, which is never changed",
            word(kind),
            shown(name)
        ),
    )
    .label(label)
}

pub(crate) fn unwritable(path: &RelPath, unwritable: &Unwritable) -> Diagnostic {
    let Unwritable { span, name, why } = unwritable;
    let title = format!("`{}` cannot be written here: {why}", shown(name));
    let diagnostic = Diagnostic::error("unwritable-name", title).label(Label::at(
        path,
        *span,
        "this name would become it",
    ));
    match why {
        Why::Yaml(error) => error
            .diagnostic(path)
            .help
            .into_iter()
            .fold(diagnostic, Diagnostic::help),
        Why::Encoding(plain) => {
            diagnostic.help(format!("write the name in this URL as `{}`", shown(plain)))
        }
        Why::ReadsOtherwise(_) | Why::ShapeChanges | Why::Overlap => {
            diagnostic.help("write this place more plainly, without escapes, tags or line breaks")
        }
    }
    .help("or choose other names for the environment")
}

fn way_back(direction: Direction) -> &'static str {
    match direction {
        Direction::Stamp => "`unstamp` would not give back this file as it is now",
        Direction::Unstamp => "`stamp` would not give back this file as it is now",
    }
}

/// `edit` is what is not undone, where that is known.
pub(crate) fn not_reversible(
    path: &RelPath,
    edit: Option<&Edit>,
    direction: Direction,
) -> Diagnostic {
    let diagnostic = Diagnostic::error("not-reversible", way_back(direction));
    let Some(Edit { span, text }) = edit else {
        return diagnostic
            .label(Label::path(path, "this file would come back different"))
            .help("choose other names for the environment");
    };
    let text = Visible(text);
    let label = format!("would become `{text}`, and come back written differently");
    let help = match text.0.starts_with(b"\"") {
        true => "put the name in double quotes here, as the new one needs them",
        false => "write the name here as it is, without escapes and encoding",
    };
    diagnostic
        .label(Label::at(path, *span, label))
        .help(help)
        .help("or choose other names for the environment")
}

/// Something in the tree as it would be stands in the way back. Its place is told as it is now.
pub(crate) fn no_way_back(
    direction: Direction,
    reason: Diagnostic,
    changed: &[Changed],
) -> Diagnostic {
    let title = format!("{}: {}", way_back(direction), reason.title);
    let mut diagnostic = Diagnostic::error("not-reversible", title);
    for label in reason.labels {
        let mut changes = changed.iter().map(|(change, _)| change);
        let change = changes.find(|change| change.to == label.file);
        diagnostic = diagnostic.label(match change {
            Some(change) => Label::path(&change.from, format!("would become `{}`", change.to)),
            None => label,
        });
    }
    diagnostic.help("choose other names for the environment")
}

/// Slugs that two copies of the project would share; `first` is one of them.
pub(crate) fn shared_slugs(slugs: usize, first: Label, environment: &Environment) -> Diagnostic {
    let title = match slugs {
        1 => "a dashboard has a slug, which stays as it is".into(),
        more => format!("{more} dashboards have slugs, which stay as they are"),
    };
    let environment = &environment.name;
    Diagnostic::notice("slug-shared", title).label(first)
        .help("two copies on one Looker instance overwrite each other's dashboards of one slug")
        .help(format!(
            "to give `{environment}` slugs of its own, add `slugs = \"{{name}}-{{env:kebab}}\"` to it; if it stands on an instance of its own, add `slugs = \"{{name}}\"`"
        ))
}

fn of_rule(rule: &DeclaredSite, text: &str) -> Label {
    rule.place.label(text)
}

pub(crate) fn no_file(rule: &DeclaredSite) -> Diagnostic {
    Diagnostic::warning(
        "site-matches-nothing",
        "no file is meant by this `[[site]]`",
    )
    .label(of_rule(rule, ""))
    .help("write `files` as seen from the project's root; `*` stays inside a folder, `**` does not")
}

pub(crate) fn no_place(rule: &DeclaredSite, files: usize) -> Diagnostic {
    let title = match files {
        1 => "the file that this `[[site]]` means has no such place".into(),
        more => format!("none of the {more} files that this `[[site]]` means has such a place"),
    };
    Diagnostic::warning("site-matches-nothing", title)
        .label(of_rule(rule, ""))
        .help("compare its `path` or `pattern` with the files; `^` and `$` stand for lines only after `(?m)`")
}

pub(crate) fn no_language(path: &RelPath, rule: &DeclaredSite) -> Diagnostic {
    let title = "only YAML, TOML and JSON have places with a `path`";
    Diagnostic::error("site-without-language", title)
        .label(Label::path(path, "this file is none of them, by its name"))
        .label(of_rule(rule, "this has a `path`"))
        .help("write a `pattern` in place of the `path`, or `files` that leave this one out")
}

pub(crate) fn unreadable(language: &str, reason: &str, label: Label) -> Diagnostic {
    Diagnostic::error(
        "site-unreadable",
        format!("this is no {language}: {reason}"),
    )
    .label(label)
    .help("mend the file, or write `files` of the `[[site]]` that leave it out")
}

pub(crate) fn not_utf8(path: &RelPath, error: std::str::Utf8Error) -> Diagnostic {
    let at = error.valid_up_to();
    let label = Label::at(path, Span::at(at..at + 1), "");
    Diagnostic::error("not-utf8", "this byte is not UTF-8")
        .label(label)
        .help("save the file as UTF-8")
}

/// A declared site whose value is no text.
pub(crate) fn no_text(label: Label) -> Diagnostic {
    Diagnostic::error(
        "site-not-text",
        "a `[[site]]` means this value, which is no text",
    )
    .label(label)
    .help("put it in quotes, or write a `path` that leaves it out")
}

pub(crate) fn behind_alias(value: Label, alias: Label) -> Diagnostic {
    let title = "a `[[site]]` means a value that stands elsewhere";
    Diagnostic::error("site-behind-alias", title)
        .label(alias)
        .label(value)
        .help("write a `[[site]]` with the path of the anchor, whose value counts for all its aliases")
}

pub(crate) fn jinja(places: usize, label: Label) -> Diagnostic {
    let title = match places {
        1 => "a `[[site]]` means this value, which is Jinja and stays as it is".into(),
        more => format!("a `[[site]]` means {more} values that are Jinja and stay as they are"),
    };
    Diagnostic::notice("site-is-jinja", title)
        .label(label)
        .help("what it gives differs by itself; if it is the same in every environment, write the name")
}

/// Two sites that overlap and are not one.
pub(crate) fn sites_disagree(
    path: &RelPath,
    one: &Candidate,
    other: &Candidate,
    rule: &DeclaredSite,
) -> Diagnostic {
    let title = match one.kind == other.kind {
        true => format!("two sites overlap here, each of them a {}", word(&one.kind)),
        false => format!(
            "this is a {} and a {} at once",
            word(&other.kind),
            word(&one.kind)
        ),
    };
    let mut diagnostic =
        Diagnostic::error("sites-disagree", title).label(Label::at(path, one.span, ""));
    if one.span != other.span {
        diagnostic = diagnostic.label(Label::at(path, other.span, ""));
    }
    diagnostic
        .label(of_rule(rule, "one of them is declared here"))
        .help("write a `path` or `pattern` that leaves this place out, or take the `[[site]]` away")
}
