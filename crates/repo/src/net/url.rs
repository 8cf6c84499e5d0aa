//! Addresses of repositories, checked before `git` sees one.
//!
//! A URL comes from a manifest, which anybody may have written, and ends as an argument of a program
//! that takes some for options and some for commands (`ext::…`). So it is taken apart here, by rules
//! that are narrower than Git's, and only what passes can be handed on.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use storyline_text::{Diagnostic, Visible};

use super::protocol::Protocol;
use crate::url::without_credentials;

/// What forges' tokens begin with. As a user's name one would stand in the list of processes.
const TOKENS: [&str; 9] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "ATBB",
    "ATCTT",
];

/// The address of a repository. Shows itself without credentials.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url(Arc<Parts>);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts {
    text: String,
    protocol: Protocol,
    user: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    path: String,
}

/// A text that is no address of a repository, or not a harmless one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the repository's URL `{}` is refused: {why}", Visible(shown.as_bytes()))]
pub struct UrlRefused {
    /// The text without credentials.
    shown: String,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("it is empty")]
    Empty,
    #[error("it holds a character that is not to be seen")]
    Hidden,
    #[error("it begins with `-`, as an option does")]
    Option,
    #[error("its {0} begins with `-`, as an option does")]
    OptionWithin(&'static str),
    #[error("it names a program to be started (`::`)")]
    Helper,
    #[error("it holds a password")]
    Password,
    #[error("it holds a forge's token")]
    Token,
    #[error("it holds a `?` or `#`, behind which tokens stand")]
    Query,
    #[error("Storyline does not know its scheme")]
    Scheme,
    #[error("it has no usable {0}")]
    Part(&'static str),
    #[error("it is a path from here, and what `here` is differs from one command to the next")]
    Relative,
}

impl Why {
    fn help(self) -> &'static str {
        match self {
            Self::Password | Self::Token => {
                "leave it out of the URL and let Git's credential helper know it: `git help credentials`"
            }
            Self::Query => "leave out what follows; Git's credential helper keeps tokens",
            Self::Relative => "write the whole path, from `/` on",
            _ => {
                "write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, in lower case up to the host"
            }
        }
    }
}

impl UrlRefused {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("url-refused", self.to_string()).help(self.why.help())
    }
}

impl Url {
    /// Reads an address as `git clone` takes it: `https://`, `ssh://` and `USER@HOST:PATH`, and also
    /// `http://`, `file://` and absolute paths, which [`super::Git`] uses only where the operator
    /// allows it.
    ///
    /// # Errors
    /// When it is anything else, holds a password, or has a part that a program could take for an
    /// option or a command.
    pub fn parse(text: &str) -> Result<Self, UrlRefused> {
        let refused = |why| UrlRefused {
            shown: without_credentials(text),
            why,
        };
        let parts = parse(text).map_err(refused)?;
        parts.check().map_err(refused)?;
        Ok(Self(Arc::new(parts)))
    }

    /// How it is reached.
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// The user's name in it.
    pub fn user(&self) -> Option<&str> {
        self.0.user.as_deref()
    }

    /// The host, with the brackets of an IPv6 address; none for a path on this machine.
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// The port, when it is said.
    pub fn port(&self) -> Option<u16> {
        self.0.port
    }

    /// The path, with its leading `/` where it has one.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The address as it was written, for `git` alone.
    pub(super) fn argument(&self) -> &str {
        &self.0.text
    }
}

impl Parts {
    fn check(&self) -> Result<(), Why> {
        let user = self.user.as_deref();
        if user.is_some_and(|user| user.contains(':')) {
            return Err(Why::Password);
        }
        if user.is_some_and(|user| TOKENS.iter().any(|token| user.starts_with(token))) {
            return Err(Why::Token);
        }
        // Git itself decodes users and hosts, so a `-` may also be written `%2d`.
        if let Some(user) = user {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~+-%=@".contains(&b);
            let decoded = decoded(user).ok_or(Why::Part("user"))?;
            starts_plainly(&decoded, "user")?;
            if decoded.is_empty() || !user.bytes().all(plain) || !decoded.iter().all(|b| plain(*b))
            {
                return Err(Why::Part("user"));
            }
        }
        if let Some(host) = &self.host {
            starts_plainly(host.as_bytes(), "host")?;
            if !is_host(host) {
                return Err(Why::Part("host"));
            }
        }
        if matches!(self.protocol, Protocol::Https | Protocol::Http)
            && self.path.contains(['?', '#'])
        {
            return Err(Why::Query);
        }
        let path = match self.text.contains("://") {
            true => decoded(&self.path).ok_or(Why::Part("path"))?,
            false => self.path.clone().into_bytes(),
        };
        let inner = path.iter().position(|b| *b != b'/');
        let inner = &path[inner.unwrap_or(path.len())..];
        starts_plainly(inner, "path")?;
        if inner.is_empty() || path.ends_with(b" ") || path.iter().any(u8::is_ascii_control) {
            return Err(Why::Part("path"));
        }
        Ok(())
    }
}

/// Takes a text apart, and says nothing yet of the parts.
fn parse(text: &str) -> Result<Parts, Why> {
    if text.is_empty() {
        return Err(Why::Empty);
    }
    if text.starts_with('-') {
        return Err(Why::Option);
    }
    if text.chars().any(Visible::hides) {
        return Err(Why::Hidden);
    }
    let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if text.trim_start_matches(word).starts_with("::") {
        return Err(Why::Helper);
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let protocol = Protocol::of_scheme(scheme).ok_or(Why::Scheme)?;
        return with_scheme(text, protocol, rest);
    }
    let head = text.split('/').next().unwrap_or(text);
    let drive = head.len() == 2 && head.starts_with(|c: char| c.is_ascii_alphabetic());
    if text.starts_with('/') || (drive && head.ends_with(':')) {
        return Ok(Parts {
            text: text.into(),
            protocol: Protocol::File,
            user: None,
            host: None,
            port: None,
            path: text.into(),
        });
    }
    scp_like(text, head)
}

/// `USER@HOST:PATH`; `head` is what stands before the first `/`.
fn scp_like(text: &str, head: &str) -> Result<Parts, Why> {
    let bracket = match head.starts_with('[') {
        true => Some(0),
        false => head.find("@["),
    };
    let start = bracket.map_or(Some(0), |at| Some(at + head[at..].find(']')?));
    let start = start.ok_or(Why::Part("host"))?;
    let colon = head[start..].find(':').ok_or(Why::Relative)?;
    let (host, path) = text.split_at(start + colon);
    let path = &path[1..];
    // `USER:PASSWORD@HOST`, with or without a path.
    let rest = head.get(host.len() + 1..).unwrap_or_default();
    if let Some((_, rest)) = rest.split_once('@')
        && (rest.contains(':') || !host.contains('@'))
    {
        return Err(Why::Password);
    }
    let (user, host) = match host.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, host),
    };
    Ok(Parts {
        text: text.into(),
        protocol: Protocol::Ssh,
        user,
        host: Some(host.into()),
        port: None,
        path: path.into(),
    })
}

fn with_scheme(text: &str, protocol: Protocol, rest: &str) -> Result<Parts, Why> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    let is_file = protocol == Protocol::File;
    if is_file && !authority.is_empty() {
        return Err(Why::Part("path: `file://` is followed by `/`"));
    }
    // The last colon, unless it belongs to an address in brackets.
    let (host, port) = match host
        .rsplit_once(':')
        .filter(|(_, port)| !port.ends_with(']'))
    {
        Some((host, port)) => (host, Some(port)),
        None => (host, None),
    };
    let port = match port {
        // What stands there may be a password with a `/` in it.
        Some(port) if !port.bytes().all(|b| b.is_ascii_digit()) => return Err(Why::Password),
        Some(port) => Some(port.parse().ok().filter(|port| *port > 0)),
        None => None,
    };
    if port == Some(None) {
        return Err(Why::Part("port"));
    }
    Ok(Parts {
        text: text.into(),
        protocol,
        user,
        host: (!is_file).then(|| host.into()),
        port: port.flatten(),
        path: path.into(),
    })
}

/// Refuses what a program could take for an option.
fn starts_plainly(part: &[u8], what: &'static str) -> Result<(), Why> {
    match part.starts_with(b"-") {
        true => Err(Why::OptionWithin(what)),
        false => Ok(()),
    }
}

/// A name of the DNS, in ASCII, or an address.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !host.is_empty() && host.bytes().all(plain)
}

/// The bytes with `%XX` taken out; `None` where a `%` is followed by something else.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part
            .get(..2)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(bytes)
}

impl FromStr for Url {
    type Err = UrlRefused;

    fn from_str(text: &str) -> Result<Self, UrlRefused> {
        Self::parse(text)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A user of `https` is half of the credentials.
        f.write_str(&without_credentials(&self.0.text))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
