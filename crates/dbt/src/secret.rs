//! Secrets that stand in a profile as they are, for everybody who reads the file.

use std::collections::HashSet;

use storyline_text::Span;
use storyline_yaml::{Document, Kind, Node, Scalar, Style};

use crate::name::is_jinja;
use crate::walk::resolved;

/// A literal secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The bytes to hide: the value without its quotes.
    pub span: Span,
    /// The setting.
    pub key: String,
    /// Where the setting stands, as [`Node::address`] writes it.
    pub address: String,
}

/// The literal secrets of a `profiles.yml`, by position. A password that comes from Jinja is none,
/// unless Jinja has a default for it; one that looks like a stand-in is: nobody can tell. Of several aliases of one secret the first
/// tells of it.
pub fn secrets(document: &Document<'_>) -> Vec<Secret> {
    let mut seen = HashSet::new();
    let settings = document.nodes().flat_map(Node::entries);
    let found = settings.filter_map(|(key, value)| {
        let scalar = resolved(value).scalar()?;
        let key = key.scalar()?.value();
        let is_new = is_literal_secret(&key, &scalar) && seen.insert(scalar.span());
        is_new.then(|| Secret {
            span: scalar.content(),
            key: key.into_owned(),
            address: value.address(),
        })
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|secret| secret.span);
    found
}

/// Whether `scalar`, the value of the setting `key`, should not stand there as it is.
pub(crate) fn is_literal_secret(key: &str, scalar: &Scalar<'_>) -> bool {
    let value = scalar.value();
    let plain = scalar.node().kind() == Kind::Scalar(Style::Plain);
    let is_word = || plain && WORDS.iter().any(|word| value.eq_ignore_ascii_case(word));
    is_secret_value(key, &value) && !is_word()
}

/// The same of a text.
pub(crate) fn is_secret_value(key: &str, value: &str) -> bool {
    if is_jinja(value) {
        return is_secret(key) && has_default(value);
    }
    !value.trim().is_empty() && (is_secret(key) || holds_password(value))
}

/// Whether Jinja says what to take where a variable of the environment is not set:
/// `env_var('PASSWORD', 'hunter2')`. Nothing, as in `env_var('PASSWORD', '')`, is no default.
fn has_default(jinja: &str) -> bool {
    let calls = jinja.split("env_var(").skip(1);
    let mut defaults = calls.filter_map(|call| {
        let (_, rest) = quoted(call)?;
        let rest = rest.trim_start().strip_prefix(',')?.trim_start();
        let rest = rest.strip_prefix("default").unwrap_or(rest).trim_start();
        let (default, _) = quoted(rest.strip_prefix('=').unwrap_or(rest))?;
        Some(default)
    });
    defaults.any(|default| !default.trim().is_empty())
}

/// The text in quotes that `jinja` begins with, and what follows.
fn quoted(jinja: &str) -> Option<(&str, &str)> {
    let jinja = jinja.trim_start();
    let quote = jinja.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    jinja[1..].split_once(quote)
}

/// Plain values that are a switch, or nothing.
const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "~"];

/// Words in the name of a setting that make it a secret.
const SECRET: [&str; 10] = [
    "password",
    "pass",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "token",
    "secret",
    "jwt",
    "sslpassword",
];

/// The same of several words.
const SECRETS: [&str; 5] = [
    "private_key",
    "api_key",
    "access_key",
    "account_key",
    "connection_string",
];

/// Last words of settings that only say something about a secret: where it is, how long it lives.
const ABOUT: [&str; 15] = [
    "path",
    "file",
    "uri",
    "url",
    "endpoint",
    "id",
    "name",
    "arn",
    "type",
    "scope",
    "provider",
    "duration",
    "seconds",
    "expiration",
    "timeout",
];

/// Whether a setting of a target is one that nobody else may know, by its name: `password`,
/// `private_key_passphrase`, `client-secret`, but not `token_uri` or `private_key_path`.
pub fn is_secret(setting: &str) -> bool {
    let setting = setting.to_ascii_lowercase().replace('-', "_");
    if setting == "keyfile_json" {
        return true;
    }
    let mut words = setting.split('_');
    let last = setting.rsplit('_').next().unwrap_or_default();
    !ABOUT.contains(&last)
        && (SECRETS.iter().any(|secret| setting.contains(secret))
            || words.any(|word| SECRET.contains(&word)))
}

/// Whether a text is an address with a password in it: `postgres://me:secret@host/db`, or
/// `md:db?motherduck_token=…`.
fn holds_password(value: &str) -> bool {
    let authority = value.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let password = user.split_once(':').map_or("", |(_, password)| password);
    let query = value.split_once('?').map_or("", |(_, query)| query);
    let mut parameters = query.split('&').filter_map(|p| p.split_once('='));
    !password.is_empty() || parameters.any(|(key, value)| !value.is_empty() && is_secret(key))
}
