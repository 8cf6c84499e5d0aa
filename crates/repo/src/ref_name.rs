//! Names of refs.

use std::fmt;

/// The full name of a ref, such as `refs/heads/main`: text, by Git's rules, and below `refs/`, so that
/// it is never taken for an option, a pattern or another way to name a commit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

/// A text that is not the full name of a ref.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the full name of a ref", storyline_text::Visible(.0.as_bytes()))]
pub struct NotARefName(String);

impl RefName {
    /// A full name.
    ///
    /// # Errors
    /// When Git refuses it, or it does not begin with `refs/`.
    pub fn new(name: &str) -> Result<Self, NotARefName> {
        match name.starts_with("refs/") && git2::Reference::is_valid_name(name) {
            true => Ok(Self(name.into())),
            false => Err(NotARefName(name.into())),
        }
    }

    /// The name of a branch.
    ///
    /// # Errors
    /// When Git refuses it.
    pub fn branch(name: &str) -> Result<Self, NotARefName> {
        Self::new(&format!("refs/heads/{name}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
