//! A target put into a `profiles.yml`, or brought up to date, in the style of the file.
//!
//! A new target is a copy of another one's bytes, so that it is indented, quoted and ordered alike;
//! comments stay with the original. Then names, settings and secrets are put in, one edit after the
//! other. What comes of it is compared with the file before: only the target may differ, and doing
//! all of it again must change nothing.

use std::collections::HashSet;

use storyline_text::{Patch, Span};
use storyline_yaml::{Document, EditError, Kind, Node, read};

use crate::draft::{self, Draft, leaves};
use crate::error::PutError;
use crate::name::Name;
use crate::profiles;
use crate::secret::is_secret_value;
use crate::walk::{inside, is_merge};

/// What a target shall be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The profile; the file's only one if left out.
    pub profile: Option<&'w str>,
    /// The target's name.
    pub target: &'w str,
    /// The target whose settings and names a new one takes; if left out the profile's default, or
    /// the only one that is neither this target nor one of `others`.
    pub like: Option<&'w str>,
    /// Targets that are of the same sort as this one.
    pub others: &'w [String],
    /// What is said of it besides, by key. It wins over what the file says.
    pub settings: &'w [(String, Setting)],
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Text, which may be Jinja.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A switch.
    Boolean(bool),
}

/// The edits that put a target into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The edits; empty when the target is as it shall be.
    pub patch: Patch,
    /// The profile.
    pub profile: String,
    /// The target that it is like.
    pub like: Option<String>,
    /// Whether the target was not there before.
    pub is_new: bool,
    /// Settings that are new or have another value, as addresses inside the target.
    pub settings: Vec<String>,
    /// Variables of the environment that now take the place of a secret.
    pub variables: Vec<String>,
}

/// Puts a target into a `profiles.yml`, which may be empty. Schemas and databases are those of the
/// target that it is like, each called what `rename` says; spans are bytes of `source`. A setting
/// that is there already stays as it is unless it is one of those, or among the wanted ones; Jinja
/// gives way to wanted settings only. Each literal secret becomes `{{ env_var('…') }}`.
///
/// # Errors
/// [`PutError`]; then nothing is changed.
pub fn put(
    source: &[u8],
    wanted: &Wanted<'_>,
    rename: &mut dyn FnMut(&Name) -> String,
) -> Result<Put, PutError> {
    let (put, after) = once(source, wanted, rename)?;
    let (again, _) = once(&after, wanted, rename)?;
    match again.patch.is_empty() {
        true => Ok(put),
        false => Err(PutError::ChangesMore),
    }
}

fn once(
    source: &[u8],
    wanted: &Wanted<'_>,
    rename: &mut dyn FnMut(&Name) -> String,
) -> Result<(Put, Vec<u8>), PutError> {
    let literal = |(key, setting): &&(String, Setting)| match setting {
        Setting::Text(text) => is_secret_value(key, text),
        Setting::Integer(_) => crate::is_secret(key),
        Setting::Boolean(_) => false,
    };
    if let Some((key, _)) = wanted.settings.iter().find(literal) {
        return Err(PutError::LiteralSecret(key.clone()));
    }
    let document = read(source);
    let place = Place::find(&document, wanted)?;
    let mut draft = Draft::new(source, &place.profile, wanted.target);
    let steps = place.carry_out(&mut draft, wanted, rename);
    // The draft has other places than the file.
    let steps = steps.map_err(|error| error.at(place.span()));
    let variables = steps?;
    let after = draft.finish(&document, place.outputs.is_some())?;
    let settings = changed(&document, &read(&after), &draft);
    let put = Put {
        patch: draft::patch(source, &after),
        profile: place.profile,
        like: place.model.map(|(name, ..)| name),
        is_new: place.target.is_none(),
        settings,
        variables,
    };
    Ok((put, after))
}

/// Settings of the target that are not what they were.
fn changed(before: &Document<'_>, after: &Document<'_>, draft: &Draft<'_>) -> Vec<String> {
    let settings = |document| match draft.target_of(document) {
        Some(target) => leaves(target),
        None => Vec::new(),
    };
    let before: HashSet<_> = settings(before).into_iter().collect();
    let after = settings(after).into_iter();
    let changed = after.filter(|leaf| !before.contains(leaf));
    changed.map(|(address, _)| address).collect()
}

/// Where in a file the target goes.
struct Place<'d> {
    profile: String,
    root: Option<Node<'d>>,
    outputs: Option<Node<'d>>,
    target: Option<Node<'d>>,
    /// The target that it is like: name, key and settings.
    model: Option<(String, Node<'d>, Node<'d>)>,
}

impl<'d> Place<'d> {
    fn find(document: &'d Document<'d>, wanted: &Wanted<'_>) -> Result<Self, PutError> {
        if let Some(error) = document.errors().first() {
            return Err(error.clone().into());
        }
        if let Some(key) = document.duplicate_keys().next() {
            let (address, key) = (key.address(), key.span());
            return Err(EditError::DuplicateKey { address, key }.into());
        }
        let mut roots = document.roots();
        let root = roots.next();
        if let Some(second) = roots.next() {
            let at = Span::new(second.span().start, second.span().start);
            return Err(PutError::Shape("the file holds several YAML documents", at));
        }
        let root = root.map(own_mapping).transpose()?;
        let profile = profile(root, wanted)?;
        let mut place = Self {
            root,
            outputs: None,
            target: None,
            model: None,
            profile,
        };
        let Some(node) = root.and_then(|root| root.get(&place.profile)) else {
            return Ok(place);
        };
        let outputs = own_mapping(node)?.get("outputs").ok_or_else(|| {
            let at = Span::new(node.span().start, node.span().start);
            PutError::Shape("the profile has no `outputs`", at)
        })?;
        let outputs = own_mapping(outputs)?;
        place.target = outputs.get(wanted.target);
        place.model = place.model(node, outputs, wanted)?;
        place.outputs = Some(outputs);
        Ok(place)
    }

    /// The target that the wanted one is like; `None` when there is no other.
    fn model(
        &self,
        profile: Node<'d>,
        outputs: Node<'d>,
        wanted: &Wanted<'_>,
    ) -> Result<Option<(String, Node<'d>, Node<'d>)>, PutError> {
        let entries = outputs.entries();
        let mut targets = entries
            .filter_map(|(key, value)| Some((key.scalar()?.value().into_owned(), key, value)));
        let keys = outputs.entries().filter_map(|(key, _)| key.scalar());
        let known = || keys.map(|key| key.value().into_owned()).collect();
        let default = profile.get("target").and_then(Node::scalar);
        let default = default.map(|target| target.value().into_owned());
        let default = default.filter(|name| name != wanted.target && outputs.get(name).is_some());
        let found = match (wanted.like, default) {
            (Some(like), _) if like == wanted.target => None,
            (Some(like), _) => match targets.find(|(name, ..)| name == like) {
                None => {
                    return Err(PutError::UnknownTarget {
                        profile: self.profile.clone(),
                        name: like.into(),
                        known: known(),
                    });
                }
                found => found,
            },
            (None, Some(default)) => targets.find(|(name, ..)| *name == default),
            (None, None) => {
                let mut candidates = targets
                    .filter(|(name, ..)| name != wanted.target && !wanted.others.contains(name));
                let first = candidates.next();
                if candidates.next().is_some() {
                    return Err(PutError::NoModel {
                        profile: self.profile.clone(),
                        known: known(),
                    });
                }
                first
            }
        };
        if let Some((.., model)) = &found {
            check_own(*model)?;
        }
        Ok(found)
    }

    /// The start of what a person has to look at when the target cannot be made.
    fn span(&self) -> Option<Span> {
        let model = self.model.as_ref().map(|(_, key, _)| *key);
        let node = self.target.or(model).or(self.outputs)?;
        Some(Span::new(node.span().start, node.span().start))
    }

    /// Makes the target of the draft what it shall be; gives the variables for its secrets.
    fn carry_out(
        &self,
        draft: &mut Draft<'_>,
        wanted: &Wanted<'_>,
        rename: &mut dyn FnMut(&Name) -> String,
    ) -> Result<Vec<String>, PutError> {
        let declares = |key: &str| wanted.settings.iter().any(|(known, _)| known == key);
        match (self.target, self.outputs, &self.model) {
            (Some(target), ..) => check_changeable(target)?,
            (None, Some(outputs), Some((_, key, model))) => draft.copy(outputs, *key, *model)?,
            _ if declares("type") => draft.begin(self.root, self.outputs)?,
            _ => return Err(PutError::NoType),
        }
        for (key, name, [before, after]) in self.names() {
            if !declares(&key) {
                let value = format!("{before}{}{after}", rename(&name));
                draft.set(&key, &Setting::Text(value), true)?;
            }
        }
        for (key, setting) in wanted.settings {
            draft.set(key, setting, false)?;
        }
        draft.hide_secrets()
    }

    /// The names of the target that it is like: key, name, and what stands before and after it in
    /// the value.
    fn names(&self) -> Vec<(String, Name, [String; 2])> {
        let entries = self.model.iter().flat_map(|(.., model)| model.entries());
        let names = entries.filter_map(|(key, value)| {
            let name = profiles::in_target(key, value)?;
            let scalar = value.scalar()?;
            let (text, start) = (scalar.value(), scalar.content().start);
            let around = match text.len() == name.text.len() {
                true => [String::new(), String::new()],
                false => {
                    let at = (name.span.start - start) as usize;
                    let end = at + name.text.len();
                    [text.get(..at)?.into(), text.get(end..)?.into()]
                }
            };
            Some((key.scalar()?.value().into_owned(), name, around))
        });
        names.collect()
    }
}

/// The profile that is meant; one that the file does not have only with a `type`.
fn profile(root: Option<Node<'_>>, wanted: &Wanted<'_>) -> Result<String, PutError> {
    let mut known = root.map_or_else(Vec::new, profiles::known);
    match wanted.profile {
        None if known.len() == 1 => Ok(known.remove(0)),
        None => Err(PutError::NoProfile { known }),
        Some(name) => {
            let can_begin = wanted.settings.iter().any(|(key, _)| key == "type");
            match can_begin || known.iter().any(|known| known == name) {
                true => Ok(name.into()),
                false => Err(PutError::UnknownProfile {
                    name: name.into(),
                    known,
                }),
            }
        }
    }
}

/// A mapping all of whose entries stand in it.
fn own_mapping(node: Node<'_>) -> Result<Node<'_>, PutError> {
    let at = Span::new(node.span().start, node.span().start);
    let merges = node.entries().any(|(key, _)| is_merge(key));
    match node.kind() {
        Kind::Alias => Err(elsewhere(node)),
        Kind::Mapping if merges || node.aliases() > 0 => Err(elsewhere(node)),
        Kind::Mapping => Ok(node),
        _ => Err(PutError::Shape("here has to be a mapping", at)),
    }
}

/// Refuses settings that stand elsewhere: they may be secret, and changing them changes others.
fn check_own(target: Node<'_>) -> Result<(), PutError> {
    let mut foreign = inside(target)
        .filter(|node| node.kind() == Kind::Alias || (node.is_key() && is_merge(*node)));
    match foreign.next() {
        Some(node) => Err(elsewhere(node)),
        None if target.kind() == Kind::Mapping => Ok(()),
        None => Err(PutError::Shape(
            "a target has to be a mapping",
            Span::new(target.span().start, target.span().start),
        )),
    }
}

/// Whether a target can be changed without changing others.
fn check_changeable(target: Node<'_>) -> Result<(), PutError> {
    check_own(target)?;
    match target.aliases() {
        0 => Ok(()),
        _ => Err(elsewhere(target)),
    }
}

fn elsewhere(node: Node<'_>) -> PutError {
    let start = node.span().start;
    PutError::Elsewhere {
        address: node.address(),
        at: Span::new(start, start),
    }
}
