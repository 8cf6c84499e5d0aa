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
    /// When Git refuses it, it does not begin with `refs/`, or a part of it begins with `-`: such a part
    /// may be taken for an option once it stands alone.
    pub fn new(name: &str) -> Result<Self, NotARefName> {
        let is_full = name.starts_with("refs/") && !name.contains("/-");
        match is_full && git2::Reference::is_valid_name(name) {
            true => Ok(Self(name.into())),
            false => Err(NotARefName(name.into())),
        }
    }

    /// The name of a branch.
    ///
    /// # Errors
    /// When Git refuses it; `HEAD` would pass for the commit that is checked out.
    pub fn branch(name: &str) -> Result<Self, NotARefName> {
        let full = format!("refs/heads/{name}");
        match name == "HEAD" {
            true => Err(NotARefName(full)),
            false => Self::new(&full),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A branch's or tag's own name; that of another ref without its `refs/`.
    pub fn short(&self) -> &str {
        let name = self.0.strip_prefix("refs/").unwrap_or(&self.0);
        let branch = name.strip_prefix("heads/");
        branch
            .or_else(|| name.strip_prefix("tags/"))
            .unwrap_or(name)
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
