//! A file that is edited step by step, and what must be true of the result.

use std::collections::HashSet;

use memchr::memmem;
use storyline_text::{Edit, Patch, Span};
use storyline_yaml::{Document, EditError, NewScalar, NewValue, Node, Style, read};

use crate::error::PutError;
use crate::name::is_jinja;
use crate::put::Setting;
use crate::secret::is_literal_secret;
use crate::walk::inside;

/// A file with a target that is being made.
pub(crate) struct Draft<'w> {
    text: Vec<u8>,
    profile: &'w str,
    target: &'w str,
}

/// A profile with one target, for which nothing can be copied.
const BEGINNING: &[u8] = b"p:\n  target: t\n  outputs:\n    t:\n      type: x\n";

impl<'w> Draft<'w> {
    pub(crate) fn new(text: &[u8], profile: &'w str, target: &'w str) -> Self {
        Self {
            text: text.to_vec(),
            profile,
            target,
        }
    }

    /// The target in a file that was read.
    pub(crate) fn target_of<'d>(&self, document: &'d Document<'d>) -> Option<Node<'d>> {
        let profile = document.roots().next()?.get(self.profile)?;
        profile.get("outputs")?.get(self.target)
    }

    /// Adds the target as a copy of another one.
    pub(crate) fn copy(
        &mut self,
        outputs: Node<'_>,
        key: Node<'_>,
        model: Node<'_>,
    ) -> Result<(), PutError> {
        let edit = new_entry(outputs, self.target, &copied(key, model))?;
        let expected = leaves(model);
        self.apply(edit)?;
        let document = read(&self.text);
        match self.target_of(&document).map(leaves) == Some(expected) {
            true => Ok(()),
            false => Err(PutError::ChangesMore),
        }
    }

    /// Adds the first target of a profile, and whatever is missing of the file around it.
    pub(crate) fn begin(
        &mut self,
        root: Option<Node<'_>>,
        outputs: Option<Node<'_>>,
    ) -> Result<(), PutError> {
        let template = read(BEGINNING);
        let named = template.scalars().filter_map(|scalar| {
            let name = match &*scalar.value() {
                "p" => self.profile,
                "t" => self.target,
                _ => return None,
            };
            Some(scalar.replace(name).map(|replacement| replacement.edit))
        });
        let edits = named.collect::<Result<_, _>>()?;
        let text = applied(edits, BEGINNING)?;
        let line_break = match memmem::find(&self.text, b"\r\n") {
            Some(_) => "\r\n",
            None => "\n",
        };
        let text = String::from_utf8_lossy(&text).replace('\n', line_break);
        let edit = match (root, outputs) {
            (_, Some(outputs)) => {
                let kind = NewValue::Mapping(vec![("type".into(), NewScalar::Text("x".into()))]);
                outputs.insert_entry(self.target, &kind)?
            }
            (Some(root), None) => {
                let document = read(text.as_bytes());
                let key = document.nodes().nth(1).map(|key| key.span().end);
                let below = &text[key.unwrap_or_default() as usize..];
                new_entry(root, self.profile, below.trim_end().as_bytes())?
            }
            (None, None) => {
                let end = self.text.len();
                let unfinished = self.text.last().is_some_and(|last| *last != b'\n');
                let before = if unfinished { line_break } else { "" };
                Edit::replace(Span::at(end..end), format!("{before}{text}"))
            }
        };
        self.apply(edit)
    }

    /// Gives the target a setting. With `keep_jinja` one that is a program stays.
    pub(crate) fn set(
        &mut self,
        key: &str,
        value: &Setting,
        keep_jinja: bool,
    ) -> Result<(), PutError> {
        self.change(|target| {
            let (text, new) = match value {
                Setting::Text(text) => (text.clone(), NewScalar::Text(text.clone())),
                Setting::Integer(number) => bare(number),
                Setting::Boolean(value) => bare(value),
            };
            let Some(old) = target.get(key) else {
                return Ok(Some(target.insert_entry(key, &NewValue::Scalar(new))?));
            };
            let Some(scalar) = old.scalar() else {
                // Jinja without quotes is a mapping to YAML.
                return match keep_jinja {
                    true => Ok(None),
                    false => Err(PutError::SeveralValues {
                        address: old.address(),
                        at: Span::new(old.span().start, old.span().start),
                    }),
                };
            };
            let is_plain = scalar.style() == Style::Plain;
            let is_bare = matches!(new, NewScalar::Bare(_));
            let same = scalar.value() == text && (is_plain || !is_bare);
            if same || (keep_jinja && is_jinja(&scalar.value())) {
                return Ok(None);
            }
            let replacement = scalar.replace(&text)?.edit;
            Ok(Some(match is_bare {
                true => Edit::replace(scalar.span(), text),
                false => replacement,
            }))
        })
    }

    /// Puts variables of the environment in the place of literal secrets, and names them.
    pub(crate) fn hide_secrets(&mut self) -> Result<Vec<String>, PutError> {
        let document = read(&self.text);
        let target = self.target_of(&document).ok_or(PutError::ChangesMore)?;
        let (variables, edits): (Vec<_>, Vec<_>) = literal_secrets(target)
            .map(|(address, span)| {
                let variable = variable(self.target, &address);
                let value = format!("\"{{{{ env_var('{variable}') }}}}\"");
                (variable, Edit::replace(span, value))
            })
            .unzip();
        let text = applied(edits, &self.text)?;
        let after = read(&text);
        let is_hidden =
            (self.target_of(&after)).is_some_and(|target| literal_secrets(target).next().is_none());
        let distinct: HashSet<&String> = variables.iter().collect();
        match is_hidden && distinct.len() == variables.len() {
            true => {
                self.text = text;
                Ok(variables)
            }
            false => Err(PutError::ChangesMore),
        }
    }

    /// The file, in which nothing but the target differs from `before`.
    pub(crate) fn finish(
        &self,
        before: &Document<'_>,
        had_profile: bool,
    ) -> Result<Vec<u8>, PutError> {
        let after = read(&self.text);
        let Some(target) = self.target_of(&after) else {
            return Err(PutError::ChangesMore);
        };
        let profile = after.roots().next().and_then(|root| root.get(self.profile));
        let ours = match had_profile {
            true => target.address(),
            false => profile.map(Node::address).unwrap_or_default(),
        };
        let others = |document: &Document<'_>| -> Vec<(String, String)> {
            let all = document.roots().flat_map(leaves_of);
            all.filter(|(address, _)| !is_inside(address, &ours))
                .collect()
        };
        match after.errors().is_empty() && others(before) == others(&after) {
            true => Ok(self.text.clone()),
            false => Err(PutError::ChangesMore),
        }
    }

    fn change(
        &mut self,
        edit: impl FnOnce(Node<'_>) -> Result<Option<Edit>, PutError>,
    ) -> Result<(), PutError> {
        let document = read(&self.text);
        let target = self.target_of(&document).ok_or(PutError::ChangesMore)?;
        match edit(target)? {
            Some(edit) => self.apply(edit),
            None => Ok(()),
        }
    }

    fn apply(&mut self, edit: Edit) -> Result<(), PutError> {
        self.text = applied(vec![edit], &self.text)?;
        Ok(())
    }
}

fn bare(value: &impl ToString) -> (String, NewScalar) {
    let text = value.to_string();
    (text.clone(), NewScalar::Bare(text))
}

fn applied(edits: Vec<Edit>, source: &[u8]) -> Result<Vec<u8>, PutError> {
    let patch = Patch::new(edits).map_err(|_| PutError::ChangesMore)?;
    patch.apply(source).map_err(|_| PutError::ChangesMore)
}

/// The patch from one text to the other: the lines from the first that differs to the last.
pub(crate) fn patch(before: &[u8], after: &[u8]) -> Patch {
    if before == after {
        return Patch::default();
    }
    let same =
        |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
    let start = same(&mut before.iter().zip(after));
    let start = memchr::memrchr(b'\n', &before[..start]).map_or(0, |at| at + 1);
    let end = same(
        &mut before[start..]
            .iter()
            .rev()
            .zip(after[start..].iter().rev()),
    );
    let edit = Edit::replace(
        Span::at(start..before.len() - end),
        &after[start..after.len() - end],
    );
    Patch::new(vec![edit]).expect("one edit overlaps no other")
}

/// A new entry whose bytes after the key are given.
fn new_entry(mapping: Node<'_>, key: &str, rest: &[u8]) -> Result<Edit, EditError> {
    const MARKER: &[u8] = b": null";
    let marker = NewValue::Scalar(NewScalar::Bare("null".into()));
    let mut edit = mapping.insert_entry(key, &marker)?;
    if let Some(at) = memmem::rfind(&edit.text, MARKER) {
        edit.text
            .splice(at..at + MARKER.len(), rest.iter().copied());
    }
    Ok(edit)
}

/// What follows a key up to the end of its value, without comments and anchors.
fn copied(key: Node<'_>, value: Node<'_>) -> Vec<u8> {
    let source = key.scalar().map_or(&b""[..], |key| key.document().source());
    let end = value.span().end;
    let mut at = key.span().end;
    let mut out = Vec::new();
    for scalar in inside(value).filter_map(Node::scalar) {
        push_gap(Span::new(at, scalar.span().start).slice(source), &mut out);
        out.extend_from_slice(scalar.span().slice(source));
        at = scalar.span().end.max(at);
    }
    push_gap(Span::new(at, end).slice(source), &mut out);
    out.truncate(out.trim_ascii_end().len());
    out
}

/// Adds what stands between two scalars.
fn push_gap(gap: &[u8], out: &mut Vec<u8>) {
    let mut rest = gap;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'#' => {
                drop_blanks(out);
                let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let alone = out.last() == Some(&b'\n');
                let crlf = line > 0 && rest.get(line) == Some(&b'\n') && rest[line - 1] == b'\r';
                rest = match alone {
                    true => &rest[(line + 1).min(rest.len())..],
                    false => &rest[line - usize::from(crlf)..],
                };
            }
            b'&' => {
                let name = rest.iter().take_while(|b| !b.is_ascii_whitespace()).count();
                drop_blanks(out);
                rest = &rest[name..];
            }
            byte => out.push(*byte),
        }
    }
}

/// Takes the spaces and tabs from the end.
fn drop_blanks(out: &mut Vec<u8>) {
    let last = out.iter().rposition(|b| !matches!(b, b' ' | b'\t'));
    out.truncate(last.map_or(0, |at| at + 1));
}

/// Every value below a node, with its address inside the node.
pub(crate) fn leaves(node: Node<'_>) -> Vec<(String, String)> {
    let above = node.address();
    let inside = leaves_of(node);
    let relative = inside.map(|(address, value)| {
        let address = address.strip_prefix(&above).unwrap_or(&address);
        (address.trim_start_matches('.').to_owned(), value)
    });
    relative.collect()
}

fn leaves_of(node: Node<'_>) -> impl Iterator<Item = (String, String)> {
    let values = inside(node).filter(|node| !node.is_key());
    values.filter_map(|value| Some((value.address(), value.scalar()?.value().into_owned())))
}

/// Whether an address is `outer`, or leads into it.
fn is_inside(address: &str, outer: &str) -> bool {
    let rest = address.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The literal secrets of a target: their addresses inside, and their bytes with quotes.
fn literal_secrets(target: Node<'_>) -> impl Iterator<Item = (String, Span)> {
    let above = target.address();
    let settings = inside(target).flat_map(Node::entries);
    settings.filter_map(move |(key, value)| {
        let scalar = value.scalar()?;
        if !is_literal_secret(&key.scalar()?.value(), &scalar) {
            return None;
        }
        let address = scalar.address();
        let address = address.strip_prefix(&above).unwrap_or(&address);
        let bytes = scalar.span().slice(scalar.document().source());
        // A block of text goes on to the end of its last line.
        let end = scalar.span().start as usize + bytes.trim_ascii_end().len();
        let span = Span::at(scalar.span().start as usize..end);
        Some((address.to_owned(), span))
    })
}

/// The variable for a secret: `DBT_ENV_SECRET_DEV1_PASSWORD`. dbt hides the values of variables that
/// are called so.
fn variable(target: &str, address: &str) -> String {
    let words = [target, address].map(|text| {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        parts.join("_").to_ascii_uppercase()
    });
    format!("DBT_ENV_SECRET_{}", words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_words() {
        assert_eq!(
            variable("dev-1", ".keyfile_json.\"private key\""),
            "DBT_ENV_SECRET_DEV_1_KEYFILE_JSON_PRIVATE_KEY"
        );
        assert_eq!(variable("x", ".a[0].secret"), "DBT_ENV_SECRET_X_A_0_SECRET");
    }
}
