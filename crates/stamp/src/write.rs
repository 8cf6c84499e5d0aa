//! Puts other names where some stand, and looks whether the file still means the same.

use storyline_dbt::Extent;
use storyline_text::{Edit, Patch, RelPath, Span};
use storyline_yaml::{Document, EditError, VerifyError};

use crate::candidate::{Candidate, FileScan, FileType, Shape};
use crate::tree::{File, scan_document};
use crate::url::Encoding;
use crate::{Scope, declared, declared_json, declared_toml, lookml};

/// A name that cannot be put where it should go.
#[derive(Debug)]
pub(crate) struct Unwritable {
    /// The name's place in the file as it is.
    pub(crate) span: Span,
    /// What would be written there.
    pub(crate) name: String,
    pub(crate) why: Why,
}

/// Why a name cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Why {
    /// Holds the name that stands there as it could be written.
    #[error("the URL encodes some characters of the name that stands there, and others not")]
    Encoding(String),
    #[error("{0}")]
    Yaml(EditError),
    #[error("the file would be read differently: {0}")]
    ReadsOtherwise(VerifyError),
    #[error("the file would be read differently")]
    ShapeChanges,
    #[error("another name stands in the same place")]
    Overlap,
}

/// The patch of one file that puts each name at its candidate, in the way that the file has it.
pub(crate) fn patch(source: &[u8], names: &[(&Candidate, String)]) -> Result<Patch, Unwritable> {
    let yaml = is_yaml(names).then(|| storyline_yaml::read(source));
    edits(source, yaml.as_ref(), names)
}

/// The same, and the file afterwards, which will be at `to`. It was read again: everything but
/// these names is as it was.
pub(crate) fn rewrite(
    to: &RelPath,
    (file_type, source): (FileType, &[u8]),
    names: &[(&Candidate, String)],
    scope: &Scope,
) -> Result<(Patch, File), Unwritable> {
    let (patch, file, ()) = rewrite_and(to, (file_type, &source.into()), names, scope, |_| ())?;
    Ok((patch, file))
}

/// A file's bytes, and what was parsed of them where somebody did so already.
pub struct Source<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) yaml: Option<&'b Document<'b>>,
}

impl<'b> Source<'b> {
    /// The bytes.
    pub fn bytes(&self) -> &'b [u8] {
        self.bytes
    }
}

impl<'b> From<&'b [u8]> for Source<'b> {
    fn from(bytes: &'b [u8]) -> Self {
        Self { bytes, yaml: None }
    }
}

/// A file with other names in it, for whoever wants a look while it is parsed.
pub(crate) struct Fresh<'f> {
    /// What was done to the file.
    pub(crate) patch: &'f Patch,
    pub(crate) bytes: &'f [u8],
    pub(crate) scan: &'f FileScan,
    yaml: Option<&'f Document<'f>>,
}

impl Fresh<'_> {
    /// The patch that puts each of these names, which are the file's, at its candidate.
    pub(crate) fn patch(&self, names: &[(&Candidate, String)]) -> Result<Patch, Unwritable> {
        edits(self.bytes, self.yaml, names)
    }
}

/// The same, with what `look` sees in it.
pub(crate) fn rewrite_and<R>(
    to: &RelPath,
    (file_type, source): (FileType, &Source<'_>),
    names: &[(&Candidate, String)],
    scope: &Scope,
    look: impl FnOnce(&Fresh<'_>) -> R,
) -> Result<(Patch, File, R), Unwritable> {
    let unwritable = |why| {
        let first = names
            .first()
            .map(|(first, name)| (first.span, name.clone()));
        let (span, name) = first.unwrap_or_default();
        Unwritable { span, name, why }
    };
    let (hosts, yaml, source) = (scope.hosts(), source.yaml, source.bytes);
    let is_known = matches!(file_type, FileType::Dashboard | FileType::Dbt(_));
    let is_legacy = file_type.is_lookml() && storyline_lookml::is_legacy(source);
    let seen = |patch: &Patch, bytes: &[u8], yaml: Option<&Document<'_>>, mut scan: FileScan| {
        declared::add(to, bytes, scope, &mut scan);
        let seen = look(&Fresh {
            patch,
            bytes,
            scan: &scan,
            yaml,
        });
        (scan, seen)
    };
    let concerns = scope.concerns(file_type);
    let (patch, bytes, (scan, seen)) = if is_known || is_legacy || is_yaml(names) {
        let read;
        let before = match yaml {
            Some(before) => before,
            None => {
                read = storyline_yaml::read(source);
                &read
            }
        };
        let patch = edits(source, Some(before), names)?;
        let bytes = applied(&patch, source);
        let after = storyline_yaml::read(&bytes);
        storyline_yaml::verify_read(before, &after, &patch)
            .map_err(|error| unwritable(Why::ReadsOtherwise(error)))?;
        let scan = match concerns {
            true => scan_document(to, &after, file_type, hosts),
            false => FileScan::default(),
        };
        let seen = seen(&patch, &bytes, Some(&after), scan);
        drop(after);
        (patch, bytes, seen)
    } else {
        let patch = edits(source, None, names)?;
        let bytes = applied(&patch, source);
        let mut scan = FileScan::default();
        let is_same = match file_type {
            FileType::Other => declared::is_same(to, source, &bytes, names),
            _ => {
                let after = storyline_lookml::parse(&bytes);
                if concerns {
                    scan = lookml::scan_document(to, &after, file_type, hosts);
                }
                storyline_lookml::parse(source).has_shape_of(&after)
            }
        };
        if !is_same {
            return Err(unwritable(Why::ShapeChanges));
        }
        let seen = seen(&patch, &bytes, None, scan);
        (patch, bytes, seen)
    };
    let file = File {
        file_type,
        bytes,
        scan,
    };
    Ok((patch, file, seen))
}

fn is_yaml(names: &[(&Candidate, String)]) -> bool {
    let mut shapes = names.iter().map(|(candidate, _)| &candidate.shape);
    shapes.any(|shape| matches!(shape, Shape::Yaml | Shape::Target(_)))
}

fn applied(patch: &Patch, source: &[u8]) -> Vec<u8> {
    patch
        .apply(source)
        .expect("candidates are spans of the source")
}

fn edits(
    source: &[u8],
    yaml: Option<&Document<'_>>,
    names: &[(&Candidate, String)],
) -> Result<Patch, Unwritable> {
    let edits: Result<Vec<_>, _> = names
        .iter()
        .map(|(candidate, name)| {
            edit(source, yaml, candidate, name).map_err(|why| Unwritable {
                span: candidate.span,
                name: name.clone(),
                why,
            })
        })
        .collect();
    Patch::new(edits?).map_err(|error| {
        let span = match error {
            storyline_text::PatchError::Overlap(_, span) => span,
            storyline_text::PatchError::OutOfBounds(span, _) => span,
        };
        let name = names.iter().find(|(candidate, _)| candidate.span == span);
        Unwritable {
            span,
            name: name.map_or_else(String::new, |(_, name)| name.clone()),
            why: Why::Overlap,
        }
    })
}

fn edit(
    source: &[u8],
    yaml: Option<&Document<'_>>,
    candidate: &Candidate,
    name: &str,
) -> Result<Edit, Why> {
    let span = candidate.span;
    match (&candidate.shape, yaml) {
        (Shape::Url(encoding), _) => {
            let text = encoding.write(name);
            let text = text.ok_or_else(|| Why::Encoding(Encoding::percent(&candidate.name)))?;
            Ok(Edit::replace(span, text))
        }
        (Shape::Target(Extent::Part), Some(document)) => {
            let scalar = document.scalar_at(span.start).ok_or(Why::ShapeChanges)?;
            let replacement = scalar.replace_within(span, name);
            Ok(replacement.map_err(Why::Yaml)?.edit)
        }
        (Shape::Yaml | Shape::Target(_), Some(document)) => {
            let scalar = document.scalar_at(span.start);
            let scalar = scalar.filter(|scalar| scalar.content() == span);
            let replacement = scalar.ok_or(Why::ShapeChanges)?.replace(name);
            Ok(replacement.map_err(Why::Yaml)?.edit)
        }
        (Shape::Toml, _) => Ok(declared_toml::replace(source, span, name)),
        (Shape::Json, _) => Ok(declared_json::replace(span, name)),
        _ => Ok(Edit::replace(span, name)),
    }
}
