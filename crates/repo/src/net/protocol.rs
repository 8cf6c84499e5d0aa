//! Ways in which a repository may be reached, and which of them the operator allows.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use storyline_text::{Diagnostic, Visible};

/// A way to reach a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `https://`
    Https,
    /// `ssh://`, and `USER@HOST:PATH`
    Ssh,
    /// `http://`, which anybody on the way can read and change.
    Http,
    /// `file://`, and paths on this machine. Git starts programs that the repository there names.
    File,
}

impl Protocol {
    const ALL: [Self; 4] = [Self::Https, Self::Ssh, Self::Http, Self::File];

    /// Its word, which is also its scheme and what Git calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::Http => "http",
            Self::File => "file",
        }
    }

    pub(super) fn of_scheme(scheme: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == scheme)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The protocols that may be used: `https` and `ssh`, and what the operator adds. A project has no
/// say in this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols(BTreeSet<Protocol>);

/// A word that is no protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no protocol `{}`", Visible(.0.as_bytes()))]
pub struct UnknownProtocol(String);

impl UnknownProtocol {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("unknown-protocol", self.to_string()).help(
            "`storyline.protocols` in Git's settings, and `STORYLINE_PROTOCOLS`, are words with spaces \
             between them: `https`, `ssh`, `http`, `file`",
        )
    }
}

impl Default for Protocols {
    fn default() -> Self {
        Self([Protocol::Https, Protocol::Ssh].into())
    }
}

/// The usual ones and those in a list of words with spaces between them.
impl FromStr for Protocols {
    type Err = UnknownProtocol;

    fn from_str(words: &str) -> Result<Self, UnknownProtocol> {
        let mut protocols = Self::default();
        for word in words.split_whitespace() {
            let protocol = Protocol::of_scheme(word);
            let protocol = protocol.ok_or_else(|| UnknownProtocol(word.into()))?;
            protocols.0.insert(protocol);
        }
        Ok(protocols)
    }
}

impl Protocols {
    /// Whether `protocol` may be used.
    pub fn allow(&self, protocol: Protocol) -> bool {
        self.0.contains(&protocol)
    }

    /// The list as the variable `GIT_ALLOW_PROTOCOL` takes it.
    pub(super) fn variable(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|p| p.word()).collect();
        words.join(":")
    }
}
