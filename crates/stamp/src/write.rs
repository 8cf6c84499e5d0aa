//! Puts other names where some stand, and looks whether the file still means the same.

use storyline_text::{Edit, Patch, RelPath, Span};
use storyline_yaml::{Document, Node};

use crate::candidate::{Candidate, FileType, Shape};

/// A name that cannot be put where it should go.
#[derive(Debug)]
pub(crate) struct Unwritable {
    pub(crate) span: Span,
    pub(crate) why: String,
}

/// The patch of one file that puts each name at its candidate, in the way that the file has it.
/// The result was read again: everything but these names is as it was.
pub(crate) fn patch(
    path: &RelPath,
    source: &[u8],
    names: &[(&Candidate, String)],
) -> Result<Patch, Unwritable> {
    let whole = names
        .first()
        .map_or(Span::default(), |(candidate, _)| candidate.span);
    let unwritable = |why: &dyn ToString| Unwritable {
        span: whole,
        why: why.to_string(),
    };
    let yaml = (FileType::of(path) == FileType::Dashboard).then(|| storyline_yaml::read(source));
    let edits: Result<Vec<_>, _> = names
        .iter()
        .map(|(candidate, name)| edit(yaml.as_ref(), candidate, name))
        .collect();
    let patch = Patch::new(edits?).map_err(|error| unwritable(&error))?;
    let after = patch.apply(source).map_err(|error| unwritable(&error))?;
    match yaml {
        Some(before) => {
            storyline_yaml::verify(&before, &after, &patch).map_err(|e| unwritable(&e))?
        }
        None => {
            let (before, after) = (
                storyline_lookml::parse(source),
                storyline_lookml::parse(&after),
            );
            if !before.has_shape_of(&after) {
                return Err(unwritable(&"the file would be read differently"));
            }
        }
    }
    Ok(patch)
}

fn edit(
    yaml: Option<&Document<'_>>,
    candidate: &Candidate,
    name: &str,
) -> Result<Edit, Unwritable> {
    let unwritable = |why: &dyn ToString| Unwritable {
        span: candidate.span,
        why: why.to_string(),
    };
    match (candidate.shape.clone(), yaml) {
        (Shape::Url(encoding), _) => {
            let text = encoding.encode(name);
            let text = text.ok_or_else(|| {
                unwritable(&"the URL is written in an encoding that cannot hold it")
            })?;
            Ok(Edit::replace(candidate.span, text))
        }
        (Shape::Yaml, Some(document)) => {
            // Nodes stand in the order of the file, but one that starts late may hold none.
            let mut scalars = document.nodes().filter_map(Node::scalar);
            let scalar = scalars.find(|s| !s.is_alias() && s.content() == candidate.span);
            let scalar = scalar.ok_or_else(|| unwritable(&"the value is no longer there"))?;
            let replacement = scalar.replace(name).map_err(|error| unwritable(&error))?;
            Ok(replacement.edit)
        }
        _ => Ok(Edit::replace(candidate.span, name)),
    }
}
