//! Candidates of dbt projects: profiles, `dbt_project.yml`, sources and exposures.
//!
//! What names stand there is `storyline_dbt`'s to know; this says what they are to an environment.
//! A dbt project's name is a kind of its own: a Looker project in the same repository is another
//! thing, even if it is called the same.

use memchr::memmem;
use storyline_dbt::{FileKind, Name, NameKind, names};
use storyline_manifest::Kind;
use storyline_text::{RelPath, Severity};
use storyline_yaml::Document;

use crate::candidate::{Candidate, FileScan, Shape};
use crate::url::{self, Hosts};

/// Whether a file is worth reading. Most properties of models only describe columns. Words that stand in
/// a key of any name.
pub(crate) fn may_hold_names(source: &[u8], kind: FileKind) -> bool {
    let keys: [&[u8]; 6] = [
        b"schema",
        b"database",
        b"dataset",
        b"project",
        b"catalog",
        b"exposures",
    ];
    kind != FileKind::Properties || keys.iter().any(|key| memmem::find(source, key).is_some())
}

pub(crate) fn scan_document(
    path: &RelPath,
    document: &Document<'_>,
    kind: FileKind,
    hosts: &Hosts,
) -> FileScan {
    let mut scan = FileScan::default();
    let errors = document.errors().iter();
    let errors = errors.map(|error| error.diagnostic(path));
    match kind {
        // It may be no file of dbt's, which lies in the same folder; if it is one, dbt will tell.
        FileKind::Properties => scan.warnings.extend(errors.map(|mut error| {
            error.severity = Severity::Warning;
            error.help("no name in this file is stamped")
        })),
        FileKind::Profiles | FileKind::Project => scan.errors.extend(errors),
    }
    for name in names(kind, document) {
        match candidate_kind(&name.kind) {
            Some(kind) => scan.candidates.push(candidate(kind, name)),
            None => {
                let address = name.span.slice(document.source());
                url::scan(address, name.span.start, hosts, &mut scan.candidates);
            }
        }
    }
    scan
}

/// Whether names of a kind may stand in a file.
pub(crate) fn may_name(file: FileKind, kind: &Kind) -> bool {
    match kind {
        Kind::Schema | Kind::Database => true,
        Kind::Profile => file != FileKind::Properties,
        Kind::DbtProject | Kind::Var(_) => file == FileKind::Project,
        // In exposures.
        Kind::Model | Kind::Project => file == FileKind::Properties,
        _ => false,
    }
}

/// What a name is to an environment; `None` for an address, in which names may stand.
fn candidate_kind(kind: &NameKind) -> Option<Kind> {
    Some(match kind {
        NameKind::Schema => Kind::Schema,
        NameKind::Database => Kind::Database,
        NameKind::Profile => Kind::Profile,
        NameKind::Project => Kind::DbtProject,
        NameKind::Var(name) => Kind::var(name),
        NameKind::Url => return None,
    })
}

fn candidate(kind: Kind, name: Name) -> Candidate {
    let shape = match (name.in_target, name.extent) {
        (true, extent) => Shape::Target(extent),
        (false, _) => Shape::Yaml,
    };
    Candidate {
        kind,
        span: name.span,
        name: name.text,
        shape,
    }
}
