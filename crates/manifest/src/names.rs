//! The names of one environment: an injective map per kind, and its inverse.
//!
//! A table entry wins over the rule for all other names, in both directions. A name outside the
//! table whose stamp would be an entry's value is therefore refused, and whatever is accepted
//! comes back as itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use storyline_text::{Diagnostic, Visible};

use crate::error::{Place, nearest};
use crate::value::check_name;

/// What a name names. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A database connection of Looker's.
    Connection,
    /// A LookML model.
    Model,
    /// A Looker project.
    Project,
    /// A model's label.
    Label,
    /// The revision a remote dependency is taken at.
    Ref,
    /// A database schema.
    Schema,
    /// A database.
    Database,
    /// A URL.
    Url,
    /// A dbt profile.
    Profile,
    /// A dbt project.
    DbtProject,
    /// The slug of a LookML dashboard.
    Slug,
    /// The value of the constant of this name.
    Constant(Arc<str>),
    /// The value of the dbt variable of this name.
    Var(Arc<str>),
}

impl Kind {
    /// The kind of a constant's value.
    pub fn constant(name: &str) -> Self {
        Self::Constant(name.into())
    }

    /// The kind of a dbt variable's value.
    pub fn var(name: &str) -> Self {
        Self::Var(name.into())
    }

    const PLAIN: [(&'static str, Self); 11] = [
        ("connection", Self::Connection),
        ("model", Self::Model),
        ("project", Self::Project),
        ("label", Self::Label),
        ("ref", Self::Ref),
        ("schema", Self::Schema),
        ("database", Self::Database),
        ("url", Self::Url),
        ("profile", Self::Profile),
        ("dbt-project", Self::DbtProject),
        ("slug", Self::Slug),
    ];

    /// What [`Kind::from_str`] takes, for help texts.
    pub(crate) fn words() -> Vec<&'static str> {
        let plain = Self::PLAIN.into_iter().map(|(word, _)| word);
        plain.chain(["constant:NAME", "var:NAME"]).collect()
    }

    /// Whether a name that a table leaves out is an error: data would flow to the wrong place.
    pub(crate) fn is_strict(&self) -> bool {
        matches!(
            self,
            Self::Connection | Self::Schema | Self::Database | Self::Constant(_) | Self::Var(_)
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(name) => return write!(f, "constant:{name}"),
            Self::Var(name) => return write!(f, "var:{name}"),
            _ => {}
        }
        let word = Self::PLAIN.iter().find(|(_, kind)| kind == self);
        f.write_str(
            word.expect("every kind that has no name of its own is listed")
                .0,
        )
    }
}

/// The text is no [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of name")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        match text.split_once(':') {
            Some(("constant", name)) if !name.is_empty() => return Ok(Self::constant(name)),
            Some(("var", name)) if !name.is_empty() => return Ok(Self::var(name)),
            _ => {}
        }
        let known = Self::PLAIN.into_iter().find(|(word, _)| *word == text);
        known
            .map(|(_, kind)| kind)
            .ok_or_else(|| UnknownKind(text.into()))
    }
}

/// Why a canonical name has no stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The environment's table leaves the name out, and has no `"*"`.
    #[error("{}", unknown(kind, name))]
    Unknown {
        /// What it names.
        kind: Kind,
        /// The canonical name.
        name: String,
        /// The entry that was probably meant.
        nearest: Option<String>,
        /// The table.
        origin: Place,
    },
    /// The stamp belongs to another name, and would come back as that one.
    #[error(
        "{kind} `{}` would be called `{}`, which stands for `{}`",
        Visible(name.as_bytes()), Visible(stamped.as_bytes()), Visible(other.as_bytes())
    )]
    NotInjective {
        /// What it names.
        kind: Kind,
        /// The canonical name.
        name: String,
        /// What it would become.
        stamped: String,
        /// The canonical name that this stands for.
        other: String,
        /// The entry of `other`.
        origin: Place,
    },
    /// The name or its stamp cannot stand where names of its kind stand.
    #[error("{kind} `{}` is refused: {reason}", Visible(name.as_bytes()))]
    Unsafe {
        /// What it names.
        kind: Kind,
        /// The name that is refused, canonical or stamped.
        name: String,
        /// A clause that begins with "it".
        reason: String,
        /// The entry or pattern that says what the name becomes.
        origin: Place,
    },
}

fn unknown(kind: &Kind, name: &str) -> String {
    let name = Visible(name.as_bytes());
    match kind {
        Kind::Constant(constant) => {
            format!("the environment knows no value `{name}` of constant `{constant}`")
        }
        Kind::Var(var) => {
            format!("the environment knows no value `{name}` of variable `{var}`")
        }
        kind => format!("the environment has no {kind} for `{name}`"),
    }
}

impl NameError {
    /// The same for people, pointing into the manifest; whoever knows where the name stands puts
    /// that place first.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Unknown {
                name,
                nearest,
                origin,
                ..
            } => {
                let name = Visible(name.as_bytes());
                let near = nearest.iter().map(|n| format!("did you mean `{n}`?"));
                let mut diagnostic = Diagnostic::error("unknown-name", title)
                    .label(origin.label("no entry here, and no `\"*\"`"));
                diagnostic.help.extend(near);
                diagnostic.help(format!(
                    "add `\"{name}\" = \"…\"` to the table, or `\"*\" = \"{{name}}\"` to keep all other names"
                ))
            }
            Self::NotInjective {
                name,
                other,
                origin,
                ..
            } => {
                let (name, other) = (Visible(name.as_bytes()), Visible(other.as_bytes()));
                Diagnostic::error("not-injective", title)
                    .label(origin.label(format!("the entry for `{other}`")))
                    .help(format!("give `{name}` an entry with a value of its own"))
            }
            Self::Unsafe { origin, .. } => Diagnostic::error("unsafe-name", title)
                .label(origin.label("this says what it becomes"))
                .help("give the name an entry with another value, or rename it in canonical form"),
        }
    }
}

/// What happens to one kind's names.
#[derive(Clone, Debug)]
pub(crate) struct NameMap {
    /// Where the whole rule stands.
    pub(crate) place: Place,
    /// Values by canonical name; no two are alike.
    pub(crate) entries: BTreeMap<String, Entry>,
    /// Canonical names by value.
    pub(crate) inverse: BTreeMap<String, String>,
    pub(crate) rest: Rest,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// What happens to names without an entry.
#[derive(Clone, Debug)]
pub(crate) enum Rest {
    /// They get something before and after them.
    Around {
        before: String,
        after: String,
        place: Place,
    },
    /// They stay as they are.
    Keep,
    /// They are unknown.
    Refuse,
}

impl NameMap {
    fn forward<'a>(&'a self, name: &'a str) -> Option<Cow<'a, str>> {
        if let Some(entry) = self.entries.get(name) {
            return Some(entry.value.as_str().into());
        }
        match &self.rest {
            Rest::Around { before, after, .. } => Some(format!("{before}{name}{after}").into()),
            Rest::Keep => Some(name.into()),
            Rest::Refuse => None,
        }
    }

    fn back<'a>(&'a self, stamped: &'a str) -> Option<Cow<'a, str>> {
        if let Some(name) = self.inverse.get(stamped) {
            return Some(name.as_str().into());
        }
        let name = match &self.rest {
            Rest::Around { before, after, .. } => stamped
                .strip_prefix(before.as_str())?
                .strip_suffix(after.as_str())?,
            Rest::Keep => stamped,
            Rest::Refuse => return None,
        };
        // A name with an entry becomes that entry's value and nothing else.
        (!self.entries.contains_key(name)).then_some(name.into())
    }

    fn origin(&self, name: &str) -> &Place {
        match (self.entries.get(name), &self.rest) {
            (Some(entry), _) => &entry.place,
            (None, Rest::Around { place, .. }) => place,
            (None, Rest::Keep | Rest::Refuse) => &self.place,
        }
    }

    fn is_identity(&self) -> bool {
        let same = self
            .entries
            .iter()
            .all(|(name, entry)| *name == entry.value);
        let rest = match &self.rest {
            Rest::Around { before, after, .. } => before.is_empty() && after.is_empty(),
            Rest::Keep => true,
            Rest::Refuse => false,
        };
        same && rest
    }
}

/// The first of the two names that cannot stand where names of `kind` stand. A name that does not
/// change is never looked at: odd names that exist travel as they are.
pub(crate) fn check_pair<'a>(
    kind: &Kind,
    name: &'a str,
    stamped: &'a str,
) -> Result<(), (&'a str, String)> {
    if name == stamped {
        return Ok(());
    }
    let check = |text| check_name(kind, text).map_err(|reason| (text, reason));
    check(name)?;
    check(stamped)
}

/// The names of one environment. A kind that the manifest does not mention keeps its names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub(crate) maps: BTreeMap<Kind, NameMap>,
}

impl Names {
    /// What a canonical name is called in the environment. `unstamp` of the result is `name`, so
    /// two accepted names never share a stamp.
    ///
    /// # Errors
    /// When the name is unknown, its stamp stands for another name, or one of the two cannot stand
    /// where names of the kind stand.
    pub fn stamp<'a>(&'a self, kind: &Kind, name: &'a str) -> Result<Cow<'a, str>, NameError> {
        let Some(map) = self.maps.get(kind) else {
            return Ok(name.into());
        };
        let stamped = map.forward(name).ok_or_else(|| NameError::Unknown {
            kind: kind.clone(),
            name: name.into(),
            nearest: nearest(name, map.entries.keys().map(String::as_str)).map(Into::into),
            origin: map.place.clone(),
        })?;
        if let Some(other) = map.inverse.get(&*stamped).filter(|other| *other != name) {
            return Err(NameError::NotInjective {
                kind: kind.clone(),
                name: name.into(),
                stamped: stamped.into(),
                other: other.clone(),
                origin: map.origin(other).clone(),
            });
        }
        check_pair(kind, name, &stamped).map_err(|(refused, reason)| NameError::Unsafe {
            kind: kind.clone(),
            name: refused.into(),
            reason,
            origin: map.origin(name).clone(),
        })?;
        Ok(stamped)
    }

    /// The canonical name that `stamp` turns into `stamped`; `None` when there is none, so that
    /// `stamped` is a stray.
    pub fn unstamp<'a>(&'a self, kind: &Kind, stamped: &'a str) -> Option<Cow<'a, str>> {
        let Some(map) = self.maps.get(kind) else {
            return Some(stamped.into());
        };
        let name = map.back(stamped)?;
        let accepted = check_pair(kind, &name, stamped).is_ok();
        accepted.then_some(name)
    }

    /// Whether a table gives this canonical name its stamp, not a rule for all names.
    pub fn has_entry(&self, kind: &Kind, name: &str) -> bool {
        let map = self.maps.get(kind);
        map.is_some_and(|map| map.entries.contains_key(name))
    }

    /// Whether any name of the kind is changed or refused; if not, `stamp` and `unstamp` give back
    /// what they are given.
    pub fn maps(&self, kind: &Kind) -> bool {
        self.maps.get(kind).is_some_and(|map| !map.is_identity())
    }

    /// The kinds for which [`Names::maps`] holds.
    pub fn mapped(&self) -> impl Iterator<Item = &Kind> {
        let changed = self.maps.iter().filter(|(_, map)| !map.is_identity());
        changed.map(|(kind, _)| kind)
    }

    /// What the names say, as bytes: two that change every name alike, by the same rules, have the same,
    /// wherever in a manifest the rules stand.
    pub fn identity(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |text: &str| {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.as_bytes());
        };
        for (kind, map) in self.maps.iter().filter(|(_, map)| !map.is_identity()) {
            put(&kind.to_string());
            put(&map.entries.len().to_string());
            for (name, entry) in &map.entries {
                put(name);
                put(&entry.value);
            }
            match &map.rest {
                Rest::Around { before, after, .. } => {
                    put("around");
                    put(before);
                    put(after);
                }
                Rest::Keep => put("keep"),
                Rest::Refuse => put("refuse"),
            }
        }
        out
    }

    /// Where the manifest says what becomes of a canonical name: a table entry, a pattern, or the
    /// table that leaves it out. `None` for a kind that the manifest does not mention.
    pub fn origin(&self, kind: &Kind, name: &str) -> Option<&Place> {
        self.maps.get(kind).map(|map| map.origin(name))
    }
}
