//! Why a target cannot be put into a file.

use storyline_text::{Diagnostic, Label, RelPath, Span, Visible};
use storyline_yaml::{EditError, ReadError};

/// Why a `profiles.yml` is left as it is. Spans are bytes of that file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// It is no YAML.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not what dbt takes for profiles.
    #[error("{0}")]
    Shape(&'static str, Span),
    /// The file has several profiles, or none, and nobody said which is meant.
    #[error("nobody says which profile is meant")]
    NoProfile {
        /// Those of the file.
        known: Vec<String>,
    },
    /// The file has no such profile, and there is no `type` to make one.
    #[error("there is no profile `{}`", Visible(.name.as_bytes()))]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// Those of the file.
        known: Vec<String>,
    },
    /// The profile has no such target to take settings from.
    #[error("profile `{}` has no target `{}`", Visible(.profile.as_bytes()), Visible(.name.as_bytes()))]
    UnknownTarget {
        /// The profile.
        profile: String,
        /// What was asked for.
        name: String,
        /// Those of the profile.
        known: Vec<String>,
    },
    /// Several targets could be what the new one is like.
    #[error("nobody says which target of profile `{}` the new one is like", Visible(.profile.as_bytes()))]
    NoModel {
        /// The profile.
        profile: String,
        /// Its targets.
        known: Vec<String>,
    },
    /// The first target of its profile, of which nobody says what database it is for.
    #[error("a first target needs a `type`")]
    NoType,
    /// Something stands elsewhere, at an anchor, where others use it too.
    #[error("`{address}` is taken from elsewhere in the file")]
    Elsewhere {
        /// Where it is used.
        address: String,
        /// The alias or merge.
        at: Span,
    },
    /// A setting holds a mapping or a list, where one value is wanted.
    #[error("`{address}` holds several values")]
    SeveralValues {
        /// Where.
        address: String,
        /// The values.
        at: Span,
    },
    /// A secret was to be written as it is.
    #[error("the secret `{}` would stand in the file", Visible(.0.as_bytes()))]
    LiteralSecret(String),
    /// The file's style has no place for it.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// Any of these, found after the target was begun.
    #[error("{error}")]
    InTarget {
        /// What is wrong; its places are not those of the file.
        error: Box<PutError>,
        /// The target, or what it is like.
        at: Option<Span>,
    },
    /// More than the target would change.
    #[error("more than the target would change")]
    ChangesMore,
}

impl PutError {
    pub(crate) fn at(self, at: Option<Span>) -> Self {
        let error = Box::new(self);
        Self::InTarget { error, at }
    }

    /// The same for people. Excerpts of `file` have to be [`crate::masked`].
    pub fn diagnostic(&self, file: &RelPath) -> Diagnostic {
        let (id, help) = match self {
            Self::Read(error) => return error.diagnostic(file),
            Self::Edit(error) => return error.diagnostic(file),
            Self::InTarget { error, at } => {
                let mut diagnostic = error.diagnostic(file);
                diagnostic.labels = vec![label(file, *at)];
                return diagnostic;
            }
            Self::Shape(..) => (
                "dbt-no-profiles",
                "write `PROFILE:`, below it `outputs:`, and below that the targets".into(),
            ),
            Self::NoProfile { known } => (
                "dbt-no-profile",
                format!(
                    "write `profile = \"…\"` in the environment's `dbt` table{}",
                    among(known)
                ),
            ),
            Self::UnknownProfile { name, known } => (
                "dbt-unknown-profile",
                meant(
                    name,
                    known,
                    "write the profile in the file, or `type` and its other settings under `settings` in the environment's `dbt` table",
                ),
            ),
            Self::UnknownTarget { name, known, .. } => (
                "dbt-unknown-target",
                meant(name, known, "write another one for `like`"),
            ),
            Self::NoModel { known, .. } => (
                "dbt-no-model",
                format!(
                    "write `like = \"…\"` in the environment's `dbt` table{}",
                    among(known)
                ),
            ),
            Self::NoType => (
                "dbt-no-type",
                "write `type` and what else its database needs under `settings` in the environment's `dbt` table".into(),
            ),
            Self::Elsewhere { .. } => (
                "dbt-taken-from-elsewhere",
                "write the settings out in this target: what stands at the anchor is used by others too".into(),
            ),
            Self::SeveralValues { .. } => (
                "dbt-several-values",
                "take the setting out of the environment's `settings`, or write one value here".into(),
            ),
            Self::LiteralSecret(_) => (
                "literal-secret",
                "write `\"{{ env_var('DBT_ENV_SECRET_…') }}\"` in place of the secret, and set that variable where dbt runs".into(),
            ),
            Self::ChangesMore => (
                "dbt-changes-more",
                "write the target by hand; please report this with the file, without its secrets".into(),
            ),
        };
        Diagnostic::error(id, self.to_string())
            .label(label(file, self.place()))
            .help(help)
    }

    fn place(&self) -> Option<Span> {
        match self {
            Self::Shape(_, at) | Self::Elsewhere { at, .. } | Self::SeveralValues { at, .. } => {
                Some(*at)
            }
            _ => None,
        }
    }
}

fn label(file: &RelPath, at: Option<Span>) -> Label {
    match at {
        Some(at) => Label::at(file, at, ""),
        None => Label::path(file, ""),
    }
}

/// Asks for the name that was probably meant, or says what to do `otherwise`.
fn meant(name: &str, known: &[String], otherwise: &str) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{}`?", Visible(near.as_bytes())),
        None => format!("{otherwise}{}", among(known)),
    }
}

/// The name of those known that was probably meant.
fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let limit = (name.chars().count() / 3).max(1);
    let distances = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known));
    let best = distances.min()?;
    (best.0 <= limit).then_some(best.1)
}

fn among(known: &[String]) -> String {
    let known: Vec<_> = known
        .iter()
        .map(|name| format!("`{}`", Visible(name.as_bytes())))
        .collect();
    match known.is_empty() {
        true => String::new(),
        false => format!("; there are {}", known.join(", ")),
    }
}
