//! URLs of remotes as they may be shown.

/// `url` as `git clone` takes it, without the credentials that it may hold: a password always, a user
/// where one is no part of the address (`https`), what stands behind `?` or `#`, and the whole command
/// of a remote helper (`ext::…`).
pub fn without_credentials(url: &str) -> String {
    if let Some((helper, _)) = url.split_once("::").filter(|(helper, _)| is_word(helper)) {
        return format!("{helper}::");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        // `user:password@host:path`; a path may hold `@` too, and is kept.
        let (head, path) = url.split_at(url.find('/').unwrap_or(url.len()));
        return match (head.split_once('@'), head.rsplit_once('@')) {
            (Some((user, _)), Some((_, host))) if user.contains(':') => {
                format!("{}@{host}{path}", without_password(user))
            }
            _ => url.into(),
        };
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else {
        return match authority.rsplit_once(':') {
            // No port: a password that holds a `/`.
            Some((_, port))
                if !port.ends_with(']') && !port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                format!("{scheme}://")
            }
            _ => format!("{scheme}://{rest}"),
        };
    };
    match scheme.to_ascii_lowercase().starts_with("http") {
        true => format!("{scheme}://{host}{path}"),
        false => format!("{scheme}://{}@{host}{path}", without_password(user)),
    }
}

fn without_password(user: &str) -> &str {
    user.split(':').next().unwrap_or(user)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_without_secrets() {
        for (url, expect) in [
            (
                "git@github.com:acme/looker.git",
                "git@github.com:acme/looker.git",
            ),
            (
                "https://github.com/acme/looker",
                "https://github.com/acme/looker",
            ),
            (
                "https://me:s3cret@github.com/acme/looker",
                "https://github.com/acme/looker",
            ),
            (
                "https://s3cret@github.com/acme/looker",
                "https://github.com/acme/looker",
            ),
            ("https://a@b:s3cret@github.com/x", "https://github.com/x"),
            ("HTTPS://s3cret@github.com", "HTTPS://github.com"),
            (
                "https://git.example.com/x?private_token=s3cret",
                "https://git.example.com/x",
            ),
            (
                "ssh://git:s3cret@git.example.com:22/x",
                "ssh://git@git.example.com:22/x",
            ),
            ("ssh://git@git.example.com/x", "ssh://git@git.example.com/x"),
            ("me:s3cret@host:x", "me@host:x"),
            ("me:s3@cret@host:x/y@z", "me@host:x/y@z"),
            ("git@host:x@y", "git@host:x@y"),
            ("https://me:s3/cret@host/x", "https://"),
            ("http://host:8080/x@y", "http://host:8080/x@y"),
            ("http://[fe80::a]/x", "http://[fe80::a]/x"),
            ("../looker@home", "../looker@home"),
            ("/srv/git/looker.git", "/srv/git/looker.git"),
            ("ext::sh -c 's3cret'", "ext::"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), expect, "{url}");
        }
    }

    proptest! {
        #[test]
        fn a_password_never_shows(
            scheme in "https?|ssh|git|ftp",
            user in "[a-z:@%]{0,8}",
            path in "[a-z/@:?#]{0,12}",
        ) {
            let url = format!("{scheme}://{user}:S3CRET@host/{path}");
            prop_assert!(!without_credentials(&url).contains("S3CRET"), "{}", url);
        }
    }
}
