//! Which values can stand where they are going to stand. Each check gives the reason as a clause
//! that begins with "it".

use std::time::Duration;

use storyline_text::{Visible, check_component};

use crate::names::Kind;

/// Whether `name` can stand at every place where names of `kind` stand.
pub(crate) fn check_name(kind: &Kind, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("it is empty".into());
    }
    if name.len() > 255 {
        return Err(format!("it is {} bytes long; 255 are allowed", name.len()));
    }
    match kind {
        Kind::Model => {
            component(name)?;
            component(&format!("{name}.model.lkml"))?;
            refuse(name, &["[", "%", "@{", "{{"])
        }
        Kind::Project => {
            component(name)?;
            refuse(name, &["[", "%", "@{", "{{"])
        }
        Kind::Label => plain(name, &[]).and(refuse(name, &["\"", "\\"])),
        // Its value may be SQL of several lines.
        Kind::Constant(_) | Kind::Var(_) => {
            plain(name, &['\n', '\t']).and(refuse(name, &["\"", "\\"]))
        }
        Kind::Connection | Kind::Schema | Kind::Database => plain(name, &[]).and(unquoted(name)),
        Kind::Profile => check_key(name),
        Kind::DbtProject => check_dbt_project(name),
        Kind::Slug => check_word(name),
        Kind::Ref | Kind::Url => match name.find(char::is_whitespace) {
            Some(_) => Err("it holds a space".into()),
            None => plain(name, &[]).and(unquoted(name)),
        },
    }
}

fn component(name: &str) -> Result<(), String> {
    check_component(name.as_bytes()).map_err(|reason| reason.to_string())
}

fn unquoted(name: &str) -> Result<(), String> {
    refuse(name, &["\"", "'", "`", "\\", "@{"])
}

fn refuse(name: &str, parts: &[&str]) -> Result<(), String> {
    match parts.iter().find(|part| name.contains(**part)) {
        Some(part) => Err(format!("it holds `{part}`")),
        None => Ok(()),
    }
}

/// Refuses what acts on a terminal or misleads a reader, except what is `allowed`.
fn plain(text: &str, allowed: &[char]) -> Result<(), String> {
    match text
        .chars()
        .find(|c| Visible::hides(*c) && !allowed.contains(c))
    {
        Some(c) => Err(format!("it holds `{}`", c.escape_unicode())),
        None => Ok(()),
    }
}

/// Environments name branches, folders and lines in reports; users name owners of forks.
pub(crate) fn check_identifier(name: &str) -> Result<(), String> {
    let first = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !first || !name.chars().all(rest) {
        return Err(
            "it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first".into(),
        );
    }
    component(name)
}

/// A slug, or a constant's name in `@{NAME}`.
pub(crate) fn check_word(name: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(word) {
        return Err("it is not made of letters, digits, `_` and `-`".into());
    }
    Ok(())
}

/// dbt's variables may belong to a package, as in `dbt_date:time_zone`.
pub(crate) fn check_var_name(name: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    if name.is_empty() || !name.chars().all(word) {
        return Err("it is not made of letters, digits, `_`, `-`, `.` and `:`".into());
    }
    Ok(())
}

/// Words that YAML 1.1, which dbt reads, takes for something else than text.
const YAML_WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// A key of a `profiles.yml` that needs no quotes: a profile, a target or a setting.
pub(crate) fn check_key(name: &str) -> Result<(), String> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(first) {
        return Err("it does not begin with a letter or `_`".into());
    }
    check_word(name)?;
    if YAML_WORDS
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word))
    {
        return Err("YAML takes it for something else than a name".into());
    }
    if name == "config" {
        return Err("dbt keeps its own settings under it".into());
    }
    Ok(())
}

/// What dbt takes for a project's name.
fn check_dbt_project(name: &str) -> Result<(), String> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.starts_with(first) && name.chars().all(word) {
        true => check_key(name),
        false => Err("it is not made of letters, digits and `_`, no digit first".into()),
    }
}

/// A text that stands in one line.
pub(crate) fn check_plain(text: &str) -> Result<(), String> {
    plain(text, &[])
}

/// The same for what cannot be empty.
pub(crate) fn check_line(text: &str) -> Result<(), String> {
    match text {
        "" => Err("it is empty".into()),
        _ => plain(text, &[]),
    }
}

/// Whether Git takes `url` for a repository and for nothing else, such as an option.
pub(crate) fn check_repository(url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Err("it is empty".into());
    }
    if url.starts_with('-') {
        return Err("it begins with `-`, as an option does".into());
    }
    if url.contains(char::is_whitespace) {
        return Err("it holds a space".into());
    }
    if url.contains("::") {
        return Err("it names a remote helper (`::`)".into());
    }
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or(authority);
    if authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
    {
        return Err("it holds a password; credentials do not belong in a manifest".into());
    }
    plain(url, &[])
}

/// Whether `branch` can be a branch's name: Git's rules, and not like an option.
pub(crate) fn check_branch(branch: &str) -> Result<(), String> {
    if branch.starts_with('-') {
        return Err("it begins with `-`, as an option does".into());
    }
    plain(branch, &[])?;
    refuse(
        branch,
        &[" ", "~", "^", ":", "?", "*", "[", "\\", "..", "@{"],
    )?;
    for component in branch.split('/') {
        if component.is_empty() {
            return Err("it is empty, or has nothing before or after a `/`".into());
        }
        if component.starts_with('.') || component.ends_with('.') || component.ends_with(".lock") {
            return Err(format!("Git refuses `{component}` in a branch"));
        }
    }
    if branch == "@" || branch == "HEAD" {
        return Err("Git means something else by it".into());
    }
    Ok(())
}

/// The host of an `https://` or `http://` URL, lower case, without the port.
pub(crate) fn host_of(url: &str) -> Result<String, String> {
    let scheme = ["https://", "http://"].into_iter();
    let rest = scheme.filter_map(|s| url.strip_prefix(s)).next();
    let rest = rest.ok_or("it does not begin with `https://`")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.contains('@') {
        return Err("it holds a user name; credentials do not belong in a manifest".into());
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if port.parse::<u16>().is_err() {
        return Err(format!("`{port}` is no port"));
    }
    plain(url, &[]).and(refuse(url, &[" ", "\"", "\\"]))?;
    check_host(host)?;
    Ok(host.to_ascii_lowercase())
}

/// Whether `host` is a host's name alone, without scheme, port or path.
pub(crate) fn check_host(host: &str) -> Result<(), String> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let part = |p: &str| !p.is_empty() && !p.starts_with('-') && p.chars().all(letter);
    if host.split('.').all(part) {
        Ok(())
    } else {
        Err(format!("`{host}` is no host name"))
    }
}

/// Reads `90s`, `30m`, `2h` or `1d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    let total = number.checked_mul(seconds).filter(|total| *total > 0)?;
    Some(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T>(accept: impl Fn(&str) -> Result<T, String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(accept(text).err(), None, "{text:?}");
        }
        for text in bad {
            assert!(accept(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_by_kind() {
        let long = "x".repeat(256);
        let long_file = "x".repeat(250);
        check(
            |name| check_name(&Kind::Model, name),
            &["orders", "cube.dev", "R&D", "jira-Dev", "caf\u{e9}", "a b"],
            &[
                "",
                "con",
                "../x",
                ".git",
                "a/b",
                "a*",
                "a?",
                "[a",
                "a::b",
                "a%b",
                "@{A}",
                "{{a",
                "a\"b",
                "a\nb",
                "\u{202e}a",
                &long,
                &long_file,
            ],
        );
        check(
            |name| check_name(&Kind::Project, name),
            &["acme", "acme-dev1"],
            &["", "nul", "..", "a/b", "GIT~1", "a.", "@{P}"],
        );
        check(
            |name| check_name(&Kind::Connection, name),
            &["warehouse", "Big Query", "a-b.c"],
            &[
                "",
                "a\"b",
                "a'b",
                "a\\b",
                "a\nb",
                "@{C}",
                "a\u{1b}[31m",
                &long,
            ],
        );
        check(
            |name| check_name(&Kind::Label, name),
            &["Sales (dev1)", "it's"],
            &["", "a\"b", "a\\b", "a\nb"],
        );
        check(
            |value| check_name(&Kind::constant("SQL"), value),
            &["select 1\n\tfrom t", "{{ x }}"],
            &["", "a\"b", "a\r\n"],
        );
        check(
            |name| check_name(&Kind::Slug, name),
            &["AbC9", "sales-2", "a_b"],
            &["", "a b", "a.b", "a/b", "caf\u{e9}"],
        );
        check(
            |name| check_name(&Kind::Profile, name),
            &["sandbox", "_x", "acme-2"],
            &["", "2x", "-x", "a.b", "a b", "config", "True", "null", "a:"],
        );
        check(
            |name| check_name(&Kind::DbtProject, name),
            &["shop", "_x2"],
            &["", "2x", "a-b", "a.b", "true"],
        );
        check(
            |name| check_name(&Kind::Url, name),
            &["https://acme.looker.com/x?y=z"],
            &["", "https://a b", "https://a\tb"],
        );
    }

    #[test]
    fn variables() {
        let bad = ["", "a b", "a\n", "{a}"];
        check(check_var_name, &["start_date", "dbt_date:time_zone"], &bad);
    }

    #[test]
    fn branches() {
        check(
            check_branch,
            &["master", "env/dev-1", "story/x.y"],
            &[
                "", "-x", "a b", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a@{b", "@",
                "HEAD", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a.", "a\u{7f}",
            ],
        );
    }

    #[test]
    fn repositories() {
        check(
            check_repository,
            &[
                "git@github.com:acme/looker.git",
                "https://git.example.com/acme/looker.git",
                "ssh://git@git.example.com:22/acme/looker",
                "../looker.git",
            ],
            &[
                "",
                "-x",
                "a b",
                "ext::sh",
                "https://me:secret@git.example.com/x",
                "a\u{1b}",
            ],
        );
    }

    #[test]
    fn hosts() {
        check(
            host_of,
            &["https://acme.looker.com", "http://localhost:9999/x"],
            &[
                "",
                "acme.looker.com",
                "https://",
                "https://a@b",
                "https://a:x",
                "https://a b",
                "https://-a",
            ],
        );
        let host = host_of("https://Acme.Looker.com:19999/folders");
        assert_eq!(host.as_deref(), Ok("acme.looker.com"));
    }

    #[test]
    fn durations() {
        let seconds = |text| duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("30m"), Some(1800));
        assert_eq!(seconds("2h"), Some(7200));
        assert_eq!(seconds("1d"), Some(86_400));
        for bad in [
            "",
            "s",
            "30",
            "0s",
            "-1s",
            "+1s",
            "1.5h",
            "1w",
            "99999999999999999999h",
            "3\u{b5}",
        ] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
    }
}
