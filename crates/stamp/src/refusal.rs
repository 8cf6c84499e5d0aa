//! The words for what stands in the way of a stamp.

use storyline_manifest::{Environment, Kind};
use storyline_text::{Diagnostic, Label, RelPath, UnsafeName, Visible};

use crate::plan::Direction;
use crate::tree::Tree;
use crate::write::Unwritable;

fn shown(name: &str) -> Visible<'_> {
    Visible(name.as_bytes())
}

/// `constant:SCHEMA` is no word for a sentence.
fn word(kind: &Kind) -> String {
    match kind {
        Kind::Constant(name) => format!("value of constant {}", shown(name)),
        kind => kind.to_string(),
    }
}

pub(crate) fn model_twice(name: &str, first: &RelPath, second: &RelPath) -> Diagnostic {
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
) -> Diagnostic {
    let title = format!(
        "{} `{}` does not belong to environment `{}`",
        word(kind),
        shown(name),
        environment.name,
    );
    let diagnostic = Diagnostic::error("stray-name", title).label(label);
    match environment.names().stamp(kind, name) {
        Ok(stamped) if stamped != name => diagnostic.help(format!(
            "in this environment it is called `{}`; write that, then unstamp again",
            shown(&stamped),
        )),
        _ => diagnostic.help("write a name that the manifest gives this environment, or add this one to the manifest"),
    }
}

pub(crate) fn stamped_name(kind: &Kind, name: &str, label: Label, environment: &str) -> Diagnostic {
    let canonical = format!(
        "{} `{}` is what environment `{environment}` calls one of this project's own",
        word(kind),
        shown(name),
    );
    Diagnostic::error("stamped-name", canonical)
        .label(label)
        .help("in canonical form, write the canonical name; if it is another project's, choose other names for the environment")
}

pub(crate) fn already_stamped(tree: &Tree, environment: &Environment) -> Option<Diagnostic> {
    let names = environment.names();
    let models: Vec<_> = tree.models().collect();
    let looks_stamped = |name: &str| {
        let back = names.unstamp(&Kind::Model, name);
        back.is_some_and(|back| back != name) && !names.has_entry(&Kind::Model, name)
    };
    let all = !models.is_empty() && models.iter().all(|(.., name)| looks_stamped(name));
    let (path, ..) = models.first().filter(|_| all)?;
    let title = format!(
        "this folder is in the form of `{}` already",
        environment.name
    );
    Some(
        Diagnostic::error("already-stamped", title)
            .label(Label::path(
                path,
                "like all its models, named as that environment names them",
            ))
            .help(format!(
                "to take the stamp out, run `storyline unstamp {}`",
                environment.name
            ))
            .help("if these are the canonical names, choose other names for the environment"),
    )
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
    diagnostic
        .label(Label::path(from, format!("would become `{to}`")))
        .label(Label::path(other, "stands there"))
        .help("rename or remove one of the two, or choose other names for the environment")
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
    let title = format!("a new name cannot be written here: {}", unwritable.why);
    Diagnostic::error("unwritable-name", title)
        .label(Label::at(path, unwritable.span, ""))
        .help("write this place more plainly, or choose other names for the environment")
}

fn way_back(direction: Direction) -> &'static str {
    match direction {
        Direction::Stamp => "`unstamp` would not give back this folder as it is now",
        Direction::Unstamp => "`stamp` would not give back this folder as it is now",
    }
}

pub(crate) fn not_reversible(path: &RelPath, direction: Direction) -> Diagnostic {
    Diagnostic::error("not-reversible", way_back(direction))
        .label(Label::path(path, "this file would come back different"))
        .help("write the names in this file as they are written elsewhere, or choose other names for the environment")
}

/// The way back is refused itself; its reasons point into files that do not exist.
pub(crate) fn no_way_back(direction: Direction, reasons: Vec<Diagnostic>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("not-reversible", way_back(direction));
    for reason in reasons.into_iter().take(3) {
        let place = reason.labels.first().map(|l| format!(" ({})", l.file));
        diagnostic = diagnostic.help(format!(
            "on the way back: {}{}",
            reason.title,
            place.unwrap_or_default(),
        ));
    }
    diagnostic.help("choose other names for the environment")
}
